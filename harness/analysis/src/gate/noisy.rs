//! Noisy metrics: wall-clock time, and others where thresholds name them.
//! Owns their rule. Within one run values are paired by iteration; separate runs are compared as
//! two samples, where `apart` says that they may be.

use lukewarm_model::Stopping;

use super::apart::{self, Calibration};
use super::change::{ChangeVerdict, Found};
use crate::compare::{Levels, Margin, Pairs, Significance, decide, of_pairs};
use crate::estimate::Estimate;
use crate::evaluate::{ByIteration, Parts};
use crate::statistics::rejected;

/// How both sides were measured.
pub(super) enum Sides<'c> {
    /// They took turns in one run, on these machines.
    InTurns(&'c Parts),
    /// In two runs, with these calibration loads, and for this reason they are not to be compared.
    Apart(&'c Calibration, Option<&'c str>),
}

/// Decides all changes of one comparison: they are one family for the correction, as large as it
/// was planned. `stopping` is how often one looked at them.
pub(super) fn verdicts(found: &mut [&mut Found<'_>], stopping: &Stopping, sides: &Sides<'_>) {
    let levels = Levels::of(stopping, found.len());
    let estimated: Vec<Option<(Estimate, f64)>> = found
        .iter()
        .map(|it| match sides {
            Sides::InTurns(parts) => in_turns(&it.values, parts, &levels),
            Sides::Apart(..) => apart::shift(it.values, levels.alone()),
        })
        .collect();
    let p_values: Vec<Option<f64>> =
        estimated.iter().map(|it| it.as_ref().map(|(_, p_value)| *p_value)).collect();
    let rejected = rejected(&p_values, found.len(), |open| levels.share(open));
    let objection = match sides {
        Sides::InTurns(_) => None,
        Sides::Apart(_, Some(why)) => Some((*why).to_owned()),
        Sides::Apart(calibration, None) => calibration.objection(),
    };
    for ((found, estimated), rejected) in found.iter_mut().zip(estimated).zip(rejected) {
        let change = &mut found.change;
        let Some((estimate, _)) = estimated else {
            change.verdict = ChangeVerdict::TooFewSamples;
            continue;
        };
        let declared = Margin::of(change.tolerance);
        let margin = match sides {
            Sides::InTurns(_) => declared,
            Sides::Apart(..) => apart::margin(declared),
        };
        change.verdict = match &objection {
            Some(_) => ChangeVerdict::Inconclusive,
            None => decide(&estimate, &margin, Significance::from(rejected)).into(),
        };
        change.note.clone_from(&objection);
        change.ratio = Some(estimate);
    }
}

/// Pairs of one run, pooled over its machines where there are several.
fn in_turns(
    [before, now]: &[&ByIteration; 2],
    parts: &Parts,
    levels: &Levels,
) -> Option<(Estimate, f64)> {
    let ratio = of_pairs(&Pairs::of(now, before, parts), levels.alone())?;
    let p_value = ratio.p_value?;
    Some((ratio.estimate, p_value))
}
