//! `lukewarm doctor`: host, toolchain, tools, noise; what distorts measurements, and advice.
//! Owns the layout; the checks are the session's.

use lukewarm_model::SLOW;
use lukewarm_model::text::{Json, Safe, Terminal};
use lukewarm_runner::quiet::Replace;
use lukewarm_session::{Diagnosis, LOADS, diagnose, spread};

use crate::args::{Common, DoctorArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::{paths, terminal};

/// Prints the state of this machine.
pub fn run(_common: &Common, args: &DoctorArgs) -> Result<Exit> {
    let settings = paths::settings(&args.places)?;
    let replace = if args.anew { Replace::Always } else { Replace::Faster };
    let diagnosis = diagnose(&settings, &std::env::current_dir()?, replace)?;
    if args.json {
        let text = super::json(&diagnosis.answer())?;
        terminal::result(Safe::<Json>::file(&text));
        return Ok(Exit::Fine);
    }
    let tools = super::tools::describe(&settings)?;
    terminal::result(words(&diagnosis, &tools));
    terminal::warn(&diagnosis.warnings);
    Ok(Exit::Fine)
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
        let value = value.unwrap_or_else(|| "not known".to_owned());
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
    if let Some((least, median, most)) = spread(&diagnosis.calibration) {
        let _ = writeln!(
            text,
            "noise:     the calibration load took {median} ({least} to {most}), run {LOADS} times"
        );
    }
    let _ = match &diagnosis.quiet {
        Some(quiet) => writeln!(
            text,
            "quiet:     {} as of {}; runs beyond {SLOW} times that are marked as slow",
            quiet.wall, quiet.measured
        ),
        None => {
            writeln!(text, "quiet:     not known: runs cannot tell whether the machine was quiet")
        }
    };
    if diagnosis.warnings.is_empty() {
        text.line("nothing found that would distort measurements");
    }
    text
}
