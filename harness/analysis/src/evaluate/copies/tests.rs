//! Copies in sccache's own words and with archives, as jobs made by hand. No process, no file.

use lukewarm_model::{
    Bytes, CopyFacts, FailureKind, JobFacts, RawRecord, RunFacts, Scenario, Seconds,
};

use super::*;
use crate::analyse;
use crate::evaluate::{EvaluatedJob, Evaluation};
use crate::examples::{self, Fresh};

/// A job of copies that are given as jobs, each of which begins a second after the one before it.
fn together(copies: Vec<JobFacts>) -> JobFacts {
    let first = copies[0].clone();
    let mut job = JobFacts::new(first.case, first.job, first.attempt, first.started);
    job.service = first.service;
    let copies = copies.into_iter().zip(0..).map(|(copy, behind)| {
        let started = Seconds(f64::from(behind));
        let ended = started + copy.wall();
        CopyFacts::of(copy, (started, ended))
    });
    job.copies = Some(CopiesFacts {
        stagger: Seconds(1.0),
        peak_rss: Some(Bytes(900)),
        service_cpu: Some(Seconds(0.5)),
        offered: BTreeMap::from([(1, 3), (2, 11)]),
        copies: copies.collect(),
    });
    job
}

fn run(scenario: Scenario) -> RunFacts {
    examples::run(vec![examples::none(), scenario], &["cold", "unchanged"], 1)
}

fn record(run: RunFacts, job: JobFacts) -> RawRecord {
    RawRecord { run, jobs: vec![job], end: None }
}

fn value(job: &EvaluatedJob<'_>, metric: Metric, step: Option<Step>) -> Option<f64> {
    let found = job.samples.iter().find(|it| it.metric == metric && it.step == step);
    found.map(|sample| sample.value)
}

/// Two copies of a first job, of which the second one found three libraries of the first.
fn cold() -> JobFacts {
    let copy = |hits| examples::sccache_job("finder/sccache-webdav", "cold", 1, hits);
    together(vec![copy(0), copy(3)])
}

#[test]
fn the_values_of_copies_become_those_of_one_job() {
    let record = record(run(examples::webdav()), cold());
    let evaluation = Evaluation::of(&record);
    let job = &evaluation.jobs()[0];
    let whole = |metric| value(job, metric, None);
    // The first takes 4 + 0.6 x 14 + 0.5 s; the second began later and ended earlier.
    assert!((whole(Metric::Wall).unwrap() - 12.9).abs() < 1e-9, "{:?}", whole(Metric::Wall));
    let build = value(job, Metric::Wall, Some(Step::Build)).unwrap();
    assert!((build - (12.4 + 10.6) / 2.0).abs() < 1e-9, "the mean of the copies: {build}");
    assert_eq!(whole(Metric::Units), Some(40.0));
    assert_eq!(whole(Metric::UnitsHit), Some(3.0));
    assert_eq!(whole(Metric::HitRatio), Some(3.0 / 28.0));
    assert_eq!(whole(Metric::ReuseRatio), Some(3.0 / 40.0));
    assert_eq!(whole(Metric::PeakRss), Some(900.0), "seen of all at once");
    assert_eq!(whole(Metric::ServiceCpu), Some(0.5));
    assert_eq!(whole(Metric::StoredBytes), Some(9e6), "of the one service");
    assert_eq!(whole(Metric::DuplicateCompiles), Some(11.0));
    assert_eq!(whole(Metric::DuplicateWrites), Some(11.0));
    assert_eq!(whole(Metric::RefusedWrites), Some(0.0));
    let asked: Vec<u64> =
        job.copies.iter().map(|it| it.ledger.as_ref().unwrap().requests).collect();
    assert_eq!(whole(Metric::Requests), Some(asked.iter().sum::<u64>() as f64));
    assert_eq!(job.ledger.as_ref().unwrap().requests, asked.iter().sum::<u64>());
    assert_eq!(job.verdict.kind(), VerdictKind::Valid, "{:?}", job.verdict);
    let reasons = job.verdict.reasons();
    assert!(reasons.iter().any(|it| it.starts_with("each copy: 20 units")), "{reasons:?}");
    assert!(reasons.contains(&"copy 2: 3 of 14 cacheable units hit".to_owned()), "{reasons:?}");
}

