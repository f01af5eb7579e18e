//! The link: delivered bandwidth, fairness and latency against their settings, beside the
//! kernel's own token bucket (`tc … tbf`) between two network namespaces.
#![expect(clippy::disallowed_methods, reason = "the kernel's own link is set up here")]

use std::process::Command;
use std::rc::Rc;
use std::time::Instant;

use lukewarm_model::ServiceKind;

use crate::Settings;
use crate::load::{Connection, Verb, block_on};
use crate::servers::{self, Server};
use crate::table::{median, render};

const RATES: [u64; 5] = [1, 10, 100, 1000, 2000];
const CONNECTIONS: [usize; 3] = [1, 8, 64];
/// Round trips, in milliseconds.
const TRIPS: [u64; 5] = [1, 5, 20, 50, 200];
const NAMESPACE: &str = "lukewarm-bench";
/// What the kernel counts for a full packet, beside the 1,448 bytes that TCP carries in it.
const PACKET: f64 = 1514.0 / 1448.0;

/// One set of equal transfers at once.
struct Transfers {
    /// Delivered over set rate.
    delivered: f64,
    /// The largest deviation of one connection's time from the mean, over the mean.
    unfair: f64,
}

/// Measures, and gives the tables.
pub fn measure(settings: &Settings) -> String {
    let mut rows = Vec::new();
    for verb in [Verb::Get, Verb::Put] {
        for rate in RATES {
            let shaped = [format!("down={rate} Mbit/s"), format!("up={rate} Mbit/s")];
            let server = servers::ours(ServiceKind::WEBDAV, &shaped, None);
            let kernel = settings.kernel.then(|| Kernel::between(rate)).flatten();
            for connections in CONNECTIONS {
                eprintln!("link {verb:?} {rate} Mbit/s, {connections} connections");
                // The slowest link gives 64 connections too little in so short a time.
                let longer = if rate == RATES[0] { 10.0 } else { 1.0 };
                let bytes = rate as f64 * 1e6 / 8.0 * settings.transfer * longer;
                let ours = transfers(&server, verb, connections, bytes, rate);
                let direction = if verb == Verb::Get { "down" } else { "up" };
                let mut row = vec![format!("{rate} Mbit/s {direction}, {connections}")];
                row.push(format!("{:+.2} %", (ours.delivered - 1.0) * 100.0));
                row.push(format!("{:.2} %", ours.unfair * 100.0));
                match &kernel {
                    None => row.extend(["–".to_owned(), "–".to_owned()]),
                    Some(kernel) => {
                        let theirs = transfers(&kernel.server, verb, connections, bytes, rate);
                        let delivered = theirs.delivered * PACKET - 1.0;
                        row.push(format!("{:+.2} %", delivered * 100.0));
                        row.push(format!("{:.2} %", theirs.unfair * 100.0));
                    }
                }
                rows.push(row);
            }
        }
    }
    let head = ["connections", "rate", "unfairness", "tbf: rate", "tbf: unfairness"];
    format!(
        "\n### The link\n\nDelivered bandwidth of bodies and heads against the setting, and how \
         far one of several equal connections is from the mean time. Beside it the kernel's token \
         bucket, whose packets' heads are counted in.\n\n{}\n{}",
        render(&head.map(str::to_owned), &rows),
        latency(settings)
    )
}

