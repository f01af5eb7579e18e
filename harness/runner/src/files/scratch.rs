//! The scratch folder of one run: outside every repository, with the same paths for all its jobs,
//! removed when the run ends, called by the short id of the run. Folders of killed runs are removed
//! by the next run; a lock shows whether a run is alive.
//! Owns the marks of the folder of all runs and of each lock. What has no mark, or not a run's
//! name, is somebody else's and must not be opened, changed or removed.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lukewarm_cache_tools::Folders;
use lukewarm_model::{Case, ScenarioName, WorkspaceName, is_run_id, is_short_id, short_id};

use crate::error::RunnerError;
use crate::files::lock::is_same;
use crate::files::names::{case_folder, folder_name};
use crate::files::{own, tree};
use crate::process;

/// One run's scratch folder.
#[derive(Debug)]
pub struct Scratch {
    root: PathBuf,
    lock: PathBuf,
    /// Held during the run; released by the kernel when the process ends.
    _lock: File,
}

/// The extension of a run's lock, which is beside its folder: made before the folder and removed
/// after it, so that every folder has one.
const LOCK: &str = "lock";

/// The name of the folder of jobs in that of a run.
const JOB: &str = "job";

/// The content of a lock.
const LOCK_MARK: &str = "lukewarm: a run has the folder of this name as long as it locks this\n";

/// The name of the file that marks a folder as that of runs' scratch folders.
pub const MARKER: &str = ".lukewarm-scratch";

/// The content of that file.
const MARK: &str = "lukewarm makes and removes folders of runs here. Keep nothing else in it\n";

/// The name of our folder in a folder with other content.
const OWN_FOLDER: &str = "lukewarm-scratch";

/// The folder of runs' scratch folders for a folder that the user named: the folder itself where it
/// is this user's alone and is empty, missing or marked, else a folder in it. Nothing is made.
pub fn place(named: &Path) -> PathBuf {
    let Ok(metadata) = fs::symlink_metadata(named) else { return named.to_owned() };
    let is_empty = || fs::read_dir(named).is_ok_and(|mut it| it.next().is_none());
    let is_other =
        metadata.is_dir() && !(own::is_ours(&metadata) && (is_marked(named) || is_empty()));
    if is_other { named.join(OWN_FOLDER) } else { named.to_owned() }
}

/// Makes the folder of runs' scratch folders, or takes over an existing one.
///
/// # Errors
/// When it cannot be made, is not this user's alone, or has content and no mark.
pub fn take(runs: &Path) -> Result<(), RunnerError> {
    own::take(runs)?;
    if is_marked(runs) {
        return Ok(());
    }
    let mut entries = fs::read_dir(runs).map_err(RunnerError::file("read", runs))?;
    // Two runs may make it at the same time: the mark of the other is as good.
    if entries.any(|entry| entry.is_ok_and(|it| it.file_name() != MARKER)) {
        let what = format!(
            "{} cannot be used as scratch folder: it is not empty, and has no `{MARKER}` file, \
             which marks a folder of lukewarm's; choose another one with `--scratch DIR`",
            runs.display()
        );
        return Err(RunnerError::Input(what));
    }
    let path = runs.join(MARKER);
    let made = File::options().write(true).create_new(true).open(&path);
    match made.and_then(|mut file| file.write_all(MARK.as_bytes())) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(RunnerError::file("write", &path)(error))
        }
        _ if is_marked(runs) => Ok(()),
        _ => Err(RunnerError::Input(format!("{} is not ours to use", path.display()))),
    }
}

/// Whether a folder has our mark. A partly written mark counts.
fn is_marked(runs: &Path) -> bool {
    open_ours(&runs.join(MARKER), MARK).is_some()
}

