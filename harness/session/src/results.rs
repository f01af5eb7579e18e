//! Where results go.
//! Owns the choice of the folder and the ids of new runs.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lukewarm_model::Timestamp;

use crate::error::SessionError;

/// The folders that results may go into, the preferred one first.
#[derive(Clone, Debug)]
pub struct Results {
    candidates: Vec<PathBuf>,
}

impl Results {
    /// A chosen folder, and no other.
    pub fn chosen(folder: &Path) -> Results {
        Results { candidates: vec![folder.to_owned()] }
    }

    /// The folder of a project, else, where that cannot be written, `lukewarm-results` in the
    /// current folder.
    pub fn usual(folder: &Path) -> Results {
        Results { candidates: vec![folder.to_owned(), PathBuf::from("lukewarm-results")] }
    }

    /// The preferred folder, even if it cannot be written: earlier runs are there.
    pub fn preferred(&self) -> &Path {
        self.candidates.first().map_or(Path::new("results"), PathBuf::as_path)
    }

    /// The first folder that can be written; it is made where it is not there.
    ///
    /// # Errors
    /// When none can be written.
    pub fn folder(&self) -> Result<PathBuf, SessionError> {
        let mut reasons = Vec::new();
        for folder in &self.candidates {
            match writable(folder) {
                Ok(()) => return Ok(folder.clone()),
                Err(error) => reasons.push(format!("{}: {error}", folder.display())),
            }
        }
        Err(SessionError::NoResultsFolder { reasons })
    }

    /// A new folder for verdicts, in the folder of the runs that they rest on.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new_folder(&self, name: &str) -> Result<PathBuf, SessionError> {
        let folder = self.folder()?.join(new_id(SystemTime::now().into(), name));
        std::fs::create_dir_all(&folder).map_err(SessionError::file("make folder", &folder))?;
        Ok(folder)
    }
}

/// An id for a run that starts now, unique on this machine.
pub(crate) fn new_id(started: Timestamp, name: &str) -> String {
    let entropy = std::process::id() ^ started.nanosecond();
    lukewarm_record::new_id(started, name, entropy)
}

/// The results folders in a folder, newest first: their names begin with their time.
pub(crate) fn run_folders(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)?;
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.retain(|folder| folder.join(lukewarm_record::JOURNAL).is_file());
    folders.sort();
    folders.reverse();
    Ok(folders)
}

/// Creates a folder, and a temporary file in it.
fn writable(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    // It has no name: no file of the user's can be overwritten.
    tempfile::tempfile_in(folder).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_folder_that_can_be_written_is_taken() {
        let place = tempfile::tempdir().unwrap();
        let (file, good) = (place.path().join("file"), place.path().join("good"));
        std::fs::write(&file, "").unwrap();
        let results = Results { candidates: vec![file.clone(), good.clone()] };
        assert_eq!(results.folder().unwrap(), good);
        assert_eq!(results.preferred(), file);
        let error = Results::chosen(&file).folder().unwrap_err().to_string();
        assert!(error.contains("--out DIR") && error.contains("file: "), "{error}");
        let folder = results.new_folder("claims").unwrap();
        assert!(folder.starts_with(&good) && folder.is_dir(), "{}", folder.display());
    }
}
