//! A diagnosis: what there is to know of this machine, and what would make numbers worse on it.
//! Owns what is looked at and the advice; how it is answered is
//! `diagnosis_answer`'s, and how it reads on a terminal the caller's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_model::{Host, Probe, QuietMachine, SLOW, Seconds, ToolIdentity, Toolchain, Warning};
use lukewarm_runner::quiet::{self, MOST_SPREAD, QuietOutcome, Replace};
use lukewarm_runner::{RunnerError, Settings, Surveyed, machine, probe};

use crate::error::SessionError;

/// The programs that builds and scenarios need beside Rust.
const PROGRAMS: [&str; 4] = ["cc", "tar", "zstd", "python3"];

/// What there is to know of this machine.
#[derive(Debug)]
pub struct Diagnosis {
    /// The machine.
    pub host: Host,
    /// The folder that builds happen in.
    pub scratch: PathBuf,
    /// The toolchain of the current folder; none where there is none.
    pub toolchain: Option<Toolchain>,
    /// Where each program is that builds and scenarios need beside Rust.
    pub programs: BTreeMap<&'static str, Option<PathBuf>>,
    /// The cache tools.
    pub tools: Vec<FoundTool>,
    /// What the calibration load took, once a turn.
    pub calibration: Vec<Probe>,
    /// What the calibration load takes when this machine is quiet, where that is known.
    pub quiet: Option<QuietMachine>,
    /// What makes numbers worse, and what to do.
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

/// Looks at this machine: builds in `folder` would use its toolchain. The calibration load is done
/// so many times, and kept as that of the quiet machine where `replace` lets it.
///
/// # Errors
/// When the tool that the settings name does not do.
pub fn diagnose(
    settings: &Settings,
    folder: &Path,
    turns: u32,
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
        let probes = probe::calibrate(folder, scratch, turns, user, processes);
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

/// The shortest, the median and the longest of some loads; none where there is no load.
pub fn spread(probes: &[Probe]) -> Option<(Seconds, Seconds, Seconds)> {
    let mut walls: Vec<Seconds> = probes.iter().map(|probe| probe.wall).collect();
    walls.sort_by(|one, other| one.0.total_cmp(&other.0));
    Some((*walls.first()?, walls[walls.len() / 2], *walls.last()?))
}

/// What the load takes when the machine is quiet: as it was kept, or from now on. Warns where now
/// is no moment to measure it, and where the machine was faster before.
fn quiet_machine(
    cache: &Path,
    machine: &quiet::Machine,
    (probes, unrest): (&[Probe], &[Warning]),
    replace: Replace,
    warnings: &mut Vec<Warning>,
) -> Option<QuietMachine> {
    if let Some(why) = quiet::unrest(probes, unrest) {
        let known = quiet::known(cache, machine).ok();
        let kept = if known.is_some() { "what was kept before stays" } else { "nothing is kept" };
        warnings.push(Warning::new(
            format!("the machine is not quiet now: {why}; {kept}"),
            "run `lukewarm doctor` again while nothing else runs",
        ));
        return known;
    }
    let outcome = quiet::keep(cache, machine, probes, replace);
    match keep(outcome, "runs cannot say whether the machine was quiet without it", warnings)? {
        QuietOutcome::Kept(quiet) | QuietOutcome::AsBefore(quiet) => Some(quiet),
        QuietOutcome::Slower(quiet, times) => {
            warnings.push(Warning::new(
                format!(
                    "the calibration load takes {times:.2} times what it took on {}: runs are \
                     marked beyond {SLOW}",
                    quiet.measured
                ),
                "find what slows the machine, or keep the slower value: `lukewarm doctor --anew`",
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

/// How children are waited for where the system lacks the usual way.
fn waiting(has_descriptors: bool) -> Option<Warning> {
    (!has_descriptors).then(|| {
        Warning::new(
            "no descriptors of processes (`pidfd_open`, Linux 5.3): threads wait for children",
            "nothing has to be done; a newer kernel, or a sandbox that allows the call, has them",
        )
    })
}

fn varying(probes: &[Probe]) -> Option<Warning> {
    let (least, _, most) = spread(probes)?;
    let share = most.0 / least.0 - 1.0;
    (share > MOST_SPREAD).then(|| {
        Warning::new(
            format!("a fixed piece of work varies by {:.0} %", share * 100.0),
            "stop other work, or take more iterations: small differences will not be seen",
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

/// What a missing program is needed for.
fn need(program: &str) -> &'static str {
    match program {
        "cc" => "Rust needs a C compiler to link (`apt-get install gcc`)",
        "tar" => "archive scenarios need GNU tar",
        "zstd" => "archives are then gzip, as the cache action does (`apt-get install zstd`)",
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
