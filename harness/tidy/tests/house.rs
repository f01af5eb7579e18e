//! Applies the rules to this repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_tidy::{Finding, Modules, files};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root is there")
}

#[track_caller]
fn assert_none(findings: Vec<Finding>) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "rules of this repository are broken:\n{}", lines.join("\n"));
}

fn is(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|it| it == extension)
}

#[test]
fn sources_keep_their_limits() {
    let sources = files(&root(), "harness");
    let rust: Vec<_> = sources.iter().filter(|(file, _)| is(file, "rs")).collect();
    assert!(!rust.is_empty(), "no source was found");
    assert_none(rust.iter().flat_map(|(file, text)| lukewarm_tidy::source(file, text)).collect());
}

#[test]
fn arrows_go_down_only() {
    let mut findings = Vec::new();
    let mut count = 0;
    for (file, text) in files(&root(), "harness") {
        let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
        if let [_, name, manifest] = parts.as_slice()
            && manifest == "Cargo.toml"
        {
            count += 1;
            findings.extend(lukewarm_tidy::arrows(name, &file, &text));
        }
    }
    assert!(count > 0, "no crate was found");
    assert_none(findings);
}

/// The stages of crates that are cut into such, the uppermost first.
const STAGES: [(&str, &[&str]); 2] = [
    ("runner", &["overhead", "run", "job", "prepare", "files", "error", "process", "machine"]),
    (
        "analysis",
        &[
            "recommend",
            "soundness",
            "overhead",
            "trial",
            "claims",
            "gate",
            "findings",
            "compare",
            "evaluate",
            "estimate",
            "statistics",
        ],
    ),
];

/// Circles of imports that are still there, each to be removed. A crate that has lost one loses its
/// line here.
const CIRCLES: &[(&str, &[&str])] = &[];

/// The sources of every crate, each by its path below the crate's `src`.
fn crates() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let mut sources = BTreeMap::<String, Vec<(PathBuf, String)>>::new();
    for (file, text) in files(&root(), "harness") {
        let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
        if let [_, name, folder, _, ..] = parts.as_slice()
            && folder == "src"
            && is(&file, "rs")
        {
            let below = file.iter().skip(3).collect();
            sources.entry(name.to_string()).or_default().push((below, text));
        }
    }
    sources
}

/// The modules of every crate.
fn modules() -> Vec<(String, Modules)> {
    crates().into_iter().map(|(name, all)| (name.clone(), Modules::of(&name, &all))).collect()
}

#[test]
fn no_type_name_stands_twice_in_a_crate() {
    let crates = crates();
    assert!(crates.len() >= 10, "only {} crates were found", crates.len());
    let findings = |(name, sources): (&String, &Vec<(PathBuf, String)>)| {
        let folder = Path::new("harness").join(name).join("src");
        let mut findings = lukewarm_tidy::type_names(sources);
        findings.iter_mut().for_each(|it| it.file = folder.join(&it.file));
        findings
    };
    assert_none(crates.iter().flat_map(findings).collect());
}

#[test]
fn stages_look_down_only() {
    let all: BTreeMap<String, Modules> = modules().into_iter().collect();
    assert_none(STAGES.iter().flat_map(|(name, stages)| all[*name].stages(stages)).collect());
}

#[test]
fn no_modules_import_in_a_circle() {
    let of = |(name, modules): &(String, Modules)| {
        let allowed = CIRCLES.iter().filter(|(it, _)| it == name).map(|(_, circle)| *circle);
        modules.circles(&allowed.collect::<Vec<_>>())
    };
    let all = modules();
    assert!(all.len() >= 10, "only {} crates were found", all.len());
    assert_none(all.iter().flat_map(of).collect());
}

#[test]
fn lints_are_few_and_have_reasons() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(text.contains("unwrap_used = \"deny\""));
    assert_none(lukewarm_tidy::lints(Path::new("Cargo.toml"), &text));
}

#[test]
fn documents_lead_somewhere() {
    let root = root();
    let documents: Vec<_> =
        files(&root, "").into_iter().filter(|(file, _)| is(file, "md")).collect();
    assert!(!documents.is_empty(), "no document was found");
    let findings = |(file, text): &(PathBuf, String)| lukewarm_tidy::document(&root, file, text);
    assert_none(documents.iter().flat_map(findings).collect());
}

#[test]
fn constants_in_documents_are_those_of_the_code() {
    let root = root();
    let sources: String = files(&root, "harness")
        .into_iter()
        .filter(|(file, _)| is(file, "rs"))
        .map(|(_, text)| text)
        .collect();
    let mut count = 0;
    for (file, text) in files(&root, "").iter().filter(|(file, _)| is(file, "md")) {
        for (line, name, value) in lukewarm_tidy::quoted_constants(text) {
            count += 1;
            let declared = sources.lines().any(|code| {
                code.contains(&format!("const {name}:")) && code.ends_with(&format!("= {value};"))
            });
            assert!(declared, "{}:{line}: the code has no `{name} = {value}`", file.display());
        }
    }
    assert!(count > 0, "no document quotes a constant: this rule guards nothing");
}

#[test]
fn what_is_installed_is_pinned() {
    let root = root();
    let all = files(&root, "");
    let scripts = all.iter().filter(|(file, _)| {
        file.ends_with(".ci/run") || ["sh", "yml", "md"].iter().any(|it| is(file, it))
    });
    let scripts: Vec<_> = scripts.collect();
    let installing = scripts.iter().filter(|(_, text)| text.contains("--require-hashes")).count();
    assert!(installing > 0, "no script installs anything by hash: this rule guards nothing");
    assert_none(
        scripts.iter().flat_map(|(file, text)| lukewarm_tidy::installs(file, text)).collect(),
    );
}

#[test]
fn printing_has_one_home() {
    let sources = files(&root(), "harness");
    let rust = sources.iter().filter(|(file, _)| is(file, "rs"));
    assert_none(rust.flat_map(|(file, text)| lukewarm_tidy::printing(file, text)).collect());
}

#[test]
fn nothing_names_a_machine() {
    let findings = |(file, text): &(PathBuf, String)| lukewarm_tidy::machine_paths(file, text);
    assert_none(files(&root(), "").iter().flat_map(findings).collect());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "only Cargo knows how its sources are formatted")]
fn sources_are_formatted() {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let status = std::process::Command::new(cargo)
        .args(["fmt", "--all", "--check"])
        .current_dir(root())
        .status()
        .expect("cargo starts");
    assert!(status.success(), "`cargo fmt --all` would change something");
    // Listed by a build script, so that Cargo's formatter does not see them.
    let tools = files(&root(), "harness/cache-tools/src/tools");
    let files: Vec<PathBuf> = tools.into_iter().map(|(file, _)| file).collect();
    let status = std::process::Command::new("rustfmt")
        .args(["--check", "--edition", "2024"])
        .args(&files)
        .current_dir(root())
        .status()
        .expect("rustfmt starts");
    assert!(status.success(), "`rustfmt` would change a file of {files:?}");
}
