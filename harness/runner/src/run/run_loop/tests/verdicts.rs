//! The main job as it would go with the times of `results/published/cli`, and the verdicts that it
//! ends with: jobs that only say what they took, decided by what decides real runs.

use std::collections::BTreeMap;

use lukewarm_analysis::{Evaluation, Findings, analyse, open};
use lukewarm_model::{ComparisonVerdict, elapsed};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

/// What the jobs of each scenario took there, in seconds, on average.
const TIMES: [(&str, [f64; 4]); 8] = [
    ("none", [7.48, 6.84, 8.31, 6.99]),
    ("persistent-target", [8.12, 0.04, 0.33, 1.21]),
    ("actions-cache", [10.23, 2.85, 3.08, 3.07]),
    ("actions-cache-rolling", [9.31, 3.93, 4.49, 4.83]),
    ("sccache-local", [8.53, 2.64, 2.83, 3.51]),
    ("sccache-github-actions", [11.35, 4.56, 4.82, 5.60]),
    ("sccache-webdav", [13.74, 3.88, 4.23, 5.11]),
    ("sccache-throttled", [13.08, 10.54, 7.37, 8.50]),
];
const JOBS: [&str; 4] = ["cold", "unchanged", "leaf-body", "core-signature"];
/// What is around each job, as a share of the times and for itself.
const AROUND: f64 = 0.2;

/// A time of the record with noise of about 8 %, which follows from the place in the order.
fn takes(slot: &ScheduledJob, job: &str) -> f64 {
    let (_, times) = TIMES.iter().find(|it| slot.case.scenario == it.0).unwrap();
    let place = JOBS.iter().position(|it| *it == job).unwrap();
    let mixed = (slot.attempt.position + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let noise = (mixed % 1000) as f64 / 1000.0 - 0.5;
    times[place] * (0.28 * noise).exp() + AROUND
}

/// The main job with a budget, and every time as many times as long.
fn main_job(budget: f64) -> Plan {
    let names: Vec<&str> = TIMES.iter().map(|it| it.0).collect();
    let mut plan = plan(&names, &JOBS, 60);
    plan.reference = Some("none".into());
    plan.stopping = Stopping::Sequential { looks: vec![10, 20, 40, 60] };
    plan.allocation = Allocation::Adaptive;
    plan.priming = Priming::Measured;
    plan.budget = Some(Seconds(budget));
    plan
}

fn measured(plan: &Plan, takes: Takes) -> (Vec<JobFacts>, Findings) {
    let fake = FakeJobs { takes: Some(takes), ..FakeJobs::default() };
    let mut decide = |record: &RawRecord| open(&Evaluation::of(record));
    let (_, jobs, ended) = run(plan, fake, Vec::new(), &mut decide, &mut |_: &Event| Ok(()));
    assert!(matches!(ended, Ended::Enough(_)), "{ended:?}");
    let record = RawRecord { run: run_facts(plan), jobs, end: None };
    let findings = analyse(Evaluation::of(&record));
    (record.jobs, findings)
}

fn verdicts(findings: &Findings) -> BTreeMap<String, ComparisonVerdict> {
    let compared = findings.rows.iter().filter_map(|row| {
        Some((format!("{} {}", row.scenario, row.job), row.comparison.as_ref()?.verdict))
    });
    compared.collect()
}

#[test]
fn the_main_job_ends_with_verdicts_in_ten_minutes() {
    let plan = main_job(600.0);
    let (jobs, findings) = measured(&plan, Box::new(takes));
    let took = elapsed(&jobs);
    assert!(took.0 > 450.0 && took.0 <= 600.0, "{took:?}");
    let verdicts = verdicts(&findings);
    // What is twice as fast or more is clear in every job after the first.
    for (scenario, times) in TIMES.iter().skip(1) {
        for (place, job) in JOBS.iter().enumerate().skip(1) {
            let ratio = (times[place] + AROUND) / (TIMES[0].1[place] + AROUND);
            let said = verdicts[&format!("{scenario} {job}")];
            if ratio < 0.5 {
                assert_eq!(said, ComparisonVerdict::ClearlyFaster, "{scenario} {job}: {ratio}");
            }
            assert!(
                said.direction().is_none_or(|it| it.is_lt() == (ratio < 1.0)),
                "{scenario} {job}"
            );
        }
    }
    let decided = verdicts.values().filter(|it| it.is_decided()).count();
    assert!(decided * 3 >= verdicts.len() * 2, "{decided} of {}: {verdicts:#?}", verdicts.len());
    // Cheap jobs have more blocks than the first, and what was clear early has two or three.
    let blocks = |scenario: &str, job: &str| {
        let of = |it: &&JobFacts| it.case.scenario == scenario && it.job == job;
        jobs.iter().filter(of).count()
    };
    assert!(blocks("none", "leaf-body") >= blocks("none", "cold"));
    assert!(blocks("persistent-target", "unchanged") <= 3);
}

#[test]
fn on_a_machine_half_as_fast_it_ends_in_time_too_and_with_verdicts() {
    let slow = |slot: &ScheduledJob, job: &str| 2.2 * takes(slot, job);
    let (jobs, findings) = measured(&main_job(600.0), Box::new(slow));
    let took = elapsed(&jobs);
    assert!(took.0 <= 620.0, "{took:?}");
    let clear = verdicts(&findings).values().filter(|it| it.is_clear()).count();
    assert!(clear >= 5, "{clear} of {:#?}", verdicts(&findings));
}

/// Noise of one build and of its block, as standard deviations of the logarithm.
const NOISE: (f64, f64) = (0.1, 0.06);

/// A standard normal value that follows from what it is of.
fn normal(of: [u64; 3]) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(of[0]);
    random.set_stream(1000 * of[1] + of[2]);
    let (first, second): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos()
}

