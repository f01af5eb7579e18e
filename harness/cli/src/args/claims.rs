//! The arguments of `lukewarm claims`.
//! Owns the syntax only.

use std::path::PathBuf;

use clap::Args;

use super::{PlaceArgs, RunnerArgs, ShardArgs};

#[derive(Clone, Debug, Args)]
pub struct ClaimsArgs {
    /// Ids of claims [default: all]
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Run two iterations: enough for counts and bytes, too few for times
    #[arg(long)]
    pub quick: bool,
    /// Show which runs would test the claims, and run nothing
    #[arg(long)]
    pub plan: bool,
    /// Judge the claims by the runs in this folder, and measure nothing
    #[arg(long, value_name = "DIR", conflicts_with_all = ["quick", "plan", "again"])]
    pub from: Option<PathBuf>,
    /// Register the text and the bounds of the claims in their files, and measure nothing. Verdicts
    /// from runs that began before the registration are marked as explored
    #[arg(long, conflicts_with_all = ["quick", "plan", "again", "from", "into", "json"])]
    pub register: bool,
    /// Measure everything again, instead of using earlier runs of this machine
    #[arg(long)]
    pub again: bool,
    /// Also write the table of verdicts into this Markdown file, between the lines
    /// `<!-- claims -->` and `<!-- end of claims -->`; may be repeated
    #[arg(long, value_name = "FILE")]
    pub into: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub shard: ShardArgs,
    #[command(flatten)]
    pub runner: RunnerArgs,
    #[command(flatten)]
    pub places: PlaceArgs,
    /// Folder for results, which is also searched for earlier runs [default: `results` of the
    /// checkout, or `lukewarm-results` without a checkout]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
