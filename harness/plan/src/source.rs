//! Where the files of a project lie: in a folder, or in the program itself. Owns their listing and
//! reading; what is in them is `wire`'s.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::patch::misplaced;

/// A file that the program brings: its path below a project's folder, and its content.
pub type BuiltInFile = (&'static str, &'static [u8]);

/// Files of a project, of which some may be missing where others lie below them.
#[derive(Clone, Debug)]
pub struct Layer {
    place: Place,
    /// What stands before a path in problems and notes.
    shown: String,
}

#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    BuiltIn {
        files: &'static [BuiltInFile],
        /// The folder that they are unpacked into before any of them is built.
        unpacked: PathBuf,
    },
}

/// The folder of a sample workspace.
pub struct Sample<'a> {
    layer: &'a Layer,
    name: &'a str,
    /// Where it lies, or will when it is unpacked.
    pub folder: PathBuf,
}

impl Layer {
    /// A whole project in a folder; problems name paths relative to it.
    pub fn project(root: &Path) -> Layer {
        Layer { place: Place::Folder(root.to_owned()), shown: String::new() }
    }

    /// A folder whose files come on top of others; problems name paths with it.
    pub fn overlay(root: &Path) -> Layer {
        let shown = format!("{}/", root.display());
        Layer { place: Place::Folder(root.to_owned()), shown }
    }

    /// What the program brings; `unpacked` is where its samples will lie when they are built.
    pub fn built_in(files: &'static [BuiltInFile], unpacked: &Path) -> Layer {
        let place = Place::BuiltIn { files, unpacked: unpacked.to_owned() };
        Layer { place, shown: "built-in ".to_owned() }
    }

    /// A path as problems name it.
    pub fn shown(&self, path: &str) -> String {
        format!("{}{path}", self.shown)
    }

    /// The names in a folder, sorted, but for hidden ones: editors keep theirs there.
    ///
    /// # Errors
    /// When the folder is not there or cannot be read.
    pub fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let names: BTreeSet<String> = match &self.place {
            Place::Folder(root) => std::fs::read_dir(root.join(folder))?
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<io::Result<_>>()?,
            Place::BuiltIn { files, .. } => {
                let below = |path: &'static str| path.strip_prefix(folder)?.strip_prefix('/');
                let names = files.iter().filter_map(|(path, _)| below(path)?.split('/').next());
                names.map(str::to_owned).collect()
            }
        };
        Ok(names.into_iter().filter(|name| !name.starts_with('.')).collect())
    }

    /// Whether there is a folder of that path.
    pub fn has_folder(&self, path: &str) -> bool {
        match &self.place {
            Place::Folder(root) => root.join(path).is_dir(),
            Place::BuiltIn { .. } => self.names(path).is_ok_and(|names| !names.is_empty()),
        }
    }

    /// Whether there is a file of that path.
    pub fn has(&self, path: &str) -> bool {
        match &self.place {
            Place::Folder(root) => root.join(path).is_file(),
            Place::BuiltIn { files, .. } => files.iter().any(|(known, _)| *known == path),
        }
    }

    /// The text of a file.
    ///
    /// # Errors
    /// When it is not there, cannot be read, or is not UTF-8.
    pub fn read(&self, path: &str) -> io::Result<String> {
        match &self.place {
            Place::Folder(root) => std::fs::read_to_string(root.join(path)),
            Place::BuiltIn { files, .. } => {
                let found = files.iter().find(|(known, _)| *known == path);
                let (_, content) = found.ok_or(io::ErrorKind::NotFound)?;
                let text = str::from_utf8(content);
                Ok(text.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?.into())
            }
        }
    }

    /// The sample workspace of that name.
    pub fn sample<'a>(&'a self, name: &'a str) -> Sample<'a> {
        let root = match &self.place {
            Place::Folder(root) => root,
            Place::BuiltIn { unpacked, .. } => unpacked,
        };
        Sample { layer: self, name, folder: root.join("sample-workspaces").join(name) }
    }
}

impl Sample<'_> {
    /// Whether there is a file of that path in it.
    pub fn has(&self, path: &str) -> bool {
        self.layer.has(&self.path(path))
    }

    /// The text of a file in it.
    ///
    /// # Errors
    /// When it is not there, cannot be read, or is not UTF-8.
    pub fn read(&self, path: &str) -> io::Result<String> {
        self.layer.read(&self.path(path))
    }

    /// What is wrong with the files that a patch names, where something is.
    pub fn misplaced(&self, patch: &str) -> Option<String> {
        misplaced(&self.folder, patch)
    }

    fn path(&self, path: &str) -> String {
        format!("sample-workspaces/{}/{path}", self.name)
    }
}
