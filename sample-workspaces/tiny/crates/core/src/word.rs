//! Words: runs of letters, compared without regard to case.
//! Owns what a word is; which words matter belongs to others.

use std::fmt;

/// A word in lower case, and where it was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word {
    text: String,
    line: usize,
}

impl Word {
    /// A word as it was met on a line, the first line being 1.
    pub fn new(text: &str, line: usize) -> Word {
        Word { text: text.to_lowercase(), line }
    }

    /// Its letters, in lower case.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line it was read on.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// The words of a text, in reading order. An apostrophe inside a word belongs to it.
pub fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let pieces = line.split(|c: char| !c.is_alphanumeric() && c != '\'');
        found.extend(
            pieces
                .map(|piece| piece.trim_matches('\''))
                .filter(|piece| !piece.is_empty())
                .map(|piece| Word::new(piece, index + 1)),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_ends_a_word_but_an_inner_apostrophe_does_not() {
        let texts: Vec<String> = words("Don't stop,\n'now'.").iter().map(Word::to_string).collect();
        assert_eq!(texts, ["don't", "stop", "now"]);
    }
}
