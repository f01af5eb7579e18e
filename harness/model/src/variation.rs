//! What surrounds the build of a job beside its sources, and how it varies between the two jobs of
//! a test of soundness.
//! Owns these nouns only; applying them belongs to the runner, judging what they did to `analysis`.

use std::collections::BTreeMap;

use crate::Timestamp;

/// One thing that varies between two jobs: the first fills a cache, the second may be answered
/// from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variation {
    /// What surrounds the job that fills the cache.
    pub before: Surroundings,
    /// What surrounds the jobs after it.
    pub after: Surroundings,
    /// The bug that it stands for; absent where it stands for none that was published.
    pub published: Option<PublishedBug>,
}

/// What surrounds the build of one job. Nothing of it is there by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Variables of the build command alone, by name.
    pub environment: BTreeMap<String, String>,
    /// Further words for Cargo.
    pub arguments: Vec<String>,
    /// Files with a content of their own, by their path in the workspace. They keep it in the jobs
    /// that follow.
    pub files: BTreeMap<String, String>,
    /// The name of the checkout's folder; absent for the usual one.
    pub checkout: Option<String>,
    /// The name of `CARGO_HOME`'s folder; absent for the usual one.
    pub cargo_home: Option<String>,
    /// Whether a second toolchain builds, which must be installed.
    pub second_toolchain: bool,
    /// The file mode creation mask of the build, in octal digits; absent for that of lukewarm.
    pub umask: Option<String>,
    /// The modification time of every file of the checkout; absent where they have that of the
    /// checkout.
    pub file_times: Option<Timestamp>,
}

/// A bug that somebody published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishedBug {
    /// Where it was published.
    pub sources: Vec<String>,
    /// What is expected of a tool without the bug, in a sentence.
    pub expected: String,
    /// The versions of tools in which it was seen, such as `sccache 0.16.0`.
    pub seen: Vec<String>,
    /// The versions of tools in which it was mended.
    pub mended: Vec<String>,
}

impl Variation {
    /// What surrounds a job, by its index in the story.
    pub fn of_job(&self, job: usize) -> &Surroundings {
        if job == 0 { &self.before } else { &self.after }
    }

    /// The files of a job that have a content of their own, those of the job before it included.
    pub fn files_of_job(&self, job: usize) -> BTreeMap<&str, &str> {
        let later = (job > 0).then_some(&self.after);
        let all = [Some(&self.before), later].into_iter().flatten().flat_map(|it| &it.files);
        all.map(|(path, text)| (path.as_str(), text.as_str())).collect()
    }

    /// Whether one of its jobs needs a second toolchain.
    pub fn needs_second_toolchain(&self) -> bool {
        self.before.second_toolchain || self.after.second_toolchain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_content_in_the_job_that_follows() {
        let files = |pairs: &[(&str, &str)]| Surroundings {
            files: pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            ..Surroundings::default()
        };
        let (before, after) = (files(&[("a", "1"), ("b", "1")]), files(&[("b", "2"), ("c", "2")]));
        let variation = Variation { before, after, published: None };
        assert_eq!(variation.files_of_job(0), [("a", "1"), ("b", "1")].into());
        assert_eq!(variation.files_of_job(1), [("a", "1"), ("b", "2"), ("c", "2")].into());
        assert_eq!(variation.of_job(2), &variation.after);
    }
}
