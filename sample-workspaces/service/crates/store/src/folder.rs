//! A folder with one compressed file a note.
//! Owns the names of the files; a file appears whole or not at all.

use std::path::PathBuf;

use jiff::Timestamp;
use shelf_codec::Packed;
use shelf_core::{Error, NoteId};
use tokio::fs;

const SUFFIX: &str = ".md.zst";

/// Where notes outlive the process.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder at a path; it is made where it is missing.
    pub async fn open(path: PathBuf) -> Result<Folder, Error> {
        fs::create_dir_all(&path).await.map_err(|error| Error::file(&path, error))?;
        Ok(Folder { path })
    }

    /// All notes and when they were written, the oldest first. Other files are passed over.
    pub async fn read_all(&self) -> Result<Vec<(Packed, Timestamp)>, Error> {
        let failed = |error| Error::file(&self.path, error);
        let mut found = Vec::new();
        let mut listing = fs::read_dir(&self.path).await.map_err(failed)?;
        while let Some(entry) = listing.next_entry().await.map_err(failed)? {
            let name = entry.file_name();
            let Some(id) = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)) else {
                continue;
            };
            let bytes = fs::read(entry.path()).await.map_err(failed)?;
            let written = entry.metadata().await.and_then(|file| file.modified());
            let written = Timestamp::try_from(written.map_err(failed)?).unwrap_or_default();
            found.push((Packed::stored(id.parse()?, bytes), written));
        }
        found.sort_by_key(|(_, written)| *written);
        Ok(found)
    }

    /// Writes a note, first under another name.
    pub async fn write(&self, packed: &Packed) -> Result<(), Error> {
        let path = self.path_of(packed.id());
        let draft = path.with_extension("draft");
        let failed = |error| Error::file(&path, error);
        fs::write(&draft, packed.bytes()).await.map_err(failed)?;
        fs::rename(&draft, &path).await.map_err(failed)
    }

    /// Removes a note.
    pub async fn remove(&self, id: &NoteId) -> Result<(), Error> {
        let path = self.path_of(id);
        fs::remove_file(&path).await.map_err(|error| Error::file(&path, error))
    }

    fn path_of(&self, id: &NoteId) -> PathBuf {
        self.path.join(format!("{id}{SUFFIX}"))
    }
}
