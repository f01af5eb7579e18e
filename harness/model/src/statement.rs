//! What a cache tool said of itself. Owns when it is asked; what its words mean is the tool's.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::schema::written_as_text;

/// What a tool said of itself at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolStatement {
    /// When: `before` or `after` the build.
    pub moment: Moment,
    /// What, word for word.
    pub text: String,
}

/// When a cache tool is asked for its statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// Just before the build.
    Before,
    /// Just after it.
    After,
}

written_as_text!(Moment);

impl Moment {
    /// Both moments, in order.
    pub const ALL: [Moment; 2] = [Moment::Before, Moment::After];

    /// The word of a record.
    pub fn word(self) -> &'static str {
        match self {
            Moment::Before => "before",
            Moment::After => "after",
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_one_word_of_a_record() {
        for moment in Moment::ALL {
            let written = serde_json::to_string(&moment).unwrap();
            assert_eq!(written, format!("\"{moment}\""));
            assert_eq!(serde_json::from_str::<Moment>(&written).unwrap(), moment);
        }
    }
}
