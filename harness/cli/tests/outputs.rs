//! What jobs made, beside what builds without a cache make: with the real Cargo and the real
//! sccache, on a workspace of the user's and on one whose cache hands out an old library.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// A folder for workspaces and for everything that runs leave.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir_in("/var/tmp").unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs the program, which must end with this code; gives what it said.
    #[track_caller]
    fn lukewarm(&self, words: &[&str], code: i32) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
        command.args(words).current_dir(self.0.path());
        if words[0] == "run" {
            command.arg("--scratch").arg(self.path("scratch"));
            command.arg("--out").arg(self.path("out"));
        }
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        said
    }

    /// A file of the one run that was made.
    fn result(&self, name: &str) -> Value {
        let run = fs::read_dir(self.path("out")).unwrap().next().unwrap().unwrap();
        serde_json::from_slice(&fs::read(run.path().join(name)).unwrap()).unwrap()
    }
}

/// A copy of the sample `tiny` as any workspace of a user's: without what samples say of
/// themselves.
fn foreign_tiny(place: &Place) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-workspaces/tiny");
    let folder = place.path("theirs");
    copy(&from, &folder);
    fs::remove_dir_all(folder.join("mutations")).unwrap();
    fs::remove_file(folder.join("workspace.toml")).unwrap();
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

#[test]
fn a_users_workspace_has_the_verdicts_of_a_sample() {
    let place = Place::new();
    let folder = foreign_tiny(&place).display().to_string();
    let scenarios = ["run", "none", "persistent-target", "sccache-local"];
    let said = place.lukewarm(&[&scenarios[..], &["--workspace", &folder, "-n", "2"]].concat(), 0);
    let run = place.result("run.json");
    let verdicts = run["verdicts"].as_array().unwrap();
    assert!(verdicts.len() >= 24, "{said}");
    for job in verdicts {
        assert_eq!(job["verdict"], "valid", "{job:#}");
    }
    let summary = place.result("summary.json");
    assert_eq!(summary["doubts"], Value::Array(Vec::new()));
    for row in summary["rows"].as_array().unwrap() {
        assert_eq!(row["comparison"].is_object(), row["scenario"] != "none", "{row:#}");
    }
    let of = |scenario: &str, job: &str| {
        let rows = summary["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["scenario"] == scenario && row["job"] == job);
        row.unwrap()["comparison"]["verdict"].clone()
    };
    assert_eq!(of("persistent-target", "unchanged"), "clearly-faster", "{said}");
    // Most jobs with a cache have a build that their outputs could be compared with; for the others
    // no time was left.
    let outputs = &summary["outputs"];
    let count = |key: &str| outputs[key].as_u64().unwrap();
    assert_eq!((count("wrong"), count("unproven"), count("as_own")), (0, 0, 0), "{outputs:#}");
    assert_eq!(count("as_uncached") + count("not_compared"), count("jobs"), "{outputs:#}");
    assert!(2 * count("as_uncached") > count("jobs"), "{outputs:#}");
    assert!(in_one_line(&said).contains("jobs that could use a cache were compared"), "{said}");
}

const MACRO: &str = r#"use proc_macro::TokenStream;
#[proc_macro]
pub fn baked(_: TokenStream) -> TokenStream {
    let text = std::env::var("BAKED").unwrap_or_default();
    format!("{text:?}").parse().unwrap()
}
"#;
const SCRIPT: &str = r#"fn main() {
    println!("cargo:rustc-env=BAKED=one");
}
"#;
const PATCH: &str = r#"--- a/user/build.rs
+++ b/user/build.rs
@@ -1,3 +1,3 @@
 fn main() {
-    println!("cargo:rustc-env=BAKED=one");
+    println!("cargo:rustc-env=BAKED=@TOKEN@");
 }
"#;
const LOCK: &str = r#"version = 4

[[package]]
name = "baked"
version = "0.1.0"

[[package]]
name = "program"
version = "0.1.0"
dependencies = [
 "user",
]

[[package]]
name = "user"
version = "0.1.0"
dependencies = [
 "baked",
]
"#;
const ABOUT: &str = r#"title = "t"
essay = "e"

[[mutation]]
kind = "build-script"
package = "user"
patch = "bake.patch"
"#;

/// A library whose text comes from its build script through a macro: no part of what sccache makes
/// its key of, so that the changed library is answered with the old one.
fn write_stale(place: &Place) {
    let folder = "own/sample-workspaces/stale";
    let write = |name: &str, text: &str| place.write(&format!("{folder}/{name}"), text);
    let package = |name: &str, rest: &str| {
        let head =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        write(&format!("{name}/Cargo.toml"), &(head + rest));
    };
    let members = r#"members = ["baked", "user", "program"]"#;
    write("Cargo.toml", &format!("[workspace]\n{members}\nresolver = \"2\"\n"));
    package("baked", "[lib]\nproc-macro = true\n");
    package("user", "build = \"build.rs\"\n[dependencies]\nbaked = { path = \"../baked\" }\n");
    package("program", "[dependencies]\nuser = { path = \"../user\" }\n");
    write("baked/src/lib.rs", MACRO);
    write("user/build.rs", SCRIPT);
    write("user/src/lib.rs", "pub fn text() -> &'static str {\n    baked::baked!()\n}\n");
    write("program/src/main.rs", "fn main() {\n    println!(\"{}\", user::text());\n}\n");
    write("Cargo.lock", LOCK);
    write("workspace.toml", ABOUT);
    write("bake.patch", PATCH);
}

#[test]
fn a_cache_that_hands_out_an_old_library_makes_its_job_wrong() {
    let place = Place::new();
    write_stale(&place);
    let words = ["run", "none", "sccache-local", "--root", "own", "--workspace", "stale"];
    let said = place.lukewarm(&[&words[..], &["--story", "build-script", "-n", "1"]].concat(), 1);
    let run = place.result("run.json");
    for job in run["verdicts"].as_array().unwrap() {
        let is_stale = job["case"] == "stale/sccache-local" && job["job"] == "build-script";
        assert_eq!(job["verdict"], if is_stale { "wrong" } else { "valid" }, "{job:#}");
    }
    let wanted = "WRONG OUTPUT of stale/sccache-local in build-script";
    let told = in_one_line(&said);
    assert!(told.contains(wanted) && told.contains("libuser-"), "{said}");
    let summary = place.result("summary.json");
    let outputs = &summary["outputs"];
    assert!(outputs["wrong"].as_u64().unwrap() >= 1, "{outputs:#}");
    assert_eq!(outputs["wrong"], outputs["jobs"], "each that could use the cache did: {outputs:#}");
    // Before a cache is accused, the reference was built more than once from these sources.
    assert!(outputs["builds"].as_u64().unwrap() >= 2, "{outputs:#}");
    let report = place.lukewarm(&["report", &newest(&place.path("out")), "--format", "json"], 1);
    assert!(report.contains("\"wrong\""), "{report}");
}

/// A text that a terminal may have broken anywhere.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The one run in a folder.
fn newest(results: &Path) -> String {
    let entry = fs::read_dir(results).unwrap().next().unwrap().unwrap();
    entry.path().display().to_string()
}
