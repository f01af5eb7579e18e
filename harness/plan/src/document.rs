//! A file that people wrote, as tables with places: what is there, where, and what is wrong with
//! it so far. It must not know any kind of file.

use std::cell::RefCell;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Problem;

/// A table of a document that is being read.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    notes: &'a Notes<'a>,
    /// What is written in it.
    pub written: &'a DeTable<'a>,
    /// Where it begins, in bytes.
    start: usize,
}

/// A document's text, and what is wrong with it so far, by the byte where it is.
struct Notes<'a> {
    text: &'a str,
    noted: RefCell<Vec<(usize, String)>>,
}

/// Reads the text of a file, of which `path` is the name in problems. All that `take` notes is
/// added to them in the order of places. A text that is not TOML gives nothing.
pub fn read<T>(
    path: &str,
    text: &str,
    problems: &mut Vec<Problem>,
    take: impl FnOnce(Table<'_>) -> Option<T>,
) -> Option<T> {
    let notes = Notes { text, noted: RefCell::default() };
    let (written, errors) = DeTable::parse_recoverable(text);
    let taken = if errors.is_empty() {
        take(Table { notes: &notes, written: written.get_ref(), start: 0 })
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
        let before = &text[..start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Problem { place: format!("{path}:{line}:{column}"), what }
    }));
    taken
}

impl Notes<'_> {
    fn note(&self, start: usize, what: String) {
        self.noted.borrow_mut().push((start.min(self.text.len()), what));
    }
}

impl<'a> Table<'a> {
    /// Whether a key is written down, with whatever value.
    pub fn has(&self, key: &str) -> bool {
        self.written.contains_key(key)
    }

    /// Whether a key is written down and nothing is known to be wrong with it.
    pub fn is_right(&self, key: &str) -> bool {
        let start = self.start(key);
        self.has(key) && self.notes.noted.borrow().iter().all(|(noted, _)| *noted != start)
    }

    /// The text behind a key, where there is one.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.written.get(key)?.get_ref().as_str()
    }

    /// Notes a problem at the place of a key, or of the table where it has no such key.
    pub fn problem(&self, key: &str, what: impl Into<String>) {
        self.notes.note(self.start(key), what.into());
    }

    /// Notes that a key's value is not what is wanted.
    pub fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let written = &self.notes.text[value.span()];
        let first = written.lines().next().unwrap_or_default();
        let more = if first.len() < written.len() { " …" } else { "" };
        self.problem(key, format!("`{key} = {first}{more}` must be {wanted}"));
    }

    /// The table behind a key, where there is one.
    pub fn below(&self, key: &str) -> Option<Table<'a>> {
        self.inner(self.start(key), self.written.get(key)?.get_ref())
    }

    /// The tables in the list behind a key; none where it is another list.
    pub fn each(&self, key: &str) -> Vec<Table<'a>> {
        let list = self.written.get(key).and_then(|it| it.get_ref().as_array());
        let tables = list.into_iter().flat_map(|list| list.iter());
        let tables = tables.map(|it| self.inner(it.span().start, it.get_ref()));
        tables.collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    fn inner(&self, start: usize, value: &'a DeValue<'a>) -> Option<Table<'a>> {
        Some(Table { notes: self.notes, written: value.as_table()?, start })
    }

    fn start(&self, key: &str) -> usize {
        self.written.get_key_value(key).map_or(self.start, |(key, _)| key.span().start)
    }
}
