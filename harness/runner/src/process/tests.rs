//! Real processes: how they end, what they cost, and that none is left.

use std::sync::{Mutex, MutexGuard};

use super::*;

/// Held by a test that leaves strays: another that stops all strays of this process would end its
/// own.
pub(super) fn alone_with_strays() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    running_groups::lock(&ALONE)
}

fn shell(script: &str) -> CommandSpec {
    let mut spec = CommandSpec::new("/bin/sh", "/").args(["-c", script]);
    spec.environment.insert("PATH".into(), "/usr/bin:/bin".into());
    spec
}

#[test]
fn tells_code_and_output_and_inherits_nothing() {
    let processes = Processes::default();
    let (finished, text) = shell("env; exit 3").read(&processes).unwrap();
    assert_eq!(finished.code, Some(3));
    assert!(text.contains("PATH=/usr/bin:/bin"), "{text}");
    assert!(!text.contains("HOME="), "{text}");
}

#[test]
fn a_child_sees_its_order_and_the_mark_of_this_process_and_nothing_else() {
    let mut spec = CommandSpec::new("/usr/bin/env", "/");
    spec.environment.insert("ONE".into(), "1".into());
    let (_, text) = spec.read(&Processes::default()).unwrap();
    let mark = format!("LUKEWARM_RUN={}", mark::own());
    assert_eq!(text.lines().collect::<Vec<_>>(), [mark.as_str(), "ONE=1"]);
}

#[test]
fn each_line_is_heard_with_its_time_and_nobody_who_holds_the_stream_is_waited_for() {
    let _alone = alone_with_strays();
    let (tell, told) = std::sync::mpsc::channel();
    let mut spec = shell("setsid sleep 95.25 & echo one; sleep 0.2; printf 'two\\nrest'");
    spec.stdout = Output::Lines(LineListener::new(move |read, line| {
        tell.send((read, line.to_owned())).unwrap();
    }));
    let processes = Processes::default();
    let began = Instant::now();
    let finished = spec.run(&processes).unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(finished.code, Some(0));
    drop(spec);
    let heard: Vec<(Instant, String)> = told.iter().collect();
    let lines: Vec<&str> = heard.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines, ["one", "two", "rest"]);
    assert!(heard[1].0 - heard[0].0 >= Duration::from_millis(150), "{heard:?}");
    processes.stop_strays();
    assert_eq!(proc::named("sleep\095.25"), 0);
}

#[test]
fn a_zombie_in_the_group_that_is_not_ours_is_not_waited_for() {
    let _alone = alone_with_strays();
    let processes = Processes::default();
    let folder = tempfile::tempdir().unwrap();
    // A session of its own, whose beginning is waited for however busy the machine is. It must
    // not fork from there on: a shell that waits for a child would reap the zombie too.
    let session = "setsid sh -c ': >gone; exec sleep 92.75'";
    let script = format!(
        "sh -c \"sleep 0.02 & exec {session}\" &\nuntil [ -e gone ]; do sleep 0.01; done\n\
         sleep 0.2"
    );
    let spec = CommandSpec { folder: folder.path().to_owned(), ..shell(&script) };
    let began = Instant::now();
    let finished = spec.run(&processes).unwrap();
    // It is neither waited for until patience ends, nor named: a zombie does nothing.
    let after_its_end = began.elapsed().saturating_sub(Duration::from_secs_f64(finished.wall.0));
    assert!(after_its_end < strays::PATIENCE, "{after_its_end:?}");
    assert!((0.2..90.0).contains(&finished.wall.0), "{}", finished.wall);
    assert_eq!(processes.take_unkillable(), [""; 0]);
    assert!(processes.cleaning() > Duration::ZERO);
    assert_eq!(proc::named("sleep\092.75"), 1);
    processes.stop_strays();
    assert_eq!(proc::named("sleep\092.75"), 0);
}

#[test]
fn what_has_not_ended_when_its_jobs_time_is_over_is_stopped() {
    let processes = Processes::default();
    let at = Instant::now() + Duration::from_millis(300);
    processes.set_limit(Some(TimeLimit { at, given: Seconds(0.3) }));
    let began = Instant::now();
    let error = shell("sleep 97.5").run(&processes).unwrap_err();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(matches!(error, ProcessError::JobTimeout { .. }), "{error}");
    assert!(error.to_string().contains("`--job-timeout TIME`"), "{error}");
    assert_eq!(proc::named("sleep\097.5"), 0);
    // A time of its own that is over earlier comes first.
    let at = Instant::now() + Duration::from_secs(90);
    processes.set_limit(Some(TimeLimit { at, given: Seconds(90.0) }));
    let short = CommandSpec { timeout: Duration::from_millis(200), ..shell("sleep 97.75") };
    let error = short.run(&processes).unwrap_err();
    assert!(matches!(error, ProcessError::Timeout { .. }), "{error}");
    processes.set_limit(None);
    assert_eq!(shell("exit 3").run(&processes).unwrap().code, Some(3));
}

