//! Every request to the emulated service during a step: verbatim in the job's logs, and summed up
//! in its facts.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use lukewarm_cache_services::{Service, write_ledger};
use lukewarm_model::{LedgerSummary, Request, Step, StepFacts};

use super::recorder::StepRecorder;
use crate::error::RunnerError;

/// The maximum wait for pending requests after a step's processes have ended.
const SETTLING: Duration = Duration::from_secs(30);

/// Takes the service's ledger.
pub struct LedgerRecorder<'a> {
    service: Option<&'a Service>,
    /// The file that requests are written to.
    file: PathBuf,
}

impl LedgerRecorder<'_> {
    pub fn new(service: Option<&Service>, file: PathBuf) -> LedgerRecorder<'_> {
        LedgerRecorder { service, file }
    }

    fn write(&self, requests: &[Request]) -> Result<(), RunnerError> {
        let path = &self.file;
        let mut text = Vec::new();
        write_ledger(&mut text, requests).map_err(RunnerError::file("write", path))?;
        File::options()
            .create(true)
            .append(true)
            .open(path)
            .and_then(|mut file| file.write_all(&text))
            .map_err(RunnerError::file("write", path))
    }
}

impl StepRecorder for LedgerRecorder<'_> {
    fn begin(&mut self, _step: Step) {}

    fn end(&mut self, _step: Step, facts: &mut StepFacts) -> Result<(), RunnerError> {
        let Some(service) = self.service else { return Ok(()) };
        service.settle(SETTLING);
        let requests = service.take_ledger();
        facts.ledger = Some(LedgerSummary::of(&requests));
        self.write(&requests)
    }
}
