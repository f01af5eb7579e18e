//! Text that is safe for one way out, and the ways out.
//! Owns that there is no other way to make it than to escape, or to write it in our source.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::line::{has_hidden, hidden, one_line, visible, without_commands};

/// Text that is safe for one way out. Made from foreign text by [`Safe::of`], which escapes it, or
/// from words in our source.
pub struct Safe<W> {
    /// The text, for the ways out to add to.
    pub(crate) text: String,
    way: PhantomData<fn() -> W>,
}

/// A way out. Only those of this module are one.
pub trait WayOut: sealed::Sealed {
    /// Writes foreign text so that it is nothing but text there.
    fn escape(foreign: &str, into: &mut String);
}

/// A part of a text: safe already, or foreign and then escaped.
pub trait Part<W> {
    /// Adds it to the text.
    fn add(&self, into: &mut Safe<W>);
}

/// A line without its end: of a terminal, a log, or for a library that escapes what it is given.
#[derive(Clone, Copy, Debug)]
pub enum Line {}

/// A cell of CSV. A cell that a spreadsheet would take for a formula gets an apostrophe before it,
/// as OWASP recommends (<https://owasp.org/www-community/attacks/CSV_Injection>).
#[derive(Clone, Copy, Debug)]
pub enum Csv {}

/// A text or attribute of XML 1.0, which has no way to write most control characters.
#[derive(Clone, Copy, Debug)]
pub enum Xml {}

/// The text of an element or attribute of a page: markup is escaped, lines stay.
#[derive(Clone, Copy, Debug)]
pub enum Html {}

/// JSON as a serializer wrote it: what JSON allows in a string and a terminal obeys is escaped.
#[derive(Clone, Copy, Debug)]
pub enum Json {}

/// GitHub's workflow commands, as `@actions/core` writes them
/// (<https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>).
#[derive(Clone, Copy, Debug)]
pub enum Workflow {}

/// How much a workflow command matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// `::error`
    Error,
    /// `::warning`
    Warning,
    /// `::notice`
    Notice,
}

/// Text that is safe for the way out that it was made for, whichever that was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output(String);

pub(crate) mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Line {}
    impl Sealed for super::Csv {}
    impl Sealed for super::Xml {}
    impl Sealed for super::Html {}
    impl Sealed for super::Json {}
    impl Sealed for super::Workflow {}
}

impl<W> Safe<W> {
    /// Text that is safe as it is: only a way out may say so.
    pub(crate) fn made(text: String) -> Safe<W> {
        Safe { text, way: PhantomData }
    }

    /// Nothing.
    pub fn empty() -> Safe<W> {
        Safe::made(String::new())
    }

    /// Words of our own source, as they are.
    pub fn own(words: &'static str) -> Safe<W> {
        Safe::made(words.to_owned())
    }

    /// A sentence of our own source with a part in place of each `{}`.
    pub fn fill(sentence: &'static str, parts: &[&dyn Part<W>]) -> Safe<W> {
        let mut text = Safe::empty();
        let mut parts = parts.iter();
        for (number, words) in sentence.split("{}").enumerate() {
            if number > 0 {
                parts.next().expect("as many parts as places").add(&mut text);
            }
            text.text.push_str(words);
        }
        assert!(parts.next().is_none(), "more parts than places in `{sentence}`");
        text
    }

    /// Texts one after the other, with words of our own between them.
    pub fn joined(texts: impl IntoIterator<Item = Safe<W>>, between: &'static str) -> Safe<W> {
        let texts: Vec<String> = texts.into_iter().map(|it| it.text).collect();
        Safe::made(texts.join(between))
    }

    /// Adds a sentence of our own source with a part in place of each `{}`.
    pub fn write(&mut self, sentence: &'static str, parts: &[&dyn Part<W>]) {
        Safe::fill(sentence, parts).add(self);
    }

    /// Adds a part.
    pub fn push(&mut self, part: &dyn Part<W>) {
        part.add(self);
    }

    /// The text as it goes out.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as it goes out.
    pub fn into_string(self) -> String {
        self.text
    }
}

impl<W: WayOut> Safe<W> {
    /// Foreign text, escaped.
    pub fn of(foreign: &str) -> Safe<W> {
        let mut text = String::with_capacity(foreign.len());
        W::escape(foreign, &mut text);
        Safe::made(text)
    }
}

/// A file whose parts were escaped by whoever wrote it, held to the rules of a log once more: it
/// may be printed, too. A file of clean parts stays as it is.
impl Safe<Csv> {
    /// A whole file.
    pub fn file(text: &str) -> Safe<Csv> {
        Safe::made(clean_lines(text))
    }
}

