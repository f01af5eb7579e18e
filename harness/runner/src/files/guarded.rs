//! Files below a root folder, by relative paths that cannot leave it: neither by `..`, nor by a
//! symbolic link on the way. Links that stay inside are followed.
//! Owns every write into a folder with files of others. It must not know what is written.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};

use crate::error::RunnerError;

/// A root folder that no path leaves.
#[derive(Debug)]
pub struct Root {
    dir: Dir,
    path: PathBuf,
}

impl Root {
    /// An existing folder.
    ///
    /// # Errors
    /// When it is not there, or no folder.
    pub fn open(path: &Path) -> Result<Root, RunnerError> {
        let dir = Dir::open_ambient_dir(path, ambient_authority())
            .map_err(RunnerError::file("open folder", path))?;
        Ok(Root { dir, path: path.to_owned() })
    }

    /// A folder that is made if it is missing; a symbolic link in its place is refused.
    ///
    /// # Errors
    /// When it cannot be made, or something else is there.
    pub fn make(path: &Path) -> Result<Root, RunnerError> {
        let is_link = fs::symlink_metadata(path).is_ok_and(|it| it.file_type().is_symlink());
        if is_link {
            let error = io::Error::other("it is a symbolic link");
            return Err(RunnerError::file("make folder", path)(error));
        }
        fs::create_dir_all(path).map_err(RunnerError::file("make folder", path))?;
        Root::open(path)
    }

    /// The text of a file.
    ///
    /// # Errors
    /// When it cannot be read, is no UTF-8, or lies outside.
    pub fn read(&self, file: &Path) -> Result<String, RunnerError> {
        let mut text = String::new();
        let read = self.dir.open(file).and_then(|mut file| file.read_to_string(&mut text));
        read.map_err(RunnerError::file("read", &self.path.join(file)))?;
        Ok(text)
    }

    /// Writes a whole file, in place of what it held.
    ///
    /// # Errors
    /// When it cannot be written, or lies outside.
    pub fn write(&self, file: &Path, content: &[u8]) -> Result<(), RunnerError> {
        let written = self.dir.create(file).and_then(|mut file| file.write_all(content));
        written.map_err(RunnerError::file("write", &self.path.join(file)))
    }

    /// Makes a new file; anything in its place is refused.
    ///
    /// # Errors
    /// When it cannot be made, is there, or lies outside.
    pub fn create(&self, file: &Path) -> Result<File, RunnerError> {
        let mut options = cap_std::fs::OpenOptions::new();
        let made = self.dir.open_with(file, options.write(true).create_new(true));
        made.map_err(RunnerError::file("write", &self.path.join(file)))
    }

    /// Makes a folder with those above it, unless it is there.
    ///
    /// # Errors
    /// When it cannot be made, or lies outside.
    pub fn make_folder(&self, folder: &Path) -> Result<(), RunnerError> {
        let made = self.dir.create_dir_all(folder);
        made.map_err(RunnerError::file("make folder", &self.path.join(folder)))
    }

    /// Makes an empty folder, in place of anything that was there.
    ///
    /// # Errors
    /// When it cannot be made, or lies outside.
    pub fn make_empty_folder(&self, folder: &Path) -> Result<PathBuf, RunnerError> {
        let place = self.path.join(folder);
        if let Some(parent) = folder.parent().filter(|it| !it.as_os_str().is_empty()) {
            self.make_folder(parent)?;
        }
        let cleared = match self.dir.symlink_metadata(folder) {
            Ok(it) if it.is_dir() => self.dir.remove_dir_all(folder),
            Ok(_) => self.dir.remove_file(folder),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        let made = cleared.and_then(|()| self.dir.create_dir(folder));
        made.map_err(RunnerError::file("make folder", &place))?;
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A root beside a file and a folder that are not its own, with links that lead to them, and
    /// links that stay inside.
    fn planted() -> (tempfile::TempDir, Root) {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("root");
        fs::create_dir_all(root.join("inside")).unwrap();
        fs::create_dir(place.path().join("theirs")).unwrap();
        fs::write(place.path().join("theirs/file"), "precious").unwrap();
        symlink(place.path().join("theirs/file"), root.join("absolute")).unwrap();
        symlink("../theirs/file", root.join("relative")).unwrap();
        symlink("../theirs", root.join("folder")).unwrap();
        symlink("inside", root.join("alias")).unwrap();
        let root = Root::open(&root).unwrap();
        (place, root)
    }

    #[test]
    fn nothing_is_read_or_written_outside() {
        let (place, root) = planted();
        let outside = ["absolute", "relative", "folder/file", "../theirs/file"];
        let absolute = place.path().join("theirs/file");
        for file in outside.iter().map(Path::new).chain([absolute.as_path()]) {
            assert!(root.read(file).is_err(), "{} was read", file.display());
            assert!(root.write(file, b"gone").is_err(), "{} was written", file.display());
            assert!(root.create(file).is_err(), "{} was made", file.display());
        }
        assert!(root.make_folder(Path::new("folder/new")).is_err());
        assert!(root.make_empty_folder(Path::new("folder/new")).is_err());
        assert_eq!(fs::read_to_string(&absolute).unwrap(), "precious");
        assert_eq!(fs::read_dir(place.path().join("theirs")).unwrap().count(), 1);
        let error = root.write(Path::new("relative"), b"").unwrap_err().to_string();
        assert!(error.starts_with("cannot write") && error.ends_with("root/relative"), "{error}");
    }

    #[test]
    fn links_that_stay_inside_are_followed() {
        let (place, root) = planted();
        root.write(Path::new("alias/file"), b"text").unwrap();
        assert_eq!(root.read(Path::new("inside/file")).unwrap(), "text");
        assert!(place.path().join("root/inside/file").is_file());
        assert!(root.create(Path::new("inside/file")).is_err(), "it is there");
    }

    #[test]
    fn an_emptied_folder_takes_the_place_of_a_planted_link() {
        let (place, root) = planted();
        root.write(Path::new("inside/old"), b"").unwrap();
        for folder in ["folder", "inside", "new/deeper", "absolute"] {
            let made = root.make_empty_folder(Path::new(folder)).unwrap();
            assert_eq!(fs::read_dir(&made).unwrap().count(), 0);
            assert!(!fs::symlink_metadata(made).unwrap().file_type().is_symlink());
        }
        let kept = fs::read_to_string(place.path().join("theirs/file")).unwrap();
        assert_eq!(kept, "precious");
        let link = place.path().join("link");
        symlink("theirs", &link).unwrap();
        assert!(Root::make(&link).is_err());
    }
}
