//! What is removed: over made-up folders with hard names, and over the target folders of real
//! builds, where what the action itself saved is known.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use lukewarm_cache_tools::KeptCrates;

use super::*;

fn package(name: &str, libraries: &[&str]) -> PackageFiles {
    PackageFiles {
        name: name.to_owned(),
        version: "1.0.0".to_owned(),
        libraries: libraries.iter().map(|it| (*it).to_owned()).collect(),
        manifest: "/elsewhere/Cargo.toml".into(),
    }
}

/// Makes empty files, and folders where a name ends in `/`.
fn lay<'n>(root: &Path, names: impl IntoIterator<Item = &'n str>) {
    for name in names {
        let path = root.join(name);
        match name.ends_with('/') {
            true => fs::create_dir_all(path).unwrap(),
            false => {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
        }
    }
}

/// Every name below a folder, those of folders with a `/` at their end.
fn listed(root: &Path) -> BTreeSet<String> {
    let walk = walkdir::WalkDir::new(root).min_depth(1).into_iter().map(Result::unwrap);
    walk.map(|it| {
        let name = it.path().strip_prefix(root).unwrap().display().to_string();
        if it.file_type().is_dir() { format!("{name}/") } else { name }
    })
    .collect()
}

/// The files of a folder with these names after a cleaning, without the folders that hold them.
fn left(names: &[&str], packages: &[PackageFiles]) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    lay(root.path(), names.iter().copied());
    target::clean(root.path(), Removed::AllBut(packages)).unwrap();
    let all = listed(root.path());
    let holds = |it: &str| all.iter().any(|other| other.starts_with(it) && other != it);
    all.iter().filter(|it| !it.ends_with('/') || !holds(it)).cloned().collect()
}

#[test]
fn names_with_hyphens_and_libraries_of_other_names_stay() {
    let packages = [
        package("proc-macro2", &["proc_macro2"]),
        package("rand", &["rand"]),
        package("cxx-build", &["cxx_build"]),
        package("renamed-lib", &["other-name"]),
    ];
    let stay = [
        "debug/.fingerprint/proc-macro2-0123456789abcdef/lib-proc_macro2",
        "debug/build/cxx-build-0123456789abcdef/output",
        "debug/deps/libother_name-0123456789abcdef.rlib",
        "debug/deps/libproc_macro2-0123456789abcdef.rmeta",
        "debug/deps/proc_macro2-0123456789abcdef.d",
        "debug/deps/renamed_lib-0123456789abcdef.d",
    ];
    let go = [
        // A name that begins alike, a member, a program, object files of a unit that stays.
        "debug/.fingerprint/rand-core-0123456789abcdef/x",
        "debug/.fingerprint/member-0123456789abcdef/x",
        "debug/build/rand-core-0123456789abcdef/x",
        "debug/deps/librand_core-0123456789abcdef.rlib",
        "debug/deps/app-0123456789abcdef",
        "debug/deps/rand-0123456789abcdef.rand.fedcba9876543210-cgu.0.rcgu.o",
        // A library without a hash, as a `cdylib` is.
        "debug/deps/librand.so",
        "debug/incremental/app-1abc/state",
        "debug/examples/show",
        "debug/app",
        "debug/.cargo-lock",
    ];
    let names: Vec<&str> = stay.iter().chain(&go).copied().collect();
    assert_eq!(left(&names, &packages), stay);
}

#[test]
fn the_layout_with_hashes_as_folders_is_known() {
    let stay = ["debug/build/proc-macro2/0123456789abcdef/deps/libproc_macro2.rlib"];
    let go = ["debug/build/member/0123456789abcdef/deps/libmember.rlib", "debug/app"];
    let names: Vec<&str> = stay.iter().chain(&go).copied().collect();
    assert_eq!(left(&names, &[package("proc-macro2", &["proc_macro2"])]), stay);
}

#[test]
fn folders_of_targets_and_of_test_libraries_are_gone_through() {
    let parts = |profile: &str| {
        ["build/", ".fingerprint/", "deps/liba-0123456789abcdef.rlib", "deps/libb-0.rlib", "b"]
            .map(|it| format!("{profile}/{it}"))
    };
    let profiles = ["release", "x86_64-unknown-linux-musl/debug", "tests/target/debug"];
    let mut names: Vec<String> = profiles.iter().flat_map(|it| parts(it)).collect();
    let more = ["CACHEDIR.TAG", "sub/CACHEDIR.TAG", ".rustc_info.json", "doc/index.html"];
    names.extend(
        more.iter()
            .chain(&["tests/trybuild/x/Cargo.toml", "tests/other/y"])
            .map(|it| (*it).to_owned()),
    );
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut wanted: BTreeSet<String> = profiles
        .iter()
        .flat_map(|it| {
            ["build/", ".fingerprint/", "deps/liba-0123456789abcdef.rlib"]
                .map(|part| format!("{it}/{part}"))
        })
        .collect();
    // Of a folder that is no profile's only the folders stay.
    wanted.extend(
        ["CACHEDIR.TAG", "sub/CACHEDIR.TAG", "doc/", "tests/trybuild/x/"].map(str::to_owned),
    );
    assert_eq!(left(&names, &[package("a", &["a"])]), wanted.into_iter().collect::<Vec<_>>());
}

/// As the action has it: the first missing part ends the cleaning of a profile.
#[test]
fn a_profile_without_one_of_its_parts_is_cleaned_no_further() {
    let names = ["debug/deps/libmember-0.rlib", "debug/build/member-0/x", "debug/app"];
    assert_eq!(left(&names, &[]), ["debug/build/", "debug/deps/libmember-0.rlib"]);
}

