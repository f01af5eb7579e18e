//! Folders and real repositories, and what a checkout of each has.

use std::fs;
use std::os::unix::ffi::OsStrExt;

use super::*;
use crate::files::hash::PIECE;
use crate::prepare::environment::UserEnvironment;
use crate::prepare::git::Git;
use crate::process::Processes;

/// A place for repositories and workspaces, with a home folder and settings of its own.
pub(super) struct Place {
    pub folder: tempfile::TempDir,
    pub settings: Settings,
}

impl Place {
    pub fn new() -> Place {
        let folder = tempfile::Builder::new().prefix("a place ").tempdir().unwrap();
        let user = UserEnvironment::new([
            ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into()),
            ("HOME".into(), folder.path().into()),
        ]);
        let config = "[user]\nname = a\nemail = a@b\n[protocol \"file\"]\nallow = always\n\
                      [init]\ndefaultBranch = trunk\n";
        fs::write(folder.path().join(".gitconfig"), config).unwrap();
        let settings = Settings {
            cache: folder.path().join("cache"),
            scratch: folder.path().join("scratch"),
            tools: lukewarm_cache_tools::Tools::shipped(),
            named_tools: Vec::new(),
            user,
            processes: Processes::default(),
            variables: Default::default(),
            job_timeout: None,
        };
        Place { folder, settings }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = self.path(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    pub fn git(&self, folder: &str, words: &[&str]) -> String {
        let git = Git::of(&self.path(folder), &self.settings).unwrap();
        git.output(words).unwrap().trim_end().to_owned()
    }

    pub fn commit(&self, folder: &str) {
        self.git(folder, &["init", "--quiet"]);
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "--quiet", "--message", "a message"]);
    }

    pub fn list(&self, workspace: &str, include: &[&str]) -> Result<CheckoutContents, RunnerError> {
        let include: Vec<PathBuf> = include.iter().map(PathBuf::from).collect();
        let choice = SourceChoice { origin: Origin::Foreign, include: &include };
        list(&self.path(workspace), choice, &self.settings)
    }

    /// Lays a checkout in `copy`, and looks that its identity is known before, and that the
    /// repository of the original is as it was.
    pub fn laid(&self, workspace: &str, include: &[&str]) -> CheckoutContents {
        let index = |it: &CheckoutContents| fs::read(it.root.join(".git/index")).ok();
        let contents = self.list(workspace, include).unwrap();
        let before = index(&contents);
        let remarks = contents.lay(&self.path("copy"), &self.settings).unwrap();
        assert_eq!(remarks, [""; 0]);
        assert_eq!(contents.identity().unwrap(), identity(&self.path("copy")).unwrap());
        assert_eq!(index(&contents), before, "the index was written");
        contents
    }

    fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path("copy").join(name)).is_ok()
    }
}

/// A copy of a folder that no repository knows.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), RunnerError> {
    let place = Place::new();
    let choice = SourceChoice { origin: Origin::Foreign, include: &[] };
    list(from, choice, &place.settings)?.lay(to, &place.settings).map(drop)
}

/// The identity of that copy, without making it.
pub(super) fn identity_of_checkout(workspace: &Path) -> Result<String, RunnerError> {
    let choice = SourceChoice { origin: Origin::Foreign, include: &[] };
    list(workspace, choice, &Place::new().settings)?.identity()
}

#[test]
fn a_checkout_has_what_version_control_has_and_a_lock_file() {
    let place = Place::new();
    place.write(&[
        ("ws/Cargo.toml", "[workspace]"),
        ("ws/.gitignore", "*.log\nCargo.lock\ntarget\n"),
        ("ws/noise.log", ""),
        ("ws/forced.log", ""),
        ("ws/.cargo/config.toml", ""),
        ("ws/crates/a/build/keep.rs", ""),
        ("ws/deleted.rs", ""),
        ("ws/changed.rs", "before"),
    ]);
    place.commit("ws");
    place.git("ws", &["add", "--force", "forced.log"]);
    place.git("ws", &["commit", "--quiet", "--message", "forced"]);
    place.write(&[
        ("ws/Cargo.lock", "version = 4"),
        ("ws/target/debug/app", ""),
        ("ws/changed.rs", "after"),
        ("ws/new.rs", ""),
        ("ws/.ignore", "new.rs\n"),
    ]);
    fs::remove_file(place.path("ws/deleted.rs")).unwrap();
    let contents = place.laid("ws", &[]);
    assert_eq!(contents.remarks, [""; 0]);
    let there = [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        "crates/a/build/keep.rs",
        "forced.log",
        "new.rs",
        ".ignore",
        ".git",
    ];
    for path in there {
        assert!(place.has(path), "{path} is missing");
    }
    for path in ["noise.log", "target", "deleted.rs"] {
        assert!(!place.has(path), "{path} was copied");
    }
    assert_eq!(fs::read_to_string(place.path("copy/changed.rs")).unwrap(), "after");
    let status = place.git("copy", &["status", "--porcelain"]);
    assert_eq!(status, " M changed.rs\n D deleted.rs\n?? .ignore\n?? new.rs", "{status}");
}

