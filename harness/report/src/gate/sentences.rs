//! A change and the gate's answer in words, the same in every format.
//! Owns these words; `analysis` decides what is better or worse.

use lukewarm_analysis::{Answer, Calibration, Change, ChangeVerdict, Gate};
use lukewarm_model::Unit;

use crate::format::{bytes, counted, percent, ratio_with_spread, seconds};

/// The answer in one sentence.
pub(super) fn sentence(gate: &Gate) -> String {
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
            format!("No regression is certain, but {} undecided.", are(open, "metric"))
        }
        Answer::WrongOutput => {
            "The candidate's output is wrong: it is not what its sources make.".to_owned()
        }
        Answer::Invalid => format!(
            "No answer is possible: {} without a valid result.",
            are(gate.invalid.len(), "job")
        ),
    }
}

fn are(count: usize, noun: &str) -> String {
    format!("{} {}", counted(count, noun), if count == 1 { "is" } else { "are" })
}

pub(super) fn of(gate: &Gate, verdict: ChangeVerdict) -> usize {
    gate.changes.iter().filter(|change| change.verdict == verdict).count()
}

/// How baseline and candidate were compared.
pub(super) fn how(gate: &Gate) -> &'static str {
    match &gate.calibration {
        None => "within one run, paired by iteration",
        Some(calibration) if calibration.agree => {
            "between separate runs whose calibration loads agree within 5 %: a time counts as \
             changed where it certainly differs by more than that"
        }
        Some(_) => {
            "between separate runs, which cannot distinguish a change from drift of the machine"
        }
    }
}

/// The changes that get a line: all except those that are the same.
pub(super) fn listed(gate: &Gate) -> impl Iterator<Item = &Change> {
    gate.changes.iter().filter(|change| change.verdict != ChangeVerdict::Same)
}

/// What the comparison leaves out, and why.
pub(super) fn warnings(gate: &Gate) -> Vec<String> {
    let mut warnings: Vec<String> = gate.invalid.iter().map(ToString::to_string).collect();
    if !gate.differences.is_empty() {
        let what = gate.differences.join("; ");
        warnings.push(format!("times of these runs are not comparable: {what}"));
    }
    let objection = gate.calibration.as_ref().and_then(Calibration::objection);
    let applies = |words: &String| gate.changes.iter().any(|it| it.note.as_ref() == Some(words));
    warnings.extend(objection.filter(applies).map(|it| format!("times are undecided: {it}")));
    warnings.extend(gate.subjects.iter().cloned());
    if !gate.unmatched.is_empty() {
        warnings.push(format!("only one of the two has {}", gate.unmatched.join(", ")));
    }
    warnings
}

/// A value in its metric's unit.
pub(super) fn value(change: &Change, value: f64) -> String {
    match change.metric.unit() {
        Unit::Seconds => seconds(value),
        Unit::Bytes => bytes(value),
        Unit::Count => format!("{value}"),
        Unit::Ratio => percent(value),
    }
}

/// The factor of a change: a ratio with its interval, or the ratio of the medians.
pub(super) fn factor(change: &Change) -> String {
    match &change.ratio {
        Some(ratio) => ratio_with_spread(ratio),
        None if change.baseline.median > 0.0 => {
            format!("{:.3}×", change.candidate.median / change.baseline.median)
        }
        None => "–".to_owned(),
    }
}

/// The verdict in a word or two.
pub(super) fn word(verdict: ChangeVerdict) -> &'static str {
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
pub(super) fn line(change: &Change) -> String {
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
