//! The arguments, and what they mean.
//! Owns their names and help; nothing is read from disk here.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use strata_core::{Error, Size};
use strata_filter::Filter;
use strata_group::Grouping;
use strata_report::Format;

/// What was asked for.
pub struct Args {
    /// The folder to walk.
    pub folder: PathBuf,
    /// The files to look at.
    pub filter: Filter,
    /// What to find out.
    pub wanted: Wanted,
    /// The form of the answer.
    pub format: Format,
}

/// What to find out.
pub enum Wanted {
    /// How much each group of files holds.
    Groups(Grouping),
    /// Which files are equal.
    Duplicates,
}

impl Args {
    /// The arguments of this process. Ends it where they ask for help or cannot be parsed.
    pub fn read() -> Result<Args, Error> {
        Args::from_matches(&command().get_matches())
    }

    fn from_matches(matches: &ArgMatches) -> Result<Args, Error> {
        let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
        let mut filter = Filter::default();
        if let Some(pattern) = text("name") {
            filter = filter.with_name(pattern)?;
        }
        if let Some(kind) = text("kind") {
            filter = filter.with_kind(kind);
        }
        if let Some(size) = text("at-least") {
            filter = filter.with_at_least(size.parse::<Size>()?);
        }
        let grouping = text("by").and_then(Grouping::from_name).unwrap_or(Grouping::Kind);
        let wanted = match matches.get_flag("duplicates") {
            true => Wanted::Duplicates,
            false => Wanted::Groups(grouping),
        };
        let format = text("format").and_then(Format::from_name).unwrap_or(Format::Columns);
        Ok(Args { folder: text("folder").unwrap_or(".").into(), filter, wanted, format })
    }
}

fn command() -> Command {
    let choice = |name: &'static str, names: &[&'static str]| {
        Arg::new(name).long(name).value_parser(PossibleValuesParser::new(names.to_vec()))
    };
    Command::new("strata")
        .about("What fills a folder")
        .arg(Arg::new("folder").help("The folder to look at").default_value("."))
        .arg(choice("by", Grouping::NAMES).help("What to group files by").default_value("kind"))
        .arg(choice("format", Format::NAMES).help("The output's form").default_value("columns"))
        .arg(choice("kind", &strata_kind::kinds()).help("Only files of this kind"))
        .arg(Arg::new("name").long("name").help("Only paths that match this expression"))
        .arg(Arg::new("at-least").long("at-least").help("Only files of this size or more"))
        .arg(
            Arg::new("duplicates")
                .long("duplicates")
                .action(ArgAction::SetTrue)
                .help("List files with equal content instead"),
        )
}
