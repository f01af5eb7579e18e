//! WebDAV over real sockets: what sccache does, and what a careless or hostile client does.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod common;

use std::net::Shutdown;
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{content, house, wait_until, webdav};
use lukewarm_model::{Bytes, Limits, Network, Operation, ServiceKind};

#[test]
fn a_cold_write_makes_its_folders_and_a_read_gives_the_bytes_back() {
    let house = webdav();
    let mut client = house.client();
    assert_eq!(client.send("GET", "/a/b/hash", b"").status, 404);
    assert_eq!(client.send("PROPFIND", "/a/b/", b"").status, 404);
    assert_eq!(client.send("PUT", "/a/b/hash", b"x").status, 409);
    assert_eq!(client.send("MKCOL", "/a/b/", b"").status, 409);
    assert_eq!(client.send("MKCOL", "/a/", b"").status, 201);
    assert_eq!(client.send("MKCOL", "/a/", b"").status, 405);
    assert_eq!(client.send("MKCOL", "/a/b/", b"").status, 201);
    for length in [0, 1, 4_096, 70_000, 3_000_000] {
        let body = content(length);
        let wanted = if length == 0 { 201 } else { 204 };
        assert_eq!(client.send("PUT", "/a/b/hash", &body).status, wanted);
        let reply = client.send("GET", "/a/b/hash", b"");
        assert_eq!((reply.status, reply.body == body), (200, true), "{length} bytes");
        let head = client.send("HEAD", "/a/b/hash", b"");
        assert_eq!(head.header("content-length"), Some(length.to_string().as_str()));
    }
    assert_eq!(house.service.stored().bytes, Bytes(3_000_000));
    assert_eq!(client.send("DELETE", "/a", b"").status, 204);
    wait_until(|| (house.service.stored().objects, house.files()) == (0, 0));
}

#[test]
fn parts_of_an_object() {
    let house = webdav();
    let mut client = house.client();
    let body = content(200_000);
    client.send("PUT", "/o", &body);
    let mut part = |range: &str| client.with("GET", "/o", &[("Range", range)], b"");
    let middle = part("bytes=100000-150000");
    assert_eq!((middle.status, middle.body == body[100_000..=150_000]), (206, true));
    assert_eq!(middle.header("content-range"), Some("bytes 100000-150000/200000"));
    assert_eq!(part("bytes=0-0").body, body[..1]);
    assert_eq!(part("bytes=-5").body, body[199_995..]);
    let outside = part("bytes=200000-");
    assert_eq!((outside.status, outside.header("content-range")), (416, Some("bytes */200000")));
}

/// The kernel may hold what was sent for a client that reads slowly.
#[test]
fn an_object_that_is_being_read_is_not_changed_by_later_uploads() {
    let house = webdav();
    let (mut slow, mut other) = (house.client(), house.client());
    // It lies in the pack, as do the others.
    let body = content(200_000);
    for round in 0..20 {
        other.send("PUT", "/o", &body);
        slow.begin("GET", "/o", &[], 0);
        // All of it was handed to the kernel.
        wait_until(|| house.service.take_ledger().iter().any(|it| it.verb == "GET"));
        assert_eq!(other.send("DELETE", "/o", b"").status, 204);
        // One of them is given the place of the one that was removed.
        (0..4).for_each(|n| drop(other.send("PUT", &format!("/{n}"), &vec![b'x'; 200_000])));
        let reply = slow.reply("GET").unwrap();
        assert_eq!((reply.status, reply.body == body), (200, true), "round {round}");
        (0..4).for_each(|n| drop(other.send("DELETE", &format!("/{n}"), b"")));
    }
}

