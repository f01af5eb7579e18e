//! The finding on a claim, with its evidence.
//! Owns the result types of judging claims; words and charts belong to `report`.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Claim, ClaimVerdict, JobName, Predicate, Standing, StopReason, Timestamp};
use serde::Serialize;

use super::reach::Look;
use crate::compare::Curve;
use crate::estimate::Estimate;

/// The finding on a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimFinding {
    /// The claim.
    pub claim: Claim,
    /// The verdict on what it says, which is about direction and counts.
    pub verdict: ClaimVerdict,
    /// The verdict on the sizes that it claims; absent where none is judged.
    pub size: Option<ClaimVerdict>,
    /// The evidence, one entry for each predicate, in order.
    pub evidence: Vec<Evidence>,
    /// Whether text and bounds were fixed before it was measured.
    pub standing: Standing,
    /// The runs that it uses.
    pub runs: Vec<RunUnderClaim>,
}

/// A run that a verdict uses, and the conditions under which it was measured.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct RunUnderClaim {
    /// The results folder's name.
    pub id: String,
    /// When it began, RFC 3339 in UTC.
    pub started: Timestamp,
    /// How many machines or sittings it was merged from, over which its ratios are pooled; 0 for
    /// one that was not merged.
    #[serde(skip_serializing_if = "is_none")]
    pub parts: usize,
    /// The machine: its processor, and how many of them.
    pub machine: String,
    /// Median of the calibration load over what it takes on the quiet machine; absent where that
    /// was never measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pace: Option<f64>,
    /// Why it ended before its plan was complete; absent for a complete run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<StopReason>,
    /// The ratios of its reference to itself (A/A); empty where it was measured once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub floor: Vec<Floor>,
    /// The warnings of its start and of its jobs.
    pub warnings: Vec<String>,
}

/// Whether there are none.
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// The ratio of the reference to itself (A/A), in one job.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Floor {
    /// The job's name in the story.
    pub job: JobName,
    /// Wall-clock of the second over that of the first, paired within iterations.
    pub ratio: Estimate,
}

/// One predicate with its measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The predicate.
    pub predicate: Predicate,
    /// The measured value; absent for a sweep, and where nothing was measured.
    pub estimate: Option<Estimate>,
    /// The curve of a sweep; absent without one.
    pub curve: Option<Curve>,
    /// The test that decides it; absent where none does.
    pub test: Option<Test>,
    /// The decision.
    pub decision: Decision,
    /// The decision on the claimed size, which is judged apart; absent where none is.
    pub size: Option<Decision>,
    /// The ratio of the reference to itself (A/A) in the same job of the same run; absent where the
    /// value is no time, and where the reference was measured once.
    pub floor: Option<Estimate>,
}

/// The progress of a predicate's test; for a sweep, at its least advanced point.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Test {
    /// The pairs in the test: those up to the last planned interim analysis that was reached.
    pub pairs: usize,
    /// That interim analysis; absent where the number of iterations is fixed, or none was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look: Option<Look>,
    /// The p-value of "it lies on the bound", the largest along a sweep; absent for a bound with
    /// two sides, and where there are too few pairs for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Pairs that would decide it with a power of 80 %, if the effect is as estimated; absent where
    /// it is decided, or no number of pairs is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairs_needed: Option<u32>,
    /// The most pairs that the run's plan has.
    pub pairs_planned: u32,
}

/// The decision on a predicate.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It holds.
    Holds,
    /// It does not hold.
    Fails,
    /// It holds on a part of the sweep, and fails on the rest.
    Turns,
    /// It is decided on a part of the sweep, in one direction, and undecided on the rest.
    Partly(Part),
    /// It has no bound: the value is shown.
    Shown,
    /// It is undecided.
    Open(Why),
}

/// The decided part of a sweep whose other part is undecided.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Part {
    /// Whether the predicate holds there.
    pub holds: bool,
    /// The decided points with their unit: `0 ms`.
    pub points: Vec<String>,
}

/// Why a predicate is undecided.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Nothing was measured.
    NotMeasured,
    /// A value that should repeat was measured once: its repeatability is unknown.
    MeasuredOnce,
    /// Too few samples for any test.
    TooFew,
    /// The interval contains the bound.
    Undecided,
    /// The values lie on both sides of the bound.
    Varies,
    /// It was measured in another way than its plan or today's settings say, for this reason.
    Preliminary(String),
    /// A job that it uses is not valid, or failed.
    Doubtful(String),
}

impl ClaimFinding {
    /// Why its figures are preliminary; absent for final figures.
    pub fn preliminary(&self) -> Option<&str> {
        self.evidence.iter().find_map(|it| match &it.decision {
            Decision::Open(Why::Preliminary(why)) => Some(why.as_str()),
            _ => None,
        })
    }

    /// The curves of sweeps that may cross a bound, in the order of the predicates.
    pub fn curves(&self) -> Vec<&Curve> {
        let bounded = self.evidence.iter().filter(|it| it.predicate.bound.level().is_some());
        bounded.filter_map(|it| it.curve.as_ref()).collect()
    }
}
