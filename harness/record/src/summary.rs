//! `run.json`: what a run was, with its verdicts, for machines and people in a hurry.
//! Owns its form: what a run was, and the verdict of each job; what follows from them stands in
//! `summary.json` alone. Everything in it comes from the journal and from what `analysis` decided,
//! so that it can be made again byte for byte.

use std::collections::BTreeMap;

use lukewarm_model::text::{Json, Safe};
use lukewarm_model::{
    Attempt, Case, ConfigurationSetting, EnoughReason, Host, JobFacts, JobName, JobVerdict,
    MachinePace, PaceSummary, Plan, Publication, RunEnd, RunFacts, StopReason, TimeShares,
    TimeSpent, Timestamp, ToolIdentity, Toolchain, WorkspaceName,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::RecordError;

/// The summary's name in a results folder.
pub const RUN_SUMMARY: &str = "run.json";

/// One job with what was decided about it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct JudgedJob {
    /// The case's id.
    pub case: Case,
    /// The job's name in the story.
    pub job: JobName,
    /// Which pass.
    #[serde(flatten)]
    pub attempt: Attempt,
    /// Why it has no result, where it has none.
    pub failure: Option<String>,
    /// Whether it may be believed, with reasons.
    #[serde(flatten)]
    pub verdict: JobVerdict,
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
    host: &'a Host,
    toolchains: &'a BTreeMap<String, Toolchain>,
    tools: &'a BTreeMap<String, ToolIdentity>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    configuration: &'a BTreeMap<WorkspaceName, Vec<ConfigurationSetting>>,
    time: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<PaceSummary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<&'a Publication>,
    verdicts: &'a [JudgedJob],
    plan: &'a Plan,
}

/// Where the time went, in seconds and as shares of their sum.
#[derive(JsonSchema, Serialize)]
pub(crate) struct Time {
    seconds: TimeSpent,
    shares: TimeShares,
}

impl JudgedJob {
    /// A job and its verdict.
    pub fn new(facts: &JobFacts, verdict: JobVerdict) -> JudgedJob {
        JudgedJob {
            case: facts.case.clone(),
            job: facts.job.clone(),
            attempt: facts.attempt,
            failure: facts.failure.as_ref().map(|failure| failure.message.clone()),
            verdict,
        }
    }
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
    let summary = Summary {
        format: run.format,
        id: &run.id,
        started: run.started,
        ended: end.map(|end| end.ended),
        stopped: end.and_then(|end| end.stopped.as_ref()),
        enough: end.and_then(|end| end.enough.as_ref()),
        lukewarm: &run.lukewarm,
        executable: run.executable.as_deref(),
        command: &run.command,
        host: &run.host,
        toolchains: &run.toolchains,
        tools: &run.tools,
        configuration: &run.configuration,
        time: end.map(|end| Time { seconds: end.time, shares: end.time.shares() }),
        machine: end.and_then(|end| end.machine.as_ref()).map(MachinePace::summary),
        published: end.and_then(|end| end.published.as_ref()),
        verdicts,
        plan: &run.plan,
    };
    let text = serde_json::to_string_pretty(&summary).map_err(|source| RecordError::Wording {
        what: RUN_SUMMARY.to_owned(),
        source: source.into(),
    })?;
    Ok(Safe::<Json>::file(&(text + "\n")).into_string().into_bytes())
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
