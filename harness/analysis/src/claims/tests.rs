//! Claims on synthetic records with known answers, in both directions.

use std::collections::BTreeMap;

use lukewarm_model::{Metric, Priming, Seconds, Setting, Step, Stopping, Sweep, SweepPoint};

use super::*;
use crate::examples;
use crate::measure;

/// A record in which each scenario's wall-clock is this, with ±1 % from iteration to iteration.
fn record(walls: &[(&str, f64)], iterations: u32) -> RawRecord {
    let named =
        |name: &&str| lukewarm_model::Scenario { name: (*name).to_owned(), ..examples::laptop() };
    let names: Vec<&str> = walls.iter().map(|(name, _)| *name).collect();
    let mut run =
        examples::run(names.iter().map(named).collect(), &["cold", "unchanged"], iterations);
    run.plan.priming = Priming::Measured;
    let mut jobs = Vec::new();
    for iteration in 1..=iterations {
        for (number, (name, wall)) in walls.iter().enumerate() {
            for job in ["cold", "unchanged"] {
                let wobble =
                    1.0 + 0.01 * (f64::from(iteration * 5 + number as u32 * 3) % 7.0 - 3.0) / 3.0;
                let case = format!("finder/{name}");
                jobs.push(examples::job(&case, job, iteration, wall * wobble));
            }
        }
    }
    RawRecord { run, jobs, end: None }
}

fn experiment(record: &RawRecord, sweep: Option<Sweep>) -> Experiment {
    let plan = &record.run.plan;
    Experiment {
        name: "main".to_owned(),
        workspace: plan.workspaces[0].clone(),
        story: plan.story.clone(),
        scenarios: plan.scenarios.clone(),
        sweep,
    }
}

fn wall(scenario: &str) -> Observed {
    let (metric, job) = (Metric::Wall, "unchanged".to_owned());
    Observed { metric, step: None, scenario: scenario.to_owned(), job }
}

fn at_most(value: Observed, over: Option<Observed>, most: f64) -> Predicate {
    Predicate {
        says: "it is less".to_owned(),
        experiment: "main".to_owned(),
        value,
        over,
        bound: Bound { at_least: None, at_most: Some(most) },
        claimed: None,
        when: None,
    }
}

fn claim(predicates: Vec<Predicate>) -> Claim {
    let text = || "text".to_owned();
    Claim {
        id: "x1".to_owned(),
        title: text(),
        claim: text(),
        source: text(),
        date: text(),
        tested: Tested::Locally,
        conditions: text(),
        untested: None,
        essay: text(),
        experiments: Vec::new(),
        predicates,
    }
}

fn judged(record: &RawRecord, sweep: Option<Sweep>, predicates: Vec<Predicate>) -> ClaimFinding {
    let (samples, experiment) = (measure(record), experiment(record, sweep));
    let served = Served { claim: "x1", experiment: &experiment, record, samples: &samples };
    judge_claims(&[claim(predicates)], &[served]).remove(0)
}

fn faster(record: &RawRecord) -> ClaimVerdict {
    judged(record, None, vec![at_most(wall("b"), Some(wall("a")), 0.9)]).verdict
}

#[test]
fn a_ratio_holds_fails_or_stays_open() {
    assert_eq!(faster(&record(&[("a", 10.0), ("b", 5.0)], 8)), ClaimVerdict::Reproduced);
    assert_eq!(faster(&record(&[("a", 10.0), ("b", 12.0)], 8)), ClaimVerdict::Contradicted);
    assert_eq!(faster(&record(&[("a", 10.0), ("b", 9.0)], 8)), ClaimVerdict::Inconclusive);
    // Few samples decide no time, however clear it looks.
    assert_eq!(faster(&record(&[("a", 10.0), ("b", 1.0)], 3)), ClaimVerdict::Inconclusive);
}

#[test]
fn what_repeats_exactly_is_decided_by_one_iteration() {
    let units = |most| {
        let value = Observed { metric: Metric::Units, ..wall("b") };
        judged(&record(&[("a", 10.0), ("b", 5.0)], 1), None, vec![at_most(value, None, most)])
    };
    assert_eq!(units(20.0).verdict, ClaimVerdict::Reproduced);
    assert_eq!(units(19.0).verdict, ClaimVerdict::Contradicted);
    let estimate = units(20.0).evidence[0].estimate.clone().unwrap();
    assert_eq!((estimate.point, estimate.count), (20.0, 1));
}

#[test]
fn a_claim_depends_where_conditions_differ() {
    let record = record(&[("a", 10.0), ("b", 5.0), ("c", 20.0)], 8);
    let of = |name: &str, when: &str| Predicate {
        when: Some(when.to_owned()),
        ..at_most(wall(name), Some(wall("a")), 0.9)
    };
    let both = judged(&record, None, vec![of("b", "near"), of("c", "far")]);
    assert_eq!(both.verdict, ClaimVerdict::Depends);
    // Under one condition, one that fails is enough.
    let one = judged(&record, None, vec![of("b", "near"), of("c", "near")]);
    assert_eq!(one.verdict, ClaimVerdict::Contradicted);
}

