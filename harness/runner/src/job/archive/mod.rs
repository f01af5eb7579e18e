//! The cache action's client: looks an archive up, moves and unpacks it, packs and saves it,
//! with the chunks, the parallelism and the retries of `@actions/cache`. As there, a cache that
//! fails never fails the job: the failure is its outcome.

mod client;
mod context;
pub mod key;
mod pack;
mod transfer;

use std::fs;

use lukewarm_cache_tools::Archive;
use lukewarm_model::Bytes;

use crate::error::RunnerError;

pub use client::{Client, Retries};
pub use context::ArchiveContext;
use pack::PackError;

#[cfg(test)]
pub(in crate::job) use client::tests::archive as test_archive;

/// What became of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveOutcome {
    /// It was found under this key and unpacked.
    Restored {
        /// The key that matched.
        key: String,
        /// Bytes of the archive.
        size: Bytes,
    },
    /// No key matched.
    Missed,
    /// It was packed and stored.
    Saved {
        /// Bytes of the archive.
        size: Bytes,
    },
    /// The key was there before: entries are immutable, so nothing was done.
    Exists,
    /// The service refused or broke off, or what came could not be unpacked; the job goes on
    /// without it.
    Failed(String),
}

/// Restores an archive.
///
/// # Errors
/// Only when the run is cancelled or the machine does not let us work.
pub fn restore(
    archive: &Archive,
    client: &Client,
    context: ArchiveContext<'_>,
) -> Result<ArchiveOutcome, RunnerError> {
    let (key, url) = match client.find(archive) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(ArchiveOutcome::Missed),
        Err(error) => return failed(&error.to_string(), context),
    };
    let file = context.temporary.join(pack::file_name(archive.compression));
    let size = match transfer::download(client, &url, &file) {
        Ok(size) => size,
        Err(error) => return failed(&error.to_string(), context),
    };
    let unpacked = pack::unpack(archive, &file, context);
    fs::remove_file(&file).map_err(RunnerError::file("remove", &file))?;
    match unpacked {
        Ok(()) => Ok(ArchiveOutcome::Restored { key, size }),
        // A warning there too: `restoreCache` gives no key, and what was unpacked so far stays.
        Err(PackError::Tar(why)) => failed(&format!("restore failed to unpack: {why}"), context),
        Err(PackError::Run(error)) => Err(error),
    }
}

/// Packs and saves an archive, unless the restored one already has its key.
///
/// # Errors
/// Only when the run is cancelled or the machine does not let us work.
pub fn save(
    archive: &Archive,
    restored_key: Option<&str>,
    client: &Client,
    context: ArchiveContext<'_>,
) -> Result<ArchiveOutcome, RunnerError> {
    if restored_key == Some(archive.key.as_str()) {
        return Ok(ArchiveOutcome::Exists);
    }
    let file = match pack::pack(archive, context) {
        Ok(file) => file,
        Err(PackError::Tar(why)) => return failed(&format!("save failed to pack: {why}"), context),
        Err(PackError::Run(error)) => return Err(error),
    };
    let size = file.metadata().map_err(RunnerError::file("read", &file))?.len();
    let url = match client.reserve(archive) {
        Ok(Some(url)) => url,
        Ok(None) => return Ok(ArchiveOutcome::Exists),
        Err(error) => return failed(&error.to_string(), context),
    };
    let uploaded =
        transfer::upload(client, &url, &file, size).and_then(|()| client.finalize(archive, size));
    fs::remove_file(&file).map_err(RunnerError::file("remove", &file))?;
    match uploaded {
        Ok(()) => Ok(ArchiveOutcome::Saved { size: Bytes(size) }),
        Err(error) => failed(&error.to_string(), context),
    }
}

fn failed(why: &str, context: ArchiveContext<'_>) -> Result<ArchiveOutcome, RunnerError> {
    if context.processes.is_cancelled() {
        return Err(RunnerError::Cancelled);
    }
    Ok(ArchiveOutcome::Failed(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use lukewarm_cache_services::Service;
    use lukewarm_cache_tools::Compression;
    use lukewarm_model::{ServiceKind, ServiceSettings};

    use super::client::tests::{archive, hasty};
    use super::*;
    use crate::process::Processes;

    /// A service that breaks what is read, a folder to pack, and where both are.
    fn place(faults: &[&str]) -> (tempfile::TempDir, Service, Archive) {
        let place = tempfile::tempdir().unwrap();
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let kind = ServiceKind::GITHUB_ACTIONS;
        let settings = ServiceSettings { faults, ..ServiceSettings::new(kind) };
        let service = Service::start(&settings, &place.path().join("objects")).unwrap();
        let root = place.path().join("root");
        fs::create_dir_all(root.join("target")).unwrap();
        fs::create_dir(place.path().join("temporary")).unwrap();
        fs::write(root.join("target/app"), "program").unwrap();
        let archive = Archive {
            endpoint: service.endpoint().clone(),
            root,
            compression: Compression::Gzip,
            paths: vec!["target".to_owned()],
            ..archive("")
        };
        (place, service, archive)
    }

    fn with_site<T>(place: &Path, work: impl FnOnce(ArchiveContext<'_>) -> T) -> T {
        let path = ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into());
        let environment = [path].into_iter().collect();
        let processes = Processes::default();
        work(ArchiveContext {
            temporary: &place.join("temporary"),
            environment: &environment,
            processes: &processes,
            log: &place.join("log"),
        })
    }

    fn why(outcome: ArchiveOutcome) -> String {
        match outcome {
            ArchiveOutcome::Failed(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_restore_that_fails_to_unpack_is_told_and_the_next_save_finds_the_key() {
        // A byte of the first download is another: gzip's checksum sees it.
        let (place, _service, archive) = place(&["flip/read=#1"]);
        with_site(place.path(), |context| {
            let client = hasty();
            let saved = save(&archive, None, &client, context).unwrap();
            assert!(matches!(saved, ArchiveOutcome::Saved { .. }), "{saved:?}");
            let told = why(restore(&archive, &client, context).unwrap());
            assert!(told.starts_with("restore failed to unpack: `tar -xf "), "{told}");
            assert!(!context.temporary.join("cache.tgz").exists());
            assert_eq!(save(&archive, None, &client, context).unwrap(), ArchiveOutcome::Exists);
            let restored = restore(&archive, &client, context).unwrap();
            assert!(matches!(restored, ArchiveOutcome::Restored { .. }), "{restored:?}");
        });
    }

    #[test]
    fn a_save_that_fails_to_pack_is_told() {
        let (place, service, archive) = place(&[]);
        let tools = place.path().join("tools");
        fs::create_dir(&tools).unwrap();
        fs::write(tools.join("tar"), "#!/bin/sh\necho file changed as we read it >&2\nexit 1\n")
            .unwrap();
        fs::set_permissions(tools.join("tar"), fs::Permissions::from_mode(0o755)).unwrap();
        with_site(place.path(), |context| {
            let path = format!("{}:/usr/bin:/bin", tools.display());
            let environment = [("PATH".into(), path.into())].into_iter().collect();
            let context = ArchiveContext { environment: &environment, ..context };
            let told = why(save(&archive, None, &hasty(), context).unwrap());
            assert!(told.starts_with("save failed to pack: `tar --posix"), "{told}");
            assert!(told.contains("file changed as we read it"), "{told}");
        });
        assert_eq!(service.stored().objects, 0);
    }
}
