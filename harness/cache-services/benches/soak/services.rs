//! The services under load, in a process of their own, so that its memory and descriptors are
//! theirs alone. Owns what is asked of that process, one word a line.
#![expect(clippy::disallowed_methods, reason = "the process under load is started here")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child as Process, Command, Stdio};
use std::time::Duration;

use lukewarm_cache_services::{ListenConfig, Service, Storage};
use lukewarm_model::{LedgerSummary, ServiceKind, ServiceSettings};

/// How many services there are.
pub const COUNT: usize = 3;
const TOKEN: &str = "soak";

/// Whether faults break connections, so that bytes on their way are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    Never,
    Sometimes,
}

/// Name, protocol, faults, and whether these break connections.
const SERVICES: [(&str, ServiceKind, &[&str], Broken); COUNT] = [
    (
        "webdav with every fault",
        ServiceKind::WEBDAV,
        &[
            "503=1%",
            "429=1%",
            "reset@10 kB=1%",
            "truncate@1 kB=1%",
            "stall@100 ms=1%",
            "flip/read=1%",
            "slow-start@200 ms",
        ],
        Broken::Sometimes,
    ),
    (
        "webdav with errors",
        ServiceKind::WEBDAV,
        &["503=2%", "stall@50 ms=2%", "flip/read=2%"],
        Broken::Never,
    ),
    (
        "github-actions with errors",
        ServiceKind::GITHUB_ACTIONS,
        &["503=2%", "stall@50 ms=2%", "flip/read=2%"],
        Broken::Never,
    ),
];

/// Where a service is.
#[derive(Clone, Debug)]
pub struct Address {
    pub kind: ServiceKind,
    pub socket: String,
    pub token: String,
    /// Whether clients may break off in the middle.
    pub broken: Broken,
}

/// What the process takes.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub memory: u64,
    pub descriptors: usize,
}

/// What a service's ledger came to.
pub struct Sums {
    pub name: &'static str,
    pub broken: Broken,
    pub requests: u64,
    pub faults: u64,
    pub up: u64,
    pub down: u64,
}

/// The process with the services.
pub struct Child {
    process: Process,
    answers: BufReader<std::process::ChildStdout>,
    addresses: Vec<Address>,
}

/// Serves from folders below one, until the input ends. Faults are made unless the folder's name
/// is followed by `sound`.
pub fn serve(folder: &str) {
    let sound = std::env::args().any(|word| word == "sound");
    let services: Vec<Service> = SERVICES
        .iter()
        .map(|(name, kind, faults, _)| {
            let faults = if sound { &[] } else { *faults };
            let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
            let settings = ServiceSettings { faults, seed: 3, ..ServiceSettings::new(*kind) };
            let storage = Storage::Kept(Path::new(folder).join(name));
            let place = ListenConfig {
                token: Some(TOKEN.to_owned()),
                storage,
                ..ListenConfig::scratch(Path::new(folder))
            };
            Service::listen(&settings, &place).unwrap()
        })
        .collect();
    for service in &services {
        println!("{}", service.url().strip_prefix("http://").unwrap());
    }
    let mut sums: Vec<LedgerSummary> = vec![LedgerSummary::default(); COUNT];
    for _ in std::io::stdin().lines() {
        for (service, sum) in services.iter().zip(&mut sums) {
            service.settle(Duration::from_millis(500));
            sum.add(&service.take_ledger());
            println!("{} {} {} {}", sum.requests, sum.faults, sum.wire_up.0, sum.wire_down.0);
        }
    }
    for service in services {
        service.close().unwrap();
    }
}

impl Child {
    pub fn start(folder: &Path) -> Child {
        Child::with(folder, &[])
    }

    /// The same without faults.
    pub fn start_sound(folder: &Path) -> Child {
        Child::with(folder, &["sound"])
    }

    fn with(folder: &Path, more: &[&str]) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("--serve").arg(folder).args(more);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let addresses = SERVICES
            .iter()
            .map(|(_, kind, _, broken)| {
                let mut line = String::new();
                answers.read_line(&mut line).unwrap();
                let (socket, token) = (line.trim().to_owned(), TOKEN.to_owned());
                Address { kind: *kind, socket, token, broken: *broken }
            })
            .collect();
        Child { process, answers, addresses }
    }

    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// What the process takes now.
    pub fn facts(&mut self) -> Facts {
        // Taken now and then, as an owner does: it would grow.
        self.sums();
        let process = self.process.id();
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let memory: u64 = memory.trim().split(' ').next().unwrap().parse().unwrap();
        let descriptors = fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
        Facts { memory: memory * 1024, descriptors }
    }

    /// What the ledgers come to so far.
    pub fn sums(&mut self) -> Vec<Sums> {
        self.process.stdin.as_mut().unwrap().write_all(b"sums\n").unwrap();
        let mut sums = Vec::new();
        for (name, _, _, broken) in SERVICES {
            let mut line = String::new();
            self.answers.read_line(&mut line).unwrap();
            let numbers: Vec<u64> = line.split_whitespace().map(|it| it.parse().unwrap()).collect();
            let [requests, faults, up, down] = numbers[..] else { panic!("{line}") };
            sums.push(Sums { name, broken, requests, faults, up, down });
        }
        sums
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success(), "the services did not end in order");
    }
}
