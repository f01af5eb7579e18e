//! Writes to a disk that may be full: everything a journal writes goes through here, so that a test
//! can fill it. Also the reserve, which lets a full disk still accept removals. Owns no format.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::folder;

/// The size of the reserve in bytes: enough for the lines of some hundred removals.
pub const RESERVE: u64 = 64 * 1024;

/// The disk; in tests its free space can be limited.
#[derive(Debug, Default)]
pub struct Disk {
    /// The free space in bytes; none is what it really is.
    #[cfg(test)]
    pub left: Option<u64>,
}

impl Disk {
    /// Writes all bytes.
    ///
    /// # Errors
    /// When that fails; a part may have been written.
    pub fn write(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        if let Some(left) = &mut self.left {
            let fits = bytes.len().min(*left as usize);
            *left -= fits as u64;
            if fits < bytes.len() {
                file.write_all(&bytes[..fits])?;
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        file.write_all(bytes)
    }

    /// Truncates a file.
    ///
    /// # Errors
    /// When that fails.
    pub fn cut(&mut self, file: &File, length: u64) -> io::Result<()> {
        #[cfg(test)]
        self.free(file.metadata()?.len().saturating_sub(length));
        file.set_len(length)
    }

    /// Removes a file; does nothing where that fails.
    pub fn remove(&mut self, path: &Path) {
        #[cfg(test)]
        self.free(fs::symlink_metadata(path).map_or(0, |about| about.len()));
        let _ = fs::remove_file(path);
    }

    #[cfg(test)]
    fn free(&mut self, bytes: u64) {
        if let Some(left) = &mut self.left {
            *left += bytes;
        }
    }
}

/// A file that is removed when the disk is full.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
    is_held: bool,
}

impl Reserve {
    /// The reserve in a folder.
    pub fn of(folder: &Path) -> Reserve {
        let path = folder.join("reserve");
        let is_held = fs::symlink_metadata(&path)
            .is_ok_and(|about| about.is_file() && about.len() >= RESERVE);
        Reserve { path, is_held }
    }

    /// Creates it, if it does not exist.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn hold(&mut self, disk: &mut Disk) -> io::Result<()> {
        if self.is_held {
            return Ok(());
        }
        let mut options = folder::options();
        let mut file = options.write(true).create(true).truncate(true).open(&self.path)?;
        // Not zeros: a file system that compresses would reserve nothing.
        let bytes: Vec<u8> =
            (0..RESERVE).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
        let written = disk.write(&mut file, &bytes);
        match written {
            Ok(()) => self.is_held = true,
            Err(_) => disk.remove(&self.path),
        }
        written
    }

    /// Removes it.
    ///
    /// # Errors
    /// When it is gone already.
    pub fn release(&mut self, disk: &mut Disk) -> io::Result<()> {
        if !self.is_held {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.remove(&self.path);
        self.is_held = false;
        Ok(())
    }
}
