//! Claims: what somebody says of build caches, and the experiment that shows whether it holds.
//! Owns the resolved form; reading the files belongs to `plan`, deciding to `analysis`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    JobName, Metric, SampleWorkspace, Scenario, ScenarioName, Step, Story, Sweep, Timestamp,
};

/// What somebody says, and how it is put to the test.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Its name, as it is selected: `d1`.
    pub id: String,
    /// One line for lists and tables.
    pub title: String,
    /// What is claimed, in our own words, in Markdown.
    pub claim: String,
    /// Who claims it, and where.
    pub source: String,
    /// When, as a date or a month.
    pub date: String,
    /// How near to the claimed setting the test comes.
    pub tested: Tested,
    /// Under which conditions it was claimed or is tested: cores, network, size.
    pub conditions: String,
    /// The cargo profile that it is tested in.
    pub profile: String,
    /// When its text and bounds were fixed before anything was measured; absent for a claim that
    /// is only explored.
    pub registered: Option<Registration>,
    /// SHA-256 over its text, experiments and bounds (not its essay), in hexadecimal.
    pub hash: String,
    /// What of it cannot be tested here, and why.
    pub untested: Option<String>,
    /// How to read the result, in Markdown.
    pub essay: String,
    /// Whether it is the main claim of its source.
    pub role: ClaimRole,
    /// What would change the verdict, in Markdown; absent where nothing is said of it.
    pub would_change: Option<String>,
    /// What those whose work it is about would want to be read beside it.
    pub caveats: Vec<Caveat>,
    /// What is measured.
    pub experiments: Vec<Experiment>,
    /// What must hold.
    pub predicates: Vec<Predicate>,
}

/// The place of a claim among those of its source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimRole {
    /// The source's main claim, which stands first.
    Thesis,
    /// One of its other claims.
    #[default]
    Detail,
}

/// What is fair to say to somebody whose work a claim is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caveat {
    /// Whose work it is: a tool, a service, an author.
    pub of: String,
    /// One sentence or two of ours, in Markdown; not a quotation.
    pub says: String,
}

/// That a claim's text and bounds were fixed before it was measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// When, RFC 3339 in UTC to the second: `2026-11-27T05:00:00Z`.
    pub at: Timestamp,
    /// The claim's hash at that time.
    pub hash: String,
}

/// Whether a verdict is of what was registered, or of something that was tried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Text and bounds are those that were registered, and every run began after that.
    Registered,
    /// They are not, or it did not.
    Explored {
        /// Why it is no registered test, in a sentence without its end.
        because: String,
    },
}

/// How near to the claimed setting a test comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tested {
    /// As it was claimed.
    Locally,
    /// Over a link whose figures are calibrated from public ones.
    OverCalibratedLink,
    /// The mechanism alone, on a smaller workspace and another machine.
    AsMechanism,
    /// Not at all; what cannot be tested says why.
    Nowhere,
}

/// Cases that are measured together.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Its name within the claim.
    pub name: String,
    /// What is built.
    pub workspace: SampleWorkspace,
    /// The jobs.
    pub story: Story,
    /// The ways of caching; where a setting is swept, at each of its values.
    pub scenarios: Vec<Scenario>,
    /// The cargo profile of its builds.
    pub profile: String,
    /// The setting that is swept; absent where none is.
    pub sweep: Option<Sweep>,
    /// Iterations after which its times are analysed; empty for the usual ones.
    pub looks: Vec<u32>,
}

/// One thing that must hold, or is only shown beside what was claimed.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    /// What it says, in a sentence without its end.
    pub says: String,
    /// The experiment that it is about.
    pub experiment: String,
    /// What is looked at.
    pub value: Observed,
    /// What that is divided by, iteration by iteration.
    pub over: Option<Observed>,
    /// What it must be; without one it is shown and decides nothing.
    pub bound: Bound,
    /// The figure that was claimed, as it was written.
    pub claimed: Option<String>,
    /// The figure that was claimed, as a number in the unit of the value; absent where none was.
    pub size: Option<ClaimedSize>,
    /// The condition that it stands for. Where the claim holds under some conditions and not under
    /// others, it depends.
    pub when: Option<String>,
}

