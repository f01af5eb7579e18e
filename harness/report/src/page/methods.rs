//! How the numbers were made, for this run: order, priming, estimators, the rule of the verdicts.
//! Owns these words; which of them apply is in the plan and in the findings.

use std::collections::BTreeSet;

use lukewarm_analysis::{Estimator, Findings};
use lukewarm_model::{Order, Plan, Priming, Stopping};

use super::facts::{Fact, fact};
use crate::levels;
use crate::words::percent;

/// The method, a fact a part of it.
pub(super) fn methods(findings: &Findings) -> Vec<Fact> {
    let plan = &findings.run.plan;
    let mut facts = vec![
        fact(
            "Jobs",
            "Each is a clean machine: a fresh checkout, an environment from an allow-list, and \
             only what the scenario keeps.",
        ),
        fact("Order", order(plan)),
        fact("Priming", priming(plan)),
    ];
    let estimates = findings.rows.iter().flat_map(|row| {
        let measured = row.measured.iter().map(|measured| measured.estimate.estimator);
        let compared = row.comparison.iter().map(|comparison| comparison.ratio.estimator);
        measured.chain(compared)
    });
    let words: BTreeSet<&str> = estimates.map(Estimator::words).collect();
    if !words.is_empty() {
        let words: Vec<&str> = words.into_iter().collect();
        facts.push(fact("Estimators", format!("{}.", words.join("; "))));
    }
    let margin = findings.rows.iter().find_map(|row| Some(row.comparison.as_ref()?.margin));
    if let Some(margin) = margin {
        facts.push(fact("Verdicts", verdicts(margin)));
        let levels = [levels::sentence(findings), levels::p_values(findings)];
        let levels: Vec<String> = levels.into_iter().flatten().collect();
        facts.push(fact("Levels", format!("{}.", capitalized(&levels.join(": ")))));
        facts.extend(looks(plan).map(|words| fact("Looks", words)));
        facts.push(fact(
            "Headline",
            "Its ratios are point estimates; a range of them is from the smallest to the largest \
             of the jobs that it is about, and no interval. The intervals are in the table.",
        ));
    }
    facts.push(fact(
        "Steps",
        "A bar’s steps are medians of their own, so that their sum may differ a little from the \
         median of the whole job.",
    ));
    facts
}

fn order(plan: &Plan) -> String {
    match plan.order {
        Order::Interleaved => format!(
            "The cases of one job run side by side in random order (seed {}), so that a case and \
             its reference share the machine’s mood; later iterations shuffle the jobs as well.",
            plan.seed
        ),
        Order::Serial => {
            "Each case is measured to its end before the next, as was asked for: what \
                          drifts on the machine in between counts as a difference."
                .to_owned()
        }
    }
}

fn priming(plan: &Plan) -> &'static str {
    match plan.priming {
        Priming::Separate => {
            "A first pass in story order makes the states that jobs start from; it counts in no \
             estimate."
        }
        Priming::Measured => {
            "The first pass in story order makes the states that jobs start from, and is itself \
             measured."
        }
    }
}

fn verdicts(margin: f64) -> String {
    format!(
        "Faster and slower need at least 6 pairs, an interval that excludes 1, a difference of \
         more than {0}, and a signed-rank test at 5 % after Holm’s correction; same needs the \
         whole interval within ±{0}; anything else is inconclusive. Where the reference was \
         measured twice and differs from itself by more than {0}, a smaller difference than that \
         is not called one, and same still needs ±{0}. With fewer pairs (too few) no \
         such verdict is possible, and the table shows the spread only; the correction asks for \
         more pairs where more scenarios are compared.",
        percent(margin)
    )
}

/// The text with a capital first letter.
fn capitalized(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

fn looks(plan: &Plan) -> Option<String> {
    let Stopping::Sequential { looks } = &plan.stopping else { return None };
    let looks: Vec<String> = looks.iter().map(ToString::to_string).collect();
    Some(format!(
        "After {} iterations it was looked whether comparisons are decided, and what was decided \
         was measured no further. Because results are checked several times, each check uses \
         Pocock’s stricter significance level and correspondingly wider intervals. Where a run \
         stopped early because a difference was clear, its point estimate tends to lie further \
         from 1 than the truth (the winner’s curse); the interval allows for it.",
        looks.join(", ")
    ))
}
