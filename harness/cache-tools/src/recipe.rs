//! Recipes: what one job does, as data.
//! Owns the vocabulary between tools and runner. It must not carry anything out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_model::{Bytes, Endpoint, Scenario};

/// What a tool may know of the job that it makes a recipe for.
#[derive(Clone, Copy, Debug)]
pub struct JobContext<'a> {
    /// The scenario, with the tool's settings.
    pub scenario: &'a Scenario,
    /// The tool's executable, where it has one.
    pub program: Option<&'a std::path::Path>,
    /// The service, where the scenario has one.
    pub service: Option<&'a Endpoint>,
    /// The version that the executable says it is, where it has one.
    pub version: Option<&'a str>,
    /// A path for a socket, in a folder that no other user may enter; none where the path would
    /// be longer than a socket's may be.
    pub socket: Option<&'a std::path::Path>,
    /// A loopback port that nobody listens on; 0 as long as no server is about to be started.
    pub port: u16,
    /// The job's folders.
    pub folders: &'a Folders,
    /// SHA-256 of Cargo.lock, in hexadecimal.
    pub lock_hash: &'a str,
    /// A number that is unique among the jobs of a run, and grows.
    pub serial: u64,
    /// How archives are compressed on this machine.
    pub compression: Compression,
}

/// How an archive is compressed. The cache action takes zstd where it is installed, else gzip
/// (actions/toolkit, `cacheUtils.ts`, `getCompressionMethod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// `zstdmt`, without a long window.
    Zstd,
    /// `gzip`.
    Gzip,
}

impl Compression {
    /// The name that goes into an entry's version.
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
    /// A folder for what a tool keeps on the machine; it survives where the recipe says so.
    pub kept: PathBuf,
    /// A folder that is empty when a job begins, and cleared after it.
    pub temporary: PathBuf,
}

/// What one job does around `cargo build`. The default is a fresh checkout and nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipe {
    /// What the checkout is when the job begins.
    pub checkout: Checkout,
    /// A folder that survives to the next job, beside the checkout.
    pub survives: Option<PathBuf>,
    /// Bytes that nobody needs in the target folder of the first job.
    pub ballast: Option<Bytes>,
    /// Environment of the build, on top of the base that all scenarios share.
    pub environment: BTreeMap<String, String>,
    /// The restore step, in order.
    pub restore: Vec<Action>,
    /// What the tool says of itself: asked before and after the build, outside the steps.
    pub statistics: Option<Invocation>,
    /// The save step, in order.
    pub save: Vec<Action>,
}

impl Recipe {
    /// Lays variables onto the build and onto each of the tool's calls, but for those that are set
    /// there already.
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

/// What the checkout is when the job begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checkout {
    /// A fresh `git checkout`: every file new, with a new modification time, no target folder.
    #[default]
    Fresh,
    /// The checkout of the job before, target folder included; only changed files are written.
    Kept,
}

/// One action of a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Looks an archive up, downloads and unpacks it.
    RestoreArchive(Archive),
    /// Packs an archive and uploads it, unless its key is already there.
    SaveArchive(Archive),
    /// Starts a server and waits until it is ready.
    StartServer(Server),
    /// Asks the server to stop and waits until it has.
    StopServer(Invocation),
    /// Runs a command of the tool, which must succeed.
    Run(Invocation),
}

impl Action {
    /// The tool's calls that it makes.
    pub fn calls(&self) -> Vec<&Invocation> {
        match self {
            Action::RestoreArchive(_) | Action::SaveArchive(_) => Vec::new(),
            Action::StartServer(Server { start, ready: Ready::Succeeds(ask) }) => vec![start, ask],
            Action::StartServer(Server { start: call, .. })
            | Action::StopServer(call)
            | Action::Run(call) => vec![call],
        }
    }

    fn calls_mut(&mut self) -> Vec<&mut Invocation> {
        match self {
            Action::RestoreArchive(_) | Action::SaveArchive(_) => Vec::new(),
            Action::StartServer(Server { start, ready: Ready::Succeeds(ask) }) => vec![start, ask],
            Action::StartServer(Server { start: call, .. })
            | Action::StopServer(call)
            | Action::Run(call) => vec![call],
        }
    }
}

/// A process to start, with what its environment adds to the base that all scenarios share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Environment on top of the base.
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
    /// How it is started; it stays in the foreground, as a child of the harness.
    pub start: Invocation,
    /// How it is seen that it is ready.
    pub ready: Ready,
}

/// How it is seen that a server is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// It listens on a Unix socket with this path.
    Socket(PathBuf),
    /// It listens on this loopback port, which every user of the machine can reach.
    Port(u16),
    /// This command succeeds; it is asked again until it does.
    Succeeds(Invocation),
    /// It has been started: nothing tells more.
    Started,
}

/// An archive of folders in the GitHub Actions cache, as the cache action makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The service.
    pub endpoint: Endpoint,
    /// The key it is saved under.
    pub key: String,
    /// Prefixes that are tried in order where no entry has the key.
    pub restore_keys: Vec<String>,
    /// Hash of paths and compression; entries of another version are never found.
    pub version: String,
    /// The folder that relative paths start from.
    pub root: PathBuf,
    /// How it is compressed.
    pub compression: Compression,
    /// Relative to `root`, as tar's manifest lists them; what does not exist is left out.
    pub paths: Vec<String>,
    /// What is left out of these paths: patterns as `tar --exclude` takes them.
    pub pruned: Vec<String>,
}
