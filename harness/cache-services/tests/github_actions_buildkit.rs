//! What BuildKit's client says, call by call: `docker buildx --cache-to type=gha` saves and loads
//! with tonistiigi/go-actions-cache. Written down from its source at 378c5ed (`cache.go`,
//! `cache_v2.go`) and from Azure's SDK for Go that it moves bytes with
//! (`sdk/storage/azblob/blockblob/chunkwriting.go`), since that client needs Go and a daemon.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::{Client, House, Reply, content, github_actions};
use lukewarm_model::Operation;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

/// `UploadStreamOptions`: the size of a block where none is asked for.
const BLOCK: usize = 1 << 20;
/// What Go's `url.Values.Encode` leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// `version` in `cache.go`: a hash of the text `|go-actionscache-1.0` and nothing else.
const VERSION: &str = "693bb7016429d80366022f036f84856888c9f13e00145f5f6f4dce303a38d6f2";

/// `New`: the claims that the token must have, with these types, or the client gives up.
fn parsed(token: &str) -> Vec<(String, u64)> {
    let [header, claims, _signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("token contains an invalid number of segments");
    };
    let read = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    // golang-jwt looks the algorithm up, even where it verifies nothing.
    assert_eq!(read(header)["alg"], "HS256");
    let claims = read(claims);
    let now = jiff::Timestamp::now().as_second() as f64;
    let number = |name: &str| claims[name].as_f64().unwrap_or_else(|| panic!("no {name}"));
    assert!(number("exp") > now && number("nbf") <= now, "{claims}");
    let scopes: Value = serde_json::from_str(claims["ac"].as_str().unwrap()).unwrap();
    let scope =
        |it: &Value| (it["Scope"].as_str().unwrap().to_owned(), it["Permission"].as_u64().unwrap());
    scopes.as_array().unwrap().iter().map(scope).collect()
}

/// `newRequestV2`: a call of the service.
fn call(house: &House, client: &mut Client, method: &str, body: &Value) -> Value {
    let token = format!("Bearer {}", house.service.token());
    let headers = [
        ("Authorization", token.as_str()),
        ("Content-Type", "application/json"),
        ("User-Agent", "buildkit/v0.0"),
    ];
    let path = format!("/twirp/github.actions.results.api.v1.CacheService/{method}");
    let reply = client.with("POST", &path, &headers, body.to_string().as_bytes());
    assert_eq!(reply.status, 200, "{method}: {}", reply.text());
    serde_json::from_slice(&reply.body).unwrap()
}

/// A signed URL with more in its query: Go reads it, and writes it anew in the order of names.
fn with_query(url: &str, more: &[(&str, &str)]) -> String {
    let (place, query) = url.strip_prefix("http://").unwrap().split_once('?').unwrap();
    let path = &place[place.find('/').unwrap()..];
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap());
    let mut pairs: BTreeMap<String, String> =
        pairs.map(|(name, value)| (decoded(name), decoded(value))).collect();
    pairs.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let encoded = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// A request to the blob: the SDK reads these headers of each answer, and go-actions-cache uses
/// the first without a look whether it is there.
fn blob(client: &mut Client, verb: &str, path: &str, more: &[(&str, &str)], body: &[u8]) -> Reply {
    let mut headers =
        vec![("Authorization", ""), ("x-ms-version", "2024-08-04"), ("Accept", "application/xml")];
    headers.extend(more);
    let reply = client.with(verb, path, &headers, body);
    assert_eq!(reply.header("x-ms-request-id").map(str::len), Some(36), "{reply:?}");
    assert_eq!(reply.header("x-ms-version"), Some("2024-08-04"));
    if reply.status < 300 {
        assert!(reply.header("etag").is_some_and(|it| it.starts_with('"')), "{reply:?}");
        for name in ["date", "last-modified"] {
            let date = reply.header(name).unwrap();
            assert!(httpdate::parse_http_date(date).is_ok(), "{name}: {date}");
        }
    }
    reply
}

/// `newUUIDBlockID`: 16 bytes of a UUID, the block's number, and zeros up to 64.
fn block_id(number: u32) -> String {
    let mut id = [0; 64];
    let uuid = hex::decode("2861ae7af6df4b7463 9e324150 bef0ff".replace(' ', "")).unwrap();
    id[..16].copy_from_slice(&uuid);
    id[16..20].copy_from_slice(&number.to_be_bytes());
    STANDARD.encode(id)
}

