//! The crates of a workspace that can be edited, in the order in which they are preferred.
//! Owns which crate is a leaf and which is the core, from what `cargo metadata` prints. It must not
//! run Cargo.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, Node, Package, PackageId, Target, TargetKind};

/// What a crate is, as far as an edit of it depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrateRole {
    /// A library that other crates use: `lib`, `rlib`.
    Library,
    /// A program.
    Program,
    /// A library for other languages or for the dynamic linker: `cdylib`, `staticlib`, `dylib`.
    NativeLibrary,
    /// A procedural macro.
    ProcMacro,
}

/// One crate that may be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditCandidate {
    /// The package's name.
    pub package: String,
    /// The package's manifest, relative to the checkout.
    pub manifest: PathBuf,
    /// The crate's root file, relative to the checkout.
    pub source: PathBuf,
    /// The package's build script, relative to the checkout; absent where it has none.
    pub build_script: Option<PathBuf>,
    /// What the crate is.
    pub role: CrateRole,
    /// Why it has its place among the candidates, as a phrase.
    pub reason: String,
}

/// The crates that may be edited, the best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditCandidates {
    /// For an edit of what no other member depends on.
    pub leaf: Vec<EditCandidate>,
    /// For an edit of what most other members depend on.
    pub core: Vec<EditCandidate>,
    /// Packages without a crate that can be edited, each with the reason.
    pub excluded: Vec<(String, String)>,
}

/// A member with its place in the graph.
struct Member<'a> {
    package: &'a Package,
    /// The members that it depends on by normal dependencies, however far below, without what
    /// only a procedural macro uses.
    below: BTreeSet<&'a PackageId>,
    crates: Vec<(CrateRole, PathBuf)>,
    is_default: bool,
}

/// Finds the candidates among the members that are selected, and those that these depend on; paths
/// are relative to `checkout`.
pub fn candidates(metadata: &Metadata, checkout: &Path, selected: &[&Package]) -> EditCandidates {
    let mut excluded = Vec::new();
    let graph = Graph::of(metadata);
    let selected: BTreeSet<&PackageId> = selected.iter().map(|it| &it.id).collect();
    let used: BTreeSet<&PackageId> = selected.iter().flat_map(|id| graph.below(id)).collect();
    let is_built = |it: &Package| selected.contains(&it.id) || used.contains(&it.id);
    let mut members: Vec<Member<'_>> = Vec::new();
    for package in metadata.workspace_packages().into_iter().filter(|it| is_built(it)) {
        match crates(package, graph.nodes.get(&package.id).copied(), checkout) {
            Ok(crates) => members.push(Member {
                package,
                below: graph.below(&package.id),
                crates,
                is_default: !metadata.workspace_default_members.is_available()
                    || metadata.workspace_default_members.contains(&package.id),
            }),
            Err(why) => excluded.push((package.name.to_string(), why)),
        }
    }
    let core = core(&members, checkout);
    let mut leaf = leaves(&members, &graph, checkout);
    // Where leaf and core would be the same file, another one makes the two differ.
    if let (Some(first), Some(core)) = (leaf.first(), core.first())
        && first.source == core.source
        && let Some(other) = leaf.iter().position(|it| it.source != core.source)
    {
        let other = leaf.remove(other);
        leaf.insert(0, other);
    }
    EditCandidates { leaf, core, excluded }
}

