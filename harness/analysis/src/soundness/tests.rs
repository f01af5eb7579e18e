//! The marks: each with its negative, a poisoned entry and a key that was forced equal among them.

use lukewarm_model::{
    Bytes, Check, ContentDigest, Failure, FailureKind, JobFacts, JobOutputs, OutputFile,
    OutputManifest, RawRecord, Seconds, SettledFacts, Surroundings, Variation,
};

use super::*;
use crate::examples;

/// Outputs by path, each with a number for its content.
type MadeFiles<'a> = &'a [(&'a str, u128)];

const BEFORE: MadeFiles<'_> = &[("core", 1), ("out", 1), ("program", 1)];
const AFTER: MadeFiles<'_> = &[("core", 2), ("out", 1), ("program", 2)];
/// Every library of the example.
const ALL: u64 = 14;

fn outputs(files: MadeFiles<'_>) -> JobOutputs {
    let file = |(path, digest): &(&str, u128)| OutputFile {
        path: (*path).into(),
        digest: ContentDigest(*digest),
        bytes: Bytes(10),
    };
    let manifest = OutputManifest::new(files.iter().map(file).collect());
    let sum = files
        .iter()
        .fold(7, |sum: u128, (path, digest)| sum.wrapping_mul(131) + digest + path.len() as u128);
    JobOutputs {
        digest: ContentDigest(sum),
        files: manifest.files().len() as u64,
        bytes: manifest.bytes(),
        manifest: Some(manifest.into()),
        took: Seconds(0.01),
    }
}

/// Two builds without a cache before and after a variation, that make and print these.
fn record(before: (MadeFiles<'_>, &str), after: (MadeFiles<'_>, &str)) -> RawRecord {
    let mut none = examples::none();
    none.incremental = false;
    let twin = lukewarm_model::Scenario { name: none.name.again(), ..none.clone() };
    let mut run = examples::run(vec![none, twin, examples::webdav()], &["before", "after"], 1);
    run.plan.twin = Some(run.plan.scenarios[1].name.clone());
    let environment = [("ID".to_owned(), "it's two".to_owned())].into();
    run.plan.workspaces[0].variation = Some(Variation {
        after: Surroundings { environment, umask: Some("077".to_owned()), ..Default::default() },
        ..Variation::default()
    });
    let mut record = RawRecord { run, jobs: Vec::new(), end: None };
    for scenario in ["none", "none-again"] {
        for (job, (files, printed)) in [("before", before), ("after", after)] {
            let facts = examples::job(&format!("finder/{scenario}"), job, 1, 9.0);
            record.jobs.push(made(facts, files, printed));
        }
    }
    record.jobs.push(with_cache("before", 0, before.0, before.1));
    record
}

fn made(facts: JobFacts, files: MadeFiles<'_>, printed: &str) -> JobFacts {
    JobFacts { outputs: Some(outputs(files)), printed: Some(printed.to_owned()), ..facts }
}

fn with_cache(job: &str, hits: u64, files: MadeFiles<'_>, printed: &str) -> JobFacts {
    made(examples::sccache_job("finder/sccache-webdav", job, 1, hits), files, printed)
}

/// The one cell of a record.
fn cell(record: &RawRecord) -> SoundnessCell {
    let found = soundness(record);
    assert_eq!(found.arms.len(), 1, "{found:?}");
    found.variations[0].cells[0].clone()
}

#[track_caller]
fn expect(record: &RawRecord, mark: SoundnessMark, reason: &str) {
    let cell = cell(record);
    assert_eq!(cell.mark, mark, "{:?}", cell.reasons);
    assert!(cell.reasons.join("\n").contains(reason), "no `{reason}` in {:?}", cell.reasons);
}

#[test]
fn what_a_build_without_a_cache_makes_is_right() {
    let mut record = record((BEFORE, "app: one\n"), (AFTER, "app: two\n"));
    record.jobs.push(with_cache("after", ALL - 1, AFTER, "app: two\n"));
    expect(&record, SoundnessMark::Right, "3 outputs as builds without a cache make them");
    let found = soundness(&record);
    assert_eq!(found.variations[0].changes_outputs, Some(true));
    assert!(!found.has_wrong_output() && found.has_result());
}

#[test]
fn a_poisoned_entry_is_under_keyed() {
    let mut record = record((BEFORE, "app: one\n"), (AFTER, "app: two\n"));
    let poisoned: MadeFiles<'_> = &[("core", 666), ("out", 1), ("program", 2)];
    record.jobs.push(with_cache("after", ALL, poisoned, "app: two\n"));
    expect(&record, SoundnessMark::UnderKeyed, "1 output is not what builds without a cache make");
    let file = &cell(&record).files[0];
    let digests = (file.is, file.wanted);
    assert_eq!(
        (file.path.as_str(), digests),
        ("core", (Some(ContentDigest(666)), Some(ContentDigest(2))))
    );
    assert!(soundness(&record).has_wrong_output());
}

#[test]
fn a_key_that_was_forced_equal_is_under_keyed_and_so_is_a_program_that_prints_the_old() {
    let mut record = record((BEFORE, "app: one\n"), (AFTER, "app: two\n"));
    record.jobs.push(with_cache("after", ALL, BEFORE, "app: one\n"));
    expect(&record, SoundnessMark::UnderKeyed, "which is what it printed before the change");
    expect(&record, SoundnessMark::UnderKeyed, "2 outputs are not what builds");
    // What it prints counts where nobody read its outputs.
    record.jobs.last_mut().unwrap().outputs = None;
    expect(&record, SoundnessMark::UnderKeyed, "built without a cache it prints `app: two`");
    // What is another each time is no evidence.
    record.jobs[1].printed = Some("app: at noon\n".to_owned());
    expect(&record, SoundnessMark::NotTestable, "nobody looked at its outputs");
}

#[test]
fn what_was_compiled_in_vain_is_over_keyed() {
    let mut record = record((BEFORE, "app: one\n"), (BEFORE, "app: one\n"));
    record.jobs.push(with_cache("after", ALL - 3, BEFORE, "app: one\n"));
    expect(&record, SoundnessMark::OverKeyed, "compiled 3 units, although builds without a cache");
    // What the first job may not have left in the cache is no fault of the key.
    let mut hung = record.clone();
    let before = hung.jobs.iter_mut().find(|it| it.case == "finder/sccache-webdav").unwrap();
    before.checks.push(Check {
        name: "the tool's server stopped".to_owned(),
        held: Some(false),
        seen: "it had not ended".to_owned(),
    });
    expect(&hung, SoundnessMark::NotTestable, "the job before the change: the tool's server");
    *record.jobs.last_mut().unwrap() = with_cache("after", ALL, BEFORE, "app: one\n");
    expect(&record, SoundnessMark::Right, "3 outputs");
    assert_eq!(cell(&record).reused.unwrap().hits, ALL);
}

#[test]
fn what_is_compiled_beyond_what_changed_is_over_keyed_too() {
    // A library with its metadata and a program: two units.
    let before: MadeFiles<'_> = &[("core.rlib", 1), ("core.rmeta", 1), ("program", 1), ("x", 1)];
    let after: MadeFiles<'_> = &[("core.rlib", 2), ("core.rmeta", 2), ("program", 2), ("x", 1)];
    let mut record = record((before, "app: one\n"), (after, "app: two\n"));
    record.jobs.push(with_cache("after", ALL - 2, after, "app: two\n"));
    expect(&record, SoundnessMark::Right, "4 outputs");
    *record.jobs.last_mut().unwrap() = with_cache("after", ALL - 3, after, "app: two\n");
    expect(&record, SoundnessMark::OverKeyed, "compiled 3 units, although builds without a cache");
    expect(&record, SoundnessMark::OverKeyed, "another output of 2 at most");
}

#[test]
fn what_does_not_reproduce_or_does_not_build_is_not_testable() {
    let mut first = record((BEFORE, "app: one\n"), (AFTER, "app: two\n"));
    first.jobs.push(with_cache("after", ALL, BEFORE, "app: two\n"));
    // The two uncached builds of the changed state differ from each other.
    let mut varying = first.clone();
    let other: MadeFiles<'_> = &[("core", 3), ("out", 1), ("program", 3)];
    varying.jobs[3].outputs = Some(outputs(other));
    expect(&varying, SoundnessMark::Right, "that two builds without a cache make differently");
    let failure = Failure {
        step: None,
        kind: FailureKind::Environment,
        message: "there is no second toolchain".to_owned(),
        last_lines: Vec::new(),
    };
    let mut without = first.clone();
    without.jobs[1].failure = Some(failure.clone());
    expect(&without, SoundnessMark::NotTestable, "there is no second toolchain");
    assert!(!soundness(&without).has_result());
    let mut broken = first;
    broken.jobs.last_mut().unwrap().failure = Some(failure);
    expect(&broken, SoundnessMark::NotTestable, "which it does not without the cache");
}

#[test]
fn what_is_not_settled_is_so_only_where_a_build_without_a_cache_is() {
    let mut record = record((BEFORE, "app: one\n"), (AFTER, "app: two\n"));
    let again = |names: &[&str]| {
        let not_fresh = names.iter().map(|it| (*it).to_owned()).collect();
        Some(SettledFacts { units: 3, not_fresh, ..SettledFacts::default() })
    };
    let mut job = with_cache("after", ALL - 1, AFTER, "app: two\n");
    job.settled = again(&["core core"]);
    record.jobs.push(job);
    record.jobs[1].settled = again(&[]);
    assert!(cell(&record).is_unsettled());
    record.jobs[1].settled = again(&["core core", "app app"]);
    assert!(!cell(&record).is_unsettled());
    record.jobs.last_mut().unwrap().settled = again(&[]);
    assert!(!cell(&record).is_unsettled());
}

#[test]
fn by_hand_it_is_two_builds_around_an_empty_target_folder() {
    let mut record = record((BEFORE, "app: one\n"), (AFTER, "app: two\n"));
    record.jobs.push(with_cache("after", ALL, AFTER, "app: two\n"));
    let lines = &soundness(&record).variations[0].by_hand;
    let wanted = [
        "cargo build",
        "rm -rf target",
        r"umask 077; ID='it'\''s two' cargo build",
        "find target -name app -type f -exec {} ';'",
    ];
    assert_eq!(lines, &wanted);
}
