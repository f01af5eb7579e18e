//! `lukewarm overhead`: what each compiler wrapper adds to a call.
//! Owns the choice of the output; measuring is the session's.

use lukewarm_report::TerminalStyle;
use lukewarm_session::OverheadRequest;

use crate::args::{Common, OverheadArgs};
use crate::exit::Exit;
use crate::failure::{Context, Result};
use crate::{paths, signals, terminal};

/// Measures, and prints a table or JSON.
pub fn run(common: &Common, args: &OverheadArgs) -> Result<Exit> {
    let settings = paths::settings(&args.places)?;
    signals::catch_for(&settings.processes)?;
    let request =
        OverheadRequest { tools: args.wrappers.clone(), pairs: args.pairs, seed: args.seed };
    let folder = std::env::current_dir().context("the current folder cannot be read")?;
    let calls = lukewarm_session::overhead(&settings, &request, &folder, &mut |line| {
        if !common.quiet {
            terminal::say(line);
        }
    })?;
    match args.json {
        true => terminal::result(lukewarm_report::overhead_json(&calls)?),
        false => terminal::result(lukewarm_report::overhead_table(&calls, style())),
    }
    Ok(Exit::Fine)
}

fn style() -> TerminalStyle {
    TerminalStyle { width: terminal::width(), colour: terminal::colour(&paths::user()) }
}