#[test]
fn properties_are_a_multistatus() {
    let house = webdav();
    let mut client = house.client();
    ["/a", "/a/c d", "/ab"]
        .iter()
        .for_each(|it| drop(client.send("MKCOL", &it.replace(' ', "%20"), b"")));
    client.send("PUT", "/a/x", b"123");
    client.send("PUT", "/a/c%20d/deep", b"1");
    let shallow = client.with("PROPFIND", "/a", &[("Depth", "0")], b"");
    assert_eq!((shallow.status, shallow.text().matches("<D:href>").count()), (207, 1));
    let deep = client.with("PROPFIND", "/a", &[("Depth", "1")], b"").text();
    for wanted in ["<D:href>/a/</D:href>", "<D:href>/a/c%20d/</D:href>", "<D:href>/a/x</D:href>"] {
        assert!(deep.contains(wanted), "{wanted} in {deep}");
    }
    assert_eq!(deep.matches("<D:href>").count(), 3, "{deep}");
    assert!(deep.contains("<D:getcontentlength>3</D:getcontentlength>"), "{deep}");
    let options = client.send("OPTIONS", "/", b"");
    assert!(
        options.header("allow").unwrap().contains("PROPFIND") && options.header("dav").is_some()
    );
}

#[test]
fn only_the_token_opens_as_bearer_or_as_any_users_password() {
    let house = webdav();
    let mut client = house.client();
    let basic = |text: String| format!("Basic {}", STANDARD.encode(text));
    let right = basic(format!("anyone:{}", house.service.token()));
    let mut status =
        |value: &str| client.with("PUT", "/o", &[("Authorization", value)], b"body").status;
    assert_eq!(status(&right), 201);
    for wrong in ["Bearer x".to_owned(), basic("anyone:x".to_owned()), "Basic %".to_owned()] {
        assert_eq!(status(&wrong), 401, "{wrong}");
    }
}

#[test]
fn an_interrupted_put_leaves_the_old_object_and_nothing_else() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"old");
    let mut broken = house.client();
    broken.begin("PUT", "/o", &[], 1_000_000);
    broken.write(&content(400_000)).unwrap();
    // Until the service has begun to keep the bytes, so that there is something to clean up.
    wait_until(|| house.files() == 1);
    drop(broken);
    wait_until(|| house.files() == 0);
    assert_eq!(client.send("GET", "/o", b"").body, b"old");
    let ledger = house.ledger();
    let put = ledger.iter().rfind(|it| it.verb == "PUT").unwrap();
    // Whether the refusal still went out depends on how the client went away.
    assert!(matches!(put.status, 0 | 400), "{put:?}");
    assert_eq!(put.body_up, Bytes(400_000));
    assert!(put.wire_up > put.body_up);
}

#[test]
fn strange_paths_and_requests_are_refused_and_the_service_stays_up() {
    let house = webdav();
    for path in ["/../x", "/a/%2e%2e/x", "/a%00b", "/%ff"] {
        assert_eq!(house.client().send("PUT", path, b"x").status, 400, "{path}");
    }
    let long = format!("/{}", "x".repeat(5_000));
    assert_eq!(house.client().send("PUT", &long, b"x").status, 414);
    let mut garbage = house.client();
    garbage.write(b"\x16\x03\x01 no http at all\r\n\r\n").unwrap();
    assert_eq!(garbage.head().unwrap().status, 400);
    let huge = format!("/{}", "x".repeat(70_000));
    assert_eq!(house.client().send("GET", &huge, b"").status, 414);
    assert_eq!(house.client().send("BREW", "/o", b"").status, 405);
    assert_eq!(house.client().send("GET", "/o", b"").status, 404);
    assert_eq!(house.service.stored().objects, 0);
    drop(garbage);
    wait_until(|| house.service.settle(Duration::ZERO));
    let ledger = house.ledger();
    let unread: Vec<_> = ledger.iter().filter(|it| it.verb.is_empty()).collect();
    assert_eq!(unread.iter().map(|it| it.status).collect::<Vec<_>>(), [400, 414], "{ledger:?}");
    assert!(unread.iter().all(|it| it.wire_up > Bytes(0) && it.wire_down > Bytes(0)));
}