#[test]
fn git_in_a_checkout_knows_its_commit_and_nothing_before_it() {
    let place = Place::new();
    place.write(&[("repository/ws/Cargo.toml", ""), ("repository/README.md", "")]);
    place.commit("repository");
    place.git("repository", &["tag", "v1"]);
    place.git("repository", &["commit", "--quiet", "--allow-empty", "--message", "a second"]);
    let hook = place.path("repository/.git/hooks/reference-transaction");
    fs::write(&hook, format!("#!/bin/sh\ntouch '{}'\n", place.path("ran").display())).unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let contents = place.laid("repository/ws", &[]);
    assert_eq!(contents.workspace, Path::new("ws"));
    assert!(place.has("README.md"), "the whole repository");
    let both = |words: &[&str]| (place.git("repository", words), place.git("copy", words));
    for words in [
        &["rev-parse", "HEAD"][..],
        &["log", "-1", "--format=%an %ae %ad %s"],
        &["symbolic-ref", "HEAD"],
    ] {
        let (original, copied) = both(words);
        assert_eq!(original, copied);
    }
    let described = place.git("copy", &["describe", "--always", "--dirty"]);
    assert!(place.git("copy", &["rev-parse", "HEAD"]).starts_with(&described), "{described}");
    assert_eq!(place.git("copy", &["rev-list", "--count", "HEAD"]), "1");
    assert_eq!(place.git("copy", &["status", "--porcelain"]), "");
    assert_eq!(place.git("copy", &["remote"]), "");
    assert!(!place.path("ran").exists(), "a hook ran");
    // From a work tree of its own, and of a commit that no branch has.
    place.git("repository", &["worktree", "add", "--quiet", "--detach", "../tree", "v1"]);
    fs::remove_dir_all(place.path("copy")).unwrap();
    place.laid("tree/ws", &[]);
    assert_eq!(place.git("copy", &["rev-parse", "HEAD"]), place.git("tree", &["rev-parse", "v1"]));
    assert_eq!(place.git("copy", &["branch", "--show-current"]), "");
}

#[test]
fn submodules_are_copied_as_they_are_on_disk() {
    let place = Place::new();
    place.write(&[("library/src/lib.rs", "old"), ("library/.gitignore", "made\n")]);
    place.commit("library");
    place.write(&[("ws/Cargo.toml", "")]);
    place.commit("ws");
    let library = place.path("library").display().to_string();
    place.git("ws", &["submodule", "--quiet", "add", &library, "lib"]);
    place.git("ws", &["submodule", "--quiet", "add", &library, "absent"]);
    place.git("ws", &["commit", "--quiet", "--message", "with them"]);
    place.git("ws", &["submodule", "--quiet", "deinit", "--force", "absent"]);
    place.write(&[("ws/lib/src/lib.rs", "new"), ("ws/lib/made", ""), ("ws/lib/other", "")]);
    place.laid("ws", &[]);
    assert_eq!(fs::read_to_string(place.path("copy/lib/src/lib.rs")).unwrap(), "new");
    assert!(place.has("lib/other") && !place.has("lib/made") && !place.has("absent/src"));
    assert!(place.path("copy/lib/.git").is_dir());
    let head = |folder: &str| place.git(folder, &["rev-parse", "HEAD"]);
    assert_eq!(head("copy/lib"), head("library"));
    assert_ne!(head("copy"), head("copy/lib"));
}

