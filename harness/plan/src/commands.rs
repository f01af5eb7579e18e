//! Cargo commands that are to be measured: from words to what Cargo is asked for.
//! Owns which commands and options can be measured, and the aliases of a workspace's own Cargo
//! configuration, which it reads. It must not start one.

use std::collections::BTreeMap;
use std::path::Path;

use lukewarm_model::{CargoCommand, CargoTask, Keyword, goes_down};
use toml::{Table, Value};

use crate::error::CommandError;

/// Aliases of a workspace's Cargo configuration: the words that each stands for.
pub type Aliases = BTreeMap<String, Vec<String>>;

/// The short names that Cargo itself has.
const SHORT: [(&str, CargoTask); 4] = [
    ("b", CargoTask::Build),
    ("c", CargoTask::Check),
    ("t", CargoTask::Test),
    ("d", CargoTask::Doc),
];

/// Why subcommands cannot be measured, each reason with the names that it holds for.
const NOT_MEASURED: [(&[&str], &str); 6] = [
    (
        &["run", "r"],
        "what a program does is no build, and it may do anything: measure its `build`, and let \
         `[verify]` of lukewarm.toml run the program",
    ),
    (
        &["publish", "login", "logout", "owner", "yank", "install", "uninstall"],
        "it has effects outside of the checkout",
    ),
    (
        &[
            "add",
            "remove",
            "rm",
            "fix",
            "fmt",
            "new",
            "init",
            "update",
            "vendor",
            "generate-lockfile",
            "clean",
        ],
        "it changes the checkout instead of building it",
    ),
    (&["fetch"], "dependencies are fetched before anything is measured, and jobs are offline"),
    (
        &["metadata", "tree", "search", "info", "package", "locate-project", "help", "version"],
        "it builds nothing that a cache could keep",
    ),
    (
        &["hack", "llvm-cov", "tarpaulin", "miri", "udeps", "semver-checks", "make", "xtask"],
        "what it builds cannot be seen, since it prints no messages of Cargo's: give the Cargo \
         commands that it runs, each with `--command`",
    ),
];

/// Why options would break the measurement.
const NO_OPTIONS: [(&[&str], &str); 7] = [
    (
        &["--message-format", "--cargo-message-format"],
        "lukewarm reads Cargo's messages in a form of its own",
    ),
    (
        &["--target-dir", "--build-dir", "--artifact-dir", "--out-dir", "--lockfile-path"],
        "each job has the folder `target` of its own checkout",
    ),
    (&["--fix", "--allow-dirty", "--allow-staged", "--allow-no-vcs"], "it changes the sources"),
    (&["--open", "--watch"], "it waits for a person"),
    (
        &["--build-plan", "--unit-graph", "--dry-run"],
        "with it nothing is built that a cache could keep",
    ),
    (&["--help", "-h", "--version", "-V", "--list", "--explain"], "with it nothing is built"),
    (&["-C", "--directory"], "commands run in the workspace's folder"),
];

/// Keys of `--config` that the harness must decide itself.
const NO_CONFIG: [&str; 12] = [
    "build.target-dir",
    "build.build-dir",
    "build.rustc",
    "build.rustc-wrapper",
    "build.rustc-workspace-wrapper",
    "build.rustdoc",
    "build.incremental",
    "alias",
    "net",
    "registries",
    "registry",
    "source",
];

/// The command of some words; the leading `cargo` may be left out.
///
/// # Errors
/// When it is not one that can be measured, with the reason.
pub fn command(words: &[String], aliases: &Aliases) -> Result<CargoCommand, CommandError> {
    let words = match words.first().map(String::as_str) {
        Some("cargo") => &words[1..],
        _ => words,
    };
    let toolchain = words.first().and_then(|word| word.strip_prefix('+'));
    let words = if toolchain.is_some() { &words[1..] } else { words };
    let Some((name, args)) = words.split_first() else { return Err(CommandError::Nothing) };
    if name.starts_with('-') {
        return Err(CommandError::OptionFirst(name.clone()));
    }
    if let Some((variable, _)) = name.split_once('=') {
        return Err(CommandError::Variable(variable.to_owned()));
    }
    let (task, args) = resolve(name, args.to_vec(), aliases)?;
    if let Some(name) = toolchain.filter(|name| !is_toolchain(name)) {
        return Err(CommandError::Toolchain(name.to_owned()));
    }
    let command = CargoCommand { toolchain: toolchain.map(str::to_owned), task, args };
    check(&command)?;
    Ok(command)
}