#[test]
fn what_is_missing_failed_or_doubtful_is_not_decided() {
    let mut record = record(&[("a", 10.0), ("b", 5.0)], 8);
    let missing = judged(&record, None, vec![at_most(wall("z"), Some(wall("a")), 0.9)]);
    assert_eq!(missing.evidence[0].decision, Decision::Open(Why::NotMeasured));
    assert_eq!(missing.verdict, ClaimVerdict::Inconclusive);
    record.jobs.last_mut().unwrap().checks[0].held = Some(false);
    let doubtful = judged(&record, None, vec![at_most(wall("b"), Some(wall("a")), 0.9)]);
    assert!(matches!(doubtful.evidence[0].decision, Decision::Open(Why::Doubtful(_))));
    let nothing = judge_claims(&[claim(vec![at_most(wall("b"), None, 1.0)])], &[]);
    assert_eq!(nothing[0].verdict, ClaimVerdict::Inconclusive);
}

/// `b` at five round trips, growing from half of `a` to twice it.
fn swept(walls: [f64; 5]) -> (RawRecord, Sweep) {
    let names = ["b+0", "b+1", "b+2", "b+3", "b+4"];
    let mut all = vec![("a", 10.0)];
    all.extend(names.into_iter().zip(walls));
    let points = names.iter().enumerate().map(|(number, name)| SweepPoint {
        at: number as f64 * 0.05,
        label: format!("{} ms", number * 50),
        scenarios: BTreeMap::from([("b".to_owned(), (*name).to_owned())]),
    });
    (record(&all, 8), Sweep { setting: Setting::RoundTrip, points: points.collect() })
}

#[test]
fn a_sweep_that_crosses_depends_and_says_where() {
    let (record, sweep) = swept([5.0, 7.0, 9.0, 12.0, 16.0]);
    let found = judged(&record, Some(sweep), vec![at_most(wall("b"), Some(wall("a")), 1.0)]);
    assert_eq!(found.verdict, ClaimVerdict::Depends);
    let Course::Crosses(it) = found.curves()[0].course else { panic!("{:?}", found.curves()) };
    // Between 9 at 100 ms and 12 at 150 ms the logarithm is straight.
    let wanted = 0.1 + 0.05 * (10.0_f64 / 9.0).ln() / (12.0_f64 / 9.0).ln();
    assert!((it.at - wanted).abs() < 0.003, "{it:?} and not {wanted}");
    assert!(it.low < wanted && wanted < it.high && it.high - it.low < 0.02, "{it:?}");
    assert_eq!(found.curves()[0].dimension, "round trip");
}

#[test]
fn a_sweep_on_one_side_holds_or_fails_as_a_whole() {
    let of = |walls| {
        let (record, sweep) = swept(walls);
        judged(&record, Some(sweep), vec![at_most(wall("b"), Some(wall("a")), 1.0)]).verdict
    };
    assert_eq!(of([5.0, 6.0, 7.0, 8.0, 9.0]), ClaimVerdict::Reproduced);
    assert_eq!(of([15.0, 16.0, 17.0, 18.0, 19.0]), ClaimVerdict::Contradicted);
    assert_eq!(of([10.0; 5]), ClaimVerdict::Inconclusive);
}

#[test]
fn only_what_a_test_has_not_decided_is_measured_further() {
    let record = record(&[("a", 10.0), ("b", 5.0), ("c", 9.0), ("d", 1.0)], 3);
    let (samples, experiment) = (measure(&record), experiment(&record, None));
    let units = Observed { metric: Metric::Units, ..wall("d") };
    let predicates = [at_most(wall("b"), Some(wall("a")), 0.9), at_most(units, None, 1.0)];
    let wanted = [(&experiment, predicates.iter().collect::<Vec<_>>())];
    let open = open_claims(&record, &samples, &wanted);
    let names: Vec<(&str, &str)> = open.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(names, [("finder/a", "unchanged"), ("finder/b", "unchanged")]);
}

#[test]
fn a_record_covers_an_experiment_with_the_same_settings_only() {
    let mut record = record(&[("a", 10.0), ("b", 5.0)], 1);
    let experiment = experiment(&record, None);
    record.run.plan.scenarios[0].essay = "Other words.".to_owned();
    record.run.plan.stopping = Stopping::Fixed;
    assert!(covers(&record, &experiment), "words make no difference");
    record.run.plan.scenarios[0].incremental = !record.run.plan.scenarios[0].incremental;
    assert!(!covers(&record, &experiment));
    record.run.plan.scenarios.remove(0);
    assert!(!covers(&record, &experiment));
}

#[test]
fn steps_are_looked_up_by_their_name() {
    let record = record(&[("a", 10.0)], 8);
    let build = Observed { step: Some(Step::Build), ..wall("a") };
    let found = judged(&record, None, vec![at_most(build, Some(wall("a")), 1.0)]);
    let estimate = found.evidence[0].estimate.clone().unwrap();
    assert!(estimate.point > 0.0 && estimate.point <= 1.0, "{estimate:?}");
    assert!(Seconds(1.0) > Seconds(0.0));
}
