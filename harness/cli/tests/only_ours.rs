//! Only our own is removed or written: a run beside somebody's files, over sources that lead
//! elsewhere, in folders that others could write into, and from a record that was crafted. With a
//! toolchain of scripts.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod scripts;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A place with a workspace of one crate, and a toolchain that builds it.
struct Place {
    folder: tempfile::TempDir,
    path: String,
}

/// How the program ended, and what it said on standard error.
struct Ended {
    code: Option<i32>,
    said: String,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let path = scripts::toolchain(folder.path(), scripts::MOMENT);
        let place = Place { folder, path };
        place.write("ws/Cargo.toml", "");
        place.write("ws/Cargo.lock", "version = 4\n");
        place.write("ws/src/lib.rs", "// nothing\n");
        place
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    fn lukewarm(&self, words: &[&str]) -> Ended {
        self.lukewarm_in("", words)
    }

    /// Runs the program in a folder to its end, which comes soon or it hangs.
    #[expect(clippy::disallowed_methods, reason = "a test is its own front door")]
    fn lukewarm_in(&self, folder: &str, words: &[&str]) -> Ended {
        let said = self.at("said");
        let mut child = Command::new(env!("CARGO_BIN_EXE_lukewarm"))
            .args(words)
            .env("PATH", &self.path)
            .env("XDG_CACHE_HOME", self.at("cache"))
            .current_dir(self.at(folder))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(120);
        let code = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status.code();
            }
            if Instant::now() > deadline {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("it hangs: {}", fs::read_to_string(&said).unwrap());
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        Ended { code, said: fs::read_to_string(said).unwrap() }
    }

    /// Builds the workspace once in every job of a story, with a scratch folder.
    fn run(&self, scratch: &str) -> Ended {
        let (out, scratch) = (self.text("out"), self.text(scratch));
        let words = ["run", "none", "-w", "./ws", "-n", "1", "--out", &out, "--scratch", &scratch];
        self.lukewarm(&words)
    }

    fn text(&self, path: &str) -> String {
        self.at(path).display().to_string()
    }

    /// The only results folder.
    fn results(&self) -> PathBuf {
        let mut runs = fs::read_dir(self.at("out")).unwrap().map(|it| it.unwrap().path());
        runs.next().unwrap()
    }
}

/// Every file, folder and link below a folder, with the content of files and the aim of links.
fn all(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            let content = match kind {
                it if it.is_file() => fs::read_to_string(&path).unwrap(),
                it if it.is_symlink() => fs::read_link(&path).unwrap().display().to_string(),
                _ => String::new(),
            };
            if kind.is_dir() {
                open.push(path.clone());
            }
            found.insert(path, content);
        }
    }
    found
}

/// What people have in a folder that they name as scratch.
fn precious(place: &Place) -> BTreeMap<PathBuf, String> {
    place.write("scr/flake/thesis.txt", "precious");
    place.write("scr/2026-11-27T010203-old-00000001/thesis.txt", "precious");
    for lock in ["flake", "Cargo", "yarn", "poetry", "2026-11-27T010203-old-00000001"] {
        place.write(&format!("scr/{lock}.lock"), "");
    }
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, place.at("scr/pipe"), mode).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, place.at("scr/pipe.lock"), mode).unwrap();
    all(&place.at("scr"))
}

