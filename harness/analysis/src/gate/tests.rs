//! The gate's tests: each kind of change, on small records with known answers.

use lukewarm_model::{
    EditChoice, Failure, FailureKind, JobFacts, Metric, MutationKind, Place, Probe, RawRecord,
    RunFacts, Seconds, Thresholds,
};

use super::*;
use crate::evaluate::Evaluation;
use crate::examples;

/// A run of `none` and `sccache-webdav`, told one from another by its id.
fn record(id: &str, iterations: u32, change: impl Fn(&mut JobFacts)) -> RawRecord {
    let scenarios = vec![examples::none(), examples::webdav()];
    let run = examples::run(scenarios, &["cold"], iterations);
    let run = RunFacts { id: id.to_owned(), ..run };
    let mut jobs = Vec::new();
    for iteration in 0..=iterations {
        let noise = 1.0 + 0.01 * f64::from(iteration * 7 % 11 * 3 % 7);
        jobs.push(examples::job("finder/none", "cold", iteration, 10.0 * noise));
        let mut job = examples::sccache_job("finder/sccache-webdav", "cold", iteration, 0);
        job.steps[1].wall.0 *= noise;
        job.probe = Some(Probe { wall: Seconds(0.35), cpu: None, stolen: None });
        jobs.push(job);
    }
    jobs.iter_mut().for_each(change);
    RawRecord { run, jobs, end: None }
}

fn unchanged(_: &mut JobFacts) {}

#[test]
fn edits_that_were_chosen_otherwise_are_named() {
    let with = |id: &str, package: &str| {
        let mut made = record(id, 2, unchanged);
        let workspace = made.run.plan.workspaces[0].name.clone();
        let edit = EditChoice {
            kind: MutationKind::Body,
            place: Some(Place::Core),
            package: package.to_owned(),
            form: "a private function at the end of src/lib.rs".to_owned(),
            reason: "3 members depend on it".to_owned(),
            refused: Vec::new(),
        };
        made.run.edits = [(workspace, vec![edit])].into();
        made
    };
    let [one, same, other] = [with("a", "base"), with("b", "base"), with("c", "deep")];
    assert_eq!(compared(&one, &same).subjects, [""; 0]);
    let form = "a private function at the end of src/lib.rs in";
    let wanted = format!("edit core body of finder was {form} `base` and is {form} `deep`");
    assert_eq!(compared(&one, &other).subjects, [wanted]);
}

fn slower(share: f64) -> impl Fn(&mut JobFacts) {
    move |job| job.steps.iter_mut().for_each(|step| step.wall.0 *= share)
}

fn compared(baseline: &RawRecord, candidate: &RawRecord) -> Gate {
    let pairs = pairs_of_runs(baseline, candidate);
    gated(baseline, candidate, &pairs, Hosts::Alike)
}

fn gated(baseline: &RawRecord, candidate: &RawRecord, pairs: &[Pair], hosts: Hosts) -> Gate {
    let (before, now) = (Evaluation::of(baseline), Evaluation::of(candidate));
    gate(&before, &now, pairs, &Thresholds::default(), hosts)
}

/// The changes that are not *same*, as `case metric verdict`.
fn told(gate: &Gate) -> Vec<String> {
    let changed = gate.changes.iter().filter(|it| it.verdict != ChangeVerdict::Same);
    changed.map(|it| format!("{} {} {:?}", it.case, it.metric, it.verdict)).collect()
}

#[test]
fn nothing_changed_is_fine() {
    let gate = compared(&record("a", 12, unchanged), &record("b", 12, unchanged));
    assert_eq!(told(&gate), Vec::<String>::new());
    assert_eq!((gate.answer, gate.paired), (Answer::Fine, false));
}

#[test]
fn a_slower_build_is_a_regression_and_a_faster_one_is_not() {
    let (before, now) = (record("a", 12, unchanged), record("b", 12, slower(1.2)));
    let gate = compared(&before, &now);
    assert_eq!(gate.answer, Answer::Regression);
    assert_eq!(told(&gate), ["finder/none wall Worse", "finder/sccache-webdav wall Worse"]);
    let wall = gate.changes.iter().find(|it| it.metric == Metric::Wall).unwrap();
    assert!((wall.ratio.as_ref().unwrap().point - 1.2).abs() < 0.02, "{wall:?}");
    assert_eq!(compared(&now, &before).answer, Answer::Fine);
}

