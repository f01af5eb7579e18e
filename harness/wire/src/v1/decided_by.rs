//! What decides that a run has enough, where the comparisons with the reference do not.

use lukewarm_model::Metric;
use lukewarm_model::described::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{converted, mirrors};

/// Questions other than the usual ones.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecidedBy {
    /// Whether a candidate is within thresholds of its baseline.
    Gate {
        /// The baseline, as it was named: `git:main`, `sccache@0.10.0`.
        against: String,
        /// The thresholds; of several that fit, the last counts.
        rules: Vec<Rule>,
    },
    /// What claims say of it.
    Claims,
}

/// How much one metric may change.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Rule {
    /// The case, with one `*` at its end for all that begin so; absent means every case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The job's name in the story; absent means every job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// What is observed.
    pub metric: Metric,
    /// The share that makes no difference: 0.02 is 2 %; absent where the metric is not gated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
}

mirrors! {
    Rule { case, job, metric, tolerance }
}

impl From<lukewarm_model::DecidedBy> for DecidedBy {
    fn from(it: lukewarm_model::DecidedBy) -> DecidedBy {
        match it {
            lukewarm_model::DecidedBy::Gate { against, rules } => {
                DecidedBy::Gate { against, rules: converted!(rules, list) }
            }
            lukewarm_model::DecidedBy::Claims => DecidedBy::Claims,
        }
    }
}

impl From<DecidedBy> for lukewarm_model::DecidedBy {
    fn from(it: DecidedBy) -> lukewarm_model::DecidedBy {
        match it {
            DecidedBy::Gate { against, rules } => {
                lukewarm_model::DecidedBy::Gate { against, rules: converted!(rules, list) }
            }
            DecidedBy::Claims => lukewarm_model::DecidedBy::Claims,
        }
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{DecidedBy as Domain, Rule as DomainRule};

    use super::*;

    #[test]
    fn each_is_read_as_it_was_written() {
        let rule = |case: Option<&str>, tolerance| DomainRule {
            case: case.map(str::to_owned),
            job: None,
            metric: Metric::Wall,
            tolerance,
        };
        let rules = vec![rule(None, Some(0.02)), rule(Some("cli/*"), None)];
        let gate = Domain::Gate { against: "git:main".to_owned(), rules };
        for (domain, wanted) in [
            (Domain::Claims, r#""claims""#),
            (
                gate,
                r#"{"gate":{"against":"git:main","rules":[{"metric":"wall","tolerance":0.02},{"case":"cli/*","metric":"wall"}]}}"#,
            ),
        ] {
            let text = serde_json::to_string(&DecidedBy::from(domain.clone())).unwrap();
            assert_eq!(text, wanted);
            let read: DecidedBy = serde_json::from_str(&text).unwrap();
            assert_eq!(Domain::from(read), domain);
        }
    }
}
