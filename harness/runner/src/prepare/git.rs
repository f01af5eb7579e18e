//! Git commands. Owns the settings under which git reads a repository and must not change it, and
//! those of repositories that we make, in which nothing of the user's counts.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::RunnerError;
use crate::prepare::settings::Settings;
use crate::process::{CommandSpec, Output};

/// Settings under which git writes nothing of its own accord, whoever owns the repository: no
/// hooks, no daemon, no shared index.
const QUIET: [&str; 12] = [
    "-c",
    "safe.directory=*",
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

/// Variables of every git command: no lock for a refreshed index, nothing fetched, nothing asked.
const VARIABLES: [(&str, &str); 3] =
    [("GIT_OPTIONAL_LOCKS", "0"), ("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0")];

/// Git, started in a folder.
#[derive(Clone)]
pub struct Git<'a> {
    program: PathBuf,
    folder: PathBuf,
    /// Variables such as `GIT_DIR`, in addition to those of the user.
    variables: BTreeMap<&'static str, OsString>,
    settings: &'a Settings,
}

impl<'a> Git<'a> {
    /// Git in a folder of a repository.
    ///
    /// # Errors
    /// When there is no git.
    pub fn of(folder: &Path, settings: &'a Settings) -> Result<Git<'a>, RunnerError> {
        let program = settings.user.find("git").ok_or_else(|| {
            RunnerError::Environment("no `git` on PATH, which revisions are read with".to_owned())
        })?;
        let variables = VARIABLES.map(|(name, value)| (name, value.into())).into();
        Ok(Git { program, folder: folder.to_owned(), variables, settings })
    }

    /// Git for another repository, with a work tree and an index of our own.
    pub fn elsewhere(&self, repository: &Path, work_tree: &Path, index: &Path) -> Git<'a> {
        let mut git = Git { folder: work_tree.to_owned(), ..self.clone() };
        git.variables.insert("GIT_DIR", repository.into());
        git.variables.insert("GIT_WORK_TREE", work_tree.into());
        git.variables.insert("GIT_INDEX_FILE", index.into());
        git
    }

    /// Git for a repository of ours, where this file counts instead of the user's and the machine's
    /// configuration.
    pub fn configured(&self, folder: &Path, configuration: &Path) -> Git<'a> {
        let variables = VARIABLES.map(|(name, value)| (name, value.into())).into();
        let mut git = Git { folder: folder.to_owned(), variables, ..self.clone() };
        git.variables.insert("GIT_CONFIG_GLOBAL", configuration.into());
        git.variables.insert("GIT_CONFIG_NOSYSTEM", "1".into());
        git
    }

    /// The same git in another folder.
    pub fn within(&self, folder: &Path) -> Git<'a> {
        Git { folder: folder.to_owned(), ..self.clone() }
    }

    /// The folder that git is started in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The object id of a revision's name, which may begin with a hyphen.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn id(&self, name: &str) -> Result<String, RunnerError> {
        let printed = self.output(["rev-parse", "--verify", "--end-of-options", name])?;
        Ok(printed.trim().to_owned())
    }

    /// The standard output of a git command as text; an error quotes its standard error.
    ///
    /// # Errors
    /// When git cannot be started, or fails.
    pub fn output<W: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = W>,
    ) -> Result<String, RunnerError> {
        Ok(String::from_utf8_lossy(&self.bytes(words)?).into_owned())
    }

    /// The standard output of a git command, in which names may be no UTF-8.
    ///
    /// # Errors
    /// When git cannot be started, or fails.
    pub fn bytes<W: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = W>,
    ) -> Result<Vec<u8>, RunnerError> {
        let file = || {
            tempfile::NamedTempFile::new()
                .map_err(RunnerError::file("write", &std::env::temp_dir()))
        };
        let (printed, log) = (file()?, file()?);
        let mut environment = self.settings.user.for_toolchain();
        let variables = self.variables.iter();
        environment.extend(variables.map(|(name, value)| ((*name).into(), value.clone())));
        let words: Vec<OsString> = words.into_iter().map(|it| it.as_ref().to_owned()).collect();
        let quiet = QUIET.iter().map(OsString::from);
        let mut spec = CommandSpec::new(&self.program, &self.folder)
            .args(quiet.chain(words.iter().cloned()))
            .environment(environment);
        spec.stdout = Output::Append(printed.path().to_owned());
        spec.stderr = Output::Append(log.path().to_owned());
        let exit = spec.run(&self.settings.processes)?;
        if exit.code == Some(0) {
            return fs::read(printed.path()).map_err(RunnerError::file("read", printed.path()));
        }
        let said = fs::read(log.path()).unwrap_or_default();
        let said = String::from_utf8_lossy(&said).trim().replace('\n', " ");
        let words: Vec<_> = words.iter().map(|it| it.to_string_lossy()).collect();
        let (words, folder) = (words.join(" "), self.folder.display());
        Err(RunnerError::Input(format!("`git {words}` in {folder}: {said}")))
    }
}
