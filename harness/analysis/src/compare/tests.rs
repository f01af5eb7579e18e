//! Comparisons of small samples with known answers.

use lukewarm_model::{ComparisonVerdict, Stopping};

use super::need::Need;
use super::*;
use crate::estimate::{Estimate, Estimator};
use crate::evaluate::ByIteration;

/// So many iterations around a value, with a spread of the given share.
fn around(value: f64, spread: f64, iterations: u32) -> ByIteration {
    let offset = |n: u32| 1.0 + spread * (f64::from(n * 7 % 11) / 5.0 - 1.0);
    (1..=iterations).map(|n| (n, value * offset(n))).collect()
}

fn levels() -> Levels {
    Levels::of(&Stopping::Fixed, 7)
}

fn fixed(candidate: &ByIteration, reference: &ByIteration) -> Option<Ratio> {
    ratio(candidate, reference, levels().alone())
}

fn alone(candidate: &ByIteration, reference: &ByIteration) -> ComparisonVerdict {
    one(&fixed(candidate, reference).unwrap())
}

fn one(ratio: &Ratio) -> ComparisonVerdict {
    family(std::slice::from_ref(ratio))[0]
}

fn family(ratios: &[Ratio]) -> Vec<ComparisonVerdict> {
    verdicts(ratios, ratios.len(), &levels(), &Margin::of(MARGIN))
}

#[test]
fn few_pairs_show_a_ratio_and_its_spread_but_no_verdict() {
    let candidate = ByIteration::from([(1, 5.0), (2, 20.0), (3, 8.0)]);
    let reference = ByIteration::from([(1, 10.0), (2, 10.0), (4, 1.0)]);
    let ratio = fixed(&candidate, &reference).unwrap();
    let Estimate { point, low, high, estimator, count } = ratio.estimate;
    assert!((point - 1.0).abs() < 1e-12);
    assert_eq!((low, high, count), (0.5, 2.0, 2));
    assert_eq!(estimator, Estimator::GeometricMeanWithRange);
    assert_eq!(one(&ratio), ComparisonVerdict::TooFewSamples);
    assert_eq!(alone(&around(1.0, 0.0, 5), &around(9.0, 0.0, 5)), ComparisonVerdict::TooFewSamples);
}

#[test]
fn without_a_common_iteration_there_is_no_ratio() {
    assert_eq!(fixed(&ByIteration::from([(1, 5.0)]), &ByIteration::from([(2, 5.0)])), None);
    assert_eq!(fixed(&ByIteration::from([(1, 0.0)]), &ByIteration::from([(1, 5.0)])), None);
}

#[test]
fn faster_and_slower_mirror_each_other() {
    let (fast, slow) = (around(8.0, 0.03, 8), around(10.0, 0.0, 8));
    assert_eq!(alone(&fast, &slow), ComparisonVerdict::Faster);
    assert_eq!(alone(&slow, &fast), ComparisonVerdict::Slower);
    let there = fixed(&fast, &slow).unwrap().estimate;
    let back = fixed(&slow, &fast).unwrap().estimate;
    assert_eq!(there.estimator, Estimator::HodgesLehmann);
    assert!((there.point * back.point - 1.0).abs() < 1e-12);
    assert!((there.low * back.high - 1.0).abs() < 1e-12);
}

#[test]
fn same_needs_the_whole_interval_inside_the_margin() {
    assert_eq!(alone(&around(10.0, 0.01, 12), &around(10.0, 0.0, 12)), ComparisonVerdict::Same);
    let wide = alone(&around(10.0, 0.2, 12), &around(10.0, 0.0, 12));
    assert_eq!(wide, ComparisonVerdict::Inconclusive);
}

#[test]
fn a_sure_difference_within_the_margin_is_no_difference() {
    // Every pair 1.9 % slower: significant, and of no interest.
    let verdict = alone(&around(10.19, 0.0, 12), &around(10.0, 0.0, 12));
    assert_eq!(verdict, ComparisonVerdict::Same);
    let verdict = alone(&around(10.21, 0.0, 12), &around(10.0, 0.0, 12));
    assert_eq!(verdict, ComparisonVerdict::Slower);
}

#[test]
fn a_family_asks_for_more_evidence_than_one_comparison() {
    // Six pairs reach p = 0.03125 at best: enough alone, not enough among four.
    let clear = || fixed(&around(5.0, 0.01, 6), &around(10.0, 0.0, 6)).unwrap();
    assert_eq!(family(&[clear()]), [ComparisonVerdict::Faster]);
    let four = [clear(), clear(), clear(), clear()];
    assert_eq!(family(&four), [ComparisonVerdict::Inconclusive; 4]);
}

#[test]
fn a_family_is_as_large_as_it_was_planned() {
    let clear = fixed(&around(5.0, 0.01, 6), &around(10.0, 0.0, 6)).unwrap();
    let few = fixed(&around(5.0, 0.0, 3), &around(10.0, 0.0, 3)).unwrap();
    // Too few pairs of one make no evidence of another.
    let mixed = family(&[few, clear.clone()]);
    assert_eq!(mixed, [ComparisonVerdict::TooFewSamples, ComparisonVerdict::Inconclusive]);
    // One that failed in every iteration has no ratio at all.
    let said = |planned| {
        let alone = std::slice::from_ref(&clear);
        verdicts(alone, planned, &levels(), &Margin::of(MARGIN))[0]
    };
    assert_eq!(said(1), ComparisonVerdict::Faster);
    assert_eq!(said(2), ComparisonVerdict::Inconclusive);
}

