//! What results are called in the formats of other tools.
//! Owns these names alone.

use lukewarm_analysis::Row;

/// What a row is called where it stands alone: `cli/sccache-webdav unchanged`.
pub(super) fn row_name(row: &Row) -> String {
    format!("{} {}", row.case, row.job)
}
