//! Real repositories in temporary folders.

use super::*;
use crate::prepare::environment::UserEnvironment;
use crate::process::Processes;

/// A repository with a workspace in it, and a cache folder.
struct TestRepository {
    folder: tempfile::TempDir,
    settings: Settings,
}

impl TestRepository {
    fn new() -> TestRepository {
        let folder = tempfile::tempdir().unwrap();
        let user = UserEnvironment::new([
            ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
            ("HOME".into(), folder.path().into()),
        ]);
        let settings = Settings {
            cache: folder.path().join("cache"),
            scratch: folder.path().join("scratch"),
            tools: lukewarm_cache_tools::Tools::shipped(),
            named_tools: Vec::new(),
            user,
            processes: Processes::default(),
        };
        let config = "[user]\nname = a\nemail = a@b\n[protocol \"file\"]\nallow = always\n";
        fs::write(folder.path().join(".gitconfig"), config).unwrap();
        TestRepository { folder, settings }
    }

    /// Writes a file of the repository.
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn git(&self, folder: &str, words: &[&str]) -> String {
        let folder = self.path(folder);
        fs::create_dir_all(&folder).unwrap();
        Git::of(&folder, &self.settings).unwrap().said(words).unwrap()
    }

    /// Makes a repository of a folder as it is, or a further commit.
    fn commit(&self, folder: &str) {
        self.git(folder, &["init", "--quiet"]);
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "--quiet", "--message", "all"]);
    }

    fn lay(&self, workspace: &str) -> Result<Revision, RunnerError> {
        revision(&self.path(workspace), "HEAD", &self.settings)
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> =
        entries.map(|it| it.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_revision_is_laid_as_it_was_and_only_of_the_workspace() {
    let place = TestRepository::new();
    place.write("repository/elsewhere", "");
    place.write("repository/my.workspace/Cargo.toml", "first");
    place.commit("repository");
    place.write("repository/my.workspace/Cargo.toml", "second");
    let workspace = "repository/my.workspace";
    let index = fs::read(place.path("repository/.git/index")).unwrap();
    let laid = place.lay(workspace).unwrap();
    assert_eq!(fs::read_to_string(laid.folder.join("Cargo.toml")).unwrap(), "first");
    assert_eq!(names(&laid.folder), ["Cargo.toml"], "nothing from elsewhere");
    assert_eq!(place.lay(workspace).unwrap(), laid);
    let name = laid.folder.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("my.workspace-"), "{name}");
    assert_eq!(fs::read(place.path("repository/.git/index")).unwrap(), index);
    for name in ["no-such", "--output=x"] {
        let error = revision(&place.path(workspace), name, &place.settings).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("rev-parse") && error.contains(name), "{error}");
    }
}

#[test]
fn folders_of_one_name_in_one_commit_are_two() {
    let place = TestRepository::new();
    place.write("repository/a/ws/Cargo.toml", "of a");
    place.write("repository/b/ws/Cargo.toml", "of b");
    place.commit("repository");
    let text = |workspace: &str| {
        let laid = place.lay(workspace).unwrap();
        fs::read_to_string(laid.folder.join("Cargo.toml")).unwrap()
    };
    assert_eq!(text("repository/a/ws"), "of a");
    assert_eq!(text("repository/b/ws"), "of b");
}

#[test]
fn what_is_half_laid_or_was_changed_is_laid_anew() {
    let place = TestRepository::new();
    place.write("repository/Cargo.toml", "whole");
    place.write("repository/src/lib.rs", "whole");
    place.commit("repository");
    let folder = place.lay("repository").unwrap().folder;
    fs::remove_file(folder.join("src/lib.rs")).unwrap();
    assert!(place.lay("repository").unwrap().folder.join("src/lib.rs").exists());
    fs::remove_file(folder.with_file_name(MARKER)).unwrap();
    fs::write(folder.join("Cargo.toml"), "edited").unwrap();
    place.lay("repository").unwrap();
    assert_eq!(fs::read_to_string(folder.join("Cargo.toml")).unwrap(), "whole");
    // What a killed run left goes when the same is laid again, and nothing of others.
    let shelf = place.settings.cache.join("revisions");
    let key = folder.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    fs::create_dir(shelf.join(format!(".laying-{key}-x"))).unwrap();
    fs::create_dir(shelf.join(".laying-other-x")).unwrap();
    fs::remove_file(folder.with_file_name(MARKER)).unwrap();
    place.lay("repository").unwrap();
    assert_eq!(names(&shelf), [".laying-other-x".to_owned(), key.clone(), format!("{key}.lock")]);
}

#[test]
fn runs_that_lay_the_same_at_once_all_have_it_whole() {
    let place = TestRepository::new();
    place.write("repository/Cargo.toml", "");
    for number in 0..50 {
        place.write(&format!("repository/src/file{number}.rs"), "text");
    }
    place.commit("repository");
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| place.lay("repository"))).collect();
        for run in runs {
            let folder = run.join().unwrap().unwrap().folder;
            assert_eq!(names(&folder.join("src")).len(), 50);
        }
    });
}