/// Opens a regular file of this user's whose content is a text or its beginning, and returns
/// whether it is the whole text. Nothing else is opened: a FIFO would block, and a device may
/// react.
fn open_ours(path: &Path, text: &str) -> Option<(File, bool)> {
    let is_ours = |it: &fs::Metadata| {
        it.is_file() && it.uid() == rustix::process::geteuid().as_raw() && it.len() <= 200
    };
    fs::symlink_metadata(path).ok().filter(is_ours)?;
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let mut file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    file.metadata().ok().filter(is_ours)?;
    let mut found = String::new();
    file.read_to_string(&mut found).ok()?;
    text.starts_with(&found).then_some((file, found == text))
}

impl Scratch {
    /// Makes the folder of a new run below `runs`, and removes those of dead runs there. `name` is
    /// the run's id.
    ///
    /// # Errors
    /// When the folder cannot be made, `runs` is not ours, or the name is not a run's id.
    pub fn create(runs: &Path, name: &str) -> Result<Scratch, RunnerError> {
        let root = root(runs, name)?;
        take(runs)?;
        process::end_leftovers();
        process::remove_leftovers();
        sweep(runs);
        let path = root.with_extension(LOCK);
        let lock = lock(&path)?;
        let made = fs::DirBuilder::new().mode(0o700).create(&root);
        made.map_err(RunnerError::file("make folder", &root))?;
        Ok(Scratch { root, lock: path, _lock: lock })
    }

    /// The folders of every job of the run, the same for all workspaces: paths become part of what
    /// a compiler makes, and equal sources must make equal outputs.
    pub fn folders(&self) -> Folders {
        folders_in(&self.job())
    }

    /// The folder of the sources that a workspace's checkouts are copied from.
    pub fn pristine(&self, workspace: &WorkspaceName) -> PathBuf {
        self.of(workspace).join("pristine")
    }

    /// A workspace's `CARGO_HOME`, while no job of it runs.
    pub fn registry(&self, workspace: &WorkspaceName) -> PathBuf {
        self.of(workspace).join("cargo-home")
    }

    /// The folder of changed sources while a workspace is prepared.
    pub fn changed(&self, workspace: &WorkspaceName) -> PathBuf {
        self.of(workspace).join("changed")
    }

    fn of(&self, workspace: &WorkspaceName) -> PathBuf {
        self.root.join("workspaces").join(folder_name(workspace))
    }

    /// The folder that survives a job of a case.
    pub fn state(&self, case: &Case, job: usize) -> PathBuf {
        self.root.join("states").join(case_folder(case)).join(job.to_string())
    }

    /// The folder of the objects of a scenario's service.
    pub fn service(&self, scenario: &ScenarioName) -> PathBuf {
        self.root.join("services").join(folder_name(scenario))
    }

    /// The folder of a real server behind a service: a short path, since its socket is in it.
    pub fn origin(&self, number: usize) -> PathBuf {
        self.root.join(format!("origin-{number}"))
    }

    /// The folder of the calibration load.
    pub fn probe(&self) -> PathBuf {
        self.root.join("probe")
    }

    /// The path of the socket of a tool's server. Not below a workspace's folder, so that all jobs
    /// have a path that is short enough for a socket, or none.
    pub fn server(&self) -> PathBuf {
        self.root.join("server")
    }

    /// The home folder of jobs, which is emptied before each.
    pub fn home(&self) -> PathBuf {
        self.job().join("home")
    }

    /// The folder of all that jobs alone use.
    pub fn job(&self) -> PathBuf {
        self.root.join(JOB)
    }

    /// The folder that lies in the place of [`Scratch::job`] for a further copy of a job that runs
    /// at once.
    pub fn copy(&self, number: u32) -> PathBuf {
        self.root.join("copies").join(number.to_string())
    }

    /// The path of the socket of the server of a further copy's tool.
    pub fn server_of_copy(&self, number: u32) -> PathBuf {
        self.root.join(format!("server{number}"))
    }
}

/// The folders of the jobs of a run that is to be made below `runs`. Nothing is made.
///
/// # Errors
/// When the name is not a run's id.
pub fn folders_of_run(runs: &Path, name: &str) -> Result<Folders, RunnerError> {
    Ok(folders_in(&root(runs, name)?.join(JOB)))
}

