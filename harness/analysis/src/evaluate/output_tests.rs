//! Jobs whose outputs are right, differ or are wrong, beside builds without a cache. Owns no rule.

use std::collections::BTreeMap;

use lukewarm_model::{
    Bytes, Change, Check, ContentDigest, CopiesFacts, CopyFacts, JobFacts, JobOutputs, JobVerdict,
    MutationKind, OutputFile, OutputManifest, Place, RawRecord, Seconds, UncachedBuild, UnitFact,
};

use super::Evaluation;
use crate::examples;

/// Outputs by path, each with a number for its content.
type Files<'a> = &'a [(&'a str, u128)];

const BASE: Files<'_> = &[("core", 1), ("out", 1), ("program", 1)];
const EDITED: Files<'_> = &[("core", 2), ("out", 1), ("program", 2)];
/// What a tool makes of them that compiles in its own way.
const OWN_BASE: Files<'_> = &[("core", 11), ("out", 1), ("program", 11)];
const OWN_EDITED: Files<'_> = &[("core", 12), ("out", 1), ("program", 12)];

fn outputs(files: Files<'_>) -> JobOutputs {
    let file = |(path, digest): &(&str, u128)| OutputFile {
        path: (*path).into(),
        digest: ContentDigest(*digest),
        bytes: Bytes(10),
    };
    let text = format!("{files:?}");
    let sum = text.bytes().fold(0, |sum: u128, byte| sum.wrapping_mul(131) + u128::from(byte));
    let manifest = OutputManifest::new(files.iter().map(file).collect());
    JobOutputs {
        digest: ContentDigest(sum),
        files: manifest.files().len() as u64,
        bytes: manifest.bytes(),
        manifest: Some(manifest.into()),
        took: Seconds(0.01),
    }
}

/// A record of `none`, `sccache-webdav` and `persistent-target` without jobs.
fn record() -> RawRecord {
    let mut scenarios = vec![examples::none(), examples::webdav(), examples::laptop()];
    scenarios[0].incremental = false;
    let mut run = examples::run(scenarios, &["cold", "unchanged", "edit"], 2);
    run.plan.story.jobs[2].change = Change { kind: MutationKind::Body, place: Some(Place::Leaf) };
    RawRecord { run, jobs: Vec::new(), end: None }
}

/// Adds jobs that made something.
trait Made {
    fn made(
        &mut self,
        scenario: &str,
        job: &str,
        iteration: u32,
        files: Files<'_>,
    ) -> &mut JobFacts;
}

impl Made for RawRecord {
    fn made(
        &mut self,
        scenario: &str,
        job: &str,
        iteration: u32,
        files: Files<'_>,
    ) -> &mut JobFacts {
        let case = format!("finder/{scenario}");
        let mut facts = match scenario {
            "sccache-webdav" => {
                let hits = if job == "cold" { 0 } else { 14 };
                examples::sccache_job(&case, job, iteration, hits)
            }
            _ => examples::job(&case, job, iteration, 9.0),
        };
        facts.checks = vec![Check {
            name: "program works".to_owned(),
            held: None,
            seen: "the workspace names no program to verify".to_owned(),
        }];
        if scenario == "persistent-target" && job != "cold" {
            let fresh = |unit: UnitFact| UnitFact { fresh: true, ..unit };
            facts.units = facts.units.into_iter().map(fresh).collect();
        }
        facts.outputs = Some(outputs(files));
        self.jobs.push(facts);
        self.jobs.last_mut().unwrap()
    }
}

/// The verdict's word on the last job, and its reasons.
fn verdict(record: &RawRecord) -> (&'static str, String) {
    let evaluation = Evaluation::of(record);
    let verdict: &JobVerdict = &evaluation.jobs().last().unwrap().verdict;
    (verdict.word(), verdict.reasons().join("\n"))
}

#[track_caller]
fn expect(record: &RawRecord, word: &str, reason: &str) {
    let (found, reasons) = verdict(record);
    assert_eq!(found, word, "{reasons}");
    assert!(reasons.contains(reason), "`{reason}` is not among:\n{reasons}");
}

/// The jobs of one iteration without a cache, and the first one with it.
fn with_reference(cold: Files<'_>) -> RawRecord {
    let mut record = record();
    record.made("none", "cold", 1, BASE);
    record.made("none", "unchanged", 1, BASE);
    record.made("none", "edit", 1, EDITED);
    record.made("sccache-webdav", "cold", 1, cold);
    record
}

/// What the sources of the first edit make with a scenario's settings, from an empty cache.
fn from_nothing(scenario: &str, files: Files<'_>) -> UncachedBuild {
    UncachedBuild {
        case: format!("finder/{scenario}").parse().unwrap(),
        job: "edit".into(),
        iteration: 1,
        wall: Seconds(3.0),
        outputs: Some(outputs(files)),
        failure: None,
    }
}

/// Makes a job one of several copies at once, which made these.
fn copied(job: &mut JobFacts, made: &[Files<'_>]) {
    let copy = |files: &Files<'_>| {
        let facts = JobFacts { outputs: Some(outputs(files)), ..job.clone() };
        CopyFacts::of(facts, (Seconds(0.0), Seconds(9.0)))
    };
    let copies = CopiesFacts {
        stagger: Seconds(0.0),
        peak_rss: None,
        service_cpu: None,
        offered: BTreeMap::new(),
        copies: made.iter().map(copy).collect(),
    };
    let JobFacts { case, job: name, attempt, started, .. } = job.clone();
    let (service, uncached) = (job.service.clone(), std::mem::take(&mut job.uncached));
    let alone = JobFacts::new(case, name, attempt, started);
    *job = JobFacts { copies: Some(copies), service, uncached, ..alone };
}

#[test]
fn the_outputs_of_each_copy_are_compared() {
    let mut record = record();
    // What reuses nothing makes in each copy what a build without a cache makes.
    copied(record.made("none", "cold", 1, BASE), &[BASE, BASE]);
    copied(record.made("none", "unchanged", 1, BASE), &[BASE, BASE]);
    let cold = record.made("sccache-webdav", "cold", 1, BASE);
    cold.uncached.push(UncachedBuild {
        case: cold.case.clone(),
        job: cold.job.clone(),
        iteration: 1,
        wall: Seconds(9.0),
        outputs: Some(outputs(BASE)),
        failure: None,
    });
    copied(cold, &[BASE, BASE]);
    let right = "each copy: 3 of 3 outputs are those of a build without a cache";
    expect(&record, "valid", right);
    let stale: Files<'_> = &[("core", 9), ("out", 1), ("program", 1)];
    copied(record.made("sccache-webdav", "unchanged", 1, BASE), &[BASE, stale]);
    expect(&record, "wrong", "copy 2: 1 output is not what builds of the same sources");
}

#[test]
fn outputs_of_a_build_without_a_cache_need_no_program_that_proves_them() {
    let mut record = with_reference(BASE);
    expect(&record, "valid", "from an empty cache; 3 of 3 outputs are those of a build without");
    record.made("sccache-webdav", "edit", 1, EDITED);
    expect(&record, "valid", "3 of 3 outputs are those of a build without a cache");
    // The same in an old record, in which nobody looked.
    record.jobs.iter_mut().for_each(|job| job.outputs = None);
    expect(&record, "unchecked", "names no program to verify (could not be checked)");
}

#[test]
fn a_file_that_reproduces_and_differs_is_wrong() {
    let mut record = with_reference(BASE);
    record.made("sccache-webdav", "edit", 1, &[("core", 1), ("out", 1), ("program", 2)]);
    expect(
        &record,
        "wrong",
        "1 output is not what builds of the same sources without a cache make",
    );
    expect(&record, "wrong", "alike each time: `core`");
    let last = record.jobs.last_mut().unwrap();
    last.outputs = Some(outputs(&[("core", 2), ("program", 2)]));
    expect(&record, "wrong", "alike each time: `out`");
    // A program that works proves nothing against it.
    record.jobs.last_mut().unwrap().checks[0].held = Some(true);
    expect(&record, "wrong", "`out`");
}

#[test]
fn an_old_artifact_is_wrong_though_it_was_right_before() {
    let mut record = with_reference(BASE);
    record.made("sccache-webdav", "edit", 1, BASE);
    expect(&record, "wrong", "2 outputs are not what builds of the same sources without a cache");
    expect(&record, "wrong", "`core`, `program`");
}

#[test]
fn what_differs_between_two_builds_without_a_cache_says_nothing() {
    let mut record = with_reference(BASE);
    record.jobs[1].outputs = Some(outputs(&[("core", 1), ("out", 2), ("program", 1)]));
    let job = record.made("sccache-webdav", "edit", 1, &[("core", 2), ("out", 3), ("program", 2)]);
    job.checks.clear();
    expect(
        &record,
        "valid",
        "2 of 3 outputs are those of a build without a cache; 1 differ as two",
    );
    // A wrong one beside it is seen nevertheless.
    record.jobs.last_mut().unwrap().outputs =
        Some(outputs(&[("core", 1), ("out", 3), ("program", 2)]));
    expect(&record, "wrong", "alike each time: `core`");
}

#[test]
fn what_one_build_alone_made_is_a_remark() {
    let mut record = with_reference(BASE);
    // Only the edited sources have it, and they were built once.
    let with_new = &[("core", 2), ("new", 1), ("out", 1), ("program", 2)];
    record.jobs[2].outputs = Some(outputs(with_new));
    record.made(
        "sccache-webdav",
        "edit",
        1,
        &[("core", 2), ("new", 7), ("out", 1), ("program", 2)],
    );
    expect(&record, "unchecked", "whether such builds make them alike is not known: `new`");
    record.jobs.last_mut().unwrap().checks[0].held = Some(true);
    assert_eq!(verdict(&record).0, "valid", "a program says more");
    record.jobs.last_mut().unwrap().checks[0].held = None;
    let build = |files: Files<'_>| from_nothing("none", files);
    // Built once more it is the same, or it is not.
    record.jobs.last_mut().unwrap().uncached = vec![build(with_new)];
    expect(&record, "wrong", "alike each time: `new`");
    let other = &[("core", 2), ("new", 5), ("out", 1), ("program", 2)];
    record.jobs.last_mut().unwrap().uncached = vec![build(other)];
    expect(&record, "valid", "1 differ as two builds without a cache do");
}

#[test]
fn a_tool_that_compiles_in_its_own_way_is_compared_with_itself() {
    let mut record = with_reference(OWN_BASE);
    expect(&record, "valid", "built from an empty cache");
    record.made("sccache-webdav", "unchanged", 1, OWN_BASE);
    expect(
        &record,
        "valid",
        "1 of 3 outputs are those of a build without a cache, 2 what its tool",
    );
    record.made("sccache-webdav", "edit", 1, OWN_EDITED);
    let others = "2 of its 3 outputs were not compared, for want of a build without a cache; those \
                  of 1 of 1 other jobs";
    expect(&record, "valid", others);
    let build = from_nothing("sccache-webdav", OWN_EDITED);
    record.jobs.last_mut().unwrap().uncached.push(build);
    expect(
        &record,
        "valid",
        "1 of 3 outputs are those of a build without a cache, 2 what its tool",
    );
    // Its own earlier artifact, in two builds of the same sources from an empty cache: it is one
    // that reproduces.
    record.jobs.last_mut().unwrap().outputs = Some(outputs(OWN_BASE));
    let (word, reasons) = verdict(&record);
    assert_eq!(word, "unchecked", "{reasons}");
    record.made("sccache-webdav", "cold", 2, OWN_BASE);
    let last = record.jobs.len() - 1;
    record.jobs.swap(last, last - 1);
    expect(&record, "wrong", "2 outputs are not what builds of the same sources");
}

#[test]
fn incremental_builds_are_compared_with_incremental_ones() {
    let (base, edited): (Files<'_>, Files<'_>) =
        (&[("core-i", 21), ("out-i", 1)], &[("core-i", 22), ("out-i", 1)]);
    let mut record = with_reference(BASE);
    record.made("persistent-target", "cold", 1, base);
    record.made("persistent-target", "unchanged", 1, base);
    expect(&record, "valid", "2 of 2 outputs are those of a build without a cache");
    record.made("persistent-target", "cold", 2, base);
    // What an earlier job left in the folder of a build script is no output of these sources.
    let with_rest: Files<'_> = &[("core-i", 22), ("out-i", 1), ("rest-i", 1)];
    let build = from_nothing("persistent-target", edited);
    record.made("persistent-target", "edit", 1, with_rest).uncached.push(build);
    expect(&record, "valid", "2 of 3 outputs are those of a build without a cache; 1 differ");
    record.jobs.last_mut().unwrap().outputs = Some(outputs(base));
    expect(&record, "wrong", "alike each time: `core-i`");
    // What nobody else made may be these sources', laid out in another way.
    let laid_otherwise: Files<'_> = &[("core-i", 23), ("out-i", 1)];
    record.jobs.last_mut().unwrap().outputs = Some(outputs(laid_otherwise));
    expect(&record, "unchecked", "is not what a build of the same sources without a cache made");
}

#[test]
fn libraries_that_go_on_from_their_state_are_right_where_all_programs_are() {
    let base: Files<'_> = &[("debug/app", 31), ("debug/deps/liba-1.rmeta", 31)];
    let edited: Files<'_> = &[("debug/app", 32), ("debug/deps/liba-1.rmeta", 32)];
    let mut record = with_reference(BASE);
    record.made("persistent-target", "cold", 1, base);
    let build = from_nothing("persistent-target", edited);
    record.made("persistent-target", "edit", 1, edited).uncached.push(build);
    let mut expect = |files: Files<'_>, word: &str, reason: &str| {
        record.jobs.last_mut().unwrap().outputs = Some(outputs(files));
        expect(&record, word, reason);
        Evaluation::of(&record).jobs().last().unwrap().made.comparison.clone().unwrap()
    };
    let otherwise: Files<'_> = &[("debug/app", 32), ("debug/deps/liba-1.rmeta", 39)];
    let found = expect(otherwise, "valid", "all programs are; 1 library file in other bytes");
    assert_eq!((found.identical, found.by_state), (1, 1));
    let program: Files<'_> = &[("debug/app", 39), ("debug/deps/liba-1.rmeta", 39)];
    expect(program, "unchecked", "2 outputs are not what a build of the same sources");
    let stale: Files<'_> = &[("debug/app", 32), ("debug/deps/liba-1.rmeta", 31)];
    let found = expect(stale, "unchecked", "`debug/deps/liba-1.rmeta`");
    assert_eq!(found.by_state, 0, "that is what other sources make");
    let alone: Files<'_> = &[("debug/deps/liba-1.rmeta", 39)];
    expect(alone, "unchecked", "2 outputs are not what a build of the same sources");
}

#[test]
fn an_edit_that_leaves_no_trace_in_right_outputs_is_a_remark() {
    let mut record = with_reference(BASE);
    let check = Check {
        name: "edit built".to_owned(),
        held: Some(false),
        seen: "the edit of `core` is in none of its 2 artifacts".to_owned(),
    };
    record.made("sccache-webdav", "edit", 1, EDITED).checks.push(check.clone());
    expect(&record, "unchecked", "artifacts; but so it is in a build without a cache");
    record.jobs.last_mut().unwrap().outputs = None;
    expect(&record, "degraded", "in none of its 2 artifacts (did not hold)");
    let mut alone = with_reference(BASE);
    alone.made("none", "edit", 2, EDITED).checks.push(check);
    assert_eq!(verdict(&alone).0, "unchecked", "nothing stale can be in it");
}
