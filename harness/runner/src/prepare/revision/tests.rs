//! Real repositories in temporary folders.

use std::fs;
use std::time::Duration;

use super::store::MARKER;
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
            job_timeout: None,
            variables: Default::default(),
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
        Git::of(&folder, &self.settings).unwrap().output(words.iter().copied()).unwrap()
    }

    /// Makes a repository of a folder as it is, or a further commit.
    fn commit(&self, folder: &str) {
        self.git(folder, &["init", "--quiet"]);
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "--quiet", "--message", "all"]);
    }

    fn export(&self, workspace: &str) -> Result<Revision, RunnerError> {
        revision(&self.path(workspace), "HEAD", &[], &self.settings)
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
fn a_revision_is_exported_as_it_was_with_its_whole_repository() {
    let repository = TestRepository::new();
    repository.write("repository/elsewhere", "");
    repository.write("repository/my.workspace/Cargo.toml", "first");
    repository.commit("repository");
    repository.write("repository/my.workspace/Cargo.toml", "second");
    let workspace = "repository/my.workspace";
    let index = fs::read(repository.path("repository/.git/index")).unwrap();
    let exported = repository.export(workspace).unwrap();
    assert_eq!(fs::read_to_string(exported.folder.join("Cargo.toml")).unwrap(), "first");
    let root = exported.folder.parent().unwrap();
    assert_eq!(names(root), [".git", "elsewhere", "my.workspace"]);
    assert_eq!(repository.export(workspace).unwrap(), exported);
    let name = root.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(name, format!("repository-{}", exported.commit));
    assert!(exported.folder.ends_with("my.workspace"), "at its place in the repository");
    let git = Git::of(root, &repository.settings).unwrap();
    assert!(git.id("HEAD").unwrap().starts_with(&exported.commit));
    assert_eq!(git.output(["status", "--porcelain"]).unwrap(), "");
    assert_eq!(fs::read(repository.path("repository/.git/index")).unwrap(), index);
    for name in ["no-such", "--output=x"] {
        let error = revision(&repository.path(workspace), name, &[], &repository.settings);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("rev-parse") && error.contains(name), "{error}");
    }
}

#[test]
fn ignored_files_that_are_included_are_those_of_the_work_tree() {
    let repository = TestRepository::new();
    repository.write("repository/.gitignore", "dist\n");
    repository.write("repository/ws/Cargo.toml", "");
    repository.write("repository/ws/dist/app.js", "first");
    repository.commit("repository");
    let export = || {
        let (workspace, include) = (repository.path("repository/ws"), [PathBuf::from("dist")]);
        let exported = revision(&workspace, "HEAD", &include, &repository.settings).unwrap();
        fs::read_to_string(exported.folder.join("dist/app.js")).unwrap()
    };
    assert_eq!(export(), "first");
    repository.write("repository/ws/dist/app.js", "second");
    assert_eq!(export(), "second");
    assert!(!repository.export("repository/ws").unwrap().folder.join("dist").exists());
}

#[test]
fn a_clean_work_tree_and_its_commit_have_one_identity() {
    use crate::prepare::sources::{SourceChoice, list};
    let repository = TestRepository::new();
    repository.write("repository/ws/Cargo.toml", "");
    repository.write("repository/README.md", "");
    repository.write("repository/ws/.gitignore", "Cargo.lock\ntarget\n");
    repository.commit("repository");
    repository.write("repository/ws/Cargo.lock", "ignored, and used");
    repository.write("repository/ws/target/debug/x", "");
    let choice = SourceChoice { origin: lukewarm_model::Origin::Foreign, include: &[] };
    let both =
        [repository.path("repository/ws"), repository.export("repository/ws").unwrap().folder];
    let listed = both.map(|it| list(&it, choice, &repository.settings).unwrap());
    let [now, then] = &listed;
    assert_eq!(now.identity().unwrap(), then.identity().unwrap());
    assert_eq!((&now.workspace, &then.workspace), (&"ws".into(), &"ws".into()));
}

