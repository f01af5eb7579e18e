//! Report making for a run of 10,000 jobs: the example run, its iterations repeated.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lukewarm_analysis::{Findings, analyse, measure};

const JOBS: usize = 10_000;

fn findings() -> Findings {
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
    let samples = measure(&record);
    analyse(&record, &samples)
}

fn files(criterion: &mut Criterion) {
    let findings = findings();
    let mut group = criterion.benchmark_group("report");
    group.sample_size(10);
    group.bench_function("files of 10,000 jobs", |bencher| {
        bencher.iter(|| lukewarm_report::files(black_box(&findings)).expect("a report"));
    });
    group.finish();
}

criterion_group!(benches, files);
criterion_main!(benches);
