//! The GitHub Actions cache over real sockets: keys, uploads, blobs, in both message forms.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

mod common;

use common::{Client, House, Reply, content, github_actions, house};
use lukewarm_model::{Bytes, Limits, Network, Operation, ServiceKind};
use prost::Message;
use serde_json::{Value, json};

const CALLS: &str = "/twirp/github.actions.results.api.v1.CacheService/";
const JSON: &[(&str, &str)] = &[("Content-Type", "application/json")];

/// A look-up as opendal's client sends it.
#[derive(Clone, PartialEq, Message)]
struct Find {
    #[prost(string, tag = "2")]
    key: String,
    #[prost(string, tag = "4")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct Found {
    #[prost(bool, tag = "1")]
    ok: bool,
    #[prost(string, tag = "2")]
    signed_download_url: String,
    #[prost(string, tag = "3")]
    matched_key: String,
}

fn call(client: &mut Client, method: &str, message: &Value) -> Reply {
    client.with("POST", &format!("{CALLS}{method}"), JSON, message.to_string().as_bytes())
}

fn find(client: &mut Client, key: &str, restore_keys: &[&str]) -> Value {
    let message = json!({ "key": key, "version": "v1", "restore_keys": restore_keys });
    let reply = call(client, "GetCacheEntryDownloadURL", &message);
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

fn create(client: &mut Client, key: &str) -> Reply {
    call(client, "CreateCacheEntry", &json!({ "key": key, "version": "v1" }))
}

fn finalize(client: &mut Client, key: &str, size: usize) -> Reply {
    let message = json!({ "key": key, "version": "v1", "size_bytes": size.to_string() });
    call(client, "FinalizeCacheEntryUpload", &message)
}

/// The path of a signed URL in an answer; it must lead back to the same service.
fn path(house: &House, answer: &Value, name: &str) -> String {
    let url = answer[name].as_str().unwrap();
    let path = url.strip_prefix("http://").unwrap().split_once('/').unwrap().1;
    assert!(url.contains('?') && path.contains('/'), "{url} of {}", house.service.url());
    format!("/{path}")
}

fn reserve(house: &House, client: &mut Client, key: &str) -> String {
    let reply = create(client, key);
    assert_eq!(reply.status, 200, "{}", reply.text());
    path(house, &serde_json::from_slice(&reply.body).unwrap(), "signed_upload_url")
}

fn save(house: &House, client: &mut Client, key: &str, body: &[u8]) {
    let upload = reserve(house, client, key);
    let blob = &[("x-ms-blob-type", "BlockBlob")];
    assert_eq!(client.with("PUT", &upload, blob, body).status, 201);
    let reply = finalize(client, key, body.len());
    assert_eq!(reply.status, 200, "{}", reply.text());
}

#[test]
fn an_entry_is_invisible_until_it_is_finalised_and_immutable_after() {
    let house = github_actions();
    let mut client = house.client();
    let body = content(300_000);
    let upload = reserve(&house, &mut client, "key");
    assert_eq!(create(&mut client, "key").status, 409);
    assert_eq!(client.send("PUT", &upload, &body).status, 201);
    assert_eq!(find(&mut client, "key", &[])["ok"], false);
    assert_eq!(finalize(&mut client, "key", 1).status, 400);
    assert_eq!(finalize(&mut client, "other", 300_000).status, 404);
    assert_eq!(finalize(&mut client, "key", 300_000).status, 200);
    let found = find(&mut client, "key", &[]);
    assert_eq!((&found["ok"], &found["matched_key"]), (&json!(true), &json!("key")));
    let download = path(&house, &found, "signed_download_url");
    assert!(client.send("GET", &download, b"").body == body);
    let refused = create(&mut client, "key");
    assert_eq!(refused.status, 409);
    let error: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(error["code"], "already_exists");
    let again = client.send("PUT", &upload, b"other").status;
    assert!((400..500).contains(&again), "{again}");
    assert!(client.send("GET", &download, b"").body == body);
    assert_eq!(house.service.stored().bytes, Bytes(300_000));
}

#[test]
fn exact_key_then_its_prefix_then_restore_keys_in_order_newest_first() {
    let house = github_actions();
    let mut client = house.client();
    for key in ["linux-a-2", "linux-a-1", "linux-a-10", "linux-b", "mac-1"] {
        save(&house, &mut client, key, key.as_bytes());
    }
    let mut matched =
        |key: &str, more: &[&str]| find(&mut client, key, more)["matched_key"].clone();
    assert_eq!(matched("linux-a-1", &["linux-"]), "linux-a-1");
    assert_eq!(matched("linux-a", &[]), "linux-a-10");
    assert_eq!(matched("linux-", &[]), "linux-b");
    assert_eq!(matched("none", &["also-none", "mac-", "linux-"]), "mac-1");
    assert_eq!(matched("none", &["linux-a-2", "mac-"]), "linux-a-2");
    assert_eq!(matched("none", &[]), "");
    let other = json!({ "key": "linux-b", "version": "v2" });
    let reply = call(&mut client, "GetCacheEntryDownloadURL", &other);
    assert!(reply.text().contains("\"ok\":false"), "{}", reply.text());
}

#[test]
fn protobuf_is_answered_in_protobuf() {
    let house = github_actions();
    let mut client = house.client();
    save(&house, &mut client, "sccache/a/b", b"object");
    let asked = Find { key: "sccache/a/b".to_owned(), version: "v1".to_owned() };
    let kind = &[("Content-Type", "application/protobuf")];
    let route = format!("{CALLS}GetCacheEntryDownloadURL");
    let reply = client.with("POST", &route, kind, &asked.encode_to_vec());
    assert_eq!(reply.header("content-type"), Some("application/protobuf"));
    let found = Found::decode(&reply.body[..]).unwrap();
    assert_eq!((found.ok, found.matched_key.as_str()), (true, "sccache/a/b"));
    assert!(found.signed_download_url.starts_with("http://127.0.0.1"));
    assert_eq!(client.with("POST", &route, kind, b"\xff\xff\xff").status, 400);
}

#[test]
fn blocks_may_come_out_of_order_and_twice() {
    let house = github_actions();
    let mut client = house.client();
    let upload = reserve(&house, &mut client, "big");
    let parts = [content(100_000), content(200_001), content(7)];
    let block = |n: usize| format!("{upload}&comp=block&blockid=MDAwMDA{n}");
    assert_eq!(client.send("PUT", &block(2), &parts[2]).status, 201);
    assert_eq!(client.send("PUT", &block(0), b"replaced below").status, 201);
    assert_eq!(client.send("PUT", &block(1), &parts[1]).status, 201);
    assert_eq!(client.send("PUT", &block(0), &parts[0]).status, 201);
    let list = |ids: &[usize]| {
        let ids: String = ids.iter().map(|n| format!("<Latest>MDAwMDA{n}</Latest>")).collect();
        format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{ids}</BlockList>")
    };
    let commit = format!("{upload}&comp=blocklist");
    assert_eq!(client.send("PUT", &commit, list(&[0, 9]).as_bytes()).status, 400);
    assert_eq!(client.send("PUT", &commit, b"<BlockList><Latest>").status, 400);
    assert_eq!(client.send("PUT", &commit, list(&[0, 1, 2]).as_bytes()).status, 201);
    assert_eq!(finalize(&mut client, "big", 300_008).status, 200);
    let found = find(&mut client, "big", &[]);
    let download = path(&house, &found, "signed_download_url");
    let whole = parts.concat();
    assert!(client.send("GET", &download, b"").body == whole);
    let part = client.with("GET", &download, &[("Range", "bytes=99990-300005")], b"");
    assert_eq!((part.status, part.body == whole[99_990..=300_005]), (206, true));
    let head = client.send("HEAD", &download, b"");
    assert_eq!(head.header("content-length"), Some("300008"));
}

#[test]
fn signed_urls_open_nothing_else() {
    let house = github_actions();
    let mut client = house.client();
    save(&house, &mut client, "key", b"object");
    let found = find(&mut client, "key", &[]);
    let download = path(&house, &found, "signed_download_url");
    // A signed URL carries everything: no token beside it.
    let nobody = &[("Authorization", "Bearer x")];
    assert_eq!(client.with("GET", &download, nobody, b"").status, 200);
    let (unsigned, _) = download.split_once('?').unwrap();
    assert_eq!(client.send("GET", unsigned, b"").status, 403);
    assert_eq!(client.send("GET", &format!("{unsigned}?sig=x"), b"").status, 403);
}

#[test]
fn wrong_tokens_keys_and_messages_are_refused() {
    let house = github_actions();
    let mut client = house.client();
    let route = format!("{CALLS}CreateCacheEntry");
    let wrong = [("Authorization", "Bearer x"), JSON[0]];
    let refused = client.with("POST", &route, &wrong, br#"{"key":"k","version":"v"}"#);
    assert_eq!((refused.status, refused.text().contains("unauthenticated")), (401, true));
    for key in ["", "a,b", &"x".repeat(513)] {
        assert_eq!(create(&mut client, key).status, 400, "{key}");
    }
    let longest = "é".repeat(512);
    assert_eq!(create(&mut client, &longest).status, 200);
    let keys = vec!["k"; 10];
    let many = json!({ "key": "k", "version": "v", "restore_keys": keys });
    assert_eq!(call(&mut client, "GetCacheEntryDownloadURL", &many).status, 400);
    assert_eq!(client.with("POST", &route, JSON, b"{\"key\":").status, 400);
    assert_eq!(call(&mut client, "NoSuchMethod", &json!({})).status, 404);
    assert_eq!(house.client().send("GET", "/nowhere", b"").status, 404);
}

#[test]
fn only_new_entries_count_against_the_upload_limit() {
    let limits = Limits { uploads_per_minute: Some(2), ..Limits::default() };
    let house = house(ServiceKind::GITHUB_ACTIONS, Network::unlimited(), limits);
    let mut client = house.client();
    save(&house, &mut client, "1", b"1");
    assert_eq!(create(&mut client, "1").status, 409);
    save(&house, &mut client, "2", b"2");
    assert_eq!(create(&mut client, "2").status, 409);
    let refused = create(&mut client, "3");
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((50..=60).contains(&wait) && refused.text().contains("resource_exhausted"));
    assert_eq!(find(&mut client, "2", &[])["ok"], true);
}

#[test]
fn look_ups_past_the_download_limit_are_told_when_to_come_back() {
    let limits = Limits { downloads_per_minute: Some(1), ..Limits::default() };
    let house = house(ServiceKind::GITHUB_ACTIONS, Network::unlimited(), limits);
    let mut client = house.client();
    save(&house, &mut client, "1", b"1");
    assert_eq!(find(&mut client, "1", &[])["ok"], true);
    let message = json!({ "key": "1", "version": "v1" });
    let refused = call(&mut client, "GetCacheEntryDownloadURL", &message);
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (429, true));
}

#[test]
fn two_writers_race_and_one_wins() {
    let house = github_actions();
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| create(&mut house.client(), "key").status)).collect();
        racers.into_iter().map(|it| it.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
}

