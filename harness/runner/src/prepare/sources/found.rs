//! Which folders of the user's a checkout is made of: a repository or a folder, and what manifests
//! name outside of it. Owns the choice between them. It must not write.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::items::{Entries, Item, Items, Kind, above};
use super::outside::{self, OutsideSources};
use super::repository::{self, Belongs, WorkTree};
use super::stands_for::{self, StandIn};
use super::{folder, links};
use crate::error::RunnerError;
use crate::prepare::manifests;
use crate::prepare::settings::Settings;

/// What was found of a workspace.
pub struct FoundSources {
    /// The root of its repository, or the folder that is copied whole.
    pub root: PathBuf,
    /// The folder that the root stands for; itself, where it is no exported revision.
    pub stands_for: PathBuf,
    /// The folder of the workspace's root manifest.
    pub workspace: PathBuf,
    /// What the root holds of a checkout.
    pub entries: Entries,
    /// Its repositories; none where it is copied whole.
    pub repositories: Vec<WorkTree>,
    /// What lies outside of the root.
    pub outside: OutsideSources,
    /// What was found, as sentences for the user.
    pub remarks: Vec<String>,
}

impl FoundSources {
    /// A folder that is copied whole.
    ///
    /// # Errors
    /// When something cannot be read.
    pub fn folder(folder: PathBuf, targets: &[PathBuf]) -> Result<FoundSources, RunnerError> {
        Ok(FoundSources {
            entries: folder::entries(&folder, targets)?,
            workspace: folder.clone(),
            stands_for: folder.clone(),
            root: folder,
            repositories: Vec::new(),
            outside: OutsideSources::default(),
            remarks: Vec::new(),
        })
    }

    /// A folder of the user's, and what it needs around it.
    ///
    /// # Errors
    /// When something cannot be read, or a manifest names what no checkout would have.
    pub fn of(
        named: &Path,
        targets: &[PathBuf],
        settings: &Settings,
    ) -> Result<FoundSources, RunnerError> {
        let workspace = manifests::workspace_root(named);
        let mut found = match repository::find(&workspace, settings)? {
            Belongs::To(top) => {
                let tracked = repository::tracked(&top, targets, settings)?;
                let stands_for = stands_for::of(&top, settings);
                let stand_in = StandIn { root: &top, stands_for: &stands_for };
                FoundSources {
                    entries: tracked.entries,
                    repositories: tracked.repositories,
                    outside: outside::find(&workspace, stand_in)?,
                    remarks: Vec::new(),
                    stands_for,
                    root: top,
                    workspace,
                }
            }
            Belongs::ToNone(why) => {
                let outside = outside::find(&workspace, StandIn::itself(&workspace))?;
                let (root, outside) = match outside.above.clone() {
                    Some(above) => {
                        let remarks = outside.remarks;
                        let outer = outside::find(&workspace, StandIn::itself(&above))?;
                        (above, OutsideSources { remarks, ..outer })
                    }
                    None => (workspace.clone(), outside),
                };
                let remarks = why.map(|why| {
                    let folder = root.display();
                    format!("all of {folder} but target folders is copied, without a `.git`: {why}")
                });
                FoundSources {
                    workspace,
                    outside,
                    remarks: remarks.into_iter().collect(),
                    ..FoundSources::folder(root, targets)?
                }
            }
        };
        if found.outside.above.is_some() {
            let root = found.root.display();
            return Err(RunnerError::Input(format!(
                "a manifest in {root} names a folder that {root} itself lies in: {}",
                found.outside.remarks.join("; ")
            )));
        }
        if found.workspace != named {
            let (member, root) = (named.display(), found.workspace.display());
            found.remarks.push(format!("{member} is a member of {root}, which is built"));
        }
        Ok(found)
    }
}

/// The folder that becomes the root of the checkout: the nearest that everything lies in.
pub fn base(root: &Path, outside: &OutsideSources) -> PathBuf {
    let mut base = root;
    for path in outside.folders.iter().chain(&outside.manifests) {
        while !path.starts_with(base) {
            base = base.parent().unwrap_or(Path::new("/"));
        }
    }
    base.to_owned()
}

/// Adds a folder with all above it, before what lies in them.
pub fn add_above(place: &Path, items: &mut Items, known: &mut BTreeSet<PathBuf>) {
    let mut folders = above(place);
    folders.push(place);
    let new: Items = folders
        .into_iter()
        .filter(|it| known.insert((*it).to_owned()))
        .map(|it| (it.to_owned(), Item::Folder))
        .collect();
    items.splice(0..0, new);
}

/// Adds what lies outside of the copied folder, each at its place below `base`.
///
/// # Errors
/// When something cannot be read, or a link leads to what cannot be copied.
pub fn add_outside(
    outside: &OutsideSources,
    base: &Path,
    targets: &[PathBuf],
    settings: &Settings,
    (items, known): (&mut Items, &mut BTreeSet<PathBuf>),
) -> Result<(), RunnerError> {
    let place_of = |path: &Path| path.strip_prefix(base).unwrap_or(Path::new("")).to_owned();
    for folder in &outside.folders {
        let place = place_of(folder);
        add_above(&place, items, known);
        let original = folder.canonicalize().map_err(RunnerError::file("find", folder))?;
        let entries = match repository::find(&original, settings)? {
            Belongs::To(top) => {
                let all = repository::tracked(&top, targets, settings)?.entries;
                let below = original.strip_prefix(&top).unwrap_or(Path::new(""));
                let inside = |(it, kind): (PathBuf, Kind)| {
                    let it = it.strip_prefix(below).ok()?;
                    (!it.as_os_str().is_empty()).then(|| (it.to_owned(), kind))
                };
                all.into_iter().filter_map(inside).collect()
            }
            Belongs::ToNone(_) => folder::entries(&original, targets)?,
        };
        for (it, item) in links::resolved(StandIn::itself(&original), entries, &mut Vec::new())? {
            let it = place.join(it);
            if known.insert(it.clone()) {
                items.push((it, item));
            }
        }
    }
    for manifest in &outside.manifests {
        let place = place_of(manifest);
        add_above(place.parent().unwrap_or(&place), items, known);
        if known.insert(place.clone()) {
            items.push((place, Item::File(manifest.clone())));
        }
    }
    Ok(())
}
