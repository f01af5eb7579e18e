//! Whose questions a run answers: what decides, at each of its planned analyses, whether it has
//! enough. Owns what a record says of it; deciding belongs to `analysis`.

use crate::Rule;

/// Questions other than the usual ones, how each scenario compares with the reference.
#[derive(Clone, Debug, PartialEq)]
pub enum DecidedBy {
    /// Whether a candidate is within thresholds of its baseline.
    Gate {
        /// The baseline, as it was named: `git:main`, `sccache@0.10.0`.
        against: String,
        /// The thresholds.
        rules: Vec<Rule>,
    },
    /// What claims say of it.
    Claims,
}
