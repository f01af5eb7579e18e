//! The commands that find out whether an edit compiles in what jobs build, and which members those
//! build. Owns what is kept of a job's command: packages, features, targets, profile, and the
//! lints of Clippy. It must not run anything.

use std::collections::BTreeSet;

use cargo_metadata::{Metadata, Package};
use lukewarm_model::{CargoCommand, CargoTask, Plan};

/// A command that compiles as far as errors go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialCommand {
    /// The toolchain behind `+`; absent where the workspace chooses it.
    pub toolchain: Option<String>,
    /// The words for Cargo.
    pub words: Vec<String>,
}

/// Options with a value that say what is compiled.
const WITH_VALUE: [&str; 14] = [
    "-p",
    "--package",
    "--exclude",
    "-F",
    "--features",
    "--target",
    "--profile",
    "--manifest-path",
    "--config",
    "--bin",
    "--test",
    "--bench",
    "--example",
    "-Z",
];

/// Options without one.
const ALONE: [&str; 14] = [
    "--workspace",
    "--all",
    "--all-features",
    "--no-default-features",
    "-r",
    "--release",
    "--lib",
    "--bins",
    "--tests",
    "--benches",
    "--examples",
    "--all-targets",
    "--ignore-rust-version",
    "--frozen",
];

/// Options that choose targets.
const TARGETS: [&str; 10] = [
    "--lib",
    "--bins",
    "--tests",
    "--benches",
    "--examples",
    "--all-targets",
    "--bin",
    "--test",
    "--bench",
    "--example",
];

/// The commands of a trial of what a plan's jobs build.
pub fn trial_commands(plan: &Plan) -> Vec<TrialCommand> {
    if plan.commands.is_empty() {
        let words = ["check", "--workspace", "--profile", &plan.cargo_profile];
        let words = words.map(str::to_owned).to_vec();
        return vec![TrialCommand { toolchain: None, words: finished(words, &[]) }];
    }
    let mut commands: Vec<TrialCommand> = Vec::new();
    for command in plan.commands.iter().map(|it| trial_command(it, &plan.cargo_profile)) {
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    commands
}

fn trial_command(command: &CargoCommand, profile: &str) -> TrialCommand {
    let task = if command.task == CargoTask::Clippy { "clippy" } else { "check" };
    let mut words = vec![task.to_owned()];
    let mut options = command.options().iter();
    while let Some(option) = options.next() {
        // There the profile is nextest's own.
        let is_other = command.task == CargoTask::Nextest && option.starts_with("--profile");
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (option.as_str(), None),
        };
        let name = if name == "--cargo-profile" { "--profile" } else { name };
        if is_other {
            options.next_if_value(value);
        } else if ALONE.contains(&name) {
            words.push(name.to_owned());
        } else if WITH_VALUE.contains(&name)
            && let Some(value) = value.map(str::to_owned).or_else(|| options.next().cloned())
        {
            words.extend([name.to_owned(), value]);
        }
    }
    let chooses = words.iter().any(|word| TARGETS.contains(&word.as_str()));
    let tested: &[&str] = match command.task {
        CargoTask::Test | CargoTask::Nextest => &["--lib", "--bins", "--tests", "--examples"],
        CargoTask::Bench => &["--lib", "--bins", "--benches"],
        _ => &[],
    };
    if !chooses {
        // A package without a library refuses `--lib`, and these three are all that it has.
        words.extend(tested.iter().filter(|it| **it != "--lib").map(|it| (*it).to_owned()));
    }
    if command.profile().is_none() && profile != "dev" {
        words.extend(["--profile", profile].map(str::to_owned));
    }
    let rest = if command.task == CargoTask::Clippy { command.rest() } else { &[] };
    TrialCommand { toolchain: command.toolchain.clone(), words: finished(words, rest) }
}

/// The words with those that make a trial offline, locked and told in messages.
fn finished(mut words: Vec<String>, rest: &[String]) -> Vec<String> {
    if !words.iter().any(|word| word == "--frozen") {
        words.extend(["--offline", "--locked"].map(str::to_owned));
    }
    words.extend(["--message-format", "json-render-diagnostics"].map(str::to_owned));
    words.extend(rest.iter().cloned());
    words
}

