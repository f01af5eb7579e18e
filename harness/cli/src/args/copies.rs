//! The options of jobs that run several times at once. Owns their syntax only.

use clap::Args;
use lukewarm_model::Seconds;

/// How often jobs run at once.
#[derive(Clone, Debug, Default, Args)]
pub struct CopiesArgs {
    /// Run so many copies of each job at once (2 to 8), with one cache service between them, as a
    /// matrix of CI jobs does; needs root, or a user namespace [default: as the story says]
    #[arg(long, value_name = "N")]
    pub at_once: Option<u32>,
    /// Start each copy so much later than the one before it, such as `5s` [default: all together]
    #[arg(long, value_name = "TIME")]
    pub stagger: Option<Seconds>,
}
