//! Findings: the results of a run, ready to be reported.
//! Owns the result types of `analyse`. A finding carries its estimator's name and its samples'
//! count; words and pictures belong to `report`.

mod across_parts;
mod analyse;
mod best;
mod comparisons;
mod copies;
mod cross_workspace;
mod estimates;
mod issues;
mod latency;
mod merged;
mod next_step;
mod open;
mod outputs;
mod row;
mod run_warnings;
mod settled;
mod states;
mod swept;

pub use across_parts::{AcrossParts, Heterogeneity, PartApart, PartRatio};
pub use analyse::{Findings, Outlier, analyse};
pub(crate) use best::beside;
pub use best::{BestFew, Rival};
pub(crate) use comparisons::{Rule, noise};
pub use copies::{CopiesRow, FinishedCopy};
pub use cross_workspace::{CrossWorkspace, WorkspaceRatio};
pub use estimates::{Estimates, Measured};
pub use issues::{IssueKind, JobIssue};
pub use merged::{KindComparison, MachineKind, MachinePart, MergedRun, PartNoun};
pub use next_step::NextStep;
pub use open::open;
pub use outputs::OutputCoverage;
pub use row::{Comparison, Row};
pub use swept::Swept;

#[cfg(test)]
mod merged_tests;
#[cfg(test)]
mod tests;
