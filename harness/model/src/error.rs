//! What kind of error something is, and how an error reads together with its causes.
//! Owns the kinds that exit codes follow from, and the one way to print a chain on one line. It
//! must not name an error of another crate: each says its kind itself.

use std::error::Error;
use std::fmt;

/// What would have to change for the same command to succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was asked for: an argument, a definition file, a results folder, a workspace.
    Input,
    /// The machine: a missing program, a full disk, no network, no right to a folder.
    Environment,
    /// Nothing: a signal asked the program to stop.
    Interrupted,
    /// The program itself: a bug in lukewarm.
    Bug,
}

/// An error that says of which kind it is.
pub trait Classify: Error {
    /// The kind of this error. An error that wraps another usually has the kind of that one.
    fn kind(&self) -> ErrorKind;
}

/// What the system refuses is of the environment.
impl Classify for std::io::Error {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Environment
    }
}

impl Classify for crate::ParseUnitError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl Classify for crate::ParseFaultError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl Classify for crate::ParseLatencyError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

/// An error and its causes on one line: `outermost: cause: innermost`. A cause that the text
/// before it quotes already is left out.
#[derive(Clone, Copy, Debug)]
pub struct ErrorChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        for error in causes(self.0) {
            let next = error.to_string();
            match text.is_empty() {
                true => text = next,
                false if text.contains(&next) => {}
                false => text = format!("{text}: {next}"),
            }
        }
        f.write_str(&text)
    }
}

/// An error and its causes, the outermost first.
pub fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |it: &&'a (dyn Error + 'static)| {
        let error: &'a (dyn Error + 'static) = *it;
        error.source()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct CauseStep {
        text: &'static str,
        source: Option<Box<CauseStep>>,
    }

    fn chain(texts: &[&'static str]) -> CauseStep {
        let source = (texts.len() > 1).then(|| Box::new(chain(&texts[1..])));
        CauseStep { text: texts[0], source }
    }

    #[test]
    fn a_chain_has_each_cause_once() {
        let error = chain(&["cannot read a.toml", "no such file"]);
        assert_eq!(ErrorChain(&error).to_string(), "cannot read a.toml: no such file");
        let quoting = chain(&["cannot start: no such file", "no such file", "os error 2"]);
        assert_eq!(ErrorChain(&quoting).to_string(), "cannot start: no such file: os error 2");
        assert_eq!(causes(&quoting).count(), 3);
    }
}
