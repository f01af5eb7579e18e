//! Measuring what a wrapper adds to a call: each call directly and through the wrapper, in pairs,
//! beside the wrapper's own server as in a job.
//! Owns the calls and their order. It must not compute a statistic.

mod calls;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lukewarm_cache_tools::{
    Action, CacheTool, Compression, Folders, Invocation, JobContext, JobObservation, Ready, Recipe,
};
use lukewarm_model::{
    Attempt, CallPair, Case, Counter, ErrorChain, JobFacts, Moment, OverheadPairs, Seconds,
    Timestamp, ToolStatement, WrappedCall,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use self::calls::{rustc_words, scenario};
use crate::error::RunnerError;
use crate::files::names::fits_socket;
use crate::files::{scratch, tree};
use crate::job::server::{SERVER_START, ServerState, free_port, listens, ready};
use crate::prepare::environment::Environment;
use crate::prepare::settings::Settings;
use crate::prepare::tools::{InstalledTool, VersionRequirement};
use crate::prepare::{locate, own_socket, toolchain};
use crate::process::{Child, CommandSpec, Output};

/// The time within which a call must end.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A bench for one tool: its folders, its recipe and its program.
struct Bench<'a> {
    settings: &'a Settings,
    folders: Folders,
    /// The toolchain's folder of programs.
    bin: PathBuf,
    tool: InstalledTool,
    recipe: Recipe,
    environment: Environment,
}

/// Measures a tool's overhead: `pairs` pairs of each call, with the toolchain of `folder`. Nothing
/// is measured of a tool that wraps no compiler. `log` receives a line for each slow step.
///
/// # Errors
/// When the tool's program or its server cannot be had, or a call fails.
pub fn measure_overhead(
    tool: &'static dyn CacheTool,
    (pairs, seed): (u32, u64),
    settings: &Settings,
    folder: &Path,
    log: &mut dyn FnMut(String),
) -> Result<Vec<OverheadPairs>, RunnerError> {
    let Some(program) = tool.program().filter(|_| tool.description().is_wrapper()) else {
        return Ok(Vec::new());
    };
    let need = VersionRequirement::of(program, None)?;
    let found = locate(program, &need, settings, log)?;
    scratch::take(&settings.scratch)?;
    let place = tempfile::tempdir_in(&settings.scratch)
        .map_err(RunnerError::file("write", &settings.scratch))?;
    let mut bench = Bench::set_up(tool, found, settings, folder, place.path())?;
    let server = bench.start_server(tool, place.path())?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let calls: &[WrappedCall] = match bench.recipe.launcher {
        Some(_) => &[WrappedCall::FreshCommand],
        None => &[WrappedCall::Version, WrappedCall::Hit, WrappedCall::Miss],
    };
    let mut measured = Vec::new();
    for call in calls {
        let (name, title) = (&bench.tool.identity.name, call.title());
        log(format!("{name}: {pairs} pairs of `{title}`"));
        let before = bench.statement(Moment::Before)?;
        let pairs = bench.pairs(*call, pairs, &mut random)?;
        bench.check(tool, *call, pairs.len() as u64, before)?;
        let identity = bench.tool.identity.clone();
        measured.push(OverheadPairs { tool: identity, call: *call, pairs });
    }
    bench.stop(server)?;
    Ok(measured)
}

