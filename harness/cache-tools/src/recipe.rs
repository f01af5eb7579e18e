//! Recipes: what one job does, as data.
//! Owns the types that tools and runner share. It must not carry out a recipe.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_model::{Bytes, Endpoint, Scenario};

use crate::branches;
use crate::cleaning::Cleaning;
use crate::key_inputs::KeyInputs;

/// The facts of a job that a tool's recipe may depend on.
#[derive(Clone, Copy, Debug)]
pub struct JobContext<'a> {
    /// The scenario, with the tool's settings.
    pub scenario: &'a Scenario,
    /// The tool's executable; none for a tool without a program.
    pub program: Option<&'a std::path::Path>,
    /// The service; none for a scenario without one.
    pub service: Option<&'a Endpoint>,
    /// The version that the executable reports; none for a tool without a program.
    pub version: Option<&'a str>,
    /// A path for a Unix socket, in a folder of this user alone; none where the path would be too
    /// long for a socket.
    pub socket: Option<&'a std::path::Path>,
    /// A free loopback port; 0 until a server is about to be started.
    pub port: u16,
    /// The job's folders.
    pub folders: &'a Folders,
    /// The ref that is built, such as `refs/pull/2/merge`; none for the default branch.
    pub git_ref: Option<&'a str>,
    /// SHA-256 of Cargo.lock, in hexadecimal.
    pub lock_hash: &'a str,
    /// The job's number in its run: unique and increasing.
    pub serial: u64,
    /// The compression of archives on this machine.
    pub compression: Compression,
}

impl JobContext<'_> {
    /// Whether the job may save nothing, with its tool's settings.
    pub fn only_reads(&self) -> bool {
        self.git_ref.is_some() && branches::only_default_saves(&self.scenario.settings)
    }
}

/// The compression of an archive. The cache action uses zstd where it is installed, else gzip
/// (actions/toolkit, `cacheUtils.ts`, `getCompressionMethod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// `zstdmt`, without a long window.
    Zstd,
    /// `gzip`.
    Gzip,
}

impl Compression {
    /// The name that is part of a cache entry's version.
    pub fn name(self) -> &'static str {
        match self {
            Compression::Zstd => "zstd-without-long",
            Compression::Gzip => "gzip",
        }
    }
}

/// The job's folders, at the same paths in every job of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// The checkout's root.
    pub checkout: PathBuf,
    /// `CARGO_HOME`.
    pub cargo_home: PathBuf,
    /// The folder of a tool's local store; it survives the job where the recipe says so.
    pub kept: PathBuf,
    /// A folder that is empty when the job begins and is cleared after it.
    pub temporary: PathBuf,
}

/// What one job does around `cargo build`. The default is a fresh checkout without a cache.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipe {
    /// The state of the checkout when the job begins.
    pub checkout: Checkout,
    /// A folder outside the checkout that survives to the next job; none where nothing does.
    pub survives: Option<PathBuf>,
    /// Size of an unused file in the target folder of the first job; none for no such file.
    pub ballast: Option<Bytes>,
    /// The program that is called in place of Cargo, with Cargo's arguments; none where Cargo
    /// itself is called.
    pub launcher: Option<PathBuf>,
    /// Variables of the build, added to those that all scenarios share. `{command}` in a value is
    /// replaced by the number of the Cargo command, from 0.
    pub environment: BTreeMap<String, String>,
    /// The restore step, in order.
    pub restore: Vec<Action>,
    /// The call that prints the tool's statistics, before and after the build and outside the timed
    /// steps; none for a tool without statistics.
    pub statistics: Option<Invocation>,
    /// The save step, in order.
    pub save: Vec<Action>,
}

impl Recipe {
    /// Whether it removes files of `CARGO_HOME`, which other jobs have need of.
    pub fn changes_cargo_home(&self) -> bool {
        let cleans = |it: &Action| matches!(it, Action::Clean(it) if it.cargo_home.is_some());
        self.save.iter().any(cleans)
    }

