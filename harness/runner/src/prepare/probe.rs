//! The calibration load: a small fixed compilation by the workspace's own compiler, without cargo,
//! linker or network. Its time shows the machine's speed at that moment.
//! Owns the load and how often it is run. It must not judge the machine.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{Probe, Seconds};

use crate::error::RunnerError;
use crate::files::scratch;
use crate::machine;
use crate::prepare::environment::UserEnvironment;
use crate::prepare::toolchain;
use crate::process::{CommandSpec, Output, Processes};

/// Number of modules in the fixed text. It took 0.35 s on the two quiet cores that it was chosen
/// on.
const MODULES: u32 = 56;

/// Maximum share of the load in the time of the jobs between two loads.
const PROBE_SHARE: f64 = 0.05;

/// The calibration load, ready to be run repeatedly.
#[derive(Debug)]
pub struct Load {
    spec: CommandSpec,
    log: PathBuf,
}

/// Writes the load into a new folder and runs it once, so that the compiler is in the page cache as
/// for every later run. `bin` is the toolchain's folder of programs.
///
/// # Errors
/// When the folder cannot be written, or the compiler cannot compile.
pub fn set_up(
    folder: &Path,
    bin: &Path,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<Load, RunnerError> {
    fs::create_dir_all(folder).map_err(RunnerError::file("make folder", folder))?;
    let source = folder.join("load.rs");
    fs::write(&source, text()).map_err(RunnerError::file("write", &source))?;
    let args = ["--edition=2021", "--crate-name=load", "--crate-type=rlib", "load.rs"];
    let mut spec = CommandSpec::new(bin.join("rustc"), folder).args(args);
    spec.environment = user.for_toolchain();
    let log = folder.join("load.log");
    spec.stderr = Output::Append(log.clone());
    let load = Load { spec, log };
    run(&load, Path::new("/"), processes)?;
    Ok(load)
}

/// Runs the load once. Stolen time is read below `root`, which is `/` outside tests.
///
/// # Errors
/// When the compiler cannot compile, or the run is cancelled.
pub fn run(load: &Load, root: &Path, processes: &Processes) -> Result<Probe, RunnerError> {
    let before = machine::processor_time(root);
    let finished = load.spec.run(processes)?;
    if finished.code != Some(0) {
        let said = fs::read_to_string(&load.log).unwrap_or_default();
        return Err(RunnerError::Environment(format!(
            "the calibration load does not compile: `{}` said: {}",
            load.spec.command(),
            said.trim().replace('\n', " ")
        )));
    }
    let stolen = machine::stolen_share(&before, &machine::processor_time(root));
    Ok(Probe { wall: finished.wall, cpu: finished.cpu, stolen })
}

/// Whether the load is due, given the time of jobs since its last run: at the beginning, and then
/// as soon as it adds at most 5 % to their time.
pub fn is_due(since: Seconds, last: Option<&Probe>) -> bool {
    last.is_none_or(|probe| probe.wall.0 <= PROBE_SHARE * since.0)
}

/// Runs the load `turns` times with the compiler that a build in `folder` would use, in a temporary
/// folder below `scratch`.
///
/// # Errors
/// When there is no Rust, or it cannot compile there.
pub fn calibrate(
    folder: &Path,
    scratch: &Path,
    turns: u32,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<Vec<Probe>, RunnerError> {
    let found = toolchain::find(folder, user, processes)?;
    scratch::take(scratch)?;
    let place = tempfile::tempdir_in(scratch).map_err(RunnerError::file("write", scratch))?;
    let load = set_up(place.path(), &found.bin, user, processes)?;
    (0..turns).map(|_| run(&load, Path::new("/"), processes)).collect()
}

/// The compiled text, the same on every machine. Probes of two versions of lukewarm are comparable
/// only while it does not change.
pub(crate) fn text() -> String {
    let mut text = String::new();
    for number in 0..MODULES {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "pub mod module_{number} {{\n    const SHIFT: u64 = {number};");
        text.push_str(MODULE);
        text.push_str("}\n");
    }
    text
}

/// A module with generics, matches, closures and collections, as in an ordinary crate.
const MODULE: &str = r#"
    use std::collections::BTreeMap;

    #[derive(Clone, Debug, PartialEq)]
    pub enum Token {
        Word(String),
        Number(u64),
        Sign(char),
    }

    pub fn read(text: &str) -> Vec<Token> {
        text.split_whitespace()
            .map(|word| match (word.parse::<u64>(), word.chars().next()) {
                (Ok(number), _) => Token::Number(number + SHIFT),
                (_, Some(sign)) if !sign.is_alphanumeric() => Token::Sign(sign),
                _ => Token::Word(word.to_owned()),
            })
            .collect()
    }

    pub fn count(tokens: &[Token]) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for token in tokens {
            *counts.entry(format!("{token:?}")).or_default() += 1;
        }
        counts
    }
