//! Merging, held by records that are made up: what becomes one record, and what is refused.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;

use lukewarm_model::{
    Attempt, JobFacts, NoRoom, Plan, RawRecord, RunFacts, Seconds, Shard, StopReason, Timestamp,
};
use lukewarm_plan::Selection;
use lukewarm_report::Trust;

use super::*;
use crate::assignment::{Assignment, remark};
use crate::examples;
use crate::run_facts::recorded_plan;

/// A plan of two ways of caching on a sample, with so many blocks.
fn plan(iterations: u32) -> Plan {
    let scenarios = vec!["none".to_owned(), "persistent-target".to_owned()];
    let selection = Selection {
        scenarios,
        workspaces: vec!["tiny".to_owned()],
        story: Some("short".to_owned()),
        iterations: Some(iterations),
        ..Selection::default()
    };
    let plan = lukewarm_plan::plan(&examples::files(), &selection).unwrap();
    recorded_plan(&plan, &Home::default())
}

/// What a part of a plan measures, with priming.
fn part(plan: &Plan, id: &str, shard: Option<&str>, first_block: Option<u32>) -> RawRecord {
    let mut record = examples::measured(plan, id, plan.iterations, |_| 1.0);
    record.run.shard = shard.map(|it| it.parse().unwrap());
    record.run.first_block = first_block;
    let portion = record.run.portion();
    let primed = plan.cases.iter().map(|case| {
        let attempt = Attempt { iteration: 0, position: 0, repeat: 0 };
        let mut job = record.jobs[0].clone();
        (job.case, job.job) = (case.clone(), plan.story.jobs[0].name.clone());
        JobFacts { attempt, ..job }
    });
    let primed: Vec<JobFacts> = primed.collect();
    record.jobs.retain(|job| portion.has_block(job.attempt.iteration));
    record.jobs.splice(0..0, primed);
    for (place, job) in record.jobs.iter_mut().enumerate() {
        job.attempt.position = place as u64;
    }
    record.run.warnings.extend(remark(&record.run));
    record
}

fn shard(plan: &Plan, shard: &str) -> RawRecord {
    part(plan, &format!("run-{}", shard.replace('/', "-")), Some(shard), None)
}

/// A place with results folders and packed records.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    /// The results folder of a record, with a log.
    fn folder(&self, record: &RawRecord) -> PathBuf {
        let results = self.0.path().join("results");
        let mut writer = Writer::create(&results, &record.run).unwrap();
        writer.jobs(&record.jobs).unwrap();
        record.end.iter().for_each(|end| writer.end(end).unwrap());
        let logs = writer.log_folder().join("tiny/none/0001-cold");
        fs::create_dir_all(&logs).unwrap();
        fs::write(logs.join("build.log"), &record.run.id).unwrap();
        writer.folder().to_owned()
    }

    /// The packed record.
    fn file(&self, record: &RawRecord) -> PathBuf {
        let name = format!("{}.lukewarm.tar.zst", record.run.id);
        let file = self.0.path().join("sent").join(&record.run.id).join(name);
        lukewarm_record::pack(&self.folder(record), &file).unwrap();
        file
    }

    fn merge(&self, named: &[PathBuf]) -> Result<Merged, SessionError> {
        self.merge_plans(named, MergedPlans::One)
    }

    fn merge_plans(&self, named: &[PathBuf], plans: MergedPlans) -> Result<Merged, SessionError> {
        let results = Results::chosen(&self.0.path().join("merged"));
        let user = UserEnvironment::new(Vec::<(OsString, OsString)>::new());
        let words = ["lukewarm", "merge"].map(str::to_owned);
        merge(named, plans, &results, (&words[..], &user))
    }

    /// The one merged run of files that can be merged.
    fn one(&self, named: &[PathBuf]) -> MergedRun {
        let mut merged = self.merge(named).unwrap();
        assert_eq!((merged.runs.len(), &merged.unreadable), (1, &Vec::new()));
        merged.runs.remove(0)
    }

    /// Why they cannot, when nothing must have been written.
    fn refused(&self, named: &[PathBuf]) -> String {
        let said = self.merge(named).unwrap_err().to_string();
        assert!(!self.0.path().join("merged").exists(), "{said}");
        said
    }
}

type Cell = (u32, String, String);

fn cells(record: &RawRecord) -> BTreeSet<Cell> {
    let counting = record.jobs.iter().filter(|it| it.attempt.iteration > 0);
    counting.map(|it| (it.attempt.iteration, it.case.to_string(), it.job.to_string())).collect()
}

