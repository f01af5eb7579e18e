//! What stands for a claim's text, experiments and bounds: the hash that a registration fixes.
//! Owns the form that is hashed, which must stay as it is to the byte: every registered claim would
//! lose its registration otherwise. What a claim says is the model's.

use std::collections::BTreeMap;

use lukewarm_model::{
    Bound, Claim, ClaimedSize, Experiment, Metric, Observed, Predicate, ScenarioName, Setting,
    Step, Sweep, SweepPoint, Tested,
};
use serde::Serialize;
use sha2::Digest;

/// SHA-256, in hexadecimal. The essay, what would change the verdict, what others would want added
/// and what is said of what was not tested say how to read a result, and may be mended afterwards.
pub fn claim_hash(claim: &Claim) -> String {
    let text = serde_json::to_vec(&HashedClaim::from(claim));
    let text = text.expect("a claim has no map with keys that are no text");
    hex::encode(sha2::Sha256::digest(text))
}

#[derive(Serialize)]
struct HashedClaim<'a> {
    id: &'a str,
    title: &'a str,
    claim: &'a str,
    source: &'a str,
    date: &'a str,
    tested: Tested,
    conditions: &'a str,
    profile: &'a str,
    /// Empty, as the essay is: these are no part of what is registered.
    hash: &'static str,
    essay: &'static str,
    experiments: Vec<HashedExperiment<'a>>,
    predicates: Vec<HashedPredicate<'a>>,
}

#[derive(Serialize)]
struct HashedExperiment<'a> {
    name: &'a str,
    workspace: &'a str,
    story: &'a str,
    scenarios: Vec<&'a str>,
    profile: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sweep: Option<HashedSweep<'a>>,
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    looks: &'a [u32],
}

#[derive(Serialize)]
struct HashedSweep<'a> {
    setting: Setting,
    points: Vec<HashedPoint<'a>>,
}

#[derive(Serialize)]
struct HashedPoint<'a> {
    at: f64,
    label: &'a str,
    scenarios: &'a BTreeMap<ScenarioName, ScenarioName>,
}

#[derive(Serialize)]
struct HashedPredicate<'a> {
    says: &'a str,
    experiment: &'a str,
    value: HashedObserved<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<HashedObserved<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<HashedBound>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<HashedSize>,
}

#[derive(Serialize)]
struct HashedSize {
    figure: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<f64>,
}

#[derive(Serialize)]
struct HashedObserved<'a> {
    metric: Metric,
    step: Option<Step>,
    scenario: &'a str,
    job: &'a str,
}

#[derive(Serialize)]
struct HashedBound {
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<f64>,
}

impl<'a> From<&'a Claim> for HashedClaim<'a> {
    fn from(it: &'a Claim) -> HashedClaim<'a> {
        HashedClaim {
            id: &it.id,
            title: &it.title,
            claim: &it.claim,
            source: &it.source,
            date: &it.date,
            tested: it.tested,
            conditions: &it.conditions,
            profile: &it.profile,
            hash: "",
            essay: "",
            experiments: it.experiments.iter().map(HashedExperiment::from).collect(),
            predicates: it.predicates.iter().map(HashedPredicate::from).collect(),
        }
    }
}

impl<'a> From<&'a Experiment> for HashedExperiment<'a> {
    fn from(it: &'a Experiment) -> HashedExperiment<'a> {
        let Experiment { name, workspace, story, scenarios, profile, sweep, looks } = it;
        HashedExperiment {
            name,
            workspace: &workspace.name,
            story: &story.name,
            scenarios: scenarios.iter().map(|scenario| scenario.name.as_str()).collect(),
            profile,
            sweep: sweep.as_ref().map(HashedSweep::from),
            looks,
        }
    }
}

impl<'a> From<&'a Sweep> for HashedSweep<'a> {
    fn from(it: &'a Sweep) -> HashedSweep<'a> {
        let point = |it: &'a SweepPoint| {
            let SweepPoint { at, label, scenarios } = it;
            HashedPoint { at: *at, label, scenarios }
        };
        let Sweep { setting, points } = it;
        HashedSweep { setting: *setting, points: points.iter().map(point).collect() }
    }
}

impl<'a> From<&'a Predicate> for HashedPredicate<'a> {
    fn from(it: &'a Predicate) -> HashedPredicate<'a> {
        let Predicate { says, experiment, value, over, bound, claimed, size, when } = it;
        let Bound { at_least, at_most } = *bound;
        HashedPredicate {
            says,
            experiment,
            value: value.into(),
            over: over.as_ref().map(HashedObserved::from),
            bound: (!bound.is_open()).then_some(HashedBound { at_least, at_most }),
            claimed: claimed.as_deref(),
            when: when.as_deref(),
            size: size.map(|ClaimedSize { figure, within }| HashedSize { figure, within }),
        }
    }
}

impl<'a> From<&'a Observed> for HashedObserved<'a> {
    fn from(it: &'a Observed) -> HashedObserved<'a> {
        let Observed { metric, step, scenario, job } = it;
        HashedObserved { metric: *metric, step: *step, scenario, job }
    }
}
