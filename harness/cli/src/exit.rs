//! Exit codes, as the documentation lists them.
//! Owns their numbers.

use std::process::ExitCode;

use lukewarm_model::ErrorKind;
use lukewarm_report::Trust;

use crate::terminal;

/// The outcome that an exit code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for was done.
    Fine,
    /// The gate found that something got worse, or the output of a job is wrong.
    Regression,
    /// The measurements do not decide the comparison, or a claim.
    Inconclusive,
    /// A run is incomplete, or some of its jobs failed or are not valid.
    CasesFailed,
    /// Bad input, or an environment in which the command cannot work.
    BadInput,
    /// A bug in lukewarm.
    Bug,
}

impl Exit {
    /// The outcome of a command that measured or reported a run.
    pub fn of(trust: Trust) -> Exit {
        match trust {
            Trust::Sound => Exit::Fine,
            Trust::WrongOutput => Exit::Regression,
            Trust::Incomplete | Trust::Failed | Trust::Doubtful => Exit::CasesFailed,
        }
    }

    /// The outcome of a command that failed with an error of this kind.
    pub fn of_failure(kind: ErrorKind) -> Exit {
        match kind {
            ErrorKind::Input | ErrorKind::Environment => Exit::BadInput,
            // Not an error, but the work is not done.
            ErrorKind::Interrupted => Exit::CasesFailed,
            ErrorKind::Bug => Exit::Bug,
        }
    }

    /// The exit code.
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Exit::Fine => 0,
            Exit::Regression => 1,
            Exit::Inconclusive => 2,
            Exit::CasesFailed => 3,
            Exit::BadInput => 4,
            // The same as of a panic.
            Exit::Bug => 101,
        })
    }
}

/// Prints an error of the command line, or the help that was asked for.
pub fn usage(error: &clap::Error) -> ExitCode {
    terminal::usage(error);
    match error.use_stderr() {
        true => Exit::BadInput.code(),
        false => Exit::Fine.code(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;

    use lukewarm_cache_services::ServiceError;
    use lukewarm_plan::{Problem, Problems};
    use lukewarm_record::RecordError;
    use lukewarm_report::ReportError;
    use lukewarm_runner::RunnerError;
    use lukewarm_session::{PublicationError, SessionError};

    use super::*;
    use crate::failure::Failure;

    fn wording() -> RecordError {
        RecordError::Wording { what: "a fact".to_owned(), source: "no".into() }
    }

    fn stopped(source: RunnerError) -> SessionError {
        SessionError::Stopped { folder: PathBuf::from("a"), source: Box::new(source) }
    }

    fn full() -> io::Error {
        io::Error::from(io::ErrorKind::StorageFull)
    }

    #[test]
    fn each_kind_of_error_has_its_exit() {
        let problem = Problem { place: "--network".to_owned(), what: "unknown".to_owned() };
        let folder = PathBuf::from("a");
        let cases: [(&str, Failure, Exit); 14] = [
            ("a selection", Problems(vec![problem]).into(), Exit::BadInput),
            ("no journal", RecordError::NoJournal("a".into()).into(), Exit::BadInput),
            ("a full disk", full().into(), Exit::BadInput),
            ("a taken name", PublicationError::Name(String::new()).into(), Exit::BadInput),
            ("a token", ServiceError::Unsendable.into(), Exit::BadInput),
            ("a folder", ServiceError::Folder { folder, source: full() }.into(), Exit::BadInput),
            ("bad input of a run", RunnerError::Input("a".to_owned()).into(), Exit::BadInput),
            ("no tool", RunnerError::Environment("a".to_owned()).into(), Exit::BadInput),
            ("Ctrl-C before the first job", RunnerError::Cancelled.into(), Exit::CasesFailed),
            ("a report", ReportError::Xml(io::Error::other("no")).into(), Exit::Bug),
            ("a fact without words", wording().into(), Exit::Bug),
            (
                "the same while a run is kept",
                stopped(RunnerError::Observer(Box::new(wording()))).into(),
                Exit::Bug,
            ),
            (
                "a full disk while a run is kept",
                stopped(RunnerError::Observer(Box::new(RecordError::Write {
                    path: PathBuf::from("a"),
                    source: full(),
                })))
                .into(),
                Exit::BadInput,
            ),
            ("the same, said of something", Failure::from(wording()).context("b"), Exit::Bug),
        ];
        for (what, failure, exit) in cases {
            assert_eq!(Exit::of_failure(failure.kind()), exit, "{what}: {failure:?}");
        }
    }
}
