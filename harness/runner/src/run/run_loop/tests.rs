//! The loop of a run, held by jobs that only say what they took: no process, no file, no time.

use std::collections::BTreeSet;

use lukewarm_model::{
    Allocation, Attempt, Case, Change, EnoughReason, Failure, FailureKind, JobName, MutationKind,
    NoRoom, Priming, Step, StepFacts, StopReason, Stopping, Timestamp, Warning,
};
use lukewarm_testing::{plan, run_facts};

use super::*;
use crate::job::JobOutcome;
use crate::run::schedule::{OpenCells, everything};

mod shards;
mod verdicts;

/// How long a job takes, by its slot and its name.
type Takes = Box<dyn Fn(&ScheduledJob, &str) -> f64>;

/// Jobs that take 100 s each, where nothing else is said.
#[derive(Default)]
struct FakeJobs {
    /// Jobs that fail, by case and name.
    failing: BTreeSet<(&'static str, &'static str)>,
    /// Places before which the calibration load takes five times as long as else.
    slow: BTreeSet<u64>,
    /// How long a job takes, in seconds, by its slot and its name.
    takes: Option<Takes>,
    /// The place at which the run is cancelled.
    cancelled: Option<u64>,
    /// The place that comes next.
    next: u64,
    names: Vec<JobName>,
    /// What ran, in order, made again or not.
    ran: Vec<(Case, JobName, Attempt)>,
}

impl FakeJobs {
    fn facts(&mut self, slot: &ScheduledJob) -> JobFacts {
        self.next = self.next.max(slot.attempt.position + 1);
        JobFacts::new(
            slot.case.clone(),
            self.names[slot.job].clone(),
            slot.attempt,
            Timestamp::default(),
        )
    }
}

impl Jobs for FakeJobs {
    fn run(
        &mut self,
        slot: &ScheduledJob,
        _before: &State,
        _observer: &mut dyn Observer,
    ) -> Result<JobOutcome, RunnerError> {
        if self.cancelled == Some(slot.attempt.position) {
            return Err(RunnerError::Cancelled);
        }
        let mut facts = self.facts(slot);
        self.ran.push((facts.case.clone(), facts.job.clone(), facts.attempt));
        let wall = self.takes.as_ref().map_or(100.0, |takes| takes(slot, &facts.job));
        facts.steps.push(StepFacts::new(Step::Build, Seconds(wall)));
        if self.failing.iter().any(|it| facts.case == it.0 && facts.job == it.1) {
            facts.failure = Some(failure(FailureKind::Build));
        }
        let state = facts.failure.is_none().then(State::default);
        Ok(JobOutcome { facts, state, setup: Seconds(1.0) })
    }

    fn skipped(&mut self, slot: &ScheduledJob) -> JobFacts {
        JobFacts { failure: Some(failure(FailureKind::Predecessor)), ..self.facts(slot) }
    }

    fn calibrate(&mut self) -> Result<Option<Probe>, RunnerError> {
        let wall = Seconds(if self.slow.contains(&self.next) { 5.0 } else { 1.0 });
        Ok(Some(Probe { wall, cpu: None, stolen: None }))
    }

    fn warnings(&self) -> Vec<Warning> {
        vec![Warning::new("noisy", "be quiet")]
    }
}

fn failure(kind: FailureKind) -> Failure {
    Failure { step: None, kind, message: String::new(), last_lines: Vec::new() }
}

/// How a run ended.
#[derive(Debug, PartialEq)]
enum Ended {
    Done,
    Enough(EnoughReason),
    Stopped(StopReason),
    Error(String),
}

