//! A claim's verdict and evidence in words.

use lukewarm_analysis::{
    ClaimFinding, Curve, CurveShape, Decision, Estimate, Evidence, Floor, RunUnderClaim, Test, Why,
};
use lukewarm_model::{Bound, ClaimRole, ClaimVerdict, Registration, Standing, Unit};

use crate::format::{bytes, counted, percent, plain_count, ratio_with_spread, seconds, trimmed};

/// The verdict, with the condition on which it turns: `depends: up to a round trip of 160 ms`.
pub(super) fn verdict(finding: &ClaimFinding) -> String {
    let word = finding.verdict.words();
    let said: Vec<String> = condition(finding).into_iter().chain(size(finding)).collect();
    match said.is_empty() {
        true => word.to_owned(),
        false => format!("{word} ({})", said.join("; ")),
    }
}

/// The verdict on the claimed sizes: `not its size`; none where no size is judged, and where
/// nothing is decided.
pub(super) fn size(finding: &ClaimFinding) -> Option<String> {
    let said = match finding.size? {
        // A size has room on both sides, and that of a small effect across none at all.
        ClaimVerdict::Reproduced if finding.verdict == ClaimVerdict::Contradicted => {
            "though its size is near the claimed one"
        }
        ClaimVerdict::Reproduced => "size reproduced too",
        ClaimVerdict::Contradicted => "not its size",
        ClaimVerdict::Depends => "its size under some conditions only",
        // What is open as a whole is open in its size.
        _ if finding.verdict == ClaimVerdict::Inconclusive => return None,
        ClaimVerdict::Inconclusive | ClaimVerdict::NotTestable => "its size is open",
    };
    Some(said.to_owned())
}

/// The condition of a claim that depends on one; of an inconclusive one what is decided of it,
/// where anything is.
pub(super) fn condition(finding: &ClaimFinding) -> Option<String> {
    match finding.verdict {
        ClaimVerdict::Depends => Some(turning(finding)),
        ClaimVerdict::Inconclusive => so_far(finding),
        _ => None,
    }
}

/// What is decided of a claim that is not decided as a whole.
fn so_far(finding: &ClaimFinding) -> Option<String> {
    let judged = || finding.evidence.iter().filter(|it| it.decision != Decision::Shown);
    let count = |wanted: &Decision| judged().filter(|it| it.decision == *wanted).count();
    let (holds, fails) = (count(&Decision::Holds), count(&Decision::Fails));
    let open = judged().filter(|it| !matches!(it.decision, Decision::Holds | Decision::Fails));
    let open: Vec<&str> = open.map(|it| it.predicate.says.as_str()).collect();
    let of = judged().count();
    let decided = match (holds, fails) {
        (0, 0) => return None,
        (1, 0) => format!("1 of {of} holds"),
        (_, 0) => format!("{holds} of {of} hold"),
        (0, 1) => format!("1 of {of} does not hold"),
        (0, _) => format!("{fails} of {of} do not hold"),
        _ => format!("of {of}, {holds} hold and {fails} not"),
    };
    let named = open.iter().take(NAMED_OPEN).copied().collect::<Vec<_>>().join("; ");
    let more = match open.len().saturating_sub(NAMED_OPEN) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Some(format!("{decided}; open: {named}{more}"))
}

/// How many of the statements that are open are named.
const NAMED_OPEN: usize = 2;

/// The condition on which a claim turns.
fn turning(finding: &ClaimFinding) -> String {
    let turning = finding.evidence.iter().filter(|it| it.decision == Decision::Turns);
    let crossings: Vec<String> =
        turning.filter_map(|it| crossing(it.curve.as_ref()?, it)).collect();
    if !crossings.is_empty() {
        return crossings.join("; ");
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
    let decided = format!("holds for {}; not for {}", conditions(&holds), conditions(&fails));
    let is_open = |it: &&Evidence| matches!(it.decision, Decision::Open(_));
    match finding.evidence.iter().filter(is_open).count() {
        0 => decided,
        open => format!("{decided}; {} open", counted(open, "statement")),
    }
}

/// Conditions in a sentence: all of a few, else their number and the first.
fn conditions(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|it| format!("“{it}”")).collect();
    match quoted.as_slice() {
        [first, ..] if quoted.len() > NAMED_CONDITIONS => {
            format!("{} conditions, such as {first}", quoted.len())
        }
        few => few.join(", "),
    }
}

/// How many conditions are named in a sentence; the table of statements has all of them.
const NAMED_CONDITIONS: usize = 3;

