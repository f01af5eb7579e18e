//! `lukewarm completions` and `lukewarm man`: what shells and readers of manuals need, from the
//! definition of the arguments. Owns no word of it but the order of the reference page.

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, Command, CommandFactory};

use crate::args::{Arguments, Common, CompletionsArgs, ManArgs, ManFormat};
use crate::exit::Exit;
use crate::failure::{Context, Failure, Result};
use crate::terminal;

/// Prints the completion script of a shell.
pub fn run(_common: &Common, args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "lukewarm", &mut script);
    terminal::definitions(&String::from_utf8(script).map_err(Failure::bug)?);
    Ok(Exit::Fine)
}

/// Prints the manual page, or the reference of all commands, or writes a page for each command.
pub fn man(_common: &Common, args: &ManArgs) -> Result<Exit> {
    match (&args.out, args.format) {
        (Some(folder), _) => pages(folder)?,
        (None, ManFormat::Man) => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
            terminal::definitions(&String::from_utf8(page).map_err(Failure::bug)?);
        }
        (None, ManFormat::Markdown) => terminal::definitions(&reference()),
    }
    Ok(Exit::Fine)
}

/// Writes `lukewarm.1`, `lukewarm-run.1` and so on.
fn pages(folder: &Path) -> Result<()> {
    let wrote = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), folder));
    wrote.with_context(|| format!("--out {}", folder.display()))
}

/// Every command with its arguments and options, as a page of the book.
pub fn reference() -> String {
    let mut program = Arguments::command();
    program.build();
    let mut page = "# Commands\n\n<!-- made by `lukewarm man --format markdown` -->\n\n".to_owned();
    page.push_str("Without a command, `lukewarm` does `run`. Every command understands:\n\n");
    let (common, _): (Vec<&Arg>, Vec<&Arg>) =
        program.get_arguments().partition(|it| it.is_global_set());
    rows(&mut page, common.into_iter());
    for command in program.get_subcommands().filter(|it| it.get_name() != "help") {
        section(&mut page, command);
    }
    page
}

fn section(page: &mut String, command: &Command) {
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = write!(page, "\n## {}\n\n{about}.\n\n", command.get_name());
    let _ = write!(page, "```text\n{usage}\n```\n\n");
    rows(page, command.get_arguments().filter(|it| !it.is_global_set()));
}

/// A table with a row for each argument.
fn rows<'a>(page: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    let shown = arguments
        .filter(|it| !it.is_hide_set() && it.get_id() != "help" && it.get_id() != "version");
    let mut table = String::new();
    for argument in shown {
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = write!(table, "| `{}` | {}", escaped(&typed(argument)), escaped(&help));
        let words = argument.get_possible_values();
        let words: Vec<String> =
            words.iter().map(|word| format!("`{}`", word.get_name())).collect();
        if argument.get_action().takes_values() && !words.is_empty() {
            let _ = write!(table, ": {}", words.join(", "));
        }
        let defaults: Vec<_> =
            argument.get_default_values().iter().map(|it| it.to_string_lossy()).collect();
        if argument.get_action().takes_values() && !defaults.is_empty() {
            let _ = write!(table, " [default: {}]", defaults.join(" "));
        }
        table.push_str(" |\n");
    }
    if !table.is_empty() {
        let _ = write!(page, "| argument | meaning |\n|---|---|\n{table}");
    }
}

/// An argument as it is typed: `-n, --iterations <N>`, `[SCENARIO]...`.
fn typed(argument: &Arg) -> String {
    let text = argument.to_string();
    match argument.get_short() {
        Some(short) => format!("-{short}, {text}"),
        None => text,
    }
}

/// A bar would end the cell of a table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
