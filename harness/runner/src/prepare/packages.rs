//! Packages of crates.io that a sample is made of: each archive is fetched once, its checksum is
//! compared, and it is unpacked where nothing of it can lead elsewhere.
//! Owns the cache of these archives. It must not reach the network for one that is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lukewarm_model::{PublishedPackage, SampleWorkspace};
use walkdir::WalkDir;

use crate::error::RunnerError;
use crate::error::tools::InstallError;
use crate::files::guarded::Root;
use crate::files::hash::sha256;
use crate::files::own;
use crate::prepare::installer::{CURL, Installer};
use crate::prepare::settings::Settings;

/// The largest archive that is fetched, in bytes; crates.io itself takes less.
const LARGEST: &str = "64000000";

/// Lays every package of a sample into a copy of it. `log` receives a line for each archive that
/// is fetched.
///
/// # Errors
/// When an archive cannot be had, is not the pinned one, or has what a package never has.
pub fn lay(
    workspace: &SampleWorkspace,
    copy: &Path,
    settings: &Settings,
    log: &mut dyn FnMut(String),
) -> Result<(), RunnerError> {
    if workspace.packages.is_empty() {
        return Ok(());
    }
    let work = tempfile::tempdir().map_err(RunnerError::file("make", &std::env::temp_dir()))?;
    let installer =
        Installer { folder: work.path(), user: &settings.user, processes: &settings.processes };
    for package in &workspace.packages {
        let kept = settings.cache.join("packages");
        let fetch = Fetch { workspace: &workspace.name, package, installer };
        let archive = fetch.archive(&kept, log)?;
        fetch.unpack(&archive, copy)?;
    }
    Ok(())
}

/// One package that a sample needs.
struct Fetch<'a> {
    workspace: &'a str,
    package: &'a PublishedPackage,
    installer: Installer<'a>,
}

impl Fetch<'_> {
    /// The archive, from the cache or from crates.io.
    fn archive(&self, kept: &Path, log: &mut dyn FnMut(String)) -> Result<PathBuf, RunnerError> {
        let PublishedPackage { name, version, sha256: pinned, .. } = self.package;
        own::take(kept)?;
        let path = kept.join(format!("{}-{pinned:.16}.crate", self.stem()));
        if path.is_file() {
            let found = sha256(&path).map_err(RunnerError::file("read", &path))?;
            if found == *pinned {
                return Ok(path);
            }
        }
        let url = format!("https://static.crates.io/crates/{name}/{}.crate", self.stem());
        log(format!("fetching {name} {version} for workspace {}, once", self.workspace));
        let part =
            tempfile::NamedTempFile::new_in(kept).map_err(RunnerError::file("write", kept))?;
        self.download(&url, part.path(), &path)?;
        let found = sha256(part.path()).map_err(RunnerError::file("read", part.path()))?;
        if found != *pinned {
            return Err(RunnerError::Environment(format!(
                "{url} has SHA-256 {found}, and workspace {} pins {pinned}: nothing of it is used",
                self.workspace
            )));
        }
        part.persist(&path).map_err(|it| RunnerError::file("write", &path)(it.error))?;
        Ok(path)
    }

    fn download(&self, url: &str, to: &Path, kept: &Path) -> Result<(), RunnerError> {
        let to = to.display().to_string();
        let rest = ["--max-filesize", LARGEST, "--output", &to, url];
        let words = CURL.into_iter().chain(rest);
        let environment = self.installer.user.for_download();
        self.installer.call("curl", words, environment, Duration::from_secs(300)).map_err(|error| {
            explained(error, |said| {
                format!(
                    "cannot fetch {} {} for workspace {}: {said}; {url} must be reached once, then \
                     no run needs it; or put the file at {}",
                    self.package.name,
                    self.package.version,
                    self.workspace,
                    kept.display()
                )
            })
        })
    }

    /// Unpacks the archive beside the copy, looks at what is there, and moves it into its place.
    fn unpack(&self, archive: &Path, copy: &Path) -> Result<(), RunnerError> {
        let beside = copy.parent().unwrap_or(copy);
        let work = tempfile::Builder::new()
            .prefix(".unpacking-")
            .tempdir_in(beside)
            .map_err(RunnerError::file("make folder", beside))?;
        let (from, to) = (archive.display().to_string(), work.path().display().to_string());
        let words = ["--no-same-owner", "--no-same-permissions", "-xzf", from.as_str(), "-C", &to];
        let environment = self.installer.user.for_download();
        self.installer.call("tar", words, environment, Duration::from_secs(120)).map_err(
            |error| explained(error, |said| format!("cannot unpack {}: {said}", archive.display())),
        )?;
        let stem = self.stem();
        check_unpacked(work.path(), &stem).map_err(|why| {
            RunnerError::Input(format!("{} is no package: {why}", archive.display()))
        })?;
        let (root, place) = (Root::open(copy)?, &self.package.folder);
        let target = copy.join(place);
        if fs::symlink_metadata(&target).is_ok() {
            return Err(RunnerError::Input(format!(
                "workspace {} has `{}` already, where {stem} is to be laid",
                self.workspace,
                place.display()
            )));
        }
        if let Some(parent) = place.parent().filter(|it| !it.as_os_str().is_empty()) {
            root.make_folder(parent)?;
        }
        fs::rename(work.path().join(&stem), &target).map_err(RunnerError::file("write", &target))
    }

    /// The name of the archive and of the only folder in it.
    fn stem(&self) -> String {
        format!("{}-{}", self.package.name, self.package.version)
    }
}

