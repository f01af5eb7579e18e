//! CPU time of the emulated service during a step; nothing where there is no service.

use lukewarm_model::{Seconds, Step, StepFacts};

use super::recorder::StepRecorder;
use crate::error::RunnerError;
use crate::prepare::services::Served;

/// Reads the service's own clock.
pub struct ServiceCpuRecorder<'a> {
    service: Option<&'a Served>,
    /// Before the step; absent where the system does not say.
    before: Option<Seconds>,
}

impl ServiceCpuRecorder<'_> {
    pub fn new(service: Option<&Served>) -> ServiceCpuRecorder<'_> {
        ServiceCpuRecorder { service, before: None }
    }
}

impl StepRecorder for ServiceCpuRecorder<'_> {
    fn begin(&mut self, _step: Step) {
        self.before = self.service.and_then(Served::cpu_time);
    }

    fn end(&mut self, _step: Step, facts: &mut StepFacts) -> Result<(), RunnerError> {
        facts.service_cpu = match self.service {
            None => Some(Seconds(0.0)),
            Some(service) => self.before.and_then(|before| Some(service.cpu_time()? - before)),
        };
        Ok(())
    }
}
