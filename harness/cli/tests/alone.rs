//! The program alone: a copy of it in an empty folder, with an empty home and without the checkout,
//! does what it does in the checkout. Where the system lets a user do so, the checkout is hidden
//! behind an empty file system, in a user and mount namespace of `unshare`'s.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "the program is started as its users do")]
#![expect(clippy::print_stderr, reason = "a test says what it could not hide")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Hides `$1` and becomes the rest of the words.
const HIDE: &str = "mount -t tmpfs none \"$1\" && shift && exec \"$@\"";

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// An empty folder beside an empty home, and a copy of the program.
struct Alone {
    place: TempDir,
    hides: bool,
}

impl Alone {
    fn new() -> Alone {
        let place = tempfile::tempdir().unwrap();
        for folder in ["home", "here"] {
            fs::create_dir(place.path().join(folder)).unwrap();
        }
        fs::copy(env!("CARGO_BIN_EXE_lukewarm"), place.path().join("lukewarm")).unwrap();
        let mut alone = Alone { place, hides: true };
        let gone = alone.program("/bin/ls", &[&checkout().display().to_string()]).output();
        alone.hides = gone.is_ok_and(|gone| gone.status.success() && gone.stdout.is_empty());
        if !alone.hides {
            eprintln!("no user namespace: the checkout is there, and only nothing names it");
        }
        alone
    }

    fn here(&self) -> PathBuf {
        self.place.path().join("here")
    }

    /// A program in the empty folder, with nothing but the toolchain in its environment.
    fn program(&self, program: &str, words: &[&str]) -> Command {
        let mut command = match self.hides {
            true => {
                let mut command = Command::new("unshare");
                command.args(["--user", "--map-root-user", "--mount", "sh", "-c", HIDE, "sh"]);
                command.arg(checkout()).arg(program);
                command
            }
            false => Command::new(program),
        };
        let path = std::env::var_os("PATH").unwrap();
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let rustup = std::env::var_os("RUSTUP_HOME").unwrap_or(home.join(".rustup").into());
        command.args(words).current_dir(self.here()).env_clear();
        command.env("PATH", path).env("HOME", self.place.path().join("home"));
        command.env("RUSTUP_HOME", rustup);
        command
    }

    fn lukewarm(&self, words: &[&str]) -> Command {
        self.program(&self.place.path().join("lukewarm").display().to_string(), words)
    }

    /// What a command that ends well prints, and what it says beside.
    #[track_caller]
    fn printed(&self, words: &[&str]) -> (String, String) {
        let Output { status, stdout, stderr } = self.lukewarm(words).output().unwrap();
        let said = String::from_utf8_lossy(&stderr).into_owned();
        assert!(status.success(), "{words:?}: {said}");
        (String::from_utf8(stdout).unwrap(), said)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.here().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn what_it_brings_is_listed_checked_and_described() {
    let alone = Alone::new();
    let (list, _) = alone.printed(&["list"]);
    for name in ["sccache-webdav", "tiny", "github-hosted", "branches", "c1"] {
        assert!(list.contains(&format!("  {name} ")), "{name} is not in\n{list}");
    }
    let scratch = alone.place.path().join("scratch").display().to_string();
    let (plan, _) = alone.printed(&["check", "none", "-w", "tiny", "--scratch", &scratch]);
    let folder = format!("workspace:  tiny ({scratch}/definitions-");
    assert!(plan.starts_with(&folder), "{plan}");
    assert!(!Path::new(&scratch).exists(), "`check` leaves nothing");
    let (schema, _) = alone.printed(&["schema", "scenario"]);
    assert!(schema.contains("^(none|"), "{schema}");
    assert!(fs::read_dir(alone.here()).unwrap().next().is_none());
}

#[test]
fn it_measures_its_own_samples_and_keeps_the_results_where_it_was_called() {
    let alone = Alone::new();
    let scratch = alone.place.path().join("scratch").display().to_string();
    let words = ["run", "none", "--workspace", "tiny", "--story", "short", "--quick"];
    let (table, said) = alone.printed(&[&words[..], &["--scratch", &scratch]].concat());
    assert!(table.contains("none"), "{table}{said}");
    let results = alone.here().join("lukewarm-results");
    let runs: Vec<PathBuf> =
        fs::read_dir(&results).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert!(runs[0].join("report.html").is_file());
    let journal = fs::read_to_string(runs[0].join("journal.jsonl")).unwrap();
    assert!(journal.contains(r#""folder":"sample-workspaces/tiny""#), "no place of this machine");
    // What is found by its name is found there too.
    let name = runs[0].file_name().unwrap().to_str().unwrap();
    let (json, _) = alone.printed(&["report", name, "--format", "json"]);
    assert!(json.contains("tiny/none"), "{json}");
}

#[test]
fn a_service_starts() {
    let alone = Alone::new();
    let words = ["serve", "webdav", "--network", "slow"];
    let mut serve = alone.lukewarm(&words).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(serve.stdout.take().unwrap()).lines();
    let told: Vec<String> = lines.map(Result::unwrap).collect();
    let pid = rustix::process::Pid::from_child(&serve);
    // An interrupt is ignored where the tests themselves run in the background of a script.
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(
        told.iter().any(|line| line.starts_with("SCCACHE_WEBDAV_ENDPOINT=http://")),
        "{told:?}"
    );
    assert!(serve.wait().unwrap().success());
}

#[test]
fn files_of_ones_own_come_on_top_and_that_is_said() {
    let alone = Alone::new();
    let mine = "title = 'Without any cache, my way'\nessay = 'e'\ntool = 'none'\n";
    alone.write("lukewarm/scenarios/none.toml", mine);
    alone.write(
        "lukewarm/scenarios/networks/attic.toml",
        "title = 't'\nessay = 'e'\nsource = 's'\n",
    );
    let (list, said) = alone.printed(&["list"]);
    assert!(list.contains("Without any cache, my way") && list.contains("  attic "), "{list}");
    assert!(list.contains("  sccache-webdav "), "{list}");
    let wanted = "scenario `none` is that of lukewarm/scenarios/none.toml";
    assert!(said.contains(wanted), "{said}");
    assert!(!said.contains("attic"), "what is new replaces nothing: {said}");
    assert!(!alone.printed(&["list", "--quiet"]).1.contains(wanted));
    // Another folder by its name takes the place of `lukewarm/`.
    alone.write("other/scenarios/networks/cellar.toml", "title = 't'\nessay = 'e'\nsource = 's'\n");
    let (list, _) = alone.printed(&["list", "--root", "other"]);
    assert!(list.contains("  cellar ") && !list.contains("my way"), "{list}");
    alone.write("empty/README.md", "");
    let output = alone.lukewarm(&["list", "--root", "empty"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("--root empty: neither `scenarios` nor `sample-workspaces`"), "{said}");
}
