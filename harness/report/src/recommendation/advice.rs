//! Advice in words: what the data show, what it could save, what speaks against it, and what is
//! missing to know more. Owns one match for each; the numbers are those of the finding.

use lukewarm_analysis::{Advice, AdviceFinding, PotentialBasis};
use lukewarm_model::UnitKind;

use crate::format::{bytes, counted, percent, plain_count, ratio, seconds};

/// Advice in words.
pub(super) struct AdviceWords {
    /// What to do, in one line.
    pub(super) title: &'static str,
    /// What the data show.
    pub(super) rationale: String,
    /// What it could save.
    pub(super) potential: String,
    /// What speaks against it.
    pub(super) caveat: &'static str,
    /// What is missing to know more.
    pub(super) missing: &'static str,
}

/// The words of a piece of advice.
pub(super) fn words(advice: &Advice) -> AdviceWords {
    let finding = &advice.finding;
    let (title, caveat, missing) = fixed(finding);
    AdviceWords {
        title,
        rationale: rationale(finding),
        potential: potential(advice),
        caveat,
        missing,
    }
}

/// Title, caveat and what is missing, which no number changes.
fn fixed(finding: &AdviceFinding) -> (&'static str, &'static str, &'static str) {
    match finding {
        AdviceFinding::IncrementalArchived { .. } => (
            "Turn incremental compilation off in CI (`CARGO_INCREMENTAL: \"0\"`)",
            "Crates of the workspace are then compiled from nothing each time; with few large \
             ones that can take longer.",
            "a run of the same scenario with `incremental = false`",
        ),
        AdviceFinding::UnusedArchive { .. } => (
            "Keep less in the archive",
            "What is left out must be built in the jobs that need it.",
            "which files are used in other jobs of the workflow; the record knows its own alone",
        ),
        AdviceFinding::SavesUnchanged { .. } => (
            "Save only where something changed, or on the main branch alone",
            "Pull requests then start from the main branch's cache.",
            "how often two jobs in a row have the same sources",
        ),
        AdviceFinding::LongFirstSave { .. } => (
            "Save outside the jobs that people wait for, such as on a schedule",
            "Until the first save, jobs find nothing.",
            "how often the cache is empty in your repository",
        ),
        AdviceFinding::SlowerCold { .. } => (
            "Fill the cache before people need it, on the main branch or on a schedule",
            "The filling job itself takes as long.",
            "how often the cache is empty in your repository",
        ),
        other => fixed_of_reuse(other),
    }
}

/// The same of what is not reused, refused or pushed out.
fn fixed_of_reuse(finding: &AdviceFinding) -> (&'static str, &'static str, &'static str) {
    match finding {
        AdviceFinding::NothingReused { restored: true, .. } => (
            "Look at what the archive holds: it is restored, and nothing of it is used",
            "With new file times cargo builds every member of the workspace again, whatever is \
             restored.",
            "cargo's own reasons: `CARGO_LOG=cargo::core::compiler::fingerprint=info`",
        ),
        AdviceFinding::NothingReused { restored: false, .. } => (
            "Look at the key: no job finds what an earlier one saved",
            "A key that is too wide brings what does not fit.",
            "the keys of your own workflow; the record has those of its scenario",
        ),
        AdviceFinding::Evictions { stacked: true, .. } => (
            "Keep one cache: two share the quota and push each other out",
            "What only the other cache held is built again.",
            "a run of each alone",
        ),
        AdviceFinding::Evictions { stacked: false, .. } => (
            "Store less, or raise the quota",
            "Storage above the included size is charged.",
            "what other workflows of the repository store in the same quota",
        ),
        AdviceFinding::RateLimited { .. } => (
            "Store fewer entries a minute: fewer jobs at once, or one archive for all units",
            "On GitHub all jobs of a repository share one limit; here each job has its own.",
            "how many jobs of your repository save at once",
        ),
        AdviceFinding::Uncacheable { .. } => (
            "Build fewer programs, macros and build scripts in a job, or use a tool that caches \
             them",
            "Linking is part of that time and cannot be cached by most tools.",
            "the time of each unit: `cargo build --timings`",
        ),
        AdviceFinding::DebugInformation { .. } => (
            "Build with less debug information (`debug = \"line-tables-only\"` in the profile)",
            "Debuggers then show no variables; backtraces keep their lines.",
            "the share of debug information in the archive: change the profile and compare both \
             with `--against git:REV`",
        ),
        // What `fixed` has, it has there.
        _ => (
            "Build at one path in all jobs",
            "Containers and self-hosted runners often have different checkout folders.",
            "the paths of your own runners",
        ),
    }
}