#[test]
fn three_runs_of_each_are_too_few_for_times_but_enough_for_requests() {
    let more = |job: &mut JobFacts| {
        if job.case == "finder/sccache-webdav" {
            job.steps[1].ledger.as_mut().unwrap().requests += 1;
        }
    };
    let gate = compared(&record("a", 3, unchanged), &record("b", 3, unchanged));
    assert_eq!(gate.answer, Answer::Inconclusive);
    let gate = compared(&record("a", 3, unchanged), &record("b", 3, more));
    assert_eq!(gate.answer, Answer::Regression);
    let said = told(&gate);
    assert!(said.contains(&"finder/sccache-webdav requests Worse".to_owned()), "{said:?}");
    assert!(said.contains(&"finder/none wall TooFewSamples".to_owned()), "{said:?}");
}

#[test]
fn what_does_not_repeat_may_move_within_its_own_spread() {
    let jitter = |most: u64| {
        move |job: &mut JobFacts| {
            if let Some(ledger) = job.steps.last_mut().and_then(|step| step.ledger.as_mut()) {
                ledger.bytes_up.0 += 1000 + u64::from(job.attempt.iteration) % most;
            }
        }
    };
    let change = |before, now| {
        let gate = compared(&record("a", 12, jitter(before)), &record("b", 12, jitter(now)));
        let found =
            gate.changes.into_iter().find(|it| it.metric == Metric::BytesUp && it.note.is_some());
        found.map(|it| (it.verdict, it.note.unwrap()))
    };
    let (verdict, note) = change(3, 5).unwrap();
    assert_eq!(verdict, ChangeVerdict::Same);
    assert!(note.starts_with("does not repeat: "), "{note}");
    assert_eq!(change(3, 10_000_000).unwrap().0, ChangeVerdict::Same);
    assert_eq!(change(1, 1), None, "it repeats");
}

/// Bytes that the webdav case sent, iteration by iteration.
fn sending(id: &str, bytes: &[u64]) -> RawRecord {
    let bytes = bytes.to_vec();
    record(id, bytes.len() as u32, move |job| {
        let of_iteration = job.attempt.iteration.checked_sub(1).map(|it| bytes[it as usize]);
        let mut ledgers = job.steps.iter_mut().filter_map(|step| step.ledger.as_mut());
        if let Some(first) = ledgers.next() {
            first.bytes_up.0 = of_iteration.unwrap_or_default();
        }
        ledgers.for_each(|ledger| ledger.bytes_up.0 = 0);
    })
}

fn bytes_up(before: &[u64], now: &[u64]) -> Change {
    let gate = compared(&sending("a", before), &sending("b", now));
    let is_it = |it: &Change| it.metric == Metric::BytesUp && it.case == "finder/sccache-webdav";
    gate.changes.into_iter().find(is_it).unwrap()
}

#[test]
fn what_was_measured_once_is_not_known_to_repeat() {
    let once = "measured once: repeatability unknown";
    for (before, now) in [(&[900][..], &[901][..]), (&[900, 900], &[901]), (&[900], &[2000, 2000])]
    {
        let found = bytes_up(before, now);
        assert_eq!(found.verdict, ChangeVerdict::TooFewSamples, "{found:?}");
        assert_eq!(found.note.as_deref(), Some(once));
    }
    assert_eq!(bytes_up(&[900], &[900]).verdict, ChangeVerdict::Same);
    // Twice on each side is enough for one byte.
    let found = bytes_up(&[900, 900], &[901, 901]);
    assert_eq!((found.verdict, found.note), (ChangeVerdict::Worse, None));
    assert_eq!(bytes_up(&[900, 900], &[899, 899]).verdict, ChangeVerdict::Better);
}

#[test]
fn what_was_measured_once_is_measured_again() {
    let open = |iterations| {
        // Two scenarios of one tool in one run, of which the second sends a byte more.
        let mut run = record("a", iterations, |job| {
            if job.case == "finder/none" {
                let attempt = job.attempt.iteration;
                *job = examples::sccache_job("finder/none", "cold", attempt, 0);
                job.steps[1].ledger.as_mut().unwrap().bytes_up.0 += 1;
            }
        });
        run.run.plan.scenarios[0] =
            lukewarm_model::Scenario { name: "none".into(), ..examples::webdav() };
        let plan = &run.run.plan;
        let pairs = pairs_of_scenarios((plan, "sccache-webdav"), (plan, "none"));
        // Times are not gated here, so that only the byte is open.
        let mut thresholds = Thresholds::default();
        thresholds.rules.retain(|rule| rule.metric != Metric::Wall);
        gate_open(&Evaluation::of(&run), &pairs, &thresholds).len()
    };
    assert_eq!((open(1), open(2)), (2, 0), "both sides, until each was measured twice");
}

