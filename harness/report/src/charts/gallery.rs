//! Findings and curves made by hand for this room's tests: every kind of row that there is.
//! Owns no rule; the values are believable, and worked out from names and numbers alone.

use std::collections::BTreeMap;

use lukewarm_analysis::{
    Comparison, Curve, CurvePoint, Estimate, Estimates, Estimator, Evaluation, Findings, Measured,
    Row, analyse,
};
use lukewarm_model::{
    Case, Change, ComparisonVerdict, JobSpec, JobVerdict, Latencies, Metric, Operation, Seconds,
    ServiceKind, Setting, Step,
};

/// What a scenario does in the gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caching {
    Plain,
    Archive,
    Wrapper,
    Broken,
}

/// Four scenarios, one of each kind, in three jobs.
pub(super) fn small() -> Findings {
    let scenarios = [
        ("none", Caching::Plain),
        ("actions-cache", Caching::Archive),
        ("sccache-webdav", Caching::Wrapper),
        ("sccache-throttled", Caching::Broken),
    ];
    findings(&scenarios, &["cold", "unchanged", "leaf-body"])
}

/// A dozen scenarios with names that are too long, in so many jobs, some without a result.
pub(super) fn crowded(jobs: usize) -> Findings {
    let long = "a-scenario-whose-name-goes-on-and-on-beyond-all-measure";
    let kinds = [Caching::Plain, Caching::Archive, Caching::Wrapper, Caching::Wrapper];
    let names: Vec<String> = (1..=12).map(|it| format!("{it}-{long}")).collect();
    let scenarios: Vec<(&str, Caching)> =
        names.iter().enumerate().map(|(n, it)| (it.as_str(), kinds[n % kinds.len()])).collect();
    let jobs: Vec<String> = (1..=jobs).map(|it| format!("{it}-core-signature-and-more")).collect();
    let jobs: Vec<&str> = jobs.iter().map(String::as_str).collect();
    let mut findings = findings(&scenarios, &jobs);
    for row in findings.rows.iter_mut().skip(5).step_by(7) {
        empty(row);
    }
    for row in findings.rows.iter_mut().skip(3).step_by(5) {
        if row.verdict.is_some() {
            row.verdict = Some(JobVerdict::Unchecked(vec!["nobody looked".to_owned()]));
        }
    }
    findings
}

/// The first scenario is the reference.
pub(super) fn findings(scenarios: &[(&str, Caching)], jobs: &[&str]) -> Findings {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../analysis/testdata/example");
    let record = lukewarm_record::read(folder.as_ref()).expect("the example is readable");
    let mut findings = analyse(Evaluation::of(&record));
    let plan = &mut findings.run.plan;
    let job = |name: &&str| JobSpec::alone(*name, Change::NONE);
    plan.story.jobs = jobs.iter().map(job).collect();
    plan.reference = Some(scenarios[0].0.into());
    let template = plan.scenarios[0].clone();
    plan.scenarios.clear();
    findings.rows.clear();
    for (number, (name, kind)) in scenarios.iter().enumerate() {
        let mut scenario = template.clone();
        scenario.name = (*name).into();
        scenario.service = (*kind != Caching::Plain).then_some(ServiceKind::WEBDAV);
        findings.run.plan.scenarios.push(scenario);
        for (place, job) in jobs.iter().enumerate() {
            let mut row = row(name, job, *kind, (number, place));
            row.comparison = row.comparison.filter(|_| number > 0);
            findings.rows.push(row);
        }
    }
    findings
}

fn empty(row: &mut Row) {
    row.verdict = None;
    row.measured = Estimates::default();
    row.comparison = None;
    row.latency.clear();
    row.failure = Some("it fell over".to_owned());
}

