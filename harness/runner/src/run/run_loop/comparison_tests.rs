//! Builds that are made only to compare with, held by jobs that only say what they made.

use lukewarm_model::{
    Allocation, AtOnce, Bytes, Change, ContentDigest, CopiesFacts, CopyFacts, JobOutputs,
    MutationKind, OutputFile, OutputManifest, Place, Priming, Step, StepFacts, Stopping, Timestamp,
    UncachedBuilds, Warning,
};
use lukewarm_testing::{plan, run_facts};

use super::*;
use crate::job::JobOutcome;
use crate::run::schedule::everything;

/// Jobs that take 100 s each and make one file.
struct MakingJobs {
    /// The content of the file, by the job and the builds that ran before.
    content: fn(&ScheduledJob, usize) -> u128,
    /// What ran only to be compared with: case, job and iteration.
    built: Vec<String>,
    names: Vec<String>,
    /// How many copies of a job run at once; 1 for a job alone.
    copies: u32,
}

impl Jobs for MakingJobs {
    fn run(
        &mut self,
        slot: &ScheduledJob,
        _before: &State,
        _observer: &mut dyn Observer,
    ) -> Result<JobOutcome, RunnerError> {
        let name = &self.names[slot.job];
        let digest = ContentDigest((self.content)(slot, self.built.len()));
        if slot.is_for_comparison() {
            self.built.push(format!("{} {name} {}", slot.case, slot.attempt.iteration));
        }
        let (case, job) = (slot.case.clone(), name.as_str().into());
        let mut facts = JobFacts::new(case, job, slot.attempt, Timestamp::default());
        facts.steps.push(StepFacts::new(Step::Build, Seconds(100.0)));
        let file = OutputFile { path: "debug/app".into(), digest, bytes: Bytes(1) };
        facts.outputs = Some(JobOutputs {
            digest,
            manifest: Some(OutputManifest::new(vec![file]).into()),
            files: 1,
            bytes: Bytes(1),
            took: Seconds(0.1),
        });
        if self.copies > 1 && !slot.is_for_comparison() {
            facts = copied(facts, self.copies);
        }
        Ok(JobOutcome { facts, state: Some(State::default()), setup: Seconds(1.0) })
    }

    fn skipped(&mut self, _: &ScheduledJob) -> JobFacts {
        unreachable!("nothing fails")
    }

    fn calibrate(&mut self) -> Result<Option<Probe>, RunnerError> {
        Ok(None)
    }

    fn warnings(&self) -> Vec<Warning> {
        Vec::new()
    }
}

/// The same job in copies that each made what it made.
fn copied(job: JobFacts, copies: u32) -> JobFacts {
    let alone = JobFacts::new(job.case.clone(), job.job.clone(), job.attempt, job.started);
    let copy = CopyFacts::of(job, (Seconds(0.0), Seconds(100.0)));
    let copies = CopiesFacts {
        stagger: Seconds(0.0),
        peak_rss: None,
        service_cpu: None,
        offered: BTreeMap::new(),
        copies: vec![copy; copies as usize],
    };
    JobFacts { copies: Some(copies), ..alone }
}

/// `none` and a wrapper over `cold`, `unchanged` and `edit`.
fn with_a_wrapper(tool: &str, iterations: u32) -> Plan {
    let mut plan = plan(&["none", "wrapped"], &["cold", "unchanged", "edit"], iterations);
    plan.scenarios[1].tool.name = tool.to_owned();
    plan.priming = Priming::Measured;
    plan.story.jobs[2].change = Change { kind: MutationKind::Body, place: Some(Place::Leaf) };
    plan
}

/// A run of a plan: what was built only to be compared with, and the record.
fn run(plan: &Plan, content: fn(&ScheduledJob, usize) -> u128) -> (Vec<String>, RawRecord) {
    let names = plan.story.jobs.iter().map(|job| job.name.to_string()).collect();
    let copies = plan.story.most_at_once();
    let mut jobs = MakingJobs { content, built: Vec::new(), names, copies };
    let record = RawRecord { run: run_facts(plan), jobs: Vec::new(), end: None };
    let mut told = 0;
    let mut course = RunLoop::new(plan, &mut jobs, record);
    let ended = course.all(&mut |_| panic!("this plan has no looks"), &mut |event: &Event| {
        told += usize::from(matches!(event, Event::JobFinished(_)));
        Ok(())
    });
    assert!(matches!(ended, Ok(None)));
    let record = RawRecord { run: run_facts(plan), jobs: course.record.jobs, end: None };
    assert_eq!((told, record.jobs.len()), (plan.job_count(), plan.job_count()));
    let recorded: usize = record.jobs.iter().map(|it| it.uncached.len()).sum();
    assert_eq!(recorded, jobs.built.len(), "each is kept");
    (jobs.built, record)
}

/// The edition of a job's sources.
fn sources(slot: &ScheduledJob) -> u128 {
    if slot.job == 2 { 10 + u128::from(slot.attempt.iteration) } else { 1 }
}

#[test]
fn a_tool_that_makes_what_a_plain_build_makes_needs_no_further_build() {
    let (built, _) = run(&with_a_wrapper("sccache", 3), |slot, _| sources(slot));
    assert!(built.is_empty(), "{built:?}");
}

#[test]
fn a_tool_that_compiles_in_its_own_way_is_built_once_from_nothing_and_then_for_its_share() {
    let own_way = |slot: &ScheduledJob, _| match slot.case == "w/none" {
        true => sources(slot),
        false => 100 + sources(slot),
    };
    let (built, record) = run(&with_a_wrapper("kache", 4), own_way);
    assert_eq!(built, ["w/wrapped edit 1"]);
    let with_build = record.jobs.iter().find(|it| !it.uncached.is_empty()).unwrap();
    assert_eq!((with_build.job.as_str(), with_build.attempt.iteration), ("edit", 1));
    // Six jobs of 100 s an iteration: a second build of 100 s is 3 % of 6,667 s.
    let (built, _) = run(&with_a_wrapper("kache", 14), own_way);
    assert_eq!(built.len(), 2, "{built:?}");
}

