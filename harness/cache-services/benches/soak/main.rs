//! Mixed load with all faults at 256 connections, and what has to hold then: every object that was
//! confirmed is intact, every byte is accounted for, nothing grows. Owns the command:
//! `cargo bench -p lukewarm-cache-services --bench soak [-- --minutes 10]`.
#![expect(clippy::print_stdout, reason = "what held is what this program is for")]
#![expect(clippy::unwrap_used, reason = "a soak stops at the first surprise")]

mod client;
mod services;

use std::rc::Rc;
use std::time::{Duration, Instant};

use client::Worker;
use services::{Broken, Child};

const CONNECTIONS: usize = 256;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "--serve") {
        return services::serve(&words[1]);
    }
    let minutes = words.iter().position(|word| word == "--minutes").map(|at| &words[at + 1]);
    let minutes: f64 = minutes.map_or(1.0, |text| text.parse().unwrap());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut child = Child::start(folder.path());
    let idle = child.facts();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let workers = tokio::task::LocalSet::new().block_on(&runtime, load(&mut child, minutes));
    let requests: u64 = workers.iter().map(|worker| worker.requests).sum();
    println!("{requests} requests by {CONNECTIONS} connections in {minutes} minutes");
    accounts(&mut child, &workers);
    // Connections that were broken off are noticed and closed.
    std::thread::sleep(Duration::from_secs(2));
    let after = child.facts();
    println!("descriptors: {} idle, {} afterwards", idle.descriptors, after.descriptors);
    assert!(after.descriptors <= idle.descriptors + 2, "descriptors are left open");
    // The same folders, opened again without faults.
    drop(child);
    let mut child = Child::start_sound(folder.path());
    let checked = tokio::task::LocalSet::new().block_on(&runtime, check(&mut child, workers));
    println!("{checked} objects that were confirmed are intact");
}

/// Loads the services for so long, and watches what they take.
async fn load(child: &mut Child, minutes: f64) -> Vec<Worker> {
    let end = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let addresses = Rc::new(child.addresses().to_vec());
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let addresses = Rc::clone(&addresses);
            tokio::task::spawn_local(async move {
                let mut worker = Worker::new(number, &addresses[number % addresses.len()]);
                worker.work(end).await;
                worker
            })
        })
        .collect();
    let mut samples = Vec::new();
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_secs(1)).await;
        samples.push(child.facts());
    }
    let mut workers = Vec::new();
    for task in tasks {
        workers.push(task.await.unwrap());
    }
    let memory = |part: &[services::Facts]| part.iter().map(|it| it.memory).max().unwrap_or(0);
    let (first, rest) = samples.split_at(samples.len() / 3);
    println!(
        "memory: at most {} MiB in the first third, {} MiB after it",
        memory(first) >> 20,
        memory(rest) >> 20
    );
    assert!(memory(rest) < memory(first) + (8 << 20), "memory grows");
    assert!(memory(rest) < 64 << 20, "more than 64 MiB");
    let descriptors = samples.iter().map(|it| it.descriptors).max().unwrap_or(0);
    assert!(descriptors < 3 * CONNECTIONS, "{descriptors} descriptors");
    workers
}

/// Holds the ledger's sums against what the clients' sockets moved.
fn accounts(child: &mut Child, workers: &[Worker]) {
    for (number, ledger) in child.sums().into_iter().enumerate() {
        let of = |value: fn(&Worker) -> u64| -> u64 {
            workers.iter().filter(|it| it.number % services::COUNT == number).map(value).sum()
        };
        let (up, down) = (of(|it| it.sent), of(|it| it.received));
        println!(
            "{}: {} requests, {} faults; {up} bytes sent, {} of them in the ledger; {down} \
             received, of {} in the ledger",
            ledger.name, ledger.requests, ledger.faults, ledger.up, ledger.down
        );
        assert!(ledger.faults > 0, "no fault was made");
        match ledger.broken {
            Broken::Never => assert_eq!((up, down), (ledger.up, ledger.down)),
            // A reset throws away what was sent and not read, or counted and not received.
            Broken::Sometimes => assert!(up >= ledger.up && down <= ledger.down),
        }
    }
}

/// Reads everything that was confirmed.
async fn check(child: &mut Child, workers: Vec<Worker>) -> usize {
    let mut checked = 0;
    for worker in workers {
        let address = &child.addresses()[worker.number % services::COUNT];
        checked += worker.check(address).await;
    }
    checked
}
