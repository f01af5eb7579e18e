//! A claims campaign: which experiments earlier runs serve, which runs are still to be made, and
//! when it is over. Owns these decisions. It must not read, write or measure anything: records
//! come in as values.

use std::collections::{BTreeSet, VecDeque};

use lukewarm_analysis::{
    Asked, ClaimFinding, Cover, Evaluation, Served, judge_claims, open_claims,
};
use lukewarm_model::{
    Claim, ClaimVerdict, Experiment, JobFacts, Plan, Predicate, RawRecord, Runner, Seconds,
    ToolDescription,
};
use lukewarm_plan::{ClaimsRun, Effort, Files};
use lukewarm_report::Trust;
use lukewarm_runner::OpenCells;

/// How often points are added to a sweep where its curve crosses the bound.
const REFINEMENTS: usize = 2;
/// How many points are added each time.
const POINTS: usize = 1;

/// Where earlier runs come from, which decides what they may serve as evidence for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// Measured under this machine's conditions: a run that is long enough and has today's
    /// settings replaces a new one.
    ThisMachine,
    /// Chosen by the user: all of them count, and settings that differ are reported.
    Chosen,
}

/// The state of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignState {
    /// A run that it made stopped early, or had failing jobs.
    Incomplete,
    /// What was measured leaves a claim open.
    Inconclusive,
    /// Every claim has a verdict.
    Decided,
}

/// An experiment of a claim, and the predicates that are about it.
#[derive(Clone, Debug, PartialEq)]
struct WantedExperiment {
    /// The claim's id.
    claim: String,
    experiment: Experiment,
    predicates: Vec<Predicate>,
}

/// An experiment of a claim, and the number of the record that serves it.
#[derive(Debug)]
struct Serving {
    claim: String,
    experiment: Experiment,
    record: usize,
    /// How the record's settings differ from today's, where they do.
    changed: Option<String>,
}

/// A run that a campaign asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignRun {
    /// What is to be measured.
    pub plan: Plan,
    serves: Vec<WantedExperiment>,
}

/// The claims, and what was measured for them so far.
#[derive(Debug)]
pub struct Campaign<'a> {
    files: &'a Files,
    effort: Effort,
    /// What jobs of its runs may use of the machine; absent means all of it.
    runner: Option<Runner>,
    claims: Vec<Claim>,
    records: Vec<RawRecord>,
    serving: Vec<Serving>,
    /// Runs of this round that are still to be made.
    queue: VecDeque<CampaignRun>,
    /// Whether the runs for experiments without evidence are planned.
    begun: bool,
    /// How often points were added to sweeps, in earlier runs or in this campaign.
    refined: usize,
    /// Whether a run that was made stopped early or had failures.
    incomplete: bool,
}

impl CampaignRun {
    /// Rough time of one iteration of the run and of all that it may take; claims are about
    /// samples, whose build times are known.
    pub fn estimate(&self, tools: &[ToolDescription]) -> (Seconds, Seconds) {
        let once = Plan { iterations: 1, ..self.plan.clone() };
        let once = crate::session::estimate(&once, tools);
        let once = once.unwrap_or_default();
        (once, Seconds(once.0 * f64::from(self.plan.iterations)))
    }
}

impl<'a> Campaign<'a> {
    /// A campaign for some claims, with nothing measured.
    pub fn new(files: &'a Files, claims: Vec<Claim>, effort: Effort) -> Campaign<'a> {
        Campaign {
            files,
            effort,
            runner: None,
            claims,
            records: Vec::new(),
            serving: Vec::new(),
            queue: VecDeque::new(),
            begun: false,
            refined: 0,
            incomplete: false,
        }
    }

    /// This campaign with jobs that may use so much of the machine.
    pub fn on(self, runner: Option<Runner>) -> Campaign<'a> {
        Campaign { runner, ..self }
    }

    /// What jobs of its runs may use of the machine; absent means all of it.
    pub fn runner(&self) -> Option<Runner> {
        self.runner
    }

    /// The claims.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// How many runs serve an experiment.
    pub fn run_count(&self) -> usize {
        self.records.len()
    }

