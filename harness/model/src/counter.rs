//! Names of the numbers in a cache tool's own statistics.
//! Owns those that mean the same for every tool.

use std::fmt;

/// The name of a number in a tool's own statistics. The constants are those that mean the same for
/// every tool; a tool may have further ones of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter(&'static str);

impl Counter {
    /// Calls that reached the tool.
    pub const REQUESTS: Counter = Counter("requests");
    /// Calls for which it looked into its cache.
    pub const LOOKUPS: Counter = Counter("lookups");
    /// Rust compilations answered from the cache.
    pub const HITS: Counter = Counter("hits");
    /// Rust compilations that were not in the cache, and were compiled.
    pub const MISSES: Counter = Counter("misses");
    /// Calls that it could not cache.
    pub const NONCACHEABLE: Counter = Counter("noncacheable");
    /// Calls that were no compilation.
    pub const NONCOMPILATIONS: Counter = Counter("noncompilations");
    /// Reads of the cache that failed.
    pub const READ_ERRORS: Counter = Counter("read-errors");
    /// Writes to the cache that failed: the object is lost.
    pub const WRITE_ERRORS: Counter = Counter("write-errors");
    /// Lookups that took too long.
    pub const TIMEOUTS: Counter = Counter("timeouts");
    /// Hits that a store on the machine itself answered, before the service was asked.
    pub const LOCAL_HITS: Counter = Counter("disk-hits");
    /// Units that the tool can cache, as Cargo planned them: counted by lukewarm, and declared
    /// beside the tool's own.
    pub const CACHEABLE_UNITS: Counter = Counter("cacheable-units");

    /// A number that only one tool has.
    pub const fn new(name: &'static str) -> Counter {
        Counter(name)
    }

    /// The name, as files have it.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
