//! The time of the calibration load on the quiet machine: stored in lukewarm's own folder, one file
//! for each machine and compiler. Owns when a value is stored or replaced. A slower value must not
//! replace a faster one unless the user asks for it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lukewarm_model::{
    Classify, ErrorKind, Host, Probe, QuietMachine, SLOW, Seconds, Timestamp, Toolchain, Warning,
};
use serde::{Deserialize, Serialize};

use crate::error::RunnerError;
use crate::prepare::{cargo_home, probe};

/// Version of the file's format.
const FORMAT: u32 = 1;

/// Maximum relative spread on a machine without other work: 20 % in 15 turns were seen on a virtual
/// machine.
pub const MOST_SPREAD: f64 = 0.25;

/// Maximum share of stolen time on a quiet machine.
const STOLEN: f64 = 0.01;

/// Minimum number of turns for a quartile.
const FEWEST_TURNS: usize = 5;

/// What a value is valid for: the machine, its compiler and the load. The frequency policy is left
/// out, since a slow-down by it is what the value must show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// SHA-256 of the system's machine id; of an empty text where it has none.
    identity: String,
    cpu: String,
    cores: u32,
    processor_limit: Option<f64>,
    kernel: String,
    rustc: String,
    /// SHA-256 of the compiled text.
    load: String,
}

/// The content of the file.
#[derive(Serialize, Deserialize)]
struct Kept {
    v: u32,
    machine: Machine,
    quiet: KeptPace,
}

/// What the load takes, as the file has it.
#[derive(Serialize, Deserialize)]
struct KeptPace {
    wall: Seconds,
    measured: Timestamp,
}

/// The outcome of a measurement of the quiet machine.
#[derive(Clone, Debug, PartialEq)]
pub enum QuietOutcome {
    /// The new value is stored: there was none, or it is faster, or the user asked for it.
    Kept(QuietMachine),
    /// The stored value stays: the machine is as fast as it was.
    AsBefore(QuietMachine),
    /// The stored value stays, and the machine is slower now by this factor.
    Slower(QuietMachine, f64),
}

/// Why the time of the calibration load on the quiet machine is unknown.
#[derive(Debug, thiserror::Error)]
pub enum UnknownPace {
    /// It was never measured.
    #[error("it was never measured")]
    NeverMeasured,
    /// Its file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its file is not in the known format.
    #[error("{}: {source}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The parser's error.
        source: serde_json::Error,
    },
    /// Its file has another format.
    #[error("{}: another version of lukewarm wrote it", .0.display())]
    OtherVersion(PathBuf),
    /// Its file was copied from elsewhere.
    #[error("{}: it is of another machine", .0.display())]
    OtherMachine(PathBuf),
    /// Its file has a time that is not positive.
    #[error("{}: the time is not a positive number of seconds", .0.display())]
    NoTime(PathBuf),
}

impl Classify for UnknownPace {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Environment
    }
}

/// Which values replace the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// Only faster ones.
    Faster,
    /// All.
    Always,
}

impl Machine {
    /// The machine below `root`, which is `/` outside tests, with a toolchain.
    pub fn of(root: &Path, host: &Host, toolchain: &Toolchain) -> Machine {
        let identity = fs::read(root.join("etc/machine-id")).unwrap_or_default();
        Machine {
            identity: cargo_home::hash(&identity),
            cpu: host.cpu.clone(),
            cores: host.cores,
            processor_limit: host.details.as_ref().and_then(|details| details.processor_limit),
            kernel: host.kernel.clone(),
            rustc: toolchain.rustc.clone(),
            load: cargo_home::hash(probe::text().as_bytes()),
        }
    }

    fn file(&self, cache: &Path) -> PathBuf {
        // Text and numbers always have a JSON form.
        let words = serde_json::to_vec(self).unwrap_or_default();
        let hash = cargo_home::hash(&words);
        cache.join("quiet").join(format!("{}.json", &hash[..16]))
    }
}