#[test]
fn what_copies_compiled_beyond_the_first_of_each_unit_is_duplicate() {
    let duplicates = |scenario: Scenario, job: JobFacts| {
        let record = record(run(scenario), job);
        duplicate_compiles(&Evaluation::of(&record).jobs()[0].copies)
    };
    // Fourteen libraries had to be compiled once, and 14 + 11 were.
    assert_eq!(duplicates(examples::webdav(), cold()), Some(11));
    let copy = |hits| examples::sccache_job("finder/sccache-webdav", "unchanged", 1, hits);
    assert_eq!(duplicates(examples::webdav(), together(vec![copy(14), copy(14)])), Some(0));
    assert_eq!(duplicates(examples::webdav(), together(vec![copy(12), copy(13)])), Some(1));
    // An archive brings what comes from outside; members are renewed in each checkout.
    let copy = |fresh| {
        let mut copy = examples::service_job("finder/actions-cache", "cold", 1, 12.0);
        copy.units = examples::units(fresh);
        copy
    };
    let job = together(vec![copy(Fresh::Nothing), copy(Fresh::Nothing), copy(Fresh::External)]);
    assert_eq!(duplicates(examples::archive(), job), Some(14));
    // Where nothing is shared, nothing is compiled twice.
    let job = together(vec![examples::job("finder/none", "cold", 1, 12.0); 2]);
    assert_eq!(duplicates(examples::webdav(), job), None);
}

#[test]
fn a_job_is_as_good_as_the_worst_of_its_copies() {
    let good = || examples::sccache_job("finder/sccache-webdav", "cold", 1, 0);
    let mut bypassed = good();
    bypassed.statements = examples::statements(&examples::Said {
        requests: 0,
        executed: 0,
        misses: 0,
        ..examples::said()
    });
    let record_of = |job| record(run(examples::webdav()), job);
    let record = record_of(together(vec![good(), bypassed]));
    let evaluation = Evaluation::of(&record);
    let verdict = &evaluation.jobs()[0].verdict;
    assert_eq!(verdict.kind(), VerdictKind::Degraded);
    assert!(verdict.reasons().iter().all(|it| it.starts_with("copy 2: ")), "{verdict:?}");
    let mut failed = together(vec![good(), good()]);
    failed.failure = Some(Failure {
        step: Some(Step::Build),
        kind: FailureKind::Build,
        message: "copy 1: `cargo build` ended with code 101".to_owned(),
        last_lines: Vec::new(),
    });
    let record = record_of(failed);
    let evaluation = Evaluation::of(&record);
    let job = &evaluation.jobs()[0];
    assert!(job.samples.is_empty() && job.verdict.kind() == VerdictKind::Degraded);
}

#[test]
fn a_write_to_a_key_that_another_copy_took_is_no_error() {
    let scenario = Scenario {
        service: Some(lukewarm_model::ServiceKind::GITHUB_ACTIONS),
        ..examples::webdav()
    };
    let verdict = |taken| {
        let said = examples::Said {
            write_errors: 3,
            location: "ghac, name: ghac, prefix: /",
            ..examples::said()
        };
        let mut copy = examples::sccache_job("finder/sccache-webdav", "cold", 1, 0);
        copy.statements = examples::statements(&said);
        let mut job = together(vec![copy.clone(), copy]);
        for copy in job.copies.iter_mut().flat_map(|it| &mut it.copies) {
            copy.refused = BTreeMap::from([(409, taken)]);
        }
        let record = record(run(scenario.clone()), job);
        Evaluation::of(&record).jobs()[0].verdict.clone()
    };
    let good = verdict(3);
    let wanted = "each copy: sccache counts 3 failed writes: keys that another copy had stored or \
                  reserved";
    assert!(good.reasons().contains(&wanted.to_owned()), "{good:?}");
    assert_eq!(good.kind(), VerdictKind::Valid, "{good:?}");
    assert_eq!(verdict(2).kind(), VerdictKind::Degraded, "one is not explained");
}

#[test]
fn who_finished_when_and_what_was_refused_is_a_row() {
    let mut job = cold();
    for copy in job.copies.iter_mut().flat_map(|it| &mut it.copies) {
        copy.refused = BTreeMap::from([(429, 4), (409, 1)]);
    }
    let record = record(run(examples::webdav()), job);
    let findings = analyse(Evaluation::of(&record));
    let [row] = &findings.copies[..] else { panic!("{:?}", findings.copies) };
    assert_eq!((row.copies, row.stagger), (2, 1.0));
    let order: Vec<usize> = row.finished.iter().map(|it| it.copy).collect();
    assert_eq!(order, [2, 1], "the second one had less to compile");
    let point = |estimate: &Option<crate::Estimate>| estimate.as_ref().map(|it| it.point);
    assert_eq!(point(&row.compiled), Some(37.0));
    assert_eq!(point(&row.duplicate_compiles), Some(11.0));
    assert_eq!(point(&row.duplicate_writes), Some(11.0));
    assert_eq!(point(&row.refused_by_limit), Some(8.0));
    assert_eq!(point(&row.refused_as_taken), None, "this service takes a key again");
}
