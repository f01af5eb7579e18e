//! Which blocks come next, and for which cases there is time, from times written by hand.

use lukewarm_model::{
    Allocation, Attempt, Case, Change, JobFacts, JobSpec, MutationKind, Place, Priming, Seconds,
    Step, StepFacts, Stopping, Timestamp,
};
use lukewarm_testing::{plan, run_facts};

use super::*;
use crate::run::schedule::everything;

/// A plan with this budget, and a record in which each job took what `took` says of its scenario
/// and name, over so many iterations.
fn record(budget: f64, iterations: u32, took: impl Fn(&str, &str) -> f64) -> (Plan, RawRecord) {
    let mut plan = plan(&["none", "a", "b", "c"], &["cold", "unchanged"], 60);
    plan.reference = Some("none".into());
    plan.allocation = Allocation::Adaptive;
    plan.priming = Priming::Measured;
    plan.stopping = Stopping::Sequential { looks: vec![10, 60] };
    plan.budget = Some(Seconds(budget));
    let mut jobs = Vec::new();
    for iteration in 1..=iterations {
        for (case, job) in everything(&plan) {
            let attempt = Attempt { iteration, position: jobs.len() as u64, repeat: 0 };
            let wall = took(&case.scenario, &job);
            jobs.push(facts(&case, job, attempt, wall));
        }
    }
    let record = RawRecord { run: run_facts(&plan), jobs, end: None };
    (plan, record)
}

fn facts(case: &Case, job: JobName, attempt: Attempt, wall: f64) -> JobFacts {
    let mut facts = JobFacts::new(case.clone(), job, attempt, Timestamp::default());
    facts.steps.push(StepFacts::new(Step::Build, Seconds(wall)));
    facts
}

fn dear_first(_: &str, job: &str) -> f64 {
    if job == "cold" { 10.0 } else { 2.0 }
}

fn jobs(cells: &OpenCells) -> Vec<&str> {
    let jobs: BTreeSet<&str> = cells.iter().map(|cell| cell.1.as_str()).collect();
    jobs.into_iter().collect()
}

#[test]
fn every_job_has_a_second_block_and_then_cheap_ones_come_more_often() {
    let (plan, mut record) = record(1000.0, 1, dear_first);
    let all = everything(&plan);
    assert_eq!(next_block(&plan, &record, &all, &[]), all);
    let mut given = vec![0, 0];
    for iteration in 2..=16 {
        let block = next_block(&plan, &record, &all, &[]);
        for (number, job) in ["cold", "unchanged"].iter().enumerate() {
            given[number] += u32::from(jobs(&block).contains(job));
        }
        for (case, job) in block {
            let attempt = Attempt { iteration, position: record.jobs.len() as u64, repeat: 0 };
            let wall = dear_first(&case.scenario, &job);
            record.jobs.push(facts(&case, job, attempt, wall));
        }
    }
    // 40 s a block of the one, 8 s of the other: each has about the same time.
    assert!(given[1] >= 13 && (3..=5).contains(&given[0]), "{given:?}");
}

#[test]
fn what_does_not_fit_is_left_out_whole_and_the_rest_is_measured() {
    // Two blocks took 96 s; 24 s are left for the third.
    let (plan, record) = record(120.0, 2, dear_first);
    let all = everything(&plan);
    assert_eq!(jobs(&next_block(&plan, &record, &all, &[])), ["unchanged"]);
    let cold: OpenCells = all.iter().filter(|cell| cell.1 == "cold").cloned().collect();
    assert!(next_block(&plan, &record, &cold, &[]).is_empty());
    assert!(next_block(&plan, &record, &OpenCells::new(), &[]).is_empty());
    let two: Vec<_> = cold.iter().take(2).cloned().collect();
    assert!(fits(&plan, &record, &two) && !fits(&plan, &record, &[&two[..], &two].concat()));
}

#[test]
fn a_block_leaves_room_for_builds_to_compare_with_where_one_does() {
    // One block took 48 s: 40 s of the one job, 8 s of the other. A build from nothing takes 10 s.
    let class = [BTreeSet::from([Case::new("w", "a"), Case::new("w", "b")])];
    let given = |budget: f64, classes: &[BTreeSet<Case>]| {
        let (plan, record) = record(budget, 1, dear_first);
        jobs(&next_block(&plan, &record, &everything(&plan), classes)).join(" ")
    };
    assert_eq!(given(105.0, &[]), "cold unchanged");
    assert_eq!(given(105.0, &class), "unchanged");
    assert_eq!(given(111.0, &class), "cold unchanged");
    assert_eq!(given(65.0, &class), "unchanged", "a block comes before a build beside it");
}

