//! Rules of modules inside a crate: stages look down only, and no circle of imports.
//! Owns which module imports from which, as the sources say it: a re-export is no import, and what
//! comes through one comes from where it is defined. Code of tests counts for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Item, ItemMod, ItemUse, UseTree, Visibility};

use crate::Finding;
use crate::source::{attributes, is_test_only};

/// A module's path below its crate's root; empty for the root itself.
type Name = Vec<String>;

/// The modules of one crate, and which of them import from which.
#[derive(Debug)]
pub struct Modules {
    name: String,
    files: BTreeMap<Name, PathBuf>,
    imports: BTreeMap<Name, BTreeSet<Name>>,
    /// Modules that name something through their crate's root, with what they name.
    through_root: BTreeSet<(Name, String)>,
}

/// What one source file says of modules.
#[derive(Debug, Default)]
struct Source {
    /// What it names: paths as they are written, with modules that were imported written out.
    paths: BTreeSet<Vec<String>>,
    /// Imported names, by the name that they have here.
    imported: BTreeMap<String, Vec<String>>,
    /// Names that it offers to others without defining them.
    offered: BTreeMap<String, Vec<String>>,
    /// Modules of which it offers everything.
    offered_whole: Vec<Vec<String>>,
    defined: BTreeSet<String>,
    /// Modules that only tests have.
    test_modules: BTreeSet<String>,
}

impl Modules {
    /// Reads the sources below a crate's `src`, each by its path relative to that.
    pub fn of(name: &str, sources: &[(PathBuf, String)]) -> Modules {
        let mut read = BTreeMap::new();
        let mut files = BTreeMap::new();
        for (file, text) in sources {
            let module = module_of(file);
            if let Ok(parsed) = syn::parse_file(text) {
                let mut source = Source::default();
                source.visit_file(&parsed);
                read.insert(module.clone(), source);
                files.insert(module, file.clone());
            }
        }
        for (parent, test) in test_modules(&read) {
            let is_test =
                |it: &Name| it.starts_with(&parent) && it.get(parent.len()) == Some(&test);
            read.retain(|module, _| !is_test(module));
        }
        let mut modules = Modules {
            name: name.to_owned(),
            files,
            imports: BTreeMap::new(),
            through_root: BTreeSet::new(),
        };
        for module in read.keys() {
            modules.add(module, &read);
        }
        modules
    }

    fn add(&mut self, module: &Name, read: &BTreeMap<Name, Source>) {
        let source = &read[module];
        let mut from = BTreeSet::new();
        let mut modules_imported = BTreeSet::new();
        for path in source.imported.values() {
            match resolve(module, path, read, 0) {
                // What is used of a module that was imported is among the paths, as a rule.
                Some((whole, None)) => drop(modules_imported.insert(whole)),
                Some((home, Some(_))) => drop(from.insert(home)),
                None => {}
            }
            if through_root(module, path, read) {
                self.through_root.insert((module.clone(), path.join("::")));
            }
        }
        for path in &source.paths {
            let path = written_out(path, source);
            if let Some((home, _)) = resolve(module, &path, read, 0) {
                from.insert(home);
            }
            if through_root(module, &path, read) {
                self.through_root.insert((module.clone(), path.join("::")));
            }
        }
        let is_used = |whole: &Name| from.iter().any(|it| it.starts_with(whole));
        modules_imported.retain(|whole| !is_used(whole));
        from.extend(modules_imported);
        from.remove(module);
        self.imports.insert(module.clone(), from);
    }

    /// Holds the crate to its stages, the uppermost first: none imports from one above it, and
    /// every module belongs to one.
    pub fn stages(&self, stages: &[&str]) -> Vec<Finding> {
        let mut findings = Vec::new();
        let level = |module: &Name| stages.iter().position(|it| Some(*it) == first(module));
        for (module, from) in self.imports.iter().filter(|(module, _)| !module.is_empty()) {
            let Some(own) = level(module) else {
                findings.push(self.finding(module, "belongs to no stage".to_owned()));
                continue;
            };
            for home in from.iter().filter(|home| level(home).is_none_or(|it| it < own)) {
                let message = format!("imports from `{}`, which is above it", shown(home));
                findings.push(self.finding(module, message));
            }
        }
        for (module, path) in &self.through_root {
            let message = format!("names `{path}` through the crate's root: name its module");
            findings.push(self.finding(module, message));
        }
        findings
    }

    /// The circles of imports, except for those whose modules all are in one that is allowed.
    pub fn circles(&self, allowed: &[&[&str]]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for circle in self.all_circles() {
            let names: Vec<String> = circle.iter().map(shown).collect();
            let is_allowed = |one: &&[&str]| names.iter().all(|name| one.contains(&name.as_str()));
            if !allowed.iter().any(is_allowed) {
                let message = format!("a circle of imports: {}", names.join(", "));
                findings.push(self.finding(&circle[0], message));
            }
        }
        findings
    }

