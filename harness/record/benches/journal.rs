//! How long it takes until a job's facts are on the disk, which every job pays once, and until a
//! journal of 10,000 jobs is read, which every report pays.
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use lukewarm_record::{Writer, read};

fn journal(criterion: &mut Criterion) {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/published/cli");
    let record = read(&published).unwrap();
    // Beside the sources: a folder for temporary files may lie in memory, where syncing is free.
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut writer = Writer::create(place.path(), &record.run).unwrap();
    let job = record.jobs.last().unwrap();
    criterion.bench_function("append a job of 41 units, synced", |bencher| {
        bencher.iter(|| writer.job(job).unwrap());
    });
}

/// As many jobs as weeks of measuring leave.
const JOBS: usize = 10_000;

fn reading(criterion: &mut Criterion) {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/published/cli");
    let record = read(&published).unwrap();
    // In memory where there is such a folder: the disk is no part of what is timed.
    let place = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(place.path(), &record.run).unwrap();
    for number in 0..JOBS {
        writer.job(&record.jobs[number % record.jobs.len()]).unwrap();
    }
    let mut group = criterion.benchmark_group("read");
    group.sample_size(10);
    group.bench_function("10,000 jobs of 41 units", |bencher| {
        bencher.iter(|| assert_eq!(read(writer.folder()).unwrap().jobs.len(), JOBS));
    });
}

criterion_group!(benches, journal, reading);
criterion_main!(benches);
