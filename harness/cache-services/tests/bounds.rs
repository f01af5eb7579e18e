//! What one client can take up: memory, disk, time and the length of answers are bounded.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use common::{Client, House, content, github_actions, house, webdav};
use lukewarm_cache_services::{Connections, Place, Service};
use lukewarm_model::{Bytes, Limits, Network, Seconds, ServiceKind, ServiceSettings};
use serde_json::{Value, json};

const CALLS: &str = "/twirp/github.actions.results.api.v1.CacheService/";
const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

/// Reserves an entry: what is answered, and the path of its upload.
fn reserve(client: &mut Client, key: &str, version: &str) -> (u16, String) {
    let message = json!({ "key": key, "version": version }).to_string();
    let call = format!("{CALLS}CreateCacheEntry");
    let reply = client.with("POST", &call, JSON, message.as_bytes());
    let told: Value = serde_json::from_slice(&reply.body).unwrap();
    let url = told["signed_upload_url"].as_str().unwrap_or_default();
    let path = url.strip_prefix("http://").and_then(|it| it.split_once('/'));
    (reply.status, path.map_or(String::new(), |(_, path)| format!("/{path}")))
}

/// Bytes that a folder's files really take.
fn on_disk(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).unwrap().flatten();
    files.map(|file| file.metadata().map_or(0, |it| it.blocks() * 512)).sum()
}

fn lock_info(scope: &str, owner: &str) -> Vec<u8> {
    format!(
        "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/>\
         </D:locktype><D:owner>{owner}</D:owner></D:lockinfo>"
    )
    .into_bytes()
}

/// A `PROPFIND` of so many names in a namespace of that length.
fn names(count: usize, namespace: usize) -> Vec<u8> {
    let names: String = (0..count).fold(String::new(), |mut names, number| {
        let _ = write!(names, "<a:p{number}/>");
        names
    });
    let namespace = "u".repeat(namespace);
    format!(
        "<D:propfind xmlns:D='DAV:' xmlns:a='{namespace}'><D:prop>{names}</D:prop></D:propfind>"
    )
    .into_bytes()
}

#[test]
fn no_small_propfind_has_a_large_answer() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    // safety.md 13: 29 kB asked for 20 MB.
    let body = names(1000, 20_000);
    assert!(body.len() < 30_000);
    assert_eq!(client.with("PROPFIND", "/o", &[("Depth", "0")], &body).status, 400);
    for body in [names(257, 10), names(10, 1025)] {
        assert_eq!(client.with("PROPFIND", "/o", &[("Depth", "0")], &body).status, 400);
    }
    let body = names(256, 1024);
    let reply = client.with("PROPFIND", "/o", &[("Depth", "0")], &body);
    assert_eq!(reply.status, 207);
    assert!(reply.body.len() < 300_000, "{}", reply.body.len());
    // The same for each resource below would be long again.
    (0..60).for_each(|n| assert_eq!(client.send("PUT", &format!("/{n}"), b"x").status, 201));
    for depth in ["1", "infinity"] {
        let reply = client.with("PROPFIND", "/", &[("Depth", depth)], &body);
        assert_eq!(reply.status, 403, "{depth}");
        assert!(reply.text().contains("<D:propfind-finite-depth/>"), "{}", reply.text());
    }
    let few = names(10, 30);
    assert_eq!(client.with("PROPFIND", "/", &[("Depth", "infinity")], &few).status, 207);
}

#[test]
fn what_a_proppatch_makes_is_judged_before_it_is_made() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    let patch = |lang: usize, count: usize| {
        let lang = "l".repeat(lang);
        let set = "<p xmlns='u'/>".repeat(count);
        format!(
            "<D:propertyupdate xmlns:D='DAV:' xml:lang='{lang}'><D:set><D:prop>{set}</D:prop>\
             </D:set></D:propertyupdate>"
        )
    };
    let status =
        |client: &mut Client, text: String| client.send("PROPPATCH", "/o", text.as_bytes()).status;
    assert_eq!(status(&mut client, patch(2, 256)), 207);
    assert_eq!(status(&mut client, patch(2, 257)), 400);
    assert_eq!(status(&mut client, patch(40_000, 200)), 400, "8 MB would be made");
}

#[test]
fn owners_of_locks_and_locks_of_one_resource_are_bounded() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    let lock = |client: &mut Client, path: &str, owner: usize| {
        client.send("LOCK", path, &lock_info("shared", &"o".repeat(owner))).status
    };
    assert_eq!(lock(&mut client, "/o", 5000), 507);
    let given = (0..100).filter(|_| lock(&mut client, "/o", 100) == 200).count();
    assert!((10..100).contains(&given), "{given}");
    assert_eq!(lock(&mut client, "/p", 100), 201);
    let told = client.with("PROPFIND", "/o", &[("Depth", "0")], b"");
    assert!(told.body.len() < 64_000, "{}", told.body.len());
    // All locks together.
    let given = (0..3000).filter(|n| lock(&mut client, &format!("/{n}"), 900) == 201).count();
    assert!((500..3000).contains(&given), "{given}");
}