/// A claimed figure as a number. Whether it is met is judged apart from what must hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClaimedSize {
    /// The figure, above 0.
    pub figure: f64,
    /// The factor less 1 by which a measured value may be off in either direction: 0.25 allows
    /// four fifths to five fourths of the figure. Absent where the size is shown and not judged.
    pub within: Option<f64>,
}

/// One metric of one job of one scenario: `wall:build sccache-webdav unchanged`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// What is observed.
    pub metric: Metric,
    /// The step; none is the whole job.
    pub step: Option<Step>,
    /// The scenario; where a setting is swept, its name without the setting.
    pub scenario: ScenarioName,
    /// The job's name in the story; [`ALL_JOBS`] for the sum over all of them.
    pub job: JobName,
}

/// What stands in the place of a job's name for the sum over all jobs of a story.
pub const ALL_JOBS: &str = "all-jobs";

/// What a value must be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bound {
    /// The least that it may be.
    pub at_least: Option<f64>,
    /// The most that it may be.
    pub at_most: Option<f64>,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimVerdict {
    /// All that it says holds here.
    Reproduced,
    /// Something that it says does not hold here.
    Contradicted,
    /// It holds under some conditions and not under others.
    Depends,
    /// What was measured does not decide it.
    Inconclusive,
    /// It cannot be tested here.
    NotTestable,
}

impl Claim {
    /// Predicates that a statistical test decides: those of times, with a bound. Never 0, so that a
    /// level can be shared by it.
    pub fn tests(&self) -> usize {
        self.predicates.iter().filter(|it| it.is_timed()).count().max(1)
    }

    /// Sizes that a statistical test judges, which share a level of their own. Never 0.
    pub fn size_tests(&self) -> usize {
        let judged = self.predicates.iter().filter(|it| it.is_noisy() && it.size_bound().is_some());
        judged.count().max(1)
    }

    /// Whether a verdict from runs that began at these times is of what was
    /// registered.
    pub fn standing(&self, started: &[Timestamp]) -> Standing {
        let explored = |because: String| Standing::Explored { because };
        let Some(Registration { at, hash }) = &self.registered else {
            return explored("it is not registered".to_owned());
        };
        if *hash != self.hash {
            return explored(format!("its text or bounds were changed since {at}"));
        }
        // To the second, which is all that a registration has.
        match started.iter().find(|it| it.to_second() < at.to_second()) {
            Some(_) => explored(format!("it was measured before it was registered at {at}")),
            None => Standing::Registered,
        }
    }
}

impl Predicate {
    /// Whether a statistical test decides it, not values that repeat.
    pub fn is_timed(&self) -> bool {
        !self.bound.is_open() && self.is_noisy()
    }

    /// Whether its value varies where nothing has changed.
    pub fn is_noisy(&self) -> bool {
        let noisy = |it: &Observed| it.metric.is_noisy();
        noisy(&self.value) || self.over.as_ref().is_some_and(noisy)
    }

    /// Whether a statistical test decides its bound or its size.
    pub fn needs_test(&self) -> bool {
        self.is_noisy() && (!self.bound.is_open() || self.size_bound().is_some())
    }

    /// What the value must be for the claimed size to be met; absent where no size is judged.
    pub fn size_bound(&self) -> Option<Bound> {
        let ClaimedSize { figure, within } = self.size?;
        let factor = 1.0 + within?;
        Some(Bound { at_least: Some(figure / factor), at_most: Some(figure * factor) })
    }
}

impl Observed {
    /// The jobs of a story that it is about.
    pub fn jobs(&self, story: &Story) -> Vec<JobName> {
        match self.job == ALL_JOBS {
            true => story.jobs.iter().map(|it| it.name.clone()).collect(),
            false => vec![self.job.clone()],
        }
    }
}

