//! The Cargo configuration of a workspace, read as Cargo reads it. Jobs override what would lead
//! out of the job or replace what is measured: target folders, wrappers, the compiler, incremental
//! compilation, variables of `[env]` that the job sets itself. Everything else is kept.
//! Owns that rule (`harness/docs/fairness.md`). It must not start a process.

mod files;
mod flags;
mod paths;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use lukewarm_model::{ConfigurationSetting, Treatment};
use toml::{Table, Value};

use crate::error::RunnerError;
use crate::prepare::environment::{Environment, UserEnvironment};

use files::File;
pub use flags::FlagTarget;
pub use paths::named_paths;

/// What the configuration files of a workspace set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// The files that Cargo reads in a checkout, those that come first winning.
    files: Vec<File>,
    settings: Vec<ConfigurationSetting>,
}

/// Settings that jobs override, the variables that do it, and what holds then.
struct Override {
    keys: &'static [&'static str],
    variable: &'static str,
    instead: &'static str,
}

const OVERRIDES: [Override; 6] = [
    Override {
        keys: &["build.target-dir", "env.CARGO_TARGET_DIR", "env.CARGO_BUILD_TARGET_DIR"],
        variable: "CARGO_TARGET_DIR",
        instead: "the checkout's own `target`",
    },
    Override {
        keys: &["build.build-dir", "env.CARGO_BUILD_BUILD_DIR"],
        variable: "CARGO_BUILD_BUILD_DIR",
        instead: "the checkout's own `target`",
    },
    Override {
        keys: &["build.rustc-wrapper", "env.RUSTC_WRAPPER", "env.CARGO_BUILD_RUSTC_WRAPPER"],
        variable: "RUSTC_WRAPPER",
        instead: "none but the tool under test",
    },
    Override {
        keys: &[
            "build.rustc-workspace-wrapper",
            "env.RUSTC_WORKSPACE_WRAPPER",
            "env.CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
        ],
        variable: "RUSTC_WORKSPACE_WRAPPER",
        instead: "none",
    },
    Override {
        keys: &["build.rustc", "env.RUSTC", "env.CARGO_BUILD_RUSTC"],
        variable: "RUSTC",
        instead: "the toolchain's own",
    },
    Override {
        keys: &["build.incremental", "env.CARGO_INCREMENTAL", "env.CARGO_BUILD_INCREMENTAL"],
        variable: "CARGO_INCREMENTAL",
        instead: "the scenario's setting",
    },
];

/// Settings that a variable of every job overrides, whatever the configuration has.
const ALWAYS: [(&str, &str); 9] = [
    ("net.offline", "jobs are offline"),
    ("term.color", "never"),
    ("env.CARGO_HOME", "the job's own"),
    ("env.CARGO_NET_OFFLINE", "jobs are offline"),
    ("env.CARGO_TERM_COLOR", "never"),
    ("env.HOME", "the job's own"),
    ("env.PATH", "the job's own"),
    ("env.TMPDIR", "the job's own"),
    ("env.CI", "true"),
];

impl Configuration {
    /// Reads the files that Cargo would read in `folder` of a copy whose root is `top`.
    ///
    /// # Errors
    /// When a file cannot be read, or is no TOML.
    pub fn read(folder: &Path, top: &Path) -> Result<Configuration, RunnerError> {
        let mut files = Vec::new();
        for above in folder.ancestors().take_while(|it| it.starts_with(top)) {
            let Some(file) = files::of_folder(above) else { continue };
            files::read(&file, top, &mut BTreeSet::new(), &mut files)?;
        }
        let rule = |file: &File| {
            let settings = keys(&file.table).into_iter().map(|key| {
                let instead = instead(&key).map(str::to_owned);
                let treatment = match instead {
                    Some(_) => Treatment::Overridden,
                    None => Treatment::Kept,
                };
                ConfigurationSetting { key, file: file.name.clone(), treatment, instead }
            });
            settings.collect::<Vec<_>>()
        };
        let settings = files.iter().flat_map(rule).collect();
        Ok(Configuration { files, settings })
    }

    /// Adds the files that Cargo would read at the workspace's original location and not in a
    /// checkout: those of the folders above it, and of the user's `CARGO_HOME`.
    pub fn leave_out(&mut self, workspace: &Path, user: &UserEnvironment) {
        for (name, table) in files::outside(workspace, user) {
            // An unreadable file is listed too.
            let keys = table.map_or(vec!["all".to_owned()], |table| keys(&table));
            self.settings.extend(keys.into_iter().map(|key| {
                // Without the addresses of registries jobs would not find what was fetched.
                let is_address = key == "registries" || key.starts_with("source.");
                let treatment = match is_address && name.starts_with("$CARGO_HOME/") {
                    true => Treatment::Kept,
                    false => Treatment::LeftOut,
                };
                ConfigurationSetting { key, file: name.clone(), treatment, instead: None }
            }));
        }
    }

    /// Every setting, with its treatment in jobs.
    pub fn settings(&self) -> &[ConfigurationSetting] {
        &self.settings
    }