/// The folder of a run.
fn root(runs: &Path, name: &str) -> Result<PathBuf, RunnerError> {
    short_id(name).map(|it| runs.join(it)).ok_or_else(|| {
        let form = "`<date>T<time>-<name>-<8 hexadecimal digits>`";
        RunnerError::Input(format!("`{name}` is no id of a run, which has the form {form}"))
    })
}

/// The folders of jobs in one that is theirs.
pub fn folders_in(job: &Path) -> Folders {
    Folders {
        checkout: job.join("checkout"),
        cargo_home: job.join("cargo-home"),
        kept: job.join("kept"),
        temporary: job.join("temporary"),
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The rest is removed by the next run.
        if tree::remove(&self.root).is_ok() {
            let _ = fs::remove_file(&self.lock);
        }
    }
}

/// Makes and locks a file, repeatedly where another run that removes dead runs holds or removes it
/// at the same time.
fn lock(path: &Path) -> Result<File, RunnerError> {
    let mut refused = io::Error::other("another run removed it repeatedly");
    for _ in 0..5 {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(flags)
            .open(path);
        let mut lock = lock.map_err(RunnerError::file("write", path))?;
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) if is_same(&lock, path) => {
                let marked = lock.set_len(0).and_then(|()| lock.write_all(LOCK_MARK.as_bytes()));
                marked.map_err(RunnerError::file("write", path))?;
                return Ok(lock);
            }
            Ok(()) => {}
            Err(error) => refused = error.into(),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(RunnerError::file("lock", path)(refused))
}