#[test]
fn a_checkout_has_what_archives_leave_out_and_obeys_attributes_above() {
    let place = TestRepository::new();
    place.write("repository/.gitattributes", "*.txt eol=crlf\n");
    place.write("repository/ws/.gitattributes", "tests.txt export-ignore\nid export-subst\n");
    place.write("repository/ws/Cargo.toml", "");
    place.write("repository/ws/tests.txt", "one\ntwo\n");
    place.write("repository/ws/id", "$Format:%H$\n");
    place.commit("repository");
    let folder = place.lay("repository/ws").unwrap().folder;
    assert_eq!(fs::read_to_string(folder.join("tests.txt")).unwrap(), "one\r\ntwo\r\n");
    assert_eq!(fs::read_to_string(folder.join("id")).unwrap(), "$Format:%H$\n");
}

#[test]
fn submodules_are_laid_or_refused_by_name() {
    let place = TestRepository::new();
    place.write("inner/deep.txt", "deep");
    place.commit("inner");
    place.write("library/src/lib.rs", "pub fn f() {}");
    place.commit("library");
    let inner = place.path("inner").display().to_string();
    place.git("library", &["submodule", "--quiet", "add", &inner, "nested"]);
    place.commit("library");
    place.write("repository/ws/Cargo.toml", "");
    place.commit("repository");
    let library = place.path("library").display().to_string();
    place.git(
        "repository",
        &["submodule", "--quiet", "add", "--name", "other name", &library, "ws/lib"],
    );
    place.git("repository", &["submodule", "--quiet", "update", "--init", "--recursive"]);
    place.commit("repository");
    let folder = place.lay("repository/ws").unwrap().folder;
    assert_eq!(fs::read_to_string(folder.join("lib/src/lib.rs")).unwrap(), "pub fn f() {}");
    assert_eq!(fs::read_to_string(folder.join("lib/nested/deep.txt")).unwrap(), "deep");
    // A clone without them.
    let repository = place.path("repository").display().to_string();
    place.git(".", &["clone", "--quiet", &repository, "clone"]);
    assert_eq!(place.lay("clone/ws").unwrap().folder, folder, "what is laid serves clones too");
    let elsewhere = Settings { cache: place.path("cache-2"), ..place.settings.clone() };
    let error = revision(&place.path("clone/ws"), "HEAD", &elsewhere).unwrap_err().to_string();
    assert!(error.contains("`ws/lib`") && error.contains("git submodule update"), "{error}");
}

#[test]
fn what_git_lfs_did_not_bring_is_refused_by_name() {
    let place = TestRepository::new();
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{:064}\nsize 5\n", 1);
    place.write("repository/Cargo.toml", "");
    place.write("repository/picture", &pointer);
    place.commit("repository");
    assert!(place.lay("repository").is_ok(), "without the attribute it is a text");
    place.write("repository/.gitattributes", "picture filter=lfs\n");
    place.commit("repository");
    let error = place.lay("repository").unwrap_err().to_string();
    assert!(error.contains("`picture` is kept by Git LFS"), "{error}");
    // A filter that is installed is asked.
    place.git("repository", &["config", "filter.lfs.smudge", "echo bytes"]);
    let folder = place.lay("repository").unwrap().folder;
    assert_eq!(fs::read_to_string(folder.join("picture")).unwrap(), "bytes\n");
}

#[test]
fn an_ignored_lock_file_serves_both_sides_and_is_said() {
    let place = TestRepository::new();
    place.write("repository/.gitignore", "Cargo.lock\n");
    place.write("repository/Cargo.toml", "");
    place.write("repository/Cargo.lock", "first");
    place.commit("repository");
    let first = place.lay("repository").unwrap();
    assert_eq!(fs::read_to_string(first.folder.join("Cargo.lock")).unwrap(), "first");
    assert!(first.remarks[0].contains("HEAD has no Cargo.lock"), "{:?}", first.remarks);
    place.write("repository/Cargo.lock", "second");
    let second = place.lay("repository").unwrap();
    assert_eq!(fs::read_to_string(second.folder.join("Cargo.lock")).unwrap(), "second");
    fs::remove_file(place.path("repository/Cargo.lock")).unwrap();
    let none = place.lay("repository").unwrap();
    assert!(none.remarks.is_empty() && !none.folder.join("Cargo.lock").exists());
}

#[test]
fn no_hook_of_the_repository_runs() {
    use std::os::unix::fs::PermissionsExt;
    let place = TestRepository::new();
    place.write("repository/Cargo.toml", "");
    place.commit("repository");
    let mark = place.path("hook ran");
    for name in ["post-index-change", "post-checkout", "reference-transaction"] {
        let text = format!("#!/bin/sh\ntouch '{}'\n", mark.display());
        let hook = place.write(&format!("repository/.git/hooks/{name}"), &text);
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }
    place.lay("repository").unwrap();
    assert!(!mark.exists());
}
