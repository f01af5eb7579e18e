//! S3: objects, listings, uploads in parts, conditions, and the errors that clients expect. URLs
//! are signed by a library of another project; headers are signed by the real clients in `clients`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::{Duration, Instant};

use lukewarm_cache_services::{ListenConfig, Service, Storage};
use lukewarm_model::{
    Access, Bytes, FaultKind, Limits, Network, Operation, Seconds, ServiceKind, ServiceSettings,
};
use rusty_s3::Method;
use rusty_s3::signing::sign;

use common::{Client, House, Reply, content, faulty, house};

const EMPTY: &[(&str, &str)] = &[];

/// What a client needs, and how far its clock is off, in seconds.
struct Signer {
    url: String,
    bucket: String,
    access_key: String,
    secret_key: String,
    skew: i64,
}

fn kind() -> ServiceKind {
    ServiceKind::named("s3")
}

fn s3() -> House {
    house(kind(), Network::unlimited(), Limits::default())
}

impl Signer {
    fn of(service: &Service) -> Signer {
        let endpoint = service.endpoint();
        let Access::Keys { bucket, access_key, secret_key, .. } = &endpoint.access else {
            panic!("{endpoint:?}");
        };
        let (url, bucket) = (endpoint.url.clone(), bucket.clone());
        let (access_key, secret_key) = (access_key.clone(), secret_key.clone());
        Signer { url, bucket, access_key, secret_key, skew: 0 }
    }

    /// The target of a signed request about a key of the bucket.
    fn target(&self, method: Method, key: &str, query: &[(&str, &str)]) -> String {
        let url = format!("{}/{}/{key}", self.url, self.bucket).parse().unwrap();
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(self.skew);
        let query = query.iter().copied();
        let (key, secret) = (&self.access_key, &self.secret_key);
        let url = sign(
            &now,
            method,
            url,
            key,
            secret,
            None,
            "us-east-1",
            600,
            query,
            EMPTY.iter().copied(),
        );
        format!("{}?{}", url.path(), url.query().unwrap())
    }

    fn send(
        &self,
        client: &mut Client,
        (method, key, query): (Method, &str, &[(&str, &str)]),
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let target = self.target(method, key, query);
        client.with(&method.to_str().to_ascii_uppercase(), &target, headers, body)
    }

    fn get(&self, client: &mut Client, key: &str) -> Reply {
        self.send(client, (Method::Get, key, &[]), &[], b"")
    }

    fn put(&self, client: &mut Client, key: &str, body: &[u8]) -> u16 {
        self.send(client, (Method::Put, key, &[]), &[], body).status
    }
}

/// The text between two tags, each time there is one.
fn all<'t>(text: &'t str, tag: &str) -> Vec<&'t str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    text.split(&open).skip(1).filter_map(|part| part.split(&close).next()).collect()
}

/// Status and code of a refusal.
fn refused(reply: &Reply) -> (u16, String) {
    (reply.status, all(&reply.text(), "Code").concat())
}

#[test]
fn objects_come_and_go_and_the_ledger_says_so() {
    let house = s3();
    let (signer, mut client) = (Signer::of(&house.service), house.client());
    let client = &mut client;
    assert_eq!(refused(&signer.get(client, "a/b%20c")), (404, "NoSuchKey".to_owned()));
    assert_eq!(signer.put(client, "a/b%20c", &content(100_000)), 200);
    let whole = signer.get(client, "a/b%20c");
    assert_eq!((whole.status, whole.body == content(100_000)), (200, true));
    assert_eq!(whole.header("content-length"), Some("100000"));
    let part = signer.send(client, (Method::Get, "a/b%20c", &[]), &[("Range", "bytes=5-9")], b"");
    assert_eq!((part.status, part.body == content(100_000)[5..10]), (206, true));
    assert_eq!(part.header("content-range"), Some("bytes 5-9/100000"));
    let beyond =
        signer.send(client, (Method::Get, "a/b%20c", &[]), &[("Range", "bytes=100000-")], b"");
    assert_eq!(refused(&beyond), (416, "InvalidRange".to_owned()));
    let head = signer.send(client, (Method::Head, "a/b%20c", &[]), &[], b"");
    assert_eq!((head.status, head.header("content-length")), (200, Some("100000")));
    assert_eq!(head.header("etag"), whole.header("etag"));
    assert_eq!(signer.put(client, "a/b%20c", b"new"), 200);
    assert_eq!(signer.get(client, "a/b%20c").body, b"new");
    for _ in 0..2 {
        let gone = signer.send(client, (Method::Delete, "a/b%20c", &[]), &[], b"");
        assert_eq!(gone.status, 204);
    }
    assert_eq!(house.service.stored().objects, 0);
    let ledger = house.ledger();
    assert!(ledger.iter().all(|it| it.key == "a/b c"), "{ledger:?}");
    let seen: Vec<_> = ledger.iter().map(|it| (it.verb.as_str(), it.operation)).collect();
    let (read, write) = (("GET", Operation::Read), ("PUT", Operation::Write));
    let (look, gone) = (("HEAD", Operation::Lookup), ("DELETE", Operation::Manage));
    assert_eq!(seen, [read, write, read, read, read, look, write, read, gone, gone]);
    assert_eq!((ledger[1].body_up, ledger[2].body_down), (Bytes(100_000), Bytes(100_000)));
}