/// Words of which one is the value of an option.
trait NextIfValue {
    /// Passes over the value of an option that has it in the next word.
    fn next_if_value(&mut self, value: Option<&str>);
}

impl NextIfValue for std::slice::Iter<'_, String> {
    fn next_if_value(&mut self, value: Option<&str>) {
        if value.is_none() {
            self.next();
        }
    }
}

/// The members that a plan's commands name or build by default, without those that these depend on.
pub fn selected<'a>(metadata: &'a Metadata, plan: &Plan) -> Vec<&'a Package> {
    let members = metadata.workspace_packages();
    if plan.commands.is_empty() {
        return members;
    }
    let mut found = BTreeSet::new();
    for command in &plan.commands {
        let excluded: Vec<&str> = command.values("--exclude").collect();
        let named: Vec<&str> = command.values("-p").chain(command.values("--package")).collect();
        let all = command.has("--workspace") || command.has("--all");
        for package in &members {
            let is = |spec: &&str| is_meant(spec, &package.name);
            let default = &metadata.workspace_default_members;
            let is_selected = match (all, named.is_empty()) {
                (true, _) => !excluded.iter().any(is),
                (false, false) => named.iter().any(is),
                // In a package's own folder, which a command's file may name, it is that package.
                (false, true) if command.has("--manifest-path") => true,
                (false, true) => !default.is_available() || default.contains(&package.id),
            };
            if is_selected {
                found.insert(&package.id);
            }
        }
    }
    members.into_iter().filter(|it| found.contains(&it.id)).collect()
}

/// Whether a package is meant by a package id specification: a name, which may have a version or
/// `*` in it. What is harder to read means every package.
fn is_meant(spec: &str, name: &str) -> bool {
    let spec = spec.split_once('@').map_or(spec, |(name, _)| name);
    if spec.contains([':', '/', '#', '?', '[']) {
        return true;
    }
    let mut parts = spec.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, inner)) = parts.split_last() else { return rest.is_empty() };
    for part in inner {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use lukewarm_testing::plan;

    use super::*;

    fn words(task: CargoTask, args: &str) -> String {
        let args = args.split_whitespace().map(str::to_owned).collect();
        let mut plan = plan(&["none"], &["cold"], 1);
        plan.commands = vec![CargoCommand { toolchain: None, task, args }];
        let command = trial_commands(&plan).remove(0).words.join(" ");
        command.replace(" --offline --locked --message-format json-render-diagnostics", " …")
    }

    #[test]
    fn a_trial_compiles_what_the_command_does_and_runs_nothing() {
        use CargoTask::{Bench, Build, Clippy, Doc, Nextest, Test};
        assert_eq!(words(Build, "--release -j 4"), "check --release …");
        assert_eq!(
            words(Clippy, "--workspace --all-targets -- -D warnings"),
            "clippy --workspace --all-targets … -- -D warnings"
        );
        let test = "check -p a --features x --bins --tests --examples …";
        assert_eq!(words(Test, "-p a --features=x --no-run name -- --nocapture"), test);
        assert_eq!(words(Test, "--lib"), "check --lib …");
        assert_eq!(words(Bench, "--no-run"), "check --bins --benches …");
        assert_eq!(words(Doc, "--no-deps --workspace"), "check --workspace …");
        let nextest = words(Nextest, "run --profile ci --cargo-profile fast -E all()");
        assert_eq!(nextest, "check --profile fast --bins --tests --examples …");
    }

    #[test]
    fn without_commands_the_workspace_is_checked_in_the_plans_profile() {
        let mut plan = plan(&["none"], &["cold"], 1);
        plan.cargo_profile = "release".to_owned();
        let commands = trial_commands(&plan);
        assert_eq!(commands.len(), 1);
        assert_eq!(commands[0].words[..4], ["check", "--workspace", "--profile", "release"]);
    }

    #[test]
    fn packages_are_meant_by_name_version_and_pattern() {
        assert!(is_meant("core", "core") && !is_meant("core", "core-x"));
        assert!(is_meant("core@1.2.3", "core") && is_meant("path+file:///w#x", "core"));
        assert!(is_meant("co*", "core") && is_meant("*", "core") && is_meant("*o*e", "core"));
        assert!(!is_meant("*x", "core") && !is_meant("c*x*", "core"));
    }
}