#[test]
fn a_scratch_folder_with_other_things_keeps_them_and_holds_nobody_up() {
    let place = Place::new();
    let before = precious(&place);
    let ended = place.run("scr");
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let run = place.results().display().to_string();
    let again = place.lukewarm(&["run", "--resume", &run, "--scratch", &place.text("scr"), "-q"]);
    assert_eq!(again.code, Some(0), "{}", again.said);
    let mut after = all(&place.at("scr"));
    let ours: Vec<PathBuf> = after.keys().filter(|it| !before.contains_key(*it)).cloned().collect();
    let own = place.at("scr/lukewarm-scratch");
    assert_eq!(ours, [own.clone(), own.join(".lukewarm-scratch")]);
    after.retain(|path, _| !ours.contains(path));
    assert_eq!(after, before);
    let mode = own.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_scratch_folder_below_a_manifest_is_refused_even_where_nothing_is_left_to_do() {
    let place = Place::new();
    assert_eq!(place.run("scratch").code, Some(0));
    let run = place.results().display().to_string();
    precious(&place);
    place.write("scr/Cargo.toml", "[package]");
    let before = all(&place.at("scr"));
    // A scratch folder of ours lies below the manifest.
    fs::create_dir(place.at("scr/lukewarm-scratch")).unwrap();
    for words in [["run", "--resume", &run].as_slice(), &["run", "none", "-w", "./ws"]] {
        let ended = place.lukewarm(&[words, &["--scratch", &place.text("scr")]].concat());
        assert_eq!(ended.code, Some(4), "{}", ended.said);
        assert!(ended.said.contains("scr/Cargo.toml, which every build"), "{}", ended.said);
    }
    fs::remove_dir(place.at("scr/lukewarm-scratch")).unwrap();
    assert_eq!(all(&place.at("scr")), before);
}

#[test]
fn sources_that_lead_out_of_the_workspace_are_never_edited() {
    for link in ["ws/src/lib.rs", "ws/src"] {
        for is_absolute in [true, false] {
            let place = Place::new();
            place.write("orig/lib.rs", "pub fn mine() {}\n");
            fs::remove_dir_all(place.at("ws/src")).unwrap();
            if link == "ws/src/lib.rs" {
                fs::create_dir(place.at("ws/src")).unwrap();
            }
            let aim = match (link, is_absolute) {
                ("ws/src/lib.rs", true) => place.at("orig/lib.rs"),
                ("ws/src/lib.rs", false) => PathBuf::from("../../orig/lib.rs"),
                (_, true) => place.at("orig"),
                (_, false) => PathBuf::from("../orig"),
            };
            symlink(&aim, place.at(link)).unwrap();
            let ended = place.run("scratch");
            assert_eq!(ended.code, Some(0), "{}", ended.said);
            assert_eq!(place.read("orig/lib.rs"), "pub fn mine() {}\n", "{}", aim.display());
            assert_eq!(all(&place.at("orig")).len(), 1);
            assert_eq!(fs::read_link(place.at(link)).unwrap(), aim);
            // The edits were built, of a copy.
            let journal = fs::read_to_string(place.results().join("journal.jsonl")).unwrap();
            assert!(journal.contains("\"edit built\""), "nothing was edited");
            assert!(!journal.contains("\"failure\":{"), "{journal}");
        }
    }
}

#[test]
fn a_link_to_what_cannot_be_copied_is_refused_by_name() {
    let place = Place::new();
    symlink("/dev/zero", place.at("ws/src/data.bin")).unwrap();
    let ended = place.run("scratch");
    assert_eq!(ended.code, Some(4), "{}", ended.said);
    assert!(ended.said.contains("the symbolic link src/data.bin leads out"), "{}", ended.said);
}

#[test]
fn a_scratch_folder_that_others_could_swap_is_refused() {
    let place = Place::new();
    fs::create_dir(place.at("open")).unwrap();
    fs::set_permissions(place.at("open"), fs::Permissions::from_mode(0o777)).unwrap();
    fs::create_dir(place.at("real")).unwrap();
    symlink("real", place.at("link")).unwrap();
    let mut cases = vec![("open", "anybody may write"), ("link", "is a symbolic link")];
    fs::create_dir(place.at("theirs")).unwrap();
    if chown(place.at("theirs"), Some(65534), None).is_ok() {
        cases.push(("theirs", "belongs to user 65534"));
    }
    for (scratch, why) in cases {
        let ended = place.run(scratch);
        assert_eq!(ended.code, Some(4), "{scratch}: {}", ended.said);
        assert!(ended.said.contains(why), "{scratch}: {}", ended.said);
        assert_eq!(fs::read_dir(place.at(scratch)).unwrap().count(), 0, "{scratch}");
    }
}

#[test]
fn a_cache_folder_that_others_could_write_into_is_refused() {
    let place = Place::new();
    fs::create_dir_all(place.at("cache/lukewarm")).unwrap();
    fs::set_permissions(place.at("cache/lukewarm"), fs::Permissions::from_mode(0o777)).unwrap();
    let ended = place.run("scratch");
    assert_eq!(ended.code, Some(4), "{}", ended.said);
    assert!(ended.said.contains("cache/lukewarm is not used: it may be written by others"));
}

/// A run that was cut off behind its second job, its journal as an earlier lukewarm or a forger
/// has it: without checksums, and with every `from` of its first line as `to`.
fn cut_off(place: &Place, changes: &[(&str, &str)]) -> PathBuf {
    assert_eq!(place.run("scratch").code, Some(0));
    let run = place.results();
    let journal = run.join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let bare = |line: &str| format!("{}}}\n", line.rsplit_once(",\"sum\":").unwrap().0);
    let mut lines: Vec<String> = text.lines().take(3).map(bare).collect();
    for (from, to) in changes {
        assert!(lines[0].contains(from), "{from} is not in {}", lines[0]);
        lines[0] = lines[0].replace(from, to);
    }
    assert!(serde_json::from_str::<Value>(&lines[0]).is_ok());
    fs::write(&journal, lines.concat()).unwrap();
    run
}

#[test]
fn a_run_goes_on_from_a_journal_without_checksums_and_says_so() {
    let place = Place::new();
    let run = cut_off(&place, &[]).display().to_string();
    let ended = place.lukewarm(&["run", "--resume", &run, "--scratch", &place.text("scratch")]);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(
        ended.said.contains("has no checksums; an earlier lukewarm wrote it"),
        "{}",
        ended.said
    );
}

#[test]
fn a_crafted_journal_makes_and_removes_nothing() {
    let verify = r#""verify":{"bin":"x","args":["-c","touch pwned"],"stdout_contains":""}"#;
    for (key, from, to) in [
        ("data.id is", r#""id":"20"#, r#""id":"../victim3/20"#),
        ("data.plan.workspaces.name is", r#""name":"ws""#, r#""name":"VICTIM""#),
        ("data.plan.workspaces.folder is", "/ws\"", "/ws/../victim2\""),
        ("data.plan.cases.id is", r#""id":"ws/none""#, r#""id":"ws/../../victim2""#),
        ("has patches, a program to run", r#""verify":null"#, verify),
        ("there is no such scenario", r#""name":"none","title""#, r#""name":"no-such","title""#),
        ("content of workspace ws was", "/ws\"", "/ws-2\""),
    ] {
        let place = Place::new();
        place.write("victim2/cargo-home/file", "precious");
        place.write("victim3/file", "precious");
        place.write("ws-2/Cargo.toml", "");
        place.write("ws-2/src/lib.rs", "// another\n");
        let to = to.replace("VICTIM", &place.text("victim2"));
        let run = cut_off(&place, &[(from, &to)]);
        let before = all(place.folder.path());
        let run = run.display().to_string();
        let ended = place.lukewarm(&["run", "--resume", &run, "--scratch", &place.text("scr3")]);
        assert_eq!(ended.code, Some(4), "{key}: {}", ended.said);
        assert!(ended.said.contains(key), "no {key:?} in {}", ended.said);
        let mut after = all(place.folder.path());
        after.insert(place.at("said"), before[&place.at("said")].clone());
        assert_eq!(after, before, "{key}");
    }
}

#[test]
fn a_report_into_a_folder_with_planted_links_stays_in_it() {
    let place = Place::new();
    assert_eq!(place.run("scratch").code, Some(0));
    let run = place.results();
    place.write("theirs/wall-ws.svg", "precious");
    let charts = run.join("charts");
    let _ = fs::remove_dir_all(&charts);
    symlink(place.at("theirs"), &charts).unwrap();
    let before = all(&place.at("theirs"));
    for command in ["report", "chart"] {
        let ended = place.lukewarm(&[command, &run.display().to_string()]);
        assert_eq!(ended.code, Some(4), "{command}: {}", ended.said);
        assert!(ended.said.contains("/charts"), "{command}: {}", ended.said);
    }
    assert_eq!(all(&place.at("theirs")), before);
}

#[test]
fn a_project_that_another_user_left_above_is_passed_over() {
    let place = Place::new();
    let theirs = place.at("ra");
    fs::create_dir_all(theirs.join("scenarios")).unwrap();
    fs::create_dir_all(theirs.join("sample-workspaces")).unwrap();
    fs::create_dir_all(theirs.join("deep/er")).unwrap();
    if chown(theirs.join("sample-workspaces"), Some(65534), None).is_err() {
        // Only root can make what looks like another's; `runner::own` tests the rule itself.
        return;
    }
    let ended = place.lukewarm_in("ra/deep/er", &["list"]);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let wanted = "ra is not used: it, or one of its folders, belongs to user 65534";
    assert!(ended.said.contains(wanted), "{}", ended.said);
    let ended = place.lukewarm_in("ra/deep/er", &["list", "--root", "../.."]);
    assert!(!ended.said.contains("is not used"), "who names it trusts it: {}", ended.said);
}