impl Safe<Xml> {
    /// A whole file, of which the same holds as of CSV.
    pub fn file(text: &str) -> Safe<Xml> {
        Safe::made(clean_lines(text))
    }
}

impl Safe<Json> {
    /// A whole file: what it says stays the same.
    pub fn file(text: &str) -> Safe<Json> {
        Safe::of(text)
    }
}

impl Safe<Workflow> {
    /// Adds a command with its title and its message, on a line of its own.
    pub fn command(&mut self, level: Level, title: &str, message: &str) {
        let word = match level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Notice => "notice",
        };
        let mut data = String::new();
        Workflow::escape(message, &mut data);
        let mut property = String::new();
        Workflow::escape(title, &mut property);
        let property = property.replace(':', "%3A").replace(',', "%2C");
        self.text.push_str(&format!("::{word} title={property}::{data}\n"));
    }
}

impl WayOut for Line {
    fn escape(foreign: &str, into: &mut String) {
        into.push_str(&one_line(foreign));
    }
}

impl WayOut for Csv {
    fn escape(foreign: &str, into: &mut String) {
        let line = one_line(foreign);
        // Blanks before it do not hinder a spreadsheet; the last four are the wide forms.
        let first = line.trim_start().chars().next();
        if first.is_some_and(|sign| "=+-@＝＋－＠".contains(sign)) {
            into.push('\'');
        }
        into.push_str(&line);
    }
}

impl WayOut for Xml {
    fn escape(foreign: &str, into: &mut String) {
        Html::escape(&one_line(foreign), into);
    }
}

impl WayOut for Html {
    fn escape(foreign: &str, into: &mut String) {
        for sign in visible(foreign).chars() {
            match sign {
                '&' => into.push_str("&amp;"),
                '<' => into.push_str("&lt;"),
                '>' => into.push_str("&gt;"),
                '"' => into.push_str("&quot;"),
                '\'' => into.push_str("&#39;"),
                sign => into.push(sign),
            }
        }
    }
}

impl WayOut for Json {
    fn escape(foreign: &str, into: &mut String) {
        // The old form of workflow commands counts anywhere in a line. Outside its strings JSON
        // has none of these signs.
        for line in foreign.split_inclusive('\n') {
            let broken = match without_commands(line) {
                Cow::Borrowed(_) => Cow::Borrowed(line),
                Cow::Owned(_) => Cow::Owned(line.replace("##", "\\u0023\\u0023")),
            };
            // Most lines are plain: they go out as they are.
            if !has_hidden(&broken, |sign| sign == '\n') {
                into.push_str(&broken);
                continue;
            }
            for sign in broken.chars() {
                match hidden(sign) && sign != '\n' {
                    true => into.push_str(&format!("\\u{:04x}", u32::from(sign))),
                    false => into.push(sign),
                }
            }
        }
    }
}

impl WayOut for Workflow {
    fn escape(foreign: &str, into: &mut String) {
        let lines = foreign.split('\n').map(|line| visible(line).replace('%', "%25"));
        into.push_str(&lines.collect::<Vec<_>>().join("%0A").replace('\r', "%0D"));
    }
}

/// Whole lines, each held to the rules of a log.
fn clean_lines(text: &str) -> String {
    let lines = text.split('\n').map(|line| one_line(line.strip_suffix('\r').unwrap_or(line)));
    lines.collect::<Vec<_>>().join("\n")
}

impl<W> Part<W> for Safe<W> {
    fn add(&self, into: &mut Safe<W>) {
        into.text.push_str(&self.text);
    }
}

impl<W: WayOut> Part<W> for String {
    fn add(&self, into: &mut Safe<W>) {
        W::escape(self, &mut into.text);
    }
}

impl<W: WayOut> Part<W> for &str {
    fn add(&self, into: &mut Safe<W>) {
        W::escape(self, &mut into.text);
    }
}

impl<W> Deref for Safe<W> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl<W> fmt::Display for Safe<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl<W> fmt::Debug for Safe<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl<W> Clone for Safe<W> {
    fn clone(&self) -> Safe<W> {
        Safe::made(self.text.clone())
    }
}

impl<W> PartialEq for Safe<W> {
    fn eq(&self, other: &Safe<W>) -> bool {
        self.text == other.text
    }
}

impl<W> Eq for Safe<W> {}

impl<W: WayOut> From<Safe<W>> for Output {
    fn from(text: Safe<W>) -> Output {
        Output(text.text)
    }
}

impl<W: WayOut> From<&Safe<W>> for Output {
    fn from(text: &Safe<W>) -> Output {
        Output(text.text.clone())
    }
}

impl Deref for Output {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
