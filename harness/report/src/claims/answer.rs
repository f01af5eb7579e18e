//! `claims.json`: what became of each claim, for machines.
//! Owns the file's form. A claim stands in it with what it says and demands; workspaces, stories
//! and scenarios stand by name, since their own files say the rest.

use std::collections::BTreeMap;

use lukewarm_analysis::{ClaimFinding, Curve, Decision, Estimate, Evidence, RunUnderClaim, Test};
use lukewarm_model::described::JsonSchema;
use lukewarm_model::{
    ClaimRole, ClaimVerdict, Metric, ScenarioName, Setting, Step, Tested, Timestamp,
};
use serde::Serialize;

/// What became of a claim.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "ClaimFinding")]
pub(super) struct FindingAnswer<'a> {
    /// The claim.
    claim: ClaimAnswer<'a>,
    /// What is to be said of it: of its direction, and of counts.
    verdict: ClaimVerdict,
    /// The same of the sizes that it claims; absent where none is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<ClaimVerdict>,
    /// What that rests on, a line for each predicate, in its order.
    evidence: Vec<EvidenceAnswer<'a>>,
    /// Whether text and bounds were fixed before it was measured.
    standing: Standing<'a>,
    /// The runs that it rests on.
    runs: &'a [RunUnderClaim],
}

/// What somebody says, and how it is put to the test.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Claim")]
struct ClaimAnswer<'a> {
    /// Its name, as it is selected: `d1`.
    id: &'a str,
    /// One line for lists and tables.
    title: &'a str,
    /// What is claimed, in our own words, in Markdown.
    claim: &'a str,
    /// Who claims it, and where.
    source: &'a str,
    /// When, as a date or a month.
    date: &'a str,
    /// How near to the claimed setting the test comes.
    tested: Tested,
    /// Under which conditions it was claimed or is tested: cores, network, size.
    conditions: &'a str,
    /// The cargo profile that it is tested in.
    profile: &'a str,
    /// When its text and bounds were fixed before anything was measured; absent for a claim that
    /// is only explored.
    #[serde(skip_serializing_if = "Option::is_none")]
    registered: Option<Registration<'a>>,
    /// SHA-256 over its text, experiments and bounds (not its essay), in hexadecimal.
    hash: &'a str,
    /// What of it cannot be tested here, and why; absent where all of it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    untested: Option<&'a str>,
    /// How to read the result, in Markdown.
    essay: &'a str,
    /// Whether it is the main claim of its source.
    role: ClaimRole,
    /// What would change the verdict, in Markdown; absent where nothing is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_change: Option<&'a str>,
    /// What those whose work it is about would want to be read beside it; absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    caveats: Vec<Caveat<'a>>,
    /// What is measured.
    experiments: Vec<Experiment<'a>>,
    /// What must hold.
    predicates: Vec<Predicate<'a>>,
}

/// What is fair to say to somebody whose work a claim is about.
#[derive(JsonSchema, Serialize)]
struct Caveat<'a> {
    /// Whose work it is.
    of: &'a str,
    /// In our words, in Markdown; not a quotation.
    says: &'a str,
}

/// That a claim's text and bounds were fixed before it was measured.
#[derive(JsonSchema, Serialize)]
struct Registration<'a> {
    /// When, RFC 3339 in UTC to the second: `2026-11-27T05:00:00Z`.
    at: Timestamp,
    /// The claim's hash at that time.
    hash: &'a str,
}

/// Whether a verdict is of what was registered, or of something that was tried out.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Standing<'a> {
    /// Text and bounds are those that were registered, and every run began after that.
    Registered,
    /// They are not, or it did not.
    Explored {
        /// Why it is no registered test, in a sentence without its end.
        because: &'a str,
    },
}

