//! The canvas: text, boxes, lines and dots in pixels, collected before they are written.
//! Owns what a picture is made of. It knows nothing of findings, and nothing of file formats.

use lukewarm_model::text::{Line, Safe, one_line};
use lukewarm_model::{Classify, ErrorKind};

use super::colour::{Colour, GROUND, INK};
use super::typeface::{Type, small};

/// Why a chart could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// A bundled font cannot be read, which is a bug.
    #[error("a bundled font cannot be read")]
    Font,
    /// The SVG back end refused to draw, which is a bug.
    #[error("cannot write the chart as SVG")]
    Svg(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The SVG cannot be read back for a bitmap, which is a bug.
    #[error("cannot read the chart's SVG for a bitmap")]
    Parsing(#[source] resvg::usvg::Error),
    /// The bitmap cannot be encoded, which is a bug.
    #[error("cannot write the chart as PNG")]
    Encoding(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// More pixels than memory should hold.
    #[error("a bitmap of {width}×{height} pixels is too large; choose a smaller size")]
    TooLarge {
        /// Pixels from left to right.
        width: u32,
        /// Pixels from top to bottom.
        height: u32,
    },
}

impl Classify for ChartError {
    fn kind(&self) -> ErrorKind {
        match self {
            ChartError::Font
            | ChartError::Svg(_)
            | ChartError::Parsing(_)
            | ChartError::Encoding(_) => ErrorKind::Bug,
            ChartError::TooLarge { .. } => ErrorKind::Input,
        }
    }
}

/// A picture: what is drawn where, before it is an SVG or a bitmap.
#[derive(Clone, Debug)]
pub struct Picture {
    pub(super) width: f64,
    pub(super) height: f64,
    /// What it says, in one sentence, for those who do not see it.
    pub(super) message: String,
    pub(super) marks: Vec<Mark>,
}

/// One thing that is drawn.
#[derive(Clone, Debug)]
pub(super) enum Mark {
    Text {
        at: (f64, f64),
        text: Safe<Line>,
        set: Type,
    },
    /// A box from one corner to the other.
    Fill {
        from: (f64, f64),
        to: (f64, f64),
        colour: Colour,
    },
    Line {
        points: Vec<(f64, f64)>,
        colour: Colour,
        width: u32,
    },
    /// A region that lets through what is behind it.
    Veil {
        corners: Vec<(f64, f64)>,
        colour: Colour,
    },
    Shape {
        corners: Vec<(f64, f64)>,
        colour: Colour,
    },
    Circle {
        at: (f64, f64),
        radius: u32,
        colour: Colour,
    },
}

/// The form of a point on a line; with the colour it tells scenarios apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Circle,
    Square,
    Diamond,
    Triangle,
}

/// A picture being drawn.
#[derive(Default)]
pub(super) struct Canvas {
    marks: Vec<Mark>,
}

/// How much of what is behind a veil it hides.
pub(super) const VEIL: f64 = 0.16;

impl Picture {
    /// Adds a note below everything, and to what it says.
    pub(super) fn note(&mut self, text: &str) {
        const LINE: f64 = 18.0;
        const MARGIN: f64 = 4.0;
        let (set, room) = (small(), self.width - 2.0 * MARGIN);
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if set.width(&format!("{line} {word}")) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(set.fit(word, room)),
            }
        }
        for text in lines {
            let at = (MARGIN, self.height + LINE / 2.0);
            self.marks.push(Mark::Text { at, text: Safe::of(&text), set });
            self.height += LINE;
        }
        self.message = one_line(&format!("{} {text}", self.message)).into_owned();
    }

    /// What it says, in one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl Canvas {
    /// The finished picture.
    pub(super) fn picture(self, (width, height): (f64, f64), message: String) -> Picture {
        let message = one_line(&message).into_owned();
        Picture { width: width.ceil(), height: height.ceil(), message, marks: self.marks }
    }

    /// A text, its middle at the height `y`.
    pub(super) fn text(&mut self, x: f64, y: f64, text: &str, set: Type) {
        self.marks.push(Mark::Text { at: (x, y), text: Safe::of(text), set });
    }

    /// A filled box.
    pub(super) fn fill(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        self.marks.push(Mark::Fill { from, to, colour });
    }

    /// A straight line, one pixel wide.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        self.path(vec![from, to], colour, 1);
    }

    /// A line through points, so many pixels wide.
    pub(super) fn path(&mut self, points: Vec<(f64, f64)>, colour: Colour, width: u32) {
        self.marks.push(Mark::Line { points, colour, width });
    }

    /// A region that lets through what is behind it.
    pub(super) fn veil(&mut self, corners: Vec<(f64, f64)>, colour: Colour) {
        self.marks.push(Mark::Veil { corners, colour });
    }

    /// A point with a rim in the page's colour, so that it stands out from what it lies on.
    pub(super) fn point(&mut self, at: (f64, f64), form: Form, radius: u32, colour: Colour) {
        self.form(at, form, radius + 1, GROUND);
        self.form(at, form, radius, colour);
    }

    /// A point that is a ring: less sure than a full one.
    pub(super) fn ring(&mut self, at: (f64, f64), radius: u32, colour: Colour) {
        self.form(at, Form::Circle, radius + 1, GROUND);
        self.form(at, Form::Circle, radius, colour);
        self.form(at, Form::Circle, radius.saturating_sub(2).max(1), GROUND);
    }

    /// An arrow that points out of the picture: to the left below 0, to the right above.
    pub(super) fn arrow(&mut self, (x, y): (f64, f64), way: f64, colour: Colour) {
        let corners = vec![(x + 6.0 * way, y), (x - 4.0 * way, y - 5.0), (x - 4.0 * way, y + 5.0)];
        self.marks.push(Mark::Shape { corners, colour });
    }

    /// A horizontal whisker with a cap at each end, edged so that it shows on any colour. One that
    /// is hardly wide is a single cap.
    pub(super) fn whisker(&mut self, (low, high): (f64, f64), y: f64) {
        let caps = if high - low < 2.0 { vec![(low + high) / 2.0] } else { vec![low, high] };
        for (colour, width, reach) in [(GROUND, 3, 5.0), (INK, 1, 4.0)] {
            if caps.len() > 1 {
                self.path(vec![(low, y), (high, y)], colour, width);
            }
            for x in &caps {
                self.path(vec![(*x, y - reach), (*x, y + reach)], colour, width);
            }
        }
    }

    /// A diamond from the lower end of an interval over its point to the upper end.
    pub(super) fn diamond(&mut self, [low, point, high]: [f64; 3], y: f64, colour: Colour) {
        let (low, high) = (low.min(point - 3.0), high.max(point + 3.0));
        let corners = vec![(low, y), (point, y - 6.0), (high, y), (point, y + 6.0)];
        self.marks.push(Mark::Shape { corners, colour });
    }

    /// A vertical interval with its caps.
    pub(super) fn bar(&mut self, x: f64, (low, high): (f64, f64), colour: Colour) {
        self.line((x, low), (x, high), colour);
        for y in [low, high] {
            self.line((x - 3.0, y), (x + 3.0, y), colour);
        }
    }

    fn form(&mut self, (x, y): (f64, f64), form: Form, radius: u32, colour: Colour) {
        let reach = f64::from(radius);
        let corners = match form {
            Form::Circle => return self.marks.push(Mark::Circle { at: (x, y), radius, colour }),
            Form::Square => {
                let side = reach * 0.9;
                vec![(-side, -side), (side, -side), (side, side), (-side, side)]
            }
            Form::Diamond => {
                let reach = reach * 1.25;
                vec![(0.0, -reach), (reach, 0.0), (0.0, reach), (-reach, 0.0)]
            }
            Form::Triangle => {
                let reach = reach * 1.2;
                vec![(0.0, -reach), (reach, reach * 0.8), (-reach, reach * 0.8)]
            }
        };
        let corners = corners.into_iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
        self.marks.push(Mark::Shape { corners, colour });
    }
}
