//! Exit codes, as the README documents them.
//! Owns their numbers.

use std::process::ExitCode;

use crate::terminal;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for was done.
    Fine,
    /// The gate found that something got worse.
    Regression,
    /// The gate cannot decide by what was measured.
    Inconclusive,
    /// A run is invalid, was cut off, or some of its cases failed.
    CasesFailed,
    /// Bad input, or an environment that does not let us work.
    BadInput,
}

impl Exit {
    /// The number for the shell.
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Exit::Fine => 0,
            Exit::Regression => 1,
            Exit::Inconclusive => 2,
            Exit::CasesFailed => 3,
            Exit::BadInput => 4,
        })
    }
}

/// Tells a mistake on the command line, or prints the help that was asked for.
pub fn usage(error: &clap::Error) -> ExitCode {
    terminal::usage(error);
    match error.use_stderr() {
        true => Exit::BadInput.code(),
        false => Exit::Fine.code(),
    }
}
