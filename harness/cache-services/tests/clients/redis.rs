//! The real redis-server behind the link: sccache with it, and Redis' own programs.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use lukewarm_cache_services::{ListenConfig, OriginSetup, Service, find_protocol};
use lukewarm_model::{Bytes, Limits, Operation, Request, ServiceKind, ServiceSettings};
use lukewarm_testing::{Missing, Tried};

use crate::common::House;
use crate::machine::{Ended, Run, Running, find, run};
use crate::sccache::{cold_and_warm, variables};

const PASSWORD: &str = "swordfish7";

/// A service in front of a server of its own; the server ends last.
struct RedisHouse {
    house: House,
    _server: Running,
}

fn redis(limits: Limits) -> Result<RedisHouse, Missing> {
    let program = find("redis-server")?;
    let kind = ServiceKind::named("redis");
    let origin = find_protocol(kind).unwrap().origin().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let setup = OriginSetup { password: PASSWORD, quota: limits.quota };
    std::fs::write(place.join(origin.settings), (origin.configure)(&setup)).unwrap();
    let server = run(&program, place).args([origin.settings]).folder(place).start();
    let socket = place.join(origin.socket);
    let began = Instant::now();
    while UnixStream::connect(&socket).is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "redis-server does not listen");
        std::thread::sleep(Duration::from_millis(5));
    }
    let settings = ServiceSettings { limits, seed: 1, ..ServiceSettings::new(kind) };
    let config = ListenConfig {
        origin: Some(socket),
        token: Some(PASSWORD.to_owned()),
        ..ListenConfig::scratch(&place.join("objects"))
    };
    let service = Service::listen(&settings, &config).unwrap();
    Ok(RedisHouse { house: House { service, folder }, _server: server })
}

fn endpoint(house: &House) -> Vec<(String, String)> {
    variables([
        ("SCCACHE_REDIS_ENDPOINT", house.service.url().to_owned()),
        ("SCCACHE_REDIS_PASSWORD", house.service.token().to_owned()),
    ])
}

fn over_redis(version: &str) -> Tried {
    let redis = redis(Limits::default())?;
    cold_and_warm(version, &redis.house, endpoint(&redis.house))
}

pub fn sccache_0_9_1_over_redis() -> Tried {
    over_redis("0.9.1")
}

pub fn sccache_0_10_0_over_redis() -> Tried {
    over_redis("0.10.0")
}

pub fn sccache_0_16_0_over_redis() -> Tried {
    over_redis("0.16.0")
}

/// One command of redis-cli.
fn cli(program: &Path, house: &House, words: &[&str]) -> Ended {
    let address = house.service.url().strip_prefix("redis://").unwrap();
    let (host, port) = address.split_once(':').unwrap();
    Run::args(run(program, house.folder.path()), ["-h", host, "-p", port, "--no-auth-warning"])
        .args(["-a", PASSWORD])
        .args(words)
        .end()
}

pub fn redis_cli_gets_what_the_server_says() -> Tried {
    let program = find("redis-cli")?;
    let redis = redis(Limits::default())?;
    let house = &redis.house;
    let said = |words: &[&str]| cli(&program, house, words).out.trim().to_owned();
    assert_eq!(said(&["PING"]), "PONG");
    assert_eq!(said(&["SET", "a", "hello"]), "OK");
    assert_eq!(said(&["GET", "a"]), "hello");
    assert_eq!(said(&["GET", "b"]), "");
    assert!(said(&["CONFIG", "GET", "*"]).contains("unknown command"));
    assert!(said(&["MONITOR"]).contains("this command is not relayed"));
    let ledger = house.ledger();
    let of = |verb: &str| ledger.iter().filter(|it| it.verb == verb).collect::<Vec<&Request>>();
    let (reads, writes) = (of("GET"), of("SET"));
    assert_eq!((reads[0].status, reads[0].body_down, reads[0].key.as_str()), (200, Bytes(5), "a"));
    assert_eq!((reads[1].status, reads[1].operation), (404, Operation::Read));
    assert_eq!((writes[0].body_up, writes[0].operation), (Bytes(5), Operation::Write));
    // Snapshots: what was there comes back, what was not goes.
    house.service.gather().unwrap();
    let earlier = house.service.snapshot();
    assert_eq!(earlier.count(), 1);
    said(&["SET", "a", "other"]);
    said(&["SET", "c", "new"]);
    house.service.restore(&earlier).unwrap();
    assert_eq!([said(&["GET", "a"]), said(&["GET", "c"])], ["hello", ""]);
    house.ledger();
    let address = house.service.url().strip_prefix("redis://").unwrap().to_owned();
    let (host, port) = address.split_once(':').unwrap();
    let wrong = run(&program, house.folder.path())
        .args(["-h", host, "-p", port, "--no-auth-warning", "-a", "wrong", "GET", "a"])
        .end();
    assert!((wrong.out + &wrong.err).contains("WRONGPASS"));
    assert!(house.ledger().iter().any(|it| it.verb == "AUTH" && it.status == 401));
    evicts_the_least_recently_used(&program)
}

fn evicts_the_least_recently_used(program: &Path) -> Tried {
    let limits = Limits { quota: Some(Bytes(4_000_000)), ..Limits::default() };
    let redis = redis(limits)?;
    let value = "x".repeat(100_000);
    for number in 0..60 {
        let name = format!("object-{number}");
        let set = cli(program, &redis.house, &["SET", &name, &value]);
        assert_eq!(set.out.trim(), "OK");
    }
    // What the server holds is counted at the end.
    let stored = redis.house.service.close().unwrap();
    assert!(stored.objects < 60 && stored.evicted > 0, "{stored:?}");
    assert_eq!(stored.objects + stored.evicted, 60);
    Ok(())
}

pub fn redis_benchmark_sends_in_pipelines() -> Tried {
    let program = find("redis-benchmark")?;
    let redis = redis(Limits::default())?;
    let house = &redis.house;
    let address = house.service.url().strip_prefix("redis://").unwrap();
    let (host, port) = address.split_once(':').unwrap();
    let ended = run(&program, house.folder.path())
        .args(["-h", host, "-p", port, "-a", PASSWORD, "-q", "-t", "set,get"])
        .args(["-n", "2000", "-P", "16", "-c", "20", "-d", "1000"])
        .must();
    assert!(ended.out.contains("requests per second"), "{}", ended.out);
    let ledger = house.ledger();
    let count = |operation| {
        let of = ledger.iter().filter(|it| it.operation == operation);
        of.filter(|it| it.status == 200).count()
    };
    assert!(count(Operation::Write) >= 2000 && count(Operation::Read) >= 2000);
    Ok(())
}
