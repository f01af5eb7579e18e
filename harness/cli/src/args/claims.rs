//! What was typed behind `lukewarm claims`.

use std::path::PathBuf;

use clap::Args;

use super::PlaceArgs;

#[derive(Clone, Debug, Args)]
pub struct ClaimsArgs {
    /// Claims, by id [default: all of them]
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Two iterations: enough for what repeats exactly, too few for times
    #[arg(long)]
    pub quick: bool,
    /// Show which runs would serve the claims, and run nothing
    #[arg(long)]
    pub plan: bool,
    /// Measure nothing: judge by the runs in this folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["quick", "plan", "again"])]
    pub from: Option<PathBuf>,
    /// Measure nothing: fix the text and the bounds of the claims as they stand, in their files. A
    /// verdict from runs that began before that says that it is explored
    #[arg(long, conflicts_with_all = ["quick", "plan", "again", "from", "into", "json"])]
    pub register: bool,
    /// Measure everything again, instead of taking earlier runs of this machine where they serve
    #[arg(long)]
    pub again: bool,
    /// Also write the table of verdicts into this Markdown file, between its markers; may be
    /// repeated
    #[arg(long, value_name = "FILE")]
    pub into: Vec<PathBuf>,
    /// Print everything for machines
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub places: PlaceArgs,
    /// The folder that results go into, and that earlier runs are looked for in [default: `results`
    /// of the checkout; without one `lukewarm-results`]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
