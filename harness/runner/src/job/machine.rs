//! The machine around a job: set up before it, with what survives the job saved and the rest
//! removed after it. Owns the content of the job's folders. None of this may be measured as part of
//! the job.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

use lukewarm_model::Bytes;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::RunnerError;
use crate::files::guarded::Root;
use crate::files::tree::{self, CopyTimes};
use crate::job::effects::{KeptState, State};
use crate::job::mtimes;
use crate::job::real_effects::RealEffects;
use crate::prepare::edits;
use crate::prepare::services::Served;

impl RealEffects<'_> {
    /// Sets up checkout, kept folder and service as the predecessor left them.
    pub fn set_up_machine(&mut self) -> Result<(), RunnerError> {
        let (folders, before) = (&self.folders, self.before);
        // A new machine has no caches of programs in the home folder.
        tree::clear(&self.context.prepared.scratch.home())?;
        tree::clear(&folders.temporary)?;
        let checkout = self.checkout_root();
        tree::remove(checkout)?;
        let kept = before.folder.as_ref().filter(|_| self.keeps_checkout());
        let (from, times) = match kept {
            Some(earlier) => (earlier, CopyTimes::Kept),
            None => (&self.prepared_workspace.pristine_root, CopyTimes::Fresh),
        };
        tree::copy_sharing(from, checkout, times, &is_pack)?;
        edits::write(&folders.checkout, &self.sources.changed)?;
        if kept.is_none() {
            let place = &self.prepared_workspace.place;
            let new = self.sources.new.iter().map(|it| place.join(it)).collect();
            let mtime = self.scenario.mtime(&self.context.prepared.plan.story);
            self.sources.times = mtimes::date(checkout, mtime, &before.times, &new)?;
        }
        if let Some(time) = self.surroundings.and_then(|it| it.file_times) {
            mtimes::date_all(self.checkout_root(), time)?;
        }
        match self.has_shared_registry() {
            // All jobs have their registry at the same path, so it is moved there and back.
            true => move_folder(&self.prepared_workspace.registry, &folders.cargo_home)?,
            false => {
                tree::copy(&self.prepared_workspace.registry, &folders.cargo_home, CopyTimes::Kept)?
            }
        }
        if let (Some(size), None) = (self.recipe.ballast, &before.service) {
            write_ballast(&folders.checkout, size, self.context.prepared.plan.seed)?;
        }
        tree::clear(&folders.kept)?;
        if let (Some(survivor), Some(folder)) = (&self.recipe.survives, &before.folder) {
            tree::remove(survivor)?;
            tree::copy(folder, survivor, CopyTimes::Kept)?;
        }
        // For copies it is done once, before any of them.
        if self.copy.is_none() {
            self.served().map_or(Ok(()), |it| set_up_service(it, before))?;
        }
        Ok(())
    }

    /// Makes a fresh checkout one of this moment: a job that starts later than another checks out
    /// later too, and what the other has built meanwhile is older than its sources.
    pub fn renew_checkout(&mut self) -> Result<(), RunnerError> {
        let is_kept = self.keeps_checkout() && self.before.folder.is_some();
        let has_own_times = self.surroundings.is_some_and(|it| it.file_times.is_some());
        let mtime = self.scenario.mtime(&self.context.prepared.plan.story);
        if is_kept || has_own_times || !mtime.is_fresh() {
            return Ok(());
        }
        mtimes::renew(self.checkout_root())?;
        self.laid = Some(SystemTime::now());
        Ok(())
    }

    /// Measures what the cache keeps, and saves it for the successor. Only jobs of the first pass
    /// have successors, and the last one has none.
    pub fn save_survivors(&mut self) -> Result<KeptState, RunnerError> {
        let (folders, slot) = (&self.folders, self.slot);
        // What the first of several copies leaves is what the next job starts from.
        if self.copy.is_some_and(|it| !it.is_first()) {
            return Ok(KeptState::default());
        }
        let last = slot.job + 1 == self.context.prepared.plan.story.jobs.len();
        let times = self.sources.times.clone();
        let mut kept =
            KeptState { state: State { times, ..State::default() }, ..KeptState::default() };
        let survivor = match self.keeps_checkout() {
            true => Some(self.checkout_root()),
            false => self.recipe.survives.as_deref(),
        };
        if let Some(served) = self.served() {
            served.gather()?;
            kept.service = Some(served.service.stored());
            kept.state.service = Some(served.service.snapshot());
        }
        kept.bytes = match survivor {
            _ if kept.service.is_some() => None,
            Some(_) if self.keeps_checkout() => Some(tree::size(&folders.checkout.join("target"))?),
            Some(folder) => Some(tree::size(folder)?),
            None => Some(Bytes(0)),
        };
        if let Some(folder) = survivor.filter(|_| slot.first_pass && !last) {
            let place = self.context.prepared.scratch.state(&slot.case, slot.job);
            fs::create_dir_all(place.parent().unwrap_or(&place))
                .map_err(RunnerError::file("make folder", &place))?;
            // A previous version of the same state.
            tree::remove(&place)?;
            fs::rename(folder, &place).map_err(RunnerError::file("keep", folder))?;
            kept.state.folder = Some(place);
        }
        Ok(kept)
    }

    /// Removes everything else that the job left.
    pub fn clear_machine(&self) -> Result<(), RunnerError> {
        let folders = &self.folders;
        tree::remove(self.checkout_root())?;
        tree::remove(&folders.kept)?;
        match self.has_shared_registry() {
            true => move_folder(&folders.cargo_home, &self.prepared_workspace.registry)?,
            false => tree::remove(&folders.cargo_home)?,
        }
        tree::remove(&folders.temporary)
    }

    fn checkout_root(&self) -> &Path {
        self.prepared_workspace.checkout_root(&self.folders)
    }

    /// Whether the job's `CARGO_HOME` is the one of all jobs, and no copy of its own.
    fn has_shared_registry(&self) -> bool {
        let is_usual = self.folders.cargo_home == self.prepared_workspace.folders.cargo_home;
        is_usual && !self.recipe.changes_cargo_home() && self.copy.is_none()
    }
}

