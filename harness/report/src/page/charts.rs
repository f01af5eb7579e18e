//! The charts of the page, grouped by question, each with an explanation of how to read it.
//! Owns the choice of charts that fit a page; how they are drawn belongs to `crate::charts`.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::few;

use super::anchors::Anchors;
use super::limits::{Budget, CHARTS};
use crate::charts::{Best, Chart, ChartKind, End};
use crate::columns::NOTHING;
use crate::sections::{RowStatus, Section};

/// Scenarios that are named where several have the same value.
const NAMES: usize = 3;

/// The charts that answer one question.
pub(super) struct Question<'a> {
    pub(super) id: String,
    pub(super) title: &'a str,
    /// How to read the charts, in paragraphs.
    pub(super) reading: &'static [&'static str],
    pub(super) pictures: Vec<PagePicture<'a>>,
    /// Files of the charts that the page has no room for.
    pub(super) elsewhere: Vec<String>,
}

/// One chart, and its best scenarios in words.
pub(super) struct PagePicture<'a> {
    pub(super) id: String,
    pub(super) workspace: &'a str,
    pub(super) svg: &'a str,
    /// What the lines list, such as `Shortest of each job`.
    pub(super) seen: &'static str,
    /// By job: the scenarios, and their value.
    pub(super) lines: Vec<(&'a str, String)>,
}

/// The charts by question, in the order of the kinds.
pub(super) fn questions<'a>(
    findings: &Findings,
    sections: &[Section<'a>],
    charts: &'a [Chart],
    anchors: &mut Anchors,
) -> Vec<Question<'a>> {
    let mut room = Budget::new(CHARTS);
    let mut questions: Vec<(ChartKind, Question<'a>)> = Vec::new();
    for chart in charts {
        let place = questions.iter().position(|(kind, _)| *kind == chart.id.kind);
        let place = place.unwrap_or_else(|| {
            questions.push((chart.id.kind, question(chart.id.kind, anchors)));
            questions.len() - 1
        });
        let question = &mut questions[place].1;
        match room.take_whole(chart.svg.len()) {
            true => {
                let picture = picture(findings, sections, chart, anchors);
                question.pictures.push(picture);
            }
            false => question.elsewhere.push(format!("charts/{}.svg", chart.name)),
        }
    }
    questions.into_iter().map(|(_, question)| question).collect()
}

fn question<'a>(kind: ChartKind, anchors: &mut Anchors) -> Question<'a> {
    Question {
        id: anchors.id("question", &[kind.name()]),
        title: kind.question(),
        reading: kind.reading(),
        pictures: Vec::new(),
        elsewhere: Vec::new(),
    }
}

fn picture<'a>(
    findings: &Findings,
    sections: &[Section<'a>],
    chart: &'a Chart,
    anchors: &mut Anchors,
) -> PagePicture<'a> {
    let section = sections.iter().find(|section| *section.workspace == chart.id.workspace);
    let best = chart.id.kind.best();
    let lines = section.zip(best).map(|(section, best)| extreme(findings, section, &best));
    PagePicture {
        id: anchors.id("picture", &[&chart.name]),
        workspace: &chart.id.workspace,
        svg: &chart.svg,
        seen: best.map_or("", |it| it.words),
        lines: lines.unwrap_or_default(),
    }
}

/// By job, the valid scenarios with the largest, or the smallest, median as it is displayed; none
/// where that is 0.
fn extreme<'a>(
    findings: &Findings,
    section: &Section<'a>,
    Best { metric, end, format, .. }: &Best,
) -> Vec<(&'a str, String)> {
    let jobs = section.groups.first().map_or(&[][..], |group| group.rows);
    let sound = |row: &&'a Row| {
        let status = section.status(findings, row);
        !matches!(status, RowStatus::NoResult | RowStatus::Doubtful(_))
    };
    let lines = jobs.iter().map(|job| {
        let rows = section.groups.iter().flat_map(|group| group.rows);
        let rows = rows.filter(|row| row.job == job.job).filter(sound);
        let points =
            || rows.clone().filter_map(|row| Some((row, row.estimate(*metric, None)?.point)));
        let values = points().map(|(_, point)| point);
        let found = match end {
            End::Least => values.min_by(f64::total_cmp),
            End::Most => values.max_by(f64::total_cmp),
        };
        let words = match found {
            Some(point) if point > 0.0 => {
                let alike = points().filter(|(_, other)| format(*other) == format(point));
                let names: Vec<&str> = alike.map(|(row, _)| row.scenario.as_str()).collect();
                format!("{} ({})", few(&names, NAMES), format(point).replace(' ', "\u{a0}"))
            }
            _ => NOTHING.to_owned(),
        };
        (job.job.as_str(), words)
    });
    lines.collect()
}
