//! Another version of a dependency, as an update bot would choose it.
//! Owns the choice, from the lock file, the crate graph and what the registry's index says of the
//! versions that it offers. It must not reach the network.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, Package, PackageId};
use lukewarm_model::MutationKind;
use semver::Version;
use serde::Deserialize;
use serde_json::Value;

use crate::prepare::edits::{AutomaticEdit, Proof, TOKEN};
use crate::prepare::insertion::Insertion;

/// A version that a registry's index offers.
#[derive(Clone, Debug, Deserialize)]
struct OfferedVersion {
    vers: Version,
    cksum: String,
    #[serde(default)]
    deps: Vec<BTreeMap<String, Value>>,
    #[serde(default)]
    features: BTreeMap<String, Value>,
    #[serde(default)]
    features2: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    yanked: bool,
}

/// The changes of one dependency's version that the lock file allows without any other change, the
/// dependency that most packages of the build use first; `is_built` says which versions are built
/// at all, since Cargo's graph has what only tests use too. `registry` is a `CARGO_HOME`, and
/// `lock_file` is relative to the checkout.
pub fn bumps(
    metadata: &Metadata,
    (lock_file, lock): (&Path, &str),
    registry: &Path,
    is_built: impl Fn(&str, &str) -> bool,
) -> Vec<AutomaticEdit> {
    let (built, users) = built(metadata);
    let mut packages: Vec<(&Package, usize)> = metadata
        .packages
        .iter()
        .filter(|it| built.contains(&it.id) && it.source.is_some())
        .filter(|it| is_built(&it.name, &it.version.to_string()))
        .filter(|it| metadata.packages.iter().filter(|other| other.name == it.name).count() == 1)
        .map(|it| (it, users.get(&it.id).copied().unwrap_or_default()))
        .collect();
    packages.sort_by_key(|(it, users)| (Reverse(*users), it.name.to_string()));
    let bump = |(package, users): (&Package, usize)| {
        let to = other_version(metadata, package, registry)?;
        let text = with_version(lock, package, &to)?;
        Some(AutomaticEdit {
            kind: MutationKind::Dependency,
            place: None,
            package: package.name.to_string(),
            form: format!("version {} instead of {} in the lock file", to.vers, package.version),
            reason: match users {
                1 => "1 package of the build uses it".to_owned(),
                users => format!("{users} packages of the build use it"),
            },
            proof: Proof::Version(to.vers.to_string()),
            files: vec![(lock_file.to_owned(), Insertion::Whole(text))],
        })
    };
    packages.into_iter().filter_map(bump).collect()
}

/// The packages that members use by normal dependencies, without those that only procedural macros
/// and build scripts use; and how many of them use each, directly or not.
fn built(metadata: &Metadata) -> (BTreeSet<&PackageId>, BTreeMap<&PackageId, usize>) {
    let packages: BTreeMap<&PackageId, &Package> =
        metadata.packages.iter().map(|it| (&it.id, it)).collect();
    let is_macro = |id: &PackageId| {
        packages.get(id).is_some_and(|it| it.targets.iter().any(|it| it.is_proc_macro()))
    };
    let nodes = metadata.resolve.iter().flat_map(|it| &it.nodes);
    let direct: BTreeMap<&PackageId, Vec<&PackageId>> = nodes
        .map(|node| {
            let normal = node
                .deps
                .iter()
                .filter(|it| it.dep_kinds.iter().any(|it| it.kind == DependencyKind::Normal));
            (&node.id, normal.map(|it| &it.pkg).filter(|id| !is_macro(id)).collect())
        })
        .collect();
    let below = |from: Vec<&PackageId>| {
        let from: Vec<_> = from.iter().map(|it| &metadata[it].id).collect();
        let (mut seen, mut open) = (BTreeSet::new(), from);
        while let Some(next) = open.pop() {
            for id in direct.get(next).into_iter().flatten() {
                if seen.insert(*id) {
                    open.push(id);
                }
            }
        }
        seen
    };
    let members: Vec<&PackageId> =
        metadata.workspace_members.iter().filter(|id| !is_macro(id)).collect();
    let built = below(members.clone());
    let mut users = BTreeMap::new();
    let all: BTreeSet<&PackageId> = built.iter().copied().chain(members).collect();
    for user in all {
        for id in below(vec![user]) {
            *users.entry(id).or_insert(0) += 1;
        }
    }
    (built, users)
}

