//! Builds that are made only to compare with: the sources of a block's jobs, with the settings of a
//! scenario that compiles in its own way, from an empty cache. Owns which are made before a block,
//! and that they take a small share of the run. It must not run a job or compare outputs.

use std::collections::{BTreeMap, BTreeSet};

use lukewarm_model::{
    Attempt, BuildTraits, Case, JobFacts, JobName, JobOutputs, JobSpec, OutputComparison, Plan,
    RawRecord, Scenario, Seconds, UncachedBuild, UncachedBuilds,
};

use crate::job::scheduled_job::ScheduledJob;
use crate::run::allocation;

/// The share of the jobs' time that such builds may take, apart from the first one of each class.
const SHARE: f64 = 0.03;

/// The block that such builds were last considered for.
#[derive(Default)]
pub struct ComparisonBuilds {
    /// The pass and the job.
    block: Option<(u32, bool, u32, usize)>,
}

impl ComparisonBuilds {
    /// The builds that are to be made before a job, which is the next one to run, where it begins a
    /// block. Of classes that are alike one is built. It follows from what is recorded alone.
    pub fn due_before(
        &mut self,
        slot: &ScheduledJob,
        block: &[ScheduledJob],
        record: &RawRecord,
        traits: impl Fn(&Scenario) -> BuildTraits,
    ) -> Vec<ScheduledJob> {
        let id = (slot.within, slot.first_pass, slot.attempt.repeat, slot.job);
        let begins = self.block.replace(id) != Some(id);
        let (iteration, plan) = (slot.attempt.iteration, &record.run.plan);
        // Priming counts in no estimate, and a block that is measured again has the same sources.
        if !begins || iteration == 0 || slot.attempt.repeat > 0 {
            return Vec::new();
        }
        let builds = UncachedBuilds::of(plan, &record.jobs, traits);
        let mut spent = Spent::of(&record.jobs);
        let (mut made, mut due, mut due_time) = (BTreeSet::new(), Vec::new(), Seconds(0.0));
        for case in block.iter().filter(|it| it.job == slot.job).map(|it| &it.case) {
            let name = &plan.story.jobs[slot.job].name;
            let Some(class) = builds.class(case) else { continue };
            let has_copies = plan.story.jobs[slot.job].at_once.is_some();
            let is_missing = match has_copies {
                true => builds.needs_build_for_copies(case, name, iteration),
                false => builds.needs_own_build(case, name, iteration),
            };
            if !is_missing || !made.insert((&case.workspace, class)) {
                continue;
            }
            let alike = |it: &UncachedBuild| {
                it.case.workspace == case.workspace && builds.class(&it.case) == Some(class)
            };
            let mut earlier = record.jobs.iter().flat_map(|job| &job.uncached);
            // None of several copies need have begun with an empty cache, so that each of their
            // jobs is compared with a build of its own, once.
            let is_wanted = match has_copies {
                true => !earlier.any(|it| alike(it) && it.job == *name),
                false => {
                    // What ran in the first pass is what there is time for.
                    let runs = |job: &JobName| {
                        slot.first_pass || record.jobs.iter().any(|it| it.job == *job)
                    };
                    !earlier.any(alike) && is_last_change(plan, case, slot.job, runs)
                }
            };
            let cost = cost(plan, case, &record.jobs);
            let is_wanted = is_wanted && leaves_room(plan, record, block, due_time + cost);
            if is_wanted || spent.has_room_for(cost) {
                spent.builds += cost;
                due_time += cost;
                let attempt = Attempt { repeat: 0, ..slot.attempt };
                due.push(ScheduledJob {
                    case: case.clone(),
                    attempt,
                    first_pass: false,
                    turn: (0, 0),
                    ..slot.clone()
                });
            }
        }
        due
    }
}

/// The cases of each class whose jobs can be compared only with such a build, where none was made
/// yet: a run makes one of each as soon as it has room for it.
pub fn still_to_make(
    record: &RawRecord,
    traits: impl Fn(&Scenario) -> BuildTraits,
) -> Vec<BTreeSet<Case>> {
    let plan = &record.run.plan;
    let builds = UncachedBuilds::of(plan, &record.jobs, traits);
    let class = |case: &Case| (case.workspace.clone(), builds.class(case).cloned());
    let made: BTreeSet<_> =
        record.jobs.iter().flat_map(|job| &job.uncached).map(|it| class(&it.case)).collect();
    let mut missing: BTreeMap<_, BTreeSet<Case>> = BTreeMap::new();
    for case in plan.cases.iter().filter(|case| builds.will_need_own_build(case)) {
        if !made.contains(&class(case)) {
            missing.entry(class(case)).or_default().insert(case.clone());
        }
    }
    missing.into_values().collect()
}

/// The facts of such a build, from those of the job that made it.
pub fn uncached_build(facts: JobFacts) -> UncachedBuild {
    UncachedBuild {
        wall: facts.wall(),
        case: facts.case,
        job: facts.job,
        iteration: facts.attempt.iteration,
        outputs: facts.outputs,
        failure: facts.failure.map(|failure| failure.message),
    }
}

/// Lets all outputs of a job share memory with equal ones of earlier jobs.
pub fn share_all(job: &mut JobFacts, earlier: &[JobFacts]) {
    let copies = job.copies.iter_mut().flat_map(|it| &mut it.copies);
    let of_copies = copies.filter_map(|copy| copy.outputs.as_mut());
    of_copies.chain(&mut job.outputs).for_each(|it| share(it, earlier));
}

