//! What a plan is dealt out by, and which of it some records have: blocks, or the variations of a
//! test of soundness. Owns when one is whole. It must not change a record.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{Case, JobFacts, JobName, Plan, listed};

/// The cells of each unit that a record has: cases with their jobs. Units are numbered from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Units<'a>(BTreeMap<u32, BTreeSet<(&'a Case, &'a JobName)>>);

/// How a plan is dealt out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dealt<'a> {
    plan: &'a Plan,
}

impl<'a> Dealt<'a> {
    pub(super) fn of(plan: &'a Plan) -> Dealt<'a> {
        Dealt { plan }
    }

    /// How many units there are.
    pub(super) fn count(self) -> u32 {
        match self.plan.is_varied() {
            true => self.plan.workspaces.len() as u32,
            false => self.plan.iterations,
        }
    }

    /// The unit of a job; none for priming.
    pub(super) fn unit(self, job: &JobFacts) -> Option<u32> {
        if job.attempt.iteration == 0 {
            return None;
        }
        match self.plan.is_varied() {
            true => {
                let name = &job.case.workspace;
                let place = self.plan.workspaces.iter().position(|it| it.name == *name);
                place.map(|place| place as u32 + 1)
            }
            false => Some(job.attempt.iteration),
        }
    }

    /// What some jobs have.
    pub(super) fn units<'j>(self, jobs: impl IntoIterator<Item = &'j JobFacts>) -> Units<'j> {
        let mut units = Units::default();
        for job in jobs {
            if let Some(unit) = self.unit(job) {
                units.0.entry(unit).or_default().insert((&job.case, &job.job));
            }
        }
        units
    }

    /// Whether a unit is there with all of its cells.
    pub(super) fn is_whole(self, units: &Units<'_>, unit: u32) -> bool {
        let cells = units.0.get(&unit).map_or(0, BTreeSet::len);
        let is_varied = self.plan.is_varied();
        let is_of = |case: &&Case| {
            let own = self.plan.workspaces.get(unit as usize - 1);
            !is_varied || own.is_some_and(|it| it.name == case.workspace)
        };
        cells == self.plan.cases.iter().filter(is_of).count() * self.plan.story.jobs.len()
    }

    /// Some units in words: `blocks 3, 7 and 11`.
    pub(super) fn named(self, units: &[u32]) -> String {
        const SHOWN: usize = 8;
        let name = |unit: &u32| match self.plan.is_varied() {
            true => self.plan.workspaces[*unit as usize - 1].name.to_string(),
            false => unit.to_string(),
        };
        let mut names: Vec<String> = units.iter().take(SHOWN).map(name).collect();
        if units.len() > SHOWN {
            names.push(format!("{} more", units.len() - SHOWN));
        }
        let list = listed(names.iter());
        match (self.plan.is_varied(), units.len()) {
            (true, 1) => format!("variation {list}"),
            (true, _) => format!("variations {list}"),
            (false, 1) => format!("block {list}"),
            (false, _) => format!("blocks {list}"),
        }
    }
}

impl Units<'_> {
    /// The units of which anything is there.
    pub(super) fn begun(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }
}