impl<'a> Bench<'a> {
    fn set_up(
        tool: &'static dyn CacheTool,
        found: InstalledTool,
        settings: &'a Settings,
        folder: &Path,
        place: &Path,
    ) -> Result<Bench<'a>, RunnerError> {
        let user = &settings.user;
        let bin = toolchain::find(folder, user, &settings.processes)?.bin;
        let folders = scratch::folders_in(place);
        let home = place.join("home");
        own_socket::check(tool, &folders)?;
        let Folders { checkout, cargo_home, kept, temporary } = &folders;
        let source = checkout.join("src");
        for folder in [&source, cargo_home, kept, temporary, &home] {
            fs::create_dir_all(folder).map_err(RunnerError::file("make folder", folder))?;
        }
        let files = [
            ("Cargo.toml", "[package]\nname = \"nothing\"\nedition = \"2021\"\n[workspace]\n"),
            ("src/lib.rs", "//! Nothing.\n"),
        ];
        for (name, text) in files {
            let file = checkout.join(name);
            fs::write(&file, text).map_err(RunnerError::file("write", &file))?;
        }
        let scenario = scenario(tool);
        let environment = user.for_job(&bin, &home, &folders, &scenario);
        let recipe = Recipe::default();
        let mut bench = Bench { settings, folders, bin, tool: found, recipe, environment };
        bench.recipe = bench.recipe(tool, place, 0);
        Ok(bench)
    }

    /// The tool's recipe of a job without a service, with a port for a server that needs one.
    fn recipe(&self, tool: &'static dyn CacheTool, place: &Path, port: u16) -> Recipe {
        let (scenario, socket) = (scenario(tool), place.join("server"));
        tool.recipe(&JobContext {
            scenario: &scenario,
            program: Some(&self.tool.path),
            service: None,
            version: Some(&self.tool.identity.version),
            socket: fits_socket(&socket).then_some(&*socket),
            port,
            folders: &self.folders,
            git_ref: None,
            lock_hash: "",
            serial: 0,
            compression: Compression::Zstd,
        })
    }

    /// Starts the recipe's server and waits until it is ready; none for a recipe without.
    fn start_server(
        &mut self,
        tool: &'static dyn CacheTool,
        place: &Path,
    ) -> Result<Option<Child>, RunnerError> {
        let needs_port = self.recipe.restore.iter().any(|action| {
            matches!(action, Action::StartServer(server) if matches!(server.ready, Ready::Port(_)))
        });
        if needs_port {
            self.recipe = self.recipe(tool, place, free_port()?);
        }
        let server = self.recipe.restore.iter().find_map(|action| match action {
            Action::StartServer(server) => Some(server),
            _ => None,
        });
        let Some(server) = server else { return Ok(None) };
        let processes = &self.settings.processes;
        let running = self.command(&server.start).start(processes)?;
        let state = |running: &Child| match &server.ready {
            Ready::Succeeds(ask) => match self.command(ask).run(processes) {
                Ok(asked) if asked.code == Some(0) => ServerState::Ready,
                _ => ServerState::NotReady,
            },
            other => listens(other, running),
        };
        match ready(&running, state, SERVER_START) {
            Ok(()) => Ok(Some(running)),
            Err(_) => Err(RunnerError::Environment(format!(
                "the server `{}` does not start: {}",
                self.command(&server.start).command(),
                self.last_line()
            ))),
        }
    }

    /// Asks the server to stop, and waits for its end.
    fn stop(&self, server: Option<Child>) -> Result<(), RunnerError> {
        for action in &self.recipe.save {
            if let Action::StopServer(stop) = action {
                self.command(stop).run(&self.settings.processes)?;
            }
        }
        server.map_or(Ok(()), |server| server.wait().map(drop)).map_err(RunnerError::from)
    }

    /// Measures the pairs of one call, each with the two in random order.
    fn pairs(
        &self,
        call: WrappedCall,
        count: u32,
        random: &mut ChaCha8Rng,
    ) -> Result<Vec<CallPair>, RunnerError> {
        // Both once before: programs come into the page cache, and a hit into the store.
        for through in Way::BOTH {
            self.time(call, through, 0)?;
        }
        let mut pairs = Vec::new();
        for number in 1..=count {
            let first = Way::BOTH[usize::from(random.random::<bool>())];
            let mut took = BTreeMap::new();
            for way in [first, first.other()] {
                took.insert(way, self.time(call, way, number)?);
            }
            pairs.push(CallPair { direct: took[&Way::Direct], wrapped: took[&Way::Wrapped] });
        }
        Ok(pairs)
    }

    /// The wall-clock of one call.
    fn time(&self, call: WrappedCall, way: Way, number: u32) -> Result<Seconds, RunnerError> {
        let out = self.folders.temporary.join("out");
        tree::clear(&out)?;
        let spec = self.call(call, way, number, &out);
        let exit = spec.run(&self.settings.processes)?;
        match exit.code {
            Some(0) => Ok(exit.wall),
            _ => Err(RunnerError::Environment(format!(
                "`{}` failed: {}",
                spec.command(),
                self.last_line()
            ))),
        }
    }

    /// The tool's statistics; none for a tool that is asked for none.
    fn statement(&self, moment: Moment) -> Result<Option<ToolStatement>, RunnerError> {
        if self.recipe.launcher.is_some() {
            return Ok(None);
        }
        let Some(ask) = &self.recipe.statistics else { return Ok(None) };
        let (_, text) = self.command(ask).read(&self.settings.processes)?;
        Ok(Some(ToolStatement { moment, text }))
    }

    /// Checks by the tool's own counters that its calls were what they are called.
    fn check(
        &self,
        tool: &'static dyn CacheTool,
        call: WrappedCall,
        calls: u64,
        before: Option<ToolStatement>,
    ) -> Result<(), RunnerError> {
        let counter = match call {
            WrappedCall::Hit => Counter::HITS,
            WrappedCall::Miss => Counter::MISSES,
            WrappedCall::Version | WrappedCall::FreshCommand => return Ok(()),
        };
        let statements = [before, self.statement(Moment::After)?];
        let scenario = scenario(tool);
        let case = Case::new("nothing", scenario.name.clone());
        let attempt = Attempt { iteration: 1, position: 1, repeat: 0 };
        let mut job = JobFacts::new(case, "calls".into(), attempt, Timestamp::default());
        job.statements = statements.into_iter().flatten().collect();
        let report = tool.evaluate(&JobObservation { job: &job, scenario: &scenario });
        let report =
            report.map_err(|error| RunnerError::Environment(ErrorChain(&error).to_string()))?;
        let counted = report.counters.get(counter).unwrap_or_default();
        match counted >= calls {
            true => Ok(()),
            false => Err(RunnerError::Environment(format!(
                "{} counts {counted} {counter} in {calls} calls of `{}`: what was measured is \
                 something else",
                self.tool.identity.name,
                call.title()
            ))),
        }
    }

    /// The process of one call.
    fn call(&self, call: WrappedCall, way: Way, number: u32, out: &Path) -> CommandSpec {
        let mut environment = self.environment.clone();
        if way == Way::Wrapped {
            let added = self.recipe.environment.iter().filter(|(name, _)| *name != "RUSTC_WRAPPER");
            let added = added.map(|(name, value)| (name, value.replace("{command}", "0")));
            environment.extend(added.map(|(name, value)| (name.into(), value.into())));
        }
        let (program, words) = match call {
            WrappedCall::FreshCommand => {
                // Each has a target folder of its own: they make fresh what they find.
                let target = self.folders.temporary.join(way.name());
                environment.insert("CARGO_TARGET_DIR".into(), target.into());
                let words = ["check", "--offline", "--quiet"].map(OsString::from);
                let cargo = self.bin.join("cargo");
                (self.program(way, &cargo), words.to_vec())
            }
            _ => {
                let rustc = self.bin.join("rustc");
                let mut words = match way {
                    Way::Direct => Vec::new(),
                    Way::Wrapped => vec![rustc.clone().into_os_string()],
                };
                words.extend(rustc_words(call, number, out));
                (self.program(way, &rustc), words)
            }
        };
        let mut spec =
            CommandSpec::new(program, &self.folders.checkout).args(words).environment(environment);
        spec.timeout = TIMEOUT;
        (spec.stdout, spec.stderr) = (self.output(), self.output());
        spec
    }

    fn program(&self, way: Way, direct: &Path) -> PathBuf {
        match way {
            Way::Direct => direct.to_owned(),
            Way::Wrapped => self.tool.path.clone(),
        }
    }

    /// The command of one of the tool's calls.
    fn command(&self, call: &Invocation) -> CommandSpec {
        let mut environment = self.environment.clone();
        let added = call.environment.iter();
        environment.extend(added.map(|(name, value)| (name.into(), value.into())));
        let mut spec = CommandSpec::new(&call.program, &self.folders.checkout)
            .args(&call.args)
            .environment(environment);
        (spec.stdout, spec.stderr) = (self.output(), self.output());
        spec
    }

    fn log(&self) -> PathBuf {
        self.folders.temporary.join("log")
    }

    fn output(&self) -> Output {
        Output::Append(self.log())
    }

    /// The last line that was printed.
    fn last_line(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let last = text.lines().rev().find(|line| !line.trim().is_empty());
        last.unwrap_or("it printed nothing").to_owned()
    }
}

/// Whether a call goes through the wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Direct,
    Wrapped,
}

impl Way {
    const BOTH: [Way; 2] = [Way::Direct, Way::Wrapped];

    fn other(self) -> Way {
        match self {
            Way::Direct => Way::Wrapped,
            Way::Wrapped => Way::Direct,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Way::Direct => "direct",
            Way::Wrapped => "wrapped",
        }
    }
}
