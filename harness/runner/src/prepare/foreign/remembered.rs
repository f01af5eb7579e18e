//! The edits that were chosen for a workspace before, in lukewarm's own cache folder.
//! Owns what they are remembered by: sources, toolchain, command and changes. A file that cannot
//! be read counts as none.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::RunnerError;
use crate::files::own;
use crate::prepare::cargo_home;
use crate::prepare::edits::AutomaticEdit;

/// An edit that compiles, and why those before it were not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenEdit {
    /// The edit.
    pub edit: AutomaticEdit,
    /// The forms and crates that were tried before it, each with what was wrong.
    pub refused: Vec<String>,
}

/// Where the choice for a workspace is remembered.
#[derive(Clone, Debug)]
pub struct RememberedEdits {
    folder: PathBuf,
    file: PathBuf,
}

impl RememberedEdits {
    /// The place in `cache` of a choice that depends on these facts.
    pub fn of(cache: &Path, facts: &[&str]) -> RememberedEdits {
        let folder = cache.join("edits");
        let key =
            cargo_home::hash([&[env!("CARGO_PKG_VERSION")], facts].concat().join("\0").as_bytes());
        let file = folder.join(format!("{}.json", &key[..32]));
        RememberedEdits { folder, file }
    }

    /// What was chosen; none where nothing is known.
    pub fn read(&self) -> Option<Vec<ChosenEdit>> {
        serde_json::from_slice(&fs::read(&self.file).ok()?).ok()
    }

    /// Keeps a choice.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, chosen: &[ChosenEdit]) -> Result<(), RunnerError> {
        own::take(&self.folder)?;
        let text = serde_json::to_vec(chosen).map_err(std::io::Error::other);
        let kept = text.and_then(|text| {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(&text)?;
            file.persist(&self.file).map_err(|error| error.error)
        });
        kept.map(drop).map_err(RunnerError::file("write", &self.file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_remembered_for_the_same_facts_alone() {
        let cache = tempfile::tempdir().unwrap();
        let place = RememberedEdits::of(cache.path(), &["sources", "rustc 1"]);
        assert_eq!(place.read(), None);
        place.keep(&[]).unwrap();
        assert_eq!(place.read(), Some(Vec::new()));
        assert_eq!(RememberedEdits::of(cache.path(), &["sources", "rustc 2"]).read(), None);
        fs::write(&place.file, "{").unwrap();
        assert_eq!(place.read(), None);
    }
}
