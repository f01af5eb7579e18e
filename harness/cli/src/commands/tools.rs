//! `lukewarm tools`: where each cache tool was found, or how it is installed.

use std::fmt::Write;

use lukewarm_runner::{Processes, UserEnvironment};

use crate::args::{Common, PlaceArgs, ToolsArgs};
use crate::exit::Exit;
use crate::{home, terminal};

/// Prints what is found of each tool.
pub fn run(_common: &Common, args: &ToolsArgs) -> anyhow::Result<Exit> {
    terminal::result(&describe(&args.places, &home::user())?);
    Ok(Exit::Fine)
}

/// One paragraph a tool that has a program.
pub fn describe(places: &PlaceArgs, user: &UserEnvironment) -> anyhow::Result<String> {
    let folder = home::cache(user)?.join("tools");
    let found = lukewarm_runner::survey(places.named_tool(), &folder, user, &Processes::default())?;
    let mut text = String::new();
    for lukewarm_runner::Surveyed { name, result } in found {
        // Writing to a string cannot fail.
        let _ = match result {
            Ok(tool) => writeln!(
                text,
                "{name} {} at {} (found: {})\n  sha256 {}",
                tool.identity.version,
                tool.path.display(),
                tool.identity.origin,
                tool.identity.sha256
            ),
            Err(missing) => writeln!(
                text,
                "{name} not found ({}); `lukewarm run` installs {} into {}",
                missing.reasons.join("; "),
                missing.pinned,
                folder.display()
            ),
        };
    }
    Ok(text)
}
