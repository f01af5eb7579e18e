//! Runs that are killed at any moment or find the disk full, and go on: the same plan, no job
//! twice, none lost, no process left, reports that hold. Fast ones with a toolchain of scripts, a
//! few with a real one.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod scripts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A place with everything that runs need and leave.
struct Place {
    folder: tempfile::TempDir,
    /// `PATH` where it is not this process's: a toolchain of scripts.
    path: Option<String>,
    words: Vec<String>,
}

impl Place {
    fn new(words: &[&str]) -> Place {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let words = words.iter().map(ToString::to_string).collect();
        Place { folder, path: None, words }
    }

    /// A workspace of one crate, and a toolchain of scripts that builds it in a moment.
    fn with_scripts(rest: &[&str]) -> Place {
        Place::of_scenarios(&["none", "persistent-target"], rest)
    }

    fn of_scenarios(scenarios: &[&str], rest: &[&str]) -> Place {
        let mut place = Place::new(&[&["run"], scenarios].concat());
        let root = place.folder.path().to_owned();
        let workspace = root.join("fake");
        scripts::workspace(&workspace);
        place.path = Some(scripts::toolchain(&root, scripts::MOMENT));
        place.words.extend(["-w".to_owned(), workspace.display().to_string()]);
        place.words.extend(rest.iter().map(ToString::to_string));
        place
    }

    fn scratch(&self) -> PathBuf {
        self.folder.path().join("scratch")
    }

    /// Starts the program; what it says goes into a file.
    #[expect(clippy::disallowed_methods, reason = "a test sends it signals")]
    fn start(&self, words: &[String]) -> Child {
        let said = fs::File::create(self.folder.path().join("said")).unwrap();
        let mut command = Command::new("sh");
        // Without the trap a write beyond a limit would end the process, which no full disk does.
        let script = r#"trap "" XFSZ; exec "$0" "$@""#;
        command.args(["-c", script, env!("CARGO_BIN_EXE_lukewarm")]);
        command.args(words).arg("--scratch").arg(self.scratch());
        if let Some(path) = &self.path {
            command.env("PATH", path).env("XDG_CACHE_HOME", self.folder.path().join("cache"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn().unwrap()
    }

    /// Begins a run, or goes on with the one that is there.
    fn go_on(&self) -> Child {
        let out = self.folder.path().join("out");
        let begun = self.run().filter(|run| lines(run) > 0);
        let words = match begun {
            Some(run) => vec!["run".to_owned(), "--resume".to_owned(), run.display().to_string()],
            None => {
                // What was killed before its first fact was there has nothing to go on with.
                let _ = fs::remove_dir_all(&out);
                [self.words.clone(), vec!["--out".to_owned(), out.display().to_string()]].concat()
            }
        };
        self.start(&words)
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("said")).unwrap()
    }

    /// The results folder, where there is one.
    fn run(&self) -> Option<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("out")).into_iter().flatten().flatten();
        let runs: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        assert!(runs.len() <= 1, "{runs:?}");
        runs.into_iter().next()
    }

