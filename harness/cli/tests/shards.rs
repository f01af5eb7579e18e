//! A plan on several machines: shards, their files, and one record of them, by the program as
//! people use it. Fast ones with a toolchain of scripts, one with a real workspace.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod interrupted;
mod scripts;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use lukewarm_model::{RawRecord, Shard};
use lukewarm_record::{read, read_packed};
use scripts::Place;

const PROGRAM: &str = env!("CARGO_BIN_EXE_lukewarm");

/// Variables of engines that the tests themselves may run in.
const VARIABLES: [&str; 9] = [
    "LUKEWARM_SHARDS",
    "JOB_COMPLETION_INDEX",
    "CI_NODE_INDEX",
    "CI_NODE_TOTAL",
    "BUILDKITE_PARALLEL_JOB",
    "BUILDKITE_PARALLEL_JOB_COUNT",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_ARRAY_TASK_COUNT",
    "SLURM_ARRAY_TASK_MIN",
];

impl Place {
    fn lukewarm(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.timeout(Duration::from_secs(300)).current_dir(self.folder.path());
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.env("PATH", &self.path).env("XDG_CACHE_HOME", self.at("cache"));
        command
    }

    /// The words of a run of two cases into a folder of its own.
    fn words(&self, out: &str) -> Vec<String> {
        let [workspace, out, scratch] =
            ["fake", out, "scratch"].map(|it| self.at(it).display().to_string());
        let words = ["run", "none", "persistent-target", "--story", "short", "-w", &workspace];
        let places = ["--out", &out, "--scratch", &scratch];
        words.iter().chain(&places).map(ToString::to_string).collect()
    }

    fn run(&self, out: &str, rest: &[&str]) -> Output {
        self.lukewarm().args(self.words(out)).args(rest).output().unwrap()
    }

    fn merge(&self, named: &[&str], out: &str) -> Output {
        self.lukewarm().arg("merge").args(named).args(["--out", out]).output().unwrap()
    }

