//! Reading one table of a file that people wrote: each key by its name and kind, every problem
//! noted with file and line, and what nobody asked for named at the end.

use std::fmt::Display;
use std::str::FromStr;

use toml::{Table, Value};

use crate::problem::{Problem, unknown};

/// A file being read.
pub struct File<'a> {
    /// Its path, relative to the root.
    pub path: &'a str,
    /// Its text.
    pub text: &'a str,
    /// What is wrong with it so far.
    pub problems: &'a mut Vec<Problem>,
}

/// A table of a file being read.
pub struct Reader<'f, 'a> {
    file: &'f mut File<'a>,
    table: Table,
    /// The keys that were asked for.
    asked: Vec<&'static str>,
}

impl<'a> File<'a> {
    /// The file's outermost table; none, with its problem, when it is no TOML.
    pub fn parse(&mut self) -> Option<Table> {
        match self.text.parse::<Table>() {
            Ok(table) => Some(table),
            Err(error) => {
                let start = error.span().map_or(0, |span| span.start);
                let line = self.text[..start.min(self.text.len())].matches('\n').count() + 1;
                let message = error.message().replace('\n', ", ");
                self.problem_at(line, format!("no TOML: {message}"));
                None
            }
        }
    }

    /// Notes a problem with a key, at the line where the key stands.
    pub fn problem(&mut self, key: &str, what: impl Into<String>) {
        let starts = |line: &&str| {
            let line = line.trim_start().trim_start_matches('[');
            line.strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('=') || rest.starts_with(']'))
        };
        let line = self.text.lines().position(|line| starts(&line)).map_or(1, |index| index + 1);
        self.problem_at(line, what);
    }

    fn problem_at(&mut self, line: usize, what: impl Into<String>) {
        self.problems.push(Problem { place: format!("{}:{line}", self.path), what: what.into() });
    }

    /// Begins to read a table.
    pub fn reader(&mut self, table: Table) -> Reader<'_, 'a> {
        Reader { file: self, table, asked: Vec::new() }
    }
}

impl Reader<'_, '_> {
    /// A text that must be there and not be empty.
    pub fn text(&mut self, key: &'static str) -> String {
        match self.optional_text(key) {
            Some(text) if !text.trim().is_empty() => text,
            Some(_) => {
                self.problem(key, format!("`{key}` is empty"));
                String::new()
            }
            None if self.table.contains_key(key) => String::new(),
            None => {
                self.file.problem_at(1, format!("`{key}` is missing"));
                String::new()
            }
        }
    }

    /// A text that may be left out.
    pub fn optional_text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong(key, &other, "a text in quotes");
                None
            }
        }
    }

    /// `true` or `false`; left out means `false`.
    pub fn flag(&mut self, key: &'static str) -> bool {
        match self.take(key) {
            Some(Value::Boolean(flag)) => flag,
            Some(other) => {
                self.wrong(key, &other, "`true` or `false`");
                false
            }
            None => false,
        }
    }

    /// A whole number that may be left out, at least `least`.
    pub fn count(&mut self, key: &'static str, least: u32) -> Option<u32> {
        let value = self.take(key)?;
        let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| *number >= least);
        if number.is_none() {
            self.wrong(key, &value, &format!("a whole number from {least} on"));
        }
        number
    }

    /// A quantity with its unit, that may be left out.
    pub fn quantity<T: FromStr<Err: Display>>(&mut self, key: &'static str) -> Option<T> {
        let text = self.optional_text(key)?;
        match text.parse() {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                self.problem(key, format!("`{key}`: {error}"));
                None
            }
        }
    }

    /// A list of texts; left out means none.
    pub fn texts(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let texts = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.unwrap_or_else(|| {
            self.wrong(key, &value, "a list of texts in quotes");
            Vec::new()
        })
    }

    /// One of several words; none, with its problem, for another.
    pub fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.optional_text(key)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.problem(key, unknown(key, &text, known));
        }
        found.map(|(_, value)| *value)
    }

    /// A table inside this one; left out means empty.
    pub fn table(&mut self, key: &'static str) -> Table {
        match self.take(key) {
            Some(Value::Table(table)) => table,
            Some(other) => {
                self.wrong(key, &other, "a table");
                Table::new()
            }
            None => Table::new(),
        }
    }

    /// A list of tables; left out means none.
    pub fn tables(&mut self, key: &'static str) -> Vec<Table> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let tables = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_table().cloned()).collect::<Option<Vec<_>>>()
        });
        tables.unwrap_or_else(|| {
            self.wrong(key, &value, &format!("tables, each under [[{key}]]"));
            Vec::new()
        })
    }

    /// Notes a problem with a key of this table.
    pub fn problem(&mut self, key: &str, what: impl Into<String>) {
        self.file.problem(key, what);
    }

    /// Names every key that nobody asked for.
    pub fn finish(self) {
        let Reader { file, table, asked } = self;
        for key in table.keys().filter(|key| !asked.contains(&key.as_str())) {
            file.problem(key, unknown("key", key, asked.iter().copied()));
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.asked.push(key);
        self.table.get(key).cloned()
    }

    fn wrong(&mut self, key: &str, value: &Value, wanted: &str) {
        self.problem(key, format!("`{key} = {value}` must be {wanted}"));
    }
}