    /// The variables that override settings, where the files have such.
    pub fn environment(
        &self,
        checkout: &Path,
        toolchain_bin: &Path,
        incremental: Incremental,
    ) -> Environment {
        let target = || OsString::from(checkout.join("target"));
        let wanted = OVERRIDES.iter().filter(|it| self.has(it));
        let pair = |it: &Override| {
            let value = match it.variable {
                "CARGO_TARGET_DIR" | "CARGO_BUILD_BUILD_DIR" => target(),
                "RUSTC" => toolchain_bin.join("rustc").into(),
                "CARGO_INCREMENTAL" if incremental == Incremental::On => "1".into(),
                "CARGO_INCREMENTAL" => "0".into(),
                // For Cargo an empty variable overrides its files with no value.
                _ => OsString::new(),
            };
            (OsString::from(it.variable), value)
        };
        wanted.map(pair).collect()
    }

    /// Arguments for Cargo that keep `[env]` entries with `force` from replacing what the job has
    /// in its environment.
    pub fn arguments(&self, environment: &Environment) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut seen = BTreeSet::new();
        for (name, entry) in self.tables("env").flatten() {
            let is_forced = entry.get("force").and_then(Value::as_bool) == Some(true);
            let value = environment.get(&OsString::from(name)).and_then(|it| it.to_str());
            let Some(value) = value.filter(|_| is_forced && seen.insert(name)) else { continue };
            let key = files::quoted(name);
            let value = Value::String(value.to_owned());
            for part in [format!("value={value}"), "relative=false".to_owned()] {
                arguments.extend(["--config".to_owned(), format!("env.{key}.{part}")]);
            }
        }
        arguments
    }

    /// A table of every file, in their order.
    fn tables<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Table> {
        self.files.iter().filter_map(move |file| file.table.get(name)?.as_table())
    }

    /// Whether the files have a setting that is overridden in this way.
    fn has(&self, wanted: &Override) -> bool {
        let read = self.settings.iter().filter(|it| it.treatment != Treatment::LeftOut);
        let mut found = read.filter_map(|it| overridden(&it.key));
        found.any(|it| it.variable == wanted.variable)
    }
}

/// Whether a scenario's builds are incremental.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incremental {
    /// They are.
    On,
    /// They are not.
    Off,
}

impl Incremental {
    /// The choice of a scenario.
    pub fn of(scenario: &lukewarm_model::Scenario) -> Incremental {
        match scenario.incremental {
            true => Incremental::On,
            false => Incremental::Off,
        }
    }
}

/// How a setting is overridden, where it is by a variable of its own.
fn overridden(key: &str) -> Option<&'static Override> {
    let of_profile = key.starts_with("profile.") && key.ends_with(".incremental");
    let key = if of_profile { "build.incremental" } else { key };
    OVERRIDES.iter().find(|it| it.keys.contains(&key))
}

/// What replaces a setting; none where it is kept.
fn instead(key: &str) -> Option<&'static str> {
    let always = ALWAYS.iter().find(|(it, _)| *it == key).map(|(_, instead)| *instead);
    overridden(key).map(|it| it.instead).or(always)
}

