//! Each rule, by a record in which it holds and one in which it does not.

use lukewarm_model::{
    ArchiveChoice, Bytes, Change, JobFacts, MutationKind, RawRecord, RestoredFacts, Scenario,
    Seconds,
};

use super::super::{GivenShares, RecommendationRequest, recommend};
use super::*;
use crate::evaluate::Evaluation;
use crate::examples::{self, Fresh};
use crate::findings::analyse;

const JOBS: [&str; 2] = ["cold", "unchanged"];

/// The advice about one scenario of a record.
fn advised(record: &RawRecord, scenario: &str) -> Vec<Advice> {
    let shares: GivenShares = "cold=1,unchanged=1".parse().unwrap();
    let request = RecommendationRequest {
        shares: Some(shares),
        scenario: Some(scenario.into()),
        ..Default::default()
    };
    let evaluation = Evaluation::of(record);
    let findings = analyse(Evaluation::of(record));
    recommend(&evaluation, &findings, &request).unwrap().workspaces.remove(0).advice
}

/// A record of `none` and others, eight blocks, whose jobs are made by a function.
fn record(scenarios: Vec<Scenario>, make: impl Fn(&str, &str, u32) -> JobFacts) -> RawRecord {
    let mut all = vec![examples::none()];
    all.extend(scenarios);
    let run = examples::run(all, &JOBS, 8);
    let mut jobs = Vec::new();
    for iteration in 1..=8 {
        for scenario in &run.plan.scenarios {
            for job in JOBS {
                let case = format!("finder/{}", scenario.name);
                let mut facts = match scenario.name == "none" {
                    true => examples::job(&case, job, iteration, 10.0),
                    false => make(&case, job, iteration),
                };
                facts.steps.iter_mut().for_each(|step| {
                    step.wall = Seconds(step.wall.0 * (1.0 + 0.003 * f64::from(iteration % 3)));
                });
                jobs.push(facts);
            }
        }
    }
    RawRecord { run, jobs, end: None }
}

/// A job of an archive: what it restored and used, and what it sent in its save step.
fn archived(case: &str, job: &str, iteration: u32, used: u64, sent: u64) -> JobFacts {
    let is_cold = job == "cold";
    let wall = if is_cold { 10.0 } else { 3.0 };
    let mut facts = examples::service_job(case, job, iteration, wall);
    if !is_cold {
        facts.units = examples::units(Fresh::External);
        facts.restored = Some(RestoredFacts {
            files: 10,
            bytes: Bytes(40_000_000),
            used_files: 5,
            used_bytes: Bytes(used),
        });
        facts.steps[0].note = Some("restored 40 MB under `k`".to_owned());
    }
    facts.steps[2].ledger = Some(examples::ledger(&[(201, 1)], 0, sent));
    facts
}

fn kinds(found: &[Advice]) -> Vec<&'static str> {
    let kind = |it: &Advice| match it.finding {
        AdviceFinding::IncrementalArchived { .. } => "incremental",
        AdviceFinding::UnusedArchive { .. } => "unused",
        AdviceFinding::SavesUnchanged { .. } => "saves-unchanged",
        AdviceFinding::LongFirstSave { .. } => "long-save",
        AdviceFinding::SlowerCold { .. } => "slower-cold",
        AdviceFinding::NothingReused { .. } => "nothing-reused",
        AdviceFinding::Evictions { .. } => "evictions",
        AdviceFinding::RateLimited { .. } => "limited",
        AdviceFinding::Uncacheable { .. } => "uncacheable",
        AdviceFinding::DebugInformation { .. } => "debug",
        AdviceFinding::UnstablePath { .. } => "path",
    };
    let mut found: Vec<&str> = found.iter().map(kind).collect();
    found.sort_unstable();
    found
}

fn archive(name: &str, incremental: bool) -> Scenario {
    Scenario { name: name.into(), incremental, ..examples::archive() }
}

#[test]
fn an_archive_that_is_used_and_saved_once_needs_no_advice_but_its_incremental_state() {
    let make = |case: &str, job: &str, n| {
        archived(case, job, n, 39_000_000, if job == "cold" { 9_000_000 } else { 0 })
    };
    let with = record(vec![archive("on", true)], make);
    assert_eq!(kinds(&advised(&with, "on")), ["incremental", "slower-cold"]);
    let without = record(vec![archive("off", false)], make);
    assert_eq!(kinds(&advised(&without, "off")), ["slower-cold"]);
}

#[test]
fn what_incremental_state_costs_is_measured_where_both_are_in_the_record() {
    let make = |case: &str, job: &str, n| {
        let mut facts = archived(case, job, n, 39_000_000, 0);
        if case.ends_with("/on") {
            facts.steps[1].wall = Seconds(facts.steps[1].wall.0 + 2.0);
        }
        facts
    };
    let both = record(vec![archive("on", true), archive("off", false)], make);
    let found = advised(&both, "on");
    let measured = found.iter().find(|it| it.potential.by == PotentialBasis::Measured).unwrap();
    let AdviceFinding::IncrementalArchived { without, .. } = &measured.finding else {
        panic!("{measured:?}")
    };
    assert_eq!(without.as_ref().unwrap(), "off");
    assert!((measured.potential.seconds.unwrap() - 2.0).abs() < 0.1, "{measured:?}");
    assert!(!kinds(&advised(&both, "off")).contains(&"incremental"));
}

#[test]
fn an_archive_that_the_build_does_not_use_is_said_to_be_too_wide() {
    let make = |case: &str, job: &str, n| archived(case, job, n, 10_000_000, 0);
    let found = advised(&record(vec![archive("wide", false)], make), "wide");
    let wide = found.iter().find_map(|it| match it.finding {
        AdviceFinding::UnusedArchive { used, .. } => Some((used, it.potential)),
        _ => None,
    });
    let (used, potential) = wide.unwrap();
    assert_eq!((used, potential.by), (0.25, PotentialBasis::AtMost));
    // Three quarters of 0.3 s in each job.
    assert!((potential.seconds.unwrap() - 0.225).abs() < 0.01, "{potential:?}");
}

