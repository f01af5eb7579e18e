//! A served cache, driven by a program that is not the command line.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::channel;
use std::thread;

use lukewarm_cache_services::PROTOCOLS;
use lukewarm_model::{Limits, Operation, Request};
use lukewarm_plan::ServiceSelection;
use lukewarm_runner::UserEnvironment;
use lukewarm_session::{
    OriginPlace, ServeError, ServeOptions, ServedCache, ServedStorage, TokenSource,
};

fn options(service: &str, storage: ServedStorage) -> ServeOptions {
    let kind = PROTOCOLS.iter().map(|it| it.kind()).find(|it| it.name() == service).unwrap();
    let selection = ServiceSelection {
        kind,
        network: None,
        limits: Limits::default(),
        faults: Vec::new(),
        seed: None,
        with_v1: false,
    };
    ServeOptions {
        settings: lukewarm_plan::service(None, &selection).unwrap(),
        address: "127.0.0.1:0".parse().unwrap(),
        public_url: None,
        token: Some(TokenSource::Argument("a-token".to_owned())),
        scopes: Vec::new(),
        storage,
        ledger: None,
        origin: OriginPlace { user: UserEnvironment::default(), base: std::env::temp_dir() },
    }
}

#[test]
fn a_cache_is_served_until_the_caller_stops_it() {
    let place = tempfile::tempdir().unwrap();
    let ledger = place.path().join("requests.jsonl");
    let base = place.path().join("base");
    fs::create_dir(&base).unwrap();
    let options = ServeOptions {
        ledger: Some(ledger.clone()),
        ..options("webdav", ServedStorage::Temporary(base.clone()))
    };
    let mut cache = ServedCache::start(options).unwrap();
    let variables = cache.environment().unwrap();
    assert!(variables.iter().any(|(_, value)| value == "a-token"), "{variables:?}");
    let address = cache.url().strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
    let (stop, stopped) = channel();
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = "PUT /a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-token\r\n";
        let rest = "Content-Length: 5\r\nConnection: close\r\n\r\nhello";
        stream.write_all(format!("{head}{rest}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        stop.send(()).unwrap();
        answer
    });
    let mut seen: Vec<Request> = Vec::new();
    cache.serve_until(&stopped, &mut |ended| seen.extend_from_slice(ended)).unwrap();
    assert!(client.join().unwrap().starts_with("HTTP/1.1 201"));
    assert_eq!(cache.stored().objects, 1);
    let (totals, stored) = cache.close().unwrap();
    assert_eq!((stored.objects, stored.bytes.0), (1, 5));
    assert_eq!((totals.all.requests, totals.all.bytes_up.0), (1, 5));
    assert_eq!(totals.by_status[&(Operation::Write, 201)].count, 1);
    assert_eq!(seen.len(), 1);
    assert_eq!(fs::read_to_string(&ledger).unwrap().lines().count(), 1);
    assert_eq!(fs::read_dir(&base).unwrap().count(), 0, "stored objects are removed");
}

#[test]
fn scopes_need_a_service_that_has_them_and_a_secret() {
    let place = tempfile::tempdir().unwrap();
    let scopes = vec![("refs/heads/main".to_owned(), lukewarm_cache_services::Permission::Read)];
    let start = |service: &str| {
        let storage = ServedStorage::Temporary(place.path().to_owned());
        ServedCache::start(ServeOptions { scopes: scopes.clone(), ..options(service, storage) })
    };
    let error = start("webdav").unwrap_err();
    assert!(matches!(error, ServeError::NoScopes { .. }), "{error}");
    let error = start("github-actions").unwrap_err();
    assert!(matches!(error, ServeError::ShortSecret), "{error}");
}
