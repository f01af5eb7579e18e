//! Reading one file that people wrote, table by table: each key by its name and kind.
//! Every problem is noted with its line, and a key that nobody asked for is one. What keys a
//! kind of file has is `kinds`'.

use std::cell::RefCell;
use std::fmt::Display;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::{Problem, unknown};

/// A table of a file being read.
pub struct Reader<'a> {
    notes: &'a Notes<'a>,
    table: &'a DeTable<'a>,
    /// Where the table begins, in bytes.
    start: usize,
    /// The keys that were asked for.
    asked: Vec<&'static str>,
}

/// A file's text, and what is wrong with it so far, by the byte where it is.
struct Notes<'a> {
    text: &'a str,
    noted: RefCell<Vec<(usize, String)>>,
}

/// Reads the text of a file, of which `path` is the name in problems. They are added in the order
/// of lines. A text that is no TOML gives nothing.
pub fn read<T>(
    path: &str,
    text: &str,
    problems: &mut Vec<Problem>,
    take: impl FnOnce(Reader<'_>) -> Option<T>,
) -> Option<T> {
    let notes = Notes { text, noted: RefCell::default() };
    let (table, errors) = DeTable::parse_recoverable(text);
    let taken = if errors.is_empty() {
        take(Reader { notes: &notes, table: table.get_ref(), start: 0, asked: Vec::new() })
    } else {
        for error in errors {
            let start = error.span().map_or(0, |span| span.start);
            notes.note(start, format!("not TOML: {}", error.message().replace('\n', ", ")));
        }
        None
    };
    let mut noted = notes.noted.into_inner();
    noted.sort_by_key(|(start, _)| *start);
    problems.extend(noted.into_iter().map(|(start, what)| {
        let line = text[..start].matches('\n').count() + 1;
        Problem { place: format!("{path}:{line}"), what }
    }));
    taken
}

impl Notes<'_> {
    fn note(&self, start: usize, what: String) {
        self.noted.borrow_mut().push((start.min(self.text.len()), what));
    }
}

impl<'a> Reader<'a> {
    /// A text that must be there and not be empty.
    pub fn text(&mut self, key: &'static str) -> String {
        match self.optional_text(key) {
            Some(text) if text.trim().is_empty() => self.problem(key, format!("`{key}` is empty")),
            Some(text) => return text,
            None => self.missed(key),
        }
        String::new()
    }

    /// A text that may be left out.
    pub fn optional_text(&mut self, key: &'static str) -> Option<String> {
        self.value(key, "a text in quotes", |value| Some(value.as_str()?.to_owned()))
    }

    /// `true` or `false`, that may be left out.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.value(key, "`true` or `false`", DeValue::as_bool)
    }

    /// A whole number, at least `least`, that may be left out.
    pub fn count(&mut self, key: &'static str, least: u32) -> Option<u32> {
        self.value(key, &format!("a whole number from {least} on"), |value| {
            let integer = value.as_integer()?;
            let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok()?;
            (number >= least).then_some(number)
        })
    }

    /// A number, whole or not, that may be left out.
    pub fn number(&mut self, key: &'static str) -> Option<f64> {
        self.value(key, "a number", |value| {
            let digits = match value {
                DeValue::Integer(it) if it.radix() == 10 => it.as_str(),
                DeValue::Float(it) => it.as_str(),
                _ => return None,
            };
            digits.parse().ok().filter(|number: &f64| number.is_finite())
        })
    }

    /// A list of whole numbers from 1 on, that may be left out.
    pub fn counts(&mut self, key: &'static str) -> Vec<u32> {
        let wanted = "a list of whole numbers from 1 on";
        let counts = self.value(key, wanted, |value| {
            let count = |item: &Spanned<DeValue<'_>>| {
                let integer = item.get_ref().as_integer()?;
                let number = u32::from_str_radix(integer.as_str(), integer.radix()).ok()?;
                (number > 0).then_some(number)
            };
            let counts = value.as_array()?.iter().map(count).collect::<Option<Vec<_>>>()?;
            (!counts.is_empty()).then_some(counts)
        });
        counts.unwrap_or_default()
    }

    /// A quantity with its unit, that may be left out.
    pub fn quantity<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Option<T> {
        let parsed = self.optional_text(key)?.parse();
        parsed.map_err(|error| self.problem(key, format!("`{key}`: {error}"))).ok()
    }

    /// A list of texts that must be there and not be empty.
    pub fn texts(&mut self, key: &'static str) -> Vec<String> {
        let texts = self.value(key, "a list of texts in quotes", |value| {
            let text = |item: &Spanned<DeValue<'_>>| Some(item.get_ref().as_str()?.to_owned());
            value.as_array()?.iter().map(text).collect::<Option<Vec<_>>>()
        });
        match &texts {
            Some(texts) if texts.is_empty() => self.problem(key, format!("`{key}` is empty")),
            Some(_) => {}
            None => self.missed(key),
        }
        texts.unwrap_or_default()
    }

    /// One of several words, that may be left out.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.optional_text(key)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.problem(key, unknown(key, &text, words.iter().map(|(word, _)| *word)));
        }
        found.map(|(_, value)| *value)
    }

    /// A table inside this one, that may be left out.
    pub fn table(&mut self, key: &'static str) -> Option<Reader<'a>> {
        let wrong = format!("a table under [{key}]");
        let (value, start) = (self.value(key, &wrong, |value| value.as_table())?, self.start(key));
        Some(Reader { notes: self.notes, table: value, start, asked: Vec::new() })
    }

    /// A list of tables; left out means none.
    pub fn tables(&mut self, key: &'static str) -> Vec<Reader<'a>> {
        let notes = self.notes;
        let tables = self.value(key, &format!("tables, each under [[{key}]]"), |value| {
            let table = |item: &'a Spanned<DeValue<'a>>| {
                let (start, table) = (item.span().start, item.get_ref().as_table()?);
                Some(Reader { notes, table, start, asked: Vec::new() })
            };
            value.as_array()?.iter().map(table).collect::<Option<Vec<_>>>()
        });
        tables.unwrap_or_default()
    }

    /// Whether a key is written down, with whatever value.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes a problem at the line of a key, or of the table where it has no such key.
    pub fn problem(&self, key: &str, what: impl Into<String>) {
        self.notes.note(self.start(key), what.into());
    }

    /// Notes that a key is missing, unless it is there with a wrong value.
    pub fn missed(&self, key: &str) {
        if !self.has(key) {
            self.problem(key, format!("`{key}` is missing"));
        }
    }

    /// Names every key that nobody asked for; `kind` is what keys are called here.
    pub fn finish(self, kind: &str) {
        for key in self.table.keys().map(|key| key.get_ref().as_ref()) {
            if !self.asked.contains(&key) {
                self.problem(key, unknown(kind, key, self.asked.iter().copied()));
            }
        }
    }

    fn start(&self, key: &str) -> usize {
        self.table.get_key_value(key).map_or(self.start, |(key, _)| key.span().start)
    }

    /// A key's value as `read` takes it; a problem where it does not.
    fn value<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        self.asked.push(key);
        let value = self.table.get(key)?;
        let taken = read(value.get_ref());
        if taken.is_none() {
            let written = &self.notes.text[value.span()];
            let first = written.lines().next().unwrap_or_default();
            let more = if first.len() < written.len() { " …" } else { "" };
            self.problem(key, format!("`{key} = {first}{more}` must be {wanted}"));
        }
        taken
    }
}
