//! The edits of a workspace that offers none: where they are made, and in which form.
//! Owns that each is compiled once before anything is measured, and that the next one is taken
//! where one does not compile. It must not edit the workspace's own folder.

pub mod bump;
pub mod forms;
pub mod graph;
pub mod options;
pub mod remembered;
pub mod trial;
pub mod trial_commands;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use cargo_metadata::{Metadata, Package};
use lukewarm_model::{Change, EditChoice, MutationKind, Seconds};

use crate::error::RunnerError;
use crate::prepare::edits::{AutomaticEdit, Edit};
use remembered::{ChosenEdit, RememberedEdits};
use trial::{Trial, Tried};

/// How many different versions of dependencies a story gets.
const MOST_BUMPS: usize = 3;
/// How many versions are asked for where a registry does not answer.
const MOST_REFUSALS: usize = 3;

/// The facts that the choice of edits is made from.
pub struct ForeignWorkspace<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// What `cargo metadata` printed.
    pub metadata: &'a Metadata,
    /// The members that jobs build, without those that these depend on.
    pub selected: Vec<&'a Package>,
    /// The checkout's folder, without symbolic links in its path.
    pub checkout: &'a Path,
    /// A `CARGO_HOME` with the index of its registries.
    pub registry: &'a Path,
    /// The text of its lock file.
    pub lock: &'a str,
    /// Where the choice is remembered.
    pub remembered: RememberedEdits,
}

impl ForeignWorkspace<'_> {
    /// Chooses the edits of some changes. `fetch` makes sure that builds have what an edit needs,
    /// `trial` makes the copy on which edits are tried, and `log` receives what was chosen.
    ///
    /// # Errors
    /// When the workspace does not compile, or offers no edit for a change.
    pub fn choose<'t>(
        &self,
        changes: &[Change],
        fetch: &mut dyn FnMut(&AutomaticEdit) -> Result<(), RunnerError>,
        trial: impl FnOnce() -> Result<Trial<'t>, RunnerError>,
        log: &mut dyn FnMut(String),
    ) -> Result<Vec<ChosenEdit>, RunnerError> {
        let mut edits: Vec<Change> = Vec::new();
        for change in changes.iter().filter(|it| it.kind.is_edit()) {
            if !edits.contains(change) {
                edits.push(*change);
            }
        }
        if edits.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(known) = self.remembered.read()
            && known.iter().map(|it| &it.edit).filter(|it| is_bump(it)).all(|it| fetch(it).is_ok())
        {
            log(format!("edits of {}: as they were tried before", self.name));
            return Ok(known);
        }
        let began = Instant::now();
        log(format!("trying the edits of {} with `cargo check`", self.name));
        let mut slots = self.slots(&edits)?;
        let mut trial = trial()?;
        let chosen = self.find(&mut slots, changes, fetch, &mut trial);
        trial.remove()?;
        let chosen = chosen?;
        for it in &chosen {
            log(format!("edit of {}: {}", self.name, it.choice()));
        }
        log(format!("edits of {} tried in {}", self.name, Seconds::from(began.elapsed())));
        self.remembered.keep(&chosen)?;
        Ok(chosen)
    }

    /// Finds what compiles; which dependencies are built, and can change, is seen by then.
    fn find(
        &self,
        slots: &mut Vec<Slot>,
        changes: &[Change],
        fetch: &mut dyn FnMut(&AutomaticEdit) -> Result<(), RunnerError>,
        trial: &mut Trial<'_>,
    ) -> Result<Vec<ChosenEdit>, RunnerError> {
        try_all(self.name, slots, trial)?;
        let is_bump = |it: &&Change| it.kind == MutationKind::Dependency;
        if let Some(change) = changes.iter().find(is_bump) {
            let times = changes.iter().filter(is_bump).count();
            slots.extend(self.bumps(*change, times.min(MOST_BUMPS), fetch, trial)?);
            try_all(self.name, slots, trial)?;
        }
        let chosen = |slot: &Slot| ChosenEdit {
            edit: slot.options[slot.turn].clone(),
            refused: slot.refused.clone(),
        };
        Ok(slots.iter().map(chosen).collect())
    }

    /// The ways of making each change but that of a dependency.
    fn slots(&self, edits: &[Change]) -> Result<Vec<Slot>, RunnerError> {
        let candidates = graph::candidates(self.metadata, self.checkout, &self.selected);
        let mut slots = Vec::new();
        for change in edits.iter().filter(|it| it.kind != MutationKind::Dependency) {
            let options = options::options(&candidates, *change);
            if options.is_empty() {
                let why = candidates.excluded.iter().take(3);
                let why: Vec<String> =
                    why.map(|(package, cause)| format!("`{package}`: {cause}")).collect();
                return Err(self.no_edit(*change, "no member can be edited", &why));
            }
            slots.push(Slot { change: *change, options, turn: 0, refused: Vec::new() });
        }
        Ok(slots)
    }

    /// The changes of a dependency's version that can be fetched.
    fn bumps(
        &self,
        change: Change,
        wanted: usize,
        fetch: &mut dyn FnMut(&AutomaticEdit) -> Result<(), RunnerError>,
        trial: &Trial<'_>,
    ) -> Result<Vec<Slot>, RunnerError> {
        let root = self.metadata.workspace_root.as_std_path();
        let lock = root.strip_prefix(self.checkout).unwrap_or(Path::new("")).join("Cargo.lock");
        let (mut options, mut refused) = (Vec::new(), Vec::new());
        let is_built = |name: &str, version: &str| trial.has_built(name, version);
        for bump in bump::bumps(self.metadata, (&lock, self.lock), self.registry, is_built) {
            if options.len() == wanted + 1 || refused.len() == MOST_REFUSALS {
                break;
            }
            match fetch(&bump) {
                Ok(()) => options.push(bump),
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => refused.push(format!("`{}`: {error}", bump.package)),
            }
        }
        if options.is_empty() {
            let what = "the registry offers no other version of a dependency that the lock file \
                        and all who use it accept; leave the change `dependency` out, or run once \
                        with access to the registry";
            return Err(self.no_edit(change, what, &refused));
        }
        // One more than is wanted, in case that one does not compile.
        let count = wanted.min(options.len());
        let spare = options.split_off(count);
        let slot = |option| {
            let options = [vec![option], spare.clone()].concat();
            Slot { change, options, turn: 0, refused: refused.clone() }
        };
        Ok(options.into_iter().map(slot).collect())
    }

    fn no_edit(&self, change: Change, what: &str, why: &[String]) -> RunnerError {
        no_edit(self.name, change, what, why)
    }
}

