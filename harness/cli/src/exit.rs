//! Exit codes, as the README documents them.
//! Owns their numbers.

use std::process::ExitCode;

use lukewarm_record::RecordError;
use lukewarm_report::{ReportError, Trust};

use crate::terminal;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for was done.
    Fine,
    /// The gate found that something got worse.
    Regression,
    /// What was measured decides nothing: of the gate, or of a claim.
    Inconclusive,
    /// A run was cut off, or some of its jobs failed or may not be believed.
    CasesFailed,
    /// Bad input, or an environment that does not let us work.
    BadInput,
    /// A bug in lukewarm.
    Bug,
}

impl Exit {
    /// How a command ends that measured or reported a run.
    pub fn of(trust: Trust) -> Exit {
        match trust {
            Trust::Sound => Exit::Fine,
            Trust::Incomplete | Trust::Failed | Trust::Doubtful => Exit::CasesFailed,
        }
    }

    /// How a command ends that could not go on: what our own reports and files cannot hold is our
    /// mistake, all else one of the input or the environment.
    pub fn of_error(error: &anyhow::Error) -> Exit {
        let is_bug = error.chain().any(|cause| {
            let record = cause.downcast_ref::<RecordError>();
            cause.is::<ReportError>() || matches!(record, Some(RecordError::Wording { .. }))
        });
        if is_bug { Exit::Bug } else { Exit::BadInput }
    }

    /// The number for the shell.
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Exit::Fine => 0,
            Exit::Regression => 1,
            Exit::Inconclusive => 2,
            Exit::CasesFailed => 3,
            Exit::BadInput => 4,
            // What a panic ends with, too.
            Exit::Bug => 101,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_our_own_mistake_is_told_apart() {
        let ours = ReportError::Xml(std::io::Error::other("no"));
        let ours = anyhow::Error::from(ours).context("reporting");
        assert_eq!(Exit::of_error(&ours), Exit::Bug);
        let source = "no".into();
        let ours = RecordError::Wording { what: "a fact".to_owned(), source };
        assert_eq!(Exit::of_error(&ours.into()), Exit::Bug);
        let theirs = RecordError::NoJournal("a".into());
        assert_eq!(Exit::of_error(&theirs.into()), Exit::BadInput);
        assert_eq!(Exit::of_error(&anyhow::anyhow!("no such file")), Exit::BadInput);
    }
}