    /// Takes the earlier runs, newest first, that serve as evidence for an experiment or for the
    /// refined points of its sweep.
    pub fn take_prior_runs(&mut self, runs: &[RawRecord], provenance: Provenance) {
        for wanted in self.experiments() {
            let enough = |record: &RawRecord| {
                provenance == Provenance::Chosen || is_long_enough(record, &wanted, self.effort)
            };
            if let Some((record, changed)) = serving(runs, &wanted.experiment, provenance, enough) {
                self.serve(wanted, record.clone(), changed);
            }
        }
        for _ in 0..REFINEMENTS {
            let before = self.serving.len();
            for wanted in self.refinements() {
                // Only with today's settings: others would not refine the same curve.
                let provenance = Provenance::ThisMachine;
                let found = serving(runs, &wanted.experiment, provenance, |_| true);
                if let Some((record, changed)) = found {
                    self.serve(wanted, record.clone(), changed);
                }
            }
            if self.serving.len() == before {
                break;
            }
            self.refined += 1;
        }
    }

    /// The runs for what nothing serves yet.
    pub fn unserved(&self) -> Vec<CampaignRun> {
        let is_served = |wanted: &WantedExperiment| {
            let mut serving = self.serving.iter();
            serving
                .any(|it| it.claim == wanted.claim && it.experiment.name == wanted.experiment.name)
        };
        let mut wanted = self.experiments();
        wanted.retain(|it| !is_served(it));
        self.runs(wanted)
    }

    /// The next run to make; none when the campaign is over. Experiments without evidence come
    /// first, then refined points of sweeps, unless a run was incomplete or the effort is quick.
    pub fn next_run(&mut self) -> Option<CampaignRun> {
        if !std::mem::replace(&mut self.begun, true) {
            self.queue = self.unserved().into();
        }
        if self.queue.is_empty() {
            self.queue = self.closer_looks().into();
        }
        self.queue.pop_front()
    }

    /// Runs at refined points of sweeps, at most `REFINEMENTS` times.
    fn closer_looks(&mut self) -> Vec<CampaignRun> {
        if self.incomplete || self.effort == Effort::Quick || self.refined == REFINEMENTS {
            return Vec::new();
        }
        self.refined += 1;
        self.runs(self.refinements())
    }

    /// The jobs of cases that would decide more of the claims if a run measured them further.
    pub fn open(&self, run: &CampaignRun, record: &RawRecord) -> OpenCells {
        let asked: Vec<Asked<'_>> = run
            .serves
            .iter()
            .map(|it| Asked {
                experiment: &it.experiment,
                predicates: it.predicates.iter().collect(),
                tests: self.tests(&it.claim, Claim::tests),
                size_tests: self.tests(&it.claim, Claim::size_tests),
            })
            .collect();
        open_claims(&Evaluation::of(record), &asked)
    }

    /// Takes what a run measured. One that stopped early ends the campaign.
    pub fn take(&mut self, run: CampaignRun, record: RawRecord, trust: Trust) {
        let stopped = !record.is_complete();
        // A degraded job is evidence that is not believed; the verdict says so.
        self.incomplete |= stopped || matches!(trust, Trust::Failed | Trust::Incomplete);
        for wanted in run.serves {
            self.serve(wanted, record.clone(), None);
        }
        if stopped {
            self.queue.clear();
        }
    }

    /// Takes how a part of a run went, which is evidence only when it is merged with the others.
    pub fn take_part(&mut self, record: &RawRecord, trust: Trust) {
        self.incomplete |=
            !record.is_complete() || matches!(trust, Trust::Failed | Trust::Incomplete);
    }

    /// Whether a run that was made stopped early or had failures.
    pub fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    /// The finding for each claim, from everything that was measured.
    pub fn findings(&self) -> Vec<ClaimFinding> {
        let evaluations: Vec<Evaluation<'_>> = self.records.iter().map(Evaluation::of).collect();
        let mut served = Vec::new();
        for Serving { claim, experiment, record, changed } in &self.serving {
            let (evaluation, changed) = (&evaluations[*record], changed.as_deref());
            served.push(Served { claim, experiment, evaluation, changed });
        }
        judge_claims(&self.claims, &served)
    }

    /// The state of the campaign with these findings.
    pub fn state(&self, findings: &[ClaimFinding]) -> CampaignState {
        let open = findings.iter().any(|it| it.verdict == ClaimVerdict::Inconclusive);
        match (self.incomplete, open) {
            (true, _) => CampaignState::Incomplete,
            (false, true) => CampaignState::Inconclusive,
            (false, false) => CampaignState::Decided,
        }
    }

    /// Every experiment of the claims.
    fn experiments(&self) -> Vec<WantedExperiment> {
        let claims = self.claims.iter();
        claims.flat_map(|claim| claim.experiments.iter().map(|it| wanted(claim, it))).collect()
    }

