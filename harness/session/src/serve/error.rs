//! Why a cache cannot be served.
//! Owns the error type of serving.

use std::io;
use std::path::PathBuf;

use lukewarm_cache_services::{SHORTEST_SECRET, ServiceError};
use lukewarm_model::{Classify, ErrorKind};
use lukewarm_runner::RunnerError;

/// Why a cache cannot be served, or cannot be served on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The file of the token cannot be read.
    #[error("cannot read the token: --token-file {}", path.display())]
    TokenFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of the token has nothing but white space.
    #[error("--token-file {}: there is no token in it", .0.display())]
    EmptyTokenFile(PathBuf),
    /// The token has characters that a shell or `$GITHUB_ENV` would change.
    #[error(
        "{origin}: a token is made of the visible ASCII characters A-Z, a-z, 0-9 and . _ ~ + / = \
         -, and does not begin with ~, so that `eval` in a shell and `$GITHUB_ENV` do not change it"
    )]
    TokenCharacters {
        /// The option, file or variable that gave the token.
        origin: String,
    },
    /// Scopes were asked for of a service that has none.
    #[error("--scope: only {} has scopes: leave it out", services.join(", "))]
    NoScopes {
        /// The services that have scopes, each in backticks.
        services: Vec<String>,
    },
    /// The chosen token is too short to sign tokens with scopes.
    #[error(
        "--scope: the chosen token signs the token with scopes and is too short for that: give one \
         of {SHORTEST_SECRET} letters or more, or none"
    )]
    ShortSecret,
    /// No temporary folder can be made for what clients store.
    #[error("cannot make a folder for stored objects in {}", base.display())]
    TemporaryFolder {
        /// The folder that it was to be made in.
        base: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of requests cannot be created or written.
    #[error("cannot write requests: --ledger {}", path.display())]
    Ledger {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A variable for clients has a value that a shell would change.
    #[error("the value of {0} has characters that a shell changes")]
    Variable(String),
    /// What clients stored could not be written to the disk.
    #[error("what clients stored could not all be written to the disk")]
    Close(#[source] io::Error),
    /// The service does not start.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The real server behind the service does not start.
    #[error(transparent)]
    OriginStart(#[from] RunnerError),
    /// The real server behind the service has ended.
    #[error("{0}")]
    Origin(String),
}

impl Classify for ServeError {
    fn kind(&self) -> ErrorKind {
        match self {
            ServeError::EmptyTokenFile(_)
            | ServeError::TokenCharacters { .. }
            | ServeError::NoScopes { .. }
            | ServeError::ShortSecret
            | ServeError::Variable(_) => ErrorKind::Input,
            ServeError::TokenFile { .. }
            | ServeError::TemporaryFolder { .. }
            | ServeError::Ledger { .. }
            | ServeError::Origin(_)
            | ServeError::Close(_) => ErrorKind::Environment,
            ServeError::Service(error) => error.kind(),
            ServeError::OriginStart(error) => error.kind(),
        }
    }
}