fn row(scenario: &str, job: &str, kind: Caching, (number, place): (usize, usize)) -> Row {
    let mut measured = Vec::new();
    let mut add = |metric, step, point: f64| {
        let estimate = around(point, 0.04, Estimator::MedianWithRange);
        measured.push(Measured { metric, step, estimate });
    };
    let warm = if place == 0 { 1.0 } else { 0.4 + 0.05 * number as f64 };
    let mut steps = vec![(Step::Build, 12.4 * if kind == Caching::Plain { 1.0 } else { warm })];
    if kind == Caching::Archive {
        steps.insert(0, (Step::Restore, if place == 0 { 0.1 } else { 1.6 }));
        steps.push((Step::Save, if place == 0 { 2.2 } else { 0.08 }));
    }
    let wall: f64 = steps.iter().map(|(_, seconds)| seconds).sum();
    add(Metric::Wall, None, wall);
    steps.iter().for_each(|(step, seconds)| add(Metric::Wall, Some(*step), *seconds));
    let fresh = if kind == Caching::Archive && place > 0 { 14.0 } else { 0.0 };
    let hits = if kind == Caching::Wrapper && place > 0 { 13.0 } else { 0.0 };
    for (metric, count) in [
        (Metric::Units, 20.0),
        (Metric::UnitsFresh, fresh),
        (Metric::UnitsHit, hits),
        (Metric::UnitsMiss, 14.0 - fresh - hits),
        (Metric::UnitsNoncacheable, 6.0),
        (Metric::ReuseRatio, (fresh + hits) / 20.0),
    ] {
        add(metric, None, count);
    }
    if kind == Caching::Wrapper {
        add(Metric::HitRatio, None, hits / 14.0);
    }
    if kind != Caching::Plain {
        let (down, up) = if place == 0 { (140.0, 61.4e6) } else { (61.4e6, 2.1e6) };
        add(Metric::BytesDown, None, down * (1.0 + number as f64));
        add(Metric::BytesUp, None, up / (1.0 + number as f64));
        add(Metric::Requests, None, 3.0 + 1_204.0 * number as f64);
        add(Metric::RequestsLimited, None, if number % 3 == 2 { 12.0 } else { 0.0 });
        add(Metric::StoredBytes, None, 9e6 * (1.0 + number as f64) * (place as f64 + 2.0).ln());
    }
    let ratio = around(wall / 12.4, 0.03, Estimator::HodgesLehmann);
    let mut row = Row {
        case: Case::new("finder", scenario),
        scenario: scenario.into(),
        workspace: "finder".into(),
        job: job.into(),
        verdict: Some(JobVerdict::Valid(vec!["the program works".to_owned()])),
        failure: None,
        measured: measured.into_iter().collect(),
        comparison: Some(compared(ratio)),
        states: None,
        latency: latency(kind, number),
    };
    if kind == Caching::Broken {
        empty(&mut row);
    }
    row
}

fn around(point: f64, spread: f64, estimator: Estimator) -> Estimate {
    let (low, high) = (point / (1.0 + spread), point * (1.0 + spread));
    Estimate { point, low, high, estimator, count: 10 }
}

fn compared(ratio: Estimate) -> Comparison {
    let verdict = match &ratio {
        it if it.high < 0.98 => ComparisonVerdict::Faster,
        it if it.low > 1.02 => ComparisonVerdict::Slower,
        _ => ComparisonVerdict::Inconclusive,
    };
    let reference = "none".into();
    Comparison {
        reference,
        ratio,
        verdict,
        iterations_needed: None,
        detectable: None,
        margin: 0.02,
        floor: None,
        across: None,
    }
}

fn latency(kind: Caching, number: usize) -> BTreeMap<Operation, Latencies> {
    let of = |base: f64| {
        let mut took = Latencies::default();
        // A long tail: most are quick, a few are not.
        (1..=200)
            .for_each(|n| took.record(Seconds(base * (1.0 + 0.9 / (1.02 - n as f64 / 200.0)))));
        took
    };
    let base = 0.0006 * (number as f64 + 1.0);
    match kind {
        Caching::Wrapper => {
            [(Operation::Read, of(base)), (Operation::Write, of(base * 4.0))].into()
        }
        Caching::Archive => [(Operation::Write, of(0.2))].into(),
        Caching::Plain | Caching::Broken => BTreeMap::new(),
    }
}

/// A curve that crosses 1 at so many seconds of round trip.
pub(super) fn curve(what: &str, crosses_at: f64, steepness: f64) -> Curve {
    let point = |milliseconds: f64| {
        let at = milliseconds / 1e3;
        let ratio = (steepness * (at - crosses_at)).exp();
        let estimate = around(ratio, 0.08, Estimator::HodgesLehmann);
        CurvePoint { at, label: format!("{milliseconds} ms"), estimate }
    };
    let points = [0.0, 10.0, 20.0, 50.0, 100.0, 150.0, 200.0].map(point).to_vec();
    Curve::new(Setting::RoundTrip, what, points, 1.0)
}

/// Three curves that end close together, one of them without a crossover.
pub(super) fn curves() -> Vec<Curve> {
    vec![
        curve("wall of sccache-webdav over none, unchanged", 0.082, 6.0),
        curve("wall of sccache-github-actions over none, unchanged", 0.12, 8.0),
        curve("wall of actions-cache over none, unchanged", 0.4, 2.0),
    ]
}