    /// Sweeps at values closer to where the curve crosses the bound.
    fn refinements(&self) -> Vec<WantedExperiment> {
        let mut closer = Vec::new();
        for finding in self.findings() {
            for one in &finding.evidence {
                let at = one.curve.as_ref().map_or(Vec::new(), |it| it.refinement(POINTS));
                let name = &one.predicate.experiment;
                let experiment = finding.claim.experiments.iter().find(|it| it.name == *name);
                let Some(experiment) = experiment.filter(|_| !at.is_empty()) else { continue };
                if let Ok(finer) = lukewarm_plan::refined(self.files, experiment, &at) {
                    closer.push(wanted(&finding.claim, &finer));
                }
            }
        }
        closer
    }

    /// As few runs as serve some experiments.
    fn runs(&self, wanted: Vec<WantedExperiment>) -> Vec<CampaignRun> {
        let pairs: Vec<(&Experiment, Vec<&Predicate>)> =
            wanted.iter().map(|it| (&it.experiment, it.predicates.iter().collect())).collect();
        let run = |ClaimsRun { plan, serves }| {
            let serves = serves.into_iter().map(|place: usize| wanted[place].clone()).collect();
            CampaignRun { plan: Plan { runner: self.runner, ..plan }, serves }
        };
        lukewarm_plan::plans(&pairs, self.effort).into_iter().map(run).collect()
    }

    /// Tests of a claim that share a level.
    fn tests(&self, claim: &str, count: fn(&Claim) -> usize) -> usize {
        self.claims.iter().find(|it| it.id == claim).map_or(1, count)
    }

    /// Notes that a record serves an experiment; each record is kept once.
    fn serve(&mut self, wanted: WantedExperiment, record: RawRecord, changed: Option<String>) {
        let known = self.records.iter().position(|it| it.run.id == record.run.id);
        let record = known.unwrap_or_else(|| {
            self.records.push(record);
            self.records.len() - 1
        });
        let WantedExperiment { claim, experiment, .. } = wanted;
        self.serving.push(Serving { claim, experiment, record, changed });
    }
}

/// An experiment of a claim, with the predicates about it.
fn wanted(claim: &Claim, experiment: &Experiment) -> WantedExperiment {
    let about = claim.predicates.iter().filter(|it| it.experiment == experiment.name);
    WantedExperiment {
        claim: claim.id.clone(),
        experiment: experiment.clone(),
        predicates: about.cloned().collect(),
    }
}

/// The first of some records that serves an experiment: one with the same settings, else, where
/// that may be, one with the same cases under other settings, and how they differ.
fn serving<'a>(
    found: &'a [RawRecord],
    experiment: &Experiment,
    provenance: Provenance,
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
            Cover::Changed(why) if provenance == Provenance::Chosen => {
                Some((*record, Some(why.clone())))
            }
            _ => None,
        };
        covered.iter().find_map(changed)
    })
}

/// Whether a record has as many iterations as the effort wants for an experiment: as many pairs as
/// any test needs for each timed predicate, and a second value for what repeats.
fn is_long_enough(record: &RawRecord, wanted: &WantedExperiment, effort: Effort) -> bool {
    let WantedExperiment { experiment, predicates, .. } = wanted;
    let measured = |predicate: &Predicate| {
        let scenario = match &experiment.sweep {
            // Every point of a sweep is measured as often as the others, until it is decided.
            Some(sweep) => sweep.points[0].scenario(&predicate.value.scenario),
            None => &predicate.value.scenario,
        };
        let cases = record.run.plan.cases.iter();
        let mut cases = cases.filter(|it| it.workspace == experiment.workspace.name);
        let case = cases.find(|it| it.scenario == *scenario);
        let jobs = predicate.value.jobs(&experiment.story);
        let is_of = |job: &&JobFacts| {
            let counts = job.attempt.iteration > 0 && jobs.contains(&job.job);
            counts && case == Some(&job.case)
        };
        let iterations: BTreeSet<u32> =
            record.jobs.iter().filter(is_of).map(|job| job.attempt.iteration).collect();
        iterations.len()
    };
    predicates.iter().all(|predicate| {
        let fewest = match predicate.needs_test() && effort == Effort::Usual {
            true => lukewarm_analysis::FEWEST_PAIRS as usize,
            false => 2,
        };
        measured(predicate) >= fewest
    })
}

#[cfg(test)]
mod tests;
