//! Raw facts: what a run saw, before anything is computed from it.
//! Owns the record's nouns; how they are written, and what versions wrote, belongs to `record`.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::{
    Bytes, Case, Check, CommandFact, ConfigurationSetting, CopiesFacts, DecidedBy, Difference,
    EditChoice, EnoughReason, Failure, Host, JobName, JobOutputs, MachinePace, PartFacts, Plan,
    Probe, Publication, RestoredFacts, Runner, Seconds, ServiceFacts, SettledFacts, Shard,
    StepFacts, StopReason, TimeSpent, Timestamp, ToolIdentity, ToolStatement, Toolchain,
    UncachedBuild, UnitFact, VariableValue, Warning, WorkspaceName,
};

/// Everything that a run left: its head, its jobs in the order they ran, and how it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RawRecord {
    /// What was to be done, where and with what.
    pub run: RunFacts,
    /// The jobs, in the order they ran.
    pub jobs: Vec<JobFacts>,
    /// How it ended; absent when it was cut off.
    pub end: Option<RunEnd>,
}

impl RawRecord {
    /// Whether the run came to its end: it was neither cut off nor stopped before.
    pub fn is_complete(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.stopped.is_none())
    }
}

/// What was to be done, where and with what.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFacts {
    /// The results folder's name.
    pub id: String,
    /// When the run began, RFC 3339 in UTC.
    pub started: Timestamp,
    /// lukewarm's own version.
    pub lukewarm: String,
    /// SHA-256 of the executable that measured, in hexadecimal; absent where nobody looked.
    pub executable: Option<String>,
    /// The command line, as it was typed.
    pub command: Vec<String>,
    /// What was to be done.
    pub plan: Plan,
    /// What decides, at a planned analysis, whether it has enough; absent where the comparisons
    /// with the reference do.
    pub decided_by: Option<DecidedBy>,
    /// The machine.
    pub host: Host,
    /// The Rust toolchain, by workspace.
    pub toolchains: BTreeMap<String, Toolchain>,
    /// The tools, by the name that scenarios choose them with.
    pub tools: BTreeMap<String, ToolIdentity>,
    /// What stands for the content of each workspace: SHA-256 over its files' paths and bytes.
    pub sources: BTreeMap<WorkspaceName, String>,
    /// The variables that jobs have beside the harness's own, by name.
    pub variables: BTreeMap<String, VariableValue>,
    /// What each workspace's own Cargo configuration sets, and what jobs make of it; workspaces
    /// without any are left out.
    pub configuration: BTreeMap<WorkspaceName, Vec<ConfigurationSetting>>,
    /// The edits that were chosen for each workspace that offers none, as tried before anything
    /// was measured; workspaces without any are left out.
    pub edits: BTreeMap<WorkspaceName, Vec<EditChoice>>,
    /// What made numbers worse when the run began.
    pub warnings: Vec<Warning>,
    /// Which shard of the plan it was; absent where it was all of it.
    pub shard: Option<Shard>,
    /// The first block that it had to measure, where earlier ones were left to another sitting.
    pub first_block: Option<u32>,
    /// What it was merged from; empty where one machine measured it in one sitting.
    pub parts: Vec<PartFacts>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnd {
    /// When it ended, RFC 3339 in UTC.
    pub ended: Timestamp,
    /// Why it ended before its plan was done, where it did.
    pub stopped: Option<StopReason>,
    /// Why fewer iterations than the plan's most were enough, where they were.
    pub enough: Option<EnoughReason>,
    /// Where the time went.
    pub time: TimeSpent,
    /// What made numbers worse while it ran.
    pub warnings: Vec<Warning>,
    /// How fast the machine was beside when it is quiet; absent where no job was measured.
    pub machine: Option<MachinePace>,
    /// Under which name it was published, where it was.
    pub published: Option<Publication>,
}

/// Which pass a job belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt {
    /// The iteration; 0 is priming and counts in no estimate.
    pub iteration: u32,
    /// The job's place in the order of the whole run, from 0.
    pub position: u64,
    /// How often its block was measured before: 1 in one that is measured again, whole.
    pub repeat: u32,
}

/// What one job left.
#[derive(Clone, Debug, PartialEq)]
pub struct JobFacts {
    /// The case's id.
    pub case: Case,
    /// The job's name in the story.
    pub job: JobName,
    /// Which pass.
    pub attempt: Attempt,
    /// When it began, RFC 3339 in UTC.
    pub started: Timestamp,
    /// Warnings about the machine at the time of a resume; set on the first job after one.
    pub resumed: Option<Vec<Warning>>,
    /// The calibration load, where it was done just before this job.
    pub probe: Option<Probe>,
    /// Which draw of its case's primed state it makes or started from, from 0.
    pub state: u32,
    /// The place in the run's parts of the one that measured it; absent where there are none.
    pub part: Option<u32>,
    /// What each command of the build step took, in their order; empty where none was given.
    pub commands: Vec<CommandFact>,
    /// What was odd while it ran, such as a process that could not be ended.
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
    /// What an archive brought, and how much of it the build used.
    pub restored: Option<RestoredFacts>,
    /// What the build made; absent for a job that failed, and where nobody looked.
    pub outputs: Option<JobOutputs>,
    /// The builds that were made only to compare with, just before this job or after it.
    pub uncached: Vec<UncachedBuild>,
    /// What the finished program printed, its beginning; absent where a job is measured, and where
    /// no program ran.
    pub printed: Option<String>,
    /// What the same build did once more; absent where nobody looked.
    pub settled: Option<SettledFacts>,
    /// What was looked at to believe the job, and what was seen.
    pub checks: Vec<Check>,
    /// Why it has no result, where it has none.
    pub failure: Option<Failure>,
    /// What its copies left, where several ran at once: then steps, units, statements and outputs
    /// are theirs, and empty here. Absent for a job that ran alone.
    pub copies: Option<CopiesFacts>,
}

