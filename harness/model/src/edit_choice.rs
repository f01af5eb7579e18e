//! Which edit was chosen for a change of a workspace that offers none, and why.
//! Owns the noun and its sentence; the choice is the runner's.

use std::fmt;

use crate::{Change, MutationKind, Place};

/// The edit that was chosen for one change of a foreign workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditChoice {
    /// What kind of change it makes.
    pub kind: MutationKind,
    /// Where, for kinds that have a place.
    pub place: Option<Place>,
    /// The package that it changes.
    pub package: String,
    /// What the edit is, as a phrase: `a private function at the end of src/lib.rs`.
    pub form: String,
    /// Why this package was chosen, as a phrase: `12 members depend on it`.
    pub reason: String,
    /// What was tried before it, each with what was wrong; empty where the first compiled.
    pub refused: Vec<String>,
}

impl EditChoice {
    /// The change that it makes.
    pub fn change(&self) -> Change {
        Change { kind: self.kind, place: self.place }
    }
}

impl fmt::Display for EditChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = self.change();
        write!(f, "{change} in `{}` ({}): {}", self.package, self.reason, self.form)?;
        match &self.refused[..] {
            [] => Ok(()),
            refused => write!(f, "; not {}", refused.join("; nor ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_says_where_how_and_why_not_otherwise() {
        let mut choice = EditChoice {
            kind: MutationKind::Body,
            place: Some(Place::Core),
            package: "base".to_owned(),
            form: "a private function at the end of src/lib.rs".to_owned(),
            reason: "3 members depend on it".to_owned(),
            refused: Vec::new(),
        };
        let plain = "core body in `base` (3 members depend on it): a private function at the end \
                     of src/lib.rs";
        assert_eq!(choice.to_string(), plain);
        choice.refused = vec!["one: error".to_owned(), "two: error".to_owned()];
        assert_eq!(choice.to_string(), format!("{plain}; not one: error; nor two: error"));
    }
}