    /// Waits until none of its processes is left.
    fn is_quiet(&self) -> bool {
        let scratch = self.scratch().display().to_string();
        let ours = |entry: &fs::DirEntry| {
            let file = |name| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
            file("environ").contains(&scratch) || file("cmdline").contains(&scratch)
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while fs::read_dir("/proc").unwrap().flatten().any(|entry| ours(&entry)) {
            if Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        true
    }
}

/// Whole lines of a run's journal.
fn lines(run: &Path) -> usize {
    let text = fs::read(run.join("journal.jsonl")).unwrap_or_default();
    text.iter().filter(|byte| **byte == b'\n').count()
}

fn facts(run: &Path) -> Vec<Value> {
    let text = fs::read_to_string(run.join("journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The first line: what was to be done.
fn head(run: &Path) -> Option<String> {
    let text = fs::read_to_string(run.join("journal.jsonl")).ok()?;
    text.split_inclusive('\n').next().filter(|line| line.ends_with('\n')).map(str::to_owned)
}

/// Kills a run so long after its start, or hears that it ended before.
fn kill_after(run: &mut Child, wait: Duration) -> Option<ExitStatus> {
    let began = Instant::now();
    while began.elapsed() < wait {
        if let Some(status) = run.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    None
}

/// Lets the journal have so many lines and then no room for another: the next is cut short
/// somewhere. The run ends by itself.
fn fill_after(place: &Place, run: &mut Child, count: usize) -> ExitStatus {
    let journal = || place.run().map(|run| (lines(&run), run.join("journal.jsonl")));
    while journal().is_none_or(|(lines, _)| lines < count) {
        if let Some(status) = run.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let size = fs::metadata(journal().unwrap().1).unwrap().len();
    let limit = Some(size + 1 + 37 * count as u64);
    let limit = rustix::process::Rlimit { current: limit, maximum: None };
    let pid = rustix::process::Pid::from_child(run);
    // Where it has just ended there is nothing to limit.
    let _ = rustix::process::prlimit(Some(pid), rustix::process::Resource::Fsize, limit);
    run.wait().unwrap()
}

/// Kills a run at the given moments, one after the other, each time it goes on; lets it end, and
/// looks at what is there. Gives how often it really was killed.
fn survives(place: &Place, moments: &[Duration], jobs: usize) -> u32 {
    let mut killed = 0;
    let mut first: Option<String> = None;
    for moment in moments {
        let mut child = place.go_on();
        killed += u32::from(kill_after(&mut child, *moment).is_none());
        assert!(place.is_quiet(), "processes are left after {moment:?}");
        let now = place.run().and_then(|run| head(&run));
        if first.is_some() {
            assert_eq!(now, first, "the plan changed");
        }
        first = now;
    }
    ends_well(place, first, jobs);
    killed
}

/// Lets a run end, and looks at what is there; `first` is the head that it began with, if it did.
fn ends_well(place: &Place, first: Option<String>, jobs: usize) {
    let ended = place.go_on().wait().unwrap();
    assert_eq!(ended.code(), Some(0), "{}", place.said());
    let run = place.run().unwrap();
    let facts = facts(&run);
    if first.is_some() {
        assert_eq!(head(&run), first, "the plan changed");
    }
    let of = |fact: &str| facts.iter().filter(|it| it["fact"] == fact).collect::<Vec<_>>();
    let names: Vec<String> = of("job")
        .iter()
        .map(|it| {
            let name = ["case", "job", "iteration"].map(|key| it["data"][key].to_string());
            // States may be primed more than once: each draw is another.
            let draw = (name[2] == "0").then(|| it["data"]["state"].to_string());
            [name.join(" "), draw.unwrap_or_default()].join(" ")
        })
        .collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), jobs, "lost: {names:#?}");
    // Twice is only what was disturbed, as a calibration load before it says.
    let block = |it: &Value| [it["data"]["job"].to_string(), it["data"]["iteration"].to_string()];
    let probed: BTreeSet<[String; 2]> =
        of("job").iter().filter(|it| !it["data"]["probe"].is_null()).map(|it| block(it)).collect();
    for (place, job) in of("job").iter().enumerate() {
        let is_again = names[..place].contains(&names[place]);
        assert!(!is_again || probed.contains(&block(job)), "twice: {names:#?}");
    }
    are_whole(&of("job"));
    let positions: Vec<u64> =
        of("job").iter().map(|it| it["data"]["position"].as_u64().unwrap()).collect();
    assert!(positions.iter().copied().eq(0..names.len() as u64), "{positions:?}");
    assert_eq!((of("run").len(), facts.last().unwrap()["fact"].as_str()), (1, Some("end")));
    for job in of("job") {
        let data = &job["data"];
        assert_eq!(data["failure"], Value::Null, "{data}");
        // A state that was made again is the one that was lost.
        if data["case"].as_str().unwrap().ends_with("persistent-target") {
            let fresh = data["units"].as_array().unwrap().iter().all(|unit| unit["fresh"] == true);
            assert_eq!(fresh, data["job"] == "unchanged", "{data}");
        }
    }
    for name in ["run.json", "summary.json"] {
        let text = fs::read_to_string(run.join(name)).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(value.is_object());
    }
    assert!(fs::read_to_string(run.join("report.html")).unwrap().trim_end().ends_with("</html>"));
    let left = fs::read_dir(place.scratch()).unwrap().map(|it| it.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), [".lukewarm-scratch"], "scratch is left behind");
}

/// A block that was measured again has in its second attempt every case of its first, and no third.
fn are_whole(jobs: &[&Value]) {
    let mut blocks: BTreeMap<[String; 2], [BTreeSet<String>; 2]> = BTreeMap::new();
    for job in jobs.iter().filter(|it| it["data"]["iteration"] != 0) {
        let block = ["iteration", "job"].map(|key| job["data"][key].to_string());
        let attempt = job["data"]["repeat"].as_u64().unwrap_or(0) as usize;
        let is_new =
            blocks.entry(block).or_default()[attempt].insert(job["data"]["case"].to_string());
        assert!(is_new, "a case twice in one attempt: {job}");
    }
    for (block, [first, again]) in &blocks {
        assert!(again.is_empty() || again == first, "{block:?}: {first:?} and {again:?}");
    }
    let again = blocks.values().filter(|[_, again]| !again.is_empty()).count();
    assert!(5 * again <= blocks.len(), "{again} of {} blocks were measured again", blocks.len());
}

/// Random moments below a duration; the seed is the number of the trial.
fn moments(trial: u32, count: usize, below: Duration) -> Vec<Duration> {
    let mut state = u64::from(trial).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        // xorshift64 (Marsaglia 2003): good enough to choose moments.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count).map(|_| below.mul_f64(next())).collect()
}

#[test]
fn a_run_survives_a_kill_at_any_of_a_hundred_moments() {
    let rest = ["--story", "short", "-n", "2"];
    let jobs = 2 + 2 * 2 * 2;
    let began = Instant::now();
    survives(&Place::with_scripts(&rest), &[], jobs);
    let whole = began.elapsed();
    let (trial, killed) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while killed.load(Ordering::Relaxed) < 100 {
                    let trial = trial.fetch_add(1, Ordering::Relaxed);
                    assert!(trial < 200, "runs end before they are killed");
                    let place = Place::with_scripts(&rest);
                    let times = survives(&place, &moments(trial, 3, whole), jobs);
                    killed.fetch_add(times, Ordering::Relaxed);
                }
            });
        }
    });
}