#[test]
fn a_link_is_neither_followed_nor_removed() {
    let root = tempfile::tempdir().unwrap();
    lay(root.path(), ["outside/kept", "target/debug/build/", "target/debug/.fingerprint/"]);
    lay(root.path(), ["target/debug/deps/"]);
    let link = |from: &str| {
        std::os::unix::fs::symlink(root.path().join("outside"), root.path().join(from)).unwrap();
    };
    ["target/debug/deps/member-1", "target/link", "linked"].iter().for_each(|it| link(it));
    target::clean(&root.path().join("target"), Removed::AllBut(&[])).unwrap();
    assert!(root.path().join("outside/kept").exists());
    assert!(root.path().join("target/debug/deps/member-1").is_symlink());
    assert!(is_own(&root.path().join("target")) && !is_own(&root.path().join("linked")));
}

#[test]
fn of_old_files_the_first_of_each_folder_goes() {
    let root = tempfile::tempdir().unwrap();
    let names = ["debug/build/", "debug/.fingerprint/", "debug/deps/a", "debug/app", "top"];
    lay(root.path(), names);
    let clean = || target::clean(root.path(), Removed::OlderThan(OLD)).unwrap();
    assert_eq!(clean(), 2, "what is beside folders of compiled files, whatever its age");
    assert!(root.path().join("debug/deps/a").exists());
    let old = SystemTime::now() - OLD - Duration::from_secs(60);
    filetime::set_file_mtime(root.path().join("debug/deps/a"), old.into()).unwrap();
    assert_eq!(clean(), 1);
    assert!(!root.path().join("debug/deps/a").exists());
}

#[test]
fn of_git_dependencies_what_no_package_is_from_goes() {
    let home = tempfile::tempdir().unwrap();
    let stay = ["git/checkouts/a-1/rev/Cargo.toml", "git/db/a-1/HEAD"];
    let go = ["git/checkouts/a-1/old/x", "git/checkouts/b-2/rev/x", "git/db/b-2/HEAD"];
    lay(home.path(), stay.iter().chain(&go).copied());
    let manifest = home.path().join("git/checkouts/a-1/rev/Cargo.toml");
    let from_git = PackageFiles { manifest, ..package("a", &["a"]) };
    assert_eq!(home::clean_git(home.path(), &[from_git]).unwrap(), 3);
    let left = listed(home.path());
    assert!(stay.iter().all(|it| left.contains(*it)) && !left.iter().any(|it| go.contains(&&**it)));
}

#[test]
fn a_registry_with_a_git_index_loses_what_cargo_makes_again() {
    let home = tempfile::tempdir().unwrap();
    let names = [
        "index/git-1/.git/HEAD",
        "index/git-1/.cache/a",
        "src/r/a-1.0.0/x",
        "cache/r/b-1.0.0.crate",
    ];
    let names = names.map(|it| format!("registry/{it}"));
    lay(home.path(), names.iter().map(String::as_str).chain(["credentials.toml"]));
    home::clean_registry(home.path(), &[package("a", &["a"])], KeptCrates::All).unwrap();
    let left = listed(home.path());
    assert!(
        left.contains("registry/index/git-1/.git/HEAD")
            && left.contains("registry/cache/r/b-1.0.0.crate")
    );
    assert!(!left.contains("credentials.toml") && !left.contains("registry/index/git-1/.cache/"));
}

/// The folders of real builds before the action's own dist cleaned them, and what it saved. Names
/// are from the checkout, as in its archives.
#[test]
fn what_stays_of_real_builds_is_what_the_action_saved() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rust-cache-2.9.2");
    let cases = ["tiny", "tiny-workspace-crates", "cli", "cli-workspace-crates", "hexyl"];
    for case in cases {
        let read = |file: &str| fs::read_to_string(data.join(case).join(file)).unwrap();
        let place = tempfile::tempdir().unwrap();
        let checkout = place.path().join("checkout");
        fs::create_dir(&checkout).unwrap();
        let before = read("before.txt");
        lay(&checkout, before.lines().map(name));
        let root = place.path().display().to_string();
        let all = packages::parse(&read("packages.json").replace("$ROOT", &root)).unwrap();
        let is_kept =
            |it: &PackageFiles| case.ends_with("-workspace-crates") || it.is_outside(&checkout);
        let kept: Vec<PackageFiles> = all.into_iter().filter(is_kept).collect();
        target::clean(&checkout.join("target"), Removed::AllBut(&kept)).unwrap();
        let home = place.path().join("cargo-home");
        home::clean_registry(&home, &kept, KeptCrates::Needed).unwrap_or_default();
        home::clean_git(&home, &kept).unwrap();
        let found: BTreeSet<String> = listed(place.path())
            .into_iter()
            .filter_map(|it| match it.strip_prefix("checkout/") {
                Some(below) => (!below.is_empty()).then(|| below.to_owned()),
                None => it.starts_with("cargo-home/r").then(|| format!("../{it}")),
            })
            .collect();
        let saved = read("saved.txt");
        let wanted: BTreeSet<String> = saved.lines().map(|it| name(it).to_owned()).collect();
        assert_eq!(found, wanted, "{case}");
        assert!(before.lines().count() > saved.lines().count(), "{case}");
    }
}

/// The name of a line `f SIZE NAME`; that of a folder ends in `/`.
fn name(line: &str) -> &str {
    line.splitn(3, ' ').nth(2).unwrap()
}