/// Lets outputs share memory with equal ones of earlier jobs.
pub fn share(outputs: &mut JobOutputs, earlier: &[JobFacts]) {
    let builds =
        |job: &'_ JobFacts| job.uncached.iter().filter_map(|it| it.outputs.clone()).collect();
    let known = earlier.iter().rev().flat_map(|job| {
        let builds: Vec<JobOutputs> = builds(job);
        builds.into_iter().chain(job.outputs.clone())
    });
    let Some(manifest) = outputs.manifest.take() else { return };
    let mut known = known.filter(|it| it.manifest.is_some()).take(RECENT);
    let mut last = None;
    let same = known.find(|it| {
        last = last.take().or_else(|| it.manifest.clone());
        it.digest == outputs.digest
    });
    outputs.manifest = match (same.and_then(|it| it.manifest), last) {
        (Some(same), _) => Some(same),
        (None, Some(last)) => Some((*manifest).clone().with_paths_of(&last).into()),
        (None, None) => Some(manifest),
    };
}

/// How many of the last outputs are searched for equal ones.
const RECENT: usize = 64;

/// The build that may explain outputs of the last job's block that differ: of the sources that it
/// built, with the settings that they were judged by. None where there is no doubt, or enough
/// builds were asked. It follows from what is recorded alone.
pub fn due_after(
    record: &RawRecord,
    traits: impl Fn(&Scenario) -> BuildTraits,
) -> Option<ScheduledJob> {
    let last = record.jobs.last()?;
    // Variations are few jobs each, and all that is asked is whether what they made is right.
    let plan = &record.run.plan;
    let is_varied = plan.workspace(&last.case).variation.is_some();
    let is_asked = |job: &&JobFacts| !is_varied || job.case.workspace == last.case.workspace;
    let made = record.jobs.iter().filter(is_asked).map(|job| job.uncached.len()).sum::<usize>();
    let failed = last.uncached.last().is_some_and(|it| it.outputs.is_none());
    if failed || made >= MOST_IN_DOUBT || last.attempt.iteration == 0 {
        return None;
    }
    let builds = UncachedBuilds::of(plan, &record.jobs, traits);
    let of_block = record.jobs.iter().rev().take(plan.cases.len());
    let block = (last.attempt.iteration, last.attempt.repeat, &last.job);
    let of_block =
        of_block.filter(|it| (it.attempt.iteration, it.attempt.repeat, &it.job) == block);
    let open = |job: &JobFacts, found: OutputComparison| {
        let is_open = found.doubted().next().is_some() && found.witnesses < ENOUGH_WITNESSES;
        is_open.then(|| builds.witness(job, &found)).flatten().cloned()
    };
    let doubted = |job: &JobFacts| {
        let copies = job.as_copies();
        let mut of_copies = copies.iter().filter_map(|it| open(it, builds.compare_copy(it)?));
        builds.compare(job).and_then(|found| open(job, found)).or_else(|| of_copies.next())
    };
    let case = of_block.into_iter().find_map(doubted)?;
    let job = plan.story.jobs.iter().position(|it| it.name == last.job)?;
    let attempt = Attempt { repeat: 0, ..last.attempt };
    let within = last.attempt.iteration;
    Some(ScheduledJob { case, job, attempt, first_pass: false, within, turn: (0, 0) })
}

/// How many builds of the same sources say that a file reproduces, before a job is called wrong
/// without asking further.
const ENOUGH_WITNESSES: u32 = 3;
/// No build is made for a doubt where a run has so many already.
const MOST_IN_DOUBT: usize = 8;

/// Whether no later job of the story that runs changes anything: its sources have all edits.
fn is_last_change(plan: &Plan, case: &Case, job: usize, runs: impl Fn(&JobName) -> bool) -> bool {
    if plan.workspace(case).variation.is_some() {
        return job + 1 == plan.story.jobs.len();
    }
    let changes = |it: &JobSpec| it.change.kind.changes_the_build();
    let mut later = plan.story.jobs[job + 1..].iter();
    changes(&plan.story.jobs[job]) && !later.any(|it| changes(it) && runs(&it.name))
}

/// Whether a budget has room for a block's jobs and for builds beside them.
fn leaves_room(plan: &Plan, record: &RawRecord, block: &[ScheduledJob], builds: Seconds) -> bool {
    let name = |it: &ScheduledJob| plan.story.jobs[it.job].name.clone();
    let cells: Vec<_> = block.iter().map(|it| (it.case.clone(), name(it))).collect();
    allocation::fit_beside(plan, record, &cells, builds)
}

/// What a build from an empty cache is expected to take: as long as the case's first job.
fn cost(plan: &Plan, case: &Case, jobs: &[JobFacts]) -> Seconds {
    let first = plan.story.jobs.first().map(|it| &it.name);
    let walls = jobs.iter().filter(|it| it.case == *case && Some(&it.job) == first);
    walls.map(JobFacts::wall).fold(Seconds(0.0), |most, it| if it > most { it } else { most })
}

/// The time of a run's jobs, and that of builds for comparison.
struct Spent {
    jobs: Seconds,
    builds: Seconds,
}

impl Spent {
    fn of(jobs: &[JobFacts]) -> Spent {
        let builds = jobs.iter().flat_map(|job| &job.uncached).map(|it| it.wall);
        Spent { jobs: jobs.iter().map(JobFacts::wall).sum(), builds: builds.sum() }
    }

    fn has_room_for(&self, cost: Seconds) -> bool {
        self.builds.0 + cost.0 <= SHARE * self.jobs.0
    }
}
