//! Why a command could not be carried out: its kind, and what is said of it.
//! Owns the one way by which errors of other crates reach the exit code: only those that have a
//! kind do.

use std::fmt;

use lukewarm_model::{Classify, ErrorKind, causes};

/// A command that could not be carried out.
#[derive(Debug)]
pub struct Failure {
    kind: ErrorKind,
    /// What happened, and below it each cause, the outermost first.
    texts: Vec<String>,
}

/// What a command comes to.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// What was typed, or a file that it names, is wrong.
    pub fn input(what: impl fmt::Display) -> Failure {
        Failure { kind: ErrorKind::Input, texts: vec![what.to_string()] }
    }

    /// The machine, or how the program was started, does not let it work.
    pub fn environment(what: impl fmt::Display) -> Failure {
        Failure { kind: ErrorKind::Environment, texts: vec![what.to_string()] }
    }

    /// The program itself is wrong.
    pub fn bug(what: impl fmt::Display) -> Failure {
        Failure { kind: ErrorKind::Bug, texts: vec![what.to_string()] }
    }

    /// Its kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What happened, and below it each cause, the outermost first.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The same, with what it happened to.
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

/// Says what an error happened to.
pub trait Context<T> {
    /// The same with these words before it.
    fn context(self, what: impl fmt::Display) -> Result<T>;

    /// The same with words that are only made for an error.
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

/// Ends the function: what was asked for is wrong.
macro_rules! bail {
    ($($words:tt)+) => {
        return Err($crate::failure::Failure::input(format!($($words)+)))
    };
}

/// Ends the function where a condition does not hold: what was asked for is wrong.
macro_rules! ensure {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            $crate::failure::bail!($($words)+);
        }
    };
}

pub(crate) use {bail, ensure};

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