/// Whether the claim was registered before it was measured, and if not, the reason: `explored: it
/// is not registered`. `preliminary` takes precedence.
pub(super) fn standing(finding: &ClaimFinding) -> String {
    if finding.verdict == ClaimVerdict::NotTestable {
        return "nothing is measured".to_owned();
    }
    if let Some(why) = finding.preliminary() {
        return format!("preliminary: {why}");
    }
    match &finding.standing {
        Standing::Registered => match &finding.claim.registered {
            Some(Registration { at, hash }) => format!("registered at {at}, SHA-256 {hash:.12}"),
            None => "registered".to_owned(),
        },
        Standing::Explored { because } => format!("explored, not registered: {because}"),
    }
}

/// The same in one word, for tables.
pub(super) fn standing_word(finding: &ClaimFinding) -> &'static str {
    if finding.verdict == ClaimVerdict::NotTestable {
        return "–";
    }
    match (&finding.standing, finding.preliminary()) {
        (_, Some(_)) => "preliminary",
        (Standing::Registered, None) => "registered",
        (Standing::Explored { .. }, None) => "explored",
    }
}

/// The legend for the words of `standing_word`.
pub(super) const STANDINGS: &str = "*registered*: text, bounds and plan were fixed before it was \
    measured. *explored*: they were not. *preliminary*: measured in another way than its plan or \
    today's settings say, so that it decides nothing.";

/// The basis of a predicate's decision: `8 pairs, interim analysis 2 of 3, p = 0.008`; how often a
/// value was seen where no test decides.
pub(super) fn basis(evidence: &Evidence) -> String {
    let measured = measured_count(evidence);
    let Some(test) = &evidence.test else {
        return counted(measured, "value");
    };
    let Test { pairs, look, p_value, pairs_needed, pairs_planned } = test;
    let mut parts = vec![match measured > *pairs {
        true => format!("{}, of which {pairs} enter the test", counted(measured, "pair")),
        false => counted(*pairs, "pair"),
    }];
    match look {
        Some(look) => parts.push(format!("interim analysis {} of {}", look.number, look.of)),
        None if *pairs == 0 => parts.push("no interim analysis was reached".to_owned()),
        None => {}
    }
    parts.extend(p_value.map(|it| format!("p = {it:.3}")));
    parts.extend(evidence.floor.as_ref().map(|it| format!("A/A {}", ratio_with_spread(it))));
    parts.extend(pairs_needed.map(|needed| match needed > *pairs_planned {
        true => format!(
            "cannot be decided with this plan, which has {pairs_planned} pairs: about {needed} are \
             needed"
        ),
        false => format!("about {needed} pairs would decide it"),
    }));
    parts.join(", ")
}

/// How many values were measured; along a sweep, at the point with the fewest.
fn measured_count(evidence: &Evidence) -> usize {
    let counts = evidence.curve.as_ref().map(|it| it.points.iter().map(|it| it.estimate.count));
    let least = counts.and_then(Iterator::min);
    least.or(evidence.estimate.as_ref().map(|it| it.count)).unwrap_or(0)
}

/// A run and its conditions: when it started, how it ended, the noise of its reference (A/A), and
/// its warnings.
pub(super) fn run(run: &RunUnderClaim) -> String {
    let (day, minute) = run.started.day_and_minute();
    let mut parts = vec![format!("started {day}T{minute}"), run.machine.clone()];
    parts.extend(run.pace.map(|it| {
        format!("the calibration load took {}× as long as when the machine is quiet", trimmed(it))
    }));
    parts.push(match &run.stopped {
        None => "completed its plan".to_owned(),
        Some(why) => format!("stopped before its plan was complete: {why}"),
    });
    if run.parts > 0 {
        let merged = counted(run.parts, "part");
        parts.push(format!("merged from {merged}, over which its ratios are pooled"));
    }
    let floor = |it: &Floor| format!("{} {}", it.job, ratio_with_spread(&it.ratio));
    if !run.floor.is_empty() {
        let floors: Vec<String> = run.floor.iter().map(floor).collect();
        parts.push(format!("its reference compared with itself (A/A): {}", floors.join(", ")));
    }
    parts.push(match run.warnings.is_empty() {
        true => "no warnings".to_owned(),
        false => format!("warnings: {}", run.warnings.join("; ")),
    });
    parts.join("; ")
}

/// `holds up to a round trip of 160 ms (95 % interval: 150 ms to 172 ms)`.
fn crossing(curve: &Curve, evidence: &Evidence) -> Option<String> {
    let CurveShape::Crosses(it) = curve.course else { return None };
    // A bound from above holds on the lower side.
    let holds_first = evidence.predicate.bound.at_most.is_some() == it.rises;
    let side = if holds_first { "up to" } else { "from" };
    let [at, low, high] = [it.at, it.low, it.high].map(|place| curve.written(place));
    Some(format!(
        "holds {side} a {} of {at} (95 % interval: {low} to {high})",
        curve.setting.words()
    ))
}

