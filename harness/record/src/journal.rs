//! The journal: raw facts, one a line, `{"v":1,"fact":"run"|"job"|"end","data":{…},"sum":"…"}`.
//! Owns that what was appended stays readable, and is read only as it was written: a line counts
//! once its newline is on the disk, and a failed write is taken back. It must not change a fact.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use lukewarm_model::{FORMAT_VERSION, JobFacts, RawRecord, RunEnd, RunFacts, Warning};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::chain::{Break, Chain};
use crate::names::{self, Misnamed};
use crate::{RUN_SUMMARY, RecordError, run_summary, write_file};

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
}

/// What every version of the format says of a line.
#[derive(Serialize, Deserialize)]
struct Head {
    v: u32,
    fact: String,
}

#[derive(Serialize, Deserialize)]
struct Line<T> {
    #[serde(flatten)]
    head: Head,
    data: T,
}

#[derive(Deserialize)]
struct Body<T> {
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
        let mut writer = Writer { folder, journal, length: 0, chain: Chain::default() };
        writer.append("run", run)?;
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
        for (place, text) in lines(&path, &bytes) {
            // A line of a newer version may have another form of checksum: that comes first.
            place.fact(text)?;
            chain = place.follow(chain, text)?;
        }
        let length = whole(&bytes) as u64;
        Ok(Writer { folder: folder.to_owned(), journal, length, chain })
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
        self.append("job", facts)
    }

    /// Appends how the run ended.
    ///
    /// # Errors
    /// When it cannot be written; the lines before it stay as they are.
    pub fn end(&mut self, end: &RunEnd) -> Result<(), RecordError> {
        self.append("end", end)
    }

    fn append<T: Serialize>(&mut self, fact: &str, data: &T) -> Result<(), RecordError> {
        let head = Head { v: FORMAT_VERSION, fact: fact.to_owned() };
        let mut line = serde_json::to_vec(&Line { head, data }).map_err(|source| {
            RecordError::Wording { what: format!("the fact `{fact}`"), source: source.into() }
        })?;
        line.push(b'\n');
        let chain = self.chain.seal(&mut line);
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

/// Reads a results folder, from its journal alone. A last line without its end is what a crash
/// leaves: it is left out, and the run's warnings say so. Of a run that was resumed the last end
/// counts, where no job follows it.
///
/// # Errors
/// When the journal is missing or cannot be read, when a newer lukewarm wrote it, when a whole line
/// makes no sense, is not as it was written, or has a name that could lead out of a folder; the
/// error names the file and the line.
pub fn read(folder: &Path) -> Result<RawRecord, RecordError> {
    let path = folder.join(JOURNAL);
    let bytes = bytes(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            RecordError::NoJournal(folder.to_owned())
        }
        _ => RecordError::Read { path: path.clone(), source },
    })?;
    let (mut record, mut chain): (Option<RawRecord>, _) = (None, Chain::default());
    for (place, text) in lines(&path, &bytes) {
        let fact = place.fact(text)?;
        chain = place.follow(chain, text)?;
        match (fact.as_str(), &mut record) {
            ("run", None) => {
                let run = place.data(text)?;
                names::of_run(&run).map_err(|wrong| place.misnamed(wrong))?;
                record = Some(RawRecord { run, jobs: Vec::new(), end: None });
            }
            ("job", Some(record)) => {
                let job = place.data(text)?;
                names::of_job(&job).map_err(|wrong| place.misnamed(wrong))?;
                record.jobs.push(job);
                // A run that goes on after its end has not ended yet.
                record.end = None;
            }
            ("end", Some(record)) => record.end = Some(place.data(text)?),
            _ => return Err(place.misplaced(fact)),
        }
    }
    let mut record = record.ok_or_else(|| RecordError::Empty(path.clone()))?;
    if whole(&bytes) < bytes.len() {
        record.run.warnings.push(Warning::new(
            "the journal's last line was cut off and is left out",
            "the job that it belonged to counts as not run: run it again if it matters",
        ));
    }
    Ok(record)
}

/// Opens a file that must be a regular one, and no link to one: a FIFO is never waited for.
fn regular(options: &mut fs::OpenOptions, path: &Path) -> io::Result<File> {
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

/// The whole lines of a journal, each with its newline and its place.
fn lines<'a>(path: &'a Path, bytes: &'a [u8]) -> impl Iterator<Item = (Place<'a>, &'a [u8])> {
    let texts = bytes[..whole(bytes)].split_inclusive(|byte| *byte == b'\n');
    texts.enumerate().map(move |(index, text)| (Place { path, line: index + 1 }, text))
}

