//! The edits of a prepared workspace of the user's: what they are chosen from, what is fetched for
//! them, and the copy on which they are tried. It must not decide which edit is taken.

use std::fs;
use std::path::Path;

use lukewarm_cache_tools::Folders;
use lukewarm_model::{Change, Plan, SampleWorkspace};

use crate::error::RunnerError;
use crate::files::scratch::Scratch;
use crate::files::tree::{self, CopyTimes, within};
use crate::prepare::configuration::Incremental;
use crate::prepare::environment::Environment;
use crate::prepare::foreign::ForeignWorkspace;
use crate::prepare::foreign::remembered::{ChosenEdit, RememberedEdits};
use crate::prepare::foreign::trial::Trial;
use crate::prepare::foreign::trial_commands::{TrialCommand, selected, trial_commands};
use crate::prepare::settings::Settings;
use crate::prepare::workspace::PreparedWorkspace;
use crate::prepare::{cargo_home, commands, edits, metadata};

impl PreparedWorkspace {
    /// Chooses the edits of a foreign workspace, each compiled once.
    ///
    /// # Errors
    /// When it does not compile, or offers no edit for a change.
    pub(super) fn choose_edits(
        &self,
        workspace: &SampleWorkspace,
        plan: &Plan,
        scratch: &Scratch,
        settings: &Settings,
        log: &mut dyn FnMut(String),
    ) -> Result<Vec<ChosenEdit>, RunnerError> {
        let changes: Vec<Change> = plan.story.jobs.iter().map(|job| job.change).collect();
        if !changes.iter().any(|it| it.kind.is_edit()) {
            return Ok(Vec::new());
        }
        let checkout = self.pristine.canonicalize();
        let checkout = checkout.map_err(RunnerError::file("find", &self.pristine))?;
        let metadata = metadata::read(&checkout, &self.toolchain, &self.registry, settings)?;
        let lock = checkout.join("Cargo.lock");
        let lock = fs::read_to_string(&lock).map_err(RunnerError::file("read", &lock))?;
        let commands = trial_commands(plan);
        let asked: Vec<String> = commands.iter().map(|it| format!("{it:?}")).collect();
        let facts = [&self.identity, &self.toolchain.identity.rustc, &asked.join(" ")];
        let names: Vec<&str> = changes.iter().map(|it| it.name()).collect();
        let facts = [facts.map(String::as_str).as_slice(), &names].concat();
        let foreign = ForeignWorkspace {
            name: &workspace.name,
            metadata: &metadata,
            selected: selected(&metadata, plan),
            checkout: &checkout,
            registry: &self.registry,
            lock: &lock,
            remembered: RememberedEdits::of(&settings.cache, &facts),
        };
        let place = scratch.changed(&workspace.name);
        let mut fetch = |edit: &edits::AutomaticEdit| self.fetch_for(edit, &place, settings);
        let trial = || self.trial(plan, &commands, scratch, workspace, settings);
        foreign.choose(&changes, &mut fetch, trial, log)
    }

    /// Fetches what an edit of the lock file needs, into the jobs' registry and the cache of
    /// registries.
    fn fetch_for(
        &self,
        edit: &edits::AutomaticEdit,
        place: &Path,
        settings: &Settings,
    ) -> Result<(), RunnerError> {
        let folder = place.join("fetched");
        tree::remove(&folder)?;
        tree::copy(&self.pristine_root, &folder, CopyTimes::Fresh)?;
        let checkout = within(&folder, &self.place);
        edits::write(&checkout, &self.changed(&[edit.filled("token")])?)?;
        let (user, processes) = (&settings.user, &settings.processes);
        let (seeds, bin) = (settings.cache.join("registries"), &self.toolchain.bin);
        cargo_home::fetch_into(&checkout, &self.registry, bin, user, processes)?;
        let seed =
            cargo_home::fetch(std::slice::from_ref(&self.pristine), &seeds, bin, user, processes)?;
        cargo_home::fetch_into(&checkout, seed.folder(), bin, user, processes)?;
        tree::remove(&folder)
    }

    /// A copy of the sources on which edits are tried, with the environment of a job.
    fn trial<'t>(
        &'t self,
        plan: &Plan,
        commands: &[TrialCommand],
        scratch: &Scratch,
        workspace: &SampleWorkspace,
        settings: &'t Settings,
    ) -> Result<Trial<'t>, RunnerError> {
        let place = scratch.changed(&workspace.name).join("trial");
        let folders = Folders {
            checkout: within(&place.join("checkout"), &self.place),
            cargo_home: self.registry.clone(),
            kept: place.join("kept"),
            temporary: place.join("temporary"),
        };
        let mut environment = Environment::new();
        let bin = &self.toolchain.bin;
        if let Some(scenario) = plan.scenarios.first() {
            let home = place.join("home");
            environment = settings.user.for_job(bin, &home, &folders, scenario);
            let variables = settings.variables.iter();
            environment.extend(variables.map(|(name, it)| (name.into(), it.value.clone().into())));
            let incremental = Incremental::of(scenario);
            let own = self.configuration.environment(&folders.checkout, bin, incremental);
            environment.extend(own);
        }
        let program = |command: &TrialCommand| {
            let bin = match &command.toolchain {
                Some(name) => &commands::named(&self.named_toolchains, name)?.bin,
                None => bin,
            };
            Ok((bin.join("cargo"), command.words.clone()))
        };
        let commands = commands.iter().map(program).collect::<Result<Vec<_>, RunnerError>>()?;
        let sources = (self.pristine_root.as_path(), self.place.as_path());
        let processes = &settings.processes;
        let trial = Trial::new(sources, &self.pristine, place, commands, environment, processes)?;
        for folder in [&folders.temporary, &trial.place.join("home")] {
            fs::create_dir_all(folder).map_err(RunnerError::file("make folder", folder))?;
        }
        Ok(trial)
    }
}
