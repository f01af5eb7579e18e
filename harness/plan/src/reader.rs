//! Reading one file that people wrote, table by table: each key by its name and kind.
//! Every problem is noted with its line, and a key that nobody asked for is one. What is asked for
//! is kept as a shape, so that a schema says what reading does. What keys a kind of file has is
//! `kinds`'.

use std::cell::RefCell;
use std::rc::Rc;

use lukewarm_model::Quantity;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::{Problem, unknown};
use crate::shape::{Kind, NOT_EMPTY, Rule, Shared};

/// A table of a file being read.
pub struct Reader<'a> {
    notes: &'a Notes<'a>,
    table: &'a DeTable<'a>,
    /// Where the table begins, in bytes.
    start: usize,
    /// What was asked for.
    shape: Shared,
}

/// A file's text, and what is wrong with it so far, by the byte where it is.
#[derive(Default)]
struct Notes<'a> {
    text: &'a str,
    noted: RefCell<Vec<(usize, String)>>,
    /// Where there is no file and only what is asked for matters: the texts that lead on.
    answers: Option<&'a [(&'a str, &'a str)]>,
}

/// Reads the text of a file, of which `path` is the name in problems. They are added in the order
/// of lines. A text that is no TOML gives nothing.
pub fn read<T>(
    path: &str,
    text: &str,
    problems: &mut Vec<Problem>,
    take: impl FnOnce(Reader<'_>) -> Option<T>,
) -> Option<T> {
    let notes = Notes { text, ..Notes::default() };
    let (table, errors) = DeTable::parse_recoverable(text);
    let taken = if errors.is_empty() {
        take(Reader { notes: &notes, table: table.get_ref(), start: 0, shape: Shared::default() })
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

/// Notes in a shape what is asked for of a file whose tables are all there, and nothing in them
/// but these answers to keys.
pub fn ask(shape: &Shared, answers: &[(&str, &str)], take: impl FnOnce(Reader<'_>)) {
    let notes = Notes { answers: Some(answers), ..Notes::default() };
    let (table, _) = DeTable::parse_recoverable("");
    take(Reader { notes: &notes, table: table.get_ref(), start: 0, shape: Rc::clone(shape) });
}

impl Notes<'_> {
    fn note(&self, start: usize, what: String) {
        self.noted.borrow_mut().push((start.min(self.text.len()), what));
    }
}

impl<'a> Reader<'a> {
    /// A text that must be there and not be empty.
    pub fn text(&mut self, key: &'static str) -> String {
        self.text_like(key, NOT_EMPTY)
    }

    /// The same, of which editors know the form. Whether it has that form is the caller's to judge.
    pub fn text_like(&mut self, key: &'static str, pattern: &str) -> String {
        self.require(key);
        let text = self.optional_text_like(key, pattern).unwrap_or_default();
        if text.trim().is_empty() {
            if self.table.get(key).is_some_and(|value| value.get_ref().is_str()) {
                self.problem(key, format!("`{key}` is empty"));
            }
            return String::new();
        }
        text
    }

    /// A text that may be left out.
    pub fn optional_text(&mut self, key: &'static str) -> Option<String> {
        self.optional_text_like(key, "")
    }

    /// The same, of which editors know the form.
    pub fn optional_text_like(&mut self, key: &'static str, pattern: &str) -> Option<String> {
        let kind = Kind::Text(pattern.to_owned());
        self.value(key, kind, |value| Some(value.as_str()?.to_owned())).or_else(|| {
            let mut answers = self.notes.answers?.iter();
            answers.find(|(asked, _)| *asked == key).map(|(_, answer)| (*answer).to_owned())
        })
    }

    /// `true` or `false`, that may be left out.
    pub fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.value(key, Kind::Flag, DeValue::as_bool)
    }

    /// A whole number, at least `least`, that may be left out.
    pub fn count(&mut self, key: &'static str, least: u32) -> Option<u32> {
        self.value(key, Kind::Count(least), |value| number(value).filter(|it| *it >= least))
    }

    /// A number, whole or not, that may be left out.
    pub fn number(&mut self, key: &'static str) -> Option<f64> {
        self.value(key, Kind::Number, |value| {
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
        let counts = self.value(key, Kind::Counts, |value| {
            let count = |item: &Spanned<DeValue<'_>>| number(item.get_ref()).filter(|it| *it > 0);
            let counts = value.as_array()?.iter().map(count).collect::<Option<Vec<_>>>()?;
            (!counts.is_empty()).then_some(counts)
        });
        counts.unwrap_or_default()
    }

    /// A quantity with its unit, that may be left out.
    pub fn quantity<T: Quantity>(&mut self, key: &'static str) -> Option<T> {
        let parsed = self.optional_text_like(key, &T::pattern())?.parse();
        parsed.map_err(|error| self.problem(key, format!("`{key}`: {error}"))).ok()
    }

    /// A list of texts that must be there and not be empty, and of which editors know the form.
    pub fn texts(&mut self, key: &'static str, pattern: &str) -> Vec<String> {
        self.require(key);
        self.optional_texts(key, pattern)
    }

    /// The same, that may be left out.
    pub fn optional_texts(&mut self, key: &'static str, pattern: &str) -> Vec<String> {
        let texts = self.value(key, Kind::Texts(pattern.to_owned()), |value| {
            let text = |item: &Spanned<DeValue<'_>>| Some(item.get_ref().as_str()?.to_owned());
            value.as_array()?.iter().map(text).collect::<Option<Vec<_>>>()
        });
        if texts.as_ref().is_some_and(Vec::is_empty) {
            self.problem(key, format!("`{key}` is empty"));
        }
        texts.unwrap_or_default()
    }

    /// One of several words, that may be left out.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let kind = Kind::Word(words.iter().map(|(word, _)| (*word).to_owned()).collect());
        let text = self.value(key, kind, |value| value.as_str())?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            self.problem(key, unknown(key, text, words.iter().map(|(word, _)| *word)));
        }
        found.map(|(_, value)| *value)
    }

    /// A text of which editors know the form, or a table with more in it, that must be there; an
    /// empty text where it is a table.
    pub fn text_or_table(
        &mut self,
        key: &'static str,
        pattern: &str,
    ) -> (String, Option<Reader<'a>>) {
        self.require(key);
        let shape = self.shape.borrow().below(key);
        let kind = Kind::TextOrTable(pattern.to_owned(), Rc::clone(&shape));
        let value =
            self.value(key, kind, |value| (value.is_str() || value.is_table()).then_some(value));
        let answer = || {
            let mut answers = self.notes.answers?.iter();
            answers.find(|(asked, _)| *asked == key).map(|(_, answer)| (*answer).to_owned())
        };
        let text = value.and_then(|it| Some(it.as_str()?.to_owned())).or_else(answer);
        let table = value.and_then(DeValue::as_table).or(self.notes.answers.map(|_| self.table));
        let start = self.start(key);
        let table = table.map(|table| Reader { notes: self.notes, table, start, shape });
        if table.is_none() && text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            self.problem(key, format!("`{key}` is empty"));
        }
        (text.unwrap_or_default(), table)
    }

    /// A table inside this one, that may be left out.
    pub fn table(&mut self, key: &'static str) -> Option<Reader<'a>> {
        let shape = self.shape.borrow().below(key);
        let table = self.value(key, Kind::Table(Rc::clone(&shape)), |value| value.as_table());
        let table = table.or_else(|| self.notes.answers.map(|_| self.table))?;
        Some(Reader { notes: self.notes, table, start: self.start(key), shape })
    }

    /// A list of tables, at least one.
    pub fn some_tables(&mut self, key: &'static str) -> Vec<Reader<'a>> {
        self.require(key);
        let tables = self.tables(key);
        if self
            .table
            .get(key)
            .is_some_and(|it| it.get_ref().as_array().is_some_and(|it| it.is_empty()))
        {
            self.problem(key, format!("`{key}` is empty"));
        }
        tables
    }

    /// A list of tables; left out means none.
    pub fn tables(&mut self, key: &'static str) -> Vec<Reader<'a>> {
        let (notes, shape) = (self.notes, self.shape.borrow().below(key));
        let tables = self.value(key, Kind::Tables(Rc::clone(&shape)), |value| {
            let table = |item: &'a Spanned<DeValue<'a>>| {
                let (start, table) = (item.span().start, item.get_ref().as_table()?);
                Some(Reader { notes, table, start, shape: Rc::clone(&shape) })
            };
            value.as_array()?.iter().map(table).collect::<Option<Vec<_>>>()
        });
        let one = notes.answers.map(|_| Reader { notes, table: self.table, start: 0, shape });
        tables.unwrap_or_else(|| one.into_iter().collect())
    }

    /// Notes that a key needs another beside it.
    pub fn needs(&self, key: &'static str, other: &'static str) {
        self.shape.borrow_mut().rule(Rule::Needs(key, other));
        if self.has(key) && !self.has(other) {
            self.problem(key, format!("`{key}` without a `{other}`"));
        }
    }

    /// Notes that one of two keys must be there, and not both.
    pub fn one_of(&self, first: &'static str, second: &'static str) {
        self.shape.borrow_mut().rule(Rule::One(first, second));
        match (self.has(first), self.has(second)) {
            (false, false) => self.problem("", format!("`{first}` or `{second}` is missing")),
            (true, true) => {
                self.problem(second, format!("`{second}` beside `{first}`: one of them"));
            }
            _ => {}
        }
    }

    /// Notes that one of two keys must be there, or both; `why` is told where none is.
    pub fn any_of(&self, first: &'static str, second: &'static str, why: &str) {
        self.shape.borrow_mut().rule(Rule::Any(first, second));
        if !self.has(first) && !self.has(second) {
            self.problem("", format!("`{first}` or `{second}` is missing: {why}"));
        }
    }

    /// Whether a key is written down, with whatever value.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Notes a problem at the line of a key, or of the table where it has no such key.
    pub fn problem(&self, key: &str, what: impl Into<String>) {
        self.notes.note(self.start(key), what.into());
    }

    /// Notes that a key is missing, unless it is there, with whatever value.
    pub fn require(&self, key: &'static str) {
        self.shape.borrow_mut().require(key);
        if !self.has(key) {
            self.problem(key, format!("`{key}` is missing"));
        }
    }

    /// Names every key that nobody asked for; `kind` is what keys are called here.
    pub fn finish(self, kind: &str) {
        self.finish_but(kind, &[]);
    }

    /// The same without these keys, which were judged already.
    pub fn finish_but(self, kind: &str, judged: &[&str]) {
        let asked: Vec<&str> = self.shape.borrow().keys.iter().map(|(name, _)| *name).collect();
        for key in self.table.keys().map(|key| key.get_ref().as_ref()) {
            if !asked.contains(&key) && !judged.contains(&key) {
                self.problem(key, unknown(kind, key, asked.iter().copied()));
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
        kind: Kind,
        read: impl FnOnce(&'a DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        let wanted = kind.wanted(key);
        self.shape.borrow_mut().key(key, kind);
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

fn number(value: &DeValue<'_>) -> Option<u32> {
    let integer = value.as_integer()?;
    u32::from_str_radix(integer.as_str(), integer.radix()).ok()
}
