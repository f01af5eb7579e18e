//! How a tool evaluates its own job: from what was observed to a report.
//! Owns how units and a tool's counters are combined; `results/README.md` describes the same in
//! words. It must not decide whether a job is valid.

use std::collections::BTreeMap;

use lukewarm_model::{
    Check, Classify, Counter, ErrorKind, JobFacts, Moment, Scenario, ToolDescription, UnitFact,
};

/// The facts of one job that did not fail, and its scenario.
#[derive(Clone, Copy, Debug)]
pub struct JobObservation<'a> {
    /// The job's facts, the tool's statements among them.
    pub job: &'a JobFacts,
    /// The job's scenario.
    pub scenario: &'a Scenario,
}

/// A tool's evaluation of one job.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolReport {
    /// The units by outcome.
    pub outcomes: Outcomes,
    /// The tool's counters in this job.
    pub counters: Counters,
    /// The store that the tool reports; absent for a tool that reports none.
    pub stored_in: Option<StoredIn>,
    /// Number of entries that the tool wrote to its store; absent where that is not known.
    pub entries_written: Option<u64>,
    /// The version in the tool's statistics; absent for a tool that reports none.
    pub version: Option<String>,
    /// Further checks of the job's validity.
    pub checks: Vec<Check>,
}

impl ToolReport {
    /// The report of a tool that is no compiler wrapper: only Cargo's own messages count.
    pub fn without_wrapper(units: &[UnitFact]) -> ToolReport {
        ToolReport {
            outcomes: Outcomes::without_wrapper(units),
            counters: Counters::default(),
            stored_in: None,
            entries_written: None,
            version: None,
            checks: Vec::new(),
        }
    }
}

/// The store that a tool reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredIn {
    /// The location as the tool prints it.
    pub location: String,
    /// Whether that is the store of the scenario.
    pub is_wanted: bool,
}

/// A tool's counters of one job, by name. A counter that the tool does not have is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<Counter, u64>);

impl Counters {
    /// The value of a counter; absent where the tool does not have it.
    pub fn get(&self, counter: Counter) -> Option<u64> {
        self.0.get(&counter).copied()
    }

    /// The sum of several counters; absent where the tool has none of them.
    pub fn sum(&self, counters: &[Counter]) -> Option<u64> {
        let present: Vec<u64> = counters.iter().filter_map(|it| self.get(*it)).collect();
        (!present.is_empty()).then(|| present.iter().sum())
    }

    /// Number of cache lookups: the tool's own counter, or else hits plus misses. Absent where the
    /// tool has none of these.
    pub fn lookups(&self) -> Option<u64> {
        self.get(Counter::LOOKUPS).or_else(|| self.sum(&[Counter::HITS, Counter::MISSES]))
    }

    /// Hits over hits plus misses, by the tool's counters; absent without any.
    pub fn hit_ratio(&self) -> Option<f64> {
        let (hits, misses) = (self.get(Counter::HITS)?, self.get(Counter::MISSES)?);
        (hits + misses > 0).then(|| hits as f64 / (hits + misses) as f64)
    }

    /// All counters, by name.
    pub fn iter(&self) -> impl Iterator<Item = (Counter, u64)> {
        self.0.iter().map(|(counter, count)| (*counter, *count))
    }
}

impl FromIterator<(Counter, u64)> for Counters {
    fn from_iter<T: IntoIterator<Item = (Counter, u64)>>(numbers: T) -> Counters {
        Counters(numbers.into_iter().collect())
    }
}

/// Numbers of units by outcome; the four outcomes add up to `units`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// Compiler invocations planned by Cargo.
    pub units: u64,
    /// Units that Cargo did not rebuild.
    pub fresh: u64,
    /// Units that the cache supplied.
    pub hits: u64,
    /// Units that were compiled although the tool can cache them.
    pub misses: u64,
    /// Units that the tool cannot cache.
    pub noncacheable: u64,
}

impl Outcomes {
    /// Outcomes without a compiler wrapper: every unit that is not fresh is compiled.
    pub fn without_wrapper(units: &[UnitFact]) -> Outcomes {
        let fresh = units.iter().filter(|unit| unit.fresh).count() as u64;
        let all = units.len() as u64;
        Outcomes { units: all, fresh, hits: 0, misses: all - fresh, noncacheable: 0 }
    }

    /// Outcomes with a compiler wrapper: the cacheable units among those that are not fresh are
    /// split into hits and misses by the tool's counters. These also count compilations that are
    /// no units: probes of build scripts. No job changes the input of a probe, so that a probe is
    /// a miss only where everything is; surplus counts are therefore first taken off the hits.
    pub fn with_wrapper(
        tool: &ToolDescription,
        units: &[UnitFact],
        counters: &Counters,
    ) -> Outcomes {
        let Outcomes { units: all, fresh, misses: rest, .. } = Outcomes::without_wrapper(units);
        let cacheable = cacheable(tool, units);
        let count = |counter| counters.get(counter).unwrap_or_default();
        let hits = count(Counter::HITS).min(cacheable.saturating_sub(count(Counter::MISSES)));
        Outcomes {
            units: all,
            fresh,
            hits,
            misses: cacheable - hits,
            noncacheable: rest - cacheable,
        }
    }

    /// Number of units that were not fresh and that the tool can cache.
    pub fn cacheable(&self) -> u64 {
        self.hits + self.misses
    }

    /// Fresh and hit units over all units; absent without units.
    pub fn reuse_ratio(&self) -> Option<f64> {
        (self.units > 0).then(|| (self.fresh + self.hits) as f64 / self.units as f64)
    }
}

