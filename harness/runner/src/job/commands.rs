//! The Cargo commands of the build step, one after the other: the words that each gets beside the
//! user's, its environment, its messages, and what it took.
//! Owns what is added to a command. It must not decide which commands there are: the plan does.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use lukewarm_model::{CargoCommand, CargoTask, CommandFact, Failure, FailureKind, Keyword, Plan};

use crate::error::RunnerError;
use crate::job::actions::{LAST_LINES, no_second_toolchain};
use crate::job::build;
use crate::job::effects::{Notes, Stop};
use crate::job::real_effects::{self, RealEffects};
use crate::prepare::commands;
use crate::prepare::environment::Environment;
use crate::process::{CommandSpec, Output};

/// The profile that Cargo takes where none is named, in a plan.
const USUAL_PROFILE: &str = "dev";

/// The commands of a plan's jobs.
pub fn of(plan: &Plan) -> Vec<CargoCommand> {
    match plan.commands.is_empty() {
        false => plan.commands.clone(),
        true => vec![CargoCommand {
            toolchain: None,
            task: CargoTask::Build,
            args: vec![
                "--workspace".to_owned(),
                "--profile".to_owned(),
                plan.cargo_profile.clone(),
            ],
        }],
    }
}

/// The arguments of Cargo for a command: its own words, and before those for another program what
/// makes the build offline, locked and told in messages. Settings are Cargo's own arguments too.
fn arguments(command: &CargoCommand, profile: &str, settings: Vec<String>) -> Vec<String> {
    let mut words = vec![command.task.word().to_owned()];
    words.extend(command.options().iter().cloned());
    let is_nextest = command.task == CargoTask::Nextest;
    if !command.has("--frozen") {
        let missing = ["--offline", "--locked"].into_iter().filter(|it| !command.has(it));
        words.extend(missing.map(str::to_owned));
    }
    // `dev` is a profile of `build` alone: tests and benchmarks have others of their own.
    if command.profile().is_none() && profile != USUAL_PROFILE {
        let option = if is_nextest { "--cargo-profile" } else { "--profile" };
        words.extend([option, profile].map(str::to_owned));
    }
    let option = if is_nextest { "--cargo-message-format" } else { "--message-format" };
    words.extend([option, "json-render-diagnostics"].map(str::to_owned));
    words.extend(settings);
    words.extend(command.rest().iter().cloned());
    words
}

