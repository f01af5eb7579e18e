//! Noisy metrics: wall-clock time, and others where thresholds name them.
//! Owns their rule. Within one run values are paired by iteration; separate runs are compared as
//! two samples, where `apart` says that they may be.

use lukewarm_model::Stopping;

use super::apart::{self, Calibration};
use super::change::{ChangeVerdict, Found};
use crate::compare::{Levels, Margin, Significance, decide, ratio};
use crate::estimate::Estimate;
use crate::evaluate::ByIteration;
use crate::statistics::rejected;

/// Decides all changes of one comparison: they are one family for the correction, as large as it
/// was planned. `stopping` is how often one looked at them; `calibration` is of two runs, and
/// without one both sides took turns in one.
pub(super) fn verdicts(
    found: &mut [&mut Found<'_>],
    stopping: &Stopping,
    calibration: Option<&Calibration>,
) {
    let levels = Levels::of(stopping, found.len());
    let estimated: Vec<Option<(Estimate, f64)>> = found
        .iter()
        .map(|it| match calibration {
            None => in_turns(&it.values, &levels),
            Some(_) => apart::shift(it.values, levels.alone()),
        })
        .collect();
    let p_values: Vec<Option<f64>> =
        estimated.iter().map(|it| it.as_ref().map(|(_, p_value)| *p_value)).collect();
    let rejected = rejected(&p_values, found.len(), |open| levels.share(open));
    let objection = calibration.and_then(Calibration::objection);
    for ((found, estimated), rejected) in found.iter_mut().zip(estimated).zip(rejected) {
        let change = &mut found.change;
        let Some((estimate, _)) = estimated else {
            change.verdict = ChangeVerdict::TooFewSamples;
            continue;
        };
        let declared = Margin::of(change.tolerance);
        let margin = calibration.map_or(declared, |_| apart::margin(declared));
        change.verdict = match &objection {
            Some(_) => ChangeVerdict::Inconclusive,
            None => decide(&estimate, &margin, Significance::from(rejected)).into(),
        };
        change.note.clone_from(&objection);
        change.ratio = Some(estimate);
    }
}

/// Pairs of one run.
fn in_turns([before, now]: &[&ByIteration; 2], levels: &Levels) -> Option<(Estimate, f64)> {
    let ratio = ratio(now, before, levels.alone())?;
    let p_value = ratio.p_value?;
    Some((ratio.estimate, p_value))
}
