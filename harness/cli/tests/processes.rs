//! Only what is lukewarm's own is ended, at any moment and however lukewarm itself ends; and what
//! is stopped or waited for is no part of what is measured. With a toolchain of scripts.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod scripts;

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A workspace of one crate, a toolchain of scripts, and everything that a run leaves.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// With a build that does this first.
    fn new(body: &str) -> Place {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let place = Place { folder };
        scripts::workspace(&place.path("fake"));
        scripts::toolchain(place.folder.path(), body);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        scripts::program(&path, text);
        path
    }

    fn cargo(&self, body: &str) {
        scripts::cargo(self.folder.path(), body);
    }

    /// `lukewarm run` of one scenario, started by this line of the shell, where it is `"$@"`.
    #[expect(clippy::disallowed_methods, reason = "a test sends it signals")]
    fn command(&self, line: &str, words: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line, "sh", env!("CARGO_BIN_EXE_lukewarm"), "run"]);
        command.args(words).args(["--story", "short", "-n", "1", "-w"]).arg(self.path("fake"));
        command.arg("--out").arg(self.path("out")).arg("--scratch").arg(self.path("scratch"));
        let bin = self.path("sysroot/bin").display().to_string();
        command.env("PATH", format!("{bin}:/usr/bin:/bin"));
        command.env("XDG_CACHE_HOME", self.path("cache"));
        let said = fs::File::create(self.path("said")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        command
    }

    fn start(&self, line: &str) -> Run {
        Run(self.command(line, &["none"]).spawn().unwrap())
    }

    fn said(&self) -> String {
        fs::read_to_string(self.path("said")).unwrap()
    }

    /// The jobs that the newest run recorded.
    fn jobs(&self) -> Vec<Value> {
        let runs = fs::read_dir(self.path("out")).unwrap().flatten();
        let newest = runs.map(|entry| entry.path()).max().unwrap();
        let text = fs::read_to_string(newest.join("journal.jsonl")).unwrap();
        let facts = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        facts.filter(|it| it["fact"] == "job").map(|it| it["data"].clone()).collect()
    }

    /// Waits until a build or whoever else has made this file, and reads a number from it.
    fn number(&self, name: &str) -> i32 {
        let read = || fs::read_to_string(self.path(name)).ok()?.trim().parse().ok();
        wait_for(&format!("{name}: {}", self.said()), read)
    }
}

/// A program that does not outlive a test that fails.
struct Run(Child);

impl Run {
    fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    fn end(&mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Where it has ended there is nothing to kill.
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn pid(id: i32) -> Pid {
    Pid::from_raw(id).unwrap()
}

/// The letter of a process's state; none when it is gone.
fn state(id: i32) -> Option<char> {
    let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat).into_owned();
    stat.rsplit_once(") ")?.1.chars().next()
}

fn lives(id: i32) -> bool {
    state(id).is_some_and(|state| state != 'Z')
}

fn step<'v>(job: &'v Value, name: &str) -> &'v Value {
    let steps = job["steps"].as_array().unwrap();
    steps.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("no {name}: {job}"))
}

#[test]
fn children_that_lukewarm_had_before_it_began_are_spared() {
    let place = Place::new("setsid sleep 241.5 &");
    let line = format!("sleep 242.5 & echo $! > '{}'; exec \"$@\"", place.path("id").display());
    let mut run = place.start(&line);
    let id = place.number("id");
    assert_eq!(run.end().code(), Some(0), "{}", place.said());
    assert!(lives(id), "a stranger was killed");
    kill_process(pid(id), Signal::KILL).unwrap();
}

#[test]
fn what_a_build_leaves_in_a_session_of_its_own_is_ended_though_there_are_strangers() {
    let place = Place::new("");
    let id = place.path("stray").display().to_string();
    place.cargo(&format!("(setsid sh -c 'echo $$ > \"{id}\"; exec sleep 243.5' &)\nsleep 0.1"));
    let mut run = place.start("sleep 5 & exec \"$@\"");
    assert_eq!(run.end().code(), Some(0), "{}", place.said());
    assert!(!lives(place.number("stray")));
}