/// `Save`: reserve, `UploadStream`, commit.
fn save(house: &House, client: &mut Client, key: &str, body: &[u8]) {
    let asked = json!({ "key": key, "version": VERSION });
    let made = call(house, client, "CreateCacheEntry", &asked);
    assert_eq!(made["ok"], true, "{made}");
    let url = made["signed_upload_url"].as_str().unwrap();
    let octets = ("Content-Type", "application/octet-stream");
    if body.len() < BLOCK {
        let kind = [octets, ("x-ms-blob-type", "BlockBlob")];
        assert_eq!(blob(client, "PUT", &with_query(url, &[]), &kind, body).status, 201);
    } else {
        let mut list = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BlockList>".to_owned();
        for (number, part) in body.chunks(BLOCK).enumerate() {
            let id = block_id(number as u32);
            let path = with_query(url, &[("comp", "block"), ("blockid", &id)]);
            assert_eq!(blob(client, "PUT", &path, &[octets], part).status, 201);
            list += &format!("<Latest>{id}</Latest>");
        }
        list += "</BlockList>";
        let path = with_query(url, &[("comp", "blocklist")]);
        let kind = [("Content-Type", "application/xml")];
        assert_eq!(blob(client, "PUT", &path, &kind, list.as_bytes()).status, 201);
    }
    // A number, where others send a text; the answer's number must be a text.
    let asked = json!({ "key": key, "size_bytes": body.len(), "version": VERSION });
    let done = call(house, client, "FinalizeCacheEntryUpload", &asked);
    assert!(done["ok"] == true && done["entry_id"].is_string(), "{done}");
}

/// `Load`: the first key is asked for twice. The matched key and where the bytes are.
fn load(house: &House, client: &mut Client, keys: &[&str]) -> Option<(String, String)> {
    let asked = json!({ "key": keys[0], "restore_keys": keys, "version": VERSION });
    let found = call(house, client, "GetCacheEntryDownloadURL", &asked);
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    (found["ok"] == true).then(|| (text("matched_key"), text("signed_download_url")))
}

#[test]
fn buildkit_saves_and_loads() {
    let house = github_actions();
    let mut client = house.client();
    assert_eq!(parsed(house.service.token()), [("refs/heads/main".to_owned(), 3)]);
    // Base64 with a slash, as falcondev-oss/github-actions-cache-server#132 met it.
    assert!(block_id(0).contains('/') && block_id(0).len() == 88, "{}", block_id(0));
    assert_eq!(load(&house, &mut client, &["buildkit-blob-1-sha256:a"]), None);
    let small = content(1000);
    let large = content(2 * BLOCK + 12_345);
    save(&house, &mut client, "index-buildkit-1-a", &small);
    save(&house, &mut client, "buildkit-blob-1-sha256:a", &large);
    let found = load(&house, &mut client, &["buildkit-blob-1-sha256:a"]);
    let (key, url) = found.unwrap();
    assert_eq!(key, "buildkit-blob-1-sha256:a");
    // `DownloadStream` from 0 has no range; `ReadAt` in the middle opens one without an end.
    let path = with_query(&url, &[]);
    let whole = blob(&mut client, "GET", &path, &[], b"");
    assert!((whole.status, whole.body == large) == (200, true), "{}", whole.status);
    let from = format!("bytes={BLOCK}-");
    let part = blob(&mut client, "GET", &path, &[("x-ms-range", &from)], b"");
    assert!((part.status, part.body == large[BLOCK..]) == (206, true), "{}", part.status);
    let range = format!("bytes {BLOCK}-{}/{}", large.len() - 1, large.len());
    assert_eq!(part.header("content-range"), Some(range.as_str()));
    // The newest index is found by its beginning.
    save(&house, &mut client, "index-buildkit-1-b", &small);
    let (key, _) = load(&house, &mut client, &["index-buildkit-1-"]).unwrap();
    assert_eq!(key, "index-buildkit-1-b");
    // A signature that is too old, or wrong, leads it to ask again.
    let (unsigned, _) = path.split_once('?').unwrap();
    assert_eq!(blob(&mut client, "GET", &format!("{unsigned}?sig=old"), &[], b"").status, 403);
    let operations: Vec<Operation> = house.ledger().iter().map(|it| it.operation).collect();
    let writes = operations.iter().filter(|it| **it == Operation::Write).count();
    assert_eq!(writes, 2 + 3, "two small bodies whole, the large one in three blocks");
}

#[test]
fn heads_and_bodies_of_one_block_have_the_same_headers() {
    let house = github_actions();
    let mut client = house.client();
    save(&house, &mut client, "exact", &content(BLOCK));
    let (_, url) = load(&house, &mut client, &["exact"]).unwrap();
    let path = with_query(&url, &[]);
    let head = blob(&mut client, "HEAD", &path, &[], b"");
    assert_eq!((head.status, head.header("content-length")), (200, Some("1048576")));
    let body = blob(&mut client, "GET", &path, &[], b"");
    for name in ["etag", "last-modified", "x-ms-blob-type"] {
        assert_eq!(head.header(name), body.header(name));
    }
    assert_ne!(head.header("x-ms-request-id"), body.header("x-ms-request-id"));
}
