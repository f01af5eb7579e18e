//! The manifests of outputs that a journal's lines have so far. Owns that each is written once, as
//! what differs from the most similar of the last ones, and that it is read as it was. It must not
//! compare jobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use lukewarm_model::{
    ContentDigest, JobFacts, JobOutputs, OutputFile, OutputManifest, UncachedBuild,
};

use lukewarm_wire::v1;

/// How many of the last manifests are tried as a base.
const TRIED: usize = 16;

/// The manifests that were written or read, in order.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    known: BTreeMap<ContentDigest, Arc<OutputManifest>>,
    last: Vec<ContentDigest>,
}

/// A place of a manifest that its base has not.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownPlace;

impl Manifests {
    /// The line of a job, with the manifests that no earlier line has.
    pub fn written(&mut self, job: &JobFacts) -> v1::JobFacts {
        let mut line = v1::JobFacts::from(job.clone());
        for (build, line) in job.uncached.iter().zip(&mut line.uncached) {
            self.write(build.outputs.as_ref(), line.outputs.as_mut());
        }
        self.write(job.outputs.as_ref(), line.outputs.as_mut());
        let copies = job.copies.iter().flat_map(|it| &it.copies);
        let lines = line.copies.iter_mut().flat_map(|it| &mut it.copies);
        for (copy, line) in copies.zip(lines) {
            self.write(copy.outputs.as_ref(), line.outputs.as_mut());
        }
        line
    }

    fn write(&mut self, outputs: Option<&JobOutputs>, line: Option<&mut v1::JobOutputs>) {
        let (Some(outputs), Some(line)) = (outputs, line) else { return };
        let Some(manifest) = &outputs.manifest else { return };
        if self.known.contains_key(&outputs.digest) {
            return;
        }
        let bases =
            self.last.iter().rev().take(TRIED).filter_map(|it| self.known.get_key_value(it));
        let size =
            |it: &v1::OutputManifest| 2 * it.added.len() + it.changed.len() + it.removed.len();
        let whole = difference(None, manifest);
        let found = bases.map(|(digest, base)| difference(Some((*digest, base)), manifest));
        line.manifest = found.chain([whole]).min_by_key(size);
        self.keep(outputs.digest, manifest.clone());
    }

    /// The facts of a job's line, with the manifests of this and earlier lines.
    ///
    /// # Errors
    /// When a line names a place that its base does not have.
    pub fn read(&mut self, line: v1::JobFacts) -> Result<JobFacts, UnknownPlace> {
        let of_builds: Vec<_> =
            line.uncached.iter().map(|it| it.outputs.as_ref()?.manifest.clone()).collect();
        let own = line.outputs.as_ref().and_then(|it| it.manifest.clone());
        let copies = line.copies.iter().flat_map(|it| &it.copies);
        let of_copies: Vec<_> = copies.map(|it| it.outputs.as_ref()?.manifest.clone()).collect();
        let mut job = JobFacts::from(line);
        for (UncachedBuild { outputs, .. }, manifest) in job.uncached.iter_mut().zip(of_builds) {
            self.find(outputs.as_mut(), manifest)?;
        }
        self.find(job.outputs.as_mut(), own)?;
        let copies = job.copies.iter_mut().flat_map(|it| &mut it.copies);
        for (copy, manifest) in copies.zip(of_copies) {
            self.find(copy.outputs.as_mut(), manifest)?;
        }
        Ok(job)
    }

    fn find(
        &mut self,
        outputs: Option<&mut JobOutputs>,
        line: Option<v1::OutputManifest>,
    ) -> Result<(), UnknownPlace> {
        let Some(outputs) = outputs else { return Ok(()) };
        if let Some(line) = line {
            let base = line.base.map(|it| self.known.get(&it).ok_or(UnknownPlace)).transpose()?;
            let manifest = Arc::new(made_of(base, line)?);
            self.keep(outputs.digest, manifest);
        }
        outputs.manifest = self.known.get(&outputs.digest).cloned();
        Ok(())
    }

