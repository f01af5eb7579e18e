//! What jobs took in earlier runs of the same workspaces, under the same conditions, on this
//! machine: for the person who waits, and in no result.
//! Owns which records count, and the estimate of a plan from them; there is none from anything
//! else.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{Case, Host, JobName, JobSpec, Plan, RawRecord, Seconds};

use crate::results::run_folders;

/// How many records are read, the newest first.
const RECORDS: usize = 10;

/// What jobs took in earlier runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EarlierTimes {
    /// From the end of one job to that of the next, so that setting up machines is part of it.
    times: BTreeMap<(Case, JobName), Vec<f64>>,
    /// From the beginning of a run to that of its first job: what preparing takes.
    starts: Vec<f64>,
}

impl EarlierTimes {
    /// Reads the records in a folder of results that were made of a plan's workspaces on this
    /// machine. `plan` is as it would be recorded. What cannot be read is passed over.
    pub fn look(results: &Path, plan: &Plan, here: &Host) -> EarlierTimes {
        let folders = run_folders(results).unwrap_or_default().into_iter().take(RECORDS);
        let records = folders.filter_map(|folder| lukewarm_record::read(&folder).ok());
        EarlierTimes::of(records, plan, here)
    }

    fn of(records: impl Iterator<Item = RawRecord>, plan: &Plan, here: &Host) -> EarlierTimes {
        let mut found = EarlierTimes::default();
        for record in records.filter(|it| counts(it, plan, here)) {
            let share = record.end.as_ref().map_or(1.0, |end| {
                let time = end.time;
                let all = time.measured.0 + time.laying.0 + time.own.0;
                if time.measured.0 > 0.0 { all / time.measured.0 } else { 1.0 }
            });
            if let Some(first) = record.jobs.first() {
                found.starts.push(first.started.since(record.run.started).0.max(0.0));
            }
            for job in record.jobs.iter().filter(|job| job.failure.is_none()) {
                if spec(&record.run.plan, &job.job) == spec(plan, &job.job) {
                    let key = (job.case.clone(), job.job.clone());
                    found.times.entry(key).or_default().push(job.wall().0 * share);
                }
            }
        }
        found
    }

    /// How long so many jobs of a plan take; none where one of its jobs was never measured.
    pub fn estimate(&self, plan: &Plan, job_count: usize) -> Option<Seconds> {
        let jobs = (plan.cases.len() * plan.story.jobs.len()).max(1);
        let total = self.pass(plan, plan.story.jobs.len())?.0 * job_count as f64 / jobs as f64;
        Some(Seconds(plan.budget.map_or(total, |budget| total.min(budget.0)).round()))
    }

    /// How long the first so many jobs of the story take in all cases, once each.
    pub fn pass(&self, plan: &Plan, jobs: usize) -> Option<Seconds> {
        let jobs = || plan.story.jobs.iter().take(jobs).map(|job| job.name.clone());
        let keys = plan.cases.iter().flat_map(|case| jobs().map(move |job| (case.clone(), job)));
        let took = keys.map(|key| self.times.get(&key).map(|times| median(times)));
        took.sum::<Option<f64>>().map(Seconds)
    }

    /// How long it takes before the first job; none where nothing was measured.
    pub fn start(&self) -> Option<Seconds> {
        (!self.starts.is_empty()).then(|| Seconds(median(&self.starts)))
    }
}

/// Whether a record is of the same workspaces, built in the same way on this machine.
fn counts(record: &RawRecord, plan: &Plan, here: &Host) -> bool {
    let run = &record.run;
    let known = |case: &Case| {
        let of = |plan: &Plan| {
            let found = plan.workspaces.iter().find(|it| it.name == case.workspace);
            found.map(|it| (it.origin, it.folder.clone()))
        };
        of(&run.plan).is_some() && of(&run.plan) == of(plan)
    };
    // A merged record has several machines.
    run.parts.is_empty()
        && run.host.cpu == here.cpu
        && run.host.cores == here.cores
        && run.plan.commands == plan.commands
        && run.plan.cargo_profile == plan.cargo_profile
        && run.plan.runner == plan.runner
        && plan.cases.iter().any(known)
}

/// What a plan has of a job: its change, and how often it runs at once.
fn spec<'a>(plan: &'a Plan, job: &JobName) -> Option<&'a JobSpec> {
    plan.story.jobs.iter().find(|it| it.name == *job)
}

/// The middle of some times, of which there is one at least.
fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    match times.len() % 2 {
        0 => (times[middle - 1] + times[middle]) / 2.0,
        _ => times[middle],
    }
}

/// Times for tests: what preparing takes, and each job of a plan.
#[cfg(test)]
pub(crate) fn examples(plan: &Plan, start: Seconds, job: Seconds) -> EarlierTimes {
    let jobs = || plan.story.jobs.iter().map(|it| it.name.clone());
    let keys = plan.cases.iter().flat_map(|case| jobs().map(move |job| (case.clone(), job)));
    EarlierTimes { times: keys.map(|key| (key, vec![job.0])).collect(), starts: vec![start.0] }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{AtOnce, Attempt, JobFacts, Step, StepFacts, Timestamp};
    use lukewarm_testing::plan;

    use super::*;

    fn record(plan: &Plan, walls: &[f64]) -> RawRecord {
        let job = |(number, wall): (usize, &f64)| {
            let attempt = Attempt { iteration: 1, position: number as u64, repeat: 0 };
            let name = plan.story.jobs[number % plan.story.jobs.len()].name.clone();
            let mut facts =
                JobFacts::new(plan.cases[0].clone(), name, attempt, Timestamp::default());
            facts.steps.push(StepFacts::new(Step::Build, Seconds(*wall)));
            facts
        };
        let jobs = walls.iter().enumerate().map(job).collect();
        RawRecord { run: lukewarm_testing::run_facts(plan), jobs, end: None }
    }

    #[test]
    fn an_estimate_is_from_the_same_jobs_of_the_same_workspace_or_there_is_none() {
        let plan = plan(&["none"], &["cold", "unchanged"], 3);
        let here = lukewarm_testing::run_facts(&plan).host;
        let estimate = |records: Vec<RawRecord>, plan: &Plan| {
            EarlierTimes::of(records.into_iter(), plan, &here).estimate(plan, plan.job_count())
        };
        let passes = plan.job_count() as f64 / 2.0;
        let complete = record(&plan, &[10.0, 4.0, 12.0, 4.0, 11.0, 4.0]);
        assert_eq!(estimate(vec![complete.clone()], &plan), Some(Seconds((15.0 * passes).round())));
        assert_eq!(estimate(Vec::new(), &plan), None);
        assert_eq!(estimate(vec![record(&plan, &[10.0])], &plan), None, "half of it is none");
        let short = Plan { budget: Some(Seconds(20.0)), ..plan.clone() };
        assert_eq!(estimate(vec![complete.clone()], &short), Some(Seconds(20.0)));
        let mut at_once = plan.clone();
        let copies = Some(AtOnce { copies: 2, stagger: Seconds(0.0) });
        at_once.story.jobs.iter_mut().for_each(|job| job.at_once = copies);
        for other in [
            at_once,
            Plan { cargo_profile: "release".to_owned(), ..plan.clone() },
            Plan { cases: vec![Case::new("other", "none")], ..plan.clone() },
        ] {
            assert_eq!(estimate(vec![complete.clone()], &other), None);
        }
        let mut elsewhere = complete;
        elsewhere.run.host.cores += 1;
        assert_eq!(estimate(vec![elsewhere], &plan), None);
    }
}