/// Checks the options of a command, such as one that a record has.
///
/// # Errors
/// When one of them would break the measurement, with the reason.
pub fn check(command: &CargoCommand) -> Result<(), CommandError> {
    for (options, reason) in NO_OPTIONS {
        if let Some(option) = options.iter().find(|it| command.has(it)) {
            return Err(CommandError::Option { option: (*option).to_owned(), reason });
        }
    }
    for option in ["--manifest-path", "--archive-file"] {
        if let Some(path) = command.values(option).find(|path| !is_inside(path)) {
            let (option, path) = (option.to_owned(), path.to_owned());
            return Err(CommandError::Outside { option, path });
        }
    }
    for setting in command.values("--config") {
        check_config(setting)?;
    }
    if command.task == CargoTask::Nextest {
        let known = ["run", "r", "list", "archive"];
        let named = command.args.first().map_or("", String::as_str);
        if !known.contains(&named) {
            return Err(CommandError::Nextest(named.to_owned()));
        }
    }
    Ok(())
}

fn check_config(setting: &str) -> Result<(), CommandError> {
    if !setting.contains('=') {
        return Err(CommandError::ConfigFile(setting.to_owned()));
    }
    let table: Table = setting.parse().map_err(|_| CommandError::ConfigForm(setting.to_owned()))?;
    for key in keys(&table) {
        let is_below = |own: &&str| key.strip_prefix(*own).is_some_and(|it| it.starts_with('.'));
        if NO_CONFIG.iter().any(|own| key == *own || is_below(own)) {
            return Err(CommandError::Config(key));
        }
        if let Some(variable) = key.strip_prefix("env.") {
            let name = variable.split('.').next().unwrap_or_default();
            return Err(CommandError::Variable(name.to_owned()));
        }
    }
    Ok(())
}

/// The keys of a table and of all tables in it, with points between their parts.
fn keys(table: &Table) -> Vec<String> {
    let of = |(name, value): (&String, &Value)| match value {
        Value::Table(inner) => keys(inner).iter().map(|it| format!("{name}.{it}")).collect(),
        _ => vec![name.clone()],
    };
    table.iter().flat_map(of).collect()
}

/// A path that leads to no folder above the workspace's.
fn is_inside(path: &str) -> bool {
    let path = path.strip_prefix("./").unwrap_or(path);
    !path.is_empty() && goes_down(Path::new(path))
}

fn is_toolchain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(plain)
}

/// The task of a subcommand, or of the alias that it is.
fn resolve(
    name: &str,
    args: Vec<String>,
    aliases: &Aliases,
) -> Result<(CargoTask, Vec<String>), CommandError> {
    let (mut name, mut args, mut seen) = (name.to_owned(), args, Vec::new());
    loop {
        let short = SHORT.iter().find(|(it, _)| *it == name).map(|(_, task)| *task);
        if let Some(task) = CargoTask::of_word(&name).or(short) {
            return Ok((task, args));
        }
        let refused = NOT_MEASURED.iter().find(|(names, _)| names.contains(&name.as_str()));
        // `cargo xtask` is an alias nearly everywhere: what it stands for is said too.
        let alias = aliases.get(&name).filter(|_| !seen.contains(&name));
        match (alias, refused) {
            (Some(words), _) if words.first().is_some_and(|it| !it.starts_with('-')) => {
                args.splice(0..0, words[1..].iter().cloned());
                seen.push(std::mem::replace(&mut name, words[0].clone()));
            }
            (_, Some((_, reason))) => {
                let alias = seen.first().cloned();
                return Err(CommandError::NotMeasured { name, alias, reason });
            }
            _ => {
                let known = CargoTask::CHOICES.iter().map(|it| it.word().to_owned());
                let known = known.chain(aliases.keys().cloned()).collect();
                return Err(CommandError::Unknown { name, known });
            }
        }
    }
}

