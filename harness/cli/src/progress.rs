//! Progress of a run: an observer of its events.
//! Owns the position in the plan and the estimate of the remaining time. On a terminal it is one
//! updated line, otherwise a line for each job, and with `--quiet` nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use lukewarm_model::text::{Line, Safe};
use lukewarm_model::{Case, JobFacts, JobName, Order, Plan, Seconds, Stopping};
use lukewarm_runner::{Event, ScheduledJob};

use crate::terminal;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Not at all.
    Nothing,
    /// A line for each job.
    Lines,
    /// One updated line.
    Live,
}

/// Shows a run's progress.
pub struct Progress {
    show: Show,
    bar: ProgressBar,
    names: Vec<JobName>,
    /// `of 4` or `of at most 60`.
    iterations: String,
    order: Order,
    remaining: Remaining,
    current: String,
    /// Whether an estimate was printed.
    is_estimated: bool,
}

impl Progress {
    /// Progress of a plan, with its estimated time where there is one.
    pub fn new(show: Show, plan: &Plan, estimate: Option<Seconds>) -> Progress {
        let bar = match show {
            Show::Live => ProgressBar::new(1),
            _ => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("{bar:20} {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(500));
        Progress {
            show,
            bar,
            names: plan.story.jobs.iter().map(|job| job.name.clone()).collect(),
            iterations: iterations(plan),
            order: plan.order,
            remaining: Remaining::new(plan, estimate),
            current: String::new(),
            is_estimated: estimate.is_some(),
        }
    }

    /// Takes one event.
    pub fn observe(&mut self, event: &Event) {
        match event {
            Event::Preparing(what) => self.prepare(what),
            Event::LeftOut { cases, jobs, whole } => self.leave_out(cases, jobs, *whole),
            Event::Planned(slots) => self.remaining.plan(slots, &self.names),
            Event::JobStarted { case, job, .. } => self.begin(case, job),
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

    /// Says which cases have no room in the budget, in every way of showing but none.
    fn leave_out(&self, cases: &[Case], jobs: &[JobName], whole: Seconds) {
        let cases = cases.iter().map(ToString::to_string);
        let names: Vec<String> = cases.chain(jobs.iter().map(|it| format!("job {it}"))).collect();
        let text = format!(
            "left out, because the budget has no room for them: {}. All of them need about {}: \
             give a longer `--budget`",
            names.join(", "),
            Seconds(whole.0.round())
        );
        match self.show {
            Show::Nothing => {}
            Show::Lines => terminal::say(&text),
            Show::Live => self.bar.println(line(&text)),
        }
    }

    fn begin(&mut self, case: &Case, job: &JobName) {
        if let Some(slot) = self.remaining.open.last().map(|open| open.slot.clone()) {
            self.estimate(&slot);
            self.current = format!("{}: {case} {job}", place(&slot, &self.iterations, self.order));
            self.bar.set_length(slot.turn.1 as u64);
            self.bar.set_position(slot.turn.0.saturating_sub(1) as u64);
        }
        self.live("");
    }

    /// Prints the estimate once, after the first pass.
    fn estimate(&mut self, slot: &ScheduledJob) {
        if slot.first_pass || self.is_estimated {
            return;
        }
        self.is_estimated = true;
        let text = self.remaining.left().map(|left| format!("after the first pass: {left}"));
        match (self.show, text) {
            (Show::Lines, Some(text)) => terminal::say(&text),
            (Show::Live, Some(text)) => self.bar.println(line(&text)),
            _ => {}
        }
    }

    /// The current step, with the remaining time.
    fn now(&self, what: &str) -> String {
        match self.remaining.left() {
            Some(left) => format!("{} {what} · {left}", self.current),
            None if self.remaining.is_between_plans() => format!("{} {what}", self.current),
            None => format!("{} {what} · time left unknown yet", self.current),
        }
    }

    fn live(&self, step: &str) {
        self.bar.set_message(line(&self.now(step)));
    }

    fn finish(&mut self, facts: &JobFacts) {
        self.remaining.finish(facts);
        self.bar.inc(1);
        if self.show == Show::Lines {
            let result = match &facts.failure {
                None => facts.wall().to_string(),
                Some(failure) => format!("FAILED: {}", failure.message),
            };
            terminal::say(self.now(&format!("· {result}")));
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

/// The number of iterations of a plan.
fn iterations(plan: &Plan) -> String {
    match plan.stopping.is_fixed() && plan.budget.is_none() {
        true => format!("of {}", plan.iterations),
        false => format!("of at most {}", plan.iterations),
    }
}

/// Where a job is: `iteration 2 of at most 10, job 3 of 12`.
fn place(slot: &ScheduledJob, iterations: &str, order: Order) -> String {
    let (number, count) = slot.turn;
    let (iteration, repeat) = (slot.attempt.iteration, slot.attempt.repeat);
    let pass = match (iteration, repeat, slot.within) {
        (0, _, 0) => "priming".to_owned(),
        (0, _, within) => format!("priming again for iteration {within}"),
        (n, 0, _) => format!("iteration {n} {iterations}"),
        (n, _, _) => format!("iteration {n} repeated after a disturbance"),
    };
    let unit = if order.is_interleaved() { "job" } else { "job of this case" };
    format!("{pass}, {unit} {number} of {count}")
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A job that is still to be run.
struct Open {
    slot: ScheduledJob,
    /// Its case's id and its name.
    key: (Case, JobName),
}

/// Estimate of the remaining time of a run: the earlier time of the same job, else the mean of jobs
/// of that name, else the plan's estimate, else the mean of all jobs; none without any of them.
struct Remaining {
    each: Option<f64>,
    /// Time after which no iteration begins.
    budget: Option<Duration>,
    /// Whether each block is planned after what the one before it showed.
    is_adaptive: bool,
    /// Iterations after which the comparisons are analysed.
    looks: Vec<u32>,
    /// When the first job did.
    began: Option<Instant>,
    open: Vec<Open>,
    seen: BTreeMap<(Case, JobName), f64>,
    by_name: BTreeMap<JobName, (f64, u32)>,
    job_began: Instant,
}

impl Remaining {
    fn new(plan: &Plan, estimate: Option<Seconds>) -> Remaining {
        Remaining {
            each: estimate.map(|all| all.0 / plan.job_count().max(1) as f64),
            budget: plan.budget.map(|budget| Duration::from_secs_f64(budget.0)),
            is_adaptive: !plan.allocation.is_even(),
            looks: match &plan.stopping {
                Stopping::Fixed => Vec::new(),
                Stopping::Sequential { looks } => looks.clone(),
            },
            began: None,
            open: Vec::new(),
            seen: BTreeMap::new(),
            by_name: BTreeMap::new(),
            job_began: Instant::now(),
        }
    }

    fn plan(&mut self, slots: &[ScheduledJob], names: &[JobName]) {
        // The next one stands last.
        let more = slots.iter().rev().map(|slot| Open {
            slot: slot.clone(),
            key: (slot.case.clone(), names[slot.job].clone()),
        });
        self.open.splice(0..0, more);
        self.job_began = Instant::now();
        self.began.get_or_insert(self.job_began);
    }

    fn finish(&mut self, facts: &JobFacts) {
        // From end to end, so that setting up machines is part of it.
        let took = self.job_began.elapsed().as_secs_f64();
        self.job_began = Instant::now();
        self.record(&facts.case, &facts.job, took);
    }

    fn record(&mut self, case: &Case, job: &JobName, took: f64) {
        self.open.pop();
        self.seen.insert((case.clone(), job.clone()), took);
        let (sum, count) = self.by_name.entry(job.clone()).or_default();
        *sum += took;
        *count += 1;
    }

    /// Estimated time of the planned jobs, without the clock.
    fn planned(&self) -> Option<f64> {
        let mean = |sums: &mut dyn Iterator<Item = &(f64, u32)>| {
            let (sum, count) = sums.fold((0.0, 0), |(s, c), (sum, count)| (s + sum, c + count));
            (count > 0).then(|| sum / f64::from(count))
        };
        let any = mean(&mut self.by_name.values());
        let one = |key: &(Case, JobName)| {
            let namesakes = mean(&mut self.by_name.get(&key.1).into_iter());
            self.seen.get(key).copied().or(namesakes).or(self.each).or(any)
        };
        self.open.iter().map(|open| one(&open.key)).sum()
    }

    /// The remaining time as a phrase: to the end of the plan, of its budget, or to the next
    /// analysis.
    fn left(&self) -> Option<String> {
        if self.is_between_plans() {
            return None;
        }
        let planned = self.planned()?;
        let spent = self.began.map_or(Duration::ZERO, |began| began.elapsed());
        let most = self.budget.map(|budget| budget.saturating_sub(spent).as_secs_f64());
        let last = self.open.first().map_or(0, |open| open.slot.within);
        let is_last_look = self.looks.last().is_none_or(|look| *look <= last);
        let about = |seconds: f64| format!("about {}", Seconds(seconds.round()));
        Some(match most {
            Some(most) if most < planned => format!("{} left", about(most)),
            // What comes after this block depends on what it shows.
            Some(most) if self.is_adaptive => format!("at most {} left", about(most)),
            _ if is_last_look => format!("{} left", about(planned)),
            // The first pass is planned by itself: what follows it is no part of this time.
            _ if last == 0 => format!("{} of priming left", about(planned)),
            _ => {
                let next = self.next(last);
                format!("{} to the next analysis, after iteration {next}", about(planned))
            }
        })
    }

    /// Whether the next jobs are not planned yet, or there are none.
    fn is_between_plans(&self) -> bool {
        self.open.is_empty()
    }

    /// The analysis that follows an iteration.
    fn next(&self, iteration: u32) -> u32 {
        self.looks.iter().copied().find(|look| *look >= iteration).unwrap_or(iteration)
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Attempt;

    use super::*;

    fn slot(within: u32, attempt: (u32, u32), turn: (usize, usize)) -> ScheduledJob {
        let (iteration, repeat) = attempt;
        let case = Case::new("w", "a");
        let attempt = Attempt { iteration, position: 0, repeat };
        ScheduledJob { case, job: 0, attempt, first_pass: iteration == 0, within, turn }
    }

    fn remaining(each: Option<f64>, budget: Option<u64>, looks: &[u32]) -> Remaining {
        Remaining {
            each,
            budget: budget.map(Duration::from_secs),
            is_adaptive: false,
            looks: looks.to_vec(),
            began: None,
            open: Vec::new(),
            seen: BTreeMap::new(),
            by_name: BTreeMap::new(),
            job_began: Instant::now(),
        }
    }

    fn open(cases: &[&str]) -> Vec<Open> {
        let one = |case: &&str| Open {
            slot: slot(4, (4, 0), (1, 1)),
            key: (Case::new("w", *case), "cold".into()),
        };
        cases.iter().map(one).collect()
    }

    #[test]
    fn the_estimate_learns_from_what_it_saw() {
        let mut remaining = remaining(Some(10.0), Some(30), &[]);
        remaining.open = open(&["a", "b", "b", "a"]);
        assert_eq!(remaining.left().unwrap(), "about 30.0 s left", "the budget is less");
        remaining.budget = None;
        assert_eq!(remaining.left().unwrap(), "about 40.0 s left");
        remaining.record(&Case::new("w", "a"), &"cold".into(), 4.0);
        assert_eq!(remaining.left().unwrap(), "about 12.0 s left");
        remaining.record(&Case::new("w", "b"), &"cold".into(), 6.0);
        assert_eq!(remaining.left().unwrap(), "about 10.0 s left");
    }

    #[test]
    fn what_is_left_of_priming_is_not_the_time_to_a_look() {
        let mut remaining = remaining(Some(10.0), Some(600), &[10, 20]);
        remaining.open = open(&["a", "b"]);
        for open in &mut remaining.open {
            open.slot = slot(0, (0, 0), (1, 2));
        }
        assert_eq!(remaining.left().unwrap(), "about 20.0 s of priming left");
        remaining.open = open(&["a", "b"]);
        assert_eq!(
            remaining.left().unwrap(),
            "about 20.0 s to the next analysis, after iteration 10"
        );
    }

    #[test]
    fn nothing_is_said_before_anything_was_measured_where_nobody_knows() {
        let mut remaining = remaining(None, Some(600), &[]);
        remaining.open = open(&["a", "b"]);
        assert_eq!(remaining.left(), None);
        remaining.record(&Case::new("w", "b"), &"other".into(), 4.0);
        assert_eq!(remaining.left().unwrap(), "about 4.00 s left");
    }

    #[test]
    fn a_run_that_looks_says_how_long_it_is_to_its_next_look() {
        let mut remaining = remaining(Some(10.0), None, &[8, 16]);
        remaining.open = open(&["a", "b"]);
        let wanted = "about 20.0 s to the next analysis, after iteration 8";
        assert_eq!(remaining.left().unwrap(), wanted);
        remaining.looks = vec![2, 4];
        assert_eq!(remaining.left().unwrap(), "about 20.0 s left", "it is the last");
    }

    #[test]
    fn an_adaptive_run_says_how_long_it_takes_at_most() {
        let mut remaining = remaining(Some(10.0), Some(600), &[10, 20]);
        remaining.is_adaptive = true;
        remaining.open = open(&["a", "b"]);
        assert_eq!(remaining.left().unwrap(), "at most about 10 min 00 s left");
    }

    #[test]
    fn a_job_is_told_by_its_iteration() {
        let said = |slot| place(&slot, "of at most 10", Order::Interleaved);
        assert_eq!(said(slot(2, (2, 0), (3, 12))), "iteration 2 of at most 10, job 3 of 12");
        assert_eq!(said(slot(0, (0, 0), (1, 9))), "priming, job 1 of 9");
        assert_eq!(said(slot(5, (0, 0), (2, 3))), "priming again for iteration 5, job 2 of 3");
        let again = said(slot(2, (2, 1), (1, 4)));
        assert_eq!(again, "iteration 2 repeated after a disturbance, job 1 of 4");
    }
}
