//! The card of a note: all that lists and answers show of it.
//! Owns the title's rule; the text of the note is kept by the store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::NoteId;

/// What is known of a note without opening it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    id: NoteId,
    title: String,
    bytes: u64,
    kept_at: Timestamp,
}

impl Card {
    /// The card of a text that was kept at this time.
    pub fn new(id: NoteId, text: &str, kept_at: Timestamp) -> Card {
        Card { id, title: title_of(text), bytes: text.len() as u64, kept_at }
    }

    /// The note's name.
    pub fn id(&self) -> &NoteId {
        &self.id
    }

    /// Its first heading, or its first line of text.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The size of its text, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// When it was put on the shelf.
    pub fn kept_at(&self) -> Timestamp {
        self.kept_at
    }
}

fn title_of(text: &str) -> String {
    let heading = text.lines().find_map(|line| line.strip_prefix("# "));
    let first_line = || text.lines().find(|line| !line.trim().is_empty());
    heading.or_else(first_line).unwrap_or("Untitled").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_preferred_to_the_first_line() {
        assert_eq!(title_of("draft\n\n# Tides\n"), "Tides");
        assert_eq!(title_of("\n  low water \n"), "low water");
        assert!(title_of("").starts_with("Untitled"));
    }
}
