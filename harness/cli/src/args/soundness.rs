//! The arguments of `lukewarm soundness` and `lukewarm museum`.
//! Owns the syntax only.

use std::path::PathBuf;

use clap::Args;
use lukewarm_model::{Keyword, Seconds};
use lukewarm_report::SoundnessFormat;

use super::keyword::keyword;
use super::{PlaceArgs, ShardArgs};

#[derive(Debug, Args)]
pub struct SoundnessArgs {
    /// Scenarios that are tested; `NAME@VERSION` selects a version of the cache tool [default: of
    /// every tool that is found the one with its own disk]
    #[arg(value_name = "TOOL")]
    pub scenarios: Vec<String>,
    /// Test only this one; may be repeated [default: all]
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Print the table of an earlier run, and run nothing: a results folder, or its name below
    /// `results`
    #[arg(long, value_name = "RUN", conflicts_with_all = ["scenarios", "only", "out"])]
    pub from: Option<PathBuf>,
    /// Output format
    #[arg(
        long,
        value_parser = keyword::<SoundnessFormat>(),
        value_name = "FORMAT",
        default_value = SoundnessFormat::Human.word()
    )]
    pub format: SoundnessFormat,
    /// The most that one job may take, such as `5m`
    #[arg(long, value_name = "TIME")]
    pub job_timeout: Option<Seconds>,
    #[command(flatten)]
    pub shard: ShardArgs,
    #[command(flatten)]
    pub places: PlaceArgs,
    /// Folder for results [default: `results` of the checkout, or `lukewarm-results` without a
    /// checkout]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