/// How many of a journal's bytes are whole lines.
fn whole(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1)
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

/// A line of a journal, for errors.
struct Place<'a> {
    path: &'a Path,
    line: usize,
}

impl Place<'_> {
    /// The kind of a line's fact; the version comes first, since it says how to read the rest.
    fn fact(&self, text: &[u8]) -> Result<String, RecordError> {
        let head: Head = self.parse(text)?;
        if head.v > FORMAT_VERSION {
            let Place { path, line } = *self;
            return Err(RecordError::Newer { path: path.to_owned(), line, found: head.v });
        }
        Ok(head.fact)
    }

    /// The chain behind this line.
    fn follow(&self, chain: Chain, text: &[u8]) -> Result<Chain, RecordError> {
        let (path, line) = (self.path.to_owned(), self.line);
        chain.follow(text).map_err(|wrong| match wrong {
            Break::Differs => RecordError::Changed { path, line },
            Break::Missing => RecordError::Foreign { path, line },
        })
    }

    fn data<T: DeserializeOwned>(&self, text: &[u8]) -> Result<T, RecordError> {
        self.parse::<Body<T>>(text).map(|body| body.data)
    }

    fn parse<T: DeserializeOwned>(&self, text: &[u8]) -> Result<T, RecordError> {
        serde_json::from_slice(text).map_err(|source| RecordError::Corrupted {
            path: self.path.to_owned(),
            line: self.line,
            source,
        })
    }

    fn misnamed(&self, wrong: Misnamed) -> RecordError {
        let (path, line) = (self.path.to_owned(), self.line);
        let Misnamed { key, value, wanted } = wrong;
        RecordError::Name { path, line, key, value, wanted }
    }

    fn misplaced(&self, fact: String) -> RecordError {
        RecordError::Misplaced { path: self.path.to_owned(), line: self.line, fact }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    /// A finished run of two jobs in a temporary folder.
    fn written() -> (tempfile::TempDir, PathBuf) {
        let results = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(results.path(), &examples::run("one")).unwrap();
        writer.job(&examples::job("cold")).unwrap();
        writer.job(&examples::job("unchanged")).unwrap();
        writer.end(&examples::end()).unwrap();
        let folder = writer.folder().to_owned();
        (results, folder)
    }

    /// Takes the checksums out of a journal: what an earlier lukewarm wrote.
    fn without_sums(folder: &Path) {
        let path = folder.join(JOURNAL);
        let content = fs::read_to_string(&path).unwrap();
        let bare = |line: &str| format!("{}}}\n", line.rsplit_once(",\"sum\":").unwrap().0);
        fs::write(path, content.lines().map(bare).collect::<String>()).unwrap();
    }

    /// Puts the journal's lines, as they are after `change`, in its place.
    fn edit(folder: &Path, change: impl FnOnce(&mut Vec<String>)) {
        let path = folder.join(JOURNAL);
        let content = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<String> = content.lines().map(str::to_owned).collect();
        change(&mut lines);
        fs::write(path, lines.join("\n") + "\n").unwrap();
    }

    /// Replaces one line of the journal, counted from 1, by the text.
    fn replace_line(folder: &Path, line: usize, text: &str) {
        edit(folder, |lines| text.clone_into(&mut lines[line - 1]));
    }

    #[test]
    fn what_was_written_is_read() {
        let (_results, folder) = written();
        let record = read(&folder).unwrap();
        assert_eq!(record.run, examples::run("one"));
        assert_eq!(record.jobs, [examples::job("cold"), examples::job("unchanged")]);
        assert_eq!(record.end, Some(examples::end()));
        assert!(folder.join("logs").is_dir());
        assert!(folder.join("run.json").is_file());
    }

    #[test]
    fn a_torn_last_line_is_left_out_with_a_warning() {
        let (_results, folder) = written();
        let path = folder.join(JOURNAL);
        let whole = fs::read(&path).unwrap();
        let two_jobs = read(&folder).unwrap().jobs;
        let end_line = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
        for cut in [end_line + 1, end_line + 20, whole.len() - 1] {
            fs::write(&path, &whole[..cut]).unwrap();
            let record = read(&folder).unwrap();
            assert_eq!((&record.jobs, &record.end), (&two_jobs, &None), "cut at {cut}");
            assert_eq!(record.run.warnings.len(), 1);
            assert!(record.run.warnings[0].what.contains("cut off"));
        }
        fs::write(&path, &whole[..end_line]).unwrap();
        assert!(read(&folder).unwrap().run.warnings.is_empty(), "a missing end is no torn line");
    }

    #[test]
    fn a_corrupted_line_is_an_error_with_its_place() {
        for (line, text) in [(2, "{\"v\":1,\"fact\":\"job\",\"data\":{}}"), (4, "no JSON"), (3, "")]
        {
            let (_results, folder) = written();
            without_sums(&folder);
            replace_line(&folder, line, text);
            let error = read(&folder).unwrap_err();
            assert!(matches!(error, RecordError::Corrupted { .. }), "{error:?}");
            assert!(error.to_string().contains(&format!("journal.jsonl:{line} is")), "{error}");
        }
    }

    #[test]
    fn a_newer_version_is_refused_whatever_the_line_says() {
        let (_results, folder) = written();
        replace_line(&folder, 2, "{\"v\":2,\"fact\":\"weather\",\"rain\":true}");
        let error = read(&folder).unwrap_err().to_string();
        assert!(error.contains("journal.jsonl:2 is of format version 2"), "{error}");
    }

    /// What reading says after a change to the lines; `resume` must say the same.
    #[track_caller]
    fn refused(change: impl FnOnce(&mut Vec<String>)) -> String {
        let (_results, folder) = written();
        edit(&folder, change);
        let said = read(&folder).unwrap_err().to_string();
        assert_eq!(Writer::resume(&folder).unwrap_err().to_string(), said);
        said.rsplit_once("journal.jsonl:").unwrap().1.to_owned()
    }

    #[test]
    fn a_journal_that_was_edited_is_refused_with_the_line_and_what_to_do() {
        let said = refused(|lines| lines[1] = lines[1].replace("7.856123456789", "6.856123456789"));
        assert_eq!(
            said,
            "2 does not fit its checksum: this line, or one before it, was changed, removed or \
             moved since the run wrote it. Put the journal back as it was, or measure again"
        );
        let removed = refused(|lines| drop(lines.remove(1)));
        assert!(removed.starts_with("2 does not fit"), "{removed}");
        let swapped = refused(|lines| lines.swap(1, 2));
        assert!(swapped.starts_with("2 does not fit"), "{swapped}");
        let twice = refused(|lines| lines.insert(2, lines[1].clone()));
        assert!(twice.starts_with("3 does not fit"), "{twice}");
        let bare = "{\"v\":1,\"fact\":\"end\",\"data\":{}}";
        let foreign = refused(|lines| lines.push(bare.to_owned()));
        assert_eq!(
            foreign,
            "5 has no checksum, and lines before it have: it was added by hand, or by a lukewarm \
             that is older than the run's. Remove it and what follows, or measure again"
        );
    }

    #[test]
    fn a_line_of_another_run_is_refused() {
        let (_results, other) = written();
        let line =
            fs::read_to_string(other.join(JOURNAL)).unwrap().lines().nth(2).unwrap().to_owned();
        let results = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(results.path(), &examples::run("two")).unwrap();
        writer.job(&examples::job("cold")).unwrap();
        edit(writer.folder(), |lines| lines.push(line));
        let error = read(writer.folder()).unwrap_err().to_string();
        assert!(error.contains("journal.jsonl:3 does not fit its checksum"), "{error}");
    }

    #[test]
    fn a_journal_without_checksums_is_read_and_goes_on_with_them() {
        let (_results, folder) = written();
        let record = read(&folder).unwrap();
        without_sums(&folder);
        assert_eq!(read(&folder).unwrap(), record);
        let mut writer = Writer::resume(&folder).unwrap();
        writer.job(&examples::job("leaf-body")).unwrap();
        assert_eq!(read(&folder).unwrap().jobs.len(), 3);
        edit(&folder, |lines| lines[1] = lines[1].replace("cold", "warm"));
        let error = read(&folder).unwrap_err().to_string();
        assert!(error.contains("journal.jsonl:5 does not fit its checksum"), "{error}");
    }

    /// What reading says of a journal whose first line was crafted, and summed anew or not at all.
    #[track_caller]
    fn crafted(from: &str, to: &str) -> String {
        let (_results, folder) = written();
        without_sums(&folder);
        edit(&folder, |lines| {
            assert!(lines.iter().any(|it| it.contains(from)), "{from} is not there");
            for line in lines {
                *line = line.replace(from, to);
            }
        });
        read(&folder).unwrap_err().to_string()
    }

    #[test]
    fn a_name_that_could_lead_out_of_a_folder_is_refused_where_it_stands() {
        let said = crafted("\"id\":\"one\"", "\"id\":\"../victim3\"");
        let wanted = "journal.jsonl:1: data.id is \"../victim3\"; one plain component of a path \
                      is wanted";
        assert!(said.ends_with(wanted), "{said}");
        let said = crafted("\"job\":\"cold\"", "\"job\":\"../../cold\"");
        assert!(said.contains("journal.jsonl:2: data.job is \"../../cold\""), "{said}");
        let said = crafted("\"cli/none\"", "\"cli/none+quota=../../x\"");
        assert!(said.contains("journal.jsonl:2: data.case is"), "{said}");
        let said = crafted("\"cargo_profile\":\"dev\"", "\"cargo_profile\":\"../dev\"");
        assert!(said.contains("data.plan.cargo_profile is \"../dev\""), "{said}");
    }

    #[test]
    fn a_journal_that_is_no_regular_file_is_neither_waited_for_nor_followed() {
        let (_results, folder) = written();
        let path = folder.join(JOURNAL);
        let elsewhere = folder.join("elsewhere");
        fs::rename(&path, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert!(Writer::resume(&folder).is_err(), "a link was written through");
        fs::remove_file(&path).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
        assert!(matches!(read(&folder), Err(RecordError::Read { .. })));
        assert!(Writer::resume(&folder).is_err());
    }

    #[test]
    fn a_journal_of_another_user_is_not_gone_on_with() {
        let (_results, folder) = written();
        let path = folder.join(JOURNAL);
        if std::os::unix::fs::chown(&path, Some(65534), None).is_err() {
            return;
        }
        let error = Writer::resume(&folder).unwrap_err().to_string();
        assert!(error.contains("belongs to user 65534"), "{error}");
        assert!(read(&folder).is_ok(), "it can be reported all the same");
    }

    #[test]
    fn a_run_has_a_folder_of_its_own() {
        let (_results, folder) = written();
        for folder in [&folder, &folder.join("logs")] {
            assert_eq!(fs::metadata(folder).unwrap().mode() & 0o777, 0o700);
        }
        assert!(Writer::resume(&folder).unwrap().has_checksums());
        without_sums(&folder);
        assert!(!Writer::resume(&folder).unwrap().has_checksums());
    }

    #[test]
    fn facts_in_the_wrong_place_are_errors() {
        let (_results, folder) = written();
        without_sums(&folder);
        let content = fs::read_to_string(folder.join(JOURNAL)).unwrap();
        let lines: Vec<String> = content.lines().map(str::to_owned).collect();
        replace_line(&folder, 3, &lines[0]);
        let error = read(&folder).unwrap_err().to_string();
        assert!(error.contains("journal.jsonl:3 is `run`"), "{error}");
        replace_line(&folder, 1, &lines[1]);
        let error = read(&folder).unwrap_err().to_string();
        assert!(error.contains("journal.jsonl:1 is `job`"), "{error}");
    }

    #[test]
    fn no_journal_and_an_empty_one_are_clear() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(folder.path()), Err(RecordError::NoJournal(_))));
        fs::write(folder.path().join(JOURNAL), "{\"v\":1,\"fa").unwrap();
        assert!(matches!(read(folder.path()), Err(RecordError::Empty(_))));
        let error = read(&folder.path().join(JOURNAL)).unwrap_err();
        assert!(matches!(error, RecordError::NoJournal(_)), "{error:?}");
    }

    #[test]
    fn a_failed_write_is_cut_away_before_the_next() {
        let results = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(results.path(), &examples::run("one")).unwrap();
        writer.job(&examples::job("cold")).unwrap();
        // What a full disk leaves of a line when it cannot be taken back.
        let path = writer.folder().join(JOURNAL);
        File::options().append(true).open(&path).unwrap().write_all(b"{\"v\":1,\"fa").unwrap();
        assert_eq!(read(writer.folder()).unwrap().jobs.len(), 1);
        writer.job(&examples::job("unchanged")).unwrap();
        let record = read(writer.folder()).unwrap();
        assert_eq!((record.jobs.len(), record.run.warnings.len()), (2, 0));
    }

    #[test]
    fn a_run_that_was_cut_off_goes_on_behind_its_last_whole_line() {
        let (_results, folder) = written();
        let path = folder.join(JOURNAL);
        File::options().append(true).open(&path).unwrap().write_all(b"{\"v\":1,\"fa").unwrap();
        let mut writer = Writer::resume(&folder).unwrap();
        let error = Writer::resume(&folder).unwrap_err();
        assert!(error.to_string().ends_with("is being written by another lukewarm"), "{error}");
        writer.job(&examples::job("leaf-body")).unwrap();
        let record = read(&folder).unwrap();
        assert_eq!(record.jobs.len(), 3);
        assert_eq!((record.end, record.run.warnings.len()), (None, 0), "healed, and not ended");
        writer.end(&examples::end()).unwrap();
        assert_eq!(read(&folder).unwrap().end, Some(examples::end()));
        drop(writer);
        assert!(Writer::resume(&folder).is_ok(), "a process that ended holds nothing");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_told_with_the_journals_path() {
        let results = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(results.path(), &examples::run("one")).unwrap();
        let length = writer.length;
        // A device that is always full; it has no length either.
        writer.journal = File::options().append(true).open("/dev/full").unwrap();
        writer.length = 0;
        let error = writer.job(&examples::job("cold")).unwrap_err();
        assert!(error.to_string().ends_with(JOURNAL), "{error}");
        let RecordError::Write { source, .. } = error else { panic!("{error:?}") };
        assert_eq!(source.kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::metadata(writer.folder().join(JOURNAL)).unwrap().len(), length);
    }

    #[test]
    fn a_place_that_takes_no_folder_is_told() {
        // A file in the folder's place refuses even a privileged user.
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Writer::create(file.path(), &examples::run("one")).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot write {}", file.path().display()));
    }

    #[test]
    #[cfg(unix)]
    fn a_read_only_folder_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let results = tempfile::tempdir().unwrap();
        fs::set_permissions(results.path(), fs::Permissions::from_mode(0o555)).unwrap();
        let privileged = fs::write(results.path().join("probe"), "").is_ok();
        let created = Writer::create(results.path(), &examples::run("one"));
        // The kernel lets a privileged user write anywhere: then the run is simply recorded.
        assert_eq!(created.is_ok(), privileged);
        if let Err(error) = created {
            assert!(matches!(error, RecordError::Write { .. }), "{error:?}");
        }
    }

    #[test]
    fn two_writers_at_once_do_not_meet() {
        let results = tempfile::tempdir().unwrap();
        let start = std::sync::Barrier::new(8);
        let created: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|n| {
                    let (results, start) = (results.path(), &start);
                    scope.spawn(move || {
                        start.wait();
                        let name = if n % 2 == 0 { "same" } else { "other" };
                        let mut writer = Writer::create(results, &examples::run(name))?;
                        (0..20).try_for_each(|_| writer.job(&examples::job("cold")))?;
                        Ok::<_, RecordError>(writer.folder().to_owned())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = created.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (2, 6));
        for folder in won {
            assert_eq!(read(&folder.unwrap()).unwrap().jobs.len(), 20);
        }
        for error in lost {
            assert!(matches!(error, Err(RecordError::Exists(_))));
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]
        #[test]
        fn any_cut_leaves_the_whole_lines_or_a_clear_error(share in 0.0..1.0f64) {
            let (_results, folder) = written();
            let path = folder.join(JOURNAL);
            let whole = fs::read(&path).unwrap();
            let cut = (whole.len() as f64 * share) as usize;
            fs::write(&path, &whole[..cut]).unwrap();
            let lines = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
            match read(&folder) {
                Ok(record) => proptest::prop_assert_eq!(record.jobs.len() + 1, lines),
                Err(error) => {
                    proptest::prop_assert_eq!(lines, 0);
                    proptest::prop_assert!(matches!(error, RecordError::Empty(_)));
                }
            }
        }

        #[test]
        fn any_time_and_text_comes_back_bit_by_bit(seconds: f64, text in "\\PC*", raw: u64) {
            proptest::prop_assume!(seconds.is_finite());
            let results = tempfile::tempdir().unwrap();
            let mut writer = Writer::create(results.path(), &examples::run("one")).unwrap();
            let mut job = examples::job("cold");
            // Names have a form; what tools and checks say has none.
            (job.statements[0].text, job.checks[0].seen) = (text.clone(), text);
            job.steps[0].wall = lukewarm_model::Seconds(seconds);
            job.kept_bytes = Some(lukewarm_model::Bytes(raw));
            writer.job(&job).unwrap();
            proptest::prop_assert_eq!(&read(writer.folder()).unwrap().jobs[0], &job);
        }
    }
}
