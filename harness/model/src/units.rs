//! Quantities with their units: bytes, seconds, bits per second.
//! Owns how they are written for people and read back from the files that people write.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A count of bytes. As text decimal (`10 MB`) or binary (`4 MiB`); as data, a bare number of
/// bytes.
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
    JsonSchema,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// A length of time in seconds. As text `20 ms`, `1.5 s`, `10 m`; as data, a number of seconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, PartialOrd, JsonSchema, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seconds(pub f64);

/// A rate in bits per second. As text `100 Mbit/s`; as data, a number of bits per second.
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
    JsonSchema,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Bandwidth(pub u64);

/// A text that is no quantity of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct ParseUnitError {
    text: String,
    wanted: &'static str,
}

impl Bandwidth {
    /// Bytes per second.
    pub fn bytes_per_second(self) -> f64 {
        self.0 as f64 / 8.0
    }
}

impl Seconds {
    /// The same length as a standard duration; negative and non-finite lengths become zero.
    pub fn to_duration(self) -> Duration {
        Duration::try_from_secs_f64(self.0).unwrap_or_default()
    }
}

impl From<Duration> for Seconds {
    fn from(duration: Duration) -> Self {
        Seconds(duration.as_secs_f64())
    }
}

/// A number with its unit, as people write it in files and on the command line.
pub trait Quantity: FromStr<Err = ParseUnitError> {
    /// The units that it is written in.
    fn units() -> Vec<&'static str>;

    /// What its texts look like, as a regular expression for editors. It has every text that is
    /// read, but for a `+` in front.
    fn pattern() -> String {
        format!(
            r"^\s*([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)\s*({})\s*$",
            Self::units().join("|")
        )
    }
}

impl Quantity for Bytes {
    fn units() -> Vec<&'static str> {
        BYTE_UNITS.map(|(name, _)| name).to_vec()
    }
}

impl Quantity for Seconds {
    fn units() -> Vec<&'static str> {
        TIME_UNITS.map(|(name, _)| name).to_vec()
    }
}

impl Quantity for Bandwidth {
    fn units() -> Vec<&'static str> {
        RATE_UNITS.map(|(name, _)| name).to_vec()
    }
}

const BYTE_UNITS: [(&str, f64); 9] = [
    ("TiB", 1024.0 * 1024.0 * 1024.0 * 1024.0),
    ("GiB", 1024.0 * 1024.0 * 1024.0),
    ("MiB", 1024.0 * 1024.0),
    ("KiB", 1024.0),
    ("TB", 1e12),
    ("GB", 1e9),
    ("MB", 1e6),
    ("kB", 1e3),
    ("B", 1.0),
];
const TIME_UNITS: [(&str, f64); 5] =
    [("ms", 1e-3), ("us", 1e-6), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
const RATE_UNITS: [(&str, f64); 4] =
    [("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3), ("bit/s", 1.0)];

/// Splits `1.5 GB` at its unit and gives the value in base units.
fn parse(text: &str, units: &[(&str, f64)], wanted: &'static str) -> Result<f64, ParseUnitError> {
    let error = || ParseUnitError { text: text.to_owned(), wanted };
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(error)?;
    let (number, unit) = trimmed.split_at(split);
    let number: f64 = number.trim().replace('_', "").parse().map_err(|_| error())?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(error)?;
    if number < 0.0 || !number.is_finite() {
        return Err(error());
    }
    Ok(number * factor)
}

impl FromStr for Bytes {
    type Err = ParseUnitError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text, &BYTE_UNITS, "a size such as `10 GB` or `4 MiB`")
            .map(|value| Bytes(value.round() as u64))
    }
}

impl Seconds {
    /// Whether it is no time at all.
    pub fn is_zero(&self) -> bool {
        self.0 == 0.0
    }
}

impl FromStr for Seconds {
    type Err = ParseUnitError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text, &TIME_UNITS, "a time such as `20 ms`, `1.5 s` or `10m`").map(Seconds)
    }
}

impl FromStr for Bandwidth {
    type Err = ParseUnitError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text, &RATE_UNITS, "a bandwidth such as `100 Mbit/s` or `1 Gbit/s`")
            .map(|value| Bandwidth(value.round() as u64))
    }
}

/// A count with its noun: `1 job`, `2 jobs`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`; nothing without any.
pub fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<T> = names.into_iter().collect();
    let mut text = String::new();
    for (place, name) in names.iter().enumerate() {
        text.push_str(match place {
            0 => "",
            _ if place + 1 == names.len() => " and ",
            _ => ", ",
        });
        text.push_str(name.as_ref());
    }
    text
}

