//! The services of a plan's scenarios, each with the real server behind it where it has one.
//! Owns their start, and what a store holds before the first job.

use lukewarm_cache_services::{
    ListenConfig, OriginSetup, Service, Snapshot, find_protocol, fresh_secret,
};
use lukewarm_cache_tools::Tools;
use lukewarm_model::{Scenario, Seconds, ServiceSettings, StoreState};

use crate::error::RunnerError;
use crate::files::scratch::Scratch;
use crate::prepare::environment::UserEnvironment;
use crate::prepare::origin::OriginServer;

/// A scenario's service, and its content before the first job.
pub(crate) struct Served {
    pub(crate) service: Service,
    pub(crate) beginning: Snapshot,
    /// The real server behind it; none where the service itself holds the objects.
    pub(crate) origin: Option<OriginServer>,
}

impl Served {
    /// Brings the service to what it held at an earlier moment, or before the first job. A server
    /// behind it that has ended is started again.
    ///
    /// # Errors
    /// When the service or its server cannot be brought there.
    pub(crate) fn restore(&self, earlier: Option<&Snapshot>) -> Result<(), RunnerError> {
        self.origin.as_ref().map_or(Ok(()), OriginServer::ensure)?;
        let restored = self.service.restore(earlier.unwrap_or(&self.beginning));
        restored.map_err(|error| RunnerError::Environment(format!("a cache service: {error}")))
    }

    /// Brings what the service says of its content up to date.
    ///
    /// # Errors
    /// When the server behind it cannot be asked.
    pub(crate) fn gather(&self) -> Result<(), RunnerError> {
        let gathered = self.service.gather();
        gathered.map_err(|error| RunnerError::Environment(format!("a cache service: {error}")))
    }

    /// CPU time of the service and of the server behind it; none where the system does not say.
    pub(crate) fn cpu_time(&self) -> Option<Seconds> {
        let origin = self.origin.as_ref().map_or(Some(Seconds(0.0)), OriginServer::cpu_time);
        Some(self.service.cpu_time()? + origin?)
    }
}

/// Starts the service of a scenario, the `number`-th of its run, with a listener for each of the
/// copies of a job that run at once; none for a scenario without one.
pub(super) fn start(
    scenario: &Scenario,
    (tools, user): (&Tools, &UserEnvironment),
    (seed, number, copies): (u64, usize, u32),
    scratch: &Scratch,
) -> Result<Option<Served>, RunnerError> {
    let (Some(kind), Some(network)) = (scenario.service, &scenario.network) else {
        return Ok(None);
    };
    let settings = ServiceSettings {
        kind,
        network: network.clone(),
        limits: scenario.limits.clone(),
        faults: scenario.faults.clone(),
        seed,
        with_v1: scenario.with_v1,
    };
    let mut config = ListenConfig::scratch(&scratch.service(&scenario.name));
    config.further_listeners = copies.saturating_sub(1);
    let origin = match find_protocol(kind).and_then(|protocol| protocol.origin()) {
        None => None,
        Some(origin) => {
            let password = fresh_secret();
            let setup = OriginSetup { password: &password, quota: settings.limits.quota };
            let server = OriginServer::start(origin, &setup, &scratch.origin(number), user)?;
            config.origin = Some(server.socket().to_owned());
            config.token = Some(password);
            Some(server)
        }
    };
    let service = Service::listen(&settings, &config)?;
    if scenario.store == Some(StoreState::Used)
        && let Some(tool) = tools.find(&scenario.tool.name)
    {
        let made = service.make_folders(&tool.folders());
        made.map_err(|error| RunnerError::Environment(format!("folders of a store: {error}")))?;
    }
    let beginning = service.snapshot();
    Ok(Some(Served { service, beginning, origin }))
}
