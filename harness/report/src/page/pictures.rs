//! The pictures with what they show: grouped by question, each with how to read it beside it.
//! Owns these words and the choice of pictures that fit a page; drawing belongs to `charts`.

use lukewarm_analysis::{Findings, Row};
use lukewarm_model::Metric;

use super::anchors::Anchors;
use super::limits::{Budget, PICTURES};
use super::tables::NOTHING;
use crate::charts::{Chart, ChartKind};
use crate::sections::{Section, Standing};
use crate::words::{bytes, percent, seconds};

/// Scenarios that are named where several are alike.
const NAMES: usize = 3;

/// The pictures that answer one question.
pub(super) struct Question<'a> {
    pub(super) id: String,
    pub(super) title: &'a str,
    /// How to read the pictures, in paragraphs.
    pub(super) reading: &'static [&'static str],
    pub(super) pictures: Vec<Picture<'a>>,
    /// Files of the pictures that the page has no room for.
    pub(super) elsewhere: Vec<String>,
}

/// One picture, and what is seen on it.
pub(super) struct Picture<'a> {
    pub(super) id: String,
    pub(super) workspace: &'a str,
    pub(super) svg: &'a str,
    /// What is seen, in words.
    pub(super) seen: &'static str,
    /// By job: who, and how much.
    pub(super) lines: Vec<(&'a str, String)>,
}

/// How to read the pictures of a kind, in paragraphs.
type Reading = &'static [&'static str];

/// What the pictures of a kind ask.
fn title(kind: ChartKind) -> &'static str {
    match kind {
        ChartKind::Wall => "How long does each job take?",
        ChartKind::Ratio => "Faster or slower, and is that more than noise?",
        ChartKind::Steps => "What does cargo wait for?",
        ChartKind::Reuse => "What did not have to be compiled?",
        ChartKind::Bytes => "What goes over the link?",
        ChartKind::Latency => "How long does one request take?",
        ChartKind::Growth => "How much does the cache keep?",
        ChartKind::Sweep => "From which setting on is it worth it?",
    }
}

const WALL: Reading = &[
    "A bar is one job from the start of restore to the end of save, and its colours are \
             the steps. The vertical line is where the reference’s same job ends: what ends left \
             of it was quicker.",
    "Whiskers reach from the smallest to the largest of the jobs behind a bar. Where two \
             of them overlap, the order of the bars may be chance; the verdict in the table says \
             whether it is.",
];

const RATIO: Reading = &[
    "A dot is the ratio of a scenario’s wall-clock to the reference’s, paired within \
             iterations; its line is the interval of that ratio. Left of 1 is faster.",
    "Where the interval leaves the band around 1 on one side, the verdict can be faster or \
             slower; where it stays inside, the two are the same for practical purposes.",
];

const STEPS: Reading =
    &["The steps of one job, one after the other from its start. What is restored before \
             cargo starts, and saved after it has ended, is time in which nothing is compiled; a \
             wrapper moves its objects while cargo runs, so that it shows as a longer build."];

const REUSE: Reading = &[
    "Green is what a cache saved: units that Cargo skipped because a target folder came \
             back, and units that a wrapper was given instead of compiling. Blue was compiled; \
             grey too, because the tool cannot cache it.",
    "Reuse is not speed. What is restored must be moved, and what is not cacheable may be \
             what takes longest: compare with the wall-clock above.",
];

const BYTES: Reading = &[
    "Body bytes, counted at the service and not by the tool. They depend on the \
             workspace, the tool and its settings, and hardly on this machine: on another link \
             the times change, and these stay.",
    "An archive moves whole or not at all; a wrapper moves one object for each unit that \
             it can cache.",
];

const LATENCY: Reading =
    &["Each request as the service saw it, from its head to the last byte of its answer, so \
             that the emulated link is part of it. A wrapper waits for as many of these as it has \
             units, some of them at once."];

const GROWTH: Reading =
    &["Bytes that are stored when each job has ended. What only grows meets a quota one day, \
             and then the oldest entries go."];

