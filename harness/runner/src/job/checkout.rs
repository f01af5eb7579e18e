//! The sources of a job's checkout that differ from those that all jobs share.
//! Owns which files a job changes. It must not write them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lukewarm_model::{Plan, SampleWorkspace};

use crate::error::RunnerError;
use crate::job::mtimes;
use crate::job::scheduled_job::ScheduledJob;
use crate::prepare::cargo_home;
use crate::prepare::edits::Edit;
use crate::prepare::workspace::{self, PreparedWorkspace};

/// The changed sources of a job.
pub struct Sources {
    /// The files that its edits change, with their content.
    pub changed: BTreeMap<PathBuf, String>,
    /// The files whose content differs from that of the previous job.
    pub new: BTreeSet<PathBuf>,
    /// Modification times of its files; empty where the story does not keep them.
    pub times: mtimes::ModificationTimes,
}

/// Adds the files that surround a job in a test of soundness.
fn surround(changed: &mut BTreeMap<PathBuf, String>, workspace: &SampleWorkspace, job: usize) {
    let files = workspace.variation.iter().flat_map(|it| it.files_of_job(job));
    changed.extend(files.map(|(path, text)| (PathBuf::from(path), text.to_owned())));
}

impl Sources {
    /// The sources of a job with its edits.
    ///
    /// # Errors
    /// When a file cannot be read or an edit does not apply.
    pub fn of(
        prepared_workspace: &PreparedWorkspace,
        plan: &Plan,
        workspace: &SampleWorkspace,
        slot: &ScheduledJob,
        edits: &[Edit],
    ) -> Result<Sources, RunnerError> {
        let mut changed = prepared_workspace.changed(edits)?;
        surround(&mut changed, workspace, slot.job);
        let mut before = match slot.job.checked_sub(1) {
            Some(earlier) => {
                let edits = prepared_workspace.edits(
                    plan,
                    workspace,
                    earlier,
                    workspace::first_pass(plan),
                )?;
                prepared_workspace.changed(&edits)?
            }
            None => BTreeMap::new(),
        };
        if let Some(earlier) = slot.job.checked_sub(1) {
            surround(&mut before, workspace, earlier);
        }
        let new = workspace::differing(&before, &changed);
        Ok(Sources { changed, new, times: mtimes::ModificationTimes::new() })
    }

    /// SHA-256 of the lock file, in hexadecimal; none where the edits do not change it.
    pub fn lock_hash(&self) -> Option<String> {
        let lock = self.changed.get(Path::new("Cargo.lock"))?;
        Some(cargo_home::hash(lock.as_bytes()))
    }
}
