//! A scenario's own chart next to its essay: its jobs as bars on one scale for all scenarios.
//! Owns the parts of a bar; the template draws them with boxes that adapt to any width.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::{Metric, Step};

use super::limits::STRIPS;
use super::tables::{ClassedText, cells};
use crate::columns::{ColumnInput, ShownColumn, Table, columns};
use crate::format::seconds;
use crate::sections::{Group, RowStatus, Section};

/// The jobs of one scenario on one workspace.
pub(super) struct Strip<'a> {
    pub(super) workspace: &'a str,
    pub(super) lines: Vec<StripLine<'a>>,
}

/// One job: its bar and its figures.
pub(super) struct StripLine<'a> {
    pub(super) job: &'a str,
    /// The steps, in the order of a job.
    pub(super) parts: Vec<Part>,
    /// Where the reference's same job ends, in percent of the scale.
    pub(super) reference: Option<String>,
    pub(super) cells: Vec<ClassedText>,
}

/// One step of a bar.
pub(super) struct Part {
    pub(super) step: &'static str,
    /// Its width, in percent of the scale.
    pub(super) width: String,
    pub(super) wall: String,
}

/// The charts of a scenario on the first workspaces, and the number of the others.
pub(super) fn strips<'a>(
    findings: &Findings,
    sections: &[Section<'a>],
    scenario: &str,
) -> (Vec<Strip<'a>>, usize) {
    let mut ran = sections.iter().filter_map(|section| {
        let group = section.groups.iter().find(|group| group.scenario == scenario)?;
        Some((section, group))
    });
    let first = ran.by_ref().take(STRIPS);
    let strips = first.map(|(section, group)| strip(findings, section, group)).collect();
    (strips, ran.count())
}

fn strip<'a>(findings: &Findings, section: &Section<'a>, group: &Group<'a>) -> Strip<'a> {
    let rows = section.groups.iter().flat_map(|group| group.rows);
    let walls = rows.filter_map(|row| row.estimate(Metric::Wall, None));
    let scale = walls.map(|wall| wall.point).fold(f64::MIN_POSITIVE, f64::max);
    let shown = columns(Table::Scenario);
    let lines = group.rows.iter().map(|row| line(findings, section, row, (scale, &shown)));
    Strip { workspace: section.workspace, lines: lines.collect() }
}

fn line<'a>(
    findings: &Findings,
    section: &Section<'a>,
    row: &'a Row,
    (scale, shown): (f64, &[ShownColumn]),
) -> StripLine<'a> {
    let input = ColumnInput::job(findings, section, row);
    let share = |wall: f64| format!("{:.2}", (wall / scale * 100.0).clamp(0.0, 100.0));
    let wall = |row: &Row| row.estimate(Metric::Wall, None).map(|found| found.point);
    let reference =
        section.reference(findings, &row.job).filter(|_| input.status != RowStatus::Reference);
    let parts = Step::ALL.into_iter().filter_map(|step| {
        let point = row.estimate(Metric::Wall, Some(step))?.point;
        Some(Part { step: step.name(), width: share(point), wall: seconds(point) })
    });
    StripLine {
        job: &row.job,
        parts: parts.collect(),
        reference: reference.and_then(wall).map(share),
        cells: cells(shown, &input),
    }
}