#[test]
fn looking_often_asks_for_more_evidence_than_looking_once() {
    let looks = Stopping::Sequential { looks: vec![10, 20, 40, 60] };
    let sequential = Levels::of(&looks, 7);
    assert!(sequential.alone() < 0.02, "{sequential:?}");
    let (candidate, reference) = (around(5.0, 0.01, 6), around(10.0, 0.0, 6));
    assert_eq!(alone(&candidate, &reference), ComparisonVerdict::Faster);
    let now = ratio(&candidate, &reference, sequential.alone()).unwrap();
    assert_eq!(
        verdicts(&[now], 1, &sequential, &Margin::of(MARGIN)),
        [ComparisonVerdict::TooFewSamples]
    );
    let (candidate, reference) = (around(5.0, 0.01, 8), around(10.0, 0.0, 8));
    let now = ratio(&candidate, &reference, sequential.alone()).unwrap();
    assert_eq!(verdicts(&[now], 1, &sequential, &Margin::of(MARGIN)), [ComparisonVerdict::Faster]);
    // The first look is late enough for a family of seven: its ten pairs can decide all.
    let (candidate, reference) = (around(5.0, 0.01, 10), around(10.0, 0.0, 10));
    let now = ratio(&candidate, &reference, sequential.alone()).unwrap();
    assert_eq!(
        verdicts(&vec![now; 7], 7, &sequential, &Margin::of(MARGIN)),
        [ComparisonVerdict::Faster; 7]
    );
}

#[test]
fn what_is_not_decided_says_what_it_needs() {
    let margin = Margin::of(MARGIN);
    let wide = fixed(&around(10.3, 0.2, 12), &around(10.0, 0.0, 12)).unwrap();
    assert!(!one(&wide).is_decided() && worth_more(Some(&wide.estimate), &margin));
    let needed = need(&wide, 1, &levels(), &margin).unwrap();
    let deviation = wide.deviation.unwrap();
    let wanted = (2.8016 * deviation / 12f64.sqrt()).exp_m1();
    assert!((needed.detectable.unwrap() - wanted).abs() < 1e-4, "{needed:?}");
    assert!(needed.blocks.unwrap() > 12);
    // However quiet, seven comparisons need nine pairs.
    let few = fixed(&around(5.0, 0.0, 2), &around(10.0, 0.0, 2)).unwrap();
    let needed = need(&few, 7, &levels(), &margin).unwrap();
    assert_eq!(needed, Need { blocks: Some(9), detectable: None });
    let one = fixed(&around(5.0, 0.0, 1), &around(10.0, 0.0, 1)).unwrap();
    assert_eq!(need(&one, 7, &levels(), &margin), None);
}

#[test]
fn what_it_needs_follows_the_looks_and_the_family() {
    let looks = Stopping::Sequential { looks: vec![10, 20, 40, 60] };
    let sequential = Levels::of(&looks, 7);
    let margin = Margin::of(MARGIN);
    let noisy = fixed(&around(10.5, 0.2, 12), &around(10.0, 0.0, 12)).unwrap();
    let of = |levels: &Levels, planned| need(&noisy, planned, levels, &margin).unwrap();
    let (once, looked) = (of(&levels(), 1), of(&sequential, 1));
    let seven = of(&sequential, 7);
    let over = |it: &Need| it.detectable.unwrap().ln_1p() / once.detectable.unwrap().ln_1p();
    assert!((over(&looked) - 1.15).abs() < 0.01, "{looked:?} after {once:?}");
    assert!((over(&seven) - 1.40).abs() < 0.01, "{seven:?} after {once:?}");
    let blocks = |it: &Need| f64::from(it.blocks.unwrap());
    assert!(blocks(&looked) > 1.2 * blocks(&once), "{looked:?} after {once:?}");
    assert!(blocks(&seven) > 1.4 * blocks(&looked), "{seven:?} after {looked:?}");
    // *Same* is no harder in a family.
    let alike = fixed(&around(10.0, 0.2, 12), &around(10.0, 0.0, 12)).unwrap();
    let blocks = |planned| need(&alike, planned, &sequential, &margin).unwrap().blocks.unwrap();
    assert_eq!(blocks(1), blocks(7));
}

#[test]
fn what_the_reference_differs_from_itself_is_no_difference_and_nothing_the_same() {
    let noisy = fixed(&around(10.0, 0.08, 12), &around(10.0, 0.0, 12)).unwrap();
    let margin = Margin::of(MARGIN).raised_by(&noisy.estimate);
    assert!(margin.least() > 0.03 && margin.least() < 0.08, "{margin:?}");
    let small = fixed(&around(10.3, 0.0, 12), &around(10.0, 0.0, 12)).unwrap();
    let said = |it: &Margin| verdicts(std::slice::from_ref(&small), 1, &levels(), it)[0];
    assert_eq!(said(&Margin::of(MARGIN)), ComparisonVerdict::Slower);
    assert_eq!(said(&margin), ComparisonVerdict::Inconclusive);
    assert!(margin.is_noisier(&small.estimate));
    assert_eq!(need(&small, 1, &levels(), &margin).unwrap().blocks, None);
    let few = fixed(&around(20.0, 0.0, 2), &around(10.0, 0.0, 2)).unwrap();
    assert_eq!(Margin::of(MARGIN).raised_by(&few.estimate), Margin::of(MARGIN));
}

#[test]
fn a_narrow_interval_is_not_waited_for() {
    // 2 % slower, give or take a little: it will never be decided, and all is known.
    let edge = fixed(&around(10.2, 0.005, 40), &around(10.0, 0.0, 40)).unwrap();
    let verdict = one(&edge);
    assert_eq!(verdict, ComparisonVerdict::Inconclusive);
    assert!(!worth_more(Some(&edge.estimate), &Margin::of(MARGIN)));
}
