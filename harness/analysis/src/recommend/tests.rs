//! Whole recommendations by small records of times.

use lukewarm_model::{RawRecord, Scenario, Seconds, ServiceKind};

use super::*;
use crate::examples;
use crate::findings::analyse;

/// A run of jobs `cold` and `unchanged` whose scenarios took these times, with a wobble that
/// differs from block to block.
fn record(scenarios: Vec<Scenario>, walls: &[(&str, [f64; 2])], blocks: u32) -> RawRecord {
    let run = examples::run(scenarios, &["cold", "unchanged"], blocks);
    let mut jobs = Vec::new();
    for iteration in 1..=blocks {
        for (number, (name, walls)) in walls.iter().enumerate() {
            for (job, wall) in ["cold", "unchanged"].into_iter().zip(walls) {
                let wobble = 1.0 + 0.004 * f64::from((iteration * 7 + number as u32 * 3) % 5);
                let case = format!("finder/{name}");
                let mut facts = examples::job(&case, job, iteration, wall * wobble);
                facts.kept_bytes = Some(lukewarm_model::Bytes(5_000_000));
                jobs.push(facts);
            }
        }
    }
    RawRecord { run, jobs, end: None }
}

fn recommended(
    record: &RawRecord,
    request: &RecommendationRequest,
) -> Result<Recommendation, NoRecommendation> {
    let evaluation = Evaluation::of(record);
    let findings = analyse(Evaluation::of(record));
    recommend(&evaluation, &findings, request)
}

fn only(record: &RawRecord) -> WorkspaceRecommendation {
    let request = RecommendationRequest { jobs_per_month: 100, ..Default::default() };
    recommended(record, &request).unwrap().workspaces.remove(0)
}

/// Ways without a service of their own, so that no tool must have been asked: only times count.
fn way(name: &str) -> Scenario {
    Scenario { incremental: name.ends_with("-b"), ..examples::scenario(name, "none", None) }
}

fn kept(name: &str) -> Scenario {
    examples::scenario(name, "persistent-target", None)
}

#[test]
fn what_needs_nothing_else_is_chosen_and_what_is_faster_with_more_is_named() {
    let scenarios = vec![examples::none(), kept("kept")];
    let record = record(scenarios, &[("none", [10.0, 10.0]), ("kept", [10.0, 2.0])], 8);
    let found = only(&record);
    let Choice::NoCache { faster } = &found.choice else { panic!("{:?}", found.choice) };
    assert_eq!(faster, &["kept"]);
    let places: Vec<_> = found.ranking.iter().map(|it| (it.scenario.as_str(), it.place)).collect();
    assert_eq!(places, [("kept", 1), ("none", 2)]);
    assert_eq!(found.ranking[0].verdict, MixVerdict::Faster);
    assert_eq!(found.ranking[0].needs, Needs::KeptDisk);
    let ratio = found.ranking[0].ratio.as_ref().unwrap();
    // 20 % cold and 80 % unchanged.
    assert!((ratio.point - 0.36).abs() < 0.01, "{ratio:?}");
}

#[test]
fn a_block_that_has_most_of_the_jobs_tells_ways_apart_too() {
    let scenarios = vec![examples::none(), kept("one"), kept("slow")];
    let walls = [("none", [10.0, 10.0]), ("one", [10.0, 1.0]), ("slow", [10.0, 6.0])];
    let mut record = record(scenarios, &walls, 3);
    // The budget had room for one block of the job `cold` only.
    record.jobs.retain(|it| it.job != "cold" || it.attempt.iteration == 1);
    let found = only(&record);
    let places: Vec<_> = found.ranking.iter().map(|it| (it.scenario.as_str(), it.place)).collect();
    assert_eq!(places, [("one", 1), ("slow", 2), ("none", 3)]);
}