/// Cases that are measured together.
#[derive(JsonSchema, Serialize)]
struct Experiment<'a> {
    /// Its name within the claim.
    name: &'a str,
    /// What is built; written as its name.
    workspace: &'a str,
    /// The jobs; written as the story's name.
    story: &'a str,
    /// The ways of caching; where a setting is swept, at each of its values. Written as names.
    scenarios: Vec<&'a str>,
    /// The cargo profile of its builds.
    profile: &'a str,
    /// The setting that is swept; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    sweep: Option<Sweep<'a>>,
    /// Iterations after which its times are analysed; absent for the usual ones.
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    looks: &'a [u32],
}

/// One setting at several values.
#[derive(JsonSchema, Serialize)]
struct Sweep<'a> {
    /// Which setting.
    setting: Setting,
    /// Its values, in order.
    points: Vec<SweepPoint<'a>>,
}

/// One value of a swept setting.
#[derive(JsonSchema, Serialize)]
struct SweepPoint<'a> {
    /// In the setting's base unit: seconds, bits per second, bytes, a count, a share.
    at: f64,
    /// As people write it.
    label: &'a str,
    /// The scenario that stands for another at this value, by that other's name. What the setting
    /// has no effect on is not here: it stands for itself.
    scenarios: &'a BTreeMap<ScenarioName, ScenarioName>,
}

/// One thing that must hold, or is only shown beside what was claimed.
#[derive(JsonSchema, Serialize)]
struct Predicate<'a> {
    /// What it says, in a sentence without its end.
    says: &'a str,
    /// The experiment that it is about.
    experiment: &'a str,
    /// What is looked at.
    value: Observed<'a>,
    /// What that is divided by, iteration by iteration; absent where it is by nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<Observed<'a>>,
    /// What it must be; without one it is shown and decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<Bound>,
    /// The figure that was claimed, as it was written; absent where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed: Option<&'a str>,
    /// The claimed figure as a number; absent where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<ClaimedSize>,
    /// The condition that it stands for. Where the claim holds under some conditions and not under
    /// others, it depends. Absent where it stands for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<&'a str>,
}

/// One metric of one job of one scenario: `wall:build sccache-webdav unchanged`.
#[derive(JsonSchema, Serialize)]
struct Observed<'a> {
    /// What is observed.
    metric: Metric,
    /// The step; none is the whole job.
    step: Option<Step>,
    /// The scenario; where a setting is swept, its name without the setting.
    scenario: &'a str,
    /// The job's name in the story.
    job: &'a str,
}

/// A claimed figure as a number.
#[derive(JsonSchema, Serialize)]
struct ClaimedSize {
    /// The figure, in the unit of the value.
    figure: f64,
    /// The factor less 1 by which the value may be off in either direction; absent where the size
    /// is not judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<f64>,
}

/// What a value must be.
#[derive(JsonSchema, Serialize)]
struct Bound {
    /// The least that it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<f64>,
    /// The most that it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<f64>,
}

/// One predicate beside what was measured.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Evidence")]
struct EvidenceAnswer<'a> {
    /// What must hold.
    predicate: Predicate<'a>,
    /// What was measured, where there is one value.
    #[serde(skip_serializing_if = "Option::is_none")]
    estimate: Option<&'a Estimate>,
    /// What was measured along a sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    curve: Option<&'a Curve>,
    /// How far the test came that decides it; absent where none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<&'a Test>,
    /// What it comes to.
    decision: &'a Decision,
    /// What the claimed size comes to, which is judged apart; absent where none is.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'a Decision>,
    /// The ratio of the reference to itself (A/A) in the same job of the same run; absent where
    /// the value is no time, and where the reference was measured once.
    #[serde(skip_serializing_if = "Option::is_none")]
    floor: Option<&'a Estimate>,
}

impl<'a> From<&'a ClaimFinding> for FindingAnswer<'a> {
    fn from(it: &'a ClaimFinding) -> FindingAnswer<'a> {
        let ClaimFinding { claim, verdict, size, evidence, standing, runs } = it;
        FindingAnswer {
            claim: claim.into(),
            verdict: *verdict,
            size: *size,
            evidence: evidence.iter().map(EvidenceAnswer::from).collect(),
            standing: match standing {
                lukewarm_model::Standing::Registered => Standing::Registered,
                lukewarm_model::Standing::Explored { because } => Standing::Explored { because },
            },
            runs,
        }
    }
}

