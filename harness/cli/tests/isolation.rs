//! What a workspace or its user configures for Cargo, and what of it reaches a job; and two sides
//! of a comparison that are the same. With the real Cargo, on crates of a few lines.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

const MANIFEST: &str = "[package]\nname = \"own\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
const LOCK: &str = "version = 4\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";

/// A folder with a workspace, and everything that runs leave.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(tempfile::tempdir_in("/var/tmp").unwrap());
        place.write("own/Cargo.toml", MANIFEST);
        place.write("own/Cargo.lock", LOCK);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs the program over the workspace; gives its exit code and what it said.
    fn lukewarm(&self, words: &[&str], cache: Option<&Path>) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
        command.args(words).arg("--workspace").arg(self.path("own"));
        command.arg("--scratch").arg(self.path("scratch")).arg("--out").arg(self.path("out"));
        command.env("CARGO_REGISTRY_TOKEN", "secret").env("GITHUB_TOKEN", "secret");
        if let Some(cache) = cache {
            command.env("XDG_CACHE_HOME", cache);
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8_lossy(&said).into_owned())
    }

    fn run(&self, words: &[&str]) -> String {
        let cache = self.path("cache");
        self.lukewarm(&[&["run", "none"], words].concat(), Some(&cache)).1
    }

    /// A file of the one run that was made.
    fn result(&self, name: &str) -> String {
        let run = fs::read_dir(self.path("out")).unwrap().next().unwrap().unwrap();
        fs::read_to_string(run.path().join(name)).unwrap()
    }

    /// That every job of the run has a result.
    fn all_built(&self, said: &str) {
        let run: Value = serde_json::from_str(&self.result("run.json")).unwrap();
        let jobs = run["verdicts"].as_array().unwrap();
        assert!(!jobs.is_empty(), "{said}");
        assert!(jobs.iter().all(|job| job["failure"].is_null()), "{said}\n{jobs:#?}");
    }
}

#[test]
fn configured_wrappers_folders_and_incremental_builds_stay_out_and_the_rest_holds() {
    let place = Place::new();
    let (mark, away) = (place.path("wrapped"), place.path("away"));
    let wrapper = place.path("wrapper");
    place
        .write("wrapper", &format!("#!/bin/sh\necho \"$*\" >>'{}'\nexec \"$@\"\n", mark.display()));
    make_program(&wrapper);
    let config = format!(
        "include = ['more.toml']\n\
         [build]\nrustc-wrapper = '{0}'\nrustc-workspace-wrapper = '{0}'\n\
         target-dir = '{1}'\nbuild-dir = '{1}'\nrustflags = ['--cfg', 'wanted']\n\
         [env]\nGREETING = 'hello'\nRUSTC_WRAPPER = '{0}'\n\
         CARGO_TARGET_DIR = {{ value = '{1}', force = true }}\n",
        wrapper.display(),
        away.display()
    );
    place.write("own/.cargo/config.toml", &config);
    place.write("own/.cargo/more.toml", "[profile.dev]\nincremental = true\n");
    place.write(
        "own/src/lib.rs",
        "#[cfg(not(wanted))]\ncompile_error!(\"the flag is gone\");\n\
         pub const GREETING: &str = env!(\"GREETING\");\n",
    );
    place.write(
        "own/build.rs",
        r#"
        use std::{env, fs, path::Path};
        fn main() {
            let home = env::var("HOME").unwrap();
            let left = fs::read_dir(&home).unwrap().count();
            assert_eq!(left, 0, "an earlier job's files are in the home folder");
            fs::write(Path::new(&home).join("warm"), "").unwrap();
            let of = |name: &str| env::var(name).unwrap_or("absent".to_string());
            assert_eq!(of("RUSTC_WRAPPER"), "");
            assert_eq!(of("RUSTC_WORKSPACE_WRAPPER"), "");
            assert_eq!(of("CARGO_INCREMENTAL"), "0");
            assert!(of("CARGO_TARGET_DIR").ends_with("/checkout/target"), "{}", of("CARGO_TARGET_DIR"));
            assert_eq!(of("GITHUB_TOKEN"), "absent");
        }
        "#,
    );
    let said = place.run(&["--story", "short", "-n", "2"]);
    place.all_built(&said);
    assert!(!mark.exists(), "the wrapper ran: {}", fs::read_to_string(&mark).unwrap());
    assert!(!away.exists(), "something was built outside the checkout");
    assert!(said.contains("Cargo configuration of own: overridden: build.build-dir in"), "{said}");
    let run: Value = serde_json::from_str(&place.result("run.json")).unwrap();
    let settings = run["configuration"]["own"].as_array().unwrap();
    let treatment = |key: &str| {
        let setting = settings.iter().find(|it| it["key"] == key).unwrap_or(&Value::Null);
        setting["treatment"].as_str().unwrap_or("absent").to_owned()
    };
    for key in ["build.rustc-wrapper", "build.target-dir", "profile.dev.incremental"] {
        assert_eq!(treatment(key), "overridden", "{key}");
    }
    assert_eq!(
        (treatment("build.rustflags"), treatment("env.GREETING")),
        ("kept".into(), "kept".into())
    );
    for file in ["run.json", "summary.md", "report.html", "journal.jsonl"] {
        let text = place.result(file);
        assert!(text.contains("build.rustc-wrapper"), "{file} does not name it");
        assert!(!text.contains("secret"), "{file}");
    }
}

