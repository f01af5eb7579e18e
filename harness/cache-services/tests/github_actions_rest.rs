//! GitHub's public REST API over the entries: list, usage and delete, in the form that its
//! documentation gives (<https://docs.github.com/rest/actions/cache>).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Client, House, github_actions};
use lukewarm_cache_services::Permission::{Read, ReadWrite};
use serde_json::{Value, json};

const CALLS: &str = "/twirp/github.actions.results.api.v1.CacheService/";
const CACHES: &str = "/repos/octo-org/hello/actions/caches";
const MAIN: &str = "refs/heads/main";
const PULL: &str = "refs/pull/7/merge";

fn save(house: &House, scope: &str, key: &str, length: usize) {
    let bearer = format!("Bearer {}", house.token_for(&[(scope, ReadWrite)]));
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let mut client = house.client();
    let call = |client: &mut Client, name: &str, body: Value| {
        let path = format!("{CALLS}{name}");
        let reply = client.with("POST", &path, &headers, body.to_string().as_bytes());
        assert_eq!(reply.status, 200, "{}", reply.text());
        serde_json::from_slice::<Value>(&reply.body).unwrap()
    };
    let made = call(&mut client, "CreateCacheEntry", json!({ "key": key, "version": "v" }));
    let url = made["signed_upload_url"].as_str().unwrap();
    let path = &url[url.find("/blobs").unwrap()..];
    assert_eq!(client.send("PUT", path, &vec![0; length]).status, 201);
    let size = length.to_string();
    let done = json!({ "key": key, "version": "v", "size_bytes": size });
    call(&mut client, "FinalizeCacheEntryUpload", done);
}

fn get(house: &House, path: &str) -> Value {
    let reply = house.client().send("GET", path, b"");
    assert_eq!(reply.status, 200, "{}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

fn keys(list: &Value) -> Vec<&str> {
    let listed = list["actions_caches"].as_array().unwrap();
    listed.iter().map(|it| it["key"].as_str().unwrap()).collect()
}

fn three() -> House {
    let house = github_actions();
    save(&house, MAIN, "Linux-a", 10);
    save(&house, MAIN, "mac-b", 30);
    save(&house, PULL, "linux-c", 20);
    house
}

#[test]
fn entries_are_listed_as_github_lists_them() {
    let house = three();
    let all = get(&house, CACHES);
    assert_eq!((&all["total_count"], keys(&all)), (&json!(3), vec!["linux-c", "mac-b", "Linux-a"]));
    let first = all["actions_caches"].as_array().unwrap().last().unwrap().as_object().unwrap();
    let mut names: Vec<&str> = first.keys().map(String::as_str).collect();
    names.sort_unstable();
    let wanted = ["created_at", "id", "key", "last_accessed_at", "ref", "size_in_bytes", "version"];
    assert_eq!(names, wanted);
    assert_eq!((&first["ref"], &first["version"]), (&json!(MAIN), &json!("v")));
    assert_eq!((&first["size_in_bytes"], first["id"].is_u64()), (&json!(10), true));
    let time: jiff::Timestamp = first["created_at"].as_str().unwrap().parse().unwrap();
    assert!(time > jiff::Timestamp::UNIX_EPOCH);
    let listed = |query: &str| keys(&get(&house, &format!("{CACHES}?{query}"))).join(" ");
    assert_eq!(listed("sort=size_in_bytes"), "mac-b linux-c Linux-a");
    assert_eq!(listed("sort=created_at&direction=asc"), "Linux-a mac-b linux-c");
    assert_eq!(listed("key=LINUX-&sort=created_at"), "linux-c Linux-a");
    assert_eq!(listed("ref=refs/pull/7/merge"), "linux-c");
    assert_eq!(listed("ref=main&sort=created_at"), "mac-b Linux-a");
    assert_eq!(listed("ref=other"), "");
}

#[test]
fn pages_lead_to_the_next() {
    let house = three();
    let mut client = house.client();
    let first = client.send("GET", &format!("{CACHES}?per_page=2&sort=created_at"), b"");
    let link = first.header("link").unwrap();
    let next = link.strip_prefix("<http://").unwrap().split_once('>').unwrap();
    assert_eq!(next.1, "; rel=\"next\"");
    let second = client.send("GET", &next.0[next.0.find('/').unwrap()..], b"");
    assert_eq!(second.header("link"), None);
    let second: Value = serde_json::from_slice(&second.body).unwrap();
    assert_eq!((keys(&second), &second["total_count"]), (vec!["Linux-a"], &json!(3)));
    for wrong in ["per_page=0", "page=x", "sort=key", "direction=up"] {
        let reply = client.send("GET", &format!("{CACHES}?{wrong}"), b"");
        assert_eq!(reply.status, 422, "{wrong}");
        assert!(reply.text().contains(wrong), "{}", reply.text());
    }
}

#[test]
fn usage_is_what_is_stored() {
    let house = three();
    let usage = get(&house, "/repos/octo-org/hello/actions/cache/usage");
    let wanted = json!({
        "full_name": "octo-org/hello",
        "active_caches_size_in_bytes": 60,
        "active_caches_count": 3,
    });
    assert_eq!(usage, wanted);
}

#[test]
fn entries_are_deleted_by_key_and_by_id() {
    let house = three();
    save(&house, PULL, "linux-A", 1);
    let mut client = house.client();
    let one = format!("{CACHES}?key=linux-a&ref={PULL}");
    let deleted = client.send("DELETE", &one, b"");
    assert_eq!((deleted.status, deleted.text().contains("linux-A")), (200, true));
    assert_eq!(client.send("DELETE", &one, b"").status, 404);
    assert_eq!(client.send("DELETE", &format!("{CACHES}?key=linux-"), b"").status, 404);
    assert_eq!(client.send("DELETE", CACHES, b"").status, 422);
    let list = get(&house, CACHES);
    let id = list["actions_caches"][0]["id"].as_u64().unwrap();
    let path = format!("{CACHES}/{id}");
    assert_eq!(client.send("DELETE", &path, b"").status, 204);
    assert_eq!(client.send("DELETE", &path, b"").status, 404);
    assert_eq!(client.send("DELETE", &format!("{CACHES}/x"), b"").status, 404);
    assert_eq!(keys(&get(&house, CACHES)).len(), 2);
    assert_eq!(house.service.stored().objects, 2);
    let gone = json!({ "key": list["actions_caches"][0]["key"], "version": "v" }).to_string();
    let kind = [("Content-Type", "application/json")];
    let path = format!("{CALLS}GetCacheEntryDownloadURL");
    assert!(client.with("POST", &path, &kind, gone.as_bytes()).text().contains("\"ok\":false"));
}

#[test]
fn who_may_only_read_deletes_nothing() {
    let house = three();
    let reader = format!("token {}", house.token_for(&[(MAIN, Read)]));
    let headers = [("Authorization", reader.as_str())];
    let mut client = house.client();
    assert_eq!(client.with("GET", CACHES, &headers, b"").status, 200);
    let path = format!("{CACHES}?key=mac-b");
    assert_eq!(client.with("DELETE", &path, &headers, b"").status, 403);
    let nobody = [("Authorization", "Bearer x")];
    assert_eq!(client.with("DELETE", &path, &nobody, b"").status, 401);
    assert_eq!(client.send("GET", "/repos/octo-org/hello/actions/runs", b"").status, 404);
    assert_eq!(house.service.stored().objects, 3);
}
