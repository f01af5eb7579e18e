//! Which files a patch names. Owns that each lies below the folder that is patched; whether the
//! patch does what patches may, and applies, is found out where it is applied.

use std::path::Path;

use diffy::patch_set::{FileOperation, ParseOptions, PatchSet};
use lukewarm_model::goes_down;

/// What is wrong with the files that a patch names, where something is. `folder` is the one whose
/// files it is written against.
pub fn misplaced(folder: &Path, patch: &str) -> Option<String> {
    for part in PatchSet::parse(patch, ParseOptions::unidiff()) {
        // What is no patch applies nowhere.
        let Ok(part) = part else { return None };
        let FileOperation::Modify { original, modified } = part.operation() else { continue };
        let names = [original.as_ref(), modified.as_ref()];
        if let Some(name) = names.into_iter().find(|name| !goes_down(Path::new(name))) {
            return Some(leads_out(name));
        }
        let stripped = part.operation().strip_prefix(1);
        let FileOperation::Modify { modified, .. } = &stripped else { continue };
        // A file, or a folder above it, that is a symbolic link to somewhere else.
        let real = folder.join(modified.as_ref()).canonicalize();
        let root = folder.canonicalize();
        if let (Ok(real), Ok(root)) = (real, root)
            && !real.starts_with(root)
        {
            return Some(leads_out(modified));
        }
    }
    None
}

fn leads_out(name: &str) -> String {
    format!(
        "changes `{name}`, which leads out of the workspace's folder: names below it are wanted"
    )
}
