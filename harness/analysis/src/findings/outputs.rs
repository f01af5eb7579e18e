//! How many jobs had their outputs compared with those of builds without a cache, and with which.
//! Owns the counting; `evaluate` compares.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{JobFacts, Seconds};
use serde::Serialize;

use crate::evaluate::EvaluatedJob;

/// How many jobs had their outputs compared, and what that took.
#[derive(Clone, Copy, Debug, Default, PartialEq, JsonSchema, Serialize)]
pub struct OutputCoverage {
    /// Jobs that could have got something from a cache, and whose outputs were read.
    pub jobs: u64,
    /// Those whose every output is what a build without a cache tool made of the same sources.
    pub as_uncached: u64,
    /// Those of which some outputs, or all, are what their own tool or settings made of the same
    /// sources from an empty cache, and the others what a build without a tool made.
    pub as_own: u64,
    /// Those that compiled incrementally and made the same programs as a build from an empty cache,
    /// with libraries in other bytes.
    pub by_state: u64,
    /// Those that could not be compared, or not with all outputs.
    pub not_compared: u64,
    /// Those whose outputs differ, and nobody knows whether they reproduce.
    pub unproven: u64,
    /// Those with a wrong output.
    pub wrong: u64,
    /// Outputs that differ between two builds without a cache, summed over jobs.
    pub varying: u64,
    /// Builds that were made only to compare with.
    pub builds: u64,
    /// The time that these builds took, in seconds.
    pub build_time: Seconds,
    /// The time that reading outputs took, in seconds.
    pub reading_time: Seconds,
    /// The time of all jobs, in seconds.
    pub job_time: Seconds,
}

/// The counts of a run's jobs; all are zero where nobody looked at outputs.
pub(super) fn coverage(jobs: &[EvaluatedJob<'_>]) -> OutputCoverage {
    let mut found = OutputCoverage::default();
    for job in jobs {
        found.job_time += job.facts.wall();
        found.take_builds(job.facts);
        let Some(compared) = &job.made.comparison else { continue };
        found.varying += compared.varying;
        if compared.is_uncached {
            continue;
        }
        found.jobs += 1;
        let counter = match () {
            () if !compared.wrong.is_empty() => &mut found.wrong,
            () if !compared.unproven.is_empty() => &mut found.unproven,
            () if !compared.is_complete() => &mut found.not_compared,
            () if compared.by_state > 0 => &mut found.by_state,
            () if compared.as_own > 0 => &mut found.as_own,
            () => &mut found.as_uncached,
        };
        *counter += 1;
    }
    found
}

impl OutputCoverage {
    /// Whether any output was looked at.
    pub fn is_known(&self) -> bool {
        self.jobs > 0
    }

    fn take_builds(&mut self, job: &JobFacts) {
        self.builds += job.uncached.len() as u64;
        self.build_time += job.uncached.iter().map(|it| it.wall).sum();
        let copies = job.copies.iter().flat_map(|it| &it.copies);
        let own = job.outputs.iter().chain(copies.filter_map(|it| it.outputs.as_ref()));
        let read = own.chain(job.uncached.iter().filter_map(|it| it.outputs.as_ref()));
        self.reading_time += read.map(|it| it.took).sum();
    }
}
