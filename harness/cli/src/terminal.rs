//! The only home of printing: results on standard output, everything else on standard error.
//! Owns colour and width.

use std::io::{IsTerminal, Write};

use lukewarm_model::Warning;
use lukewarm_report::Colour;
use lukewarm_runner::UserEnvironment;

/// Prints a result. A reader that went away is no error.
pub fn result(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Tells whoever reads standard output that all was said: `$(…)` waits for that.
///
/// # Errors
/// When the null device cannot be had.
pub fn end_of_result() -> std::io::Result<()> {
    let nothing = std::fs::File::options().write(true).open("/dev/null")?;
    Ok(rustix::stdio::dup2_stdout(nothing)?)
}

/// Says something to the person.
pub fn say(text: &str) {
    // Unlike `eprintln`, this does not panic where nobody reads any more.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says what is wrong, with its causes, one line each.
pub fn complain(error: &anyhow::Error) {
    say(&format!("error: {error}"));
    for cause in error.chain().skip(1) {
        say(&format!("  because: {cause}"));
    }
}

/// Says warnings with their advice.
pub fn warn(warnings: &[Warning]) {
    for warning in warnings {
        say(&format!("warning: {}; {}", warning.what, warning.advice));
    }
}

/// Whether standard error is a terminal that a progress line can live in.
pub fn is_live() -> bool {
    std::io::stderr().is_terminal()
}

/// Colour, where standard output is a terminal and the person has not asked for none
/// (<https://no-color.org>).
pub fn colour(user: &UserEnvironment) -> Colour {
    match user.get("NO_COLOR").is_none() && std::io::stdout().is_terminal() {
        true => Colour::On,
        false => Colour::Off,
    }
}

/// Columns of the terminal, or a hundred where there is none.
pub fn width() -> u16 {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(100, |(width, _)| width.0)
}