#[test]
fn uploads_and_downloads_past_their_limits_are_told_when_to_come_back() {
    let limits =
        Limits { uploads_per_minute: Some(2), downloads_per_minute: Some(1), ..Limits::default() };
    let house = house(ServiceKind::WEBDAV, Network::unlimited(), limits);
    let mut client = house.client();
    let put = |client: &mut common::Client, name: &str| client.send("PUT", name, &content(300_000));
    assert_eq!(put(&mut client, "/1").status, 201);
    assert_eq!(put(&mut client, "/2").status, 201);
    let refused = put(&mut client, "/3");
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((50..=60).contains(&wait), "{wait}");
    assert_eq!(client.send("HEAD", "/1", b"").status, 200);
    assert_eq!(client.send("GET", "/1", b"").status, 200);
    assert_eq!(client.send("GET", "/1", b"").status, 429);
    assert_eq!((house.service.stored().objects, house.files()), (2, 2));
    let snapshot = house.service.snapshot();
    house.service.restore(&snapshot).unwrap();
    assert_eq!(put(&mut client, "/3").status, 201);
}

#[test]
fn the_quota_pushes_out_what_was_used_least_recently() {
    let limits = Limits { quota: Some(Bytes(250_000)), ..Limits::default() };
    let house = house(ServiceKind::WEBDAV, Network::unlimited(), limits);
    let mut client = house.client();
    for name in ["/a", "/b"] {
        client.send("PUT", name, &content(100_000));
    }
    client.send("GET", "/a", b"");
    client.send("PUT", "/c", &content(100_000));
    let status = ["/a", "/b", "/c"].map(|it| client.send("GET", it, b"").status);
    assert_eq!(status, [200, 404, 200]);
    let stored = house.service.stored();
    assert_eq!((stored.objects, stored.bytes, stored.evicted), (2, Bytes(200_000), 1));
}

#[test]
fn branches_of_snapshots_do_not_see_each_other() {
    let house = webdav();
    let mut client = house.client();
    let empty = house.service.snapshot();
    client.send("PUT", "/base", &content(300_000));
    let base = house.service.snapshot();
    client.send("PUT", "/one", &content(300_001));
    let one = house.service.snapshot();
    house.service.restore(&base).unwrap();
    client.send("DELETE", "/base", b"");
    client.send("PUT", "/two", b"2");
    let mut names = |it: &lukewarm_cache_services::Snapshot| {
        house.service.restore(it).unwrap();
        ["/base", "/one", "/two"].map(|it| client.send("GET", it, b"").status)
    };
    assert_eq!(names(&one), [200, 200, 404]);
    assert_eq!(names(&base), [200, 404, 404]);
    assert_eq!(names(&empty), [404, 404, 404]);
    assert_eq!(names(&lukewarm_cache_services::Snapshot::default()), [404, 404, 404]);
    wait_until(|| house.files() == 2);
    drop((base, one));
    wait_until(|| house.files() == 0);
}

#[test]
fn many_clients_at_once_get_what_they_stored() {
    let house = webdav();
    std::thread::scope(|scope| {
        for worker in 0..16 {
            let house = &house;
            scope.spawn(move || {
                let mut client = house.client();
                client.send("MKCOL", "/shared", b"");
                for round in 0..20 {
                    let body = content(worker * 10_000 + round);
                    let path = format!("/shared/{worker}-{round}");
                    assert_eq!(client.send("PUT", &path, &body).status, 201);
                    assert_eq!(client.send("GET", &path, b"").body, body);
                }
            });
        }
    });
    assert_eq!(house.service.stored().objects, 320);
    let ledger = house.ledger();
    assert_eq!(ledger.iter().filter(|it| it.operation == Operation::Write).count(), 320);
    assert_eq!(ledger.iter().filter(|it| it.status == 201).count(), 321);
}

#[test]
fn a_flood_of_silent_and_slow_connections_does_not_stop_the_others() {
    let house = webdav();
    let silent: Vec<_> = (0..100).map(|_| TcpStream::connect(house.address()).unwrap()).collect();
    let mut slow = house.client();
    slow.begin("PUT", "/slow", &[], 100);
    slow.write(b"half").unwrap();
    // The client gives up on what takes for ever.
    assert_eq!(house.client().send("PUT", "/o", b"x").status, 201);
    assert!(!house.service.settle(Duration::from_millis(20)), "the slow one is in flight");
    silent.iter().for_each(|it| it.shutdown(Shutdown::Both).unwrap());
    drop(slow);
    assert!(house.service.settle(Duration::from_secs(5)));
}
