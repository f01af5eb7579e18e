//! What a checkout has, place by place, and what a folder is found to hold.

use std::path::{Path, PathBuf};

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

/// What lies at a path of the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A symbolic link.
    Link,
    /// A socket, a FIFO or a device.
    Other,
}

/// What a folder holds of a checkout: paths relative to it, each folder before what is in it.
pub type Entries = Vec<(PathBuf, Kind)>;

impl Kind {
    /// The kind of what has this type.
    pub fn of(kind: std::fs::FileType) -> Kind {
        if kind.is_dir() {
            Kind::Folder
        } else if kind.is_symlink() {
            Kind::Link
        } else if kind.is_file() {
            Kind::File
        } else {
            Kind::Other
        }
    }
}

/// The folders above a path, the outermost first, without the empty one.
pub fn above(path: &Path) -> Vec<&Path> {
    let mut all: Vec<&Path> =
        path.ancestors().skip(1).filter(|it| !it.as_os_str().is_empty()).collect();
    all.reverse();
    all
}
