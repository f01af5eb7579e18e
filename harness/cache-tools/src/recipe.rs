//! Recipes: what one job does, as data.
//! Owns the vocabulary between tools and runner. It must not carry anything out.

use std::collections::BTreeMap;
use std::path::PathBuf;

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

/// What one job does around `cargo build`.
#[derive(Clone, Debug, PartialEq)]
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

/// What the checkout is when the job begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkout {
    /// A fresh `git checkout`: every file new, with a new modification time, no target folder.
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
    /// Starts a server and waits until it listens.
    StartServer(Server),
    /// Asks the server to stop and waits until it has.
    StopServer(Invocation),
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

/// A server that runs beside the build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// How it is started; it stays in the foreground, as a child of the harness.
    pub start: Invocation,
    /// Where it listens when it is ready.
    pub address: Address,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// On a socket with this path.
    Socket(PathBuf),
    /// On this loopback port, which every user of the machine can reach.
    Port(u16),
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
}

/// A tool's program: how it is recognised, and how it is had where it is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The executable's name.
    pub name: &'static str,
    /// The oldest version that is taken where none is asked for.
    pub minimum: &'static str,
    /// The oldest that may be asked for.
    pub oldest: &'static str,
    /// The version that is installed where none is found.
    pub pinned: &'static str,
    /// Prebuilt wheels on PyPI, each with the SHA-256 that the index publishes.
    pub wheels: &'static [Wheel],
}

/// One prebuilt wheel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wheel {
    /// The version it holds.
    pub version: &'static str,
    /// `std::env::consts::ARCH` and `OS` of the machine it is for, joined by `-`.
    pub machine: &'static str,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: &'static str,
}

#[cfg(test)]
pub(crate) mod tests {
    use lukewarm_model::{Limits, ServiceKind, SettingValue, ToolChoice};

    use super::*;

    pub(crate) fn scenario(tool: &str, settings: &[(&str, SettingValue)]) -> Scenario {
        Scenario {
            name: tool.to_owned(),
            title: String::new(),
            essay: String::new(),
            tool: ToolChoice { name: tool.to_owned(), version: None },
            settings: settings.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect(),
            archive: None,
            service: None,
            store: None,
            with_v1: false,
            network: None,
            limits: Limits::default(),
            faults: Vec::new(),
            incremental: false,
        }
    }

    pub(crate) fn endpoint(kind: ServiceKind) -> Endpoint {
        Endpoint::with_token(kind, "http://127.0.0.1:4000", "token")
    }

    pub(crate) fn folders() -> Folders {
        Folders {
            checkout: "/scratch/checkout".into(),
            cargo_home: "/scratch/cargo-home".into(),
            kept: "/scratch/kept".into(),
            temporary: "/scratch/temporary".into(),
        }
    }

    pub(crate) fn context<'a>(
        scenario: &'a Scenario,
        service: Option<&'a Endpoint>,
        folders: &'a Folders,
    ) -> JobContext<'a> {
        JobContext {
            scenario,
            program: None,
            service,
            version: None,
            socket: None,
            port: 4226,
            folders,
            lock_hash: "abc123",
            serial: 7,
            compression: Compression::Zstd,
        }
    }
}
