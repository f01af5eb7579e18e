//! What became of a job's units: fresh, hit, miss, non-cacheable.
//! Owns how units and a tool's counts meet; `results/README.md` says the same in words.

use lukewarm_model::{Counts, UnitFact, UnitKind};

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
    pub(super) fn plain(units: &[UnitFact]) -> Outcomes {
        let all = units.len() as u64;
        let fresh = units.iter().filter(|unit| unit.fresh).count() as u64;
        Outcomes { units: all, fresh, hits: 0, misses: all - fresh, noncacheable: 0 }
    }

    /// With a wrapper, of the units that are not fresh the libraries are cacheable, and of these
    /// the tool answered some. A tool also counts compilations that are no units: probes of build
    /// scripts. Nothing that a job changes is in a probe, so that it is a miss only where all is;
    /// beyond the units, hits are taken for the probes' before misses are.
    pub(super) fn wrapped(units: &[UnitFact], tool: &Counts) -> Outcomes {
        let Outcomes { units: all, fresh, misses: rest, .. } = Outcomes::plain(units);
        let cacheable = cacheable(units);
        let hits = tool.hits.min(cacheable.saturating_sub(tool.misses));
        Outcomes {
            units: all,
            fresh,
            hits,
            misses: cacheable - hits,
            noncacheable: rest - cacheable,
        }
    }

    /// Fresh and hit units over all units; absent without units.
    pub fn reuse_ratio(&self) -> Option<f64> {
        (self.units > 0).then(|| (self.fresh + self.hits) as f64 / self.units as f64)
    }
}

/// Units that were not fresh and that a wrapper can cache: libraries alone.
pub(super) fn cacheable(units: &[UnitFact]) -> u64 {
    units.iter().filter(|unit| !unit.fresh && unit.kind == UnitKind::Lib).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{Fresh, units};

    #[test]
    fn fresh_is_not_hit() {
        let restored = Outcomes::plain(&units(Fresh::External));
        let wanted = Outcomes { units: 20, fresh: 14, hits: 0, misses: 6, noncacheable: 0 };
        assert_eq!(restored, wanted);
        assert_eq!(restored.reuse_ratio(), Some(0.7));
        assert_eq!(Outcomes::plain(&[]).reuse_ratio(), None);
    }

    /// 14 cacheable units of 20, or 4 where those of dependencies are fresh.
    fn wrapped(fresh: Fresh, hits: u64, misses: u64) -> Outcomes {
        Outcomes::wrapped(&units(fresh), &Counts { hits, misses, ..Counts::default() })
    }

    #[test]
    fn a_wrapper_caches_libraries_alone() {
        let warm = wrapped(Fresh::Nothing, 13, 1);
        let wanted = Outcomes { units: 20, fresh: 0, hits: 13, misses: 1, noncacheable: 6 };
        assert_eq!(warm, wanted);
        assert_eq!(warm.reuse_ratio(), Some(0.65));
    }

    #[test]
    fn probes_of_build_scripts_are_no_units() {
        let warm = wrapped(Fresh::External, 33, 0);
        let wanted = Outcomes { units: 20, fresh: 14, hits: 4, misses: 0, noncacheable: 2 };
        assert_eq!(warm, wanted);
        // Two probes hit beside four units that were changed.
        let edited = wrapped(Fresh::Nothing, 12, 4);
        assert_eq!((edited.hits, edited.misses), (10, 4));
        // All is new, the probes too.
        let cold = wrapped(Fresh::Nothing, 0, 16);
        assert_eq!((cold.hits, cold.misses), (0, 14));
    }

    #[test]
    fn a_unit_that_never_reached_the_tool_is_a_miss() {
        let some = wrapped(Fresh::Nothing, 10, 1);
        assert_eq!((some.hits, some.misses), (10, 4));
    }
}