#[test]
fn a_run_goes_on_after_the_disk_was_full_at_any_line() {
    let rest = ["--story", "short", "-n", "2"];
    let jobs = 2 + 2 * 2 * 2;
    let mut cut_after = BTreeSet::new();
    for count in 1..=jobs {
        let place = Place::with_scripts(&rest);
        let mut first = None;
        // Full behind so many lines; and, when it goes on, once more three lines later.
        for count in [count, count + 3] {
            let mut child = place.go_on();
            if fill_after(&place, &mut child, count).code() == Some(4) {
                assert!(place.said().contains("File too large"), "{}", place.said());
                cut_after.insert(lines(&place.run().unwrap()));
            }
            let now = place.run().and_then(|run| head(&run));
            assert!(first.is_none() || now == first, "the plan changed");
            first = now;
        }
        ends_well(&place, first, jobs);
        let names = fs::read_dir(place.run().unwrap()).unwrap();
        let left: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with('.'))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
    assert!(cut_after.len() >= 8, "the disk was full at few lines: {cut_after:?}");
}

/// A quota that pushes entries out makes states a matter of chance: one is drawn before
/// iterations 1, 3 and 5, and one more wherever the run went on.
#[test]
fn a_run_with_chance_in_its_states_survives_kills_and_numbers_its_draws() {
    let case = "actions-cache+quota=100B";
    let rest = ["--story", "short", "-n", "6", "--prime-every", "2"];
    // A first pass and iterations of both, and two passes that prime the one anew.
    let jobs = 2 + 6 * 2 * 2 + 2;
    for trial in 0..3 {
        let place = Place::of_scenarios(&["none", case], &rest);
        survives(&place, &moments(trial, 3, Duration::from_secs(6)), jobs);
        let run = place.run().unwrap();
        let mut drawn = Vec::new();
        for fact in facts(&run).iter().filter(|it| it["fact"] == "job") {
            let data = &fact["data"];
            let state = data["state"].as_u64().unwrap_or(0);
            if data["case"] != format!("fake/{case}") {
                continue;
            }
            match (data["iteration"].as_u64().unwrap(), data["job"].as_str().unwrap()) {
                (0, "cold") => {
                    assert!(drawn.last().is_none_or(|last| *last < state), "{data}");
                    drawn.push(state);
                }
                (_, "cold") => assert_eq!(state, 0, "it starts from nothing: {data}"),
                (_, _) => {
                    assert!(drawn.last().is_some_and(|last| *last <= state), "{data}");
                    // Where the run went on the state was made again, and is another.
                    drawn.push(state);
                }
            }
        }
        let distinct: BTreeSet<u64> = drawn.into_iter().collect();
        assert!(distinct.len() >= 3, "{distinct:?}");
        let counting: BTreeMap<u64, u64> = facts(&run)
            .iter()
            .filter(|it| it["fact"] == "job")
            .map(|it| &it["data"])
            .filter(|it| it["case"] == format!("fake/{case}") && it["job"] == "unchanged")
            .map(|it| (it["iteration"].as_u64().unwrap(), it["state"].as_u64().unwrap_or(0)))
            .collect();
        assert_eq!(counting.len(), 6, "each iteration counts once");
        let counting: BTreeSet<u64> = counting.into_values().collect();
        let text = fs::read_to_string(run.join("summary.json")).unwrap();
        let summary: Value = serde_json::from_str(&text).unwrap();
        let rows = summary["rows"].as_array().unwrap();
        let states = |job: &str| {
            let row =
                rows.iter().find(|it| it["case"] == format!("fake/{case}") && it["job"] == job);
            row.unwrap()["states"].clone()
        };
        // A block that was disturbed counts as it was measured again: from the last draw.
        assert_eq!(states("unchanged").as_u64(), Some(counting.len() as u64), "{counting:?}");
        assert_eq!(states("cold"), Value::Null);
    }
}

