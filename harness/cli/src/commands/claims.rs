//! `lukewarm claims`: what is claimed is measured, or looked up in earlier runs, and judged.
//! Owns what is said and printed of it; the campaign is the session's.

use std::path::Path;

use lukewarm_analysis::ClaimFinding;
use lukewarm_model::text::{Output, Safe, Terminal};
use lukewarm_model::{Claim, Plan, Seconds};
use lukewarm_plan::Effort;
use lukewarm_session::{
    Campaign, CampaignRun, CampaignState, MachineConditions, PriorRuns, Provenance, Registered,
    Session, SessionError, records_in, register, replace_table, write_answer,
};

use super::narrator::Narrator;
use super::{counted, files};
use crate::args::{ClaimsArgs, Common};
use crate::definitions::Definitions;
use crate::exit::Exit;
use crate::failure::{Context, Failure, Result, bail};
use crate::{paths, signals, terminal};

/// Judges claims.
pub fn run(common: &Common, args: &ClaimsArgs) -> Result<Exit> {
    let files = files(common, &args.places)?;
    let selected = lukewarm_plan::select_claims(&files, &args.ids).context("the selection")?;
    if selected.is_empty() {
        bail!("there is no claim: no `scenarios/claims` has one");
    }
    if args.register {
        return registered(common, &selected);
    }
    let session = Session {
        files: &files,
        settings: paths::settings(&args.places)?,
        results: paths::results(common, args.out.as_deref())?,
        command: paths::typed(),
    };
    let claims = selected.into_iter().cloned().collect();
    let effort = if args.quick { Effort::Quick } else { Effort::Usual };
    let mut campaign = Campaign::new(&files, claims, effort);
    let mut narrator = Narrator::new(common, goes_on);
    let mut prior = PriorRuns::default();
    if let Some(folder) = &args.from {
        campaign.take_prior_runs(&records_in(folder)?, Provenance::Chosen);
    } else if !args.again {
        let here = MachineConditions::look(&session)?;
        let results = session.results.preferred();
        prior = PriorRuns::look(results, &here, &mut |event| narrator.hear(event));
        campaign.take_prior_runs(&prior.complete, Provenance::ThisMachine);
    }
    let runs = campaign.unserved();
    if args.plan {
        terminal::result(Safe::<Terminal>::lines(&described(&runs, &campaign)));
        return Ok(Exit::Fine);
    }
    let folder = match &args.from {
        Some(folder) => folder.clone(),
        None => {
            if !common.quiet {
                terminal::say(Safe::<Terminal>::lines(&described(&runs, &campaign)));
            }
            signals::catch_for(&session.settings.processes)?;
            session
                .carry_out_campaign(&mut campaign, &prior, &mut |event| narrator.hear(event))
                .map_err(|error| explained(&narrator, error))?;
            session.results.new_folder("claims")?
        }
    };
    let findings = campaign.findings();
    answer(args, &findings, &folder)?;
    if !common.quiet {
        terminal::say(format!("report: {}", folder.join("claims.html").display()));
    }
    Ok(match campaign.state(&findings) {
        CampaignState::Incomplete => Exit::CasesFailed,
        CampaignState::Inconclusive => Exit::Inconclusive,
        CampaignState::Decided => Exit::Fine,
    })
}

/// Registers claims as they stand now, and says what was written where.
fn registered(common: &Common, claims: &[&Claim]) -> Result<Exit> {
    let definitions = Definitions::find(common)?;
    let mut said = String::new();
    for claim in claims {
        said += &match register(&definitions.claim_file(&claim.id)?, claim)? {
            Registered::Now { at } => format!("{}: registered at {at}\n", claim.id),
            Registered::Before { at } => {
                format!("{}: registered at {at}, and unchanged since\n", claim.id)
            }
        };
    }
    terminal::result(Safe::<Terminal>::lines(&said));
    Ok(Exit::Fine)
}

/// The runs that would serve the claims.
fn described(runs: &[CampaignRun], campaign: &Campaign<'_>) -> String {
    let mut lines = Vec::new();
    if campaign.run_count() > 0 {
        let found = counted(campaign.run_count(), "earlier run");
        let verb = if campaign.run_count() == 1 { "serves" } else { "serve" };
        lines.push(format!("{found} of this machine {verb}, and will not be repeated"));
    }
    let (mut least, mut most) = (0.0, 0.0);
    let tools = lukewarm_cache_tools::descriptions();
    for CampaignRun { plan, .. } in runs {
        let once = Plan { iterations: 1, ..plan.clone() };
        let once = lukewarm_session::estimate(&once, &tools);
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
    let (least, most) = (Seconds(least), Seconds(most));
    let claims = counted(campaign.claims().len(), "claim");
    lines.push(match runs.len() {
        0 => format!("{claims}: nothing is left to be measured"),
        runs => format!(
            "{claims}: {}, from {least} to {most}, as times need to be decided",
            counted(runs, "run")
        ),
    });
    lines.join("\n") + "\n"
}

/// The words that go on with a run that was cut off.
fn goes_on(_: &Path) -> String {
    "the same `lukewarm claims` (without `--again`) goes on with it".to_owned()
}

/// An error with what helps: a run that cannot go on can be measured anew.
fn explained(narrator: &Narrator<'_>, error: SessionError) -> Failure {
    let anew = matches!(error, SessionError::RecordedPlan { .. } | SessionError::Differs { .. });
    let error = narrator.explain(error);
    if anew { error.context("with `--again` all is measured anew") } else { error }
}

/// Writes the answer's files, and prints it.
fn answer(args: &ClaimsArgs, findings: &[ClaimFinding], folder: &Path) -> Result<()> {
    write_answer(findings, folder)?;
    for page in &args.into {
        replace_table(findings, page)?;
    }
    let text = match args.json {
        true => Output::from(lukewarm_report::claims_json(findings)?),
        false => lukewarm_report::claims_terminal(findings).into(),
    };
    terminal::result(text);
    Ok(())
}
