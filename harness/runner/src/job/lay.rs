//! Laying a clean machine before a job, keeping what survives it, and clearing the rest away.
//! None of this is measured as part of the job.

use std::fs;
use std::io::Write;
use std::path::Path;

use lukewarm_model::Bytes;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Job, State};
use crate::schedule::Slot;
use crate::tree::{self, Times};
use crate::{RunnerError, edits, mtimes};

impl Job<'_> {
    /// Lays checkout, kept folder and service as the predecessor left them.
    pub(super) fn lay(&mut self, before: &State) -> Result<(), RunnerError> {
        let folders = &self.folders;
        tree::clear(&folders.temporary)?;
        tree::remove(&folders.checkout)?;
        let kept = before.folder.as_ref().filter(|_| self.keeps_checkout());
        match kept {
            Some(checkout) => tree::copy(checkout, &folders.checkout, Times::Kept)?,
            None => tree::copy(&self.shop.pristine, &folders.checkout, Times::Fresh)?,
        }
        edits::write(&folders.checkout, &self.sources.changed)?;
        if kept.is_none() {
            let (mtime, new) = (self.bench.prepared.plan.story.mtime, &self.sources.new);
            self.sources.times = mtimes::date(&folders.checkout, mtime, &before.times, new)?;
        }
        if !folders.cargo_home.exists() {
            tree::copy(&self.shop.folders.cargo_home, &folders.cargo_home, Times::Kept)?;
        }
        if let (Some(size), None) = (self.recipe.ballast, &before.service) {
            ballast(&folders.checkout.join("target"), size, self.bench.prepared.plan.seed)?;
        }
        tree::clear(&folders.kept)?;
        if let (Some(survivor), Some(folder)) = (&self.recipe.survives, &before.folder) {
            tree::remove(survivor)?;
            tree::copy(folder, survivor, Times::Kept)?;
        }
        if let Some(served) = self.served() {
            let restored =
                served.service.restore(before.service.as_ref().unwrap_or(&served.beginning));
            restored.map_err(|error| RunnerError::Environment(error.to_string()))?;
            served.service.take_ledger();
        }
        Ok(())
    }

    /// Measures what the cache keeps, and puts it aside for the successor. Only the first pass
    /// has successors, and its last job has none.
    pub(super) fn keep(&mut self, slot: &Slot, last: bool) -> Result<State, RunnerError> {
        let folders = &self.folders;
        let mut state = State { times: self.sources.times.clone(), ..State::default() };
        let survivor = match self.keeps_checkout() {
            true => Some(&folders.checkout),
            false => self.recipe.survives.as_ref(),
        };
        if let Some(service) = self.service() {
            let facts = service.stored();
            state.service = Some(service.snapshot());
            self.facts.service = Some(facts);
        }
        self.facts.kept_bytes = match survivor {
            _ if self.facts.service.is_some() => None,
            Some(_) if self.keeps_checkout() => Some(tree::size(&folders.checkout.join("target"))?),
            Some(folder) => Some(tree::size(folder)?),
            None => Some(Bytes(0)),
        };
        if let Some(folder) = survivor.filter(|_| slot.first_pass && !last) {
            let place = self.bench.prepared.scratch.state(&slot.case.id, slot.job);
            fs::create_dir_all(place.parent().unwrap_or(&place))
                .map_err(RunnerError::file("make folder", &place))?;
            fs::rename(folder, &place).map_err(RunnerError::file("keep", folder))?;
            state.folder = Some(place);
        }
        Ok(state)
    }

    /// Clears away what the job leaves and nobody needs.
    pub(super) fn clear(&self) -> Result<(), RunnerError> {
        let folders = &self.folders;
        tree::remove(&folders.checkout)?;
        tree::remove(&folders.kept)?;
        if folders.cargo_home != self.shop.folders.cargo_home {
            tree::remove(&folders.cargo_home)?;
        }
        tree::remove(&folders.temporary)
    }
}

/// Lays a file into a target folder that no compressor makes smaller and no build needs.
fn ballast(target: &Path, size: Bytes, seed: u64) -> Result<(), RunnerError> {
    const PART: usize = 1 << 20;
    let path = target.join("ballast.bin");
    fs::create_dir_all(target).map_err(RunnerError::file("make folder", target))?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut part = vec![0; PART];
    let written = fs::File::create(&path).and_then(|mut file| {
        let mut left = size.0;
        while left > 0 {
            let length = left.min(PART as u64) as usize;
            random.fill_bytes(&mut part[..length]);
            file.write_all(&part[..length])?;
            left -= length as u64;
        }
        Ok(())
    });
    written.map_err(RunnerError::file("write", &path))
}