    fn keep(&mut self, digest: ContentDigest, manifest: Arc<OutputManifest>) {
        if self.known.insert(digest, manifest).is_none() {
            self.last.push(digest);
        }
    }
}

/// What differs between a manifest and its base.
fn difference(
    base: Option<(ContentDigest, &Arc<OutputManifest>)>,
    manifest: &OutputManifest,
) -> v1::OutputManifest {
    let nothing = OutputManifest::default();
    let files = base.map_or(&nothing, |(_, base)| base).files();
    let mut found =
        v1::OutputManifest { base: base.map(|it| it.0), ..v1::OutputManifest::default() };
    let (mut place, mut ours) = (0, manifest.files().iter().peekable());
    while place < files.len() || ours.peek().is_some() {
        match (files.get(place), ours.peek()) {
            (Some(old), Some(new)) if old.path == new.path => {
                if (old.digest, old.bytes) != (new.digest, new.bytes) {
                    found.changed.push((place, new.digest, new.bytes));
                }
                (place, _) = (place + 1, ours.next());
            }
            (Some(old), new) if new.is_none_or(|new| old.path < new.path) => {
                found.removed.push(place);
                place += 1;
            }
            _ => {
                let added = ours.next().map(|it| (it.path.to_string(), it.digest, it.bytes));
                found.added.extend(added);
            }
        }
    }
    found
}