/// The aliases of the Cargo configuration of a workspace's folder, and of those above it in its
/// repository. A file that is no TOML has none: Cargo itself says what is wrong with it.
pub fn aliases(folder: &Path) -> Aliases {
    let mut aliases = Aliases::new();
    for above in folder.ancestors() {
        for file in [".cargo/config.toml", ".cargo/config"] {
            let Ok(text) = std::fs::read_to_string(above.join(file)) else { continue };
            let table = text.parse::<Table>().unwrap_or_default();
            let written = table.get("alias").and_then(Value::as_table).into_iter().flatten();
            for (name, value) in written {
                let words = match value {
                    Value::String(line) => line.split_whitespace().map(str::to_owned).collect(),
                    Value::Array(words) => {
                        words.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                    }
                    _ => Vec::new(),
                };
                // The nearest file counts.
                aliases.entry(name.clone()).or_insert(words);
            }
        }
        if above.join(".git").exists() {
            break;
        }
    }
    aliases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words;

    fn read(line: &str) -> Result<String, String> {
        let aliases: Aliases = [
            ("lint", "clippy --workspace --all-targets"),
            ("ci", "lint --locked"),
            ("xtask", "run --package xtask --"),
            ("loop", "loop -v"),
        ]
        .map(|(name, words)| {
            (name.to_owned(), words.split_whitespace().map(str::to_owned).collect())
        })
        .into();
        let words = words::split(line).unwrap();
        let read = command(&words, &aliases);
        read.map(|it| it.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_are_taken_with_and_without_the_word_cargo_and_aliases_are_resolved() {
        for (line, wanted) in [
            ("cargo test --no-run --workspace", "cargo test --no-run --workspace"),
            ("check -p a --exclude b", "cargo check -p a --exclude b"),
            ("cargo +nightly b -r", "cargo +nightly build -r"),
            ("+1.95.0 doc --no-deps", "cargo +1.95.0 doc --no-deps"),
            (
                "cargo clippy --all-targets -- -D warnings",
                "cargo clippy --all-targets -- -D warnings",
            ),
            (
                "nextest run --target x86_64-unknown-linux-gnu",
                "cargo nextest run --target x86_64-unknown-linux-gnu",
            ),
            ("cargo lint", "cargo clippy --workspace --all-targets"),
            ("ci -q", "cargo clippy --workspace --all-targets --locked -q"),
            (
                "build --manifest-path ./crates/a/Cargo.toml",
                "cargo build --manifest-path ./crates/a/Cargo.toml",
            ),
            ("build --config profile.dev.debug=0", "cargo build --config profile.dev.debug=0"),
            ("test -- --list", "cargo test -- --list"),
        ] {
            assert_eq!(read(line).as_deref(), Ok(wanted), "{line}");
        }
    }

    #[test]
    fn what_cannot_be_measured_is_refused_with_the_reason() {
        for (line, part) in [
            ("cargo", "no Cargo command"),
            ("cargo run -p a", "`cargo run` cannot be measured: what a program does"),
            ("cargo publish", "effects outside"),
            ("cargo clean", "changes the checkout"),
            ("cargo fetch", "jobs are offline"),
            ("cargo llvm-cov nextest", "prints no messages"),
            (
                "cargo xtask ci",
                "`cargo xtask` stands for `cargo run` here, which cannot be measured",
            ),
            ("cargo biuld", "did you mean `build`?"),
            ("cargo loop", "unknown"),
            ("cargo -q build", "write options behind the subcommand"),
            ("RUSTFLAGS=-g cargo build", "--env RUSTFLAGS"),
            ("build --message-format=json", "`--message-format`: lukewarm reads"),
            ("build --target-dir /tmp/x", "`--target-dir`: each job has"),
            ("clippy --fix", "it changes the sources"),
            ("doc --open", "waits for a person"),
            ("build --manifest-path ../x/Cargo.toml", "leads out of the workspace"),
            ("build --manifest-path=/x/Cargo.toml", "leads out of the workspace"),
            ("build --config 'build.rustc-wrapper=\"x\"'", "`build.rustc-wrapper`"),
            ("build --config 'build.target-dir=\"x\"'", "`build.target-dir`"),
            ("build --config 'env.A=\"x\"'", "--env A"),
            ("build --config other.toml", "a file"),
            ("build --config 'build={rustc-wrapper=\"x\"}'", "`build.rustc-wrapper`"),
            ("build --config 'env={A={value=\"x\"}}'", "--env A"),
            ("build --config 'profile.dev.debug='", "no setting"),
            ("nextest", "run, list or archive"),
            ("nextest self update", "run, list or archive"),
            ("+../x build", "not a toolchain"),
        ] {
            let said = read(line).unwrap_err();
            assert!(said.contains(part), "{line}: {said}");
        }
    }

    #[test]
    fn aliases_are_those_of_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let workspace = root.path().join("repository/workspace");
        for (folder, text) in [
            ("repository/workspace/.cargo", "[alias]\na = 'check'\nb2 = ['test', '--no-run']\n"),
            ("repository/.cargo", "[alias]\na = 'build'\nc2 = 'doc'\n"),
            (".cargo", "[alias]\noutside = 'doc'\n"),
        ] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
            std::fs::write(root.path().join(folder).join("config.toml"), text).unwrap();
        }
        std::fs::create_dir(root.path().join("repository/.git")).unwrap();
        let found = aliases(&workspace);
        let names: Vec<_> =
            found.iter().map(|(name, words)| (name.as_str(), words.join(" "))).collect();
        let wanted = [("a", "check"), ("b2", "test --no-run"), ("c2", "doc")];
        assert_eq!(names, wanted.map(|(name, words)| (name, words.to_owned())));
    }
}