/// The stored value of a machine.
///
/// # Errors
/// When there is none, or the file is damaged.
pub fn known(cache: &Path, machine: &Machine) -> Result<QuietMachine, UnknownPace> {
    let path = machine.file(cache);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(UnknownPace::NeverMeasured);
        }
        Err(source) => return Err(UnknownPace::Unreadable { path, source }),
    };
    let kept: Kept = match serde_json::from_slice(&text) {
        Ok(kept) => kept,
        Err(source) => return Err(UnknownPace::Broken { path, source }),
    };
    let wall = kept.quiet.wall.0;
    match kept {
        Kept { v, .. } if v != FORMAT => Err(UnknownPace::OtherVersion(path)),
        kept if kept.machine != *machine => Err(UnknownPace::OtherMachine(path)),
        _ if !(wall.is_finite() && wall > 0.0) => Err(UnknownPace::NoTime(path)),
        Kept { quiet: KeptPace { wall, measured }, .. } => Ok(QuietMachine { wall, measured }),
    }
}

/// Why these probes, with the warnings of their time, are not those of a quiet machine; none where
/// they are.
pub fn unrest(probes: &[Probe], meanwhile: &[Warning]) -> Option<String> {
    let walls = sorted(probes);
    let (Some(least), Some(most)) = (walls.first(), walls.last()) else {
        return Some("the calibration load was not done".to_owned());
    };
    let spread = most.0 / least.0 - 1.0;
    let stolen = probes.iter().filter_map(|probe| probe.stolen).fold(0.0, f64::max);
    let warning = meanwhile.iter().map(|warning| warning.what.clone()).next();
    warning
        .or_else(|| {
            (stolen > STOLEN).then(|| format!("{:.1} % of the time was stolen", stolen * 100.0))
        })
        .or_else(|| {
            (spread > MOST_SPREAD)
                .then(|| format!("the calibration load varies by {:.0} %", spread * 100.0))
        })
        .or_else(|| {
            (walls.len() < FEWEST_TURNS)
                .then(|| format!("{} turns are too few, {FEWEST_TURNS} are needed", walls.len()))
        })
}

/// Stores the time of these probes of a quiet machine, if it replaces the stored one. A damaged
/// file is replaced.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(
    cache: &Path,
    machine: &Machine,
    probes: &[Probe],
    replace: Replace,
) -> Result<QuietOutcome, RunnerError> {
    let quiet = QuietMachine { wall: lower_quartile(probes), measured: SystemTime::now().into() };
    match known(cache, machine) {
        Ok(known) if replace == Replace::Faster && known.wall <= quiet.wall => {
            let times = quiet.wall.0 / known.wall.0;
            return Ok(match times > SLOW {
                true => QuietOutcome::Slower(known, times),
                false => QuietOutcome::AsBefore(known),
            });
        }
        Ok(_) | Err(_) => {}
    }
    let kept = KeptPace { wall: quiet.wall, measured: quiet.measured };
    write(cache, &Kept { v: FORMAT, machine: machine.clone(), quiet: kept })?;
    Ok(QuietOutcome::Kept(quiet))
}

/// Writes the file whole or not at all.
fn write(cache: &Path, kept: &Kept) -> Result<(), RunnerError> {
    let path = kept.machine.file(cache);
    let folder = path.parent().unwrap_or(cache);
    fs::create_dir_all(folder).map_err(RunnerError::file("make folder", folder))?;
    let text = serde_json::to_vec_pretty(kept).map_err(std::io::Error::other);
    let written = text.and_then(|text| {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&text)?;
        file.as_file().sync_data()?;
        file.persist(&path).map_err(|error| error.error)
    });
    written.map(drop).map_err(RunnerError::file("write", &path))
}

/// The lower quartile of the probes' times; a faster one may be chance.
fn lower_quartile(probes: &[Probe]) -> Seconds {
    let walls = sorted(probes);
    walls.get(walls.len().saturating_sub(1) / 4).copied().unwrap_or_default()
}