#[test]
fn what_a_client_says_of_an_object_comes_back_and_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Kept(folder.path().join("store"));
    let token = Some("a secret key".replace(' ', "-"));
    let config = ListenConfig { token, ..ListenConfig::stored(storage) };
    let start = || {
        let service = Service::listen(&ServiceSettings::new(kind()), &config).unwrap();
        let client = Client::to(service.url().strip_prefix("http://").unwrap(), "");
        (Signer::of(&service), client, service)
    };
    let (signer, mut client, service) = start();
    assert_eq!(signer.secret_key, "a-secret-key");
    let headers = [("Content-Type", "text/plain"), ("x-amz-meta-mtime", "17")];
    let put = (Method::Put, "k", &[][..]);
    assert_eq!(signer.send(&mut client, put, &headers, b"text").status, 200);
    service.close().unwrap();
    let (again, mut client, _service) = start();
    assert_eq!(again.access_key, signer.access_key, "a token makes the same pair of keys");
    let found = again.get(&mut client, "k");
    assert_eq!((found.status, found.body.as_slice()), (200, &b"text"[..]));
    assert_eq!(found.header("content-type"), Some("text/plain"));
    assert_eq!(found.header("x-amz-meta-mtime"), Some("17"));
    // What is put in its place has nothing of it.
    assert_eq!(again.put(&mut client, "k", b"other"), 200);
    let found = again.get(&mut client, "k");
    assert_eq!(found.header("x-amz-meta-mtime"), None);
}

#[test]
fn listings_have_pages_prefixes_and_both_versions() {
    let house = s3();
    let (signer, mut client) = (Signer::of(&house.service), house.client());
    for key in ["a/1", "a/2", "a/b/3", "c%2B%20d"] {
        assert_eq!(signer.put(&mut client, key, b"x"), 200);
    }
    let mut list = |query: &[(&str, &str)]| {
        let reply = signer.send(&mut client, (Method::Get, "", query), &[], b"");
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.text()
    };
    let flat = list(&[("list-type", "2")]);
    assert_eq!(all(&flat, "Key"), ["a/1", "a/2", "a/b/3", "c+ d"]);
    assert_eq!((all(&flat, "KeyCount"), all(&flat, "IsTruncated")), (vec!["4"], vec!["false"]));
    let below = list(&[("delimiter", "/"), ("list-type", "2"), ("prefix", "a/")]);
    assert_eq!(all(&below, "Key"), ["a/1", "a/2"]);
    assert!(below.contains("<CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes>"), "{below}");
    let page = list(&[("list-type", "2"), ("max-keys", "3")]);
    let token = all(&page, "NextContinuationToken");
    assert_eq!((all(&page, "Key").len(), token.len()), (3, 1));
    let rest = list(&[("continuation-token", token[0]), ("list-type", "2")]);
    assert_eq!(all(&rest, "Key"), ["c+ d"]);
    let encoded = list(&[("encoding-type", "url"), ("list-type", "2"), ("start-after", "b")]);
    assert_eq!(all(&encoded, "Key"), ["c%2B%20d"]);
    let first = list(&[("delimiter", "/"), ("marker", "a/")]);
    assert_eq!(all(&first, "Key"), ["c+ d"]);
    let ledger = house.ledger();
    assert!(ledger[4..].iter().all(|it| it.operation == Operation::Lookup && it.key.is_empty()));
}

