//! The link over real sockets: bytes *and* time, and what the ledger and the owner see of both.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod common;

use std::time::{Duration, Instant};

use common::{Client, House, content, house, webdav};
use lukewarm_model::{Bandwidth, Bytes, Limits, Network, Seconds, ServiceKind};

const MEGABYTE: usize = 1_000_000;

fn behind(network: Network) -> House {
    house(ServiceKind::WEBDAV, network, Limits::default())
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// Holds each of several tries to the least that a link may take, and the best of them to the
/// most: other work on the machine makes some of them late, but none of them early.
fn assert_takes(least: f64, most: f64, mut work: impl FnMut()) {
    let times: Vec<f64> = (0..4).map(|_| seconds(&mut work)).collect();
    let best = times.iter().copied().fold(f64::MAX, f64::min);
    assert!(best >= least && best < most, "{times:?} not in {least}..{most}");
}

fn get(client: &mut Client, length: usize) {
    assert_eq!(client.send("GET", "/o", b"").body.len(), length);
}

#[test]
fn a_download_takes_its_time_alone_or_shared() {
    let house = behind(Network { down: Some(Bandwidth(80_000_000)), ..Network::unlimited() });
    let mut client = house.client();
    // Up is unlimited: this must not cost the 0.1 s that the way down will.
    assert_takes(0.0, 0.08, || drop(client.send("PUT", "/o", &content(MEGABYTE))));
    // The link catches up at most 15 ms, those since the answer before this one included.
    assert_takes(0.08, 0.15, || get(&mut client, MEGABYTE));
    assert_takes(0.37, 0.5, || {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| get(&mut house.client(), MEGABYTE));
            }
        });
    });
}

#[test]
fn an_upload_takes_its_time_alone_or_shared() {
    let house = behind(Network { up: Some(Bandwidth(80_000_000)), ..Network::unlimited() });
    let put = &|name: &str| {
        assert!((200..300).contains(&house.client().send("PUT", name, &content(MEGABYTE)).status));
    };
    assert_takes(0.08, 0.16, || put("/a"));
    assert_takes(0.37, 0.52, || {
        std::thread::scope(|scope| {
            for name in ["/a", "/b", "/c", "/d"] {
                scope.spawn(move || put(name));
            }
        });
    });
}

#[test]
fn a_long_transfer_has_the_set_rate() {
    let house = behind(Network { down: Some(Bandwidth(400_000_000)), ..Network::unlimited() });
    let mut client = house.client();
    client.send("PUT", "/o", &content(25 * MEGABYTE));
    // 25 MB at 50 MB/s: faster by no more than the 15 ms, and not much slower on a busy machine.
    assert_takes(0.48, 0.6, || get(&mut client, 25 * MEGABYTE));
}

#[test]
fn connections_take_turns() {
    let house = behind(Network { down: Some(Bandwidth(40_000_000)), ..Network::unlimited() });
    let mut client = house.client();
    client.send("PUT", "/o", &content(2 * MEGABYTE));
    client.send("PUT", "/small", &content(20_000));
    std::thread::scope(|scope| {
        scope.spawn(|| get(&mut house.client(), 2 * MEGABYTE));
        std::thread::sleep(Duration::from_millis(60));
        let small = seconds(|| {
            assert_eq!(client.send("GET", "/small", b"").body.len(), 20_000);
        });
        // Alone it takes 4 ms; behind the whole of the other it would take 340.
        assert!(small < 0.08, "{small}");
    });
}

#[test]
fn a_round_trip_is_paid_once_a_request_and_opening_costs_once_a_connection() {
    let network =
        Network { round_trip: Seconds(0.05), connect_round_trips: 2, ..Network::unlimited() };
    let house = behind(network);
    let missing = |client: &mut Client| assert_eq!(client.send("GET", "/o", b"").status, 404);
    assert_takes(0.145, 0.2, || missing(&mut house.client()));
    let mut client = house.client();
    missing(&mut client);
    assert_takes(0.048, 0.08, || missing(&mut client));
    let body = content(200_000);
    assert_takes(0.048, 0.08, || drop(client.send("PUT", "/o", &body)));
    let waits: Vec<_> = house.ledger().iter().map(|it| it.first_byte - it.at).collect();
    assert_eq!(waits.len(), 4 + 1 + 4 + 4);
    assert!(waits.iter().all(|it| *it >= Seconds(0.048)), "{waits:?}");
    assert!(waits.iter().any(|it| *it < Seconds(0.08)), "{waits:?}");
}

#[test]
fn jitter_moves_requests_within_its_bounds() {
    let network =
        Network { round_trip: Seconds(0.02), jitter: Seconds(0.01), ..Network::unlimited() };
    let house = behind(network);
    let mut client = house.client();
    let waits: Vec<f64> = (0..40)
        .map(|_| seconds(|| assert_eq!(client.send("GET", "/o", b"").status, 404)))
        .collect();
    let shortest = waits.iter().copied().fold(f64::MAX, f64::min);
    let longest = waits.iter().copied().fold(0.0, f64::max);
    assert!(shortest >= 0.009 && longest < 0.2, "{waits:?}");
    assert!(longest - shortest > 0.008, "{waits:?}");
}

#[test]
fn sums_of_the_ledger_are_what_went_over_the_wire() {
    let house = webdav();
    let mut client = house.client();
    let sizes = [0, 1, 10_000, 100_000, 1_000_000];
    for (n, size) in sizes.iter().enumerate() {
        client.send("PUT", &format!("/{n}"), &content(*size));
        client.send("GET", &format!("/{n}"), b"");
        client.send("HEAD", &format!("/{n}"), b"");
    }
    let ledger = house.ledger();
    let sum =
        |of: fn(&lukewarm_model::Request) -> Bytes| ledger.iter().map(|it| of(it).0).sum::<u64>();
    let total = sizes.iter().sum::<usize>() as u64;
    assert_eq!((sum(|it| it.body_up), sum(|it| it.body_down)), (total, total));
    assert_eq!(house.service.stored().bytes, Bytes(total));
    let heads = sum(|it| it.wire_up) - total;
    let token = house.service.token().len() as u64;
    // Fifteen heads of the test's own client, which has no more than these headers.
    let least = 15 * (token + 70);
    assert!((least..least + 15 * 40).contains(&heads), "{heads} of {least}");
    assert!(ledger.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(house.service.take_ledger().is_empty());
}

#[test]
fn each_service_counts_its_own_cpu_time() {
    let (busy, idle) = (webdav(), webdav());
    let before = idle.service.cpu_time().unwrap();
    let mut client = busy.client();
    for _ in 0..20 {
        client.send("PUT", "/o", &content(4 * MEGABYTE));
    }
    let used = busy.service.cpu_time().unwrap();
    assert!(used > Seconds(0.005), "{used:?}");
    assert!(idle.service.cpu_time().unwrap() - before < Seconds(0.005));
}

#[test]
fn a_dropped_service_is_gone() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", &content(100_000));
    let address = house.address().to_owned();
    let common::House { service, folder } = house;
    let start = Instant::now();
    drop(service);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert!(std::net::TcpStream::connect(address).is_err());
    assert_eq!(std::fs::read_dir(folder.path().join("objects")).unwrap().count(), 0);
}
