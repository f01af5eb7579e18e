//! Findings of small records with known answers.

use std::collections::BTreeSet;

use lukewarm_model::{
    Case, ComparisonVerdict, Failure, FailureKind, JobFacts, JobVerdict, Metric, Priming,
    RawRecord, Scenario, Step, Warning,
};

use super::*;
use crate::estimate::{Estimate, Estimator};
use crate::evaluate::Evaluation;
use crate::examples;

fn analysed(record: &RawRecord) -> Findings {
    analyse(Evaluation::of(record))
}

/// `none` and `persistent-target`, every job measured in so many iterations after priming.
fn record(iterations: u32) -> RawRecord {
    let scenarios = vec![examples::none(), examples::laptop()];
    let run = examples::run(scenarios, &["cold", "unchanged"], iterations);
    let mut jobs = Vec::new();
    for iteration in 0..=iterations {
        let slower = 1.0 + 0.01 * f64::from(iteration * 5 % 7);
        for (case, share) in [("finder/none", 1.0), ("finder/persistent-target", 0.5)] {
            for job in ["cold", "unchanged"] {
                jobs.push(examples::job(case, job, iteration, 10.0 * slower * share));
            }
        }
    }
    RawRecord { run, jobs, end: None }
}

fn row<'a>(findings: &'a Findings, scenario: &str, job: &str) -> &'a Row {
    let mut rows = findings.rows.iter();
    rows.find(|row| row.scenario == scenario && row.job == job).unwrap()
}

fn fail(job: &mut JobFacts, message: &str) {
    job.failure = Some(Failure {
        step: None,
        kind: FailureKind::Build,
        message: message.to_owned(),
        last_lines: vec!["error: could not compile".to_owned()],
    });
}

