//! The journal: raw facts, one a line, `{"v":1,"fact":"run"|"job"|"end","data":{…},"sum":"…"}`.
//! Owns that what was appended stays readable, and is read only as it was written: a line counts
//! once its newline is on the disk, and a failed write is taken back. It must not change a fact;
//! what a line looks like is `lukewarm_wire`'s.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use lukewarm_model::{JobFacts, RawRecord, RunEnd, RunFacts, Warning, in_parallel};
use lukewarm_wire::line::{self, LineFact};
use lukewarm_wire::{FORMAT_VERSION, v1};
use memchr::{memchr_iter, memrchr};
use serde::Serialize;

use crate::chain::Chain;
use crate::manifests::{Manifests, UnknownPlace};
use crate::names;
use crate::{RUN_SUMMARY, RecordError, run_summary, write_file};

use place::Place;

mod place;

/// The journal's name in a results folder.
pub const JOURNAL: &str = "journal.jsonl";

/// The owner of an open results folder.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    journal: File,
    /// Bytes of whole lines; whatever lies behind them is a write that failed.
    length: u64,
    /// What these lines come to.
    chain: Chain,
    /// The manifests that this writer's lines have.
    manifests: Manifests,
}

/// A line, before it has its checksum.
#[derive(Serialize)]
struct Line<'a, T> {
    v: u32,
    fact: &'a str,
    data: T,
}

impl Writer {
    /// Makes the run's folder in `results` with `run.json`, `logs/` and a journal that begins
    /// with the run's facts.
    ///
    /// # Errors
    /// When a folder of that name is there, or something cannot be written.
    pub fn create(results: &Path, run: &RunFacts) -> Result<Writer, RecordError> {
        fs::create_dir_all(results).map_err(RecordError::write(results))?;
        let folder = results.join(&run.id);
        // Making the folder is what claims it: of two runs with one name, one fails here. It is
        // this user's alone: a command line and the output of builds are nobody else's affair.
        let private = |folder: &Path| DirBuilder::new().mode(0o700).create(folder);
        private(&folder).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => RecordError::Exists(folder.clone()),
            _ => RecordError::Write { path: folder.clone(), source },
        })?;
        let logs = folder.join("logs");
        private(&logs).map_err(RecordError::write(&logs))?;
        write_file(&folder, RUN_SUMMARY, &run_summary(run, None, &[])?)?;
        let path = folder.join(JOURNAL);
        let journal = File::options().append(true).create_new(true).open(&path);
        let journal = journal.map_err(RecordError::write(&path))?;
        claim(&journal, &path)?;
        let mut writer = Writer {
            folder,
            journal,
            length: 0,
            chain: Chain::default(),
            manifests: Manifests::default(),
        };
        writer.append("run", v1::RunFacts::from(run.clone()))?;
        // The names of files are on the disk only when their folders are.
        for folder in [results, &writer.folder] {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(RecordError::write(folder))?;
        }
        Ok(writer)
    }

    /// Opens the folder of a run that was cut off, to go on behind its last whole line.
    ///
    /// # Errors
    /// When the journal cannot be written, is another user's, when another process writes it, or
    /// when its lines are not those that were written.
    pub fn resume(folder: &Path) -> Result<Writer, RecordError> {
        let path = folder.join(JOURNAL);
        let mut journal = regular(File::options().read(true).append(true), &path)
            .map_err(RecordError::write(&path))?;
        let owner = journal.metadata().map_err(RecordError::write(&path))?.uid();
        if owner != rustix::process::geteuid().as_raw() && owner != 0 {
            return Err(RecordError::Theirs { path, owner });
        }
        claim(&journal, &path)?;
        let mut bytes = Vec::new();
        journal.read_to_end(&mut bytes).map_err(RecordError::write(&path))?;
        let mut chain = Chain::default();
        for (index, text) in lines(&bytes).enumerate() {
            let place = Place { path: &path, line: index + 1 };
            // A line of a newer version may have another form of checksum: that comes first.
            place.kind(text)?;
            chain = place.follow(chain, text)?;
        }
        let length = whole(&bytes) as u64;
        let manifests = Manifests::default();
        Ok(Writer { folder: folder.to_owned(), journal, length, chain, manifests })
    }

    /// The results folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the journal's lines have checksums: those that a run begins now always have. One
    /// without is of an earlier lukewarm, or was written by hand.
    pub fn has_checksums(&self) -> bool {
        self.chain.is_sealed()
    }

    /// Where the output of processes goes.
    pub fn log_folder(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// Appends one job, and returns when it is on the disk.
    ///
    /// # Errors
    /// When it cannot be written; the lines before it stay as they are.
    pub fn job(&mut self, facts: &JobFacts) -> Result<(), RecordError> {
        // Only what is on the disk is left out of later lines.
        let mut manifests = self.manifests.clone();
        let line = manifests.written(facts);
        self.append("job", line)?;
        self.manifests = manifests;
        Ok(())
    }

    /// Appends many jobs, and returns when all are on the disk: far faster than one by one.
    ///
    /// # Errors
    /// When they cannot be written; whole lines that were may stay.
    pub fn jobs(&mut self, all: &[JobFacts]) -> Result<(), RecordError> {
        for some in all.chunks(AT_ONCE) {
            let (mut text, mut chain) = (Vec::new(), self.chain);
            for facts in some {
                let (line, behind) = sealed(chain, "job", self.manifests.written(facts))?;
                text.extend(line);
                chain = behind;
            }
            self.write_synced(&text).map_err(RecordError::write(&self.folder.join(JOURNAL)))?;
            self.chain = chain;
        }
        Ok(())
    }

    /// Appends how the run ended.
    ///
    /// # Errors
    /// When it cannot be written; the lines before it stay as they are.
    pub fn end(&mut self, end: &RunEnd) -> Result<(), RecordError> {
        self.append("end", v1::RunEnd::from(end.clone()))
    }

    fn append<T: Serialize>(&mut self, fact: &str, data: T) -> Result<(), RecordError> {
        let (line, chain) = sealed(self.chain, fact, data)?;
        self.write_synced(&line).map_err(RecordError::write(&self.folder.join(JOURNAL)))?;
        // Only now: the next line follows what is on the disk.
        self.chain = chain;
        Ok(())
    }

    /// Writes behind the last whole line, cutting away what an earlier failure may have left.
    fn write_synced(&mut self, line: &[u8]) -> io::Result<()> {
        if self.journal.metadata()?.len() != self.length {
            self.journal.set_len(self.length)?;
        }
        let written = self.journal.write_all(line).and_then(|()| self.journal.sync_data());
        match written {
            Ok(()) => self.length += line.len() as u64,
            // Where this fails too, the torn line is cut before the next write or by the reader.
            Err(_) => drop(self.journal.set_len(self.length)),
        }
        written
    }
}

