//! The records that are to be merged: found, read, and each counted once.
//! Owns what a folder stands for, and that a record which cannot be read loses none of the others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lukewarm_model::{ErrorChain, RawRecord};
use lukewarm_record::{JOURNAL, PACKED_SUFFIX, PackedLogs, copy_logs, read_packed};

use crate::error::SessionError;
use crate::results::run_folders;

/// How deep files are looked for below a named folder: artifacts lie in folders of their own.
const DEEPEST: usize = 4;

/// A record with where it came from.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    pub(super) record: RawRecord,
    pub(super) logs: Logs,
}

/// Where a record's logs are.
#[derive(Debug)]
pub(super) enum Logs {
    Packed(PackedLogs),
    Folder(PathBuf),
}

/// What was read of the named files and folders.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) records: Vec<Input>,
    /// What could not be read, each with why.
    pub(super) unreadable: Vec<String>,
    /// What was left out since another has it too.
    pub(super) notes: Vec<String>,
}

impl Inputs {
    /// Reads everything that is named.
    ///
    /// # Errors
    /// When something named is not there, a folder has no record, or none can be read.
    pub(super) fn read(named: &[PathBuf]) -> Result<Inputs, SessionError> {
        let mut inputs = Inputs::default();
        for path in found(named)? {
            match Input::read(&path) {
                Ok(input) => inputs.records.push(input),
                Err(error) => inputs.unreadable.push(ErrorChain(&error).to_string()),
            }
        }
        if inputs.records.is_empty() {
            return Err(SessionError::Merge(inputs.unreadable.join("\n")));
        }
        inputs.once()?;
        let shard = |it: &Input| it.record.run.shard.map_or(0, |shard| shard.index);
        inputs.records.sort_by_key(|it| (shard(it), it.record.run.started));
        Ok(inputs)
    }

    /// Leaves one record of each run: a file and its results folder may both be there, or a run as
    /// it was before it was resumed.
    fn once(&mut self) -> Result<(), SessionError> {
        let mut kept: Vec<Input> = Vec::new();
        for input in std::mem::take(&mut self.records) {
            let same = kept.iter().position(|it| it.record.run.id == input.record.run.id);
            let Some(place) = same else {
                kept.push(input);
                continue;
            };
            let (short, long) = match kept[place].record.jobs.len() < input.record.jobs.len() {
                true => (&kept[place], &input),
                false => (&input, &kept[place]),
            };
            if short.record.run != long.record.run
                || !long.record.jobs.starts_with(&short.record.jobs)
            {
                return Err(SessionError::Merge(format!(
                    "{} and {} are both called run {}, and differ: one of them was changed",
                    short.path.display(),
                    long.path.display(),
                    input.record.run.id
                )));
            }
            self.notes.push(format!(
                "{} is counted once: {} has the same run{}",
                short.path.display(),
                long.path.display(),
                if short.record.jobs.len() == long.record.jobs.len() {
                    ""
                } else {
                    ", and more of it"
                }
            ));
            if long.path == input.path {
                kept[place] = input;
            }
        }
        self.records = kept;
        Ok(())
    }
}

impl Input {
    fn read(path: &Path) -> Result<Input, SessionError> {
        if path.is_dir() {
            let record = lukewarm_record::read(path)?;
            return Ok(Input {
                path: path.to_owned(),
                record,
                logs: Logs::Folder(path.to_owned()),
            });
        }
        let packed = read_packed(path)?;
        let (record, logs) = (packed.record, Logs::Packed(packed.logs));
        Ok(Input { path: path.to_owned(), record, logs })
    }
}

impl Logs {
    /// Writes them into a results folder, below one of its folders.
    pub(super) fn write(&self, folder: &Path, below: &str) -> Result<(), SessionError> {
        match self {
            Logs::Packed(logs) => logs.unpack(folder, below)?,
            Logs::Folder(own) => copy_logs(own, folder, below)?,
        }
        Ok(())
    }
}

/// The packed records and results folders that are named or lie below what is named, each once.
fn found(named: &[PathBuf]) -> Result<Vec<PathBuf>, SessionError> {
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    for path in named {
        let whole = path.canonicalize().map_err(SessionError::file("read", path))?;
        let found = match whole.is_dir() && !whole.join(JOURNAL).is_file() {
            true => below(path)?,
            false => vec![path.clone()],
        };
        let is_new = |it: &PathBuf| seen.insert(it.canonicalize().unwrap_or_else(|_| it.clone()));
        all.extend(found.into_iter().filter(is_new));
    }
    Ok(all)
}

/// The packed records below a folder; where there is none, its results folders.
fn below(folder: &Path) -> Result<Vec<PathBuf>, SessionError> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(SessionError::file("read folder", &folder))?;
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let Ok(kind) = entry.file_type() else { continue };
            let name = name.to_string_lossy();
            if kind.is_dir() && depth < DEEPEST {
                folders.push(path.clone());
                open.push((path, depth + 1));
            } else if kind.is_file() && name.ends_with(PACKED_SUFFIX) && !name.starts_with('.') {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        for folder in folders {
            files.extend(run_folders(&folder).unwrap_or_default());
        }
    }
    files.sort();
    if files.is_empty() {
        let folder = folder.display();
        let what =
            format!("{folder}: neither a file `*{PACKED_SUFFIX}` nor a results folder is there");
        return Err(SessionError::Merge(what));
    }
    Ok(files)
}
