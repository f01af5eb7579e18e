//! Points in time. Owns how they are written: RFC 3339 in UTC. It must not ask a clock.

use std::fmt;
use std::str::FromStr;

use crate::schema::written_as_text;

/// A point in time, written as RFC 3339 in UTC with as many digits of the second as there are.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(jiff::Timestamp);

written_as_text!(Timestamp);

/// A text that is not RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of RFC 3339 in UTC, such as `2026-11-27T05:00:00Z`")]
pub struct ParseTimestampError(String);

impl Timestamp {
    /// Without the part of a second.
    pub fn to_second(self) -> Timestamp {
        let second = jiff::Timestamp::from_second(self.0.as_second());
        Timestamp(second.unwrap_or(self.0))
    }

    /// The time since an earlier point; negative where that is a later one.
    pub fn since(self, earlier: Timestamp) -> crate::Seconds {
        crate::Seconds(self.0.duration_since(earlier.0).as_secs_f64())
    }

    /// Its day and minute of UTC: `2026-11-23` and `10:15`.
    pub fn day_and_minute(self) -> (String, String) {
        (self.0.strftime("%Y-%m-%d").to_string(), self.0.strftime("%H:%M").to_string())
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Timestamp {
        Timestamp(time)
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Timestamp, ParseTimestampError> {
        text.parse().map(Timestamp).map_err(|_| ParseTimestampError(text.to_owned()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_it_was_read() {
        for text in
            ["2026-11-23T03:54:07Z", "2026-11-23T03:54:07.5Z", "2026-11-23T03:54:07.123456789Z"]
        {
            let time: Timestamp = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(serde_json::to_string(&time).unwrap(), format!("\"{text}\""));
            assert_eq!(time.to_string().parse(), Ok(time));
            assert_eq!(time.to_second().to_string(), "2026-11-23T03:54:07Z");
            assert_eq!(time.day_and_minute(), ("2026-11-23".to_owned(), "03:54".to_owned()));
        }
        let wrong = "tomorrow".parse::<Timestamp>().unwrap_err().to_string();
        assert!(wrong.starts_with("`tomorrow` is not a time of RFC 3339"), "{wrong}");
    }
}
