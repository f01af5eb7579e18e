//! Prices of CI: what a minute of a runner and the storage of a cache cost.
//! Owns the nouns and how a job is billed; the figures are those of a dated file.

use crate::Bytes;

/// Prices, as they were on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    /// Whose they are, in one line.
    pub title: String,
    /// The day on which they were read, such as `2026-11-27`.
    pub date: String,
    /// Where they were read.
    pub source: String,
    /// The currency of every price, such as `USD`.
    pub currency: String,
    /// The runners, in the file's order.
    pub runners: Vec<RunnerPrice>,
    /// The cache; absent where none is known.
    pub cache: Option<CachePrice>,
}

/// The price of one kind of runner.
#[derive(Clone, Debug, PartialEq)]
pub struct RunnerPrice {
    /// Its name in the file.
    pub name: String,
    /// Logical processors.
    pub cpus: u32,
    /// What a minute costs; each job is billed in whole minutes.
    pub per_minute: f64,
}

/// The price of storage for a cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CachePrice {
    /// What costs nothing.
    pub included: Bytes,
    /// What a GiB above that costs in a month.
    pub per_gib_month: f64,
}

impl Prices {
    /// The runner of that name; else, without a name, the first of the smallest with so many
    /// processors.
    pub fn runner(&self, name: Option<&str>, cpus: u32) -> Option<&RunnerPrice> {
        match name {
            Some(name) => self.runners.iter().find(|runner| runner.name == name),
            None => {
                let enough = self.runners.iter().filter(|runner| runner.cpus >= cpus);
                enough.min_by_key(|runner| runner.cpus)
            }
        }
    }
}

impl RunnerPrice {
    /// What a job of so many seconds costs: each minute that it began.
    pub fn of_job(&self, seconds: f64) -> f64 {
        (seconds / 60.0).ceil().max(1.0) * self.per_minute
    }
}

impl CachePrice {
    /// What storing so many bytes all month costs.
    pub fn of_month(&self, stored: Bytes) -> f64 {
        const GIB: f64 = 1024.0 * 1024.0 * 1024.0;
        stored.0.saturating_sub(self.included.0) as f64 / GIB * self.per_gib_month
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner(name: &str, cpus: u32) -> RunnerPrice {
        RunnerPrice { name: name.to_owned(), cpus, per_minute: 0.01 }
    }

    #[test]
    fn a_job_is_billed_in_whole_minutes() {
        let runner = runner("a", 2);
        assert_eq!(
            [59.0, 60.0, 61.0, 0.5].map(|it| (runner.of_job(it) * 100.0).round()),
            [1.0, 1.0, 2.0, 1.0]
        );
    }

    #[test]
    fn storage_costs_what_lies_above_what_is_included() {
        let price = CachePrice { included: Bytes(1 << 30), per_gib_month: 0.07 };
        assert_eq!(price.of_month(Bytes(1 << 30)), 0.0);
        assert!((price.of_month(Bytes(3 << 30)) - 0.14).abs() < 1e-12);
    }

    #[test]
    fn the_smallest_runner_that_is_large_enough_is_taken() {
        let prices = Prices {
            title: String::new(),
            date: String::new(),
            source: String::new(),
            currency: "USD".to_owned(),
            runners: vec![runner("large", 8), runner("small", 2), runner("arm", 2)],
            cache: None,
        };
        let name = |name, cpus| prices.runner(name, cpus).map(|it| it.name.as_str());
        assert_eq!(name(None, 1), Some("small"));
        assert_eq!(name(None, 3), Some("large"));
        assert_eq!(name(None, 9), None);
        assert_eq!((name(Some("arm"), 9), name(Some("other"), 1)), (Some("arm"), None));
    }
}
