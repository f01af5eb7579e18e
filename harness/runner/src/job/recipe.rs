//! The recipe of a job: the facts that its tool makes it from.
//! Owns what a recipe may know of a job. It must not start a server.

use std::path::PathBuf;

use lukewarm_cache_services::Service;
use lukewarm_cache_tools::{Compression, Folders, JobContext, Recipe, Tools};
use lukewarm_model::{Endpoint, Scenario};

use crate::error::RunnerError;
use crate::files::names::fits_socket;
use crate::job::copy::CopyPlace;
use crate::prepare::tools::InstalledTool;
use crate::prepare::variation::JobVariation;

/// The facts that a job's recipe is made from.
pub(super) struct Ingredients<'a> {
    pub tools: &'a Tools,
    pub scenario: &'a Scenario,
    pub program: Option<&'a InstalledTool>,
    pub endpoint: Option<Endpoint>,
    /// The path of a server's socket, unless it is too long.
    pub socket: PathBuf,
    /// The ref that is built; none for the default branch.
    pub git_ref: Option<String>,
    pub lock_hash: String,
    pub serial: u64,
    pub compression: Compression,
}

impl Ingredients<'_> {
    /// The recipe, with a port for a server that cannot listen on a socket.
    ///
    /// # Errors
    /// When the scenario's tool is unknown.
    pub fn recipe(&self, folders: &Folders, port: u16) -> Result<Recipe, RunnerError> {
        let context = JobContext {
            scenario: self.scenario,
            program: self.program.map(|it| it.path.as_path()),
            version: self.program.map(|it| it.identity.version.as_str()),
            service: self.endpoint.as_ref(),
            socket: fits_socket(&self.socket).then_some(self.socket.as_path()),
            port,
            folders,
            git_ref: self.git_ref.as_deref(),
            lock_hash: &self.lock_hash,
            serial: self.serial,
            compression: self.compression,
        };
        self.tools.recipe(&context).ok_or_else(|| {
            let Scenario { name, tool, archive, .. } = self.scenario;
            let archive = archive.as_ref().map(|it| format!(" or `{}`", it.tool));
            RunnerError::Input(format!(
                "scenario `{name}`: unknown cache tool `{tool}`{}",
                archive.unwrap_or_default()
            ))
        })
    }
}

/// The endpoint of a service for a job of some ref, or for one of several copies of it.
pub(super) fn endpoint(
    service: &Service,
    variation: &JobVariation,
    copy: Option<&CopyPlace>,
) -> Endpoint {
    let scopes = variation.scopes();
    let listener = copy.map_or(0, CopyPlace::listener);
    service.endpoint_at(listener, scopes.as_ref().map(|scopes| &scopes[..]).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use lukewarm_cache_services::PROTOCOLS;

    use super::*;

    #[test]
    fn what_tools_say_of_services_is_what_those_say_of_themselves() {
        for said in Tools::shipped().descriptions().iter().flat_map(|tool| tool.services) {
            let served = PROTOCOLS.iter().map(|it| it.kind()).find(|kind| kind == said);
            let served = served.unwrap_or_else(|| panic!("nobody serves `{said}`"));
            assert_eq!(served.description(), said.description());
        }
    }
}
