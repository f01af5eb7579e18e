//! The arguments of `lukewarm check`: those of a plan, and whether it builds.
//! Owns their names and words. It must not read a file.

use clap::Args;
use clap::builder::RangedI64ValueParser;
use lukewarm_model::MOST_SHARDS;

use super::PlanArgs;

#[derive(Clone, Debug, Default, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Also build each workspace once from nothing, and show what that takes
    #[arg(long)]
    pub time: bool,
    /// Show what dealing the blocks out to up to N machines costs, and how many are worth it
    #[arg(long, value_name = "N", value_parser = shards())]
    pub shards: Option<u32>,
}

fn shards() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(MOST_SHARDS))
}