#[test]
fn an_if_header_of_many_lists_takes_no_time() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    for _ in 0..2000 {
        if client.send("LOCK", "/o", &lock_info("shared", "me")).status != 200 {
            break;
        }
    }
    // The processor's time, which other work on the machine does not change: every list looking at
    // every lock took seconds.
    let before = house.service.cpu_time().unwrap();
    let reply = client.with("GET", "/o", &[("If", &"(<a>)".repeat(20_000))], b"");
    assert_eq!(reply.status, 400);
    let used = house.service.cpu_time().unwrap() - before;
    assert!(used < Seconds(1.0), "{used:?}");
    let reply = client.with("GET", "/o", &[("If", &"(Not <a>)".repeat(100))], b"");
    assert_eq!(reply.status, 200);
}

#[test]
fn uploads_that_nobody_finishes_count_for_the_quota() {
    let limits = Limits { quota: Some(Bytes(1_000_000)), ..Limits::default() };
    let house = house(ServiceKind::GithubActions, Network::unlimited(), limits);
    let mut client = house.client();
    let (status, upload) = reserve(&mut client, "key", "v");
    assert_eq!(status, 200);
    let put = |client: &mut Client, number: usize| {
        let path = format!("{upload}&comp=block&blockid={number:04}");
        client.send("PUT", &path, &content(1_000_000)).status
    };
    let told: Vec<u16> = (0..8).map(|number| put(&mut client, number)).collect();
    assert_eq!(told[..2], [201, 507], "{told:?}");
    assert!(on_disk(&house.folder.path().join("objects")) < 2_500_000);
    // What is given up makes room again.
    house.service.restore(&house.service.snapshot()).unwrap();
    let (status, upload) = reserve(&mut client, "key", "v");
    assert_eq!(status, 200);
    assert_eq!(client.send("PUT", &upload, &content(1_000_000)).status, 201);
}

#[test]
fn keys_versions_and_blocks_have_a_longest_name() {
    let house = github_actions();
    let mut client = house.client();
    assert_eq!(reserve(&mut client, &"k".repeat(513), "v").0, 400);
    assert_eq!(reserve(&mut client, "k", &"v".repeat(60_000)).0, 400);
    let (status, upload) = reserve(&mut client, "k", &"v".repeat(64));
    assert_eq!(status, 200);
    let block = |id: usize| format!("{upload}&comp=block&blockid={}", "i".repeat(id));
    assert_eq!(client.send("PUT", &block(88), b"x").status, 201);
    assert_eq!(client.send("PUT", &block(1000), b"x").status, 400);
}

/// A service's answer to a request with that `Host`: the host of the URL that it signs.
fn signed_for(house: &House, host: &str) -> String {
    let mut client = house.client();
    let body = json!({ "key": host, "version": "v" }).to_string();
    let head = format!(
        "POST {CALLS}CreateCacheEntry HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        house.service.token(),
        body.len()
    );
    client.write(head.as_bytes()).unwrap();
    let reply = client.reply("POST").unwrap();
    let told: Value = serde_json::from_slice(&reply.body).unwrap();
    let url = told["signed_upload_url"].as_str().unwrap().to_owned();
    url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned()
}

#[test]
fn a_signed_url_leads_to_the_service_whatever_host_is_named() {
    let house = github_actions();
    let own = house.address();
    let port = own.rsplit(':').next().unwrap();
    for strange in ["evil.example", "evil.example/x?", "u@127.0.0.1:1", "[::1", "a b", "10.1.2.3"] {
        assert_eq!(signed_for(&house, strange), own, "{strange}");
    }
    for fine in [own.to_owned(), format!("localhost:{port}"), "127.0.0.1:8080".to_owned()] {
        assert_eq!(signed_for(&house, &fine), fine);
    }
}

#[test]
fn a_fragment_is_not_taken_for_the_whole_behind_another_request_either() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/a", b"x");
    let request = |method: &str, path: &str| {
        let token = house.service.token();
        format!("{method} {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n\r\n")
    };
    let both = request("GET", "/a") + &request("DELETE", "/a#b");
    client.write(both.as_bytes()).unwrap();
    assert_eq!(client.reply("GET").unwrap().status, 200);
    assert_eq!(client.reply("DELETE").unwrap().status, 400);
    let mut client = house.client();
    assert_eq!(client.send("GET", "/a", b"").status, 200);
    // Behind a blank line, which readers of HTTP pass over.
    client.write(format!("\r\n{}", request("DELETE", "/a#b")).as_bytes()).unwrap();
    assert_eq!(client.reply("DELETE").unwrap().status, 400);
    // Without one it is served, sent so or otherwise.
    let both = request("GET", "/a") + &request("DELETE", "/a");
    client.write(both.as_bytes()).unwrap();
    assert_eq!(client.reply("GET").unwrap().status, 200);
    assert_eq!(client.reply("DELETE").unwrap().status, 204);
}

#[test]
fn a_fragment_is_refused_by_every_service() {
    let house = github_actions();
    let mut client = house.client();
    let path = format!("{CALLS}CreateCacheEntry#x");
    let body = json!({ "key": "k", "version": "v" }).to_string();
    assert_eq!(client.with("POST", &path, JSON, body.as_bytes()).status, 400);
    assert_eq!(reserve(&mut client, "k", "v").0, 200);
}