#[test]
fn a_stray_whose_name_is_no_text_is_stopped() {
    let _alone = alone_with_strays();
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    // The kernel keeps 15 bytes of a name: here it cuts inside the last letter.
    let program = folder.path().join("prüfung_dateiä");
    std::fs::write(&program, "#!/bin/sh\nsleep 91.5 & wait\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let processes = Processes::default();
    let line = format!("setsid '{}' & sleep 0.2", program.display());
    shell(&line).run(&processes).unwrap();
    assert_eq!(proc::named("prüfung_dateiä"), 1);
    processes.stop_strays();
    assert!(processes.take_ended_strays().len() >= 2, "the script and its child are named");
    assert_eq!(proc::named("prüfung_dateiä") + proc::named("sleep\091.5"), 0);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "what somebody else starts in this process")]
fn a_child_that_was_started_by_other_means_is_left_to_who_waits_for_it() {
    let _alone = alone_with_strays();
    let processes = Processes::default();
    let mut at_work = std::process::Command::new("sleep").arg("0.3").spawn().unwrap();
    let mut ended = std::process::Command::new("sh").args(["-c", "exit 7"]).spawn().unwrap();
    let id = ended.id() as i32;
    while !proc::stat(id).is_some_and(|stat| stat.is_zombie()) {
        std::thread::sleep(Duration::from_millis(5));
    }
    shell("true").run(&processes).unwrap();
    processes.stop_strays();
    assert!(at_work.wait().unwrap().success());
    assert_eq!(ended.wait().unwrap().code(), Some(7));
}

#[test]
fn children_stand_still_and_go_on() {
    let processes = Processes::default();
    let running = shell("sleep 0.3").start(&processes).unwrap();
    let state = || proc::stat(running.pid.as_raw_pid()).unwrap().state;
    processes.pause();
    std::thread::sleep(Duration::from_millis(500));
    // A shell whose child was stopped between `vfork` and `exec` waits for it: `D`.
    assert!(matches!(state(), 'T' | 'D') && !running.has_ended(), "{}", state());
    processes.go_on();
    assert_eq!(running.wait().unwrap().code, Some(0));
}

#[test]
fn counts_the_cpu_time_of_grandchildren() {
    let busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
    let nested = format!("sh -c '{busy}' & wait; exit 0");
    let finished = shell(&nested).run(&Processes::default()).unwrap();
    let cpu = finished.cpu.unwrap();
    assert!(cpu.0 > 0.02, "{cpu}");
    assert!(finished.largest.unwrap() > Bytes(100_000));
}

#[test]
fn a_missing_program_and_a_missing_folder_are_named() {
    let error = CommandSpec::new("/no/such/program", "/").run(&Processes::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot start `/no/such/program` in /");
    let error = CommandSpec::new("/bin/true", "/no/folder").run(&Processes::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot start `/bin/true` in /no/folder");
}

#[test]
fn a_process_that_takes_too_long_is_stopped_with_its_children() {
    let mut spec = shell("sleep 98.6 & sleep 98.6");
    spec.timeout = Duration::from_millis(100);
    let error = spec.run(&Processes::default()).unwrap_err();
    assert!(matches!(error, ProcessError::Timeout { .. }), "{error}");
    assert_eq!(proc::named("sleep\098.6"), 0);
}

#[test]
fn cancelling_stops_the_whole_group() {
    let processes = Processes::default();
    let running = shell("sleep 97.5 & sleep 97.5").start(&processes).unwrap();
    let canceller = processes.clone();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        canceller.cancel();
    });
    let error = running.wait().unwrap_err();
    thread.join().unwrap();
    assert!(matches!(error, ProcessError::Cancelled { .. }), "{error}");
    assert_eq!(proc::named("sleep\097.5"), 0);
    let refused = shell("true").start(&processes).unwrap_err();
    assert!(matches!(refused, ProcessError::Cancelled { .. }));
}

#[test]
fn dropping_a_child_stops_it() {
    let processes = Processes::default();
    drop(shell("sleep 96.4").start(&processes).unwrap());
    assert_eq!(proc::named("sleep\096.4"), 0);
}

#[test]
fn memory_is_seen_over_all_children() {
    let processes = Processes::default();
    let watch = MemoryWatch::start(&processes);
    shell("sleep 0.4").run(&processes).unwrap();
    let peak = watch.take_peak().expect("a child ran for four intervals");
    assert!(peak.0 > 100_000 && peak.0 < 100_000_000, "{peak}");
    assert_eq!(watch.take_peak(), None);
    shell("true").run(&processes).unwrap();
    assert!(watch.take_peak().is_some(), "a process too short to be looked at");
}
