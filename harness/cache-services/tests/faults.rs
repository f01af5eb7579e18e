//! What a service makes go wrong on purpose, as a client sees it and as the ledger tells it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::io::{ErrorKind, Read};
use std::time::Instant;

use common::{Client, House, content, faulty, wait_until};
use lukewarm_model::{FaultKind, ServiceKind};

const SIZE: usize = 300_000;

fn webdav(faults: &[&str]) -> House {
    faulty(ServiceKind::Webdav, faults)
}

/// Reads an answer whose body may end early: how many bytes of it came, and how it ended.
fn read_all(client: &mut Client) -> (usize, Option<ErrorKind>) {
    let (mut got, mut buffer) = (0, vec![0; 1 << 16]);
    loop {
        match client.stream().read(&mut buffer) {
            Ok(0) => return (got, None),
            Ok(count) => got += count,
            Err(error) => return (got, Some(error.kind())),
        }
    }
}

#[test]
fn a_status_is_answered_and_nothing_changes() {
    let house = webdav(&["503/write=#1", "429/read=#2"]);
    let mut client = house.client();
    assert_eq!(client.send("PUT", "/a", b"lost").status, 503);
    assert_eq!(client.send("GET", "/a", b"").status, 404);
    let limited = client.send("GET", "/a", b"");
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("1")));
    assert_eq!(client.send("PUT", "/a", b"kept").status, 201);
    assert_eq!(client.send("GET", "/a", b"").body, b"kept");
    let faults: Vec<_> = house.ledger().into_iter().map(|request| request.fault).collect();
    let [unavailable, limited] = [503, 429].map(|code| Some(FaultKind::Status(code)));
    assert_eq!(faults, [unavailable, None, limited, None, None]);
}

#[test]
fn a_truncated_body_is_shorter_than_announced() {
    let house = webdav(&["truncate@100 kB/read=#1", "truncate@1 GB/read=#2"]);
    let mut client = house.client();
    client.send("PUT", "/a", &content(SIZE));
    for (length, _) in [(100_000, 1), (SIZE - 1, 2)] {
        let mut client = house.client();
        client.begin("GET", "/a", &[], 0);
        let head = client.head().unwrap();
        assert_eq!(head.header("content-length"), Some("300000"));
        assert_eq!(read_all(&mut client), (length, None));
    }
    assert_eq!(client.send("GET", "/a", b"").body, content(SIZE));
    let ledger = house.ledger();
    let told = |request: &lukewarm_model::Request| (request.status, request.body_down.0 as usize);
    assert_eq!(
        ledger.iter().skip(1).map(told).collect::<Vec<_>>(),
        [(0, 100_000), (0, SIZE - 1), (200, SIZE)]
    );
    assert_eq!(ledger.iter().filter(|request| request.fault.is_some()).count(), 2);
}

#[test]
fn a_reset_ends_a_download_after_its_bytes() {
    let house = webdav(&["reset@64 KiB/read"]);
    house.client().send("PUT", "/a", &content(SIZE));
    let mut client = house.client();
    client.begin("GET", "/a", &[], 0);
    client.head().unwrap();
    let (got, end) = read_all(&mut client);
    assert!(got <= 65_536, "{got}");
    assert_eq!(end, Some(ErrorKind::ConnectionReset));
    let request = house.ledger().remove(1);
    assert_eq!((request.status, request.body_down.0), (0, 65_536));
}

#[test]
fn a_reset_upload_stores_nothing_and_a_late_one_loses_the_answer() {
    let house = webdav(&["reset@64 KiB/write=#1,2"]);
    let mut client = house.client();
    client.begin("PUT", "/cut", &[], SIZE);
    // The reset may already be felt while writing.
    let _ = client.write(&content(SIZE));
    assert!(client.reply("PUT").is_err());
    let mut client = house.client();
    client.begin("PUT", "/small", &[], 10);
    client.write(&content(10)).unwrap();
    assert!(client.reply("PUT").is_err());
    let mut client = house.client();
    assert_eq!(client.send("GET", "/cut", b"").status, 404);
    assert_eq!(client.send("GET", "/small", b"").body, content(10));
    wait_until(|| house.files() == 0);
    let statuses: Vec<u16> = house.ledger().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [0, 0, 404, 200]);
}

#[test]
fn a_flipped_byte_is_one_and_only_on_its_way() {
    let house = webdav(&["flip/read=every 2"]);
    let mut client = house.client();
    client.send("PUT", "/a", &content(SIZE));
    client.send("PUT", "/b", &content(10));
    for path in ["/a", "/b"] {
        let sound = client.send("GET", path, b"").body;
        let flipped = client.send("GET", path, b"").body;
        let differ = sound.iter().zip(&flipped).filter(|(a, b)| a != b).count();
        assert_eq!((sound.len(), differ), (flipped.len(), 1));
    }
}

#[test]
fn a_stall_and_a_slow_start_only_take_time() {
    let house = webdav(&["slow-start@300 ms", "stall@200 ms/read=#1"]);
    let began = Instant::now();
    let mut client = house.client();
    assert_eq!(client.send("PUT", "/a", b"x").status, 201);
    assert!(began.elapsed().as_secs_f64() > 0.25);
    let began = Instant::now();
    assert_eq!(client.send("GET", "/a", b"").body, b"x");
    assert!(began.elapsed().as_secs_f64() > 0.2);
    common::assert_takes(0.0..0.15, || assert_eq!(client.send("GET", "/a", b"").body, b"x"));
    let names: Vec<String> =
        house.ledger().iter().filter_map(|request| Some(request.fault?.to_string())).collect();
    assert_eq!(names, ["slow-start@0.3 s", "stall@0.2 s"]);
}

#[test]
fn an_expired_token_opens_nothing() {
    let house = webdav(&["token-expiry@0 s"]);
    assert_eq!(house.client().send("GET", "/a", b"").status, 401);
}

#[test]
fn chances_strike_the_same_requests_with_the_same_seed() {
    let statuses = || {
        let house = webdav(&["500/read=30%"]);
        let mut client = house.client();
        (0..50).map(|_| client.send("GET", "/a", b"").status).collect::<Vec<u16>>()
    };
    let first = statuses();
    assert!((5..30).contains(&first.iter().filter(|status| **status == 500).count()));
    assert_eq!(first, statuses());
}
