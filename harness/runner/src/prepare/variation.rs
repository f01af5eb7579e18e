//! How the environment of a job's sources varies over a story: the checkout's folder, the
//! compiler's flags, the toolchain, the ref. Owns which changes cause this. It must not touch a
//! file.

use lukewarm_cache_services::Permission;
use lukewarm_model::{MutationKind, Story, Surroundings};

/// The branch whose caches every job may read.
const DEFAULT_REF: &str = "refs/heads/main";

/// The variation of a job: what its story changed other than sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobVariation {
    /// The name of the checkout's folder; absent for the usual one.
    pub folder: Option<String>,
    /// The name of `CARGO_HOME`'s folder; absent for the usual one.
    pub cargo_home: Option<String>,
    /// Additional compiler flags; absent where only the workspace's own are used.
    pub flags: Option<String>,
    /// The toolchain that builds.
    pub toolchain: Choice,
    /// The ref that is built; absent for the default branch.
    pub git_ref: Option<String>,
}

/// The toolchain that builds a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The workspace's own choice.
    #[default]
    Own,
    /// A second one that is installed.
    Second,
}

/// The variation of a job: the last change of each kind up to it. `token` returns the unique text
/// of a job's change.
pub fn job_variation(story: &Story, job: usize, token: impl Fn(usize) -> String) -> JobVariation {
    let mut variation = JobVariation::default();
    for (index, spec) in story.jobs.iter().enumerate().take(job + 1) {
        match spec.change.kind {
            MutationKind::Path => variation.folder = Some(format!("checkout-{}", token(index))),
            MutationKind::CargoHome => {
                variation.cargo_home = Some(format!("cargo-home-{}", token(index)));
            }
            MutationKind::Flags => variation.flags = Some(format!("--cfg {}", token(index))),
            MutationKind::Toolchain => variation.toolchain = Choice::Second,
            MutationKind::Branch => {
                variation.git_ref = Some(format!("refs/heads/{}", token(index)));
            }
            MutationKind::PullRequest => {
                variation.git_ref = Some(format!("refs/pull/{}/merge", index + 1));
            }
            _ => {}
        }
    }
    variation
}

impl JobVariation {
    /// The same with what else surrounds the job.
    #[must_use]
    pub fn with(self, surroundings: Option<&Surroundings>) -> JobVariation {
        let Some(it) = surroundings else { return self };
        JobVariation {
            folder: it.checkout.clone().or(self.folder),
            cargo_home: it.cargo_home.clone().or(self.cargo_home),
            toolchain: if it.second_toolchain { Choice::Second } else { self.toolchain },
            ..self
        }
    }

    /// The permissions of this ref in the GitHub Actions cache; none for the default branch, which
    /// needs no restriction. A ref writes in its own scope, and reads that and the default
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
        let variation = after(&[None, Path, Flags, Toolchain, None, Flags]);
        assert_eq!(variation.folder.as_deref(), Some("checkout-t1"));
        assert_eq!(variation.flags.as_deref(), Some("--cfg t5"));
        assert_eq!(variation.toolchain, Choice::Second);
        assert_eq!(variation.scopes(), Option::None);
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