#[test]
fn what_does_not_repeat_needs_a_test_to_be_worse() {
    let said = |before: &[u64], now: &[u64]| bytes_up(before, now).verdict;
    // The chance of drawing such a pair from one and the same source is one in three.
    assert_eq!(said(&[900, 950], &[1000, 1100]), ChangeVerdict::TooFewSamples);
    assert_eq!(said(&[900, 900], &[901, 950]), ChangeVerdict::TooFewSamples);
    let spread = |from: u64| -> Vec<u64> { (0..12).map(|n| from + n * 7 % 11).collect() };
    assert_eq!(said(&spread(900), &spread(1000)), ChangeVerdict::Worse);
    assert_eq!(said(&spread(1000), &spread(900)), ChangeVerdict::Better);
    assert_eq!(said(&spread(900), &spread(904)), ChangeVerdict::Same);
    let mut crossing = spread(1000);
    crossing[..4].fill(890);
    assert_eq!(said(&spread(900), &crossing), ChangeVerdict::Inconclusive);
}

#[test]
fn what_varies_is_looked_at_as_often_as_times_are() {
    // Six values of each side that do not overlap: p = 2 / 924. That is enough for all metrics
    // that are gated where one looks once, and not where one looks seven times.
    let spread = |from: u64, count: u64| (0..count).map(|n| from + n).collect::<Vec<u64>>();
    let said = |count, looks: &[u32]| {
        let mut record = sending("a", &spread(900, count));
        record.run.plan.scenarios[0] =
            lukewarm_model::Scenario { name: "none".into(), ..examples::webdav() };
        record.run.plan.stopping = lukewarm_model::Stopping::Sequential { looks: looks.to_vec() };
        for job in record.jobs.iter_mut().filter(|job| job.case == "finder/none") {
            let iteration = job.attempt.iteration;
            *job = examples::sccache_job("finder/none", "cold", iteration, 0);
            job.steps.iter_mut().filter_map(|it| it.ledger.as_mut()).for_each(|it| {
                it.bytes_up.0 = 0;
            });
            job.steps[1].ledger.as_mut().unwrap().bytes_up.0 = 2000 + u64::from(iteration);
        }
        let plan = &record.run.plan;
        let pairs = pairs_of_scenarios((plan, "sccache-webdav"), (plan, "none"));
        let gate = gated(&record, &record, &pairs, Hosts::Alike);
        gate.changes.into_iter().find(|it| it.metric == Metric::BytesUp).unwrap().verdict
    };
    assert_eq!(said(12, &[12]), ChangeVerdict::Worse);
    assert_eq!(said(6, &[6]), ChangeVerdict::Worse);
    assert_eq!(said(6, &[6, 7, 8, 9, 10, 11, 12]), ChangeVerdict::Inconclusive);
    assert_eq!(said(3, &[6]), ChangeVerdict::TooFewSamples);
}

/// The same run with calibration loads that take so long.
fn on_a_machine_that_takes(load: f64, mut record: RawRecord) -> RawRecord {
    let probes = record.jobs.iter_mut().filter_map(|job| job.probe.as_mut());
    probes.for_each(|probe| probe.wall.0 = load);
    record
}

#[test]
fn times_of_separate_runs_are_no_regression_unless_the_machine_was_alike() {
    let before = record("a", 12, unchanged);
    let now = || record("b", 12, slower(1.6));
    assert_eq!(compared(&before, &now()).answer, Answer::Regression);
    for (load, wanted) in [(0.36, Answer::Regression), (0.56, Answer::Inconclusive)] {
        let now = on_a_machine_that_takes(load, now());
        let gate = compared(&before, &now);
        assert_eq!(gate.answer, wanted, "{load}");
        let calibration = gate.calibration.unwrap();
        assert_eq!(calibration.agree, wanted == Answer::Regression);
        assert_eq!((calibration.baseline, calibration.candidate), (Some(0.35), Some(load)));
    }
    // A slower machine hides no regression either: nothing is said of times that look the same.
    let gate = compared(&before, &on_a_machine_that_takes(0.2, record("b", 12, unchanged)));
    let walls: Vec<&Change> = gate.changes.iter().filter(|it| it.metric == Metric::Wall).collect();
    assert!(walls.iter().all(|it| it.verdict == ChangeVerdict::Inconclusive), "{walls:?}");
    let note = walls[0].note.as_ref().unwrap();
    assert!(note.contains("took 0.35 s before and 0.20 s now") && note.contains("--against"));
    // Requests do not depend on the machine.
    let others = gate.changes.iter().filter(|it| it.metric != Metric::Wall);
    assert!(others.map(|it| it.verdict).all(|it| it == ChangeVerdict::Same));
}

