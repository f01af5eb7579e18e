//! The style of a chart: light or dark, and its size.
//! Owns these choices, which are the same for every chart.

use std::str::FromStr;

use lukewarm_model::{Classify, ErrorKind, Keyword};

/// The style in which a chart is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ChartStyle {
    /// Light, dark, or as the reader's system is.
    pub theme: Theme,
    /// Its size.
    pub size: Size,
}

/// Light, dark, or as the reader's system is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// An SVG follows the reader's system, on a transparent background; a bitmap is light.
    #[default]
    Auto,
    /// Dark text on white.
    Light,
    /// Light text on nearly black.
    Dark,
}

impl Keyword for Theme {
    const CHOICES: &'static [Theme] = &[Theme::Auto, Theme::Light, Theme::Dark];

    fn word(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Theme::Auto => "An SVG follows the reader's system; a PNG is light",
            Theme::Light => "Dark text on white",
            Theme::Dark => "Light text on nearly black",
        }
    }
}

/// The size of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Size {
    /// As it was drawn; a bitmap has twice as many pixels, for screens that show them.
    #[default]
    Natural,
    /// A multiple of the natural size.
    Scale(f64),
    /// Exactly this many pixels; the picture keeps its proportions, centred.
    Box {
        /// From left to right.
        width: u32,
        /// From top to bottom.
        height: u32,
    },
}

/// A text that is no size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no size such as `1200x630` or `2x`, from 16 to 16384 pixels or from 0.1x to 10x")]
pub struct ParseSizeError(String);

/// Where a picture lies on its sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sheet {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Pixels of the sheet for one of the picture.
    pub(super) scale: f64,
    pub(super) left: f64,
    pub(super) top: f64,
}

impl Size {
    /// The sheet of a picture, where `natural` is the scale of one that nobody chose.
    pub(super) fn sheet(self, (width, height): (f64, f64), natural: f64) -> Sheet {
        let scaled = |scale: f64| {
            let pixels = |length: f64| (length * scale).round().max(1.0) as u32;
            Sheet { width: pixels(width), height: pixels(height), scale, left: 0.0, top: 0.0 }
        };
        match self {
            Size::Natural => scaled(natural),
            Size::Scale(scale) => scaled(scale),
            Size::Box { width: wide, height: high } => {
                let room = (f64::from(wide), f64::from(high));
                let scale = (room.0 / width).min(room.1 / height);
                let left = (room.0 - width * scale) / 2.0;
                let top = (room.1 - height * scale) / 2.0;
                Sheet { width: wide, height: high, scale, left, top }
            }
        }
    }
}

impl Classify for ParseSizeError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl FromStr for Size {
    type Err = ParseSizeError;

    fn from_str(text: &str) -> Result<Size, ParseSizeError> {
        let wrong = || ParseSizeError(text.to_owned());
        let (before, after) = text.split_once('x').ok_or_else(wrong)?;
        if after.is_empty() {
            let scale: f64 = before.parse().map_err(|_| wrong())?;
            return if (0.1..=10.0).contains(&scale) {
                Ok(Size::Scale(scale))
            } else {
                Err(wrong())
            };
        }
        let pixels = |text: &str| text.parse().ok().filter(|it| (16..=16_384).contains(it));
        match (pixels(before), pixels(after)) {
            (Some(width), Some(height)) => Ok(Size::Box { width, height }),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_nonsense_is_not() {
        assert_eq!("1200x630".parse(), Ok(Size::Box { width: 1200, height: 630 }));
        assert_eq!("1.5x".parse(), Ok(Size::Scale(1.5)));
        for wrong in ["", "x", "2", "0x10", "99999x20", "-1x", "11x", "NaNx", "1200 x 630", "1x2x3"]
        {
            let error = wrong.parse::<Size>().unwrap_err().to_string();
            assert!(error.contains("`1200x630`"), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_picture_keeps_its_proportions_in_the_middle_of_its_box() {
        let sheet = Size::Box { width: 1000, height: 1000 }.sheet((800.0, 400.0), 2.0);
        assert_eq!((sheet.width, sheet.height, sheet.scale), (1000, 1000, 1.25));
        assert_eq!((sheet.left, sheet.top), (0.0, 250.0));
        let natural = Size::Natural.sheet((800.0, 400.0), 2.0);
        assert_eq!((natural.width, natural.height), (1600, 800));
    }
}
