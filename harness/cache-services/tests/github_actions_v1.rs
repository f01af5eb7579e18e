//! Service v1 as older clients speak it, on real sockets.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Client, House, Reply, content, github_actions, github_actions_with_v1};
use lukewarm_model::{Limits, Operation};
use serde_json::{Value, json};

const CACHES: &str = "/_apis/artifactcache/caches";

fn with_v1() -> House {
    github_actions_with_v1(Limits::default())
}

fn reserve(client: &mut Client, key: &str) -> Reply {
    client.send("POST", CACHES, json!({ "key": key, "version": "v" }).to_string().as_bytes())
}

fn id(reply: &Reply) -> u64 {
    assert_eq!(reply.status, 201, "{}", reply.text());
    serde_json::from_slice::<Value>(&reply.body).unwrap()["cacheId"].as_u64().unwrap()
}

fn chunk(client: &mut Client, id: u64, start: usize, body: &[u8]) -> u16 {
    let range = format!("bytes {start}-{}/*", start + body.len() - 1);
    let headers = [("Content-Range", range.as_str())];
    client.with("PATCH", &format!("{CACHES}/{id}"), &headers, body).status
}

fn commit(client: &mut Client, id: u64, size: usize) -> u16 {
    let body = json!({ "size": size }).to_string();
    client.send("POST", &format!("{CACHES}/{id}"), body.as_bytes()).status
}

fn find(client: &mut Client, keys: &str) -> Reply {
    client.send("GET", &format!("/_apis/artifactcache/cache?keys={keys}&version=v"), b"")
}

fn save(client: &mut Client, key: &str, body: &[u8]) {
    let id = id(&reserve(client, key));
    assert_eq!(chunk(client, id, 0, body), 204);
    assert_eq!(commit(client, id, body.len()), 204);
}

/// As GitHub.com answers since 2025-04-15 (mozilla/sccache#2386: 422, and this body of 426 bytes).
#[test]
fn it_is_gone_unless_it_is_asked_for() {
    let house = github_actions();
    let mut client = house.client();
    let check = "/_apis/artifactcache/cache?keys=sccache/.sccache_check&version=sccache-v0.10.0";
    let replies =
        [client.send("GET", check, b""), reserve(&mut client, "key"), find(&mut client, "key")];
    for reply in replies {
        assert_eq!((reply.status, reply.body.len()), (422, 426), "{}", reply.text());
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
        let told: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(told["typeKey"], "ArtifactCacheServiceDecommissionedException");
        assert!(told["message"].as_str().unwrap().starts_with("This legacy service is shutting"));
    }
    assert_eq!(house.service.stored().objects, 0);
    assert!(house.ledger().iter().all(|request| request.operation == Operation::Other));
}

#[test]
fn an_entrys_whole_life() {
    let house = with_v1();
    let mut client = house.client();
    assert_eq!(find(&mut client, "key").status, 204);
    save(&mut client, "key-1", &content(1000));
    assert_eq!(reserve(&mut client, "key-1").status, 409);
    let found = find(&mut client, "other,key-");
    let found: Value = serde_json::from_slice(&found.body).unwrap();
    assert_eq!((&found["cacheKey"], &found["scope"]), (&json!("key-1"), &json!("refs/heads/main")));
    let location = found["archiveLocation"].as_str().unwrap();
    let path = location.strip_prefix("http://127.0.0.1").unwrap();
    let path = &path[path.find('/').unwrap()..];
    assert_eq!(client.with("GET", path, &[("Authorization", "")], b"").body, content(1000));
    let range = [("Authorization", ""), ("Range", "bytes=0-0")];
    assert_eq!(client.with("GET", path, &range, b"").status, 206);
    let operations: Vec<Operation> = house.ledger().iter().map(|it| it.operation).collect();
    let life = [Operation::Manage, Operation::Write, Operation::Manage, Operation::Manage];
    assert_eq!(operations[1..5], life);
}

#[test]
fn chunks_may_come_out_of_order_twice_and_at_once() {
    let house = with_v1();
    let body = content(300_000);
    let id = id(&reserve(&mut house.client(), "key"));
    std::thread::scope(|scope| {
        for number in [2, 0, 1, 2] {
            let (mut client, body) = (house.client(), &body);
            scope.spawn(move || {
                let start = number * 100_000;
                assert_eq!(chunk(&mut client, id, start, &body[start..start + 100_000]), 204);
            });
        }
    });
    let mut client = house.client();
    assert_eq!(commit(&mut client, id, 299_999), 400);
    assert_eq!(commit(&mut client, id, 300_000), 204);
    let found: Value = serde_json::from_slice(&find(&mut client, "key").body).unwrap();
    let location = found["archiveLocation"].as_str().unwrap();
    let path = &location[location.find("/blobs").unwrap()..];
    assert_eq!(client.send("GET", path, b"").body, body);
}

#[test]
fn what_has_gaps_or_no_place_is_refused() {
    let house = with_v1();
    let mut client = house.client();
    let id = id(&reserve(&mut client, "key"));
    assert_eq!(client.send("PATCH", &format!("{CACHES}/{id}"), b"no range").status, 400);
    assert_eq!(chunk(&mut client, id, 0, b"abc"), 204);
    assert_eq!(chunk(&mut client, id, 4, b"def"), 204);
    assert_eq!(commit(&mut client, id, 6), 400);
    assert_eq!(chunk(&mut client, id, 3, b"-"), 204);
    assert_eq!(commit(&mut client, id, 7), 204);
    assert_eq!(commit(&mut client, id, 7), 404);
    assert_eq!(chunk(&mut client, id, 0, b"abc"), 404);
    assert_eq!(client.send("POST", CACHES, b"{").status, 400);
    assert_eq!(client.send("DELETE", CACHES, b"").status, 404);
    let short = [("Content-Range", "bytes 0-9/*")];
    let id = self::id(&reserve(&mut client, "short"));
    assert_eq!(client.with("PATCH", &format!("{CACHES}/{id}"), &short, b"abc").status, 400);
}

#[test]
fn both_versions_of_the_service_see_the_same_entries() {
    let house = with_v1();
    let mut client = house.client();
    save(&mut client, "key", b"old client");
    let path = "/twirp/github.actions.results.api.v1.CacheService/GetCacheEntryDownloadURL";
    let asked = json!({ "key": "key", "version": "v" }).to_string();
    let json = [("Content-Type", "application/json")];
    let found = client.with("POST", path, &json, asked.as_bytes());
    assert!(found.text().contains(r#""ok":true"#), "{}", found.text());
}

#[test]
fn the_limits_are_the_same_as_for_service_v2() {
    let limits =
        Limits { uploads_per_minute: Some(1), downloads_per_minute: Some(1), ..Limits::default() };
    let house = github_actions_with_v1(limits);
    let mut client = house.client();
    save(&mut client, "key", b"x");
    let limited = [reserve(&mut client, "more"), {
        find(&mut client, "key");
        find(&mut client, "key")
    }];
    for reply in limited {
        assert_eq!(reply.status, 429);
        assert!(reply.header("retry-after").is_some());
    }
}
