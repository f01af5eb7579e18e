//! The error of a command: its kind, and its messages.
//! Owns the only way by which errors of other crates reach the exit code: they must have a kind.

use std::fmt;

use lukewarm_model::{Classify, ErrorKind, causes};

/// The error of a command.
#[derive(Debug)]
pub struct Failure {
    kind: ErrorKind,
    /// The message and those of its causes, the outermost first.
    texts: Vec<String>,
}

/// The result of a command.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// An error in the arguments, or in a file that they name.
    pub fn input(what: impl fmt::Display) -> Failure {
        Failure { kind: ErrorKind::Input, texts: vec![what.to_string()] }
    }

    /// A bug in lukewarm.
    pub fn bug(what: impl fmt::Display) -> Failure {
        Failure { kind: ErrorKind::Bug, texts: vec![what.to_string()] }
    }

    /// The kind, which decides the exit code.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message and those of its causes, the outermost first.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The same error with a message before it.
    pub fn context(mut self, what: impl fmt::Display) -> Failure {
        self.texts.insert(0, what.to_string());
        self
    }
}

impl<E: Classify + 'static> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure { kind: error.kind(), texts: causes(&error).map(ToString::to_string).collect() }
    }
}

/// Adds a message to errors.
pub trait Context<T> {
    /// The same result, its error with a message before it.
    fn context(self, what: impl fmt::Display) -> Result<T>;

    /// The same with a message that is only made for an error.
    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T>;
}

impl<T, E: Into<Failure>> Context<T> for std::result::Result<T, E> {
    fn context(self, what: impl fmt::Display) -> Result<T> {
        self.map_err(|error| error.into().context(what))
    }

    fn with_context<D: fmt::Display>(self, what: impl FnOnce() -> D) -> Result<T> {
        self.map_err(|error| error.into().context(what()))
    }
}

/// Returns an input error.
macro_rules! bail {
    ($($words:tt)+) => {
        return Err($crate::failure::Failure::input(format!($($words)+)))
    };
}

pub(crate) use bail;

#[cfg(test)]
mod tests {
    use lukewarm_report::{ChartError, ReportError};

    use super::*;

    #[test]
    fn a_failure_has_the_kind_of_its_error_and_every_cause() {
        let error = ReportError::Charts(ChartError::TooLarge { width: 9, height: 8 });
        let failure = Failure::from(error).context("reporting");
        assert_eq!(failure.kind(), ErrorKind::Input);
        let [first, second, third] = failure.texts() else { panic!("{failure:?}") };
        assert_eq!((first.as_str(), second.as_str()), ("reporting", "cannot draw the charts"));
        assert!(third.contains("9×8 pixels"), "{third}");
        let said = || -> Result<()> { bail!("no `{}`", "a") };
        assert_eq!(said().unwrap_err().texts(), ["no `a`"]);
    }
}
