//! `lukewarm claims`: what is claimed is measured, or looked up in earlier runs, and judged.
//! Owns which runs serve and which are made; what a claim comes to is `analysis`'s to say.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use lukewarm_analysis::{
    Asked, ClaimFinding, Cover, Evaluation, Served, judge_claims, open_claims,
};
use lukewarm_model::text::{Output, Safe, Terminal};
use lukewarm_model::{Claim, ClaimVerdict, Experiment, Plan, Predicate, RawRecord};
use lukewarm_plan::{Effort, Files};
use lukewarm_record::write_file;
use lukewarm_report::Trust;
use lukewarm_runner::Settings;

use super::evidence::{self, Here};
use super::measuring::{self, Measured, Steering};
use super::register;
use super::{counted, files};
use crate::args::{ClaimsArgs, Common, MeasureArgs};
use crate::exit::Exit;
use crate::{home, terminal};

/// How often a sweep is looked at more closely where it crosses.
const REFINEMENTS: usize = 2;
/// How many points are added each time.
const POINTS: usize = 1;

/// An experiment of a claim, and the number of the record that serves it.
struct Serving {
    claim: String,
    experiment: Experiment,
    record: usize,
    /// How the record's settings differ from today's, where they do.
    changed: Option<String>,
}

/// The claims, and what was measured for them so far.
struct Ledger<'a> {
    files: &'a Files,
    /// Runs of this machine that were cut off, with their plans as they are recorded.
    cut_off: Vec<(PathBuf, Plan)>,
    claims: Vec<Claim>,
    records: Vec<RawRecord>,
    serving: Vec<Serving>,
    /// Whether a run ended early or had failures.
    incomplete: bool,
}

/// Judges claims.
pub fn run(common: &Common, args: &ClaimsArgs) -> anyhow::Result<Exit> {
    let files = files(common)?;
    let selected = lukewarm_plan::select_claims(&files, &args.ids).context("the selection")?;
    if selected.is_empty() {
        bail!("there is no claim: `scenarios/claims` of the root has none");
    }
    if args.register {
        return register::register(common, &selected);
    }
    let claims = selected.into_iter().cloned().collect();
    let (cut_off, records, serving) = (Vec::new(), Vec::new(), Vec::new());
    let mut ledger = Ledger { files: &files, cut_off, claims, records, serving, incomplete: false };
    let effort = if args.quick { Effort::Quick } else { Effort::Usual };
    if !args.again {
        ledger.look(common, args, effort)?;
    }
    let open = ledger.unserved();
    let plans = plans(&open, effort);
    if args.plan {
        terminal::result(Safe::<Terminal>::lines(&described(&plans, &ledger)));
        return Ok(Exit::Fine);
    }
    if args.from.is_none() {
        announce(common, &plans, &ledger);
        let settings = measuring::settings(&measure_args(args))?;
        ledger.measure(common, args, effort, &settings, open)?;
        for _ in 0..REFINEMENTS {
            let closer = ledger.closer();
            if closer.is_empty() || ledger.incomplete || effort == Effort::Quick {
                break;
            }
            ledger.measure(common, args, effort, &settings, closer)?;
        }
    }
    let findings = ledger.judged();
    let folder = match &args.from {
        Some(folder) => folder.clone(),
        None => own_folder(common, args)?,
    };
    answer(args, &findings, &folder)?;
    if !common.quiet {
        terminal::say(format!("report: {}", folder.join("claims.html").display()));
    }
    let open = findings.iter().any(|it| it.verdict == ClaimVerdict::Inconclusive);
    Ok(match (ledger.incomplete, open) {
        (true, _) => Exit::CasesFailed,
        (false, true) => Exit::Inconclusive,
        (false, false) => Exit::Fine,
    })
}

/// An experiment with its claim's id, and the predicates that are about it.
type Wanted = (String, Experiment, Vec<Predicate>);

