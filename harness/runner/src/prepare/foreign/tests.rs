//! Choosing edits with a real Cargo, in small workspaces of the kinds that people have.

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{Change, MutationKind, Place};

use super::graph::{CrateRole, EditCandidates, candidates};
use super::*;
use crate::prepare::edits::{AutomaticEdit, Edit};
use crate::prepare::environment::UserEnvironment;
use crate::prepare::toolchain::{self, ResolvedToolchain};
use crate::process::{CommandSpec, Processes};

/// A workspace in a folder of its own.
struct Fixture {
    place: tempfile::TempDir,
    toolchain: ResolvedToolchain,
    processes: Processes,
}

#[expect(clippy::disallowed_methods, reason = "a test is its own front door")]
fn user() -> UserEnvironment {
    UserEnvironment::new(std::env::vars_os())
}

fn manifest(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}")
}

/// The dependency on a member in the folder beside.
fn on(name: &str) -> String {
    format!("{name} = {{ path = \"../{name}\" }}\n")
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Fixture {
        let place = tempfile::tempdir_in("/var/tmp").unwrap();
        let root = place.path().join("pristine");
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let processes = Processes::default();
        let toolchain = toolchain::find(&root, &user(), &processes).unwrap();
        let fixture = Fixture { place, toolchain, processes };
        if !root.join("Cargo.lock").exists() {
            fixture.cargo(&["generate-lockfile", "--offline"]);
        }
        fixture
    }

    fn root(&self) -> PathBuf {
        self.place.path().join("pristine")
    }

    fn environment(&self) -> crate::prepare::environment::Environment {
        user().for_metadata(&self.toolchain.bin, &self.place.path().join("cargo-home"))
    }

    fn cargo(&self, words: &[&str]) -> String {
        let spec = CommandSpec::new(self.toolchain.bin.join("cargo"), self.root())
            .args(words.iter().copied())
            .environment(self.environment());
        let (exit, text) = spec.read(&self.processes).unwrap();
        assert_eq!(exit.code, Some(0), "cargo {words:?} in {}", self.root().display());
        text
    }

    fn metadata(&self) -> Metadata {
        let text = self.cargo(&["metadata", "--format-version", "1", "--offline"]);
        cargo_metadata::MetadataCommand::parse(text).unwrap()
    }

    fn candidates(&self) -> EditCandidates {
        {
            let metadata = self.metadata();
            candidates(&metadata, &self.root(), &metadata.workspace_packages())
        }
    }

    fn trial<'a>(&'a self, pristine: &'a Path, command: &[&str]) -> Trial<'a> {
        let words = ["--workspace", "--offline", "--message-format", "json-render-diagnostics"];
        let words = command.iter().copied().chain(words).map(str::to_owned).collect();
        let commands = vec![(self.toolchain.bin.join("cargo"), words)];
        let place = self.place.path().join("trial");
        Trial::new(
            (pristine, Path::new("")),
            pristine,
            place,
            commands,
            self.environment(),
            &self.processes,
        )
        .unwrap()
    }

    /// Chooses the edits of these changes, and returns what was said too.
    fn choose(&self, changes: &[Change]) -> Result<(Vec<ChosenEdit>, Vec<String>), RunnerError> {
        let (root, metadata) = (self.root(), self.metadata());
        let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
        let cache = self.place.path().join("cache");
        let names: Vec<&str> = changes.iter().map(|it| it.name()).collect();
        let foreign = ForeignWorkspace {
            name: "mine",
            metadata: &metadata,
            selected: metadata.workspace_packages(),
            checkout: &root,
            registry: &self.place.path().join("cargo-home"),
            lock: &lock,
            remembered: RememberedEdits::of(&cache, &names),
        };
        let mut said = Vec::new();
        let trial = || Ok(self.trial(&root, &["check"]));
        let chosen = foreign.choose(changes, &mut |_| Ok(()), trial, &mut |it| said.push(it))?;
        Ok((chosen, said))
    }
}

const fn at(kind: MutationKind, place: Place) -> Change {
    Change { kind, place: Some(place) }
}