#[test]
fn rows_stand_in_the_plans_order_whatever_ran_first() {
    let mut record = record(2);
    let mut other = examples::workspace("second");
    other.expected = lukewarm_model::Expected::default();
    record.run.plan.workspaces.insert(0, other);
    record.run.plan.cases.push(Case::new("second", "none"));
    record.jobs.reverse();
    let findings = analysed(&record);
    let order: Vec<String> =
        findings.rows.iter().map(|row| format!("{} {}", row.case, row.job)).collect();
    insta::assert_snapshot!(order.join("\n"), @r"
    second/none cold
    second/none unchanged
    finder/none cold
    finder/none unchanged
    finder/persistent-target cold
    finder/persistent-target unchanged
    ");
}

#[test]
fn priming_counts_in_no_estimate() {
    let mut record = record(3);
    record.jobs[0].steps[0].wall.0 = 1e6;
    let findings = analysed(&record);
    let wall = row(&findings, "none", "cold").estimate(Metric::Wall, None).unwrap();
    let wanted = Estimate {
        point: 10.3,
        low: 10.1,
        high: 10.5,
        estimator: Estimator::MedianWithRange,
        count: 3,
    };
    assert_eq!(*wall, wanted);
    let priming = findings.samples.iter().filter(|sample| sample.iteration == 0);
    assert!(priming.count() > 0, "priming is kept among the samples");
    let build = row(&findings, "none", "cold").estimate(Metric::Wall, Some(Step::Build));
    assert_eq!(build.unwrap(), wall);
}

#[test]
fn the_reference_is_compared_with_nothing_and_others_with_it() {
    let few = analysed(&record(2));
    assert_eq!(row(&few, "none", "cold").comparison, None);
    let comparison = row(&few, "persistent-target", "cold").comparison.as_ref().unwrap();
    assert_eq!(comparison.reference, "none");
    // Half the time is clear after two blocks, at a level of its own.
    assert_eq!(comparison.verdict, ComparisonVerdict::ClearlyFaster);
    assert_eq!(comparison.ratio.estimator, Estimator::ModeratedT);
    assert!((comparison.ratio.point - 0.5).abs() < 1e-9);
    let many = analysed(&record(6));
    let comparison = row(&many, "persistent-target", "unchanged").comparison.as_ref().unwrap();
    assert_eq!(comparison.verdict, ComparisonVerdict::ClearlyFaster);
    assert_eq!(comparison.ratio.estimator, Estimator::HodgesLehmann, "six pairs have an exact one");
    assert_eq!((comparison.margin, comparison.ratio.count), (0.02, 6));
    let mut alone = record(6);
    alone.run.plan.reference = None;
    assert!(analysed(&alone).rows.iter().all(|row| row.comparison.is_none()));
}

#[test]
fn a_scenario_without_any_result_counts_in_the_family() {
    let mut record = record(6);
    // A tenth faster than the reference: too little to be clear.
    for job in record.jobs.iter_mut().filter(|it| it.case.scenario == "persistent-target") {
        job.steps[0].wall.0 *= 1.8;
    }
    let verdict = |record: &RawRecord| {
        let findings = analysed(record);
        row(&findings, "persistent-target", "cold").comparison.clone().unwrap()
    };
    assert_eq!(verdict(&record).verdict, ComparisonVerdict::Faster);
    // It was planned, and failed in every iteration: six pairs are not enough for two.
    record.run.plan.scenarios.push(examples::webdav());
    record.run.plan.cases.push(Case::new("finder", "sccache-webdav"));
    let open = verdict(&record);
    assert_eq!(open.verdict, ComparisonVerdict::Inconclusive);
    assert_eq!(open.iterations_needed, Some(7));
}

#[test]
fn a_reference_that_differs_from_itself_is_a_floor_for_differences_alone() {
    let again = Scenario { name: "none-again".into(), ..examples::none() };
    let scenarios = vec![examples::none(), again, examples::laptop()];
    let mut run = examples::run(scenarios, &["cold"], 12);
    run.plan.twin = Some("none-again".into());
    let jobs = (1..=12).flat_map(|iteration| {
        let mood = f64::from(iteration * 7 % 11) / 5.0 - 1.0;
        [("none", 10.0), ("none-again", 10.0 * (1.0 + 0.1 * mood)), ("persistent-target", 10.3)]
            .map(|(name, wall)| examples::job(&format!("finder/{name}"), "cold", iteration, wall))
    });
    let mut record = RawRecord { run, jobs: jobs.collect(), end: None };
    let of = |record: &RawRecord| {
        let findings = analysed(record);
        row(&findings, "persistent-target", "cold").comparison.clone().unwrap()
    };
    let small = of(&record);
    assert_eq!(small.verdict, ComparisonVerdict::Inconclusive);
    assert!(small.floor.unwrap() > 0.03 && small.margin == 0.02, "{small:?}");
    assert!(small.is_noisier_than_margin());
    // That the plan names it is what makes it one.
    let mut unnamed = record.clone();
    unnamed.run.plan.twin = None;
    assert_eq!(of(&unnamed).floor, None);
    // Without its twin beside it, the same times are a difference.
    record.run.plan.scenarios.remove(1);
    record.run.plan.cases.retain(|case| case.scenario != "none-again");
    let alone = of(&record);
    assert_eq!((alone.verdict, alone.floor), (ComparisonVerdict::Slower, None));
}

#[test]
fn a_failed_job_gives_no_estimate_and_breaks_its_pair_alone() {
    let mut record = record(3);
    // Iteration 2 of `none`, cold.
    fail(&mut record.jobs[8], "cargo build ended with exit code 101");
    let findings = analysed(&record);
    let cold = row(&findings, "none", "cold");
    assert_eq!(cold.estimate(Metric::Wall, None).unwrap().count, 2);
    assert_eq!(cold.failure, None);
    let compared = row(&findings, "persistent-target", "cold").comparison.as_ref().unwrap();
    assert_eq!(compared.ratio.count, 2);
    let wanted = JobIssue {
        case: Case::new("finder", "none"),
        job: "cold".into(),
        iteration: 2,
        kind: IssueKind::Failed,
        reasons: vec!["cargo build ended with exit code 101".to_owned()],
        last_lines: vec!["error: could not compile".to_owned()],
    };
    assert_eq!(findings.issues, [wanted]);
}

#[test]
fn a_row_without_a_result_says_why() {
    let mut failed = record(1);
    failed.jobs.iter_mut().filter(|j| j.case == "finder/none").for_each(|j| fail(j, "no disk"));
    let findings = analysed(&failed);
    let none = row(&findings, "none", "cold");
    assert_eq!((none.failure.as_deref(), &none.verdict), (Some("no disk"), &None));
    assert!(none.measured.is_empty());
    let other = row(&findings, "persistent-target", "cold");
    assert_eq!((&other.comparison, &other.failure), (&None, &None));
    assert!(!other.measured.is_empty(), "the other case goes on");

    let mut cut = record(1);
    cut.jobs.retain(|job| job.attempt.iteration == 0);
    let findings = analysed(&cut);
    let none = row(&findings, "none", "cold");
    assert_eq!(none.failure.as_deref(), Some("did not run: the run was interrupted"));
    assert_eq!(findings.missing_jobs, 4);
}

#[test]
fn the_worst_verdict_that_counts_comes_with_its_distinct_reasons() {
    let mut record = record(3);
    record.jobs[0].units.pop();
    let valid = analysed(&record);
    assert_eq!(row(&valid, "none", "cold").verdict.as_ref().unwrap().word(), "valid");
    assert_eq!(valid.issues.len(), 1, "a doubt about priming is told, though it does not count");
    record.jobs[4].units.pop();
    record.jobs[8].units.pop();
    record.jobs[12].checks[0].held = None;
    let findings = analysed(&record);
    let verdict = row(&findings, "none", "cold").verdict.clone().unwrap();
    let reason = "19 units, but workspace `finder` declares 20".to_owned();
    assert_eq!(verdict.word(), "degraded");
    assert_eq!(verdict.reasons()[0], reason);
    let distinct: BTreeSet<&String> = verdict.reasons().iter().collect();
    assert_eq!(distinct.len(), verdict.reasons().len());
    let words: Vec<&str> = findings.issues.iter().map(|issue| issue.kind.name()).collect();
    assert_eq!(words, ["degraded", "degraded", "degraded", "unchecked"]);
    let wall = row(&findings, "none", "cold").estimate(Metric::Wall, None).unwrap();
    assert_eq!(wall.count, 3, "degraded jobs count, and the verdict says so first");
}

#[test]
fn a_repeated_iteration_counts_once() {
    let mut record = record(2);
    // The block of iteration 1, cold: both cases.
    for place in [4, 6] {
        let mut again = record.jobs[place].clone();
        again.steps[0].wall.0 = 99.0;
        again.attempt.repeat = 1;
        record.jobs.push(again);
    }
    let findings = analysed(&record);
    let wall = row(&findings, "none", "cold").estimate(Metric::Wall, None).unwrap();
    assert_eq!((wall.count, wall.high), (2, 99.0));
    assert_eq!(findings.missing_jobs, 0);
}

#[test]
fn measured_priming_has_no_pass_of_its_own() {
    let mut record = record(2);
    record.run.plan.priming = Priming::Measured;
    record.jobs.retain(|job| job.attempt.iteration > 0);
    record.run.warnings.push(Warning::new("a", "b"));
    let findings = analysed(&record);
    assert_eq!((findings.missing_jobs, findings.warnings.len()), (0, 1));
    assert_eq!(row(&findings, "none", "cold").estimate(Metric::Wall, None).unwrap().count, 2);
}

#[test]
fn the_example_run_is_told_as_it_was() {
    let findings = analysed(&crate::example_run::example_run());
    let told: Vec<String> = findings
        .rows
        .iter()
        .map(|row| {
            let wall = row
                .estimate(Metric::Wall, None)
                .map_or("-".to_owned(), |wall| format!("{:.1}", wall.point));
            let reuse = row
                .estimate(Metric::ReuseRatio, None)
                .map_or("-".to_owned(), |reuse| format!("{:.2}", reuse.point));
            let word = row.verdict.as_ref().map_or("failed", JobVerdict::word);
            format!("{} {}: {wall} s, reuse {reuse}, {word}", row.scenario, row.job)
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    none cold: 12.8 s, reuse 0.00, valid
    none unchanged: 12.8 s, reuse 0.00, valid
    none leaf-body: 12.8 s, reuse 0.00, valid
    persistent-target cold: 13.6 s, reuse 0.00, valid
    persistent-target unchanged: 0.2 s, reuse 1.00, valid
    persistent-target leaf-body: 2.0 s, reuse 0.70, valid
    actions-cache cold: 15.6 s, reuse 0.00, valid
    actions-cache unchanged: 7.1 s, reuse 0.70, valid
    actions-cache leaf-body: 7.1 s, reuse 0.70, valid
    sccache-webdav cold: 13.4 s, reuse 0.00, valid
    sccache-webdav unchanged: 4.7 s, reuse 0.70, valid
    sccache-webdav leaf-body: 9.6 s, reuse 0.33, degraded
    sccache-throttled cold: - s, reuse -, failed
    sccache-throttled unchanged: - s, reuse -, failed
    sccache-throttled leaf-body: - s, reuse -, failed
    ");
    assert_eq!((findings.missing_jobs, findings.issues.len()), (0, 10));
    assert_eq!(findings, analysed(&crate::example_run::example_run()), "twice the same");
}

#[test]
fn ten_thousand_jobs_are_forty_rows() {
    let laptop = |n| examples::scenario(&format!("laptop-{n}"), "persistent-target", None);
    let run = examples::run((1..=20).map(laptop).collect(), &["cold", "unchanged"], 249);
    let passes = (0..=249).flat_map(|iteration| {
        let case = |n| format!("finder/laptop-{n}");
        let both =
            move |n| ["cold", "unchanged"].map(|j| examples::job(&case(n), j, iteration, 1.0));
        (1..=20).flat_map(both)
    });
    let record = RawRecord { jobs: passes.collect(), run, end: None };
    assert_eq!(record.jobs.len(), 10_000);
    assert_eq!(analysed(&record).rows.len(), 40);
}

#[test]
fn several_workspaces_have_a_ratio_over_all_of_them() {
    let mut record = record(6);
    assert!(analysed(&record).cross_workspace.is_empty(), "one workspace is itself");
    let mut second = examples::workspace("second");
    second.expected = lukewarm_model::Expected::default();
    record.run.plan.workspaces.push(second);
    let others: Vec<JobFacts> = record
        .jobs
        .iter()
        .map(|job| {
            let mut job = job.clone();
            // The laptop is twice as fast on one workspace, and eight times on the other.
            let share = if job.case.scenario == "none" { 1.0 } else { 0.25 };
            job.steps.iter_mut().for_each(|step| step.wall.0 *= share);
            job.case.workspace = "second".into();
            job
        })
        .collect();
    record.jobs.extend(others);
    for case in record.run.plan.cases.clone() {
        record.run.plan.cases.push(Case { workspace: "second".into(), ..case });
    }
    let found = analysed(&record).cross_workspace;
    assert_eq!(found.len(), 2, "{found:?}");
    let ratio = &found[0].ratio;
    assert_eq!((found[0].scenario.as_str(), found[0].job.as_str()), ("persistent-target", "cold"));
    assert!((ratio.point - 0.25).abs() < 1e-9, "{ratio:?}");
    assert!((ratio.low - 0.125).abs() < 1e-9 && (ratio.high - 0.5).abs() < 1e-9, "{ratio:?}");
    // Two workspaces say what they have, and give no interval for others.
    assert_eq!((ratio.estimator, ratio.count), (Estimator::WorkspacesWithRange, 2));
    let each: Vec<(&str, usize)> =
        found[0].workspaces.iter().map(|it| (it.workspace.as_str(), it.pairs)).collect();
    assert_eq!(each, [("finder", 6), ("second", 6)]);
}

#[test]
fn a_time_far_from_its_row_is_flagged_and_counts() {
    let mut record = record(8);
    let is_far = |job: &&mut JobFacts| {
        job.case == "finder/none" && job.job == "cold" && job.attempt.iteration == 5
    };
    record.jobs.iter_mut().find(is_far).unwrap().steps[0].wall.0 = 40.0;
    let findings = analysed(&record);
    let flagged: Vec<(Case, u32, f64)> =
        findings.outliers.iter().map(|it| (it.case.clone(), it.iteration, it.wall)).collect();
    assert_eq!(flagged, [(Case::new("finder", "none"), 5, 40.0)]);
    let wall = row(&findings, "none", "cold").estimate(Metric::Wall, None).unwrap();
    assert_eq!((wall.count, wall.high), (8, 40.0));
}
