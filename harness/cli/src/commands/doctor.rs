//! `lukewarm doctor`: host, toolchain, tools, noise; what makes numbers worse and what to do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lukewarm_model::text::{Json, Safe, Terminal};
use lukewarm_model::{Host, Probe, QuietMachine, SLOW, Seconds, ToolIdentity, Toolchain, Warning};
use lukewarm_runner::quiet::{self, MOST_SPREAD, Outcome, Replace};
use lukewarm_runner::{Processes, Surveyed, UserEnvironment, machine, probe};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Common, DoctorArgs};
use crate::exit::Exit;
use crate::{home, terminal};

/// How often the calibration load is done.
const TURNS: u32 = 10;

/// The programs that builds and scenarios need beside Rust.
const PROGRAMS: [&str; 4] = ["cc", "tar", "zstd", "python3"];

/// What there is to know of this machine.
#[derive(JsonSchema, Serialize)]
struct Diagnosis {
    host: Host,
    scratch: PathBuf,
    toolchain: Option<Toolchain>,
    programs: BTreeMap<&'static str, Option<PathBuf>>,
    tools: Vec<Tool>,
    calibration: Vec<Probe>,
    /// What the calibration load takes when this machine is quiet, where that is known.
    quiet: Option<QuietMachine>,
    warnings: Vec<Warning>,
}

/// A cache tool, or why it was not found.
#[derive(JsonSchema, Serialize)]
struct Tool {
    name: &'static str,
    path: Option<PathBuf>,
    identity: Option<ToolIdentity>,
    missing: Vec<String>,
}

/// The JSON Schema of what `--json` prints.
pub fn schema() -> schemars::Schema {
    lukewarm_model::schema_of::<Diagnosis>()
}

/// Prints what there is to know of this machine.
pub fn run(_common: &Common, args: &DoctorArgs) -> anyhow::Result<Exit> {
    let user = home::user();
    let diagnosis = diagnose(args, &user)?;
    if args.json {
        let text = serde_json::to_string_pretty(&diagnosis)? + "\n";
        terminal::result(Safe::<Json>::file(&text));
        return Ok(Exit::Fine);
    }
    let tools = super::tools::describe(&args.places, &user)?;
    terminal::result(words(&diagnosis, &tools));
    terminal::warn(&diagnosis.warnings);
    Ok(Exit::Fine)
}

fn diagnose(args: &DoctorArgs, user: &UserEnvironment) -> anyhow::Result<Diagnosis> {
    let (root, here, processes) = (Path::new("/"), std::env::current_dir()?, Processes::default());
    let scratch = home::scratch(&args.places)?;
    let watch = machine::Watch::start(root);
    let host = machine::host(root, &scratch);
    // Before any work of ours: what others wait for would be hidden behind it.
    let mut warnings = machine::warnings(root, &host, &scratch);
    let toolchain = lukewarm_runner::toolchain(&here, user, &processes);
    let toolchain = keep(toolchain, "install Rust, or name an installed one", &mut warnings);
    let (mut calibration, mut quiet) = (Vec::new(), None);
    if let Some(toolchain) = &toolchain {
        let mut unrest = machine::unrest(root, &host);
        let meanwhile = machine::Watch::start(root);
        let probes = probe::calibrate(&here, &scratch, TURNS, user, &processes);
        unrest.extend(meanwhile.warnings());
        let advice = "choose another folder with `--scratch DIR`, or another toolchain";
        calibration = keep(probes, advice, &mut warnings).unwrap_or_default();
        let seen = (calibration.as_slice(), unrest.as_slice());
        let here = quiet::Machine::of(root, &host, toolchain);
        quiet = quiet_machine(&home::cache(user)?, &here, seen, args, &mut warnings);
    }
    warnings.extend(varying(&calibration));
    warnings.extend(waiting(lukewarm_runner::has_descriptors()));
    warnings.extend(watch.warnings());
    let programs: BTreeMap<_, _> =
        PROGRAMS.into_iter().map(|name| (name, user.find(name))).collect();
    let missing = programs.iter().filter(|(_, path)| path.is_none());
    warnings.extend(missing.map(|(name, _)| Warning::new(format!("no `{name}`"), need(name))));
    let tools = tools(args, user, &processes)?;
    Ok(Diagnosis { host, scratch, toolchain, programs, tools, calibration, quiet, warnings })
}