const fn of(kind: MutationKind) -> Change {
    Change { kind, place: None }
}

const LEAF_BODY: Change = at(MutationKind::Body, Place::Leaf);
const CORE_BODY: Change = at(MutationKind::Body, Place::Core);
const CORE_SIGNATURE: Change = at(MutationKind::Signature, Place::Core);

fn names(all: &[graph::EditCandidate]) -> Vec<&str> {
    all.iter().map(|it| it.package.as_str()).collect()
}

#[test]
fn the_core_is_what_members_really_depend_on_and_the_leaf_what_none_needs() {
    let lib = "pub fn f() {}\n";
    let depends = |name: &str, on: &str| manifest(name, &format!("[dependencies]\n{on}"));
    let all = on("base") + &on("makro");
    let with_tests =
        depends("app", &(on("middle") + &on("makro"))) + "[dev-dependencies]\n" + &on("testing");
    let scripted = depends("middle", &all) + "[build-dependencies]\n" + &on("codegen");
    let fixture = Fixture::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n"),
        ("crates/base/Cargo.toml", &manifest("base", "")),
        ("crates/base/src/lib.rs", lib),
        // The most used of all by number, and no place for an edit that others see.
        ("crates/makro/Cargo.toml", &manifest("makro", "[lib]\nproc-macro = true\n")),
        ("crates/makro/src/lib.rs", ""),
        ("crates/codegen/Cargo.toml", &manifest("codegen", "")),
        ("crates/codegen/src/lib.rs", lib),
        ("crates/testing/Cargo.toml", &manifest("testing", "")),
        ("crates/testing/src/lib.rs", lib),
        ("crates/middle/Cargo.toml", &scripted),
        ("crates/middle/build.rs", "fn main() {\n    codegen::f();\n}\n"),
        ("crates/middle/src/lib.rs", lib),
        ("crates/app/Cargo.toml", &with_tests),
        ("crates/app/src/main.rs", "fn main() {}\n"),
        ("crates/windows-only/Cargo.toml", &depends("windows-only", &on("base"))),
        ("crates/windows-only/src/lib.rs", "#![cfg(windows)]\n"),
    ]);
    let found = fixture.candidates();
    assert_eq!(names(&found.core)[..2], ["base", "middle"], "{found:#?}");
    assert_eq!(names(&found.core).last(), Some(&"makro"));
    assert_eq!(found.core[0].reason, "2 members depend on it");
    // Used by a build script alone it is no leaf, and used by tests alone a bad one.
    assert_eq!(names(&found.leaf)[..2], ["app", "testing"], "{found:#?}");
    let codegen = found.leaf.iter().position(|it| it.package == "codegen");
    assert!(codegen > found.leaf.iter().position(|it| it.package == "testing"));
    let excluded = ("windows-only".to_owned(), "compiled for some targets only");
    assert_eq!(found.excluded.len(), 1);
    assert_eq!(found.excluded[0].0, excluded.0);
    assert!(found.excluded[0].1.ends_with(excluded.1), "{:?}", found.excluded);
    let scripts: Vec<_> = found.core.iter().filter_map(|it| it.build_script.clone()).collect();
    assert_eq!(scripts, [Path::new("crates/middle/build.rs")]);
}

#[test]
fn one_package_has_its_program_as_leaf_and_its_library_as_core() {
    let both = Fixture::new(&[
        ("Cargo.toml", &manifest("one", "")),
        ("src/lib.rs", "pub fn f() {}\n"),
        ("src/main.rs", "fn main() {}\n"),
        ("src/bin/other.rs", "fn main() {}\n"),
    ]);
    let found = both.candidates();
    let sources = |all: &[graph::EditCandidate]| all[0].source.display().to_string();
    assert_eq!(
        (sources(&found.leaf), sources(&found.core)),
        ("src/main.rs".into(), "src/lib.rs".into())
    );
    let (chosen, _) = both.choose(&[LEAF_BODY, CORE_SIGNATURE]).unwrap();
    assert!(chosen[0].edit.form.ends_with("src/main.rs"), "{chosen:#?}");
    assert!(chosen[1].edit.form.starts_with("a public function at the end of src/lib.rs"));
    let alone = Fixture::new(&[
        ("Cargo.toml", &manifest("one", "[lib]\ncrate-type = [\"cdylib\"]\npath = \"x.rs\"\n")),
        ("x.rs", ""),
    ]);
    let found = alone.candidates();
    assert_eq!(found.leaf[0].role, CrateRole::NativeLibrary);
    assert_eq!(found.leaf[0].source, found.core[0].source);
}

