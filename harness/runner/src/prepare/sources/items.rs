//! What a checkout has, place by place, and how a folder is walked to find it: what version control
//! ignores is passed over.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// What a checkout has at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A folder.
    Folder,
    /// A file with the content of this one.
    File(PathBuf),
    /// A link with this aim, which lies in the checkout.
    Link(PathBuf),
}

/// Places relative to the checkout, each folder before what is in it.
pub type Items = Vec<(PathBuf, Item)>;

/// Walks a folder as a checkout has it.
pub fn walk(from: &Path) -> ignore::Walk {
    let top = from.to_owned();
    WalkBuilder::new(from)
        .hidden(false)
        .git_global(false)
        .parents(false)
        .require_git(false)
        .filter_entry(move |entry| {
            let name = entry.file_name();
            name != ".git" && !(name == "target" && entry.path().parent() == Some(top.as_path()))
        })
        .build()
}
