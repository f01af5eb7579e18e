//! The example of a whole run in `testdata/example/`, which other rooms read too.
//! Owns the story it tells: a sound reference, an archive, a wrapper that once fell back to its
//! local disk, and a case that fails from its first job on.

use lukewarm_model::{
    Check, Failure, FailureKind, JobFacts, RawRecord, RunEnd, Seconds, Step, TimeSpent, Warning,
};

use crate::examples::{self, Fresh, Said};

const JOBS: [&str; 3] = ["cold", "unchanged", "leaf-body"];

/// The run that `testdata/example/journal.jsonl` holds.
pub(crate) fn example_run() -> RawRecord {
    let scenarios = vec![
        examples::none(),
        examples::laptop(),
        examples::archive(),
        examples::webdav(),
        examples::throttled(),
    ];
    let mut run = examples::run(scenarios, &JOBS, 2);
    run.warnings.push(Warning::new(
        "the machine was not idle when the run began: load 0.12 on 2 cores",
        "close other programs",
    ));
    let mut jobs = Vec::new();
    for iteration in 0..=2 {
        for case in &run.plan.cases {
            for name in JOBS {
                let mut job = one_job(&case.to_string(), name, iteration);
                job.attempt.position = jobs.len() as u64;
                let minutes = 15 + jobs.len() / 4;
                let seconds = 15 * (jobs.len() % 4);
                job.started = examples::time(&format!("2026-11-23T10:{minutes:02}:{seconds:02}Z"));
                jobs.push(job);
            }
        }
    }
    let end = RunEnd {
        ended: examples::time("2026-11-23T10:27:00Z"),
        stopped: None,
        enough: None,
        time: TimeSpent { measured: Seconds(402.5), laying: Seconds(31.0), own: Seconds(9.25) },
        warnings: Vec::new(),
        machine: None,
        published: None,
    };
    RawRecord { run, jobs, end: Some(end) }
}

fn one_job(case: &str, name: &str, iteration: u32) -> JobFacts {
    // A few per cent of noise that every reader can work out again.
    let noise = 1.0 + 0.013 * f64::from(iteration) + 0.004 * (name.len() % 5) as f64;
    let mut job = match case {
        "finder/none" => examples::job(case, name, iteration, 12.4),
        "finder/persistent-target" => laptop(case, name, iteration),
        "finder/actions-cache" => archive(case, name, iteration),
        "finder/sccache-webdav" => wrapper(case, name, iteration),
        _ => failing(case, name, iteration),
    };
    for step in &mut job.steps {
        step.wall.0 = (step.wall.0 * noise * 1e6).round() / 1e6;
        step.cpu = step.cpu.map(|cpu| Seconds((cpu.0 * noise * 1e6).round() / 1e6));
    }
    if name != "leaf-body" {
        job.checks.clear();
    }
    let seen = "37 lines found".to_owned();
    job.checks.push(Check { name: "the program works".to_owned(), held: Some(true), seen });
    job
}

fn laptop(case: &str, name: &str, iteration: u32) -> JobFacts {
    let (wall, fresh) = match name {
        "cold" => (13.1, Fresh::Nothing),
        "unchanged" => (0.2, Fresh::Everything),
        _ => (1.9, Fresh::External),
    };
    let mut job = examples::job(case, name, iteration, wall);
    job.units = examples::units(fresh);
    job.kept_bytes = Some(lukewarm_model::Bytes(212_000_000));
    job
}

fn archive(case: &str, name: &str, iteration: u32) -> JobFacts {
    let (wall, fresh) = match name {
        "cold" => (12.6, Fresh::Nothing),
        _ => (5.1, Fresh::External),
    };
    let mut job = examples::service_job(case, name, iteration, wall);
    job.units = examples::units(fresh);
    let archive = 61_400_000;
    if name == "cold" {
        job.steps[0].ledger = Some(examples::ledger(&[(200, 1)], 12, 140));
        job.steps[2].wall = Seconds(2.2);
        job.steps[2].ledger = Some(examples::ledger(&[(200, 2), (201, 1)], 300, archive));
        job.steps[2].note = Some("saved 61.4 MB".to_owned());
    } else {
        job.steps[0].wall = Seconds(1.6);
        job.steps[0].ledger = Some(examples::ledger(&[(200, 2)], archive, 140));
        job.steps[2].note = Some("key exists, not saved".to_owned());
    }
    job.service.iter_mut().for_each(|service| {
        service.objects = 1;
        service.bytes.0 = archive;
    });
    job
}

fn wrapper(case: &str, name: &str, iteration: u32) -> JobFacts {
    let hits = match name {
        "cold" => 0,
        "unchanged" => 14,
        _ => 13,
    };
    let mut job = examples::sccache_job(case, name, iteration, hits);
    if name == "leaf-body" && iteration == 2 {
        let location = "Local disk: \"/tmp/example/sccache\"";
        job.statements =
            examples::statements(&Said { location, hits: 0, misses: 14, ..examples::said() });
        job.steps[1] = examples::step(Step::Build, 12.9);
        job.steps[1].service_cpu = Some(Seconds(0.0));
        job.steps[1].ledger = Some(examples::ledger(&[], 0, 0));
    }
    job
}

fn failing(case: &str, name: &str, iteration: u32) -> JobFacts {
    let mut job = examples::service_job(case, name, iteration, 3.4);
    job.units.clear();
    job.service = None;
    job.failure = Some(match name {
        "cold" => {
            job.steps.truncate(1);
            Failure {
                step: Some(Step::Build),
                kind: FailureKind::Tool,
                message: "sccache's server did not start within 10 s".to_owned(),
                last_lines: vec![
                    "sccache: error: Server startup failed: cache storage failed to read: \
                     Unexpected (temporary) at read"
                        .to_owned(),
                    "sccache: caused by: 429 Too Many Requests".to_owned(),
                ],
            }
        }
        _ => {
            job.steps.clear();
            Failure {
                step: None,
                kind: FailureKind::Predecessor,
                message: "its predecessor `cold` failed, so there is no state to start from"
                    .to_owned(),
                last_lines: Vec::new(),
            }
        }
    });
    job
}

#[cfg(test)]
mod tests {
    use super::*;
    use lukewarm_record::{JOURNAL, Writer, read};

    #[test]
    fn the_example_on_disk_is_this_run() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/example");
        let results = tempfile::tempdir().unwrap();
        let record = example_run();
        let mut writer = Writer::create(results.path(), &record.run).unwrap();
        record.jobs.iter().for_each(|job| writer.job(job).unwrap());
        writer.end(record.end.as_ref().unwrap()).unwrap();
        if read(folder.as_ref()).ok().as_ref() != Some(&record) {
            let fresh = results.keep().join(&record.run.id).join(JOURNAL);
            panic!("{folder} is out of date: copy {} there", fresh.display());
        }
    }
}
