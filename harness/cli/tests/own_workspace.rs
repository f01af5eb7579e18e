//! The user's own Cargo workspace: measured where it is the current one, by its commands, with its
//! variables and its `lukewarm.toml`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "the program is started as its users do")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const SETTINGS: &str = "commands = ['cargo build --workspace', 'cargo check --all-targets']\n\
                        scenarios = ['none', 'persistent-target']\n\
                        story = 'short'\n\
                        [env]\nCI_COMMIT = 'abc123'\n\
                        [verify]\nbin = 'app'\nstdout-contains = 'app at abc123'\n";

/// A workspace of one package, whose build script needs a variable, beside an empty home.
struct Own(TempDir);

impl Own {
    fn new() -> Own {
        let own = Own(tempfile::tempdir_in("/var/tmp").unwrap());
        for folder in ["home", "empty"] {
            fs::create_dir(own.path(folder)).unwrap();
        }
        let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
        own.write("app/Cargo.toml", manifest);
        own.write("app/src/lib.rs", "pub fn at() -> &'static str {\n    env!(\"AT\")\n}\n");
        own.write("app/src/main.rs", "fn main() {\n    println!(\"app at {}\", app::at());\n}\n");
        let script = r#"fn main() {
            let at = std::env::var("CI_COMMIT").expect("no commit");
            let token = std::env::var("API_TOKEN").unwrap_or_default();
            println!("cargo::rustc-env=AT={at}");
            println!("cargo::warning=token {token}");
        }"#;
        own.write("app/build.rs", script);
        own
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The program in a folder, with nothing but the toolchain in its environment.
    fn lukewarm(&self, folder: &Path, words: &[&str]) -> Output {
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let rustup = std::env::var_os("RUSTUP_HOME").unwrap_or(home.join(".rustup").into());
        let mut program = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
        program.args(words).current_dir(folder).env_clear();
        program.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.path("home"));
        program.env("RUSTUP_HOME", rustup).env("API_TOKEN", "hunter2-from-outside");
        program.output().unwrap()
    }

    /// What a command that ends well prints, and what it says beside.
    #[track_caller]
    fn printed(&self, folder: &str, words: &[&str]) -> (String, String) {
        let Output { status, stdout, stderr } = self.lukewarm(&self.path(folder), words);
        let said = String::from_utf8_lossy(&stderr).into_owned();
        assert!(status.success(), "{words:?}: {said}");
        (String::from_utf8(stdout).unwrap(), said)
    }

    #[track_caller]
    fn refused(&self, folder: &str, words: &[&str]) -> String {
        let Output { status, stderr, .. } = self.lukewarm(&self.path(folder), words);
        let said = String::from_utf8_lossy(&stderr).into_owned();
        assert_eq!(status.code(), Some(4), "{words:?}: {said}");
        said
    }
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[test]
fn the_workspace_around_the_current_folder_is_what_is_measured() {
    let own = Own::new();
    let folder = own.path("app").canonicalize().unwrap();
    let wanted = format!("workspace:  app ({})\n", folder.display());
    for inside in ["app", "app/src"] {
        let (plan, _) = own.printed(inside, &["check"]);
        assert!(plan.starts_with(&wanted), "{plan}");
    }
    // Elsewhere, in our own checkout and where one is named, samples are.
    let (samples, _) = own.printed("empty", &["check"]);
    assert!(samples.starts_with("workspace:  cli ("), "{samples}");
    let ours = own.lukewarm(&checkout().join("harness"), &["check"]);
    assert!(String::from_utf8_lossy(&ours.stdout).starts_with("workspace:  cli ("), "{ours:?}");
    let (named, _) = own.printed("app", &["check", "--workspace", "tiny"]);
    assert!(named.starts_with("workspace:  tiny ("), "{named}");
}

#[test]
fn a_comparison_of_versions_takes_the_scenarios_of_the_settings() {
    let own = Own::new();
    own.write("app/lukewarm.toml", SETTINGS);
    let said = own.refused("app", &["compare", "--against", "sccache@0.10.0"]);
    assert!(said.contains("select a scenario that uses sccache"), "{said}");
}

