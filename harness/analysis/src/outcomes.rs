//! What became of a job's units: fresh, hit, miss, non-cacheable.
//! Owns how units and a tool's counts meet; `results/README.md` says the same in words.

use lukewarm_model::{UnitFact, UnitKind};

/// Numbers of units by outcome; the four outcomes add up to the units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcomes {
    /// Compiler invocations planned by Cargo.
    pub(crate) units: u64,
    /// Cargo skipped them.
    pub(crate) fresh: u64,
    /// The cache answered.
    pub(crate) hits: u64,
    /// They were compiled.
    pub(crate) misses: u64,
    /// The tool cannot cache them.
    pub(crate) noncacheable: u64,
}

impl Outcomes {
    /// Without a wrapper every unit that is not fresh is compiled, and nothing is refused.
    pub(crate) fn plain(units: &[UnitFact]) -> Outcomes {
        let all = units.len() as u64;
        let fresh = units.iter().filter(|unit| unit.fresh).count() as u64;
        Outcomes { units: all, fresh, hits: 0, misses: all - fresh, noncacheable: 0 }
    }

    /// With a wrapper, of the units that are not fresh the libraries are cacheable, and of these
    /// `tool_hits` were answered. A tool also counts compilations that are no units (probes of
    /// build scripts), so that its hits can exceed the units: the surplus is nobody's.
    pub(crate) fn wrapped(units: &[UnitFact], tool_hits: u64) -> Outcomes {
        let Outcomes { units: all, fresh, misses: rest, .. } = Outcomes::plain(units);
        let cacheable = cacheable(units);
        let hits = tool_hits.min(cacheable);
        Outcomes {
            units: all,
            fresh,
            hits,
            misses: cacheable - hits,
            noncacheable: rest - cacheable,
        }
    }

    /// Fresh and hit units over all units; absent without units.
    pub(crate) fn reuse_ratio(&self) -> Option<f64> {
        (self.units > 0).then(|| (self.fresh + self.hits) as f64 / self.units as f64)
    }
}

/// Units that were not fresh and that a wrapper can cache: libraries alone.
pub(crate) fn cacheable(units: &[UnitFact]) -> u64 {
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

    #[test]
    fn a_wrapper_caches_libraries_alone() {
        let warm = Outcomes::wrapped(&units(Fresh::Nothing), 13);
        let wanted = Outcomes { units: 20, fresh: 0, hits: 13, misses: 1, noncacheable: 6 };
        assert_eq!(warm, wanted);
        assert_eq!(warm.reuse_ratio(), Some(0.65));
    }

    #[test]
    fn hits_beyond_the_units_are_nobodys() {
        let warm = Outcomes::wrapped(&units(Fresh::External), 33);
        let wanted = Outcomes { units: 20, fresh: 14, hits: 4, misses: 0, noncacheable: 2 };
        assert_eq!(warm, wanted);
    }
}
