//! How long it takes until a job's facts are on the disk: every job pays it once.
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

criterion_group!(benches, journal);
criterion_main!(benches);
