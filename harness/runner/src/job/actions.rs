//! The actions of a job's steps, except for its server: the build, archives, and the tool's own
//! calls and statistics. Owns the notes and failures of each. Nothing here may measure time.

use std::time::Duration;

use lukewarm_cache_tools::{Action, Archive, Invocation};
use lukewarm_model::{Check, Failure, FailureKind, Step};

use crate::error::RunnerError;
use crate::job::archive::{self, ArchiveContext, ArchiveOutcome, Client, Retries};
use crate::job::build;
use crate::job::effects::{Notes, Outputs, Stop};
use crate::job::outputs;
use crate::job::real_effects::RealEffects;
use crate::process::CommandSpec;

/// How many of a log's last lines a failure carries.
pub const LAST_LINES: usize = 20;

/// The most characters of a program's output that are kept.
const MOST_PRINTED: usize = 4000;

impl RealEffects<'_> {
    /// Runs a command of the tool; its failure is that of the step.
    pub fn run_command(&mut self, step: Step, number: usize) -> Result<(), Stop> {
        let actions = match step {
            Step::Save => &self.recipe.save,
            _ => &self.recipe.restore,
        };
        let Some(Action::Run(call)) = actions.get(number) else { return Ok(()) };
        let spec = self.command(call, "tool");
        if spec.run(self.processes()).map_err(RunnerError::from)?.code == Some(0) {
            return Ok(());
        }
        Err(Stop::Failed(Failure {
            step: None,
            kind: FailureKind::Tool,
            message: format!("`{}` failed", spec.command()),
            last_lines: build::last_lines(&self.log("tool"), LAST_LINES),
        }))
    }

    /// The output of the tool's call for statistics; none for a tool without.
    pub fn read_statistics(&mut self) -> Result<Option<String>, Stop> {
        let Some(invocation) = &self.recipe.statistics else { return Ok(None) };
        let mut spec = self.command(invocation, "statistics");
        spec.timeout = Duration::from_secs(30);
        let (_, text) = spec.read(self.processes()).map_err(RunnerError::from)?;
        Ok(Some(self.without_secrets(&text)))
    }

    /// Checks that the expected outputs were built, from the expected sources.
    pub fn verify_outputs(&mut self) -> Result<Outputs, Stop> {
        let built = build::read(&self.all_messages())?;
        let restored = self.restored.take().map(|restored| restored.used(&built));
        // Before the program runs, which may write where it likes.
        let checkout = &self.folders.checkout;
        let (files, folders) = (built.named_files(), built.script_folders());
        let made = Some(outputs::outputs(checkout, files, folders, self.processes()));
        let edits = self.edits.iter();
        let mut checks: Vec<Check> =
            edits.filter_map(|it| built.check_edit(&it.package, &it.proof)).collect();
        let mut printed = None;
        checks.push(match &self.workspace.verify {
            Some(verify) => {
                let (checkout, environment) = (&self.folders.checkout, &self.environment);
                // A command of the user's need not make the program.
                let must_be_built = self.context.prepared.plan.commands.is_empty();
                match built.has_program(&verify.bin) || must_be_built {
                    true => {
                        let (check, text) =
                            built.check_program(verify, checkout, environment, self.processes())?;
                        printed = text.filter(|_| self.surroundings.is_some());
                        check
                    }
                    false => build::no_program(verify),
                }
            }
            None => Check {
                name: "program works".to_owned(),
                held: None,
                seen: "the workspace names no program to verify".to_owned(),
            },
        });
        let printed = printed.map(|text| text.chars().take(MOST_PRINTED).collect());
        Ok(Outputs { units: built.units, checks, restored, made, printed })
    }

    pub fn restore_archive(&mut self, archive: &Archive, notes: &mut Notes) -> Result<(), Stop> {
        let archive = self.complete_key(archive, notes)?;
        let outcome =
            self.with_client(|client, context| archive::restore(&archive, client, context))?;
        if let ArchiveOutcome::Restored { key, .. } = &outcome {
            self.restored_key = Some(key.clone());
        }
        self.archive = Some(archive);
        add_note(&outcome, notes);
        Ok(())
    }

    pub fn save_archive(&mut self, archive: &Archive, notes: &mut Notes) -> Result<(), Stop> {
        let restored = self.restored_key.take();
        // With the key that it was looked for under: the build may have changed what that is of.
        let archive = self.archive.take().unwrap_or_else(|| archive.clone());
        let outcome = self.with_client(|client, context| {
            archive::save(&archive, restored.as_deref(), client, context)
        })?;
        add_note(&outcome, notes);
        Ok(())
    }

    /// Runs `work` with an archive client. Only the CPU time of `tar` and the compressor is
    /// measured; the client is a thread of the harness, which is not.
    fn with_client(
        &self,
        work: impl FnOnce(&Client, ArchiveContext<'_>) -> Result<ArchiveOutcome, RunnerError>,
    ) -> Result<ArchiveOutcome, RunnerError> {
        let processes = self.processes();
        let client = Client::new(processes.clone(), Retries::default());
        let context = ArchiveContext {
            temporary: &self.folders.temporary,
            environment: &self.environment,
            processes,
            log: &self.log("archive"),
        };
        work(&client, context)
    }

    /// The command of one of the tool's calls.
    pub fn command(&self, invocation: &Invocation, log: &str) -> CommandSpec {
        let mut environment = self.environment.clone();
        let added = &invocation.environment;
        environment.extend(added.iter().map(|(name, value)| (name.into(), value.into())));
        let mut spec = CommandSpec::new(&invocation.program, &self.folders.checkout)
            .args(&invocation.args)
            .environment(environment);
        let output = self.log_output(log);
        (spec.stdout, spec.stderr) = (output.clone(), output);
        spec
    }
}

/// Adds an archive's outcome to the step's notes, and a failed check where it failed.
fn add_note(outcome: &ArchiveOutcome, notes: &mut Notes) {
    let text = match outcome {
        ArchiveOutcome::Restored { key, size } => format!("restored {size} under `{key}`"),
        ArchiveOutcome::Missed => "no entry under any key".to_owned(),
        ArchiveOutcome::Saved { size } => format!("saved {size}"),
        ArchiveOutcome::Exists => "the key exists, not saved again".to_owned(),
        ArchiveOutcome::Failed(why) => why.clone(),
    };
    if matches!(outcome, ArchiveOutcome::Failed(_)) {
        let name = "archive moved".to_owned();
        notes.checks.push(Check { name, held: Some(false), seen: text.clone() });
    }
    notes.note = Some(match notes.note.take() {
        Some(earlier) => format!("{text}, {earlier}"),
        None => text,
    });
}

/// The failure of a job that needs a second toolchain where none is installed.
pub fn no_second_toolchain() -> Stop {
    Stop::Failed(Failure {
        step: None,
        kind: FailureKind::Environment,
        message: "there is no second toolchain to change to; install one, such as with \
                  `rustup toolchain install beta --profile minimal`"
            .to_owned(),
        last_lines: Vec::new(),
    })
}
