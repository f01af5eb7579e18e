//! Merged records with known answers: blocks dealt to machines, one of them slowed on purpose.

use lukewarm_model::{ComparisonVerdict, RawRecord, Stopping, Warning};

use super::*;
use crate::estimate::Estimator;
use crate::evaluate::Evaluation;
use crate::merged_examples::{merged, noisy, on};

/// Four machines, of five blocks each.
const DEALT: [&[u32]; 4] =
    [&[1, 5, 9, 13, 17], &[2, 6, 10, 14, 18], &[3, 7, 11, 15, 19], &[4, 8, 12, 16, 20]];

fn analysed(record: &RawRecord) -> Findings {
    analyse(Evaluation::of(record))
}

fn comparison(findings: &Findings) -> &Comparison {
    let row = findings.rows.iter().find(|row| row.scenario == "persistent-target").unwrap();
    row.comparison.as_ref().unwrap()
}

fn said(findings: &Findings) -> Vec<&str> {
    findings.warnings.iter().map(|it| it.what.as_str()).collect()
}

#[test]
fn machines_that_agree_are_pooled_and_each_is_told() {
    let record = merged(&DEALT, 20, noisy(None));
    let findings = analysed(&record);
    let found = comparison(&findings);
    assert_eq!(found.verdict, ComparisonVerdict::ClearlyFaster);
    assert_eq!((found.ratio.estimator, found.ratio.count), (Estimator::TOfMachines, 20));
    // The machines' own paces are in no ratio.
    assert!((found.ratio.point - 0.5).abs() < 0.01, "{found:?}");
    assert!(found.ratio.low > 0.48 && found.ratio.high < 0.52, "{found:?}");
    let across = found.across.as_ref().unwrap();
    let each: Vec<(u32, usize)> = across.parts.iter().map(|it| (it.part, it.ratio.count)).collect();
    assert_eq!(each, [(0, 5), (1, 5), (2, 5), (3, 5)]);
    let agree = across.heterogeneity.as_ref().unwrap();
    assert!(!agree.differ && agree.p_value > 0.2 && agree.apart.is_none(), "{agree:?}");
    let of = findings.merged.as_ref().unwrap();
    assert_eq!((of.pooled(), of.kinds.len(), of.missing_blocks), (4, 1, 0));
    assert_eq!(of.name(2), "machine 3");
    assert!(findings.outliers.is_empty(), "a slower machine is no outlier");
    assert!(findings.next_step().is_none());
}

#[test]
fn a_machine_that_was_slowed_is_found_and_named_and_widens_the_pooled_interval() {
    let agreeing = analysed(&merged(&DEALT, 20, noisy(None)));
    let findings = analysed(&merged(&DEALT, 20, noisy(Some((2, 0.65)))));
    let found = comparison(&findings);
    let spread = found.across.as_ref().unwrap().heterogeneity.clone().unwrap();
    assert!(spread.differ && spread.p_value < 1e-6 && spread.spread > 0.1, "{spread:?}");
    let apart = spread.apart.unwrap();
    assert_eq!(apart.part, 2);
    assert!((apart.ratio - 0.65).abs() < 0.02 && (apart.elsewhere - 0.5).abs() < 0.02);
    let width = |it: &Comparison| (it.ratio.high / it.ratio.low).ln();
    assert!(width(found) > 5.0 * width(comparison(&agreeing)), "{found:?}");
    assert!(
        found.ratio.low < 0.65 && found.ratio.high > 0.65,
        "it holds the slowed one: {found:?}"
    );
}

#[test]
fn of_two_machines_nobody_knows_which_lies_apart() {
    let two: [&[u32]; 2] = [&[1, 3, 5, 7], &[2, 4, 6, 8]];
    let findings = analysed(&merged(&two, 8, noisy(Some((1, 0.6)))));
    let found = comparison(&findings);
    let across = found.across.as_ref().unwrap();
    assert!(across.differ() && across.heterogeneity.as_ref().unwrap().apart.is_none());
    let [low, high] = across.extremes().unwrap();
    assert_eq!((low.part, high.part), (0, 1));
    // Clear on both, though a t interval of two machines is too wide to say so.
    assert_eq!(found.verdict, ComparisonVerdict::ClearlyFaster, "{found:?}");
    assert_eq!(found.ratio.estimator, Estimator::ModeratedTOfMachines);
}

#[test]
fn a_small_difference_between_machines_that_differ_needs_machines_and_not_blocks() {
    let near = |machine: u32, block: u32, case: usize| {
        let own = [0.93, 1.02, 0.90, 0.97][machine as usize];
        let noise = 1.0 + 0.001 * f64::from(block * 7 % 11);
        if case == 1 { 10.0 * own * noise } else { 10.0 }
    };
    let findings = analysed(&merged(&DEALT, 20, near));
    let found = comparison(&findings);
    assert_eq!(found.verdict, ComparisonVerdict::Inconclusive, "{found:?}");
    assert_eq!(found.iterations_needed, None, "more of the same shrinks nothing");
    let machines = found.across.as_ref().unwrap().machines_needed;
    assert!(machines.is_some_and(|it| it > 4 && it < 40), "{machines:?}");
}

