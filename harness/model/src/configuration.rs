//! The workspace's own Cargo configuration as jobs take it: what of it is kept, and what is not.
//! Owns these nouns; reading the files and the rule itself belong to the runner.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One setting of a Cargo configuration file, and what jobs make of it. Its value is not recorded:
/// it may be a secret, and what is kept is part of the workspace's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationSetting {
    /// Its key, such as `build.rustc-wrapper`.
    pub key: String,
    /// The file, relative to the workspace's root, or `$CARGO_HOME/config.toml`.
    pub file: String,
    /// What jobs make of it.
    pub treatment: Treatment,
    /// What holds in its place, where it is overridden.
    pub instead: Option<String>,
}

/// What jobs make of a setting.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// Another value holds in every job.
    Overridden,
    /// It holds, as in the user's own builds.
    Kept,
    /// Its file is outside the workspace and not part of a job's checkout.
    LeftOut,
}

impl fmt::Display for Treatment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Treatment::Overridden => "overridden",
            Treatment::Kept => "kept",
            Treatment::LeftOut => "left out",
        })
    }
}

impl ConfigurationSetting {
    /// A row of settings in one line: by treatment, each with its keys.
    pub fn line(settings: &[ConfigurationSetting]) -> String {
        let of = |treatment: Treatment| {
            let mut keys: Vec<String> =
                settings.iter().filter(|it| it.treatment == treatment).map(Self::named).collect();
            keys.dedup();
            (!keys.is_empty()).then(|| format!("{treatment}: {}", keys.join(", ")))
        };
        let parts = [Treatment::Overridden, Treatment::Kept, Treatment::LeftOut].map(of);
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    fn named(&self) -> String {
        match &self.instead {
            Some(instead) => format!("{} in {} ({instead})", self.key, self.file),
            None => format!("{} in {}", self.key, self.file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_what_is_overridden_first() {
        let setting = |key: &str, treatment, instead: Option<&str>| ConfigurationSetting {
            key: key.to_owned(),
            file: ".cargo/config.toml".to_owned(),
            treatment,
            instead: instead.map(str::to_owned),
        };
        let settings = [
            setting("build.rustflags", Treatment::Kept, None),
            setting("build.target-dir", Treatment::Overridden, Some("the checkout's own")),
        ];
        assert_eq!(
            ConfigurationSetting::line(&settings),
            "overridden: build.target-dir in .cargo/config.toml (the checkout's own); \
             kept: build.rustflags in .cargo/config.toml"
        );
        assert_eq!(ConfigurationSetting::line(&[]), "");
    }
}