impl RealEffects<'_> {
    /// The file of a command's messages, in the job's temporary folder.
    fn messages(&self, number: usize) -> PathBuf {
        self.folders.temporary.join(format!("messages-{number}.json"))
    }

    /// The files of all commands' messages, in order.
    pub fn all_messages(&self) -> Vec<PathBuf> {
        (0..of(&self.context.prepared.plan).len()).map(|number| self.messages(number)).collect()
    }

    /// Runs the commands of the build step, until one fails.
    pub fn build(&mut self, notes: &mut Notes) -> Result<(), Stop> {
        let plan = &self.context.prepared.plan;
        let listeners = std::mem::take(&mut notes.listeners);
        let log = self.log("build");
        for (number, command) in of(plan).iter().enumerate() {
            let messages = self.messages(number);
            let output = build::messages(&messages, listeners.clone())?;
            let spec = self.cargo(command, number, output)?;
            let exit = spec.run(self.processes()).map_err(RunnerError::from)?;
            if !plan.commands.is_empty() {
                notes.commands.push(CommandFact { wall: exit.wall, cpu: exit.cpu });
                let took = format!("`cargo {}` {}", command.task.word(), exit.wall);
                notes.note = Some(match notes.note.take() {
                    Some(earlier) => format!("{earlier}, {took}"),
                    None => took,
                });
                self.keep_printed(&messages, &log)?;
            }
            if exit.code != Some(0) {
                let how =
                    exit.code.map_or("by a signal".to_owned(), |it| format!("with code {it}"));
                return Err(Stop::Failed(Failure {
                    step: None,
                    kind: FailureKind::Build,
                    message: format!("`{command}` ended {how}{}", self.missed(&log)),
                    last_lines: build::last_lines(&log, LAST_LINES),
                }));
            }
        }
        Ok(())
    }

    /// What a failed build misses that the user's folder has, as the end of a sentence.
    fn missed(&self, log: &Path) -> String {
        let text = fs::read(log).unwrap_or_default();
        let prepared = self.prepared_workspace;
        let checkout = prepared.checkout_root(&self.folders);
        let settings = &self.context.prepared.settings;
        let missed = prepared.missed(&String::from_utf8_lossy(&text), checkout, settings);
        missed.into_iter().map(|it| format!("; {it}")).collect()
    }

    /// The process of a command, by its number in the job, with the output for its messages.
    pub fn cargo(
        &self,
        command: &CargoCommand,
        number: usize,
        messages: Output,
    ) -> Result<CommandSpec, Stop> {
        let bin = match &command.toolchain {
            Some(name) => &commands::named(&self.prepared_workspace.named_toolchains, name)?.bin,
            None => &self.toolchain.ok_or_else(no_second_toolchain)?.bin,
        };
        let mut environment = match &command.toolchain {
            Some(_) => {
                let (prepared, workspace) = (self.context.prepared, self.prepared_workspace);
                let places = (&self.folders, bin.as_path());
                real_effects::environment(prepared, workspace, self.scenario, places)
            }
            None => self.environment.clone(),
        };
        let number = number.to_string();
        let added = self.recipe.environment.iter();
        let added = added.map(|(name, value)| (name, value.replace("{command}", &number)));
        environment.extend(added.map(|(name, value)| (name.into(), value.into())));
        // What the workspace's configuration forces upon the user's own variables it forces in CI.
        let mut own = environment.clone();
        own.retain(|name, _| {
            let given = &self.context.prepared.settings.variables;
            name.to_str().is_none_or(|name| given.get(name).is_none())
        });
        let mut settings = self.prepared_workspace.configuration.arguments(&own);
        settings.extend(self.add_story_flags(&mut environment));
        if let Some(surroundings) = self.surroundings {
            settings.extend(surroundings.arguments.iter().cloned());
            let own = surroundings.environment.iter();
            environment.extend(own.map(|(name, value)| (name.into(), value.into())));
        }
        let profile = &self.context.prepared.plan.cargo_profile;
        let words = arguments(command, profile, settings);
        let mask = self.surroundings.and_then(|it| it.umask.as_deref());
        let program = self.recipe.launcher.clone().unwrap_or_else(|| bin.join("cargo"));
        let (program, words) = masked(program, words, mask);
        let mut spec =
            CommandSpec::new(program, &self.folders.checkout).environment(environment).args(words);
        spec.stdout = messages;
        spec.stderr = self.log_output("build");
        Ok(spec)
    }

    /// Adds the story's flags where flags count: in a variable of the user's, or in arguments,
    /// which are returned.
    fn add_story_flags(&self, environment: &mut Environment) -> Vec<String> {
        let Some(flags) = &self.story_flags else { return Vec::new() };
        match append_flags(environment, flags) {
            true => Vec::new(),
            false => self.prepared_workspace.added_flags(flags),
        }
    }

    /// Appends to the log what a command printed between Cargo's messages: the output of tests.
    fn keep_printed(&self, messages: &Path, log: &Path) -> Result<(), RunnerError> {
        let text = self.without_secrets(&printed(messages)?);
        let open = fs::File::options().create(true).append(true).open(log);
        let kept = open.and_then(|mut file| file.write_all(text.as_bytes()));
        kept.map_err(RunnerError::file("write", log))
    }
}

/// A program and its arguments, started with a file mode creation mask where there is one.
fn masked(program: PathBuf, words: Vec<String>, mask: Option<&str>) -> (PathBuf, Vec<OsString>) {
    let words = words.into_iter().map(OsString::from);
    let Some(mask) = mask else { return (program, words.collect()) };
    let script = format!("umask {mask} && exec \"$0\" \"$@\"");
    let before = ["-c".into(), script.into(), program.into_os_string()];
    ("/bin/sh".into(), before.into_iter().chain(words).collect())
}

/// Appends flags to the variable of the environment that Cargo takes them from, and from nowhere
/// else; whether there is one.
pub fn append_flags(environment: &mut Environment, flags: &str) -> bool {
    for (name, between) in [("CARGO_ENCODED_RUSTFLAGS", "\u{1f}"), ("RUSTFLAGS", " ")] {
        let Some(value) = environment.get_mut(OsStr::new(name)) else { continue };
        if !value.is_empty() {
            value.push(between);
        }
        value.push(flags.replace(' ', between));
        return true;
    }
    false
}

