//! The forms of an edit of a crate's root file, the plainest first.
//! Owns their texts, which must compile where lints are denied, without the standard library and in
//! every edition; and which leave a trace in what is built. It must not read a file.

use lukewarm_model::MutationKind;

use super::graph::CrateRole;
use crate::prepare::insertion::Insertion;

/// One way of making an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditForm {
    /// What it is, as a phrase.
    pub name: String,
    /// What is put where.
    pub insertion: Insertion,
}

/// An item that nobody uses. Its name is in the metadata of a library, its text in the program or
/// library that is linked: `used` keeps it through every optimisation.
pub const PRIVATE_ITEM: &str = "/// An edit.
fn __edit_@TOKEN@() {
    #[used]
    static EDIT: &str = \"@TOKEN@\";
}
";

const PUBLIC_FUNCTION: &str = "/// An edit.
#[doc(hidden)]
#[must_use]
pub const fn __edit_@TOKEN@() -> &'static str {
    \"@TOKEN@\"
}
";

const PUBLIC_MODULE: &str = "/// An edit.
#[doc(hidden)]
pub mod __edit_@TOKEN@ {
    /// An edit.
    pub const EDIT: &str = \"@TOKEN@\";
}
";

/// A function that is exported, with a text that stays in the library.
const NATIVE_FUNCTION: &str = "/// An edit.
#[doc(hidden)]
#[must_use]
pub fn __edit_@TOKEN@() -> &'static str {
    #[used]
    static EDIT: &str = \"@TOKEN@\";
    EDIT
}
";

const PROC_MACRO: &str = "/// An edit.
#[doc(hidden)]
#[proc_macro]
pub fn __edit_@TOKEN@(input: ::proc_macro::TokenStream) -> ::proc_macro::TokenStream {
    input
}
";

const COMMENT: &str = "// @TOKEN@\n";

const ALLOW: &str = "#[allow(\n    warnings,\n    clippy::all,\n    clippy::pedantic,\n    \
                     clippy::nursery,\n    clippy::restriction\n)]\n";

/// The forms of an edit of that kind in such a crate. Without an `allow` first, since one is an
/// error where the lint is forbidden; at the end first, since the lines of what is there keep their
/// numbers.
pub fn forms(kind: MutationKind, role: CrateRole) -> Vec<EditForm> {
    let items: &[(&str, &str)] = match (kind, role) {
        (MutationKind::Comment, _) => {
            let (name, insertion) = ("a comment".to_owned(), Insertion::End(COMMENT.to_owned()));
            return vec![EditForm { name, insertion }];
        }
        (MutationKind::Signature, CrateRole::Library) => {
            &[("a public function", PUBLIC_FUNCTION), ("a public module", PUBLIC_MODULE)]
        }
        (MutationKind::Signature, CrateRole::NativeLibrary) => {
            &[("a public function", NATIVE_FUNCTION)]
        }
        (MutationKind::Signature, CrateRole::ProcMacro) => &[("a macro", PROC_MACRO)],
        // Nobody sees what a program has.
        _ => &[("a private function", PRIVATE_ITEM)],
    };
    let mut forms = Vec::new();
    let at_the = [Insertion::End, Insertion::Top] as [fn(String) -> Insertion; 2];
    for (place, insertion) in ["at the end", "at the top"].into_iter().zip(at_the) {
        for (how, allow) in [("", ""), (" with lints allowed", ALLOW)] {
            forms.extend(items.iter().map(|(name, text)| EditForm {
                name: format!("{name} {place}{how}"),
                insertion: insertion(format!("{allow}{text}")),
            }));
        }
    }
    forms
}
