//! Claims on synthetic records with known answers, in both directions.

use std::collections::BTreeMap;

use lukewarm_model::{
    ALL_JOBS, Bound, Case, ClaimedSize, Metric, Priming, Registration, RunEnd, Seconds, Setting,
    Standing, Step, Stopping, Sweep, SweepPoint, TimeSpent,
};

use super::*;
use crate::claim_examples::{at_most, claim, experiment, judged};
use crate::compare::CurveShape;
use crate::examples;

/// A record in which each scenario's wall-clock is this, with ±1 % from iteration to iteration.
fn record(walls: &[(&str, f64)], iterations: u32) -> RawRecord {
    let named =
        |name: &&str| lukewarm_model::Scenario { name: (*name).into(), ..examples::laptop() };
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
    RawRecord { run, jobs, end: Some(ended(None)) }
}

/// How a run ended.
fn ended(stopped: Option<&str>) -> RunEnd {
    RunEnd {
        ended: "2026-11-23T09:30:00Z".parse().unwrap(),
        stopped: stopped.map(|it| it.to_owned().into()),
        enough: None,
        time: TimeSpent::default(),
        warnings: Vec::new(),
        machine: None,
        published: None,
    }
}

/// The same run, stopped by somebody before its plan was done.
fn cancelled(record: RawRecord, looks: &[u32]) -> RawRecord {
    let mut record = record;
    record.run.plan.stopping = Stopping::Sequential { looks: looks.to_vec() };
    record.run.plan.iterations = *looks.last().unwrap();
    RawRecord { end: Some(ended(Some("cancelled"))), ..record }
}

