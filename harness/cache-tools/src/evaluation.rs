//! How a tool evaluates its own job: what was seen goes in, a report comes out.
//! Owns how units and a tool's counts meet; `results/README.md` says the same in words. It must
//! not decide whether a job may be believed.

use std::collections::BTreeMap;

use lukewarm_model::{
    Check, Classify, Counter, ErrorKind, JobFacts, Moment, Scenario, ToolDescription, UnitFact,
};

/// What was seen of one job that did not fail, beside what it was meant to be.
#[derive(Clone, Copy, Debug)]
pub struct JobObservation<'a> {
    /// The job's facts, the tool's statements among them.
    pub job: &'a JobFacts,
    /// The scenario that it was a job of.
    pub scenario: &'a Scenario,
}

/// What a tool says of one job.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolReport {
    /// What became of the units.
    pub outcomes: Outcomes,
    /// What the tool counted in this job.
    pub counters: Counters,
    /// Where it says that it stored; absent for a tool that does not say.
    pub stored_in: Option<StoredIn>,
    /// Entries that it says it wrote to its store, one each; absent where that cannot be said.
    pub entries_written: Option<u64>,
    /// The version that answered; absent for a tool that does not say.
    pub version: Option<String>,
    /// What else speaks for or against the job.
    pub checks: Vec<Check>,
}

impl ToolReport {
    /// The report of a tool that stands between nothing: what Cargo said is all there is.
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

/// Where a tool says that it stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredIn {
    /// In the tool's own words.
    pub place: String,
    /// Whether that is the place that the scenario means.
    pub is_wanted: bool,
}

/// Numbers of one job by name: only those that the tool counts are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<Counter, u64>);

impl Counters {
    /// The number of that name; absent where the tool does not count it.
    pub fn get(&self, counter: Counter) -> Option<u64> {
        self.0.get(&counter).copied()
    }

    /// The sum of several; absent where the tool counts none of them.
    pub fn sum(&self, counters: &[Counter]) -> Option<u64> {
        let present: Vec<u64> = counters.iter().filter_map(|it| self.get(*it)).collect();
        (!present.is_empty()).then(|| present.iter().sum())
    }

    /// Calls for which the tool looked into its cache: as it counts them, or else its hits and
    /// misses. Absent where it counts nothing of that.
    pub fn lookups(&self) -> Option<u64> {
        self.get(Counter::LOOKUPS).or_else(|| self.sum(&[Counter::HITS, Counter::MISSES]))
    }

    /// Hits over hits and misses, as the tool counts them; absent without any.
    pub fn hit_ratio(&self) -> Option<f64> {
        let (hits, misses) = (self.get(Counter::HITS)?, self.get(Counter::MISSES)?);
        (hits + misses > 0).then(|| hits as f64 / (hits + misses) as f64)
    }

    /// Every number, by name.
    pub fn iter(&self) -> impl Iterator<Item = (Counter, u64)> {
        self.0.iter().map(|(counter, count)| (*counter, *count))
    }
}

impl FromIterator<(Counter, u64)> for Counters {
    fn from_iter<T: IntoIterator<Item = (Counter, u64)>>(numbers: T) -> Counters {
        Counters(numbers.into_iter().collect())
    }
}

/// Numbers of units by outcome; the four outcomes add up to the units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// Compiler invocations planned by Cargo.
    pub units: u64,
    /// Cargo skipped them.
    pub fresh: u64,
    /// The cache answered.
    pub hits: u64,
    /// They were compiled.
    pub misses: u64,
    /// The tool cannot cache them.
    pub noncacheable: u64,
}

impl Outcomes {
    /// Without a wrapper every unit that is not fresh is compiled, and nothing is refused.
    pub fn without_wrapper(units: &[UnitFact]) -> Outcomes {
        let fresh = units.iter().filter(|unit| unit.fresh).count() as u64;
        let all = units.len() as u64;
        Outcomes { units: all, fresh, hits: 0, misses: all - fresh, noncacheable: 0 }
    }

    /// With a wrapper, of the units that are not fresh some are cacheable, and of these the tool
    /// answered some. A tool also counts compilations that are no units: probes of build scripts.
    /// Nothing that a job changes is in a probe, so that it is a miss only where all is; beyond
    /// the units, hits are taken for the probes' before misses are.
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

    /// Units that were not fresh and that the tool can cache.
    pub fn cacheable(&self) -> u64 {
        self.hits + self.misses
    }

    /// Fresh and hit units over all units; absent without units.
    pub fn reuse_ratio(&self) -> Option<f64> {
        (self.units > 0).then(|| (self.fresh + self.hits) as f64 / self.units as f64)
    }
}

/// Units that were not fresh and that a wrapper can cache.
fn cacheable(tool: &ToolDescription, units: &[UnitFact]) -> u64 {
    units.iter().filter(|unit| !unit.fresh && tool.can_cache(unit.kind)).count() as u64
}

/// A tool's statistics that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StatisticsError {
    /// The statement at this moment is missing.
    #[error("{tool} made no statement {moment} the build")]
    Missing {
        /// The tool's name.
        tool: &'static str,
        /// When it should have been made.
        moment: Moment,
    },
    /// The statement is not of the known form.
    #[error("{tool}'s statistics {moment} the build cannot be read")]
    Unreadable {
        /// The tool's name.
        tool: &'static str,
        /// When it was made.
        moment: Moment,
        /// Where it stops making sense.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a tool says is of the program that is installed.
impl Classify for StatisticsError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Environment
    }
}

/// What a tool said at one moment, as it understands its own words.
///
/// # Errors
/// When it said nothing then, or `read` does not understand it.
pub fn statement<T, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    tool: &'static str,
    job: &JobFacts,
    moment: Moment,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, StatisticsError> {
    let found = job.statements.iter().find(|statement| statement.moment == moment);
    let found = found.ok_or(StatisticsError::Missing { tool, moment })?;
    read(&found.text).map_err(|source| StatisticsError::Unreadable {
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
    /// members and two programs; those of dependencies are fresh where it says so.
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
        assert_eq!(counters.hit_ratio(), None, "nobody says what missed");
        assert_eq!(counters.sum(&[Counter::READ_ERRORS, Counter::TIMEOUTS]), Some(1));
        assert_eq!(Counters::default().lookups(), None);
    }
}