#[test]
fn a_sparse_checkout_is_copied_as_it_is_and_is_clean() {
    let place = Place::new();
    place.write(&[("ws/Cargo.toml", ""), ("ws/far/file", ""), ("ws/near/file", "")]);
    place.commit("ws");
    place.git("ws", &["config", "core.sparseCheckout", "true"]);
    place.write(&[("ws/.git/info/sparse-checkout", "/*\n!/far/\n")]);
    fs::remove_dir_all(place.path("ws/far")).unwrap();
    place.git("ws", &["update-index", "--skip-worktree", "far/file"]);
    place.laid("ws", &[]);
    assert!(place.has("near/file") && !place.has("far"));
    assert_eq!(place.git("copy", &["status", "--porcelain"]), "");
}

#[test]
fn a_workspace_that_its_repository_does_not_track_is_copied_whole_and_it_is_said() {
    let place = Place::new();
    place.write(&[
        ("repository/.gitignore", "ignored\n"),
        ("repository/ignored/ws/Cargo.toml", ""),
        ("repository/ignored/ws/.gitignore", "dist\n"),
        ("repository/ignored/ws/.ignore", "src\n"),
        ("repository/ignored/ws/src/lib.rs", ""),
        ("repository/ignored/ws/dist/app.js", ""),
        ("repository/ignored/ws/target/debug/app", ""),
    ]);
    place.commit("repository");
    let contents = place.laid("repository/ignored/ws", &[]);
    assert!(place.has("src/lib.rs") && place.has("dist/app.js") && place.has(".ignore"));
    assert!(!place.has("target") && !place.has(".git"));
    let said = contents.remarks.join("\n");
    assert!(said.contains("does not track its Cargo.toml"), "{said}");
    // A repository of its own in that folder counts.
    place.commit("repository/ignored/ws");
    fs::remove_dir_all(place.path("copy")).unwrap();
    place.laid("repository/ignored/ws", &[]);
    assert!(place.has(".git") && !place.has("dist"));
}

#[test]
fn included_files_are_copied_although_they_are_ignored() {
    let place = Place::new();
    place.write(&[
        ("repository/ws/Cargo.toml", ""),
        ("repository/.gitignore", "dist\nother\n"),
        ("repository/ws/dist/deep/app.js", "made"),
        ("repository/ws/dist/target/no", ""),
        ("repository/ws/other/one", ""),
        ("repository/ws/other/two", ""),
        ("outside", ""),
    ]);
    place.commit("repository");
    place.laid("repository/ws", &["dist/", "other/one"]);
    assert!(place.has("ws/dist/deep/app.js") && place.has("ws/other/one"));
    assert!(!place.has("ws/other/two"));
    let said = |path| place.list("repository/ws", &[path]).unwrap_err().to_string();
    assert!(said("gone").starts_with("`--include gone`: nothing is there in"), "{}", said("gone"));
    assert!(said("../../outside").contains("it leads out of"), "{}", said("../../outside"));
}

#[test]
fn names_of_every_kind_are_copied_and_what_is_no_file_is_named() {
    let place = Place::new();
    let names: [&[u8]; 7] = [
        b"with a space",
        b"-leading",
        b"a\"quote'",
        "\u{4e2d}\u{6587}".as_bytes(),
        b"new\nline",
        b"not \xff utf-8",
        b"100%:x",
    ];
    for workspace in ["ws", "plain"] {
        place.write(&[(&format!("{workspace}/Cargo.toml"), "")]);
        for name in names {
            let path = place.path(workspace).join(std::ffi::OsStr::from_bytes(name));
            fs::create_dir(&path).unwrap();
            fs::write(path.join("file"), name).unwrap();
        }
        if workspace == "ws" {
            place.commit("ws");
        }
        let pipe = place.path(workspace).join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        let contents = place.laid(workspace, &[]);
        for name in names {
            let path = place.path("copy").join(std::ffi::OsStr::from_bytes(name)).join("file");
            assert_eq!(fs::read(&path).unwrap(), name, "{}", path.display());
        }
        assert!(!place.has("pipe"));
        if workspace == "plain" {
            let said = contents.remarks.join("\n");
            assert!(said.starts_with("`pipe` left out of the checkout"), "{said}");
        }
        fs::remove_dir_all(place.path("copy")).unwrap();
    }
}

#[test]
fn a_link_in_place_of_a_tracked_folder_is_a_link() {
    let place = Place::new();
    place.write(&[("ws/Cargo.toml", ""), ("ws/one/file", "1"), ("ws/two/file", "2")]);
    place.commit("ws");
    fs::remove_dir_all(place.path("ws/one")).unwrap();
    symlink("two", place.path("ws/one")).unwrap();
    place.laid("ws", &[]);
    assert_eq!(fs::read_link(place.path("copy/one")).unwrap(), Path::new("two"));
}