/// The settings of a file by key, as deep as the rule distinguishes them.
fn keys(table: &Table) -> Vec<String> {
    let mut keys = Vec::new();
    for (section, value) in table.iter().filter(|(name, _)| *name != "include") {
        match (section.as_str(), value.as_table()) {
            ("build" | "env" | "net" | "source" | "term" | "unstable", Some(entries)) => {
                keys.extend(entries.keys().map(|name| format!("{section}.{name}")));
            }
            ("target" | "host", Some(entries)) => {
                for (name, entry) in entries {
                    let inner = entry.as_table().into_iter().flat_map(Table::keys);
                    keys.extend(inner.map(|it| format!("{section}.{name}.{it}")));
                }
            }
            ("profile", Some(entries)) => {
                for (name, entry) in entries {
                    let inner: Vec<&String> =
                        entry.as_table().into_iter().flat_map(Table::keys).collect();
                    let (incremental, rest): (Vec<&String>, Vec<&String>) =
                        inner.into_iter().partition(|it| *it == "incremental");
                    keys.extend(incremental.iter().map(|it| format!("profile.{name}.{it}")));
                    keys.extend((!rest.is_empty()).then(|| format!("profile.{name}")));
                }
            }
            _ => keys.push(section.clone()),
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    pub(super) fn configured(files: &[(&str, &str)]) -> (tempfile::TempDir, Configuration) {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let configuration = Configuration::read(root.path(), root.path()).unwrap();
        (root, configuration)
    }

    fn environment(configuration: &Configuration, incremental: Incremental) -> Vec<String> {
        let seen = configuration.environment(Path::new("/c"), Path::new("/t/bin"), incremental);
        seen.iter().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect()
    }

    #[test]
    fn each_setting_is_overridden_or_kept_by_the_rule() {
        let text = r#"
            [build]
            target-dir = "/away"
            build-dir = "/away"
            rustc = "/my/rustc"
            rustc-wrapper = "sccache"
            rustc-workspace-wrapper = "clippy"
            incremental = true
            rustflags = ["-Cdebuginfo=0"]
            [env]
            RUSTC_WRAPPER = "sneaky"
            HOME = "/home/me"
            GREETING = "hello"
            [unstable]
            gc = true
            [target.x86_64-unknown-linux-gnu]
            linker = "clang"
            [target.'cfg(unix)']
            rustflags = "-g"
            [profile.dev]
            incremental = true
            debug = 1
            [source.crates-io]
            replace-with = "vendored"
            [net]
            offline = false
            retry = 2
            [alias]
            xtask = "run"
            [term]
            color = "always"
        "#;
        let (_root, configuration) = configured(&[(".cargo/config.toml", text)]);
        let of = |treatment| {
            let all = configuration.settings().iter().filter(|it| it.treatment == treatment);
            all.map(|it| it.key.as_str()).collect::<BTreeSet<_>>()
        };
        let overridden = [
            "build.build-dir",
            "build.incremental",
            "build.rustc",
            "build.rustc-workspace-wrapper",
            "build.rustc-wrapper",
            "build.target-dir",
            "env.HOME",
            "env.RUSTC_WRAPPER",
            "net.offline",
            "profile.dev.incremental",
            "term.color",
        ];
        assert_eq!(of(Treatment::Overridden), overridden.into());
        let kept = [
            "alias",
            "build.rustflags",
            "env.GREETING",
            "net.retry",
            "profile.dev",
            "source.crates-io",
            "target.cfg(unix).rustflags",
            "target.x86_64-unknown-linux-gnu.linker",
            "unstable.gc",
        ];
        assert_eq!(of(Treatment::Kept), kept.into());
        let wanted = [
            "CARGO_BUILD_BUILD_DIR=/c/target",
            "CARGO_INCREMENTAL=0",
            "CARGO_TARGET_DIR=/c/target",
            "RUSTC=/t/bin/rustc",
            "RUSTC_WORKSPACE_WRAPPER=",
            "RUSTC_WRAPPER=",
        ];
        assert_eq!(environment(&configuration, Incremental::Off), wanted);
        let on = environment(&configuration, Incremental::On);
        assert_eq!(on[1], "CARGO_INCREMENTAL=1");
    }

    #[test]
    fn what_no_file_sets_no_variable_overrides() {
        let (_root, none) = configured(&[("Cargo.toml", "")]);
        assert_eq!(none, Configuration::default());
        let (_root, kept) = configured(&[(".cargo/config.toml", "[build]\njobs = 1\n")]);
        assert_eq!(environment(&kept, Incremental::On), [""; 0]);
    }

    #[test]
    fn a_profile_alone_makes_incremental_the_scenarios_choice() {
        let text = "[profile.release]\nincremental = true\n";
        let (_root, configuration) = configured(&[(".cargo/config.toml", text)]);
        assert_eq!(environment(&configuration, Incremental::On), ["CARGO_INCREMENTAL=1"]);
    }

    #[test]
    fn forced_variables_are_overridden_where_the_job_has_its_own() {
        let text = "[env]\nA = { value = 'x', force = true }\nB = { value = 'y', force = true }\n\
                    C = 'plain'\n";
        let (_root, configuration) = configured(&[(".cargo/config.toml", text)]);
        let job: Environment =
            [("A", "a \"b\""), ("C", "c")].map(|(n, v)| (n.into(), v.into())).into();
        let arguments = configuration.arguments(&job);
        assert_eq!(arguments.len(), 4, "{arguments:?}");
        let value: Table = arguments[1].parse().unwrap();
        assert_eq!(value["env"]["A"]["value"].as_str(), Some("a \"b\""));
        assert_eq!(arguments[3], "env.A.relative=false");
    }

    #[test]
    fn what_lies_outside_the_workspace_is_named_as_left_out() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str| root.path().join(name);
        fs::create_dir_all(folder("repository/.cargo")).unwrap();
        fs::create_dir_all(folder("repository/workspace")).unwrap();
        fs::create_dir_all(folder("home")).unwrap();
        fs::write(folder("repository/.cargo/config.toml"), "[build]\njobs = 1\n").unwrap();
        fs::write(folder("home/config.toml"), "[build]\nrustc-wrapper = 'sccache'\n").unwrap();
        let user = UserEnvironment::new([("CARGO_HOME".into(), folder("home").into())]);
        let mut configuration = Configuration::default();
        configuration.leave_out(&folder("repository/workspace"), &user);
        let seen: Vec<_> = configuration
            .settings()
            .iter()
            .map(|it| (it.file.as_str(), it.key.as_str(), it.treatment))
            .collect();
        let wanted = [
            ("../.cargo/config.toml", "build.jobs", Treatment::LeftOut),
            ("$CARGO_HOME/config.toml", "build.rustc-wrapper", Treatment::LeftOut),
        ];
        assert_eq!(seen, wanted);
        assert_eq!(environment(&configuration, Incremental::Off), [""; 0]);
    }
}
