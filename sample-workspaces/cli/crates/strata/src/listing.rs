//! The list of equal files.
//! Owns its wording.

use std::fmt::Write as _;

use strata_core::Size;
use strata_digest::Duplicates;

/// One paragraph a set of equal files, and a line that says what they waste.
pub fn of(sets: &[Duplicates]) -> String {
    let mut text = String::new();
    for set in sets {
        for entry in &set.entries {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{:>10}  {}", entry.size().to_string(), entry.path().display());
        }
        text.push('\n');
    }
    text + &closing_line(sets)
}

fn closing_line(sets: &[Duplicates]) -> String {
    let wasted: Size = sets.iter().map(Duplicates::wasted).sum();
    format!("sets of equal files: {}, wasted: {wasted}\n", sets.len())
}
