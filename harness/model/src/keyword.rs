//! Enums whose values people type as words.
//! Owns the one way to list, name and parse them; each enum owns its words and what they mean.

/// An enum of choices, each with the word that selects it.
pub trait Keyword: Copy + Sized + 'static {
    /// Every choice, in the order of lists.
    const CHOICES: &'static [Self];

    /// The word that selects this choice.
    fn word(self) -> &'static str;

    /// What it selects, in one line without an end, for help texts.
    fn help(self) -> &'static str;

    /// The choice of a word; none where no choice has it.
    fn of_word(word: &str) -> Option<Self> {
        Self::CHOICES.iter().copied().find(|it| it.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Order;

    fn check<T: Keyword + PartialEq + std::fmt::Debug>() {
        for choice in T::CHOICES {
            assert_eq!(T::of_word(choice.word()), Some(*choice));
            assert!(!choice.help().ends_with('.'), "{choice:?}: a line of help has no end");
        }
        assert_eq!(T::of_word("no such word"), None);
    }

    #[test]
    fn each_word_selects_its_choice() {
        check::<Order>();
    }
}
