//! The arguments of `lukewarm check`: those of a plan, and whether it builds.
//! Owns their names and words. It must not read a file.

use clap::Args;

use super::PlanArgs;

#[derive(Clone, Debug, Default, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Also build each workspace once from nothing, and show what that takes
    #[arg(long)]
    pub time: bool,
}
