//! GET and PUT of the services over loopback, unshaped: what the services themselves cost.
//! Owns a client that is as cheap as it can be; it must not measure connecting.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use lukewarm_cache_services::Service;
use lukewarm_model::{Access, ServiceKind, ServiceSettings};
use rusty_s3::Method;
use rusty_s3::signing::sign;

const SIZES: [(&str, usize); 4] =
    [("4 KiB", 4 << 10), ("64 KiB", 64 << 10), ("1 MiB", 1 << 20), ("16 MiB", 16 << 20)];
const CALLS: &str = "/twirp/github.actions.results.api.v1.CacheService/";

/// One kept-alive connection.
struct Client {
    stream: TcpStream,
    host: String,
    /// The line of the head that says who it is; empty where the URL is signed.
    authorization: String,
    buffer: Vec<u8>,
}

impl Client {
    fn new(service: &Service) -> Client {
        let address = service.url().strip_prefix("http://").expect("the URL is plain http");
        let stream = TcpStream::connect(address).expect("the service listens");
        stream.set_nodelay(true).expect("the socket is open");
        let authorization = format!("Authorization: Bearer {}\r\n", service.token());
        let host = address.trim_end_matches('/').to_owned();
        Client { stream, host, authorization, buffer: vec![0; 1 << 20] }
    }

    /// Sends a request, reads the whole answer, and gives the beginning of its body.
    fn send(&mut self, method: &str, path: &str, body: &[u8]) -> String {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.host,
            self.authorization,
            body.len()
        );
        self.stream.write_all(head.as_bytes()).expect("the service reads");
        self.stream.write_all(body).expect("the service reads");
        let (mut got, mut wanted, mut text) = (0, usize::MAX, String::new());
        while got < wanted {
            let count = self.stream.read(&mut self.buffer).expect("the service answers");
            assert!(count > 0, "the service closed the connection");
            if wanted == usize::MAX {
                let end = self.buffer[..count].windows(4).position(|it| it == b"\r\n\r\n");
                let end = end.expect("a head comes in one piece") + 4;
                let head = String::from_utf8_lossy(&self.buffer[..end]).to_ascii_lowercase();
                assert!(head.starts_with("http/1.1 20"), "{method} {path}: {head}");
                let length = head.split("content-length: ").nth(1);
                let length = length.and_then(|it| it.split('\r').next()?.parse().ok());
                wanted = end + length.unwrap_or(0);
                text = String::from_utf8_lossy(&self.buffer[end..count.min(end + 1024)]).into();
            }
            got += count;
        }
        text
    }
}

fn start(kind: ServiceKind) -> (Service, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let settings = ServiceSettings::new(kind);
    let service = Service::start(&settings, folder.path()).expect("the service starts");
    (service, folder)
}

fn webdav(criterion: &mut Criterion) {
    let (service, _folder) = start(ServiceKind::WEBDAV);
    let mut client = Client::new(&service);
    let mut group = group(criterion, "webdav");
    for (name, size) in SIZES {
        let body = vec![7; size];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("put", name), |bencher| {
            bencher.iter(|| client.send("PUT", "/object", &body));
        });
        group.bench_function(BenchmarkId::new("get", name), |bencher| {
            bencher.iter(|| client.send("GET", "/object", b""));
        });
        service.take_ledger();
    }
}

/// A PUT here is all of a save: reserve, upload, finalise. Entries are immutable, so each has a
/// key of its own, and the service is emptied now and then.
fn github_actions(criterion: &mut Criterion) {
    let (service, _folder) = start(ServiceKind::GITHUB_ACTIONS);
    let mut client = Client::new(&service);
    let mut group = group(criterion, "github-actions");
    let mut number = 0;
    for (name, size) in SIZES {
        let body = vec![7; size];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("save", name), |bencher| {
            bencher.iter(|| {
                number += 1;
                if number % 32 == 0 {
                    service.restore(&Default::default()).expect("a scratch store");
                }
                save(&mut client, &format!("key-{number}"), &body);
            });
        });
        save(&mut client, "kept", &body);
        let asked = br#"{"key":"kept","version":"v"}"#;
        let path = format!("{CALLS}GetCacheEntryDownloadURL");
        let found = client.send("POST", &path, asked);
        let download = signed_path(&found, "signed_download_url");
        group.bench_function(BenchmarkId::new("get", name), |bencher| {
            bencher.iter(|| client.send("GET", &download, b""));
        });
        service.restore(&Default::default()).expect("a scratch store");
        service.take_ledger();
    }
}

fn save(client: &mut Client, key: &str, body: &[u8]) {
    let asked = format!(r#"{{"key":"{key}","version":"v"}}"#);
    let made = client.send("POST", &format!("{CALLS}CreateCacheEntry"), asked.as_bytes());
    client.send("PUT", &signed_path(&made, "signed_upload_url"), body);
    let done = format!(r#"{{"key":"{key}","version":"v","size_bytes":"{}"}}"#, body.len());
    client.send("POST", &format!("{CALLS}FinalizeCacheEntryUpload"), done.as_bytes());
}

fn signed_path(answer: &str, name: &str) -> String {
    let answer: serde_json::Value = serde_json::from_str(answer).expect("the answer is JSON");
    let url = answer[name].as_str().expect("the answer has a signed URL");
    let path = url.trim_start_matches("http://").split_once('/').expect("the URL has a path").1;
    format!("/{path}")
}

/// With signed URLs, which cost the service what signed headers do.
fn s3(criterion: &mut Criterion) {
    let (service, _folder) = start(ServiceKind::named("s3"));
    let mut client = Client { authorization: String::new(), ..Client::new(&service) };
    let mut group = group(criterion, "s3");
    let [put, get] = [Method::Put, Method::Get].map(|method| signed_target(&service, method));
    for (name, size) in SIZES {
        let body = vec![7; size];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("put", name), |bencher| {
            bencher.iter(|| client.send("PUT", &put, &body));
        });
        group.bench_function(BenchmarkId::new("get", name), |bencher| {
            bencher.iter(|| client.send("GET", &get, b""));
        });
        service.take_ledger();
    }
}

/// Path and query of a request about one object, signed for an hour.
fn signed_target(service: &Service, method: Method) -> String {
    let endpoint = service.endpoint();
    let Access::Keys { bucket, access_key, secret_key, .. } = &endpoint.access else {
        panic!("{endpoint:?}");
    };
    let url = format!("{}/{bucket}/object", endpoint.url).parse().expect("the URL is one");
    let now = jiff::Timestamp::now();
    let (nothing, hour) = (std::iter::empty::<(&str, &str)>(), 3600);
    let (key, secret, region) = (access_key, secret_key, "us-east-1");
    let url = sign(&now, method, url, key, secret, None, region, hour, nothing.clone(), nothing);
    format!("{}?{}", url.path(), url.query().expect("a signature"))
}

fn group<'c>(criterion: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    group.warm_up_time(Duration::from_millis(300));
    group
}

criterion::criterion_group!(benches, webdav, github_actions, s3);
criterion::criterion_main!(benches);
