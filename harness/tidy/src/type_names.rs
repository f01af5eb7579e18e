//! The rule that no type name is defined twice in a crate, so that a search finds one definition.
//! Owns which definitions count: structs, enums, unions, traits and type aliases of a crate's
//! `src`, also in modules of tests and in functions. Aliases in a function, which are shorthands of
//! a few lines, and associated types do not count.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{Block, Item};

use crate::Finding;

/// Holds the sources below a crate's `src` to defining each type name once.
pub fn type_names(sources: &[(PathBuf, String)]) -> Vec<Finding> {
    let mut seen = BTreeMap::<String, (&Path, usize)>::new();
    let mut findings = Vec::new();
    for (file, text) in sources {
        let Ok(parsed) = syn::parse_file(text) else { continue };
        let mut definitions = Definitions::default();
        definitions.visit_file(&parsed);
        for (name, line) in definitions.found {
            match seen.get(&name) {
                None => drop(seen.insert(name, (file, line))),
                Some((other, at)) => {
                    let other = other.display();
                    let message = format!("the type `{name}` is defined in {other}:{at} as well");
                    findings.push(Finding::new(file, line, message));
                }
            }
        }
    }
    findings
}

/// The type definitions of a source file.
#[derive(Default)]
struct Definitions {
    /// Names with their lines.
    found: Vec<(String, usize)>,
    /// Number of blocks around the current item.
    blocks: usize,
}

impl<'ast> Visit<'ast> for Definitions {
    fn visit_item(&mut self, item: &'ast Item) {
        let is_local_alias = self.blocks > 0 && matches!(item, Item::Type(_));
        if let Some(ident) = type_name(item).filter(|_| !is_local_alias) {
            self.found.push((ident.to_string(), ident.span().start().line));
        }
        visit::visit_item(self, item);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.blocks += 1;
        visit::visit_block(self, block);
        self.blocks -= 1;
    }
}

/// The name of the type or trait that an item defines; none of any other item.
fn type_name(item: &Item) -> Option<&Ident> {
    match item {
        Item::Enum(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(sources: &[(&str, &str)]) -> Vec<String> {
        let own = |(file, text): &(&str, &str)| (PathBuf::from(file), (*text).to_owned());
        let sources: Vec<_> = sources.iter().map(own).collect();
        type_names(&sources).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_name_that_stands_twice_is_found_wherever_it_is() {
        let sources = [
            ("a.rs", "struct Found;\nstruct Line;\n"),
            ("b/c.rs", "mod inner {\n    enum Found {}\n}\nfn f() {\n    trait Line {}\n}\n"),
            ("d.rs", "#[cfg(test)]\nmod tests {\n    union Found { a: u8 }\n}\ntype Line = u8;\n"),
        ];
        let wanted = [
            "b/c.rs:2: the type `Found` is defined in a.rs:1 as well",
            "b/c.rs:5: the type `Line` is defined in a.rs:2 as well",
            "d.rs:3: the type `Found` is defined in a.rs:1 as well",
            "d.rs:5: the type `Line` is defined in a.rs:2 as well",
        ];
        assert_eq!(messages(&sources), wanted);
        let twice = [("a.rs", "enum Found {}\nmod b {\n    struct Found;\n}\n")];
        assert_eq!(messages(&twice).len(), 1, "in one file too");
    }

    #[test]
    fn functions_associated_types_and_local_aliases_do_not_count() {
        let sources = [
            ("a.rs", "struct Found;\ntrait Search { type Found; fn found(); }\n"),
            ("b.rs", "impl Search for u8 { type Found = u8; fn found() { type Found = u8; } }\n"),
            ("c.rs", "mod found {}\nconst FOUND: u8 = 1;\nuse a::Found;\n"),
        ];
        assert_eq!(messages(&sources), [""; 0]);
    }
}