#[test]
fn an_upload_in_parts_is_visible_when_it_is_complete() {
    let house = s3();
    let (signer, mut client) = (Signer::of(&house.service), house.client());
    let client = &mut client;
    let begun = signer.send(client, (Method::Post, "big", &[("uploads", "")]), &[], b"");
    let text = begun.text();
    let id = all(&text, "UploadId").concat();
    let (first, second) = (content(5 << 20), content(1000));
    let part = |client: &mut Client, number: &str, body: &[u8]| {
        let query = [("partNumber", number), ("uploadId", id.as_str())];
        let reply = signer.send(client, (Method::Put, "big", &query), &[], body);
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.header("etag").unwrap().to_owned()
    };
    let tags = [part(client, "1", &first), part(client, "2", &second)];
    let listed = signer.send(client, (Method::Get, "big", &[("uploadId", &id)]), &[], b"").text();
    assert_eq!(all(&listed, "PartNumber"), ["1", "2"]);
    assert_eq!(signer.get(client, "big").status, 404);
    let complete = |client: &mut Client, listed: &[(u32, &str)]| {
        let parts = listed.iter().map(|(number, tag)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>")
        });
        let body: String = parts.collect();
        let body = format!("<CompleteMultipartUpload>{body}</CompleteMultipartUpload>");
        signer.send(client, (Method::Post, "big", &[("uploadId", &id)]), &[], body.as_bytes())
    };
    let wrong = complete(client, &[(1, &tags[1]), (2, &tags[1])]);
    assert_eq!(refused(&wrong), (400, "InvalidPart".to_owned()));
    let swapped = complete(client, &[(2, &tags[1]), (1, &tags[0])]);
    assert_eq!(refused(&swapped), (400, "InvalidPartOrder".to_owned()));
    let small = part(client, "3", b"x");
    let too_small = complete(client, &[(2, &tags[1]), (3, &small)]);
    assert_eq!(refused(&too_small), (400, "EntityTooSmall".to_owned()));
    let done = complete(client, &[(1, &tags[0]), (2, &tags[1])]);
    assert_eq!(done.status, 200, "{}", done.text());
    let whole = signer.get(client, "big").body;
    assert!(whole == [first, second].concat(), "{} bytes", whole.len());
    let again = complete(client, &[(1, &tags[0]), (2, &tags[1])]);
    assert_eq!(refused(&again), (404, "NoSuchUpload".to_owned()));
    let unknown = [("uploadId", "0")];
    let ended = signer.send(client, (Method::Delete, "big", &unknown), &[], b"");
    assert_eq!(refused(&ended), (404, "NoSuchUpload".to_owned()));
}

#[test]
fn who_may_not_is_told_in_the_words_of_s3() {
    let house = s3();
    let mut client = house.client();
    let good = || Signer::of(&house.service);
    let wrong_secret = Signer { secret_key: "x".repeat(32), ..good() };
    let wrong_key = Signer { access_key: "AKIDEXAMPLE".to_owned(), ..good() };
    let elsewhere = Signer { bucket: "another-bucket".to_owned(), ..good() };
    let ahead = Signer { skew: 3_600, ..good() };
    let behind = Signer { skew: -3_600, ..good() };
    for (signer, status, code) in [
        (wrong_secret, 403, "SignatureDoesNotMatch"),
        (wrong_key, 403, "InvalidAccessKeyId"),
        (elsewhere, 404, "NoSuchBucket"),
        (ahead, 403, "RequestTimeTooSkewed"),
        // A signed URL that is over is no sign of a wrong clock.
        (behind, 403, "AccessDenied"),
    ] {
        assert_eq!(refused(&signer.get(&mut client, "k")), (status, code.to_owned()));
        let put = signer.send(&mut client, (Method::Put, "k", &[]), &[], &content(1000));
        assert_eq!(refused(&put), (status, code.to_owned()));
    }
    let bare = client.with("GET", "/lukewarm/k", &[("Authorization", "")], b"");
    assert_eq!(bare.status / 100, 4, "{}", bare.text());
    assert_eq!(house.service.stored().objects, 0);
    let ledger = house.ledger();
    let (known, unknown): (Vec<_>, Vec<_>) = ledger.iter().partition(|it| it.status == 404);
    assert!(unknown.iter().all(|it| it.operation == Operation::Other), "{unknown:?}");
    assert_eq!(known.len(), 2);
}