#[test]
fn a_real_run_survives_five_kills() {
    let words = ["run", "none", "persistent-target", "-w", "tiny", "--story", "short", "-n", "2"];
    let jobs = 2 + 2 * 2 * 2;
    let place = Place::new(&words);
    let moments: Vec<Duration> = [1.5, 2.5, 3.5, 4.5, 5.5].map(Duration::from_secs_f64).to_vec();
    assert!(survives(&place, &moments, jobs) >= 3, "{}", place.said());
}

#[test]
fn a_run_that_ended_is_only_reported_again() {
    let place = Place::with_scripts(&["--story", "short", "-n", "1"]);
    assert_eq!(place.go_on().wait().unwrap().code(), Some(0));
    let run = place.run().unwrap();
    let before = fs::read(run.join("journal.jsonl")).unwrap();
    fs::remove_file(run.join("report.html")).unwrap();
    assert_eq!(place.go_on().wait().unwrap().code(), Some(0), "{}", place.said());
    assert!(place.said().contains("nothing is left to be measured"), "{}", place.said());
    assert_eq!(fs::read(run.join("journal.jsonl")).unwrap(), before);
    assert!(run.join("report.html").exists());
}

#[test]
fn another_machine_or_toolchain_or_source_is_refused_by_name() {
    let place = Place::with_scripts(&["--story", "short", "-n", "2"]);
    let mut child = place.go_on();
    while place.run().is_none_or(|run| lines(&run) < 4) {
        assert!(child.try_wait().unwrap().is_none(), "{}", place.said());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let root = place.folder.path();
    let rustc = root.join("sysroot/bin/rustc");
    let text = fs::read_to_string(&rustc).unwrap();
    fs::write(&rustc, text.replace("1.99.0", "1.98.0")).unwrap();
    fs::write(root.join("fake/src/lib.rs"), "// something\n").unwrap();
    let journal = place.run().unwrap().join("journal.jsonl");
    // As an earlier lukewarm wrote it, or the edit would be noticed.
    let bare = |line: &str| format!("{}}}\n", line.rsplit_once(",\"sum\":").unwrap().0);
    let record: String = fs::read_to_string(&journal).unwrap().lines().map(bare).collect();
    let record = record.replacen("\"cores\":", "\"cores\":1", 1);
    fs::write(&journal, record.replacen("\"executable\":\"", "\"executable\":\"other", 1)).unwrap();
    assert_eq!(place.go_on().wait().unwrap().code(), Some(4));
    let said = place.said();
    for part in [
        "cannot be resumed",
        "number of cores was 1",
        "executable of lukewarm was SHA-256 other",
        "toolchain of fake was rustc 1.99.0 (fake), cargo 1.99.0 (fake) and is rustc 1.98.0",
        "content of workspace fake was SHA-256 ",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}
