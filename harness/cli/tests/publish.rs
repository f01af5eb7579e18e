//! What `results/published` is made with: only what ended by its plan on a quiet machine goes
//! there, or what has a reason, which then stands beside every figure.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod made;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use lukewarm_model::{EnoughReason, MachinePace, QuietMachine, RunEnd, Seconds, TimeSpent};
use lukewarm_record::Writer;
use made::{run, slower, unchanged};

/// A place with a root of its own, and one run.
struct Place {
    folder: tempfile::TempDir,
    run: PathBuf,
}

impl Place {
    /// A run that ended so, with this median of its probes over that of the quiet machine.
    fn new(stopped: Option<&str>, times: Option<f64>) -> Place {
        let folder = tempfile::Builder::new().prefix("root with a space").tempdir().unwrap();
        for name in ["scenarios", "sample-workspaces", "results"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let change = if times > Some(1.15) { slower } else { unchanged };
        let run = run(&folder.path().join("results"), "one", change);
        let quiet = |_| QuietMachine {
            wall: Seconds(0.4),
            measured: "2026-11-27T03:00:00Z".parse().unwrap(),
        };
        let machine = MachinePace {
            probe: Seconds(0.4 * times.unwrap_or(1.0)),
            probes: 9,
            quiet: times.map(quiet),
        };
        let end = RunEnd {
            ended: "2026-11-27T04:00:00Z".parse().unwrap(),
            stopped: stopped.map(|it| it.to_owned().into()),
            enough: Some(EnoughReason::Decided { iterations: 12 }),
            time: TimeSpent::default(),
            warnings: Vec::new(),
            machine: Some(machine),
            published: None,
        };
        Writer::resume(&run).unwrap().end(&end).unwrap();
        Place { folder, run }
    }

    fn report(&self, run: &Path, rest: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
        let output = command
            .args(["report", "--root"])
            .arg(self.folder.path())
            .arg(run)
            .args(rest)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].map(|it| String::from_utf8(it).unwrap());
        (output.status.code().unwrap(), said.concat())
    }

    fn publish(&self, rest: &[&str]) -> (i32, String) {
        self.report(&self.run, &[&["--publish", "cli"], rest].concat())
    }

    fn published(&self) -> PathBuf {
        self.folder.path().join("results/published/cli")
    }

    /// Nothing was published, nor begun to be.
    fn is_empty(&self) -> bool {
        let entries = fs::read_dir(self.folder.path().join("results/published"));
        entries.map_or(0, Iterator::count) == 0
    }
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_quiet_run_is_published_whole_and_made_again_byte_for_byte() {
    let place = Place::new(None, Some(1.1));
    let before = fs::read(place.run.join("journal.jsonl")).unwrap();
    let (code, said) = place.publish(&[]);
    assert!(code != 4 && said.contains("published: "), "{said}");
    assert!(!said.contains("The machine was slow"), "{said}");
    assert_eq!(fs::read(place.run.join("journal.jsonl")).unwrap(), before, "the run stays");
    let published = place.published();
    let told: serde_json::Value = serde_json::from_str(&text(&published, "run.json")).unwrap();
    assert_eq!(told["machine"]["standard"], "quiet");
    assert_eq!(told["published"]["name"], "cli");
    assert_eq!(told["published"]["reason"], serde_json::Value::Null);
    let page = text(&published, "report.html");
    let (code, again) = place.report(&published, &[]);
    assert!(code != 4, "{again}");
    assert_eq!(text(&published, "report.html"), page);
    // Once is enough.
    let (code, said) = place.publish(&[]);
    assert!(code == 4 && said.contains("exists already: choose another name"), "{said}");
}

#[test]
fn a_slow_run_is_marked_and_refused_unless_there_is_a_reason() {
    let place = Place::new(None, Some(1.6));
    let (code, said) = place.publish(&[]);
    let slow = "The machine was slow: the calibration load took 1.6× as long as when the \
                machine is quiet (limit: 1.15×).";
    let flat = |said: &str| said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code, 4, "{said}");
    assert!(flat(&said).contains(slow), "its headline says so: {said}");
    assert!(said.contains("calibration load took 1.60 times"), "{said}");
    assert!(place.is_empty());
    let (code, said) = place.publish(&["--publish-anyway", "  "]);
    assert!(code == 4 && said.contains("--publish-anyway: give a reason"), "{said}");
    let (_, said) = place.publish(&["--publish-anyway", "no other machine\nhas it."]);
    assert!(said.contains("published: "), "{said}");
    let reason = "Published nevertheless: no other machine has it.";
    let published = place.published();
    for name in ["summary.md", "summary.json", "report.html", "charts/wall-cli.svg"] {
        let text = text(&published, name);
        let drawn = text.matches("no other machine").count();
        assert!(flat(&text).contains(reason) || drawn > 0, "{name} does not say why");
        assert!(text.contains("1.6×"), "{name} does not say how slow");
    }
    let told: serde_json::Value = serde_json::from_str(&text(&published, "run.json")).unwrap();
    assert_eq!(told["machine"]["standard"], "slow");
    assert_eq!(told["published"]["reason"], "no other machine has it.");
}

#[test]
fn a_run_of_an_unknown_machine_is_sent_to_the_doctor() {
    let place = Place::new(None, None);
    let (code, said) = place.publish(&[]);
    assert!(code == 4 && said.contains("run `lukewarm doctor`"), "{said}");
    assert!(place.is_empty());
    let (_, said) = place.publish(&["--publish-anyway", "an old record"]);
    assert!(said.contains("published: "), "{said}");
    let summary = text(&place.published(), "summary.md");
    assert!(summary.contains("It is not known whether the machine was quiet."), "{summary}");
    assert!(summary.contains("Published nevertheless: an old record."), "{summary}");
}

#[test]
fn no_reason_publishes_a_run_that_did_not_end_by_its_plan() {
    let anyway = ["--publish-anyway", "I am in a hurry"];
    let stopped = Place::new(Some("cancelled"), Some(1.0));
    let (code, said) = stopped.publish(&anyway);
    assert!(
        code == 4 && said.contains("stopped before its plan was completed: cancelled"),
        "{said}"
    );
    assert!(stopped.is_empty());
    let cut_off = Place::new(None, Some(1.0));
    let journal = text(&cut_off.run, "journal.jsonl");
    let without_end = journal.trim_end().rsplit_once('\n').unwrap().0;
    fs::write(cut_off.run.join("journal.jsonl"), format!("{without_end}\n")).unwrap();
    let (code, said) = cut_off.publish(&anyway);
    assert!(code == 4 && said.contains("was interrupted"), "{said}");
    assert!(cut_off.is_empty());
}

#[test]
fn a_name_is_one_folder_and_no_path() {
    let place = Place::new(None, Some(1.0));
    for name in ["../cli", "a/b", ".hidden", "", "a b", ".."] {
        let (code, said) = place.report(&place.run, &["--publish", name]);
        assert!(code == 4 && said.contains("a name consists of"), "{name:?}: {said}");
    }
    assert!(place.is_empty());
}