#[test]
fn a_body_that_is_not_what_was_announced_is_not_stored() {
    let house = s3();
    let (signer, mut client) = (Signer::of(&house.service), house.client());
    let mut put = |name: &str, value: &str| {
        let headers = [(name, value)];
        signer.send(&mut client, (Method::Put, "k", &[]), &headers, b"text")
    };
    // printf other | openssl md5 -binary | base64
    let md5 = put("Content-MD5", "eV8yArF8trw9S3cdjGyerw==");
    assert_eq!(refused(&md5), (400, "BadDigest".to_owned()));
    let crc = put("x-amz-checksum-crc32", "AAAAAA==");
    assert_eq!(refused(&crc), (400, "BadDigest".to_owned()));
    assert_eq!(house.service.stored().objects, 0);
    // printf text | openssl md5 -binary | base64
    assert_eq!(put("Content-MD5", "HLJR7A1WjeapKbUgxK7Y0Q==").status, 200);
}

#[test]
fn conditions_hold_against_the_object_that_there_is() {
    let house = s3();
    let (signer, mut client) = (Signer::of(&house.service), house.client());
    let mut send = |method, name: &str, value: &str| {
        signer.send(&mut client, (method, "k", &[]), &[(name, value)], b"")
    };
    assert_eq!(send(Method::Put, "If-None-Match", "*").status, 200);
    let taken = send(Method::Put, "If-None-Match", "*");
    assert_eq!(refused(&taken), (412, "PreconditionFailed".to_owned()));
    let tag = send(Method::Get, "Range", "").header("etag").unwrap().to_owned();
    let same = send(Method::Get, "If-None-Match", &tag);
    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(send(Method::Get, "If-Match", &tag).status, 200);
    assert_eq!(send(Method::Get, "If-Match", "\"x\"").status, 412);
}

#[test]
fn it_is_behind_the_link_and_its_limits() {
    let network = Network { round_trip: Seconds(0.05), ..Network::unlimited() };
    let limits = Limits {
        uploads_per_minute: Some(2),
        downloads_per_minute: Some(1),
        largest_object: Some(Bytes(1000)),
        ..Limits::default()
    };
    let house = house(kind(), network, limits);
    let (signer, mut client) = (Signer::of(&house.service), house.client());
    let client = &mut client;
    let begin = Instant::now();
    assert_eq!(signer.put(client, "k", b"text"), 200);
    assert!(begin.elapsed() >= Duration::from_millis(50), "{:?}", begin.elapsed());
    let large = signer.send(client, (Method::Put, "k", &[]), &[], &content(1001));
    assert_eq!(refused(&large), (400, "EntityTooLarge".to_owned()));
    let often = signer.send(client, (Method::Put, "k", &[]), &[], b"text");
    assert_eq!(refused(&often), (503, "SlowDown".to_owned()));
    assert!(often.header("retry-after").is_some());
    assert_eq!(signer.get(client, "k").body, b"text");
    assert_eq!(refused(&signer.get(client, "k")), (503, "SlowDown".to_owned()));
}

#[test]
fn its_requests_go_wrong_where_they_are_to() {
    let house = faulty(kind(), &["500/read=#1", "flip/read=#2"]);
    let (signer, mut client) = (Signer::of(&house.service), house.client());
    let client = &mut client;
    assert_eq!(signer.put(client, "k", b"text"), 200);
    assert_eq!(signer.get(client, "k").status, 500);
    let flipped = signer.get(client, "k");
    assert!(flipped.status == 200 && flipped.body != b"text", "{flipped:?}");
    assert_eq!(signer.get(client, "k").body, b"text");
    let faults: Vec<_> = house.ledger().iter().filter_map(|it| it.fault).collect();
    assert_eq!(faults, [FaultKind::Status(500), FaultKind::Flip]);
    let over = faulty(kind(), &["token-expiry@0 s"]);
    let reply = Signer::of(&over.service).get(&mut over.client(), "k");
    assert_eq!(refused(&reply), (400, "ExpiredToken".to_owned()));
}

#[test]
fn many_objects_go_in_one_request() {
    let house = s3();
    let (signer, mut client) = (Signer::of(&house.service), house.client());
    for key in ["a", "b", "c"] {
        assert_eq!(signer.put(&mut client, key, b"x"), 200);
    }
    let body = b"<Delete><Object><Key>a</Key></Object><Object><Key>c</Key></Object></Delete>";
    let reply = signer.send(&mut client, (Method::Post, "", &[("delete", "")]), &[], body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(all(&reply.text(), "Key"), ["a", "c"]);
    assert_eq!(house.service.stored().objects, 1);
}
