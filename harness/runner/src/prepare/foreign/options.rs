//! The ways of making a change to a workspace, the best first: a crate, and a form of the edit.
//! Owns their order. Whether one compiles is found by trying it, which is not done here.

use std::collections::BTreeSet;
use std::path::Path;

use lukewarm_model::{Change, MutationKind, Place};

use super::forms::{self, PRIVATE_ITEM};
use super::graph::{CrateRole, EditCandidate, EditCandidates};
use crate::prepare::edits::{AutomaticEdit, Proof, TOKEN};
use crate::prepare::insertion::Insertion;

/// How many crates are tried for one change.
const CRATES: usize = 3;

/// A variable that a build script makes, which changes what Cargo knows of the package.
const VARIABLE: &str = "    println!(\"cargo:rustc-env=LUKEWARM_EDIT=@TOKEN@\");\n";

/// The ways of making a change, except for that of a dependency.
pub fn options(candidates: &EditCandidates, change: Change) -> Vec<AutomaticEdit> {
    let places = match change.place {
        Some(Place::Leaf) => &candidates.leaf,
        _ => &candidates.core,
    };
    match change.kind {
        MutationKind::Features => features(places, change),
        MutationKind::BuildScript => build_scripts(places, change),
        kind if kind.has_place() => {
            places.iter().take(CRATES).flat_map(|it| items(it, change)).collect()
        }
        _ => Vec::new(),
    }
}

fn option(candidate: &EditCandidate, change: Change, form: &str) -> AutomaticEdit {
    AutomaticEdit {
        kind: change.kind,
        place: change.place,
        package: candidate.package.clone(),
        form: form.to_owned(),
        reason: candidate.reason.clone(),
        proof: Proof::Text(TOKEN.to_owned()),
        files: Vec::new(),
    }
}

/// Edits of a crate's root file.
fn items(candidate: &EditCandidate, change: Change) -> Vec<AutomaticEdit> {
    let with = |form: forms::EditForm| AutomaticEdit {
        proof: match change.kind {
            MutationKind::Comment => Proof::Nothing,
            _ => Proof::Name(TOKEN.to_owned()),
        },
        files: vec![(candidate.source.clone(), form.insertion)],
        ..option(candidate, change, &format!("{} of {}", form.name, candidate.source.display()))
    };
    forms::forms(change.kind, candidate.role).into_iter().map(with).collect()
}

/// A feature without content that is on by default.
fn features(places: &[EditCandidate], change: Change) -> Vec<AutomaticEdit> {
    let of = |it: &EditCandidate| AutomaticEdit {
        proof: Proof::Feature(TOKEN.to_owned()),
        files: vec![(it.manifest.clone(), Insertion::DefaultFeature(TOKEN.to_owned()))],
        ..option(it, change, &format!("a default feature in {}", it.manifest.display()))
    };
    packages(places).take(CRATES).map(of).collect()
}

/// Edits of build scripts: one that is there, else a new one.
fn build_scripts(places: &[EditCandidate], change: Change) -> Vec<AutomaticEdit> {
    let of_script = |it: &EditCandidate| {
        let script = it.build_script.clone()?;
        let item = || (script.clone(), Insertion::End(PRIVATE_ITEM.to_owned()));
        let main = (script.clone(), Insertion::Main(VARIABLE.to_owned()));
        let shown = script.display();
        let whole = AutomaticEdit {
            files: vec![main, item()],
            ..option(it, change, &format!("a variable that {shown} makes"))
        };
        let item = AutomaticEdit {
            files: vec![item()],
            ..option(it, change, &format!("a private function of {shown}"))
        };
        Some([whole, item])
    };
    let without = |it: &EditCandidate| {
        let script = it.manifest.parent().unwrap_or(Path::new("")).join("build.rs");
        let text = format!("//! An edit.\nfn main() {{\n{VARIABLE}}}\n\n{PRIVATE_ITEM}");
        AutomaticEdit {
            files: vec![(script.clone(), Insertion::Whole(text))],
            ..option(it, change, &format!("a new build script, {}", script.display()))
        }
    };
    let there = packages(places).filter_map(of_script).take(CRATES).flatten();
    let new = packages(places).filter(|it| it.build_script.is_none()).take(CRATES).map(without);
    there.chain(new).collect()
}

/// The first candidate of each package; procedural macros, which are built for the host, last.
fn packages(places: &[EditCandidate]) -> impl Iterator<Item = &EditCandidate> {
    let mut seen = BTreeSet::new();
    let first: Vec<&EditCandidate> =
        places.iter().filter(|it| seen.insert(it.package.as_str())).collect();
    let is_macro = |it: &&EditCandidate| it.role == CrateRole::ProcMacro;
    let (macros, others): (Vec<_>, Vec<_>) = first.into_iter().partition(is_macro);
    others.into_iter().chain(macros)
}
