//! The link over real sockets: bytes *and* time, and what the ledger and the owner see of both.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod common;

use std::time::{Duration, Instant};

use common::{Client, House, assert_takes, assert_takes_beside, content, house, webdav};
use lukewarm_model::{Bandwidth, Bytes, Limits, Network, Seconds, ServiceKind};

const MEGABYTE: usize = 1_000_000;

fn behind(network: Network) -> House {
    house(ServiceKind::Webdav, network, Limits::default())
}

fn get(client: &mut Client, length: usize) {
    assert_eq!(client.send("GET", "/o", b"").body.len(), length);
}

/// A service that nothing slows down, for the same work beside a slow one.
fn free() -> House {
    behind(Network::unlimited())
}

/// Four clients of one service at once.
fn at_once(work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for number in 0..4 {
            let work = &work;
            scope.spawn(move || work(number));
        }
    });
}

#[test]
fn a_download_takes_its_time_alone_or_shared() {
    let house = behind(Network { down: Some(Bandwidth(80_000_000)), ..Network::unlimited() });
    let (free, body) = (free(), content(MEGABYTE));
    let put = |house: &House| drop(house.client().send("PUT", "/o", &body));
    // Up is unlimited: this must not cost the 0.1 s that the way down will.
    assert_takes_beside(0.0..0.08, || put(&free), || put(&house));
    let one = |house: &House| get(&mut house.client(), MEGABYTE);
    // The link catches up at most 15 ms, those since the answer before this one included.
    assert_takes_beside(0.08..0.15, || one(&free), || one(&house));
    let four = |house: &House| at_once(|_| one(house));
    assert_takes_beside(0.37..0.5, || four(&free), || four(&house));
}

#[test]
fn an_upload_takes_its_time_alone_or_shared() {
    let house = behind(Network { up: Some(Bandwidth(80_000_000)), ..Network::unlimited() });
    let (free, body) = (free(), content(MEGABYTE));
    let put = |house: &House, number: usize| {
        let status = house.client().send("PUT", &format!("/{number}"), &body).status;
        assert!((200..300).contains(&status), "{status}");
    };
    assert_takes_beside(0.08..0.16, || put(&free, 0), || put(&house, 0));
    let four = |house: &House| at_once(|number| put(house, number));
    assert_takes_beside(0.37..0.52, || four(&free), || four(&house));
}

#[test]
fn a_long_transfer_has_the_set_rate() {
    let house = behind(Network { down: Some(Bandwidth(400_000_000)), ..Network::unlimited() });
    let (free, body) = (free(), content(25 * MEGABYTE));
    for house in [&house, &free] {
        house.client().send("PUT", "/o", &body);
    }
    // 25 MB at 50 MB/s: faster by no more than the 15 ms, and not much slower on a busy machine.
    let one = |house: &House| get(&mut house.client(), 25 * MEGABYTE);
    assert_takes_beside(0.48..0.6, || one(&free), || one(&house));
}

#[test]
fn connections_take_turns() {
    let house = behind(Network { down: Some(Bandwidth(40_000_000)), ..Network::unlimited() });
    let mut client = house.client();
    client.send("PUT", "/o", &content(2 * MEGABYTE));
    client.send("PUT", "/small", &content(20_000));
    let small_beside_a_large = |client: &mut Client| {
        std::thread::scope(|scope| {
            scope.spawn(|| get(&mut house.client(), 2 * MEGABYTE));
            std::thread::sleep(Duration::from_millis(60));
            let start = Instant::now();
            assert_eq!(client.send("GET", "/small", b"").body.len(), 20_000);
            start.elapsed()
        })
    };
    // Alone it takes 4 ms; behind the whole of the other it would take 340, each time.
    let mut tries = (0..20).map(|_| small_beside_a_large(&mut client));
    assert!(tries.any(|took| took < Duration::from_millis(80)), "it waits for the large one");
}

#[test]
fn a_round_trip_is_paid_once_a_request_and_opening_costs_once_a_connection() {
    let network =
        Network { round_trip: Seconds(0.05), connect_round_trips: 2, ..Network::unlimited() };
    let house = behind(network);
    let missing = |client: &mut Client| assert_eq!(client.send("GET", "/o", b"").status, 404);
    let mut tries = assert_takes(0.145..0.2, || missing(&mut house.client()));
    let mut client = house.client();
    missing(&mut client);
    tries += assert_takes(0.048..0.08, || missing(&mut client));
    let body = content(200_000);
    tries += assert_takes(0.048..0.08, || drop(client.send("PUT", "/o", &body)));
    let waits: Vec<_> = house.ledger().iter().map(|it| it.first_byte - it.at).collect();
    assert_eq!(waits.len(), tries + 1);
    assert!(waits.iter().all(|it| *it >= Seconds(0.048)), "{waits:?}");
    assert!(waits.iter().any(|it| *it < Seconds(0.08)), "{waits:?}");
}

#[test]
fn jitter_moves_requests_within_its_bounds() {
    let network =
        Network { round_trip: Seconds(0.02), jitter: Seconds(0.01), ..Network::unlimited() };
    let house = behind(network);
    let mut client = house.client();
    let mut waits = Vec::new();
    // A busy machine adds to some: the others lie within the bounds, and far apart.
    while waits.iter().filter(|wait| **wait < 0.035).count() < 30 {
        let start = Instant::now();
        assert_eq!(client.send("GET", "/o", b"").status, 404);
        waits.push(start.elapsed().as_secs_f64());
        assert!(waits.len() < 600, "most are beyond the bounds: {waits:?}");
    }
    let shortest = waits.iter().copied().fold(f64::MAX, f64::min);
    let inside = waits.iter().copied().filter(|wait| *wait < 0.035);
    assert!(shortest >= 0.009, "{waits:?}");
    assert!(inside.fold(0.0, f64::max) - shortest > 0.008, "{waits:?}");
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
    // An answer says that it has started.
    idle.client().send("GET", "/none", b"");
    let before = idle.service.cpu_time().unwrap();
    let mut client = busy.client();
    for _ in 0..20 {
        client.send("PUT", "/o", &content(4 * MEGABYTE));
    }
    let used = busy.service.cpu_time().unwrap();
    assert!(used > Seconds(0.005), "{used:?}");
    let other = idle.service.cpu_time().unwrap() - before;
    assert!(other.0 < used.0 / 4.0, "{other:?} of {used:?}");
}

#[test]
fn a_dropped_service_is_gone() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", &content(100_000));
    let address = house.address().to_owned();
    let common::House { service, folder } = house;
    // A connection that is open is not waited for: a service lets it be idle for minutes.
    let start = Instant::now();
    drop(service);
    assert!(start.elapsed() < Duration::from_secs(30));
    assert!(std::net::TcpStream::connect(address).is_err());
    assert_eq!(std::fs::read_dir(folder.path().join("objects")).unwrap().count(), 0);
}
