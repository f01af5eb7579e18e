//! The files with which an engine that gives its jobs an index runs shards and merges them: a
//! workflow of GitHub Actions, manifests of Kubernetes, scripts of Slurm. Owns their words and each
//! engine's limits. It must not know what a shard measures or costs.

mod github;
mod kubernetes;
mod measurement;
mod slurm;
#[cfg(test)]
mod tests;

pub use github::GithubJobs;
pub use kubernetes::ShardPod;
pub use measurement::{EngineError, ShardedMeasurement};

use lukewarm_model::text::one_line;

use crate::ReportFile;

/// The most jobs of one matrix
/// (<https://docs.github.com/en/actions/reference/limits>).
const GITHUB_JOBS: u32 = 256;

/// The most pods of a Job that are started without a limit of their number at once
/// (<https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/>).
const KUBERNETES_PODS: u32 = 10_000;

/// The most tasks of an array, where the queue says nothing else
/// (`MaxArraySize` of <https://slurm.schedmd.com/slurm.conf.html>).
const SLURM_TASKS: u32 = 1000;

/// What runs the shards, with what its files need to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// GitHub Actions.
    Github(GithubJobs),
    /// Kubernetes.
    Kubernetes(ShardPod),
    /// Slurm.
    Slurm,
}

/// The files for an engine, in the order in which they are used; byte-identical for the same
/// measurement.
///
/// # Errors
/// When the engine cannot run it so, or its files cannot hold a word of it.
pub fn engine_files(
    engine: &Engine,
    measurement: &ShardedMeasurement<'_>,
) -> Result<Vec<ReportFile>, EngineError> {
    check(engine, measurement)?;
    match engine {
        Engine::Github(jobs) => github::files(jobs, measurement),
        Engine::Kubernetes(pod) => kubernetes::files(pod, measurement),
        Engine::Slurm => slurm::files(measurement),
    }
}

/// Refuses what an engine would take otherwise than it was meant.
fn check(engine: &Engine, measurement: &ShardedMeasurement<'_>) -> Result<(), EngineError> {
    let (name, most) = match engine {
        Engine::Github(_) => ("GitHub", GITHUB_JOBS),
        Engine::Kubernetes(_) => ("Kubernetes", KUBERNETES_PODS),
        Engine::Slurm => ("Slurm", SLURM_TASKS),
    };
    let shards = measurement.shards;
    if !(1..=most).contains(&shards) {
        return Err(EngineError::Shards { shards, engine: name, most });
    }
    if !measurement.has_name() {
        return Err(EngineError::Name(measurement.name.to_owned()));
    }
    if measurement.time_limit.0 < 300.0 {
        return Err(EngineError::Time(measurement.time_limit));
    }
    let own: &[&str] = match engine {
        Engine::Github(jobs) => &[&jobs.runs_on, &jobs.repository],
        Engine::Kubernetes(pod) => &[&pod.image],
        Engine::Slurm => &[],
    };
    let words = measurement.words.iter().chain(measurement.command).map(String::as_str);
    words.chain(own.iter().copied()).try_for_each(|text| check_text(engine, text))
}

fn check_text(engine: &Engine, text: &str) -> Result<(), EngineError> {
    let line = one_line(text);
    let refuse = |why| Err(EngineError::Text { text: line.clone().into_owned(), why });
    if line != text {
        return refuse("it has a line break, or another character that is not seen");
    }
    if matches!(engine, Engine::Github(_)) && text.contains("${{") {
        return refuse("GitHub would replace `${{ … }}` in it");
    }
    Ok(())
}