impl RunFacts {
    /// What differs of the conditions that a run was made under: host, toolchains of the
    /// workspaces that both have, and lukewarm itself.
    pub fn conditions_that_differ(&self, other: &RunFacts) -> Vec<Difference> {
        let mut found = self.host.differences(&other.host);
        let (is, was) = (self.lukewarm.clone(), other.lukewarm.clone());
        found.extend(Difference::between("lukewarm", is, was));
        // Two builds of one version are two programs. An old record does not say which it was.
        if let (Some(is), Some(was)) = (&self.executable, &other.executable) {
            let [is, was] = [is, was].map(|it| format!("SHA-256 {it:.12}"));
            found.extend(Difference::between("executable of lukewarm", is, was));
        }
        found.extend(Runner::difference(self.plan.runner, other.plan.runner));
        let shown = |it: &Toolchain| format!("{}, {}", it.rustc, it.cargo);
        found.extend(entries("toolchain of", &self.toolchains, &other.toolchains, shown));
        let commands = |it: &RunFacts| {
            let all: Vec<String> = it.plan.commands.iter().map(ToString::to_string).collect();
            if all.is_empty() { "cargo build --workspace".to_owned() } else { all.join("; ") }
        };
        found.extend(Difference::between("command", commands(self), commands(other)));
        let copies = |it: &RunFacts| it.plan.story.at_once_in_words();
        found.extend(Difference::between("jobs", copies(self), copies(other)));
        found.extend(VariableValue::differences(&self.variables, &other.variables));
        found
    }

    /// What differs of what a run measured: tools, workspaces and edits that both have.
    pub fn subjects_that_differ(&self, other: &RunFacts) -> Vec<Difference> {
        let shown = |it: &ToolIdentity| format!("{} ({:.12})", it.version, it.sha256);
        let mut found = entries("tool", &self.tools, &other.tools, shown);
        let shown = |it: &String| format!("SHA-256 {it:.12}");
        found.extend(entries("content of workspace", &self.sources, &other.sources, shown));
        let all = |it: &RunFacts| {
            let edits = it.edits.iter().flat_map(|(workspace, all)| {
                all.iter().map(move |edit| (format!("{} of {workspace}", edit.change()), edit))
            });
            edits.map(|(name, edit)| (name, edit.clone())).collect::<BTreeMap<_, _>>()
        };
        let shown = |it: &EditChoice| format!("{} in `{}`", it.form, it.package);
        found.extend(entries("edit", &all(self), &all(other), shown));
        found
    }
}

/// What differs among the entries that both have.
fn entries<K: Ord + Display, T>(
    what: &str,
    here: &BTreeMap<K, T>,
    there: &BTreeMap<K, T>,
    shown: impl Fn(&T) -> String,
) -> Vec<Difference> {
    let both = here.iter().filter_map(|(name, here)| Some((name, here, there.get(name)?)));
    let differs = |(name, is, was): (&K, &T, &T)| {
        Difference::between(&format!("{what} {name}"), shown(is), shown(was))
    };
    both.filter_map(differs).collect()
}

impl JobFacts {
    /// The facts of a job before any step has run.
    pub fn new(case: Case, job: JobName, attempt: Attempt, started: Timestamp) -> JobFacts {
        JobFacts {
            case,
            job,
            attempt,
            started,
            resumed: None,
            probe: None,
            state: 0,
            part: None,
            commands: Vec::new(),
            warnings: Vec::new(),
            steps: Vec::new(),
            units: Vec::new(),
            statements: Vec::new(),
            service: None,
            kept_bytes: None,
            restored: None,
            outputs: None,
            uncached: Vec::new(),
            printed: None,
            settled: None,
            checks: Vec::new(),
            failure: None,
            copies: None,
        }
    }

    /// Whether a limit of its service refused a request or pushed an entry out.
    pub fn met_a_limit(&self) -> bool {
        const TOO_MANY: u16 = 429;
        let refused = |step: &StepFacts| {
            step.ledger.as_ref().is_some_and(|it| it.by_status.contains_key(&TOO_MANY))
        };
        let evicted = self.service.as_ref().is_some_and(|service| service.evicted > 0);
        evicted || self.all_steps().any(refused)
    }

    /// Wall-clock time of all steps; of copies, from the first one's start to the last one's end.
    pub fn wall(&self) -> Seconds {
        let steps = || self.steps.iter().map(|step| step.wall).sum();
        self.copies.as_ref().map_or_else(steps, CopiesFacts::wall)
    }
}