/// Candidates for the core: libraries by the number of members above them.
fn core(members: &[Member<'_>], checkout: &Path) -> Vec<EditCandidate> {
    let above = |id: &PackageId| members.iter().filter(|it| it.below.contains(id)).count();
    let mut all: Vec<_> = members
        .iter()
        .flat_map(|it| it.crates.iter().map(move |(role, source)| (it, *role, source)))
        .map(|(it, role, source)| {
            // Nobody uses a package's program or its library for other languages.
            let used = if role == CrateRole::Library { above(&it.package.id) } else { 0 };
            (it, role, source, used)
        })
        .collect();
    all.sort_by_key(|(it, role, _, used)| {
        let is_macro = *role == CrateRole::ProcMacro;
        (is_macro, Reverse(*used), *role, !it.is_default, it.package.name.to_string())
    });
    let candidate = |(it, role, source, used): (&Member<'_>, CrateRole, &PathBuf, usize)| {
        let reason = match (role, used) {
            (CrateRole::ProcMacro, _) => "a procedural macro, where nothing else is there".into(),
            (_, 0) => "no member depends on another library".to_owned(),
            (_, 1) => "1 member depends on it".to_owned(),
            (_, used) => format!("{used} members depend on it"),
        };
        it.candidate(role, source, reason, checkout)
    };
    all.into_iter().map(candidate).collect()
}

/// Candidates for the leaf: what no member needs, by the number of members below it; then the rest.
fn leaves(members: &[Member<'_>], graph: &Graph<'_>, checkout: &Path) -> Vec<EditCandidate> {
    let mut all: Vec<_> = members
        .iter()
        .flat_map(|it| it.crates.iter().map(move |(role, source)| (it, *role, source)))
        .map(|(it, role, source)| {
            // A program is a leaf, whoever uses the library beside it.
            let is_needed = role != CrateRole::Program && graph.needed.contains(&it.package.id);
            (it, role, source, is_needed)
        })
        .collect();
    all.sort_by_key(|(it, role, _, is_needed)| {
        let is_macro = *role == CrateRole::ProcMacro;
        let name = it.package.name.to_string();
        (*is_needed, is_macro, !it.is_default, Reverse(it.below.len()), name, *role)
    });
    let candidate = |(it, role, source, is_needed): (&Member<'_>, CrateRole, &PathBuf, bool)| {
        let below = it.below.len();
        let reason = match is_needed {
            true => "other members depend on it, and no member is without such".to_owned(),
            false => format!("no member depends on it, and it depends on {below}"),
        };
        it.candidate(role, source, reason, checkout)
    };
    all.into_iter().map(candidate).collect()
}

impl Member<'_> {
    fn candidate(
        &self,
        role: CrateRole,
        source: &Path,
        reason: String,
        checkout: &Path,
    ) -> EditCandidate {
        let script = self.package.targets.iter().find(|it| it.is_custom_build());
        let below = |path: &Path| path.strip_prefix(checkout).map(Path::to_owned).ok();
        EditCandidate {
            package: self.package.name.to_string(),
            manifest: below(self.package.manifest_path.as_std_path()).unwrap_or_default(),
            source: source.to_owned(),
            build_script: script.and_then(|it| below(it.src_path.as_std_path())),
            role,
            reason,
        }
    }
}

/// The dependencies between members.
struct Graph<'a> {
    nodes: BTreeMap<&'a PackageId, &'a Node>,
    /// Normal dependencies on members that are no procedural macros.
    direct: BTreeMap<&'a PackageId, Vec<&'a PackageId>>,
    /// Members that another one needs, in a build script too.
    needed: BTreeSet<&'a PackageId>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Metadata) -> Graph<'a> {
        let members: BTreeMap<&PackageId, &Package> =
            metadata.workspace_packages().into_iter().map(|it| (&it.id, it)).collect();
        let is_macro = |id: &PackageId| {
            members.get(id).is_some_and(|it| it.targets.iter().any(Target::is_proc_macro))
        };
        let nodes: BTreeMap<&PackageId, &Node> =
            metadata.resolve.iter().flat_map(|it| &it.nodes).map(|it| (&it.id, it)).collect();
        let (mut direct, mut needed) = (BTreeMap::new(), BTreeSet::new());
        if metadata.resolve.is_none() {
            for (user, used, kind) in declared(&members) {
                if kind != DependencyKind::Development {
                    needed.insert(used);
                }
                if kind == DependencyKind::Normal && !is_macro(used) {
                    direct.entry(user).or_insert_with(Vec::new).push(used);
                }
            }
        }
        for node in nodes.values().filter(|node| members.contains_key(&node.id)) {
            let mut normal = Vec::new();
            for dependency in node.deps.iter().filter(|it| members.contains_key(&it.pkg)) {
                let has = |kind| dependency.dep_kinds.iter().any(|it| it.kind == kind);
                if dependency.pkg != node.id
                    && (has(DependencyKind::Normal) || has(DependencyKind::Build))
                {
                    needed.insert(&dependency.pkg);
                }
                if has(DependencyKind::Normal) && !is_macro(&dependency.pkg) {
                    normal.push(&dependency.pkg);
                }
            }
            direct.insert(&node.id, normal);
        }
        Graph { nodes, direct, needed }
    }

    /// The members that one depends on, however far below.
    fn below(&self, member: &PackageId) -> BTreeSet<&'a PackageId> {
        let mut below = BTreeSet::new();
        let mut open = self.direct.get(member).cloned().unwrap_or_default();
        while let Some(next) = open.pop() {
            if next != member && below.insert(next) {
                open.extend(self.direct.get(next).into_iter().flatten());
            }
        }
        below
    }
}

