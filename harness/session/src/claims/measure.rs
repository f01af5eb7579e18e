//! The runs of a campaign, one after the other: new ones, and interrupted ones that are resumed.
//! Owns the loop and the evidence that it begins with; which runs are needed the campaign decides.

use std::path::Path;

use lukewarm_model::RawRecord;

use super::campaign::{Campaign, CampaignRun, Provenance};
use super::prior_runs::{MachineConditions, PriorRuns, records_in};
use crate::deciding::Deciding;
use crate::error::SessionError;
use crate::event::{Observer, SessionEvent};
use crate::run_facts::recorded_plan;
use crate::session::{Measured, OpenedRun, Session};

/// The runs that a campaign begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceSource<'a> {
    /// The records in a folder, whatever machine they are of.
    Folder(&'a Path),
    /// Earlier runs of this machine, in the folder of results.
    ThisMachine,
    /// None: everything is measured again.
    Nothing,
}

impl Session<'_> {
    /// Gives a campaign the runs that it begins with, and returns those of this machine.
    ///
    /// # Errors
    /// When a chosen record or this machine's conditions cannot be read.
    pub fn collect_evidence(
        &self,
        campaign: &mut Campaign<'_>,
        source: EvidenceSource<'_>,
        observer: Observer<'_>,
    ) -> Result<PriorRuns, SessionError> {
        match source {
            EvidenceSource::Nothing => Ok(PriorRuns::default()),
            EvidenceSource::Folder(folder) => {
                let mut records = records_in(folder)?;
                // A shard decides nothing by itself.
                records.retain(|it| it.run.shard.is_none());
                campaign.take_prior_runs(&records, Provenance::Chosen);
                Ok(PriorRuns::default())
            }
            EvidenceSource::ThisMachine => {
                let here = MachineConditions::look(self, campaign.runner())?;
                let prior = PriorRuns::look(self.results.preferred(), &here, observer);
                if !self.assignment.is_everything() {
                    // All shards must measure the same, whatever their machines measured before.
                    return Ok(prior);
                }
                campaign.take_prior_runs(&prior.complete, Provenance::ThisMachine);
                Ok(prior)
            }
        }
    }

    /// Makes every run that a campaign still asks for. A shard makes its part of those that are
    /// known before anything is measured, and decides nothing.
    ///
    /// # Errors
    /// When a run cannot be prepared or stops.
    pub fn carry_out_campaign(
        &self,
        campaign: &mut Campaign<'_>,
        prior: &PriorRuns,
        observer: Observer<'_>,
    ) -> Result<(), SessionError> {
        if !self.assignment.is_everything() {
            for run in campaign.unserved() {
                let measured = self.carry_out_one(campaign, &run, prior, observer)?;
                campaign.take_part(&measured.record, measured.report.trust);
                if !measured.record.is_complete() {
                    break;
                }
            }
            return Ok(());
        }
        while let Some(run) = campaign.next_run() {
            let measured = self.carry_out_one(campaign, &run, prior, observer)?;
            campaign.take(run, measured.record, measured.report.trust);
        }
        Ok(())
    }

    /// Measures a run, or the rest of one that was interrupted before.
    fn carry_out_one(
        &self,
        campaign: &Campaign<'_>,
        run: &CampaignRun,
        prior: &PriorRuns,
        observer: Observer<'_>,
    ) -> Result<Measured, SessionError> {
        let deciding = Deciding::claims(|record: &RawRecord| campaign.open(run, record));
        let plan = recorded_plan(&self.assignment.plan(run.plan.clone())?, &self.home());
        let Some(cut_off) = prior.to_resume(&plan, &self.assignment) else {
            return self.measure(run.plan.clone(), deciding, observer);
        };
        let opened = OpenedRun::open(&cut_off.folder)?;
        let warnings = opened.warnings();
        observer(SessionEvent::Reopened { folder: &cut_off.folder, warnings: &warnings });
        self.resume_deciding(opened, deciding, observer)
    }
}
