//! The arguments of the commands that describe lukewarm itself: schemas, completions, manual.
//! Owns the syntax only.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Name of the schema; without one, all names are listed
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Write every schema into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    pub out: Option<PathBuf>,
    /// Write the tables of keys into this Markdown file, each between the lines
    /// `<!-- keys of NAME -->` and `<!-- end of keys -->`; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "out"])]
    pub into: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell to complete in
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    pub out: Option<PathBuf>,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "man")]
    pub format: ManFormat,
}

/// The formats of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ManFormat {
    /// Manual page of the program, for `man`
    Man,
    /// Reference of every command in Markdown
    Markdown,
}
