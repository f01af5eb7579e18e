//! What the forms of a soundness table share: the words of cells and of columns.
//! Owns these words only.

use lukewarm_analysis::{Soundness, SoundnessCell, SoundnessMark};

/// What a cell is called in a table.
pub(super) struct CellWord {
    pub(super) word: &'static str,
    /// Whether it is the mark of something wrong.
    pub(super) is_alarm: bool,
}

impl CellWord {
    pub(super) fn of(cell: &SoundnessCell) -> CellWord {
        let word = match (cell.mark, cell.is_unsettled()) {
            (SoundnessMark::Right, false) => "right",
            (SoundnessMark::Right, true) => "right *",
            (SoundnessMark::UnderKeyed, _) => "UNDER-KEYED",
            (SoundnessMark::OverKeyed, false) => "over-keyed",
            (SoundnessMark::OverKeyed, true) => "over-keyed *",
            (SoundnessMark::NotTestable, _) => "-",
        };
        CellWord { word, is_alarm: cell.mark == SoundnessMark::UnderKeyed }
    }
}

/// The columns as `[1] scenario, tool and version`.
pub(super) fn columns(found: &Soundness) -> impl Iterator<Item = String> {
    found.arms.iter().map(|arm| match &arm.version {
        Some(version) if version.starts_with(&arm.tool) => format!("{} ({version})", arm.scenario),
        Some(version) => format!("{} ({} {version})", arm.scenario, arm.tool),
        None => arm.scenario.to_string(),
    })
}