/// Equal transfers at once, of so many bytes together.
fn transfers(server: &Server, verb: Verb, count: usize, bytes: f64, rate: u64) -> Transfers {
    let body = Rc::new(vec![7; (bytes / count as f64) as usize]);
    block_on(async {
        let mut connections = Vec::new();
        for number in 0..count {
            let mut connection = Connection::open(server, Rc::default()).await;
            if verb == Verb::Get && number == 0 {
                connection.send("PUT", "/body", "", &body).await;
            }
            connection.keep_short();
            connections.push(connection);
        }
        let began = Instant::now();
        let tasks: Vec<_> = connections
            .into_iter()
            .enumerate()
            .map(|(number, mut connection)| {
                let body = Rc::clone(&body);
                tokio::task::spawn_local(async move {
                    match verb {
                        Verb::Get => connection.send("GET", "/body", "", b"").await,
                        Verb::Put => connection.send("PUT", &format!("/{number}"), "", &body).await,
                    };
                    began.elapsed().as_secs_f64()
                })
            })
            .collect();
        let mut times = Vec::new();
        for task in tasks {
            times.push(task.await.unwrap());
        }
        let mean = times.iter().sum::<f64>() / count as f64;
        let longest = times.iter().copied().fold(0.0, f64::max);
        let unfair = times.iter().map(|time| (time / mean - 1.0).abs()).fold(0.0, f64::max);
        // A head of about 200 bytes goes with each body.
        let total = (body.len() as f64 + 200.0) * count as f64;
        Transfers { delivered: total * 8.0 / longest / (rate as f64 * 1e6), unfair }
    })
}

fn latency(settings: &Settings) -> String {
    let requests = |trip: u64| ((settings.transfer * 500.0 / trip.max(1) as f64) as usize).max(20);
    let mut rows = Vec::new();
    let plain = servers::ours(ServiceKind::WEBDAV, &[], None);
    for trip in TRIPS {
        eprintln!("latency {trip} ms");
        let shaped = [format!("trip={trip} ms")];
        let server = servers::ours(ServiceKind::WEBDAV, &shaped, None);
        let without = median(&times(&plain, 500));
        let with = median(&times(&server, requests(trip)));
        let added = (with - without) * 1e3;
        rows.push(vec![
            format!("{trip} ms"),
            format!("{added:.3} ms"),
            format!("{:+.3} ms", added - trip as f64),
        ]);
    }
    let head = ["round trip", "added (median)", "off by"].map(str::to_owned);
    render(&head, &rows)
}

fn times(server: &Server, count: usize) -> Vec<f64> {
    block_on(async {
        let mut connection = Connection::open(server, Rc::default()).await;
        connection.send("PUT", "/small", "", b"x").await;
        let mut times = Vec::new();
        for _ in 0..count {
            let began = Instant::now();
            connection.send("GET", "/small", "", b"").await;
            times.push(began.elapsed().as_secs_f64());
        }
        times
    })
}

/// A pair of namespaces joined by a wire that the kernel paces, with a server at its other end.
struct Kernel {
    server: Server,
}

impl Kernel {
    /// None where this machine does not let us.
    fn between(rate: u64) -> Option<Kernel> {
        remove();
        // A bucket of 5 ms: what the timers of the kernel need at the highest rate.
        let burst = (rate * 1_000_000 / 8 / 200).max(16_000);
        let shape = |device: &str| {
            format!("tc qdisc add dev {device} root tbf rate {rate}mbit burst {burst} latency 50ms")
        };
        let commands = [
            format!("ip netns add {NAMESPACE}"),
            format!("ip link add lw-bench0 type veth peer name lw-bench1 netns {NAMESPACE}"),
            "ip addr add 10.213.77.1/30 dev lw-bench0".to_owned(),
            "ip link set lw-bench0 up".to_owned(),
            format!("ip -n {NAMESPACE} addr add 10.213.77.2/30 dev lw-bench1"),
            format!("ip -n {NAMESPACE} link set lw-bench1 up"),
            shape("lw-bench0"),
            format!("ip netns exec {NAMESPACE} {}", shape("lw-bench1")),
        ];
        for command in commands {
            let words: Vec<&str> = command.split(' ').collect();
            let ended = Command::new(words[0]).args(&words[1..]).output();
            if !ended.is_ok_and(|output| output.status.success()) {
                eprintln!("left out: the kernel's token bucket (`{command}` is not allowed here)");
                return None;
            }
        }
        let inside = Some((NAMESPACE, "10.213.77.2:0"));
        Some(Kernel { server: servers::ours(ServiceKind::WEBDAV, &[], inside) })
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        remove();
    }
}

fn remove() {
    let _ = Command::new("ip").args(["netns", "del", NAMESPACE]).output();
    let _ = Command::new("ip").args(["link", "del", "lw-bench0"]).output();
}