#[test]
fn what_lies_outside_or_is_made_by_the_build_is_not_edited() {
    let fixture = Fixture::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\nresolver = \"2\"\n"),
        ("../theirs.rs", ""),
        ("a/Cargo.toml", &manifest("a", "[lib]\npath = \"../../theirs.rs\"\n")),
        ("b/Cargo.toml", &manifest("b", "[lib]\npath = \"made.rs\"\n")),
        (
            "c/Cargo.toml",
            &manifest(
                "c",
                "[[bin]]\nname = \"c\"\nrequired-features = [\"x\"]\n[features]\nx = []\n",
            ),
        ),
        ("c/src/main.rs", "fn main() {}\n"),
    ]);
    let found = fixture.candidates();
    assert_eq!((found.leaf.len(), found.core.len()), (0, 0), "{found:#?}");
    let why: Vec<&str> = found.excluded.iter().map(|(_, why)| why.as_str()).collect();
    assert!(why[0].ends_with("theirs.rs lies outside of the checkout"), "{why:?}");
    assert_eq!(why[1], "b/made.rs is made by the build, or missing");
    assert_eq!(why[2], "it has neither a library nor a program that is built");
    let error = fixture.choose(&[LEAF_BODY]).unwrap_err().to_string();
    assert!(
        error.contains("cannot make the change `leaf body`: no member can be edited"),
        "{error}"
    );
    assert!(error.contains("`b`: b/made.rs is made by the build, or missing"), "{error}");
}

/// Root files of libraries that are strict, odd or both.
const ODD: [(&str, &str); 17] = [
    (
        "denied",
        "//! Docs.\n\
         #![deny(warnings, missing_docs, unreachable_pub, dead_code)]\n\
         #![deny(missing_debug_implementations, unused)]\n\
         /// F.\n\
         pub fn f() {}\n",
    ),
    (
        "forbidden",
        "//! Docs.\n\
         #![forbid(unsafe_code, warnings, missing_docs, dead_code, unused, unreachable_pub)]\n\
         /// F.\n\
         pub fn f() {}\n",
    ),
    ("bare", "#![no_std]\npub fn f() -> u32 {\n    1\n}\n"),
    (
        "alloc-only",
        "#![no_std]\n#![deny(warnings)]\nextern crate alloc;\npub use alloc::vec::Vec;\n",
    ),
    ("no-prelude", "#![no_implicit_prelude]\npub fn f() {}\n"),
    ("macros-only", "#[macro_export]\nmacro_rules! nothing {\n    () => {};\n}\n"),
    ("re-exports", "pub use std::collections::*;\npub use std::fmt;\n"),
    ("empty", ""),
    ("docs-only", "//! Nothing but documentation, without an end"),
    ("doc-comment", "pub fn f() {}\n// a comment at the end, without a line's end"),
    ("attributes-only", "#![allow(dead_code)]"),
    ("included", "include!(\"real.rs\");"),
    ("windows-lines", "//! Docs.\r\n\r\npub fn f() {}\r\n// end\r\n"),
    ("marked", "\u{feff}//! Docs.\npub fn f() {}"),
    ("scripted", "#!/usr/bin/env run-cargo-script\npub fn f() {}\n"),
    ("documented", "#![doc = include_str!(\"../Cargo.toml\")]\n"),
    ("tested", "pub fn f() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn f() {}\n}\n"),
];

