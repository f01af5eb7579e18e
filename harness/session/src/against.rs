//! The baseline of a live comparison. Owns the meaning of `git:REV` and `TOOL@VERSION`, and which
//! cases of a plan that was made for one are compared.

use std::fmt;
use std::str::FromStr;

use lukewarm_analysis::Pair;
use lukewarm_model::{Classify, ErrorKind, Plan, WorkspaceName};

/// The baseline of a live comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Against {
    /// A git revision of a workspace, against its working tree.
    Revision(String),
    /// A version of a tool, against the installed one.
    Version {
        /// The tool's name.
        tool: String,
        /// Its version.
        version: String,
    },
}

/// A text that is not a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give `git:REV`, such as `git:main`, or `TOOL@VERSION`, such as `sccache@0.10.0`")]
pub struct ParseAgainstError;

impl Classify for ParseAgainstError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl FromStr for Against {
    type Err = ParseAgainstError;

    fn from_str(text: &str) -> Result<Against, ParseAgainstError> {
        match (text.strip_prefix("git:"), text.split_once('@')) {
            (Some(revision), _) => Ok(Against::Revision(revision.to_owned())),
            (None, Some((tool, version))) => {
                Ok(Against::Version { tool: tool.to_owned(), version: version.to_owned() })
            }
            (None, None) => Err(ParseAgainstError),
        }
    }
}

impl fmt::Display for Against {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Against::Revision(revision) => write!(f, "git:{revision}"),
            Against::Version { tool, version } => write!(f, "{tool}@{version}"),
        }
    }
}

/// Each baseline with its candidate, of a plan that was made for a live comparison; empty for
/// other plans.
pub(crate) fn recorded_pairs(plan: &Plan, against: &Against) -> Vec<Pair> {
    match against {
        Against::Revision(_) => {
            let names = || plan.workspaces.iter().map(|it| &it.name);
            // The baseline is called like the candidate, with its commit.
            let both = names().flat_map(|now| {
                let is_baseline = |it: &&WorkspaceName| {
                    it.strip_prefix(&**now).is_some_and(|rest| rest.starts_with('-'))
                };
                names().filter(is_baseline).map(move |before| (before, now))
            });
            both.flat_map(|(before, now)| lukewarm_analysis::pairs_of_workspaces(plan, before, now))
                .collect()
        }
        Against::Version { tool, version } => {
            let of_version = plan
                .scenarios
                .iter()
                .filter(|it| it.tool.name == *tool && it.name.version() == Some(version.as_str()));
            let candidates = of_version.filter_map(|baseline| {
                let is_candidate = |it: &&lukewarm_model::Scenario| {
                    it.name != baseline.name && it.name.base() == baseline.name.base()
                };
                Some((baseline, plan.scenarios.iter().find(is_candidate)?))
            });
            candidates
                .flat_map(|(before, now)| {
                    lukewarm_analysis::pairs_of_scenarios((plan, &before.name), (plan, &now.name))
                })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_is_a_revision_or_a_version() {
        let version = Against::Version { tool: "sccache".to_owned(), version: "0.10.0".to_owned() };
        for (text, wanted) in [
            ("git:main", Ok(Against::Revision("main".to_owned()))),
            // A revision may have a sign of versions in it.
            ("git:HEAD@{1}", Ok(Against::Revision("HEAD@{1}".to_owned()))),
            ("sccache@0.10.0", Ok(version)),
            ("main", Err(ParseAgainstError)),
            ("", Err(ParseAgainstError)),
        ] {
            assert_eq!(text.parse(), wanted, "{text}");
        }
        assert_eq!("git:a@b".parse::<Against>().unwrap().to_string(), "git:a@b");
    }
}
