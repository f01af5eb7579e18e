//! Evidence for and against a job, and the verdict from it.
//! Owns the rule: a wrong output makes a job wrong, anything else wrong degrades it, anything
//! unknown leaves it unchecked.

use lukewarm_model::{Check, JobVerdict, Limits};

/// Evidence for and against a job.
#[derive(Default)]
pub(super) struct JobEvidence {
    pub(super) held: Vec<String>,
    pub(super) wrong: Vec<String>,
    pub(super) unknown: Vec<String>,
    pub(super) wrong_outputs: Vec<String>,
}

impl JobEvidence {
    /// Adds checks by their outcome.
    pub(super) fn take(&mut self, checks: &[Check]) {
        for check in checks {
            let text = format!("{}: {}", check.name, check.seen);
            match check.held {
                Some(true) => self.held.push(text),
                Some(false) => self.wrong.push(format!("{text} (did not hold)")),
                None => self.unknown.push(format!("{text} (could not be checked)")),
            }
        }
    }

    /// A wrong output is the worst; else anything wrong degrades; else anything unknown leaves
    /// unchecked.
    pub(super) fn conclude(self) -> JobVerdict {
        if !self.wrong_outputs.is_empty() {
            return JobVerdict::Wrong(self.wrong_outputs.into_iter().chain(self.wrong).collect());
        }
        match (self.wrong.is_empty(), self.unknown.is_empty()) {
            (false, _) => JobVerdict::Degraded(self.wrong),
            (true, false) => JobVerdict::Unchecked(self.unknown),
            (true, true) => JobVerdict::Valid(self.held),
        }
    }
}

/// Whether a scenario's service has a rate limit.
pub(super) fn has_rate_limit(limits: &Limits) -> bool {
    limits.uploads_per_minute.is_some() || limits.downloads_per_minute.is_some()
}