#[test]
fn a_story_adds_flags_to_those_of_the_workspace_wherever_they_are() {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let texts = [
        "build.rustflags = ['--cfg', 'wanted']".to_owned(),
        "build.rustflags = '--cfg wanted'".to_owned(),
        format!("target.{triple}.rustflags = ['--cfg', 'wanted']"),
        format!("target.{triple}.rustflags = '--cfg wanted'"),
        "target.'cfg(all())'.rustflags = ['--cfg', 'wanted']".to_owned(),
        "target.'cfg(unix)'.rustflags = '--cfg wanted'".to_owned(),
    ];
    for text in texts {
        let place = Place::new();
        let log = place.path("flags");
        place.write("own/.cargo/config.toml", &text);
        let lib = "#[cfg(not(wanted))]\ncompile_error!(\"the flag is gone\");\n";
        place.write("own/src/lib.rs", lib);
        let build = format!(
            "use std::io::Write;\nfn main() {{\n\
             let mut log = std::fs::File::options().create(true).append(true)\
             .open({log:?}).unwrap();\n\
             let flags = std::env::var(\"CARGO_ENCODED_RUSTFLAGS\").unwrap();\n\
             writeln!(log, \"{{}}\", flags.replace('\\x1f', \" \")).unwrap();\n}}\n"
        );
        place.write("own/build.rs", &build);
        let said = place.run(&["--story", "flags", "-n", "1"]);
        place.all_built(&said);
        let log = fs::read_to_string(&log).unwrap();
        let (own, added): (Vec<&str>, Vec<&str>) =
            log.lines().partition(|line| *line == "--cfg wanted");
        assert!(!own.is_empty(), "{text}: {log}");
        assert!(added.len() >= 2, "{text}: {log}");
        let has_both = |line: &&str| line.contains("--cfg wanted") && line.contains("--cfg lw");
        assert!(added.iter().all(has_both), "{text}: {log}");
    }
}

#[test]
fn an_unchanged_repository_is_no_regression_of_itself() {
    let place = Place::new();
    place.write("own/src/lib.rs", "pub fn f() -> String {\n    format!(\"{}\", file!())\n}\n");
    place.write("own/src/main.rs", "fn main() {\n    println!(\"{}\", own::f());\n}\n");
    for words in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "all"],
    ] {
        Command::new("git").args(words).current_dir(place.path("own")).assert().success();
    }
    // What is noise alone is left out; all else repeats to the byte.
    place.write("thresholds.toml", "[tolerance]\nwall = 'off'\n");
    let thresholds = place.path("thresholds.toml").display().to_string();
    let words = ["--against", "git:HEAD", "--story", "short", "-n", "2", "--network", "unlimited"];
    let scenarios = ["--scenario", "sccache-webdav", "--scenario", "sccache-github-actions"];
    let rest = ["--thresholds", &thresholds, "--format", "json"];
    // The tool folder of other tests, which have sccache there.
    let (code, said) =
        place.lukewarm(&[&["compare"], &words[..], &scenarios, &rest].concat(), None);
    assert_eq!(code, 0, "{said}");
    let json = said.find("\n{").map_or(said.as_str(), |at| &said[at..]);
    let mut answers = serde_json::Deserializer::from_str(json).into_iter::<Value>();
    let gate = answers.next().unwrap().unwrap();
    let of = |metric: &str| {
        let changes = gate["changes"].as_array().unwrap().iter();
        let found: Vec<&Value> = changes.filter(|it| it["metric"] == metric).collect();
        assert!(found.len() >= 4, "{metric}: {gate:#}");
        found.iter().all(|it| it["baseline"]["median"] == it["candidate"]["median"])
    };
    for metric in ["stored_bytes", "bytes_up", "bytes_down", "units_hit"] {
        assert!(of(metric), "{metric} differs: {gate:#}");
    }
}

fn make_program(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
