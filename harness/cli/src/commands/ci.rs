//! `lukewarm ci`: the files with which an engine runs shards and merges them.
//! Owns which arguments belong to which engine, and what of `run` no shard can be told.

use std::path::Path;

use clap::Parser;
use lukewarm_model::Bytes;
use lukewarm_model::text::{Safe, Terminal};
use lukewarm_report::{Engine, GithubJobs, ReportFile, ShardPod, ShardedMeasurement, engine_files};

use crate::args::{Arguments, CiArgs, Command, Common, EngineName, RunArgs};
use crate::exit::{self, Exit};
use crate::failure::{Context, Failure, Result, bail};
use crate::{paths, terminal};

/// The image that the `Containerfile` is built as, where nobody says otherwise.
const IMAGE: &str = concat!("lukewarm:", env!("CARGO_PKG_VERSION"));

/// Prints or writes the files for an engine.
pub fn run(common: &Common, args: &CiArgs) -> Result<Exit> {
    let engine = engine(args)?;
    let words = std::iter::once("lukewarm").chain(["run"]);
    let words = words.chain(args.run.iter().map(String::as_str));
    match Arguments::try_parse_from(words) {
        Ok(Arguments { command: Some(Command::Run(run)), .. }) => refuse(&run, args)?,
        Ok(_) => return Err(Failure::bug("`lukewarm run` is understood as another command")),
        Err(error) => {
            exit::usage(&error);
            return Ok(if error.use_stderr() { Exit::BadInput } else { Exit::Fine });
        }
    }
    let measurement = ShardedMeasurement {
        shards: args.shards,
        name: &args.name,
        time_limit: args.time_limit,
        words: &args.run,
        command: &paths::typed(),
    };
    let files = engine_files(&engine, &measurement)?;
    match &args.out {
        Some(folder) => write(common, folder, &files)?,
        None => files.iter().try_for_each(|it| print(it, files.len()))?,
    }
    Ok(Exit::Fine)
}

/// The engine with what only it is asked.
fn engine(args: &CiArgs) -> Result<Engine> {
    use EngineName::{Github, Kubernetes};
    let given = [
        ("--runs-on", Github, args.runs_on.is_some()),
        ("--repository", Github, args.repository.is_some()),
        ("--image", Kubernetes, args.image.is_some()),
        ("--pod-cpus", Kubernetes, args.pod_cpus.is_some()),
        ("--pod-memory", Kubernetes, args.pod_memory.is_some()),
    ];
    let mut of_others =
        given.iter().filter(|(_, engine, is_given)| *is_given && *engine != args.engine);
    if let Some((option, engine, _)) = of_others.next() {
        let engine = match engine {
            Github => "github",
            _ => "kubernetes",
        };
        bail!("`{option}` is for `lukewarm ci {engine}` only");
    }
    let or = |given: &Option<String>, default: &str| given.clone().unwrap_or(default.to_owned());
    Ok(match args.engine {
        Github => Engine::Github(GithubJobs {
            runs_on: or(&args.runs_on, "ubuntu-latest"),
            repository: or(&args.repository, "OWNER/lukewarm"),
        }),
        Kubernetes => Engine::Kubernetes(ShardPod {
            image: or(&args.image, IMAGE),
            cpus: args.pod_cpus.unwrap_or(4),
            memory: args.pod_memory.unwrap_or(Bytes(16_000_000_000)),
        }),
        EngineName::Slurm => Engine::Slurm,
    })
}

/// Refuses arguments of `run` that the files have themselves, or that no shard can have.
fn refuse(run: &RunArgs, args: &CiArgs) -> Result<()> {
    let measure = &run.plan.measure;
    let shard = &run.portion.shard;
    let own = "the files say it themselves";
    let is_pod = args.engine == EngineName::Kubernetes;
    let given = [
        ("--out", measure.out.is_some(), "it is said before the first scenario, for the files"),
        ("--shard", shard.shard.is_some(), own),
        ("--shard-file", shard.shard_file.is_some(), own),
        ("--scratch", is_pod && measure.places.scratch.is_some(), own),
        ("--resume", run.resume.is_some(), "it goes on with one run, where that was begun"),
        ("--publish", run.publish.publish.is_some(), "publish the merged record"),
    ];
    if let Some((option, _, why)) = given.iter().find(|(_, is_given, _)| *is_given) {
        bail!("`{option}` cannot be an argument of every shard: {why}");
    }
    match measure.iterations {
        Some(blocks) if blocks < args.shards => bail!(
            "{} of {} shards would have nothing to measure: `-n {blocks}` is fewer iterations than \
             shards",
            args.shards - blocks,
            args.shards
        ),
        _ => Ok(()),
    }
}

fn write(common: &Common, folder: &Path, files: &[ReportFile]) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("--out {}", folder.display()))?;
    for ReportFile { name, content } in files {
        lukewarm_record::write_file(folder, name, content)?;
        if !common.quiet {
            terminal::say(format!("written: {}", folder.join(name).display()));
        }
    }
    Ok(())
}

/// Prints a file; of several, each with its name before it.
fn print(file: &ReportFile, count: usize) -> Result<()> {
    let text = String::from_utf8(file.content.clone()).map_err(Failure::bug)?;
    if count > 1 {
        terminal::result(Safe::<Terminal>::from(format!("#### {}", file.name)));
    }
    terminal::result(Safe::<Terminal>::lines(&text));
    Ok(())
}
