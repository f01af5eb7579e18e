//! A network's file: its keys, and which of its figures exclude each other.

use lukewarm_model::{Bandwidth, Bytes, LatencyQuantile, Network, Seconds};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::document::Table;
use crate::forms::{Filled, Written};

/// A link between a job and a cache service.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NetworkFile {
    /// One line.
    title: Filled,
    /// Markdown: why this link exists, how to read results over it.
    essay: Filled,
    /// Where the figures come from, or that they are assumptions.
    source: Filled,
    /// From a request's last byte to its answer's first, such as `"40 ms"`. Left out: `0 ms`
    round_trip: Option<Written<Seconds>>,
    /// The largest deviation of one round trip, seeded; not above `round-trip`. Left out: `0 ms`
    jitter: Option<Written<Seconds>>,
    /// From service to job, shared by all connections, such as `"1 Gbit/s"`. Left out: unlimited
    down: Option<Written<Bandwidth>>,
    /// From job to service, shared by all connections. Left out: unlimited
    up: Option<Written<Bandwidth>>,
    /// The most that one connection gets in each direction. Left out: no such cap
    per_connection: Option<Written<Bandwidth>>,
    /// Round trips that opening a connection costs. Left out: `0`
    connect_round_trips: Option<u32>,
    /// How long the service itself takes to answer, in addition to the round trip. Left out: `0 ms`
    first_byte: Option<Written<Seconds>>,
    /// Bytes that a new connection may send in its first round trip, doubled in each that follows:
    /// TCP's slow start; `"14600 B"` is Linux's. An idle connection falls back to it, as Linux has
    /// it. Without a round trip it holds nothing up. Left out: full rate at once
    initial_window: Option<Written<Bytes>>,
    /// How long answers take where that varies, in place of `round-trip` and `jitter`: a list such
    /// as `["0%: 35 ms", "50%: 60 ms", "100%: 1 s"]`, from `0%` to `100%`, growing; drawn by seeded
    /// chance, evenly between two points. Opening connections and slow start go by `round-trip` all
    /// the same. Left out: every answer takes `round-trip`
    #[schemars(length(min = 1))]
    latency_quantiles: Option<Vec<Written<LatencyQuantile>>>,
}

impl NetworkFile {
    /// The network of that name; what does not go together is noted.
    pub fn network(self, name: &str, table: Table<'_>) -> Network {
        let seconds = |it: Option<Written<Seconds>>| it.map_or(Seconds(0.0), |it| it.0);
        let quantiles = self.latency_quantiles.into_iter().flatten().map(|it| it.0).collect();
        let network = Network {
            name: name.to_owned(),
            title: self.title.0,
            source: self.source.0,
            essay: self.essay.0,
            round_trip: seconds(self.round_trip),
            jitter: seconds(self.jitter),
            down: self.down.map(|it| it.0),
            up: self.up.map(|it| it.0),
            per_connection: self.per_connection.map(|it| it.0),
            connect_round_trips: self.connect_round_trips.unwrap_or(0),
            first_byte: seconds(self.first_byte),
            initial_window: self.initial_window.map(|it| it.0),
            latency_quantiles: quantiles,
        };
        check(&network, table);
        network
    }
}

fn check(network: &Network, table: Table<'_>) {
    const QUANTILES: &str = "latency-quantiles";
    if table.has(QUANTILES) && table.has("jitter") {
        table.problem("jitter", "`jitter` and `latency-quantiles` exclude each other");
    }
    if network.jitter > network.round_trip {
        table.problem("jitter", "`jitter` is larger than `round-trip`");
    }
    let rates =
        [("down", network.down), ("up", network.up), ("per-connection", network.per_connection)];
    for (key, rate) in rates {
        if rate.is_some_and(|rate| rate.0 == 0) {
            table.problem(key, format!("`{key}` is 0: leave it out where there is no limit"));
        }
    }
    if network.initial_window.is_some_and(|window| window.0 == 0) {
        table.problem("initial-window", "`initial-window` is 0: leave it out for none");
    }
    if table.is_right(QUANTILES)
        && let Some(problem) = LatencyQuantile::problem(&network.latency_quantiles)
    {
        table.problem(QUANTILES, format!("`{QUANTILES}`: {problem}"));
    }
}
