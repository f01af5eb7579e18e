//! The kinds of charts: name, question, content, reading guide and drawing function of each.
//! Owns these words and the order of the kinds; geometry belongs to each chart.

use lukewarm_analysis::Findings;
use lukewarm_model::{JobName, Metric};

use super::canvas::Picture;
use super::{bytes, forest, growth, latency, ratio, reuse, steps, sweep, wall};
use crate::format;
use crate::sections::Section;

/// The question that a chart answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartKind {
    /// Wall-clock time of each job.
    Wall,
    /// Wall-clock over that of the reference.
    Ratio,
    /// That ratio by machine.
    Forest,
    /// The steps of each job, one after the other.
    Steps,
    /// Units by outcome.
    Reuse,
    /// Bytes over the network link.
    Bytes,
    /// Latency of requests.
    Latency,
    /// Size of the cache.
    Growth,
    /// The ratio along a swept setting.
    Sweep,
}

/// The properties of a kind.
struct Description {
    name: &'static str,
    question: &'static str,
    shows: &'static str,
    reading: &'static [&'static str],
    best: Option<Best>,
    draw: fn(&Findings, &Section<'_>) -> Vec<Drawn>,
}

/// The figure by which the best scenarios are listed next to a chart.
#[derive(Clone, Copy)]
pub(crate) struct Best {
    /// The heading of the list: `Shortest of each job`.
    pub(crate) words: &'static str,
    /// The metric.
    pub(crate) metric: Metric,
    /// Which end of it is named.
    pub(crate) end: End,
    /// The format of a value.
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

/// A picture, and the job that it shows; absent where it shows all.
pub(super) struct Drawn {
    pub(super) job: Option<JobName>,
    pub(super) picture: Picture,
}

impl ChartKind {
    /// Every kind, in the order of the page.
    pub const ALL: [ChartKind; 9] = [
        ChartKind::Wall,
        ChartKind::Ratio,
        ChartKind::Forest,
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

    /// How to read its pictures, in paragraphs.
    pub fn reading(self) -> &'static [&'static str] {
        self.description().reading
    }

    /// The name of its files in the specification of results: `wall`, `sweep-<job>`.
    fn stem(self) -> String {
        match self {
            ChartKind::Forest | ChartKind::Sweep => format!("{}-<job>", self.name()),
            _ => self.name().to_owned(),
        }
    }

    /// The figure by which the best scenarios are listed next to it; absent where there is none.
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
            ChartKind::Forest => &FOREST,
            ChartKind::Steps => &STEPS,
            ChartKind::Reuse => &REUSE,
            ChartKind::Bytes => &BYTES,
            ChartKind::Latency => &LATENCY,
            ChartKind::Growth => &GROWTH,
            ChartKind::Sweep => &SWEEP,
        }
    }
}

/// The table of kinds in the specification of results, in Markdown.
pub fn chart_table() -> String {
    let rows = ChartKind::ALL
        .map(|kind| format!("| `{}` | {} |\n", kind.stem(), kind.description().shows));
    format!("| question | shows |\n|---|---|\n{}", rows.concat())
}

/// The one picture of a kind that has one for a workspace, or none.
fn one(picture: Option<Picture>) -> Vec<Drawn> {
    picture.into_iter().map(|picture| Drawn { job: None, picture }).collect()
}

/// A picture for each job that several machines compared.
fn forests(findings: &Findings, section: &Section<'_>) -> Vec<Drawn> {
    let drawn = forest::charts(findings, section).into_iter();
    drawn.map(|(job, picture)| Drawn { job: Some(job), picture }).collect()
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
    shows: "wall-clock time of each job by step: medians, the whole job's range as a whisker, the \
            reference as a line",
    reading: &[
        "Each bar is one job from the start of restore to the end of save; its colours are the \
         steps. The vertical line marks the end of the same job in the reference: bars that end \
         left of it were faster.",
        "Whiskers reach from the smallest to the largest of the jobs behind a bar. Where whiskers \
         overlap, the order of the bars may be chance; see the verdict in the table.",
    ],
    best: Some(Best {
        words: "Shortest of each job",
        metric: Metric::Wall,
        end: End::Least,
        format: format::seconds,
    }),
    draw: |findings, section| one(Some(wall::chart(findings, section))),
};

