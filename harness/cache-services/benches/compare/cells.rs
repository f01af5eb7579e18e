//! GET and PUT of small and large objects, few and many connections, all servers side by side.

use std::rc::Rc;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::Settings;
use crate::load::{Connection, Moved, Verb, block_on, window};
use crate::servers::{self, Server};
use crate::table::{Row, median, ratio, render};

const SIZES: [(&str, usize); 4] =
    [("4 KiB", 4 << 10), ("64 KiB", 64 << 10), ("1 MiB", 1 << 20), ("256 MiB", 256 << 20)];
const CONNECTIONS: [usize; 3] = [1, 8, 64];
/// The reference.
const NGINX: &str = "nginx";

/// Measures the cells whose names have that word, and gives the tables.
pub fn measure(settings: &Settings, only: &str) -> String {
    let servers = servers::all();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut rows = Vec::new();
    for verb in [Verb::Get, Verb::Put] {
        for (size_name, size) in SIZES {
            let body = Rc::new(vec![7; size]);
            for server in &servers {
                put_once(server, &body);
            }
            for connections in CONNECTIONS {
                if !format!("{verb:?} {size_name}, {connections}").contains(only) {
                    continue;
                }
                eprintln!("{verb:?} {size_name}, {connections} connections");
                let mut rounds: Vec<Vec<Moved>> = Vec::new();
                for _ in 0..settings.rounds {
                    let mut order: Vec<usize> = (0..servers.len()).collect();
                    order.shuffle(&mut random);
                    let mut round = vec![Moved::default(); servers.len()];
                    for index in order {
                        // What one server left to be written must not be the next one's load.
                        rustix::fs::sync();
                        let window =
                            window(&servers[index], verb, &body, connections, settings.window);
                        round[index] = window;
                    }
                    rounds.push(round);
                }
                let name = format!("{verb:?} {size_name}, {connections}").to_uppercase();
                rows.push(row(
                    name.replace("KIB", "KiB").replace("MIB", "MiB"),
                    &servers,
                    size,
                    &rounds,
                ));
            }
        }
    }
    let head = heads(&servers);
    let memory: Vec<String> = servers
        .iter()
        .map(|server| format!("{} {:.0} MiB", server.name, server.used().memory as f64 / 1048576.0))
        .collect();
    format!(
        "\n### Speed\n\nRequests a second up to 64 KiB, MB/s above; × is the ratio of lukewarm to \
         the other within a round: median (least–most of {} rounds). CPU is the server's, in ms \
         a 1,000 requests up to 64 KiB and in s a GB above.\n\n{}\nMost memory: {}.\n",
        settings.rounds,
        render(&head, &rows),
        memory.join(", ")
    )
}

fn put_once(server: &Server, body: &Rc<Vec<u8>>) {
    block_on(async {
        let mut connection = Connection::open(server, Rc::default()).await;
        connection.send("PUT", &format!("/{}", body.len()), "", body).await;
    });
}

fn heads(servers: &[Server]) -> Vec<String> {
    let mut heads = vec!["connections".to_owned()];
    heads.extend(servers.iter().map(|server| server.name.to_owned()));
    heads.extend(servers[1..].iter().map(|server| format!("× {}", server.name)));
    heads.extend(["CPU".to_owned(), "CPU nginx".to_owned(), "× CPU nginx".to_owned()]);
    heads
}

fn row(name: String, servers: &[Server], size: usize, rounds: &[Vec<Moved>]) -> Row {
    let small = size <= 64 << 10;
    let speed = |moved: &Moved| match small {
        true => moved.requests / moved.seconds,
        false => moved.bytes / moved.seconds / 1e6,
    };
    let cost = |moved: &Moved| match small {
        true => moved.cpu / moved.requests * 1e6,
        false => moved.cpu / moved.bytes * 1e9,
    };
    let of = |index: usize, value: &dyn Fn(&Moved) -> f64| -> Vec<f64> {
        rounds.iter().map(|round| value(&round[index])).collect()
    };
    let mut cells = vec![name];
    for index in 0..servers.len() {
        // What a server broke off is no measure of its speed.
        let broken = rounds.iter().any(|round| round[index].broken);
        let mark = if broken { " (broken)" } else { "" };
        cells.push(format!("{:.0}{mark}", median(&of(index, &speed))));
    }
    for index in 1..servers.len() {
        cells.push(ratio(&of(0, &speed), &of(index, &speed)));
    }
    let costs = of(0, &cost);
    cells.push(format!("{:.3}", median(&costs)));
    match servers.iter().position(|server| server.name == NGINX) {
        Some(nginx) => {
            cells.push(format!("{:.3}", median(&of(nginx, &cost))));
            cells.push(ratio(&costs, &of(nginx, &cost)));
        }
        None => cells.extend(["–".to_owned(), "–".to_owned()]),
    }
    cells
}