    /// Modules that reach each other, in groups of at least two.
    fn all_circles(&self) -> Vec<Vec<Name>> {
        let reached: BTreeMap<&Name, BTreeSet<&Name>> =
            self.imports.keys().map(|module| (module, self.reached(module))).collect();
        let mut circles = Vec::new();
        let mut seen: BTreeSet<&Name> = BTreeSet::new();
        for module in self.imports.keys() {
            if seen.contains(module) || !reached[module].contains(module) {
                continue;
            }
            let both =
                |other: &&&Name| reached.get(**other).is_some_and(|back| back.contains(module));
            let circle: Vec<&Name> = reached[module].iter().filter(both).copied().collect();
            seen.extend(&circle);
            circles.push(circle.into_iter().cloned().collect());
        }
        circles
    }

    fn reached(&self, module: &Name) -> BTreeSet<&Name> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&Name> = self.imports[module].iter().collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(self.imports.get(next).into_iter().flatten());
            }
        }
        reached
    }

    fn finding(&self, module: &Name, message: String) -> Finding {
        let file = self.files.get(module).map_or(Path::new("lib.rs"), PathBuf::as_path);
        let file = Path::new("harness").join(&self.name).join("src").join(file);
        Finding::new(&file, 1, format!("module `{}` {message}", shown(module)))
    }
}

fn shown(module: &Name) -> String {
    if module.is_empty() { "lib".to_owned() } else { module.join("::") }
}

fn first(module: &Name) -> Option<&str> {
    module.first().map(String::as_str)
}

/// The module that a file holds: `a/b.rs` and `a/b/mod.rs` hold `a::b`.
fn module_of(file: &Path) -> Name {
    let parts = file.with_extension("");
    let mut name: Name = parts.iter().map(|it| it.to_string_lossy().into_owned()).collect();
    if matches!(name.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        name.pop();
    }
    name
}

fn test_modules(read: &BTreeMap<Name, Source>) -> Vec<(Name, String)> {
    let of = |(parent, source): (&Name, &Source)| {
        source.test_modules.iter().map(|it| (parent.clone(), it.clone())).collect::<Vec<_>>()
    };
    read.iter().flat_map(of).collect()
}

/// A path with the imported name that it begins with written out.
fn written_out(path: &[String], source: &Source) -> Vec<String> {
    match source.imported.get(&path[0]) {
        Some(whole) => whole.iter().chain(&path[1..]).cloned().collect(),
        None => path.to_vec(),
    }
}

/// The module that a path leads to, with the name of the item that it defines; no item where the
/// path is that of the module itself. None for what is not of this crate.
fn resolve(
    from: &Name,
    path: &[String],
    read: &BTreeMap<Name, Source>,
    depth: usize,
) -> Option<(Name, Option<String>)> {
    const DEEPEST: usize = 16;
    let child = |module: &Name, name: &String| {
        let child: Name = module.iter().chain([name]).cloned().collect();
        read.contains_key(&child).then_some(child)
    };
    let (mut at, mut rest) = (from.clone(), path);
    match rest.first()?.as_str() {
        "crate" => at.clear(),
        "self" => {}
        "super" => {
            at.pop();
        }
        _ => {
            at = child(from, &rest[0])?;
        }
    }
    rest = &rest[1..];
    while let Some((name, further)) = rest.split_first() {
        if name == "super" {
            at.pop();
        } else if let Some(child) = child(&at, name) {
            at = child;
        } else {
            let source = &read[&at];
            if let Some(offered) = source.offered.get(name).filter(|_| depth < DEEPEST) {
                let whole: Vec<String> = offered.iter().chain(further).cloned().collect();
                return resolve(&at, &whole, read, depth + 1);
            }
            for whole in source.offered_whole.iter().filter(|_| depth < DEEPEST) {
                let found = resolve(&at, whole, read, depth + 1);
                if let Some((home, None)) = found
                    && read.get(&home).is_some_and(|it| it.defined.contains(name))
                {
                    return Some((home, Some(name.clone())));
                }
            }
            return Some((at, Some(name.clone())));
        }
        rest = further;
    }
    Some((at, None))
}

