//! Cargo's manifests, read as far as they decide which sources a build needs: members, paths that
//! they name, and the oldest Rust that they ask for. What cannot be read is Cargo's to speak of.
//! It must not start a process.

use std::fs;
use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};

/// A path that a manifest, or a configuration file, names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPath {
    /// The manifest or configuration file.
    pub manifest: PathBuf,
    /// The key of the path, with dots.
    pub key: String,
    /// The path as it is written.
    pub path: PathBuf,
    /// How much a build needs it.
    pub need: Need,
}

impl NamedPath {
    /// The folder that the path is relative to: the manifest's, and for a configuration file the
    /// folder above its own
    /// (<https://doc.rust-lang.org/cargo/reference/config.html#config-relative-paths>).
    pub fn base(&self) -> PathBuf {
        let folder = self.manifest.parent().unwrap_or(Path::new(""));
        match self.manifest.file_name().is_some_and(|it| it == "Cargo.toml") {
            true => folder.to_owned(),
            false => folder.parent().unwrap_or(folder).to_owned(),
        }
    }
}

/// How much a build needs what a manifest names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing is built without it.
    Always,
    /// Only the package's own tests need it, or nothing may use it.
    Perhaps,
}

/// The manifest of a folder; none where it is not there or is no TOML.
pub fn read(folder: &Path) -> Option<Table> {
    fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()
}

/// The root of the workspace that a package's folder belongs to: the folder itself where it is one,
/// or no other claims it.
pub fn workspace_root(folder: &Path) -> PathBuf {
    let own = read(folder).unwrap_or_default();
    if own.contains_key("workspace") {
        return folder.to_owned();
    }
    let named = own.get("package").and_then(|it| it.get("workspace")).and_then(Value::as_str);
    if let Some(named) = named {
        return normal(&folder.join(named));
    }
    let claims = |above: &&Path| {
        let Some(manifest) = read(above) else { return false };
        let Some(workspace) = manifest.get("workspace") else { return false };
        let excluded = texts(workspace.get("exclude"));
        let below = folder.strip_prefix(above).unwrap_or(folder);
        !excluded.iter().any(|it| below.starts_with(normal(Path::new(it))))
    };
    folder.ancestors().skip(1).find(claims).unwrap_or(folder).to_owned()
}

/// The folders of a workspace's members, as its root manifest lists them.
pub fn members(root: &Path, manifest: &Table) -> Vec<PathBuf> {
    let Some(workspace) = manifest.get("workspace") else { return Vec::new() };
    let patterns = texts(workspace.get("members"));
    patterns.iter().flat_map(|it| expanded(root, it)).collect()
}

/// Every path that the manifest of a folder names.
pub fn named_paths(folder: &Path, manifest: &Table) -> Vec<NamedPath> {
    let mut found = PathSearch { manifest: folder.join("Cargo.toml"), paths: Vec::new() };
    found.dependencies("", manifest);
    for (name, table) in tables(manifest.get("target")) {
        found.dependencies(&format!("target.{name}."), table);
    }
    if let Some(workspace) = manifest.get("workspace").and_then(Value::as_table) {
        found.of("workspace.dependencies", workspace.get("dependencies"), Need::Perhaps);
    }
    for (name, table) in tables(manifest.get("patch")) {
        found.of(&format!("patch.{name}"), Some(&Value::Table(table.clone())), Need::Always);
    }
    found.of("replace", manifest.get("replace"), Need::Always);
    let package = manifest.get("package");
    for key in ["workspace", "build"] {
        let value = package.and_then(|it| it.get(key)).and_then(Value::as_str);
        found.add(format!("package.{key}"), value, Need::Always);
    }
    let library = manifest.get("lib").and_then(|it| it.get("path")).and_then(Value::as_str);
    found.add("lib.path".to_owned(), library, Need::Always);
    for target in manifest.get("bin").and_then(Value::as_array).into_iter().flatten() {
        let path = target.get("path").and_then(Value::as_str);
        found.add("bin.path".to_owned(), path, Need::Always);
    }
    found.paths
}

/// The oldest Rust that a manifest asks for, with `rust-version.workspace = true` resolved by the
/// workspace's; none where it asks for none.
pub fn rust_version(manifest: &Table, root: &Table) -> Option<String> {
    let version = manifest.get("package")?.get("rust-version")?;
    let inherited = || root.get("workspace")?.get("package")?.get("rust-version")?.as_str();
    version.as_str().or_else(inherited).map(str::to_owned)
}

/// A path without `.`, and without `..` as far as names are above it.
pub fn normal(path: &Path) -> PathBuf {
    let mut parts: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(parts.pop()),
            (Component::ParentDir, Some(Component::RootDir)) => {}
            _ => parts.push(part),
        }
    }
    parts.iter().collect()
}

struct PathSearch {
    manifest: PathBuf,
    paths: Vec<NamedPath>,
}

impl PathSearch {
    fn dependencies(&mut self, prefix: &str, table: &Table) {
        for (name, need) in [
            ("dependencies", Need::Always),
            ("build-dependencies", Need::Always),
            ("dev-dependencies", Need::Perhaps),
        ] {
            self.of(&format!("{prefix}{name}"), table.get(name), need);
        }
    }

