//! The arguments of `lukewarm ci`.
//! Owns the syntax only.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lukewarm_model::{Bytes, Seconds};

#[derive(Debug, Args)]
pub struct CiArgs {
    /// Engine that runs the jobs
    #[arg(value_enum, value_name = "ENGINE")]
    pub engine: EngineName,
    /// Number of shards: jobs, each with its share of the iterations
    #[arg(long, value_name = "N")]
    pub shards: u32,
    /// Name of the measurement: of its files, jobs, and the folder that they share
    #[arg(long, value_name = "NAME", default_value = "lukewarm")]
    pub name: String,
    /// Time after which a shard is stopped, such as `5h`; what it measured by then is merged
    #[arg(long, value_name = "TIME", default_value = "5h", value_parser = time)]
    pub time_limit: Seconds,
    /// Label of the runners, for github [default: ubuntu-latest]
    #[arg(long, value_name = "LABEL")]
    pub runs_on: Option<String>,
    /// Repository of lukewarm, which is built there, for github [default: OWNER/lukewarm, which
    /// you replace]
    #[arg(long, value_name = "OWNER/NAME")]
    pub repository: Option<String>,
    /// Image of the pods, such as one built by the `Containerfile`, for kubernetes [default:
    /// lukewarm with the tag of this version]
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// CPUs of a shard's pod, for kubernetes [default: 4]
    #[arg(long, value_name = "N")]
    pub pod_cpus: Option<u32>,
    /// Memory of a shard's pod, for kubernetes [default: 16 GB]
    #[arg(long, value_name = "SIZE")]
    pub pod_memory: Option<Bytes>,
    /// Write the files into this folder, such as `.github/workflows`, instead of printing them
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Everything from the first scenario on: arguments of `lukewarm run`, as each shard gets them
    #[arg(value_name = "RUN ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub run: Vec<String>,
}

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineName {
    /// A workflow of GitHub Actions
    Github,
    /// Manifests of Kubernetes
    Kubernetes,
    /// Scripts of Slurm
    Slurm,
}

fn time(text: &str) -> Result<Seconds, String> {
    text.parse().map_err(|error: lukewarm_model::ParseUnitError| error.to_string())
}
