//! How long it takes to lay the checkout of a job, which every job pays: 5,000 files of together
//! 500 MB, beside copying them one after the other. The disk's cache is warm, as it is from the
//! second job of a run on.
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

use std::fs;
use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use lukewarm_runner::{CopyTimes, copy_folder};

const FOLDERS: usize = 100;
/// Files in a folder: most are sources of some kilobytes, one is an asset.
const FILES: usize = 50;
const SOURCE: usize = 8 << 10;
const ASSET: usize = 4_600_000;

fn sources(root: &Path) {
    for folder in 0..FOLDERS {
        let folder = root.join(format!("crates/c{folder}/src"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..FILES {
            let size = if file == 0 { ASSET } else { SOURCE };
            fs::write(folder.join(format!("f{file}.rs")), vec![b'x'; size]).unwrap();
        }
    }
}

/// Copies one file after the other.
fn one_by_one(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        match entry.file_type().is_dir() {
            true => fs::create_dir_all(target).unwrap(),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn laying(criterion: &mut Criterion) {
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (from, to) = (place.path().join("from"), place.path().join("to"));
    sources(&from);
    let mut group = criterion.benchmark_group("lay 5,000 files of 500 MB");
    group.sample_size(10);
    let ways: [(&str, &dyn Fn()); 2] = [
        ("as jobs do", &|| copy_folder(&from, &to, CopyTimes::Fresh).unwrap()),
        ("one by one", &|| one_by_one(&from, &to)),
    ];
    for (name, lay) in ways {
        let clear = || drop(fs::remove_dir_all(&to));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(clear, |()| lay(), BatchSize::PerIteration);
        });
    }
}

criterion_group!(benches, laying);
criterion_main!(benches);
