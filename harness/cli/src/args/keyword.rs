//! How clap reads an enum whose values are words.
//! Owns no word: they are the enum's.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use lukewarm_model::Keyword;

/// A parser that lists the words of an enum, each with its help, and gives the choice of one.
pub fn keyword<T: Keyword + Send + Sync>() -> impl TypedValueParser<Value = T> {
    let value = |it: &T| PossibleValue::new(it.word()).help(it.help());
    PossibleValuesParser::new(T::CHOICES.iter().map(value))
        .try_map(|word| T::of_word(&word).ok_or("unknown word"))
}