fn no_edit(workspace: &str, change: Change, what: &str, why: &[String]) -> RunnerError {
    let mut message = format!("workspace `{workspace}` cannot make the change `{change}`: {what}");
    if !why.is_empty() {
        message = format!("{message} ({})", why.join("; "));
    }
    RunnerError::Input(message)
}

fn is_bump(edit: &AutomaticEdit) -> bool {
    edit.kind == MutationKind::Dependency
}

impl ChosenEdit {
    /// The choice as it is recorded.
    pub fn choice(&self) -> EditChoice {
        let AutomaticEdit { kind, place, package, form, reason, .. } = &self.edit;
        EditChoice {
            kind: *kind,
            place: *place,
            package: package.clone(),
            form: form.clone(),
            reason: reason.clone(),
            refused: self.refused.clone(),
        }
    }
}

/// A change, and which way of making it is tried.
struct Slot {
    change: Change,
    options: Vec<AutomaticEdit>,
    turn: usize,
    refused: Vec<String>,
}

impl Slot {
    fn edit(&self, number: usize) -> Edit {
        // Letters, so that no token is the beginning of another.
        let letter = char::from(b'a' + u8::try_from(number % 26).unwrap_or_default());
        self.options[self.turn].filled(&format!("lwtrial{letter}"))
    }

    /// Goes on to the next way, and keeps what was wrong with this one.
    fn refuse(&mut self, workspace: &str, what: &str) -> Result<(), RunnerError> {
        let AutomaticEdit { package, form, .. } = &self.options[self.turn];
        self.refused.push(format!("{form} (`{package}`): {what}"));
        self.turn += 1;
        match self.turn < self.options.len() {
            true => Ok(()),
            false => {
                Err(no_edit(workspace, self.change, "none of its edits compiles", &self.refused))
            }
        }
    }
}

/// Finds a way for every change that compiles, alone and beside the others.
fn try_all(workspace: &str, slots: &mut [Slot], trial: &mut Trial<'_>) -> Result<(), RunnerError> {
    // As a rule all compile, and this is the only build.
    let (numbers, edits) = together(slots);
    let mut open: Vec<usize> = (0..slots.len()).filter(|it| !numbers.contains(it)).collect();
    match trial.compile(&edits)? {
        Tried::Compiles(unseen) => open.extend(unseen.into_iter().map(|it| numbers[it])),
        Tried::Fails(_) => {
            if let Tried::Fails(lines) = trial.compile(&[])? {
                return Err(RunnerError::Input(format!(
                    "workspace `{workspace}` does not compile, so nothing is measured:\n{}",
                    lines.join("\n")
                )));
            }
            open = (0..slots.len()).collect();
        }
    }
    if !open.is_empty() {
        for number in open {
            try_one(workspace, &mut slots[number], number, trial)?;
        }
        if let Tried::Fails(lines) = trial.compile(&together(slots).1)? {
            return Err(RunnerError::Input(format!(
                "the edits of workspace `{workspace}` compile each alone and not together:\n{}",
                lines.join("\n")
            )));
        }
    }
    Ok(())
}

/// The edits of all changes with the numbers of their slots; of several bumps only the first, since
/// each is the whole lock file.
fn together(slots: &[Slot]) -> (Vec<usize>, Vec<Edit>) {
    let mut seen = BTreeSet::new();
    let edits = slots.iter().enumerate();
    let once = edits.filter(|(_, slot)| seen.insert(slot.change));
    once.map(|(number, slot)| (number, slot.edit(number))).unzip()
}

/// Finds a way for one change that compiles and is in what was compiled.
fn try_one(
    workspace: &str,
    slot: &mut Slot,
    number: usize,
    trial: &mut Trial<'_>,
) -> Result<(), RunnerError> {
    loop {
        match trial.compile(&[slot.edit(number)])? {
            Tried::Compiles(unseen) if unseen.is_empty() => return Ok(()),
            Tried::Compiles(_) => {
                slot.refuse(workspace, "it is not in what Cargo builds")?;
            }
            Tried::Fails(lines) => {
                let first = lines.first().map_or("it does not compile", String::as_str);
                slot.refuse(workspace, first)?;
            }
        }
    }
}

#[cfg(test)]
mod tests;
