//! The runs of a campaign, one after the other: new ones, and those that were cut off before.
//! Owns the loop; which runs these are is the campaign's to say.

use lukewarm_model::RawRecord;

use super::campaign::{Campaign, CampaignRun};
use super::prior_runs::PriorRuns;
use crate::error::SessionError;
use crate::event::{Observer, SessionEvent};
use crate::run_facts::recorded_plan;
use crate::session::{Measured, OpenedRun, Session};

impl Session<'_> {
    /// Makes every run that a campaign still asks for.
    ///
    /// # Errors
    /// When a run cannot be prepared or cannot go on.
    pub fn carry_out_campaign(
        &self,
        campaign: &mut Campaign<'_>,
        prior: &PriorRuns,
        observer: Observer<'_>,
    ) -> Result<(), SessionError> {
        while let Some(run) = campaign.next_run() {
            let measured = self.carry_out_one(campaign, &run, prior, observer)?;
            campaign.take(run, measured.record, measured.report.trust);
        }
        Ok(())
    }

    /// Measures a run, or what is left of it where it was cut off before.
    fn carry_out_one(
        &self,
        campaign: &Campaign<'_>,
        run: &CampaignRun,
        prior: &PriorRuns,
        observer: Observer<'_>,
    ) -> Result<Measured, SessionError> {
        let mut decide = |record: &RawRecord| campaign.open(run, record);
        let Some(cut_off) = prior.to_resume(&recorded_plan(&run.plan, &self.home())) else {
            return self.measure(run.plan.clone(), &mut decide, observer);
        };
        let opened = OpenedRun::open(&cut_off.folder)?;
        let warnings = opened.warnings();
        observer(SessionEvent::Reopened { folder: &cut_off.folder, warnings: &warnings });
        self.resume(opened, &mut decide, observer)
    }
}
