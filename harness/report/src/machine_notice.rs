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
    let end = findings.end.as_ref();
    let pace = end.and_then(|end| end.machine.as_ref());
    let standard = pace.map_or(Standard::Unknown, MachinePace::standard);
    let published = end.and_then(|end| end.published.as_ref());
    let reason = published.and_then(|it: &Publication| it.reason.as_deref());
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
    let slow = slow.into_iter().chain(slow_parts(findings));
    let reason = reason.map(|reason| format!("Published nevertheless: {}.", stopped(reason)));
    let sentences: Vec<String> = slow.chain(reason).collect();
    (!sentences.is_empty()).then(|| one_line(&sentences.join(" ")).into_owned())
}

/// The machines of a merged record that were slow.
fn slow_parts(findings: &Findings) -> Option<String> {
    let merged = findings.merged.as_ref()?;
    let slow = (0..).zip(&findings.run.parts).filter_map(|(place, part)| {
        match part.pace.as_ref()?.standard() {
            Standard::Slow(times) => Some(format!(
                "{} ({}×)",
                merged.name(place),
                trimmed((times * 100.0).round() / 100.0)
            )),
            Standard::Quiet(_) | Standard::Unknown => None,
        }
    });
    let slow: Vec<String> = slow.collect();
    (!slow.is_empty()).then(|| {
        format!(
            "Slow while they measured, by the calibration load beside that of the quiet machine \
             (limit: {SLOW}×): {}.",
            slow.join(", ")
        )
    })
}

/// A reason without its final full stop.
fn stopped(reason: &str) -> &str {
    reason.trim().trim_end_matches('.')
}