/// One line of evidence: statement, measured value, required bound, decision.
pub(super) fn line(evidence: &Evidence) -> String {
    let says = &evidence.predicate.says;
    let wanted = match evidence.predicate.bound.is_open() {
        true => String::new(),
        false => format!(", {}", evidence.predicate.bound),
    };
    let claimed = evidence.predicate.claimed.as_ref();
    let claimed = claimed.map_or_else(String::new, |it| format!(" (claimed: {it})"));
    let (measured, basis) = (measured(evidence), basis(evidence));
    format!("{says}: {measured} [{basis}]{wanted}{claimed}: {}", result(evidence))
}

/// The decision on a predicate and on its size, in words.
pub(super) fn result(evidence: &Evidence) -> String {
    let said = decision(&evidence.decision);
    let Some(size) = &evidence.size else { return said };
    let bound = evidence.predicate.size_bound().unwrap_or_default();
    let size = match size {
        Decision::Holds => format!("size reproduced ({})", rounded(bound)),
        Decision::Fails => format!("size not reproduced ({})", rounded(bound)),
        other => format!("size {}", decision(other)),
    };
    match evidence.decision {
        Decision::Shown => size,
        _ => format!("{said}; {size}"),
    }
}

/// A bound whose ends are rounded for people.
fn rounded(bound: Bound) -> Bound {
    let three = |it: f64| (it * 1000.0).round() / 1000.0;
    Bound { at_least: bound.at_least.map(three), at_most: bound.at_most.map(three) }
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
        Unit::Count => plain_count(value),
    };
    let (point, low, high) = (one(estimate.point), one(estimate.low), one(estimate.high));
    if low == high { point } else { format!("{point} ({low}–{high})") }
}

/// The decision on a predicate, in words.
pub(super) fn decision(decision: &Decision) -> String {
    match decision {
        Decision::Holds => "holds".to_owned(),
        Decision::Fails => "does not hold".to_owned(),
        Decision::Turns => "holds for a part of the range".to_owned(),
        Decision::Partly(part) => {
            let (first, last) = (part.points.first(), part.points.last());
            let [first, last] = [first, last].map(|it| it.map_or("", String::as_str));
            let verb = if part.holds { "holds" } else { "does not hold" };
            match first == last {
                true => format!("{verb} at {first}, undecided beyond"),
                false => format!("{verb} from {first} to {last}, undecided beyond"),
            }
        }
        Decision::Shown => "shown".to_owned(),
        Decision::Open(Why::NotMeasured) => "not measured".to_owned(),
        Decision::Open(Why::MeasuredOnce) => "measured once: repeatability unknown".to_owned(),
        Decision::Open(Why::Preliminary(why)) => format!("preliminary, decides nothing ({why})"),
        Decision::Open(Why::TooFew) => "too few samples for a verdict".to_owned(),
        Decision::Open(Why::Undecided) => "undecided".to_owned(),
        Decision::Open(Why::Varies) => "varies from one iteration to the next".to_owned(),
        Decision::Open(Why::Doubtful(why)) => format!("not valid ({why})"),
    }
}

/// The answer to a source's main claim, one sentence for each; empty without one.
pub(super) fn answer(findings: &[ClaimFinding]) -> String {
    let main = findings.iter().filter(|it| it.claim.role == ClaimRole::Thesis);
    let told = main.map(|it| {
        let title = it.claim.title.trim().trim_end_matches('.');
        format!("“{title}”: {}.", verdict(it))
    });
    told.collect::<Vec<_>>().join(" ")
}

/// The workspaces and cargo profiles of a claim's builds: `cli in release, service in release`.
pub(super) fn built(finding: &ClaimFinding) -> String {
    let mut all: Vec<String> = Vec::new();
    for it in &finding.claim.experiments {
        let one = format!("{} in {}", it.workspace.name, it.profile);
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all.join(", ")
}

/// The number of claims by verdict.
pub(super) fn tally(findings: &[ClaimFinding]) -> String {
    use ClaimVerdict::{Contradicted, Depends, Inconclusive, NotTestable, Reproduced};
    let count = |verdict| findings.iter().filter(|it| it.verdict == verdict).count();
    let counts: Vec<String> = [Reproduced, Depends, Contradicted, Inconclusive, NotTestable]
        .into_iter()
        .filter(|verdict| count(*verdict) > 0)
        .map(|verdict| format!("{} {}", count(verdict), verdict.words()))
        .collect();
    format!("{}: {}", counted(findings.len(), "claim"), counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_conditions_are_named_and_of_many_the_number() {
        assert_eq!(conditions(&["quota"]), "“quota”");
        assert_eq!(conditions(&["a, b", "c", "d"]), "“a, b”, “c”, “d”");
        assert_eq!(conditions(&["a, b", "c", "d", "e"]), "4 conditions, such as “a, b”");
    }
}
