//! Small workspaces of the kinds that people have, built in what a checkout of each is.

use std::path::{Path, PathBuf};

use lukewarm_model::{JobFacts, MutationKind, Origin, Plan, RawRecord};
use lukewarm_runner::Processes;

use crate::support::{job, plan, record_in, scenario, try_record, user};

/// A place outside every repository with the files of some workspace.
fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = tempfile::Builder::new().prefix("kinds ").tempdir_in("/var/tmp").unwrap();
    for (name, text) in files {
        let path = place.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    place
}

#[expect(clippy::disallowed_methods, reason = "the user's own git, beside what is tested")]
fn git(folder: &Path, words: &[&str]) -> String {
    let done = std::process::Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@b"])
        .args(words)
        .current_dir(folder)
        .env_clear()
        .envs(user().get("PATH").map(|path| ("PATH", path)))
        .env("HOME", folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "git {words:?} in {}: {done:?}", folder.display());
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn commit(folder: &Path) {
    git(folder, &["init", "--quiet"]);
    git(folder, &["add", "--all", "--force"]);
    git(folder, &["commit", "--quiet", "--message", "all"]);
}

/// A plan that builds a folder once.
fn once(folder: PathBuf) -> Plan {
    let mut plan = plan(vec![scenario("none", "none", None)]);
    plan.story.jobs = vec![job("cold", MutationKind::None, None)];
    let workspace = &mut plan.workspaces[0];
    (workspace.folder, workspace.origin) = (folder, Origin::Foreign);
    (workspace.verify, workspace.expected) = (None, Default::default());
    workspace.mutations.clear();
    plan
}

fn built(place: &tempfile::TempDir, plan: Plan) -> RawRecord {
    record_in(plan, &place.path().join("scratch and logs"), &Processes::default())
}

/// The only job, which must have built something.
fn only(record: &RawRecord) -> &JobFacts {
    let [job] = record.jobs.as_slice() else { panic!("{:?}", record.jobs) };
    assert!(job.failure.is_none(), "{:?}", job.failure);
    assert!(!job.units.is_empty());
    job
}

const PACKAGE: &str = "[package]\nname = \"one\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

#[test]
fn a_file_for_search_tools_hides_nothing() {
    let place = place(&[
        ("ws/Cargo.toml", PACKAGE),
        ("ws/.ignore", "generated/\n"),
        ("ws/generated/table.txt", "a table"),
        ("ws/src/lib.rs", "pub static T: &str = include_str!(\"../generated/table.txt\");\n"),
    ]);
    only(&built(&place, once(place.path().join("ws"))));
    commit(&place.path().join("ws"));
    only(&built(&place, once(place.path().join("ws"))));
}

#[test]
fn vendored_files_that_an_inner_gitignore_names_are_whole() {
    let checksum = r#"{"files": {"Cargo.toml": "92610e699fb11e1efacfa2e005c8df3869c5938f236f5579b6f07b947003a7b0", "src/lib.rs": "e76f5de669200ab0fb04a6caa1c4777b58a0b72a8d130c25d0fe3450e4354f70", "sub/.gitignore": "bb0fe43ca9c9e623f19e1cd7f7208be521a2f7bf6b903f1289bfa43d2be473f4", "sub/x.txt": "6667b2d1aab6a00caa5aee5af8ad9f1465e567abf1c209d15727d57b3e8f6e5f"}, "package": null}"#;
    let place = place(&[
        ("ws/Cargo.toml", &format!("{PACKAGE}[dependencies]\na = \"1\"\n")),
        ("ws/src/lib.rs", "pub fn f() -> u32 { a::g() }\n"),
        (
            "ws/.cargo/config.toml",
            "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\n\
             directory = \"vendor\"\n",
        ),
        ("ws/vendor/a/.cargo-checksum.json", checksum),
        ("ws/vendor/a/Cargo.toml", "[package]\nname=\"a\"\nversion=\"1.0.0\"\nedition=\"2021\"\n"),
        ("ws/vendor/a/src/lib.rs", "pub fn g()->u32{1}\n"),
        ("ws/vendor/a/sub/.gitignore", "x.txt\n"),
        ("ws/vendor/a/sub/x.txt", "data\n"),
    ]);
    only(&built(&place, once(place.path().join("ws"))));
    commit(&place.path().join("ws"));
    only(&built(&place, once(place.path().join("ws"))));
}

#[test]
fn a_build_script_can_ask_git_and_read_what_lies_above_the_workspace() {
    let script = "use std::process::Command;\nfn main() {\n    let mut git = Command::new(\"git\");\n    \
                  let out = git.args([\"describe\", \"--always\", \"--dirty\"]).output().unwrap();\n    \
                  assert!(out.status.success(), \"{out:?}\");\n    \
                  let rev = String::from_utf8(out.stdout).unwrap();\n    \
                  println!(\"cargo:rustc-env=REV={}\", rev.trim());\n}\n";
    let place = place(&[
        ("repository/README.md", "read me"),
        ("repository/.cargo/config.toml", "[env]\nFROM_ABOVE = \"yes\"\n"),
        (
            "repository/deep/ws/Cargo.toml",
            &format!("{PACKAGE}[dependencies]\nlib = {{ path = '../../lib' }}\n"),
        ),
        ("repository/deep/ws/build.rs", script),
        (
            "repository/deep/ws/src/main.rs",
            "fn main() {\n    lib::f();\n    println!(\"{} {} {}\", env!(\"REV\"), env!(\"FROM_ABOVE\"), \
             include_str!(\"../../../README.md\"));\n}\n",
        ),
        ("repository/lib/Cargo.toml", &PACKAGE.replace("one", "lib")),
        ("repository/lib/src/lib.rs", "pub fn f() {}\n"),
    ]);
    let repository = place.path().join("repository");
    commit(&repository);
    let described = git(&repository, &["rev-parse", "HEAD"]);
    let mut plan = once(repository.join("deep/ws"));
    plan.workspaces[0].verify = Some(lukewarm_model::Verify {
        bin: "one".to_owned(),
        args: Vec::new(),
        stdout_contains: format!("{} yes read me", &described[..7]),
    });
    let record = built(&place, plan.clone());
    let checks = &only(&record).checks;
    assert!(checks.iter().all(|it| it.held == Some(true)), "{checks:?}");
    // What is not committed lies on top, and the same commit without it is built as it was.
    std::fs::write(repository.join("README.md"), "changed").unwrap();
    let dirty = &mut plan.workspaces[0].verify.as_mut().unwrap().stdout_contains;
    *dirty = format!("{}-dirty yes changed", &described[..7]);
    let checks = &only(&built(&place, plan.clone())).checks.clone();
    assert!(checks.iter().all(|it| it.held == Some(true)), "{checks:?}");
    plan.workspaces[0].changes = lukewarm_model::UncommittedChanges::LeftOut;
    let committed = &mut plan.workspaces[0].verify.as_mut().unwrap().stdout_contains;
    *committed = format!("{} yes read me", &described[..7]);
    let again = built(&place, plan);
    assert!(only(&again).checks.iter().all(|it| it.held == Some(true)), "{:?}", again.jobs);
    assert_eq!(again.run.sources, record.run.sources);
}

#[test]
fn a_path_dependency_above_the_root_is_built() {
    let place = place(&[
        ("ws/Cargo.toml", "[workspace]\nmembers = [\"a\"]\nresolver = \"2\"\n"),
        (
            "ws/a/Cargo.toml",
            &format!("{PACKAGE}[dependencies]\nlib-out = {{ path = \"../../libs/lib-out\" }}\n"),
        ),
        ("ws/a/src/lib.rs", "pub fn f() -> u32 { lib_out::g() }\n"),
        (
            "libs/Cargo.toml",
            "[workspace]\nmembers = [\"*\"]\n[workspace.package]\nedition = \"2021\"\n\
             [workspace.dependencies]\ndeep = { path = \"../deep\" }\n",
        ),
        (
            "libs/lib-out/Cargo.toml",
            "[package]\nname = \"lib-out\"\nversion = \"0.1.0\"\nedition.workspace = true\n\
             [dependencies]\ndeep.workspace = true\n",
        ),
        ("libs/lib-out/src/lib.rs", "pub fn g() -> u32 { deep::h() }\n"),
        ("deep/Cargo.toml", &PACKAGE.replace("one", "deep")),
        ("deep/src/lib.rs", "pub fn h() -> u32 { 1 }\n"),
    ]);
    only(&built(&place, once(place.path().join("ws"))));
}

#[test]
fn a_missing_lock_file_is_made_once_and_is_part_of_the_identity() {
    let place = place(&[("ws/Cargo.toml", PACKAGE), ("ws/src/lib.rs", "")]);
    let folder = place.path().join("ws");
    let first = built(&place, once(folder.clone()));
    only(&first);
    assert!(!folder.join("Cargo.lock").exists(), "the user's folder was written to");
    let again = built(&place, once(folder.clone()));
    assert_eq!(first.run.sources, again.run.sources);
    // The same file, as the user's own, makes the same sources.
    let lock = "# This file is automatically @generated by Cargo.\n# It is not intended for manual \
                editing.\nversion = 4\n\n[[package]]\nname = \"one\"\nversion = \"0.1.0\"\n";
    std::fs::write(folder.join("Cargo.lock"), lock).unwrap();
    let own = built(&place, once(folder));
    assert_eq!(first.run.sources, own.run.sources);
}

#[test]
fn a_toolchain_that_is_not_installed_is_named_with_the_command_before_anything_runs() {
    let place = place(&[
        ("ws/Cargo.toml", PACKAGE),
        ("ws/src/lib.rs", ""),
        ("ws/rust-toolchain.toml", "[toolchain]\nchannel = \"1.0.0\"\n"),
    ]);
    let said = refused(&place, once(place.path().join("ws")));
    let wanted = "`rust-toolchain.toml` asks for the toolchain `1.0.0`, which is not installed: \
                  `rustup toolchain install 1.0.0 --profile minimal`; to build with another one, \
                  set RUSTUP_TOOLCHAIN to its name";
    assert_eq!(said, wanted);
    std::fs::remove_file(place.path().join("ws/rust-toolchain.toml")).unwrap();
    let manifest = format!("{PACKAGE}rust-version = \"1.999\"\n");
    std::fs::write(place.path().join("ws/Cargo.toml"), manifest).unwrap();
    let said = refused(&place, once(place.path().join("ws")));
    assert!(said.starts_with("`Cargo.toml` asks for Rust 1.999.0 (`rust-version`), and rustc"));
}

#[test]
fn a_lock_file_that_does_not_fit_is_refused_with_what_to_do() {
    let place = place(&[
        ("ws/Cargo.toml", &format!("{PACKAGE}[dependencies]\nlib = {{ path = \"lib\" }}\n")),
        ("ws/src/lib.rs", ""),
        ("ws/lib/Cargo.toml", &PACKAGE.replace("one", "lib")),
        ("ws/lib/src/lib.rs", ""),
        ("ws/Cargo.lock", "version = 4\n\n[[package]]\nname = \"one\"\nversion = \"0.1.0\"\n"),
    ]);
    let said = refused(&place, once(place.path().join("ws")));
    let wanted = "`Cargo.lock` does not fit the manifests: run `cargo update --workspace`";
    assert!(said.starts_with(wanted), "{said}");
}

/// What is said of a plan that cannot be prepared.
fn refused(place: &tempfile::TempDir, plan: Plan) -> String {
    let scratch = place.path().join("scratch and logs");
    let processes = Processes::default();
    let done = try_record(plan, &scratch, &processes, &mut |_: &lukewarm_runner::Event| Ok(()));
    done.unwrap_err().to_string()
}

#[test]
fn what_a_build_misses_is_named_with_what_brings_it() {
    let place = place(&[
        ("ws/Cargo.toml", PACKAGE),
        ("ws/.gitignore", "# made\ndist\n"),
        ("ws/src/lib.rs", "pub static T: &str = include_str!(\"../dist/app.js\");\n"),
    ]);
    let folder = place.path().join("ws");
    commit(&folder);
    std::fs::create_dir(folder.join("dist")).unwrap();
    std::fs::write(folder.join("dist/app.js"), "").unwrap();
    let wanted = "`dist/app.js` was left out of the checkout, because line 2 of `.gitignore` names \
                  it: add `--include dist/`";
    let record = built(&place, once(folder.clone()));
    let failure = record.jobs[0].failure.as_ref().unwrap();
    assert!(failure.message.contains(wanted), "{}", failure.message);
    // The same where an edit is tried before anything is measured.
    let mut edited = once(folder.clone());
    let body = job("leaf-body", MutationKind::Body, Some(lukewarm_model::Place::Leaf));
    edited.story.jobs.push(body);
    let said = refused(&place, edited);
    assert!(said.contains(wanted), "{said}");
    let mut plan = once(folder);
    plan.workspaces[0].include = vec!["dist/".into()];
    only(&built(&place, plan));
}

#[test]
fn a_build_that_writes_into_its_sources_is_remarked_and_every_checkout_is_fresh() {
    let script = "fn main() {\n    let made = std::path::Path::new(\"src/made.rs\");\n    \
                  assert!(!made.exists(), \"not a fresh checkout\");\n    \
                  std::fs::write(made, \"pub fn f() {}\").unwrap();\n}\n";
    let place = place(&[
        ("ws/Cargo.toml", PACKAGE),
        ("ws/build.rs", script),
        ("ws/src/lib.rs", "mod made;\n"),
    ]);
    let mut plan = once(place.path().join("ws"));
    plan.iterations = 2;
    let record = built(&place, plan);
    assert_eq!(record.jobs.len(), 2);
    for job in &record.jobs {
        assert!(job.failure.is_none(), "{:?}", job.failure);
        let said: Vec<&str> = job.warnings.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(said, ["a build writes into its sources: `src/made.rs`"]);
    }
}
