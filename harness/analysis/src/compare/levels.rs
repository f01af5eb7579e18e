//! Significance levels: of one comparison, of a family, of each interim analysis, of the whole run.
//! Owns the level and its shares, for verdicts and for reports. It must not know what is compared.

use std::sync::OnceLock;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{RunFacts, Stopping, WorkspaceName};
use serde::Serialize;

use super::clear::CLEAR_LEVEL;
use crate::statistics::{fewest, nominal};

/// The accepted chance of any false verdict in a family of comparisons, over all interim analyses.
pub(crate) const LEVEL: f64 = 0.05;

/// The fewest pairs that can decide anything at the level.
pub const FEWEST_PAIRS: u32 = 6;

/// The required p-value, by the number of comparisons that are not rejected yet. Each share is
/// computed on first use: with interim analyses it is a numerical integral.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Levels {
    stopping: Stopping,
    shares: Vec<OnceLock<f64>>,
}

/// The levels of a run's verdicts *faster* and *slower*.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub struct ErrorLevels {
    /// The chance that any comparison of a family without a difference is called different, over
    /// all interim analyses. A family is the comparisons of one job on one workspace.
    pub family: f64,
    /// Comparisons in a family, as planned.
    pub comparisons: usize,
    /// The p-value required of a single comparison, at each interim analysis.
    pub alone: f64,
    /// The p-value required of the first comparison of a family, at each interim analysis.
    pub strictest: f64,
    /// The fewest pairs with which the first comparison of a family can be decided.
    pub fewest: u32,
    /// The chance that one comparison without a difference is called clearly different, over all
    /// blocks after which it is looked at; these verdicts are not corrected for their family.
    pub clearly: f64,
    /// Families of the run.
    pub families: usize,
    /// The chance that any comparison of a run without differences is called different, if its
    /// families were independent.
    pub run: f64,
}

impl Levels {
    /// The levels for families of at most `comparisons`, with the plan's interim analyses. One that
    /// the end of a budget brings forward counts as the next one.
    pub(crate) fn of(stopping: &Stopping, most: usize) -> Levels {
        Levels { stopping: stopping.clone(), shares: vec![OnceLock::new(); most.max(1)] }
    }

    /// The level of one comparison by itself, which its interval has.
    pub(crate) fn alone(&self) -> f64 {
        self.share(1)
    }

    /// The level of each comparison by the number of those that are not rejected yet.
    pub(crate) fn share(&self, open: usize) -> f64 {
        let open = open.clamp(1, self.shares.len());
        *self.shares[open - 1].get_or_init(|| level_of(&self.stopping, open))
    }
}

/// How often a run's comparisons are looked at. What was merged from shards is looked at once:
/// no shard can know what the others have.
pub(crate) fn stopping(run: &RunFacts) -> &Stopping {
    const ONCE: &Stopping = &Stopping::Fixed;
    match run.parts.iter().any(|part| part.shard.is_some()) {
        true => ONCE,
        false => &run.plan.stopping,
    }
}

/// The levels of a run; absent where nothing is compared.
pub fn error_levels(run: &RunFacts) -> Option<ErrorLevels> {
    let (plan, stopping) = (&run.plan, stopping(run));
    let reference = plan.reference.as_ref()?;
    let compared = |workspace: &WorkspaceName| {
        let cases = plan.cases.iter().filter(|it| it.workspace == *workspace);
        cases.filter(|it| it.scenario != *reference).count()
    };
    let sizes = plan.workspaces.iter().map(|it| compared(&it.name)).filter(|size| *size > 0);
    let families = sizes.clone().count() * plan.story.jobs.len();
    let comparisons = sizes.max()?;
    let strictest = level_of(stopping, comparisons);
    Some(ErrorLevels {
        family: LEVEL,
        comparisons,
        alone: level_of(stopping, 1),
        strictest,
        fewest: fewest(strictest),
        clearly: CLEAR_LEVEL,
        families,
        run: 1.0 - (1.0 - LEVEL).powi(families as i32),
    })
}

/// The level of each comparison of a family, at every interim analysis.
fn level_of(stopping: &Stopping, open: usize) -> f64 {
    let level = LEVEL / open as f64;
    match stopping {
        Stopping::Fixed => level,
        Stopping::Sequential { looks } => nominal(&deciding(looks), level),
    }
}

/// The interim analyses that can decide a time: with fewer than six pairs no test at 5 % rejects
/// anything, and none of the level is spent.
fn deciding(looks: &[u32]) -> Vec<u32> {
    let deciding: Vec<u32> = looks.iter().copied().filter(|look| *look >= FEWEST_PAIRS).collect();
    if deciding.is_empty() { looks.to_vec() } else { deciding }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Stopping;

    use super::*;
    use crate::examples;

    #[test]
    fn a_run_of_four_jobs_has_a_level_of_its_own() {
        let scenarios = vec![examples::none(), examples::laptop(), examples::webdav()];
        let mut run = examples::run(scenarios, &["a", "b", "c", "d"], 10);
        let found = error_levels(&run).unwrap();
        assert_eq!((found.families, found.comparisons), (4, 2));
        assert!((found.run - 0.1855).abs() < 1e-4, "{found:?}");
        assert!((found.alone - 0.05).abs() < 1e-12 && (found.strictest - 0.025).abs() < 1e-12);
        run.plan.stopping = Stopping::Sequential { looks: vec![10, 20, 40, 60] };
        let looked = error_levels(&run).unwrap();
        assert!((looked.alone - 0.01676).abs() < 1e-4, "{looked:?}");
        assert!(looked.strictest < looked.alone / 1.9, "{looked:?}");
        assert_eq!((found.fewest, looked.fewest), (7, 8));
        run.plan.reference = None;
        assert_eq!(error_levels(&run), None);
    }
}
