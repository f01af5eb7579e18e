//! How fast the machine was: what the calibration load took in a run, beside what it takes when the
//! machine is quiet. Owns the bound of the gate, which is absolute: a run's own median cannot tell
//! a machine that is slow throughout.

use crate::probe::{Probe, median};
use crate::{Seconds, Timestamp};

/// Beyond this multiple of what the load takes on the quiet machine a run is slow: it is marked,
/// and not published without a reason. Probes of a quiet machine differ by up to 20 %, and their
/// median from their lower quartile by less than half of that.
pub const SLOW: f64 = 1.15;

/// What the calibration load takes on a quiet machine, as `lukewarm doctor` measured it.
#[derive(Clone, Debug, PartialEq)]
pub struct QuietMachine {
    /// Wall-clock time of the load: the lower quartile of several.
    pub wall: Seconds,
    /// When it was measured, RFC 3339 in UTC.
    pub measured: Timestamp,
}

/// How fast the machine was during a run.
#[derive(Clone, Debug, PartialEq)]
pub struct MachinePace {
    /// Median wall-clock time of the calibration load during the run.
    pub probe: Seconds,
    /// How often it was done.
    pub probes: u64,
    /// What it takes on this machine, with this toolchain, when it is quiet; absent where nobody
    /// has measured that.
    pub quiet: Option<QuietMachine>,
}

/// That a run was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The folder below `results/published`.
    pub name: String,
    /// When, RFC 3339 in UTC.
    pub at: Timestamp,
    /// Why it was published although the machine was slow, or nobody knows whether it was.
    pub reason: Option<String>,
}

/// What a pace says of a run's times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standard {
    /// The machine was as fast as it is when it is quiet; so many times what it takes then.
    Quiet(f64),
    /// It was slower than the bound.
    Slow(f64),
    /// No quiet value of the machine is known.
    Unknown,
}

impl MachinePace {
    /// The pace of a run with these probes; none without any.
    pub fn of<'a>(
        probes: impl IntoIterator<Item = &'a Probe>,
        quiet: Option<QuietMachine>,
    ) -> Option<MachinePace> {
        let walls: Vec<Seconds> = probes.into_iter().map(|probe| probe.wall).collect();
        let probe = Seconds(median(&walls)?);
        Some(MachinePace { probe, probes: walls.len() as u64, quiet })
    }

    /// What it says of the run's times.
    pub fn standard(&self) -> Standard {
        let quiet = self.quiet.as_ref().map(|quiet| quiet.wall.0).filter(|wall| *wall > 0.0);
        match quiet.map(|quiet| self.probe.0 / quiet) {
            None => Standard::Unknown,
            Some(times) if times > SLOW => Standard::Slow(times),
            Some(times) => Standard::Quiet(times),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(walls: &[f64], quiet: Option<f64>) -> Option<MachinePace> {
        let probe = |wall: &f64| Probe { wall: Seconds(*wall), cpu: None, stolen: None };
        let probes: Vec<Probe> = walls.iter().map(probe).collect();
        let quiet =
            quiet.map(|wall| QuietMachine { wall: Seconds(wall), measured: Timestamp::default() });
        MachinePace::of(&probes, quiet)
    }

    #[test]
    fn the_median_of_a_runs_probes_is_held_against_the_quiet_value() {
        let said = |walls: &[f64], quiet| pace(walls, quiet).unwrap().standard();
        assert_eq!(said(&[0.4, 0.4, 9.0], Some(0.4)), Standard::Quiet(1.0));
        assert_eq!(said(&[0.46], Some(0.4)), Standard::Quiet(0.46 / 0.4));
        assert_eq!(said(&[0.5, 0.6, 0.7], Some(0.4)), Standard::Slow(0.6 / 0.4));
        assert_eq!(said(&[0.4], None), Standard::Unknown);
        assert_eq!(said(&[0.4], Some(0.0)), Standard::Unknown, "no machine takes no time");
        assert_eq!(pace(&[], Some(0.4)), None);
    }

    #[test]
    fn a_machine_that_is_slow_throughout_is_found_though_no_probe_differs_from_another() {
        let walls = [0.62; 20];
        assert!(crate::disturbed(&walls.map(Seconds)).is_empty());
        assert_eq!(pace(&walls, Some(0.35)).unwrap().standard(), Standard::Slow(0.62 / 0.35));
    }
}
