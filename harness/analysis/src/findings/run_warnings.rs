//! Warnings about the machine and the run, from its record.
//! Owns their words; none of them changes a number.

use std::collections::BTreeMap;

use lukewarm_model::{Blocks, JobFacts, RawRecord, Seconds, Warning, disturbed, disturbed_blocks};

use super::settled;
use crate::evaluate::SamplesByRow;

/// The warnings of a run: those of its start, those that its jobs show, those of its end.
pub(super) fn warnings(record: &RawRecord) -> Vec<Warning> {
    let mut warnings = record.run.warnings.clone();
    warnings.extend(resumed(record));
    warnings.extend(disturbances(record));
    warnings.extend(of_jobs(record));
    warnings.extend(settled::warnings(record));
    warnings.extend(record.end.iter().flat_map(|end| end.warnings.clone()));
    warnings
}

/// The warning that a measured first pass counts in no estimate of some jobs.
pub(super) fn first_pass(rows: &SamplesByRow<'_>) -> Option<Warning> {
    let slow = rows.slow_first_passes();
    let names: Vec<String> =
        slow.iter().map(|(workspace, job)| format!("{job} of {workspace}")).collect();
    (!names.is_empty()).then(|| {
        Warning::new(
            format!(
                "the first pass was slower than the rest, and is not counted: {}",
                names.join(", ")
            ),
            "later blocks have taken its place; a longer budget gives more of them",
        )
    })
}

/// The warning that a run was interrupted and resumed, and the machine's warnings at that time.
fn resumed(record: &RawRecord) -> Vec<Warning> {
    let parts: Vec<&Vec<Warning>> =
        record.jobs.iter().filter_map(|job| job.resumed.as_ref()).collect();
    if parts.is_empty() {
        return Vec::new();
    }
    let times = if parts.len() == 1 { "once".to_owned() } else { format!("{} times", parts.len()) };
    let mut warnings = vec![Warning::new(
        format!("the run was interrupted and resumed {times}"),
        "ratios are paired within iterations, so only interrupted iterations are affected",
    )];
    for warning in parts.into_iter().flatten() {
        if !warnings.contains(warning) && !record.run.warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    warnings
}

/// The warnings of single jobs, each once.
fn of_jobs(record: &RawRecord) -> Vec<Warning> {
    let mut seen: Vec<Warning> = Vec::new();
    for warning in record.jobs.iter().flat_map(JobFacts::all_warnings) {
        if !seen.contains(warning) {
            seen.push(warning.clone());
        }
    }
    seen
}

/// How often the calibration load was slow, and how many blocks were measured again for it.
fn disturbances(record: &RawRecord) -> Option<Warning> {
    let probed: Vec<&JobFacts> = record.jobs.iter().filter(|job| job.probe.is_some()).collect();
    // Each machine of a merged record is slow or not beside itself.
    let mut walls: BTreeMap<Option<u32>, Vec<Seconds>> = BTreeMap::new();
    for (job, probe) in probed.iter().filter_map(|job| Some((job, job.probe?))) {
        walls.entry(job.part).or_default().push(probe.wall);
    }
    let slow: usize = walls.values().map(|walls| disturbed(walls).len()).sum();
    if slow == 0 {
        return None;
    }
    let blocks = Blocks::of_jobs(&record.jobs);
    let found = disturbed_blocks(&record.jobs).into_iter();
    let repeated = found.filter(|block| blocks.is_repeated(*block)).count();
    Some(Warning::new(
        format!(
            "before {} of {} blocks of jobs the calibration load took over 1.4 times its median; \
             {repeated} of these blocks were measured again as a whole, and the repeat counts",
            slow,
            probed.len()
        ),
        "other processes used the machine at times: stop them, or measure more iterations",
    ))
}

#[cfg(test)]
mod tests {
    use lukewarm_model::Probe;

    use super::*;
    use crate::examples;

    fn record(probes: &[(u32, f64)]) -> RawRecord {
        let run = examples::run(vec![examples::none()], &["cold"], 9);
        let job = |(position, (iteration, wall)): (usize, &(u32, f64))| {
            let mut job = examples::job("finder/none", "cold", *iteration, 10.0);
            job.attempt.position = position as u64;
            job.probe = Some(Probe { wall: Seconds(*wall), cpu: None, stolen: None });
            job
        };
        RawRecord { run, jobs: probes.iter().enumerate().map(job).collect(), end: None }
    }

    #[test]
    fn disturbed_blocks_are_told_with_those_that_were_measured_again() {
        let said = |probes: &[(u32, f64)]| {
            warnings(&record(probes)).into_iter().map(|it| it.what).collect::<Vec<_>>()
        };
        assert_eq!(said(&[(1, 1.0), (2, 1.1), (3, 1.0)]), Vec::<String>::new());
        let told = said(&[(1, 1.0), (2, 2.0), (3, 3.0), (4, 1.0), (5, 1.0), (2, 1.0)]);
        assert!(told[0].starts_with("before 2 of 6 blocks"), "{told:?}");
        assert!(told[0].contains("; 1 of these blocks were measured again"), "{told:?}");
    }

    #[test]
    fn a_resumed_run_says_so_once_with_what_was_new() {
        let mut record = record(&[(1, 1.0), (2, 1.0), (3, 1.0)]);
        let busy = Warning::new("busy", "wait");
        record.run.warnings.push(busy.clone());
        let hot = Warning::new("hot", "cool it");
        record.jobs[1].resumed = Some(vec![busy.clone()]);
        record.jobs[2].resumed = Some(vec![busy, hot]);
        let said: Vec<String> = warnings(&record).into_iter().map(|it| it.what).collect();
        assert_eq!(said, ["busy", "the run was interrupted and resumed 2 times", "hot"]);
    }

    #[test]
    fn what_was_odd_in_jobs_is_said_once() {
        let mut record = record(&[(1, 1.0), (2, 1.0), (3, 1.0)]);
        let [one, other] = ["one", "other"].map(|what| Warning::new(what, "look"));
        record.jobs[0].warnings = vec![one.clone()];
        record.jobs[2].warnings = vec![one, other];
        let said: Vec<String> = warnings(&record).into_iter().map(|it| it.what).collect();
        assert_eq!(said, ["one", "other"]);
    }
}