fn wall(scenario: &str) -> Observed {
    let (metric, job) = (Metric::Wall, "unchanged".into());
    Observed { metric, step: None, scenario: scenario.into(), job }
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
fn what_repeats_exactly_is_decided_by_two_equal_values_and_not_by_one() {
    let units = |most, iterations| {
        let value = Observed { metric: Metric::Units, ..wall("b") };
        let record = record(&[("a", 10.0), ("b", 5.0)], iterations);
        judged(&record, None, vec![at_most(value, None, most)])
    };
    assert_eq!(units(20.0, 2).verdict, ClaimVerdict::Reproduced);
    assert_eq!(units(19.0, 2).verdict, ClaimVerdict::Contradicted);
    let estimate = units(20.0, 2).evidence[0].estimate.clone().unwrap();
    assert_eq!((estimate.point, estimate.count), (20.0, 2));
    assert_eq!(units(20.0, 1).evidence[0].decision, Decision::Open(Why::MeasuredOnce));
    assert_eq!(units(19.0, 1).verdict, ClaimVerdict::Inconclusive);
}

#[test]
fn a_bound_fails_only_at_its_level() {
    // Seven pairs reach p = 2/128 at best: enough for one test at a level of Pocock's for two
    // looks, and not for either of two that share it.
    let mut record = record(&[("a", 10.0), ("b", 15.0)], 7);
    record.run.plan.stopping = Stopping::Sequential { looks: vec![1, 7, 16] };
    let slower = || at_most(wall("b"), Some(wall("a")), 0.9);
    let alone = judged(&record, None, vec![slower()]);
    assert_eq!(alone.evidence[0].decision, Decision::Fails);
    let two = judged(&record, None, vec![slower(), slower()]);
    assert_eq!(two.evidence[0].decision, Decision::Open(Why::Undecided), "{:?}", two.evidence[0]);
    assert_eq!(two.verdict, ClaimVerdict::Inconclusive);
}

#[test]
fn a_run_that_was_stopped_decides_by_the_last_look_that_it_reached() {
    let faster = |record: &RawRecord| {
        let found = judged(record, None, vec![at_most(wall("b"), Some(wall("a")), 0.9)]);
        found.evidence.into_iter().next().unwrap()
    };
    // Seven of sixteen, before the look at eight: nothing is decided, and all is shown.
    let seven = faster(&cancelled(record(&[("a", 10.0), ("b", 5.0)], 7), &[2, 8, 16]));
    let Decision::Open(Why::Preliminary(why)) = &seven.decision else { panic!("{seven:?}") };
    assert_eq!(why, "the run was cancelled after iteration 7, before its interim analysis at 8");
    assert_eq!(seven.estimate.unwrap().count, 7);
    let test = seven.test.unwrap();
    assert_eq!((test.pairs, test.look.unwrap().iterations, test.p_value), (2, 2, None));
    // Eleven: the look at eight decides, by eight.
    let eleven = faster(&cancelled(record(&[("a", 10.0), ("b", 5.0)], 11), &[2, 8, 16]));
    assert_eq!(eleven.decision, Decision::Holds);
    assert_eq!((eleven.estimate.unwrap().count, eleven.test.unwrap().pairs), (8, 8));
    // Counts need no look.
    let units = Observed { metric: Metric::Units, ..wall("b") };
    let record = cancelled(record(&[("a", 10.0), ("b", 5.0)], 3), &[2, 8, 16]);
    assert_eq!(
        judged(&record, None, vec![at_most(units, None, 20.0)]).verdict,
        ClaimVerdict::Reproduced
    );
}

#[test]
fn what_was_measured_under_other_settings_decides_nothing() {
    let mut record = record(&[("a", 10.0), ("b", 5.0)], 8);
    let experiment = experiment(&record, None);
    record.run.plan.scenarios[1].incremental = !record.run.plan.scenarios[1].incremental;
    let Cover::Changed(why) = covers(&record, &experiment) else { panic!("it has changed") };
    assert_eq!(why, "it was measured before a change of scenario `b`");
    let evaluation = Evaluation::of(&record);
    let served = Served {
        claim: "x1",
        experiment: &experiment,
        evaluation: &evaluation,
        changed: Some(&why),
    };
    let claim = claim(vec![at_most(wall("b"), Some(wall("a")), 0.9)]);
    let found = judge_claims(&[claim], &[served]).remove(0);
    assert_eq!((found.verdict, found.preliminary()), (ClaimVerdict::Inconclusive, Some(&*why)));
    assert_eq!(found.evidence[0].estimate.as_ref().unwrap().count, 8, "it is shown");
}

#[test]
fn a_verdict_is_of_what_was_registered_only_where_that_came_first() {
    let record = record(&[("a", 10.0), ("b", 5.0)], 8);
    let standing = |registered: Option<Registration>| {
        let claim = Claim { registered, ..claim(vec![at_most(wall("b"), Some(wall("a")), 0.9)]) };
        claim.standing(&[record.run.started])
    };
    let at = |at: &str, hash: &str| {
        Some(Registration { at: at.parse().unwrap(), hash: hash.to_owned() })
    };
    let because = |it: Standing| match it {
        Standing::Explored { because } => because,
        Standing::Registered => "registered".to_owned(),
    };
    assert_eq!(because(standing(None)), "it is not registered");
    assert_eq!(because(standing(at("2020-01-01T00:00:00Z", "text"))), "registered");
    let later = because(standing(at("2099-01-01T00:00:00Z", "text")));
    assert_eq!(later, "it was measured before it was registered at 2099-01-01T00:00:00Z");
    let edited = because(standing(at("2020-01-01T00:00:00Z", "other")));
    assert_eq!(edited, "its text or bounds were changed since 2020-01-01T00:00:00Z");
}

#[test]
fn what_the_reference_differs_from_itself_stands_beside_the_run() {
    let mut record = record(&[("a", 10.0), ("a-again", 10.2), ("b", 5.0)], 8);
    record.run.plan.reference = Some("a".into());
    record.run.plan.twin = Some("a-again".into());
    for scenario in &mut record.run.plan.scenarios {
        scenario.title = "one title".to_owned();
    }
    record.run.plan.scenarios[2].incremental = !record.run.plan.scenarios[0].incremental;
    let found = judged(&record, None, vec![at_most(wall("b"), Some(wall("a")), 0.9)]);
    let floors = &found.runs[0].floor;
    assert_eq!(floors.iter().map(|it| it.job.as_str()).collect::<Vec<_>>(), ["cold", "unchanged"]);
    assert!(floors[0].ratio.low <= 1.02 && floors[0].ratio.high >= 1.02, "{floors:?}");
    // And beside each figure that is a time.
    assert_eq!(found.evidence[0].floor.as_ref(), Some(&floors[1].ratio));
    let units = Observed { metric: Metric::Units, ..wall("b") };
    let counted = judged(&record, None, vec![at_most(units, None, 20.0)]);
    assert_eq!(counted.evidence[0].floor, None);
}

#[test]
fn a_test_that_its_plan_cannot_decide_says_so() {
    // 1 % from the bound, with a spread of 1 %: more than the eight pairs that there are.
    let record = record(&[("a", 10.0), ("b", 9.05)], 8);
    let found = judged(&record, None, vec![at_most(wall("b"), Some(wall("a")), 0.9)]);
    let test = found.evidence[0].test.clone().unwrap();
    assert_eq!(found.verdict, ClaimVerdict::Inconclusive, "{found:?}");
    assert!(test.pairs_needed.unwrap() > test.pairs_planned, "{test:?}");
    // One that is decided needs nothing.
    let clear = judged(&record, None, vec![at_most(wall("b"), Some(wall("a")), 1.5)]);
    assert_eq!(clear.evidence[0].test.as_ref().unwrap().pairs_needed, None);
}

/// `b` takes at least 1.02 times what `a` takes, and was claimed to take so many times as long.
fn slower_by(figure: f64, within: Option<f64>) -> Predicate {
    Predicate {
        bound: Bound { at_least: Some(1.02), at_most: None },
        size: Some(ClaimedSize { figure, within }),
        ..at_most(wall("b"), Some(wall("a")), 1.0)
    }
}

#[test]
fn direction_and_size_of_a_claim_are_judged_apart() {
    use ClaimVerdict::{Contradicted, Inconclusive, Reproduced};
    let record = record(&[("a", 10.0), ("b", 15.0)], 8);
    let of = |figure, within| {
        let found = judged(&record, None, vec![slower_by(figure, within)]);
        (found.verdict, found.size)
    };
    assert_eq!(of(1.4, Some(0.25)), (Reproduced, Some(Reproduced)));
    assert_eq!(of(3.0, Some(0.25)), (Reproduced, Some(Contradicted)));
    assert_eq!(of(1.2, Some(0.25)), (Reproduced, Some(Inconclusive)), "1.5 is its very end");
    assert_eq!(of(3.0, None), (Reproduced, None), "a size that is shown judges nothing");
    // The other direction, with the size of nothing.
    let bound = Bound { at_least: Some(1.6), at_most: None };
    let faster = Predicate { bound, ..slower_by(1.5, Some(0.25)) };
    let found = judged(&record, None, vec![faster]);
    assert_eq!((found.verdict, found.size), (Contradicted, Some(Reproduced)));
}

#[test]
fn a_size_asks_for_more_iterations_as_a_bound_does() {
    let open = |iterations, predicate: Predicate| {
        let record = record(&[("a", 10.0), ("b", 15.0), ("c", 15.0)], iterations);
        let (evaluation, experiment) = (Evaluation::of(&record), experiment(&record, None));
        let predicates = vec![&predicate];
        let asked = Asked { experiment: &experiment, predicates, tests: 1, size_tests: 1 };
        open_claims(&evaluation, &[asked])
    };
    let sized = |within| Predicate { bound: Bound::default(), ..slower_by(1.4, within) };
    let both = ["a", "b"].map(|it| (Case::new("finder", it), "unchanged".into()));
    assert_eq!(open(3, sized(Some(0.25))), both.into());
    assert!(open(3, sized(None)).is_empty(), "what is shown needs no more");
    assert!(open(8, sized(Some(0.25))).is_empty(), "eight pairs decide it");
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
        scenarios: BTreeMap::from([("b".into(), (*name).into())]),
    });
    (record(&all, 8), Sweep { setting: Setting::RoundTrip, points: points.collect() })
}

