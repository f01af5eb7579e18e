//! Publication: a copy of a run in `results/published`, for others to quote.
//! Owns the condition: the run completed its plan on a quiet machine, or a reason is given, which
//! is then printed beside every figure. The run's own folder is not changed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lukewarm_model::{MachinePace, Plan, RawRecord, RunEnd, Standard};
use lukewarm_record::{JOURNAL, Writer};
use lukewarm_runner::{Settings, machine, quiet};

use crate::error::{Objection, PublicationError, SessionError};
use crate::report_files::write_report;
use crate::samples;

/// A requested publication: its name, and the reason if the machine was slow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    name: String,
    reason: Option<String>,
    target: PathBuf,
}

impl Publication {
    /// A publication in a folder of results.
    ///
    /// # Errors
    /// When the name is invalid or taken, or the reason is empty.
    pub fn new(
        results: &Path,
        name: &str,
        reason: Option<&str>,
    ) -> Result<Publication, PublicationError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
            return Err(PublicationError::Name(name.to_owned()));
        }
        // As one line.
        let words = |it: &str| it.split_whitespace().collect::<Vec<_>>().join(" ");
        let reason = reason.map(words);
        if reason.as_ref().is_some_and(String::is_empty) {
            return Err(PublicationError::EmptyReason);
        }
        let target = results.join("published").join(name);
        let publication = Publication { name: name.to_owned(), reason, target };
        publication.refuse_taken()?;
        Ok(publication)
    }

    /// Checks before a measurement whether it could be published.
    ///
    /// # Errors
    /// When the calibration load was never measured on the quiet machine and no reason is given.
    pub fn check_machine(&self, plan: &Plan, settings: &Settings) -> Result<(), SessionError> {
        let (Some(workspace), None) = (plan.workspaces.first(), &self.reason) else {
            return Ok(());
        };
        samples::unpack(std::slice::from_ref(workspace), settings)?;
        let (user, processes) = (&settings.user, &settings.processes);
        let toolchain = lukewarm_runner::toolchain(&workspace.folder, user, processes)?;
        let root = Path::new("/");
        let host = machine::host(root, &settings.scratch);
        let here = quiet::Machine::of(root, &host, &toolchain);
        quiet::known(&settings.cache, &here).map(drop).map_err(|why| {
            let objection = Objection::UnknownPace(why.to_string());
            PublicationError::Beforehand { name: self.name.clone(), objection }.into()
        })
    }

    /// Publishes a run, and gives the folder of the copy.
    ///
    /// # Errors
    /// When the run may not be published, or cannot be copied.
    pub fn publish(&self, record: &RawRecord, folder: &Path) -> Result<PathBuf, SessionError> {
        self.refuse_taken()?;
        let end = self.gate(record).map_err(|source| {
            let (name, folder) = (self.name.clone(), folder.to_owned());
            PublicationError::Refused { name, folder, source }
        })?;
        self.copy(folder, &end)?;
        Ok(self.target.clone())
    }

    fn refuse_taken(&self) -> Result<(), PublicationError> {
        match fs::symlink_metadata(&self.target) {
            Err(_) => Ok(()),
            Ok(_) => {
                let (name, target) = (self.name.clone(), self.target.clone());
                Err(PublicationError::Exists { name, target })
            }
        }
    }

    /// The end of a run that may be published, with the reason to print beside its figures.
    fn gate(&self, record: &RawRecord) -> Result<RunEnd, Objection> {
        let end = record.end.as_ref().ok_or(Objection::CutOff)?;
        if let Some(stopped) = &end.stopped {
            return Err(Objection::Stopped(stopped.clone()));
        }
        let pace = end.machine.as_ref().map_or(Standard::Unknown, MachinePace::standard);
        let reason = match (pace, &self.reason) {
            (Standard::Quiet(_), _) => None,
            (_, Some(reason)) => Some(reason.clone()),
            (Standard::Slow(times), None) => return Err(Objection::Slow(times)),
            (Standard::Unknown, None) => {
                return Err(Objection::UnknownPace("the run did not record it".to_owned()));
            }
        };
        let (name, at) = (self.name.clone(), std::time::SystemTime::now().into());
        let published = Some(lukewarm_model::Publication { name, at, reason });
        Ok(RunEnd { published, ..end.clone() })
    }

    /// Copies the journal, adds its publication, and writes every report: the folder appears
    /// complete or not at all.
    fn copy(&self, folder: &Path, end: &RunEnd) -> Result<(), SessionError> {
        let target = self.target.as_path();
        let failed = || SessionError::file("publish into", target);
        let published = target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(published).map_err(failed())?;
        let place = tempfile::Builder::new().prefix(".publishing-").tempdir_in(published);
        let place = place.map_err(failed())?;
        fs::copy(folder.join(JOURNAL), place.path().join(JOURNAL)).map_err(failed())?;
        let mut writer = Writer::resume(place.path())?;
        // The journal is append-only: of several ends the last counts.
        writer.end(end)?;
        drop(writer);
        write_report(&lukewarm_record::read(place.path())?, place.path())?;
        let place = place.keep();
        let shown = fs::Permissions::from_mode(0o755);
        let moved = fs::set_permissions(&place, shown).and_then(|()| fs::rename(&place, target));
        moved.inspect_err(|_| drop(fs::remove_dir_all(&place))).map_err(failed())
    }
}