#[test]
fn cases_without_room_are_left_out_and_one_of_each_kind_is_kept() {
    // After the first job: each case took 10 s, and needs 5 + 5 s more for two blocks of the job
    // after it; the reference, which builds everything there too, 10 + 10 s.
    let kept = |budget: f64| {
        let (mut plan, mut record) = record(budget, 1, |_, _| 10.0);
        plan.scenarios[2].tool.name = "other".to_owned();
        record.jobs.retain(|job| job.job == "cold");
        let kept = affordable(&plan, &record, &Scope::whole(&plan), &[]).cases;
        plan.scenarios
            .iter()
            .map(|it| it.name.to_string())
            .filter(|name| kept.contains(&Case::new("w", name.as_str())))
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(90.0), ["none", "a", "b", "c"]);
    assert_eq!(kept(80.0), ["none", "a", "b"]);
    assert_eq!(kept(70.0), ["none", "b"], "the other tool says more than the same once more");
    assert_eq!(kept(1.0), ["none", "b"], "a comparison is always measured");
}

#[test]
fn one_job_says_little_about_all_of_them() {
    let (plan, mut record) = record(150.0, 1, |_, _| 10.0);
    record.jobs.truncate(1);
    let all = Scope::whole(&plan);
    // All need about 80 s: after one job only what is far beyond is left out.
    assert_eq!(affordable(&plan, &record, &all, &[]), all);
    assert_eq!(whole(&plan, &record), Seconds(120.0));
    let (plan, mut record) = self::record(50.0, 1, |_, _| 10.0);
    record.jobs.truncate(1);
    assert!(affordable(&plan, &record, &all, &[]).cases.len() < 4);
}

/// A build of two minutes within ten: two cases and all jobs of the default story take 17.
#[test]
fn where_two_cases_are_too_many_jobs_are_left_out_and_the_first_edit_is_kept() {
    let (mut plan, mut record) = record(600.0, 1, |_, _| 110.0);
    let job = |name: &str, kind: MutationKind| {
        let place = kind.has_place().then_some(Place::Leaf);
        JobSpec::alone(name, Change { kind, place })
    };
    plan.story.jobs = vec![
        job("cold", MutationKind::None),
        job("unchanged", MutationKind::None),
        job("leaf-body", MutationKind::Body),
        job("core-signature", MutationKind::Signature),
    ];
    record.jobs.retain(|it| it.job == "cold" && ["none", "a"].contains(&it.case.scenario.as_str()));
    let cases: BTreeSet<Case> = ["none", "a"].map(|it| Case::new("w", it)).into();
    let scope = Scope { cases: cases.clone(), ..Scope::whole(&plan) };
    let names_beside = |classes: &[BTreeSet<Case>], budget: f64| {
        let mut plan = plan.clone();
        plan.budget = Some(Seconds(budget));
        let kept = affordable(&plan, &record, &scope, classes);
        assert_eq!(kept.cases, cases);
        kept.jobs.iter().map(|place| plan.story.jobs[*place].name.clone()).collect::<Vec<_>>()
    };
    let names = |budget: f64| names_beside(&[], budget);
    // 220 s are spent; each job after the first takes 110 + 55 s, twice.
    assert_eq!(names(1300.0).len(), 4);
    assert_eq!(names(900.0), ["cold", "unchanged", "leaf-body"]);
    assert_eq!(names(600.0), ["cold", "leaf-body"]);
    assert_eq!(names(10.0), ["cold", "leaf-body"], "something is always measured");
    // What compiles in its own way needs a build from nothing, of 110 s, to be compared with.
    let own = [BTreeSet::from([Case::new("w", "a")])];
    assert_eq!(names(1250.0).len(), 4);
    assert_eq!(names_beside(&own, 1250.0), ["cold", "unchanged", "leaf-body"]);
    assert_eq!(names_beside(&own, 1350.0).len(), 4);
    let left_out = [BTreeSet::from([Case::new("w", "b")])];
    assert_eq!(names_beside(&left_out, 1250.0).len(), 4, "no case of it is measured");
    assert_eq!(kept_always(&plan).len(), 2);
    assert!(kept_always(&plan).contains(&Case::new("w", "none")));
}
