//! The rules of this repository, as tests: limits on files, functions and lines, arrows between
//! crates, names, documents that keep to the code. Owns the rules; `tests/house.rs` applies them.
//! When a rule hurts the code, change the rule with a reason, never a threshold by stealth.

mod documents;
mod manifests;
mod modules;
mod source;
mod type_names;
mod ways;

use std::fmt;
use std::path::{Path, PathBuf};

pub use documents::{document, machine_paths, quoted_constants};
pub use manifests::{arrows, lints};
pub use modules::Modules;
pub use source::source;
pub use type_names::type_names;
pub use ways::{installs, printing};

/// A place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the root.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The rule, and how it is broken.
    pub message: String,
}

impl Finding {
    fn new(file: &Path, line: usize, message: impl Into<String>) -> Finding {
        Finding { file: file.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.message)
    }
}

/// Every text file of the project below `folder` that version control would keep, as path
/// relative to `root` and content.
pub fn files(root: &Path, folder: &str) -> Vec<(PathBuf, String)> {
    let walk = ignore::WalkBuilder::new(root.join(folder))
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .sort_by_file_path(Ord::cmp)
        .build();
    walk.flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter_map(|entry| {
            let text = std::fs::read_to_string(entry.path()).ok()?;
            Some((entry.path().strip_prefix(root).ok()?.to_owned(), text))
        })
        .collect()
}
