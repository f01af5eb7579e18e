//! Git commands. Owns the settings under which git reads a repository and must not change it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::RunnerError;
use crate::prepare::settings::Settings;
use crate::process::{CommandSpec, Output};

/// Settings under which git writes nothing of its own accord: no hooks, no daemon, no shared
/// index.
const QUIET: [&str; 10] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.splitIndex=false",
    "-c",
    "core.sparseCheckout=false",
    "-c",
    "core.untrackedCache=false",
];

/// Git, started in a folder.
pub(super) struct Git<'a> {
    program: PathBuf,
    folder: PathBuf,
    /// Variables such as `GIT_DIR`, in addition to those of every git command.
    variables: BTreeMap<&'static str, OsString>,
    settings: &'a Settings,
}

impl<'a> Git<'a> {
    /// Git in a folder of a repository.
    pub(super) fn of(folder: &Path, settings: &'a Settings) -> Result<Git<'a>, RunnerError> {
        let program = settings.user.find("git").ok_or_else(|| {
            RunnerError::Environment("no `git` on PATH, which revisions are read with".to_owned())
        })?;
        let variables = BTreeMap::from([("GIT_OPTIONAL_LOCKS", "0".into())]);
        Ok(Git { program, folder: folder.to_owned(), variables, settings })
    }

    /// Git for another repository, with a work tree and an index of our own.
    pub(super) fn elsewhere(&self, repository: &Path, work_tree: &Path, index: &Path) -> Git<'a> {
        let mut variables = self.variables.clone();
        variables.insert("GIT_DIR", repository.into());
        variables.insert("GIT_WORK_TREE", work_tree.into());
        variables.insert("GIT_INDEX_FILE", index.into());
        let (program, folder) = (self.program.clone(), work_tree.to_owned());
        Git { program, folder, variables, settings: self.settings }
    }

    /// The object id of a revision's name, which may begin with a hyphen.
    pub(super) fn id(&self, name: &str) -> Result<String, RunnerError> {
        let printed = self.output(&["rev-parse", "--verify", "--end-of-options", name])?;
        Ok(printed.trim().to_owned())
    }

    /// The standard output of a git command; an error quotes its standard error.
    pub(super) fn output(&self, words: &[&str]) -> Result<String, RunnerError> {
        let log = tempfile::NamedTempFile::new()
            .map_err(RunnerError::file("write", &std::env::temp_dir()))?;
        let mut environment = self.settings.user.for_toolchain();
        let variables = self.variables.iter();
        environment.extend(variables.map(|(name, value)| ((*name).into(), value.clone())));
        let mut spec = CommandSpec::new(&self.program, &self.folder)
            .args(QUIET.iter().chain(words).copied())
            .environment(environment);
        spec.stderr = Output::Append(log.path().to_owned());
        let (exit, text) = spec.read(&self.settings.processes)?;
        match exit.code {
            Some(0) => Ok(text),
            _ => {
                let printed = fs::read_to_string(log.path()).unwrap_or_default();
                let (words, printed) = (words.join(" "), printed.trim().replace('\n', " "));
                let folder = self.folder.display();
                Err(RunnerError::Input(format!("`git {words}` in {folder}: {printed}")))
            }
        }
    }
}
