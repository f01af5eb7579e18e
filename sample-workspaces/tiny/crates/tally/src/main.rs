//! `tally FILE [TOP]`: the words that a text uses most.
//! Owns the arguments and the exit code; reading and counting belong to the libraries.

mod summary;

use std::process::ExitCode;
use std::{env, fs};

use tally_core::{render, words};
use tally_count::ranking;
use tally_stop::is_stopword;

use summary::Summary;

const DEFAULT_TOP: usize = 8;

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("tally: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, String> {
    let mut args = env::args().skip(1);
    let path = args.next().ok_or("usage: tally FILE [TOP]")?;
    let top = match args.next() {
        Some(text) => text.parse().map_err(|_| format!("not a number: {text}"))?,
        None => DEFAULT_TOP,
    };
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let all = words(&text);
    let summary = Summary::of(&all);
    let mut ranked = ranking(all.into_iter().filter(|word| !is_stopword(word)));
    ranked.truncate(top);
    Ok(format!("{}{summary}\n", render(&ranked)))
}
