//! Whether the state that jobs start from is random: one priming pass may leave another store than
//! the next. Owns that rule, which a run and its analysis share.

use crate::{Fault, FaultKind, JobFacts, Scenario, When};

impl Scenario {
    /// Whether the store that a pass leaves for the next jobs is random, so that two passes may
    /// leave different stores: because its faults do not hit every request alike, or because a
    /// limit refused or evicted something in one of these jobs. A limit that nothing reached
    /// changes nothing; jitter changes times and no object.
    pub fn has_chance_in_its_state<'a>(
        &self,
        jobs: impl IntoIterator<Item = &'a JobFacts>,
    ) -> bool {
        let by_chance = |fault: &Fault| {
            matches!(fault.kind, FaultKind::TokenExpiry(_)) || fault.when != When::Always
        };
        self.faults.iter().any(by_chance) || jobs.into_iter().any(JobFacts::met_a_limit)
    }
}
