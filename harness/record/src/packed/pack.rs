//! Packing a results folder into one file.
//! Owns what goes into it: the journal as it is and the logs, and nothing that can be made again.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use lukewarm_model::RawRecord;

use super::frames::Compressed;
use super::{CONTENTS, Contents, LOGS, StoredFile, sha256};
use crate::files::NewFiles;
use crate::journal::{self, JOURNAL};
use crate::plan_identity::plan_digest;
use crate::{RecordError, read};
use lukewarm_wire::PACKED_VERSION;

/// How deep logs lie below their folder at most: workspace, scenario, job and file.
const DEEPEST: usize = 8;

/// Packs a results folder into a file, which is there completely or not at all, and gives the
/// file's length.
///
/// # Errors
/// When the folder has no readable journal, or a file cannot be read or written.
pub fn pack(folder: &Path, target: &Path) -> Result<u64, RecordError> {
    let parent = target.parent().filter(|it| !it.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(RecordError::write(parent))?;
    let stem = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = parent.join(format!(".{stem}.{}.new", std::process::id()));
    let packed = packed(folder, &temporary, target);
    if packed.is_err() {
        // Whether it can be removed or not, the first failure is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    packed
}

fn packed(folder: &Path, temporary: &Path, target: &Path) -> Result<u64, RecordError> {
    // What a process of the same number left; a link itself, and not what it leads to.
    let _ = fs::remove_file(temporary);
    let file = File::options().write(true).create_new(true).open(temporary);
    let mut file = BufWriter::new(file.map_err(RecordError::write(target))?);
    pack_into(folder, &mut file, target)?;
    let synced = file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| {
        file.sync_all()?;
        Ok(file.metadata()?.len())
    });
    let bytes = synced.map_err(RecordError::write(target))?;
    fs::rename(temporary, target).map_err(RecordError::write(target))?;
    Ok(bytes)
}

/// Packs a results folder into what is to become `target`, which errors name.
///
/// # Errors
/// As `pack`.
pub fn pack_into(folder: &Path, into: impl Write, target: &Path) -> Result<(), RecordError> {
    let record = read(folder)?;
    let journal = journal::bytes_of(folder)?;
    let logs = logs(&folder.join(LOGS))?;
    let contents = contents(&record, &journal, &logs)?;
    let mut archive = tar::Builder::new(Compressed::new(into));
    let mut stored = || -> io::Result<()> {
        append(&mut archive, CONTENTS, &contents)?;
        append(&mut archive, JOURNAL, &journal)?;
        let by_content: BTreeMap<&str, &Path> =
            logs.iter().map(|it| (it.sha256.as_str(), it.path.as_path())).collect();
        for (sha256, path) in by_content {
            append(&mut archive, &format!("{LOGS}/{sha256}"), &fs::read(path)?)?;
        }
        Ok(())
    };
    stored()
        .and_then(|()| archive.into_inner()?.finish()?.flush())
        .map_err(RecordError::write(target))
}

/// Copies the logs of a results folder into another one, below one of its folders.
///
/// # Errors
/// When one cannot be read or written.
pub fn copy_logs(from: &Path, to: &Path, below: &str) -> Result<(), RecordError> {
    let mut files = NewFiles::open(to)?;
    for log in logs(&from.join(LOGS))? {
        let bytes = fs::read(&log.path).map_err(RecordError::read(&log.path))?;
        files.write(&Path::new(below).join(&log.name), &bytes)?;
    }
    Ok(())
}

/// A log as it lies in the folder.
struct Log {
    /// Its path below the logs, with `/`.
    name: String,
    path: PathBuf,
    sha256: String,
}

fn contents(record: &RawRecord, journal: &[u8], logs: &[Log]) -> Result<Vec<u8>, RecordError> {
    let contents = Contents {
        format: PACKED_VERSION,
        lukewarm: env!("CARGO_PKG_VERSION").to_owned(),
        run: record.run.id.clone(),
        plan: plan_digest(&record.run.plan)?,
        shard: record.run.shard.map(Into::into),
        journal: StoredFile { bytes: journal.len() as u64, sha256: sha256(journal) },
        logs: logs.iter().map(|it| (it.name.clone(), it.sha256.clone())).collect(),
    };
    serde_json::to_vec(&contents)
        .map_err(|source| RecordError::Wording { what: CONTENTS.to_owned(), source: source.into() })
}

/// The regular files below a folder; none where there is no such folder. Links are not followed.
fn logs(folder: &Path) -> Result<Vec<Log>, RecordError> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((folder, name, depth)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && depth == 0 => continue,
            entries => entries.map_err(RecordError::read(&folder))?,
        };
        for entry in entries {
            let entry = entry.map_err(RecordError::read(&folder))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(RecordError::read(&path))?;
            // Ours all have plain names.
            let Ok(last) = entry.file_name().into_string() else { continue };
            let name = if name.is_empty() { last } else { format!("{name}/{last}") };
            if kind.is_dir() && depth + 1 < DEEPEST {
                open.push((path, name, depth + 1));
            } else if kind.is_file() {
                let sha256 = sha256(&fs::read(&path).map_err(RecordError::read(&path))?);
                found.push(Log { name, path, sha256 });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn append(archive: &mut tar::Builder<impl Write>, name: &str, content: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o600);
    // The same content is the same file, whenever it is packed.
    header.set_mtime(0);
    archive.append_data(&mut header, name, content)
}
