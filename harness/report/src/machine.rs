//! The machine's mark: that a run was measured on a slow machine, or published although it was.
//! Owns its words. It stands in every headline and below every picture, so that no figure is shown
//! without it.

use lukewarm_analysis::Findings;
use lukewarm_model::text::one_line;
use lukewarm_model::{MachinePace, Publication, SLOW, Standard};

use crate::words::trimmed;

/// What must stand beside every figure of a run; none where the machine was quiet, and where nobody
/// knows and nothing was published all the same.
pub(crate) fn mark(findings: &Findings) -> Option<String> {
    let end = findings.end.as_ref()?;
    let standard = end.machine.as_ref().map_or(Standard::Unknown, MachinePace::standard);
    let reason = end.published.as_ref().and_then(|it: &Publication| it.reason.as_deref());
    let slow = match standard {
        Standard::Slow(times) => Some(format!(
            "The machine was slow: the calibration load took {}× what it takes when the machine is \
             quiet (the limit is {SLOW}×).",
            trimmed((times * 100.0).round() / 100.0)
        )),
        Standard::Unknown if reason.is_some() => {
            Some("Whether the machine was quiet is not known.".to_owned())
        }
        Standard::Unknown | Standard::Quiet(_) => None,
    };
    let reason =
        reason.map(|reason| format!("It was published all the same: {}.", stopped(reason)));
    let sentences: Vec<String> = slow.into_iter().chain(reason).collect();
    (!sentences.is_empty()).then(|| one_line(&sentences.join(" ")).into_owned())
}

/// A reason without the stop that it may end with.
fn stopped(reason: &str) -> &str {
    reason.trim().trim_end_matches('.')
}
