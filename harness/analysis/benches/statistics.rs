//! How fast the statistics are: they run at every look of a run, and for every report.

use criterion::{Criterion, criterion_group, criterion_main};
use lukewarm_analysis::trial::{Method, mean_over_groups};

/// So many values around 10, the same each time.
fn values(count: usize, salt: usize) -> Vec<f64> {
    (0..count).map(|n| 10.0 + ((n * 7 + salt * 3) % 11) as f64 / 20.0).collect()
}

fn statistics(criterion: &mut Criterion) {
    let looks = [10, 20, 40, 60];
    criterion.bench_function("levels of a family of seven with four looks", |bencher| {
        bencher.iter(|| Method::sequential(7, &looks));
    });
    let means: Vec<f64> = (0..50).map(|salt| values(1, salt)[0]).collect();
    criterion.bench_function("the t interval over 50 workspaces", |bencher| {
        bencher.iter(|| mean_over_groups(&means));
    });
    let reference = values(60, 0);
    let rows: Vec<Vec<f64>> = (1..=7).map(|salt| values(60, salt)).collect();
    let candidates: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    let method = Method::sequential(7, &looks);
    criterion.bench_function("seven comparisons of 60 blocks, look by look", |bencher| {
        bencher.iter(|| method.compare(&reference, &candidates));
    });
}

criterion_group!(benches, statistics);
criterion_main!(benches);
