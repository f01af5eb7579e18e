//! Sources that Cargo's configuration files name: `paths`, `[patch]` and `[source]`.
//! Owns which keys these are, and the folder that a path in them is relative to. It must not follow
//! a path.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::files::{self, File};
use crate::error::RunnerError;
use crate::prepare::manifests::{NamedPath, Need};

/// Every path of sources in the files that Cargo would read in `folder` of a copy whose root is
/// `top`, relative to [`NamedPath::base`]. An absolute path leads to the same place in a checkout
/// and is not among them.
///
/// # Errors
/// When a file cannot be read, or is no TOML.
pub fn named_paths(folder: &Path, top: &Path) -> Result<Vec<NamedPath>, RunnerError> {
    let mut found = Vec::new();
    for above in folder.ancestors().take_while(|it| it.starts_with(top)) {
        let Some(path) = files::of_folder(above) else { continue };
        let mut read = Vec::new();
        files::read(&path, top, &mut BTreeSet::new(), &mut read)?;
        found.extend(read.iter().flat_map(|file| of_file(file, top)));
    }
    Ok(found)
}

/// The paths that one file names.
fn of_file(file: &File, top: &Path) -> Vec<NamedPath> {
    let manifest = top.join(&file.name);
    let named = |(key, path): (String, &str)| {
        let path = PathBuf::from(path);
        let manifest = manifest.clone();
        let is_relative = path.is_relative();
        is_relative.then_some(NamedPath { manifest, key, path, need: Need::Always })
    };
    let overrides = file.table.get("paths").and_then(Value::as_array).into_iter().flatten();
    let overrides = overrides.filter_map(Value::as_str).map(|it| ("paths".to_owned(), it));
    let patches = of_tables(file.table.get("patch")).flat_map(|(source, patches)| {
        let crates =
            patches.iter().filter_map(|(name, it)| Some((name, it.get("path")?.as_str()?)));
        crates.map(move |(name, path)| (format!("patch.{source}.{name}"), path))
    });
    let sources = of_tables(file.table.get("source")).flat_map(|(source, table)| {
        let keys = ["directory", "local-registry"];
        let paths = keys.into_iter().filter_map(|key| Some((key, table.get(key)?.as_str()?)));
        paths.map(move |(key, path)| (format!("source.{source}.{key}"), path))
    });
    overrides.chain(patches).chain(sources).filter_map(named).collect()
}

fn of_tables(value: Option<&Value>) -> impl Iterator<Item = (&String, &Table)> {
    let all = value.and_then(Value::as_table).into_iter().flatten();
    all.filter_map(|(name, entry)| Some((name, entry.as_table()?)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::configured;
    use super::*;

    #[test]
    fn sources_are_named_relative_to_the_folder_above_the_files() {
        let (root, _) = configured(&[
            (
                ".cargo/config.toml",
                "include = ['more/extra.toml']\npaths = ['../over', '/absolute']\n\
                 [patch.crates-io]\na = { path = '../a' }\nb = { git = 'https://x' }\n\
                 [source.vendored]\ndirectory = '../vendor'\n",
            ),
            (".cargo/more/extra.toml", "[patch.'https://x']\nc = { path = 'c' }\n"),
        ]);
        let found = named_paths(root.path(), root.path()).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|it| {
                let base = it.base().strip_prefix(root.path()).unwrap().display().to_string();
                (it.key.as_str(), it.path.to_str().unwrap(), base)
            })
            .collect();
        let wanted = [
            ("paths", "../over", String::new()),
            ("patch.crates-io.a", "../a", String::new()),
            ("source.vendored.directory", "../vendor", String::new()),
            ("patch.https://x.c", "c", ".cargo".to_owned()),
        ];
        assert_eq!(found, wanted);
    }
}
