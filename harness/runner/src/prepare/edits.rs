//! Edits: mutations of a workspace, new in every iteration, applied to a checkout.
//! Owns patches, and how the edits of foreign workspaces are filled in. It must not build anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};
use lukewarm_model::{Change, MutationKind, Place, SampleWorkspace, goes_down};
use serde::{Deserialize, Serialize};

use crate::error::RunnerError;
use crate::files::guarded::Root;
use crate::prepare::insertion::Insertion;

/// The placeholder in a patch for the text that is new in every iteration.
pub const TOKEN: &str = "@TOKEN@";

/// One edit, ready to be applied to a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The package it changes.
    pub package: String,
    /// The proof that the edit was built.
    pub proof: Proof,
    how: BuildProof,
}

/// An edit that was chosen for a foreign workspace, with the placeholder for what is new in every
/// iteration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomaticEdit {
    /// What kind of change it makes.
    pub kind: MutationKind,
    /// Where, for kinds that have a place.
    pub place: Option<Place>,
    /// The package that it changes.
    pub package: String,
    /// The form that it has, as a phrase.
    pub form: String,
    /// Why it was chosen, as a phrase.
    pub reason: String,
    /// The proof that it was built.
    pub proof: Proof,
    /// What it changes, by file relative to the checkout.
    pub files: Vec<(PathBuf, Insertion)>,
}

/// The proof that an edit was built, and not an older version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// What is put into files, by their paths relative to the checkout.
    Insert(Vec<(PathBuf, Insertion)>),
}

impl AutomaticEdit {
    /// The edit with its placeholder filled in.
    pub fn filled(&self, token: &str) -> Edit {
        let filled = |text: &String| text.replace(TOKEN, token);
        let proof = match &self.proof {
            Proof::Nothing => Proof::Nothing,
            Proof::Text(text) => Proof::Text(filled(text)),
            Proof::Name(text) => Proof::Name(filled(text)),
            Proof::Feature(feature) => Proof::Feature(filled(feature)),
            Proof::Version(version) => Proof::Version(version.clone()),
        };
        let files = self.files.iter().map(|(file, it)| (file.clone(), it.with(TOKEN, token)));
        let how = BuildProof::Insert(files.collect());
        Edit { package: self.package.clone(), proof, how }
    }
}

impl Edit {
    /// The files that it changes, relative to the checkout; those of a patch are not named.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let files = match &self.how {
            BuildProof::Insert(files) => files.as_slice(),
            BuildProof::Patch(_) => &[],
        };
        files.iter().map(|(file, _)| file.as_path())
    }
}

/// The text that is new in every iteration: letters and digits, a valid identifier.
pub fn token(seed: u64, job: usize, iteration: u32) -> String {
    format!("lw{seed:x}j{job}i{iteration}")
}

/// The edit of a change that was made `before` times already; none for a change that edits nothing.
/// `automatic` are the edits of a foreign workspace: of several for one change each has its turn.
///
/// # Errors
/// When the workspace offers no such change.
pub fn edit(
    workspace: &SampleWorkspace,
    automatic: &[AutomaticEdit],
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
    let fits = |it: &&AutomaticEdit| (it.kind, it.place) == (change.kind, change.place);
    let count = automatic.iter().filter(fits).count();
    let chosen = before.checked_rem(count).and_then(|turn| automatic.iter().filter(fits).nth(turn));
    match chosen {
        Some(chosen) => Ok(Some(chosen.filled(token))),
        None => {
            let message = format!("workspace `{}` has no mutation `{change}`", workspace.name);
            Err(RunnerError::Input(message))
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
            BuildProof::Insert(files) => {
                for (file, insertion) in files {
                    let before = match insertion {
                        Insertion::Whole(_) => String::new(),
                        _ => content(pristine, changed, file)?,
                    };
                    changed.insert(file.clone(), insertion.applied(&before, file)?);
                }
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

    fn automatic(kind: MutationKind, package: &str, text: &str) -> AutomaticEdit {
        AutomaticEdit {
            kind,
            place: kind.has_place().then_some(Place::Leaf),
            package: package.to_owned(),
            form: "a form".to_owned(),
            reason: "a reason".to_owned(),
            proof: Proof::Text(TOKEN.to_owned()),
            files: vec![("src/lib.rs".into(), Insertion::End(text.to_owned()))],
        }
    }

    #[test]
    fn a_patch_gets_its_token_and_its_content() {
        let root = pristine();
        let workspace = workspace("w", &[(BODY_AT_LEAF, BODY)]);
        let edit = edit(&workspace, &[], BODY_AT_LEAF, 0, "lw7").unwrap().unwrap();
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
        let edit = edit(&workspace, &[], BODY_AT_LEAF, 0, "lw7").unwrap().unwrap();
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
            let edit = edit(&workspace, &[], BODY_AT_LEAF, 0, "lw7").unwrap().unwrap();
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
        let signature = Change { kind: MutationKind::Features, place: None };
        let all = [
            automatic(MutationKind::Body, "leaf", "fn @TOKEN@() {}\n"),
            automatic(MutationKind::Features, "core", "// @TOKEN@\n"),
            automatic(MutationKind::Features, "other", "// @TOKEN@\n"),
        ];
        let make =
            |change, before, token| edit(&workspace, &all, change, before, token).unwrap().unwrap();
        let edits = [make(BODY_AT_LEAF, 0, "lw1"), make(signature, 0, "lw2")];
        assert_eq!(edits[0].proof, Proof::Text("lw1".to_owned()));
        let mut changed = BTreeMap::new();
        change(root.path(), &mut changed, &edits).unwrap();
        let text = &changed[Path::new("src/lib.rs")];
        assert!(text.ends_with("}\n\nfn lw1() {}\n\n// lw2\n"), "{text}");
        // Of two edits for a change each has its turn.
        let turns = [0, 1, 2].map(|before| make(signature, before, "lw3").package);
        assert_eq!(turns, ["core", "other", "core"]);
    }

    #[test]
    fn a_workspace_without_that_change_says_so() {
        let workspace = workspace("w", &[]);
        let error = edit(&workspace, &[], BODY_AT_LEAF, 0, "lw7").unwrap_err();
        assert_eq!(error.to_string(), "workspace `w` has no mutation `leaf body`");
        for kind in MutationKind::ALL.into_iter().filter(|kind| !kind.is_edit()) {
            let change = Change { kind, place: None };
            assert_eq!(edit(&workspace, &[], change, 0, "lw7").unwrap(), None, "{kind}");
        }
        let dependency = Change { kind: MutationKind::Dependency, place: None };
        let error =
            edit(&workspace, &[automatic(MutationKind::Body, "a", "")], dependency, 0, "lw7")
                .unwrap_err();
        assert_eq!(error.to_string(), "workspace `w` has no mutation `dependency`");
    }

    #[test]
    fn each_kind_of_edit_is_proved_in_its_own_way() {
        let of = |kind| Change { kind, place: None };
        let kinds = [MutationKind::Dependency, MutationKind::BuildScript, MutationKind::Features];
        let mut workspace = workspace("w", &kinds.map(|kind| (of(kind), BODY)));
        workspace.mutations[0].package = "itoa@1.0.18".to_owned();
        let proofs = kinds.map(|kind| {
            let edit = edit(&workspace, &[], of(kind), 0, "lw7").unwrap().unwrap();
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