/// The manifest that a line gives, on its base.
fn made_of(
    base: Option<&Arc<OutputManifest>>,
    line: v1::OutputManifest,
) -> Result<OutputManifest, UnknownPlace> {
    let mut files: Vec<Option<OutputFile>> =
        base.map_or(&[][..], |it| it.files()).iter().cloned().map(Some).collect();
    for (place, digest, bytes) in line.changed {
        let file = files.get_mut(place).and_then(Option::as_mut).ok_or(UnknownPlace)?;
        (file.digest, file.bytes) = (digest, bytes);
    }
    for place in line.removed {
        *files.get_mut(place).ok_or(UnknownPlace)? = None;
    }
    let added = line
        .added
        .into_iter()
        .map(|(path, digest, bytes)| Some(OutputFile { path: path.into(), digest, bytes }));
    Ok(OutputManifest::new(files.into_iter().chain(added).flatten().collect()))
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Bytes, CopiesFacts, CopyFacts, Seconds};

    use super::*;
    use crate::examples;

    fn outputs(files: &[(&str, u128)]) -> JobOutputs {
        let file = |(path, digest): &(&str, u128)| OutputFile {
            path: (*path).into(),
            digest: ContentDigest(*digest),
            bytes: Bytes(10),
        };
        let manifest = OutputManifest::new(files.iter().map(file).collect());
        // Any number will do that is another one for other files.
        let text = format!("{files:?}");
        let digest = text.bytes().fold(7, |sum: u128, byte| {
            sum.wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b) ^ u128::from(byte)
        });
        JobOutputs {
            digest: ContentDigest(digest),
            files: manifest.files().len() as u64,
            bytes: manifest.bytes(),
            manifest: Some(manifest.into()),
            took: Seconds(0.01),
        }
    }

    fn job(files: &[(&str, u128)]) -> JobFacts {
        JobFacts { outputs: Some(outputs(files)), ..examples::job("cold") }
    }

    #[test]
    fn manifests_are_written_once_and_as_differences_and_come_back_whole() {
        let all = [("a", 1), ("b", 2), ("c", 3), ("d", 4)];
        let edited = [("a", 1), ("b", 9), ("bb", 5), ("d", 4)];
        let other = [("x", 1), ("y", 2)];
        let mut with_build = job(&edited);
        with_build.uncached.push(UncachedBuild {
            case: "w/kache".parse().unwrap(),
            job: "cold".into(),
            iteration: 3,
            wall: Seconds(2.0),
            outputs: Some(outputs(&other)),
            failure: None,
        });
        let copy = |files: &[(&str, u128)]| CopyFacts {
            outputs: Some(outputs(files)),
            ..CopyFacts::default()
        };
        let mut with_copies = examples::job("cold");
        with_copies.copies = Some(CopiesFacts {
            stagger: Seconds(0.0),
            peak_rss: None,
            service_cpu: None,
            offered: BTreeMap::new(),
            copies: vec![copy(&edited), copy(&[("z", 1)]), copy(&[("z", 1)])],
        });
        let jobs =
            [job(&all), job(&all), job(&edited), with_build, job(&other), job(&[]), with_copies];
        let mut writer = Manifests::default();
        let lines: Vec<v1::JobFacts> = jobs.iter().map(|it| writer.written(it)).collect();
        let manifest = |line: &v1::JobFacts| line.outputs.as_ref().unwrap().manifest.clone();
        assert_eq!(manifest(&lines[0]).unwrap().added.len(), 4);
        assert_eq!(manifest(&lines[1]), None, "it is there already");
        let difference = manifest(&lines[2]).unwrap();
        assert_eq!(difference.base, Some(jobs[0].outputs.as_ref().unwrap().digest));
        assert_eq!(difference.changed, [(1, ContentDigest(9), Bytes(10))]);
        assert_eq!((difference.removed, difference.added.len()), (vec![2], 1));
        assert_eq!(manifest(&lines[4]), None, "a build for comparison had it");
        let copies = &lines[6].copies.as_ref().unwrap().copies;
        let written = copies.iter().map(|it| it.outputs.as_ref().unwrap().manifest.is_some());
        assert_eq!(written.collect::<Vec<_>>(), [false, true, false]);
        let mut reader = Manifests::default();
        let text = serde_json::to_string(&lines).unwrap();
        let read: Vec<v1::JobFacts> = serde_json::from_str(&text).unwrap();
        for (line, job) in read.into_iter().zip(&jobs) {
            assert_eq!(reader.read(line).as_ref(), Ok(job));
        }
    }

    #[test]
    fn a_place_that_is_not_there_is_refused() {
        let mut line = Manifests::default().written(&job(&[("a", 1)]));
        let manifest = line.outputs.as_mut().unwrap().manifest.as_mut().unwrap();
        manifest.changed.push((3, ContentDigest(1), Bytes(1)));
        assert_eq!(Manifests::default().read(line.clone()), Err(UnknownPlace));
        let manifest = line.outputs.as_mut().unwrap().manifest.as_mut().unwrap();
        (manifest.changed, manifest.base) = (Vec::new(), Some(ContentDigest(5)));
        assert_eq!(Manifests::default().read(line), Err(UnknownPlace));
    }

    /// A hundred jobs of a workspace of 1,500 outputs in 25 blocks of four, three quarters of them
    /// edited, and a fifth of the files follow each edit.
    #[test]
    fn a_hundred_jobs_of_a_large_workspace_stay_below_a_megabyte() {
        let names: Vec<String> = (0..1500_u128)
            .map(|n| format!("debug/deps/libsome_crate_name_{n}-{:016x}.rlib", n * 7919))
            .collect();
        let files = |block: u128| -> Vec<(&str, u128)> {
            let edition = |n: usize| match (block % 4, n % 5) {
                (0 | 1, _) => 0,
                (2, _) if n.is_multiple_of(300) => block,
                (3, 0) => block,
                _ => 0,
            };
            let digest = |n: usize| (n as u128 + 1) * 0x1234_5678_9abc_def1 * (edition(n) + 1);
            (0..1500).map(|n| (names[n].as_str(), digest(n))).collect()
        };
        let mut writer = Manifests::default();
        let mut bytes = 0;
        for number in 0..100 {
            let line = writer.written(&job(&files(number / 4)));
            bytes += serde_json::to_string(&line.outputs).unwrap().len();
        }
        assert!(bytes < 700_000, "{bytes}");
    }
}
