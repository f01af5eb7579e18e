//! The command line: arguments, progress, printing and exit codes.
//! Owns the terminal, signals and the process's own environment. It must not hold logic.

mod args;
mod commands;
mod exit;
mod failure;
mod paths;
mod progress;
mod signals;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use lukewarm_plan::VariationSet;

use args::{Arguments, Command};
use exit::Exit;

/// Parses a command line and runs nothing: for the tests of documents.
///
/// # Errors
/// When it cannot be parsed, or asks for help.
pub fn understand(words: &[&str]) -> Result<(), clap::Error> {
    Arguments::try_parse_from(words).map(drop)
}

/// Runs the program and gives its exit code: 0 fine, 1 regression, 2 inconclusive, 3 jobs failed or
/// their results are not valid, 4 bad input or environment, 101 a bug.
pub fn main(words: Vec<OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    let command = arguments.command.unwrap_or_default();
    let result = match command {
        Command::Run(args) => commands::run::run(&arguments.common, &args),
        Command::List(args) => commands::list::run(&arguments.common, &args),
        Command::Check(args) => commands::check::run(&arguments.common, &args),
        Command::Report(args) => commands::report::run(&arguments.common, &args),
        Command::Recommend(args) => commands::recommend::run(&arguments.common, &args),
        Command::Merge(args) => commands::merge::run(&arguments.common, &args),
        Command::Pack(args) => commands::merge::pack(&arguments.common, &args),
        Command::Chart(args) => commands::chart::run(&arguments.common, &args),
        Command::Doctor(args) => commands::doctor::run(&arguments.common, &args),
        Command::Tools(args) => commands::tools::run(&arguments.common, &args),
        Command::Overhead(args) => commands::overhead::run(&arguments.common, &args),
        Command::Serve(args) => commands::serve::run(&arguments.common, &args),
        Command::Claims(args) => commands::claims::run(&arguments.common, &args),
        Command::Compare(args) => commands::compare::run(&arguments.common, &args),
        Command::Soundness(args) => {
            commands::soundness::run(&arguments.common, &args, VariationSet::Soundness)
        }
        Command::Museum(args) => {
            commands::soundness::run(&arguments.common, &args, VariationSet::Museum)
        }
        Command::Ci(args) => commands::ci::run(&arguments.common, &args),
        Command::Schema(args) => commands::schema::run(&arguments.common, &args),
        Command::Completions(args) => commands::completions::run(&arguments.common, &args),
        Command::Man(args) => commands::completions::man(&arguments.common, &args),
    };
    match result {
        Ok(exit) => exit.code(),
        Err(failure) => {
            terminal::complain(&failure);
            Exit::of_failure(failure.kind()).code()
        }
    }
}
