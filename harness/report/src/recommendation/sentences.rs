//! What a recommendation says, in sentences.
//! Owns these words. A sentence about a month says that it is projected.

use lukewarm_analysis::{
    Choice, CurveShape, Flip, JobMix, LeftOut, LeftOutReason, MixVerdict, Needs, RankedScenario,
    Savings, WorkspaceRecommendation,
};
use lukewarm_model::{ScenarioName, listed};

use super::parts::BilledBy;
use crate::format::{bytes, percent, ratio, ratio_with_spread, seconds, whole};

/// Jobs of a mix that are named; the others are counted.
const JOBS_LISTED: usize = 6;

/// The answer of one workspace.
pub(super) fn answer(of: &WorkspaceRecommendation) -> String {
    let workspace = &of.workspace;
    let ranked = |name: &ScenarioName| of.ranking.iter().find(|it| it.scenario == *name);
    let by = |name: &ScenarioName| match ranked(name).and_then(|it| it.ratio.as_ref()) {
        Some(it) => format!("{} of the time of {}", ratio_with_spread(it), of.reference),
        None => format!("not compared with {}", of.reference),
    };
    match &of.choice {
        Choice::Use { scenario, asked: true, .. } => {
            format!("On {workspace}, {scenario}, which was asked for, takes {}.", by(scenario))
        }
        Choice::Use { scenario, ties, faster, .. } => {
            let mut text = format!("On {workspace}, use {scenario}: it takes {}.", by(scenario));
            if !ties.is_empty() {
                let are = if ties.len() == 1 { "is" } else { "are" };
                text += &format!(
                    " {} {are} tied with it.",
                    listed(ties.iter().map(ScenarioName::as_str))
                );
            }
            text + &with_more(of, faster)
        }
        Choice::NoCache { faster } => {
            let mut text = format!(
                "On {workspace}, use no cache: nothing that needs only the CI provider's runner \
                 is faster than {}.",
                of.reference
            );
            text += &with_more(of, faster);
            text
        }
        Choice::Undecided { leader } if *leader == of.reference => format!(
            "On {workspace}, it is not decided which way is the fastest: {leader} itself looks so."
        ),
        Choice::Undecided { leader } => format!(
            "On {workspace}, it is not decided which way is the fastest: {leader} leads with {}.",
            by(leader)
        ),
    }
}

fn with_more(of: &WorkspaceRecommendation, faster: &[ScenarioName]) -> String {
    let Some(first) = faster.first() else { return String::new() };
    let ranked = of.ranking.iter().find(|it| it.scenario == *first);
    let Some(ranked) = ranked else { return String::new() };
    let by = ranked.ratio.as_ref().map(|it| ratio(it.point)).unwrap_or_default();
    format!(" Faster still is {first} ({by}), which needs {}.", needs(ranked.needs))
}

/// What a way needs, as a phrase.
pub(super) fn needs(needs: Needs) -> &'static str {
    match needs {
        Needs::Nothing => "nothing else",
        Needs::OwnStore => "a bucket or server of your own",
        Needs::KeptDisk => "a disk that is kept between jobs, so a runner of your own",
    }
}

/// What a way needs, in a column.
pub(super) fn needs_in_short(needs: Needs) -> &'static str {
    match needs {
        Needs::Nothing => "",
        Needs::OwnStore => "own store",
        Needs::KeptDisk => "own runner",
    }
}

/// The mix: `20 % unchanged, 60 % leaf-body (the usual mix)`.
pub(super) fn mix(mix: &JobMix) -> String {
    let listed = mix.jobs.iter().take(JOBS_LISTED);
    let mut jobs: Vec<String> =
        listed.map(|it| format!("{} {}", percent(it.share), it.job)).collect();
    jobs.extend(
        mix.jobs.len().checked_sub(JOBS_LISTED + 1).map(|more| format!("{} more", more + 1)),
    );
    let source = if mix.chosen { "as given" } else { "assumed: `--mix` changes it" };
    format!("{} ({source})", jobs.join(", "))
}

/// What a way is beside the reference.
pub(super) fn verdict(ranked: &RankedScenario) -> &'static str {
    match ranked.verdict {
        MixVerdict::Reference => "reference",
        MixVerdict::Faster => "faster",
        MixVerdict::Slower => "slower",
        MixVerdict::Same => "same",
        MixVerdict::Undecided => "not decided",
    }
}

/// A way that is not ranked.
pub(super) fn left_out(it: &LeftOut) -> String {
    let why = match &it.why {
        LeftOutReason::InDoubt { job, reason } => format!("{job} may not be believed: {reason}"),
        LeftOutReason::NoResult { job } => format!("{job} has no result"),
        LeftOutReason::Faults => "things go wrong in it on purpose".to_owned(),
    };
    format!("{} is not ranked: {why}.", it.scenario)
}

/// The savings, in one or two sentences.
pub(super) fn savings(it: &Savings, billed_by: Option<BilledBy<'_>>) -> Vec<String> {
    let jobs = whole(f64::from(it.jobs));
    let spread = it.interval.map(|(low, high)| format!(" ({} to {})", hours(low), hours(high)));
    let mut lines = vec![format!(
        "Projected for {jobs} jobs a month: {}{} saved.",
        hours(it.seconds),
        spread.unwrap_or_default()
    )];
    if let (Some(bill), Some(BilledBy { prices, runner })) = (&it.bill, billed_by) {
        let currency = &prices.currency;
        let money = |value: f64| format!("{value:.2} {currency}");
        let storage = match bill.storage {
            Some(price) if price > 0.0 => format!(", and {} for storage", money(price)),
            _ => String::new(),
        };
        lines.push(format!(
            "The bill on {runner}: {} instead of {}{storage}; it stores {} at most. Each job is \
             billed in whole minutes. Prices of {}.",
            money(bill.minutes),
            money(bill.minutes_of_reference),
            bytes(bill.stored.0 as f64),
            prices.date
        ));
    }
    lines
}

/// When another way is the faster one.
pub(super) fn flip(it: &Flip) -> String {
    match it {
        Flip::Swept { job, scenario, reference, curve } => {
            let CurveShape::Crosses(at) = &curve.course else {
                return format!("{scenario} in {job}: no crossover.");
            };
            let side = if at.rises { "above" } else { "below" };
            format!(
                "In {job}, {scenario} is slower than {reference} where {} is {side} {} ({} to {}).",
                curve.setting.words(),
                curve.written(at.at),
                curve.written(at.low),
                curve.written(at.high)
            )
        }
        Flip::Share { job, now, at, other } => {
            let side = if at > now { "more" } else { "fewer" };
            format!(
                "If {side} than {} of the jobs are {job} (now {}), {other} is faster.",
                percent(*at),
                percent(*now)
            )
        }
        Flip::Conditions { scenario, ratio: by } => {
            format!("Under the conditions of {scenario} it takes {} of the time.", ratio(*by))
        }
    }
}

/// A long time: `12.4 s`, `35 min`, `11.2 h`; with its sign.
pub(super) fn hours(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "" };
    match value.abs() {
        it if it < 120.0 => format!("{sign}{}", seconds(it)),
        it if it < 7200.0 => format!("{sign}{:.0} min", it / 60.0),
        it => format!("{sign}{:.1} h", it / 3600.0),
    }
}
