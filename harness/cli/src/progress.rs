//! Progress of a run: one of the listeners of its events.
//! Owns the estimate of the time left. With a terminal it is a line that changes, without one
//! plain lines, and with `--quiet` nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lukewarm_model::text::{Line, Safe};
use lukewarm_model::{JobFacts, Plan, Seconds};
use lukewarm_runner::{Event, Slot};

use crate::terminal;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Not at all.
    Nothing,
    /// A line for each job.
    Lines,
    /// One line that changes.
    Live,
}

/// Shows a run's progress.
pub struct Progress {
    show: Show,
    bar: ProgressBar,
    names: Vec<String>,
    remaining: Remaining,
    current: String,
}

impl Progress {
    /// Progress of a plan that is thought to take this long.
    pub fn new(show: Show, plan: &Plan, estimate: Seconds) -> Progress {
        let bar = match show {
            Show::Live => ProgressBar::new(plan.job_count() as u64),
            _ => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{bar:20} {pos}/{len} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(500));
        let names = plan.story.jobs.iter().map(|job| job.name.clone()).collect();
        let each = estimate.0 / plan.job_count().max(1) as f64;
        let budget = plan.budget.map(|budget| Duration::from_secs_f64(budget.0));
        let remaining = Remaining::new(each, budget);
        Progress { show, bar, names, remaining, current: String::new() }
    }

    /// Takes one event.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Preparing(what) => self.prepare(what),
            Event::Planned(slots) => {
                self.remaining.plan(slots, &self.names);
                self.bar.set_length(self.remaining.total as u64);
            }
            Event::JobStarted { case, job, attempt } => {
                self.current = match attempt.iteration {
                    0 => format!("{case} {job}, priming"),
                    n => format!("{case} {job}, iteration {n}"),
                };
                self.live("");
            }
            Event::StepStarted(step) => self.live(step.name()),
            Event::StepFinished(..) => {}
            Event::JobFinished(facts) => self.finish(facts),
            Event::Finished(_) => self.bar.finish_and_clear(),
        }
    }

    fn prepare(&self, what: &str) {
        match self.show {
            Show::Nothing => {}
            Show::Lines => terminal::say(what),
            Show::Live => self.bar.set_message(line(what)),
        }
    }

    fn live(&self, step: &str) {
        let left = self.remaining.left();
        self.bar.set_message(line(&format!("{} {step} · about {left} left", self.current)));
    }

    fn finish(&mut self, facts: &JobFacts) {
        self.remaining.finish(facts);
        self.bar.inc(1);
        if self.show == Show::Lines {
            let done = self.remaining.total - self.remaining.open.len();
            let result = match &facts.failure {
                None => facts.wall().to_string(),
                Some(failure) => format!("FAILED: {}", failure.message),
            };
            terminal::say(format!(
                "{done}/{} {} · {result} · about {} left",
                self.remaining.total,
                self.current,
                self.remaining.left()
            ));
        } else if let (Show::Live, Some(failure)) = (self.show, &facts.failure) {
            let text = format!("{} FAILED: {}", self.current, failure.message);
            self.bar.println(line(&text));
        }
    }
}

/// Text for the bar, which prints what it is given.
fn line(text: &str) -> String {
    Safe::<Line>::of(text).into_string()
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// How long the rest of a run takes: what the same job took before, else what its namesakes
/// took, else the plan's estimate.
struct Remaining {
    each: f64,
    /// After this much time nothing new begins.
    budget: Option<Duration>,
    /// When the first job did.
    began: Option<Instant>,
    total: usize,
    open: Vec<(String, String)>,
    seen: BTreeMap<(String, String), f64>,
    by_name: BTreeMap<String, (f64, u32)>,
    job_began: Instant,
}

impl Remaining {
    fn new(each: f64, budget: Option<Duration>) -> Remaining {
        Remaining {
            each,
            budget,
            began: None,
            total: 0,
            open: Vec::new(),
            seen: BTreeMap::new(),
            by_name: BTreeMap::new(),
            job_began: Instant::now(),
        }
    }

    fn plan(&mut self, slots: &[Slot], names: &[String]) {
        self.total += slots.len();
        // The next one stands last.
        let more = slots.iter().rev().map(|s| (s.case.id.clone(), names[s.job].clone()));
        self.open.splice(0..0, more);
        self.job_began = Instant::now();
        self.began.get_or_insert(self.job_began);
    }

    fn finish(&mut self, facts: &JobFacts) {
        // From end to end, so that laying and everything else is part of it.
        let took = self.job_began.elapsed().as_secs_f64();
        self.job_began = Instant::now();
        self.record(&facts.case, &facts.job, took);
    }

    fn record(&mut self, case: &str, job: &str, took: f64) {
        self.open.pop();
        self.seen.insert((case.to_owned(), job.to_owned()), took);
        let (sum, count) = self.by_name.entry(job.to_owned()).or_default();
        *sum += took;
        *count += 1;
    }

    fn left(&self) -> Seconds {
        let one = |key: &(String, String)| {
            let namesakes = self.by_name.get(&key.1).map(|(sum, count)| sum / f64::from(*count));
            self.seen.get(key).copied().or(namesakes).unwrap_or(self.each)
        };
        let all = self.open.iter().map(one).sum::<f64>();
        let spent = self.began.map_or(Duration::ZERO, |began| began.elapsed());
        let most = self.budget.map(|budget| budget.saturating_sub(spent).as_secs_f64());
        Seconds(all.min(most.unwrap_or(all)).round())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_learns_from_what_it_saw() {
        let mut remaining = Remaining::new(10.0, Some(Duration::from_secs(30)));
        let key = |case: &str| (case.to_owned(), "cold".to_owned());
        remaining.open = vec![key("a"), key("b"), key("b"), key("a")];
        assert_eq!(remaining.left(), Seconds(30.0), "the budget is less");
        remaining.budget = None;
        assert_eq!(remaining.left(), Seconds(40.0));
        remaining.record("a", "cold", 4.0);
        assert_eq!(remaining.left(), Seconds(12.0));
        remaining.record("b", "cold", 6.0);
        assert_eq!(remaining.left(), Seconds(10.0));
    }
}
