//! Small workspaces of the kinds that people have, built in what a checkout of each is.

use std::path::{Path, PathBuf};

use lukewarm_model::{JobFacts, MutationKind, Origin, Plan, RawRecord};
use lukewarm_runner::Processes;

use crate::support::{job, plan, record_in, scenario, user};

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
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
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
