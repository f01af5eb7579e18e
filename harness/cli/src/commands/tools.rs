//! `lukewarm tools`: where each cache tool was found, or how it is installed.
//! Owns the layout.

use lukewarm_model::text::{Safe, Terminal};
use lukewarm_runner::Settings;

use crate::args::{Common, ToolsArgs};
use crate::exit::Exit;
use crate::failure::Result;
use crate::{paths, terminal};

/// Prints where each tool was found.
pub fn run(_common: &Common, args: &ToolsArgs) -> Result<Exit> {
    terminal::result(describe(&paths::settings(&args.places)?)?);
    Ok(Exit::Fine)
}

/// One paragraph a tool that has a program.
pub fn describe(settings: &Settings) -> Result<Safe<Terminal>> {
    let folder = settings.cache.join("tools");
    let found = lukewarm_runner::survey(settings)?;
    let mut text: Safe<Terminal> = Safe::empty();
    for lukewarm_runner::Surveyed { name, result } in found {
        match result {
            Ok(tool) => {
                let (path, identity) = (tool.path.display(), tool.identity);
                let (version, origin) = (identity.version, identity.origin);
                text.line(format!("{name} {version} at {path} (found: {origin})"));
                text.line(format!("  sha256 {}", identity.sha256));
            }
            Err(missing) => text.line(format!(
                "{name} not found ({}); `lukewarm run` installs {} into {}",
                missing.reasons.join("; "),
                missing.pinned,
                folder.display()
            )),
        }
    }
    Ok(text)
}
