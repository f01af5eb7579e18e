//! Text: how it is set, how wide it is, and how it is cut where it does not fit.
//! Owns the bundled font, which measures and draws bitmaps; readers of an SVG see their own
//! system's font, which is narrower or as wide.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, Outline};

use super::colour::{Colour, INK, SOFT};

const NORMAL: &[u8] = include_bytes!("../../fonts/DejaVuSans-subset.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSans-Bold-subset.ttf");

/// How a text stands at its point; the point is in the middle of its height.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub(super) pixels: f64,
    pub(super) weight: Weight,
    pub(super) colour: Colour,
    pub(super) align: Align,
}

/// How heavy a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Normal,
    Bold,
}

/// Which end of a text its point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
}

/// A sign of a text: where it begins, in pixels from the text's start, and its outline.
pub(super) struct Sign {
    pub(super) x: f64,
    pub(super) outline: Option<Outline>,
}

/// A text of 12 pixels.
pub(super) fn label() -> Type {
    Type { pixels: 12.0, weight: Weight::Normal, colour: INK, align: Align::Start }
}

/// A text of 12 pixels that stands back.
pub(super) fn small() -> Type {
    Type { colour: SOFT, ..label() }
}

/// A heading.
pub(super) fn bold(pixels: f64) -> Type {
    Type { pixels, weight: Weight::Bold, ..label() }
}

impl Type {
    /// The same at another size.
    pub(super) fn sized(self, pixels: f64) -> Type {
        Type { pixels, ..self }
    }

    /// The same in another colour.
    pub(super) fn in_colour(self, colour: Colour) -> Type {
        Type { colour, ..self }
    }

    /// The same, ending at its point.
    pub(super) fn ending(self) -> Type {
        Type { align: Align::End, ..self }
    }

    /// The same, with its point in its middle.
    pub(super) fn centred(self) -> Type {
        Type { align: Align::Middle, ..self }
    }

    /// The width of a text, in pixels.
    pub(super) fn width(self, text: &str) -> f64 {
        text.chars().map(|sign| self.advance(sign)).sum()
    }

    /// The text, cut at its end with an ellipsis where it is wider than so many pixels.
    pub(super) fn fit(self, text: &str, room: f64) -> String {
        if self.width(text) <= room {
            return text.to_owned();
        }
        let mut left = room - self.advance('…');
        let fits = |sign: &char| {
            left -= self.advance(*sign);
            left >= 0.0
        };
        let kept: String = text.chars().take_while(fits).collect();
        format!("{}…", kept.trim_end())
    }

    /// The text in lines that are no wider than so many pixels, broken between words.
    pub(super) fn wrap(self, text: &str, room: f64) -> Vec<String> {
        let mut lines: Vec<String> = vec![String::new()];
        for word in text.split(' ') {
            let last = lines.len() - 1;
            let joined = if lines[last].is_empty() {
                word.to_owned()
            } else {
                format!("{} {word}", lines[last])
            };
            match self.width(&joined) <= room || lines[last].is_empty() {
                true => lines[last] = self.fit(&joined, room),
                false => lines.push(self.fit(word, room)),
            }
        }
        lines
    }

    /// The signs of a text as outlines, for a bitmap.
    pub(super) fn signs(self, text: &str) -> Vec<Sign> {
        let font = font(self.weight);
        let mut x = 0.0;
        let sign = |sign: char| {
            let outline = font.and_then(|font| font.outline(font.glyph_id(sign)));
            let placed = Sign { x, outline };
            x += self.advance(sign);
            placed
        };
        text.chars().map(sign).collect()
    }

    /// Pixels of one unit of the font.
    pub(super) fn unit(self) -> f64 {
        let units = font(self.weight).and_then(|font| font.units_per_em()).unwrap_or(2048.0);
        self.pixels / f64::from(units)
    }

    fn advance(self, sign: char) -> f64 {
        let known = font(self.weight).and_then(|font| {
            let glyph = font.glyph_id(sign);
            (glyph.0 != 0).then(|| f64::from(font.h_advance_unscaled(glyph)) * self.unit())
        });
        // What the font does not have is as wide as the widest scripts are.
        known.unwrap_or(self.pixels * if sign < '\u{1100}' { 0.7 } else { 1.1 })
    }
}

/// Whether the bundled fonts can be read.
pub(super) fn is_readable() -> bool {
    font(Weight::Normal).is_some() && font(Weight::Bold).is_some()
}

fn font(weight: Weight) -> Option<&'static FontRef<'static>> {
    static FONTS: OnceLock<[Option<FontRef<'static>>; 2]> = OnceLock::new();
    let read = || [NORMAL, BOLD].map(|bytes| FontRef::try_from_slice(bytes).ok());
    FONTS.get_or_init(read)[usize::from(weight == Weight::Bold)].as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_and_the_rest_stays() {
        assert!(is_readable());
        assert_eq!(label().fit("none", 60.0), "none");
        let cut = label().fit("a-very-long-name-of-a-scenario", 100.0);
        assert!(cut.ends_with('…') && cut.starts_with("a-very"), "{cut}");
        assert!(label().width(&cut) <= 100.0);
        assert!(label().width("WWW") > label().width("iii"));
        assert!(bold(12.0).width("lukewarm") > label().width("lukewarm"));
    }

    #[test]
    fn lines_break_between_words_and_words_are_cut() {
        let lines = label().wrap("one two three four aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 90.0);
        assert!(lines.len() >= 3 && lines.iter().all(|it| label().width(it) <= 90.0), "{lines:?}");
        assert_eq!(lines[0], "one two three");
    }

    #[test]
    fn signs_that_the_font_does_not_have_take_room_too() {
        assert!(label().width("漢字") > 20.0 && label().width("ж") > 5.0);
    }
}