#[test]
fn what_is_dropped_and_what_is_measured_more_often_makes_no_false_verdict() {
    let (mut clear, mut families, mut wrong) = (0, 0, 0);
    for seed in 0..16_u64 {
        let mut plan = plan(&["none", "a", "b", "half"], &["cold", "unchanged"], 60);
        plan.reference = Some("none".into());
        plan.stopping = Stopping::Sequential { looks: vec![10, 20, 40, 60] };
        plan.allocation = Allocation::Adaptive;
        plan.priming = Priming::Measured;
        plan.budget = Some(Seconds(400.0));
        plan.seed = seed;
        // `half` takes half as long and is soon dropped; the others are alike.
        let takes = move |slot: &ScheduledJob, job: &str| {
            let block = 2 * u64::from(slot.attempt.iteration) + u64::from(job == "cold");
            let (build, mood) =
                (normal([seed, 1, slot.attempt.position]), normal([seed, 2, block]));
            let factor = if slot.case.scenario == "half" { 0.4 } else { 1.0 };
            let whole = if job == "cold" { 8.0 } else { 4.0 };
            whole * factor * (NOISE.0 * build + NOISE.1 * mood).exp()
        };
        let (jobs, findings) = measured(&plan, Box::new(takes));
        assert!(elapsed(&jobs).0 <= 410.0);
        let verdicts = verdicts(&findings);
        assert!(verdicts["half cold"].is_clear() && verdicts["half unchanged"].is_clear());
        for job in ["cold", "unchanged"] {
            let of = |name: &str| verdicts[&format!("{name} {job}")];
            clear += ["a", "b"].iter().filter(|it| of(it).is_clear()).count();
            families += 1;
            wrong += u32::from(["a", "b"].iter().any(|it| of(it).direction().is_some()));
        }
    }
    assert_eq!(clear, 0, "of 64 alike cases");
    // At most 5 % are expected; three standard errors of so few come on top.
    assert!(f64::from(wrong) <= 0.166 * f64::from(families), "{wrong} of {families}");
}