fn rationale(finding: &AdviceFinding) -> String {
    match finding {
        AdviceFinding::IncrementalArchived { restored, without } => {
            let other = match without {
                Some(other) => format!("; {other} is the same without it"),
                None => String::new(),
            };
            format!("Its state is part of the {restored} that a restore brings{other}.")
        }
        AdviceFinding::UnusedArchive { restored, used } => {
            format!("Of {restored} that a restore brings, {} are used.", percent(*used))
        }
        AdviceFinding::SavesUnchanged { job, sent } => {
            format!("In {job}, where nothing changed, {sent} are sent.")
        }
        AdviceFinding::LongFirstSave { job, share } => {
            format!("Saving takes {} of the time of {job}.", percent(*share))
        }
        AdviceFinding::SlowerCold { job, ratio: by } => {
            format!("{job} takes {} of the time without a cache.", ratio(*by))
        }
        AdviceFinding::NothingReused { job, restored: true } => {
            format!("In {job}, where nothing changed, an archive was restored and no unit reused.")
        }
        AdviceFinding::NothingReused { job, restored: false } => {
            format!("In {job}, where nothing changed, no unit is reused.")
        }
        AdviceFinding::Evictions { job, entries, .. } => {
            format!("In {job}, the quota pushed {} entries out.", plain_count(*entries))
        }
        AdviceFinding::RateLimited { job, requests } => {
            format!("In {job}, {} requests were refused (429).", plain_count(*requests))
        }
        AdviceFinding::Uncacheable { job, units, of, kinds } => {
            let kinds: Vec<String> =
                kinds.iter().map(|(kind, count)| counted(*count, noun(*kind))).collect();
            let kinds = match kinds.is_empty() {
                true => String::new(),
                false => format!(": {}", kinds.join(", ")),
            };
            let (units, of) = (plain_count(*units), plain_count(*of));
            format!("In {job}, {units} of {of} units cannot be cached{kinds}.")
        }
        AdviceFinding::DebugInformation { bytes: size, share } => {
            let size = bytes(size.0 as f64);
            format!(
                "Moving the archive ({size} unpacked) takes {} of the time, and the profile `dev` \
                 has full debug information.",
                percent(*share)
            )
        }
        AdviceFinding::UnstablePath { job, hits, before } => {
            let (hits, before) = (percent(*hits), percent(*before));
            format!("In {job}, where only a path changed, {hits} are hits instead of {before}.")
        }
    }
}

fn potential(advice: &Advice) -> String {
    let Some(value) = advice.potential.seconds else {
        return "unknown: the record does not say".to_owned();
    };
    match advice.potential.by {
        PotentialBasis::Measured => format!("{} of a job on average, measured", seconds(value)),
        PotentialBasis::AtMost => {
            format!("at most {} of a job on average, projected", seconds(value))
        }
        PotentialBasis::Unknown => format!(
            "unknown; what the cache costs without any use is {} of a job on average",
            seconds(value)
        ),
    }
}

fn noun(kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Bin => "program",
        UnitKind::ProcMacro => "procedural macro",
        UnitKind::BuildScript => "build script",
        UnitKind::Lib => "rlib",
        _ => "other",
    }
}
