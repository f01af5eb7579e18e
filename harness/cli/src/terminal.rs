//! The only place that prints: results to standard output, everything else to standard error.
//! Owns colour and width. What it prints is text that `lukewarm_model::text` made safe: names,
//! output and records of others cannot act on a terminal or in a CI system's log.

use std::io::{IsTerminal, Write};

use lukewarm_model::Warning;
use lukewarm_model::text::{Output, Safe, Terminal};
use lukewarm_report::ColourChoice;
use lukewarm_runner::UserEnvironment;

use crate::failure::Failure;

/// Prints a result. A closed pipe is no error.
pub fn result(text: impl Into<Output>) {
    print(&text.into());
}

/// Prints text that contains nothing of the user's or of other programs, such as completion
/// scripts and manuals.
pub fn definitions(text: &str) {
    print(text);
}

fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Closes standard output, which `$(…)` in a shell waits for.
///
/// # Errors
/// When the null device cannot be opened.
pub fn end_of_result() -> std::io::Result<()> {
    let nothing = std::fs::File::options().write(true).open("/dev/null")?;
    Ok(rustix::stdio::dup2_stdout(nothing)?)
}

/// Prints a message to standard error: a line, or lines that are safe already.
pub fn say(text: impl Into<Safe<Terminal>>) {
    let _ = std::io::stderr().lock().write_all(text.into().as_bytes());
}

/// Prints an error with its causes. Further lines of a cause are indented, so that none of them
/// looks like a message of lukewarm's.
pub fn complain(failure: &Failure) {
    say(complaint(failure));
}

fn complaint(failure: &Failure) -> Safe<Terminal> {
    let mut text = Safe::<Terminal>::empty();
    for (number, cause) in failure.texts().iter().enumerate() {
        let intro = if number == 0 { "error: " } else { "  because: " };
        let mut lines = cause.lines();
        text.line(format!("{intro}{}", lines.next().unwrap_or_default()));
        lines.for_each(|line| text.line(format!("    {line}")));
    }
    text
}

/// Prints warnings with their advice.
pub fn warn(warnings: &[Warning]) {
    for warning in warnings {
        say(format!("warning: {}; {}", warning.what, warning.advice));
    }
}

/// Prints an error of the command line, or the help that was asked for.
pub fn usage(error: &clap::Error) {
    let plain = error.render().to_string();
    let safe = Safe::<Terminal>::lines(&plain);
    match safe.trim_end() == plain.trim_end() {
        // Clap knows colours and which stream help belongs on. A closed pipe is no error.
        true => drop(error.print()),
        false => say(safe),
    }
}

/// Whether standard error is a terminal that a progress line can live in.
pub fn is_live() -> bool {
    std::io::stderr().is_terminal()
}

/// Colour where standard output is a terminal and `NO_COLOR` is not set (<https://no-color.org>).
pub fn colour(user: &UserEnvironment) -> ColourChoice {
    match user.get("NO_COLOR").is_none() && std::io::stdout().is_terminal() {
        true => ColourChoice::On,
        false => ColourChoice::Off,
    }
}

/// Columns of the terminal; 100 without a terminal.
pub fn width() -> u16 {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(100, |(width, _)| width.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cause_begins_a_line_of_its_own() {
        let foreign = "no folder `a\nerror: b\n::error::c\u{1b}[2J`";
        let error = Failure::input(foreign).context("reading");
        let wanted =
            "error: reading\n  because: no folder `a\n    error: b\n    : :error::c\u{fffd}[2J`\n";
        assert_eq!(complaint(&error).as_str(), wanted);
    }
}
