//! Which files are looked at.
//! Owns the conditions and how they combine: every one that is given must hold.

use regex_lite::Regex;
use strata_core::{Entry, Error, Size};
use strata_kind::kind_of;

/// Conditions on a file; an empty filter lets every file pass.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    name: Option<Regex>,
    kind: Option<String>,
    at_least: Option<Size>,
}

impl Filter {
    /// Only files whose path contains a match of a regular expression.
    pub fn with_name(self, pattern: &str) -> Result<Filter, Error> {
        let name = Regex::new(pattern).map_err(|_| Error::text("a regular expression", pattern))?;
        Ok(Filter { name: Some(name), ..self })
    }

    /// Only files of a kind.
    pub fn with_kind(self, kind: impl Into<String>) -> Filter {
        Filter { kind: Some(kind.into()), ..self }
    }

    /// Only files of this size or larger.
    pub fn with_at_least(self, size: Size) -> Filter {
        Filter { at_least: Some(size), ..self }
    }

    /// Whether a file passes.
    pub fn accepts(&self, entry: &Entry) -> bool {
        let path = entry.path().to_string_lossy();
        self.name.as_ref().is_none_or(|name| name.is_match(&path))
            && self.kind.as_deref().is_none_or(|kind| kind == kind_of(entry))
            && self.at_least.is_none_or(|least| entry.size() >= least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_must_hold() -> Result<(), Error> {
        let filter = Filter::default().with_name("^src/")?.with_at_least(Size::bytes(10));
        let accepts =
            |path: &str, bytes| filter.accepts(&Entry::new(path.into(), Size::bytes(bytes), 0));
        assert!(accepts("src/main.rs", 10));
        assert!(!accepts("src/main.rs", 9));
        assert!(!accepts("tests/main.rs", 10));
        Ok(())
    }
}
