//! A diagnosis of this machine: its hardware and programs, and what would distort measurements.
//! Owns the checks and the advice; its form for machines is `diagnosis_answer`'s, and how it reads
//! on a terminal is the caller's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_model::{Host, Probe, QuietMachine, SLOW, Seconds, ToolIdentity, Toolchain, Warning};
use lukewarm_runner::quiet::{self, MOST_SPREAD, QuietOutcome, Replace};
use lukewarm_runner::{RunnerError, Settings, Surveyed, machine, probe};

use crate::error::SessionError;

/// Number of calibration loads of a diagnosis.
pub const LOADS: u32 = 10;

/// Programs that builds and scenarios need besides Rust.
const PROGRAMS: [&str; 4] = ["cc", "tar", "zstd", "python3"];

/// The state of this machine, as far as it matters for measuring.
#[derive(Debug)]
pub struct Diagnosis {
    /// The machine.
    pub host: Host,
    /// The folder that builds happen in.
    pub scratch: PathBuf,
    /// The toolchain of the current folder; none where there is none.
    pub toolchain: Option<Toolchain>,
    /// Paths of the programs that builds and scenarios need besides Rust; null for a missing one.
    pub programs: BTreeMap<&'static str, Option<PathBuf>>,
    /// The cache tools.
    pub tools: Vec<FoundTool>,
    /// What the calibration load took, once a turn.
    pub calibration: Vec<Probe>,
    /// What the calibration load takes when this machine is quiet, where that is known.
    pub quiet: Option<QuietMachine>,
    /// What would distort measurements, each with advice.
    pub warnings: Vec<Warning>,
}

/// A cache tool, or why it was not found.
#[derive(Debug)]
pub struct FoundTool {
    /// Its name.
    pub name: &'static str,
    /// Its executable.
    pub path: Option<PathBuf>,
    /// Its version, and which program it is.
    pub identity: Option<ToolIdentity>,
    /// Where it was looked for and what was wrong there.
    pub missing: Vec<String>,
}

/// Examines this machine, with the toolchain that builds in `folder` would use. The calibration
/// load is run `LOADS` times, and its time is kept as that of the quiet machine where `replace`
/// allows it.
///
/// # Errors
/// When a cache tool that the settings name cannot be used.
pub fn diagnose(
    settings: &Settings,
    folder: &Path,
    replace: Replace,
) -> Result<Diagnosis, SessionError> {
    let Settings { scratch, user, processes, .. } = settings;
    let root = Path::new("/");
    let watch = machine::Watch::start(root);
    let host = machine::host(root, scratch);
    // Before any work of ours: what others wait for would be hidden behind it.
    let mut warnings = machine::warnings(root, &host, scratch);
    let toolchain = lukewarm_runner::toolchain(folder, user, processes);
    let toolchain = keep(toolchain, "install Rust, or name an installed one", &mut warnings);
    let (mut calibration, mut quiet) = (Vec::new(), None);
    if let Some(toolchain) = &toolchain {
        let mut unrest = machine::unrest(root, &host);
        let meanwhile = machine::Watch::start(root);
        let probes = probe::calibrate(folder, scratch, LOADS, user, processes);
        unrest.extend(meanwhile.warnings());
        let advice = "choose another folder with `--scratch DIR`, or another toolchain";
        calibration = keep(probes, advice, &mut warnings).unwrap_or_default();
        let seen = (calibration.as_slice(), unrest.as_slice());
        let here = quiet::Machine::of(root, &host, toolchain);
        quiet = quiet_machine(&settings.cache, &here, seen, replace, &mut warnings);
    }
    warnings.extend(varying(&calibration));
    warnings.extend(waiting(lukewarm_runner::has_descriptors()));
    warnings.extend(watch.warnings());
    let programs: BTreeMap<_, _> =
        PROGRAMS.into_iter().map(|name| (name, user.find(name))).collect();
    let missing = programs.iter().filter(|(_, path)| path.is_none());
    warnings.extend(missing.map(|(name, _)| Warning::new(format!("no `{name}`"), need(name))));
    let (tools, scratch) = (tools(settings)?, scratch.clone());
    Ok(Diagnosis { host, scratch, toolchain, programs, tools, calibration, quiet, warnings })
}

/// The shortest, the median and the longest time of some calibration loads; none without a load.
pub fn spread(probes: &[Probe]) -> Option<(Seconds, Seconds, Seconds)> {
    let mut walls: Vec<Seconds> = probes.iter().map(|probe| probe.wall).collect();
    walls.sort_by(|one, other| one.0.total_cmp(&other.0));
    Some((*walls.first()?, walls[walls.len() / 2], *walls.last()?))
}

