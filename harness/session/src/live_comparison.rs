//! A live comparison: baseline and candidate measured now, interleaved, and gated.
//! Owns its plan; measuring and gating are as everywhere else.

use std::path::Path;

use lukewarm_analysis::{Evaluation, Gate, Hosts, Pair};
use lukewarm_model::{Plan, RawRecord, Thresholds, WorkspaceName};
use lukewarm_plan::{Pairing, Preset, Selection};

use crate::against::{Against, recorded_pairs};
use crate::deciding::Deciding;
use crate::error::SessionError;
use crate::event::{Observer, SessionEvent};
use crate::session::{Measured, Session};

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