fn odd_workspace() -> Fixture {
    let mut files: Vec<(String, String)> = ODD
        .iter()
        .flat_map(|(name, text)| {
            let file = format!("{name}/src/lib.rs");
            [(format!("{name}/Cargo.toml"), manifest(name, "")), (file, (*text).to_owned())]
        })
        .collect();
    let mut add = |name: &str, text: &str| files.push((name.to_owned(), text.to_owned()));
    add("included/src/real.rs", "pub fn f() {}\n");
    for edition in ["2015", "2018", "2024"] {
        let folder = format!("edition-{edition}");
        let text = manifest(&folder, "").replace("2021", edition);
        add(&format!("{folder}/Cargo.toml"), &text);
        add(&format!("{folder}/src/lib.rs"), "#![deny(warnings)]\npub fn f() {}\n");
    }
    for kind in ["cdylib", "staticlib", "dylib"] {
        let rest = format!("[lib]\ncrate-type = [\"{kind}\"]\n");
        add(&format!("{kind}/Cargo.toml"), &manifest(kind, &rest));
        add(&format!("{kind}/src/lib.rs"), "#![deny(warnings)]\npub fn f() {}\n");
    }
    for edition in ["2015", "2021"] {
        let folder = format!("makro-{edition}");
        let text = manifest(&folder, "[lib]\nproc-macro = true\n").replace("2021", edition);
        // The package's name has the year too.
        let text = text.replace(&format!("makro-{edition}"), &folder);
        add(&format!("{folder}/Cargo.toml"), &text);
        let text = "#![deny(warnings, missing_docs)]\n//! Docs.\nextern crate proc_macro;\n";
        add(&format!("{folder}/src/lib.rs"), text);
    }
    add("program/Cargo.toml", &manifest("program", ""));
    add("program/src/main.rs", "#![forbid(unsafe_code)]\n#![deny(warnings)]\nfn main() {}");
    add("Cargo.toml", "[workspace]\nmembers = [\"*\"]\nexclude = [\"target\"]\nresolver = \"2\"\n");
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Fixture::new(&files)
}

/// The first forms of an edit of each crate.
fn first_forms(found: &EditCandidates, kind: MutationKind, count: usize) -> Vec<Edit> {
    let change = at(kind, Place::Core);
    let of = |it: &graph::EditCandidate| {
        let one = EditCandidates { core: vec![it.clone()], ..EditCandidates::default() };
        options::options(&one, change).into_iter().take(count).collect::<Vec<_>>()
    };
    let all = found.core.iter().flat_map(of).enumerate();
    all.map(|(number, it): (usize, AutomaticEdit)| it.filled(&format!("lwx{number}x"))).collect()
}

#[test]
fn the_plainest_edit_of_every_odd_crate_compiles_and_shows() {
    let fixture = odd_workspace();
    let found = fixture.candidates();
    assert_eq!(found.excluded, []);
    assert!(found.core.len() > ODD.len() + 5, "{}", found.core.len());
    let root = fixture.root();
    let mut trial = fixture.trial(&root, &["check"]);
    for kind in [MutationKind::Body, MutationKind::Signature, MutationKind::Comment] {
        let edits = first_forms(&found, kind, 1);
        assert_eq!(trial.compile(&edits).unwrap(), Tried::Compiles(BTreeSet::new()), "{kind}");
    }
    // Under every lint that Clippy has, where one may be allowed.
    let lax: EditCandidates = EditCandidates {
        core: found.core.into_iter().filter(|it| it.package != "forbidden").collect(),
        ..EditCandidates::default()
    };
    let allowed = |kind| {
        let all = first_forms(&lax, kind, 9);
        let named = |it: &&Edit| format!("{it:?}").contains("clippy::restriction");
        all.iter().filter(named).cloned().collect::<Vec<_>>()
    };
    for kind in [MutationKind::Body, MutationKind::Signature] {
        let edits = allowed(kind);
        assert!(edits.len() >= 2 * lax.core.len());
        assert_eq!(trial.compile(&edits).unwrap(), Tried::Compiles(BTreeSet::new()), "{kind}");
    }
}

