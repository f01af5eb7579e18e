//! Sources outside of the folder that is copied: path dependencies, patches and crate roots that
//! manifests name, and what Cargo's configuration files name. Owns which folders are copied too,
//! and which are refused, by file and key.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::RunnerError;
use crate::prepare::configuration;
use crate::prepare::manifests::{self, NamedPath, Need, normal};
use crate::prepare::sources::stands_for::StandIn;

/// Folders of the system, of which no build has its sources.
const SYSTEM: [&str; 10] =
    ["/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/run", "/sbin", "/sys", "/usr"];
/// Folders that hold those of everybody.
const SHARED: [&str; 6] = ["/", "/home", "/opt", "/root", "/tmp", "/var"];

/// What lies outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutsideSources {
    /// Folders of packages; none lies in another.
    pub folders: Vec<PathBuf>,
    /// Manifests of the workspaces that these packages belong to.
    pub manifests: Vec<PathBuf>,
    /// A folder that the copied one lies in; none where nothing above it is needed.
    pub above: Option<PathBuf>,
    /// What was found, as sentences for the user.
    pub remarks: Vec<String>,
}

/// Finds what the manifests of a workspace, and of what they name, need outside of a folder. All
/// paths are canonical.
///
/// # Errors
/// When a manifest names an absolute path, a folder of the system, or one that is not there; when a
/// configuration file cannot be read.
pub fn find(workspace: &Path, stand_in: StandIn<'_>) -> Result<OutsideSources, RunnerError> {
    let copied = stand_in.root;
    let mut search =
        OutsideSearch { stand_in, found: OutsideSources::default(), seen: BTreeSet::new() };
    let root = manifests::read(workspace).unwrap_or_default();
    let mut open = vec![workspace.to_owned()];
    open.extend(manifests::members(workspace, &root));
    for named in configuration::named_paths(workspace, copied)? {
        open.extend(search.follow(&named)?);
    }
    while let Some(folder) = open.pop() {
        RunnerError::if_interrupted()?;
        if !search.seen.insert(folder.clone()) {
            continue;
        }
        let Some(manifest) = manifests::read(&folder) else { continue };
        let is_outside = !folder.starts_with(copied);
        for named in manifests::named_paths(&folder, &manifest) {
            // Tests of a package outside are not built.
            if is_outside && named.need == Need::Perhaps && named.key.contains("dev-dep") {
                continue;
            }
            open.extend(search.follow(&named)?);
        }
    }
    let mut found = search.found;
    found.folders.sort();
    found.folders.dedup_by(|inner, outer| inner.starts_with(outer));
    found.manifests.retain(|it| !found.folders.iter().any(|folder| it.starts_with(folder)));
    found.manifests.sort();
    found.manifests.dedup();
    Ok(found)
}

struct OutsideSearch<'a> {
    stand_in: StandIn<'a>,
    found: OutsideSources,
    seen: BTreeSet<PathBuf>,
}

impl OutsideSearch<'_> {
    /// Takes what is named, and returns the folders whose manifests are to be read too.
    fn follow(&mut self, named: &NamedPath) -> Result<Vec<PathBuf>, RunnerError> {
        let refuse = |why: String| match named.need {
            Need::Always => Err(self.refused(named, &why)),
            Need::Perhaps => Ok(Vec::new()),
        };
        if named.path.is_absolute() {
            return refuse("which is an absolute path: name it relatively".to_owned());
        }
        let target = normal(&self.stand_in.original(&named.base()).join(&named.path));
        if target.starts_with(self.stand_in.stands_for) {
            return Ok(vec![self.stand_in.copied(target)]);
        }
        let is_crate_root = ["package.build", "lib.path", "bin.path"].contains(&&*named.key);
        let target = match is_crate_root {
            true => target.parent().unwrap_or(&target).to_owned(),
            false => target,
        };
        if !target.is_dir() {
            return refuse(format!("and {} is no folder", target.display()));
        }
        let is_system = SYSTEM.iter().any(|it| target.starts_with(it))
            || SHARED.iter().any(|it| target == Path::new(it));
        if is_system {
            return refuse(format!("and {} is no folder of sources", target.display()));
        }
        if self.stand_in.stands_for.starts_with(&target) {
            let above = self.found.above.get_or_insert_with(|| target.clone());
            if above.starts_with(&target) {
                above.clone_from(&target);
            }
        }
        let manifest = self.stand_in.original(&named.manifest);
        let (path, manifest) = (named.path.display(), manifest.display());
        let remark = format!("`{path}` is copied too: `{}` of {manifest} names it", named.key);
        if !self.found.remarks.contains(&remark) {
            self.found.remarks.push(remark);
        }
        let mut further = self.inherited(&target)?;
        self.found.folders.push(target.clone());
        further.push(target);
        Ok(further)
    }

    /// What a package outside inherits of its workspace: of that only the manifest is copied, and
    /// dependencies that lie in it.
    fn inherited(&mut self, package: &Path) -> Result<Vec<PathBuf>, RunnerError> {
        let root = manifests::workspace_root(package);
        if root == package || root.starts_with(self.stand_in.stands_for) {
            return Ok(Vec::new());
        }
        self.found.manifests.push(root.join("Cargo.toml"));
        let own = manifests::read(package).unwrap_or_default();
        let is_used = |name: &str| {
            let tables = ["dependencies", "build-dependencies"];
            tables.iter().any(|it| own.get(*it).and_then(|it| it.get(name)).is_some())
        };
        let manifest = manifests::read(&root).unwrap_or_default();
        let mut further = Vec::new();
        for named in manifests::named_paths(&root, &manifest) {
            let name = named.key.strip_prefix("workspace.dependencies.");
            if name.is_some_and(is_used) {
                further.extend(self.follow(&named)?);
            }
        }
        Ok(further)
    }

    fn refused(&self, named: &NamedPath, why: &str) -> RunnerError {
        RunnerError::Input(format!(
            "`{}` of {} is `{}`, {why}; a checkout would not have it",
            named.key,
            self.stand_in.original(&named.manifest).display(),
            named.path.display()
        ))
    }
}
