//! One file that was found.
//! Owns what is known of a file without reading its content.

use std::path::{Path, PathBuf};

use crate::Size;

/// A file, named relative to the folder that was walked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    path: PathBuf,
    size: Size,
    modified: i64,
}

impl Entry {
    /// A file with its size and the time of its last change, in seconds since 1970.
    pub fn new(path: PathBuf, size: Size, modified: i64) -> Entry {
        Entry { path, size, modified }
    }

    /// Its path below the folder that was walked.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How large it is.
    pub fn size(&self) -> Size {
        self.size
    }

    /// When it was last changed, in seconds since 1970.
    pub fn modified(&self) -> i64 {
        self.modified
    }

    /// Its extension in lower case; empty where it has none.
    pub fn extension(&self) -> String {
        let extension = self.path.extension().unwrap_or_default();
        extension.to_string_lossy().to_lowercase()
    }

    /// The first folder of its path; a dot where it lies at the top.
    pub fn top_folder(&self) -> String {
        match self.path.parent().and_then(|parent| parent.iter().next()) {
            Some(folder) => folder.to_string_lossy().into_owned(),
            None => ".".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_folder_of_a_file_at_the_top_is_a_dot() {
        let deep = Entry::new(PathBuf::from("notes/2024/May.TXT"), Size::bytes(1), 0);
        assert_eq!((deep.top_folder().as_str(), deep.extension().as_str()), ("notes", "txt"));
        let shallow = Entry::new(PathBuf::from("README"), Size::bytes(1), 0);
        assert_eq!((shallow.top_folder().as_str(), shallow.extension().as_str()), (".", ""));
    }
}