impl Ledger<'_> {
    /// Takes what earlier runs have: those of a folder that is named, else those of this machine.
    fn look(&mut self, common: &Common, args: &ClaimsArgs, effort: Effort) -> anyhow::Result<()> {
        let found = match &args.from {
            Some(folder) => evidence::all(folder)?,
            None => self.of_this_machine(common, args)?,
        };
        let anywhere = args.from.is_some();
        for (claim, experiment, predicates) in self.experiments() {
            let enough = |record: &RawRecord| {
                anywhere || evidence::is_enough(record, &experiment, &predicates, effort)
            };
            let Some((record, changed)) = serving(&found, &experiment, anywhere, enough) else {
                continue;
            };
            let record = self.keep(record.clone());
            self.serving.push(Serving { claim, experiment, record, changed });
        }
        for _ in 0..REFINEMENTS {
            for (claim, experiment, _) in self.closer() {
                let found = serving(&found, &experiment, false, |_| true);
                if let Some((record, changed)) = found {
                    let record = self.keep(record.clone());
                    self.serving.push(Serving { claim, experiment, record, changed });
                }
            }
        }
        Ok(())
    }

    /// The records of this machine that came to their end; what was cut off is put aside.
    fn of_this_machine(
        &mut self,
        common: &Common,
        args: &ClaimsArgs,
    ) -> anyhow::Result<Vec<RawRecord>> {
        let results = match &args.out {
            Some(folder) => folder.clone(),
            None => home::root(common)?.join("results"),
        };
        let here = Here::look(common, args, self.files)?;
        let mut complete = Vec::new();
        for (folder, record) in evidence::of_this_machine(&results, &here) {
            match record.is_complete() {
                true => complete.push(record),
                false => self.cut_off.push((folder, record.run.plan)),
            }
        }
        Ok(complete)
    }

    /// Every experiment of the claims.
    fn experiments(&self) -> Vec<Wanted> {
        let of = |claim: &Claim, experiment: &Experiment| {
            let about = claim.predicates.iter().filter(|it| it.experiment == experiment.name);
            (claim.id.clone(), experiment.clone(), about.cloned().collect())
        };
        let claims = self.claims.iter();
        claims.flat_map(|claim| claim.experiments.iter().map(move |it| of(claim, it))).collect()
    }

    /// Those that no record serves.
    fn unserved(&self) -> Vec<Wanted> {
        let served = |claim: &str, name: &str| {
            self.serving.iter().any(|it| it.claim == claim && it.experiment.name == name)
        };
        let mut all = self.experiments();
        all.retain(|(claim, experiment, _)| !served(claim, &experiment.name));
        all
    }

    /// Sweeps at values nearer to where they cross.
    fn closer(&self) -> Vec<Wanted> {
        let mut closer: Vec<Wanted> = Vec::new();
        for finding in self.judged() {
            for one in &finding.evidence {
                let at = one.curve.as_ref().map_or(Vec::new(), |it| it.refinement(POINTS));
                let name = &one.predicate.experiment;
                let experiment = finding.claim.experiments.iter().find(|it| it.name == *name);
                let Some(experiment) = experiment.filter(|_| !at.is_empty()) else { continue };
                if let Ok(finer) = lukewarm_plan::refined(self.files, experiment, &at) {
                    let about = finding.claim.predicates.iter().filter(|it| it.experiment == *name);
                    closer.push((finding.claim.id.clone(), finer, about.cloned().collect()));
                }
            }
        }
        closer
    }

    /// Measures experiments, in as few runs as serve them.
    fn measure(
        &mut self,
        common: &Common,
        args: &ClaimsArgs,
        effort: Effort,
        settings: &Settings,
        wanted: Vec<Wanted>,
    ) -> anyhow::Result<()> {
        for plan in plans(&wanted, effort) {
            let (workspace, story) = (plan.workspaces[0].name.clone(), plan.story.name.clone());
            let profile = plan.cargo_profile.clone();
            let is_about = |(_, it, _): &&Wanted| {
                (&it.workspace.name, &it.story.name, &it.profile) == (&workspace, &story, &profile)
            };
            let about: Vec<&Wanted> = wanted.iter().filter(is_about).collect();
            let asked: Vec<Asked<'_>> = about
                .iter()
                .map(|(claim, experiment, predicates)| {
                    let predicates = predicates.iter().collect();
                    Asked { experiment, predicates, tests: self.tests(claim) }
                })
                .collect();
            let mut decide = |record: &RawRecord| open_claims(&Evaluation::of(record), &asked);
            let steering = Steering { decide: &mut decide, goes_on };
            let measured = self.carry_out(common, args, plan, settings.clone(), steering)?;
            let stopped = !measured.record.is_complete();
            // A degraded job is evidence that is not believed; the verdict says so.
            self.incomplete |=
                stopped || matches!(measured.reported.trust, Trust::Failed | Trust::Incomplete);
            let record = self.keep(measured.record);
            self.serving.extend(about.into_iter().map(|(claim, experiment, _)| Serving {
                claim: claim.clone(),
                experiment: experiment.clone(),
                record,
                changed: None,
            }));
            if stopped {
                break;
            }
        }
        Ok(())
    }

    /// Measures a plan, or what is left of it where a run of it was cut off.
    fn carry_out(
        &self,
        common: &Common,
        args: &ClaimsArgs,
        plan: Plan,
        settings: Settings,
        steering: Steering<'_>,
    ) -> anyhow::Result<Measured> {
        let recorded = measuring::recorded(&plan);
        let Some((folder, _)) = self.cut_off.iter().find(|(_, plan)| *plan == recorded) else {
            return measuring::begin(common, plan, &measure_args(args), settings, steering);
        };
        let (writer, record) = measuring::held(folder)?;
        if !common.quiet {
            terminal::say(format!("{} goes on where it was cut off", folder.display()));
        }
        measuring::go_on(common, record, writer, settings, steering)
            .context("with `--again` all is measured anew")
    }

    /// Timed predicates of a claim, which share its level.
    fn tests(&self, claim: &str) -> usize {
        self.claims.iter().find(|it| it.id == claim).map_or(1, Claim::tests)
    }

    /// Keeps a record once, and gives its number.
    fn keep(&mut self, record: RawRecord) -> usize {
        let known = self.records.iter().position(|it| it.run.id == record.run.id);
        known.unwrap_or_else(|| {
            self.records.push(record);
            self.records.len() - 1
        })
    }

    fn judged(&self) -> Vec<ClaimFinding> {
        let evaluations: Vec<Evaluation<'_>> = self.records.iter().map(Evaluation::of).collect();
        let mut served = Vec::new();
        for Serving { claim, experiment, record, changed } in &self.serving {
            let (evaluation, changed) = (&evaluations[*record], changed.as_deref());
            served.push(Served { claim, experiment, evaluation, changed });
        }
        judge_claims(&self.claims, &served)
    }
}

