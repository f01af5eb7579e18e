//! The crate graph of a foreign workspace: where its leaf and its core are.
//! Owns that choice, from what `cargo metadata` prints. It must not run Cargo itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, PackageId, Target};

use crate::error::RunnerError;

/// Where a workspace is edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditPlaces {
    /// A member that no other member depends on.
    pub leaf: Spot,
    /// The member that most other members depend on.
    pub core: Spot,
}

/// One crate's root file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The package's name.
    pub package: String,
    /// The crate's root file, relative to the workspace's root.
    pub source: PathBuf,
    /// Whether it is a library, whose public items others see.
    pub is_library: bool,
}

/// Finds leaf and core. Of several candidates for the core the first by name is taken; of
/// several leaves the one that depends on most members, then the first by name.
///
/// # Errors
/// When no member has a library or a program.
pub fn places(metadata: &Metadata) -> Result<EditPlaces, RunnerError> {
    let root = metadata.workspace_root.as_std_path();
    let members: BTreeMap<&PackageId, Spot> = metadata
        .workspace_packages()
        .into_iter()
        .filter_map(|package| {
            let target = crate_root(&package.targets)?;
            let source = target.src_path.as_std_path().strip_prefix(root).ok()?.to_owned();
            let package_name = package.name.to_string();
            let is_library = !target.is_bin();
            Some((&package.id, Spot { package: package_name, source, is_library }))
        })
        .collect();
    let reached = members_below(metadata, &members);
    let dependents =
        |id: &PackageId| reached.values().filter(|below| below.contains(id)).count() as i64;
    let by_name = |id: &PackageId| members[id].package.clone();
    let core = members.keys().min_by_key(|id| (-dependents(id), by_name(id)));
    let leaf = members
        .keys()
        .filter(|id| dependents(id) == 0)
        .min_by_key(|id| (-(reached[*id].len() as i64), by_name(id)))
        .or(core);
    match (leaf, core) {
        (Some(leaf), Some(core)) => {
            Ok(EditPlaces { leaf: members[leaf].clone(), core: members[core].clone() })
        }
        _ => Err(RunnerError::Input(format!(
            "{} has no member with a library or a program to edit",
            display(root)
        ))),
    }
}

/// The target whose root file an edit goes to: the library, else the first program.
fn crate_root(targets: &[Target]) -> Option<&Target> {
    let library = targets.iter().find(|t| t.is_lib() || t.is_rlib() || t.is_proc_macro());
    library.or_else(|| targets.iter().find(|target| target.is_bin()))
}

/// For each member, the other members that it depends on, however far below.
fn members_below<'a>(
    metadata: &'a Metadata,
    members: &BTreeMap<&'a PackageId, Spot>,
) -> BTreeMap<&'a PackageId, BTreeSet<&'a PackageId>> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let direct: BTreeMap<&PackageId, Vec<&PackageId>> = nodes
        .filter(|node| members.contains_key(&node.id))
        .map(|node| {
            let below = node.dependencies.iter().filter(|id| members.contains_key(id));
            (&node.id, below.collect())
        })
        .collect();
    let mut reached = BTreeMap::new();
    for member in members.keys() {
        let mut below = BTreeSet::new();
        let mut open = direct.get(member).cloned().unwrap_or_default();
        while let Some(next) = open.pop() {
            if below.insert(next) {
                open.extend(direct.get(next).into_iter().flatten());
            }
        }
        reached.insert(*member, below);
    }
    reached
}

fn display(path: &Path) -> String {
    path.display().to_string()
}