/// Whether a path takes something from the crate's root that is no module there.
fn through_root(from: &Name, path: &[String], read: &BTreeMap<Name, Source>) -> bool {
    let supers = path.iter().take_while(|it| *it == "super").count();
    let after = match path.first().map(String::as_str) {
        Some("crate") => path.get(1),
        Some("super") if supers == from.len() => path.get(supers),
        _ => None,
    };
    after.is_some_and(|name| !read.contains_key(std::slice::from_ref(name)))
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(ItemMod { ident, .. }) if attributes(item).iter().any(is_test_only) => {
                self.test_modules.insert(ident.to_string());
            }
            _ if attributes(item).iter().any(is_test_only) => {}
            _ => {
                self.defined.extend(defined(item));
                visit::visit_item(self, item);
            }
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let offers = !matches!(item.vis, Visibility::Inherited);
        self.take(&item.tree, &mut Vec::new(), offers);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 && path.leading_colon.is_none() {
            self.paths.insert(path.segments.iter().map(|it| it.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }
}

impl Source {
    /// Takes the names of a `use` declaration.
    fn take(&mut self, tree: &UseTree, before: &mut Vec<String>, offers: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.take(&path.tree, before, offers);
                before.pop();
            }
            UseTree::Name(name) => self.named(before, &name.ident.to_string(), None, offers),
            UseTree::Rename(name) => {
                let (ident, other) = (name.ident.to_string(), name.rename.to_string());
                self.named(before, &ident, Some(other), offers);
            }
            UseTree::Glob(_) if offers => self.offered_whole.push(before.clone()),
            UseTree::Glob(_) => drop(self.paths.insert(before.clone())),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.take(tree, before, offers));
            }
        }
    }

    fn named(&mut self, before: &[String], ident: &str, other: Option<String>, offers: bool) {
        let mut path = before.to_vec();
        if ident != "self" {
            path.push(ident.to_owned());
        }
        let Some(last) = path.last().cloned() else { return };
        let names = if offers { &mut self.offered } else { &mut self.imported };
        names.insert(other.unwrap_or(last), path);
    }
}

fn defined(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(sources: &[(&str, &str)]) -> Modules {
        let own = |(file, text): &(&str, &str)| (PathBuf::from(file), (*text).to_owned());
        Modules::of("x", &sources.iter().map(own).collect::<Vec<_>>())
    }

    fn messages(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|it| it.message.as_str()).collect()
    }

    #[test]
    fn a_stage_that_looks_up_is_found() {
        let modules = modules(&[
            ("lib.rs", "mod low; mod high; mod other; pub use low::Error;"),
            ("low.rs", "use crate::high::part; pub fn f() { part::g(); } pub struct Error;"),
            ("high/mod.rs", "pub mod part;"),
            (
                "high/part.rs",
                "use crate::low::Error; use crate::Error as E; use super::super::Error as F;",
            ),
            ("other.rs", ""),
        ]);
        let wanted = [
            "module `low` imports from `high::part`, which is above it",
            "module `other` belongs to no stage",
            "module `high::part` names `crate::Error` through the crate's root: name its module",
            "module `high::part` names `super::super::Error` through the crate's root: name its \
             module",
        ];
        assert_eq!(messages(&modules.stages(&["high", "low"])), wanted);
    }

    #[test]
    fn a_circle_is_found_through_what_others_offer_and_through_paths() {
        let modules = modules(&[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a/mod.rs", "mod inner; pub use inner::Thing; pub use super::c::*;"),
            ("a/inner.rs", "pub struct Thing; fn f() -> crate::b::Other { loop {} }"),
            ("b.rs", "use super::a; pub struct Other; fn g(_: a::Thing) {}"),
            ("c.rs", "pub struct Far; use super::a::Far as Again;"),
        ]);
        let wanted = ["module `a::inner` a circle of imports: a::inner, b"];
        assert_eq!(messages(&modules.circles(&[])), wanted);
        assert_eq!(messages(&modules.circles(&[&["a::inner", "x"]])).len(), 1);
        assert_eq!(modules.circles(&[&["b", "a::inner", "x"]]), []);
    }

    #[test]
    fn a_child_that_takes_from_its_parent_which_takes_from_it_is_a_circle() {
        let modules = modules(&[
            ("a/mod.rs", "mod b; struct Job { it: b::Part }"),
            ("a/b.rs", "use super::Job; pub struct Part;"),
        ]);
        assert_eq!(modules.circles(&[]).len(), 1);
    }

    #[test]
    fn tests_may_look_anywhere() {
        let modules = modules(&[
            ("lib.rs", "mod high; mod low; #[cfg(test)] mod testing;"),
            ("high.rs", "use crate::low::f;"),
            ("low.rs", "pub fn f() {} #[cfg(test)] mod tests { use crate::high::f; }"),
            ("testing.rs", "use crate::high::f;"),
        ]);
        assert_eq!(modules.stages(&["high", "low"]), []);
        assert_eq!(modules.circles(&[]), []);
    }
}
