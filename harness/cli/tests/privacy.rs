//! What a run leaves can be published: it names no folder of the user's home.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod scripts;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

struct Place(tempfile::TempDir);

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn lukewarm(&self, path: &str, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_lukewarm"))
            .args(words)
            .arg("--scratch")
            .arg(self.path("scratch"))
            .env("PATH", path)
            .env("HOME", self.path("home-of-somebody"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .output()
            .unwrap()
    }
}

/// Every file below a folder, with its text.
fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => found.extend(texts(&path)),
            false => {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                found.push((path, text));
            }
        }
    }
    found
}

#[test]
fn no_file_of_a_run_names_a_folder_of_the_home_and_it_goes_on_all_the_same() {
    let place = Place(tempfile::tempdir_in("/var/tmp").unwrap());
    let workspace = place.path("home-of-somebody/secret/project");
    scripts::workspace(&workspace);
    let path = scripts::toolchain(place.0.path(), scripts::FAILS);
    let [out, typed] = [place.path("out"), workspace].map(|it| it.display().to_string());
    let words = ["run", "none", "persistent-target", "-w", &typed, "-n", "1", "--out", &out];
    let output = place.lukewarm(&path, &words);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let files = texts(Path::new(&out));
    assert!(files.iter().any(|(file, _)| file.ends_with("report.html")), "{files:?}");
    for (file, text) in &files {
        assert!(!text.contains("home-of-somebody"), "{}: {text}", file.display());
    }
    let journal = files.iter().map(|it| &it.0).find(|it| it.ends_with("journal.jsonl")).unwrap();
    let text = fs::read_to_string(journal).unwrap();
    assert!(text.contains("~/secret/project"), "{text}");
    // Cut off behind its first job, it finds the workspace again.
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    assert!(lines.len() > 4, "{text}");
    fs::write(journal, lines[..2].concat()).unwrap();
    let run = journal.parent().unwrap().display().to_string();
    let output = place.lukewarm(&path, &["run", "--resume", &run]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let again = fs::read_to_string(journal).unwrap();
    assert_eq!(again.lines().count(), lines.len(), "{said}");
    assert!(!again.contains("home-of-somebody"), "{again}");
}