    /// Adds variables to the build and to each of the tool's calls, except where they are already
    /// set.
    pub(crate) fn set_variables(&mut self, variables: &BTreeMap<String, String>) {
        let actions = self.restore.iter_mut().chain(&mut self.save);
        let calls = actions.flat_map(Action::calls_mut).chain(&mut self.statistics);
        let calls = calls.map(|call| &mut call.environment);
        for environment in calls.chain([&mut self.environment]) {
            for (name, value) in variables {
                environment.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }
}

/// The state of the checkout when a job begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checkout {
    /// A fresh `git checkout`: every file new, with a new modification time, no target folder.
    #[default]
    Fresh,
    /// The checkout of the previous job with its target folder; only changed files are written.
    Kept,
}

/// One action of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Looks up an archive, downloads and unpacks it.
    RestoreArchive(Archive),
    /// Removes what an archive of another key brought and no job has used for a week; nothing where
    /// the archive's own key was found.
    RemoveOld(Cleaning),
    /// Removes what is not to be saved; nothing where the archive's own key was found, since it
    /// is not saved again then.
    Clean(Cleaning),
    /// Packs an archive and uploads it, unless its key exists already.
    SaveArchive(Archive),
    /// Starts a server and waits until it is ready.
    StartServer(Server),
    /// Asks the server to stop and waits for its end.
    StopServer(Invocation),
    /// Runs a command of the tool, which must succeed.
    Run(Invocation),
}

impl Action {
    /// The calls of the tool's program in this action.
    pub fn calls(&self) -> Vec<&Invocation> {
        match self {
            Action::RestoreArchive(_)
            | Action::RemoveOld(_)
            | Action::Clean(_)
            | Action::SaveArchive(_) => Vec::new(),
            Action::StartServer(Server { start, ready: Ready::Succeeds(ask) }) => vec![start, ask],
            Action::StartServer(Server { start: call, .. })
            | Action::StopServer(call)
            | Action::Run(call) => vec![call],
        }
    }

    fn calls_mut(&mut self) -> Vec<&mut Invocation> {
        match self {
            Action::RestoreArchive(_)
            | Action::RemoveOld(_)
            | Action::Clean(_)
            | Action::SaveArchive(_) => Vec::new(),
            Action::StartServer(Server { start, ready: Ready::Succeeds(ask) }) => vec![start, ask],
            Action::StartServer(Server { start: call, .. })
            | Action::StopServer(call)
            | Action::Run(call) => vec![call],
        }
    }
}

/// A call of a program, with the variables that it adds to those that all scenarios share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables added to those that all scenarios share.
    pub environment: BTreeMap<String, String>,
}

impl Invocation {
    /// A call of a program with these arguments.
    pub fn of(program: &Path, args: &[&str], environment: &BTreeMap<String, String>) -> Invocation {
        Invocation {
            program: program.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            environment: environment.clone(),
        }
    }
}

/// A server that runs beside the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The call that starts it; it stays in the foreground, as a child of the harness.
    pub start: Invocation,
    /// The condition under which it is ready.
    pub ready: Ready,
}

/// The condition under which a server is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// It listens on a Unix socket with this path.
    Socket(PathBuf),
    /// It listens on this loopback port, which every user of the machine can connect to.
    Port(u16),
    /// This command succeeds; it is repeated until it does.
    Succeeds(Invocation),
    /// It has been started; there is no better condition.
    Started,
}

/// An archive of folders in the GitHub Actions cache, as the cache action makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The service.
    pub endpoint: Endpoint,
    /// The key to save it under; its beginning, where `key_inputs` complete it.
    pub key: String,
    /// What completes the key in the job; none for a key that is complete.
    pub key_inputs: Option<KeyInputs>,
    /// Key prefixes that are tried in order where no entry has the key.
    pub restore_keys: Vec<String>,
    /// SHA-256 of paths and compression; entries of another version are not found.
    pub version: String,
    /// The folder that relative paths are resolved against.
    pub root: PathBuf,
    /// Its compression.
    pub compression: Compression,
    /// The archived paths, relative to `root`, in tar's order; missing ones are left out.
    pub paths: Vec<String>,
    /// Patterns of excluded paths, in the form of `tar --exclude`.
    pub pruned: Vec<String>,
}
