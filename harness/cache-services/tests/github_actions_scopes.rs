//! Which token sees and makes which entries, for how long, and how many a minute.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Client, House, Reply, github_actions, github_actions_with_v1, house};
use lukewarm_cache_services::Permission::{self, Read, ReadWrite};
use lukewarm_cache_services::{ListenConfig, Service};
use lukewarm_model::{Bytes, Limits, Network, Seconds, ServiceKind, ServiceSettings};
use serde_json::{Value, json};

const CALLS: &str = "/twirp/github.actions.results.api.v1.CacheService/";
const MAIN: &str = "refs/heads/main";
const FEATURE: &str = "refs/heads/feature";
const SIBLING: &str = "refs/heads/sibling";
const PULL: &str = "refs/pull/7/merge";

/// A job with a token of its own.
struct Job<'h> {
    house: &'h House,
    client: Client,
    token: String,
}

fn job<'h>(house: &'h House, scopes: &[(&str, Permission)]) -> Job<'h> {
    Job { house, client: house.client(), token: house.token_for(scopes) }
}

impl Job<'_> {
    fn call(&mut self, method: &str, message: &Value) -> Reply {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let path = format!("{CALLS}{method}");
        self.client.with("POST", &path, &headers, message.to_string().as_bytes())
    }

    fn create(&mut self, key: &str) -> Reply {
        self.call("CreateCacheEntry", &json!({ "key": key, "version": "v" }))
    }

    fn save(&mut self, key: &str, body: &[u8]) {
        let made: Value = serde_json::from_slice(&self.create(key).body).unwrap();
        let path = self.path(&made["signed_upload_url"]);
        assert_eq!(self.client.with("PUT", &path, &[("Authorization", "")], body).status, 201);
        let done = json!({ "key": key, "version": "v", "size_bytes": body.len().to_string() });
        assert_eq!(self.call("FinalizeCacheEntryUpload", &done).status, 200);
    }

    fn path(&self, url: &Value) -> String {
        let url = url.as_str().unwrap();
        url.strip_prefix(self.house.service.url())
            .unwrap_or_else(|| url.strip_prefix("http://127.0.0.1").unwrap())
            .to_owned()
    }

    /// The matched key and the bytes; none is a miss.
    fn restore(&mut self, key: &str, restore_keys: &[&str]) -> Option<(String, Vec<u8>)> {
        let asked = json!({ "key": key, "restore_keys": restore_keys, "version": "v" });
        let found = self.call("GetCacheEntryDownloadURL", &asked);
        assert_eq!(found.status, 200);
        let found: Value = serde_json::from_slice(&found.body).unwrap();
        if !found["ok"].as_bool().unwrap() {
            return None;
        }
        let path = self.path(&found["signed_download_url"]);
        let body = self.client.with("GET", &path, &[("Authorization", "")], b"").body;
        Some((found["matched_key"].as_str().unwrap().to_owned(), body))
    }
}

fn hit(key: &str, body: &[u8]) -> Option<(String, Vec<u8>)> {
    Some((key.to_owned(), body.to_vec()))
}

#[test]
fn siblings_are_blind_to_each_other_and_see_the_default_branch() {
    let house = github_actions();
    let mut main = job(&house, &[(MAIN, ReadWrite)]);
    let mut feature = job(&house, &[(FEATURE, ReadWrite), (MAIN, Read)]);
    let mut sibling = job(&house, &[(SIBLING, ReadWrite), (MAIN, Read)]);
    main.save("main-key", b"main");
    feature.save("feature-key", b"feature");
    assert_eq!(feature.restore("main-key", &[]), hit("main-key", b"main"));
    assert_eq!(sibling.restore("main-key", &[]), hit("main-key", b"main"));
    assert_eq!(sibling.restore("feature-key", &["feature"]), None);
    assert_eq!(main.restore("feature-key", &[]), None);
    let scopes: Vec<String> = house.ledger().into_iter().map(|it| it.scope).collect();
    assert_eq!(scopes[..6], [MAIN, MAIN, MAIN, FEATURE, FEATURE, FEATURE]);
    assert_eq!(scopes[6..], [MAIN, MAIN, MAIN, MAIN, "", ""]);
}

#[test]
fn one_key_in_two_scopes_is_two_entries_and_the_own_one_comes_first() {
    let house = github_actions();
    let mut main = job(&house, &[(MAIN, ReadWrite)]);
    let mut feature = job(&house, &[(FEATURE, ReadWrite), (MAIN, Read)]);
    main.save("key", b"main");
    feature.save("key", b"feature");
    assert_eq!(feature.create("key").status, 409);
    assert_eq!(feature.restore("key", &[]), hit("key", b"feature"));
    assert_eq!(main.restore("key", &[]), hit("key", b"main"));
    // What the own branch has by a restore key comes before an exact hit of the default branch.
    main.save("exact", b"main");
    feature.save("other", b"feature");
    assert_eq!(feature.restore("exact", &["oth"]), hit("other", b"feature"));
}