#[test]
fn a_snapshot_has_finalised_entries_only_and_can_be_gone_back_to() {
    let house = github_actions();
    let mut client = house.client();
    save(&house, &mut client, "done", &content(100_000));
    let upload = reserve(&house, &mut client, "open");
    client.send("PUT", &upload, b"x");
    let snapshot = house.service.snapshot();
    save(&house, &mut client, "later", b"later");
    house.service.restore(&snapshot).unwrap();
    assert_eq!(find(&mut client, "later", &[])["ok"], false);
    assert_eq!(finalize(&mut client, "open", 1).status, 404);
    save(&house, &mut client, "open", b"new");
    let found = find(&mut client, "done", &[]);
    let download = path(&house, &found, "signed_download_url");
    assert!(client.send("GET", &download, b"").body == content(100_000));
}

#[test]
fn the_ledger_says_what_each_request_was() {
    let house = github_actions();
    let mut client = house.client();
    let body = content(150_000);
    save(&house, &mut client, "key", &body);
    let found = find(&mut client, "key", &[]);
    let download = path(&house, &found, "signed_download_url");
    client.send("GET", &download, b"");
    let ledger = house.ledger();
    let seen: Vec<_> =
        ledger.iter().map(|it| (it.verb.as_str(), it.key.as_str(), it.operation)).collect();
    let expected = [
        ("CreateCacheEntry", "key", Operation::Manage),
        ("PUT", "key", Operation::Write),
        ("FinalizeCacheEntryUpload", "key", Operation::Manage),
        ("GetCacheEntryDownloadURL", "key", Operation::Lookup),
        ("GET", "key", Operation::Read),
    ];
    assert_eq!(seen, expected);
    assert_eq!((ledger[1].body_up, ledger[4].body_down), (Bytes(150_000), Bytes(150_000)));
    assert_eq!(house.service.stored().bytes, ledger[1].body_up);
    for request in &ledger {
        assert!(request.wire_up > request.body_up && request.wire_down > request.body_down);
        assert!(request.at <= request.first_byte && request.first_byte <= request.end);
        assert_eq!(request.connection, ledger[0].connection);
    }
}
