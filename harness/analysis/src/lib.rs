//! Raw facts become samples, samples become findings.
//! Owns every statistic of the project. It must not touch disk, network, process or clock.
//!
//! The way through: [`measure`] reads each job into samples, [`judge`] says whether a job may be
//! believed and why, [`analyse`] turns samples into estimates and comparisons.

mod across;
mod analyse;
mod claims;
mod compare;
mod curve;
mod findings;
mod gate;
mod grid;
mod judge;
mod latency;
mod levels;
mod margin;
mod measure;
mod reading;
mod remarks;
mod reused;
mod states;
mod statistics;
mod swept;
#[doc(hidden)]
pub mod trial;

pub use analyse::{analyse, open};
pub use claims::{
    Asked, ClaimFinding, ClaimMethod, Cover, Decision, Evidence, Floor, Look, Part, RunUnderClaim,
    Served, Test, Why, covers, judge_claims, open_claims,
};
pub use compare::FEWEST_PAIRS;
pub use curve::{Course, Crossover, Curve, CurvePoint};
pub use findings::{
    Across, AcrossOne, Comparison, Doubt, Estimate, Estimator, Findings, Measured, Outlier, Row,
};
pub use gate::{
    Answer, Calibration, Change, ChangeVerdict, Gate, Hosts, Pair, Spread, gate, gate_open,
    pairs_of_runs, pairs_of_scenarios, pairs_of_workspaces,
};
pub use judge::judge;
pub use levels::{ErrorLevels, error_levels};
pub use margin::Leaning;
pub use measure::measure;
pub use swept::Swept;

#[cfg(test)]
mod example_run;
#[cfg(test)]
mod examples;