#[test]
fn a_pull_request_reads_base_and_default_and_writes_its_own() {
    let house = github_actions();
    job(&house, &[(MAIN, ReadWrite)]).save("main-key", b"main");
    job(&house, &[(FEATURE, ReadWrite)]).save("base-key", b"base");
    let mut pull = job(&house, &[(PULL, ReadWrite), (FEATURE, Read), (MAIN, Read)]);
    assert_eq!(pull.restore("main-key", &[]), hit("main-key", b"main"));
    assert_eq!(pull.restore("base-key", &[]), hit("base-key", b"base"));
    pull.save("pull-key", b"pull");
    assert_eq!(pull.restore("pull-key", &[]), hit("pull-key", b"pull"));
    assert_eq!(job(&house, &[(FEATURE, ReadWrite), (MAIN, Read)]).restore("pull-key", &[]), None);
    assert_eq!(job(&house, &[(MAIN, ReadWrite)]).restore("pull-key", &[]), None);
    let again = job(&house, &[(PULL, ReadWrite), (MAIN, Read)]).restore("pull-key", &[]);
    assert_eq!(again, hit("pull-key", b"pull"));
}

#[test]
fn a_token_that_may_only_read_makes_nothing() {
    let house = github_actions();
    job(&house, &[(MAIN, ReadWrite)]).save("key", b"main");
    let mut reader = job(&house, &[(MAIN, Read)]);
    assert_eq!(reader.restore("key", &[]), hit("key", b"main"));
    // GitHub's very words since 2026-06-26 (actions/cache#1768).
    let denied = "cache write denied: token has no writable scopes";
    let refused = reader.create("new");
    let told: Value = serde_json::from_slice(&refused.body).unwrap();
    let wanted = json!({ "ok": false, "signed_upload_url": "", "message": denied });
    assert_eq!((refused.status, told), (200, wanted));
    let done = json!({ "key": "new", "version": "v", "size_bytes": "1" });
    let refused = reader.call("FinalizeCacheEntryUpload", &done);
    let told: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(
        (refused.status, told),
        (200, json!({ "ok": false, "entry_id": "0", "message": denied }))
    );
    let mut writer = job(&house, &[(MAIN, Permission::Write)]);
    writer.save("written", b"x");
    let asked = json!({ "key": "written", "version": "v" });
    let refused = writer.call("GetCacheEntryDownloadURL", &asked);
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("cache read denied: "), "{}", refused.text());
    assert_eq!(job(&house, &[(MAIN, Read)]).restore("written", &[]), hit("written", b"x"));
}

/// The reproduction of finding 12 of the safety review: claims that nobody signed, behind the
/// header of `alg: none` and with nothing as signature, or with that of other claims.
#[test]
fn claims_that_were_altered_or_never_signed_open_nothing() {
    let house = github_actions();
    let own = job(&house, &[(FEATURE, Read)]).token;
    let [header, claims, signature] = own.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let wider = text.replace(FEATURE, MAIN).replace(r#"Permission\":1"#, r#"Permission\":3"#);
    assert_ne!(wider, text);
    let wider = URL_SAFE_NO_PAD.encode(wider);
    let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let forged = [
        format!("{unsigned}.{wider}."),
        format!("{header}.{wider}."),
        format!("{header}.{wider}.{signature}"),
        format!("{header}.{claims}."),
    ];
    for token in forged {
        let mut job = Job { house: &house, client: house.client(), token };
        assert_eq!(job.create("key").status, 401, "{}", job.token);
    }
}

#[test]
fn a_token_with_claims_cannot_be_chosen_and_a_long_word_signs_across_starts() {
    let start = |token: &str| {
        let folder = tempfile::tempdir().unwrap();
        let place =
            ListenConfig { token: Some(token.to_owned()), ..ListenConfig::scratch(folder.path()) };
        let settings = ServiceSettings::new(ServiceKind::GITHUB_ACTIONS);
        Service::listen(&settings, &place).map(|service| House { service, folder })
    };
    let signed = github_actions().token_for(&[(MAIN, ReadWrite)]);
    let unsigned = format!("{}.", signed.rsplit_once('.').unwrap().0);
    for token in [signed, unsigned] {
        let refused = start(&token).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("looks like one with claims (a JWT)"), "{token}: {refused}");
    }
    let (first, second) = (start("a-word-of-length").unwrap(), start("a-word-of-length").unwrap());
    let mut later = job(&second, &[]);
    later.token = first.token_for(&[(FEATURE, ReadWrite)]);
    assert_eq!(later.create("key").status, 200);
    later.token = first.service.token().to_owned();
    assert_eq!(later.create("key").status, 200, "the word itself is of the default branch");
    let (short, other) = (start("short").unwrap(), start("short").unwrap());
    let mut later = job(&other, &[]);
    later.token = short.token_for(&[(MAIN, ReadWrite)]);
    assert_eq!(later.create("key").status, 401, "a short word signs nothing");
}