#[test]
fn a_save_although_nothing_changed_is_said_with_its_time() {
    let make = |case: &str, job: &str, n| archived(case, job, n, 39_000_000, 9_000_000);
    let found = advised(&record(vec![archive("rolling", false)], make), "rolling");
    let saved = found.iter().find(|it| matches!(it.finding, AdviceFinding::SavesUnchanged { .. }));
    // Half of the jobs, 0.2 s each.
    let seconds = saved.unwrap().potential.seconds.unwrap();
    assert!((seconds - 0.1).abs() < 0.01, "{found:?}");
}

#[test]
fn long_first_saves_and_moved_debug_information_are_said_by_their_share() {
    let make = |case: &str, job: &str, n| {
        let mut facts = archived(case, job, n, 39_000_000, 0);
        facts.steps[2].wall = Seconds(if job == "cold" { 6.0 } else { 0.1 });
        facts
    };
    let mut slow = record(vec![archive("slow", false)], make);
    assert_eq!(kinds(&advised(&slow, "slow")), ["debug", "long-save", "slower-cold"]);
    slow.run.plan.cargo_profile = "release".to_owned();
    assert_eq!(kinds(&advised(&slow, "slow")), ["long-save", "slower-cold"]);
}

#[test]
fn nothing_that_is_reused_is_told_from_a_key_that_was_not_found() {
    let make = |restored: bool| {
        move |case: &str, job: &str, n| {
            let mut facts = archived(case, job, n, 39_000_000, 0);
            facts.units = examples::units(Fresh::Nothing);
            facts.restored = facts.restored.filter(|_| restored);
            facts
        }
    };
    for restored in [true, false] {
        let found = advised(&record(vec![archive("useless", false)], make(restored)), "useless");
        let said = found.iter().find_map(|it| match it.finding {
            AdviceFinding::NothingReused { restored, .. } => Some(restored),
            _ => None,
        });
        assert_eq!(said, Some(restored), "{found:?}");
    }
}

#[test]
fn limits_that_were_met_are_said_and_two_caches_in_one_quota_too() {
    let beside = ArchiveChoice { tool: "actions-cache".to_owned(), settings: Default::default() };
    let stacked = Scenario { archive: Some(beside), ..archive("stacked", false) };
    let make = |case: &str, job: &str, n| {
        let mut facts = archived(case, job, n, 39_000_000, 0);
        facts.steps[1].ledger = Some(examples::ledger(&[(200, 5), (429, 3)], 0, 0));
        facts.service.as_mut().unwrap().evicted = 4;
        facts
    };
    for (mut scenario, wanted) in [(stacked, true), (archive("alone", false), false)] {
        scenario.limits.uploads_per_minute = Some(200);
        let name = scenario.name.to_string();
        let found = advised(&record(vec![scenario], make), &name);
        assert!(kinds(&found).contains(&"limited"), "{found:?}");
        let evicted = found.iter().find_map(|it| match it.finding {
            AdviceFinding::Evictions { stacked, entries, .. } => Some((stacked, entries)),
            _ => None,
        });
        assert_eq!(evicted, Some((wanted, 4.0)));
    }
}

#[test]
fn what_a_wrapper_cannot_cache_and_paths_that_change_are_said() {
    let make = |case: &str, job: &str, n| {
        examples::sccache_job(case, job, n, if job == "cold" { 0 } else { examples::LIBRARIES })
    };
    let mut wrapper = record(vec![examples::webdav()], make);
    let found = advised(&wrapper, "sccache-webdav");
    let said = found.iter().find_map(|it| match &it.finding {
        AdviceFinding::Uncacheable { units, of, kinds, .. } => Some((*units, *of, kinds.clone())),
        _ => None,
    });
    let kinds_wanted =
        vec![(UnitKind::Bin, 2), (UnitKind::ProcMacro, 1), (UnitKind::BuildScript, 3)];
    assert_eq!(said, Some((6.0, examples::UNITS as f64, kinds_wanted)));
    // The second job builds at another path, where nothing is found; a third is as the second was.
    wrapper.run.plan.story.jobs[1].change = Change { kind: MutationKind::Path, place: None };
    wrapper.run.plan.story.jobs[1].name = "moved".into();
    let unchanged = lukewarm_model::JobSpec::alone("unchanged", Change::NONE);
    wrapper.run.plan.story.jobs.push(unchanged);
    let moved: Vec<JobFacts> = (1..=8)
        .flat_map(|n| {
            let of_none = examples::job("finder/none", "moved", n, 10.0);
            [of_none, examples::sccache_job("finder/sccache-webdav", "moved", n, 1)]
        })
        .collect();
    wrapper.jobs.extend(moved);
    let shares: GivenShares = "moved=1,unchanged=1".parse().unwrap();
    let request = RecommendationRequest {
        shares: Some(shares),
        scenario: Some("sccache-webdav".into()),
        ..Default::default()
    };
    let evaluation = Evaluation::of(&wrapper);
    let findings = analyse(Evaluation::of(&wrapper));
    let found = recommend(&evaluation, &findings, &request).unwrap().workspaces.remove(0).advice;
    let path = found.iter().find(|it| matches!(it.finding, AdviceFinding::UnstablePath { .. }));
    let path = path.unwrap_or_else(|| panic!("{found:?}"));
    assert!(path.potential.seconds.unwrap() > 3.0 && path.potential.by == PotentialBasis::Measured);
}