#[test]
fn the_merged_record_of_all_shards_has_what_the_whole_run_has() {
    let (place, plan) = (Place::new(), plan(5));
    // In any order; the clock of the second machine is a year behind.
    let mut records = [shard(&plan, "2/3"), shard(&plan, "1/3"), shard(&plan, "3/3")];
    records[0].run.started = "2025-11-27T00:00:00Z".parse::<Timestamp>().unwrap();
    records[2].run.host.cpu = "Another CPU".to_owned();
    let files: Vec<PathBuf> = records.iter().map(|it| place.file(it)).collect();
    let MergedRun { measured, merged, missing } = place.one(&files);
    let record = &measured.record;
    assert_eq!((merged, missing), (3, Vec::new()));
    assert_eq!(cells(record), cells(&part(&plan, "whole", None, None)));
    assert!(record.is_complete());
    assert_eq!((record.run.plan.clone(), record.run.shard), (plan, None));
    assert_eq!(*record, lukewarm_record::read(&measured.folder).unwrap());
    let shards: Vec<Option<Shard>> = record.run.parts.iter().map(|it| it.shard).collect();
    assert_eq!(shards, ["1/3", "2/3", "3/3"].map(|it| it.parse().ok()));
    assert_eq!(record.run.parts[2].host.cpu, "Another CPU");
    assert!(record.run.warnings.is_empty(), "{:?}", record.run.warnings);
    for (position, job) in record.jobs.iter().enumerate() {
        let owner = record.run.parts[job.part.unwrap() as usize].shard.unwrap();
        let block = job.attempt.iteration;
        assert!(block == 0 || owner.has_block(block), "block {block} of {owner}");
        assert_eq!(job.attempt.position, position as u64);
    }
    for file in ["report.html", "summary.md", "summary.json", "samples.csv", "run.json"] {
        assert!(measured.folder.join(file).is_file(), "{file}");
    }
    let log = measured.folder.join("logs/run-2-3/tiny/none/0001-cold/build.log");
    assert_eq!(fs::read_to_string(log).unwrap(), "run-2-3");
    // Each part started from states of its own.
    let case = &record.run.plan.cases[0];
    let states: BTreeSet<(u32, u32)> = record
        .jobs
        .iter()
        .filter(|job| job.case == *case && job.attempt.iteration == 0)
        .map(|job| (job.part.unwrap(), job.state))
        .collect();
    assert_eq!(states, [(0, 0), (1, 1), (2, 2)].into());
}

#[test]
fn a_missing_shard_and_missing_blocks_are_named_and_the_rest_is_reported() {
    let (place, plan) = (Place::new(), plan(9));
    let mut stopped = shard(&plan, "2/4");
    stopped.jobs.retain(|job| job.attempt.iteration < 6);
    stopped.end = Some(examples::ended(Some("cancelled")));
    let mut killed = shard(&plan, "3/4");
    killed.jobs.pop();
    killed.end = None;
    let files = [shard(&plan, "1/4"), stopped, killed].map(|it| place.file(&it));
    let MergedRun { measured, missing, .. } = place.one(&files);
    assert_eq!(
        missing,
        [
            "shard 2 of 4 has not measured block 6: cancelled",
            "shard 3 of 4 has not measured block 7: cut off",
            "shard 4 of 4 is missing, with blocks 4 and 8",
        ]
    );
    assert_eq!(measured.report.trust, Trust::Incomplete);
    let why = measured.record.end.unwrap().stopped.unwrap().to_string();
    assert!(why.contains("shard 4 of 4 is missing"), "{why}");
    assert!(measured.folder.join("report.html").is_file());
    let parts = &measured.record.run.parts;
    assert_eq!(parts[1].stopped, Some(StopReason::Cancelled));
    assert_eq!((parts[2].stopped.clone(), parts[2].ended), (None, None));
}

#[test]
fn blocks_without_room_in_a_budget_are_left_out_and_not_missing() {
    let (place, mut plan) = (Place::new(), plan(8));
    plan.budget = Some(Seconds(60.0));
    let mut short = shard(&plan, "2/2");
    short.jobs.retain(|job| job.attempt.iteration < 6);
    let mut end = examples::ended(None);
    let no_room = NoRoom { budget: Seconds(60.0), iteration: 6 };
    end.enough = Some(lukewarm_model::EnoughReason::Budget(no_room));
    short.end = Some(end.clone());
    let files = [shard(&plan, "1/2"), short].map(|it| place.file(&it));
    let MergedRun { measured, missing, .. } = place.one(&files);
    assert_eq!((missing, measured.record.end.unwrap().enough), (Vec::new(), end.enough));
}