/// nektos/act#2497: tried on GitHub; the key that is told is as it was stored.
#[test]
fn keys_that_differ_in_case_are_one() {
    let house = github_actions();
    let mut job = job(&house, &[(MAIN, ReadWrite)]);
    assert_eq!(job.create("Linux-FOO").status, 200);
    assert_eq!(job.create("linux-foo").status, 409, "it is reserved");
    let done = json!({ "key": "LINUX-foo", "version": "v", "size_bytes": "0" });
    assert_eq!(job.call("FinalizeCacheEntryUpload", &done).status, 400, "nothing came yet");
    house.service.pass_time(Seconds(25.0 * 3600.0));
    job.save("Linux-FOO", b"x");
    for (key, more) in
        [("linux-foo", &[][..]), ("Linux-FOO", &[]), ("LINUX-F", &[]), ("none", &["LINUX-"])]
    {
        assert_eq!(job.restore(key, more), hit("Linux-FOO", b"x"), "{key} {more:?}");
    }
    let taken = job.create("LINUX-FOO");
    assert_eq!((taken.status, taken.text().contains("already_exists")), (409, true));
    // What is longer is another key, and the newest of a prefix.
    job.save("linux-foo-2", b"y");
    assert_eq!(job.restore("LINUX-FOO", &[]), hit("Linux-FOO", b"x"));
    assert_eq!(job.restore("LINUX-FOO-", &[]), hit("linux-foo-2", b"y"));
    assert_eq!(job.restore("linux-", &[]), hit("linux-foo-2", b"y"));
    assert_eq!(house.service.stored().objects, 2);
}

#[test]
fn a_token_with_another_secret_opens_nothing() {
    let house = github_actions_with_v1(Limits::default());
    let mut client = house.client();
    let forged = house.token_for(&[(MAIN, ReadWrite)]) + "x";
    for token in [format!("Bearer {forged}"), "Bearer".to_owned(), format!("Basic {forged}")] {
        let headers = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        let path = format!("{CALLS}GetCacheEntryDownloadURL");
        assert_eq!(client.with("POST", &path, &headers, b"{}").status, 401, "{token}");
        let path = "/_apis/artifactcache/cache?keys=a&version=v";
        assert_eq!(client.with("GET", path, &headers, b"").status, 401, "{token}");
        let path = "/repos/o/r/actions/caches";
        assert_eq!(client.with("GET", path, &headers, b"").status, 401, "{token}");
    }
}

#[test]
fn entries_that_nobody_reads_for_seven_days_go() {
    let day = Seconds(86_400.0);
    let week = Limits { expiry: Some(Seconds(7.0 * day.0)), ..Limits::default() };
    let house = house(ServiceKind::GITHUB_ACTIONS, Network::unlimited(), week);
    let mut job = job(&house, &[(MAIN, ReadWrite)]);
    job.save("read", b"1");
    job.save("unread", b"2");
    house.service.pass_time(Seconds(6.0 * day.0));
    assert_eq!(job.restore("read", &[]), hit("read", b"1"));
    house.service.pass_time(Seconds(2.0 * day.0));
    assert_eq!(job.restore("unread", &[]), None);
    assert_eq!(job.restore("read", &[]), hit("read", b"1"));
    let stored = house.service.stored();
    assert_eq!((stored.objects, stored.evicted), (1, 1));
    job.save("unread", b"made anew");
}

#[test]
fn the_quota_pushes_out_what_was_used_least_recently_in_any_scope() {
    let limits = Limits { quota: Some(Bytes(250)), ..Limits::default() };
    let house = house(ServiceKind::GITHUB_ACTIONS, Network::unlimited(), limits);
    let mut main = job(&house, &[(MAIN, ReadWrite)]);
    let mut feature = job(&house, &[(FEATURE, ReadWrite), (MAIN, Read)]);
    main.save("a", &[1; 100]);
    feature.save("b", &[2; 100]);
    assert!(main.restore("a", &[]).is_some());
    main.save("c", &[3; 100]);
    assert_eq!(feature.restore("b", &[]), None);
    assert!(main.restore("a", &[]).is_some() && main.restore("c", &[]).is_some());
}

#[test]
fn a_reservation_that_nobody_finishes_is_forgotten_after_a_day() {
    let house = github_actions();
    let mut job = job(&house, &[(MAIN, ReadWrite)]);
    assert_eq!(job.create("key").status, 200);
    assert_eq!(job.create("key").status, 409);
    house.service.pass_time(Seconds(25.0 * 3600.0));
    job.save("key", b"x");
    assert_eq!(job.restore("key", &[]), hit("key", b"x"));
}

#[test]
fn an_answer_that_was_lost_can_be_asked_for_again() {
    let house = github_actions();
    let mut job = job(&house, &[(MAIN, ReadWrite)]);
    job.save("key", b"x");
    let done = |size: &str| json!({ "key": "key", "version": "v", "size_bytes": size });
    assert_eq!(job.call("FinalizeCacheEntryUpload", &done("1")).status, 200);
    assert_eq!(job.call("FinalizeCacheEntryUpload", &done("2")).status, 404);
}
