//! The kinds of charts: what each is called, asks and shows, how it is read, and what draws it.
//! Owns these words and the order of the kinds; where lines and boxes lie belongs to each chart.

use lukewarm_analysis::Findings;
use lukewarm_model::{JobName, Metric};

use super::canvas::Picture;
use super::{bytes, growth, latency, ratio, reuse, steps, sweep, wall};
use crate::sections::Section;
use crate::words;

/// The question that a chart answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartKind {
    /// How long each job takes.
    Wall,
    /// Wall-clock over that of the reference.
    Ratio,
    /// The steps of each job, one after the other.
    Steps,
    /// What became of the units.
    Reuse,
    /// What goes over the link.
    Bytes,
    /// How long requests take.
    Latency,
    /// What the cache keeps.
    Growth,
    /// The ratio along a swept setting.
    Sweep,
}

/// Everything that is known of a kind.
struct Description {
    name: &'static str,
    question: &'static str,
    shows: &'static str,
    reading: &'static [&'static str],
    best: Option<Best>,
    draw: fn(&Findings, &Section<'_>) -> Vec<Drawn>,
}

/// The figure by which the scenarios of a chart are put in order beside it.
#[derive(Clone, Copy)]
pub(crate) struct Best {
    /// What is named in each job: `Shortest of each job`.
    pub(crate) words: &'static str,
    /// The metric.
    pub(crate) metric: Metric,
    /// Which end of it is named.
    pub(crate) end: End,
    /// How a value is written.
    pub(crate) format: fn(f64) -> String,
}

/// One end of the values of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The smallest.
    Least,
    /// The largest.
    Most,
}

/// A picture, and the job that it is about; absent where it is about all.
pub(super) struct Drawn {
    pub(super) job: Option<JobName>,
    pub(super) picture: Picture,
}

impl ChartKind {
    /// Every kind, in the order of the page.
    pub const ALL: [ChartKind; 8] = [
        ChartKind::Wall,
        ChartKind::Ratio,
        ChartKind::Steps,
        ChartKind::Reuse,
        ChartKind::Bytes,
        ChartKind::Latency,
        ChartKind::Growth,
        ChartKind::Sweep,
    ];

    /// The name, with which the names of its files begin: `wall`.
    pub fn name(self) -> &'static str {
        self.description().name
    }

    /// The question, as a title of the page.
    pub fn question(self) -> &'static str {
        self.description().question
    }

    /// How its pictures are read, in paragraphs.
    pub fn reading(self) -> &'static [&'static str] {
        self.description().reading
    }

    /// What its files are called in the specification of results: `wall`, `sweep-<job>`.
    fn stem(self) -> String {
        match self {
            ChartKind::Sweep => format!("{}-<job>", self.name()),
            _ => self.name().to_owned(),
        }
    }

    /// The figure by which scenarios are put in order beside it; absent where there is none.
    pub(crate) fn best(self) -> Option<Best> {
        self.description().best
    }

    /// Its pictures of a workspace; none where there is nothing to show.
    pub(super) fn draw(self, findings: &Findings, section: &Section<'_>) -> Vec<Drawn> {
        (self.description().draw)(findings, section)
    }

    fn description(self) -> &'static Description {
        match self {
            ChartKind::Wall => &WALL,
            ChartKind::Ratio => &RATIO,
            ChartKind::Steps => &STEPS,
            ChartKind::Reuse => &REUSE,
            ChartKind::Bytes => &BYTES,
            ChartKind::Latency => &LATENCY,
            ChartKind::Growth => &GROWTH,
            ChartKind::Sweep => &SWEEP,
        }
    }
}

/// The table of the specification of results: the kinds with what each shows, in Markdown.
pub fn chart_table() -> String {
    let rows = ChartKind::ALL
        .map(|kind| format!("| `{}` | {} |\n", kind.stem(), kind.description().shows));
    format!("| question | shows |\n|---|---|\n{}", rows.concat())
}

/// The one picture of a kind that has one for a workspace, or none.
fn one(picture: Option<Picture>) -> Vec<Drawn> {
    picture.into_iter().map(|picture| Drawn { job: None, picture }).collect()
}

/// A picture for each job along which a setting was swept.
fn sweeps(findings: &Findings, section: &Section<'_>) -> Vec<Drawn> {
    let here = findings.swept.iter().filter(|it| it.workspace == *section.workspace);
    let drawn =
        here.map(|it| Drawn { job: Some(it.job.clone()), picture: sweep::chart(&it.curves) });
    drawn.collect()
}

