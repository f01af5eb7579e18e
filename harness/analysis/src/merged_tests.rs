//! What the gate, claims and recommendations make of merged records: never one machine's word for
//! that of all.

use lukewarm_model::{ClaimVerdict, Metric, Observed, RawRecord, RunEnd, Thresholds, TimeSpent};

use crate::claim_examples::{self, at_most};
use crate::claims::{ClaimFinding, Decision, Why};
use crate::estimate::Estimator;
use crate::evaluate::Evaluation;
use crate::findings::analyse;
use crate::gate::{Answer, ChangeVerdict, Gate, Hosts, Pair, gate, pairs_of_runs};
use crate::merged_examples::merged;
use crate::recommend::{Choice, RecommendationRequest, recommend};

const DEALT: [&[u32]; 4] = [&[1, 5, 9], &[2, 6, 10], &[3, 7, 11], &[4, 8, 12]];

/// A record whose machines find these ratios, with hardly any noise.
fn ratios(found: [f64; 4]) -> RawRecord {
    let mut record = merged(&DEALT, 12, |machine, block, case| {
        let noise = 1.0 + 0.001 * f64::from(block * 7 % 11);
        if case == 1 { 10.0 * found[machine as usize] * noise } else { 10.0 }
    });
    record.end = Some(RunEnd {
        ended: record.run.started,
        stopped: None,
        enough: None,
        time: TimeSpent::default(),
        warnings: Vec::new(),
        machine: None,
        published: None,
    });
    record
}

fn gated(record: &RawRecord) -> Gate {
    let case = |place: usize| record.run.plan.cases[place].clone();
    let pair = Pair { name: "both".to_owned(), baseline: case(0), candidate: case(1) };
    let evaluation = Evaluation::of(record);
    gate(&evaluation, &evaluation, &[pair], &Thresholds::default(), Hosts::Alike)
}

fn wall_of(gate: &Gate) -> (ChangeVerdict, Option<Estimator>) {
    let change = gate.changes.iter().find(|it| it.metric == Metric::Wall).unwrap();
    (change.verdict, change.ratio.as_ref().map(|it| it.estimator))
}

#[test]
fn the_gate_calls_nothing_worse_that_is_so_on_one_machine_alone() {
    let agree = gated(&ratios([1.2, 1.21, 1.2, 1.19]));
    assert_eq!(wall_of(&agree), (ChangeVerdict::Worse, Some(Estimator::TOfMachines)));
    assert_eq!(agree.answer, Answer::Regression);
    // All twelve pairs as of one machine would reject "no difference".
    let one = gated(&ratios([1.01, 1.0, 1.4, 1.01]));
    assert_eq!(wall_of(&one).0, ChangeVerdict::Inconclusive);
}

#[test]
fn times_of_two_runs_are_not_compared_where_one_was_merged() {
    let (before, mut now) = (ratios([1.0; 4]), ratios([1.0; 4]));
    now.run.id = "later".to_owned();
    let pairs = pairs_of_runs(&before, &now);
    let sides = (Evaluation::of(&before), Evaluation::of(&now));
    let gate = gate(&sides.0, &sides.1, &pairs, &Thresholds::default(), Hosts::Alike);
    let wall = gate.changes.iter().find(|it| it.metric == Metric::Wall).unwrap();
    assert_eq!(wall.verdict, ChangeVerdict::Inconclusive);
    let note = wall.note.as_deref().unwrap();
    assert!(note.contains("later was merged from 4 runs"), "{note}");
    let units = gate.changes.iter().find(|it| it.metric == Metric::Units).unwrap();
    assert_eq!(units.verdict, ChangeVerdict::Same, "what is no time is compared as ever");
}

/// That the candidate takes at most 0.9 of the reference.
fn judged(record: &RawRecord) -> ClaimFinding {
    let wall = |scenario: &str| Observed {
        metric: Metric::Wall,
        step: None,
        scenario: scenario.into(),
        job: "cold".into(),
    };
    let predicate = at_most(wall("persistent-target"), Some(wall("none")), 0.9);
    claim_examples::judged(record, None, vec![predicate])
}

#[test]
fn a_claim_rests_on_the_pooled_ratio_and_on_all_blocks_of_the_plan() {
    let agree = judged(&ratios([0.8, 0.81, 0.79, 0.8]));
    assert_eq!(agree.verdict, ClaimVerdict::Reproduced);
    let estimate = agree.evidence[0].estimate.as_ref().unwrap();
    assert_eq!((estimate.estimator, estimate.count), (Estimator::TOfMachines, 12));
    let look = agree.evidence[0].test.as_ref().unwrap().look.unwrap();
    assert_eq!((look.number, look.of, look.iterations), (1, 1, 12));
    assert_eq!(agree.runs[0].parts, 4);
    // Eleven of twelve pairs are below the bound; one machine is far above it.
    let apart = judged(&ratios([0.8, 0.81, 1.2, 0.8]));
    assert_eq!(apart.verdict, ClaimVerdict::Inconclusive);
    // A shard is missing: that was not planned to be looked at.
    let mut missing = ratios([0.8, 0.81, 0.79, 0.8]);
    missing.jobs.retain(|job| job.part != Some(3));
    missing.run.parts.truncate(3);
    let found = judged(&missing);
    let Decision::Open(Why::Preliminary(why)) = &found.evidence[0].decision else {
        panic!("{:?}", found.evidence[0].decision)
    };
    assert!(why.contains("9 of the 12 blocks"), "{why}");
}

#[test]
fn a_recommendation_rests_on_the_pooled_ratio() {
    let recommended = |record: &RawRecord| {
        let findings = analyse(Evaluation::of(record));
        let request = RecommendationRequest { jobs_per_month: 100, ..Default::default() };
        let evaluation = Evaluation::of(record);
        recommend(&evaluation, &findings, &request).unwrap().workspaces.remove(0)
    };
    let agree = recommended(&ratios([0.5, 0.51, 0.5, 0.49]));
    let chosen = &agree.ranking[0];
    assert_eq!(chosen.ratio.as_ref().unwrap().estimator, Estimator::TOfMachines);
    let Choice::Use { scenario, .. } = &agree.choice else { panic!("{:?}", agree.choice) };
    assert_eq!(scenario, "persistent-target");
    let apart = recommended(&ratios([0.97, 0.95, 1.1, 0.96]));
    assert!(matches!(apart.choice, Choice::Undecided { .. }), "{:?}", apart.choice);
}
