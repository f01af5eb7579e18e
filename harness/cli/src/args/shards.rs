//! The arguments of what is measured in parts: shards, their files, and merging.
//! Owns the syntax only: what the variables of a job mean is the session's.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use lukewarm_model::{ParseShardError, Shard};

/// Which part of a plan is measured here, and where it goes.
#[derive(Clone, Debug, Default, Args)]
pub struct ShardArgs {
    /// Measure only every Nth block, from the Kth on; `none` measures all of them here [default:
    /// as the variables of a Slurm array, Kubernetes Indexed Job, GitLab or Buildkite job say]
    #[arg(long, value_name = "K/N|none")]
    pub shard: Option<ShardChoice>,
    /// Pack the record into this file, or into a file in this folder, to be merged elsewhere; for
    /// `claims` always a folder [default: beside the results folder for a shard]
    #[arg(long, value_name = "FILE|DIR")]
    pub shard_file: Option<PathBuf>,
}

/// The part of a plan that `run` measures.
#[derive(Clone, Debug, Default, Args)]
pub struct PortionArgs {
    #[command(flatten)]
    pub shard: ShardArgs,
    /// Begin at this block, behind those of an earlier run of the same plan: `-n 10 --first-block
    /// 11` adds ten blocks to ten
    #[arg(long, value_name = "N")]
    pub first_block: Option<u32>,
}

/// A shard, or that there is none whatever variables say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardChoice {
    /// Everything is measured here.
    Everything,
    /// This one.
    One(Shard),
}

impl FromStr for ShardChoice {
    type Err = ParseShardError;

    fn from_str(text: &str) -> Result<ShardChoice, ParseShardError> {
        match text {
            "none" => Ok(ShardChoice::Everything),
            text => text.parse().map(ShardChoice::One),
        }
    }
}

#[derive(Debug, Args)]
pub struct PackArgs {
    /// Results folder of the run, or its name below `results`
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// File to write, or a folder for it [default: beside the results folder]
    #[arg(long, value_name = "FILE|DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Files `*.lukewarm.tar.zst` and results folders; another folder stands for all such files
    /// below it, or else for all results folders
    #[arg(value_name = "FILE|DIR", required = true)]
    pub records: Vec<PathBuf>,
    /// Make a record of each plan, where records of several are there, such as those of claims
    #[arg(long)]
    pub by_plan: bool,
    /// Folder for results [default: `results` of the checkout, or `lukewarm-results` without a
    /// checkout]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
