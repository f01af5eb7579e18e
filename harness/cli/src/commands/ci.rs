//! `lukewarm ci`: the files with which an engine runs shards and merges them.
//! Owns which arguments belong to which engine, and what of `run` the files say themselves.

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
        Ok(Arguments { command: Some(Command::Run(run)), .. }) => refuse_own(&run)?,
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

/// Refuses arguments of `run` that the files set themselves, or that are about another run.
fn refuse_own(run: &RunArgs) -> Result<()> {
    let given = [
        (
            "--out",
            run.plan.measure.out.is_some(),
            "before the first scenario it is the folder of \
          the files; that of the results is in them",
        ),
        ("--resume", run.resume.is_some(), "it continues one run, on the machine that began it"),
        (
            "--publish",
            run.publish.publish.is_some(),
            "a shard is no whole run: publish the merged one",
        ),
        (
            "--scratch",
            run.plan.measure.places.scratch.is_some(),
            "the folder of builds is the engine's",
        ),
    ];
    match given.iter().find(|(_, is_given, _)| *is_given) {
        Some((option, _, why)) => bail!("`{option}` is no argument of a shard: {why}"),
        None => Ok(()),
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
