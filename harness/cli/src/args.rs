//! The arguments of every command, with their help.
//! Owns the syntax only: what a selection means is `plan`'s, and parsing has no effects.

mod build;
mod check;
mod ci;
mod claims;
mod compare;
mod copies;
mod documents;
mod keyword;
mod list;
mod overhead;
mod protocol;
mod recommend;
mod scope;
mod serve;
mod shards;
mod soundness;

use std::path::PathBuf;

pub use build::BuildArgs;
pub use check::CheckArgs;
pub use ci::{CiArgs, EngineName};
pub use claims::ClaimsArgs;
use clap::{Args, Parser, Subcommand};
pub use compare::{CompareArgs, GateArgs};
use lukewarm_model::{Bytes, Keyword, Order, Runner, Seconds};
use lukewarm_report::{RunFormat, Size, Theme};
use lukewarm_runner::NamedTool;

pub use copies::CopiesArgs;
pub use documents::{CompletionsArgs, ManArgs, ManFormat, SchemaArgs};
use keyword::keyword;
pub use list::{ListArgs, ListKind};
pub use overhead::OverheadArgs;
pub use recommend::RecommendArgs;
pub use serve::ServeArgs;
pub use shards::{MergeArgs, PackArgs, PortionArgs, ShardArgs, ShardChoice};
pub use soundness::SoundnessArgs;

/// The neutral referee for Rust build caches in CI.
#[derive(Debug, Parser)]
#[command(name = "lukewarm", version, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Print results, errors and important warnings only
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// A folder with `scenarios/` or `sample-workspaces/`: its files are added to the built-in ones
    /// and replace those of the same name; a complete one is used alone [default: a checkout around
    /// the current folder, and `lukewarm` in the current folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build workspaces with each cache, and report how they compare (the default command)
    Run(RunArgs),
    /// List scenarios, workspaces, networks, stories and claims
    List(ListArgs),
    /// Check every definition file, read the workspace and show what `run` would do; run nothing
    Check(CheckArgs),
    /// Generate every report of a run again from its journal
    Report(ReportArgs),
    /// Say which way of caching a run shows to be the one to use, what it saves, and as which
    /// workflow
    Recommend(RecommendArgs),
    /// Make one record of several: of the shards of a plan, or of its evenings
    Merge(MergeArgs),
    /// Pack the record of a run into one file, to be merged elsewhere
    Pack(PackArgs),
    /// Draw the charts of a run as SVG or PNG, for documents and slides
    Chart(ChartArgs),
    /// Check this machine for what distorts measurements, and give advice
    Doctor(DoctorArgs),
    /// Show where each cache tool was found, or how it would be installed
    Tools(ToolsArgs),
    /// Measure what each compiler wrapper adds to a call
    Overhead(OverheadArgs),
    /// Run one emulated cache server in the foreground, for your own builds
    Serve(ServeArgs),
    /// Compare a candidate with a baseline, and fail on a regression
    Compare(CompareArgs),
    /// Test published claims about build caches, and give each a verdict
    Claims(ClaimsArgs),
    /// Vary what a cache's key must have in it, and say which way of caching is still right
    Soundness(SoundnessArgs),
    /// Try published bugs of build caches on small workspaces, and say who has them
    Museum(SoundnessArgs),
    /// Print the files that run one measurement on several machines of an engine, and merge it
    Ci(CiArgs),
    /// Print the JSON Schema of a definition file or of JSON output
    Schema(SchemaArgs),
    /// Print the completion script of a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

#[derive(Clone, Debug, Default, Args)]
pub struct PlanArgs {
    /// Names of scenarios; `NAME@VERSION` selects a version of the cache tool [default: those of
    /// the preset]
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    #[command(flatten)]
    pub build: BuildArgs,
    #[command(flatten)]
    pub measure: MeasureArgs,
    /// Job order; in `serial` order, drift of the machine biases the comparison [default:
    /// interleaved]
    #[arg(long, value_parser = keyword::<Order>(), value_name = "ORDER")]
    pub order: Option<Order>,
    #[command(flatten)]
    pub copies: CopiesArgs,
    /// Also run the reference against itself (A/A), and ignore differences smaller than that noise
    #[arg(long)]
    pub aa: bool,
    /// Preset for a first look in about three minutes: fewer scenarios, and what is clear
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// Preset for publication: more workspaces, and iterations until every comparison is decided
    #[arg(long)]
    pub full: bool,
}

#[derive(Clone, Debug, Default, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    #[command(flatten)]
    pub portion: PortionArgs,
    /// Resume an interrupted run: a results folder, or its name below `results`
    #[arg(long, value_name = "RUN", conflicts_with_all = [
        "scenarios", "workspace", "story", "network", "sweep", "iterations", "budget", "seed",
        "order", "aa", "cargo_profile", "quick", "full", "out", "prime_every", "cpus",
        "memory", "command", "cargo", "committed", "include", "shard", "first_block", "at_once",
        "stagger",
    ])]
    pub resume: Option<PathBuf>,
    /// Write the charts as PNG too
    #[arg(long)]
    pub png: bool,
    #[command(flatten)]
    pub publish: PublishArgs,
}