/// The first of some records that serves an experiment: one with the same settings, else, where
/// that may be, one with the same cases under other settings, and how they differ.
fn serving<'a>(
    found: &'a [RawRecord],
    experiment: &Experiment,
    anywhere: bool,
    enough: impl Fn(&RawRecord) -> bool,
) -> Option<(&'a RawRecord, Option<String>)> {
    let covered: Vec<(&RawRecord, Cover)> = found
        .iter()
        .filter(|record| enough(record))
        .map(|record| (record, lukewarm_analysis::covers(record, experiment)))
        .collect();
    let same = covered.iter().find(|(_, cover)| *cover == Cover::Same);
    same.map(|(record, _)| (*record, None)).or_else(|| {
        let changed = |(record, cover): &(&'a RawRecord, Cover)| match cover {
            Cover::Changed(why) if anywhere => Some((*record, Some(why.clone()))),
            _ => None,
        };
        covered.iter().find_map(changed)
    })
}

fn plans(wanted: &[Wanted], effort: Effort) -> Vec<Plan> {
    let pairs: Vec<(&Experiment, Vec<&Predicate>)> =
        wanted.iter().map(|(_, it, predicates)| (it, predicates.iter().collect())).collect();
    lukewarm_plan::plans(&pairs, effort)
}

/// What is about to happen, for the person who waits.
fn announce(common: &Common, plans: &[Plan], ledger: &Ledger<'_>) {
    if !common.quiet {
        terminal::say(Safe::<Terminal>::lines(&described(plans, ledger)));
    }
}

