//! Text: how it is set, how wide it is, and how it is cut where it does not fit.
//! Owns the bundled font, which measures and draws bitmaps; readers of an SVG see their own
//! system's font, which is narrower or as wide.

use std::sync::OnceLock;

use ttf_parser::Face;

use super::colour::{Colour, INK, SOFT};

/// The bundled faces: normal, and bold.
pub(super) const FACES: [&[u8]; 2] = [
    include_bytes!("../../fonts/DejaVuSans-subset.ttf"),
    include_bytes!("../../fonts/DejaVuSans-Bold-subset.ttf"),
];
/// The name of their family.
pub(super) const FAMILY: &str = "DejaVu Sans";

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

    fn advance(self, sign: char) -> f64 {
        let known = font(self.weight).and_then(|face| {
            let advance = face.glyph_hor_advance(face.glyph_index(sign)?)?;
            Some(f64::from(advance) * self.pixels / f64::from(face.units_per_em()))
        });
        // What the font does not have is as wide as the widest scripts are.
        known.unwrap_or(self.pixels * if sign < '\u{1100}' { 0.7 } else { 1.1 })
    }
}

/// Whether the bundled fonts can be read.
pub(super) fn is_readable() -> bool {
    font(Weight::Normal).is_some() && font(Weight::Bold).is_some()
}

fn font(weight: Weight) -> Option<&'static Face<'static>> {
    static FONTS: OnceLock<[Option<Face<'static>>; 2]> = OnceLock::new();
    let read = || FACES.map(|bytes| Face::parse(bytes, 0).ok());
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
