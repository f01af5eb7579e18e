//! Shows tables: for people, for spreadsheets and for other programs.
//! Owns the forms; it computes nothing but the widths of columns.

mod json;
mod text;

use strata_core::Table;
use strata_derive::Choice;

pub use json::{from_json, to_json};
pub use text::{to_columns, to_csv};

/// The form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum Format {
    /// Aligned columns and a line with the sum.
    Columns,
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object, which `strata-diff` reads.
    Json,
}

/// A table in one of the forms, with a newline at its end.
pub fn show(table: &Table, format: Format) -> String {
    match format {
        Format::Columns => to_columns(table),
        Format::Csv => to_csv(table),
        Format::Json => to_json(table),
    }
}
