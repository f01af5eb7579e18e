//! What sccache's server says of itself.
//! Owns the meaning of its statistics, in the forms of all versions that are tested.

use std::collections::BTreeMap;

use lukewarm_model::Counter;
use serde::Deserialize;

use crate::{Counters, StoredIn};

/// Hits of other languages: C that a build script compiles.
const OTHER_HITS: Counter = Counter::new("other-hits");
/// Misses of other languages.
const OTHER_MISSES: Counter = Counter::new("other-misses");

/// The output of `sccache --show-stats --stats-format json`, as far as it is used.
#[derive(Deserialize)]
pub(super) struct Statement {
    pub(super) stats: Stats,
    cache_location: String,
    pub(super) version: String,
}

impl Statement {
    /// The store that it reports, with several levels each of them, beside the names of those that
    /// are wanted.
    pub(super) fn stored_in(&self, wanted: &[&str]) -> StoredIn {
        let levels: Vec<&str> = match &self.stats.multi_level {
            Some(levels) => levels.iter().map(|level| level.location.as_str()).collect(),
            None => vec![self.cache_location.as_str()],
        };
        let each = levels.iter().zip(wanted).all(|(level, wanted)| level.starts_with(wanted));
        let is_wanted = levels.len() == wanted.len() && each;
        StoredIn { location: levels.join(", then "), is_wanted }
    }
}

/// The numbers of a server since it was started.
#[derive(Deserialize)]
pub(super) struct Stats {
    compile_requests: u64,
    requests_not_compile: u64,
    requests_executed: u64,
    cache_hits: ByLanguage,
    cache_misses: ByLanguage,
    cache_timeouts: u64,
    cache_read_errors: u64,
    cache_write_errors: u64,
    not_cached: BTreeMap<String, u64>,
    /// Since version 0.16; absent with one level.
    #[serde(default)]
    multi_level: Option<Vec<Level>>,
}

/// One level of several, the nearest first.
#[derive(Deserialize)]
struct Level {
    location: String,
    hits: u64,
    misses: u64,
    writes: u64,
    write_failures: u64,
    backfills_to: u64,
}

#[derive(Deserialize)]
struct ByLanguage {
    counts: BTreeMap<String, u64>,
}

impl ByLanguage {
    fn rust(&self) -> u64 {
        self.counts.get("Rust").copied().unwrap_or(0)
    }

    fn others(&self) -> u64 {
        self.counts.values().sum::<u64>() - self.rust()
    }
}

/// Parses that output.
pub(super) fn parse_statistics(text: &str) -> Result<Statement, serde_json::Error> {
    serde_json::from_str(text)
}

/// The counters of one job: the statistics are cumulative since the server started.
pub(super) fn subtract(before: &Stats, after: &Stats) -> Counters {
    type Read = fn(&Stats) -> u64;
    let counters: [(Counter, Read); 11] = [
        (Counter::REQUESTS, |it| it.compile_requests),
        (Counter::LOOKUPS, |it| it.requests_executed),
        (Counter::HITS, |it| it.cache_hits.rust()),
        (Counter::MISSES, |it| it.cache_misses.rust()),
        (OTHER_HITS, |it| it.cache_hits.others()),
        (OTHER_MISSES, |it| it.cache_misses.others()),
        (Counter::NONCACHEABLE, |it| it.not_cached.values().sum()),
        (Counter::NONCOMPILATIONS, |it| it.requests_not_compile),
        (Counter::READ_ERRORS, |it| it.cache_read_errors),
        (Counter::WRITE_ERRORS, |it| it.cache_write_errors),
        (Counter::TIMEOUTS, |it| it.cache_timeouts),
    ];
    let since = |(counter, read): (Counter, fn(&Stats) -> u64)| {
        (counter, read(after).saturating_sub(read(before)))
    };
    counters.into_iter().map(since).chain(by_level(before, after)).collect()
}

/// The counters of each of two levels in one job; empty with one level.
fn by_level(before: &Stats, after: &Stats) -> Vec<(Counter, u64)> {
    type Read = fn(&Level) -> u64;
    const COUNTERS: [(&str, &str, Read); 5] = [
        (Counter::LOCAL_HITS.name(), "remote-hits", |it| it.hits),
        ("disk-misses", "remote-misses", |it| it.misses),
        ("disk-writes", "remote-writes", |it| it.writes),
        ("disk-write-failures", "remote-write-failures", |it| it.write_failures),
        ("disk-backfills", "remote-backfills", |it| it.backfills_to),
    ];
    let Some([disk, remote]) = after.multi_level.as_deref() else { return Vec::new() };
    let earlier = before.multi_level.as_deref().unwrap_or_default();
    let since = |level: &Level, number: usize, read: Read| {
        read(level).saturating_sub(earlier.get(number).map_or(0, read))
    };
    let both = |(of_disk, of_remote, read): (&'static str, &'static str, Read)| {
        [
            (Counter::new(of_disk), since(disk, 0, read)),
            (Counter::new(of_remote), since(remote, 1, read)),
        ]
    };
    COUNTERS.into_iter().flat_map(both).collect()
}
