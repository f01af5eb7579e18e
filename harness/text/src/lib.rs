//! Foreign text (names, paths, output of tools, records of others) made safe for each way out.
//! Owns which characters may leave and how; it is the only way to a terminal, a log, Markdown,
//! XML, CSV, JSON and a page: [`Safe`] has no other constructor. It must not know what a text says.

mod line;
mod markdown;
mod safe;
mod terminal;

pub use line::{one_line, visible};
pub use markdown::Markdown;
pub use safe::{Csv, Html, Json, Level, Line, Output, Part, Safe, WayOut, Workflow, Xml};
pub use terminal::{Paint, Terminal};

#[cfg(test)]
mod tests;