/// A run from some recorded jobs on: its record, and how it ended.
fn run(
    plan: &Plan,
    mut jobs: FakeJobs,
    recorded: Vec<JobFacts>,
    decide: Decide<'_>,
    observer: &mut dyn Observer,
) -> (FakeJobs, Vec<JobFacts>, Ended) {
    jobs.names = plan.story.jobs.iter().map(|job| job.name.clone()).collect();
    jobs.next = recorded.len() as u64;
    let record = RawRecord { run: run_facts(plan), jobs: recorded, end: None };
    let mut course = RunLoop::new(plan, &mut jobs, record);
    let ended = match course.all(decide, observer) {
        Ok(None) => Ended::Done,
        Ok(Some(why)) => Ended::Enough(why),
        Err(Halt::Stopped(why)) => Ended::Stopped(why),
        Err(Halt::Error(error)) => Ended::Error(error.to_string()),
    };
    let recorded = course.record.jobs;
    (jobs, recorded, ended)
}

/// A run of a plan without looks.
fn simply(plan: &Plan, jobs: FakeJobs) -> (FakeJobs, Vec<JobFacts>, Ended) {
    let mut decide = |_: &RawRecord| panic!("this plan has no looks");
    run(plan, jobs, Vec::new(), &mut decide, &mut |_: &Event| Ok(()))
}

fn order(jobs: &[JobFacts]) -> Vec<(Case, JobName, Attempt)> {
    jobs.iter().map(|it| (it.case.clone(), it.job.clone(), it.attempt)).collect()
}

#[test]
fn a_run_goes_in_this_order() {
    let mut plan = plan(&["a"], &["cold", "unchanged"], 2);
    plan.priming = Priming::Measured;
    let mut told = Vec::new();
    let mut decide = |_: &RawRecord| panic!("this plan has no looks");
    let (_, jobs, ended) =
        run(&plan, FakeJobs::default(), Vec::new(), &mut decide, &mut |it: &Event| {
            told.push(match it {
                Event::Planned(slots) => format!("plan {} jobs", slots.len()),
                Event::JobStarted { job, attempt, .. } => format!("{job} of {}", attempt.iteration),
                Event::JobFinished(facts) => format!("keep {}", facts.job),
                other => panic!("{other:?}"),
            });
            Ok(())
        });
    assert_eq!(ended, Ended::Done);
    let first = ["plan 2 jobs", "cold of 1", "keep cold", "unchanged of 1", "keep unchanged"];
    assert_eq!(told[..5], first);
    assert_eq!((told[5].as_str(), told.len()), ("plan 2 jobs", 10));
    assert!(jobs.iter().all(|it| it.probe.is_some() && it.resumed.is_none()), "each is a block");
}

#[test]
fn what_starts_from_a_failed_job_is_a_row_and_the_rest_goes_on() {
    let plan = plan(&["a", "b"], &["cold", "unchanged", "leaf"], 2);
    let failing = BTreeSet::from([("w/b", "cold")]);
    let (_, jobs, ended) = simply(&plan, FakeJobs { failing, ..FakeJobs::default() });
    assert_eq!((ended, jobs.len()), (Ended::Done, plan.job_count()));
    for facts in &jobs {
        let kind = facts.failure.as_ref().map(|it| it.kind);
        let wanted = match (&*facts.case.to_string(), facts.job.as_str()) {
            ("w/a", _) => None,
            (_, "cold") => Some(FailureKind::Build),
            _ => Some(FailureKind::Predecessor),
        };
        assert_eq!(kind, wanted, "{facts:?}");
    }
}

#[test]
fn a_cancelled_run_keeps_its_jobs() {
    let plan = plan(&["a", "b"], &["cold", "unchanged"], 3);
    let (_, whole, _) = simply(&plan, FakeJobs::default());
    let (_, jobs, ended) = simply(&plan, FakeJobs { cancelled: Some(5), ..FakeJobs::default() });
    assert_eq!(ended, Ended::Stopped(StopReason::Cancelled));
    assert_eq!(order(&jobs), order(&whole[..5]));
}