impl<'a> From<&'a lukewarm_model::Claim> for ClaimAnswer<'a> {
    fn from(it: &'a lukewarm_model::Claim) -> ClaimAnswer<'a> {
        ClaimAnswer {
            id: &it.id,
            title: &it.title,
            claim: &it.claim,
            source: &it.source,
            date: &it.date,
            tested: it.tested,
            conditions: &it.conditions,
            profile: &it.profile,
            registered: it.registered.as_ref().map(|it| Registration { at: it.at, hash: &it.hash }),
            hash: &it.hash,
            untested: it.untested.as_deref(),
            essay: &it.essay,
            role: it.role,
            would_change: it.would_change.as_deref(),
            caveats: it.caveats.iter().map(Caveat::from).collect(),
            experiments: it.experiments.iter().map(Experiment::from).collect(),
            predicates: it.predicates.iter().map(Predicate::from).collect(),
        }
    }
}

impl<'a> From<&'a lukewarm_model::Caveat> for Caveat<'a> {
    fn from(it: &'a lukewarm_model::Caveat) -> Caveat<'a> {
        Caveat { of: &it.of, says: &it.says }
    }
}

impl<'a> From<&'a lukewarm_model::Experiment> for Experiment<'a> {
    fn from(it: &'a lukewarm_model::Experiment) -> Experiment<'a> {
        let point = |point: &'a lukewarm_model::SweepPoint| SweepPoint {
            at: point.at,
            label: &point.label,
            scenarios: &point.scenarios,
        };
        let sweep = |sweep: &'a lukewarm_model::Sweep| Sweep {
            setting: sweep.setting,
            points: sweep.points.iter().map(point).collect(),
        };
        Experiment {
            name: &it.name,
            workspace: &it.workspace.name,
            story: &it.story.name,
            scenarios: it.scenarios.iter().map(|scenario| scenario.name.as_str()).collect(),
            profile: &it.profile,
            sweep: it.sweep.as_ref().map(sweep),
            looks: &it.looks,
        }
    }
}

impl<'a> From<&'a lukewarm_model::Predicate> for Predicate<'a> {
    fn from(it: &'a lukewarm_model::Predicate) -> Predicate<'a> {
        let lukewarm_model::Predicate { says, experiment, value, over, bound, .. } = it;
        let lukewarm_model::Predicate { claimed, size, when, .. } = it;
        let size = size.map(|it| ClaimedSize { figure: it.figure, within: it.within });
        let lukewarm_model::Bound { at_least, at_most } = *bound;
        Predicate {
            says,
            experiment,
            value: value.into(),
            over: over.as_ref().map(Observed::from),
            bound: (!bound.is_open()).then_some(Bound { at_least, at_most }),
            claimed: claimed.as_deref(),
            size,
            when: when.as_deref(),
        }
    }
}

impl<'a> From<&'a lukewarm_model::Observed> for Observed<'a> {
    fn from(it: &'a lukewarm_model::Observed) -> Observed<'a> {
        let lukewarm_model::Observed { metric, step, scenario, job } = it;
        Observed { metric: *metric, step: *step, scenario, job }
    }
}

impl<'a> From<&'a Evidence> for EvidenceAnswer<'a> {
    fn from(it: &'a Evidence) -> EvidenceAnswer<'a> {
        let Evidence { predicate, estimate, curve, test, decision, size, floor } = it;
        EvidenceAnswer {
            predicate: predicate.into(),
            estimate: estimate.as_ref(),
            curve: curve.as_ref(),
            test: test.as_ref(),
            decision,
            size: size.as_ref(),
            floor: floor.as_ref(),
        }
    }
}
