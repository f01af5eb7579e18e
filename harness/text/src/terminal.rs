//! Lines for a terminal, which may as well be a log: our own colours, nobody else's.
//! Owns the codes of colours; whether they are wanted is for its callers to say.

use std::fmt;

use crate::line::one_line;
use crate::safe::sealed::Sealed;
use crate::safe::{Safe, WayOut};

/// Whole lines at a terminal or in a log, each with its end.
#[derive(Clone, Copy, Debug)]
pub enum Terminal {}

/// How a part of a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// As it comes.
    Plain,
    /// Bold.
    Bold,
    /// Paler.
    Dim,
    /// Red.
    Red,
    /// Green.
    Green,
    /// Yellow.
    Yellow,
}

impl Sealed for Terminal {}

impl WayOut for Terminal {
    fn escape(foreign: &str, into: &mut String) {
        into.push_str(&one_line(foreign));
        into.push('\n');
    }
}

impl Paint {
    fn code(self) -> Option<&'static str> {
        match self {
            Paint::Plain => None,
            Paint::Bold => Some("1"),
            Paint::Dim => Some("2"),
            Paint::Red => Some("31"),
            Paint::Green => Some("32"),
            Paint::Yellow => Some("33"),
        }
    }

    fn around(self, text: &str) -> String {
        match self.code() {
            Some(code) if !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }
}

impl Safe<Terminal> {
    /// A text of several lines, which they stay.
    pub fn lines(foreign: &str) -> Safe<Terminal> {
        let mut text: Safe<Terminal> = Safe::empty();
        foreign.lines().for_each(|line| text.line(line));
        text
    }

    /// Adds a line.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.spans(&[(Paint::Plain, line.as_ref())]);
    }

    /// Adds a line that looks like this.
    pub fn painted(&mut self, paint: Paint, line: impl AsRef<str>) {
        self.spans(&[(paint, line.as_ref())]);
    }

    /// Adds a line of parts with looks of their own.
    pub fn spans(&mut self, parts: &[(Paint, &str)]) {
        let whole: String = parts.iter().map(|(_, text)| *text).collect();
        let safe = one_line(&whole);
        if *safe == *whole {
            parts.iter().for_each(|(paint, text)| self.text.push_str(&paint.around(text)));
        } else {
            // Parts that only together are something else than text lose their looks but one.
            let paint = parts.first().map_or(Paint::Plain, |(paint, _)| *paint);
            self.text.push_str(&paint.around(&safe));
        }
        self.text.push('\n');
    }

    /// `writeln!(text, …)` adds one line, whatever line ends are in what it is given.
    ///
    /// # Errors
    /// When something cannot be formatted.
    pub fn write_fmt(&mut self, line: fmt::Arguments<'_>) -> fmt::Result {
        let mut text = String::new();
        fmt::write(&mut text, line)?;
        self.line(text.strip_suffix('\n').unwrap_or(&text));
        Ok(())
    }

    /// Adds other lines.
    pub fn append(&mut self, other: &Safe<Terminal>) {
        self.text.push_str(&other.text);
    }
}

impl From<&str> for Safe<Terminal> {
    /// One line.
    fn from(foreign: &str) -> Safe<Terminal> {
        Safe::of(foreign)
    }
}

impl From<String> for Safe<Terminal> {
    /// One line.
    fn from(foreign: String) -> Safe<Terminal> {
        Safe::of(&foreign)
    }
}

impl From<&String> for Safe<Terminal> {
    /// One line.
    fn from(foreign: &String) -> Safe<Terminal> {
        Safe::of(foreign)
    }
}