#[test]
fn records_without_calibration_loads_compare_no_times() {
    let bare = |id: &str, share| {
        record(id, 12, move |job| {
            slower(share)(job);
            job.probe = None;
        })
    };
    let gate = compared(&bare("a", 1.0), &bare("b", 2.0));
    assert_eq!(gate.answer, Answer::Inconclusive);
    let wall = gate.changes.iter().find(|it| it.metric == Metric::Wall).unwrap();
    assert!(wall.note.as_ref().unwrap().starts_with("both runs measured the calibration load"));
    // Whatever the machines: what was asked for is no evidence.
    let (before, now) = (bare("a", 1.0), bare("b", 2.0));
    let pairs = pairs_of_runs(&before, &now);
    let gate = gated(&before, &now, &pairs, Hosts::Any);
    assert_eq!(gate.answer, Answer::Inconclusive);
}

#[test]
fn other_machines_times_are_left_out_unless_told() {
    let before = record("a", 12, unchanged);
    let mut now = record("b", 12, slower(2.0));
    now.run.host.cores += 2;
    let gate = compared(&before, &now);
    assert_eq!(gate.differences, ["number of cores was 2 and is 4"]);
    assert_eq!(gate.answer, Answer::Fine, "what does not depend on the machine is the same");
    assert!(told(&gate).iter().all(|it| it.ends_with("wall NotCompared")), "{:?}", told(&gate));
    let pairs = pairs_of_runs(&before, &now);
    let gate = gated(&before, &now, &pairs, Hosts::Any);
    assert_eq!(gate.answer, Answer::Regression);
}

#[test]
fn within_one_run_iterations_are_pairs() {
    // Drift that is larger than the change: only pairs see it.
    let drift = |job: &mut JobFacts| {
        let mood = 1.0 + 0.2 * f64::from(job.attempt.iteration);
        let share = if job.case == "finder/none" { 1.0 } else { 1.1 };
        *job = examples::job(
            &job.case.to_string(),
            "cold",
            job.attempt.iteration,
            10.0 * mood * share,
        );
    };
    let mut run = record("a", 12, drift);
    for scenario in &mut run.run.plan.scenarios {
        *scenario = lukewarm_model::Scenario { name: scenario.name.clone(), ..examples::none() };
    }
    let pairs = pairs_of_scenarios((&run.run.plan, "none"), (&run.run.plan, "sccache-webdav"));
    assert_eq!(pairs.len(), 1);
    let gate = gated(&run, &run, &pairs, Hosts::Alike);
    assert!(gate.paired);
    let wall = gate.changes.iter().find(|it| it.metric == Metric::Wall).unwrap();
    assert_eq!(wall.verdict, ChangeVerdict::Worse, "{wall:?}");
    assert!((wall.ratio.as_ref().unwrap().point - 1.1).abs() < 1e-9);
}

#[test]
fn a_failed_job_makes_the_answer_invalid() {
    let fail = |job: &mut JobFacts| {
        if job.case == "finder/none" && job.attempt.iteration == 2 {
            job.failure = Some(Failure {
                step: None,
                kind: FailureKind::Build,
                message: "`cargo build` ended with code 101".to_owned(),
                last_lines: Vec::new(),
            });
        }
    };
    let gate = compared(&record("a", 12, unchanged), &record("b", 12, fail));
    assert_eq!(gate.answer, Answer::Invalid);
    let said: Vec<String> = gate.invalid.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["b: finder/none cold: `cargo build` ended with code 101"]);
}

#[test]
fn cases_that_only_one_side_has_are_named_and_alone_decide_nothing() {
    let before = record("a", 12, unchanged);
    let mut now = record("b", 12, unchanged);
    for case in &mut now.run.plan.cases {
        case.workspace = "other".into();
    }
    let gate = compared(&before, &now);
    assert_eq!(
        (gate.answer, gate.changes.len(), gate.unmatched.len()),
        (Answer::Inconclusive, 0, 4)
    );
}
