//! Where the time of a run went, in seconds and in shares.
//! Owns that split alone.

use crate::Seconds;

/// Where the time between first job and last went, of a part that was killed only its jobs'.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TimeSpent {
    /// Steps of jobs.
    pub measured: Seconds,
    /// Laying checkouts and states, clearing them away: what a clean machine costs.
    pub laying: Seconds,
    /// Everything else: the harness's own time.
    pub own: Seconds,
}

/// Shares of the time of a run, from 0 to 1; all 0 where no time went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeShares {
    /// Steps of jobs.
    pub measured: f64,
    /// What a clean machine costs.
    pub laying: f64,
    /// The harness's own time.
    pub own: f64,
}

impl TimeSpent {
    /// The parts as shares of their sum.
    pub fn shares(self) -> TimeShares {
        let sum = (self.measured + self.laying + self.own).0;
        let share = |part: Seconds| if sum > 0.0 { part.0 / sum } else { 0.0 };
        TimeShares {
            measured: share(self.measured),
            laying: share(self.laying),
            own: share(self.own),
        }
    }
}
