//! Metrics: observed quantities with their units, and the sources of values.
//! Owns the names and units that `samples.csv` carries; estimates belong to `analysis`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An observed quantity. `results/README.md` defines how each is counted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Wall-clock time.
    Wall,
    /// CPU time of the whole child tree, a tool's server included.
    Cpu,
    /// Largest resident memory of the child tree seen at once.
    PeakRss,
    /// CPU time of the emulated service, which competes with the build.
    ServiceCpu,
    /// Body bytes received by the job, counted at the service.
    BytesDown,
    /// Body bytes sent by the job, counted at the service.
    BytesUp,
    /// Requests that the service saw.
    Requests,
    /// Requests that a limit refused (429).
    RequestsLimited,
    /// Requests answered with an error of the service (5xx) or broken off.
    RequestsFailed,
    /// Time that requests took at the service, summed over requests.
    Waiting,
    /// Bytes that the cache keeps when the job has ended.
    StoredBytes,
    /// Units: compiler invocations planned by Cargo.
    Units,
    /// Units that Cargo skipped.
    UnitsFresh,
    /// Units answered by the cache.
    UnitsHit,
    /// Units compiled.
    UnitsMiss,
    /// Units that the tool cannot cache.
    UnitsNoncacheable,
    /// Hits over hits and misses.
    HitRatio,
    /// Fresh and hit units over all units.
    ReuseRatio,
    /// Calls that reached the wrapper.
    WrapperRequests,
    /// Calls of the wrapper that compile something cacheable.
    WrapperExecuted,
    /// Calls that the wrapper answered from its cache, Rust only.
    WrapperHits,
    /// Calls that the wrapper compiled and stored, Rust only.
    WrapperMisses,
    /// Calls that the wrapper cannot cache.
    WrapperNoncacheable,
    /// Calls of the wrapper that are no compilation.
    WrapperNoncompilations,
    /// Reads of the wrapper that failed or took too long.
    WrapperReadErrors,
    /// Writes of the wrapper that failed.
    WrapperWriteErrors,
    /// Entries that the service holds when the job has ended.
    StoredObjects,
    /// Entries that the quota pushed out during the job.
    EvictedObjects,
    /// Bytes of files that an archive's restore unpacked.
    RestoredBytes,
    /// Of these, bytes that belong to units that Cargo then used.
    RestoredBytesUsed,
    /// Compilations of what copies of a job that ran at once could have shared, beyond the first of
    /// each unit.
    DuplicateCompiles,
    /// Entries that one copy wanted to write and another one too, beyond the first of each.
    DuplicateWrites,
    /// Writes of copies that the service refused.
    RefusedWrites,
}

/// The unit of a metric's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// A number of things.
    Count,
    /// A share between 0 and 1.
    Ratio,
}

/// Where a value comes from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The harness's own monotonic clock.
    Clock,
    /// The kernel's accounting of processes.
    Kernel,
    /// The service's ledger.
    Ledger,
    /// Files on disk.
    Disk,
    /// Cargo's JSON messages.
    Cargo,
    /// The cache tool's own statistics.
    Tool,
    /// The plan: the scenario has nothing of the kind, so that the value is 0 by construction.
    Plan,
}