impl Bound {
    /// Whether nothing is demanded.
    pub fn is_open(&self) -> bool {
        self.at_least.is_none() && self.at_most.is_none()
    }

    /// Whether a value is what it must be.
    pub fn holds(&self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least)
            && self.at_most.is_none_or(|most| value <= most)
    }

    /// Where one side of it lies, for a bound with one side only.
    pub fn level(&self) -> Option<f64> {
        match (self.at_least, self.at_most) {
            (Some(level), None) | (None, Some(level)) => Some(level),
            _ => None,
        }
    }
}

impl Tested {
    /// Every degree, in the order of lists.
    pub const ALL: [Tested; 4] =
        [Tested::Locally, Tested::OverCalibratedLink, Tested::AsMechanism, Tested::Nowhere];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Tested::Locally => "locally",
            Tested::OverCalibratedLink => "over-calibrated-link",
            Tested::AsMechanism => "as-mechanism",
            Tested::Nowhere => "nowhere",
        }
    }

    /// The degree in words.
    pub fn words(self) -> &'static str {
        match self {
            Tested::Locally => "as claimed, on this machine",
            Tested::OverCalibratedLink => "over a link with public figures",
            Tested::AsMechanism => "as a mechanism, at a smaller size",
            Tested::Nowhere => "not at all",
        }
    }
}

impl ClaimVerdict {
    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            ClaimVerdict::Reproduced => "reproduced",
            ClaimVerdict::Contradicted => "contradicted",
            ClaimVerdict::Depends => "depends",
            ClaimVerdict::Inconclusive => "inconclusive",
            ClaimVerdict::NotTestable => "not testable here",
        }
    }
}

impl fmt::Display for Observed {
    /// As files have it: `wall:build sccache-webdav unchanged`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.step.map(|step| format!(":{step}")).unwrap_or_default();
        f.pad(&format!("{}{step} {} {}", self.metric, self.scenario, self.job))
    }
}

impl fmt::Display for Bound {
    /// `exactly 33`, `at least 1.02`, `at most 0.9`, `0.9 to 1.1`, or `shown`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match (self.at_least, self.at_most) {
            (Some(least), Some(most)) if least == most => format!("exactly {least}"),
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => "shown".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_holds_up_to_its_ends() {
        let exactly = Bound { at_least: Some(33.0), at_most: Some(33.0) };
        assert!(exactly.holds(33.0) && !exactly.holds(32.0) && !exactly.holds(34.0));
        let least = Bound { at_least: Some(1.0), at_most: None };
        assert!(least.holds(1.0) && !least.holds(0.99));
        assert_eq!((least.level(), exactly.level()), (Some(1.0), None));
        assert!(Bound::default().is_open());
        let said = [exactly, least, Bound::default()].map(|bound| bound.to_string());
        assert_eq!(said, ["exactly 33", "at least 1", "shown"]);
    }

    #[test]
    fn a_size_is_met_by_the_same_factor_in_both_directions() {
        let observed = |scenario: &str| Observed {
            metric: Metric::Wall,
            step: None,
            scenario: scenario.into(),
            job: "cold".into(),
        };
        let size = |within| Predicate {
            says: String::new(),
            experiment: String::new(),
            value: observed("a"),
            over: Some(observed("b")),
            bound: Bound::default(),
            claimed: None,
            size: Some(ClaimedSize { figure: 2.0, within }),
            when: None,
        };
        let bound = size(Some(0.25)).size_bound().unwrap();
        assert!(bound.holds(1.6) && bound.holds(2.5) && !bound.holds(1.59) && !bound.holds(2.51));
        assert_eq!(size(None).size_bound(), None, "a size that is only shown is not judged");
        assert!(!size(Some(0.25)).is_timed(), "a size is no bound of the claim's direction");
    }
}