/// Removes the folders of dead runs: those with a run's name whose lock has our mark and is not
/// held. In a folder that is not ours nothing is touched.
pub fn sweep(runs: &Path) {
    if !is_marked(runs) {
        return;
    }
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        let path = entry.path();
        // The name is checked first: files that are not ours are not even opened.
        let is_lock = path.extension() == Some(OsStr::new(LOCK));
        // Earlier versions called the folder by the whole id.
        let is_run = |name: &str| is_short_id(name) || is_run_id(name);
        let of_run = path.file_stem().and_then(OsStr::to_str).is_some_and(is_run);
        if !is_lock || !of_run {
            continue;
        }
        let Some((lock, is_whole)) = open_ours(&path, LOCK_MARK) else { continue };
        let folder = path.with_extension("");
        // A run that was killed before its mark was complete has made no folder yet.
        let is_ours = is_whole || fs::symlink_metadata(&folder).is_err();
        let is_dead = is_ours && fs4::FileExt::try_lock(&lock).is_ok();
        if is_dead && tree::remove(&folder).is_ok() {
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    const LIVING: &str = "2026-11-27T010203-living-00000001";
    const DEAD: &str = "2026-11-27T010203-my.dead-00000002";
    const SECOND: &str = "2026-11-27T010203-second-00000003";

    /// What is in a folder, sorted.
    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| {
            entry.unwrap().file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_living_run_is_left_alone_and_a_dead_one_is_swept_away() {
        let runs = tempfile::tempdir().unwrap();
        let living = Scratch::create(runs.path(), LIVING).unwrap();
        let dead = [DEAD, "00000004"].map(|it| runs.path().join(it));
        for folder in &dead {
            fs::create_dir(folder).unwrap();
            fs::write(format!("{}.{LOCK}", folder.display()), LOCK_MARK).unwrap();
        }
        // Killed at once: its lock is there, its mark is not, or not whole.
        for (number, cut) in [0, 5].into_iter().enumerate() {
            let name = format!("2026-11-27T010203-cut-1000000{number}.lock");
            fs::write(runs.path().join(name), &LOCK_MARK[..cut]).unwrap();
        }
        let second = Scratch::create(runs.path(), SECOND).unwrap();
        assert!(living.root.exists() && !dead.iter().any(|it| it.exists()));
        assert_eq!(mode(&living.root), 0o700);
        drop((living, second));
        assert_eq!(names(runs.path()), [MARKER]);
    }

    #[test]
    fn two_runs_never_share_a_folder() {
        let runs = tempfile::tempdir().unwrap();
        let _first = Scratch::create(runs.path(), LIVING).unwrap();
        let error = Scratch::create(runs.path(), LIVING).unwrap_err();
        assert!(error.to_string().starts_with("cannot lock"), "{error}");
    }

    /// A folder of a user's: things that an extension or a name alone would take for a run's.
    fn precious(folder: &Path) {
        for name in ["flake", DEAD, "00000004", "2026-11-27T010203-linked-00000009"] {
            fs::create_dir_all(folder.join(name)).unwrap();
            fs::write(folder.join(name).join("thesis.txt"), "precious").unwrap();
        }
        for lock in ["flake.lock", "Cargo.lock", "yarn.lock", ".lock", &format!("{DEAD}.lock")] {
            fs::write(folder.join(lock), "theirs").unwrap();
        }
        fs::write(folder.join("elsewhere"), LOCK_MARK).unwrap();
        symlink("elsewhere", folder.join("2026-11-27T010203-linked-00000009.lock")).unwrap();
        let fifo = folder.join("2026-11-27T010203-fifo-0000000a.lock");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, folder.join("pipe"), rustix::fs::Mode::RUSR).unwrap();
    }

    #[test]
    fn what_is_not_ours_stays_even_beside_our_mark() {
        let runs = tempfile::tempdir().unwrap();
        take(runs.path()).unwrap();
        precious(runs.path());
        let before = names(runs.path());
        sweep(runs.path());
        drop(Scratch::create(runs.path(), LIVING).unwrap());
        assert_eq!(names(runs.path()), before);
    }

    #[test]
    fn a_folder_that_holds_other_things_gets_one_of_ours_in_it() {
        let named = tempfile::tempdir().unwrap();
        assert_eq!(place(named.path()), named.path(), "it is empty");
        assert_eq!(place(&named.path().join("new")), named.path().join("new"));
        precious(named.path());
        let before = names(named.path());
        let runs = place(named.path());
        assert_eq!(runs, named.path().join("lukewarm-scratch"));
        sweep(&runs);
        sweep(named.path());
        assert!(take(named.path()).unwrap_err().to_string().contains("no `.lukewarm-scratch`"));
        assert_eq!(names(named.path()), before);
        drop(Scratch::create(&runs, LIVING).unwrap());
        assert_eq!(names(&runs), [MARKER]);
        // From then on either name leads to it.
        assert_eq!((place(named.path()), place(&runs)), (runs.clone(), runs));
    }

    #[test]
    fn a_name_that_is_no_runs_makes_and_removes_nothing() {
        let place = tempfile::tempdir().unwrap();
        let (runs, victim) = (place.path().join("runs"), place.path().join("victim3"));
        for name in ["../victim3", "", ".", "x"] {
            let error = Scratch::create(&runs, name).unwrap_err();
            assert!(error.to_string().contains("is no id of a run"), "{error}");
        }
        assert!(!runs.exists() && !victim.exists());
    }

    #[test]
    fn the_name_of_a_plan_makes_no_path_longer() {
        let runs = tempfile::tempdir().unwrap();
        let name = format!("2026-11-27T010203-{}-0000000c", "long".repeat(10));
        let scratch = Scratch::create(runs.path(), &name).unwrap();
        assert_eq!(scratch.root, runs.path().join("0000000c"));
        assert_eq!(folders_of_run(runs.path(), &name).unwrap(), scratch.folders());
    }

    #[test]
    fn every_name_is_one_folder_below_the_runs_own() {
        let runs = tempfile::tempdir().unwrap();
        let scratch = Scratch::create(runs.path(), LIVING).unwrap();
        for name in ["/tmp/victim", "../..", "..", "x+bandwidth=1Mbit/s", ""] {
            let all = [
                scratch.pristine(&name.into()),
                scratch.registry(&name.into()),
                scratch.service(&name.into()),
                scratch.state(&Case::new(name, name), 1),
            ];
            for path in all {
                let below = path.strip_prefix(&scratch.root).unwrap();
                assert!(lukewarm_model::goes_down(below), "{}", path.display());
            }
        }
    }
}