#[test]
fn a_spent_budget_ends_a_run_and_stops_a_serial_one() {
    let mut plan = plan(&["a", "b"], &["cold", "unchanged"], 3);
    plan.budget = Some(Seconds(0.0));
    let (_, jobs, ended) = simply(&plan, FakeJobs::default());
    let why = NoRoom { budget: Seconds(0.0), iteration: 2 };
    assert_eq!(ended, Ended::Enough(EnoughReason::Budget(why)));
    assert_eq!(jobs.len(), 2 + 4, "the first iteration is always measured");
    plan.order = Order::Serial;
    let (_, jobs, ended) = simply(&plan, FakeJobs::default());
    assert_eq!(ended, Ended::Stopped(StopReason::Budget(why)));
    assert!(jobs.iter().all(|it| it.case == "w/a"));
}

/// Two looks, at 4 and 8 iterations; at the first one something is decided.
fn with_looks() -> Plan {
    let mut plan = plan(&["a", "b"], &["cold", "unchanged"], 8);
    plan.stopping = Stopping::Sequential { looks: vec![4, 8] };
    plan
}

fn decide(plan: &Plan, record: &RawRecord) -> OpenCells {
    let measured = record.jobs.iter().map(|it| it.attempt.iteration).max();
    assert_eq!(measured, Some(4), "nothing later than the look is seen");
    let mut open = everything(plan);
    open.remove(&(Case::new("w", "b"), "cold".into()));
    open
}

#[test]
fn what_is_decided_is_measured_no_further() {
    let plan = with_looks();
    let quiet = &mut |_: &Event| Ok(());
    let (_, jobs, ended) =
        run(&plan, FakeJobs::default(), Vec::new(), &mut |it| decide(&plan, it), quiet);
    let most = EnoughReason::Most { iterations: 8 };
    assert_eq!((ended, jobs.len()), (Ended::Enough(most), 2 + 16 + 12));
    // Nothing was left out of any iteration: the plan is done.
    let mut all = |_: &RawRecord| everything(&plan);
    let (_, jobs, ended) = run(&plan, FakeJobs::default(), Vec::new(), &mut all, quiet);
    assert_eq!((ended, jobs.len()), (Ended::Done, 2 + 16 + 16));
    let (_, jobs, ended) =
        run(&plan, FakeJobs::default(), Vec::new(), &mut |_| OpenCells::new(), quiet);
    assert_eq!(ended, Ended::Enough(EnoughReason::Decided { iterations: 4 }));
    assert_eq!(jobs.len(), 2 + 16);
}

#[test]
fn a_disturbed_block_is_measured_once_more_before_the_next_look() {
    let plan = with_looks();
    // The second block of the second iteration.
    let slow = BTreeSet::from([8]);
    let quiet = &mut |_: &Event| Ok(());
    let (_, jobs, _) = run(
        &plan,
        FakeJobs { slow, ..FakeJobs::default() },
        Vec::new(),
        &mut |it| decide(&plan, it),
        quiet,
    );
    let again: Vec<&JobFacts> = jobs.iter().filter(|it| it.attempt.repeat == 1).collect();
    assert_eq!(again.iter().map(|it| it.attempt.position).collect::<Vec<_>>(), [18, 19]);
    assert!(again.iter().all(|it| (it.attempt.iteration, &it.job) == (2, &jobs[8].job)));
}

/// Wherever a run was cut off, it goes on as it would have gone: with looks, with a block that is
/// measured once more, and without running anything twice that it has, but for lost states.
#[test]
fn a_run_that_goes_on_comes_to_the_same_record() {
    let plan = with_looks();
    let slow = BTreeSet::from([8]);
    let fake = || FakeJobs { slow: slow.clone(), ..FakeJobs::default() };
    let quiet = &mut |_: &Event| Ok(());
    let (_, whole, _) = run(&plan, fake(), Vec::new(), &mut |it| decide(&plan, it), quiet);
    for cut in 0..=whole.len() {
        let before = whole[..cut].to_vec();
        let (fake, jobs, ended) = run(&plan, fake(), before, &mut |it| decide(&plan, it), quiet);
        assert_eq!(ended, Ended::Enough(EnoughReason::Most { iterations: 8 }));
        assert_eq!(order(&jobs), order(&whole), "cut off after {cut} jobs");
        let made_again = fake.ran.len() - (whole.len() - cut);
        assert!(made_again <= 2, "one state a case at most: {made_again}");
        let resumed: Vec<usize> =
            (0..jobs.len()).filter(|place| jobs[*place].resumed.is_some()).collect();
        let wanted: Vec<usize> = (cut..cut + 1).filter(|it| *it > 0 && *it < whole.len()).collect();
        assert_eq!(resumed, wanted, "only the first job after the cut says so");
        // A state that is made again is another draw.
        for facts in jobs[cut.max(2)..].iter().filter(|it| it.job == "unchanged") {
            let is_lost = whole[..cut.min(2)].iter().any(|it| it.case == facts.case);
            assert_eq!(facts.state, u32::from(is_lost), "cut off after {cut} jobs");
        }
    }
}