/// What is built to be compared with where a budget has no room for the last edit.
fn built_within(budget: f64) -> Vec<String> {
    let mut plan = plan(&["none", "wrapped"], &["cold", "leaf-body", "signature"], 8);
    plan.scenarios[1].tool.name = "kache".to_owned();
    (plan.priming, plan.allocation) = (Priming::Measured, Allocation::Adaptive);
    plan.stopping = Stopping::Sequential { looks: vec![8] };
    plan.budget = Some(Seconds(budget));
    let kinds = [(1, MutationKind::Body), (2, MutationKind::Signature)];
    for (job, kind) in kinds {
        plan.story.jobs[job].change = Change { kind, place: Some(Place::Leaf) };
    }
    let names = plan.story.jobs.iter().map(|job| job.name.to_string()).collect();
    let content = |slot: &ScheduledJob, _| match slot.case == "w/none" {
        true => 10 * slot.job as u128 + u128::from(slot.attempt.iteration),
        false => 100 + 10 * slot.job as u128 + u128::from(slot.attempt.iteration),
    };
    let mut jobs = MakingJobs { content, built: Vec::new(), names, copies: 1 };
    let record = RawRecord { run: run_facts(&plan), jobs: Vec::new(), end: None };
    let mut course = RunLoop::new(&plan, &mut jobs, record);
    let mut edits = |_: &RawRecord| {
        let mut open = everything(&plan);
        open.retain(|cell| cell.1 != "cold");
        open
    };
    let ended = course.all(&mut edits, &mut |_: &Event| Ok(()));
    let ended = ended.unwrap_or_else(|_| panic!("every job runs"));
    let ran: Vec<&str> = course.record.jobs.iter().map(|it| it.job.as_str()).collect();
    assert_eq!(ran, ["cold", "cold", "leaf-body", "leaf-body", "leaf-body", "leaf-body"]);
    assert!(matches!(ended, Some(EnoughReason::Budget(_))), "{ended:?}");
    jobs.built
}

/// Two cases that take 100 s a job: both edits would fit into 800 s, one and a build of 100 s into
/// 780 s, one alone into 680 s.
#[test]
fn where_the_last_edit_is_left_out_the_one_before_it_is_compared() {
    assert_eq!(built_within(780.0), ["w/wrapped leaf-body 2"]);
    assert!(built_within(680.0).is_empty(), "there is no time for it");
}

#[test]
fn before_a_cache_is_accused_its_sources_are_built_until_three_builds_agree() {
    let stale = |slot: &ScheduledJob, _| match slot.is_for_comparison() || slot.case == "w/none" {
        true => sources(slot),
        false => 1,
    };
    let (built, record) = run(&with_a_wrapper("sccache", 1), stale);
    assert_eq!(built, ["w/none edit 1", "w/none edit 1"]);
    let traits = |it: &Scenario| lukewarm_cache_tools::Tools::shipped().build_traits(it);
    let builds = UncachedBuilds::of(&record.run.plan, &record.jobs, traits);
    let accused = record.jobs.iter().find(|it| it.case == "w/wrapped" && it.job == "edit").unwrap();
    let found = builds.compare(accused).unwrap();
    assert_eq!((found.wrong.len(), found.witnesses), (1, 3), "{found:?}");
    // With many edits, doubts end somewhere.
    let (built, _) = run(&with_a_wrapper("sccache", 9), stale);
    assert_eq!(built.len(), 8, "{built:?}");
}

/// Each copy may have found what another one stored: none of a cache's is a build without one.
#[test]
fn copies_are_compared_with_a_build_of_their_own() {
    let mut plan = with_a_wrapper("sccache", 2);
    let at_once = Some(AtOnce { copies: 2, stagger: Seconds(0.0) });
    plan.story.jobs.iter_mut().for_each(|job| job.at_once = at_once);
    let (built, record) = run(&plan, |slot, _| sources(slot));
    assert_eq!(built, ["w/wrapped cold 1", "w/wrapped edit 1"], "one for each kind of sources");
    let traits = |it: &Scenario| lukewarm_cache_tools::Tools::shipped().build_traits(it);
    let builds = UncachedBuilds::of(&record.run.plan, &record.jobs, traits);
    for copy in record.jobs.iter().flat_map(JobFacts::as_copies) {
        let found = builds.compare_copy(&copy).unwrap();
        assert_eq!((found.identical, found.not_compared), (1, 0), "{found:?}");
    }
}

#[test]
fn what_does_not_reproduce_is_found_out_by_one_more_build() {
    let by_chance = |slot: &ScheduledJob, before: usize| match slot.is_for_comparison() {
        true => 50 + before as u128,
        false if slot.case == "w/wrapped" && slot.job == 2 => 7,
        false => sources(slot),
    };
    let (built, record) = run(&with_a_wrapper("sccache", 2), by_chance);
    assert_eq!(built, ["w/none edit 1"], "then it is known, for all iterations");
    let traits = |it: &Scenario| lukewarm_cache_tools::Tools::shipped().build_traits(it);
    let builds = UncachedBuilds::of(&record.run.plan, &record.jobs, traits);
    for found in record.jobs.iter().map(|it| builds.compare(it).unwrap()) {
        assert!(found.doubted().next().is_none(), "{found:?}");
    }
}
