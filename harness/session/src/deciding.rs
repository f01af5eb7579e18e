//! What decides, at each planned analysis of a run, whether it has enough.
//! Owns that a run which is resumed is asked the questions that it was begun for; the answers are
//! `analysis`'s.

use std::path::Path;

use lukewarm_analysis::{Evaluation, Pair};
use lukewarm_model::{DecidedBy, RawRecord, Thresholds, quoted};
use lukewarm_runner::OpenCells;

use crate::against::{Against, recorded_pairs};
use crate::error::SessionError;

/// The questions that a run answers.
pub struct Deciding<'a> {
    /// What a record says of them.
    pub(crate) by: Option<DecidedBy>,
    /// The jobs of cases that more iterations would decide.
    pub(crate) open: Box<dyn FnMut(&RawRecord) -> OpenCells + 'a>,
}

impl<'a> Deciding<'a> {
    /// How each scenario compares with the reference.
    pub fn comparisons() -> Deciding<'a> {
        let open = |record: &RawRecord| lukewarm_analysis::open(&Evaluation::of(record));
        Deciding { by: None, open: Box::new(open) }
    }

    /// Whether each candidate is within thresholds of its baseline.
    pub(crate) fn gate(
        against: &Against,
        pairs: Vec<Pair>,
        thresholds: Thresholds,
    ) -> Deciding<'a> {
        let (against, rules) = (against.to_string(), thresholds.rules.clone());
        let open = move |record: &RawRecord| {
            lukewarm_analysis::gate_open(&Evaluation::of(record), &pairs, &thresholds)
        };
        Deciding { by: Some(DecidedBy::Gate { against, rules }), open: Box::new(open) }
    }

    /// What claims say of it.
    pub(crate) fn claims(open: impl FnMut(&RawRecord) -> OpenCells + 'a) -> Deciding<'a> {
        Deciding { by: Some(DecidedBy::Claims), open: Box::new(open) }
    }

    /// What a record says.
    ///
    /// # Errors
    /// When claims decide, or the record names no baseline.
    pub(crate) fn as_recorded(
        record: &RawRecord,
        folder: &Path,
    ) -> Result<Deciding<'a>, SessionError> {
        let run = &record.run;
        match &run.decided_by {
            None => Ok(Deciding::comparisons()),
            Some(DecidedBy::Gate { against, rules }) => {
                let against: Against = against.parse().map_err(|error| {
                    SessionError::Comparison(format!("run {}: `{against}`: {error}", run.id))
                })?;
                let thresholds = Thresholds { rules: rules.clone() };
                Ok(Deciding::gate(&against, recorded_pairs(&run.plan, &against), thresholds))
            }
            Some(DecidedBy::Claims) => Err(SessionError::ResumedClaims {
                folder: folder.to_owned(),
                command: resuming(&run.command),
            }),
        }
    }
}

/// The command line of a campaign, as it resumes what was interrupted.
fn resuming(command: &[String]) -> String {
    // The home folder is recorded as `~`, which a shell takes for it outside of quotes only.
    let word = |word: &String| match word.strip_prefix("~/") {
        Some(rest) => format!("~/{}", quoted(rest)),
        None => quoted(word),
    };
    let words = command.iter().filter(|word| *word != "--again");
    words.map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Attempt, Case, JobFacts, Metric, Rule, Seconds, Step, StepFacts};
    use lukewarm_testing::{plan, run_facts};

    use super::*;

    fn begun(scenarios: &[&str], by: Option<DecidedBy>) -> RawRecord {
        let mut plan = plan(scenarios, &["cold", "unchanged"], 4);
        for scenario in &mut plan.scenarios {
            scenario.tool.name = scenario.name.base().to_owned();
        }
        plan.reference = Some("none".into());
        let mut run = run_facts(&plan);
        let words = ["lukewarm", "claims", "C1", "--again", "--out", "~/my results"];
        (run.command, run.decided_by) = (words.map(str::to_owned).to_vec(), by);
        let cases = plan.cases.iter().flat_map(|case| (1..=2).map(move |block| (case, block)));
        let job = |(place, (case, iteration)): (u32, (&Case, u32))| {
            let attempt = Attempt { iteration, position: u64::from(place), repeat: 0 };
            let mut job = JobFacts::new(case.clone(), "cold".into(), attempt, run.started);
            job.steps.push(StepFacts::new(Step::Build, Seconds(10.0 + f64::from(iteration))));
            job
        };
        let jobs = (0..).zip(cases).map(job).collect();
        RawRecord { run, jobs, end: None }
    }

    fn open(record: &RawRecord) -> OpenCells {
        (Deciding::as_recorded(record, Path::new("r")).ok().unwrap().open)(record)
    }

    #[test]
    fn a_run_is_resumed_with_the_questions_that_it_was_begun_for() {
        let scenarios = ["none", "sccache", "sccache@0.10.0", "kache"];
        let usual = begun(&scenarios, None);
        let names = |record: &RawRecord| -> Vec<String> {
            open(record).iter().map(|it| it.0.to_string()).collect()
        };
        assert_eq!(names(&usual).len(), 4, "everything is compared with none");
        let rule = Rule { case: None, job: None, metric: Metric::Wall, tolerance: Some(0.02) };
        let gate = |against: &str| DecidedBy::Gate {
            against: against.to_owned(),
            rules: vec![rule.clone()],
        };
        let gated = begun(&scenarios, Some(gate("sccache@0.10.0")));
        assert_eq!(names(&gated), ["w/sccache", "w/sccache@0.10.0"]);
        let again = Deciding::as_recorded(&gated, Path::new("r")).ok().unwrap().by;
        assert_eq!(again, gated.run.decided_by);
        let by_claims = begun(&scenarios, Some(DecidedBy::Claims));
        let error = Deciding::as_recorded(&by_claims, Path::new("r")).err().unwrap().to_string();
        let wanted = "the run in r belongs to claims, which decide when it has enough: \
                      `lukewarm claims C1 --out ~/'my results'` resumes it";
        assert_eq!(error, wanted);
        let odd = begun(&scenarios, Some(gate("main")));
        let error = Deciding::as_recorded(&odd, Path::new("r")).err().unwrap().to_string();
        assert!(error.starts_with("run test: `main`: give `git:REV`"), "{error}");
    }
}
