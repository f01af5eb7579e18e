//! What becomes of a claim, with what that rests on.
//! Owns the result types of judging claims; words and pictures belong to `report`.

use lukewarm_model::{Claim, ClaimVerdict, JobName, Predicate, Standing, StopReason, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::reach::Look;
use crate::compare::Curve;
use crate::estimate::Estimate;

/// What became of a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimFinding {
    /// The claim.
    pub claim: Claim,
    /// What is to be said of it.
    pub verdict: ClaimVerdict,
    /// What that rests on, a line for each predicate, in its order.
    pub evidence: Vec<Evidence>,
    /// Whether text and bounds were fixed before it was measured.
    pub standing: Standing,
    /// The runs that it rests on.
    pub runs: Vec<RunUnderClaim>,
}

/// A run that a verdict rests on, and the state that it was measured in.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct RunUnderClaim {
    /// The results folder's name.
    pub id: String,
    /// When it began, RFC 3339 in UTC.
    pub started: Timestamp,
    /// Why it ended before its plan was done; absent for a run that ended by its plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<StopReason>,
    /// What its reference, measured twice in each iteration, differs from itself; absent where it
    /// was measured once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<Floor>,
    /// What made numbers worse, at its start and while it ran.
    pub warnings: Vec<String>,
}

/// The reference over itself, in one job.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Floor {
    /// The job's name in the story.
    pub job: JobName,
    /// Wall-clock of the second over that of the first, paired within iterations.
    pub ratio: Estimate,
}

/// One predicate beside what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// What must hold.
    pub predicate: Predicate,
    /// What was measured, where there is one value.
    pub estimate: Option<Estimate>,
    /// What was measured along a sweep.
    pub curve: Option<Curve>,
    /// How far the test came that decides it; absent where none does.
    pub test: Option<Test>,
    /// What it comes to.
    pub decision: Decision,
}

/// How far the test of a predicate came; along a sweep, at the point that came least far.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Test {
    /// Pairs that decide: those up to the last planned look that was reached.
    pub pairs: usize,
    /// That look; absent where the number of iterations is fixed, or none was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
    /// The p-value of "it lies on the bound", the largest along a sweep; absent for a bound with
    /// two sides, and where there are too few pairs for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Pairs that would decide it with a chance of 80 %, if it is what it seems; absent where it is
    /// decided, or no number of pairs would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs_needed: Option<u32>,
    /// The most pairs that the run's plan has.
    pub pairs_planned: u32,
}

/// What a predicate comes to.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// What was measured is what it must be.
    Holds,
    /// It is not.
    Fails,
    /// It is on a part of the sweep, and is not on the rest.
    Turns,
    /// Decided on a part of the sweep, one way; open on the rest.
    Partly(Part),
    /// Nothing was demanded.
    Shown,
    /// It is not decided.
    Open(Why),
}

/// The decided part of a sweep whose other part is open.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Part {
    /// Whether what was measured there is what it must be.
    pub holds: bool,
    /// The decided points, as people write them: `0 ms`.
    pub points: Vec<String>,
}

/// Why a predicate is not decided.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nothing was measured.
    NotMeasured,
    /// A value that should repeat was measured once: whether it does is not known.
    MeasuredOnce,
    /// Too few samples for any test.
    TooFew,
    /// The interval has the bound in it.
    Undecided,
    /// The values do not agree with each other on which side of the bound they are.
    Varies,
    /// What was measured was not measured by its plan, or under other settings than today's: why.
    Preliminary(String),
    /// A job that it rests on may not be believed, or failed.
    Doubtful(String),
}

impl ClaimFinding {
    /// Why its figures are preliminary; absent for a claim whose figures are what they are.
    pub fn preliminary(&self) -> Option<&str> {
        self.evidence.iter().find_map(|it| match &it.decision {
            Decision::Open(Why::Preliminary(why)) => Some(why.as_str()),
            _ => None,
        })
    }

    /// What was measured along sweeps and may cross a bound, in the order of the predicates. A
    /// sweep without such a bound is told whole by its line.
    pub fn curves(&self) -> Vec<&Curve> {
        let bounded = self.evidence.iter().filter(|it| it.predicate.bound.level().is_some());
        bounded.filter_map(|it| it.curve.as_ref()).collect()
    }
}