#[test]
fn what_is_said_comes_before_the_settings_and_those_before_the_preset() {
    let own = Own::new();
    own.write("app/lukewarm.toml", SETTINGS);
    let (plan, said) = own.printed("app", &["check"]);
    for line in [
        "command:    cargo build --workspace",
        "command:    cargo check --all-targets",
        "variable:   CI_COMMIT: abc123",
        "scenario:   persistent-target: ",
    ] {
        assert!(plan.contains(line), "{line} is not in\n{plan}");
    }
    assert!(plan.contains("settings:   ") && said.contains("lukewarm.toml are used"), "{said}");
    assert!(own.printed("app", &["list"]).1.contains("lukewarm.toml are used"));
    let words = ["check", "none", "--env", "CI_COMMIT=other", "--env", "API_TOKEN", "--", "test"];
    let (plan, said) = own.printed("app", &words);
    assert!(plan.contains("command:    cargo test\n") && !plan.contains("persistent"), "{plan}");
    assert!(plan.contains("variable:   CI_COMMIT: other\n"), "{plan}");
    assert!(plan.contains("variable:   API_TOKEN: (not recorded)\n"), "{plan}");
    assert!(!plan.contains("hunter2") && !said.contains("hunter2"), "{plan}{said}");
}

#[test]
fn what_cannot_be_measured_is_refused_before_anything_is_done() {
    let own = Own::new();
    for (words, part) in [
        (&["run", "--", "cargo", "publish"][..], "`cargo publish` cannot be measured"),
        (&["run", "--command", "cargo build --target-dir x"], "`--target-dir`: each job has"),
        (&["run", "--command", "cargo 'test"], "a quote is not closed"),
        (&["run", "--env", "RUSTC_WRAPPER=x"], "`RUSTC_WRAPPER` cannot be given"),
        (&["run", "--env", "NOWHERE"], "`NOWHERE` is not set here"),
        (&["run", "--env-file", "none.env"], "none.env: cannot be read"),
        (&["run", "none", "--", "cargo", "+no-such-toolchain", "check"], "is not installed"),
        (&["run", "none", "--", "cargo", "nextest", "run"], "cargo-nextest is not on PATH"),
        (&["run", "--cargo-profile", "ci", "--", "build", "-r"], "names the profile `release`"),
    ] {
        // Where nextest is installed it is not missed.
        let path = std::env::var_os("PATH").unwrap();
        let is_there = |folder: PathBuf| folder.join("cargo-nextest").is_file();
        if words.contains(&"nextest") && std::env::split_paths(&path).any(is_there) {
            continue;
        }
        let scratch = own.path("scratch").display().to_string();
        let out = own.path("out").display().to_string();
        let places = ["--scratch", &scratch, "--out", &out];
        let words = [&words[..1], &places, &words[1..]].concat();
        let said = own.refused("app", &words);
        assert!(said.contains(part), "{words:?}: {said}");
    }
    let both = own.lukewarm(&own.path("app"), &["run", "--command", "cargo test", "--", "check"]);
    assert_eq!(both.status.code(), Some(4), "{both:?}");
    assert!(!own.path("out").exists() || fs::read_dir(own.path("out")).unwrap().next().is_none());
}

#[test]
fn a_run_is_valid_by_its_own_program_and_no_secret_is_in_what_it_leaves() {
    let own = Own::new();
    own.write("app/lukewarm.toml", SETTINGS);
    let scratch = own.path("scratch").display().to_string();
    let words = ["run", "-n", "1", "--scratch", &scratch];
    let secrets = ["--env", "API_TOKEN", "--env", "DB=postgres://me:hunter2-in-a-url@host/db"];
    own.printed("app", &[&words[..], &secrets].concat());
    let results = own.path("app/lukewarm-results");
    let run = fs::read_dir(&results).unwrap().next().unwrap().unwrap().path();
    for entry in walkdir::WalkDir::new(&run).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let content = fs::read(entry.path()).unwrap();
            let text = String::from_utf8_lossy(&content);
            assert!(!text.contains("hunter2"), "{}: {text}", entry.path().display());
        }
    }
    let record = lukewarm_record::read(&run).unwrap();
    assert_eq!(record.run.plan.settings_file.as_deref(), Some("lukewarm.toml"));
    for job in &record.jobs {
        assert_eq!(job.commands.len(), 2, "{job:?}");
        let works = job.checks.iter().find(|check| check.name == "program works").unwrap();
        assert_eq!(works.held, Some(true), "{works:?}");
    }
    let summary = fs::read_to_string(run.join("run.json")).unwrap();
    assert!(summary.contains(r#""valid""#) && !summary.contains("unchecked"), "{summary}");
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("cargo build --workspace; cargo check --all-targets"), "no commands");
    assert!(page.contains("CI_COMMIT=abc123") && page.contains("API_TOKEN (its value"), "no names");
}