/// What was printed between Cargo's messages, as text.
fn printed(messages: &Path) -> Result<String, RunnerError> {
    let read = fs::read(messages).map_err(RunnerError::file("read", messages))?;
    let text = String::from_utf8_lossy(&read);
    let lines = text.lines().filter(|line| !line.starts_with("{\"reason\":"));
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::Processes;

    fn words(task: CargoTask, args: &[&str], profile: &str) -> String {
        let args = args.iter().map(|word| (*word).to_owned()).collect();
        let command = CargoCommand { toolchain: None, task, args };
        arguments(&command, profile, vec!["--config".to_owned(), "a=1".to_owned()]).join(" ")
    }

    const MESSAGES: &str = "--message-format json-render-diagnostics --config a=1";

    #[test]
    fn a_plan_without_commands_builds_the_workspace_as_ever() {
        let plan = lukewarm_testing::plan(&["none"], &["cold"], 1);
        let of = of(&plan);
        assert_eq!(of.len(), 1);
        let wanted = format!("build --workspace --profile dev --offline --locked {MESSAGES}");
        assert_eq!(
            arguments(&of[0], "dev", vec!["--config".into(), "a=1".into()]).join(" "),
            wanted
        );
    }

    #[test]
    fn what_is_added_stands_before_the_words_for_another_program() {
        let clippy = words(CargoTask::Clippy, &["--workspace", "--", "-D", "warnings"], "dev");
        let wanted = format!("clippy --workspace --offline --locked {MESSAGES} -- -D warnings");
        assert_eq!(clippy, wanted);
    }

    #[test]
    fn nothing_is_said_twice() {
        let of = |task, args: &[&str], profile| words(task, args, profile);
        let test = of(CargoTask::Test, &["--locked", "--release"], "ci");
        assert_eq!(test, format!("test --locked --release --offline {MESSAGES}"));
        let frozen = of(CargoTask::Check, &["--frozen"], "ci");
        assert_eq!(frozen, format!("check --frozen --profile ci {MESSAGES}"));
        let nextest = of(CargoTask::Nextest, &["run", "--profile", "slow"], "ci");
        let wanted = "nextest run --profile slow --offline --locked --cargo-profile ci";
        assert_eq!(nextest, format!("{wanted} --cargo-{}", &MESSAGES[2..]));
    }

    #[test]
    fn flags_are_added_where_those_of_the_user_are() {
        let add = |name: &str, value: &str| {
            let mut environment: Environment = [(name.into(), value.into())].into();
            let is_added = append_flags(&mut environment, "--cfg lw1");
            (is_added, environment[OsStr::new(name)].clone().into_string().unwrap())
        };
        assert_eq!(add("RUSTFLAGS", "-g"), (true, "-g --cfg lw1".to_owned()));
        let encoded = add("CARGO_ENCODED_RUSTFLAGS", "-g");
        assert_eq!(encoded, (true, "-g\u{1f}--cfg\u{1f}lw1".to_owned()));
        assert_eq!(add("OTHER", "-g"), (false, "-g".to_owned()));
    }

    #[test]
    fn a_mask_is_that_of_the_program_and_its_words_stay_as_they_are() {
        let words = || vec!["a b".to_owned(), "$HOME".to_owned()];
        let (program, plain) = masked("/bin/cargo".into(), words(), None);
        assert_eq!((program, plain.len()), ("/bin/cargo".into(), 2));
        let (program, words) = masked("/bin/cargo".into(), words(), Some("027"));
        assert_eq!(program, PathBuf::from("/bin/sh"));
        let script = words[1].to_str().unwrap();
        let given = ["-c", script, "/bin/sh", "-c", "umask; echo \"$1\"", "x", "$HOME"];
        let spec = CommandSpec::new(program, "/").args(given);
        let (_, printed) = spec.read(&Processes::default()).unwrap();
        assert_eq!(printed, "0027\n$HOME\n");
    }

    #[test]
    fn what_tests_print_goes_to_the_log_and_messages_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let messages = folder.path().join("messages");
        fs::write(&messages, "{\"reason\":\"build-finished\"}\ntest a ... FAILED\n").unwrap();
        assert_eq!(printed(&messages).unwrap(), "test a ... FAILED\n");
    }
}
