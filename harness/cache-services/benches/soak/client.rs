//! One connection's work, with what it knows of its objects. Each has names of its own, so that
//! what is there is always known, or known to be one of two things.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use lukewarm_model::ServiceKind;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::services::{Address, Broken};

const CALLS: &str = "/twirp/github.actions.results.api.v1.CacheService/";
/// Names of one connection, and entries that it makes.
const NAMES: u64 = 6;
const MOST_ENTRIES: u64 = 50;

/// What may be under a name: versions of it, 0 for nothing.
type Candidates = Vec<u64>;

/// One connection.
pub struct Worker {
    pub number: usize,
    pub requests: u64,
    /// Bytes that its sockets moved.
    pub sent: u64,
    pub received: u64,
    address: Address,
    stream: Option<TcpStream>,
    objects: BTreeMap<String, Candidates>,
    versions: u64,
    random: ChaCha8Rng,
}

struct Answer {
    status: u16,
    body: Vec<u8>,
}

/// The content of a version of a name: it can be told from its beginning which one it is.
fn content(name: &str, version: u64) -> Vec<u8> {
    let seed = name.bytes().fold(version, |seed, byte| seed.wrapping_mul(31) ^ u64::from(byte));
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let length = match random.random_range(0..20) {
        0 => random.random_range(0..(4 << 20)),
        1..4 => random.random_range(0..300_000),
        4 => 0,
        _ => random.random_range(0..20_000),
    };
    let mut bytes = vec![0; length];
    random.fill(&mut bytes[..]);
    bytes
}

impl Worker {
    pub fn new(number: usize, address: &Address) -> Worker {
        Worker {
            number,
            requests: 0,
            sent: 0,
            received: 0,
            address: address.clone(),
            stream: None,
            objects: BTreeMap::new(),
            versions: 0,
            random: ChaCha8Rng::seed_from_u64(number as u64),
        }
    }

    /// Works until the time is over.
    pub async fn work(&mut self, end: Instant) {
        while Instant::now() < end {
            match self.address.kind == ServiceKind::WEBDAV {
                true => self.webdav().await,
                false => self.github_actions().await,
            }
        }
        self.stream = None;
    }

    async fn webdav(&mut self) {
        let name = format!("/{}-{}", self.number, self.random.random_range(0..NAMES));
        let before = self.objects.get(&name).cloned().unwrap_or(vec![0]);
        match self.random.random_range(0..100) {
            0..50 => {
                self.versions += 1;
                let version = self.versions;
                let told = self.send("PUT", &name, "", &content(&name, version)).await;
                let now = match told.map(|answer| answer.status) {
                    Ok(201 | 204) => vec![version],
                    // Refused, or the answer was lost.
                    _ => [before, vec![version]].concat(),
                };
                self.objects.insert(name, now);
            }
            50..90 => {
                if let Ok(answer) = self.send("GET", &name, "", b"").await {
                    self.saw(&name, &answer);
                }
            }
            90..95 => {
                let told = self.send("DELETE", &name, "", b"").await;
                let now = match told.map(|answer| answer.status) {
                    Ok(204 | 404) => vec![0],
                    _ => [before, vec![0]].concat(),
                };
                self.objects.insert(name, now);
            }
            _ if self.address.broken == Broken::Sometimes => self.break_off(&name).await,
            _ => drop(self.send("PROPFIND", &name, "Depth: 0\r\n", b"").await),
        }
    }

    /// Holds an answer to a read against what may be there.
    fn saw(&self, name: &str, answer: &Answer) {
        let candidates = self.objects.get(name).cloned().unwrap_or(vec![0]);
        match answer.status {
            200 => {
                let alike = |version: &u64| differ(&content(name, *version), &answer.body) <= 1;
                let found = candidates.iter().filter(|version| **version > 0).any(alike);
                assert!(found, "{name} is none of {candidates:?}");
            }
            404 => assert!(candidates.contains(&0), "{name} is gone, not one of {candidates:?}"),
            429 | 503 => {}
            status => panic!("{name}: {status}"),
        }
    }

    /// An upload that is never finished: nothing of it may be seen.
    async fn break_off(&mut self, name: &str) {
        let head = self.head("PUT", name, "", 100_000);
        if self.write(head.as_bytes()).await.is_ok() {
            let _ = self.write(&[1; 5000]).await;
        }
        self.stream = None;
    }

    async fn github_actions(&mut self) {
        let known = self.random.random_range(0..100) < 40 && !self.objects.is_empty();
        // Entries are never deleted: there are not to be more and more.
        if known || self.versions >= MOST_ENTRIES {
            let nth = self.random.random_range(0..self.objects.len());
            if let Some(key) = self.objects.keys().nth(nth).cloned() {
                self.restore(&key).await;
            }
            return;
        }
        self.versions += 1;
        let key = format!("{}-{}", self.number, self.versions);
        let body = content(&key, 1);
        let stored = self.save(&key, &body).await;
        // What a lost answer was about may be there or not, and is not asked for again.
        if stored.is_some() {
            self.objects.insert(key, vec![1]);
        }
    }