"#;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a test is its own front door")]
    fn user() -> UserEnvironment {
        UserEnvironment::new(std::env::vars_os())
    }

    /// A folder of programs whose `rustc` is this script.
    fn compiler(script: &str) -> tempfile::TempDir {
        let bin = tempfile::tempdir().unwrap();
        let rustc = bin.path().join("rustc");
        fs::write(&rustc, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755)).unwrap();
        bin
    }

    #[test]
    fn the_load_is_set_up_once_and_compiled_in_every_turn() {
        let bin = compiler("wc -l < load.rs >> lines; sleep 0.05");
        let (folder, processes) = (tempfile::tempdir().unwrap(), Processes::default());
        let load = set_up(folder.path(), bin.path(), &user(), &processes).unwrap();
        let probe = run(&load, Path::new("/"), &processes).unwrap();
        assert!(probe.wall.0 >= 0.05 && probe.cpu.is_some_and(|cpu| cpu < probe.wall), "{probe:?}");
        let lines = fs::read_to_string(folder.path().join("lines")).unwrap();
        let seen: Vec<&str> = lines.lines().map(str::trim).collect();
        assert_eq!(seen, [&*text().lines().count().to_string(); 2], "once to warm up, once for us");
    }

    #[test]
    fn stolen_time_is_reported_where_the_system_has_it() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("proc")).unwrap();
        let stat = root.path().join("proc/stat");
        let script = format!("echo 'cpu  150 0 100 830 0 0 0 20 0 0' > {}", stat.display());
        let (folder, processes) = (tempfile::tempdir().unwrap(), Processes::default());
        let bin = compiler(&script);
        let load = set_up(folder.path(), bin.path(), &user(), &processes).unwrap();
        fs::write(&stat, "cpu  100 0 100 800 0 0 0 0 0 0\n").unwrap();
        assert_eq!(run(&load, root.path(), &processes).unwrap().stolen, Some(0.2));
    }

    #[test]
    fn a_compiler_that_cannot_compile_is_quoted() {
        let bin = compiler("echo 'error: no std here' >&2; exit 1");
        let folder = tempfile::tempdir().unwrap();
        let error = set_up(folder.path(), bin.path(), &user(), &Processes::default()).unwrap_err();
        assert!(error.to_string().ends_with("said: error: no std here"), "{error}");
    }

    #[test]
    fn a_cancelled_run_is_distinguished() {
        let (folder, processes) = (tempfile::tempdir().unwrap(), Processes::default());
        let bin = compiler("true");
        let load = set_up(folder.path(), bin.path(), &user(), &processes).unwrap();
        processes.cancel();
        assert!(run(&load, Path::new("/"), &processes).unwrap_err().is_cancelled());
    }

    #[test]
    fn the_real_compiler_does_real_work() {
        let scratch = tempfile::tempdir().unwrap();
        let processes = Processes::default();
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let probes = calibrate(here, scratch.path(), 2, &user(), &processes).unwrap();
        let cpu = probes[1].cpu.unwrap();
        assert!(probes.len() == 2 && cpu.0 > 0.05 && cpu.0 < 20.0, "{probes:?}");
        let left = fs::read_dir(scratch.path()).unwrap().map(|it| it.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), [scratch::MARKER]);
    }

    #[test]
    fn it_is_due_at_the_beginning_and_when_it_adds_five_percent_at_most() {
        let probe = Probe { wall: Seconds(0.4), cpu: None, stolen: None };
        assert!(is_due(Seconds(0.0), None));
        assert!(!is_due(Seconds(7.9), Some(&probe)));
        assert!(is_due(Seconds(8.0), Some(&probe)));
    }
}
