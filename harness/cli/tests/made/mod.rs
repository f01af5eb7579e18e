//! Runs made of the published one, for tests of what reads them.
#![allow(dead_code, reason = "no test needs all of them")]

use std::path::{Path, PathBuf};

use lukewarm_model::{Case, JobFacts, Probe, RawRecord, RunEnd, RunFacts, Seconds};
use lukewarm_record::Writer;

fn published() -> RawRecord {
    lukewarm_record::read(&published_folder()).unwrap()
}

/// The folder of the published run: its journal alone is kept of what `lukewarm report` makes.
pub fn published_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/published/cli")
}

/// A copy of the published run with every file of its report.
#[expect(clippy::disallowed_methods, reason = "the program is started as its users do")]
pub fn reported(place: &Path) -> PathBuf {
    std::fs::copy(published_folder().join("journal.jsonl"), place.join("journal.jsonl")).unwrap();
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    let output = program.arg("report").arg(place).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    place.to_owned()
}

/// A calibration load on a quiet machine: without some that agree, two runs compare no times.
fn quiet() -> Probe {
    Probe { wall: Seconds(0.35), cpu: None, stolen: None }
}

/// The published run with so many iterations, made of its first one, and every job changed.
pub fn run(results: &Path, id: &str, change: impl Fn(&mut JobFacts)) -> PathBuf {
    run_on(results, id, &published().run.host.kernel, change)
}

/// The same on a machine with that kernel.
pub fn run_on(results: &Path, id: &str, kernel: &str, change: impl Fn(&mut JobFacts)) -> PathBuf {
    let record = published();
    let mut facts = RunFacts { id: id.to_owned(), ..record.run };
    kernel.clone_into(&mut facts.host.kernel);
    let mut writer = Writer::create(results, &facts).unwrap();
    let first = record.jobs.into_iter().filter(|job| job.attempt.iteration == 1);
    for mut job in first.filter(|job| job.case == "cli/none" || job.case == "cli/sccache-webdav") {
        let walls: Vec<f64> = job.steps.iter().map(|step| step.wall.0).collect();
        for iteration in 1..=12 {
            job.attempt.iteration = iteration;
            for (step, wall) in job.steps.iter_mut().zip(&walls) {
                step.wall.0 = wall * (1.0 + 0.001 * f64::from(iteration * 7 % 11 * 3 % 7));
            }
            let mut changed = job.clone();
            changed.probe = Some(quiet());
            change(&mut changed);
            writer.job(&changed).unwrap();
        }
    }
    writer.folder().to_owned()
}

/// The same with two scenarios alone, priming and an end: a run that may be whole.
pub fn whole(
    results: &Path,
    id: &str,
    end: Option<&RunEnd>,
    change: impl Fn(&mut JobFacts),
) -> PathBuf {
    let record = published();
    let mut facts = RunFacts { id: id.to_owned(), ..record.run };
    let is_kept = |case: &Case| *case == "cli/none" || *case == "cli/sccache-webdav";
    facts.plan.cases.retain(|case| is_kept(case));
    facts.plan.scenarios.retain(|it| ["none", "sccache-webdav"].contains(&it.name.as_str()));
    facts.plan.iterations = 12;
    let mut writer = Writer::create(results, &facts).unwrap();
    let mut position = 0;
    for iteration in 0..=12 {
        let of = record.jobs.iter().filter(|job| job.attempt.iteration == iteration.min(1));
        for job in of.filter(|job| is_kept(&job.case)) {
            let mut job = job.clone();
            job.attempt.iteration = iteration;
            job.attempt.position = position;
            job.probe = Some(quiet());
            position += 1;
            for step in &mut job.steps {
                step.wall.0 *= 1.0 + 0.001 * f64::from(iteration * 7 % 11 * 3 % 7);
            }
            change(&mut job);
            writer.job(&job).unwrap();
        }
    }
    if let Some(end) = end {
        writer.end(end).unwrap();
    }
    writer.folder().to_owned()
}

pub fn unchanged(_: &mut JobFacts) {}

pub fn slower(job: &mut JobFacts) {
    job.steps.iter_mut().for_each(|step| step.wall.0 *= 1.2);
}