/// Three significant digits, the way a table wants them.
pub fn three_digits(value: f64) -> String {
    match value {
        v if v >= 99.95 => format!("{v:.0}"),
        v if v >= 9.995 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0 as f64;
        let text = match value {
            v if v >= 999.5e6 => format!("{} GB", three_digits(v / 1e9)),
            v if v >= 999.5e3 => format!("{} MB", three_digits(v / 1e6)),
            v if v >= 1e3 => format!("{} kB", three_digits(v / 1e3)),
            v => format!("{v:.0} B"),
        };
        f.pad(&text)
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            v if v >= 3599.5 => {
                let minutes = (v / 60.0).round() as u64;
                format!("{} h {:02} min", minutes / 60, minutes % 60)
            }
            v if v >= 119.5 => {
                let seconds = v.round() as u64;
                format!("{} min {:02} s", seconds / 60, seconds % 60)
            }
            v if v >= 0.9995 => format!("{} s", three_digits(v)),
            0.0 => "0 s".to_owned(),
            v => format!("{} ms", three_digits(v * 1e3)),
        };
        f.pad(&text)
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, factor) = RATE_UNITS
            .iter()
            .find(|(_, factor)| self.0 as f64 >= *factor)
            .unwrap_or(&RATE_UNITS[RATE_UNITS.len() - 1]);
        let unit = RATE_UNITS.iter().find(|(_, f)| f == factor).map_or("bit/s", |(name, _)| name);
        f.pad(&format!("{} {unit}", self.0 as f64 / factor))
    }
}

impl Add for Bytes {
    type Output = Bytes;
    fn add(self, other: Bytes) -> Bytes {
        Bytes(self.0 + other.0)
    }
}

impl AddAssign for Bytes {
    fn add_assign(&mut self, other: Bytes) {
        self.0 += other.0;
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Bytes>>(values: I) -> Bytes {
        values.fold(Bytes(0), Add::add)
    }
}

impl Add for Seconds {
    type Output = Seconds;
    fn add(self, other: Seconds) -> Seconds {
        Seconds(self.0 + other.0)
    }
}

impl AddAssign for Seconds {
    fn add_assign(&mut self, other: Seconds) {
        self.0 += other.0;
    }
}

impl Sub for Seconds {
    type Output = Seconds;
    fn sub(self, other: Seconds) -> Seconds {
        Seconds(self.0 - other.0)
    }
}

impl Sum for Seconds {
    fn sum<I: Iterator<Item = Seconds>>(values: I) -> Seconds {
        values.fold(Seconds(0.0), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_as_in_a_sentence() {
        let said = |names: &[&str]| listed(names);
        assert_eq!([said(&[]), said(&["a"])], ["", "a"]);
        assert_eq!([said(&["a", "b"]), said(&["a", "b", "c"])], ["a and b", "a, b and c"]);
    }

    #[test]
    fn reads_what_people_write() {
        assert_eq!("10 GB".parse(), Ok(Bytes(10_000_000_000)));
        assert_eq!("4MiB".parse(), Ok(Bytes(4 << 20)));
        assert_eq!("20 ms".parse(), Ok(Seconds(0.02)));
        assert_eq!("10m".parse(), Ok(Seconds(600.0)));
        assert_eq!("1 Gbit/s".parse(), Ok(Bandwidth(1_000_000_000)));
    }

    #[test]
    fn says_what_would_be_right() {
        let error = "fast".parse::<Bandwidth>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`fast` is not a bandwidth such as `100 Mbit/s` or `1 Gbit/s`"
        );
        for wrong in ["", "10", "-1 s", "1 parsec", "s", "1e999 s"] {
            assert!(wrong.parse::<Seconds>().is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn writes_three_digits_and_a_unit() {
        let bytes = [0, 999, 1500, 999_499, 999_500, 12_345_678, 4_300_000_000];
        let written: Vec<_> = bytes.iter().map(|b| Bytes(*b).to_string()).collect();
        let wanted = ["0 B", "999 B", "1.50 kB", "999 kB", "1.00 MB", "12.3 MB", "4.30 GB"];
        assert_eq!(written, wanted);
        let seconds = [0.0, 0.00123, 0.9999, 7.856, 59.96, 119.4, 119.6, 3599.6];
        let written: Vec<_> = seconds.iter().map(|s| Seconds(*s).to_string()).collect();
        let wanted =
            ["0 s", "1.23 ms", "1.00 s", "7.86 s", "60.0 s", "119 s", "2 min 00 s", "1 h 00 min"];
        assert_eq!(written, wanted);
        assert_eq!(Bandwidth(2_500_000).to_string(), "2.5 Mbit/s");
        assert_eq!(Bandwidth(1_000_000_000).to_string(), "1 Gbit/s");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken_or_refused_without_panic(text in "\\PC{0,16}") {
            let _ = text.parse::<Bytes>();
            let _ = text.parse::<Seconds>();
            let _ = text.parse::<Bandwidth>();
        }
    }
}
