//! Flags beside those of the workspace's own configuration. Cargo takes flags of one source only,
//! and those of `target` before those of `build`: a flag is added to the source that counts.
//! Owns that choice.

use std::str::FromStr;

use cargo_platform::{Cfg, Platform};
use toml::{Table, Value};

use super::Configuration;
use super::files::quoted;

/// A target that builds are for, with what decides which flags count for it.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagTarget {
    triple: String,
    cfgs: Vec<Cfg>,
}

impl FlagTarget {
    /// A target with the output of `rustc --print cfg` for it.
    pub fn new(triple: &str, printed: &str) -> FlagTarget {
        let cfgs = printed.lines().filter_map(|line| Cfg::from_str(line).ok()).collect();
        FlagTarget { triple: triple.to_owned(), cfgs }
    }
}

impl Configuration {
    /// The targets that builds are for, as `build.target` names them; none is the host.
    pub fn targets(&self) -> Vec<String> {
        let mut found = Vec::new();
        for value in self.tables("build").filter_map(|it| it.get("target")) {
            match value {
                // The first file that has one target wins.
                Value::String(one) if found.is_empty() => return vec![one.clone()],
                Value::Array(all) => {
                    found.extend(all.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        found
    }

    /// Arguments for Cargo that add flags to those of the workspace.
    pub fn added(&self, flags: &[&str], targets: &[FlagTarget]) -> Vec<String> {
        let mut settings: Vec<String> = Vec::new();
        for target in targets {
            let (key, sources) = match self.has_flags_for(target) {
                true => (format!("target.{}", quoted(&target.triple)), self.of(&target.triple)),
                false => ("build".to_owned(), self.tables("build").collect()),
            };
            let setting = format!("{key}.rustflags={}", with(&sources, flags));
            if !settings.contains(&setting) {
                settings.push(setting);
            }
        }
        settings.into_iter().flat_map(|it| ["--config".to_owned(), it]).collect()
    }

    /// The tables `target.<name>` of every file.
    fn of(&self, name: &str) -> Vec<&Table> {
        self.tables("target").filter_map(|it| it.get(name)?.as_table()).collect()
    }

    /// Whether the files have flags for a target, by its name or by a `cfg` that holds for it.
    fn has_flags_for(&self, target: &FlagTarget) -> bool {
        let matches = |name: &String| {
            let platform = Platform::from_str(name);
            platform.is_ok_and(|it| it.matches(&target.triple, &target.cfgs))
        };
        let mut all = self.tables("target").flatten();
        all.any(|(name, entry)| entry.get("rustflags").is_some() && matches(name))
    }
}

/// The value that adds flags to `rustflags` of some tables. Cargo joins lists with those of files;
/// a string replaces theirs, so it must repeat the first of them.
fn with(sources: &[&Table], flags: &[&str]) -> Value {
    match sources.iter().find_map(|it| it.get("rustflags")) {
        Some(Value::String(own)) => Value::String(format!("{own} {}", flags.join(" "))),
        _ => Value::Array(flags.iter().map(|it| Value::String((*it).to_owned())).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::configured;
    use super::*;

    const HOST: &str = "x86_64-unknown-linux-gnu";

    fn added(text: &str) -> Vec<String> {
        let (_root, configuration) = configured(&[(".cargo/config.toml", text)]);
        let host = FlagTarget::new(HOST, "unix\ntarget_os=\"linux\"\n");
        let all = configuration.added(&["--cfg", "x"], &[host]);
        all.into_iter().filter(|it| it != "--config").collect()
    }

    #[test]
    fn a_flag_joins_the_source_that_counts() {
        let build = r#"build.rustflags=["--cfg", "x"]"#;
        let target = r#"target.x86_64-unknown-linux-gnu.rustflags=["--cfg", "x"]"#;
        assert_eq!(added(""), [build]);
        assert_eq!(added("build.rustflags = ['-g']"), [build]);
        assert_eq!(added("build.rustflags = '-g'"), [r#"build.rustflags="-g --cfg x""#]);
        assert_eq!(added(&format!("target.{HOST}.rustflags = ['-g']")), [target]);
        assert_eq!(
            added(&format!("target.{HOST}.rustflags = '-g'")),
            [r#"target.x86_64-unknown-linux-gnu.rustflags="-g --cfg x""#]
        );
        assert_eq!(added("target.'cfg(unix)'.rustflags = ['-g']"), [target]);
        assert_eq!(added("target.'cfg(windows)'.rustflags = ['-g']"), [build]);
        assert_eq!(added("target.'cfg(unix)'.linker = 'clang'"), [build]);
    }

    #[test]
    fn each_target_has_its_own_source() {
        let text = format!(
            "build.target = ['{HOST}', 'wasm32-wasip1']\n\
                            target.{HOST}.rustflags = ['-g']\n"
        );
        let (_root, configuration) = configured(&[(".cargo/config.toml", &text)]);
        assert_eq!(configuration.targets(), [HOST, "wasm32-wasip1"]);
        let targets = [FlagTarget::new(HOST, "unix"), FlagTarget::new("wasm32-wasip1", "")];
        let all = configuration.added(&["-v"], &targets);
        assert_eq!(all[1], format!("target.{HOST}.rustflags=[\"-v\"]"));
        assert_eq!(all[3], "build.rustflags=[\"-v\"]");
    }
}
