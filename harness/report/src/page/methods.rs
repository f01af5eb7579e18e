//! The method of this run: order, priming, estimators, the rule of the verdicts.
//! Owns these words; the plan and the findings say which of them apply.

use std::collections::BTreeSet;

use lukewarm_analysis::{Estimator, Findings};
use lukewarm_model::{Allocation, Order, Plan, Priming, Stopping};

use super::facts::{Fact, fact};
use crate::format::percent;
use crate::{levels, outputs};

/// The method, one fact for each part.
pub(super) fn methods(findings: &Findings) -> Vec<Fact> {
    let plan = &findings.run.plan;
    let mut facts = vec![
        fact(
            "Jobs",
            "Each job runs on a clean machine: a fresh checkout, an environment from an \
             allow-list, and only the files that the scenario keeps between jobs.",
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
        facts.extend(crate::machines::reading(findings).map(|words| fact("Machines", words)));
        let looked = findings.run.parts.iter().all(|part| part.shard.is_none());
        let looks = looks(plan).filter(|_| looked);
        facts.extend(looks.map(|words| fact("Interim analyses", words)));
        facts.push(fact(
            "Headline",
            "Ratios in the headline are point estimates. A range there runs from the smallest to \
             the largest estimate of the jobs named and is not a confidence interval; the \
             intervals are in the table.",
        ));
    }
    facts.extend(outputs::cost(findings).map(|cost| {
        let how = outputs::sentence(findings).unwrap_or_default();
        fact("Outputs", format!("{how} {cost}"))
    }));
    facts.push(fact(
        "Steps",
        "Each step of a bar is a median of its own, so their sum may differ slightly from the \
         median of the whole job.",
    ));
    facts
}

fn order(plan: &Plan) -> String {
    match plan.order {
        Order::Interleaved => format!(
            "Interleaved: the cases of one job run one after another in random order (seed {}), \
             so that drift of the machine affects a case and its reference alike; later iterations \
             shuffle the jobs too.",
            plan.seed
        ),
        Order::Serial => {
            "Serial, as requested: each case is measured completely before the next, so drift of \
             the machine biases the comparison."
                .to_owned()
        }
    }
}

fn priming(plan: &Plan) -> &'static str {
    match plan.priming {
        Priming::Separate => {
            "A first pass in story order creates the states that jobs start from; it counts in no \
             estimate."
        }
        Priming::Measured => {
            "The first pass in story order creates the states that jobs start from, and counts as \
             iteration 1."
        }
    }
}

fn verdicts(margin: f64) -> String {
    format!(
        "Clearly faster and clearly slower are said from two blocks on, by a t test whose noise is \
         that of the whole run together with that of the pairs; of a comparison without a \
         difference it is wrong with a chance of at most 0.5 %, however often it is looked at. \
         Faster and slower require at least 6 pairs, an interval that excludes 1, a difference of \
         more than {0}, and a signed-rank test significant at 5 % after Holm’s correction. Same \
         requires the whole interval within ±{0}. Anything else is inconclusive. Where the \
         reference was measured twice (A/A) and differs from itself by more than {0}, smaller \
         differences are not called faster or slower; same still requires ±{0}. Too few: with \
         fewer pairs no such verdict is possible, and the table shows the spread only; the \
         correction requires more pairs where more scenarios are compared.",
        percent(margin)
    )
}

/// The text with a capital first letter.
pub(super) fn capitalized(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map_or_else(String::new, |first| first.to_uppercase().chain(signs).collect())
}

fn looks(plan: &Plan) -> Option<String> {
    let Stopping::Sequential { looks } = &plan.stopping else { return None };
    let looks: Vec<String> = looks.iter().map(ToString::to_string).collect();
    let adaptive = match plan.allocation {
        Allocation::Even => "",
        Allocation::Adaptive => {
            "After each block it was checked what is clear; the rest of the budget went to what it \
             could still decide, to cheap jobs more often than to dear ones. "
        }
    };
    Some(format!(
        "{adaptive}Interim analyses after {} iterations checked which comparisons were decided; \
         those were not measured further. Because results are checked several times, each check \
         uses Pocock’s stricter significance level and correspondingly wider intervals. When a run \
         stops early because a difference is clear, its point estimate tends to lie further from \
         1 than the true ratio (the winner’s curse); the interval accounts for it.",
        looks.join(", ")
    ))
}