/// Brings a service to what it held when the job before had ended.
pub fn set_up_service(served: &Served, before: &State) -> Result<(), RunnerError> {
    served.restore(before.service.as_ref())?;
    served.service.take_ledger();
    Ok(())
}

/// Whether a file of a checkout holds objects of git's: such files are replaced and never written
/// to.
fn is_pack(place: &Path) -> bool {
    let mut names = place.components().map(|it| it.as_os_str());
    names.any(|it| it == ".git") && place.parent().is_some_and(|it| it.ends_with("objects/pack"))
}

/// Moves a folder within the scratch folder, by renaming it.
fn move_folder(from: &Path, to: &Path) -> Result<(), RunnerError> {
    fs::create_dir_all(to.parent().unwrap_or(to)).map_err(RunnerError::file("make folder", to))?;
    fs::rename(from, to).map_err(RunnerError::file("move", from))
}

/// Writes an unused file with random content, which does not compress, into a checkout's target
/// folder.
fn write_ballast(checkout: &Path, size: Bytes, seed: u64) -> Result<(), RunnerError> {
    const PART: usize = 1 << 20;
    let (root, place) = (Root::open(checkout)?, Path::new("target/ballast.bin"));
    root.make_folder(Path::new("target"))?;
    let mut file = root.create(place)?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut part = vec![0; PART];
    let mut left = size.0;
    while left > 0 {
        let length = left.min(PART as u64) as usize;
        random.fill_bytes(&mut part[..length]);
        let path = || checkout.join(place);
        file.write_all(&part[..length]).map_err(|it| RunnerError::file("write", &path())(it))?;
        left -= length as u64;
    }
    Ok(())
}
