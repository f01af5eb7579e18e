//! Words that say nothing about a text: articles, pronouns and the like.
//! Owns the question whether a word is one; the table is written by the build script.

use tally_core::Word;

include!(concat!(env!("OUT_DIR"), "/stopwords.rs"));

/// Whether a word is too common to be counted.
pub fn is_stopword(word: &Word) -> bool {
    STOPWORDS.binary_search(&word.text()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_searched_in_order() {
        assert!(is_stopword(&Word::new("The", 1)));
        assert!(!is_stopword(&Word::new("lighthouse", 1)));
    }
}
