//! The order of a job, with effects that only record their calls: no process, no file, no time.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lukewarm_cache_tools::{
    Action as ToolAction, Archive, Cleaning, Invocation, KeptPackages, Ready, Recipe, Server,
};
use lukewarm_model::{
    Attempt, Bytes, Case, Check, FailureKind, LedgerSummary, Moment, ServiceFacts, SettledFacts,
    Timestamp, Warning,
};

use super::*;
use crate::job::archive::test_archive;
use crate::job::effects::{CleanupReport, KeptState, Outputs};
use crate::process::LineListener;

/// What happened, in order: effects, recorders and observer all add to it.
#[derive(Clone, Default)]
struct Events(Rc<RefCell<Vec<String>>>);

impl Events {
    fn add(&self, what: impl Into<String>) {
        self.0.borrow_mut().push(what.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}

/// How a fake effect fails.
#[derive(Clone, Copy, PartialEq)]
enum FailsBy {
    /// As a row.
    Failed,
    /// With an error of the machine.
    Error,
    /// With an error of the machine, because the run is cancelled.
    Cancelled,
    /// As a row, because the run is cancelled and what it needs was ended.
    EndedByCancelling,
    /// It does not: an action leaves a warning, as an archive that cannot be moved does.
    Warned,
}

#[derive(Default)]
struct FakeEffects {
    events: Events,
    /// What fails, and how.
    fails: Option<(&'static str, FailsBy)>,
    full_disk: bool,
    cancelled: bool,
}

impl FakeEffects {
    fn does(&mut self, what: &str) -> Result<(), Stop> {
        self.events.add(what);
        match self.fails.filter(|(name, _)| *name == what) {
            None | Some((_, FailsBy::Warned)) => Ok(()),
            Some((_, how @ (FailsBy::Failed | FailsBy::EndedByCancelling))) => {
                self.cancelled = how == FailsBy::EndedByCancelling;
                Err(Stop::Failed(Failure {
                    step: None,
                    kind: FailureKind::Build,
                    message: format!("{what} failed"),
                    last_lines: vec!["said".to_owned()],
                }))
            }
            Some((_, how)) => {
                self.cancelled = how == FailsBy::Cancelled;
                Err(RunnerError::Environment(format!("no {what}")).into())
            }
        }
    }

    /// An effect that cannot fail as a row.
    fn must(&mut self, what: &str) -> Result<(), RunnerError> {
        self.does(what).map_err(|stop| match stop {
            Stop::Run(error) => error,
            Stop::Failed(failure) => panic!("{failure:?}"),
        })
    }
}

impl Effects for FakeEffects {
    fn set_up(&mut self) -> Result<(), RunnerError> {
        self.must("set up")
    }

    fn act(&mut self, action: &Action, notes: &mut Notes) -> Result<(), Stop> {
        let what = match action {
            Action::RestoreArchive(_) => "restore archive",
            Action::RemoveOld(_) => "remove old",
            Action::Clean(_) => "clean",
            Action::SaveArchive(_) => "save archive",
            Action::StartServer => "start server",
            Action::StopServer => "stop server",
            Action::Command { .. } => "run command",
            Action::Build => {
                let messages = ["core", "app"];
                let read = Instant::now();
                for listener in &notes.listeners {
                    messages.iter().for_each(|line| listener.receive(read, line));
                }
                "cargo build"
            }
        };
        notes.note = Some(format!("note of {what}"));
        if self.fails == Some((what, FailsBy::Warned)) {
            notes.checks.push(check("archive moved"));
        }
        self.does(what)
    }

    fn list_restored(&mut self) {
        self.events.add("list restored");
    }

    fn statistics(&mut self) -> Result<Option<String>, Stop> {
        self.does("ask tool").map(|()| Some("{}".to_owned()))
    }

    fn check_outputs(&mut self) -> Result<Outputs, Stop> {
        self.does("check")?;
        Ok(Outputs { checks: vec![check("program works")], ..Outputs::default() })
    }

    fn build_again(&mut self) -> Result<Option<SettledFacts>, Stop> {
        self.does("build again")
            .map(|()| Some(SettledFacts { units: 2, ..SettledFacts::default() }))
    }

    fn end_processes(&mut self) -> CleanupReport {
        self.events.add("end processes");
        CleanupReport {
            checks: vec![check("ran through")],
            warnings: vec![Warning::new("odd", "")],
        }
    }

    fn save_state(&mut self) -> Result<KeptState, RunnerError> {
        self.must("keep")?;
        let service = ServiceFacts { objects: 3, bytes: Bytes(9), evicted: 0 };
        Ok(KeptState { service: Some(service), bytes: Some(Bytes(5)), ..KeptState::default() })
    }

    fn tear_down(&mut self) -> Result<(), RunnerError> {
        self.must("tear down")
    }

    fn wait_for_start(&mut self, _: Duration) -> Result<(), RunnerError> {
        self.must("wait")
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled
    }

    fn full_disk(&self) -> Option<PathBuf> {
        self.full_disk.then(|| "/scratch".into())
    }
}

fn check(name: &str) -> Check {
    Check { name: name.to_owned(), held: Some(true), seen: String::new() }
}

/// A recorder that measures 2 s and records its calls.
struct FakeRecorder {
    name: &'static str,
    events: Events,
    fails: bool,
}

impl StepRecorder for FakeRecorder {
    fn begin(&mut self, step: Step) {
        self.events.add(format!("{} begins {step}", self.name));
    }

    fn end(&mut self, step: Step, facts: &mut StepFacts) -> Result<(), RunnerError> {
        self.events.add(format!("{} ends {step}", self.name));
        if self.fails {
            return Err(RunnerError::Environment("no ledger".to_owned()));
        }
        match self.name {
            "clock" => facts.wall = Seconds(2.0),
            _ => {
                facts.cpu = Some(Seconds(3.0));
                facts.peak_rss = Some(Bytes(7));
                facts.ledger = Some(LedgerSummary::default());
            }
        }
        Ok(())
    }
}

/// A recorder of the build's messages, as one of units would be: a type and its place in a list.
#[derive(Default)]
struct UnitRecorder {
    read: Arc<Mutex<Vec<(Instant, String)>>>,
}

impl StepRecorder for UnitRecorder {
    fn begin(&mut self, _step: Step) {}

    fn end(&mut self, step: Step, facts: &mut StepFacts) -> Result<(), RunnerError> {
        let read = std::mem::take(&mut *self.read.lock().unwrap());
        let units: Vec<String> = read.into_iter().map(|(_, line)| line).collect();
        if step == Step::Build {
            facts.note = Some(units.join(", "));
        }
        Ok(())
    }

    fn listener(&mut self, step: Step) -> Option<LineListener> {
        let read = self.read.clone();
        (step == Step::Build).then(|| {
            LineListener::new(move |at, line| read.lock().unwrap().push((at, line.to_owned())))
        })
    }
}

fn archive() -> Archive {
    test_archive("")
}

fn call() -> Invocation {
    Invocation { program: "tool".into(), args: Vec::new(), environment: Default::default() }
}

/// A build that nothing caches.
fn bare() -> Recipe {
    Recipe::default()
}

/// An archive beside a wrapper with a server: everything that a job can do.
fn stacked() -> Recipe {
    let server = Server { start: call(), ready: Ready::Port(0) };
    Recipe {
        restore: vec![ToolAction::RestoreArchive(archive()), ToolAction::StartServer(server)],
        statistics: Some(call()),
        save: vec![ToolAction::StopServer(call()), ToolAction::SaveArchive(archive())],
        ..bare()
    }
}

/// The events of a job, and its outcome.
fn job(recipe: &Recipe, fake: FakeEffects) -> (Vec<String>, Result<JobOutcome, RunnerError>) {
    job_with(recipe, fake, false, &mut |_: &Event| Ok(()))
}

fn job_with(
    recipe: &Recipe,
    mut fake: FakeEffects,
    ledger_fails: bool,
    observer: &mut dyn Observer,
) -> (Vec<String>, Result<JobOutcome, RunnerError>) {
    let events = fake.events.clone();
    let recorder = |name, fails| {
        let recorder: Box<dyn StepRecorder> =
            Box::new(FakeRecorder { name, events: events.clone(), fails });
        recorder
    };
    let recorders = vec![recorder("ledger", ledger_fails), recorder("clock", false)];
    let attempt = Attempt { iteration: 1, position: 0, repeat: 0 };
    let facts = JobFacts::new(Case::new("w", "s"), "cold".into(), attempt, Timestamp::default());
    let outcome = carry_out(&JobPlan::of(recipe), &mut fake, recorders, facts, observer);
    (events.all(), outcome)
}

fn failing(what: &'static str, how: FailsBy) -> FakeEffects {
    FakeEffects { fails: Some((what, how)), ..FakeEffects::default() }
}

/// The events of a step that succeeds.
fn step(name: &str, actions: &[&str]) -> Vec<String> {
    let begin = ["ledger", "clock"].map(|it| format!("{it} begins {name}"));
    let end = ["clock", "ledger"].map(|it| format!("{it} ends {name}"));
    let actions = actions.iter().map(|it| (*it).to_owned());
    begin.into_iter().chain(actions).chain(end).collect()
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn a_recorder_receives_the_builds_messages_and_adds_its_facts() {
    let mut fake = FakeEffects::default();
    let recorders: Vec<Box<dyn StepRecorder>> = vec![Box::new(UnitRecorder::default())];
    let attempt = Attempt { iteration: 1, position: 0, repeat: 0 };
    let facts = JobFacts::new(Case::new("w", "s"), "cold".into(), attempt, Timestamp::default());
    let plan = JobPlan::of(&stacked());
    let outcome = carry_out(&plan, &mut fake, recorders, facts, &mut |_: &Event| Ok(())).unwrap();
    let notes: Vec<_> = outcome.facts.steps.iter().map(|it| it.note.as_deref().unwrap()).collect();
    assert_eq!(notes, ["note of start server", "core, app", "note of save archive"]);
}

#[test]
fn a_job_goes_in_this_order() {
    let (events, outcome) = job(&stacked(), FakeEffects::default());
    let wanted = [
        words(&["set up"]),
        step("restore", &["restore archive", "start server"]),
        words(&["list restored", "ask tool"]),
        step("build", &["cargo build"]),
        words(&["ask tool", "check"]),
        step("save", &["stop server", "save archive"]),
        words(&["end processes", "keep", "tear down"]),
    ];
    assert_eq!(events, wanted.concat());
    let JobOutcome { facts, state, .. } = outcome.unwrap();
    assert!(state.is_some() && facts.failure.is_none());
    let steps: Vec<_> = facts.steps.iter().map(|it| (it.step, it.wall, it.cpu)).collect();
    let measured = |step| (step, Seconds(2.0), Some(Seconds(3.0)));
    assert_eq!(steps, [Step::Restore, Step::Build, Step::Save].map(measured));
    let notes: Vec<_> = facts.steps.iter().filter_map(|it| it.note.as_deref()).collect();
    assert_eq!(notes, ["note of start server", "note of cargo build", "note of save archive"]);
    let moments: Vec<_> = facts.statements.iter().map(|it| it.moment).collect();
    assert_eq!(moments, Moment::ALL);
    assert_eq!(facts.checks, [check("program works"), check("ran through")]);
    assert_eq!((facts.kept_bytes, facts.service.unwrap().objects), (Some(Bytes(5)), 3));
    assert_eq!(facts.warnings.len(), 1);
}

#[test]
fn what_was_built_is_looked_at_before_it_is_cleaned_and_saved() {
    let cleaning =
        Cleaning { target: "target".into(), kept: KeptPackages::FromOutside, cargo_home: None };
    let recipe = Recipe {
        restore: vec![
            ToolAction::RestoreArchive(archive()),
            ToolAction::RemoveOld(cleaning.clone()),
        ],
        save: vec![ToolAction::Clean(cleaning), ToolAction::SaveArchive(archive())],
        ..bare()
    };
    let (events, outcome) = job(&recipe, FakeEffects::default());
    let wanted = [
        words(&["set up"]),
        step("restore", &["restore archive", "remove old"]),
        words(&["list restored"]),
        step("build", &["cargo build"]),
        words(&["check"]),
        step("save", &["clean", "save archive"]),
        words(&["end processes", "keep", "tear down"]),
    ];
    assert_eq!(events, wanted.concat());
    assert!(outcome.unwrap().facts.failure.is_none());
}

#[test]
fn a_job_without_a_cache_is_its_build() {
    let (events, outcome) = job(&bare(), FakeEffects::default());
    let wanted = [
        words(&["set up"]),
        step("build", &["cargo build"]),
        words(&["check", "end processes", "keep", "tear down"]),
    ];
    assert_eq!(events, wanted.concat());
    assert!(outcome.unwrap().facts.statements.is_empty());
}

#[test]
fn the_build_is_looked_at_once_more_when_everything_was_measured_and_saved() {
    let mut fake = FakeEffects::default();
    let events = fake.events.clone();
    let attempt = Attempt { iteration: 1, position: 0, repeat: 0 };
    let facts = JobFacts::new(Case::new("w", "s"), "cold".into(), attempt, Timestamp::default());
    let plan = JobPlan::of(&stacked()).and_again();
    let outcome = carry_out(&plan, &mut fake, Vec::new(), facts, &mut |_: &Event| Ok(())).unwrap();
    let all = events.all();
    let place = |what: &str| all.iter().position(|it| it == what).unwrap();
    assert!(place("save archive") < place("build again"), "{all:?}");
    assert!(place("build again") < place("keep"), "{all:?}");
    assert_eq!(outcome.facts.settled.unwrap().units, 2);
}

#[test]
fn a_tools_own_commands_are_actions_of_their_step() {
    let recipe =
        Recipe { save: vec![ToolAction::StopServer(call()), ToolAction::Run(call())], ..bare() };
    let save = vec![Action::StopServer, Action::Command { step: Step::Save, number: 1 }];
    assert!(JobPlan::of(&recipe).parts.contains(&JobPart::Timed(Step::Save, save)));
    let (events, outcome) = job(&recipe, failing("run command", FailsBy::Failed));
    assert_eq!(
        events[7..11],
        words(&["ledger begins save", "clock begins save", "stop server", "run command"])
    );
    assert_eq!(outcome.unwrap().facts.failure.unwrap().step, Some(Step::Save));
}

#[test]
fn steps_are_told_as_they_happen() {
    let mut events = Vec::new();
    let (_, outcome) = job_with(&stacked(), FakeEffects::default(), false, &mut |event: &Event| {
        events.push(match event {
            Event::StepStarted(step) => format!("{step} begins"),
            Event::StepFinished(step, wall) => format!("{step} took {wall}"),
            other => panic!("{other:?}"),
        });
        Ok(())
    });
    outcome.unwrap();
    let of = |step: &str| [format!("{step} begins"), format!("{step} took {}", Seconds(2.0))];
    assert_eq!(events, ["restore", "build", "save"].map(of).concat());
}

/// Where a job stops, everything after it is left out; its processes are ended and its machine is
/// cleared away all the same, it leaves no state, and it is a row that says where.
#[test]
fn what_fails_is_a_row_and_nothing_comes_after_it() {
    let cases = [
        ("restore archive", Some(Step::Restore), 1),
        ("start server", Some(Step::Restore), 1),
        ("ask tool", None, 1),
        ("cargo build", Some(Step::Build), 2),
        ("check", None, 2),
        ("stop server", Some(Step::Save), 3),
        ("save archive", Some(Step::Save), 3),
    ];
    let (whole, _) = job(&stacked(), FakeEffects::default());
    for (what, at, steps) in cases {
        for (how, kind) in
            [(FailsBy::Failed, FailureKind::Build), (FailsBy::Error, FailureKind::Environment)]
        {
            let (events, outcome) = job(&stacked(), failing(what, how));
            let done = events.iter().position(|it| it == what).unwrap();
            assert_eq!(events[..=done], whole[..=done], "{what}");
            let mut wanted = Vec::new();
            if let Some(at) = at {
                wanted.extend(["clock", "ledger"].map(|it| format!("{it} ends {at}")));
            }
            wanted.extend(words(&["end processes", "tear down"]));
            assert_eq!(events[done + 1..], wanted, "{what}");
            let JobOutcome { facts, state, .. } = outcome.unwrap();
            let failure = facts.failure.unwrap();
            assert_eq!((failure.step, failure.kind), (at, kind), "{what}");
            assert!(failure.message.contains(what), "{failure:?}");
            assert_eq!(failure.last_lines.len(), usize::from(how == FailsBy::Failed));
            assert!(state.is_none() && facts.service.is_none() && facts.kept_bytes.is_none());
            assert_eq!(facts.steps.len(), steps, "{what}: the step that failed is among them");
        }
    }
}

#[test]
fn a_step_that_fails_keeps_its_measures() {
    for what in ["start server", "cargo build", "save archive"] {
        let (_, outcome) = job(&stacked(), failing(what, FailsBy::Failed));
        let facts = outcome.unwrap().facts;
        let last = facts.steps.last().unwrap();
        assert_eq!((last.wall, last.cpu), (Seconds(2.0), Some(Seconds(3.0))), "{what}");
        assert_eq!(last.peak_rss, Some(Bytes(7)));
        assert!(last.ledger.is_some());
        assert_eq!(last.note, Some(format!("note of {what}")));
    }
}

#[test]
fn an_archive_that_cannot_be_moved_speaks_against_the_job_and_stops_nothing() {
    let (events, outcome) = job(&stacked(), failing("restore archive", FailsBy::Warned));
    assert_eq!(events, job(&stacked(), FakeEffects::default()).0);
    let facts = outcome.unwrap().facts;
    assert!(facts.failure.is_none());
    assert_eq!(facts.checks[0], check("archive moved"));
}

/// Whatever is under way when the run is cancelled: no row, no waiting for requests, nothing kept;
/// processes are ended.
#[test]
fn a_cancelled_job_is_no_row() {
    for what in ["restore archive", "ask tool", "cargo build", "check", "stop server"] {
        for how in [FailsBy::Cancelled, FailsBy::EndedByCancelling] {
            let (events, outcome) = job(&stacked(), failing(what, how));
            assert!(matches!(outcome, Err(RunnerError::Cancelled)), "{what}");
            let done = events.iter().position(|it| it == what).unwrap();
            assert_eq!(events[done + 1..], ["end processes"], "{what}");
        }
    }
}

#[test]
fn a_full_disk_ends_the_run() {
    let fake = FakeEffects { full_disk: true, ..failing("cargo build", FailsBy::Failed) };
    let (_, outcome) = job(&stacked(), fake);
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("/scratch is full (cargo build failed)"), "{error}");
    // One that did not fail is a row, however full the disk is.
    let fake = FakeEffects { full_disk: true, ..FakeEffects::default() };
    assert!(job(&stacked(), fake).1.unwrap().facts.failure.is_none());
}

#[test]
fn a_machine_that_cannot_be_set_up_kept_or_cleared_ends_the_run() {
    for what in ["set up", "keep", "tear down"] {
        let (events, outcome) = job(&stacked(), failing(what, FailsBy::Error));
        assert_eq!(outcome.unwrap_err().to_string(), format!("no {what}"));
        assert_eq!(events.last().unwrap(), what);
    }
}

#[test]
fn a_listener_that_fails_ends_the_run_and_leaves_no_process() {
    for bad in [Step::Restore, Step::Build] {
        let mut observer = |event: &Event| match event {
            Event::StepFinished(step, _) if *step == bad => Err("no space left".into()),
            _ => Ok(()),
        };
        let (events, outcome) = job_with(&stacked(), FakeEffects::default(), false, &mut observer);
        assert!(matches!(outcome, Err(RunnerError::Observer(_))));
        assert_eq!(events.last().unwrap(), "end processes");
        assert!(!events.contains(&"stop server".to_owned()));
    }
}

#[test]
fn a_recorder_that_fails_stops_the_job_and_takes_no_other_measures_with_it() {
    let quiet = &mut |_: &Event| Ok(());
    let (events, outcome) = job_with(&bare(), FakeEffects::default(), true, quiet);
    assert!(!events.contains(&"check".to_owned()), "{events:?}");
    let facts = outcome.unwrap().facts;
    assert_eq!((facts.steps.len(), facts.steps[0].wall), (1, Seconds(2.0)));
    assert_eq!(facts.failure.unwrap().message, "no ledger");
    // Why a step failed matters more than why it was not measured.
    let (_, outcome) = job_with(&bare(), failing("cargo build", FailsBy::Failed), true, quiet);
    assert_eq!(outcome.unwrap().facts.failure.unwrap().message, "cargo build failed");
}
