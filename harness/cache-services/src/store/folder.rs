//! A store's folder: who owns it, and how files in it are opened. Nothing is written before it is
//! known to be a store's: a new or empty folder, one with the marker, or one with a journal. Owns
//! the marker; it must not know what the other files hold.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// The file that marks a folder as a store.
pub const MARKER: &str = "lukewarm-store";
const SAYS: &str = "lukewarm store\nlukewarm writes, replaces and removes files in this folder: \
                    keep nothing else in it.\n";

/// The options for opening any file of a store: private to its owner, never through a symbolic
/// link, and without blocking on a FIFO.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.mode(0o600).custom_flags(flags.bits().cast_signed());
    options
}

/// Creates a private folder, if it does not exist.
///
/// # Errors
/// When it cannot be created.
pub fn make(folder: &Path) -> io::Result<()> {
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made,
    }
}

/// Checks that a folder is a store, and makes a new or empty one a store.
///
/// # Errors
/// When it belongs to another user, or holds something else; then nothing was written.
pub fn claim(folder: &Path, journal: &str) -> io::Result<()> {
    make(folder)?;
    let about = fs::metadata(folder)?;
    if about.uid() != rustix::process::geteuid().as_raw() {
        let owner = about.uid();
        return Err(refusal(format!("it belongs to user {owner}: give a folder of your own")));
    }
    if about.mode() & 0o002 != 0 {
        let what = "it is writable by everybody: change that with `chmod o-w`";
        return Err(refusal(what.to_owned()));
    }
    let marker = folder.join(MARKER);
    match beginning(&marker)? {
        // A marker that was cut short by a kill counts.
        Some(text) if SAYS.as_bytes().starts_with(&text) => return finish(&marker, text.len()),
        Some(_) => {
            let what = format!("its `{MARKER}` was not written by lukewarm: give an empty folder");
            return Err(refusal(what));
        }
        None => {}
    }
    let is_ours = beginning(&folder.join(journal))?.is_some_and(|text| is_first_line(&text));
    if !is_ours && let Some(entry) = fs::read_dir(folder)?.next() {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let what = format!("it holds `{name}` but no store of lukewarm's: give an empty folder");
        return Err(refusal(what));
    }
    match options().write(true).create_new(true).open(&marker) {
        Ok(mut file) => file.write_all(SAYS.as_bytes()),
        // Another process claims it at this moment; the lock decides.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn finish(marker: &Path, there: usize) -> io::Result<()> {
    match SAYS.as_bytes().get(there..) {
        None | Some([]) => Ok(()),
        Some(rest) => options().append(true).open(marker)?.write_all(rest),
    }
}

fn refusal(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// The first bytes of a file; none where it does not exist. Only regular files are read.
fn beginning(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let about = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        about => about?,
    };
    let name = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !about.is_file() {
        return Err(refusal(format!(
            "its `{}` is not a regular file: give an empty folder",
            name()
        )));
    }
    let mut bytes = Vec::new();
    options().read(true).open(path)?.take(512).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Whether a text begins like a journal.
fn is_first_line(text: &[u8]) -> bool {
    text.starts_with(b"{\"format\":{\"version\":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_that_a_kill_cut_short_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        for there in [0, 5, SAYS.len()] {
            fs::write(folder.path().join(MARKER), &SAYS[..there]).unwrap();
            claim(folder.path(), "journal").unwrap();
            assert_eq!(fs::read_to_string(folder.path().join(MARKER)).unwrap(), SAYS);
        }
        fs::write(folder.path().join(MARKER), "mine").unwrap();
        assert!(claim(folder.path(), "journal").is_err());
        assert_eq!(fs::read_to_string(folder.path().join(MARKER)).unwrap(), "mine");
    }

    #[test]
    fn a_store_of_an_earlier_version_has_no_marker() {
        let folder = tempfile::tempdir().unwrap();
        let line = "{\"format\":{\"version\":1,\"kind\":\"webdav\"}}\n";
        fs::write(folder.path().join("journal"), line).unwrap();
        claim(folder.path(), "journal").unwrap();
        assert!(folder.path().join(MARKER).exists());
    }
}