/// The nearest version that all who use a package accept and that needs what the present one
/// needs: a newer one, else an older one; none where the registry offers none.
fn other_version(
    metadata: &Metadata,
    package: &Package,
    registry: &Path,
) -> Option<OfferedVersion> {
    let offered = offered(registry, &package.name);
    let present = offered.iter().find(|it| it.vers == package.version)?;
    let needs = |it: &OfferedVersion| -> BTreeSet<String> {
        let is_used = |it: &&BTreeMap<String, Value>| it.get("kind") != Some(&"dev".into());
        it.deps.iter().filter(is_used).map(|it| format!("{it:?}")).collect()
    };
    let features = |it: &OfferedVersion| -> BTreeSet<String> {
        it.features
            .keys()
            .chain(it.features2.iter().flatten().map(|(key, _)| key))
            .cloned()
            .collect()
    };
    let requirements: Vec<_> = metadata
        .packages
        .iter()
        .flat_map(|it| &it.dependencies)
        .filter(|it| *it.name == **package.name && it.path.is_none())
        .map(|it| &it.req)
        .collect();
    let fits = |it: &&OfferedVersion| {
        it.vers != present.vers
            && !it.yanked
            && it.vers.pre.is_empty()
            && requirements.iter().all(|requirement| requirement.matches(&it.vers))
            && needs(it) == needs(present)
            && features(it).is_superset(&features(present))
    };
    let mut others: Vec<&OfferedVersion> = offered.iter().filter(fits).collect();
    others.sort_by(|one, other| one.vers.cmp(&other.vers));
    let newer = others.iter().find(|it| it.vers > present.vers);
    newer.or_else(|| others.iter().rev().find(|it| it.vers < present.vers)).copied().cloned()
}

/// The versions of a package that the indexes in a `CARGO_HOME` list, as Cargo keeps them: a JSON
/// text for each, between zero bytes (cargo, `sources/registry/index/cache.rs`).
fn offered(registry: &Path, name: &str) -> Vec<OfferedVersion> {
    let indexes = fs::read_dir(registry.join("registry/index")).into_iter().flatten().flatten();
    let files = indexes.map(|index| index.path().join(".cache").join(index_path(name)));
    let read = |file: PathBuf| fs::read(file).ok();
    let texts: Vec<Vec<u8>> = files.filter_map(read).collect();
    let parts = texts.iter().flat_map(|text| text.split(|byte| *byte == 0));
    parts
        .filter(|part| part.first() == Some(&b'{'))
        .filter_map(|part| serde_json::from_slice(part).ok())
        .collect()
}

/// Where an index has its file for a package (Cargo Book, "Registry Index", index files).
fn index_path(name: &str) -> PathBuf {
    let name = name.to_lowercase();
    let part = |from: usize, to: usize| name.get(from..to).unwrap_or_default().to_owned();
    match name.len() {
        1 => PathBuf::from("1").join(name),
        2 => PathBuf::from("2").join(name),
        3 => PathBuf::from("3").join(part(0, 1)).join(name),
        _ => PathBuf::from(part(0, 2)).join(part(2, 4)).join(name),
    }
}

