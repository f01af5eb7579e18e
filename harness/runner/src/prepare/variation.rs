//! What stands around the sources of a job, and which of the story's changes made it so: the
//! checkout's folder, the compiler's flags, the toolchain, the ref. It must not touch a file.

use lukewarm_cache_services::Permission;
use lukewarm_model::{MutationKind, Story};

/// The branch whose caches every job may read.
const DEFAULT_REF: &str = "refs/heads/main";

/// What stands around the sources of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobVariation {
    /// The name of the checkout's folder, where it is not the usual one.
    pub folder: Option<String>,
    /// The name of `CARGO_HOME`'s folder, where it is not the usual one.
    pub cargo_home: Option<String>,
    /// Flags of the compiler, beside those that the workspace has.
    pub flags: Option<String>,
    /// Which toolchain builds.
    pub toolchain: Choice,
    /// The ref that is built, where it is not the default branch.
    pub git_ref: Option<String>,
}

/// Which toolchain builds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The one that the workspace chooses.
    #[default]
    Own,
    /// Another one that is installed.
    Second,
}

/// The surroundings of a job: what the last change of each kind up to it left. `token` gives the
/// text that makes the change of a job unlike all others.
pub fn job_variation(story: &Story, job: usize, token: impl Fn(usize) -> String) -> JobVariation {
    let mut around = JobVariation::default();
    for (index, spec) in story.jobs.iter().enumerate().take(job + 1) {
        match spec.change.kind {
            MutationKind::Path => around.folder = Some(format!("checkout-{}", token(index))),
            MutationKind::CargoHome => {
                around.cargo_home = Some(format!("cargo-home-{}", token(index)));
            }
            MutationKind::Flags => around.flags = Some(format!("--cfg {}", token(index))),
            MutationKind::Toolchain => around.toolchain = Choice::Second,
            MutationKind::Branch => {
                around.git_ref = Some(format!("refs/heads/{}", token(index)));
            }
            MutationKind::PullRequest => {
                around.git_ref = Some(format!("refs/pull/{}/merge", index + 1));
            }
            _ => {}
        }
    }
    around
}

impl JobVariation {
    /// What a job of this ref may do in the GitHub Actions cache, where that is not what a job of
    /// the default branch may: it writes in a scope of its own, and reads that and the default
    /// branch's, which is also the base of a pull request
    /// (GitHub Docs, "Dependency caching reference", restrictions for accessing a cache).
    pub fn scopes(&self) -> Option<[(&str, Permission); 2]> {
        let own = self.git_ref.as_deref()?;
        Some([(own, Permission::ReadWrite), (DEFAULT_REF, Permission::Read)])
    }
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Change;
    use lukewarm_testing::plan;

    use super::*;

    fn story(kinds: &[MutationKind]) -> Story {
        let names: Vec<String> = (0..kinds.len()).map(|index| format!("job-{index}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut story = plan(&["none"], &names, 1).story;
        for (job, kind) in story.jobs.iter_mut().zip(kinds) {
            job.change = Change { kind: *kind, place: None };
        }
        story
    }

    fn after(kinds: &[MutationKind]) -> JobVariation {
        job_variation(&story(kinds), kinds.len() - 1, |job| format!("t{job}"))
    }

    #[test]
    fn what_changed_stays_changed() {
        use MutationKind::{Dependency, Flags, None, Path, Toolchain};
        assert_eq!(after(&[None, Dependency]), JobVariation::default());
        let around = after(&[None, Path, Flags, Toolchain, None, Flags]);
        assert_eq!(around.folder.as_deref(), Some("checkout-t1"));
        assert_eq!(around.flags.as_deref(), Some("--cfg t5"));
        assert_eq!(around.toolchain, Choice::Second);
        assert_eq!(around.scopes(), Option::None);
    }

    #[test]
    fn a_branch_reads_the_default_branch_and_writes_its_own() {
        use MutationKind::{Branch, None, PullRequest};
        let main = ("refs/heads/main", Permission::Read);
        let scopes = |own| Some([(own, Permission::ReadWrite), main]);
        assert_eq!(after(&[None, Branch, None]).scopes(), scopes("refs/heads/t1"));
        assert_eq!(after(&[None, Branch, Branch]).scopes(), scopes("refs/heads/t2"));
        assert_eq!(after(&[None, PullRequest]).scopes(), scopes("refs/pull/2/merge"));
    }
}