#[test]
fn the_body_of_an_unknown_client_is_not_read_to_its_end() {
    for (house, method, path) in [
        (webdav(), "PUT", "/a".to_owned()),
        (github_actions(), "POST", format!("{CALLS}CreateCacheEntry")),
        (github_actions(), "PUT", "/blobs/1?sig=00".to_owned()),
        (common::faulty(ServiceKind::Webdav, &["503"]), "PUT", "/a".to_owned()),
    ] {
        let mut client = Client::to(house.address(), "wrong");
        client.begin_chunked(method, &path);
        let chunk = [b"10000\r\n".to_vec(), content(0x10000), b"\r\n".to_vec()].concat();
        let taken = (0..64).take_while(|_| client.write(&chunk).is_ok()).count();
        let mut rest = Vec::new();
        // The answer, or an end without one: the service went away while bytes were under way.
        let ended = client.stream().read_to_end(&mut rest);
        let waits = ended.is_err_and(|it| it.kind() == std::io::ErrorKind::WouldBlock);
        assert!(!waits, "{path}: it waits for more");
        let ledger = house.ledger();
        assert!(ledger[0].body_up.0 < 300_000, "{path}: {taken} chunks, {}", ledger[0].body_up);
    }
    // Who has the token is heard out, as clients expect that write before they read.
    let house = common::faulty(ServiceKind::Webdav, &["503"]);
    assert_eq!(house.client().send("PUT", "/a", &content(4_000_000)).status, 503);
    assert_eq!(house.ledger()[0].body_up.0, 4_000_000);
}

/// A service that waits for nobody as long as it would.
fn hurried(connections: Connections) -> House {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { connections, ..Place::scratch(&folder.path().join("objects")) };
    let settings = ServiceSettings::new(ServiceKind::Webdav);
    House { service: Service::listen(&settings, &place).unwrap(), folder }
}

/// Lets this process have as many files open as it may.
fn raise_limit() {
    let kind = rustix::process::Resource::Nofile;
    let limit = rustix::process::getrlimit(kind);
    let all = rustix::process::Rlimit { current: limit.maximum, ..limit };
    rustix::process::setrlimit(kind, all).unwrap();
}

/// Whether a connection was ended from the other side.
fn is_over(mut stream: &TcpStream, patience: Duration) -> bool {
    stream.set_read_timeout(Some(patience)).unwrap();
    match stream.read(&mut [0; 1000]) {
        Ok(count) => count == 0,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

#[test]
fn connections_that_say_nothing_give_way_to_those_that_do() {
    raise_limit();
    let fast = Connections { gives_way: Duration::from_millis(100), ..Connections::default() };
    let house = hurried(fast);
    let mut slow = house.client();
    slow.begin("PUT", "/slow", &[], 8);
    slow.write(b"half").unwrap();
    let mut kept = house.client();
    assert_eq!(kept.send("GET", "/none", b"").status, 404);
    // Longer than is needed to go, when those that come now are not silent for so long yet.
    std::thread::sleep(2 * fast.gives_way);
    let silent: Vec<TcpStream> =
        (0..fast.most + 20).map(|_| TcpStream::connect(house.address()).unwrap()).collect();
    // The client gives up on what takes for ever.
    assert_eq!(house.client().send("PUT", "/o", b"x").status, 201);
    assert!(is_over(&silent[0], Duration::from_secs(5)), "the oldest goes first");
    assert_eq!(kept.send("GET", "/o", b"").status, 200, "one that was used goes after those");
    slow.write(b"half").unwrap();
    assert_eq!(slow.reply("PUT").unwrap().status, 201, "one with a request in hand stays");
}

#[test]
fn a_new_connection_says_what_it_wants_or_ends() {
    let first_head = Duration::from_millis(300);
    let house = hurried(Connections { first_head, ..Connections::default() });
    let mut kept = house.client();
    assert_eq!(kept.send("PUT", "/o", b"x").status, 201);
    let silent = TcpStream::connect(house.address()).unwrap();
    let mut half = TcpStream::connect(house.address()).unwrap();
    std::io::Write::write_all(&mut half, b"GET /o HTTP/1.1\r\nHost: x\r\n").unwrap();
    // A client without the token announces a body and does not send it.
    let mut unknown = Client::to(house.address(), "wrong");
    unknown.begin("PUT", "/o", &[], 100);
    assert_eq!(unknown.reply("PUT").unwrap().status, 401);
    for stream in [&silent, &half] {
        assert!(is_over(stream, Duration::from_secs(5)));
    }
    std::thread::sleep(2 * first_head);
    assert_eq!(kept.send("GET", "/o", b"").status, 200, "one that was used may wait");
    // Who has the token may take its time.
    let mut slow = house.client();
    slow.begin("PUT", "/slow", &[], 2);
    std::thread::sleep(2 * first_head);
    slow.write(b"ok").unwrap();
    assert_eq!(slow.reply("PUT").unwrap().status, 201);
}
