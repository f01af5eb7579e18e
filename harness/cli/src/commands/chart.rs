//! `lukewarm chart`: the charts of a run, in a theme and size of one's choice.
//! Everything here is pure but for reading the record and writing the files.

use std::path::Path;

use lukewarm_model::text::{Safe, Terminal};
use lukewarm_record::write_file;
use lukewarm_report::{Chart, ChartStyle, Size, Theme};

use crate::args::{ChartArgs, Common};
use crate::exit::Exit;
use crate::failure::{Result, bail};
use crate::{paths, terminal};

/// Draws charts, and prints the path of each file that was written.
pub fn run(common: &Common, args: &ChartArgs) -> Result<Exit> {
    let folder = paths::run_folder(common, &args.run)?;
    let findings = lukewarm_session::evaluate(&lukewarm_record::read(&folder)?).findings;
    let charts = chosen(lukewarm_report::charts(&findings)?, &args.names)?;
    // A folder that is named may lie anywhere; the run's own charts lie in the run.
    let (out, below) = match &args.out {
        Some(out) => (out, ""),
        None => (&folder, "charts/"),
    };
    let style = ChartStyle { theme: args.theme, size: args.size.unwrap_or_default() };
    for chart in &charts {
        let stem = format!("{below}{}{}", chart.name, suffix(&style));
        write(out, &format!("{stem}.svg"), chart.picture.svg(&style)?.as_bytes())?;
        if args.png {
            write(out, &format!("{stem}.png"), &chart.picture.png(&style)?)?;
        }
    }
    if charts.is_empty() && !common.quiet {
        terminal::say("this run has nothing to draw");
    }
    Ok(Exit::Fine)
}

/// The charts that were named, in the order of the report; all of them without a name. Every
/// unknown name is told at once.
fn chosen(charts: Vec<Chart>, names: &[String]) -> Result<Vec<Chart>> {
    let known = || charts.iter().map(|chart| chart.name.as_str());
    let unknown: Vec<String> = names
        .iter()
        .filter(|name| !known().any(|it| it == name.as_str()))
        .map(|name| lukewarm_plan::unknown("chart", name, known()))
        .collect();
    if !unknown.is_empty() {
        bail!("{}", unknown.join("\n"));
    }
    let wanted = |chart: &Chart| names.is_empty() || names.contains(&chart.name);
    Ok(charts.into_iter().filter(wanted).collect())
}

/// What a chosen style adds to a file's name, so that it never replaces the report's own chart.
fn suffix(style: &ChartStyle) -> String {
    let theme = match style.theme {
        Theme::Auto => "",
        Theme::Light => "-light",
        Theme::Dark => "-dark",
    };
    match style.size {
        Size::Natural => theme.to_owned(),
        Size::Scale(scale) => format!("{theme}-{scale}x"),
        Size::Box { width, height } => format!("{theme}-{width}x{height}"),
    }
}

fn write(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    write_file(folder, name, content)?;
    terminal::result(Safe::<Terminal>::from(folder.join(name).display().to_string()));
    Ok(())
}
