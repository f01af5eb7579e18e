//! `run.json`: what a run was, with its verdicts, for machines and people in a hurry.
//! Owns its form: what a run was, and the verdict of each job; what follows from them stands in
//! `summary.json` alone. Everything in it comes from the journal and from what `analysis` decided,
//! so that it can be made again byte for byte.

use std::collections::BTreeMap;

use lukewarm_model::described::JsonSchema;
use lukewarm_model::text::{Json, Safe};
use lukewarm_model::{
    Attempt, Case, EnoughReason, JobFacts, JobName, JobSamples, JobVerdict, RunEnd, RunFacts,
    Standard, StopReason, Timestamp, WorkspaceName,
};
use serde::Serialize;

use crate::RecordError;
use lukewarm_wire::FORMAT_VERSION;
use lukewarm_wire::v1::{
    ConfigurationSetting, EditChoice, Host, MachinePace, Plan, Publication, TimeSpent,
    ToolIdentity, Toolchain,
};

/// The summary's name in a results folder.
pub const RUN_SUMMARY: &str = "run.json";

/// One job with what was decided about it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct JudgedJob {
    /// The case's id.
    pub case: Case,
    /// The job's name in the story.
    pub job: JobName,
    /// The iteration; 0 is priming and counts in no estimate.
    pub iteration: u32,
    /// The job's place in the order of the whole run, from 0.
    pub position: u64,
    /// How often its block was measured before; absent means never.
    #[serde(skip_serializing_if = "is_none_before")]
    pub repeat: u32,
    /// Why it has no result, where it has none.
    pub failure: Option<String>,
    /// Whether it may be believed, with reasons.
    #[serde(flatten)]
    pub verdict: JobVerdict,
}

fn is_none_before(count: &u32) -> bool {
    *count == 0
}

/// The file, with the fields in the order they are written. Service settings are part of the
/// plan's scenarios.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Summary<'a> {
    format: u32,
    id: &'a str,
    started: Timestamp,
    ended: Option<Timestamp>,
    stopped: Option<&'a StopReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enough: Option<&'a EnoughReason>,
    lukewarm: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    executable: Option<&'a str>,
    command: &'a [String],
    host: Host,
    toolchains: BTreeMap<String, Toolchain>,
    tools: BTreeMap<String, ToolIdentity>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    configuration: BTreeMap<WorkspaceName, Vec<ConfigurationSetting>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    edits: BTreeMap<WorkspaceName, Vec<EditChoice>>,
    time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<PaceSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<Publication>,
    verdicts: &'a [JudgedJob],
    plan: Plan,
}

/// Where the time went, in seconds and as shares of their sum.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Time {
    seconds: TimeSpent,
    shares: TimeShares,
}

/// Shares of the time of a run, from 0 to 1; all 0 where no time went.
#[derive(JsonSchema, Serialize)]
struct TimeShares {
    /// Steps of jobs.
    measured: f64,
    /// What a clean machine costs.
    laying: f64,
    /// The harness's own time.
    own: f64,
}

/// A pace with what it says.
#[derive(JsonSchema, Serialize)]
struct PaceSummary {
    #[serde(flatten)]
    pace: MachinePace,
    /// The median over the quiet value; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<f64>,
    /// `quiet`, `slow` (more than 1.15 times the quiet value) or `unknown`.
    standard: &'static str,
}

impl From<lukewarm_model::TimeSpent> for Time {
    fn from(time: lukewarm_model::TimeSpent) -> Time {
        let lukewarm_model::TimeShares { measured, laying, own } = time.shares();
        Time { seconds: time.into(), shares: TimeShares { measured, laying, own } }
    }
}

impl From<&lukewarm_model::MachinePace> for PaceSummary {
    fn from(pace: &lukewarm_model::MachinePace) -> PaceSummary {
        let (times, standard) = match pace.standard() {
            Standard::Quiet(times) => (Some(times), "quiet"),
            Standard::Slow(times) => (Some(times), "slow"),
            Standard::Unknown => (None, "unknown"),
        };
        PaceSummary { pace: pace.clone().into(), times, standard }
    }
}

impl JudgedJob {
    /// A job and its verdict.
    pub fn new(facts: &JobFacts, verdict: JobVerdict) -> JudgedJob {
        let Attempt { iteration, position, repeat } = facts.attempt;
        JudgedJob {
            case: facts.case.clone(),
            job: facts.job.clone(),
            iteration,
            position,
            repeat,
            failure: facts.failure.as_ref().map(|failure| failure.message.clone()),
            verdict,
        }
    }
}