#[test]
fn what_lies_outside_of_the_repository_is_found_beside_the_original() {
    use crate::prepare::sources::{SourceChoice, list};
    let repository = TestRepository::new();
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n[dependencies]\n{more}")
    };
    repository
        .write("ours/repo/ws/Cargo.toml", &package("ws", "near = { path = \"../../near\" }\n"));
    repository.write("ours/repo/other/Cargo.toml", &package("other", ""));
    repository.write("ours/repo/other/src/lib.rs", "");
    // One outside, which leads back into the repository.
    let back = "other = { path = \"../repo/other\" }\n";
    repository.write("ours/near/Cargo.toml", &package("near", back));
    repository.write("ours/near/src/lib.rs", "");
    repository.write("ours/shared/text", "shared");
    let link = repository.path("ours/repo/ws/linked");
    std::os::unix::fs::symlink("../../shared", link).unwrap();
    repository.commit("ours/repo");
    repository.write("ours/repo/ws/Cargo.toml", "this is not committed");
    let choice = SourceChoice { origin: lukewarm_model::Origin::Foreign, include: &[] };
    let exported = repository.export("ours/repo/ws").unwrap();
    let then = list(&exported.folder, choice, &repository.settings).unwrap();
    let to = repository.path("checkout");
    then.lay(&to, &repository.settings).unwrap();
    assert_eq!(then.workspace, Path::new("repo/ws"));
    assert!(to.join("near/src/lib.rs").is_file());
    assert_eq!(fs::read_to_string(to.join("repo/ws/linked/text")).unwrap(), "shared");
    assert!(fs::read_to_string(to.join("repo/ws/Cargo.toml")).unwrap().contains("near"));
    assert!(then.remarks.iter().any(|it| it.contains("ours/repo/ws/Cargo.toml")), "{then:?}");
    // A copy of the repository elsewhere has other neighbours.
    repository.git("ours/repo", &["clone", "--quiet", ".", "../../copy"]);
    let elsewhere = repository.export("copy/ws").unwrap();
    let error = list(&elsewhere.folder, choice, &repository.settings).unwrap_err().to_string();
    assert!(error.contains("copy/ws/Cargo.toml"), "{error}");
}

#[test]
fn a_partial_or_edited_export_is_made_again() {
    let repository = TestRepository::new();
    repository.write("repository/Cargo.toml", "whole");
    repository.write("repository/src/lib.rs", "whole");
    repository.commit("repository");
    let folder = repository.export("repository").unwrap().folder;
    fs::remove_file(folder.join("src/lib.rs")).unwrap();
    assert!(repository.export("repository").unwrap().folder.join("src/lib.rs").exists());
    fs::remove_file(folder.with_file_name(MARKER)).unwrap();
    fs::write(folder.join("Cargo.toml"), "edited").unwrap();
    repository.export("repository").unwrap();
    assert_eq!(fs::read_to_string(folder.join("Cargo.toml")).unwrap(), "whole");
    // What a killed run left goes when the same is laid again, and nothing of others.
    let store = repository.settings.cache.join("revisions");
    let key = folder.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    fs::create_dir(store.join(format!(".laying-{key}-x"))).unwrap();
    fs::create_dir(store.join(".laying-other-x")).unwrap();
    fs::remove_file(folder.with_file_name(MARKER)).unwrap();
    repository.export("repository").unwrap();
    assert_eq!(names(&store), [".laying-other-x".to_owned(), key.clone(), format!("{key}.lock")]);
}

#[test]
fn runs_that_export_the_same_at_once_all_have_it_complete() {
    let repository = TestRepository::new();
    repository.write("repository/Cargo.toml", "");
    for number in 0..50 {
        repository.write(&format!("repository/src/file{number}.rs"), "text");
    }
    repository.commit("repository");
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..4).map(|_| scope.spawn(|| repository.export("repository"))).collect();
        for run in runs {
            let folder = run.join().unwrap().unwrap().folder;
            assert_eq!(names(&folder.join("src")).len(), 50);
        }
    });
}

