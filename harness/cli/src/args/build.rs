//! The arguments for what a job builds.
//! Owns the syntax only.

use std::path::PathBuf;

use clap::Args;

#[derive(Clone, Debug, Default, Args)]
pub struct BuildArgs {
    /// Cargo command that each job runs, in quotes, such as `cargo test --no-run`; may be repeated:
    /// the commands run one after the other [default: `cargo build --workspace`]
    #[arg(long, value_name = "COMMAND", conflicts_with = "cargo")]
    pub command: Vec<String>,
    /// Variable for every job: `NAME=VALUE`, or `NAME` with the value that it has here, which is
    /// not recorded; may be repeated
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub env: Vec<String>,
    /// File with variables for every job, a line `NAME=VALUE` for each; their values are not
    /// recorded; may be repeated
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// Cargo command that each job runs, such as `-- cargo test --no-run --workspace`
    #[arg(last = true, value_name = "CARGO COMMAND")]
    pub cargo: Vec<String>,
}