/// The content of `samples.csv`, job by job.
///
/// # Errors
/// None that a sample can cause: it would be a bug.
pub fn samples_csv(jobs: &[JobSamples]) -> Result<Vec<u8>, RecordError> {
    lukewarm_wire::samples::samples_csv(jobs)
        .map_err(|source| RecordError::Wording { what: "samples.csv".to_owned(), source })
}

/// The content of `run.json`. Before the run has ended there is no end and there are no verdicts.
///
/// # Errors
/// None that a fact from a journal can cause: it would be a bug.
pub fn run_summary(
    run: &RunFacts,
    end: Option<&RunEnd>,
    verdicts: &[JudgedJob],
) -> Result<Vec<u8>, RecordError> {
    // What the summary shares with the journal has the journal's form.
    let RunFacts { host, toolchains, tools, configuration, edits, plan, .. } = run.clone();
    let summary = Summary {
        format: FORMAT_VERSION,
        id: &run.id,
        started: run.started,
        ended: end.map(|end| end.ended),
        stopped: end.and_then(|end| end.stopped.as_ref()),
        enough: end.and_then(|end| end.enough.as_ref()),
        lukewarm: &run.lukewarm,
        executable: run.executable.as_deref(),
        command: &run.command,
        host: host.into(),
        toolchains: converted(toolchains),
        tools: converted(tools),
        configuration: lists_converted(configuration),
        edits: lists_converted(edits),
        time: end.map(|end| Time::from(end.time)),
        machine: end.and_then(|end| end.machine.as_ref()).map(PaceSummary::from),
        published: end.and_then(|end| end.published.clone()).map(Publication::from),
        verdicts,
        plan: plan.into(),
    };
    let text = serde_json::to_string_pretty(&summary).map_err(|source| RecordError::Wording {
        what: RUN_SUMMARY.to_owned(),
        source: source.into(),
    })?;
    Ok(Safe::<Json>::file(&(text + "\n")).into_string().into_bytes())
}

fn converted<K: Ord, T, W: From<T>>(map: BTreeMap<K, T>) -> BTreeMap<K, W> {
    map.into_iter().map(|(key, value)| (key, value.into())).collect()
}

fn lists_converted<K: Ord, T, W: From<T>>(map: BTreeMap<K, Vec<T>>) -> BTreeMap<K, Vec<W>> {
    let list = |(key, list): (K, Vec<T>)| (key, list.into_iter().map(Into::into).collect());
    map.into_iter().map(list).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Writer, examples, read};

    #[test]
    fn is_the_same_when_made_again_from_the_journal() {
        let results = tempfile::tempdir().unwrap();
        let (run, job, end) = (examples::run("one"), examples::job("cold"), examples::end());
        let mut writer = Writer::create(results.path(), &run).unwrap();
        writer.job(&job).unwrap();
        writer.end(&end).unwrap();
        let judged = |job| [JudgedJob::new(job, JobVerdict::Valid(vec!["3 units".to_owned()]))];
        let first = run_summary(&run, Some(&end), &judged(&job)).unwrap();
        let record = read(writer.folder()).unwrap();
        let again = run_summary(&record.run, record.end.as_ref(), &judged(&record.jobs[0]));
        assert_eq!(again.unwrap(), first);
    }

    #[test]
    fn says_how_the_time_was_shared_and_what_was_decided() {
        let verdict = JobVerdict::Degraded(vec!["no request".to_owned()]);
        let judged = [JudgedJob::new(&examples::job("cold"), verdict)];
        let text = run_summary(&examples::run("one"), Some(&examples::end()), &judged).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(value["time"]["shares"]["own"], 0.04);
        assert_eq!(value["time"]["seconds"]["measured"], 90.0);
        let wanted = serde_json::json!([{
            "case": "cli/none",
            "job": "cold",
            "iteration": 1,
            "position": 4,
            "failure": "cargo build ended with exit code 101",
            "verdict": "degraded",
            "reasons": ["no request"],
        }]);
        assert_eq!(value["verdicts"], wanted);
        assert_eq!(value["plan"]["seed"], 7);
        assert_eq!(value["warnings"], serde_json::Value::Null, "they stand in summary.json");
    }
}
