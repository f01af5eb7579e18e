//! A table without a form: names, counts and sizes.
//! Owns what every report shows; how it looks belongs to `strata-report`.

use crate::Size;

/// One line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What the line is about.
    pub name: String,
    /// How many files.
    pub files: u64,
    /// Their size together.
    pub size: Size,
}

/// A table with one name for its first column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    title: String,
    rows: Vec<Row>,
}

impl Table {
    /// A table of these rows, the largest first; equal ones stand in the order of their names.
    pub fn new(title: impl Into<String>, mut rows: Vec<Row>) -> Table {
        rows.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
        Table { title: title.into(), rows }
    }

    /// The name of the first column.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The rows, the largest first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The number of files in all rows.
    pub fn files(&self) -> u64 {
        self.rows.iter().map(|row| row.files).sum()
    }

    /// The size of all rows.
    pub fn size(&self) -> Size {
        self.rows.iter().map(|row| row.size).sum()
    }
}
