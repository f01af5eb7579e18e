//! Unstable features of Cargo that a scenario may use.
//! Owns which there are, by Cargo's own names, and how a job switches them on.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An unstable feature of Cargo, by the name that `cargo -Z help` has for it. It needs a nightly
/// toolchain (<https://doc.rust-lang.org/cargo/reference/unstable.html>).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum UnstableFeature {
    /// Cargo judges by checksums whether a file has changed, and not by its time.
    ChecksumFreshness,
    /// Intermediate files lie in one folder for each unit.
    BuildDirNewLayout,
}

impl UnstableFeature {
    /// Cargo's name of it.
    pub fn name(self) -> &'static str {
        match self {
            UnstableFeature::ChecksumFreshness => "checksum-freshness",
            UnstableFeature::BuildDirNewLayout => "build-dir-new-layout",
        }
    }

    /// The variable that switches it on, with the value `true`: Cargo reads its configuration's
    /// table `[unstable]` from variables too.
    pub fn variable(self) -> String {
        format!("CARGO_UNSTABLE_{}", self.name().to_uppercase().replace('-', "_"))
    }
}

impl fmt::Display for UnstableFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_has_cargos_name_and_variable() {
        for (feature, variable) in [
            (UnstableFeature::ChecksumFreshness, "CARGO_UNSTABLE_CHECKSUM_FRESHNESS"),
            (UnstableFeature::BuildDirNewLayout, "CARGO_UNSTABLE_BUILD_DIR_NEW_LAYOUT"),
        ] {
            assert_eq!(feature.variable(), variable);
            let written = serde_json::to_value(feature).unwrap();
            assert_eq!(written, feature.to_string());
        }
    }
}
