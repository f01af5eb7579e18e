//! Sizes of files, as people write and read them.
//! Owns the units: powers of 1024, as file systems count.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::str::FromStr;

use crate::Error;

const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(u64);

impl Size {
    /// So many bytes.
    pub const fn bytes(bytes: u64) -> Size {
        Size(bytes)
    }

    /// The number of bytes.
    pub const fn as_bytes(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 1024.0 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        let decimals = usize::from(unit > 0);
        f.pad(&format!("{value:.decimals$} {}", UNITS[unit]))
    }
}

impl FromStr for Size {
    type Err = Error;

    /// `300`, `10k`, `4M` and the like; a unit is a letter and means a power of 1024.
    fn from_str(text: &str) -> Result<Size, Error> {
        let wrong = || Error::text("a size such as 300, 10k or 4M", text);
        let letters = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = &text[..text.len() - letters.len()];
        let power = match letters {
            "" => 0,
            "k" | "K" => 1,
            "m" | "M" => 2,
            "g" | "G" => 3,
            _ => return Err(wrong()),
        };
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        number.checked_mul(1 << (10 * power)).map(Size).ok_or_else(wrong)
    }
}

impl Add for Size {
    type Output = Size;

    fn add(self, other: Size) -> Size {
        Size(self.0.saturating_add(other.0))
    }
}

impl Sum for Size {
    fn sum<I: Iterator<Item = Size>>(sizes: I) -> Size {
        sizes.fold(Size::default(), Size::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_read_and_shown_in_powers_of_1024() {
        let shown = |text: &str| text.parse::<Size>().map(|size| size.to_string()).ok();
        assert_eq!(shown("300").as_deref(), Some("300 B"));
        assert_eq!(shown("1536k").as_deref(), Some("1.5 MiB"));
        assert_eq!(shown("99999999999G"), None);
        assert_eq!(shown("4X"), None);
    }
}
