//! A service on a scratch folder, and a client so plain that it can also misbehave.
//! Owns HTTP/1.1 as far as the tests need it; it must not know a route.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::ops::Range;
use std::time::{Duration, Instant};

use lukewarm_cache_services::{Place, Service};
use lukewarm_model::{Limits, Network, Request, ServiceKind, ServiceSettings};
use tempfile::TempDir;

/// A service that ends with its folder.
pub struct House {
    pub service: Service,
    pub folder: TempDir,
}

/// One connection of one client.
pub struct Client {
    stream: BufReader<TcpStream>,
    token: String,
    host: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

pub fn house(kind: ServiceKind, network: Network, limits: Limits) -> House {
    with(ServiceSettings { network, limits, seed: 1, ..ServiceSettings::new(kind) })
}

/// A service in which these things go wrong.
pub fn faulty(kind: ServiceKind, faults: &[&str]) -> House {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    with(ServiceSettings { faults, seed: 1, ..ServiceSettings::new(kind) })
}

/// A GitHub Actions cache that clients know by the name of this host, at the port that it listens
/// on: a host that nobody told it of is not believed.
pub fn github_actions_known_as(host: &str) -> House {
    let folder = tempfile::tempdir().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let place = Place {
        address: free,
        public_url: Some(format!("http://{host}:{}", free.port()).parse().unwrap()),
        ..Place::scratch(&folder.path().join("objects"))
    };
    let settings = ServiceSettings { seed: 1, ..ServiceSettings::new(ServiceKind::GithubActions) };
    House { service: Service::listen(&settings, &place).unwrap(), folder }
}

fn with(settings: ServiceSettings) -> House {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(&settings, &folder.path().join("objects")).unwrap();
    House { service, folder }
}

impl House {
    pub fn client(&self) -> Client {
        Client::to(self.address(), self.service.token())
    }

    pub fn address(&self) -> &str {
        self.service.url().strip_prefix("http://").unwrap()
    }

    /// All requests so far, once none is in flight.
    pub fn ledger(&self) -> Vec<Request> {
        assert!(self.service.settle(Duration::from_secs(10)));
        self.service.take_ledger()
    }

    /// Files that objects take on disk, beside the pack of the small ones.
    pub fn files(&self) -> usize {
        let files = std::fs::read_dir(self.folder.path().join("objects")).unwrap();
        files.filter(|file| file.as_ref().unwrap().file_name() != "pack").count()
    }
}

impl Client {
    /// A connection to an address, with a token.
    pub fn to(address: &str, token: &str) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let (token, host) = (token.to_owned(), address.to_owned());
        Client { stream: BufReader::new(stream), token, host }
    }

    /// Sends a request with the token and reads its answer.
    pub fn send(&mut self, method: &str, path: &str, body: &[u8]) -> Reply {
        self.with(method, path, &[], body)
    }

    /// The same with more headers; an `Authorization` among them replaces the token.
    pub fn with(&mut self, method: &str, path: &str, more: &[(&str, &str)], body: &[u8]) -> Reply {
        self.begin(method, path, more, body.len());
        self.write(body).unwrap();
        self.reply(method).unwrap()
    }

    /// The same for a service that may be gone.
    pub fn try_send(
        &mut self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Reply> {
        let head = self.request(method, path, more, body.len());
        self.write(head.as_bytes())?;
        self.write(body)?;
        self.reply(method)
    }

    /// Sends a head alone.
    pub fn begin(&mut self, method: &str, path: &str, more: &[(&str, &str)], length: usize) {
        let head = self.request(method, path, more, length);
        self.write(head.as_bytes()).unwrap();
    }

    fn request(&self, method: &str, path: &str, more: &[(&str, &str)], length: usize) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.host);
        if !more.iter().any(|(name, _)| *name == "Authorization") {
            head += &format!("Authorization: Bearer {}\r\n", self.token);
        }
        more.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        head + &format!("Content-Length: {length}\r\n\r\n")
    }

    /// The same for a body that comes in chunks.
    pub fn begin_chunked(&mut self, method: &str, path: &str) {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
            self.host, self.token
        );
        self.write(head.as_bytes()).unwrap();
    }

    /// The connection, to be read as it is.
    pub fn stream(&mut self) -> &mut impl Read {
        &mut self.stream
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads an answer's head, and its body unless there is none by HTTP's rules.
    pub fn reply(&mut self, method: &str) -> io::Result<Reply> {
        let mut reply = self.head()?;
        let length = reply.header("content-length").map_or(0, |it| it.parse().unwrap());
        if reply.header("transfer-encoding") == Some("chunked") {
            reply.body = self.chunks()?;
        } else if method != "HEAD" {
            reply.body = vec![0; length];
            self.stream.read_exact(&mut reply.body)?;
        }
        Ok(reply)
    }

    /// Reads a body that comes in chunks, without trailers.
    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let length = usize::from_str_radix(line.trim_end(), 16).unwrap();
            let mut chunk = vec![0; length + 2];
            self.stream.read_exact(&mut chunk)?;
            body.extend_from_slice(&chunk[..length]);
            if length == 0 {
                return Ok(body);
            }
        }
    }

    pub fn head(&mut self) -> io::Result<Reply> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = status.parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Ok(Reply { status, headers, body: Vec::new() })
    }
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// Bytes that no two places of an object share by chance.
pub fn content(length: usize) -> Vec<u8> {
    (0..length as u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

pub fn webdav() -> House {
    house(ServiceKind::Webdav, Network::unlimited(), Limits::default())
}

pub fn github_actions() -> House {
    house(ServiceKind::GithubActions, Network::unlimited(), Limits::default())
}

/// The same as GitHub Enterprise Server has it: service v1 answers too.
pub fn github_actions_with_v1(limits: Limits) -> House {
    with(ServiceSettings {
        limits,
        seed: 1,
        with_v1: true,
        ..ServiceSettings::new(ServiceKind::GithubActions)
    })
}

/// Tries something until it takes less than the most that it may, and holds every try to the least.
/// Other work on the machine makes tries late, but none of them early: what is really too slow
/// never succeeds, and a busy machine only needs more tries. Gives how many there were.
pub fn assert_takes(seconds: Range<f64>, work: impl FnMut()) -> usize {
    assert_takes_beside(seconds, || (), work)
}

/// The same for what keeps the processor busy: just before each try, `control` does the same work
/// where nothing slows it down, and what that takes may come on top.
pub fn assert_takes_beside(
    seconds: Range<f64>,
    mut control: impl FnMut(),
    mut work: impl FnMut(),
) -> usize {
    const TRIES: usize = 50;
    let mut times = Vec::new();
    while times.len() < TRIES {
        let start = Instant::now();
        control();
        let busy = start.elapsed().as_secs_f64();
        let start = Instant::now();
        work();
        let took = start.elapsed().as_secs_f64();
        times.push(took);
        assert!(took >= seconds.start, "{times:?} not in {seconds:?}: the last is too fast");
        if took < seconds.end + busy {
            return times.len();
        }
    }
    panic!("{times:?} not in {seconds:?}: all are too slow");
}

pub fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "it does not come");
        std::thread::sleep(Duration::from_millis(2));
    }
}
