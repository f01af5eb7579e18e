//! Cleaning a job's folders before its archive is saved, and completing the archive's key: what
//! Swatinem's rust-cache asks of Cargo and the compiler, and what it removes.
//! Owns when something is removed: never where the entry of the archive's own key was restored.

mod home;
mod packages;
mod target;

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lukewarm_cache_tools::{Archive, Cleaning, KeptPackages};
use lukewarm_model::Check;

use crate::error::RunnerError;
use crate::job::archive::key::{self, Considered, KeySources};
use crate::job::commands;
use crate::job::effects::{Notes, Stop};
use crate::job::real_effects::RealEffects;
use crate::prepare::environment::Environment;
use crate::process::CommandSpec;

use packages::PackageFiles;
use target::Removed;

/// Files of an archive of another key that are older are removed.
const OLD: Duration = Duration::from_secs(7 * 24 * 3600);

impl RealEffects<'_> {
    /// The archive with its whole key.
    pub fn complete_key(&self, archive: &Archive, notes: &mut Notes) -> Result<Archive, Stop> {
        let Some(inputs) = archive.key_inputs else { return Ok(archive.clone()) };
        let compiler = self.answer("rustc", &["-vV"], self.environment.clone())?;
        let members = self.packages(&["--no-deps"], notes)?;
        let manifests: Vec<PathBuf> = members.into_iter().map(|it| it.manifest).collect();
        let workspace = self.workspace_folder();
        let repository = self.prepared_workspace.checkout_root(&self.folders);
        let sources = KeySources {
            compiler: &compiler,
            environment: &self.environment_of_key(),
            repository: &repository.canonicalize().unwrap_or(repository.to_owned()),
            workspace: &workspace,
            manifests: &manifests,
        };
        let (archive, considered) = key::complete(archive, inputs, &sources)?;
        self.keep_considered(&archive, &considered)?;
        Ok(archive)
    }

    /// Removes old files that an archive of another key brought; its failure is none of the job.
    pub fn remove_old(&mut self, cleaning: &Cleaning) {
        if self.restored_key.is_some() && !self.has_own_entry() && is_own(&cleaning.target) {
            target::clean(&cleaning.target, Removed::OlderThan(OLD)).unwrap_or_default();
        }
    }

    /// Removes what is not to be saved. As in the action, what cannot be removed is saved.
    pub fn clean(&mut self, cleaning: &Cleaning, notes: &mut Notes) -> Result<(), Stop> {
        if self.has_own_entry() {
            return Ok(());
        }
        let workspace = self.workspace_folder();
        let mut kept = self.packages(&["--all-features"], notes)?;
        kept.retain(|it| it.is_outside(&workspace));
        if cleaning.kept == KeptPackages::WithMembers {
            kept.extend(self.packages(&["--no-deps"], notes)?);
        }
        let mut count = 0;
        if is_own(&cleaning.target) {
            count += target::clean(&cleaning.target, Removed::AllBut(&kept)).unwrap_or_default();
        }
        if let Some(home) = &cleaning.cargo_home {
            let registry = home::clean_registry(&home.folder, &kept, home.crates);
            let git = home::clean_git(&home.folder, &kept);
            count += registry.unwrap_or_default() + git.unwrap_or_default();
        }
        notes.note = Some(format!("removed {count} files and folders"));
        Ok(())
    }

    /// Whether the entry of the archive's own key was restored.
    fn has_own_entry(&self) -> bool {
        let own = self.archive.as_ref().map(|it| &it.key);
        own.is_some() && own == self.restored_key.as_ref()
    }

    /// The workspace's folder as Cargo names it.
    fn workspace_folder(&self) -> PathBuf {
        let checkout = &self.folders.checkout;
        checkout.canonicalize().unwrap_or(checkout.clone())
    }

    /// The variables of the job as its key has them. Flags of the story count as `RUSTFLAGS`,
    /// wherever they are given to Cargo.
    fn environment_of_key(&self) -> Environment {
        let mut environment = self.environment.clone();
        let added = &self.recipe.environment;
        environment.extend(added.iter().map(|(name, value)| (name.into(), value.into())));
        if let Some(flags) = &self.story_flags
            && !commands::append_flags(&mut environment, flags)
        {
            environment.insert("RUSTFLAGS".into(), flags.into());
        }
        environment
    }

    /// The packages of the workspace, as Cargo lists them with these words; none where it lists
    /// none, as the action goes on too, with a failed check.
    fn packages(&self, words: &[&str], notes: &mut Notes) -> Result<Vec<PackageFiles>, Stop> {
        let mut environment = self.environment.clone();
        environment.insert("CARGO_ENCODED_RUSTFLAGS".into(), OsString::new());
        let words = [&["metadata", "--format-version", "1", "--offline"], words].concat();
        match self.answer("cargo", &words, environment).and_then(|it| packages::parse(&it)) {
            Ok(packages) => Ok(packages),
            Err(error) if error.is_cancelled() => Err(error.into()),
            Err(error) => {
                let (name, seen) = ("packages listed".to_owned(), error.to_string());
                notes.checks.push(Check { name, held: Some(false), seen });
                Ok(Vec::new())
            }
        }
    }

    /// What a program of the job's toolchain prints in the workspace's folder.
    fn answer(
        &self,
        program: &str,
        words: &[&str],
        environment: Environment,
    ) -> Result<String, RunnerError> {
        // Without the second toolchain that it needs a job fails when it builds.
        let bin = &self.toolchain.unwrap_or(&self.prepared_workspace.toolchain).bin;
        let mut spec = CommandSpec::new(bin.join(program), &self.folders.checkout)
            .args(words)
            .environment(environment);
        spec.stderr = self.log_output("archive");
        let command = spec.command();
        let (exit, text) = spec.read(self.processes())?;
        match exit.code {
            Some(0) => Ok(text),
            _ => Err(RunnerError::Environment(format!("`{command}` failed"))),
        }
    }

    /// Writes into the archive's log what its key is made of, in the words of the action.
    fn keep_considered(&self, archive: &Archive, from: &Considered) -> Result<(), RunnerError> {
        let mut text = format!("Cache Key:\n    {}\n.. Environment considered:\n", archive.key);
        text += &format!("  - Rust Versions:\n    - {}\n", from.compiler);
        let lines = |names: Vec<String>| {
            names.iter().map(|name| format!("  - {name}\n")).collect::<String>()
        };
        text += &lines(from.variables.clone());
        text += ".. Lockfiles considered:\n";
        text += &lines(from.files.iter().map(|it| it.display().to_string()).collect());
        let log = self.log("archive");
        let open = File::options().create(true).append(true).open(&log);
        let kept = open.and_then(|mut file| file.write_all(text.as_bytes()));
        kept.map_err(RunnerError::file("write", &log))
    }
}

/// Whether a folder is one of the job's own and no link to another place.
fn is_own(folder: &Path) -> bool {
    folder.symlink_metadata().is_ok_and(|it| it.is_dir())
}

#[cfg(test)]
mod tests;
