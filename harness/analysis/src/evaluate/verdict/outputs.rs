//! Checks of what a job made, by the outputs of builds without a cache.
//! Owns what a comparison of outputs means for a job: a file that reproduces and differs makes it
//! wrong, and a job whose outputs are right needs no program that proves it.

use std::sync::Arc;

use lukewarm_model::{Check, OutputComparison, counted, few};

use super::super::outputs::OutputEvidence;
use super::evidence::JobEvidence;

/// Files that are named in one sentence.
const NAMED: usize = 5;

/// What a comparison says of the checks of a job.
pub(super) enum Proof {
    /// The outputs are right, each of them.
    Whole,
    /// Nothing speaks against the outputs: they were made without a cache, or those of other jobs
    /// of the case are right.
    Enough,
    /// Nothing.
    Nothing,
}

/// Adds what is known of a job's outputs.
pub(super) fn outputs(
    known: &OutputEvidence,
    is_verified: Verified,
    evidence: &mut JobEvidence,
) -> Proof {
    let Some(found) = &known.comparison else { return Proof::Nothing };
    if !found.wrong.is_empty() {
        evidence.wrong_outputs.push(wrong(found));
        return Proof::Nothing;
    }
    if !found.unproven.is_empty() {
        is_verified.note(evidence, unproven(found));
        return Proof::Nothing;
    }
    if found.is_uncached {
        evidence.held.push(match found.is_complete() {
            true => format!("built from an empty cache; {}", numbers(found)),
            false => "built from an empty cache".to_owned(),
        });
        return Proof::Whole;
    }
    if found.is_complete() {
        evidence.held.push(numbers(found));
        return Proof::Whole;
    }
    let files = counted(found.files as usize, "output");
    if known.compared_jobs > 0 {
        evidence.held.push(format!(
            "{} of its {files} were not compared, for want of a build without a cache; those of {} \
             of {} other jobs of its scenario were, and are right",
            found.not_compared, known.compared_jobs, known.other_jobs
        ));
        return Proof::Enough;
    }
    let why = format!(
        "{} of its {files} could not be compared with a build without a cache",
        found.not_compared
    );
    is_verified.note(evidence, why);
    Proof::Nothing
}

/// Whether a program proves that the outputs are right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verified {
    /// It ran and did what it should.
    ByProgram,
    /// There is none.
    No,
}

impl Verified {
    pub(super) fn of(checks: &[Check]) -> Verified {
        let held = |it: &Check| it.name == PROGRAM && it.held == Some(true);
        if checks.iter().any(held) { Verified::ByProgram } else { Verified::No }
    }

    /// A remark counts only where no program says more.
    fn note(self, evidence: &mut JobEvidence, remark: String) {
        match self {
            Verified::ByProgram => evidence.held.push(remark),
            Verified::No => evidence.unknown.push(remark),
        }
    }
}

/// The check that the workspace's program works.
const PROGRAM: &str = "program works";
/// The check that an edit is in what was built.
const EDIT: &str = "edit built";

/// The checks of a job as its outputs make them appear: a program that nobody named is not missed
/// where the outputs are right, and an edit that left no trace in right outputs leaves none at all.
pub(super) fn explained(checks: &[Check], proof: &Proof) -> Vec<Check> {
    let explain = |check: &Check| match (proof, check.name.as_str(), check.held) {
        (Proof::Whole | Proof::Enough, PROGRAM, None) => None,
        (Proof::Whole, EDIT, Some(false)) => Some(Check {
            held: None,
            seen: format!("{}; but so it is in a build without a cache", check.seen),
            ..check.clone()
        }),
        _ => Some(check.clone()),
    };
    checks.iter().filter_map(explain).collect()
}

/// How many outputs are right, and by what.
fn numbers(found: &OutputComparison) -> String {
    let OutputComparison { files, identical, as_own, varying, by_state, .. } = found;
    let files = format!("{files} outputs");
    let mut said = match (identical, as_own) {
        (_, 0) => format!("{identical} of {files} are those of a build without a cache"),
        (0, _) => format!("{as_own} of {files} are what its tool makes from an empty cache"),
        _ => format!(
            "{identical} of {files} are those of a build without a cache, {as_own} what its tool \
             makes from an empty cache"
        ),
    };
    if *by_state > 0 {
        said.push_str(&format!(
            "; all programs are; {} in other bytes, as a compiler may write it that goes on from \
             its incremental state",
            counted(*by_state as usize, "library file")
        ));
    }
    if *varying > 0 {
        said.push_str(&format!("; {varying} differ as two builds without a cache do"));
    }
    said
}

fn wrong(found: &OutputComparison) -> String {
    format!(
        "{} not what builds of the same sources without a cache make, alike each time: {}",
        are(found.wrong.len()),
        names(&found.wrong)
    )
}

fn unproven(found: &OutputComparison) -> String {
    format!(
        "{} not what a build of the same sources without a cache made, and whether such builds \
         make them alike is not known: {}",
        are(found.unproven.len()),
        names(&found.unproven)
    )
}

fn are(count: usize) -> String {
    format!("{} {}", counted(count, "output"), if count == 1 { "is" } else { "are" })
}

fn names(paths: &[Arc<str>]) -> String {
    few(paths.iter().map(|it| format!("`{it}`")), NAMED)
}
