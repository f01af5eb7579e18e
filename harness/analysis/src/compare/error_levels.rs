//! How sure the verdicts of a run are: of one comparison, of a family, of the whole run.
//! Owns these figures for reports; `compare` decides with the same levels.

use lukewarm_model::Plan;
use schemars::JsonSchema;
use serde::Serialize;

use super::{LEVEL, level_of};
use crate::statistics::fewest;

/// The levels of a run's verdicts *faster* and *slower*.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize)]
pub struct ErrorLevels {
    /// The chance that any comparison of a family is called different though it is alike, however
    /// often one looked. A family is the comparisons of one job on one workspace.
    pub family: f64,
    /// Comparisons in a family, as planned.
    pub comparisons: usize,
    /// How small the p-value of an only comparison must be, at each look.
    pub alone: f64,
    /// How small that of the first comparison of a family must be, at each look.
    pub strictest: f64,
    /// The fewest pairs with which the first comparison of a family can be decided.
    pub fewest: u32,
    /// Families of the run.
    pub families: usize,
    /// The chance that any comparison of the run is called different though all are alike, were
    /// its families independent of each other.
    pub run: f64,
}

/// The levels of a plan; none where nothing is compared.
pub fn error_levels(plan: &Plan) -> Option<ErrorLevels> {
    let reference = plan.reference.as_ref()?;
    let compared = |workspace: &String| {
        let cases = plan.cases.iter().filter(|it| it.workspace == *workspace);
        cases.filter(|it| it.scenario != *reference).count()
    };
    let sizes = plan.workspaces.iter().map(|it| compared(&it.name)).filter(|size| *size > 0);
    let families = sizes.clone().count() * plan.story.jobs.len();
    let comparisons = sizes.max()?;
    let strictest = level_of(&plan.stopping, comparisons);
    Some(ErrorLevels {
        family: LEVEL,
        comparisons,
        alone: level_of(&plan.stopping, 1),
        strictest,
        fewest: fewest(strictest),
        families,
        run: 1.0 - (1.0 - LEVEL).powi(families as i32),
    })
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Stopping;

    use super::*;
    use crate::examples;

    #[test]
    fn a_run_of_four_jobs_has_a_level_of_its_own() {
        let scenarios = vec![examples::none(), examples::laptop(), examples::webdav()];
        let mut plan = examples::run(scenarios, &["a", "b", "c", "d"], 10).plan;
        let found = error_levels(&plan).unwrap();
        assert_eq!((found.families, found.comparisons), (4, 2));
        assert!((found.run - 0.1855).abs() < 1e-4, "{found:?}");
        assert!((found.alone - 0.05).abs() < 1e-12 && (found.strictest - 0.025).abs() < 1e-12);
        plan.stopping = Stopping::Sequential { looks: vec![10, 20, 40, 60] };
        let looked = error_levels(&plan).unwrap();
        assert!((looked.alone - 0.01676).abs() < 1e-4, "{looked:?}");
        assert!(looked.strictest < looked.alone / 1.9, "{looked:?}");
        assert_eq!((found.fewest, looked.fewest), (7, 8));
        plan.reference = None;
        assert_eq!(error_levels(&plan), None);
    }
}
