//! What a build made: the digests of its outputs. Owns the form of a manifest, and what two of them
//! share. It must not read a file.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::schema::written_as_text;
use crate::{Bytes, Case, JobName, Seconds};

/// The digest of a content: XXH3, 128 bits, written as 32 hexadecimal digits. It finds differences
/// and is no proof against somebody who makes them on purpose.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct ContentDigest(pub u128);

/// A text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no digest: 32 hexadecimal digits are wanted")]
pub struct ParseDigestError(String);

/// One output of a build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputFile {
    /// Its path, relative to the target folder.
    pub path: Arc<str>,
    /// The digest of its content; of an archive (`.rlib`, `.a`) that of its members' content.
    pub digest: ContentDigest,
    /// Its size.
    pub bytes: Bytes,
}

/// The outputs of a build, in the order of their paths, each path once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputManifest {
    files: Vec<OutputFile>,
}

/// The outputs of one build, as a record has them.
#[derive(Clone, Debug, PartialEq)]
pub struct JobOutputs {
    /// What stands for all of them: two builds with the same digest made the same.
    pub digest: ContentDigest,
    /// The outputs; absent where a record has lost the line that names them.
    pub manifest: Option<Arc<OutputManifest>>,
    /// Their number.
    pub files: u64,
    /// Their size.
    pub bytes: Bytes,
    /// The time that reading them took, outside of the job's steps.
    pub took: Seconds,
}

/// A build that was made only to compare with: the sources of a job, from an empty cache. It counts
/// in no estimate.
#[derive(Clone, Debug, PartialEq)]
pub struct UncachedBuild {
    /// The case whose settings it was built with.
    pub case: Case,
    /// The job whose sources it built.
    pub job: JobName,
    /// The iteration of its edits.
    pub iteration: u32,
    /// Wall-clock time of its steps.
    pub wall: Seconds,
    /// What it made; absent where it failed.
    pub outputs: Option<JobOutputs>,
    /// Why it has no outputs, in one line.
    pub failure: Option<String>,
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for ContentDigest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<ContentDigest, ParseDigestError> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        number.map(ContentDigest).ok_or_else(|| ParseDigestError(text.to_owned()))
    }
}

impl TryFrom<String> for ContentDigest {
    type Error = ParseDigestError;

    fn try_from(text: String) -> Result<ContentDigest, ParseDigestError> {
        text.parse()
    }
}

impl From<ContentDigest> for String {
    fn from(digest: ContentDigest) -> String {
        digest.to_string()
    }
}

written_as_text!(ContentDigest);

impl OutputManifest {
    /// A manifest of these files; of two with one path the first stays.
    pub fn new(mut files: Vec<OutputFile>) -> OutputManifest {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        OutputManifest { files }
    }

    /// Its files, in the order of their paths.
    pub fn files(&self) -> &[OutputFile] {
        &self.files
    }

    /// Their size.
    pub fn bytes(&self) -> Bytes {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The digest of the file at a path; absent where there is none.
    pub fn digest_of(&self, path: &str) -> Option<ContentDigest> {
        let place = self.files.binary_search_by(|file| (*file.path).cmp(path)).ok()?;
        Some(self.files[place].digest)
    }

    /// The paths that only one of two manifests has, or both with another content.
    pub fn differing<'a>(&'a self, other: &'a OutputManifest) -> Vec<&'a Arc<str>> {
        let (mut ours, mut theirs) = (self.files.iter().peekable(), other.files.iter().peekable());
        let mut found = Vec::new();
        loop {
            match (ours.peek(), theirs.peek()) {
                (None, None) => return found,
                (Some(a), Some(b)) if a.path == b.path => {
                    if a.digest != b.digest {
                        found.push(&a.path);
                    }
                    ours.next();
                    theirs.next();
                }
                (Some(a), b) if b.is_none_or(|b| a.path < b.path) => {
                    found.push(&a.path);
                    ours.next();
                }
                (_, Some(b)) => {
                    found.push(&b.path);
                    theirs.next();
                }
                (Some(_), None) => return found,
            }
        }
    }

    /// The same manifest with the paths of another where they are equal, so that a long run keeps
    /// each once.
    pub fn with_paths_of(mut self, other: &OutputManifest) -> OutputManifest {
        for file in &mut self.files {
            if let Ok(place) = other.files.binary_search_by(|it| it.path.cmp(&file.path)) {
                file.path = other.files[place].path.clone();
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(files: &[(&str, u128)]) -> OutputManifest {
        let file = |(path, digest): &(&str, u128)| OutputFile {
            path: (*path).into(),
            digest: ContentDigest(*digest),
            bytes: Bytes(1),
        };
        OutputManifest::new(files.iter().map(file).collect())
    }

    #[test]
    fn digests_come_back_from_their_texts() {
        let digest = ContentDigest(0x0123_4567_89ab_cdef);
        assert_eq!(digest.to_string(), "00000000000000000123456789abcdef");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for text in ["", "12", &"g".repeat(32), &format!("+{}", "1".repeat(31))] {
            assert!(text.parse::<ContentDigest>().is_err(), "{text}");
        }
    }

    #[test]
    fn files_differ_where_one_is_missing_or_has_another_content() {
        let one = manifest(&[("b", 2), ("a", 1), ("d", 4), ("e", 5)]);
        let other = manifest(&[("a", 1), ("b", 3), ("c", 3), ("e", 5), ("f", 6)]);
        for (a, b) in [(&one, &other), (&other, &one)] {
            let found: Vec<&str> = a.differing(b).into_iter().map(|it| &**it).collect();
            assert_eq!(found, ["b", "c", "d", "f"]);
        }
        assert!(one.differing(&one).is_empty());
        assert_eq!(other.digest_of("c"), Some(ContentDigest(3)));
        assert_eq!(other.digest_of("d"), None);
        assert_eq!(other.bytes(), Bytes(5));
    }

    #[test]
    fn equal_paths_are_kept_once() {
        let (one, other) = (manifest(&[("a", 1), ("b", 2)]), manifest(&[("b", 3), ("c", 3)]));
        let shared = other.clone().with_paths_of(&one);
        assert_eq!(shared, other);
        assert!(Arc::ptr_eq(&shared.files()[0].path, &one.files()[1].path));
    }
}
