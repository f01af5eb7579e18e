//! The overhead of wrappers: a table for people, and everything for machines.
//! Owns the words; what was measured and estimated is the analysis'.

use comfy_table::{Cell, CellAlignment, Table};
use lukewarm_analysis::{CallOverhead, QuantileEstimate};
use lukewarm_model::described::JsonSchema;
use lukewarm_model::text::{Json, Output, Paint, Safe, Terminal, one_line};
use lukewarm_model::{Seconds, WrappedCall};
use serde::Serialize;

use crate::terminal::minimal_style;
use crate::{ReportError, TerminalStyle};

/// The overhead of every call that was measured, as JSON. Times are in seconds.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Overhead")]
struct OverheadAnswer<'a> {
    /// A tool's calls, one after the other.
    calls: Vec<CallAnswer<'a>>,
}

/// The overhead of one call with one tool.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "CallOverhead")]
struct CallAnswer<'a> {
    /// The tool's name.
    tool: &'a str,
    /// The version of its program.
    version: &'a str,
    /// SHA-256 of its program, in hexadecimal.
    sha256: &'a str,
    /// What was called.
    call: WrappedCall,
    /// The number of pairs.
    pairs: usize,
    /// Median wall-clock without the wrapper.
    direct: Seconds,
    /// Median wall-clock through the wrapper.
    wrapped: Seconds,
    /// Median of the difference within a pair, with its 95 % interval.
    median: QuantileEstimate,
    /// 95th percentile of the difference within a pair, with its 95 % interval.
    percentile_95: QuantileEstimate,
}

/// The overhead as a table, in the given style.
pub fn overhead_table(calls: &[CallOverhead], style: TerminalStyle) -> Output {
    let mut table = Table::new();
    table.load_style(minimal_style());
    table.set_header(["Tool", "Call", "Pairs", "Direct", "Wrapped", "Added", "95th percentile"]);
    for it in calls {
        let words = [format!("{} {}", it.tool.name, it.tool.version), it.call.title().to_owned()];
        let figures = [
            it.pairs.to_string(),
            milliseconds(it.direct),
            milliseconds(it.wrapped),
            with_interval(it.median),
            with_interval(it.percentile_95),
        ];
        let left = words.iter().map(|text| Cell::new(one_line(text)));
        let right = figures
            .iter()
            .map(|text| Cell::new(one_line(text)).set_alignment(CellAlignment::Right));
        table.add_row(left.chain(right));
    }
    let mut text: Safe<Terminal> = Safe::empty();
    for (number, line) in table.lines().enumerate() {
        let paint = if number == 0 { Paint::Bold } else { Paint::Plain };
        text.painted(style.paint(paint), line.trim_end());
    }
    text.line("");
    text.line(
        "Added: median of the difference within a pair, in ms, with its 95 % interval (order \
         statistics).",
    );
    text.into()
}

/// The overhead for machines, as a text that ends with a newline.
///
/// # Errors
/// When it cannot be written, which is a bug.
pub fn overhead_json(calls: &[CallOverhead]) -> Result<Output, ReportError> {
    fn answer(it: &CallOverhead) -> CallAnswer<'_> {
        let CallOverhead { tool, call, pairs, direct, wrapped, median, percentile_95 } = it;
        CallAnswer {
            tool: &tool.name,
            version: &tool.version,
            sha256: &tool.sha256,
            call: *call,
            pairs: *pairs,
            direct: *direct,
            wrapped: *wrapped,
            median: *median,
            percentile_95: *percentile_95,
        }
    }
    let answer = OverheadAnswer { calls: calls.iter().map(answer).collect() };
    let text = serde_json::to_string_pretty(&answer).map_err(ReportError::Summary)?;
    Ok(Safe::<Json>::file(&(text + "\n")).into())
}

/// The JSON Schema of the overhead as JSON.
#[cfg(feature = "schema")]
pub fn overhead_schema() -> schemars::Schema {
    lukewarm_model::schema_of::<OverheadAnswer<'_>>()
}

fn milliseconds(time: Seconds) -> String {
    format!("{:.2}", time.0 * 1e3)
}

fn with_interval(it: QuantileEstimate) -> String {
    let [point, low, high] = [it.point, it.low, it.high].map(milliseconds);
    format!("{point} ({low} to {high})")
}

#[cfg(test)]
mod tests {
    use lukewarm_model::ToolIdentity;

    use super::*;

    fn found() -> CallOverhead {
        let [point, low, high] = [0.0123, 0.0119, 0.0131].map(Seconds);
        CallOverhead {
            tool: ToolIdentity {
                name: "sccache".to_owned(),
                version: "0.16.0".to_owned(),
                origin: "PATH".to_owned(),
                sha256: "ab".to_owned(),
            },
            call: WrappedCall::Version,
            pairs: 400,
            direct: Seconds(0.02),
            wrapped: Seconds(0.0323),
            median: QuantileEstimate { point, low, high },
            percentile_95: QuantileEstimate { point: high, low, high },
        }
    }

    #[test]
    fn the_table_has_a_line_for_each_call() {
        let style = TerminalStyle { width: 120, colour: crate::ColourChoice::Off };
        let text = overhead_table(&[found()], style).to_string();
        let row = text.lines().find(|line| line.contains("sccache 0.16.0")).unwrap();
        for part in ["rustc -vV", "400", "20.00", "32.30", "12.30 (11.90 to 13.10)"] {
            assert!(row.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn machines_get_seconds_and_the_tools_identity() {
        let text = overhead_json(&[found()]).unwrap().to_string();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let call = &read["calls"][0];
        assert_eq!((&call["tool"], &call["call"]), (&"sccache".into(), &"version".into()));
        assert_eq!(call["median"]["point"], 0.0123);
    }
}
