//! What a ranking is made of: the times of a mix of jobs within blocks, and how two ways of caching
//! compare over it. Owns the mix's own comparison, and that of most of its jobs. It must not rank.

use lukewarm_model::{
    Case, ComparisonVerdict, JobName, Plan, Scenario, ScenarioName, WorkspaceName,
};

use super::mix::JobMix;
use crate::compare::{Direction, Levels, Noise, Pairs, stopping};
use crate::estimate::Estimate;
use crate::evaluate::{ByIteration, Evaluation};
use crate::findings::{Findings, Row, Rule, beside};

/// What a ranking is made of.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    pub(super) evaluation: &'a Evaluation<'a>,
    pub(super) findings: &'a Findings,
    pub(super) workspace: &'a WorkspaceName,
    pub(super) mix: &'a JobMix,
    /// The noise of the run's times.
    pub(super) noise: Noise,
}

impl<'a> Basis<'a> {
    pub(super) fn plan(&self) -> &'a Plan {
        &self.evaluation.record().run.plan
    }

    pub(super) fn row(&self, scenario: &ScenarioName, job: &JobName) -> Option<&'a Row> {
        self.findings.rows.iter().find(|row| {
            row.workspace == *self.workspace && row.scenario == *scenario && row.job == *job
        })
    }

    pub(super) fn scenario(&self, name: &ScenarioName) -> Option<&'a Scenario> {
        self.plan().scenarios.iter().find(|it| it.name == *name)
    }

    /// The mean wall-clock of the mix in each block that has all of its jobs.
    fn mixed(&self, scenario: &ScenarioName) -> ByIteration {
        let case = Case::new(self.workspace.clone(), scenario.clone());
        let rows = self.evaluation.rows();
        let walls: Vec<_> =
            self.mix.jobs.iter().map(|it| (it.share, rows.wall(&case, &it.job))).collect();
        let Some((_, Some(first))) = walls.first() else { return ByIteration::new() };
        let mean = |iteration: &u32| {
            let part = |(share, wall): &(f64, Option<&ByIteration>)| {
                Some(share * wall.as_ref()?.get(iteration)?)
            };
            walls.iter().map(part).sum::<Option<f64>>()
        };
        first.keys().filter_map(|iteration| Some((*iteration, mean(iteration)?))).collect()
    }

    /// What one way is beside another over the mix, of `planned` such comparisons.
    pub(super) fn beside(
        &self,
        candidate: &ScenarioName,
        reference: &ScenarioName,
        planned: usize,
    ) -> Option<(Estimate, ComparisonVerdict)> {
        // The mix of several jobs is no noisier than one job.
        let (candidate, reference) = (self.mixed(candidate), self.mixed(reference));
        self.compared(&Pairs::of(&candidate, &reference, self.evaluation.parts()), planned)
    }

    /// What most of the mix's jobs say of one way beside another, of `planned` such pairs: a budget
    /// leaves blocks that have some of the jobs only.
    pub(super) fn by_jobs(
        &self,
        candidate: &ScenarioName,
        reference: &ScenarioName,
        planned: usize,
    ) -> Direction {
        let rows = self.evaluation.rows();
        let wall = |scenario: &ScenarioName, job| {
            rows.wall(&Case::new(self.workspace.clone(), scenario.clone()), job)
        };
        let jobs = self.mix.jobs.iter().map(|it| &it.job);
        let directions = jobs.filter_map(|job| {
            let (candidate, reference) = (wall(candidate, job)?, wall(reference, job)?);
            let pairs = Pairs::of(candidate, reference, self.evaluation.parts());
            let (ratio, verdict) = self.compared(&pairs, planned * self.mix.jobs.len())?;
            Some((job, direction(verdict, &ratio)))
        });
        of_most(self.mix, directions)
    }

    /// What paired ratios say, of `planned` such comparisons.
    fn compared(&self, pairs: &Pairs, planned: usize) -> Option<(Estimate, ComparisonVerdict)> {
        let levels = Levels::of(stopping(&self.evaluation.record().run), planned);
        let parts = self.evaluation.parts();
        let rule = Rule { levels: &levels, noise: self.noise, looks: &[], parts };
        beside(pairs, &rule, planned)
    }
}

/// The direction of a decided comparison.
pub(super) fn direction(verdict: ComparisonVerdict, ratio: &Estimate) -> Direction {
    match verdict {
        ComparisonVerdict::Same => Direction::Same,
        it if !it.is_decided() => Direction::Undecided,
        _ if ratio.point < 1.0 => Direction::Faster,
        _ => Direction::Slower,
    }
}

/// The direction of those jobs that are decided, where they make up most of a mix and all point the
/// same way.
pub(super) fn of_most<'j>(
    mix: &JobMix,
    directions: impl Iterator<Item = (&'j JobName, Direction)>,
) -> Direction {
    let (mut faster, mut slower) = (0.0, 0.0);
    for (job, direction) in directions {
        match direction {
            Direction::Faster => faster += mix.share(job),
            Direction::Slower => slower += mix.share(job),
            Direction::Same | Direction::Undecided => {}
        }
    }
    match (faster > 0.5 && slower == 0.0, slower > 0.5 && faster == 0.0) {
        (true, _) => Direction::Faster,
        (_, true) => Direction::Slower,
        _ => Direction::Undecided,
    }
}
