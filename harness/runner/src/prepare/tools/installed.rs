//! What an installed program was when it was installed: a record beside it, which it is compared
//! with each time that it is found. Owns that record; it must not start the program.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::sha256;

/// The ending of a record's name: `sccache.installed.json` beside `sccache`.
pub(super) const RECORD: &str = "installed.json";

/// The record.
#[derive(Serialize, Deserialize)]
struct Installed {
    /// SHA-256 of the executable, in hexadecimal.
    sha256: String,
    /// Where it came from, and what vouches for it.
    source: String,
}

/// Writes the record of an executable beside it: whole, or not at all.
pub(super) fn write(executable: &Path, source: &str) -> std::io::Result<()> {
    let installed = Installed { sha256: sha256(executable)?, source: source.to_owned() };
    let folder = executable.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec_pretty(&installed)?)?;
    file.persist(executable.with_extension(RECORD))?;
    Ok(())
}

/// Whether an executable is what was installed; says what is wrong where it is not.
pub(super) fn check(executable: &Path) -> Result<(), String> {
    let path = executable.with_extension(RECORD);
    let record = fs::read(&path).map_err(|error| {
        format!("has no record of its installation ({}: {error})", path.display())
    })?;
    let record: Installed = serde_json::from_slice(&record).map_err(|error| {
        format!("has an unreadable record of its installation ({}: {error})", path.display())
    })?;
    let now = sha256(executable).map_err(|error| format!("cannot be read: {error}"))?;
    match now == record.sha256 {
        true => Ok(()),
        false => Err(format!(
            "is not as it was installed: SHA-256 {now:.12}, and {:.12} was installed from {}",
            record.sha256, record.source
        )),
    }
}