#[test]
fn a_sweep_that_crosses_depends_and_says_where() {
    let (record, sweep) = swept([5.0, 7.0, 9.0, 12.0, 16.0]);
    let found = judged(&record, Some(sweep), vec![at_most(wall("b"), Some(wall("a")), 1.0)]);
    assert_eq!(found.verdict, ClaimVerdict::Depends);
    let CurveShape::Crosses(it) = found.curves()[0].course else { panic!("{:?}", found.curves()) };
    // Between 9 at 100 ms and 12 at 150 ms the logarithm is straight.
    let wanted = 0.1 + 0.05 * (10.0_f64 / 9.0).ln() / (12.0_f64 / 9.0).ln();
    assert!((it.at - wanted).abs() < 0.003, "{it:?} and not {wanted}");
    assert!(it.low < wanted && wanted < it.high && it.high - it.low < 0.02, "{it:?}");
    assert_eq!(found.curves()[0].setting.words(), "round trip");
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
fn a_sweep_holds_only_where_every_point_does() {
    // The last point lies on the bound: decided up to the one before it, open beyond.
    let (record, sweep) = swept([5.0, 6.0, 7.0, 8.0, 10.0]);
    let bound = || vec![at_most(wall("b"), Some(wall("a")), 1.0)];
    let found = judged(&record, Some(sweep), bound());
    let Decision::Partly(part) = &found.evidence[0].decision else { panic!("{found:?}") };
    assert!(part.holds && part.points == ["0 ms", "50 ms", "100 ms", "150 ms"], "{part:?}");
    assert_eq!(found.verdict, ClaimVerdict::Inconclusive);
    let (record, sweep) = swept([10.0, 16.0, 17.0, 18.0, 19.0]);
    let found = judged(&record, Some(sweep), bound());
    let Decision::Partly(part) = &found.evidence[0].decision else { panic!("{found:?}") };
    assert!(!part.holds && part.points.len() == 4, "{part:?}");
    assert_eq!(found.verdict, ClaimVerdict::Inconclusive);
}

#[test]
fn a_sweep_measured_once_turns_nowhere() {
    let (mut record, sweep) = swept([5.0, 7.0, 9.0, 12.0, 16.0]);
    record.jobs.retain(|job| job.attempt.iteration == 1);
    record.run.plan.iterations = 1;
    let found = judged(&record, Some(sweep), vec![at_most(wall("b"), Some(wall("a")), 1.0)]);
    assert_eq!(found.evidence[0].decision, Decision::Open(Why::TooFew));
    assert_eq!(found.verdict, ClaimVerdict::Inconclusive);
    assert_eq!(found.curves()[0].course, CurveShape::Open);
}

#[test]
fn only_what_a_test_has_not_decided_is_measured_further() {
    let record = record(&[("a", 10.0), ("b", 5.0), ("c", 9.0), ("d", 1.0)], 3);
    let (evaluation, experiment) = (Evaluation::of(&record), experiment(&record, None));
    let units = Observed { metric: Metric::Units, ..wall("d") };
    let predicates = [at_most(wall("b"), Some(wall("a")), 0.9), at_most(units, None, 1.0)];
    let predicates = predicates.iter().collect();
    let wanted = [Asked { experiment: &experiment, predicates, tests: 1, size_tests: 1 }];
    let open = open_claims(&evaluation, &wanted);
    let wanted = ["a", "b"].map(|it| (Case::new("finder", it), "unchanged".into()));
    assert_eq!(open, wanted.into());
}

#[test]
fn where_times_are_measured_further_the_reference_is_measured_against_itself() {
    let mut record = record(&[("a", 10.0), ("a-again", 10.0), ("b", 5.0), ("c", 5.0)], 3);
    record.run.plan.reference = Some("a".into());
    record.run.plan.twin = Some("a-again".into());
    let (evaluation, experiment) = (Evaluation::of(&record), experiment(&record, None));
    let open = |predicate: Predicate| {
        let predicates = vec![&predicate];
        let asked = Asked { experiment: &experiment, predicates, tests: 1, size_tests: 1 };
        let open = open_claims(&evaluation, &[asked]);
        open.into_iter().map(|(case, job)| format!("{case} {job}")).collect::<Vec<_>>()
    };
    let wanted = ["a", "a-again", "b", "c"].map(|it| format!("finder/{it} unchanged"));
    assert_eq!(open(at_most(wall("b"), Some(wall("c")), 0.5)), wanted);
    let units = |most| at_most(Observed { metric: Metric::Units, ..wall("b") }, None, most);
    assert!(open(units(20.0)).is_empty(), "a count needs no time beside it");
}

#[test]
fn a_quantity_of_all_jobs_is_their_sum() {
    let mut record = record(&[("a", 10.0), ("a-again", 10.0), ("b", 6.0)], 8);
    record.run.plan.reference = Some("a".into());
    record.run.plan.twin = Some("a-again".into());
    let all = |scenario: &str| Observed { job: ALL_JOBS.into(), ..wall(scenario) };
    let found = judged(&record, None, vec![at_most(all("b"), Some(all("a")), 0.9)]);
    assert_eq!(found.verdict, ClaimVerdict::Reproduced);
    let ratio = found.evidence[0].estimate.as_ref().unwrap();
    assert!((ratio.point - 0.6).abs() < 0.02 && ratio.count == 8, "{ratio:?}");
    assert_eq!(found.evidence[0].floor.as_ref().unwrap().count, 8);
    let units = Observed { metric: Metric::Units, ..all("b") };
    let units = judged(&record, None, vec![at_most(units, None, 40.0)]);
    assert_eq!(units.evidence[0].estimate.as_ref().unwrap().point, 40.0, "of two jobs");
    // An iteration that lacks a job counts in no sum, and a job in doubt makes the sum doubtful.
    record.jobs.retain(|it| it.attempt.iteration != 3 || it.job != "cold");
    let seven = judged(&record, None, vec![at_most(all("b"), Some(all("a")), 0.9)]);
    assert_eq!(seven.evidence[0].estimate.as_ref().unwrap().count, 7);
    record.jobs.last_mut().unwrap().checks[0].held = Some(false);
    let doubtful = judged(&record, None, vec![at_most(all("b"), Some(all("a")), 0.9)]);
    assert!(matches!(doubtful.evidence[0].decision, Decision::Open(Why::Doubtful(_))));
}

#[test]
fn a_record_covers_an_experiment_with_the_same_settings_only() {
    let mut record = record(&[("a", 10.0), ("b", 5.0)], 1);
    let experiment = experiment(&record, None);
    record.run.plan.scenarios[0].essay = "Other words.".to_owned();
    record.run.plan.stopping = Stopping::Fixed;
    assert_eq!(covers(&record, &experiment), Cover::Same, "words make no difference");
    record.run.plan.scenarios[0].incremental = !record.run.plan.scenarios[0].incremental;
    assert!(matches!(covers(&record, &experiment), Cover::Changed(_)));
    record.run.plan.scenarios.remove(0);
    assert_eq!(covers(&record, &experiment), Cover::Lacks);
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
