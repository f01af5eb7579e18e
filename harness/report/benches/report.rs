//! Report making for a run of 10,000 jobs: the example run, its iterations repeated.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lukewarm_analysis::{Evaluation, analyse};
use lukewarm_model::RawRecord;

const JOBS: usize = 10_000;

fn record() -> RawRecord {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../analysis/testdata/example");
    let mut record = lukewarm_record::read(folder.as_ref()).expect("the example is readable");
    let pass: Vec<_> =
        record.jobs.iter().filter(|job| job.attempt.iteration == 1).cloned().collect();
    for iteration in 3.. {
        if record.jobs.len() + pass.len() > JOBS {
            record.run.plan.iterations = iteration - 1;
            break;
        }
        record.jobs.extend(pass.iter().cloned().map(|mut job| {
            job.attempt.iteration = iteration;
            job
        }));
    }
    record
}

/// What `lukewarm report` computes, and what it then writes.
fn report(criterion: &mut Criterion) {
    let record = record();
    let mut group = criterion.benchmark_group("report");
    group.sample_size(10);
    group.bench_function("findings of 10,000 jobs", |bencher| {
        bencher.iter(|| analyse(Evaluation::of(black_box(&record))));
    });
    let findings = analyse(Evaluation::of(&record));
    group.bench_function("files of 10,000 jobs", |bencher| {
        bencher.iter(|| lukewarm_report::files(black_box(&findings)).expect("a report"));
    });
    group.finish();
}

criterion_group!(benches, report);
criterion_main!(benches);