/// The runs that would serve the claims.
fn described(plans: &[Plan], ledger: &Ledger<'_>) -> String {
    let mut lines = Vec::new();
    if !ledger.records.is_empty() {
        let found = counted(ledger.records.len(), "earlier run");
        let verb = if ledger.records.len() == 1 { "serves" } else { "serve" };
        lines.push(format!("{found} of this machine {verb}, and will not be repeated"));
    }
    let cores = super::cores();
    let (mut least, mut most) = (0.0, 0.0);
    for plan in plans {
        let once = lukewarm_plan::estimate(&Plan { iterations: 1, ..plan.clone() }, cores);
        // Claims are about samples, of which there is one; without it nothing is added.
        let once = once.unwrap_or_default();
        least += once.0;
        most += once.0 * f64::from(plan.iterations);
        lines.push(format!(
            "{}: {}, {}, once in about {once}",
            plan.name,
            counted(plan.cases.len(), "case"),
            counted(plan.story.jobs.len(), "job")
        ));
    }
    let (least, most) = (lukewarm_model::Seconds(least), lukewarm_model::Seconds(most));
    lines.push(match plans.len() {
        0 => format!("{}: nothing is left to be measured", counted(ledger.claims.len(), "claim")),
        runs => format!(
            "{}: {}, from {least} to {most}, as times need to be decided",
            counted(ledger.claims.len(), "claim"),
            counted(runs, "run")
        ),
    });
    lines.join("\n") + "\n"
}

/// The words that go on with a run that was cut off.
fn goes_on(_: &Path) -> String {
    "the same `lukewarm claims` (without `--again`) goes on with it".to_owned()
}

fn measure_args(args: &ClaimsArgs) -> MeasureArgs {
    MeasureArgs { places: args.places.clone(), out: args.out.clone(), ..MeasureArgs::default() }
}

/// The folder of this answer, beside those of the runs that it rests on.
fn own_folder(common: &Common, args: &ClaimsArgs) -> anyhow::Result<PathBuf> {
    let out = measuring::out(common, &measure_args(args))?;
    let now = jiff::Timestamp::now();
    let entropy = std::process::id() ^ now.subsec_nanosecond() as u32;
    let folder = out.join(lukewarm_record::new_id(now, "claims", entropy));
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// Writes the answer's files, and prints it.
fn answer(args: &ClaimsArgs, findings: &[ClaimFinding], folder: &Path) -> anyhow::Result<()> {
    for file in lukewarm_report::claim_files(findings)? {
        write_file(folder, &file.name, &file.content)?;
    }
    for path in &args.into {
        let page = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let table = lukewarm_report::claim_table(findings);
        let changed = lukewarm_report::between_markers(&page, &table)
            .with_context(|| format!("{}: no lines `{}`", path.display(), MARKERS))?;
        let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        write_file(parent.unwrap_or(Path::new(".")), &name, changed.as_bytes())?;
    }
    let text = match args.json {
        true => Output::from(lukewarm_report::claims_json(findings)?),
        false => lukewarm_report::claims_terminal(findings).into(),
    };
    terminal::result(text);
    Ok(())
}

/// What the table stands between.
const MARKERS: &str = "<!-- claims -->` and `<!-- end of claims -->";
