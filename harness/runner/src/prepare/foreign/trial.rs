//! Trying edits with `cargo check`, on a copy of the sources that is thrown away.
//! Owns the copy and its target folder, which all trials share; and what of the outcome shows that
//! an edit is compiled. It must not decide which edit is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Artifact, Message, TargetKind};
use memchr::memmem;

use crate::error::RunnerError;
use crate::files::tree::{self, CopyTimes};
use crate::prepare::edits::{self, Edit, Proof};
use crate::prepare::environment::Environment;
use crate::prepare::package_id::is_of_package;
use crate::process::{CommandSpec, Output, Processes};

/// How many lines of the compiler's first errors are kept.
const LINES: usize = 16;

/// What a trial found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It compiles; these of the edits, by index, are in nothing that was compiled.
    Compiles(BTreeSet<usize>),
    /// It does not compile: the compiler's first errors.
    Fails(Vec<String>),
}

/// A copy of a workspace on which edits are tried.
pub struct Trial<'a> {
    /// The sources that are never changed.
    pub pristine: &'a Path,
    /// The folder of the copy, its target folder and its logs.
    pub place: PathBuf,
    /// The workspace's folder in the copy.
    pub checkout: PathBuf,
    /// The programs of the commands that compile, each with its words.
    pub commands: Vec<(PathBuf, Vec<String>)>,
    /// The environment, without the target folder.
    pub environment: Environment,
    /// The running processes of the run.
    pub processes: &'a Processes,
    /// The files of the copy that are changed.
    changed: BTreeSet<PathBuf>,
    /// What was compiled last, each as `name@version`.
    built: BTreeSet<String>,
}

impl<'a> Trial<'a> {
    /// Makes a copy of the sources at `root`, in which the workspace has the folder `within`.
    ///
    /// # Errors
    /// When something cannot be copied.
    pub fn new(
        (root, within): (&Path, &Path),
        pristine: &'a Path,
        place: PathBuf,
        commands: Vec<(PathBuf, Vec<String>)>,
        environment: Environment,
        processes: &'a Processes,
    ) -> Result<Trial<'a>, RunnerError> {
        tree::remove(&place)?;
        fs::create_dir_all(&place).map_err(RunnerError::file("make folder", &place))?;
        tree::copy(root, &place.join("checkout"), CopyTimes::Fresh)?;
        let checkout = place.join("checkout").components().chain(within.components()).collect();
        Ok(Trial {
            pristine,
            place,
            checkout,
            commands,
            environment,
            processes,
            changed: BTreeSet::new(),
            built: BTreeSet::new(),
        })
    }

    /// Compiles the workspace with these edits and no others.
    ///
    /// # Errors
    /// When the copy cannot be changed, or Cargo cannot be run.
    pub fn compile(&mut self, all: &[Edit]) -> Result<Tried, RunnerError> {
        let checkout = self.checkout.clone();
        let mut changed = BTreeMap::new();
        if let Err(error) = edits::change(self.pristine, &mut changed, all) {
            return Ok(Tried::Fails(vec![error.to_string()]));
        }
        for file in self.changed.iter().filter(|file| !changed.contains_key(*file)) {
            restore(&self.pristine.join(file), &checkout.join(file))?;
        }
        edits::write(&checkout, &changed)?;
        self.changed = changed.into_keys().collect();
        let log = self.place.join("log");
        let _ = fs::remove_file(&log);
        let mut environment = self.environment.clone();
        environment.insert("CARGO_TARGET_DIR".into(), self.place.join("target").into());
        environment.insert("CARGO_BUILD_BUILD_DIR".into(), self.place.join("target").into());
        let mut messages = String::new();
        for (cargo, words) in &self.commands {
            let spec = CommandSpec::new(cargo, &checkout).args(words);
            let mut spec = spec.environment(environment.clone());
            spec.stderr = Output::Append(log.clone());
            let (exit, printed) = spec.read(self.processes)?;
            if exit.code != Some(0) {
                return Ok(Tried::Fails(first_errors(&fs::read(&log).unwrap_or_default())));
            }
            messages.push_str(&printed);
        }
        let artifacts = artifacts(&messages);
        let ids = artifacts.iter().filter_map(|it| it.package_id.repr.rsplit_once('#'));
        self.built = ids.map(|(_, name)| name.to_owned()).collect();
        let unseen = (0..all.len()).filter(|index| is_unseen(&artifacts, &all[*index]));
        Ok(Tried::Compiles(unseen.collect()))
    }

    /// Whether that version of a package is among what was compiled last.
    pub fn has_built(&self, package: &str, version: &str) -> bool {
        self.built.contains(&format!("{package}@{version}"))
    }

    /// Removes the copy and what it built.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn remove(self) -> Result<(), RunnerError> {
        tree::remove(&self.place)
    }
}

