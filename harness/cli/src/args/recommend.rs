//! The arguments of `lukewarm recommend`.
//! Owns the syntax only.

use std::path::PathBuf;

use clap::Args;
use lukewarm_analysis::GivenShares;
use lukewarm_model::{Keyword, Seconds};
use lukewarm_report::RecommendationFormat;

use super::keyword::keyword;

#[derive(Debug, Args)]
pub struct RecommendArgs {
    /// Results folder of the run, or its name below `results` [default: the newest run]
    #[arg(value_name = "RUN")]
    pub run: Option<PathBuf>,
    /// Number of CI jobs in a month, for savings
    #[arg(long, value_name = "N", default_value_t = 2000)]
    pub jobs_per_month: u32,
    /// How often each job of the story comes, in any unit [default: unchanged=20, leaf-body=60,
    /// core-signature=15, cold=5, as far as the story has them; else all but the first equally]
    #[arg(long, value_name = "JOB=SHARE,…")]
    pub mix: Option<GivenShares>,
    /// Runner of the prices file that jobs are billed by [default: the smallest with as many CPUs
    /// as the run had]
    #[arg(long, value_name = "NAME")]
    pub runner: Option<String>,
    /// Time of each job beside what was measured, such as checkout and toolchain; it counts in
    /// whole billed minutes
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = time)]
    pub other_time: Seconds,
    /// Recommend this scenario, whatever the ranking says
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Output format
    #[arg(
        long,
        value_parser = keyword::<RecommendationFormat>(),
        value_name = "FORMAT",
        default_value = RecommendationFormat::Human.word(),
        conflicts_with_all = ["workflow", "diff"]
    )]
    pub format: RecommendationFormat,
    /// Print a workflow of GitHub Actions that caches as recommended
    #[arg(long, conflicts_with = "diff")]
    pub workflow: bool,
    /// Print the changes to this workflow file as a unified diff: in each job that runs cargo, the
    /// recommended cache steps replace the present ones
    #[arg(long, value_name = "FILE")]
    pub diff: Option<PathBuf>,
}

fn time(text: &str) -> Result<Seconds, String> {
    text.parse().map_err(|error: lukewarm_model::ParseUnitError| error.to_string())
}
