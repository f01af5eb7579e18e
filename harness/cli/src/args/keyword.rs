//! A clap parser for enums whose values are keywords.
//! Owns no keyword: they are the enum's.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use lukewarm_model::Keyword;

/// A parser of the keywords of an enum, each with its help.
pub fn keyword<T: Keyword + Send + Sync>() -> impl TypedValueParser<Value = T> {
    let value = |it: &T| PossibleValue::new(it.word()).help(it.help());
    PossibleValuesParser::new(T::CHOICES.iter().map(value))
        .try_map(|word| T::of_word(&word).ok_or("unknown keyword"))
}
