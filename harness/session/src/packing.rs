//! The file that a shard leaves, to be carried to where all of them are merged.
//! Owns its name and place, and that a later try does not replace one that has more.

use std::path::{Path, PathBuf};

use lukewarm_model::{RawRecord, RunFacts};
use lukewarm_record::{PACKED_SUFFIX, RecordError, plan_digest, read_packed};

use crate::assignment::Assignment;
use crate::error::SessionError;

/// How many characters of a plan's name, and of its digest, are in a file's name.
const NAME: usize = 40;
const DIGEST: usize = 8;

/// What became of a run's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packed {
    /// It was written.
    Written {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// There was one of the same shard with more jobs, which was left as it is.
    Kept {
        /// The file.
        path: PathBuf,
        /// The run that it is of.
        run: String,
    },
}

/// Packs the record in a results folder into a file. Without a place for it that is beside the
/// folder; a folder as place gets a file of the usual name.
///
/// # Errors
/// When the folder has no record, or the file cannot be written.
pub fn pack_run(folder: &Path, place: Option<&Path>) -> Result<Packed, SessionError> {
    let record = lukewarm_record::read(folder)?;
    let beside = folder.parent().filter(|it| !it.as_os_str().is_empty());
    let target = target(place, &record.run, beside.unwrap_or(Path::new(".")))?;
    write(folder, &record, &target)
}

/// The file of a run that begins: none for a whole run that nobody wants one of.
pub(crate) fn file_of(
    assignment: &Assignment,
    run: &RunFacts,
    results: &Path,
) -> Result<Option<PathBuf>, SessionError> {
    if assignment.file.is_none() && run.portion().is_whole() {
        return Ok(None);
    }
    let target = target(assignment.file.as_deref(), run, results)?;
    // Hours later it would be too late to say so.
    let folder = target.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::tempfile_in(folder).map(drop))
        .map_err(SessionError::file("write into folder", folder))?;
    if target.is_dir() {
        let what = format!("--shard-file {}: it is a folder", target.display());
        return Err(SessionError::Assignment(what));
    }
    Ok(Some(target))
}

fn target(place: Option<&Path>, run: &RunFacts, usual: &Path) -> Result<PathBuf, SessionError> {
    let is_folder = |it: &Path| it.is_dir() || it.to_string_lossy().ends_with('/');
    Ok(match place {
        Some(file) if !is_folder(file) => file.to_owned(),
        folder => folder.unwrap_or(usual).join(file_name(run)?),
    })
}

/// The usual name of a run's file. That of a shard is the same in every try.
fn file_name(run: &RunFacts) -> Result<String, RecordError> {
    let Some(shard) = run.shard else { return Ok(format!("{}{PACKED_SUFFIX}", run.id)) };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let name: String =
        run.plan.name.chars().map(|c| if plain(c) { c } else { '-' }).take(NAME).collect();
    let digest: String = plan_digest(&run.plan)?.chars().take(DIGEST).collect();
    let from = run.first_block.map_or_else(String::new, |first| format!("-from-{first}"));
    let (index, count) = (shard.index, shard.count);
    Ok(format!("{name}-{digest}-shard-{index}-of-{count}{from}{PACKED_SUFFIX}"))
}

/// Writes a run's file, unless there is one of another try with more in it.
pub(crate) fn write(
    folder: &Path,
    record: &RawRecord,
    target: &Path,
) -> Result<Packed, SessionError> {
    let measured =
        |record: &RawRecord| record.jobs.iter().filter(|job| job.attempt.iteration > 0).count();
    // What cannot be read is half a file of a try that was killed.
    if let Ok(other) = read_packed(target) {
        let (is, was) = (&record.run, &other.record.run);
        let is_other_try = is.id != was.id && (&is.plan, is.shard) == (&was.plan, was.shard);
        if is_other_try && measured(&other.record) > measured(record) {
            let run = other.record.run.id;
            return Ok(Packed::Kept { path: target.to_owned(), run });
        }
    }
    let bytes = lukewarm_record::pack(folder, target)?;
    Ok(Packed::Written { path: target.to_owned(), bytes })
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Shard;
    use lukewarm_record::Writer;

    use super::*;
    use crate::examples::{ended, measured};

    /// The results folder of a shard with some of its jobs.
    fn results(place: &Path, id: &str, jobs: usize) -> PathBuf {
        let mut plan = lukewarm_testing::plan(&["none", "a"], &["cold"], 4);
        plan.workspaces[0].folder = "sample-workspaces/w".into();
        let mut record = measured(&plan, id, 4, |_| 1.0);
        record.run.shard = Some(Shard { index: 2, count: 4 });
        let mut writer = Writer::create(place, &record.run).unwrap();
        writer.jobs(&record.jobs[..jobs]).unwrap();
        writer.end(&ended(None)).unwrap();
        writer.folder().to_owned()
    }

    fn written(packed: &Packed) -> &Path {
        let Packed::Written { path, bytes } = packed else { panic!("{packed:?}") };
        assert_eq!(std::fs::metadata(path).unwrap().len(), *bytes);
        path
    }

    #[test]
    fn a_later_try_replaces_the_file_of_one_that_has_less_and_no_other() {
        let place = tempfile::tempdir().unwrap();
        let [first, second, third] = [("one", 3), ("two", 2), ("three", 4)]
            .map(|(id, jobs)| results(place.path(), id, jobs));
        let packed = pack_run(&first, None).unwrap();
        let path = written(&packed).to_owned();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.ends_with("-shard-2-of-4.lukewarm.tar.zst"), "{name}");
        let run = |path: &Path| read_packed(path).unwrap().record.run.id;
        let kept = Packed::Kept { path: path.clone(), run: "one".to_owned() };
        assert_eq!((pack_run(&second, None).unwrap(), run(&path)), (kept, "one".to_owned()));
        assert_eq!(
            (written(&pack_run(&third, None).unwrap()), run(&path)),
            (&*path, "three".into())
        );
        // Half a file is no try.
        std::fs::write(&path, "half").unwrap();
        assert_eq!(
            (written(&pack_run(&second, None).unwrap()), run(&path)),
            (&*path, "two".into())
        );
        // Elsewhere: into a folder, or as a file.
        let folder = place.path().join("sent/");
        std::fs::create_dir(&folder).unwrap();
        assert_eq!(written(&pack_run(&first, Some(&folder)).unwrap()), folder.join(name));
        let new = place.path().join("new").join("");
        assert_eq!(written(&pack_run(&first, Some(&new)).unwrap()), new.join(name));
        let file = place.path().join("a/b.tar.zst");
        assert_eq!(written(&pack_run(&first, Some(&file)).unwrap()), file);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_known_before_anything_is_measured() {
        let place = tempfile::tempdir().unwrap();
        let plan = lukewarm_testing::plan(&["none"], &["cold"], 4);
        let mut run = crate::examples::run_facts(&plan, "a");
        let everything = Assignment::default();
        assert_eq!(file_of(&everything, &run, place.path()).unwrap(), None);
        run.shard = Some(Shard { index: 1, count: 2 });
        let usual = file_of(&everything, &run, place.path()).unwrap().unwrap();
        assert_eq!(usual.parent(), Some(place.path()));
        let file = place.path().join("file");
        std::fs::write(&file, "").unwrap();
        let asked = Assignment { file: Some(file.join("a")), ..Assignment::default() };
        let said = file_of(&asked, &run, place.path()).unwrap_err().to_string();
        assert!(said.starts_with("cannot write into folder") && said.ends_with("file"), "{said}");
    }
}