/// Options of publishing a run.
#[derive(Clone, Debug, Default, Args)]
pub struct PublishArgs {
    /// Also copy the run into `results/published/NAME`, if it completed its plan on a quiet machine
    #[arg(long, value_name = "NAME")]
    pub publish: Option<String>,
    /// Publish the run although the machine was slow or its speed is unknown; the reason is printed
    /// beside every figure
    #[arg(long, value_name = "REASON", requires = "publish")]
    pub publish_anyway: Option<String>,
}

/// Options of every command that measures.
#[derive(Clone, Debug, Default, Args)]
pub struct MeasureArgs {
    /// Name of a sample workspace, or path of any Cargo workspace; may be repeated
    #[arg(long, short, value_name = "NAME|PATH")]
    pub workspace: Vec<String>,
    /// Check out exactly what git has committed; uncommitted changes and new files are left out
    #[arg(long)]
    pub committed: bool,
    /// File or folder that a checkout has although git ignores it, relative to the workspace; may
    /// be repeated
    #[arg(long, value_name = "PATH")]
    pub include: Vec<PathBuf>,
    /// Name of the story: the sequence of CI jobs and of the edits between them
    #[arg(long, value_name = "NAME")]
    pub story: Option<String>,
    /// Name of the network between job and cache service, instead of each scenario's own
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,
    /// Measure the scenarios at several values of a setting, such as `round-trip=0ms,20ms,80ms`
    #[arg(long, value_name = "SETTING=V1,V2…")]
    pub sweep: Option<String>,
    /// Number of measured iterations of each case
    #[arg(long, short = 'n', value_name = "N")]
    pub iterations: Option<u32>,
    /// Time limit, such as `20m`: start no iteration that would not end within it. Without
    /// `--iterations`, also stop as soon as every comparison is decided
    #[arg(long, value_name = "TIME")]
    pub budget: Option<Seconds>,
    /// Prime the cache again after every N iterations in scenarios whose faults or limits make the
    /// primed cache random [default: 4]
    #[arg(long, value_name = "N")]
    pub prime_every: Option<u32>,
    /// Seed of all random choices
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Cargo profile of every build, such as `release`
    #[arg(long, value_name = "NAME")]
    pub cargo_profile: Option<String>,
    /// The most that one job may take, such as `30m`; it fails then, and its measures are kept
    /// [default: 10 times the slowest job of that name so far, at least `10m`, `2h` for the first]
    #[arg(long, value_name = "TIME")]
    pub job_timeout: Option<Seconds>,
    #[command(flatten)]
    pub runner: RunnerArgs,
    #[command(flatten)]
    pub places: PlaceArgs,
    /// Folder for results [default: `results` of the checkout, or `lukewarm-results` without a
    /// checkout]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// The runner that CI has.
#[derive(Clone, Debug, Default, Args)]
pub struct RunnerArgs {
    /// Number of CPUs that jobs may use, such as those of the CI runner [default: all]
    #[arg(long, value_name = "N")]
    pub cpus: Option<u32>,
    /// Memory that the processes of a job may use together, such as `16GB`; needs a control group
    /// [default: no limit]
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<Bytes>,
}

impl RunnerArgs {
    /// The runner; absent where nothing is limited.
    pub fn runner(&self) -> Option<Runner> {
        Runner::of(self.cpus, self.memory)
    }
}

/// Folders and programs that are used.
#[derive(Clone, Debug, Default, Args)]
pub struct PlaceArgs {
    /// Executable of a cache tool, instead of the one that is found or installed, such as
    /// `sccache=target/release/sccache`; at most once for each tool
    #[arg(long = "tool", value_name = "NAME=PATH")]
    pub tools: Vec<NamedTool>,
    /// Replaced by `--tool`
    #[arg(long, value_name = "PATH", hide = true, value_parser = replaced)]
    sccache: Option<PathBuf>,
    /// Folder to build in; if it holds other files, a folder `lukewarm-scratch` in it is used. It
    /// must not be below a home folder with Cargo's configuration [default: /var/tmp/lukewarm-<user
    /// id>]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
}

/// Refuses an option of earlier versions, and names its replacement.
fn replaced(path: &str) -> Result<PathBuf, String> {
    Err(format!("this option was replaced: use `--tool sccache={path}`"))
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Results folder of the run, or its name below `results`
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Print the results in this format instead of writing files
    #[arg(
        long,
        value_parser = keyword::<RunFormat>(),
        value_name = "FORMAT",
        conflicts_with = "publish"
    )]
    pub format: Option<RunFormat>,
    /// Write the charts as PNG too
    #[arg(long, conflicts_with = "format")]
    pub png: bool,
    #[command(flatten)]
    pub publish: PublishArgs,
}

#[derive(Debug, Args)]
pub struct ChartArgs {
    /// Results folder of the run, or its name below `results`
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Names of charts, such as `wall-cli` for wall-clock on the workspace cli [default: every
    /// chart of the run]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Colours of the charts; a fixed theme is added to the file names
    #[arg(
        long,
        value_parser = keyword::<Theme>(),
        value_name = "THEME",
        default_value = Theme::Auto.word()
    )]
    pub theme: Theme,
    /// Size in pixels, such as `1200x630`, or as a factor, such as `2x`; added to the file names
    /// [default: as drawn, and PNG at `2x`]
    #[arg(long, value_name = "SIZE")]
    pub size: Option<Size>,
    /// Write PNG files too
    #[arg(long)]
    pub png: bool,
    /// Folder for the files [default: `charts` in the results folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Record the time that the calibration load takes now as its time on the quiet machine, even
    /// if it was faster before
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
