//! What an installed program was when it was installed: a record beside it, which it is compared
//! with each time that it is found. Owns that record; it must not start the program.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::sha256;

/// The ending of a record's name: `sccache.installed.json` beside `sccache`.
pub(super) const RECORD: &str = "installed.json";

/// The record.
#[derive(Serialize, Deserialize)]
struct InstallRecord {
    /// SHA-256 of the executable, in hexadecimal.
    sha256: String,
    /// The same of the executables beside it that it needs, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    companions: BTreeMap<String, String>,
    #[serde(flatten)]
    provenance: Provenance,
}

/// Where a program came from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Provenance {
    /// The source, and what vouches for it.
    pub source: String,
    /// The versions of its dependencies, `NAME VERSION`, where no lock file says them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<String>,
}

/// Writes the record of an executable beside it: whole, or not at all.
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

/// Whether an executable is what was installed; says what is wrong where it is not.
pub(super) fn check(executable: &Path) -> Result<(), String> {
    let path = executable.with_extension(RECORD);
    let record = fs::read(&path).map_err(|error| {
        format!("has no record of its installation ({}: {error})", path.display())
    })?;
    let record: InstallRecord = serde_json::from_slice(&record).map_err(|error| {
        format!("has an unreadable record of its installation ({}: {error})", path.display())
    })?;
    for (name, hash) in &record.companions {
        let path = executable.with_file_name(name);
        if sha256(&path).ok().as_ref() != Some(hash) {
            return Err(format!("cannot be used: `{name}` beside it is not as it was installed"));
        }
    }
    let now = sha256(executable).map_err(|error| format!("cannot be read: {error}"))?;
    match now == record.sha256 {
        true => Ok(()),
        false => Err(format!(
            "is not as it was installed: SHA-256 {now:.12}, and {:.12} was installed from {}",
            record.sha256, record.provenance.source
        )),
    }
}