    /// The one results folder in a folder.
    fn only(&self, out: &str) -> PathBuf {
        let entries = fs::read_dir(self.at(out)).unwrap().map(|it| it.unwrap().path());
        let mut runs: Vec<PathBuf> = entries.filter(|it| it.is_dir()).collect();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    /// The one packed record in a folder.
    fn packed(&self, out: &str) -> PathBuf {
        let entries = fs::read_dir(self.at(out)).unwrap().map(|it| it.unwrap().path());
        let mut files: Vec<PathBuf> = entries.filter(|it| it.is_file()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn ends_with(output: &Output, code: i32) -> (String, String) {
    let (table, talk) = said(output);
    assert_eq!(output.status.code(), Some(code), "{table}{talk}");
    (table, talk)
}

/// What was measured, each once: on a busy machine blocks are measured again.
fn cells(record: &RawRecord) -> Vec<(u32, String, String)> {
    let counting = record.jobs.iter().filter(|it| it.attempt.iteration > 0);
    let mut cells: Vec<_> = counting
        .map(|it| (it.attempt.iteration, it.case.to_string(), it.job.to_string()))
        .collect();
    cells.sort();
    cells.dedup();
    cells
}

/// Two shards and the whole run of one plan: the merged record has the same cells, in the same
/// order within each block, and every reader of records reads it.
#[test]
fn two_shards_of_a_real_workspace_become_the_record_of_the_whole_run() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name).display().to_string();
    let lukewarm = |words: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.timeout(Duration::from_secs(600)).current_dir(place.path());
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.args(words).output().unwrap()
    };
    let run = |out: &str, rest: &[&str]| {
        let words = ["run", "none", "persistent-target", "-w", "tiny", "--story", "short"];
        let out = at(out);
        let words = [&words[..], &["-n", "2", "--out", &out], rest].concat();
        ends_with(&lukewarm(&words), 0)
    };
    let (_, talk) = run("one", &["--shard", "1/2"]);
    assert!(talk.contains("shard 1/2: 1 of 2 blocks, 6 jobs with priming"), "{talk}");
    assert!(talk.contains("packed: ") && talk.contains("-shard-1-of-2"), "{talk}");
    run("two", &["--shard", "2/2", "--shard-file", &at("sent/second.lukewarm.tar.zst")]);
    run("whole", &["--shard", "none"]);
    let first = fs::read_dir(at("one")).unwrap().map(|it| it.unwrap().path());
    let first: Vec<PathBuf> = first.filter(|it| it.is_file()).collect();
    assert!(fs::metadata(&first[0]).unwrap().len() < 60_000, "6 jobs: 1 MB is for a hundred");
    let first = first[0].display().to_string();
    let merge = ["merge", &first, &at("sent"), "--out", &at("merged")];
    let (table, talk) = ends_with(&lukewarm(&merge), 0);
    assert!(
        table.contains("persistent-target") && talk.contains("merged 2 records"),
        "{table}{talk}"
    );
    let only = |out: &str| {
        let entries = fs::read_dir(at(out)).unwrap().map(|it| it.unwrap().path());
        entries.filter(|it| it.is_dir()).collect::<Vec<_>>().remove(0)
    };
    let (merged, whole) = (only("merged"), only("whole"));
    let (is, was) = (read(&merged).unwrap(), read(&whole).unwrap());
    assert_eq!(cells(&is), cells(&was));
    for block in 1..=2 {
        let order = |record: &RawRecord| -> Vec<(String, String)> {
            let of = record.jobs.iter().filter(|it| it.attempt.iteration == block);
            of.filter(|it| it.attempt.repeat == 0)
                .map(|it| (it.case.to_string(), it.job.to_string()))
                .collect()
        };
        assert_eq!(order(&is), order(&was), "block {block}");
    }
    assert_eq!(is.run.plan, was.run.plan);
    assert_eq!(
        is.run.parts.iter().map(|it| it.shard).collect::<Vec<_>>(),
        [Shard::new(1, 2).ok(), Shard::new(2, 2).ok()]
    );
    let merged = merged.display().to_string();
    for words in [
        &["report", &merged][..],
        &["report", &merged, "--format", "json"],
        &["chart", &merged],
        &["recommend", &merged],
        &["compare", &format!("{merged}:none"), &format!("{merged}:persistent-target")],
    ] {
        let output = lukewarm(words);
        assert!(matches!(output.status.code(), Some(0..=2)), "{words:?}: {}", said(&output).1);
    }
    assert!(Path::new(&merged).join("logs").read_dir().unwrap().count() == 2);
}

/// A test of soundness has one block: its variations are dealt out, with all of their cells.
#[test]
fn variations_are_dealt_out_and_come_together() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let lukewarm = |words: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.timeout(Duration::from_secs(600)).current_dir(place.path());
        for name in VARIABLES {
            command.env_remove(name);
        }
        command.args(words).output().unwrap()
    };
    let test = ["soundness", "persistent-target", "--only", "time", "--only", "env-macro"];
    for (shard, out, has, has_not) in
        [("1/2", "one", "env-macro", "time  "), ("2/2", "two", "time", "env-macro")]
    {
        let rest = ["--shard", shard, "--out", out, "--scratch", "scratch"];
        let (table, talk) = ends_with(&lukewarm(&[&test[..], &rest].concat()), 0);
        assert!(talk.contains(&format!("shard {shard}: 1 of 2 variations")), "{talk}");
        assert!(table.contains(has) && !table.contains(has_not), "{table}");
    }
    let (_, talk) = ends_with(&lukewarm(&["merge", "one", "--out", "half"]), 3);
    assert!(talk.contains("shard 2 of 2 is missing, with variation time"), "{talk}");
    ends_with(&lukewarm(&["merge", "one", "two", "--out", "merged"]), 0);
    let merged = fs::read_dir(place.path().join("merged")).unwrap().next().unwrap().unwrap();
    let merged = merged.path().display().to_string();
    let (table, _) = ends_with(&lukewarm(&["soundness", "--from", &merged]), 0);
    assert!(table.contains("env-macro  right") && table.contains("time       right"), "{table}");
    let (_, talk) = ends_with(&lukewarm(&[&test[..], &["--shard", "3/3"]].concat()), 4);
    assert!(talk.contains("the plan has 2 variations"), "{talk}");
}

