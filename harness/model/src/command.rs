//! Cargo commands of a job.
//! Owns their parts and how one is written; which may be measured is `plan`'s. It must not start
//! one.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Keyword;

/// A Cargo command of a job, such as `cargo +nightly test --no-run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CargoCommand {
    /// The toolchain behind `+`, such as `nightly`; absent where the workspace chooses it.
    pub toolchain: Option<String>,
    /// What Cargo is asked to do.
    pub task: CargoTask,
    /// All further words, in order, as they were given.
    pub args: Vec<String>,
}

/// What Cargo is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CargoTask {
    /// Compile packages.
    Build,
    /// Check packages for errors: metadata is written, and no code.
    Check,
    /// Check packages with Clippy's lints.
    Clippy,
    /// Compile tests, and run them.
    Test,
    /// Compile benchmarks, and run them.
    Bench,
    /// Make documentation.
    Doc,
    /// Compile one target with further arguments for the compiler.
    Rustc,
    /// Make documentation of one target with further arguments for rustdoc.
    Rustdoc,
    /// Compile tests, and run, list or pack them with cargo-nextest.
    Nextest,
}

impl Keyword for CargoTask {
    const CHOICES: &'static [CargoTask] = &[
        CargoTask::Build,
        CargoTask::Check,
        CargoTask::Clippy,
        CargoTask::Test,
        CargoTask::Bench,
        CargoTask::Doc,
        CargoTask::Rustc,
        CargoTask::Rustdoc,
        CargoTask::Nextest,
    ];

    fn word(self) -> &'static str {
        match self {
            CargoTask::Build => "build",
            CargoTask::Check => "check",
            CargoTask::Clippy => "clippy",
            CargoTask::Test => "test",
            CargoTask::Bench => "bench",
            CargoTask::Doc => "doc",
            CargoTask::Rustc => "rustc",
            CargoTask::Rustdoc => "rustdoc",
            CargoTask::Nextest => "nextest",
        }
    }

    fn help(self) -> &'static str {
        match self {
            CargoTask::Build => "Compile packages",
            CargoTask::Check => "Check packages for errors",
            CargoTask::Clippy => "Check packages with Clippy's lints",
            CargoTask::Test => "Compile tests, and run them",
            CargoTask::Bench => "Compile benchmarks, and run them",
            CargoTask::Doc => "Make documentation",
            CargoTask::Rustc => "Compile one target with further arguments for the compiler",
            CargoTask::Rustdoc => "Make documentation of one target with further arguments",
            CargoTask::Nextest => "Compile tests, and run, list or pack them with cargo-nextest",
        }
    }
}

impl CargoCommand {
    /// The words for Cargo: those before a `--`.
    pub fn options(&self) -> &[String] {
        let end = self.args.iter().position(|word| word == "--").unwrap_or(self.args.len());
        &self.args[..end]
    }

    /// The words for another program, a `--` first; empty where there is none.
    pub fn rest(&self) -> &[String] {
        &self.args[self.options().len()..]
    }

    /// Whether an option is given, with or without a value.
    pub fn has(&self, option: &str) -> bool {
        self.options().iter().any(|word| is_option(word, option))
    }

    /// The values of an option that takes one, as `--option VALUE` or `--option=VALUE`.
    pub fn values<'a>(&'a self, option: &'a str) -> impl Iterator<Item = &'a str> {
        let words = self.options();
        words.iter().enumerate().filter(move |(_, word)| is_option(word, option)).map(
            move |(at, word)| match word.split_once('=') {
                Some((_, value)) => value,
                None => words.get(at + 1).map_or("", String::as_str),
            },
        )
    }

    /// The cargo profile that it names; absent where it names none.
    pub fn profile(&self) -> Option<&str> {
        let option = match self.task {
            // There `--profile` is one of nextest's own.
            CargoTask::Nextest => "--cargo-profile",
            _ => "--profile",
        };
        let named = self.values(option).last();
        let is_release = || self.has("--release") || self.has("-r");
        named.or_else(|| is_release().then_some("release"))
    }

    /// All of its words, `cargo` first.
    pub fn words(&self) -> Vec<String> {
        let mut words = vec!["cargo".to_owned()];
        words.extend(self.toolchain.as_ref().map(|name| format!("+{name}")));
        words.push(self.task.word().to_owned());
        words.extend(self.args.iter().cloned());
        words
    }
}

/// Whether a word is that option, or the option with its value behind `=`.
fn is_option(word: &str, option: &str) -> bool {
    word.split_once('=').map_or(word, |(name, _)| name) == option
}

impl fmt::Display for CargoCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.words().iter().map(|word| quoted(word)).collect();
        f.write_str(&words.join(" "))
    }
}

/// A word as a shell takes it: in quotes where it needs them.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(task: CargoTask, args: &[&str]) -> CargoCommand {
        let args = args.iter().map(|word| (*word).to_owned()).collect();
        CargoCommand { toolchain: None, task, args }
    }

    #[test]
    fn a_command_is_written_as_a_shell_takes_it() {
        let mut it = command(CargoTask::Test, &["--features", "a b", "--", "it's"]);
        it.toolchain = Some("nightly".to_owned());
        assert_eq!(it.to_string(), r"cargo +nightly test --features 'a b' -- 'it'\''s'");
    }

    #[test]
    fn options_end_where_the_words_of_another_program_begin() {
        let it = command(CargoTask::Clippy, &["--workspace", "--", "--release"]);
        assert!(it.has("--workspace") && !it.has("--release"));
        assert_eq!(it.rest(), ["--", "--release"]);
        assert_eq!(it.profile(), None);
    }

    #[test]
    fn the_profile_is_the_one_that_is_named() {
        let of = |task, args: &[&str]| command(task, args).profile().map(str::to_owned);
        assert_eq!(of(CargoTask::Build, &["--profile", "ci"]).as_deref(), Some("ci"));
        assert_eq!(of(CargoTask::Build, &["--profile=ci"]).as_deref(), Some("ci"));
        assert_eq!(of(CargoTask::Test, &["-r"]).as_deref(), Some("release"));
        assert_eq!(of(CargoTask::Nextest, &["run", "--profile", "ci"]), None);
        let named = of(CargoTask::Nextest, &["run", "--cargo-profile=ci"]);
        assert_eq!(named.as_deref(), Some("ci"));
    }
}