#[test]
fn a_zombie_in_the_builds_group_takes_no_time_of_the_build() {
    // A helper that leaves a zombie in the group: it waits for no child and lives in a session of
    // its own.
    let place = Place::new("sh -c 'sleep 0.02 & exec setsid sleep 8' &\nsleep 0.2");
    assert_eq!(place.start("exec \"$@\"").end().code(), Some(0), "{}", place.said());
    let jobs = place.jobs();
    for job in &jobs {
        let wall = step(job, "build")["wall"].as_f64().unwrap();
        assert!((0.2..8.0).contains(&wall), "{wall}: the zombie was waited for");
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let place = Place::new("");
    let id = place.path("building").display().to_string();
    place.cargo(&format!("echo $$ > '{id}'; sleep 0.5"));
    let mut run = place.start("trap '' HUP INT; exec \"$@\"");
    place.number("building");
    run.send(Signal::HUP);
    run.send(Signal::INT);
    run.send(Signal::HUP);
    assert_eq!(run.end().code(), Some(0), "{}", place.said());
    assert!(place.jobs().iter().all(|job| job["failure"].is_null()));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test sends it signals")]
fn a_service_of_nohup_outlives_the_terminal_and_ends_in_order_when_it_is_told_to() {
    let line = "trap '' HUP; exec \"$0\" serve webdav --quiet";
    let mut serve = Command::new("sh");
    serve.args(["-c", line, env!("CARGO_BIN_EXE_lukewarm")]).stdout(Stdio::piped());
    let mut serve = Run(serve.stderr(Stdio::null()).spawn().unwrap());
    // Closed when everything was said, which is after signals are caught.
    std::io::read_to_string(serve.0.stdout.take().unwrap()).unwrap();
    serve.send(Signal::HUP);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(serve.0.try_wait().unwrap(), None, "it was ended by a signal that it was to ignore");
    serve.send(Signal::TERM);
    assert_eq!(serve.end().code(), Some(0));
}

#[test]
fn a_second_signal_ends_a_run_at_once_wherever_it_hangs() {
    let place = Place::new("");
    // Nobody reads from the pipe and it is full: the first word that is said hangs.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut full = fs::File::from(std::os::fd::OwnedFd::from(writer));
    rustix::fs::fcntl_setfl(&full, rustix::fs::OFlags::NONBLOCK).unwrap();
    while full.write(&[b'.'; 4096]).is_ok() {}
    while full.write(b".").is_ok() {}
    rustix::fs::fcntl_setfl(&full, rustix::fs::OFlags::empty()).unwrap();
    let mut command = place.command("exec \"$@\"", &["none"]);
    let mut run = Run(command.stderr(full).spawn().unwrap());
    let status = PathBuf::from(format!("/proc/{}/status", run.0.id()));
    let catches = || {
        let status = fs::read_to_string(&status).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        (u64::from_str_radix(mask.trim(), 16).unwrap() & 1 << 14 != 0).then_some(())
    };
    // SIGTERM and not SIGINT, which whoever runs tests in the background may have ignored.
    wait_for("signals that are caught", catches);
    std::thread::sleep(Duration::from_millis(100));
    run.send(Signal::TERM);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(run.0.try_wait().unwrap(), None, "it did not hang, so that nothing was tried");
    run.send(Signal::TERM);
    let ended = wait_for("the end", || run.0.try_wait().unwrap_or_default());
    assert_eq!(ended.code(), Some(130), "{ended:?}");
    drop((reader, command));
}

#[test]
fn a_second_signal_ends_what_a_first_one_asks_in_vain() {
    // The grace of the first is half a second. A busy machine may take that long for the rest.
    let grace = Duration::from_millis(450);
    let mut tries = (0..10).map(|_| second_signal());
    assert!(tries.any(|took| took < grace), "it waits for the grace of the first");
}

/// How long a run takes to its end behind a second signal, where its build does not heed the first.
fn second_signal() -> Duration {
    let place = Place::new("");
    let id = place.path("building").display().to_string();
    place.cargo(&format!("trap '' TERM; echo $$ > '{id}'; while :; do sleep 0.05; done"));
    let mut run = place.start("exec \"$@\"");
    let build = place.number("building");
    run.send(Signal::TERM);
    std::thread::sleep(Duration::from_millis(50));
    run.send(Signal::TERM);
    let began = Instant::now();
    let ended = run.end();
    assert_eq!(ended.code(), Some(130), "{ended:?}");
    let took = began.elapsed();
    wait_for("the end of the build", || (!lives(build)).then_some(()));
    took
}

#[test]
fn nobody_who_reads_what_is_said_is_no_bug() {
    let place = Place::new("");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = place.command("exec \"$@\"", &["no-such-scenario"]);
    let ended = command.stderr(writer).status().unwrap();
    assert_eq!(ended.code(), Some(4), "{ended:?}");
    let closed = place.command("exec \"$@\" 2>&-", &["no-such-scenario"]).status().unwrap();
    assert_eq!(closed.code(), Some(4), "{closed:?}");
}

#[test]
fn what_a_killed_lukewarm_left_is_ended_by_the_next_run_and_the_living_are_spared() {
    let place = Place::new("");
    let (near, far) = (place.path("near").display().to_string(), place.path("far"));
    let far = far.display().to_string();
    place.cargo(&format!(
        "(setsid sh -c 'echo $$ > \"{far}\"; exec sleep 244.5' &)\n\
         sh -c 'echo $$ > \"{near}\"; exec sleep 245.5'"
    ));
    let mut killed = place.start("exec \"$@\"");
    let left = [place.number("near"), place.number("far")];
    // Another run, that lives.
    let other = Place::new("");
    let building = other.path("building").display().to_string();
    other.cargo(&format!("setsid sh -c 'echo $$ > \"{building}\"; exec sleep 4'"));
    let mut living = other.start("exec \"$@\"");
    let spared = other.number("building");
    killed.send(Signal::KILL);
    assert_eq!(killed.end().signal(), Some(9));
    assert!(left.iter().all(|id| lives(*id)), "nothing is left that could be ended");
    place.cargo("");
    assert_eq!(place.start("exec \"$@\"").end().code(), Some(0), "{}", place.said());
    for id in left {
        assert!(!lives(id), "{id} goes on");
    }
    assert!(lives(spared), "what another run is doing was ended");
    let kept: Vec<_> = fs::read_dir(place.path("scratch")).unwrap().flatten().collect();
    let kept: Vec<_> = kept.iter().map(|it| it.file_name()).collect();
    assert_eq!(kept, [".lukewarm-scratch"], "only the mark stays");
    living.send(Signal::TERM);
    living.end();
}

#[test]
fn a_run_that_was_stopped_lets_its_children_stand_still_and_marks_the_job() {
    let place = Place::new("");
    let id = place.path("building").display().to_string();
    let go = place.path("go").display().to_string();
    place.cargo(&format!("echo $$ > '{id}'; while [ ! -e '{go}' ]; do sleep 0.05; done"));
    let mut run = place.start("exec \"$@\"");
    let build = place.number("building");
    run.send(Signal::TSTP);
    // A shell whose child was stopped between `vfork` and `exec` waits for it: `D`.
    let stands_still = || state(build).filter(|state| matches!(state, 'T' | 'D'));
    wait_for("a build that stands still", stands_still);
    std::thread::sleep(Duration::from_millis(3000));
    assert!(stands_still().is_some(), "{:?}", state(build));
    run.send(Signal::CONT);
    fs::write(go, "").unwrap();
    assert!(run.end().code().is_some(), "{}", place.said());
    let jobs = place.jobs();
    let marked = |job: &&Value| {
        let checks = job["checks"].as_array().unwrap();
        checks.iter().any(|it| it["name"] == "ran through" && it["held"] == false)
    };
    assert_eq!(jobs.iter().filter(marked).count(), 1, "{jobs:#?}");
    assert!(jobs.iter().all(|job| job["failure"].is_null()), "{jobs:#?}");
}

#[test]
fn a_build_that_fails_keeps_its_measures() {
    let place = Place::new("sleep 0.1; echo broken >&2; exit 7");
    assert_eq!(place.start("exec \"$@\"").end().code(), Some(3), "{}", place.said());
    let job = &place.jobs()[0];
    assert_eq!(
        (&job["failure"]["step"], &job["failure"]["kind"]),
        (&"build".into(), &"build".into())
    );
    let build = step(job, "build");
    assert!((0.1..5.0).contains(&build["wall"].as_f64().unwrap()), "{build}");
    assert!(build["cpu"].as_f64().is_some_and(|cpu| cpu > 0.0), "{build}");
    assert!(build["peak_rss"].as_u64().is_some_and(|peak| peak > 100_000), "{build}");
}

/// A tool whose server asks the service once, and ends.
const BROKEN_SERVER: &str = r#"#!/bin/bash
case "$*" in
    --version) echo 'sccache 0.16.0' ;;
    *)
        echo "$SCCACHE_SERVER_UDS,$SCCACHE_SERVER_PORT" > "$0.address"
        url=${ACTIONS_RESULTS_URL#http://}; url=${url%/}
        exec 3<>"/dev/tcp/${url%:*}/${url#*:}"
        printf 'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3
        cat <&3 >/dev/null
        echo 'no store' >&2
        exit 9 ;;
esac
"#;

#[test]
fn a_restore_that_fails_keeps_its_measures_and_every_request() {
    if !Path::new("/bin/bash").exists() {
        panic!("this test speaks HTTP by bash's /dev/tcp");
    }
    let place = Place::new("");
    let sccache = place.program("sccache", BROKEN_SERVER).display().to_string();
    let words = ["sccache-github-actions", "--tool", &format!("sccache={sccache}")];
    let ended = place.command("exec \"$@\"", &words).status().unwrap();
    assert_eq!(ended.code(), Some(3), "{}", place.said());
    let job = &place.jobs()[0];
    assert_eq!(job["failure"]["step"], "restore", "{job}");
    assert_eq!(job["failure"]["kind"], "tool", "{job}");
    let restore = step(job, "restore");
    assert_eq!(restore["ledger"]["requests"], 1, "{restore}");
    // It was to listen where no other user can reach it.
    let address = fs::read_to_string(place.path("sccache.address")).unwrap();
    let scratch = place.path("scratch").display().to_string();
    assert!(address.starts_with(&scratch) && address.trim().ends_with("/server,"), "{address}");
    assert!(restore["wall"].as_f64().is_some_and(|wall| wall > 0.0), "{restore}");
    assert!(restore["cpu"].as_f64().is_some_and(|cpu| cpu > 0.0), "{restore}");
}

/// A tool whose server gets a port. When it is first started another process takes the port; the
/// server ends, as sccache does then.
const UNLUCKY_SERVER: &str = r#"#!/bin/sh
listen='import os, socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); open(sys.argv[2], "w").close()
while True: s.accept()'
case "$*" in
    --version) echo 'sccache 0.9.0' ;;
    --show-stats*) cat 'STATISTICS' ;;
    --stop-server) kill "$(cat 'PLACE/server')" ;;
    *)
        echo "$SCCACHE_SERVER_PORT" >> 'PLACE/ports'
        if [ ! -e 'PLACE/taken' ]; then
            setsid python3 -c "$listen" "$SCCACHE_SERVER_PORT" 'PLACE/taken' &
            while [ ! -e 'PLACE/taken' ]; do sleep 0.02; done
            echo 'Address in use' >&2
            exit 2
        fi
        echo $$ > 'PLACE/server'
        exec python3 -c "$listen" "$SCCACHE_SERVER_PORT" 'PLACE/listens' ;;
