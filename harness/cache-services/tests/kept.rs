//! A kept store is what was confirmed, whenever its process is killed.
#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "a process of its own is killed here")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{Client, content};
use lukewarm_cache_services::{ListenConfig, Service, Storage};
use lukewarm_model::{ServiceKind, ServiceSettings};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROUNDS: u64 = 20;
const CLIENTS: u64 = 4;
const TOKEN: &str = "kept";
/// Tells the process that it is to serve, and from which folder.
const FOLDER: &str = "LUKEWARM_TEST_KEPT";

/// Names with the length of what is stored under them; none was confirmed to be gone, or may be
/// either.
type Names = BTreeMap<String, State>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Confirmed(usize),
    /// The answer never came: all of it, or nothing.
    Unknown(usize),
}

fn listen(folder: &Path) -> Service {
    let place = ListenConfig {
        token: Some(TOKEN.to_owned()),
        storage: Storage::Kept(folder.join("store")),
        ..ListenConfig::scratch(folder)
    };
    Service::listen(&ServiceSettings::new(ServiceKind::WEBDAV), &place).unwrap()
}

/// Not a test of its own: the process that is killed. Without the variable it does nothing.
#[test]
fn serves_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let service = listen(Path::new(&folder));
    let address = Path::new(&folder).join("address");
    fs::write(address.with_extension("new"), service.url()).unwrap();
    fs::rename(address.with_extension("new"), address).unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn nothing_confirmed_is_lost_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let mut names = Names::new();
    for round in 0..ROUNDS {
        let address = folder.path().join("address");
        let _ = fs::remove_file(&address);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "serves_until_it_is_killed"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let url = wait_for(&address);
        let stop = AtomicBool::new(false);
        let done = Mutex::new(Names::new());
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (url, stop, done) = (&url, &stop, &done);
                scope.spawn(move || store(url, round * CLIENTS + client, stop, done));
            }
            std::thread::sleep(Duration::from_millis(random.random_range(10..120)));
            child.kill().unwrap();
            child.wait().unwrap();
            stop.store(true, Ordering::Relaxed);
        });
        names.extend(done.into_inner().unwrap());
        check(folder.path(), &mut names);
    }
    let confirmed = names.values().filter(|state| matches!(state, State::Confirmed(_))).count();
    assert!(confirmed > 100, "only {confirmed} objects were stored at all");
}

fn wait_for(address: &Path) -> String {
    let began = Instant::now();
    loop {
        if let Ok(url) = fs::read_to_string(address) {
            return url;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "it does not serve");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Stores small and large objects, in a folder that is moved every so often, until the service
/// is gone.
fn store(url: &str, number: u64, stop: &AtomicBool, done: &Mutex<Names>) {
    let mut random = ChaCha8Rng::seed_from_u64(number);
    let mut client = Client::to(url.strip_prefix("http://").unwrap(), TOKEN);
    for count in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let length = match random.random_range(0..4) {
            0 => random.random_range(0..400_000),
            _ => random.random_range(0..20_000),
        };
        let name = format!("/{number}-{count}");
        let told = client.try_send("PUT", &name, &[], &content(length)).map(|reply| reply.status);
        let is_stored = matches!(told, Ok(201));
        let state = if is_stored { State::Confirmed(length) } else { State::Unknown(length) };
        done.lock().unwrap().insert(name.clone(), state);
        if !is_stored {
            return;
        }
        if count % 5 == 0 {
            let to = format!("{name}-moved");
            let headers = [("Destination", to.as_str())];
            let told = client.try_send("MOVE", &name, &headers, b"");
            let moved = matches!(told, Ok(reply) if reply.status == 201);
            let mut done = done.lock().unwrap();
            if moved {
                done.remove(&name);
                done.insert(to, State::Confirmed(length));
            } else {
                done.insert(name, State::Unknown(length));
                done.insert(to, State::Unknown(length));
                return;
            }
        }
    }
}

/// Holds what is there against what was confirmed, and makes sure of what was not known.
fn check(folder: &Path, names: &mut Names) {
    let service = listen(folder);
    let mut client = Client::to(service.url().strip_prefix("http://").unwrap(), TOKEN);
    let mut there = 0;
    let mut either = BTreeMap::new();
    names.retain(|name, state| {
        let reply = client.send("GET", name, b"");
        let (State::Confirmed(length) | State::Unknown(length)) = *state;
        match (reply.status, &state) {
            (200, _) => {
                assert!(reply.body == content(length), "{name} is not what was stored");
                there += 1;
                *either.entry(name.trim_end_matches("-moved").to_owned()).or_insert(0) += 1;
                *state = State::Confirmed(length);
                true
            }
            (404, State::Unknown(_)) => {
                either.entry(name.trim_end_matches("-moved").to_owned()).or_insert(0);
                false
            }
            (status, _) => panic!("{name} was confirmed, and is {status}"),
        }
    });
    assert!(either.values().all(|count| *count <= 1), "something is in two places");
    let stored = service.stored();
    assert_eq!(stored.objects, there, "there is more than was ever stored");
    let lengths = names.values().map(|state| match state {
        State::Confirmed(length) | State::Unknown(length) => *length,
    });
    let large = lengths.filter(|length| *length > 256 * 1024).count();
    let files = fs::read_dir(folder.join("store")).unwrap().flatten();
    let numbered = files.filter(|it| it.file_name().to_str().unwrap().ends_with(".body"));
    assert_eq!(numbered.count(), large, "files are left over");
    service.close().unwrap();
}