#[test]
fn a_record_that_its_plan_did_not_make_is_refused() {
    let plan = plan(&["a", "b"], &["cold", "unchanged"], 1);
    let (_, mut jobs, _) = simply(&plan, FakeJobs::default());
    jobs[1].job = "leaf".into();
    let mut decide = |_: &RawRecord| panic!("this plan has no looks");
    let (fake, _, ended) =
        run(&plan, FakeJobs::default(), jobs, &mut decide, &mut |_: &Event| Ok(()));
    let Ended::Error(why) = ended else { panic!("{ended:?}") };
    assert!(why.contains("leaf at place 1"), "{why}");
    assert!(fake.ran.is_empty());
}

/// A plan that spends 6,000 s by what it finds: each job takes 100 s.
fn adaptive(budget: f64) -> Plan {
    let mut plan = with_looks();
    plan.reference = Some("a".into());
    plan.allocation = Allocation::Adaptive;
    plan.priming = Priming::Measured;
    plan.iterations = 8;
    plan.budget = Some(Seconds(budget));
    plan
}

/// Everything is open until the third block, then one job.
fn until_the_third(plan: &Plan, record: &RawRecord) -> OpenCells {
    let blocks = record.jobs.iter().map(|it| it.attempt.iteration).max();
    let mut open = everything(plan);
    open.retain(|cell| blocks < Some(3) || cell.1 == "unchanged");
    open
}

#[test]
fn an_adaptive_run_asks_after_each_block_and_ends_with_its_budget() {
    let plan = adaptive(2040.0);
    let quiet = &mut |_: &Event| Ok(());
    let mut asked = 0;
    let mut decide = |record: &RawRecord| {
        asked += 1;
        until_the_third(&plan, record)
    };
    let (_, jobs, ended) = run(&plan, FakeJobs::default(), Vec::new(), &mut decide, quiet);
    // Three blocks of both jobs are 12; then four times the one that is open, 200 s each.
    let why = NoRoom { budget: Seconds(2040.0), iteration: 8 };
    assert_eq!((ended, jobs.len()), (Ended::Enough(EnoughReason::Budget(why)), 20));
    assert_eq!(asked, 7);
    assert!(jobs[12..].iter().all(|it| it.job == "unchanged"));
    let (_, jobs, ended) =
        run(&plan, FakeJobs::default(), Vec::new(), &mut |_| OpenCells::new(), quiet);
    assert_eq!(ended, Ended::Enough(EnoughReason::Decided { iterations: 1 }));
    assert_eq!(jobs.len(), 4, "the first pass is a block");
    // There is time for all eight blocks, and some jobs are in three of them only.
    let plan = adaptive(60_000.0);
    let mut decide = |record: &RawRecord| until_the_third(&plan, record);
    let (_, _, ended) = run(&plan, FakeJobs::default(), Vec::new(), &mut decide, quiet);
    assert_eq!(ended, Ended::Enough(EnoughReason::Most { iterations: 8 }));
}

