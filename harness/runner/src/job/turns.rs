//! When each of several copies of a job may go on: none starts before all are set up, each starts
//! at its own moment, and none removes anything before all have ended.
//! Owns the waiting. It must not know what a copy does.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lukewarm_model::{AtOnce, Seconds};

/// What the copies of one job wait for.
#[derive(Debug)]
pub struct Turns {
    at_once: AtOnce,
    progress: Mutex<TurnProgress>,
    changed: Condvar,
}

/// How far the copies are.
#[derive(Debug, Default)]
struct TurnProgress {
    /// Copies that are set up, or cannot be.
    ready: u32,
    /// Copies whose steps have ended, or never began.
    ended: u32,
    /// Whether one could not be set up, so that none starts.
    is_off: bool,
    /// When the first one started.
    began: Option<Instant>,
}

/// The turn of one copy. A copy that ends early, for whatever reason, keeps no other waiting.
#[derive(Debug)]
pub struct Turn<'t> {
    turns: &'t Turns,
    /// The copy's number, from 1.
    pub number: u32,
    is_ready: bool,
    has_ended: bool,
}

impl Turns {
    /// Nobody is ready yet.
    pub fn new(at_once: AtOnce) -> Turns {
        Turns { at_once, progress: Mutex::default(), changed: Condvar::new() }
    }

    /// The turn of each copy.
    pub fn all(&self) -> Vec<Turn<'_>> {
        let of = |number| Turn { turns: self, number, is_ready: false, has_ended: false };
        (1..=self.at_once.copies).map(of).collect()
    }

    fn progress(&self) -> MutexGuard<'_, TurnProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut TurnProgress)) {
        change(&mut self.progress());
        self.changed.notify_all();
    }

    /// Waits until a count has reached the number of copies.
    fn wait(&self, count: impl Fn(&TurnProgress) -> u32) -> MutexGuard<'_, TurnProgress> {
        let waits = |it: &mut TurnProgress| count(it) < self.at_once.copies;
        let waited = self.changed.wait_while(self.progress(), waits);
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Says that the copy is set up, and waits for its start: until all are, and then by `wait`
    /// for as long as it is to be behind the first. Gives when it starts, counted from the first
    /// one's start; none where another copy cannot be set up.
    ///
    /// # Errors
    /// The error of `wait`.
    pub fn start<E>(
        &mut self,
        wait: impl FnOnce(Duration) -> Result<(), E>,
    ) -> Result<Option<Seconds>, E> {
        self.is_ready = true;
        self.turns.change(|it| it.ready += 1);
        let began = {
            let mut progress = self.turns.wait(|it| it.ready);
            if progress.is_off {
                return Ok(None);
            }
            *progress.began.get_or_insert_with(Instant::now)
        };
        let behind = self.turns.at_once.stagger.0 * f64::from(self.number - 1);
        wait(Duration::from_secs_f64(behind).saturating_sub(began.elapsed()))?;
        Ok(Some(began.elapsed().into()))
    }

    /// Says that the copy's steps have ended, and waits until those of all have. Gives when its own
    /// had, counted from the first one's start.
    pub fn end(&mut self) -> Seconds {
        let began = self.turns.progress().began;
        let ended = began.map_or(Seconds(0.0), |it| it.elapsed().into());
        self.has_ended = true;
        self.turns.change(|it| it.ended += 1);
        drop(self.turns.wait(|it| it.ended));
        ended
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.change(|it| {
            if !self.is_ready {
                it.ready += 1;
                it.is_off = true;
            }
            if !self.has_ended {
                it.ended += 1;
            }
        });
    }
}
