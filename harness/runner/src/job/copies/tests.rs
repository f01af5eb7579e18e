//! What copies do together, with effects that only record their calls: no process and no file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lukewarm_cache_tools::{Action as ToolAction, Invocation, Ready, Recipe, Server};
use lukewarm_model::{Attempt, Bytes, Case, FailureKind, ServiceFacts, SettledFacts, Timestamp};

use super::*;
use crate::job::effects::{CleanupReport, KeptState, Notes, Outputs, Stop};
use crate::job::plan::Action;

/// What happened to all copies, in order.
type Told = Arc<Mutex<Vec<String>>>;

/// The effects of one copy.
struct FakeCopy {
    number: u32,
    told: Told,
    /// The copy and the effect that fails.
    fails: Option<(u32, &'static str)>,
}

impl FakeCopy {
    fn tell(&self, what: &str) -> bool {
        self.told.lock().unwrap().push(format!("{} {what}", self.number));
        self.fails != Some((self.number, what))
    }

    fn must(&self, what: &str) -> Result<(), RunnerError> {
        match self.tell(what) {
            true => Ok(()),
            false => Err(RunnerError::Environment(format!("no {what}"))),
        }
    }
}

impl Effects for FakeCopy {
    fn set_up(&mut self) -> Result<(), RunnerError> {
        self.must("set up")
    }

    fn act(&mut self, action: &Action, _notes: &mut Notes) -> Result<(), Stop> {
        let what = if *action == Action::Build { "build" } else { "serve" };
        match self.tell(what) {
            true => Ok(()),
            false => Err(Stop::Failed(Failure {
                step: None,
                kind: FailureKind::Build,
                message: format!("{what} failed"),
                last_lines: Vec::new(),
            })),
        }
    }

    fn list_restored(&mut self) {}

    fn statistics(&mut self) -> Result<Option<String>, Stop> {
        Ok(Some(format!("said by {}", self.number)))
    }

    fn check_outputs(&mut self) -> Result<Outputs, Stop> {
        Ok(Outputs::default())
    }

    fn build_again(&mut self) -> Result<Option<SettledFacts>, Stop> {
        self.tell("build again");
        Ok(Some(SettledFacts::default()))
    }

    fn end_processes(&mut self) -> CleanupReport {
        CleanupReport::default()
    }

    fn save_state(&mut self) -> Result<KeptState, RunnerError> {
        self.must("keep")?;
        let service = ServiceFacts { objects: u64::from(self.number), ..ServiceFacts::default() };
        Ok(KeptState { service: Some(service), ..KeptState::default() })
    }

    fn tear_down(&mut self) -> Result<(), RunnerError> {
        self.must("tear down")
    }

    fn wait_for_start(&mut self, time: Duration) -> Result<(), RunnerError> {
        // A tenth of a second stands for a minute.
        self.tell(&format!("waits {} min", (time.as_secs_f64() / 60.0).round()));
        std::thread::sleep(time.div_f64(600.0));
        Ok(())
    }

    fn is_cancelled(&self) -> bool {
        false
    }