#[test]
fn without_git_all_but_target_folders_is_copied_and_it_is_said() {
    let mut place = Place::new();
    place.write(&[("ws/Cargo.toml", ""), ("ws/.gitignore", "dist\n"), ("ws/dist/app.js", "")]);
    place.commit("ws");
    place.settings.user = UserEnvironment::new([("PATH".into(), "/no/such".into())]);
    let contents = place.laid("ws", &[]);
    assert!(place.has("dist/app.js"));
    let said = contents.remarks.join("\n");
    assert!(said.contains("no `git` on PATH"), "{said}");
}

#[test]
fn a_repository_without_a_commit_has_no_history_and_it_is_said() {
    let place = Place::new();
    place.write(&[("ws/Cargo.toml", ""), ("ws/.gitignore", "dist\n"), ("ws/dist/app.js", "")]);
    place.git("ws", &["init", "--quiet"]);
    place.git("ws", &["add", "--all"]);
    let contents = place.list("ws", &[]).unwrap();
    let remarks = contents.lay(&place.path("copy"), &place.settings).unwrap();
    assert!(remarks[0].ends_with("has no commit yet: no `.git`"), "{remarks:?}");
    assert!(place.has("Cargo.toml") && !place.has("dist") && !place.has(".git"));
}

#[test]
fn a_folder_without_a_manifest_is_no_workspace() {
    let from = tempfile::tempdir().unwrap();
    let error = copy(from.path(), Path::new("/no/where")).unwrap_err();
    assert!(error.to_string().starts_with("no Cargo.toml in"), "{error}");
}

#[test]
fn the_identity_of_a_large_file_is_that_of_all_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..3 * PIECE + 7).map(|it| it as u8).collect();
    fs::write(folder.path().join("large"), &content).unwrap();
    let mut hash = Sha256::new();
    add(&mut hash, Path::new("large"), &content);
    assert_eq!(identity(folder.path()).unwrap(), hex::encode(hash.finalize()));
}

#[test]
fn an_identity_changes_with_content_names_and_links_only() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("a")).unwrap();
    fs::write(folder.path().join("a/b"), "text").unwrap();
    let first = identity(folder.path()).unwrap();
    fs::write(folder.path().join("a/b"), "text").unwrap();
    assert_eq!(identity(folder.path()).unwrap(), first);
    fs::rename(folder.path().join("a/b"), folder.path().join("a/bt")).unwrap();
    let renamed = identity(folder.path()).unwrap();
    fs::write(folder.path().join("a/bt"), "ext").unwrap();
    let changed = identity(folder.path()).unwrap();
    symlink("a", folder.path().join("c")).unwrap();
    let linked = identity(folder.path()).unwrap();
    let all = std::collections::BTreeSet::from([first, renamed, changed, linked]);
    assert_eq!(all.len(), 4);
}

const MEMBER: &str = "[package]\nname = 'm'\n";

#[test]
fn path_dependencies_outside_are_copied_at_their_relative_places() {
    let place = Place::new();
    place.write(&[
        ("ws/Cargo.toml", "[workspace]\nmembers = ['a']\n"),
        ("ws/a/Cargo.toml", "[package]\n[dependencies]\nlib = { path = '../../libs/lib' }\n"),
        ("libs/Cargo.toml", "[workspace]\n[workspace.dependencies]\ndeep = { path = '../deep' }\n"),
        (
            "libs/lib/Cargo.toml",
            "[package]\n[dependencies]\ndeep.workspace = true\n\
                                 [dev-dependencies]\ngone = { path = '../gone' }\n",
        ),
        ("libs/lib/target/debug/x", ""),
        ("libs/lib/.gitignore", "made.rs\n"),
        ("libs/lib/made.rs", ""),
        ("libs/other/Cargo.toml", MEMBER),
        ("deep/Cargo.toml", MEMBER),
        ("deep/src/lib.rs", ""),
    ]);
    for history in [false, true] {
        if history {
            place.commit("ws");
        }
        let contents = place.laid("ws", &[]);
        assert_eq!(contents.workspace, Path::new("ws"));
        for path in ["ws/a/Cargo.toml", "libs/Cargo.toml", "libs/lib/made.rs", "deep/src/lib.rs"] {
            assert!(place.has(path), "{path} is missing");
        }
        assert!(!place.has("libs/lib/target") && !place.has("libs/other") && !place.has(".git"));
        assert_eq!(place.has("ws/.git"), history);
        let said = contents.remarks.join("\n");
        assert!(said.contains("`../../libs/lib` is copied too: `dependencies.lib` of"), "{said}");
        fs::remove_dir_all(place.path("copy")).unwrap();
    }
}