#[test]
fn an_adaptive_run_that_goes_on_comes_to_the_same_record() {
    let plan = adaptive(2040.0);
    let quiet = &mut |_: &Event| Ok(());
    let mut decide = |record: &RawRecord| until_the_third(&plan, record);
    let (_, whole, _) = run(&plan, FakeJobs::default(), Vec::new(), &mut decide, quiet);
    for cut in 0..=whole.len() {
        let before = whole[..cut].to_vec();
        let (_, jobs, ended) = run(&plan, FakeJobs::default(), before, &mut decide, quiet);
        assert!(matches!(ended, Ended::Enough(EnoughReason::Budget(_))), "{ended:?}");
        assert_eq!(order(&jobs), order(&whole), "cut off after {cut} jobs");
    }
}

#[test]
fn an_adaptive_run_says_what_it_leaves_out_before_it_does() {
    let mut plan = adaptive(700.0);
    for name in ["c", "d"] {
        plan.scenarios.push(lukewarm_testing::plan(&[name], &[], 1).scenarios.remove(0));
        plan.cases.push(Case::new("w", name));
    }
    let mut told = Vec::new();
    let mut decide = |record: &RawRecord| until_the_third(&plan, record);
    let (_, jobs, _) =
        run(&plan, FakeJobs::default(), Vec::new(), &mut decide, &mut |it: &Event| {
            if let Event::LeftOut { cases, whole, .. } = it {
                told.push((cases.len(), whole.0));
            }
            Ok(())
        });
    // Each case takes 100 s and then 50 s twice, as far as one job tells.
    assert!(!told.is_empty() && told.iter().all(|it| it.1 == 1200.0), "{told:?}");
    let left_out: usize = told.iter().map(|it| it.0).sum();
    let complete: BTreeSet<&Case> =
        jobs.iter().filter(|it| it.job == "unchanged").map(|it| &it.case).collect();
    assert_eq!(complete.len(), 4 - left_out);
    assert!(complete.contains(&Case::new("w", "a")), "the reference stays: {complete:?}");
}

/// A build of 110 s, and a budget of 620 s: a job in the middle of the story is left out. What comes
/// after it starts from the job before it, in a run that goes on too.
#[test]
fn an_adaptive_run_without_room_for_all_jobs_keeps_the_first_edit() {
    let mut plan = adaptive(620.0);
    let edit = |kind| Change { kind, place: Some(lukewarm_model::Place::Leaf) };
    plan.story = lukewarm_testing::story(&["cold", "unchanged", "leaf-body", "signature"]);
    plan.story.jobs[2].change = edit(MutationKind::Body);
    plan.story.jobs[3].change = edit(MutationKind::Signature);
    let takes = |slot: &ScheduledJob, _: &str| match (slot.case.scenario.as_str(), slot.job) {
        ("b", 1..) => 40.0,
        _ => 110.0,
    };
    let fake = || FakeJobs { takes: Some(Box::new(takes)), ..FakeJobs::default() };
    let mut told: Vec<JobName> = Vec::new();
    let mut decide = |_: &RawRecord| everything(&plan);
    let (_, whole, ended) = run(&plan, fake(), Vec::new(), &mut decide, &mut |it: &Event| {
        if let Event::LeftOut { jobs, .. } = it {
            told.extend(jobs.iter().cloned());
        }
        Ok(())
    });
    assert!(matches!(ended, Ended::Enough(EnoughReason::Budget(_))), "{ended:?}");
    told.sort();
    assert_eq!(told, ["signature", "unchanged"]);
    let blocks = |job: &str| whole.iter().filter(|it| it.job == job).count() / 2;
    assert_eq!(["cold", "unchanged", "leaf-body"].map(blocks), [1, 0, 2]);
    for cut in 0..=whole.len() {
        let before = whole[..cut].to_vec();
        let quiet = &mut |_: &Event| Ok(());
        let (fake, jobs, _) = run(&plan, fake(), before, &mut decide, quiet);
        assert_eq!(order(&jobs), order(&whole), "cut off after {cut} jobs");
        assert!(fake.ran.iter().all(|it| it.1 != "unchanged"), "{:?}", fake.ran);
    }
}
