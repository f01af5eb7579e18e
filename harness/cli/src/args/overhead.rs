//! The arguments of `lukewarm overhead`.
//! Owns the syntax only.

use clap::Args;

use super::PlaceArgs;

#[derive(Debug, Args)]
pub struct OverheadArgs {
    /// Names of compiler wrappers, which are installed where they are missing [default: all that
    /// are found]
    #[arg(value_name = "TOOL")]
    pub wrappers: Vec<String>,
    /// Number of pairs of each call, direct and wrapped
    #[arg(
        long,
        value_name = "N",
        default_value_t = 400,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub pairs: u32,
    /// Seed of the order within pairs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub places: PlaceArgs,
}
