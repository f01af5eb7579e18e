//! A claim's verdict and evidence in words.

use lukewarm_analysis::{ClaimFinding, Course, Curve, Decision, Estimate, Evidence, Why};
use lukewarm_model::{ClaimVerdict, Unit};

use crate::words::{bytes, counted, percent, ratio_with_spread, seconds};

/// The verdict, with the condition on which it turns: `depends: up to a round trip of 160 ms`.
pub(super) fn verdict(finding: &ClaimFinding) -> String {
    let word = finding.verdict.words();
    match condition(finding) {
        Some(condition) => format!("{word} ({condition})"),
        None => word.to_owned(),
    }
}

/// On what a claim that depends turns.
pub(super) fn condition(finding: &ClaimFinding) -> Option<String> {
    if finding.verdict != ClaimVerdict::Depends {
        return None;
    }
    let turning = finding.evidence.iter().filter(|it| it.decision == Decision::Turns);
    let crossings: Vec<String> =
        turning.filter_map(|it| crossing(it.curve.as_ref()?, it)).collect();
    if !crossings.is_empty() {
        return Some(crossings.join("; "));
    }
    let whens = |wanted: &Decision| -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for one in finding.evidence.iter().filter(|it| it.decision == *wanted) {
            let when = one.predicate.when.as_deref().unwrap_or("otherwise");
            if !names.contains(&when) {
                names.push(when);
            }
        }
        names
    };
    let (holds, fails) = (whens(&Decision::Holds), whens(&Decision::Fails));
    let holds: Vec<&str> = holds.into_iter().filter(|it| !fails.contains(it)).collect();
    Some(format!("holds for {}; not for {}", holds.join(", "), fails.join(", ")))
}

/// `holds up to a round trip of 160 ms (150 ms to 172 ms)`.
fn crossing(curve: &Curve, evidence: &Evidence) -> Option<String> {
    let Course::Crosses(it) = curve.course else { return None };
    // A bound from above holds on the lower side.
    let holds_first = evidence.predicate.bound.at_most.is_some() == it.rises;
    let side = if holds_first { "up to" } else { "from" };
    let [at, low, high] = [it.at, it.low, it.high].map(|place| curve.written(place));
    Some(format!("holds {side} a {} of {at}, give or take {low} to {high}", curve.dimension))
}

/// One line of evidence: what it says, what was measured, what was wanted, what it comes to.
pub(super) fn line(evidence: &Evidence) -> String {
    let says = &evidence.predicate.says;
    let wanted = match evidence.predicate.bound.is_open() {
        true => String::new(),
        false => format!(", {}", evidence.predicate.bound),
    };
    let claimed = evidence.predicate.claimed.as_ref();
    let claimed = claimed.map_or_else(String::new, |it| format!(" (claimed: {it})"));
    format!("{says}: {}{wanted}{claimed}: {}", measured(evidence), decision(&evidence.decision))
}

/// What was measured, in the unit of its metric.
pub(super) fn measured(evidence: &Evidence) -> String {
    if let Some(curve) = &evidence.curve {
        let points = curve
            .points
            .iter()
            .map(|point| format!("{} at {}", value(evidence, &point.estimate), point.label));
        return points.collect::<Vec<_>>().join(", ");
    }
    evidence.estimate.as_ref().map_or_else(|| "nothing".to_owned(), |it| value(evidence, it))
}

fn value(evidence: &Evidence, estimate: &Estimate) -> String {
    let predicate = &evidence.predicate;
    if predicate.over.is_some() {
        return ratio_with_spread(estimate);
    }
    let one = |value: f64| match predicate.value.metric.unit() {
        Unit::Seconds => seconds(value),
        Unit::Bytes => bytes(value),
        Unit::Ratio => percent(value),
        Unit::Count if value.fract() == 0.0 => format!("{value:.0}"),
        Unit::Count => format!("{value:.1}"),
    };
    let (point, low, high) = (one(estimate.point), one(estimate.low), one(estimate.high));
    if low == high { point } else { format!("{point} ({low}–{high})") }
}

/// What a predicate comes to, in words.
pub(super) fn decision(decision: &Decision) -> String {
    match decision {
        Decision::Holds => "holds".to_owned(),
        Decision::Fails => "does not hold".to_owned(),
        Decision::Turns => "holds on a part".to_owned(),
        Decision::Shown => "shown".to_owned(),
        Decision::Open(Why::NotMeasured) => "not measured".to_owned(),
        Decision::Open(Why::TooFew) => "too few samples to say".to_owned(),
        Decision::Open(Why::Undecided) => "not decided".to_owned(),
        Decision::Open(Why::Varies) => "varies from one iteration to the next".to_owned(),
        Decision::Open(Why::Doubtful(why)) => format!("not to be believed ({why})"),
    }
}

/// How many claims came to what.
pub(super) fn tally(findings: &[ClaimFinding]) -> String {
    use ClaimVerdict::{Contradicted, Depends, Inconclusive, NotTestable, Reproduced};
    let count = |verdict| findings.iter().filter(|it| it.verdict == verdict).count();
    let told: Vec<String> = [Reproduced, Depends, Contradicted, Inconclusive, NotTestable]
        .into_iter()
        .filter(|verdict| count(*verdict) > 0)
        .map(|verdict| format!("{} {}", count(verdict), verdict.words()))
        .collect();
    format!("{}: {}", counted(findings.len(), "claim"), told.join(", "))
}