/// Jobs that are written before they are synced together, and lines that are read together.
const AT_ONCE: usize = 1000;

/// A fact as a line behind others, and what all of them come to.
fn sealed<T: Serialize>(
    chain: Chain,
    fact: &str,
    data: T,
) -> Result<(Vec<u8>, Chain), RecordError> {
    let line = Line { v: FORMAT_VERSION, fact, data };
    let mut line = serde_json::to_vec(&line).map_err(|source| RecordError::Wording {
        what: format!("the fact `{fact}`"),
        source: source.into(),
    })?;
    line.push(b'\n');
    let chain = chain.seal(&mut line);
    Ok((line, chain))
}

/// Reads a results folder, from its journal alone. A last line without its end is what a crash
/// leaves: it is left out, and the run's warnings say so. Of a run that was resumed the last end
/// counts, where no job follows it.
///
/// # Errors
/// When the journal is missing or cannot be read, when a newer lukewarm wrote it, when a whole line
/// makes no sense, is not as it was written, or has a name that could lead out of a folder; the
/// error names the file and the line.
pub fn read(folder: &Path) -> Result<RawRecord, RecordError> {
    parse(&folder.join(JOURNAL), &bytes_of(folder)?)
}

/// The bytes of a results folder's journal.
pub(crate) fn bytes_of(folder: &Path) -> Result<Vec<u8>, RecordError> {
    let path = folder.join(JOURNAL);
    bytes(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            RecordError::NoJournal(folder.to_owned())
        }
        _ => RecordError::Read { path, source },
    })
}

/// What a journal says; errors name its path.
pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<RawRecord, RecordError> {
    let (mut record, mut chain): (Option<RawRecord>, _) = (None, Chain::default());
    let mut manifests = Manifests::default();
    let lines: Vec<&[u8]> = lines(bytes).collect();
    let facts =
        lines.chunks(AT_ONCE).flat_map(|some| in_parallel(some, |text| line::as_written(text)));
    for (index, (text, fact)) in lines.iter().zip(facts).enumerate() {
        let place = Place { path, line: index + 1 };
        let fact = fact.map_or_else(|| place.fact(chain, text), Ok)?;
        chain = place.follow(chain, text)?;
        match (fact, &mut record) {
            (LineFact::Run(run), None) => {
                let mut run = RunFacts::from(*run);
                names::of_run(&run).map_err(|wrong| place.misnamed(wrong))?;
                v1::name_twin(&mut run.plan);
                record = Some(RawRecord { run, jobs: Vec::new(), end: None });
            }
            (LineFact::Job(job), Some(record)) => {
                let job = manifests.read(*job);
                let job = job.map_err(|UnknownPlace| place.unknown_place())?;
                let wrong = names::of_job(&job).and_then(|()| names::of_part(&job, &record.run));
                wrong.map_err(|wrong| place.misnamed(wrong))?;
                record.jobs.push(job);
                // A run that goes on after its end has not ended yet.
                record.end = None;
            }
            (LineFact::End(end), Some(record)) => record.end = Some((*end).into()),
            (fact, _) => return Err(place.misplaced(fact.kind().to_owned())),
        }
    }
    let mut record = record.ok_or_else(|| RecordError::Empty(path.to_owned()))?;
    if whole(bytes) < bytes.len() {
        record.run.warnings.push(Warning::new(
            "the journal's last line was cut off and is left out",
            "the job that it belonged to counts as not run: run it again if it matters",
        ));
    }
    Ok(record)
}

/// Opens a file that must be a regular one, and no link to one: a FIFO is never waited for.
pub(crate) fn regular(options: &mut fs::OpenOptions, path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = options.custom_flags(flags.bits() as i32).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no regular file")),
    }
}

/// The bytes of a journal.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    regular(File::options().read(true), path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The whole lines of a journal, each with its newline.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr_iter(b'\n', bytes).scan(0, move |begin, end| {
        let line = &bytes[*begin..=end];
        *begin = end + 1;
        Some(line)
    })
}

/// How many of a journal's bytes are whole lines.
fn whole(bytes: &[u8]) -> usize {
    memrchr(b'\n', bytes).map_or(0, |last| last + 1)
}

/// Keeps a journal for this process; the kernel lets go of it when the process ends.
fn claim(journal: &File, path: &Path) -> Result<(), RecordError> {
    match journal.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(RecordError::Busy(path.to_owned())),
        Err(TryLockError::Error(source)) => {
            Err(RecordError::Write { path: path.to_owned(), source })
        }
    }
}

#[cfg(test)]
mod tests;
