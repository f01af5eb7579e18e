//! The soundness table as a picture: a row a variation, a column a way of caching, a mark in each.

use lukewarm_analysis::Soundness;

use super::parts::columns;
use crate::charts::{MarkTable, Picture, mark_table};

pub(super) fn picture(found: &Soundness) -> Picture {
    let rows = found.variations.iter();
    mark_table(&MarkTable {
        title: "How right each way of caching is",
        columns: columns(found).collect(),
        rows: rows.map(|row| (row.title.clone(), row.cells.iter().collect())).collect(),
    })
}
