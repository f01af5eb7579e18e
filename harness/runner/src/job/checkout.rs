//! What is in a job's checkout, beside the sources that all jobs share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lukewarm_model::{Plan, SampleWorkspace};

use crate::error::RunnerError;
use crate::job::mtimes;
use crate::job::scheduled_job::ScheduledJob;
use crate::prepare::cargo_home;
use crate::prepare::edits::Edit;
use crate::prepare::workspace::{self, PreparedWorkspace};

/// What is in a job's checkout.
pub struct Sources {
    /// The files that its edits change, with their content.
    pub changed: BTreeMap<PathBuf, String>,
    /// The files whose content is another than in the job before.
    pub new: BTreeSet<PathBuf>,
    /// The times of its files, where the story keeps them.
    pub times: mtimes::ModificationTimes,
}

impl Sources {
    /// The sources of a job with its edits.
    ///
    /// # Errors
    /// When a file cannot be read or an edit does not apply.
    pub fn of(
        shop: &PreparedWorkspace,
        plan: &Plan,
        workspace: &SampleWorkspace,
        slot: &ScheduledJob,
        edits: &[Edit],
    ) -> Result<Sources, RunnerError> {
        let changed = shop.changed(edits)?;
        let before = match slot.job.checked_sub(1) {
            Some(earlier) => {
                let edits = shop.edits(plan, workspace, earlier, workspace::first_pass(plan))?;
                shop.changed(&edits)?
            }
            None => BTreeMap::new(),
        };
        let new = workspace::differing(&before, &changed);
        Ok(Sources { changed, new, times: mtimes::ModificationTimes::new() })
    }

    /// Hash of the lock file, where the edits change it.
    pub fn lock_hash(&self) -> Option<String> {
        let lock = self.changed.get(Path::new("Cargo.lock"))?;
        Some(cargo_home::hash(lock.as_bytes()))
    }
}
