//! The record of an installation: a file beside the program with its hash, which is compared each
//! time the program is found. Owns that file; it must not start the program.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::tools::UnsuitableProgram;
use crate::files::hash::sha256;

/// The extension of a record's file: `sccache.installed.json` beside `sccache`.
pub(super) const RECORD: &str = "installed.json";

/// The content of a record.
#[derive(Serialize, Deserialize)]
struct InstallRecord {
    /// SHA-256 of the executable, in hexadecimal.
    sha256: String,
    /// SHA-256 of the executables beside it that it needs, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    companions: BTreeMap<String, String>,
    #[serde(flatten)]
    provenance: Provenance,
}

/// The origin of an installed program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Provenance {
    /// The source, and the checksum that it was verified by.
    pub source: String,
    /// Its dependencies as `NAME VERSION`; empty where its lock file determines them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<String>,
}

/// Writes the record of an executable beside it, whole or not at all.
pub(super) fn write(
    executable: &Path,
    companions: &[&str],
    provenance: &Provenance,
) -> std::io::Result<()> {
    let hash = |name: &&str| Ok(((*name).to_owned(), sha256(&executable.with_file_name(name))?));
    let companions = companions.iter().map(hash).collect::<std::io::Result<_>>()?;
    let installed =
        InstallRecord { sha256: sha256(executable)?, companions, provenance: provenance.clone() };
    let folder = executable.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&serde_json::to_vec_pretty(&installed)?)?;
    file.persist(executable.with_extension(RECORD))?;
    Ok(())
}

/// Checks that an executable and those that it needs are as they were installed.
pub(super) fn check(executable: &Path) -> Result<(), UnsuitableProgram> {
    let path = executable.with_extension(RECORD);
    let record = match fs::read(&path) {
        Ok(record) => record,
        Err(source) => return Err(UnsuitableProgram::NoRecord { path, source }),
    };
    let record: InstallRecord = match serde_json::from_slice(&record) {
        Ok(record) => record,
        Err(source) => return Err(UnsuitableProgram::DamagedRecord { path, source }),
    };
    for (name, hash) in &record.companions {
        let path = executable.with_file_name(name);
        if sha256(&path).ok().as_ref() != Some(hash) {
            return Err(UnsuitableProgram::CompanionChanged(name.clone()));
        }
    }
    let found = sha256(executable).map_err(UnsuitableProgram::Unreadable)?;
    match found == record.sha256 {
        true => Ok(()),
        false => Err(UnsuitableProgram::Changed {
            found,
            recorded: record.sha256,
            origin: record.provenance.source,
        }),
    }
}
