//! The columns of the gate's table: one registry for terminal and Markdown.
//! Owns which figures of a change a reader sees, and in which order.

use lukewarm_analysis::Change;

use super::sentences::{factor, value, word};

/// One column of changes.
pub(super) struct ChangeColumn {
    pub(super) title: &'static str,
    pub(super) side: Side,
    /// The cell of a change, as foreign text.
    pub(super) cell: fn(&Change) -> String,
}

/// The side at which a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// Every column, in order.
pub(super) static COLUMNS: [ChangeColumn; 7] = [
    ChangeColumn { title: "case", side: Side::Left, cell: |it| it.case.clone() },
    ChangeColumn { title: "job", side: Side::Left, cell: |it| it.job.to_string() },
    ChangeColumn { title: "metric", side: Side::Left, cell: |it| it.metric.name().to_owned() },
    ChangeColumn { title: "before", side: Side::Right, cell: |it| value(it, it.baseline.median) },
    ChangeColumn { title: "now", side: Side::Right, cell: |it| value(it, it.candidate.median) },
    ChangeColumn { title: "now / before", side: Side::Left, cell: factor },
    ChangeColumn { title: "verdict", side: Side::Left, cell: |it| word(it.verdict).to_owned() },
];