/// Number of units that were not fresh and that a wrapper can cache.
fn cacheable(tool: &ToolDescription, units: &[UnitFact]) -> u64 {
    units.iter().filter(|unit| !unit.fresh && tool.can_cache(unit.kind)).count() as u64
}

/// Why a tool's statistics cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The record has none of this moment.
    #[error("{tool} printed no statistics {moment} the build")]
    Missing {
        /// The tool's name.
        tool: &'static str,
        /// When it should have been made.
        moment: Moment,
    },
    /// They are not in the known format.
    #[error("{tool}'s statistics {moment} the build cannot be read")]
    Unreadable {
        /// The tool's name.
        tool: &'static str,
        /// When it was made.
        moment: Moment,
        /// The parser's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The statistics are those of the installed program.
impl Classify for StatisticsError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Environment
    }
}

/// A tool's statistics at one moment, parsed by `parse`.
///
/// # Errors
/// When the record has none of that moment, or `parse` refuses them.
pub fn statement<T, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    tool: &'static str,
    job: &JobFacts,
    moment: Moment,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, StatisticsError> {
    let found = job.statements.iter().find(|statement| statement.moment == moment);
    let found = found.ok_or(StatisticsError::Missing { tool, moment })?;
    parse(&found.text).map_err(|source| StatisticsError::Unreadable {
        tool,
        moment,
        source: source.into(),
    })
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{ToolRole, UnitKind};

    use super::*;

    const LIBRARIES: ToolDescription = ToolDescription {
        role: ToolRole::Wrapper,
        caches: &[UnitKind::Lib],
        ..ToolDescription::new("libraries", "caches libraries alone")
    };
    const ALL: ToolDescription = ToolDescription {
        caches: &[
            UnitKind::Lib,
            UnitKind::Bin,
            UnitKind::ProcMacro,
            UnitKind::BuildScript,
            UnitKind::Other,
        ],
        ..LIBRARIES
    };

    /// Ten libraries of dependencies with three build scripts and a macro, four libraries of
    /// members and two programs; those of dependencies are fresh on request.
    fn units(external_are_fresh: bool) -> Vec<UnitFact> {
        let kinds = [
            (UnitKind::Lib, 10, true),
            (UnitKind::BuildScript, 3, true),
            (UnitKind::ProcMacro, 1, true),
            (UnitKind::Lib, 4, false),
            (UnitKind::Bin, 2, false),
        ];
        let units = kinds.into_iter().flat_map(|(kind, count, external)| {
            (0..count).map(move |number| UnitFact {
                package: format!("package-{number}"),
                target: format!("target-{number}"),
                kind,
                external,
                fresh: external && external_are_fresh,
            })
        });
        units.collect()
    }

    fn wrapped(tool: &ToolDescription, fresh: bool, hits: u64, misses: u64) -> Outcomes {
        let counters = [(Counter::HITS, hits), (Counter::MISSES, misses)].into_iter().collect();
        Outcomes::with_wrapper(tool, &units(fresh), &counters)
    }

    #[test]
    fn fresh_is_not_hit() {
        let restored = Outcomes::without_wrapper(&units(true));
        let wanted = Outcomes { units: 20, fresh: 14, hits: 0, misses: 6, noncacheable: 0 };
        assert_eq!(restored, wanted);
        assert_eq!(restored.reuse_ratio(), Some(0.7));
        assert_eq!(Outcomes::without_wrapper(&[]).reuse_ratio(), None);
    }

    #[test]
    fn what_is_cacheable_is_the_tools_to_say() {
        let warm = wrapped(&LIBRARIES, false, 13, 1);
        let wanted = Outcomes { units: 20, fresh: 0, hits: 13, misses: 1, noncacheable: 6 };
        assert_eq!(warm, wanted);
        assert_eq!(warm.reuse_ratio(), Some(0.65));
        let warm = wrapped(&ALL, false, 19, 1);
        let wanted = Outcomes { units: 20, fresh: 0, hits: 19, misses: 1, noncacheable: 0 };
        assert_eq!(warm, wanted);
    }

    #[test]
    fn probes_of_build_scripts_are_no_units() {
        let warm = wrapped(&LIBRARIES, true, 33, 0);
        let wanted = Outcomes { units: 20, fresh: 14, hits: 4, misses: 0, noncacheable: 2 };
        assert_eq!(warm, wanted);
        // Two probes hit beside four units that were changed.
        let edited = wrapped(&LIBRARIES, false, 12, 4);
        assert_eq!((edited.hits, edited.misses), (10, 4));
        // All is new, the probes too.
        let cold = wrapped(&LIBRARIES, false, 0, 16);
        assert_eq!((cold.hits, cold.misses), (0, 14));
    }

    #[test]
    fn a_unit_that_never_reached_the_tool_is_a_miss() {
        let some = wrapped(&LIBRARIES, false, 10, 1);
        assert_eq!((some.hits, some.misses), (10, 4));
    }

    #[test]
    fn what_a_tool_does_not_count_is_absent_and_no_zero() {
        let counters: Counters =
            [(Counter::HITS, 3), (Counter::READ_ERRORS, 1)].into_iter().collect();
        assert_eq!(counters.get(Counter::REQUESTS), None);
        assert_eq!(counters.lookups(), Some(3));
        assert_eq!(counters.hit_ratio(), None, "misses are not known");
        assert_eq!(counters.sum(&[Counter::READ_ERRORS, Counter::TIMEOUTS]), Some(1));
        assert_eq!(Counters::default().lookups(), None);
    }
}