    /// The paths of a table of dependencies.
    fn of(&mut self, key: &str, table: Option<&Value>, need: Need) {
        for (name, entry) in tables(table) {
            let path = entry.get("path").and_then(Value::as_str);
            self.add(format!("{key}.{name}"), path, need);
        }
    }

    fn add(&mut self, key: String, path: Option<&str>, need: Need) {
        let manifest = self.manifest.clone();
        let named = |path: &str| NamedPath { manifest, key, path: path.into(), need };
        self.paths.extend(path.map(named));
    }
}

/// The tables of a table, by name.
fn tables(value: Option<&Value>) -> impl Iterator<Item = (&String, &Table)> {
    let all = value.and_then(Value::as_table).into_iter().flatten();
    all.filter_map(|(name, entry)| Some((name, entry.as_table()?)))
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The folders with a manifest that a pattern of members matches.
fn expanded(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    for part in normal(Path::new(pattern)).components() {
        let name = part.as_os_str().to_string_lossy();
        let is_plain = !name.contains(['*', '?', '[']);
        found = match is_plain {
            true => found.iter().map(|it| normal(&it.join(part))).collect(),
            false => found.iter().flat_map(|it| matching(it, &name)).collect(),
        };
    }
    found.retain(|it| it.join("Cargo.toml").is_file());
    found
}

/// The folders in a folder whose names match a pattern, sorted.
fn matching(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|it| matches(pattern.as_bytes(), it.file_name().to_string_lossy().as_bytes()))
        .map(|it| it.path())
        .filter(|it| it.is_dir())
        .collect();
    found.sort();
    found
}

/// Whether a name matches a pattern with `*` and `?`. A set in brackets matches every letter: more
/// is read then than is needed.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.first(), name.first()) {
        (None, None) => true,
        (Some(b'*'), _) => {
            matches(&pattern[1..], name) || !name.is_empty() && matches(pattern, &name[1..])
        }
        (Some(b'['), Some(_)) => {
            let end = pattern.iter().position(|it| *it == b']').unwrap_or(0);
            matches(&pattern[end + 1..], &name[1..])
        }
        (Some(b'?'), Some(_)) => matches(&pattern[1..], &name[1..]),
        (Some(one), Some(other)) => one == other && matches(&pattern[1..], &name[1..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_a_manifest_is_named_with_its_key() {
        let manifest: Table = r#"
            [package]
            build = "../build.rs"
            workspace = ".."
            [dependencies]
            a = { path = "../a" }
            plain = "1"
            [dev-dependencies]
            b = { path = "../b" }
            [target.'cfg(unix)'.build-dependencies]
            c = { path = "../c" }
            [workspace.dependencies]
            d = { path = "../d" }
            [patch.crates-io]
            e = { path = "../e" }
            [lib]
            path = "../lib.rs"
            [[bin]]
            path = "../main.rs"
        "#
        .parse()
        .unwrap();
        let found = named_paths(Path::new("/w"), &manifest);
        let keys: Vec<(&str, &str)> =
            found.iter().map(|it| (it.key.as_str(), it.path.to_str().unwrap())).collect();
        let wanted = [
            ("dependencies.a", "../a"),
            ("dev-dependencies.b", "../b"),
            ("target.cfg(unix).build-dependencies.c", "../c"),
            ("workspace.dependencies.d", "../d"),
            ("patch.crates-io.e", "../e"),
            ("package.workspace", ".."),
            ("package.build", "../build.rs"),
            ("lib.path", "../lib.rs"),
            ("bin.path", "../main.rs"),
        ];
        assert_eq!(keys, wanted);
    }

    #[test]
    fn members_are_those_that_patterns_match_and_their_root_is_found() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let write = |name: &str, text: &str| {
            fs::create_dir_all(root.join(name)).unwrap();
            fs::write(root.join(name).join("Cargo.toml"), text).unwrap();
        };
        write("", "[workspace]\nmembers = ['crates/*', 'x-?/in', './one']\nexclude = ['out']\n");
        for name in ["crates/a", "crates/b", "x-1/in", "one", "out", "other"] {
            write(name, "[package]\n");
        }
        fs::create_dir(root.join("crates/no-manifest")).unwrap();
        let found = members(root, &read(root).unwrap());
        let wanted = ["crates/a", "crates/b", "x-1/in", "one"].map(|it| root.join(it));
        assert_eq!(found, wanted);
        assert_eq!(workspace_root(&root.join("crates/a")), root);
        assert_eq!(workspace_root(&root.join("out")), root.join("out"));
        assert_eq!(workspace_root(root), root);
    }

    #[test]
    fn the_version_of_rust_may_be_the_workspaces() {
        let table = |text: &str| text.parse::<Table>().unwrap();
        let root = table("[workspace.package]\nrust-version = '1.99'\n");
        let of = |text: &str| rust_version(&table(text), &root);
        assert_eq!(of("[package]\nrust-version = '1.70'\n").as_deref(), Some("1.70"));
        assert_eq!(of("[package]\nrust-version.workspace = true\n").as_deref(), Some("1.99"));
        assert_eq!(of("[package]\nname = 'a'\n"), None);
    }
}
