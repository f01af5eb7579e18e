//! A claim for tests, and what a record makes of it.

use lukewarm_model::{Bound, Claim, Experiment, Observed, Predicate, RawRecord, Sweep, Tested};

use crate::claims::{ClaimFinding, Served, judge_claims};
use crate::evaluate::Evaluation;

/// The experiment that a record is of.
pub fn experiment(record: &RawRecord, sweep: Option<Sweep>) -> Experiment {
    let plan = &record.run.plan;
    Experiment {
        name: "main".to_owned(),
        workspace: plan.workspaces[0].clone(),
        story: plan.story.clone(),
        scenarios: plan.scenarios.clone(),
        profile: plan.cargo_profile.clone(),
        sweep,
        looks: Vec::new(),
    }
}

/// That a quantity, over another where there is one, is at most this.
pub fn at_most(value: Observed, over: Option<Observed>, most: f64) -> Predicate {
    Predicate {
        says: "it is less".to_owned(),
        experiment: "main".to_owned(),
        value,
        over,
        bound: Bound { at_least: None, at_most: Some(most) },
        claimed: None,
        size: None,
        when: None,
    }
}

/// A claim of these predicates.
pub fn claim(predicates: Vec<Predicate>) -> Claim {
    let text = || "text".to_owned();
    Claim {
        id: "x1".to_owned(),
        title: text(),
        claim: text(),
        source: text(),
        date: text(),
        tested: Tested::Locally,
        conditions: text(),
        profile: "dev".to_owned(),
        registered: None,
        hash: text(),
        untested: None,
        essay: text(),
        role: Default::default(),
        would_change: None,
        caveats: Vec::new(),
        experiments: Vec::new(),
        predicates,
    }
}

/// What a record makes of a claim of these predicates.
pub fn judged(
    record: &RawRecord,
    sweep: Option<Sweep>,
    predicates: Vec<Predicate>,
) -> ClaimFinding {
    let (evaluation, experiment) = (Evaluation::of(record), experiment(record, sweep));
    let evaluation = &evaluation;
    let served = Served { claim: "x1", experiment: &experiment, evaluation, changed: None };
    judge_claims(&[claim(predicates)], &[served]).remove(0)
}