    async fn save(&mut self, key: &str, body: &[u8]) -> Option<()> {
        let asked = format!(r#"{{"key":"{key}","version":"v"}}"#);
        let made = self.call("CreateCacheEntry", &asked).await?;
        let path = signed(&made, "signed_upload_url")?;
        let put = self.send("PUT", &path, "", body).await.ok()?;
        (put.status == 201).then_some(())?;
        let size = body.len();
        let done = format!(r#"{{"key":"{key}","version":"v","size_bytes":"{size}"}}"#);
        self.call("FinalizeCacheEntryUpload", &done).await.map(drop)
    }

    async fn restore(&mut self, key: &str) -> Option<()> {
        let asked = format!(r#"{{"key":"{key}","version":"v"}}"#);
        let found = self.call("GetCacheEntryDownloadURL", &asked).await?;
        let path = signed(&found, "signed_download_url");
        let path = path.unwrap_or_else(|| panic!("{key} was confirmed, and is not found"));
        let answer = self.send("GET", &path, "", b"").await.ok()?;
        self.saw(key, &answer);
        Some(())
    }

    /// The body of a call that was answered with 200.
    async fn call(&mut self, call: &str, body: &str) -> Option<Vec<u8>> {
        let kind = "Content-Type: application/json\r\n";
        let answer = self.send("POST", &format!("{CALLS}{call}"), kind, body.as_bytes()).await;
        answer.ok().filter(|answer| answer.status == 200).map(|answer| answer.body)
    }

    /// Reads everything that is known, and gives how much that was.
    pub async fn check(mut self, address: &Address) -> usize {
        self.address = address.clone();
        let objects: Vec<String> = self.objects.keys().cloned().collect();
        for name in &objects {
            if self.address.kind == ServiceKind::WEBDAV {
                let answer = self.send("GET", name, "", b"").await.unwrap();
                assert!(answer.status == 200 || answer.status == 404);
                self.saw(name, &answer);
            } else {
                self.restore(name).await.unwrap();
            }
        }
        objects.len()
    }

    fn head(&self, method: &str, path: &str, more: &str, length: usize) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{more}\
             Content-Length: {length}\r\n\r\n",
            self.address.socket, self.address.token
        )
    }

    /// Sends a request and reads its answer; a connection that broke is opened anew next time.
    async fn send(
        &mut self,
        method: &str,
        path: &str,
        more: &str,
        body: &[u8],
    ) -> io::Result<Answer> {
        self.requests += 1;
        let head = self.head(method, path, more, body.len());
        let answer = self.exchange(&head, body).await;
        if answer.is_err() {
            assert!(
                self.address.broken == Broken::Sometimes,
                "{method} {path}: the connection broke"
            );
            self.stream = None;
        }
        answer
    }

    async fn exchange(&mut self, head: &str, body: &[u8]) -> io::Result<Answer> {
        self.write(head.as_bytes()).await?;
        for piece in body.chunks(64 << 10) {
            self.write(piece).await?;
        }
        let mut answer = Vec::new();
        let end = loop {
            self.read(&mut answer).await?;
            if let Some(end) = answer.windows(4).position(|it| it == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
        let status = text[9..12].parse().unwrap();
        let length = text.split("content-length: ").nth(1).and_then(|it| it.split('\r').next());
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        let slow = self.random.random_range(0..50) == 0;
        while answer.len() < end + length {
            if slow {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            self.read(&mut answer).await?;
        }
        Ok(Answer { status, body: answer.split_off(end) })
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.stream.is_none() {
            self.stream = Some(TcpStream::connect(&self.address.socket).await?);
        }
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let mut left = bytes;
        while !left.is_empty() {
            let count = stream.write(left).await?;
            self.sent += count as u64;
            left = &left[count..];
        }
        Ok(())
    }

    async fn read(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let count = stream.read_buf(into).await?;
        self.received += count as u64;
        if count == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

/// In how many bytes two bodies differ; many, where their lengths do.
fn differ(a: &[u8], b: &[u8]) -> usize {
    if a.len() != b.len() {
        return usize::MAX;
    }
    a.iter().zip(b).filter(|(a, b)| a != b).count()
}

fn signed(answer: &[u8], name: &str) -> Option<String> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let url = answer[name].as_str().filter(|url| !url.is_empty())?;
    Some(url[url.find("/blobs")?..].to_owned())
}