#[test]
fn an_edit_that_does_not_compile_is_not_taken_and_the_reason_is_said() {
    // The compiler drops all of the crate that most depend on, and with it every edit.
    let fixture = Fixture::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\", \"c\"]\nresolver = \"2\"\n"),
        ("a/Cargo.toml", &manifest("a", "")),
        ("a/src/lib.rs", "#![cfg_attr(all(), cfg(any()))]\n"),
        ("b/Cargo.toml", &manifest("b", &format!("[dependencies]\n{}", on("a")))),
        ("b/src/lib.rs", "pub fn f() {}\n"),
        ("c/Cargo.toml", &manifest("c", &format!("[dependencies]\n{}", on("b")))),
        ("c/src/main.rs", "fn main() {}\n"),
    ]);
    let (chosen, said) = fixture.choose(&[of(MutationKind::None), CORE_BODY, LEAF_BODY]).unwrap();
    assert_eq!(chosen[0].edit.package, "b", "{said:#?}");
    assert_eq!(chosen[0].refused.len(), 4, "{chosen:#?}");
    assert!(chosen[0].refused[0].ends_with("(`a`): it is not in what Cargo builds"));
    assert_eq!((chosen[1].edit.package.as_str(), chosen[1].refused.len()), ("c", 0));
    let line = said.iter().find(|it| it.contains("core body")).unwrap();
    assert!(line.contains("in `b` (1 member depends on it)"), "{line}");
    assert!(line.contains("; not a private function at the end of a/src/lib.rs"), "{line}");
    // The same once more is remembered, and nothing is built.
    let (again, said) = fixture.choose(&[of(MutationKind::None), CORE_BODY, LEAF_BODY]).unwrap();
    assert_eq!(again, chosen);
    assert_eq!(said, ["edits of mine: as they were tried before"]);
}

#[test]
fn a_workspace_that_does_not_compile_is_refused_with_the_compilers_words() {
    let fixture = Fixture::new(&[
        ("Cargo.toml", &manifest("broken", "")),
        ("src/main.rs", "fn main() {\n    missing();\n}\n"),
    ]);
    let error = fixture.choose(&[LEAF_BODY]).unwrap_err().to_string();
    assert!(error.starts_with("workspace `mine` does not compile, so nothing is measured:"));
    assert!(error.contains("cannot find function `missing`"), "{error}");
    assert!(!fixture.place.path().join("trial").exists(), "the copy is removed");
    // Without an edit nothing is tried: its jobs say what fails.
    assert_eq!(fixture.choose(&[of(MutationKind::None)]).unwrap().0, []);
}

#[test]
fn features_and_build_scripts_of_foreign_workspaces_are_changed() {
    let changes = [of(MutationKind::Features), of(MutationKind::BuildScript)];
    let library = ("src/lib.rs", "pub fn f() {}\n");
    let with = |script: &str| {
        let rest = "build = \"made/by.rs\"\n[features]\ndefault = [\"std\"]\nstd = []\n";
        Fixture::new(&[("Cargo.toml", &manifest("a", rest)), library, ("made/by.rs", script)])
    };
    let chosen = |fixture: &Fixture| -> Vec<String> {
        let (chosen, _) = fixture.choose(&changes).unwrap();
        chosen.into_iter().map(|it| it.edit.form).collect()
    };
    let there = chosen(&with("fn main() -> Result<(), ()> {\n    Ok(())\n}\n"));
    assert_eq!(there, ["a default feature in Cargo.toml", "a variable that made/by.rs makes"]);
    // One whose `main` comes from elsewhere.
    let odd = chosen(
        &with("include!(\"other.rs\");\n// fn main() {}\n").and("made/other.rs", "fn main() {}\n"),
    );
    assert_eq!(odd[1], "a private function of made/by.rs");
    let without = Fixture::new(&[("Cargo.toml", &manifest("a", "")), library]);
    assert_eq!(chosen(&without)[1], "a new build script, build.rs");
    let forbidden = Fixture::new(&[("Cargo.toml", &manifest("a", "build = false\n")), library]);
    let error = forbidden.choose(&changes).unwrap_err().to_string();
    assert!(error.contains("cannot make the change `build-script`"), "{error}");
}

impl Fixture {
    /// This fixture with one more file.
    fn and(self, name: &str, text: &str) -> Fixture {
        fs::write(self.root().join(name), text).unwrap();
        self
    }
}
