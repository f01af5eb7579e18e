//! The outputs of a record's jobs beside those of builds without a cache.
//! Owns what is compared, once for a record. It must not decide what follows for a job: `verdict`
//! does.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_cache_tools::Tools;
use lukewarm_model::{Case, JobFacts, OutputComparison, RawRecord, UncachedBuilds, in_parallel};

/// What is known of the outputs of one job.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputEvidence {
    /// The comparison; absent where nobody looked at the job's outputs.
    pub comparison: Option<OutputComparison>,
    /// Jobs of its case, itself left out, of which all outputs were compared and none is in doubt.
    pub compared_jobs: u64,
    /// Jobs of its case that reused something, itself left out.
    pub other_jobs: u64,
}

/// What is known of the outputs of one job, and of each of its copies where several ran at once.
#[derive(Clone, Debug, Default)]
pub(super) struct MadeByJob {
    pub(super) own: OutputEvidence,
    pub(super) copies: Vec<OutputEvidence>,
}

/// The comparison of a job's outputs, and those of its copies.
type Compared = (Option<OutputComparison>, Vec<Option<OutputComparison>>);

/// The evidence of every job of a record, in their order.
pub(super) fn evidence(record: &RawRecord, tools: &Tools) -> Vec<MadeByJob> {
    let plan = &record.run.plan;
    // Machines of a merged record may have other paths: what each made is compared with its own.
    let parts: BTreeSet<Option<u32>> = record.jobs.iter().map(|job| job.part).collect();
    let builds = parts.into_iter().map(|part| {
        let jobs = record.jobs.iter().filter(|job| job.part == part);
        (part, UncachedBuilds::of(plan, jobs, |it| tools.build_traits(it)))
    });
    let builds: BTreeMap<Option<u32>, UncachedBuilds<'_>> = builds.collect();
    let compared: Vec<Compared> = in_parallel(&record.jobs, |job| {
        let (copies, builds) = (job.as_copies(), builds.get(&job.part));
        let copy = |it| builds.and_then(|builds| builds.compare_copy(it));
        (builds.and_then(|it| it.compare(job)), copies.iter().map(copy).collect())
    });
    // By case: the jobs that reused something, of which all outputs are right, and all of them.
    let mut of_cases: BTreeMap<&Case, [u64; 2]> = BTreeMap::new();
    for (job, (found, of_copies)) in record.jobs.iter().zip(&compared) {
        let [complete, all] = of_cases.entry(&job.case).or_default();
        for found in of_copies.iter().chain([found]) {
            let [its, one] = counted(found.as_ref());
            (*complete, *all) = (*complete + its, *all + one);
        }
    }
    let own = |comparison: Option<OutputComparison>, job: &JobFacts| {
        let [complete, all] = of_cases.get(&job.case).copied().unwrap_or_default();
        let [its, one] = counted(comparison.as_ref());
        OutputEvidence { comparison, compared_jobs: complete - its, other_jobs: all - one }
    };
    let made = |((found, copies), job): (Compared, &JobFacts)| {
        let copies = copies.into_iter().map(|it| own(it, job)).collect();
        MadeByJob { own: own(found, job), copies }
    };
    compared.into_iter().zip(&record.jobs).map(made).collect()
}

/// Whether a job reused something and its outputs are right, and whether it reused something, each
/// as 0 or 1.
fn counted(found: Option<&OutputComparison>) -> [u64; 2] {
    let reused = found.filter(|it| !it.is_uncached);
    [reused.is_some_and(OutputComparison::is_complete), reused.is_some()].map(u64::from)
}
