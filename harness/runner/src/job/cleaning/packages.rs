//! The packages of a workspace as a cleaning needs them: their names, places and libraries.
//! Owns which targets of a package are libraries. It must not ask Cargo.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::RunnerError;

/// Kinds of targets whose files are kept (`workspace.ts` of rust-cache 2.9.2): a program is built
/// again.
const LIBRARIES: [&str; 6] = ["lib", "cdylib", "dylib", "rlib", "staticlib", "proc-macro"];

/// A package whose files may stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageFiles {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The names of its libraries.
    pub libraries: Vec<String>,
    /// Its manifest.
    pub manifest: PathBuf,
}

impl PackageFiles {
    /// The package's folder.
    pub fn folder(&self) -> &Path {
        self.manifest.parent().unwrap_or(&self.manifest)
    }

    /// Whether its manifest lies outside a folder. Paths are compared as texts, so that a folder
    /// beside it whose name only begins alike counts as inside.
    pub fn is_outside(&self, folder: &Path) -> bool {
        !self.manifest.to_string_lossy().starts_with(&*folder.to_string_lossy())
    }
}

#[derive(Deserialize)]
struct ListedPackages {
    packages: Vec<ListedPackage>,
}

#[derive(Deserialize)]
struct ListedPackage {
    name: String,
    version: String,
    manifest_path: PathBuf,
    targets: Vec<ListedTarget>,
}

#[derive(Deserialize)]
struct ListedTarget {
    name: String,
    kind: Vec<String>,
}

/// The packages that `cargo metadata` printed.
///
/// # Errors
/// When it printed something else.
pub fn parse(printed: &str) -> Result<Vec<PackageFiles>, RunnerError> {
    let listed: ListedPackages = serde_json::from_str(printed)
        .map_err(|error| RunnerError::Environment(format!("`cargo metadata`: {error}")))?;
    let is_library = |it: &ListedTarget| it.kind.iter().any(|it| LIBRARIES.contains(&it.as_str()));
    let package = |it: ListedPackage| PackageFiles {
        name: it.name,
        version: it.version,
        libraries: it.targets.into_iter().filter(is_library).map(|it| it.name).collect(),
        manifest: it.manifest_path,
    };
    Ok(listed.packages.into_iter().map(package).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_its_libraries_and_is_in_or_outside_the_workspace() {
        let printed = r#"{"packages":[{"name":"a-b","version":"1.2.3","manifest_path":"/ws-2/a/Cargo.toml",
            "targets":[{"name":"a_lib","kind":["rlib","cdylib"]},{"name":"tool","kind":["bin"]},
            {"name":"build-script-build","kind":["custom-build"]},{"name":"t","kind":["test"]}],
            "license":null}],"version":1}"#;
        let packages = parse(printed).unwrap();
        assert_eq!((packages.len(), &packages[0].libraries[..]), (1, &["a_lib".to_owned()][..]));
        assert_eq!(packages[0].folder(), Path::new("/ws-2/a"));
        let outside = ["/ws", "/ws-2", "/elsewhere"].map(|it| packages[0].is_outside(it.as_ref()));
        assert_eq!(outside, [false, false, true]);
        assert!(parse("[]").is_err());
    }
}
