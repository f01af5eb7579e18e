//! Rows grouped as in every report: by workspace, then scenario, then job.
//! Owns the grouping and the status of a row.

use lukewarm_analysis::{Comparison, Findings, Row};
use lukewarm_model::{ComparisonVerdict, JobVerdict, ScenarioName, WorkspaceName};

/// The rows of one workspace.
pub(crate) struct Section<'a> {
    pub(crate) workspace: &'a WorkspaceName,
    pub(crate) groups: Vec<Group<'a>>,
}

/// The rows of one scenario on one workspace, one for each job.
pub(crate) struct Group<'a> {
    pub(crate) scenario: &'a ScenarioName,
    pub(crate) rows: &'a [Row],
}

/// The status of a row: what its result may be used for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RowStatus<'a> {
    /// It has no result.
    NoResult,
    /// It cannot be trusted, for the reason in a word; `reference?` means that the reference
    /// cannot.
    Doubtful(&'static str),
    /// It is the divisor of the others' ratios.
    Reference,
    /// It is compared.
    Compared(&'a Comparison),
    /// It has nothing to be compared with.
    Alone,
}

impl<'a> Section<'a> {
    /// The reference's row of a job, where the workspace has one.
    pub(crate) fn reference(&self, findings: &Findings, job: &str) -> Option<&'a Row> {
        let name = findings.run.plan.reference.as_ref()?;
        let group = self.groups.iter().find(|group| group.scenario == name)?;
        group.rows.iter().find(|row| row.job == job)
    }

    /// The status of a row of this section.
    pub(crate) fn status(&self, findings: &Findings, row: &'a Row) -> RowStatus<'a> {
        let Some(verdict) = &row.verdict else { return RowStatus::NoResult };
        if !matches!(verdict, JobVerdict::Valid(_)) {
            return RowStatus::Doubtful(verdict.word());
        }
        if findings.run.plan.reference.as_ref() == Some(&row.scenario) {
            return RowStatus::Reference;
        }
        let Some(comparison) = &row.comparison else { return RowStatus::Alone };
        match self.reference(findings, &row.job).map(|reference| &reference.verdict) {
            Some(Some(JobVerdict::Valid(_))) => RowStatus::Compared(comparison),
            _ => RowStatus::Doubtful("reference?"),
        }
    }
}

impl RowStatus<'_> {
    /// The status in a word or two.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            RowStatus::NoResult => "no result",
            RowStatus::Doubtful(word) => word,
            RowStatus::Reference => "reference",
            RowStatus::Compared(comparison) => match comparison.verdict {
                ComparisonVerdict::ClearlyFaster => "clearly faster",
                ComparisonVerdict::ClearlySlower => "clearly slower",
                ComparisonVerdict::Faster => "faster",
                ComparisonVerdict::Slower => "slower",
                ComparisonVerdict::Same => "same",
                ComparisonVerdict::Inconclusive => "inconclusive",
                ComparisonVerdict::TooFewSamples => "too few",
            },
            RowStatus::Alone => "not compared",
        }
    }
}

/// The rows of a run, grouped, in the plan's order.
pub(crate) fn sections(findings: &Findings) -> Vec<Section<'_>> {
    findings.rows.chunk_by(|a, b| a.workspace == b.workspace).map(section).collect()
}

fn section(rows: &[Row]) -> Section<'_> {
    let by_scenario = rows.chunk_by(|a, b| a.scenario == b.scenario);
    let groups = by_scenario.map(|rows| Group { scenario: &rows[0].scenario, rows }).collect();
    Section { workspace: &rows[0].workspace, groups }
}
