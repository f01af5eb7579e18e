//! Savings: what a way of caching saves in a month, in time and in money.
//! Owns how a month is counted. Times are measured; a month's are theirs times the jobs, and so
//! projected.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Bytes, CachePrice, Metric, RunnerPrice};
use serde::Serialize;

use super::basis::Basis;
use super::ranking::RankedScenario;
use crate::estimate::Estimate;

/// What a way of caching saves in a month of jobs, beside the reference; projected from the record.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Savings {
    /// Jobs in the month.
    pub jobs: u32,
    /// Seconds saved; below 0 where it takes longer. The interval is that of the ratio, and absent
    /// where that is none.
    pub seconds: f64,
    /// The lower and the upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
    /// The bill; absent without prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill: Option<Bill>,
}

/// What a month of jobs costs, in the currency of the prices.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Bill {
    /// The minutes with this way of caching, each job in whole minutes.
    pub minutes: f64,
    /// The minutes with the reference.
    pub minutes_of_reference: f64,
    /// What its cache stores, at most.
    pub stored: Bytes,
    /// The price of storing what lies above the included size all month; absent where no price is
    /// known, or the cache is not the one that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<f64>,
    /// What is saved in all; below 0 where it costs more.
    pub saved: f64,
}

/// What a month is counted by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Month<'a> {
    /// Jobs.
    pub(super) jobs: u32,
    /// Seconds of each job beside what was measured.
    pub(super) around: f64,
    /// The runner's price.
    pub(super) runner: Option<&'a RunnerPrice>,
    /// The cache's price.
    pub(super) cache: Option<CachePrice>,
}

/// The savings of a way of caching.
pub(super) fn savings(
    basis: &Basis<'_>,
    chosen: &RankedScenario,
    reference: &RankedScenario,
    month: &Month<'_>,
) -> Savings {
    let jobs = f64::from(month.jobs);
    let confident = chosen.ratio.as_ref().filter(|it| it.estimator.is_confident());
    let saved = |ratio: f64| jobs * reference.seconds * (1.0 - ratio);
    let interval = |it: &Estimate| (saved(it.high), saved(it.low));
    Savings {
        jobs: month.jobs,
        seconds: jobs * (reference.seconds - chosen.seconds),
        interval: confident.map(interval),
        bill: month.runner.map(|runner| bill(basis, (chosen, reference), runner, month)),
    }
}

fn bill(
    basis: &Basis<'_>,
    (chosen, reference): (&RankedScenario, &RankedScenario),
    runner: &RunnerPrice,
    month: &Month<'_>,
) -> Bill {
    let minutes = |it: &RankedScenario| -> f64 {
        let of_job = |job: &super::RankedJob| {
            basis.mix.share(&job.job) * runner.of_job(job.seconds + month.around)
        };
        f64::from(month.jobs) * it.jobs.iter().map(of_job).sum::<f64>()
    };
    let stored = chosen.jobs.iter().filter_map(|job| {
        let row = basis.row(&chosen.scenario, &job.job)?;
        Some(row.estimate(Metric::StoredBytes, None)?.high)
    });
    let stored = Bytes(stored.fold(0.0, f64::max) as u64);
    let scenario = basis.scenario(&chosen.scenario);
    let is_githubs = scenario
        .and_then(|it| it.service)
        .is_some_and(|it| it == lukewarm_model::ServiceKind::GITHUB_ACTIONS);
    let storage = month.cache.filter(|_| is_githubs).map(|price| price.of_month(stored));
    let (own, theirs) = (minutes(chosen), minutes(reference));
    Bill {
        minutes: own,
        minutes_of_reference: theirs,
        stored,
        storage,
        saved: theirs - own - storage.unwrap_or(0.0),
    }
}
