//! The scratch folder of one run: outside every repository, at paths that stay the same for
//! all its jobs, removed when the run ends. Folders of runs that were killed are swept away by
//! the next run; a lock tells the living from the dead.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lukewarm_cache_tools::Folders;

use crate::{RunnerError, process, tree};

/// One run's scratch folder.
#[derive(Debug)]
pub struct Scratch {
    root: PathBuf,
    lock: PathBuf,
    /// Held as long as the run lives; the kernel lets go of it when the process ends.
    _lock: File,
}

/// What a run's lock is called behind the name of its folder, beside which it lies: it is there
/// before the folder and goes after it, so that a folder's owner can always be told.
const LOCK: &str = "lock";

impl Scratch {
    /// Makes the folder of a new run below `runs`, and sweeps away what dead runs left there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create(runs: &Path, name: &str) -> Result<Scratch, RunnerError> {
        fs::create_dir_all(runs).map_err(RunnerError::file("make folder", runs))?;
        process::end_leftovers();
        sweep(runs);
        let root = runs.join(name);
        let path = runs.join(format!("{name}.{LOCK}"));
        let lock = lock(&path)?;
        fs::create_dir(&root).map_err(RunnerError::file("make folder", &root))?;
        Ok(Scratch { root, lock: path, _lock: lock })
    }

    /// The folders of one workspace's jobs, the same for every job of the run.
    pub fn folders(&self, workspace: &str) -> Folders {
        let root = self.root.join(workspace);
        Folders {
            checkout: root.join("checkout"),
            cargo_home: root.join("cargo-home"),
            kept: root.join("kept"),
            temporary: root.join("temporary"),
        }
    }

    /// The sources that checkouts are copied from.
    pub fn pristine(&self, workspace: &str) -> PathBuf {
        self.root.join(workspace).join("pristine")
    }

    /// Where a case keeps the folder that survives a job.
    pub fn state(&self, case: &str, job: usize) -> PathBuf {
        self.root.join("states").join(case).join(job.to_string())
    }

    /// Where a scenario's service keeps its objects.
    pub fn service(&self, scenario: &str) -> PathBuf {
        self.root.join("services").join(scenario)
    }

    /// Where the calibration load is.
    pub fn probe(&self) -> PathBuf {
        self.root.join("probe")
    }

    /// Where a tool's server listens, if it can. Not below a workspace's folder: whether the path
    /// is short enough for a socket must not differ from job to job.
    pub fn server(&self) -> PathBuf {
        self.root.join("server")
    }

    /// A home folder with nothing in it.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is swept away by the next run.
        if tree::remove(&self.root).is_ok() {
            let _ = fs::remove_file(&self.lock);
        }
    }
}

/// Makes and locks a file. Another run's sweep may hold or remove it at this moment: then once
/// more.
fn lock(path: &Path) -> Result<File, RunnerError> {
    let mut refused = io::Error::other("it is swept away again and again");
    for _ in 0..5 {
        let lock = File::create(path).map_err(RunnerError::file("write", path))?;
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) if is_same(&lock, path) => return Ok(lock),
            Ok(()) => {}
            Err(error) => refused = error.into(),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(RunnerError::file("lock", path)(refused))
}

/// Whether a path still leads to an open file.
fn is_same(file: &File, path: &Path) -> bool {
    let identity = |it: fs::Metadata| (it.dev(), it.ino());
    let there = fs::metadata(path).map(identity);
    there.is_ok_and(|there| file.metadata().map(identity).is_ok_and(|here| here == there))
}

/// Removes the folders of dead runs: those whose lock nobody holds.
pub fn sweep(runs: &Path) {
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_lock = path.extension().is_some_and(|it| it == LOCK);
        let Ok(lock) = File::open(&path) else { continue };
        let is_dead = is_lock && fs4::FileExt::try_lock(&lock).is_ok();
        if is_dead && tree::remove(&path.with_extension("")).is_ok() {
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_run_is_left_alone_and_a_dead_one_is_swept_away() {
        let runs = tempfile::tempdir().unwrap();
        let living = Scratch::create(runs.path(), "living").unwrap();
        let dead = runs.path().join("dead");
        fs::create_dir(&dead).unwrap();
        fs::write(runs.path().join("dead.lock"), "").unwrap();
        let second = Scratch::create(runs.path(), "second").unwrap();
        assert!(living.root.exists() && !dead.exists());
        drop((living, second));
        assert_eq!(fs::read_dir(runs.path()).unwrap().count(), 0);
    }

    #[test]
    fn two_runs_never_share_a_folder() {
        let runs = tempfile::tempdir().unwrap();
        let _first = Scratch::create(runs.path(), "same").unwrap();
        let error = Scratch::create(runs.path(), "same").unwrap_err();
        assert!(error.to_string().starts_with("cannot lock"), "{error}");
    }
}
