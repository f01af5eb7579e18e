//! A run as a whole: the order of its events, a cancellation, an observer that fails.

use lukewarm_model::{Attempt, StopReason};
use lukewarm_runner::{Event, Processes};

use crate::support::{plan, record, record_in, record_told, scenario, try_record};

#[test]
fn a_cancelled_run_keeps_its_jobs_and_leaves_no_process() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let processes = Processes::default();
    let scenarios = vec![scenario("local", "sccache", None), scenario("none", "none", None)];
    let plan = plan(scenarios);
    let canceller = processes.clone();
    let logs = place.path().join("logs");
    let watcher = std::thread::spawn(move || {
        // As soon as the second job has begun to build.
        for _ in 0..2000 {
            let begun = walkdir::WalkDir::new(&logs).into_iter().flatten();
            if begun.filter(|it| it.file_name() == "build.log").count() >= 2 {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        canceller.cancel();
    });
    let record = record_in(plan, place.path(), &processes);
    watcher.join().unwrap();
    assert_eq!(record.end.unwrap().stopped, Some(StopReason::Cancelled));
    assert!(record.jobs.len() < 8);
    let inside = place.path().join("runs").display().to_string();
    let left: Vec<String> = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| std::fs::read_to_string(entry.path().join("environ")).ok())
        .filter(|environment| environment.contains(&inside))
        .collect();
    assert!(left.is_empty(), "{} processes were left behind", left.len());
    let left = std::fs::read_dir(place.path().join("runs")).unwrap();
    let left: Vec<_> = left.map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, [".lukewarm-scratch"]);
}

#[test]
fn a_full_pass_is_scheduled_in_the_order_of_the_record() {
    let (_place, record) = record(plan(vec![scenario("none", "none", None)]));
    let attempts: Vec<Attempt> = record.jobs.iter().map(|job| job.attempt).collect();
    let attempt = |position| Attempt { iteration: 1, position, repeat: 0 };
    let wanted: Vec<Attempt> = (0..4).map(attempt).collect();
    assert_eq!(attempts, wanted);
    let time = record.end.unwrap().time;
    assert!(time.measured.0 > 0.1 && time.own.0 >= 0.0, "{time:?}");
}

#[test]
fn a_run_goes_in_this_order() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let mut plan = plan(vec![scenario("local", "sccache", None)]);
    plan.story.jobs.truncate(2);
    let mut told = Vec::new();
    record_told(plan, place.path(), &Processes::default(), &mut |event: &Event| {
        told.push(match event {
            Event::Preparing(_) => "prepare".to_owned(),
            Event::LeftOut { .. } => "leave out".to_owned(),
            Event::Planned(slots) => format!("plan {} jobs", slots.len()),
            Event::JobStarted { job, .. } => format!("job {job}"),
            Event::StepStarted(step) => format!("  {step}"),
            Event::StepFinished(step, _) => format!("  {step} done"),
            Event::JobFinished(facts) => format!("keep {}", facts.job),
            Event::Finished(_) => "end".to_owned(),
        });
        Ok(())
    });
    let job = |name: &str| {
        [
            format!("job {name}"),
            "  restore".to_owned(),
            "  restore done".to_owned(),
            "  build".to_owned(),
            "  build done".to_owned(),
            "  save".to_owned(),
            "  save done".to_owned(),
            format!("keep {name}"),
        ]
    };
    let mut wanted = vec!["plan 2 jobs".to_owned()];
    wanted.extend(job("cold"));
    wanted.extend(job("unchanged"));
    wanted.push("end".to_owned());
    assert_eq!(told, wanted);
}

#[test]
fn a_listener_that_cannot_keep_what_it_hears_ends_the_run() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let plan = plan(vec![scenario("none", "none", None)]);
    let mut kept = 0;
    let ended =
        try_record(plan, place.path(), &Processes::default(), &mut |event: &Event| match event {
            Event::JobFinished(_) if kept == 1 => Err("no space left on device".into()),
            Event::JobFinished(_) => {
                kept += 1;
                Ok(())
            }
            _ => Ok(()),
        });
    let error = ended.unwrap_err();
    assert_eq!(error.to_string(), "what was measured cannot be kept");
    assert_eq!(kept, 1);
}