#[test]
fn machines_of_another_kind_are_not_pooled_and_have_comparisons_of_their_own() {
    let mut record = merged(&DEALT, 20, noisy(Some((3, 0.8))));
    on(&mut record, 3, |host| host.cpu = "Another CPU".to_owned());
    let findings = analysed(&record);
    let found = comparison(&findings);
    assert_eq!(found.ratio.count, 15);
    assert!((found.ratio.point - 0.5).abs() < 0.01, "{found:?}");
    let wall = findings.rows[0].estimate(lukewarm_model::Metric::Wall, None).unwrap();
    assert_eq!(wall.count, 15, "times of another kind are in no median");
    let [first, other] = &findings.merged.as_ref().unwrap().kinds[..] else { panic!("kinds") };
    assert!(first.comparisons.is_empty() && first.differences.is_empty());
    assert_eq!(other.differences, ["CPU was Example CPU at 2.5 GHz and is Another CPU"]);
    let [one] = &other.comparisons[..] else { panic!("{other:?}") };
    assert!((one.comparison.ratio.point - 0.8).abs() < 0.02, "{one:?}");
    assert_eq!(one.comparison.ratio.count, 5);
    assert!(said(&findings)[0].starts_with("not all machines are of one kind: the figures are of"));
    assert!(said(&findings)[0].contains("machines 1, 2, 3, without machine 4 (CPU was"));
}

#[test]
fn a_pair_never_has_two_machines() {
    let mut record = merged(&DEALT, 20, noisy(None));
    // The candidate of block 7 was measured elsewhere, and took ten times as long.
    let is_it = |job: &&mut lukewarm_model::JobFacts| {
        job.attempt.iteration == 7 && job.case.scenario == "persistent-target"
    };
    let job = record.jobs.iter_mut().find(is_it).unwrap();
    job.part = Some(0);
    job.steps[0].wall.0 *= 10.0;
    let findings = analysed(&record);
    assert_eq!(comparison(&findings).ratio.count, 19);
    let wanted = "blocks with jobs of several parts count in nothing: 7";
    assert!(said(&findings).contains(&wanted), "{:?}", said(&findings));
}

#[test]
fn what_is_missing_and_what_parts_warned_of_is_said() {
    let mut record = merged(&DEALT[..3], 20, noisy(None));
    let parts = &mut record.run.parts;
    parts.iter_mut().for_each(|part| part.shard.as_mut().unwrap().count = 4);
    let busy = Warning::new("other work used the machine", "stop it");
    parts[0].warnings.push(busy.clone());
    parts[2].warnings.push(busy);
    parts[1].ended = None;
    let findings = analysed(&record);
    let wanted = [
        "machines 1, 3: other work used the machine",
        "machine 2: cut off before its blocks were done",
        "shard 4 of 4 is missing",
    ];
    assert_eq!(said(&findings), wanted);
    assert_eq!(findings.merged.unwrap().missing_blocks, 5);
}

#[test]
fn sittings_of_one_machine_are_called_so_and_shards_are_one_look() {
    let mut record = merged(&DEALT[..2], 10, noisy(None));
    let looks = Stopping::Sequential { looks: vec![6, 10] };
    record.run.plan.stopping = looks;
    let once = crate::compare::error_levels(&record.run).unwrap();
    assert_eq!(once.alone, 0.05, "no shard can look at what the others have");
    record.run.parts.iter_mut().for_each(|part| part.shard = None);
    assert!(crate::compare::error_levels(&record.run).unwrap().alone < 0.04);
    assert_eq!(analysed(&record).merged.unwrap().name(1), "sitting 2");
}

#[test]
fn an_ordinary_record_is_judged_as_ever() {
    let mut record = merged(&[&[1, 2, 3, 4, 5, 6, 7, 8]], 8, noisy(None));
    let one = analysed(&record);
    record.run.parts.clear();
    record.jobs.iter_mut().for_each(|job| job.part = None);
    let ordinary = analysed(&record);
    assert!(ordinary.merged.is_none());
    let (one, ordinary) = (comparison(&one), comparison(&ordinary));
    assert_eq!((&ordinary.across, ordinary.ratio.estimator), (&None, Estimator::HodgesLehmann));
    // A record merged from one alone says the same of it.
    assert_eq!((&one.ratio, one.verdict), (&ordinary.ratio, ordinary.verdict));
    assert_eq!(one.across.as_ref().unwrap().parts.len(), 1);
}
