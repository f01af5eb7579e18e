//! The prices' file: what runners and the storage of caches cost, when and by which source.

use lukewarm_model::{Bytes, CachePrice, Prices, RunnerPrice};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::Table;
use crate::forms::{Filled, NAME_PATTERN, Written};

/// What CI costs.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PricesFile {
    /// One line: whose prices these are.
    title: Filled,
    /// The day on which they were read, such as `"2026-11-27"`.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    date: Filled,
    /// The currency of every price, such as `"USD"`.
    currency: Filled,
    /// Where the prices were read.
    source: Filled,
    /// Markdown: what is billed and what is free.
    #[expect(dead_code, reason = "it is for whoever reads the file")]
    essay: Filled,
    /// The runners.
    #[schemars(length(min = 1))]
    runner: Vec<RunnerPriceTable>,
    /// The storage of the cache. Left out: its price is not known
    cache: Option<CacheTable>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RunnerPriceTable {
    /// The name by which it is chosen.
    #[schemars(regex(pattern = NAME_PATTERN))]
    name: String,
    /// Logical processors.
    #[schemars(range(min = 1))]
    cpus: u32,
    /// The price of a minute; a job is billed in whole ones.
    #[schemars(range(min = 0.0))]
    per_minute: f64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct CacheTable {
    /// The size that costs nothing.
    included: Written<Bytes>,
    /// The price of a GiB above that in a month.
    #[schemars(range(min = 0.0))]
    per_gib_month: f64,
}

impl PricesFile {
    /// The prices; a name that stands twice is noted.
    pub fn prices(self, table: Table<'_>) -> Prices {
        let runners: Vec<RunnerPrice> =
            self.runner.into_iter().map(RunnerPriceTable::price).collect();
        for (number, runner) in runners.iter().enumerate() {
            if runners[..number].iter().any(|other| other.name == runner.name) {
                table.problem("runner", format!("the runner `{}` stands twice", runner.name));
            }
        }
        Prices {
            title: self.title.0,
            date: self.date.0,
            source: self.source.0.trim().to_owned(),
            currency: self.currency.0,
            runners,
            cache: self
                .cache
                .map(|it| CachePrice { included: it.included.0, per_gib_month: it.per_gib_month }),
        }
    }
}

impl RunnerPriceTable {
    fn price(self) -> RunnerPrice {
        RunnerPrice { name: self.name, cpus: self.cpus, per_minute: self.per_minute }
    }
}