#[test]
fn a_checkout_has_what_archives_leave_out_and_obeys_attributes_above() {
    let repository = TestRepository::new();
    repository.write("repository/.gitattributes", "*.txt eol=crlf\n");
    repository.write("repository/ws/.gitattributes", "tests.txt export-ignore\nid export-subst\n");
    repository.write("repository/ws/Cargo.toml", "");
    repository.write("repository/ws/tests.txt", "one\ntwo\n");
    repository.write("repository/ws/id", "$Format:%H$\n");
    repository.commit("repository");
    let folder = repository.export("repository/ws").unwrap().folder;
    assert_eq!(fs::read_to_string(folder.join("tests.txt")).unwrap(), "one\r\ntwo\r\n");
    assert_eq!(fs::read_to_string(folder.join("id")).unwrap(), "$Format:%H$\n");
}

#[test]
fn submodules_are_exported_or_refused_by_name() {
    let repository = TestRepository::new();
    repository.write("inner/deep.txt", "deep");
    repository.commit("inner");
    repository.write("library/src/lib.rs", "pub fn f() {}");
    repository.commit("library");
    let inner = repository.path("inner").display().to_string();
    repository.git("library", &["submodule", "--quiet", "add", &inner, "nested"]);
    repository.commit("library");
    repository.write("repository/ws/Cargo.toml", "");
    repository.commit("repository");
    let library = repository.path("library").display().to_string();
    repository.git(
        "repository",
        &["submodule", "--quiet", "add", "--name", "other name", &library, "ws/lib"],
    );
    repository.git("repository", &["submodule", "--quiet", "update", "--init", "--recursive"]);
    repository.commit("repository");
    let folder = repository.export("repository/ws").unwrap().folder;
    assert_eq!(fs::read_to_string(folder.join("lib/src/lib.rs")).unwrap(), "pub fn f() {}");
    assert_eq!(fs::read_to_string(folder.join("lib/nested/deep.txt")).unwrap(), "deep");
    // A clone without them.
    let original = repository.path("repository").display().to_string();
    repository.git(".", &["clone", "--quiet", &original, "clone"]);
    assert_eq!(
        repository.export("clone/ws").unwrap().folder,
        folder,
        "the export serves clones too"
    );
    let elsewhere = Settings { cache: repository.path("cache-2"), ..repository.settings.clone() };
    let error =
        revision(&repository.path("clone/ws"), "HEAD", &[], &elsewhere).unwrap_err().to_string();
    assert!(error.contains("`ws/lib`") && error.contains("git submodule update"), "{error}");
}

#[test]
fn content_that_git_lfs_did_not_download_is_refused_by_name() {
    let repository = TestRepository::new();
    let pointer =
        format!("version https://git-lfs.github.com/spec/v1\noid sha256:{:064}\nsize 5\n", 1);
    repository.write("repository/Cargo.toml", "");
    repository.write("repository/picture", &pointer);
    repository.commit("repository");
    assert!(repository.export("repository").is_ok(), "without the attribute it is a text");
    repository.write("repository/.gitattributes", "picture filter=lfs\n");
    repository.commit("repository");
    let error = repository.export("repository").unwrap_err().to_string();
    assert!(error.contains("`picture` is kept by Git LFS"), "{error}");
    // A filter that is installed is asked.
    repository.git("repository", &["config", "filter.lfs.smudge", "echo bytes"]);
    let folder = repository.export("repository").unwrap().folder;
    assert_eq!(fs::read_to_string(folder.join("picture")).unwrap(), "bytes\n");
}

#[test]
fn an_ignored_lock_file_is_used_on_both_sides_and_is_reported() {
    let repository = TestRepository::new();
    repository.write("repository/.gitignore", "Cargo.lock\n");
    repository.write("repository/Cargo.toml", "");
    repository.write("repository/Cargo.lock", "first");
    repository.commit("repository");
    let first = repository.export("repository").unwrap();
    assert_eq!(fs::read_to_string(first.folder.join("Cargo.lock")).unwrap(), "first");
    assert!(first.remarks[0].contains("HEAD has no Cargo.lock"), "{:?}", first.remarks);
    repository.write("repository/Cargo.lock", "second");
    let second = repository.export("repository").unwrap();
    assert_eq!(fs::read_to_string(second.folder.join("Cargo.lock")).unwrap(), "second");
    fs::remove_file(repository.path("repository/Cargo.lock")).unwrap();
    let none = repository.export("repository").unwrap();
    assert!(none.remarks.is_empty() && !none.folder.join("Cargo.lock").exists());
}