#[test]
fn what_configuration_files_name_outside_is_copied_too() {
    let place = Place::new();
    place.write(&[
        ("ws/Cargo.toml", "[workspace]\nmembers = ['a']\n"),
        ("ws/a/Cargo.toml", MEMBER),
        (
            "ws/.cargo/config.toml",
            "paths = ['../over']\n[patch.crates-io]\np = { path = '../patched/p' }\n\
             [source.crates-io]\nreplace-with = 'v'\n[source.v]\ndirectory = '../vendor'\n",
        ),
        ("over/Cargo.toml", "[package]\n[dependencies]\ndeep = { path = '../deep' }\n"),
        ("deep/Cargo.toml", MEMBER),
        ("patched/p/Cargo.toml", MEMBER),
        ("vendor/x/.cargo-checksum.json", "{}"),
    ]);
    for history in [false, true] {
        if history {
            place.commit("ws");
        }
        let contents = place.laid("ws", &[]);
        assert_eq!(contents.workspace, Path::new("ws"));
        let wanted = ["over/Cargo.toml", "deep/Cargo.toml", "patched/p/Cargo.toml"];
        for path in wanted.into_iter().chain(["vendor/x/.cargo-checksum.json"]) {
            assert!(place.has(path), "{path} is missing");
        }
        let said = contents.remarks.join("\n");
        let of = "`../vendor` is copied too: `source.v.directory` of ";
        assert!(said.contains(of) && said.contains("ws/.cargo/config.toml names it"), "{said}");
        fs::remove_dir_all(place.path("copy")).unwrap();
    }
    fs::remove_dir_all(place.path("over")).unwrap();
    let said = place.list("ws", &[]).unwrap_err().to_string();
    assert!(said.contains("`paths` of ") && said.contains("is no folder"), "{said}");
}

#[test]
fn what_no_checkout_can_have_is_refused_by_manifest_and_key() {
    let place = Place::new();
    let absolute = place.path("lib").display().to_string();
    place.write(&[("lib/Cargo.toml", MEMBER)]);
    for (path, why) in [
        (absolute.as_str(), "which is an absolute path"),
        ("../no-such", "is no folder"),
        ("../../../../../../../../../usr/lib", "is no folder of sources"),
        ("../../../../../../..", "is no folder of sources"),
    ] {
        let manifest = format!("[package]\n[build-dependencies]\nx = {{ path = '{path}' }}\n");
        place.write(&[("ws/Cargo.toml", &manifest)]);
        let said = place.list("ws", &[]).unwrap_err().to_string();
        let named = said.contains("`build-dependencies.x` of ") && said.contains("ws/Cargo.toml");
        assert!(named && said.contains(path) && said.contains(why), "{said}");
    }
}

#[test]
fn a_workspace_in_the_package_that_it_depends_on_is_copied_with_it() {
    let place = Place::new();
    place.write(&[
        ("package/Cargo.toml", MEMBER),
        ("package/src/lib.rs", ""),
        ("package/fuzz/Cargo.toml", "[workspace]\n[dependencies]\nm = { path = '..' }\n"),
    ]);
    let contents = place.laid("package/fuzz", &[]);
    assert_eq!(contents.workspace, Path::new("fuzz"));
    assert!(place.has("src/lib.rs") && place.has("fuzz/Cargo.toml"));
}

#[test]
fn a_member_stands_for_its_workspace() {
    let place = Place::new();
    place
        .write(&[("ws/Cargo.toml", "[workspace]\nmembers = ['a']\n"), ("ws/a/Cargo.toml", MEMBER)]);
    let contents = place.laid("ws/a", &[]);
    assert_eq!(contents.workspace, Path::new(""));
    assert!(place.has("a/Cargo.toml"));
    let said = contents.remarks.join("\n");
    assert!(said.ends_with("ws, which is built"), "{said}");
}
