//! Every request to the emulated service during a step: verbatim in the job's logs, and summed up
//! in its facts.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
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
    /// Whose requests are taken; none for all.
    copy: Option<CopyRequests<'a>>,
}

/// The requests of one of several copies of a job.
#[derive(Clone, Copy)]
pub struct CopyRequests<'a> {
    /// The listener that they come to.
    pub listener: u32,
    /// Where they are kept, each with its step, until all copies have ended.
    pub kept: &'a Mutex<Vec<(Step, Request)>>,
}

impl<'a> LedgerRecorder<'a> {
    pub fn new(service: Option<&'a Service>, file: PathBuf) -> LedgerRecorder<'a> {
        LedgerRecorder { service, file, copy: None }
    }

    /// Takes the requests of one copy only.
    pub fn of_copy(
        service: Option<&'a Service>,
        file: PathBuf,
        copy: CopyRequests<'a>,
    ) -> LedgerRecorder<'a> {
        LedgerRecorder { service, file, copy: Some(copy) }
    }

    /// The requests of a step, when the last of them has ended.
    fn take(&self, service: &Service, step: Step) -> Vec<Request> {
        let Some(CopyRequests { listener, kept }) = self.copy else {
            service.settle(SETTLING);
            return service.take_ledger();
        };
        service.settle_at(listener, SETTLING);
        let requests = service.take_ledger_at(listener);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(requests.iter().map(|it| (step, it.clone())));
        requests
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

    fn end(&mut self, step: Step, facts: &mut StepFacts) -> Result<(), RunnerError> {
        let Some(service) = self.service else { return Ok(()) };
        let requests = self.take(service, step);
        facts.ledger = Some(LedgerSummary::of(&requests));
        self.write(&requests)
    }
}
