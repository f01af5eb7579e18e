//! SHA-256 of files. Owns that they are read in parts, so that a large one takes no memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// How many bytes of a file are read at once.
pub const PIECE: usize = 1 << 16;

/// SHA-256 of a file's content, in hexadecimal.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    add_content(&mut hash, &mut File::open(path)?)?;
    Ok(hex::encode(hash.finalize()))
}

/// Adds the rest of a file to a hash.
///
/// # Errors
/// When the file cannot be read.
pub fn add_content(hash: &mut Sha256, file: &mut File) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => hash.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
