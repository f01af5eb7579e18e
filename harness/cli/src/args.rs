//! What was typed. What it means is `plan`'s: parsing here has no effects.

mod claims;
mod compare;
mod documents;
mod keyword;
mod scope;

use std::net::SocketAddr;
use std::path::PathBuf;

pub use claims::ClaimsArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};
pub use compare::{CompareArgs, GateArgs};
use lukewarm_cache_services::{Permission, PublicUrl};
use lukewarm_model::{Bytes, Keyword, Order, Seconds, ServiceKind};
use lukewarm_report::{RunFormat, Size, Theme};
use lukewarm_runner::NamedTool;

pub use documents::{CompletionsArgs, ManArgs, ManFormat, SchemaArgs};
use keyword::keyword;
use scope::scope;

/// The neutral referee for Rust build caches in CI.
#[derive(Debug, Parser)]
#[command(name = "lukewarm", version, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What every command understands.
#[derive(Debug, Args)]
pub struct Common {
    /// Say only what must be said
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// A folder with `scenarios/` or `sample-workspaces/` whose files come on top of those that the
    /// program brings; one that has everything is used alone [default: a checkout around the
    /// current folder, and `lukewarm` in it]
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build workspaces under each way of caching, and report
    Run(RunArgs),
    /// Show scenarios, workspaces, networks, stories and claims
    List(ListArgs),
    /// Check every file and show what `run` would do with the same words; runs nothing
    Check(PlanArgs),
    /// Make every report of a run again, from its raw record
    Report(ReportArgs),
    /// Draw the charts of a run, for documents and slides
    Chart(ChartArgs),
    /// Show what would make numbers worse on this machine, and what to do
    Doctor(DoctorArgs),
    /// Show where each cache tool was found, or how it is installed
    Tools(ToolsArgs),
    /// Serve one emulated cache in the foreground, for your own builds
    Serve(ServeArgs),
    /// The regression gate: did a candidate get worse than a baseline?
    Compare(CompareArgs),
    /// Test what is claimed about build caches, and give each claim a verdict
    Claims(ClaimsArgs),
    /// Print the JSON Schema of a file or an answer, for editors and other programs
    Schema(SchemaArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

#[derive(Clone, Debug, Default, Args)]
pub struct PlanArgs {
    /// Scenarios, by name; `NAME@VERSION` asks for a version of its tool [default: the preset's]
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    #[command(flatten)]
    pub measure: MeasureArgs,
    /// Whether cases take turns, or one follows the other; then the machine's drift counts as
    /// a difference between them
    #[arg(long, value_parser = keyword::<Order>(), value_name = "ORDER")]
    pub order: Option<Order>,
    /// Measure the reference twice, and call nothing a difference that is smaller than what it
    /// differs from itself
    #[arg(long)]
    pub aa: bool,
    /// A first answer in a few minutes: fewer scenarios, one iteration
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// For publication: more workspaces, until every comparison is decided
    #[arg(long)]
    pub full: bool,
}

#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Go on with a run that was cut off: a results folder, or its name below `results`
    #[arg(long, value_name = "RUN", conflicts_with_all = [
        "scenarios", "workspace", "story", "network", "sweep", "iterations", "budget", "seed",
        "order", "aa", "cargo_profile", "quick", "full", "out", "prime_every",
    ])]
    pub resume: Option<PathBuf>,
    /// Write the charts as PNG too, beside the SVGs
    #[arg(long)]
    pub png: bool,
    #[command(flatten)]
    pub publish: PublishArgs,
}

/// Whether a run is published.
#[derive(Clone, Debug, Default, Args)]
pub struct PublishArgs {
    /// Keep the run in `results/published/NAME` too, if it ended by its plan and the machine was
    /// quiet
    #[arg(long, value_name = "NAME")]
    pub publish: Option<String>,
    /// Publish it although the machine was slow, or nobody knows whether it was; the reason is
    /// printed beside every figure
    #[arg(long, value_name = "REASON", requires = "publish")]
    pub publish_anyway: Option<String>,
}

/// What is measured, how long, and where.
#[derive(Clone, Debug, Default, Args)]
pub struct MeasureArgs {
    /// A sample workspace by name, or the path of any Cargo workspace; may be repeated
    #[arg(long, short, value_name = "NAME|PATH")]
    pub workspace: Vec<String>,
    /// The jobs of every case, by the story's name
    #[arg(long, value_name = "NAME")]
    pub story: Option<String>,
    /// The network in front of every service, instead of each scenario's own
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,
    /// A setting of the scenarios at several values, such as `round-trip=0ms,20ms,80ms`
    #[arg(long, value_name = "SETTING=V1,V2…")]
    pub sweep: Option<String>,
    /// Measured iterations of each case
    #[arg(long, short = 'n', value_name = "N")]
    pub iterations: Option<u32>,
    /// Start no further iteration that would not end within this time, such as `20m`; without
    /// `--iterations`, stop when every comparison is decided
    #[arg(long, value_name = "TIME")]
    pub budget: Option<Seconds>,
    /// Make cache states with chance in them anew after so many iterations: those of scenarios
    /// whose faults or limits make each pass leave another store [default: 4]
    #[arg(long, value_name = "N")]
    pub prime_every: Option<u32>,
    /// Seed of every random choice
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// The cargo profile of every build, such as `release`
    #[arg(long, value_name = "NAME")]
    pub cargo_profile: Option<String>,
    #[command(flatten)]
    pub places: PlaceArgs,
    /// The folder that results go into [default: `results` of the checkout; without one
    /// `lukewarm-results`]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Where the harness works.
#[derive(Clone, Debug, Default, Args)]
pub struct PlaceArgs {
    /// The executable of a cache tool, instead of the one that is found or installed; once a tool
    #[arg(long = "tool", value_name = "NAME=PATH")]
    pub tools: Vec<NamedTool>,
    /// What `--tool` took the place of
    #[arg(long, value_name = "PATH", hide = true, value_parser = replaced)]
    sccache: Option<PathBuf>,
    /// The folder that builds happen in, `lukewarm-scratch` in it where it holds other things; not
    /// below a home folder with Cargo's configuration [default: /var/tmp/lukewarm-<user id>]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
}

/// Refuses an option of earlier versions with what is typed now.
fn replaced(path: &str) -> Result<PathBuf, String> {
    Err(format!("it is `--tool sccache={path}` now"))
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only these
    #[arg(value_enum, value_name = "KIND")]
    pub kind: Option<ListKind>,
    /// For machines
    #[arg(long)]
    pub json: bool,
}

/// What can be listed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListKind {
    /// Claims, each with its experiments and its published verdict
    Claims,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The results folder, or its name below `results`
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Print the results in this format, and write no file
    #[arg(
        long,
        value_parser = keyword::<RunFormat>(),
        value_name = "FORMAT",
        conflicts_with = "publish"
    )]
    pub format: Option<RunFormat>,
    /// Write the charts as PNG too, beside the SVGs
    #[arg(long, conflicts_with = "format")]
    pub png: bool,
    #[command(flatten)]
    pub publish: PublishArgs,
}