#[test]
fn no_hook_of_the_repository_runs() {
    use std::os::unix::fs::PermissionsExt;
    let repository = TestRepository::new();
    repository.write("repository/Cargo.toml", "");
    repository.commit("repository");
    let mark = repository.path("hook ran");
    for name in ["post-index-change", "post-checkout", "reference-transaction"] {
        let text = format!("#!/bin/sh\ntouch '{}'\n", mark.display());
        let hook = repository.write(&format!("repository/.git/hooks/{name}"), &text);
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    }
    repository.export("repository").unwrap();
    assert!(!mark.exists());
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Marks an entry of the store as last used so many days ago.
fn used(lock: &Path, days: u32) {
    let lock = fs::File::options().write(true).open(lock).unwrap();
    lock.set_modified(SystemTime::now() - days * DAY).unwrap();
}

#[test]
fn exports_unused_for_30_days_are_removed_and_nothing_else() {
    let repository = TestRepository::new();
    let workspaces = ["old", "young", "locked", "unmarked", "other"];
    let entries = workspaces.map(|name| {
        repository.write(&format!("{name}/Cargo.toml"), name);
        repository.commit(name);
        let folder = repository.export(name).unwrap().folder;
        folder.parent().unwrap().to_owned()
    });
    let lock = |entry: &Path| entry.with_extension("lock");
    entries.iter().for_each(|entry| used(&lock(entry), 31));
    let [old, young, locked, unmarked, other] = &entries;
    used(&lock(young), 29);
    let held = fs::File::open(lock(locked)).unwrap();
    fs4::FileExt::lock(&held).unwrap();
    fs::remove_file(unmarked.join(MARKER)).unwrap();
    // A marker under another entry's name.
    fs::copy(old.join(MARKER), other.join(MARKER)).unwrap();
    let store = repository.path("cache/revisions");
    let partial = store.join(format!(".laying-{}-x", old.file_name().unwrap().display()));
    fs::create_dir(&partial).unwrap();
    // What has the name or the lock of an entry, and is not one.
    let precious = ["0123456789abcdef-01234567", "thesis", "0123456789ABCDEF-01234567"];
    for name in precious {
        fs::create_dir(store.join(name)).unwrap();
        fs::write(store.join(format!("{name}.lock")), "").unwrap();
        used(&store.join(format!("{name}.lock")), 400);
    }
    fs::write(store.join("0123456789abcdef-76543210.lock"), "theirs").unwrap();
    used(&store.join("0123456789abcdef-76543210.lock"), 400);
    let before = names(&store);
    // Any export tidies up; it uses the young one.
    repository.export("young").unwrap();
    let gone = [old.clone(), lock(old), partial].map(|it| it.file_name().unwrap().to_owned());
    let wanted: Vec<String> =
        before.into_iter().filter(|it| !gone.iter().any(|gone| gone == it.as_str())).collect();
    assert_eq!(names(&store), wanted);
    // That was a use: 29 more days go by, and then it is young still.
    RevisionStore::of(&repository.settings).remove_unused(SystemTime::now() + 29 * DAY);
    assert!(young.join(MARKER).exists() && lock(young).exists());
    RevisionStore::of(&repository.settings).remove_unused(SystemTime::now() + 31 * DAY);
    assert!(!young.exists() && !lock(young).exists());
}

#[test]
fn a_removed_export_is_made_again() {
    let repository = TestRepository::new();
    repository.write("repository/Cargo.toml", "text");
    repository.commit("repository");
    let folder = repository.export("repository").unwrap().folder;
    // A process that another test is starting holds every open lock for a moment.
    for _ in 0..100 {
        RevisionStore::of(&repository.settings).remove_unused(SystemTime::now() + 31 * DAY);
        if folder.exists() {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    assert!(!folder.exists());
    assert_eq!(repository.export("repository").unwrap().folder, folder);
    assert_eq!(fs::read_to_string(folder.join("Cargo.toml")).unwrap(), "text");
}
