//! The recipe of a job: what its tool is told of the job.
//! Owns where a tool's server may listen. It must not start one.

use std::path::{Path, PathBuf};

use lukewarm_cache_services::Service;
use lukewarm_cache_tools::{CacheTool, Compression, Endpoint, Folders, JobContext, Recipe};
use lukewarm_model::{Scenario, ServiceKind};

use crate::RunnerError;
use crate::surroundings::Surroundings;
use crate::tools::Located;

/// What a path of a socket may be long (unix(7)), without the zero that ends it.
const LONGEST_SOCKET: usize = 107;

/// What a job's recipe is made from.
pub(super) struct Ingredients<'a> {
    pub scenario: &'a Scenario,
    pub program: Option<&'a Located>,
    pub endpoint: Option<Endpoint>,
    pub lock_hash: String,
    pub serial: u64,
    pub compression: Compression,
}

impl Ingredients<'_> {
    /// The recipe, with a port for a server that cannot listen on a socket.
    pub fn recipe(&self, folders: &Folders, port: u16) -> Result<Recipe, RunnerError> {
        let socket = socket(folders);
        let context = JobContext {
            scenario: self.scenario,
            program: self.program.map(|it| it.path.as_path()),
            version: self.program.map(|it| it.identity.version.as_str()),
            service: self.endpoint.as_ref(),
            socket: socket.as_deref(),
            port,
            folders,
            lock_hash: &self.lock_hash,
            serial: self.serial,
            compression: self.compression,
        };
        Ok(lukewarm_cache_tools::recipe(tool(self.scenario)?, &context))
    }
}

/// A path for a server's socket, where it is not too long for one.
fn socket(folders: &Folders) -> Option<PathBuf> {
    // The folder is made anew for each job, so that nothing of an earlier one lies there.
    let path = folders.temporary.join("server");
    let fits = |path: &Path| path.as_os_str().len() <= LONGEST_SOCKET && path.to_str().is_some();
    fits(&path).then_some(path)
}

/// A service as a job of some ref may use it.
pub(super) fn endpoint(service: &Service, around: &Surroundings) -> Endpoint {
    let kind = service.settings().kind;
    let token = match (kind, around.scopes()) {
        (ServiceKind::GithubActions, Some(scopes)) => service.token_for(&scopes),
        _ => service.token().to_owned(),
    };
    Endpoint { kind, url: service.url().to_owned(), token }
}

/// The tool of a scenario.
fn tool(scenario: &Scenario) -> Result<&'static dyn CacheTool, RunnerError> {
    let unknown = || RunnerError::Input(format!("unknown cache tool `{}`", scenario.tool.name));
    lukewarm_cache_tools::find(&scenario.tool.name).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_has_no_longer_a_path_than_it_may() {
        let at = |length: usize| {
            let temporary = PathBuf::from(format!("/{}", "x".repeat(length - 1)));
            let none = PathBuf::new();
            let (checkout, cargo_home, kept) = (none.clone(), none.clone(), none);
            socket(&Folders { checkout, cargo_home, kept, temporary })
        };
        // A slash and `server` come behind it.
        assert_eq!(at(100).map(|path| path.as_os_str().len()), Some(107));
        assert_eq!(at(101), None);
        let folder = tempfile::tempdir().unwrap();
        let longest = folder.path().display().to_string();
        let longest = format!("{longest}/{}", "x".repeat(LONGEST_SOCKET - longest.len() - 1));
        std::os::unix::net::UnixListener::bind(&longest).unwrap();
        std::os::unix::net::UnixListener::bind(longest + "x").unwrap_err();
    }
}
