//! Results of a sweep: for each job the ratio to the reference along the setting.
//! Owns the grouping; the ratios are those of the rows.

use std::collections::BTreeSet;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{JobName, Plan, ScenarioName, WorkspaceName};
use serde::Serialize;

use super::row::Row;
use crate::compare::{Curve, CurvePoint};

/// One job of one workspace along a swept setting.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Swept {
    /// The workspace's name.
    pub workspace: WorkspaceName,
    /// The job's name in the story.
    pub job: JobName,
    /// One curve for each scenario to which the setting applies.
    pub curves: Vec<Curve>,
}

/// Every job of a run along its sweep; none where nothing is swept.
pub(super) fn swept(plan: &Plan, rows: &[Row]) -> Vec<Swept> {
    let (Some(sweep), Some(reference)) = (&plan.sweep, &plan.reference) else { return Vec::new() };
    let bases: BTreeSet<&ScenarioName> =
        sweep.points.iter().flat_map(|point| point.scenarios.keys()).collect();
    let mut found = Vec::new();
    for workspace in plan.workspaces.iter().map(|it| &it.name) {
        for job in plan.story.jobs.iter().map(|it| &it.name) {
            let row = |scenario: &ScenarioName| {
                let is_it = |row: &&Row| {
                    row.scenario == *scenario && row.workspace == *workspace && row.job == *job
                };
                rows.iter().find(is_it)
            };
            let curve = |base: &&ScenarioName| {
                let points = sweep.points.iter().filter_map(|point| {
                    let comparison = row(point.scenario(base))?.comparison.as_ref()?;
                    let (at, label) = (point.at, point.label.clone());
                    Some(CurvePoint { at, label, estimate: comparison.ratio.clone() })
                });
                let points: Vec<CurvePoint> = points.collect();
                let what = format!("wall-clock of {base} over {reference}, {job}");
                let curve = Curve::new(sweep.setting, &what, points, 1.0);
                (!curve.points.is_empty()).then_some(curve)
            };
            let curves: Vec<Curve> = bases.iter().filter_map(curve).collect();
            if !curves.is_empty() {
                let (workspace, job) = (workspace.clone(), job.clone());
                found.push(Swept { workspace, job, curves });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lukewarm_model::{RawRecord, Setting, Sweep, SweepPoint};

    use crate::compare::CurveShape;
    use crate::evaluate::Evaluation;
    use crate::examples;
    use crate::findings::analyse;

    #[test]
    fn each_job_has_a_curve_through_its_rows() {
        let far = |n: u32| examples::scenario(&format!("far-{n}"), "persistent-target", None);
        let scenarios = vec![examples::none(), far(0), far(1)];
        let mut run = examples::run(scenarios, &["cold", "unchanged"], 8);
        let point = |n: u32| SweepPoint {
            at: f64::from(n),
            label: format!("{n} s"),
            scenarios: BTreeMap::from([("far".into(), format!("far-{n}").into())]),
        };
        run.plan.sweep =
            Some(Sweep { setting: Setting::RoundTrip, points: vec![point(0), point(1)] });
        let walls = [("none", 10.0), ("far-0", 5.0), ("far-1", 20.0)];
        let jobs = (1..=8).flat_map(|iteration| {
            walls.map(|(name, wall)| {
                let wobble = 1.0 + 0.001 * f64::from(iteration);
                examples::job(&format!("finder/{name}"), "unchanged", iteration, wall * wobble)
            })
        });
        let record = RawRecord { run, jobs: jobs.collect(), end: None };
        let findings = analyse(Evaluation::of(&record));
        let [unchanged] = &findings.swept[..] else { panic!("{:?}", findings.swept) };
        assert_eq!((unchanged.job.as_str(), unchanged.curves.len()), ("unchanged", 1));
        let curve = &unchanged.curves[0];
        assert_eq!(curve.points.len(), 2);
        let CurveShape::Crosses(it) = curve.course else { panic!("{:?}", curve.course) };
        assert!(it.rises && (it.at - 0.5).abs() < 0.01, "{it:?}");
    }
}
