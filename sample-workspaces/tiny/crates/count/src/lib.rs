//! Counting words and ranking what was counted.
//! Owns the order of the ranking; which words are counted is decided by the caller.

use std::collections::BTreeMap;

use tally_core::Word;
use tally_derive::Row;

/// How often a word was met.
#[derive(Clone, Debug, PartialEq, Eq, Row)]
pub struct Count {
    /// The word.
    pub word: String,
    /// How many times.
    pub times: usize,
    /// The line on which it was first met.
    pub first_line: usize,
}

/// Every word with its count: the most frequent first, equal ones in the order of the alphabet.
pub fn ranking(words: impl IntoIterator<Item = Word>) -> Vec<Count> {
    let mut counts: BTreeMap<String, Count> = BTreeMap::new();
    for word in words {
        let count = counts.entry(word.text().to_owned()).or_insert_with(|| Count {
            word: word.text().to_owned(),
            times: 0,
            first_line: word.line(),
        });
        count.times += 1;
    }
    let mut ranked: Vec<Count> = counts.into_values().collect();
    ranked.sort_by_key(|count| std::cmp::Reverse(count.times));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use tally_core::words;

    #[test]
    fn frequent_words_come_first_and_ties_are_alphabetical() {
        let ranked = ranking(words("sea wind sea\nsalt"));
        let order: Vec<&str> = ranked.iter().map(|count| count.word.as_str()).collect();
        assert_eq!(order, ["sea", "salt", "wind"]);
        assert_eq!(ranked[0].times, 2);
    }
}
