//! The GitHub Actions cache: whole saves (reserve, upload, finish) and restores (find, download)
//! a second.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use lukewarm_model::ServiceKind;

use crate::Settings;
use crate::load::{Connection, block_on};
use crate::servers::{self, Server};
use crate::table::{median, render};

const CALLS: &str = "/twirp/github.actions.results.api.v1.CacheService/";
const JSON: &str = "Content-Type: application/json\r\n";

/// Measures, and gives the table.
pub fn measure(settings: &Settings) -> String {
    let server = servers::ours(ServiceKind::GITHUB_ACTIONS, &[], None);
    let mut rows = Vec::new();
    let names = Rc::new(Cell::new(0u64));
    for (size_name, size) in [("4 KiB", 4 << 10), ("1 MiB", 1 << 20)] {
        let body = Rc::new(vec![7; size]);
        for connections in [1, 8, 64] {
            eprintln!("save and restore {size_name}, {connections} connections");
            let mut saves = Vec::new();
            let mut restores = Vec::new();
            for _ in 0..settings.rounds {
                saves.push(window(&server, &body, connections, settings.window, &names, false));
                restores.push(window(&server, &body, connections, settings.window, &names, true));
            }
            rows.push(vec![
                size_name.to_owned(),
                connections.to_string(),
                format!("{:.0}", median(&saves)),
                format!("{:.0}", median(&restores)),
            ]);
        }
    }
    let head = ["size", "connections", "saves a second", "restores a second"].map(str::to_owned);
    format!("\n### GitHub Actions cache, service v2 in JSON\n\n{}", render(&head, &rows))
}

fn window(
    server: &Server,
    body: &Rc<Vec<u8>>,
    connections: usize,
    seconds: f64,
    names: &Rc<Cell<u64>>,
    restore: bool,
) -> f64 {
    block_on(async {
        let done = Rc::new(Cell::new(0u64));
        let began = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..connections {
            let mut connection = Connection::open(server, Rc::default()).await;
            let (body, names, done) = (Rc::clone(body), Rc::clone(names), Rc::clone(&done));
            tasks.push(tokio::task::spawn_local(async move {
                let kept = save(&mut connection, &body, &names).await;
                loop {
                    match restore {
                        true => find(&mut connection, &kept).await,
                        false => drop(save(&mut connection, &body, &names).await),
                    }
                    done.set(done.get() + 1);
                }
            }));
        }
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        done.get() as f64 / began.elapsed().as_secs_f64()
    })
}

async fn save(connection: &mut Connection, body: &[u8], names: &Cell<u64>) -> String {
    names.set(names.get() + 1);
    let key = format!("key-{}", names.get());
    let asked = format!(r#"{{"key":"{key}","version":"v"}}"#);
    let path = format!("{CALLS}CreateCacheEntry");
    let made = connection.send("POST", &path, JSON, asked.as_bytes()).await;
    connection.send("PUT", &signed(&made, "signed_upload_url"), "", body).await;
    let done = format!(r#"{{"key":"{key}","version":"v","size_bytes":"{}"}}"#, body.len());
    let path = format!("{CALLS}FinalizeCacheEntryUpload");
    connection.send("POST", &path, JSON, done.as_bytes()).await;
    key
}

async fn find(connection: &mut Connection, key: &str) {
    let asked = format!(r#"{{"key":"{key}","version":"v"}}"#);
    let path = format!("{CALLS}GetCacheEntryDownloadURL");
    let found = connection.send("POST", &path, JSON, asked.as_bytes()).await;
    connection.send("GET", &signed(&found, "signed_download_url"), "", b"").await;
}

fn signed(answer: &[u8], name: &str) -> String {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap();
    let url = answer[name].as_str().unwrap();
    url[url.find("/blobs").unwrap()..].to_owned()
}