/// The dependencies between members as their manifests declare them, where Cargo did not resolve
/// them: who uses whom for what, without what is optional.
fn declared<'a>(
    members: &BTreeMap<&'a PackageId, &'a Package>,
) -> Vec<(&'a PackageId, &'a PackageId, DependencyKind)> {
    let by_folder: BTreeMap<&Path, &PackageId> = members
        .iter()
        .filter_map(|(id, it)| Some((it.manifest_path.as_std_path().parent()?, *id)))
        .collect();
    let of = |(user, package): (&&'a PackageId, &&'a Package)| {
        let used = package.dependencies.iter().filter(|it| !it.optional).filter_map(|it| {
            let path = it.path.as_ref()?.as_std_path();
            Some((*user, *by_folder.get(path)?, it.kind))
        });
        used.filter(|(user, used, _)| user != used).collect::<Vec<_>>()
    };
    members.iter().flat_map(of).collect()
}

/// The crates of a package that can be edited, its library first.
fn crates(
    package: &Package,
    node: Option<&Node>,
    checkout: &Path,
) -> Result<Vec<(CrateRole, PathBuf)>, String> {
    let has_features = |target: &&Target| {
        let on = |feature: &String| match node {
            Some(node) => node.features.iter().any(|it| **it == **feature),
            // As far as it is known without resolving.
            None => package.features.get("default").is_some_and(|it| it.contains(feature)),
        };
        target.required_features.iter().all(on)
    };
    let mut why = "it has neither a library nor a program that is built".to_owned();
    let mut found = Vec::new();
    for target in package.targets.iter().filter(has_features) {
        let Some(role) = role(target) else { continue };
        // The program that has the package's name is the one that people mean.
        let is_other = *target.name != **package.name;
        match editable(target.src_path.as_std_path(), checkout) {
            Ok(source) => found.push((role, is_other, source)),
            Err(cause) => why = cause,
        }
    }
    found.sort();
    found.dedup_by(|one, other| one.2 == other.2);
    match found.is_empty() {
        true => Err(why),
        false => Ok(found.into_iter().map(|(role, _, source)| (role, source)).collect()),
    }
}

/// What a target is; none for what an ordinary build does not make.
fn role(target: &Target) -> Option<CrateRole> {
    let is = |kind: TargetKind| target.is_kind(kind);
    match target {
        _ if is(TargetKind::ProcMacro) => Some(CrateRole::ProcMacro),
        _ if is(TargetKind::Lib) || is(TargetKind::RLib) => Some(CrateRole::Library),
        _ if is(TargetKind::Bin) => Some(CrateRole::Program),
        _ if is(TargetKind::CDyLib) || is(TargetKind::StaticLib) || is(TargetKind::DyLib) => {
            Some(CrateRole::NativeLibrary)
        }
        _ => None,
    }
}

/// A root file's path relative to the checkout, where it is a source of the checkout whose content
/// is compiled whatever the target.
fn editable(source: &Path, checkout: &Path) -> Result<PathBuf, String> {
    // Without the `..` that a manifest may have.
    let real = source.canonicalize().unwrap_or_else(|_| source.to_owned());
    let Ok(below) = real.strip_prefix(checkout) else {
        return Err(format!("{} lies outside of the checkout", source.display()));
    };
    let text = match fs::read(&real).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return Err(format!("{} is no UTF-8", below.display())),
        Err(_) => return Err(format!("{} is made by the build, or missing", below.display())),
    };
    let conditional = |line: &str| line.trim_start().starts_with("#![cfg(");
    match text.lines().any(conditional) {
        true => Err(format!("{} is compiled for some targets only", below.display())),
        false => Ok(below.to_owned()),
    }
}
