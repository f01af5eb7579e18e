//! Points in time. Owns how they are written: RFC 3339 in UTC. It must not ask a clock.

use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::schema::written_as_text;

/// A point in time, written as RFC 3339 in UTC with as many digits of the second as there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(OffsetDateTime);

written_as_text!(Timestamp);

/// A text that is not RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of RFC 3339 in UTC, such as `2026-11-27T05:00:00Z`")]
pub struct ParseTimestampError(String);

impl Timestamp {
    /// Without the part of a second.
    pub fn to_second(self) -> Timestamp {
        Timestamp(self.0.truncate_to_second())
    }

    /// The nanoseconds since its second began.
    pub fn nanosecond(self) -> u32 {
        self.0.nanosecond()
    }

    /// The whole seconds since 1970 began.
    pub fn unix_seconds(self) -> i64 {
        self.0.unix_timestamp()
    }

    /// The time since an earlier point; negative where that is a later one.
    pub fn since(self, earlier: Timestamp) -> crate::Seconds {
        crate::Seconds((self.0 - earlier.0).as_seconds_f64())
    }

    /// Its day and minute of UTC: `2026-11-23` and `10:15`.
    pub fn day_and_minute(self) -> (String, String) {
        let (date, time) = (self.0.date().to_string(), self.0.time());
        (date, format!("{:02}:{:02}", time.hour(), time.minute()))
    }
}

impl Default for Timestamp {
    /// The beginning of 1970.
    fn default() -> Timestamp {
        Timestamp(OffsetDateTime::UNIX_EPOCH)
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Timestamp {
        Timestamp(OffsetDateTime::from(time).to_offset(UtcOffset::UTC))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = ParseTimestampError;

    fn try_from(text: String) -> Result<Timestamp, ParseTimestampError> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> String {
        time.to_string()
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Timestamp, ParseTimestampError> {
        let read = OffsetDateTime::parse(text, &Rfc3339).ok();
        let utc = read.and_then(|time| time.checked_to_offset(UtcOffset::UTC));
        utc.map(Timestamp).ok_or_else(|| ParseTimestampError(text.to_owned()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every year that is read or comes from a clock has four digits.
        f.pad(&self.0.format(&Rfc3339).map_err(|_| fmt::Error)?)
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
        let elsewhere: Timestamp = "2026-11-23T04:54:07.5+01:00".parse().unwrap();
        assert_eq!(elsewhere.to_string(), "2026-11-23T03:54:07.5Z");
        assert_eq!(Timestamp::from(SystemTime::UNIX_EPOCH), Timestamp::default());
        let wrong = "tomorrow".parse::<Timestamp>().unwrap_err().to_string();
        assert!(wrong.starts_with("`tomorrow` is not a time of RFC 3339"), "{wrong}");
    }
}
