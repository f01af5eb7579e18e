//! `lukewarm chart`: the charts of a run, in a chosen theme and size.
//! Owns what is printed of it.

use lukewarm_model::text::{Safe, Terminal};
use lukewarm_report::ChartStyle;
use lukewarm_session::{ChartFormats, ChartSelection, draw_charts};

use crate::args::{ChartArgs, Common};
use crate::exit::Exit;
use crate::failure::Result;
use crate::{paths, terminal};

/// Draws charts, and prints the path of each file that was written.
pub fn run(common: &Common, args: &ChartArgs) -> Result<Exit> {
    let folder = paths::run_folder(common, &args.run)?;
    let selection = ChartSelection {
        names: args.names.clone(),
        style: ChartStyle { theme: args.theme, size: args.size.unwrap_or_default() },
        formats: if args.png { ChartFormats::SvgAndPng } else { ChartFormats::Svg },
    };
    let written = draw_charts(&folder, args.out.as_deref(), &selection)?;
    for path in &written {
        terminal::result(Safe::<Terminal>::from(path.display().to_string()));
    }
    if written.is_empty() && !common.quiet {
        terminal::say("this run has no chart");
    }
    Ok(Exit::Fine)
}