/// Time of the calibration load on the quiet machine: the recorded one, or a new one. Warns where
/// the machine is not quiet now, and where it was faster before.
fn quiet_machine(
    cache: &Path,
    machine: &quiet::Machine,
    (probes, unrest): (&[Probe], &[Warning]),
    replace: Replace,
    warnings: &mut Vec<Warning>,
) -> Option<QuietMachine> {
    if let Some(why) = quiet::unrest(probes, unrest) {
        let known = quiet::known(cache, machine).ok();
        let kept = match known.is_some() {
            true => "the earlier reference time is kept",
            false => "no reference time is recorded",
        };
        warnings.push(Warning::new(
            format!("the machine is not quiet now: {why}; {kept}"),
            "run `lukewarm doctor` again while nothing else runs",
        ));
        return known;
    }
    let outcome = quiet::keep(cache, machine, probes, replace);
    match keep(outcome, "without it, runs cannot tell whether the machine was quiet", warnings)? {
        QuietOutcome::Kept(quiet) | QuietOutcome::AsBefore(quiet) => Some(quiet),
        QuietOutcome::Slower(quiet, times) => {
            warnings.push(Warning::new(
                format!(
                    "the calibration load takes {times:.2} times as long as on {}: runs are marked \
                     as slow beyond {SLOW} times",
                    quiet.measured
                ),
                "find what slows the machine, or accept the slower value: `lukewarm doctor --anew`",
            ));
            Some(quiet)
        }
    }
}

/// A result, or a warning in its place.
fn keep<T>(result: Result<T, RunnerError>, advice: &str, warnings: &mut Vec<Warning>) -> Option<T> {
    let keep = |error: RunnerError| warnings.push(Warning::new(error.to_string(), advice));
    result.map_err(keep).ok()
}

/// A warning where the system cannot wait for children by descriptor.
fn waiting(has_descriptors: bool) -> Option<Warning> {
    (!has_descriptors).then(|| {
        Warning::new(
            "the system call `pidfd_open` (Linux 5.3) is not available: threads wait for children",
            "nothing has to be done; a newer kernel, or a sandbox that allows the call, has it",
        )
    })
}

fn varying(probes: &[Probe]) -> Option<Warning> {
    let (least, _, most) = spread(probes)?;
    let share = most.0 / least.0 - 1.0;
    (share > MOST_SPREAD).then(|| {
        Warning::new(
            format!("a fixed piece of work varies by {:.0} %", share * 100.0),
            "stop other programs, or use more iterations: small differences will not be detected",
        )
    })
}

fn tools(settings: &Settings) -> Result<Vec<FoundTool>, SessionError> {
    let found = lukewarm_runner::survey(settings)?;
    let tool = |Surveyed { name, result }| match result {
        Ok(it) => FoundTool {
            name,
            path: Some(it.path),
            identity: Some(it.identity),
            missing: Vec::new(),
        },
        Err(why) => FoundTool { name, path: None, identity: None, missing: why.reasons },
    };
    Ok(found.into_iter().map(tool).collect())
}

/// The purpose of a missing program.
fn need(program: &str) -> &'static str {
    match program {
        "cc" => "Rust needs a C compiler to link (`apt-get install gcc`)",
        "tar" => "archive scenarios need GNU tar",
        "zstd" => {
            "archives are compressed with gzip without it, as actions/cache does (`apt-get install \
             zstd`)"
        }
        _ => "without pip, cache tools are built from source, each about 10 minutes on 2 cores",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probes(walls: &[f64]) -> Vec<Probe> {
        let probe = |wall: &f64| Probe { wall: Seconds(*wall), cpu: None, stolen: None };
        walls.iter().map(probe).collect()
    }

    #[test]
    fn a_system_without_descriptors_of_processes_is_told() {
        assert_eq!(waiting(true), None);
        assert!(waiting(false).unwrap().what.contains("pidfd_open"));
    }

    #[test]
    fn a_fixed_piece_of_work_that_varies_is_told() {
        assert_eq!(varying(&probes(&[0.4, 0.41, 0.45, 0.4, 0.49])), None);
        let warning = varying(&probes(&[0.4, 0.41, 0.8, 0.4, 0.4])).unwrap();
        assert_eq!(warning.what, "a fixed piece of work varies by 100 %");
        assert_eq!(varying(&[]), None);
    }
}
