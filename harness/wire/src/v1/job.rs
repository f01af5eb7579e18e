//! The line `job`: what one job left.
//! Owns its form; that of its steps, units, statements and checks is `job_parts`'.

use lukewarm_model::described::JsonSchema;
use lukewarm_model::{Attempt, Bytes, Case, JobName, Seconds, Timestamp};
use serde::{Deserialize, Serialize};

use super::command::CommandFact;
use super::copies::CopiesFacts;
use super::host::Warning;
use super::job_parts::{
    Check, Failure, RestoredFacts, ServiceFacts, StepFacts, ToolStatement, UnitFact,
};
use super::outputs::{JobOutputs, UncachedBuild};
use super::variation::SettledFacts;
use crate::{converted, mirrors};

/// What one job left.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct JobFacts {
    /// The case's id.
    pub case: Case,
    /// The job's name in the story.
    pub job: JobName,
    /// The iteration; 0 is priming and counts in no estimate.
    pub iteration: u32,
    /// The job's place in the order of the whole run, from 0.
    pub position: u64,
    /// How often its block was measured before: 1 in one that is measured again, whole; absent
    /// means 0. Records of earlier versions do not say it, but name a case's job twice in one
    /// iteration.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeat: u32,
    /// When it began, RFC 3339 in UTC.
    pub started: Timestamp,
    /// Warnings about the machine at the time of a resume; set on the first job after one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Vec<Warning>>,
    /// The calibration load, where it was done just before this job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// Which draw of its case's primed state it makes or started from, from 0; absent means 0,
    /// the only one that records of earlier versions know.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub state: u32,
    /// The place in the run's `parts` of the one that measured it; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// What each command of the build step took, in their order; absent where none was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<CommandFact>,
    /// What was odd while it ran, such as a process that could not be ended; absent means nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The steps that ran, in order.
    pub steps: Vec<StepFacts>,
    /// The units that Cargo planned, as its messages named them.
    pub units: Vec<UnitFact>,
    /// What the tool said of itself, word for word.
    pub statements: Vec<ToolStatement>,
    /// What the service held at the end, where there is one.
    pub service: Option<ServiceFacts>,
    /// Bytes of the folders that survive to the next job without a service.
    pub kept_bytes: Option<Bytes>,
    /// What an archive brought, and how much of it the build used; absent where nothing was
    /// restored, and in records of versions that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<RestoredFacts>,
    /// What the build made; absent for a job that failed, and in records of versions that did not
    /// look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<JobOutputs>,
    /// The builds that were made only to compare with, just before this job or after it; absent
    /// means none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uncached: Vec<UncachedBuild>,
    /// What the finished program printed, its beginning; absent where a job is measured, and where
    /// no program ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<String>,
    /// What the same build did once more; absent where nobody looked, and in records of versions
    /// that did not look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<SettledFacts>,
    /// What was looked at to believe the job, and what was seen.
    pub checks: Vec<Check>,
    /// Why it has no result, where it has none.
    pub failure: Option<Failure>,
    /// What its copies left, where several ran at once: then steps, units, statements and outputs
    /// are theirs. Absent for a job that ran alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<CopiesFacts>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What the calibration load took once.
#[derive(Clone, Copy, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Probe {
    /// Wall-clock time.
    pub wall: Seconds,
    /// CPU time; absent where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Seconds>,
    /// Share of all processor time that the hypervisor gave to somebody else meanwhile; absent
    /// where it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stolen: Option<f64>,
}

mirrors! {
    Probe { wall, cpu, stolen }
}

impl From<lukewarm_model::JobFacts> for JobFacts {
    fn from(it: lukewarm_model::JobFacts) -> JobFacts {
        let lukewarm_model::JobFacts {
            case,
            job,
            attempt: Attempt { iteration, position, repeat },
            started,
            resumed,
            probe,
            state,
            part,
            commands,
            warnings,
            steps,
            units,
            statements,
            service,
            kept_bytes,
            restored,
            outputs,
            uncached,
            printed,
            settled,
            checks,
            failure,
            copies,
        } = it;
        JobFacts {
            case,
            job,
            iteration,
            position,
            repeat,
            started,
            resumed: converted!(resumed, lists),
            probe: converted!(probe, option),
            state,
            part,
            commands: converted!(commands, list),
            warnings: converted!(warnings, list),
            steps: converted!(steps, list),
            units: converted!(units, list),
            statements: converted!(statements, list),
            service: converted!(service, option),
            kept_bytes,
            restored: converted!(restored, option),
            outputs: converted!(outputs, option),
            uncached: converted!(uncached, list),
            printed,
            settled: converted!(settled, option),
            checks: converted!(checks, list),
            failure: converted!(failure, option),
            copies: converted!(copies, option),
        }
    }
}

impl From<JobFacts> for lukewarm_model::JobFacts {
    fn from(it: JobFacts) -> lukewarm_model::JobFacts {
        let JobFacts {
            case,
            job,
            iteration,
            position,
            repeat,
            started,
            resumed,
            probe,
            state,
            part,
            commands,
            warnings,
            steps,
            units,
            statements,
            service,
            kept_bytes,
            restored,
            outputs,
            uncached,
            printed,
            settled,
            checks,
            failure,
            copies,
        } = it;
        lukewarm_model::JobFacts {
            case,
            job,
            attempt: Attempt { iteration, position, repeat },
            started,
            resumed: converted!(resumed, lists),
            probe: converted!(probe, option),
            state,
            part,
            commands: converted!(commands, list),
            warnings: converted!(warnings, list),
            steps: converted!(steps, list),
            units: converted!(units, list),
            statements: converted!(statements, list),
            service: converted!(service, option),
            kept_bytes,
            restored: converted!(restored, option),
            outputs: converted!(outputs, option),
            uncached: converted!(uncached, list),
            printed,
            settled: converted!(settled, option),
            checks: converted!(checks, list),
            failure: converted!(failure, option),
            copies: converted!(copies, option),
        }
    }
}