esac
"#;

#[test]
fn a_server_whose_port_was_taken_is_started_once_more_on_another() {
    let place = Place::new("");
    let statistics =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../cache-tools/testdata/sccache/0.9.1/before.json");
    let text = UNLUCKY_SERVER.replace("STATISTICS", statistics);
    let text = text.replace("PLACE", &place.folder.path().display().to_string());
    let sccache = place.program("sccache", &text).display().to_string();
    let words = ["sccache-local", "--tool", &format!("sccache={sccache}")];
    place.command("exec \"$@\"", &words).status().unwrap();
    let jobs = place.jobs();
    assert!(jobs.iter().all(|job| job["failure"].is_null()), "{jobs:#?}");
    let note = step(&jobs[0], "restore")["note"].as_str().unwrap_or_default();
    assert!(note.contains("port"), "{note}");
    assert_eq!(step(&jobs[1], "restore")["note"], Value::Null);
    let ports = fs::read_to_string(place.path("ports")).unwrap();
    let ports: Vec<&str> = ports.lines().collect();
    assert_eq!(ports.len(), jobs.len() + 1, "{ports:?}");
    assert_ne!(ports[0], ports[1]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test sends it signals")]
fn a_second_signal_ends_a_service_that_waits_for_a_request() {
    let line = "exec \"$0\" serve webdav --quiet";
    let mut serve = Command::new("sh");
    serve.args(["-c", line, env!("CARGO_BIN_EXE_lukewarm")]).stdout(Stdio::piped());
    let mut serve = Run(serve.stderr(Stdio::null()).spawn().unwrap());
    let said = std::io::read_to_string(serve.0.stdout.take().unwrap()).unwrap();
    let variable = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches('=').to_owned()
    };
    let (url, token) = (variable("SCCACHE_WEBDAV_ENDPOINT"), variable("SCCACHE_WEBDAV_TOKEN"));
    let address = url.strip_prefix("http://").unwrap();
    let mut slow = std::net::TcpStream::connect(address).unwrap();
    let head = "PUT /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nAuthorization: Bearer";
    slow.write_all(format!("{head} {token}\r\n\r\npart").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    serve.send(Signal::TERM);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(serve.0.try_wait().unwrap(), None, "it waits for the request that is on its way");
    serve.send(Signal::TERM);
    assert_eq!(serve.end().code(), Some(130), "the request is never finished");
}
