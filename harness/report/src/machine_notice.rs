//! The notice that a run was measured on a slow machine, or published nevertheless.
//! Owns its words. Every headline and every chart carries it, so that no figure is shown without
//! it.

use lukewarm_analysis::Findings;
use lukewarm_model::text::one_line;
use lukewarm_model::{MachinePace, Publication, SLOW, Standard};

use crate::format::trimmed;

/// The notice; absent where the machine was quiet, and where that is unknown and the run was not
/// published nevertheless.
pub(crate) fn notice(findings: &Findings) -> Option<String> {
    let end = findings.end.as_ref()?;
    let standard = end.machine.as_ref().map_or(Standard::Unknown, MachinePace::standard);
    let reason = end.published.as_ref().and_then(|it: &Publication| it.reason.as_deref());
    let slow = match standard {
        Standard::Slow(times) => Some(format!(
            "The machine was slow: the calibration load took {}× as long as when the machine is \
             quiet (limit: {SLOW}×).",
            trimmed((times * 100.0).round() / 100.0)
        )),
        Standard::Unknown if reason.is_some() => {
            Some("It is not known whether the machine was quiet.".to_owned())
        }
        Standard::Unknown | Standard::Quiet(_) => None,
    };
    let reason = reason.map(|reason| format!("Published nevertheless: {}.", stopped(reason)));
    let sentences: Vec<String> = slow.into_iter().chain(reason).collect();
    (!sentences.is_empty()).then(|| one_line(&sentences.join(" ")).into_owned())
}

/// A reason without its final full stop.
fn stopped(reason: &str) -> &str {
    reason.trim().trim_end_matches('.')
}