/// A live comparison is measured in shards, and judged when they are one record.
#[test]
fn a_live_comparison_is_judged_when_its_parts_are_merged() {
    let place = Place::new("");
    let git = |words: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(place.at("fake")).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        ends_with(&command.args(words).output().unwrap(), 0);
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "one"]);
    let compare = |rest: &[&str]| {
        let words = ["compare", "--against", "git:HEAD"];
        place.lukewarm().args(words).args(rest).output().unwrap()
    };
    for (shard, out) in [("1/2", "one"), ("2/2", "two")] {
        let words = ["-w", "fake/", "--story", "short", "-n", "2", "--scratch", "scratch"];
        let words = [&words[..], &["--shard", shard, "--out", out]].concat();
        let (_, talk) = ends_with(&compare(&words), 0);
        assert!(talk.contains("a part is not judged"), "{talk}");
    }
    ends_with(&place.merge(&["one", "two"], "merged"), 0);
    let merged = place.only("merged").display().to_string();
    let (table, talk) = ends_with(&compare(&["--from", &merged]), 2);
    assert!(table.contains("/none → fake/none"), "{table}{talk}");
    let whole = ["compare", "--against", "sccache@0.10.0", "--from", &merged];
    let (_, talk) = ends_with(&place.lukewarm().args(whole).output().unwrap(), 4);
    assert!(talk.contains("has no comparison with sccache@0.10.0"), "{talk}");
}

