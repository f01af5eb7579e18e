//! The line below the table.
//! Owns its wording; the figures are those of the whole text, stop words included.

use std::collections::HashSet;
use std::fmt;

use tally_core::Word;

/// What is said of a text as a whole.
pub struct Summary {
    words: usize,
    distinct: usize,
}

impl Summary {
    /// The summary of all words of a text.
    pub fn of(words: &[Word]) -> Summary {
        let distinct: HashSet<&str> = words.iter().map(Word::text).collect();
        Summary { words: words.len(), distinct: distinct.len() }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { words, distinct } = self;
        write!(f, "{words} words read, {distinct} of them different")
    }
}
