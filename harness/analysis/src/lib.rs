//! Raw facts become evaluated jobs, these become comparisons, findings and answers.
//! Owns every statistic of the project. It must not touch disk, network, process or clock.
//!
//! The stages, each using only those before it: [`Evaluation`] reads each job once and gives its
//! verdict; `compare` compares two rows; [`analyse`] for reports, [`gate`] for regressions and
//! [`judge_claims`] for claims use both. [`recommend`] chooses by the findings.

mod claims;
mod compare;
mod estimate;
mod evaluate;
mod findings;
mod gate;
mod overhead;
mod recommend;
mod soundness;
mod statistics;
#[doc(hidden)]
pub mod trial;

pub use claims::{
    Asked, ClaimFinding, ClaimMethod, Cover, Decision, Evidence, Floor, Look, Part, RunUnderClaim,
    Served, Test, Why, covers, judge_claims, open_claims,
};
pub use compare::{
    Crossover, Curve, CurvePoint, CurveShape, Direction, ErrorLevels, FEWEST_PAIRS, error_levels,
};
pub use estimate::{Estimate, Estimator};
pub use evaluate::{
    EvaluatedCopy, EvaluatedJob, Evaluation, OutputEvidence, PlannedCase, Shareable,
};
pub use findings::{
    AcrossParts, BestFew, Comparison, CopiesRow, CrossWorkspace, Estimates, Findings, FinishedCopy,
    Heterogeneity, IssueKind, JobIssue, KindComparison, MachineKind, MachinePart, Measured,
    MergedRun, NextStep, Outlier, OutputCoverage, PartApart, PartNoun, PartRatio, Rival, Row,
    Swept, WorkspaceRatio, analyse, open,
};
pub use gate::{
    Answer, Calibration, Change, ChangeVerdict, Gate, Hosts, InvalidJob, Pair, Spread, gate,
    gate_open, pairs_of_runs, pairs_of_scenarios, pairs_of_workspaces,
};
pub use overhead::{CallOverhead, QuantileEstimate, overhead};

pub use recommend::{
    Advice, AdviceFinding, Bill, Choice, Flip, GivenShares, JobMix, JobShare, LeftOut,
    LeftOutReason, MixError, MixVerdict, Needs, NoRecommendation, Potential, PotentialBasis,
    RankedJob, RankedScenario, Recommendation, RecommendationRequest, Savings,
    WorkspaceRecommendation, recommend,
};
pub use soundness::{
    BuiltAgain, ReusedUnits, Soundness, SoundnessArm, SoundnessCell, SoundnessMark,
    VariationFinding, WrongFile, soundness,
};

#[cfg(test)]
mod claim_examples;
#[cfg(test)]
mod example_run;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod merged_examples;
#[cfg(test)]
mod merged_tests;
