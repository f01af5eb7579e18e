//! A live comparison: baseline and candidate measured now, interleaved, and gated.
//! Owns the meaning of `git:REV` and `TOOL@VERSION`; measuring and gating are as everywhere else.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use lukewarm_analysis::{Evaluation, Gate, Hosts, Pair};
use lukewarm_model::{Classify, ErrorKind, Plan, RawRecord, Thresholds, WorkspaceName};
use lukewarm_plan::{Pairing, Preset, Selection};

use crate::deciding::Deciding;
use crate::error::SessionError;
use crate::event::{Observer, SessionEvent};
use crate::session::{Measured, Session};

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

/// Baseline and candidate as one plan, and which of its cases are compared with each other.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveComparison {
    /// The plan of both sides.
    pub plan: Plan,
    /// Each baseline with its candidate.
    pub pairs: Vec<Pair>,
    /// The baseline, as it was named.
    pub against: Against,
}

impl Session<'_> {
    /// Plans a live comparison of the selected cases; the sources of a revision are checked out.
    ///
    /// # Errors
    /// When the selection does not fit the baseline, or the revision cannot be checked out.
    pub fn plan_comparison(
        &self,
        against: &Against,
        selection: &Selection,
        observer: Observer<'_>,
    ) -> Result<LiveComparison, SessionError> {
        let (plan, pairs) = match against {
            Against::Revision(revision) => self.revisions(revision, selection, observer)?,
            Against::Version { tool, version } => self.versions(tool, version, selection)?,
        };
        Ok(LiveComparison { plan, pairs, against: against.clone() })
    }

    /// Measures a live comparison until it is decided, and gates it.
    ///
    /// # Errors
    /// When the plan cannot be prepared, or the run stops.
    pub fn compare(
        &self,
        comparison: LiveComparison,
        thresholds: &Thresholds,
        observer: Observer<'_>,
    ) -> Result<(Measured, Gate), SessionError> {
        let LiveComparison { plan, pairs, against } = comparison;
        let deciding = Deciding::gate(&against, pairs.clone(), thresholds.clone());
        let measured = self.measure(plan, deciding, observer)?;
        let both = Evaluation::of(&measured.record);
        let gate = lukewarm_analysis::gate(&both, &both, &pairs, thresholds, Hosts::Alike);
        drop(both);
        Ok((measured, gate))
    }

    /// Measures a part of a live comparison, which is gated when all parts are merged.
    ///
    /// # Errors
    /// When the plan cannot be prepared, or the run stops.
    pub fn measure_comparison(
        &self,
        comparison: LiveComparison,
        observer: Observer<'_>,
    ) -> Result<Measured, SessionError> {
        // It is never asked: a part has no looks.
        self.measure(comparison.plan, Deciding::comparisons(), observer)
    }

    /// A revision of one workspace against its folder as it is.
    fn revisions(
        &self,
        revision: &str,
        selection: &Selection,
        observer: Observer<'_>,
    ) -> Result<(Plan, Vec<Pair>), SessionError> {
        let refused =
            |what: &str| SessionError::Comparison(format!("--against git:{revision}: {what}"));
        let [workspace] = selection.workspaces.as_slice() else {
            return Err(refused("give one `--workspace PATH` that is in a git repository"));
        };
        let (folder, include) = (Path::new(workspace), selection.included());
        let then = lukewarm_runner::revision(folder, revision, &include, &self.settings).map_err(
            |source| SessionError::Revision {
                revision: revision.to_owned(),
                source: Box::new(source),
            },
        )?;
        then.remarks.iter().for_each(|it| observer(SessionEvent::Remark(it)));
        let mut scenarios = selection.with_settings().scenarios;
        if scenarios.is_empty() {
            scenarios.push("none".to_owned());
        }
        let selected = Selection {
            workspaces: vec![then.folder.display().to_string(), workspace.clone()],
            scenarios,
            pairing: Pairing::BaselineAndCandidate,
            ..selection.clone()
        };
        let mut plan = self.plan(&selected)?;
        let [before, now] = plan.workspaces.as_slice() else {
            return Err(refused("baseline and candidate are the same folder"));
        };
        // Both folders have the same name: the baseline's has the commit, the candidate's has none.
        let (mut before, mut now) = (before.name.clone(), now.name.clone());
        if !before.ends_with(&then.commit) {
            let name = WorkspaceName::from(format!("{before}-{}", then.commit));
            plan.rename_workspace(&before, &name);
            plan.rename_workspace(&now, &before);
            (now, before) = (before, name);
        }
        let pairs = lukewarm_analysis::pairs_of_workspaces(&plan, &before, &now);
        Ok((plan, pairs))
    }

    /// A version of a tool against the one that is found.
    fn versions(
        &self,
        tool: &str,
        version: &str,
        selection: &Selection,
    ) -> Result<(Plan, Vec<Pair>), SessionError> {
        let scenarios = &self.files.scenarios;
        let of_tool =
            |name: &&String| scenarios.iter().any(|it| it.name == **name && it.tool.name == tool);
        let selected = selection.with_settings().scenarios;
        let named = match selected.is_empty() {
            true => &self.files.preset(Preset::Default).scenarios,
            false => &selected,
        };
        let names: Vec<&String> = named.iter().filter(of_tool).collect();
        if names.is_empty() {
            let what = format!("--against {tool}@{version}: select a scenario that uses {tool}");
            return Err(SessionError::Comparison(what));
        }
        let both = names.iter().flat_map(|name| [format!("{name}@{version}"), (*name).clone()]);
        let pairing = Pairing::BaselineAndCandidate;
        let scenarios = both.collect();
        let plan = self.plan(&Selection { scenarios, pairing, ..selection.clone() })?;
        let pairs = names.iter().flat_map(|name| {
            let baseline = format!("{name}@{version}");
            lukewarm_analysis::pairs_of_scenarios((&plan, &baseline), (&plan, name))
        });
        let pairs = pairs.collect();
        Ok((plan, pairs))
    }

    /// The plan of a selection.
    ///
    /// # Errors
    /// Names every problem of the selection.
    pub fn plan(&self, selection: &Selection) -> Result<Plan, SessionError> {
        lukewarm_plan::plan(self.files, selection).map_err(SessionError::Selection)
    }
}

/// Gates a live comparison that was measured before, in parts or as a whole.
///
/// # Errors
/// When the record has no such comparison.
pub fn compare_recorded(
    record: &RawRecord,
    against: &Against,
    thresholds: &Thresholds,
) -> Result<Gate, SessionError> {
    let pairs = recorded_pairs(&record.run.plan, against);
    if pairs.is_empty() {
        let what = format!("run {} has no comparison with {against}", record.run.id);
        return Err(SessionError::Comparison(what));
    }
    let both = Evaluation::of(record);
    Ok(lukewarm_analysis::gate(&both, &both, &pairs, thresholds, Hosts::Alike))
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
