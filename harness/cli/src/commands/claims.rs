//! `lukewarm claims`: claims about build caches are measured, or looked up in earlier runs, and
//! judged. Owns what is printed; the campaign is the session's.

use std::path::Path;

use lukewarm_analysis::ClaimFinding;
use lukewarm_model::text::{Output, Safe, Terminal};
use lukewarm_model::{Claim, Seconds};
use lukewarm_plan::Effort;
use lukewarm_session::{
    Assignment, Campaign, CampaignRun, CampaignState, EvidenceSource, Registered, Session,
    SessionError, register, replace_table, write_answer,
};

use super::narrator::Narrator;
use super::{counted, files};
use crate::args::{ClaimsArgs, Common};
use crate::exit::Exit;
use crate::failure::{Context, Failure, Result, bail};
use crate::{paths, signals, terminal};

/// Judges claims.
pub fn run(common: &Common, args: &ClaimsArgs) -> Result<Exit> {
    let files = files(common, &args.places)?;
    let selected = lukewarm_plan::select_claims(&files, &args.ids)
        .context("the selected claims cannot be tested")?;
    if selected.is_empty() {
        bail!("there is no claim: no folder `scenarios/claims` has a file");
    }
    if args.register {
        return registered(common, &selected);
    }
    let assignment = match args.from.is_some() || args.plan {
        true => Assignment::default(),
        false => super::assignment(common, &args.shard)?,
    };
    // Several runs leave several files.
    let folder = assignment.file.map(|it| it.join(""));
    let session = Session {
        files: &files,
        assignment: Assignment { file: folder, ..assignment },
        settings: paths::settings(&args.places)?,
        results: paths::results(common, args.out.as_deref())?,
        command: paths::typed(),
    };
    let claims = selected.into_iter().cloned().collect();
    let effort = if args.quick { Effort::Quick } else { Effort::Usual };
    let mut campaign = Campaign::new(&files, claims, effort).on(args.runner.runner());
    let mut narrator = Narrator::new(common, how_to_resume);
    let source = match (&args.from, args.again) {
        (Some(folder), _) => EvidenceSource::Folder(folder),
        (None, false) => EvidenceSource::ThisMachine,
        (None, true) => EvidenceSource::Nothing,
    };
    let prior =
        session.collect_evidence(&mut campaign, source, &mut |event| narrator.hear(event))?;
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
            if !session.assignment.is_everything() {
                return Ok(part(&narrator, &campaign));
            }
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

/// That a shard of the runs was measured, which judges nothing.
fn part(narrator: &Narrator<'_>, campaign: &Campaign<'_>) -> Exit {
    narrator.say(
        "a part is not judged: `lukewarm merge --by-plan` makes a record of each run, and \
         `lukewarm claims --from DIR` judges by them",
    );
    match campaign.is_incomplete() {
        true => Exit::CasesFailed,
        false => Exit::Fine,
    }
}

/// Registers claims as they are now, and prints when each was registered.
fn registered(common: &Common, claims: &[&Claim]) -> Result<Exit> {
    let definitions = paths::definitions(common)?;
    let mut said = String::new();
    for claim in claims {
        said += &match register(&definitions.claim_file(&claim.id)?, claim)? {
            Registered::Now { at } => format!("{}: registered at {at}\n", claim.id),
            Registered::Before { at } => {
                format!("{}: already registered at {at}, and unchanged since\n", claim.id)
            }
        };
    }
    terminal::result(Safe::<Terminal>::lines(&said));
    Ok(Exit::Fine)
}

/// The runs that would test the claims.
fn described(runs: &[CampaignRun], campaign: &Campaign<'_>) -> String {
    let mut lines = Vec::new();
    if campaign.run_count() > 0 {
        let found = counted(campaign.run_count(), "earlier run");
        let verb = if campaign.run_count() == 1 { "is" } else { "are" };
        lines.push(format!("{found} of this machine {verb} used as evidence and not repeated"));
    }
    let (mut least, mut most) = (0.0, 0.0);
    let tools = lukewarm_cache_tools::descriptions();
    for run in runs {
        let (once, all) = run.estimate(&tools);
        least += once.0;
        most += all.0;
        let plan = &run.plan;
        lines.push(format!(
            "{}: {}, {}, about {once} an iteration",
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
            "{claims}: {}, {least} to {most}, depending on how soon times are decided",
            counted(runs, "run")
        ),
    });
    lines.join("\n") + "\n"
}

/// How an interrupted run is resumed.
fn how_to_resume(_: &Path) -> String {
    "the same `lukewarm claims` (without `--again`) resumes it".to_owned()
}

/// An error with advice: a run that cannot be resumed can be measured again.
fn explained(narrator: &Narrator<'_>, error: SessionError) -> Failure {
    let again = matches!(error, SessionError::RecordedPlan { .. } | SessionError::Differs { .. });
    let error = narrator.explain(error);
    if again { error.context("use `--again` to measure everything again") } else { error }
}

/// Writes the files of the verdicts, and prints them.
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