/// A file of the copy as it was; one that was not there is removed.
fn restore(original: &Path, copy: &Path) -> Result<(), RunnerError> {
    match fs::read(original) {
        Ok(content) => fs::write(copy, content).map_err(RunnerError::file("write", copy)),
        Err(_) => fs::remove_file(copy).map_err(RunnerError::file("remove", copy)),
    }
}

/// What Cargo says that it made.
fn artifacts(messages: &str) -> Vec<Artifact> {
    let artifact = |message| match message {
        Message::CompilerArtifact(artifact) => Some(artifact),
        _ => None,
    };
    Message::parse_stream(messages.as_bytes()).flatten().filter_map(artifact).collect()
}

/// Whether an edit is in nothing that was compiled, as far as a check shows it: a feature and a
/// version always do, a text where the metadata of a library or a build script was made.
fn is_unseen(artifacts: &[Artifact], edit: &Edit) -> bool {
    let of_package =
        || artifacts.iter().filter(|it| is_of_package(&it.package_id.repr, &edit.package));
    match &edit.proof {
        Proof::Nothing => false,
        Proof::Feature(feature) => {
            !of_package().flat_map(|it| &it.features).any(|it| it == feature)
        }
        Proof::Version(version) => {
            let id = format!("#{}@{version}", edit.package);
            !artifacts.iter().any(|it| it.package_id.repr.ends_with(&id))
        }
        Proof::Text(text) | Proof::Name(text) => {
            let finder = memmem::Finder::new(text);
            let is_edited = |it: &&Artifact| {
                edit.files().any(|file| it.target.src_path.as_std_path().ends_with(file))
            };
            let edited: Vec<&Artifact> = of_package().filter(is_edited).collect();
            // A check of a program or a procedural macro leaves nothing to be searched.
            let is_searched = |it: &&&Artifact| {
                let is = |kind: TargetKind| it.target.is_kind(kind);
                is(TargetKind::Lib) || is(TargetKind::RLib) || is(TargetKind::CustomBuild)
            };
            let searched: Vec<&&Artifact> = edited.iter().filter(is_searched).collect();
            let holds = |file| fs::read(file).is_ok_and(|it| finder.find(&it).is_some());
            let is_found = searched.iter().flat_map(|it| &it.filenames).any(holds);
            edited.is_empty() || !searched.is_empty() && !is_found
        }
    }
}

/// The first errors in what Cargo printed, as far as they fit; its end where there are none.
fn first_errors(log: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(log);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let first = lines.iter().position(|line| line.starts_with("error"));
    let first = first.unwrap_or(lines.len().saturating_sub(LINES));
    lines[first..].iter().take(LINES).map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_errors_are_kept_and_not_what_came_before() {
        let log = "   Compiling a\nwarning: unused\n\nerror[E0425]: cannot find\n --> a.rs:1\n";
        assert_eq!(first_errors(log.as_bytes()), ["error[E0425]: cannot find", " --> a.rs:1"]);
        let many = "line\n".repeat(40);
        assert_eq!(first_errors(many.as_bytes()).len(), LINES);
        assert!(first_errors(b"").is_empty());
    }
}
