//! Rules of a Rust source file: its length, its functions' lengths, its lines' widths, what it
//! opens with, and no `bool` parameter in a public function.

use std::ops::RangeInclusive;
use std::path::Path;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, FnArg, ImplItemFn, Item, ItemFn, Signature, Type, Visibility};

use crate::Finding;

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;
const COLUMNS: usize = 100;
const OPENING: RangeInclusive<usize> = 1..=6;
/// A line that lifts the limit of a file's length, with the reason behind it: what belongs together
/// is not split for a number.
const LIFTED: &str = "// Longer than 400 lines: ";

/// Holds one source file to the rules. Lines in test modules count for none of them.
pub fn source(file: &Path, text: &str) -> Vec<Finding> {
    let parsed = match syn::parse_file(text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let line = error.span().start().line;
            return vec![Finding::new(file, line, format!("does not parse: {error}"))];
        }
    };
    let mut visitor = Visitor { file, findings: Vec::new(), tests: Vec::new() };
    visitor.visit_file(&parsed);
    let Visitor { mut findings, tests, .. } = visitor;
    let is_test = |line: usize| tests.iter().any(|range| range.contains(&line));

    let opening = text.lines().take_while(|line| line.starts_with("//!")).count();
    if !OPENING.contains(&opening) {
        let message = format!("opens with {opening} lines of `//!`: wanted are 1 to 6");
        findings.push(Finding::new(file, 1, message));
    }
    let code = (1..=text.lines().count()).filter(|line| !is_test(*line)).count();
    let lifted = text.lines().any(|line| line.len() > LIFTED.len() && line.starts_with(LIFTED));
    if code > FILE_LINES && !lifted {
        let message = format!("{code} lines outside tests: at most {FILE_LINES}");
        findings.push(Finding::new(file, 1, message));
    } else if code <= FILE_LINES && lifted {
        let message =
            format!("the limit of {FILE_LINES} lines is lifted, and no longer needs to be");
        findings.push(Finding::new(file, 1, message));
    }
    for (index, line) in text.lines().enumerate() {
        let width = line.chars().count();
        if width > COLUMNS && !is_test(index + 1) {
            let message = format!("{width} columns: at most {COLUMNS}");
            findings.push(Finding::new(file, index + 1, message));
        }
    }
    findings
}

struct Visitor<'a> {
    file: &'a Path,
    findings: Vec<Finding>,
    /// Lines of test code.
    tests: Vec<RangeInclusive<usize>>,
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if attributes(item).iter().any(is_test_only) {
            self.tests.push(lines(item.span()));
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.function(&function.vis, &function.sig, lines(function.span()));
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function(&function.vis, &function.sig, lines(function.span()));
        visit::visit_impl_item_fn(self, function);
    }
}

impl Visitor<'_> {
    fn function(&mut self, vis: &Visibility, sig: &Signature, lines: RangeInclusive<usize>) {
        // Documentation belongs to a function's span and must not count as its length.
        let (start, end) = (sig.span().start().line, *lines.end());
        let length = end + 1 - start;
        if length > FUNCTION_LINES {
            let message = format!("`{}` has {length} lines: at most {FUNCTION_LINES}", sig.ident);
            self.findings.push(Finding::new(self.file, start, message));
        }
        let is_bool = |argument: &FnArg| match argument {
            FnArg::Typed(typed) => {
                matches!(&*typed.ty, Type::Path(path) if path.path.is_ident("bool"))
            }
            FnArg::Receiver(_) => false,
        };
        if matches!(vis, Visibility::Public(_)) && sig.inputs.iter().any(is_bool) {
            let message = format!("`{}` is public and takes a `bool`: name the choice", sig.ident);
            self.findings.push(Finding::new(self.file, start, message));
        }
    }
}

pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]` or `#[test]`.
pub(crate) fn is_test_only(attribute: &Attribute) -> bool {
    if attribute.path().is_ident("test") {
        return true;
    }
    let mut found = false;
    if attribute.path().is_ident("cfg") {
        // What is not a plain list of names is no `cfg(test)`.
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("test");
            Ok(())
        });
    }
    found
}

fn lines(span: Span) -> RangeInclusive<usize> {
    span.start().line..=span.end().line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        source(Path::new("a.rs"), text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_file_passes() {
        assert!(messages("//! Owns nothing.\n\npub fn a(x: u8) -> u8 {\n    x\n}\n").is_empty());
    }

    #[test]
    fn a_file_must_say_what_it_owns() {
        let wanted = "a.rs:1: opens with 0 lines of `//!`: wanted are 1 to 6";
        assert_eq!(messages("fn a() {}\n"), [wanted]);
        assert_eq!(messages(&"//! Much.\n".repeat(7)).len(), 1);
    }

    #[test]
    fn long_files_functions_and_lines_are_found() {
        let body = "    a();\n".repeat(70);
        let text = format!("//! M.\nfn a() {{\n{body}}}\n");
        assert_eq!(messages(&text), ["a.rs:2: `a` has 72 lines: at most 70"]);
        let text = format!("//! M.\n{}", "const A: u8 = 0;\n".repeat(400));
        assert_eq!(messages(&text), ["a.rs:1: 401 lines outside tests: at most 400"]);
        assert!(messages(&format!("{text}{LIFTED}one state machine.\n")).is_empty());
        assert_eq!(messages(&format!("{text}{LIFTED}\n")).len(), 1, "a reason is needed");
        assert_eq!(messages(&format!("//! M.\n{LIFTED}none.\n")).len(), 1, "needlessly lifted");
        let text = format!("//! M.\n// {}\n", "x".repeat(100));
        assert_eq!(messages(&text), ["a.rs:2: 103 columns: at most 100"]);
    }

    #[test]
    fn tests_have_room() {
        let lines = format!("    // {}\n", "x".repeat(120)).repeat(500);
        let text = format!("//! M.\n#[cfg(test)]\nmod tests {{\n{lines}}}\n");
        assert!(messages(&text).is_empty());
    }

    #[test]
    fn a_public_bool_parameter_is_found_wherever_it_is() {
        let text = "//! M.\npub fn a(x: bool) {}\nfn b(x: bool) {}\n";
        assert_eq!(messages(text), ["a.rs:2: `a` is public and takes a `bool`: name the choice"]);
        let text = "//! M.\nstruct S;\nimpl S {\n    pub fn a(&self, x: bool) {}\n}\n";
        assert_eq!(messages(text).len(), 1);
    }
}