#[test]
fn evenings_of_one_plan_become_one_record_and_more_can_follow() {
    let place = Place::new();
    let first = part(&plan(3), "evening-1", None, None);
    let own = Assignment { first_block: Some(4), ..Assignment::default() };
    let later = own.plan(plan(2)).unwrap();
    let second = part(&later, "evening-2", None, Some(4));
    let both = place.one(&[place.folder(&first), place.folder(&second)]);
    assert_eq!((both.missing, both.measured.record.run.plan.iterations), (Vec::new(), 5));
    assert_eq!(cells(&both.measured.record), cells(&part(&plan(5), "whole", None, None)));
    // Merged records are merged again, with shards of what follows.
    let own = Assignment { first_block: Some(6), ..Assignment::default() };
    let last = own.plan(plan(2)).unwrap();
    let mut named = vec![both.measured.folder.clone()];
    named.extend(
        ["1/2", "2/2"]
            .map(|it| place.file(&part(&last, &format!("later-{}", &it[..1]), Some(it), Some(6)))),
    );
    let all = place.one(&named);
    assert_eq!((all.missing, all.measured.record.run.parts.len()), (Vec::new(), 4));
    assert_eq!(cells(&all.measured.record), cells(&part(&plan(7), "whole", None, None)));
    let log = all.measured.folder.join("logs/evening-1/tiny/none/0001-cold/build.log");
    assert_eq!(fs::read_to_string(log).unwrap(), "evening-1");
}

#[test]
fn other_plans_versions_tools_and_sources_are_refused_with_what_differs() {
    let (place, plan) = (Place::new(), plan(4));
    let first = place.file(&shard(&plan, "1/2"));
    type Change = fn(&mut RunFacts);
    let changes: [(&str, &str, Change); 6] = [
        ("seed", "of different plans: seed was 1 and is 7", |it| it.plan.seed = 7),
        ("profile", "cargo_profile was `dev` and is `release`", |it| {
            it.plan.cargo_profile = "release".to_owned();
        }),
        ("length", "shards of different plans: iterations was 4 and is 6", |it| {
            it.plan.iterations = 6;
        }),
        ("version", "lukewarm was", |it| it.lukewarm = "0.0.1".to_owned()),
        ("variables", "measured with different things: ", |it| {
            let value = lukewarm_model::VariableValue::Plain("1".to_owned());
            it.variables.insert("A".to_owned(), value);
        }),
        ("runner", "of different plans: runner was absent", |it| {
            it.plan.runner = lukewarm_model::Runner::of(Some(1), None);
        }),
    ];
    for (name, wanted, change) in changes {
        let mut other = part(&plan, name, Some("2/2"), None);
        change(&mut other.run);
        let said = place.refused(&[first.clone(), place.file(&other)]);
        assert!(said.contains(wanted), "{name}: {said}");
        assert!(said.contains("run-1-2") && said.contains(name), "both are named: {said}");
    }
}

#[test]
fn a_block_that_two_records_have_is_refused_and_the_same_record_counts_once() {
    let (place, plan) = (Place::new(), plan(4));
    let [one, two] = ["1/2", "2/2"].map(|it| shard(&plan, it));
    let again = part(&plan, "again", Some("2/2"), None);
    let [one_file, two_file, again_file] = [&one, &two, &again].map(|it| place.file(it));
    let said = place.refused(&[one_file.clone(), two_file.clone(), again_file]);
    assert!(said.contains("both have blocks 2 and 4") && said.contains("again"), "{said}");
    // The file and the results folder of one run, in folders.
    let copy = place.0.path().join("copy.lukewarm.tar.zst");
    fs::copy(&two_file, &copy).unwrap();
    let merged = place.merge(&[one_file.clone(), two_file.clone(), copy]).unwrap();
    assert_eq!((merged.runs[0].merged, merged.runs[0].missing.len()), (2, 0));
    assert!(merged.notes[0].contains("counted once"), "{:?}", merged.notes);
    // As it was before it was resumed.
    let mut before = two.clone();
    before.jobs.truncate(4);
    before.end = None;
    let earlier = Place::new();
    let merged = place.merge(&[earlier.file(&before), one_file.clone(), two_file.clone()]).unwrap();
    assert!(merged.notes[0].contains("and more of it"), "{:?}", merged.notes);
    assert_eq!(merged.runs[0].missing.len(), 0);
    // Changed since.
    let mut changed = two;
    changed.jobs[3].state = 7;
    let other = Place::new();
    let said = place.merge(&[other.file(&changed), two_file]).unwrap_err().to_string();
    assert!(said.contains("both called run run-2-2, and differ"), "{said}");
}