#[test]
fn a_job_that_no_way_has_is_no_part_of_the_mix() {
    let scenarios = vec![examples::none(), kept("kept")];
    let mut record = record(scenarios, &[("none", [10.0, 10.0]), ("kept", [10.0, 2.0])], 8);
    record.jobs.retain(|it| it.job != "cold");
    let found = recommended(&record, &RecommendationRequest::default()).unwrap();
    let mix: Vec<_> = found.mix.jobs.iter().map(|it| (it.job.as_str(), it.share)).collect();
    assert_eq!(mix, [("unchanged", 1.0)]);
    let places: Vec<_> = found.workspaces[0].ranking.iter().map(|it| it.place).collect();
    assert_eq!(places, [1, 2]);
    // A mix that was asked for is not changed behind anyone's back.
    let shares = Some("cold=50,unchanged=50".parse().unwrap());
    let request = RecommendationRequest { shares, ..Default::default() };
    let why = recommended(&record, &request).unwrap_err().to_string();
    assert!(why.contains("cold has none"), "{why}");
}

#[test]
fn ways_that_are_not_told_apart_share_a_place_and_the_slower_has_the_next() {
    let scenarios = vec![examples::none(), kept("one"), kept("two"), kept("slow")];
    let walls = [
        ("none", [10.0, 10.0]),
        ("one", [10.0, 2.0]),
        ("two", [10.0, 2.001]),
        ("slow", [10.0, 8.0]),
    ];
    let scenarios = scenarios.into_iter().enumerate();
    // Each differs in something, so that none is another under other conditions.
    let scenarios = scenarios.map(|(number, mut it)| {
        it.tool_env.insert("N".to_owned(), number.to_string());
        it
    });
    let found = only(&record(scenarios.collect(), &walls, 8));
    let places: Vec<_> = found.ranking.iter().map(|it| (it.scenario.as_str(), it.place)).collect();
    assert_eq!(places, [("one", 1), ("two", 1), ("slow", 3), ("none", 4)]);
}

#[test]
fn one_block_decides_nothing_and_says_so() {
    let scenarios = vec![examples::none(), kept("kept")];
    let record = record(scenarios, &[("none", [10.0, 10.0]), ("kept", [10.0, 9.9])], 1);
    let request = RecommendationRequest::default();
    let found = recommended(&record, &request).unwrap();
    assert!(!found.is_decided(), "{:?}", found.workspaces[0].choice);
}

#[test]
fn two_blocks_decide_what_is_obvious() {
    let scenarios = vec![examples::none(), kept("kept")];
    let found = only(&record(scenarios, &[("none", [10.0, 10.0]), ("kept", [10.0, 0.5])], 2));
    assert_eq!(found.ranking[0].verdict, MixVerdict::Faster, "{:?}", found.ranking[0]);
    assert_eq!(found.ranking[1].place, 2);
    assert_eq!(found.choice, Choice::NoCache { faster: vec!["kept".into()] });
}

#[test]
fn a_record_that_cannot_carry_a_recommendation_is_refused_with_the_reason() {
    let walls = [("none", [10.0, 10.0]), ("kept", [10.0, 2.0])];
    let whole = record(vec![examples::none(), kept("kept")], &walls, 8);
    let request = RecommendationRequest::default();
    let refused = |record: &RawRecord| recommended(record, &request).unwrap_err();
    let mut without = whole.clone();
    without.run.plan.reference = None;
    assert_eq!(refused(&without), NoRecommendation::NoReference);
    let alone = record(vec![examples::none()], &walls[..1], 8);
    assert_eq!(refused(&alone), NoRecommendation::NothingToChoose("none".into()));
    let doubtful = |scenario: &str| {
        let mut record = whole.clone();
        for job in record.jobs.iter_mut().filter(|job| job.case.scenario == *scenario) {
            job.checks[0].held = Some(false);
        }
        record
    };
    let error = refused(&doubtful("none"));
    assert!(matches!(&error, NoRecommendation::ReferenceInDoubt { .. }), "{error}");
    assert_eq!(refused(&doubtful("kept")), NoRecommendation::AllInDoubt("finder".into()));
    assert!(error.needs_another_run());
    let asked = RecommendationRequest { scenario: Some("other".into()), ..Default::default() };
    let error = recommended(&whole, &asked).unwrap_err();
    assert!(!error.needs_another_run(), "{error}");
}

