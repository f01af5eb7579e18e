//! The arguments of `lukewarm list`.
//! Owns the syntax only.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct ListArgs {
    /// List only this kind
    #[arg(value_enum, value_name = "KIND")]
    pub kind: Option<ListKind>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A kind that can be listed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListKind {
    /// Claims, with their experiments and published verdicts
    Claims,
}