#[derive(Debug, Args)]
pub struct ChartArgs {
    /// The results folder, or its name below `results`
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Charts, by name: `wall-cli` is wall-clock on the workspace cli [default: all that the run
    /// has]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Light, dark, or as the reader's system is; a fixed one is part of the file's name
    #[arg(
        long,
        value_parser = keyword::<Theme>(),
        value_name = "THEME",
        default_value = Theme::Auto.word()
    )]
    pub theme: Theme,
    /// Exactly so many pixels, such as `1200x630`, or so many times as large, such as `2x`; it is
    /// part of the file's name [default: as drawn, and PNG at `2x`]
    #[arg(long, value_name = "SIZE")]
    pub size: Option<Size>,
    /// Write PNG too, beside the SVGs
    #[arg(long)]
    pub png: bool,
    /// The folder that they go into [default: `charts` in the results folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// For machines
    #[arg(long)]
    pub json: bool,
    /// Keep what the calibration load takes now as what it takes when the machine is quiet, also
    /// where it was faster before
    #[arg(long)]
    pub anew: bool,
    #[command(flatten)]
    pub places: PlaceArgs,
}

#[derive(Debug, Args)]
pub struct ToolsArgs {
    #[command(flatten)]
    pub places: PlaceArgs,
}

#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// The protocol that is spoken
    #[arg(value_parser = keyword::<ServiceKind>())]
    pub service: ServiceKind,
    /// The network in front of it, by name [default: plain loopback]
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,
    /// New entries a minute; more are answered with 429
    #[arg(long, value_name = "N")]
    pub uploads_per_minute: Option<u32>,
    /// Reads a minute; more are answered with 429
    #[arg(long, value_name = "N")]
    pub downloads_per_minute: Option<u32>,
    /// Beyond so much the least recently used entries go, such as `1 GB`; as much again may be
    /// under way [default: 10 GB for github-actions, as GitHub has it; none for webdav]
    #[arg(long, value_name = "SIZE")]
    pub quota: Option<Bytes>,
    /// Entries that nobody used for so long go, such as `168h`
    #[arg(long, value_name = "TIME")]
    pub expiry: Option<Seconds>,
    /// Larger objects are refused with 413
    #[arg(long, value_name = "SIZE")]
    pub largest_object: Option<Bytes>,
    /// What goes wrong on purpose, such as `503/read=2%` or `reset@64KiB=#3`; may be repeated
    #[arg(long, value_name = "KIND[@AMOUNT][/OPERATION][=WHEN]")]
    pub fault: Vec<String>,
    /// Seed of jitter and of faults by chance
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Keep what is stored in this folder, for the next time; it must be a new or empty one, or one
    /// of lukewarm's [default: below the system's folder for temporary files, gone at the end]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Leave out what cannot be read of the store's journal, and keep the journal as it was beside
    #[arg(long, requires = "store")]
    pub repair: bool,
    /// The token that opens it; every user of this machine can read it on the command line
    /// [default: that of `--token-file`, else of the variable LUKEWARM_TOKEN, else a fresh one]
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    pub token: Option<String>,
    /// The file that holds the token
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Give out a signed token of these refs instead, read in this order; may be repeated
    #[arg(long, value_name = "REF[=read|write|read-write]", value_parser = scope)]
    pub scope: Vec<(String, Permission)>,
    /// Answer service v1 too, as GitHub Enterprise Server does
    #[arg(long)]
    pub with_v1: bool,
    /// Where to listen; beyond loopback a token must be chosen
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// The URL that clients elsewhere know it by, such as `https://cache.example`
    #[arg(long, value_name = "URL")]
    pub public_url: Option<PublicUrl>,
    /// Also write every request into this file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
}

impl Default for Command {
    fn default() -> Command {
        Command::Run(RunArgs::default())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn quantities_are_read_with_their_units() {
        let words = ["lukewarm", "run", "none", "--budget", "10m", "-n", "3", "-w", "tiny"];
        let arguments = Arguments::try_parse_from(words).unwrap();
        let Some(Command::Run(run)) = arguments.command else { panic!("not `run`") };
        assert_eq!(
            (run.plan.measure.budget, run.plan.measure.iterations),
            (Some(Seconds(600.0)), Some(3))
        );
        let error = Arguments::try_parse_from(["lukewarm", "run", "--budget", "10"]).unwrap_err();
        assert!(error.to_string().contains("`10` is not a time such as"), "{error}");
    }
}
