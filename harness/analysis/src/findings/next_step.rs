//! The open comparison that further blocks decide soonest, with the time that they take.
//! Owns the choice; the sentence belongs to `report`.

use lukewarm_model::{Case, JobName, Metric, ScenarioName, Seconds};

use super::analyse::Findings;

/// An open comparison and what would decide it.
#[derive(Clone, Debug, PartialEq)]
pub struct NextStep {
    /// The case that is compared with the reference.
    pub case: Case,
    /// The job.
    pub job: JobName,
    /// The reference's scenario.
    pub reference: ScenarioName,
    /// Blocks of both that would decide it, beside those that there are.
    pub blocks: u32,
    /// What these blocks take, by the medians of both.
    pub time: Seconds,
}

/// The most blocks of a comparison that are worth naming: as many as a run of the default preset
/// makes at most. What needs more differs so little that nobody would wait for it.
const MOST_BLOCKS: u32 = 60;

impl Findings {
    /// The open comparison that is decided soonest; absent where none is open, or none of them
    /// would be decided by as many blocks as a run has. A merged record has none: what machines
    /// differ by asks for machines rather than for blocks.
    pub fn next_step(&self) -> Option<NextStep> {
        if self.merged.is_some() {
            return None;
        }
        let wall = |scenario: &ScenarioName, row: &super::row::Row| {
            let same = |it: &&super::row::Row| {
                (&it.workspace, &it.job, &it.scenario) == (&row.workspace, &row.job, scenario)
            };
            Some(self.rows.iter().find(same)?.estimate(Metric::Wall, None)?.point)
        };
        let steps = self.rows.iter().filter_map(|row| {
            let comparison = row.comparison.as_ref().filter(|it| !it.verdict.is_decided())?;
            let there = comparison.ratio.count as u32;
            let most = self.run.plan.iterations.max(MOST_BLOCKS);
            let needed = comparison.iterations_needed.filter(|it| *it <= most)?;
            let blocks = needed.saturating_sub(there).max(1);
            let each = wall(&row.scenario, row)? + wall(&comparison.reference, row)?;
            Some(NextStep {
                case: row.case.clone(),
                job: row.job.clone(),
                reference: comparison.reference.clone(),
                blocks,
                time: Seconds(f64::from(blocks) * each),
            })
        });
        steps.min_by(|a, b| a.time.0.total_cmp(&b.time.0))
    }
}