/// What the load takes when the machine is quiet: as it was kept, or from now on. Warns where now
/// is no moment to measure it, and where the machine was faster before.
fn quiet_machine(
    cache: &Path,
    machine: &quiet::Machine,
    (probes, unrest): (&[Probe], &[Warning]),
    args: &DoctorArgs,
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
    let replace = if args.anew { Replace::Always } else { Replace::Faster };
    let outcome = quiet::keep(cache, machine, probes, replace);
    match keep(outcome, "runs cannot say whether the machine was quiet without it", warnings)? {
        Outcome::Kept(quiet) | Outcome::AsBefore(quiet) => Some(quiet),
        Outcome::Slower(quiet, times) => {
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
fn keep<T>(
    result: Result<T, lukewarm_runner::RunnerError>,
    advice: &str,
    warnings: &mut Vec<Warning>,
) -> Option<T> {
    let keep = |error: lukewarm_runner::RunnerError| {
        warnings.push(Warning::new(error.to_string(), advice));
    };
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
    let (least, _, most) = range(probes)?;
    let spread = most.0 / least.0 - 1.0;
    (spread > MOST_SPREAD).then(|| {
        Warning::new(
            format!("a fixed piece of work varies by {:.0} %", spread * 100.0),
            "stop other work, or take more iterations: small differences will not be seen",
        )
    })
}

/// The shortest, the median and the longest of some loads.
fn range(probes: &[Probe]) -> Option<(Seconds, Seconds, Seconds)> {
    let mut walls: Vec<Seconds> = probes.iter().map(|probe| probe.wall).collect();
    walls.sort_by(|one, other| one.0.total_cmp(&other.0));
    Some((*walls.first()?, walls[walls.len() / 2], *walls.last()?))
}

fn tools(
    args: &DoctorArgs,
    user: &UserEnvironment,
    processes: &Processes,
) -> anyhow::Result<Vec<Tool>> {
    let folder = home::cache(user)?.join("tools");
    let found = lukewarm_runner::survey(
        &lukewarm_cache_tools::Tools::shipped(),
        args.places.tools.clone(),
        &folder,
        user,
        processes,
    )?;
    let tool = |Surveyed { name, result }| match result {
        Ok(it) => {
            Tool { name, path: Some(it.path), identity: Some(it.identity), missing: Vec::new() }
        }
        Err(why) => Tool { name, path: None, identity: None, missing: why.reasons },
    };
    Ok(found.into_iter().map(tool).collect())
}

/// The diagnosis for people; warnings come apart from it.
fn words(diagnosis: &Diagnosis, tools: &Safe<Terminal>) -> Safe<Terminal> {
    let host = &diagnosis.host;
    let mut text: Safe<Terminal> = Safe::empty();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "host:      {}, {} cores, {}", host.cpu, host.cores, host.memory);
    let _ = writeln!(text, "system:    {}, {}", host.system, host.kernel);
    let scratch = diagnosis.scratch.display();
    let _ = writeln!(text, "scratch:   {scratch} on {}", host.filesystem);
    for (name, value) in host.details.iter().flat_map(lukewarm_model::HostDetails::described) {
        let value = value.unwrap_or_else(|| "not told".to_owned());
        let _ = writeln!(text, "           {name}: {value}");
    }
    let _ = match &diagnosis.toolchain {
        Some(found) => writeln!(text, "toolchain: {}; {}", found.rustc, found.cargo),
        None => writeln!(text, "toolchain: none"),
    };
    for (name, path) in &diagnosis.programs {
        let name = format!("{name}:");
        let _ = match path {
            Some(path) => writeln!(text, "{name:<10} {}", path.display()),
            None => writeln!(text, "{name:<10} not found"),
        };
    }
    text.append(tools);
    if let Some((least, median, most)) = range(&diagnosis.calibration) {
        let _ = writeln!(
            text,
            "noise:     the calibration load took {median} ({least} to {most}) in {TURNS} turns"
        );
    }
    let _ = match &diagnosis.quiet {
        Some(quiet) => writeln!(
            text,
            "quiet:     {} as of {}; a run beyond {SLOW} times that is marked",
            quiet.wall, quiet.measured
        ),
        None => writeln!(text, "quiet:     not known: runs cannot say how far they were from it"),
    };
    if diagnosis.warnings.is_empty() {
        text.line("nothing found that would make numbers worse");
    }
    text
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