static WALL: Description = Description {
    name: "wall",
    question: "How long does each job take?",
    shows: "wall-clock of each job by step: medians, the whole job's range as a whisker, the \
            reference as a line",
    reading: &[
        "A bar is one job from the start of restore to the end of save, and its colours are the \
         steps. The vertical line is where the reference’s same job ends: what ends left of it \
         was quicker.",
        "Whiskers reach from the smallest to the largest of the jobs behind a bar. Where two of \
         them overlap, the order of the bars may be chance; the verdict in the table says whether \
         it is.",
    ],
    best: Some(Best {
        words: "Shortest of each job",
        metric: Metric::Wall,
        end: End::Least,
        format: words::seconds,
    }),
    draw: |findings, section| one(Some(wall::chart(findings, section))),
};

static RATIO: Description = Description {
    name: "ratio",
    question: "Faster or slower, and is that more than noise?",
    shows: "wall-clock over that of the reference with its interval, the margin as a band, the \
            verdict; a ring is not decided, an arrow further from 1 than a factor of 10",
    reading: &[
        "A dot is the ratio of a scenario’s wall-clock to the reference’s, paired within \
         iterations; its line is the interval of that ratio. Left of 1 is faster.",
        "Where the interval leaves the band around 1 on one side, the verdict can be faster or \
         slower; where it stays inside, the two are the same for practical purposes.",
    ],
    best: None,
    draw: |findings, section| one(ratio::chart(findings, section)),
};

static STEPS: Description = Description {
    name: "steps",
    question: "What does cargo wait for?",
    shows: "restore, build and save one after the other, in the job `unchanged` or else the last: \
            archives beside wrappers",
    reading: &[
        "The steps of one job, one after the other from its start. What is restored before cargo \
         starts, and saved after it has ended, is time in which nothing is compiled; a wrapper \
         moves its objects while cargo runs, so that it shows as a longer build.",
    ],
    best: None,
    draw: |findings, section| one(steps::chart(findings, section)),
};

static REUSE: Description = Description {
    name: "reuse",
    question: "What did not have to be compiled?",
    shows: "units by outcome, and below it the hits of the tool's lookups",
    reading: &[
        "Green is what a cache saved: units that Cargo skipped because a target folder came back, \
         and units that a wrapper was given instead of compiling. Blue was compiled; grey too, \
         because the tool cannot cache it.",
        "Reuse is not speed. What is restored must be moved, and what is not cacheable may be \
         what takes longest: compare with the wall-clock above.",
    ],
    best: Some(Best {
        words: "Most reuse in each job",
        metric: Metric::ReuseRatio,
        end: End::Most,
        format: words::percent,
    }),
    draw: |findings, section| one(Some(reuse::chart(findings, section))),
};

static BYTES: Description = Description {
    name: "bytes",
    question: "What goes over the link?",
    shows: "bytes down and up and requests at the service, and how many a limit refused",
    reading: &[
        "Body bytes, counted at the service and not by the tool. They depend on the workspace, \
         the tool and its settings, and hardly on this machine: on another link the times change, \
         and these stay.",
        "An archive moves whole or not at all; a wrapper moves one object for each unit that it \
         can cache.",
    ],
    best: Some(Best {
        words: "Most down in each job",
        metric: Metric::BytesDown,
        end: End::Most,
        format: words::bytes,
    }),
    draw: |findings, section| one(bytes::chart(findings, section)),
};

static LATENCY: Description = Description {
    name: "latency",
    question: "How long does one request take?",
    shows: "the cumulative distribution of how long reads and writes took, where the journal has \
            it",
    reading: &[
        "Each request as the service saw it, from its head to the last byte of its answer, so \
         that the emulated link is part of it. A wrapper waits for as many of these as it has \
         units, some of them at once.",
    ],
    best: None,
    draw: |_, section| one(latency::chart(section)),
};

static GROWTH: Description = Description {
    name: "growth",
    question: "How much does the cache keep?",
    shows: "what is stored after each job of the story, from three jobs on",
    reading: &[
        "Bytes that are stored when each job has ended. What only grows meets a quota one day, \
         and then the oldest entries go.",
    ],
    best: None,
    draw: |_, section| one(growth::chart(section)),
};

static SWEEP: Description = Description {
    name: "sweep",
    question: "From which setting on is it worth it?",
    shows: "where a setting is swept: the ratio to the reference along it with its intervals, and \
            where it crosses 1",
    reading: &[
        "A point is the ratio of a scenario’s wall-clock to the reference’s at one value of the \
         setting that was swept, with its interval; below the line at 1 it is faster than the \
         reference.",
        "Where a curve crosses the line, what is faster changes. The crossing is marked only \
         where the points on both sides are decided; between points it is a straight line, and \
         what happens beyond the first and the last point was not measured.",
    ],
    best: None,
    draw: sweeps,
};
