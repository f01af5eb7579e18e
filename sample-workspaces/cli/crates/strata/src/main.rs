//! `strata`: what fills a folder, by kind, extension, folder or age.
//! Owns the order of the work and the exit code; each step belongs to a library.

mod args;
mod listing;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use strata_core::Error;
use strata_digest::duplicates;
use strata_group::group;
use strata_report::show;
use strata_walk::walk;

use args::{Args, Wanted};

fn main() -> ExitCode {
    match Args::read().and_then(|args| run(&args)) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("strata: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<String, Error> {
    let mut entries = walk(&args.folder)?;
    entries.retain(|entry| args.filter.accepts(entry));
    match args.wanted {
        Wanted::Groups(grouping) => {
            let table = group(&entries, grouping, seconds_since_1970());
            Ok(show(&table, args.format))
        }
        Wanted::Duplicates => Ok(listing::of(&duplicates(&args.folder, &entries)?)),
    }
}

/// A clock set before 1970 counts as 1970: every file is then young, and nothing breaks.
fn seconds_since_1970() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}