#[test]
fn a_retried_shard_gives_the_blocks_that_the_first_try_did_not_end() {
    let (place, plan) = (Place::new(), plan(6));
    let mut first = part(&plan, "first", Some("2/2"), None);
    // It ended in the midst of block 4.
    let whole = first.jobs.iter().position(|it| it.attempt.iteration == 4).unwrap();
    first.jobs.truncate(whole + 1);
    first.end = None;
    let own = Assignment { shard: "2/2".parse().ok(), first_block: Some(4), file: None };
    let rest = own.plan(Plan { iterations: 3, ..plan.clone() }).unwrap();
    let second = part(&rest, "second", Some("2/2"), Some(4));
    let files = [shard(&plan, "1/2"), first, second].map(|it| place.file(&it));
    let merged = place.merge(&files).unwrap();
    assert!(merged.notes[0].contains(" began block 4: "), "{:?}", merged.notes);
    let run = &merged.runs[0];
    assert_eq!(run.missing, Vec::<String>::new());
    assert_eq!(cells(&run.measured.record), cells(&part(&plan, "whole", None, None)));
}

#[test]
fn half_a_file_loses_none_of_the_others() {
    let (place, plan) = (Place::new(), plan(4));
    let [one, two] = ["1/2", "2/2"].map(|it| place.file(&shard(&plan, it)));
    let bytes = fs::read(&two).unwrap();
    fs::write(&two, &bytes[..bytes.len() / 2]).unwrap();
    let merged = place.merge(&[one, two.clone()]).unwrap();
    assert!(merged.unreadable[0].contains("cut off or damaged"), "{:?}", merged.unreadable);
    assert_eq!(merged.runs[0].missing, ["shard 2 of 2 is missing, with blocks 2 and 4"]);
    assert_eq!(merged.runs[0].measured.report.trust, Trust::Incomplete);
    let nothing = Place::new();
    assert!(nothing.refused(&[two]).contains("cut off or damaged"));
}

#[test]
fn a_folder_stands_for_the_files_below_it_and_one_without_any_is_an_error() {
    let (place, plan) = (Place::new(), plan(4));
    ["1/2", "2/2"].iter().for_each(|it| drop(place.file(&shard(&plan, it))));
    let sent = place.0.path().join("sent");
    let found = place.one(std::slice::from_ref(&sent));
    assert_eq!((found.merged, found.missing.len()), (2, 0));
    let found = place.one(&[place.0.path().join("results")]);
    assert_eq!((found.merged, found.missing.len()), (2, 0));
    let other = Place::new();
    let empty = other.0.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let said = other.refused(std::slice::from_ref(&empty));
    assert!(said.contains("neither a file `*.lukewarm.tar.zst` nor a results folder"), "{said}");
    let said = other.refused(&[empty.join("nothing")]);
    assert!(said.starts_with("cannot read") && said.contains("nothing"), "{said}");
}

#[test]
fn records_of_several_plans_become_one_each_where_that_is_wanted() {
    let place = Place::new();
    let other = Plan { seed: 9, ..plan(2) };
    let files: Vec<PathBuf> = [("a", plan(2)), ("b", other)]
        .iter()
        .flat_map(|(name, plan)| {
            ["1/2", "2/2"]
                .map(|it| place.file(&part(plan, &format!("{name}-{}", &it[..1]), Some(it), None)))
        })
        .collect();
    assert!(place.refused(&files).contains("seed was"));
    let merged = place.merge_plans(&files, MergedPlans::Each).unwrap();
    assert_eq!(merged.runs.len(), 2);
    assert!(merged.runs.iter().all(|it| it.missing.is_empty() && it.merged == 2));
}

#[test]
fn what_is_another_build_of_one_version_is_merged_and_told() {
    let (place, plan) = (Place::new(), plan(2));
    let [one, mut two] = ["1/2", "2/2"].map(|it| shard(&plan, it));
    two.run.executable = Some("00".repeat(32));
    let noisy = lukewarm_model::Warning::new("noisy", "be quiet");
    two.run.warnings.push(noisy.clone());
    let files = [one, two].map(|it| place.file(&it));
    let run = place.one(&files).measured.record.run;
    let said: Vec<&str> = run.warnings.iter().map(|it| it.what.as_str()).collect();
    assert_eq!(said[0], "in 1 of 2 parts: noisy");
    assert!(said[1].contains("another build"), "{said:?}");
    assert_eq!((run.executable, &run.parts[1].warnings), (None, &vec![noisy]));
}