/// A lock file with another version of a package, and a comment with the token below the comments
/// that it begins with, which Cargo keeps. None where the package is not there with its checksum.
fn with_version(lock: &str, package: &Package, to: &OfferedVersion) -> Option<String> {
    let (name, version) = (&package.name, &package.version);
    let block = format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
    let lock = lock.replace("\r\n", "\n");
    let start = lock.find(&block)?;
    let end = lock[start + 1..].find("\n[[package]]").map_or(lock.len(), |it| start + 1 + it);
    let inside = &lock[start..end];
    let checksum = inside.lines().find(|line| line.starts_with("checksum = "))?;
    let changed = inside
        .replacen(&format!("version = \"{version}\""), &format!("version = \"{}\"", to.vers), 1)
        .replacen(checksum, &format!("checksum = \"{}\"", to.cksum), 1);
    let comments: usize =
        lock.split_inclusive('\n').take_while(|line| line.starts_with('#')).map(str::len).sum();
    let (head, tail) = (&lock[..comments], &lock[end..]);
    Some(format!("{head}# {TOKEN}\n{}{changed}{tail}", &lock[comments..start]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_files_are_where_cargo_has_them() {
        let of = |name| index_path(name).display().to_string();
        assert_eq!(["a", "ab", "abc", "Serde"].map(of), ["1/a", "2/ab", "3/a/abc", "se/rd/serde"]);
    }

    #[test]
    fn the_versions_of_an_index_are_read_as_cargo_keeps_them() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("registry/index/example-1/.cache/it/oa");
        fs::create_dir_all(&folder).unwrap();
        let entry = |version: &str, yanked: bool| {
            format!(
                r#"{version}{}{{"name":"itoa","vers":"{version}","deps":[],"cksum":"c{version}","features":{{}},"yanked":{yanked}}}"#,
                '\0'
            )
        };
        let text = format!(
            "\u{3}\u{2}\0\0\0etag: x\0{}\0{}\0",
            entry("1.0.1", false),
            entry("1.0.2", true)
        );
        fs::write(folder.join("itoa"), text).unwrap();
        let found: Vec<(String, bool)> = offered(home.path(), "itoa")
            .into_iter()
            .map(|it| (it.vers.to_string(), it.yanked))
            .collect();
        assert_eq!(found, [("1.0.1".to_owned(), false), ("1.0.2".to_owned(), true)]);
        assert!(offered(home.path(), "other").is_empty());
    }

    const LOCK: &str = "# This file is automatically @generated by Cargo.\nversion = 4\n\n\
                        [[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \
                        \"itoa\",\n \"ryu\",\n]\n\n[[package]]\nname = \"itoa\"\nversion = \
                        \"1.0.2\"\nsource = \"registry+x\"\nchecksum = \"c1.0.2\"\n\n\
                        [[package]]\nname = \"ryu\"\nversion = \"1.0.2\"\nsource = \
                        \"registry+x\"\nchecksum = \"c1.0.2\"\n";

    /// A member that uses two crates, `itoa` with this requirement.
    fn metadata(requirement: &str) -> Metadata {
        let target = |name: &str| {
            serde_json::json!({
                "name": name, "kind": ["lib"], "crate_types": ["lib"], "src_path": "/w/lib.rs",
            })
        };
        let package = |name: &str, version: &str, source: Option<&str>, needs: Value| {
            serde_json::json!({
                "name": name, "version": version, "id": name, "source": source,
                "dependencies": needs, "targets": [target(name)], "features": {},
                "manifest_path": "/w/Cargo.toml", "edition": "2021", "metadata": null,
            })
        };
        let needs = |name: &str, requirement: &str| {
            serde_json::json!({
                "name": name, "source": "registry+x", "req": requirement, "kind": null,
                "rename": null, "optional": false, "uses_default_features": true, "features": [],
                "target": null, "registry": null,
            })
        };
        let normal = serde_json::json!([{ "kind": null, "target": null }]);
        let on = |name: &str| serde_json::json!({ "name": name, "pkg": name, "dep_kinds": normal });
        let node = |name: &str, deps: Vec<Value>| {
            serde_json::json!({
                "id": name, "dependencies": [], "deps": deps, "features": [],
            })
        };
        let both = serde_json::json!([needs("itoa", requirement), needs("ryu", "^1.0.2")]);
        let text = serde_json::json!({
            "packages": [
                package("app", "0.1.0", None, both),
                package("itoa", "1.0.2", Some("registry+x"), serde_json::json!([])),
                package("ryu", "1.0.2", Some("registry+x"), serde_json::json!([])),
            ],
            "workspace_members": ["app"],
            "resolve": { "root": null, "nodes": [
                node("app", vec![on("itoa"), on("ryu")]), node("itoa", vec![]), node("ryu", vec![]),
            ] },
            "workspace_root": "/w", "target_directory": "/w/target", "version": 1,
        });
        serde_json::from_value(text).unwrap()
    }

    /// A registry whose index has these entries of `itoa`: version, dependencies, whether yanked.
    fn registry(versions: &[(&str, &str, bool)]) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("registry/index/x/.cache/it/oa");
        fs::create_dir_all(&folder).unwrap();
        let entry = |(version, needs, yanked): &(&str, &str, bool)| {
            format!(
                "{version}\0{{\"name\":\"itoa\",\"vers\":\"{version}\",\"deps\":[{needs}],\
                 \"cksum\":\"c{version}\",\"features\":{{}},\"yanked\":{yanked}}}\0"
            )
        };
        let text: String = versions.iter().map(entry).collect();
        fs::write(folder.join("itoa"), text).unwrap();
        home
    }

    #[test]
    fn the_nearest_version_that_needs_no_other_change_is_taken() {
        let other = r#"{"name":"zmij","req":"^1","kind":"normal"}"#;
        let test = r#"{"name":"rand","req":"^1","kind":"dev"}"#;
        let of = |requirement: &str, versions: &[(&str, &str, bool)]| {
            let home = registry(versions);
            let found = bumps(
                &metadata(requirement),
                (Path::new("Cargo.lock"), LOCK),
                home.path(),
                |_, _| true,
            );
            found.into_iter().map(|it| it.form).collect::<Vec<_>>()
        };
        let present = ("1.0.2", "", false);
        let form = |to: &str| vec![format!("version {to} instead of 1.0.2 in the lock file")];
        let newer = [present, ("1.0.1", "", false), ("1.0.3", "", false), ("1.0.4", "", false)];
        assert_eq!(of("^1", &newer), form("1.0.3"));
        // What tests of the dependency need is nobody's else.
        assert_eq!(of("^1", &[present, ("1.0.3", test, false)]), form("1.0.3"));
        // Yanked, with other dependencies, before its release: the one before is taken.
        let odd = [
            ("1.0.0", "", false),
            ("1.0.1", "", false),
            present,
            ("1.0.3", "", true),
            ("1.0.4", other, false),
            ("1.0.5-rc.1", "", false),
            ("2.0.0", "", false),
        ];
        assert_eq!(of("^1", &odd), form("1.0.1"));
        assert_eq!(of("^1.0.2", &odd), Vec::<String>::new());
        assert_eq!(of("=1.0.2", &newer), Vec::<String>::new());
        assert_eq!(of("^1", &[]), Vec::<String>::new());
    }

    #[test]
    fn the_lock_file_changes_in_one_package_and_has_a_comment_that_cargo_keeps() {
        let home = registry(&[("1.0.2", "", false), ("1.0.3", "", false)]);
        let found =
            bumps(&metadata("^1"), (Path::new("Cargo.lock"), LOCK), home.path(), |_, _| true);
        let of_tests = |name: &str, _: &str| name != "itoa";
        let none = bumps(&metadata("^1"), (Path::new("Cargo.lock"), LOCK), home.path(), of_tests);
        assert_eq!(none, []);
        let [edit] = &found[..] else { panic!("{found:?}") };
        assert_eq!(
            (edit.package.as_str(), edit.reason.as_str()),
            ("itoa", "1 package of the build uses it")
        );
        let [(file, Insertion::Whole(text))] = &edit.files[..] else { panic!("{edit:?}") };
        assert_eq!(file, Path::new("Cargo.lock"));
        let wanted = LOCK
            .replacen("1.0.2\"\nsource", "1.0.3\"\nsource", 1)
            .replacen("c1.0.2", "c1.0.3", 1)
            .replacen("Cargo.\nversion", "Cargo.\n# @TOKEN@\nversion", 1);
        assert_eq!(*text, wanted);
    }
}
