//! The progress of a run: which of its planned interim analyses were reached by some pairs.
//! Owns that only a planned interim analysis decides: pairs beyond the last one that was reached
//! before the run was stopped are shown, and decide nothing.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{StopReason, Stopping};
use serde::Serialize;

use crate::evaluate::Evaluation;

/// A planned interim analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Look {
    /// Its number, from 1.
    pub number: usize,
    /// The number of interim analyses in the plan.
    pub of: usize,
    /// The number of iterations after which it takes place.
    pub iterations: u32,
}

/// The progress of some pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    /// The pairs, from the first, that may decide.
    pub(super) pairs: usize,
    /// The last look that was reached; absent where the plan has a fixed number of iterations, or
    /// none was reached.
    pub(super) look: Option<Look>,
    /// Why what was measured beyond that look decides nothing; absent where there is nothing.
    pub(super) preliminary: Option<String>,
}

/// How far pairs of these iterations, in order, came in a run.
pub(super) fn reach(evaluation: &Evaluation<'_>, iterations: &[u32]) -> Reach {
    let record = evaluation.record();
    let plan = &record.run.plan;
    if record.run.parts.iter().any(|part| part.shard.is_some()) {
        return of_shards(evaluation, iterations.len());
    }
    let all = iterations.len();
    let last = iterations.last().copied().unwrap_or(0);
    let whole = record.is_complete();
    let looks: &[u32] = match &plan.stopping {
        Stopping::Fixed if whole || last >= plan.iterations => {
            return Reach { pairs: all, look: None, preliminary: None };
        }
        Stopping::Fixed => &[plan.iterations],
        Stopping::Sequential { looks } => looks,
    };
    // The end of a budget, which a plan has, is the next look brought forward.
    let reached = match whole {
        true => looks.iter().position(|look| *look >= last).or(looks.len().checked_sub(1)),
        false => looks.iter().rposition(|look| *look <= last),
    };
    let look =
        reached.map(|place| Look { number: place + 1, of: looks.len(), iterations: looks[place] });
    if whole {
        return Reach { pairs: all, look, preliminary: None };
    }
    let until = look.map_or(0, |it| it.iterations);
    let pairs = iterations.iter().filter(|iteration| **iteration <= until).count();
    let preliminary = (pairs < all).then(|| {
        let next = looks.iter().find(|look| **look > last).copied().unwrap_or(plan.iterations);
        let why = record.end.as_ref().and_then(|it| it.stopped.as_ref());
        let why = why.unwrap_or(&StopReason::CutOff);
        format!("the run was {why} after iteration {last}, before its interim analysis at {next}")
    });
    Reach { pairs, look, preliminary }
}

/// How far the pairs of a record that was merged from shards came: it has one look, at all blocks
/// of the plan. With fewer of them on machines of one kind, whatever they say was not planned.
fn of_shards(evaluation: &Evaluation<'_>, pairs: usize) -> Reach {
    let (planned, parts) = (evaluation.record().run.plan.iterations, evaluation.parts());
    let first = parts.kinds().first().map_or(&[][..], |kind| kind.parts.as_slice());
    let measured: usize = first.iter().map(|part| parts.blocks(*part)).sum();
    match measured < planned as usize {
        false => {
            let look = Look { number: 1, of: 1, iterations: planned };
            Reach { pairs, look: Some(look), preliminary: None }
        }
        true => Reach {
            pairs: 0,
            look: None,
            preliminary: Some(format!(
                "its shards have {measured} of the {planned} blocks of the plan, on machines of \
                 one kind"
            )),
        },
    }
}