/// What an unpacked package may have: one folder of its name, with files and folders below it.
fn check_unpacked(folder: &Path, stem: &str) -> Result<(), String> {
    for entry in WalkDir::new(folder).min_depth(1) {
        let entry = entry.map_err(|error| error.to_string())?;
        let place = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let kind = entry.file_type();
        if !place.starts_with(stem) {
            return Err(format!("`{}` lies beside its folder `{stem}`", place.display()));
        }
        if !kind.is_file() && !kind.is_dir() {
            return Err(format!("`{}` is neither a file nor a folder", place.display()));
        }
    }
    match folder.join(stem).join("Cargo.toml").is_file() {
        true => Ok(()),
        false => Err(format!("it has no `{stem}/Cargo.toml`")),
    }
}

/// An error of a call with what was to be done; one of a cancelled run stays as it is.
fn explained(error: InstallError, words: impl FnOnce(&str) -> String) -> RunnerError {
    match error {
        InstallError::Process(error) => error.into(),
        InstallError::CommandFailed { program, last_line } => {
            RunnerError::Environment(words(&format!("{}: {last_line}", program.display())))
        }
        other => RunnerError::Environment(words(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use lukewarm_testing::workspace;

    use super::*;
    use crate::prepare::environment::UserEnvironment;
    use crate::process::{CommandSpec, Processes};

    /// A place with archives, a cache and a copy of a sample; `curl` gives out what lies in it.
    struct PackagePlace {
        root: tempfile::TempDir,
        settings: Settings,
    }

    impl PackagePlace {
        fn new() -> PackagePlace {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join("copy")).unwrap();
            let curl = root.path().join("curl");
            let text = format!(
                "#!/bin/sh\nfor last; do :; done\necho \"$last\" >>{0}/asked\n\
                 cp {0}/${{last##*/}} \"${{10}}\"\n",
                root.path().display()
            );
            fs::write(&curl, text).unwrap();
            fs::set_permissions(&curl, fs::Permissions::from_mode(0o755)).unwrap();
            let path = format!("{}:/usr/bin:/bin", root.path().display());
            let settings = Settings {
                cache: root.path().join("cache"),
                scratch: root.path().join("scratch"),
                tools: lukewarm_cache_tools::Tools::shipped(),
                named_tools: Vec::new(),
                user: UserEnvironment::new([("PATH".into(), path.into())]),
                processes: Processes::default(),
                variables: Default::default(),
                job_timeout: None,
            };
            PackagePlace { root, settings }
        }

        /// An archive of what `fill` puts below a folder, and the package that pins it.
        fn package(&self, fill: impl FnOnce(&Path)) -> PublishedPackage {
            let made = self.root.path().join("made");
            fs::create_dir_all(made.join("shed-1.2.0/src")).unwrap();
            fs::write(made.join("shed-1.2.0/Cargo.toml"), "[package]\n").unwrap();
            fs::write(made.join("shed-1.2.0/src/lib.rs"), "pub fn shed() {}\n").unwrap();
            fill(&made);
            let archive = self.root.path().join("shed-1.2.0.crate");
            let (to, from) = (archive.display().to_string(), made.display().to_string());
            let mut tar = CommandSpec::new("tar", "/").args(["-czf", &to, "-C", &from, "."]);
            tar.environment.insert("PATH".into(), "/usr/bin:/bin".into());
            assert_eq!(tar.run(&Processes::default()).unwrap().code, Some(0));
            PublishedPackage {
                name: "shed".to_owned(),
                version: "1.2.0".to_owned(),
                sha256: sha256(&archive).unwrap(),
                folder: "crates/shed".into(),
            }
        }

        fn lay(&self, package: &PublishedPackage) -> Result<Vec<String>, RunnerError> {
            let sample = SampleWorkspace { packages: vec![package.clone()], ..workspace("w", &[]) };
            let mut said = Vec::new();
            lay(&sample, &self.root.path().join("copy"), &self.settings, &mut |it| said.push(it))?;
            Ok(said)
        }

        fn read(&self, path: &str) -> String {
            fs::read_to_string(self.root.path().join(path)).unwrap_or_default()
        }
    }

    #[test]
    fn a_package_is_fetched_once_and_laid_where_the_sample_wants_it() {
        let place = PackagePlace::new();
        let package = place.package(|_| {});
        let said = place.lay(&package).unwrap();
        assert_eq!(said, ["fetching shed 1.2.0 for workspace w, once"]);
        assert_eq!(place.read("copy/crates/shed/src/lib.rs"), "pub fn shed() {}\n");
        let url = "https://static.crates.io/crates/shed/shed-1.2.0.crate";
        assert_eq!(place.read("asked").trim(), url);
        let again = place.lay(&package).unwrap_err().to_string();
        assert!(again.contains("has `crates/shed` already"), "{again}");
        fs::remove_dir_all(place.root.path().join("copy/crates")).unwrap();
        assert!(place.lay(&package).unwrap().is_empty(), "it is in the cache");
        assert_eq!(place.read("asked").lines().count(), 1);
        let left = fs::read_dir(place.root.path()).unwrap().flatten();
        let left = left.filter(|it| it.file_name().to_string_lossy().starts_with(".unpacking"));
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn another_archive_than_the_pinned_one_is_not_used_wherever_it_comes_from() {
        let place = PackagePlace::new();
        let package = place.package(|_| {});
        place.lay(&package).unwrap();
        fs::remove_dir_all(place.root.path().join("copy/crates")).unwrap();
        let other = PublishedPackage { sha256: "0c".repeat(32), ..package.clone() };
        let error = place.lay(&other).unwrap_err().to_string();
        assert!(error.contains("pins 0c0c") && error.contains(&package.sha256), "{error}");
        assert!(!place.root.path().join("copy/crates").exists());
        // One that was changed in the cache is fetched again.
        let kept = place.root.path().join("cache/packages");
        let kept: Vec<_> = fs::read_dir(kept).unwrap().flatten().map(|it| it.path()).collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        fs::write(&kept[0], "changed").unwrap();
        assert_eq!(place.lay(&package).unwrap().len(), 1);
        assert_eq!(sha256(&kept[0]).unwrap(), package.sha256);
    }

    #[test]
    fn without_network_the_error_says_what_to_do() {
        let place = PackagePlace::new();
        let package = place.package(|_| {});
        fs::remove_file(place.root.path().join("shed-1.2.0.crate")).unwrap();
        let error = place.lay(&package).unwrap_err().to_string();
        for part in ["cannot fetch shed 1.2.0", "must be reached once", "or put the file at"] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn an_archive_with_a_link_or_a_second_folder_is_refused() {
        for (what, fill) in [
            (
                "is neither a file nor a folder",
                (|made| {
                    symlink("/etc/passwd", made.join("shed-1.2.0/src/out.rs")).unwrap();
                }) as fn(&Path),
            ),
            ("lies beside its folder", |made| {
                fs::create_dir(made.join("other")).unwrap();
            }),
            ("has no `shed-1.2.0/Cargo.toml`", |made| {
                fs::remove_file(made.join("shed-1.2.0/Cargo.toml")).unwrap();
            }),
        ] {
            let place = PackagePlace::new();
            let error = place.lay(&place.package(fill)).unwrap_err().to_string();
            assert!(error.contains(what), "{what}: {error}");
            assert!(!place.root.path().join("copy/crates").exists(), "{what}");
        }
    }

    #[test]
    fn nothing_is_laid_through_a_link_that_leads_out() {
        let place = PackagePlace::new();
        let outside = tempfile::tempdir().unwrap();
        symlink(outside.path(), place.root.path().join("copy/crates")).unwrap();
        assert!(place.lay(&place.package(|_| {})).is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
