//! `--cpus`, `--memory` and `--at-once`: what the processes of a job see of the machine, and what
//! is said when it is not enough. With a toolchain of scripts. Where no control group or no mount
//! can be made, their tests are ignored.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod scripts;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Output};

use lukewarm_testing::{Missing, Tried, tests};
use scripts::Place;
use serde_json::Value;

fn main() -> ExitCode {
    lukewarm_testing::run(tests![
        a_job_sees_the_cpus_of_its_runner_and_the_record_says_so,
        more_than_the_machine_has_is_refused_before_anything_is_prepared,
        a_build_that_needs_more_memory_is_killed_and_it_is_said_why,
        copies_of_a_job_are_in_every_report,
        what_cannot_run_at_once_is_refused_before_anything_is_prepared,
    ])
}

impl Place {
    #[expect(clippy::disallowed_methods, reason = "a test runs the program")]
    fn lukewarm(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
        command.args(words).args(["--story", "short", "-n", "1", "-w"]).arg(self.at("fake"));
        command.arg("--out").arg(self.at("out")).arg("--scratch").arg(self.at("scratch"));
        command.env("PATH", &self.path).env("XDG_CACHE_HOME", self.at("cache"));
        command.output().unwrap()
    }

    /// The data of the newest run's lines of a kind.
    fn facts(&self, kind: &str) -> Vec<Value> {
        let runs = fs::read_dir(self.at("out")).unwrap().flatten();
        let newest = runs.map(|entry| entry.path()).max().unwrap();
        let text = fs::read_to_string(newest.join("journal.jsonl")).unwrap();
        let facts = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        facts.filter(|it| it["fact"] == kind).map(|it| it["data"].clone()).collect()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn cpus() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

fn a_job_sees_the_cpus_of_its_runner_and_the_record_says_so() -> Tried {
    let file = tempfile::NamedTempFile::new().unwrap();
    // What a process of a process sees, in a session of its own.
    let place = Place::new(&format!("setsid -w sh -c nproc >> {}", file.path().display()));
    let output = place.lukewarm(&["run", "none", "--cpus", "1"]);
    let seen = fs::read_to_string(file.path()).unwrap();
    assert!(!seen.is_empty() && seen.lines().all(|line| line == "1"), "{seen}{}", said(&output));
    let run = &place.facts("run")[0];
    assert_eq!(run["plan"]["runner"], serde_json::json!({"cpus": 1}));
    assert_eq!(run["host"]["cores"], cpus(), "the host is the machine as it is");
    let report = place.lukewarm(&["check", "none", "--cpus", "1"]);
    assert!(said(&report).contains("runner:     1 CPU\n"), "{}", said(&report));
    Ok(())
}

fn more_than_the_machine_has_is_refused_before_anything_is_prepared() -> Tried {
    let place = Place::new("");
    let many = (cpus() + 1).to_string();
    for (words, wanted) in [
        (["--cpus", many.as_str()], format!("`--cpus {many}`: this process may use {}", cpus())),
        (["--cpus", "0"], "--cpus: nothing is built on 0 CPUs".to_owned()),
        (["--memory", "900TB"], "`--memory 900000 GB`: this machine has".to_owned()),
        (["--memory", "1MB"], "--memory: 1.00 MB are too little".to_owned()),
    ] {
        for command in ["run", "check"] {
            let output = place.lukewarm(&[&[command, "none"], &words[..]].concat());
            assert_eq!(output.status.code(), Some(4), "{}", said(&output));
            assert!(said(&output).contains(&wanted), "{wanted}: {}", said(&output));
        }
    }
    assert!(!place.at("out").exists());
    Ok(())
}

fn a_build_that_needs_more_memory_is_killed_and_it_is_said_why() -> Tried {
    // `tail` keeps the last line, which never ends.
    let place = Place::new(
        "head -c 400M /dev/zero | tail -n 1 | wc -c > /dev/null; [ -n \"$NEVER\" ] || exit 101",
    );
    let output = place.lukewarm(&["run", "none", "--memory", "100MB"]);
    if said(&output).contains("no control group can be made") {
        assert_eq!(output.status.code(), Some(4), "{}", said(&output));
        return Err(Missing::optional("a control group for memory", "run as root"));
    }
    let job = &place.facts("job")[0];
    let message = job["failure"]["message"].as_str().unwrap();
    assert!(message.contains("needs more than 100 MB of memory"), "{job}");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert_eq!(place.facts("run")[0]["plan"]["runner"]["memory"], 100_000_000);
    // Enough is enough, and the groups of both runs are gone.
    let enough = Place::new("head -c 50M /dev/zero | tail -n 1 | wc -c > /dev/null");
    let output = enough.lukewarm(&["run", "none", "--memory", "300MB"]);
    assert!(enough.facts("job").iter().all(|job| job["failure"].is_null()), "{}", said(&output));
    let left = fs::read_to_string("/proc/self/cgroup").unwrap();
    let own = left.lines().filter_map(|line| line.rsplit_once(':')).map(|it| it.1.to_owned());
    for folder in
        own.flat_map(|it| [format!("/sys/fs/cgroup{it}"), format!("/sys/fs/cgroup/memory{it}")])
    {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let maker = name.strip_prefix("lukewarm-").and_then(|it| it.split('.').nth(1));
            let lives = maker.is_none_or(|id| PathBuf::from(format!("/proc/{id}")).exists());
            assert!(lives, "{name} was left");
        }
    }
    Ok(())
}

fn copies_of_a_job_are_in_every_report() -> Tried {
    let place = Place::new("");
    let output = place.lukewarm(&["run", "none", "--at-once", "3", "--stagger", "100ms"]);
    if said(&output).contains("needs mounts of its own") {
        assert_eq!(output.status.code(), Some(4), "{}", said(&output));
        return Err(Missing::optional("mounts", "run as root, or in a user namespace"));
    }
    assert!(String::from_utf8_lossy(&output.stdout).contains("Several jobs at once"));
    for job in place.facts("job") {
        let copies = job["copies"]["copies"].as_array().unwrap();
        assert!(copies.len() == 3 && job["failure"].is_null(), "{job}");
        let started = copies.iter().map(|copy| copy["started"].as_f64().unwrap());
        for (started, behind) in started.zip([0.0, 0.1, 0.2]) {
            assert!((behind..behind + 5.0).contains(&started), "{started} of {behind}");
        }
        assert!(copies.iter().all(|copy| !copy["units"].as_array().unwrap().is_empty()), "{job}");
    }
    let runs = fs::read_dir(place.at("out")).unwrap().flatten();
    let run = runs.map(|entry| entry.path()).max().unwrap();
    let read = |name: &str| fs::read_to_string(run.join(name)).unwrap();
    let summary: Value = serde_json::from_str(&read("summary.json")).unwrap();
    let rows = summary["copies"].as_array().unwrap();
    assert_eq!(rows.len(), 2, "{summary}");
    assert_eq!((&rows[0]["copies"], &rows[0]["stagger"]), (&3.into(), &0.1.into()));
    assert!(read("report.html").contains("id=\"at-once-table\""));
    assert!(read("summary.md").contains("**Several jobs at once**"));
    let checked = said(&place.lukewarm(&["check", "none", "--at-once", "3"]));
    assert!(checked.contains("cold: change none; 3 at once\n"), "{checked}");
    Ok(())
}

fn what_cannot_run_at_once_is_refused_before_anything_is_prepared() -> Tried {
    let place = Place::new("");
    for (words, wanted) in [
        (&["--at-once", "1"][..], "--at-once: one alone is an ordinary job: 2 to 8"),
        (&["--at-once", "9"], "--at-once: 9 cannot run at once: 2 to 8"),
        (&["--stagger", "5s"], "--stagger: a job that runs alone has nothing to start behind"),
        (&["--at-once", "2", "--stagger", "2h"], "--stagger: 2 h 00 min apart is not at once"),
    ] {
        for command in ["run", "check"] {
            let output = place.lukewarm(&[&[command, "none"], words].concat());
            assert_eq!(output.status.code(), Some(4), "{}", said(&output));
            assert!(said(&output).contains(wanted), "{wanted}: {}", said(&output));
        }
    }
    assert!(!place.at("out").exists());
    Ok(())
}