#[test]
fn a_month_is_billed_in_whole_minutes_and_saves_by_the_mix() {
    let scenarios = vec![examples::none(), kept("kept")];
    let record = record(scenarios, &[("none", [130.0, 130.0]), ("kept", [130.0, 50.0])], 8);
    let runner = RunnerPrice { name: "two".to_owned(), cpus: 2, per_minute: 0.01 };
    let request = RecommendationRequest {
        jobs_per_month: 1000,
        runner: Some(runner),
        scenario: Some("kept".into()),
        ..Default::default()
    };
    let found = recommended(&record, &request).unwrap().workspaces.remove(0);
    let savings = found.savings.unwrap();
    // 80 % of 1,000 jobs save about 80 s each.
    assert!((savings.seconds / 64_000.0 - 1.0).abs() < 0.05, "{savings:?}");
    let (low, high) = savings.interval.unwrap();
    assert!(low < savings.seconds && savings.seconds < high, "{savings:?}");
    let bill = savings.bill.unwrap();
    // Three minutes each, and one where nothing changed.
    assert!((bill.minutes_of_reference - 30.0).abs() < 1e-9, "{bill:?}");
    assert!((bill.minutes - (200.0 * 0.03 + 800.0 * 0.01)).abs() < 1e-9, "{bill:?}");
    assert_eq!((bill.storage, bill.stored.0), (None, 5_000_000));
}

#[test]
fn the_same_way_under_other_conditions_is_no_choice_and_flips_the_answer_where_it_is_slower() {
    let far = Scenario { network: Some(lukewarm_model::Network::unlimited()), ..way("far-b") };
    let near = way("near-b");
    assert!(near.service.is_none() && !near.measures_the_same_as(&far));
    let walls = [("none", [10.0, 10.0]), ("near-b", [10.0, 2.0]), ("far-b", [15.0, 15.0])];
    let mut record = record(vec![examples::none(), near, far], &walls, 8);
    // The reference keeps nothing, and so does what GitHub stores.
    record.jobs.iter_mut().for_each(|job| job.kept_bytes = None);
    record.run.plan.scenarios[0].incremental = false;
    let found = only(&record);
    let Choice::Use { scenario, .. } = &found.choice else { panic!("{:?}", found.choice) };
    assert_eq!(scenario, "near-b");
    let flip = found.flips.iter().find_map(|it| match it {
        Flip::Conditions { scenario, ratio } => Some((scenario.as_str(), (ratio * 10.0).round())),
        _ => None,
    });
    assert_eq!(flip, Some(("far-b", 15.0)));
}

#[test]
fn a_scenario_with_faults_or_a_failed_job_is_left_out() {
    let faulty = Scenario {
        service: Some(ServiceKind::WEBDAV),
        faults: vec!["503=2%".parse().unwrap()],
        ..kept("faulty")
    };
    let scenarios = vec![examples::none(), kept("kept"), kept("broken"), faulty];
    let walls = [
        ("none", [10.0, 10.0]),
        ("kept", [10.0, 2.0]),
        ("broken", [10.0, 2.0]),
        ("faulty", [10.0, 2.0]),
    ];
    let mut record = record(scenarios, &walls, 8);
    record.jobs.retain(|job| job.case.scenario != "broken");
    assert!(record.jobs.iter().all(|job| job.wall() > Seconds(0.0)));
    let found = only(&record);
    let left: Vec<&str> = found.left_out.iter().map(|it| it.scenario.as_str()).collect();
    assert_eq!(left, ["broken", "faulty"]);
    assert_eq!(found.left_out[1].why, LeftOutReason::Faults);
}
