//! Edits: mutations of a workspace, new in every iteration, applied to a checkout.
//! Owns patches and the automatic edits of foreign workspaces. It must not build anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};
use lukewarm_model::{Change, MutationKind, Place, SampleWorkspace, goes_down};

use crate::error::RunnerError;
use crate::files::guarded::Root;
use crate::prepare::graph::EditPlaces;

/// The placeholder in a patch for the text that is new in every iteration.
const TOKEN: &str = "@TOKEN@";

/// One edit, ready to be applied to a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The package it changes.
    pub package: String,
    /// The proof that the edit was built.
    pub proof: Proof,
    how: BuildProof,
}

/// The proof that an edit was built, and not an older version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: a comment leaves no trace.
    Nothing,
    /// The package's artifact contains this text.
    Text(String),
    /// The same, and an item of the package is named after it, in capitals or not.
    Name(String),
    /// The package was built with this feature.
    Feature(String),
    /// The package was built in this version.
    Version(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum BuildProof {
    /// A unified diff with its token filled in.
    Patch(String),
    /// A text to put at the end of a file, relative to the checkout.
    Append { file: PathBuf, text: String },
}

/// The text that is new in every iteration: letters and digits, a valid identifier.
pub fn token(seed: u64, job: usize, iteration: u32) -> String {
    format!("lw{seed:x}j{job}i{iteration}")
}

/// The edit of a change that was made `before` times already; none for a change that edits nothing.
///
/// # Errors
/// When the workspace offers no such change.
pub fn edit(
    workspace: &SampleWorkspace,
    places: Option<&EditPlaces>,
    change: Change,
    before: usize,
    token: &str,
) -> Result<Option<Edit>, RunnerError> {
    if !change.kind.is_edit() {
        return Ok(None);
    }
    if let Some(mutation) = workspace.mutation_after(change, before) {
        let how = BuildProof::Patch(mutation.patch.replace(TOKEN, token));
        let (package, version) = match mutation.package.split_once('@') {
            Some((package, version)) => (package, version),
            None => (mutation.package.as_str(), ""),
        };
        let proof = match change.kind {
            MutationKind::Comment => Proof::Nothing,
            MutationKind::Features => Proof::Feature(token.to_owned()),
            MutationKind::Dependency => Proof::Version(version.to_owned()),
            _ => Proof::Text(token.to_owned()),
        };
        return Ok(Some(Edit { package: package.to_owned(), proof, how }));
    }
    let (Some(places), Some(place)) = (places, change.place) else {
        let message = format!("workspace `{}` has no mutation `{change}`", workspace.name);
        return Err(RunnerError::Input(message));
    };
    let spot = match place {
        Place::Leaf => &places.leaf,
        Place::Core => &places.core,
    };
    let text = automatic(change.kind, spot.is_library, token);
    let how = BuildProof::Append { file: spot.source.clone(), text };
    let proof = match change.kind {
        MutationKind::Comment => Proof::Nothing,
        _ => Proof::Name(token.to_owned()),
    };
    Ok(Some(Edit { package: spot.package.clone(), proof, how }))
}

/// The text that an automatic edit puts at the end of a crate's root file.
fn automatic(kind: MutationKind, is_library: bool, token: &str) -> String {
    match kind {
        MutationKind::Comment => format!("\n// {token}\n"),
        MutationKind::Signature if is_library => format!(
            "\n#[doc(hidden)]\n#[allow(warnings)]\npub fn __edit_{token}() -> &'static str {{\n    \
             \"{token}\"\n}}\n"
        ),
        // `used` keeps it in the artifact, which is searched after the build.
        _ => {
            let name = token.to_uppercase();
            format!("\n#[allow(warnings)]\n#[used]\nstatic __EDIT_{name}: &str = \"{token}\";\n")
        }
    }
}

/// Applies a sequence of edits to a set of changed files: new content by path relative to the
/// checkout. Each edit applies on top of those before it.
///
/// # Errors
/// When a file cannot be read, lies outside of the checkout, or a patch does not apply.
pub fn change(
    pristine: &Path,
    changed: &mut BTreeMap<PathBuf, String>,
    edits: &[Edit],
) -> Result<(), RunnerError> {
    let pristine = &Root::open(pristine)?;
    for edit in edits {
        match &edit.how {
            BuildProof::Append { file, text } => {
                let before = content(pristine, changed, file)?;
                changed.insert(file.clone(), format!("{before}{text}"));
            }
            BuildProof::Patch(patch) => apply(pristine, changed, patch)?,
        }
    }
    Ok(())
}

fn apply(
    pristine: &Root,
    changed: &mut BTreeMap<PathBuf, String>,
    text: &str,
) -> Result<(), RunnerError> {
    for part in PatchSet::parse(text, ParseOptions::unidiff()) {
        let part =
            part.map_err(|error| RunnerError::Input(format!("unreadable patch: {error}")))?;
        let whole = part.operation();
        let FileOperation::Modify { original, modified } = whole else {
            let message = format!("a patch may only change files, not {whole:?}");
            return Err(RunnerError::Input(message));
        };
        let outside = |name: &&str| !goes_down(Path::new(name));
        if let Some(name) = [original.as_ref(), modified.as_ref()].iter().find(|it| outside(it)) {
            let message = format!("a patch names {name}, which leads out of the checkout");
            return Err(RunnerError::Input(message));
        }
        let whole = whole.strip_prefix(1);
        let FileOperation::Modify { modified, .. } = &whole else { continue };
        let file = PathBuf::from(modified.as_ref());
        let Some(patch) = part.patch().as_text() else { continue };
        let before = content(pristine, changed, &file)?;
        let after = diffy::apply(&before, patch).map_err(|error| {
            RunnerError::Input(format!("patch of {} does not apply: {error}", file.display()))
        })?;
        changed.insert(file, after);
    }
    Ok(())
}

fn content(
    pristine: &Root,
    changed: &BTreeMap<PathBuf, String>,
    file: &Path,
) -> Result<String, RunnerError> {
    match changed.get(file) {
        Some(text) => Ok(text.clone()),
        None => pristine.read(file),
    }
}

/// Writes changed files into a checkout; a file that already has the content keeps its time.
///
/// # Errors
/// When a file cannot be written, or lies outside of the checkout.
pub fn write(checkout: &Path, changed: &BTreeMap<PathBuf, String>) -> Result<(), RunnerError> {
    let checkout = Root::open(checkout)?;
    for (file, text) in changed {
        if checkout.read(file).is_ok_and(|present| present == *text) {
            continue;
        }
        checkout.write(file, text.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use lukewarm_testing::workspace;

    use super::*;
    use crate::prepare::graph::Spot;

    const BODY: &str = "--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1,2 +1,2 @@\n \
                        fn name() -> &'static str {\n-    \"old\"\n+    \"@TOKEN@\"\n";

    const BODY_AT_LEAF: Change = at(MutationKind::Body, Place::Leaf);

    const fn at(kind: MutationKind, place: Place) -> Change {
        Change { kind, place: Some(place) }
    }

    fn pristine() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("src")).unwrap();
        let text = "fn name() -> &'static str {\n    \"old\"\n}\n";
        fs::write(root.path().join("src/lib.rs"), text).unwrap();
        root
    }

    fn places() -> EditPlaces {
        let spot = |package: &str, is_library| Spot {
            package: package.to_owned(),
            source: "src/lib.rs".into(),
            is_library,
        };
        EditPlaces { leaf: spot("leaf", false), core: spot("core", true) }
    }

    #[test]
    fn a_patch_gets_its_token_and_its_content() {
        let root = pristine();
        let workspace = workspace("w", &[(BODY_AT_LEAF, BODY)]);
        let edit = edit(&workspace, None, BODY_AT_LEAF, 0, "lw7").unwrap().unwrap();
        assert_eq!(edit.proof, Proof::Text("lw7".to_owned()));
        let mut changed = BTreeMap::new();
        change(root.path(), &mut changed, &[edit]).unwrap();
        let wanted = "fn name() -> &'static str {\n    \"lw7\"\n}\n";
        assert_eq!(changed[Path::new("src/lib.rs")], wanted);
    }

    #[test]
    fn a_patch_that_does_not_apply_is_named() {
        let root = pristine();
        let patch = BODY.replace("old", "older");
        let workspace = workspace("w", &[(BODY_AT_LEAF, &patch)]);
        let edit = edit(&workspace, None, BODY_AT_LEAF, 0, "lw7").unwrap().unwrap();
        let error = change(root.path(), &mut BTreeMap::new(), &[edit]).unwrap_err();
        assert!(error.to_string().starts_with("patch of src/lib.rs does not apply"), "{error}");
    }

    #[test]
    fn a_patch_that_leads_out_of_the_checkout_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let (theirs, root) = (place.path().join("theirs"), place.path().join("root"));
        fs::create_dir_all(root.join("src")).unwrap();
        fs::create_dir(&theirs).unwrap();
        let text = "fn name() -> &'static str {\n    \"old\"\n}\n";
        fs::write(theirs.join("lib.rs"), text).unwrap();
        std::os::unix::fs::symlink(&theirs, root.join("linked")).unwrap();
        std::os::unix::fs::symlink("../../theirs/lib.rs", root.join("src/lib.rs")).unwrap();
        let absolute = theirs.join("lib.rs").display().to_string();
        for name in [
            "b/../theirs/lib.rs",
            "b/src/../../theirs/lib.rs",
            "b/linked/lib.rs",
            "b/src/lib.rs",
            &absolute,
            &format!("b{absolute}"),
            "../theirs/lib.rs",
        ] {
            let patch = BODY.replace("b/src/lib.rs", name).replace("a/src/lib.rs", name);
            let workspace = workspace("w", &[(BODY_AT_LEAF, &patch)]);
            let edit = edit(&workspace, None, BODY_AT_LEAF, 0, "lw7").unwrap().unwrap();
            let mut changed = BTreeMap::new();
            assert!(change(&root, &mut changed, &[edit]).is_err(), "{name} was read");
            assert!(changed.is_empty());
        }
        let edited = BTreeMap::from([(PathBuf::from("linked/lib.rs"), "edited".to_owned())]);
        assert!(write(&root, &edited).is_err());
        assert_eq!(fs::read_to_string(theirs.join("lib.rs")).unwrap(), text);
    }

    #[test]
    fn automatic_edits_add_up_and_leave_a_trace() {
        let root = pristine();
        let workspace = workspace("w", &[]);
        let make = |kind, place, token| {
            edit(&workspace, Some(&places()), at(kind, place), 0, token).unwrap().unwrap()
        };
        let edits = [
            make(MutationKind::Body, Place::Leaf, "lw1"),
            make(MutationKind::Signature, Place::Core, "lw2"),
            make(MutationKind::Comment, Place::Core, "lw3"),
        ];
        assert_eq!(edits[2].proof, Proof::Nothing);
        let mut changed = BTreeMap::new();
        change(root.path(), &mut changed, &edits).unwrap();
        let text = &changed[Path::new("src/lib.rs")];
        assert!(text.contains("static __EDIT_LW1: &str = \"lw1\";"), "{text}");
        assert!(text.contains("pub fn __edit_lw2()"), "{text}");
        assert!(text.ends_with("// lw3\n"), "{text}");
    }

    #[test]
    fn a_workspace_without_that_change_says_so() {
        let workspace = workspace("w", &[]);
        let error = edit(&workspace, None, BODY_AT_LEAF, 0, "lw7").unwrap_err();
        assert_eq!(error.to_string(), "workspace `w` has no mutation `leaf body`");
        for kind in MutationKind::ALL.into_iter().filter(|kind| !kind.is_edit()) {
            let change = Change { kind, place: None };
            assert_eq!(edit(&workspace, None, change, 0, "lw7").unwrap(), None, "{kind}");
        }
        let dependency = Change { kind: MutationKind::Dependency, place: None };
        let error = edit(&workspace, Some(&places()), dependency, 0, "lw7").unwrap_err();
        assert_eq!(error.to_string(), "workspace `w` has no mutation `dependency`");
    }

    #[test]
    fn each_kind_of_edit_is_proved_in_its_own_way() {
        let of = |kind| Change { kind, place: None };
        let kinds = [MutationKind::Dependency, MutationKind::BuildScript, MutationKind::Features];
        let mut workspace = workspace("w", &kinds.map(|kind| (of(kind), BODY)));
        workspace.mutations[0].package = "itoa@1.0.18".to_owned();
        let proofs = kinds.map(|kind| {
            let edit = edit(&workspace, None, of(kind), 0, "lw7").unwrap().unwrap();
            (edit.package, edit.proof)
        });
        let wanted = [
            ("itoa".to_owned(), Proof::Version("1.0.18".to_owned())),
            ("w".to_owned(), Proof::Text("lw7".to_owned())),
            ("w".to_owned(), Proof::Feature("lw7".to_owned())),
        ];
        assert_eq!(proofs, wanted);
    }

    #[test]
    fn a_file_that_has_its_content_keeps_its_time() {
        let root = pristine();
        let file = root.path().join("src/lib.rs");
        let old = filetime::FileTime::from_unix_time(1_000_000_000, 0);
        filetime::set_file_mtime(&file, old).unwrap();
        let same = fs::read_to_string(&file).unwrap();
        write(root.path(), &BTreeMap::from([("src/lib.rs".into(), same)])).unwrap();
        let time = |path: &Path| {
            filetime::FileTime::from_last_modification_time(&path.metadata().unwrap())
        };
        assert_eq!(time(&file), old);
        write(root.path(), &BTreeMap::from([("src/lib.rs".into(), "new".to_owned())])).unwrap();
        assert_ne!(time(&file), old);
    }

    #[test]
    fn tokens_differ_and_are_identifiers() {
        let tokens = [token(1, 2, 3), token(1, 2, 4), token(1, 3, 3), token(2, 2, 3)];
        let distinct: std::collections::BTreeSet<_> = tokens.iter().collect();
        assert_eq!(distinct.len(), 4);
        assert!(tokens.iter().all(|t| t.chars().all(|c| c.is_ascii_alphanumeric())));
    }
}
