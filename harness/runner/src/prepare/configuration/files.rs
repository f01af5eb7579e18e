//! Cargo's configuration files: which there are, in which order they count, and what they include.
//! Owns finding and reading them; what a setting means is decided elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::error::RunnerError;
use crate::prepare::environment::UserEnvironment;

/// One configuration file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct File {
    /// As people name it, relative to the workspace's root.
    pub name: String,
    pub table: Table,
}

/// The configuration file of a folder: where there are both, Cargo takes the old name.
pub(super) fn of_folder(folder: &Path) -> Option<PathBuf> {
    named(&folder.join(".cargo"))
}

/// The file below a folder such as `.cargo` or `CARGO_HOME`.
fn named(folder: &Path) -> Option<PathBuf> {
    ["config", "config.toml"].map(|name| folder.join(name)).into_iter().find(|it| it.is_file())
}

/// Reads a file, and after it those that it includes, which it wins over. The last of several
/// included ones wins over those before it. A file that is not there is for Cargo to speak of.
pub(super) fn read(
    path: &Path,
    top: &Path,
    seen: &mut BTreeSet<PathBuf>,
    files: &mut Vec<File>,
) -> Result<(), RunnerError> {
    let text = fs::read_to_string(path).map_err(RunnerError::file("read", path))?;
    let name = path.strip_prefix(top).unwrap_or(path).display().to_string();
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let what = error.message();
        RunnerError::Input(format!("`{name}` of the workspace is no TOML: {what}"))
    })?;
    let folder = path.parent().unwrap_or(top);
    let included: Vec<PathBuf> = included(&table).iter().map(|it| folder.join(it)).collect();
    files.push(File { name, table });
    for path in included.iter().rev().filter(|it| it.is_file()) {
        let canonical = path.canonicalize().map_err(RunnerError::file("find", path))?;
        if seen.insert(canonical) {
            read(path, top, seen, files)?;
        }
    }
    Ok(())
}

/// The paths of `include`: texts, or tables with a `path`.
fn included(table: &Table) -> Vec<String> {
    let path = |value: &Value| match value {
        Value::Table(table) => table.get("path")?.as_str().map(str::to_owned),
        value => value.as_str().map(str::to_owned),
    };
    match table.get("include") {
        Some(Value::Array(all)) => all.iter().filter_map(path).collect(),
        Some(one) => path(one).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The files that Cargo would read in the user's own place and that are no part of the workspace:
/// those of the folders above it, and that of `CARGO_HOME`. No table where one cannot be read.
pub(super) fn outside(workspace: &Path, user: &UserEnvironment) -> Vec<(String, Option<Table>)> {
    let home = user.get("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(user.get("HOME")?).join(".cargo")));
    let table = |path: &Path| fs::read_to_string(path).ok()?.parse().ok();
    let mut found = Vec::new();
    for (steps, above) in workspace.ancestors().enumerate().skip(1) {
        let is_home = home.as_deref().is_some_and(|home| home == above.join(".cargo"));
        if let Some(path) = of_folder(above).filter(|_| !is_home) {
            let name = path.strip_prefix(above).unwrap_or(&path).display();
            found.push((format!("{}{name}", "../".repeat(steps)), table(&path)));
        }
    }
    if let Some(path) = home.as_deref().and_then(named) {
        let name = path.file_name().unwrap_or_default().display().to_string();
        found.push((format!("$CARGO_HOME/{name}"), table(&path)));
    }
    found
}

/// A name as a part of a dotted key.
pub(super) fn quoted(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match !name.is_empty() && name.chars().all(is_bare) {
        true => name.to_owned(),
        false => {
            let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{escaped}\"")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Configuration;
    use super::super::tests::configured;
    use super::*;

    fn keys(configuration: &Configuration) -> Vec<(&str, &str)> {
        configuration.settings().iter().map(|it| (it.file.as_str(), it.key.as_str())).collect()
    }

    #[test]
    fn included_files_count_and_circles_end() {
        let (_root, configuration) = configured(&[
            (".cargo/config.toml", "include = ['one.toml', { path = '../two.toml' }, 'gone.toml']"),
            (".cargo/one.toml", "include = ['one.toml', 'config.toml']\nbuild.jobs = 1\n"),
            ("two.toml", "build.rustc-wrapper = 'sccache'\n"),
        ]);
        let wanted =
            [(".cargo/../two.toml", "build.rustc-wrapper"), (".cargo/one.toml", "build.jobs")];
        assert_eq!(keys(&configuration), wanted);
    }

    #[test]
    fn the_old_name_wins_where_both_are_there() {
        let (_root, configuration) = configured(&[
            (".cargo/config", "build.jobs = 1\n"),
            (".cargo/config.toml", "build.rustc-wrapper = 'sccache'\n"),
        ]);
        assert_eq!(keys(&configuration), [(".cargo/config", "build.jobs")]);
    }

    #[test]
    fn a_folder_above_counts_within_the_copy_and_the_nearest_wins() {
        let (root, _) = configured(&[
            (".cargo/config.toml", "build.target = 'far'\n"),
            ("inner/.cargo/config.toml", "build.jobs = 1\n"),
        ]);
        let inner = root.path().join("inner");
        let both = Configuration::read(&inner, root.path()).unwrap();
        let wanted =
            [("inner/.cargo/config.toml", "build.jobs"), (".cargo/config.toml", "build.target")];
        assert_eq!(keys(&both), wanted);
        let alone = Configuration::read(&inner, &inner).unwrap();
        assert_eq!(keys(&alone), [(".cargo/config.toml", "build.jobs")]);
    }

    #[test]
    fn a_file_that_is_no_toml_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(".cargo")).unwrap();
        fs::write(root.path().join(".cargo/config.toml"), "[build\n").unwrap();
        let error = Configuration::read(root.path(), root.path()).unwrap_err().to_string();
        assert!(error.starts_with("`.cargo/config.toml` of the workspace is no TOML"), "{error}");
    }
}