#[test]
fn a_variable_makes_a_run_a_shard_and_says_so() {
    let place = Place::new("");
    let words = [place.words("out"), vec!["-n".into(), "3".into()]].concat();
    let mut run = place.lukewarm();
    run.args(&words).env("CI_NODE_INDEX", "3").env("CI_NODE_TOTAL", "3");
    let (_, talk) = ends_with(&run.output().unwrap(), 0);
    let wanted = "this is shard 3 of 3, by CI_NODE_INDEX=3; `--shard none` measures everything";
    assert!(talk.contains(wanted), "{talk}");
    let record = read(&place.only("out")).unwrap();
    assert_eq!(record.run.shard, Shard::new(3, 3).ok());
    let blocks: BTreeSet<u32> = record.jobs.iter().map(|it| it.attempt.iteration).collect();
    assert_eq!(blocks, [0, 3].into());
    let warned = &record.run.warnings;
    assert!(warned.iter().any(|it| it.what == "this is shard 3 of 3 of a plan"), "{warned:?}");
    // What is not measured reads none of them.
    let mut report = place.lukewarm();
    report.arg("report").arg(place.only("out")).env("JOB_COMPLETION_INDEX", "0");
    ends_with(&report.output().unwrap(), 0);
    for (variables, wanted) in [
        (&[("JOB_COMPLETION_INDEX", "0")][..], "set LUKEWARM_SHARDS to their number"),
        (&[("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "3")], "no shard 4 of 3"),
        (&[("CI_NODE_INDEX", "x"), ("CI_NODE_TOTAL", "3")], "CI_NODE_INDEX is \"x\""),
        (&[("LUKEWARM_SHARDS", "8"), ("JOB_COMPLETION_INDEX", "5")], "has nothing to measure"),
    ] {
        let mut run = place.lukewarm();
        run.args(&words).envs(variables.iter().copied());
        let (_, talk) = ends_with(&run.output().unwrap(), 4);
        assert!(talk.contains(wanted), "{talk}");
    }
    for (shard, wanted) in [
        ("0/3", "no shard 0 of 3"),
        ("4/3", "no shard 4 of 3"),
        ("1/0", "0 shards"),
        ("two", "`two` is no shard"),
    ] {
        let (_, talk) = ends_with(&place.run("other", &["-n", "3", "--shard", shard]), 4);
        assert!(talk.contains(wanted), "{shard}: {talk}");
    }
    let (_, talk) = ends_with(&place.run("other", &["--shard", "1/3", "--publish", "a"]), 4);
    assert!(talk.contains("a part of a plan is not published"), "{talk}");
    assert!(!place.at("other").exists(), "nothing was begun");
}

#[test]
fn what_was_measured_before_a_time_limit_comes_back_and_goes_on() {
    let place = Place::new("sleep 0.05");
    ends_with(&place.run("one", &["-n", "8", "--shard", "1/2"]), 0);
    let words = [place.words("two"), ["-n", "8", "--shard", "2/2"].map(str::to_owned).to_vec()];
    let run = start(&place, &words.concat());
    // Priming is two jobs, a block four.
    let output = interrupted::interrupt(run, &place.at("two"), 7);
    let (_, talk) = ends_with(&output, 3);
    assert!(talk.contains("packed: "), "{talk}");
    let file = place.packed("two");
    let cut = read_packed(&file).unwrap().record;
    assert!(cut.jobs.len() >= 7 && !cut.is_complete());
    let (_, talk) = ends_with(&place.merge(&["one", "two"], "merged"), 3);
    assert!(talk.contains("shard 2 of 2 has not measured blocks "), "{talk}");
    let merged = read(&place.only("merged")).unwrap();
    assert!(!merged.is_complete() && merged.run.parts.len() == 2);
    assert!(place.only("merged").join("report.html").is_file());
    // A merged record is no run of a machine.
    let merged = place.only("merged").display().to_string();
    let resume = |run: &str| {
        let scratch = place.at("scratch").display().to_string();
        let words = ["run", "--resume", run, "--scratch", &scratch];
        place.lukewarm().args(words).output().unwrap()
    };
    let (_, talk) = ends_with(&resume(&merged), 4);
    assert!(talk.contains("was merged from several records"), "{talk}");
    let (_, talk) = ends_with(&resume(&place.only("two").display().to_string()), 0);
    assert!(talk.contains("packed: "), "{talk}");
    assert_eq!(place.packed("two"), file, "the same shard has the same file");
    let (_, talk) = ends_with(&place.merge(&["one", "two"], "again"), 0);
    assert!(talk.contains("merged 2 records"), "{talk}");
    assert_eq!(cells(&read(&place.only("again")).unwrap()).len(), 8 * 4);
}

#[test]
fn a_run_that_was_killed_is_packed_later() {
    let place = Place::new("sleep 0.05");
    let words = [place.words("out"), ["-n", "8", "--shard", "1/2"].map(str::to_owned).to_vec()];
    let mut run = start(&place, &words.concat());
    while interrupted::recorded_jobs(&place.at("out")) < 4 {
        std::thread::sleep(Duration::from_millis(5));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let folder = place.only("out");
    let mut pack = place.lukewarm();
    let (_, talk) = ends_with(&pack.arg("pack").arg(&folder).output().unwrap(), 0);
    assert!(talk.contains("-shard-1-of-2.lukewarm.tar.zst"), "{talk}");
    let packed = read_packed(&place.packed("out")).unwrap().record;
    assert_eq!((packed.jobs.clone(), packed.end), (read(&folder).unwrap().jobs, None));
    let (_, talk) = ends_with(&place.merge(&["out"], "merged"), 3);
    assert!(talk.contains("shard 2 of 2 is missing, with blocks 2, 4, 6 and 8"), "{talk}");
    assert!(talk.contains("shard 1 of 2 has not measured blocks "), "{talk}");
}

#[test]
fn what_cannot_be_merged_ends_with_four_and_writes_nothing() {
    let place = Place::new("");
    ends_with(&place.run("one", &["-n", "2", "--shard", "1/2"]), 0);
    ends_with(&place.run("two", &["-n", "2", "--shard", "2/2"]), 0);
    ends_with(&place.run("seed", &["-n", "2", "--shard", "2/2", "--seed", "5"]), 0);
    ends_with(&place.run("longer", &["-n", "4", "--shard", "2/2"]), 0);
    ends_with(&place.run("twice", &["-n", "2", "--shard", "2/2"]), 0);
    fs::create_dir(place.at("empty")).unwrap();
    for (named, wanted) in [
        (&["one", "seed"][..], "of different plans: seed was 1 and is 5"),
        (&["one", "longer"], "shards of different plans: iterations was 2 and is 4"),
        (&["one", "two", "twice"], "both have block 2"),
        (&["empty"], "neither a file `*.lukewarm.tar.zst` nor a results folder"),
        (&["nothing"], "cannot read nothing"),
    ] {
        let (table, talk) = ends_with(&place.merge(named, "merged"), 4);
        assert!(talk.contains(wanted) && table.is_empty(), "{named:?}: {talk}");
        assert!(!place.at("merged").exists(), "{named:?}");
    }
    let (_, talk) = ends_with(&place.lukewarm().arg("merge").output().unwrap(), 4);
    assert!(talk.contains("<FILE|DIR>"), "{talk}");
    // Half a file among whole ones.
    let file = place.packed("two");
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let file = file.display().to_string();
    let (_, talk) = ends_with(&place.merge(&["one", &file], "merged"), 3);
    assert!(
        talk.contains("cut off or damaged") && talk.contains("shard 2 of 2 is missing"),
        "{talk}"
    );
    let (_, talk) = ends_with(&place.merge(&[&file], "other"), 4);
    assert!(talk.contains("cut off or damaged"), "{talk}");
}

#[test]
fn a_shared_folder_that_is_full_loses_nothing() {
    let place = Place::new("");
    ends_with(&place.run("out", &["-n", "1"]), 0);
    let folder = place.only("out");
    fs::create_dir(place.at("shared")).unwrap();
    // No room for more than a kilobyte; without the trap the write would end the process.
    let script = r#"trap "" XFSZ; ulimit -f 1; exec "$0" "$@""#;
    let mut full = Command::new("sh");
    full.args(["-c", script, PROGRAM, "pack"]).arg(&folder).arg("--out").arg(place.at("shared"));
    let (_, talk) = ends_with(&full.output().unwrap(), 4);
    assert!(talk.contains("cannot write") && talk.contains("shared"), "{talk}");
    assert_eq!(fs::read_dir(place.at("shared")).unwrap().count(), 0, "no half file is left");
    let mut pack = place.lukewarm();
    ends_with(
        &pack.arg("pack").arg(&folder).arg("--out").arg(place.at("shared")).output().unwrap(),
        0,
    );
    let packed = read_packed(&place.packed("shared")).unwrap().record;
    assert_eq!(packed, read(&folder).unwrap());
    // What cannot be written is known before anything is measured.
    fs::write(place.at("file"), "").unwrap();
    let within = place.at("file/a.lukewarm.tar.zst").display().to_string();
    let (_, talk) = ends_with(&place.run("other", &["-n", "1", "--shard-file", &within]), 4);
    assert!(talk.contains("cannot write into folder"), "{talk}");
}

#[test]
fn another_evening_adds_blocks() {
    let place = Place::new("");
    ends_with(&place.run("monday", &["-n", "2"]), 0);
    let (_, talk) = ends_with(&place.run("tuesday", &["-n", "1", "--first-block", "3"]), 0);
    assert!(talk.contains("1 of 3 blocks"), "{talk}");
    let (_, talk) = ends_with(&place.merge(&["monday", "tuesday"], "merged"), 0);
    assert!(talk.contains("merged 2 records"), "{talk}");
    let merged = read(&place.only("merged")).unwrap();
    assert_eq!((cells(&merged).len(), merged.run.plan.iterations), (3 * 4, 3));
}

#[test]
fn a_check_shows_what_machines_cost() {
    let place = Place::new("");
    let words = place.words("out");
    let mut check = place.lukewarm();
    let check = check.arg("check").args(&words[1..]).args(["-n", "6", "--shards", "8"]);
    let (table, _) = ends_with(&check.output().unwrap(), 0);
    assert!(table.contains("6 blocks, dealt out to machines"), "{table}");
    assert!(table.contains("more than 6 have no block"), "{table}");
    assert!(table.contains("their times are not known yet"), "{table}");
    ends_with(&place.run("out", &["-n", "1"]), 0);
    let mut check = place.lukewarm();
    let check = check.arg("check").args(&words[1..]).args(["-n", "6", "--shards", "3"]);
    let (table, _) = ends_with(&check.output().unwrap(), 0);
    assert!(!table.contains("not known yet") && table.contains("machines buy nothing"), "{table}");
    let rows = table.lines().skip_while(|it| !it.contains("the longest")).skip(1).take(3);
    let rows: Vec<Vec<&str>> = rows.map(|it| it.split("  ").collect()).collect();
    assert_eq!(rows.len(), 3, "{table}");
}

/// Starts a run without waiting for it.
#[expect(clippy::disallowed_methods, reason = "a test sends it a signal")]
fn start(place: &Place, words: &[String]) -> std::process::Child {
    std::process::Command::new(PROGRAM)
        .args(words)
        .env("PATH", &place.path)
        .env("XDG_CACHE_HOME", place.at("cache"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}
