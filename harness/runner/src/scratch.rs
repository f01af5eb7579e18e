//! The scratch folder of one run: outside every repository, at paths that stay the same for
//! all its jobs, removed when the run ends. Folders of runs that were killed are swept away by
//! the next run; a lock tells the living from the dead.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use lukewarm_cache_tools::Folders;

use crate::{RunnerError, tree};

/// One run's scratch folder.
#[derive(Debug)]
pub struct Scratch {
    root: PathBuf,
    /// Held as long as the run lives; the kernel lets go of it when the process ends.
    _lock: File,
}

const LOCK: &str = "lock";

impl Scratch {
    /// Makes the folder of a new run below `runs`, and sweeps away what dead runs left there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create(runs: &Path, name: &str) -> Result<Scratch, RunnerError> {
        fs::create_dir_all(runs).map_err(RunnerError::file("make folder", runs))?;
        sweep(runs);
        let root = runs.join(name);
        fs::create_dir(&root).map_err(RunnerError::file("make folder", &root))?;
        let path = root.join(LOCK);
        let lock = File::create(&path).map_err(RunnerError::file("write", &path))?;
        fs4::FileExt::try_lock(&lock)
            .map_err(|error| RunnerError::file("lock", &path)(error.into()))?;
        Ok(Scratch { root, _lock: lock })
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

    /// A home folder with nothing in it.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays is swept away by the next run.
        let _ = tree::remove(&self.root);
    }
}

/// Removes the folders of runs whose lock nobody holds.
fn sweep(runs: &Path) {
    for entry in fs::read_dir(runs).into_iter().flatten().flatten() {
        // A folder without a lock may be one that another run makes at this moment.
        let Ok(lock) = File::open(entry.path().join(LOCK)) else { continue };
        if fs4::FileExt::try_lock(&lock).is_ok() {
            let _ = tree::remove(&entry.path());
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
        fs::write(dead.join(LOCK), "").unwrap();
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
        assert!(error.to_string().starts_with("cannot make folder"), "{error}");
    }
}
