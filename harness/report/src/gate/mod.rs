//! The gate's answer in the format that its reader takes: people, pull requests, CI systems.
//! Owns the words of a change and of the answer; each format is a file.

mod annotations;
mod human;
mod junit;
mod markdown;

use lukewarm_analysis::{Answer, Calibration, Change, ChangeVerdict, Gate};
use lukewarm_model::text::{Json, Output, Safe};
use lukewarm_model::{Keyword, Unit};

use crate::words::{bytes, counted, percent, ratio_with_spread, seconds};
use crate::{ReportError, TerminalStyle};

/// A format of the gate's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateFormat {
    /// A table for a terminal, in the given style.
    Human,
    /// Everything, as JSON.
    Json,
    /// For a pull request or a job's summary page.
    Markdown,
    /// GitHub's workflow commands, which mark a run with errors and warnings.
    GithubAnnotations,
    /// JUnit's XML: a test case for each metric of each job.
    Junit,
}

impl Keyword for GateFormat {
    const CHOICES: &'static [GateFormat] = &[
        GateFormat::Human,
        GateFormat::Json,
        GateFormat::Markdown,
        GateFormat::GithubAnnotations,
        GateFormat::Junit,
    ];

    fn word(self) -> &'static str {
        match self {
            GateFormat::Human => "human",
            GateFormat::Json => "json",
            GateFormat::Markdown => "markdown",
            GateFormat::GithubAnnotations => "github",
            GateFormat::Junit => "junit",
        }
    }

    fn help(self) -> &'static str {
        match self {
            GateFormat::Human => "A table",
            GateFormat::Json => "Everything, for machines",
            GateFormat::Markdown => "For a pull request, or a job's summary page",
            GateFormat::GithubAnnotations => "GitHub's annotations of a run",
            GateFormat::Junit => "JUnit's XML",
        }
    }
}

/// The gate's answer as a text that ends with a newline.
///
/// # Errors
/// When it cannot be put into its format, which is a bug.
pub fn gate(gate: &Gate, format: GateFormat, style: TerminalStyle) -> Result<Output, ReportError> {
    Ok(match format {
        GateFormat::Human => human::human(gate, style).into(),
        GateFormat::Json => {
            let text = serde_json::to_string_pretty(gate).map_err(ReportError::Summary)?;
            Safe::<Json>::file(&(text + "\n")).into()
        }
        GateFormat::Markdown => markdown::markdown(gate).into(),
        GateFormat::GithubAnnotations => annotations::annotations(gate).into(),
        GateFormat::Junit => junit::junit(gate).map_err(ReportError::Xml)?.into(),
    })
}

/// The JSON Schema of the gate's answer as JSON.
pub fn gate_schema() -> schemars::Schema {
    lukewarm_model::schema_of::<Gate>()
}

/// The answer in one sentence.
fn sentence(gate: &Gate) -> String {
    let worse = of(gate, ChangeVerdict::Worse);
    let open = of(gate, ChangeVerdict::Inconclusive) + of(gate, ChangeVerdict::TooFewSamples);
    match gate.answer {
        Answer::Fine => match of(gate, ChangeVerdict::Better) {
            0 => "Nothing got worse.".to_owned(),
            better => format!("Nothing got worse, and {} got better.", counted(better, "metric")),
        },
        Answer::Regression => format!("{} got worse.", counted(worse, "metric")),
        Answer::Inconclusive if gate.changes.is_empty() => "Nothing was compared.".to_owned(),
        Answer::Inconclusive => {
            format!("Nothing got worse for sure, and {} not decided.", are(open, "metric"))
        }
        Answer::Invalid => format!(
            "Nothing can be said: {} without a result that can be believed.",
            are(gate.invalid.len(), "job")
        ),
    }
}

fn are(count: usize, noun: &str) -> String {
    format!("{} {}", counted(count, noun), if count == 1 { "is" } else { "are" })
}

fn of(gate: &Gate, verdict: ChangeVerdict) -> usize {
    gate.changes.iter().filter(|change| change.verdict == verdict).count()
}

/// How baseline and candidate were compared.
fn how(gate: &Gate) -> &'static str {
    match &gate.calibration {
        None => "in one run, iteration by iteration",
        Some(calibration) if calibration.agree => {
            "in separate runs whose calibration loads agree within 5 %: a time is another where it \
             differs by more than that for sure"
        }
        Some(_) => "in separate runs, which cannot tell a change from a machine in another mood",
    }
}

/// What is worth a line: all but what is the same.
fn told(gate: &Gate) -> impl Iterator<Item = &Change> {
    gate.changes.iter().filter(|change| change.verdict != ChangeVerdict::Same)
}

/// What may be known beside the changes: what was left out, and why.
fn remarks(gate: &Gate) -> Vec<String> {
    let mut remarks: Vec<String> = gate.invalid.clone();
    if !gate.differences.is_empty() {
        let what = gate.differences.join("; ");
        remarks.push(format!("times of these runs do not compare: {what}"));
    }
    let objection = gate.calibration.as_ref().and_then(Calibration::objection);
    let applies = |words: &String| gate.changes.iter().any(|it| it.note.as_ref() == Some(words));
    remarks.extend(objection.filter(applies).map(|it| format!("times are not decided: {it}")));
    remarks.extend(gate.subjects.iter().cloned());
    if !gate.unmatched.is_empty() {
        remarks.push(format!("only one side has {}", gate.unmatched.join(", ")));
    }
    remarks
}

/// A value in its metric's unit.
fn value(change: &Change, value: f64) -> String {
    match change.metric.unit() {
        Unit::Seconds => seconds(value),
        Unit::Bytes => bytes(value),
        Unit::Count => format!("{value}"),
        Unit::Ratio => percent(value),
    }
}

/// How much it changed: a ratio with its interval, or of the medians.
fn factor(change: &Change) -> String {
    match &change.ratio {
        Some(ratio) => ratio_with_spread(ratio),
        None if change.baseline.median > 0.0 => {
            format!("{:.3}×", change.candidate.median / change.baseline.median)
        }
        None => "–".to_owned(),
    }
}

/// The verdict in a word or two.
fn word(verdict: ChangeVerdict) -> &'static str {
    match verdict {
        ChangeVerdict::Same => "same",
        ChangeVerdict::Better => "better",
        ChangeVerdict::Worse => "worse",
        ChangeVerdict::Inconclusive => "inconclusive",
        ChangeVerdict::TooFewSamples => "too few",
        ChangeVerdict::NotCompared => "not compared",
    }
}

/// A change in one line: `wall of cli/none cold: 9.00 s before, 10.8 s now, 1.20×: worse`.
fn line(change: &Change) -> String {
    let (before, now) = (change.baseline.median, change.candidate.median);
    let mut text = format!(
        "{} of {} {}: {} before, {} now, {}: {}",
        change.metric,
        change.case,
        change.job,
        value(change, before),
        value(change, now),
        factor(change),
        word(change.verdict)
    );
    if let Some(note) = &change.note {
        text.push_str(&format!(" ({note})"));
    }
    text
}
