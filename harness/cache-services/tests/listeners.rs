//! Several addresses of one service: one store and one limit, and a ledger that tells who asked.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::Client;
use lukewarm_cache_services::{ListenConfig, Service};
use lukewarm_model::{Limits, ServiceKind, ServiceSettings};

const SOON: Duration = Duration::from_secs(10);

/// A WebDAV server with three addresses that admits two uploads a minute.
fn service(folder: &tempfile::TempDir) -> Service {
    let limits = Limits { uploads_per_minute: Some(2), ..Limits::default() };
    let settings = ServiceSettings { limits, ..ServiceSettings::new(ServiceKind::WEBDAV) };
    let config = ListenConfig {
        further_listeners: 2,
        ..ListenConfig::scratch(&folder.path().join("objects"))
    };
    Service::listen(&settings, &config).unwrap()
}

fn client(service: &Service, listener: u32) -> Client {
    let endpoint = service.endpoint_at(listener, &[]);
    Client::to(endpoint.url.strip_prefix("http://").unwrap(), service.token())
}

#[test]
fn clients_of_several_addresses_share_the_store_and_its_limits() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(&folder);
    assert_eq!(service.endpoint_at(0, &[]), *service.endpoint());
    let mut clients = [0, 1, 2].map(|listener| client(&service, listener));
    let [one, two, three] = &mut clients;
    assert_eq!(one.send("PUT", "/a", b"first").status, 201);
    assert_eq!(two.send("GET", "/a", b"").body, b"first");
    assert_eq!(two.send("PUT", "/b", b"second").status, 201);
    assert_eq!(three.send("PUT", "/c", b"third").status, 429, "the limit is one for all");
    assert_eq!(service.stored().objects, 2);
    assert!((0..3).all(|listener| service.settle_at(listener, SOON)));
    let asked = |listener| -> Vec<(String, u16)> {
        let requests = service.take_ledger_at(listener).into_iter();
        requests.map(|it| (format!("{} {}", it.verb, it.key), it.status)).collect()
    };
    assert_eq!(asked(2), [("PUT c".to_owned(), 429)]);
    assert_eq!(asked(1), [("GET a".to_owned(), 200), ("PUT b".to_owned(), 201)]);
    assert!(asked(1).is_empty(), "they were taken");
    let left = service.take_ledger();
    assert_eq!(left.len(), 1, "the first client's is left");
    assert_eq!((left[0].listener, left[0].connection), (0, 1));
}

/// What one client has under way keeps nobody waiting for another's.
#[test]
fn a_request_under_way_is_its_own_listeners() {
    let folder = tempfile::tempdir().unwrap();
    let service = service(&folder);
    let (mut slow, mut quick) = (client(&service, 1), client(&service, 2));
    slow.begin("PUT", "/a", &[], 100);
    assert_eq!(quick.send("GET", "/none", b"").status, 404);
    assert!(service.settle_at(2, SOON));
    assert_eq!(service.take_ledger_at(2).len(), 1);
    // Its head was sent before, and has come by then.
    let waited = std::time::Instant::now();
    while service.settle_at(1, Duration::ZERO) && waited.elapsed() < SOON {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(!service.settle_at(1, Duration::from_millis(20)) && !service.settle(Duration::ZERO));
}