static RATIO: Description = Description {
    name: "ratio",
    question: "Is it faster or slower, and by more than the noise?",
    shows: "wall-clock time divided by the reference's, with its interval, the margin as a band, \
            the verdict; a ring is undecided, an arrow further from 1 than a factor of 10",
    reading: &[
        "Each dot is the ratio of a scenario’s wall-clock time to the reference’s, paired within \
         iterations; its line is the interval of that ratio. Left of 1 is faster.",
        "Where the whole interval lies outside the band around 1, the verdict can be faster or \
         slower; where it lies inside, the two are the same for practical purposes.",
    ],
    best: None,
    draw: |findings, section| one(ratio::chart(findings, section)),
};

static FOREST: Description = Description {
    name: "forest",
    question: "Do the machines agree?",
    shows: "in a record merged from several machines: the ratio of each with its interval, the \
            pooled ratio as a diamond, and whether the machines differ",
    reading: &[
        "Each square is the ratio on one machine, from its own pairs; its line is the interval of \
         that machine alone, or the range of its pairs where they are too few.",
        "The diamond is the pooled ratio, in which each machine counts once. Its width is the \
         interval over machines: it holds what they differ by, and is wide where they are few. \
         More blocks on the same machines narrow the lines, and the diamond only as far as noise \
         was what made it wide.",
    ],
    best: None,
    draw: forests,
};

static STEPS: Description = Description {
    name: "steps",
    question: "Where does the time of a job go?",
    shows: "restore, build and save one after the other, in the job `unchanged` or else the last: \
            archives next to wrappers",
    reading: &[
        "The steps of one job in order, from its start. During restore and save nothing is \
         compiled; a compiler wrapper transfers its objects while cargo runs, so that its \
         transfers show as a longer build.",
    ],
    best: None,
    draw: |findings, section| one(steps::chart(findings, section)),
};

static REUSE: Description = Description {
    name: "reuse",
    question: "How much was reused instead of compiled?",
    shows: "units by outcome, and below them the hit rate of the tool's lookups",
    reading: &[
        "Green units were reused: Cargo skipped them because the target folder was restored, or a \
         compiler wrapper answered them from its cache. Blue units were compiled; grey ones too, \
         because the tool cannot cache them.",
        "Reuse is not speed: restored files must be transferred, and units that cannot be cached \
         may take longest. Compare with the wall-clock time above.",
    ],
    best: Some(Best {
        words: "Most reuse in each job",
        metric: Metric::ReuseRatio,
        end: End::Most,
        format: format::percent,
    }),
    draw: |findings, section| one(Some(reuse::chart(findings, section))),
};

static BYTES: Description = Description {
    name: "bytes",
    question: "How much is transferred?",
    shows: "bytes down and up and requests at the service, and how many a limit refused",
    reading: &[
        "Body bytes, counted at the service and not by the tool. They depend on the workspace, \
         the tool and its settings, and hardly on the machine: on another network link the times \
         change and the bytes do not.",
        "An archive is transferred as a whole or not at all; a compiler wrapper transfers one \
         object for each unit that it can cache.",
    ],
    best: Some(Best {
        words: "Most down in each job",
        metric: Metric::BytesDown,
        end: End::Most,
        format: format::bytes,
    }),
    draw: |findings, section| one(bytes::chart(findings, section)),
};

static LATENCY: Description = Description {
    name: "latency",
    question: "How long does a request take?",
    shows: "the cumulative distribution of the latency of reads and writes, where the journal has \
            it",
    reading: &[
        "Latency of each request as seen by the service, from the request’s head to the last byte \
         of the answer, including the emulated network link. A compiler wrapper waits for at \
         least one request per unit, some of them concurrently.",
    ],
    best: None,
    draw: |_, section| one(latency::chart(section)),
};

static GROWTH: Description = Description {
    name: "growth",
    question: "How large does the cache grow?",
    shows: "bytes stored after each job of the story, for stories of three jobs or more",
    reading: &["Bytes stored when each job has ended. A cache that only grows reaches its quota \
         eventually; then the oldest entries are evicted."],
    best: None,
    draw: |_, section| one(growth::chart(section)),
};

static SWEEP: Description = Description {
    name: "sweep",
    question: "From which value of the setting on is it worth it?",
    shows: "for a swept setting: the ratio to the reference over its values, with intervals and \
            the crossover at 1",
    reading: &[
        "Each point is the ratio of a scenario’s wall-clock time to the reference’s at one value \
         of the swept setting, with its interval; below the line at 1 the scenario is faster.",
        "Where a curve crosses the line, the faster of the two changes. The crossover is marked \
         only where the points on both sides are decided. Between points it is interpolated \
         linearly; beyond the first and the last point nothing was measured.",
    ],
    best: None,
    draw: sweeps,
};