fn sorted(probes: &[Probe]) -> Vec<Seconds> {
    let mut walls: Vec<Seconds> = probes.iter().map(|probe| probe.wall).collect();
    walls.sort_by(|one, other| one.0.total_cmp(&other.0));
    walls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probes(walls: &[f64]) -> Vec<Probe> {
        let probe = |wall: &f64| Probe { wall: Seconds(*wall), cpu: None, stolen: None };
        walls.iter().map(probe).collect()
    }

    fn machine(cores: u32, rustc: &str) -> Machine {
        let toolchain = Toolchain { rustc: rustc.to_owned(), ..Toolchain::default() };
        let root = tempfile::tempdir().unwrap();
        Machine::of(root.path(), &Host { cores, ..Host::default() }, &toolchain)
    }

    #[test]
    fn the_quartile_of_a_quiet_machine_is_kept_for_it_and_its_compiler_alone() {
        let cache = tempfile::tempdir().unwrap();
        let here = machine(2, "rustc 1");
        let nothing = known(cache.path(), &here).unwrap_err();
        assert!(matches!(nothing, UnknownPace::NeverMeasured), "{nothing}");
        let walls = probes(&[0.44, 0.40, 0.42, 0.41, 0.43, 0.45, 0.40, 0.42, 0.41, 0.46]);
        let QuietOutcome::Kept(kept) = keep(cache.path(), &here, &walls, Replace::Faster).unwrap()
        else {
            panic!("not kept")
        };
        assert_eq!(kept.wall, Seconds(0.41));
        assert_eq!(known(cache.path(), &here).unwrap(), kept);
        for other in [machine(4, "rustc 1"), machine(2, "rustc 2")] {
            assert!(known(cache.path(), &other).is_err());
        }
    }

    #[test]
    fn a_slow_value_takes_the_place_of_a_fast_one_only_where_that_is_asked_for() {
        let cache = tempfile::tempdir().unwrap();
        let here = machine(2, "rustc 1");
        let keep = |wall: f64, replace| match super::keep(
            cache.path(),
            &here,
            &probes(&[wall; 5]),
            replace,
        )
        .unwrap()
        {
            QuietOutcome::Kept(it) => ("kept", it.wall.0),
            QuietOutcome::AsBefore(it) => ("as before", it.wall.0),
            QuietOutcome::Slower(it, times) if times > SLOW => ("slower", it.wall.0),
            QuietOutcome::Slower(..) => ("slower, and is not", 0.0),
        };
        assert_eq!(keep(0.40, Replace::Faster), ("kept", 0.40));
        assert_eq!(keep(0.45, Replace::Faster), ("as before", 0.40));
        assert_eq!(keep(0.80, Replace::Faster), ("slower", 0.40));
        assert_eq!(keep(0.38, Replace::Faster), ("kept", 0.38));
        assert_eq!(keep(0.80, Replace::Always), ("kept", 0.80));
    }

    #[test]
    fn a_file_that_is_broken_or_of_another_version_is_named_and_measured_anew() {
        let cache = tempfile::tempdir().unwrap();
        let here = machine(2, "rustc 1");
        keep(cache.path(), &here, &probes(&[0.4; 5]), Replace::Faster).unwrap();
        let path = here.file(cache.path());
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        for (broken, why) in [
            ("{\"v\": 1, \"mach", "EOF"),
            (&*text.replace("\"v\": 1", "\"v\": 9"), "another version"),
            (&*text.replace("\"cores\": 2", "\"cores\": 3"), "another machine"),
            (&*text.replace("0.4", "0.0"), "the time is not a positive number"),
        ] {
            fs::write(&path, broken).unwrap();
            let said = known(cache.path(), &here).unwrap_err().to_string();
            assert!(said.contains(why) && said.contains(&name), "{said}");
            let outcome = keep(cache.path(), &here, &probes(&[0.9; 5]), Replace::Faster).unwrap();
            assert!(matches!(outcome, QuietOutcome::Kept(_)), "{outcome:?}");
        }
        assert!(known(cache.path(), &here).is_ok());
    }

    #[test]
    fn only_a_quiet_machine_tells_what_it_takes_when_it_is_quiet() {
        let quiet = probes(&[0.40, 0.41, 0.42, 0.43, 0.44]);
        assert_eq!(unrest(&quiet, &[]), None);
        let busy = Warning::new("other work used 40 % of the processors", "stop it");
        assert_eq!(unrest(&quiet, std::slice::from_ref(&busy)), Some(busy.what));
        let said = |walls: &[f64]| unrest(&probes(walls), &[]).unwrap();
        assert_eq!(said(&[0.4, 0.4, 0.4, 0.4, 0.6]), "the calibration load varies by 50 %");
        assert_eq!(said(&[0.4, 0.4]), "2 turns are too few, 5 are needed");
        assert_eq!(said(&[]), "the calibration load was not done");
        let mut stolen = quiet.clone();
        stolen[3].stolen = Some(0.08);
        assert_eq!(unrest(&stolen, &[]), Some("8.0 % of the time was stolen".to_owned()));
    }
}