impl Metric {
    /// Every metric, in the order of `samples.csv`.
    pub const ALL: [Metric; 33] = [
        Metric::Wall,
        Metric::Cpu,
        Metric::PeakRss,
        Metric::ServiceCpu,
        Metric::BytesDown,
        Metric::BytesUp,
        Metric::Requests,
        Metric::RequestsLimited,
        Metric::RequestsFailed,
        Metric::Waiting,
        Metric::StoredBytes,
        Metric::Units,
        Metric::UnitsFresh,
        Metric::UnitsHit,
        Metric::UnitsMiss,
        Metric::UnitsNoncacheable,
        Metric::HitRatio,
        Metric::ReuseRatio,
        Metric::WrapperRequests,
        Metric::WrapperExecuted,
        Metric::WrapperHits,
        Metric::WrapperMisses,
        Metric::WrapperNoncacheable,
        Metric::WrapperNoncompilations,
        Metric::WrapperReadErrors,
        Metric::WrapperWriteErrors,
        Metric::StoredObjects,
        Metric::EvictedObjects,
        Metric::RestoredBytes,
        Metric::RestoredBytesUsed,
        Metric::DuplicateCompiles,
        Metric::DuplicateWrites,
        Metric::RefusedWrites,
    ];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Wall => "wall",
            Metric::Cpu => "cpu",
            Metric::PeakRss => "peak_rss",
            Metric::ServiceCpu => "service_cpu",
            Metric::BytesDown => "bytes_down",
            Metric::BytesUp => "bytes_up",
            Metric::Requests => "requests",
            Metric::RequestsLimited => "requests_limited",
            Metric::RequestsFailed => "requests_failed",
            Metric::Waiting => "waiting",
            Metric::StoredBytes => "stored_bytes",
            Metric::Units => "units",
            Metric::UnitsFresh => "units_fresh",
            Metric::UnitsHit => "units_hit",
            Metric::UnitsMiss => "units_miss",
            Metric::UnitsNoncacheable => "units_noncacheable",
            Metric::HitRatio => "hit_ratio",
            Metric::ReuseRatio => "reuse_ratio",
            Metric::WrapperRequests => "wrapper_requests",
            Metric::WrapperExecuted => "wrapper_executed",
            Metric::WrapperHits => "wrapper_hits",
            Metric::WrapperMisses => "wrapper_misses",
            Metric::WrapperNoncacheable => "wrapper_noncacheable",
            Metric::WrapperNoncompilations => "wrapper_noncompilations",
            Metric::WrapperReadErrors => "wrapper_read_errors",
            Metric::WrapperWriteErrors => "wrapper_write_errors",
            Metric::StoredObjects => "stored_objects",
            Metric::EvictedObjects => "evicted_objects",
            Metric::RestoredBytes => "restored_bytes",
            Metric::RestoredBytesUsed => "restored_bytes_used",
            Metric::DuplicateCompiles => "duplicate_compiles",
            Metric::DuplicateWrites => "duplicate_writes",
            Metric::RefusedWrites => "refused_writes",
        }
    }

    /// The metric in words, for axes and sentences.
    pub fn words(self) -> String {
        match self {
            Metric::Wall => "wall-clock".to_owned(),
            Metric::Cpu => "CPU time".to_owned(),
            Metric::PeakRss => "peak memory".to_owned(),
            _ => self.name().replace('_', " "),
        }
    }

    /// Whether it varies between measurements where nothing has changed.
    pub fn is_noisy(self) -> bool {
        matches!(self.unit(), Unit::Seconds) || self == Metric::PeakRss
    }

    /// Whether the values of several jobs add up to a value of all of them: times and counts do,
    /// sizes and shares that hold at a job's end do not.
    pub fn adds_up(self) -> bool {
        !matches!(
            self,
            Metric::PeakRss
                | Metric::StoredBytes
                | Metric::StoredObjects
                | Metric::HitRatio
                | Metric::ReuseRatio
        )
    }

    /// The unit of its values.
    pub fn unit(self) -> Unit {
        match self {
            Metric::Wall | Metric::Cpu | Metric::ServiceCpu | Metric::Waiting => Unit::Seconds,
            Metric::PeakRss
            | Metric::BytesDown
            | Metric::BytesUp
            | Metric::StoredBytes
            | Metric::RestoredBytes
            | Metric::RestoredBytesUsed => Unit::Bytes,
            Metric::HitRatio | Metric::ReuseRatio => Unit::Ratio,
            _ => Unit::Count,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Unit {
    /// The unit as `samples.csv` writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::Seconds => "s",
            Unit::Bytes => "B",
            Unit::Count => "1",
            Unit::Ratio => "ratio",
        }
    }
}

impl Source {
    /// The name as `samples.csv` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Source::Clock => "clock",
            Source::Kernel => "kernel",
            Source::Ledger => "ledger",
            Source::Disk => "disk",
            Source::Cargo => "cargo",
            Source::Tool => "tool",
            Source::Plan => "plan",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.symbol())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