const SWEEP: Reading = &[
    "A point is the ratio of a scenario’s wall-clock to the reference’s at one value \
             of the setting that was swept, with its interval; below the line at 1 it is \
             faster than the reference.",
    "Where a curve crosses the line, what is faster changes. The crossing is marked \
             only where the points on both sides are decided; between points it is a straight \
             line, and what happens beyond the first and the last point was not measured.",
];

/// How the pictures of a kind are read.
fn reading(kind: ChartKind) -> Reading {
    match kind {
        ChartKind::Wall => WALL,
        ChartKind::Ratio => RATIO,
        ChartKind::Steps => STEPS,
        ChartKind::Reuse => REUSE,
        ChartKind::Bytes => BYTES,
        ChartKind::Latency => LATENCY,
        ChartKind::Growth => GROWTH,
        ChartKind::Sweep => SWEEP,
    }
}

/// The pictures by question, in the order of the charts.
pub(super) fn questions<'a>(
    findings: &Findings,
    sections: &[Section<'a>],
    charts: &'a [Chart],
    anchors: &mut Anchors,
) -> Vec<Question<'a>> {
    let mut room = Budget::new(PICTURES);
    let mut questions: Vec<(ChartKind, Question<'a>)> = Vec::new();
    for chart in charts {
        let place = questions.iter().position(|(kind, _)| *kind == chart.kind);
        let place = place.unwrap_or_else(|| {
            questions.push((chart.kind, question(chart.kind, anchors)));
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
        title: title(kind),
        reading: reading(kind),
        pictures: Vec::new(),
        elsewhere: Vec::new(),
    }
}

fn picture<'a>(
    findings: &Findings,
    sections: &[Section<'a>],
    chart: &'a Chart,
    anchors: &mut Anchors,
) -> Picture<'a> {
    let section = sections.iter().find(|section| section.workspace == chart.workspace);
    let most = |metric, format| section.map(|it| extreme(findings, it, (metric, 1.0), format));
    let (seen, lines) = match chart.kind {
        ChartKind::Wall => {
            let least = |it| extreme(findings, it, (Metric::Wall, -1.0), seconds);
            ("Shortest of each job", section.map(least))
        }
        ChartKind::Reuse => ("Most reuse in each job", most(Metric::ReuseRatio, percent)),
        ChartKind::Bytes => ("Most down in each job", most(Metric::BytesDown, bytes)),
        ChartKind::Ratio
        | ChartKind::Steps
        | ChartKind::Latency
        | ChartKind::Growth
        | ChartKind::Sweep => ("", None),
    };
    Picture {
        id: anchors.id("picture", &[&chart.name]),
        workspace: &chart.workspace,
        svg: &chart.svg,
        seen,
        lines: lines.unwrap_or_default(),
    }
}

/// By job, the scenarios whose median reads as the largest, or the smallest, of those that may be
/// believed; nobody where that is nothing at all.
fn extreme<'a>(
    findings: &Findings,
    section: &Section<'a>,
    (metric, direction): (Metric, f64),
    format: fn(f64) -> String,
) -> Vec<(&'a str, String)> {
    let jobs = section.groups.first().map_or(&[][..], |group| group.rows);
    let sound = |row: &&'a Row| {
        let standing = section.standing(findings, row);
        !matches!(standing, Standing::NoResult | Standing::Doubtful(_))
    };
    let told = jobs.iter().map(|job| {
        let rows = section.groups.iter().flat_map(|group| group.rows);
        let rows = rows.filter(|row| row.job == job.job).filter(sound);
        let points =
            || rows.clone().filter_map(|row| Some((row, row.estimate(metric, None)?.point)));
        let found = points()
            .map(|(_, point)| point)
            .max_by(|a, b| (a * direction).total_cmp(&(b * direction)));
        let words = match found {
            Some(point) if point > 0.0 => {
                let alike = points().filter(|(_, other)| format(*other) == format(point));
                let names: Vec<&str> = alike.map(|(row, _)| row.scenario.as_str()).collect();
                format!("{} ({})", names_of(&names), format(point).replace(' ', "\u{a0}"))
            }
            _ => NOTHING.to_owned(),
        };
        (job.job.as_str(), words)
    });
    told.collect()
}

/// The first names, and how many more there are.
fn names_of(names: &[&str]) -> String {
    match names.len().saturating_sub(NAMES) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMES].join(", ")),
    }
}
