//! Where the parts of a checkout lie: its root, the workspace in it, and what it has not.
//! It must not copy anything.

use std::path::Path;

use lukewarm_cache_tools::Folders;

use super::PreparedWorkspace;
use crate::error::RunnerError;
use crate::files::tree::within;
use crate::prepare::settings::Settings;
use crate::prepare::variation::JobVariation;

impl PreparedWorkspace {
    /// The folders of a job.
    pub fn folders(&self, variation: &JobVariation) -> Folders {
        let mut folders = self.folders.clone();
        if let Some(name) = &variation.folder {
            let mut root = self.checkout_root(&folders).to_owned();
            root.set_file_name(name);
            folders.checkout = within(&root, &self.place);
        }
        if let Some(name) = &variation.cargo_home {
            folders.cargo_home.set_file_name(name);
        }
        folders
    }

    /// The root of a job's checkout: the folder of the repository, which the workspace's is in.
    pub fn checkout_root<'a>(&self, folders: &'a Folders) -> &'a Path {
        let above = self.place.components().count();
        folders.checkout.ancestors().nth(above).unwrap_or(&folders.checkout)
    }

    /// Sentences about files that a failed build names, the user's folder has, and the checkout,
    /// whose root is given, has not.
    pub fn missed(&self, log: &str, checkout: &Path, settings: &Settings) -> Vec<String> {
        self.left_out.named_in(log, checkout, settings)
    }

    /// An error about a build in a checkout, with what that build misses.
    pub(super) fn explained(
        &self,
        error: RunnerError,
        checkout: &Path,
        settings: &Settings,
    ) -> RunnerError {
        let RunnerError::Input(text) = error else { return error };
        let missed = self.missed(&text, checkout, settings);
        let lines = std::iter::once(text).chain(missed).collect::<Vec<_>>();
        RunnerError::Input(lines.join("\n"))
    }
}