    fn full_disk(&self) -> Option<PathBuf> {
        None
    }
}

fn call() -> Invocation {
    Invocation { program: "tool".into(), args: Vec::new(), environment: Default::default() }
}

fn plan() -> JobPlan {
    let server = Server { start: call(), ready: Ready::Port(0) };
    let restore = vec![ToolAction::StartServer(server)];
    let recipe = Recipe { restore, statistics: Some(call()), ..Recipe::default() };
    JobPlan::of(&recipe).and_again()
}

fn job() -> JobFacts {
    let attempt = Attempt { iteration: 1, position: 0, repeat: 0 };
    JobFacts::new(Case::new("w", "s"), "cold".into(), attempt, Timestamp::default())
}

/// Three copies, and what was told of them.
fn three(
    stagger: f64,
    fails: Option<(u32, &'static str)>,
) -> (Vec<String>, Result<JobOutcome, RunnerError>) {
    let wanted = AtOnce { copies: 3, stagger: Seconds(stagger) };
    let told = Told::default();
    let outcomes = at_once(wanted, &|turn| {
        let mut fake = FakeCopy { number: turn.number, told: Arc::clone(&told), fails };
        carry_out_copy(&plan(), &mut fake, Vec::new(), job(), turn)
    });
    let outcome = outcomes.map(|outcomes| joined(job(), outcomes, wanted));
    let told = told.lock().unwrap().clone();
    (told, outcome)
}

fn places(told: &[String], what: &str) -> Vec<usize> {
    (1..=3)
        .map(|number| told.iter().position(|it| *it == format!("{number} {what}")))
        .map(|place| place.unwrap_or_else(|| panic!("{what} of each: {told:?}")))
        .collect()
}

#[test]
fn none_starts_before_all_are_set_up_and_none_leaves_before_all_have_ended() {
    let (told, outcome) = three(0.0, None);
    let [set_up, build] = ["set up", "build"].map(|what| places(&told, what));
    assert!(set_up.iter().max() < build.iter().min(), "{told:?}");
    for what in ["build again", "keep", "tear down"] {
        assert!(build.iter().max() < places(&told, what).iter().min(), "{told:?}");
    }
    let JobOutcome { facts, state, .. } = outcome.unwrap();
    assert!(state.is_some() && facts.failure.is_none() && facts.steps.is_empty());
    assert_eq!(facts.service.unwrap().objects, 1, "the first copy's");
    let copies = facts.copies.unwrap().copies;
    let said: Vec<&str> = copies.iter().map(|it| it.statements[0].text.as_str()).collect();
    assert_eq!(said, ["said by 1", "said by 2", "said by 3"]);
    assert!(copies.iter().all(|it| it.settled.is_some() && it.steps.len() == 2));
}

#[test]
fn each_copy_starts_behind_the_one_before_it() {
    let (told, outcome) = three(60.0, None);
    for number in 1..=3 {
        let wanted = format!("{number} waits {} min", number - 1);
        assert!(told.contains(&wanted), "{told:?}");
    }
    let copies = outcome.unwrap().facts.copies.unwrap();
    let started: Vec<f64> = copies.copies.iter().map(|it| it.started.0).collect();
    assert!(started[0] < 0.05 && started[1] >= 0.1 && started[2] >= 0.2, "{started:?}");
    assert!(copies.copies.iter().all(|it| it.started <= it.ended));
    assert!(copies.wall() >= copies.copies[2].ended);
}

#[test]
fn a_copy_that_fails_is_named_and_the_others_go_on() {
    let (told, outcome) = three(0.0, Some((2, "build")));
    places(&told, "build");
    places(&told, "tear down");
    let JobOutcome { facts, state, .. } = outcome.unwrap();
    assert!(state.is_none(), "what a part of the copies left is no state");
    let failure = facts.failure.unwrap();
    assert_eq!(failure.message, "copy 2: build failed");
    assert_eq!(failure.step, Some(Step::Build));
    let copies = facts.copies.unwrap().copies;
    let failed: Vec<bool> = copies.iter().map(|it| it.failure.is_some()).collect();
    assert_eq!(failed, [false, true, false]);
    assert_eq!(copies[1].steps.len(), 2, "it keeps its measures");
}

#[test]
fn where_one_cannot_be_set_up_none_starts() {
    let (told, outcome) = three(0.0, Some((3, "set up")));
    assert_eq!(outcome.unwrap_err().to_string(), "no set up");
    assert!(told.iter().all(|it| !it.ends_with("build")), "{told:?}");
    assert!(told.contains(&"1 tear down".to_owned()), "{told:?}");
}

fn request(operation: Operation, key: &str, status: u16) -> Request {
    Request {
        at: Seconds(0.0),
        verb: "PUT".to_owned(),
        key: key.to_owned(),
        scope: String::new(),
        operation,
        status,
        body_up: Bytes(1),
        body_down: Bytes(0),
        wire_up: Bytes(1),
        wire_down: Bytes(0),
        queued: Seconds(0.0),
        first_byte: Seconds(0.0),
        end: Seconds(0.0),
        connection: 1,
        listener: 0,
        fault: None,
    }
}

#[test]
fn entries_are_counted_by_how_many_copies_wanted_to_write_them() {
    use Operation::{Manage, Read, Write};
    let counted = |kind, ledgers: &[Vec<(Step, Request)>]| {
        let mut copies = three(0.0, None).1.unwrap().facts.copies.unwrap();
        count(&mut copies, ledgers, Some(kind));
        let refused = copies.copies.iter().map(|it| it.refused.clone()).collect::<Vec<_>>();
        (copies.offered, refused)
    };
    let build = |operation, key, status| (Step::Build, request(operation, key, status));
    let check = (Step::Restore, request(Write, ".check", 201));
    let (offered, refused) = counted(
        ServiceKind::WEBDAV,
        &[
            vec![check.clone(), build(Manage, "a", 409), build(Write, "a/1", 201)],
            vec![check, build(Write, "a/1", 201), build(Write, "a/2", 429)],
            vec![build(Read, "a/2", 404), build(Write, "a/2", 201), build(Write, "a/2", 201)],
        ],
    );
    assert_eq!(offered, BTreeMap::from([(2, 2)]));
    assert_eq!(refused, [BTreeMap::new(), BTreeMap::from([(429, 1)]), BTreeMap::new()]);
    // Where entries are reserved, a reservation that comes too late is a wish to write too.
    let (offered, refused) = counted(
        ServiceKind::GITHUB_ACTIONS,
        &[
            vec![build(Manage, "k", 200), build(Write, "k", 201), build(Manage, "l", 200)],
            vec![(Step::Restore, request(Manage, ".check", 409)), build(Manage, "k", 409)],
        ],
    );
    assert_eq!(offered, BTreeMap::from([(1, 1), (2, 1)]));
    assert_eq!(refused[1], BTreeMap::from([(409, 1)]));
}
