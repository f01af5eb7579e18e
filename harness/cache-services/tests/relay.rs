//! A protocol whose objects a real server holds, which this file alone knows: its commands and
//! replies are lines. It is shaped, limited, hit by faults and entered in the ledger as others are.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lukewarm_cache_services::protocol::{
    Malformed, Passage, Relay, RelayRefusal, RelayedCommand, RelayedReply, Serving, Start, Store,
    UnfitToken,
};
use lukewarm_cache_services::{ListenConfig, Origin, OriginSetup, Protocol, Service, ServiceError};
use lukewarm_model::{
    Access, Bandwidth, Bytes, Limits, Network, Operation, Request, Seconds, ServiceDescription,
    ServiceKind, ServiceSettings,
};
use tempfile::TempDir;

static ECHO: ServiceDescription = ServiceDescription::ordinary("echo");

static ORIGIN: Origin = Origin {
    program: "echo-server",
    version_line: "echo {version}",
    minimum: "1.0.0",
    install: "make echo-server",
    settings: "echo.conf",
    configure: |_: &OriginSetup<'_>| String::new(),
    socket: "echo.sock",
};

/// `SAY words` is answered by its words, `KEEP object` by `kept`, `OPEN it` lets a client in, `BYE`
/// is not answered at all.
#[derive(Debug)]
struct Echo;

#[derive(Debug)]
struct EchoRelay;

impl Protocol for Echo {
    fn kind(&self) -> ServiceKind {
        ServiceKind::new(&ECHO)
    }

    fn summary(&self) -> &'static str {
        "lines"
    }

    fn start(&self, _start: &Start<'_>) -> Result<Serving, UnfitToken> {
        Ok(Serving::Relay(Arc::new(EchoRelay)))
    }

    fn origin(&self) -> Option<&'static Origin> {
        Some(&ORIGIN)
    }
}

impl Relay for EchoRelay {
    fn scheme(&self) -> &'static str {
        "echo"
    }

    fn access(&self) -> Access {
        Access::Token("open".to_owned())
    }

    fn command(&self, bytes: &[u8]) -> Result<Option<RelayedCommand>, Malformed> {
        if bytes.first() == Some(&b'?') {
            return Err(Malformed("a question"));
        }
        let Some(end) = bytes.iter().position(|it| *it == b'\n') else { return Ok(None) };
        let line = std::str::from_utf8(&bytes[..end]).unwrap();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let operation = match verb {
            "SAY" => Operation::Read,
            "KEEP" => Operation::Write,
            _ => Operation::Other,
        };
        Ok(Some(RelayedCommand {
            length: end + 1,
            verb: verb.to_owned(),
            key: "key".to_owned(),
            operation,
            body: if operation == Operation::Write { rest.len() as u64 } else { 0 },
            passage: match verb {
                "LISTEN" => Passage::Refused,
                "OPEN" => Passage::Login,
                _ => Passage::Usual,
            },
        }))
    }

    fn reply(&self, bytes: &[u8]) -> Result<Option<RelayedReply>, Malformed> {
        let end = bytes.iter().position(|it| *it == b'\n');
        let status = if bytes.first() == Some(&b'!') { 400 } else { 200 };
        Ok(end.map(|end| RelayedReply { length: end + 1, body: end as u64, status }))
    }

    fn refusal(&self, refusal: RelayRefusal) -> Vec<u8> {
        format!("!{refusal:?}\n").into_bytes()
    }

    fn gather(&self, _socket: &Path, store: &mut Store) -> std::io::Result<()> {
        let mut incoming = store.receive(Some(3))?;
        incoming.write(b"all")?;
        let object = incoming.finish()?;
        store.insert("everything", object).map(drop)
    }

    fn distribute(&self, socket: &Path, store: &Store) -> std::io::Result<()> {
        let count = store.facts().objects;
        std::fs::write(socket.with_extension("count"), count.to_string())
    }
}

struct EchoHouse {
    service: Service,
    folder: TempDir,
}

fn house(change: impl FnOnce(&mut ServiceSettings)) -> EchoHouse {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("echo.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                while lines.read_line(&mut line).is_ok_and(|count| count > 0) {
                    let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
                    match verb {
                        "SAY" => stream.write_all(rest.as_bytes()).unwrap(),
                        "KEEP" => stream.write_all(b"kept\n").unwrap(),
                        "OPEN" => stream.write_all(b"open\n").unwrap(),
                        _ => return,
                    }
                    line.clear();
                }
            });
        }
    });
    let mut settings = ServiceSettings::new(Echo.kind());
    change(&mut settings);
    let config = ListenConfig {
        origin: Some(socket),
        ..ListenConfig::scratch(&folder.path().join("objects"))
    };
    EchoHouse { service: Service::listen_with(&Echo, &settings, &config).unwrap(), folder }
}

impl EchoHouse {
    fn connect(&self) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(self.service.url().strip_prefix("echo://").unwrap());
        let stream = stream.unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        BufReader::new(stream)
    }

    fn ledger(&self) -> Vec<Request> {
        assert!(self.service.settle(Duration::from_secs(10)));
        self.service.take_ledger()
    }
}

fn line(from: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

fn send(to: &mut BufReader<TcpStream>, text: &str) {
    to.get_mut().write_all(text.as_bytes()).unwrap();
}

#[test]
fn commands_under_way_together_wait_for_one_round_trip_and_are_answered_in_order() {
    let round_trip = Seconds(0.1);
    let house = house(|it| it.network = Network { round_trip, ..Network::unlimited() });
    let mut client = house.connect();
    let began = Instant::now();
    send(&mut client, "SAY one\nKEEP four\nSAY two\nSAY three\n");
    let replies: Vec<String> = (0..4).map(|_| line(&mut client)).collect();
    let took = began.elapsed().as_secs_f64();
    assert_eq!(replies, ["one", "kept", "two", "three"]);
    assert!((0.1..0.19).contains(&took), "{took} s for four at once");
    let ledger = house.ledger();
    let verbs: Vec<&str> = ledger.iter().map(|it| it.verb.as_str()).collect();
    assert_eq!(verbs, ["SAY", "KEEP", "SAY", "SAY"]);
    let kept = &ledger[1];
    assert_eq!((kept.wire_up, kept.wire_down), (Bytes(10), Bytes(5)));
    assert_eq!((kept.body_up, kept.operation, kept.status), (Bytes(4), Operation::Write, 200));
    assert!(ledger.iter().all(|it| it.connection == ledger[0].connection));
    let waited = ledger.iter().map(|it| it.first_byte.0 - it.at.0);
    assert!(waited.clone().all(|it| it >= 0.1), "{:?}", waited.collect::<Vec<_>>());
}

#[test]
fn both_ways_keep_the_rate_of_the_link() {
    let rate = Some(Bandwidth(8_000_000));
    let house = house(|it| it.network = Network { down: rate, up: rate, ..Network::unlimited() });
    let mut client = house.connect();
    let words = "x".repeat(200_000);
    send(&mut client, "OPEN it\n");
    assert_eq!(line(&mut client), "open");
    let began = Instant::now();
    send(&mut client, &format!("SAY {words}\n"));
    assert_eq!(line(&mut client).len(), words.len());
    let took = began.elapsed().as_secs_f64();
    // A fifth of a second each way, at a megabyte a second.
    assert!((0.39..0.6).contains(&took), "{took} s");
    let ledger = house.ledger();
    assert_eq!((ledger[1].wire_up, ledger[1].wire_down), (Bytes(200_005), Bytes(200_001)));
    assert!(ledger[1].end.0 - ledger[1].at.0 > 0.38, "{:?}", ledger[1]);
}

#[test]
fn a_client_that_is_not_let_in_cannot_fill_the_memory() {
    let house = house(|_| {});
    let mut client = house.connect();
    let long = vec![b'x'; 1 << 20];
    // Where it is closed in the midst, writing fails.
    let _ = client.get_mut().write_all(&long);
    let mut rest = Vec::new();
    let ended = client.read_to_end(&mut rest);
    assert!(ended.is_err() || rest.is_empty(), "{} bytes", rest.len());
}

#[test]
fn limits_and_faults_are_kept_before_the_server_is_asked() {
    let limits =
        Limits { uploads_per_minute: Some(1), largest_object: Some(Bytes(5)), ..Limits::default() };
    let faults = vec!["503/read=#2".parse().unwrap(), "stall@150 ms/read=#3".parse().unwrap()];
    let house = house(|it| (it.limits, it.faults) = (limits, faults));
    let mut client = house.connect();
    send(&mut client, "KEEP 123456\nKEEP 1\nKEEP 2\nLISTEN\nSAY a\nSAY b\n");
    let replies: Vec<String> = (0..6).map(|_| line(&mut client)).collect();
    let wanted = ["!TooLarge(5)", "kept", "!Limited(60)", "!Unsupported", "a", "!Fault(503)"];
    assert_eq!(replies, wanted);
    let began = Instant::now();
    send(&mut client, "SAY c\n");
    assert_eq!(line(&mut client), "c");
    assert!(began.elapsed() >= Duration::from_millis(150));
    let ledger = house.ledger();
    let statuses: Vec<u16> = ledger.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [413, 200, 429, 405, 200, 503, 200]);
    let faults: Vec<bool> = ledger.iter().map(|it| it.fault.is_some()).collect();
    assert_eq!(faults, [false, false, false, false, false, true, true]);
}

#[test]
fn replies_are_cut_flipped_and_reset() {
    let faulty = |fault: &str| house(|it| it.faults = vec![fault.parse().unwrap()]);
    let rest = |house: &EchoHouse, text: &str| {
        let mut client = house.connect();
        send(&mut client, text);
        let mut rest = Vec::new();
        (client.read_to_end(&mut rest).map_err(|error| error.kind()), rest)
    };
    let cut = faulty("truncate@3 B");
    assert_eq!(rest(&cut, "SAY hello\n"), (Ok(3), b"hel".to_vec()));
    assert_eq!(cut.ledger()[0].status, 0, "it was not sent completely");
    let (ended, _) = rest(&faulty("reset@2 B/write"), "KEEP hello\n");
    assert_eq!(ended, Err(std::io::ErrorKind::ConnectionReset));
    let flip = faulty("flip");
    let mut client = flip.connect();
    send(&mut client, "SAY hello\n");
    let flipped = line(&mut client);
    assert_eq!(flipped.len(), 5);
    assert_eq!(flipped.bytes().zip(b"hello").filter(|(a, b)| a != *b).count(), 1, "{flipped}");
}

#[test]
fn a_server_that_is_gone_breaks_the_connection_and_what_was_under_way() {
    let house = house(|_| {});
    let mut client = house.connect();
    send(&mut client, "SAY a\n");
    assert_eq!(line(&mut client), "a");
    send(&mut client, "BYE\nSAY b\n");
    assert_eq!(line(&mut client), "", "the connection ends");
    let ledger = house.ledger();
    let statuses: Vec<u16> = ledger.iter().map(|it| it.status).collect();
    assert_eq!(statuses[..2], [200, 0], "{ledger:?}");
    // Nobody listens any more: connections end at once, and the service goes on.
    std::fs::remove_file(house.folder.path().join("echo.sock")).unwrap();
    assert_eq!(line(&mut house.connect()), "");
}

#[test]
fn what_is_no_command_is_told_and_ends_the_connection() {
    let house = house(|_| {});
    let mut client = house.connect();
    send(&mut client, "SAY a\n?\n");
    assert_eq!(line(&mut client), "a");
    assert_eq!(line(&mut client), "!Malformed(Malformed(\"a question\"))");
    assert_eq!(line(&mut client), "");
    let mut half = house.connect();
    send(&mut half, "SAY unend");
    drop(half);
    let ledger = loop {
        let ledger = house.ledger();
        if !ledger.is_empty() && ledger.iter().any(|it| it.wire_up == Bytes(9)) {
            break ledger;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let unread = ledger.iter().find(|it| it.wire_up == Bytes(9)).unwrap();
    assert_eq!((unread.status, unread.verb.as_str()), (0, ""));
}

#[test]
fn a_snapshot_holds_what_the_server_holds_and_brings_it_back() {
    let house = house(|_| {});
    let count = || std::fs::read_to_string(house.folder.path().join("echo.count")).unwrap();
    let empty = house.service.snapshot();
    assert_eq!((house.service.stored().objects, count().as_str()), (0, "0"));
    house.service.gather().unwrap();
    assert_eq!((house.service.stored().objects, house.service.stored().bytes), (1, Bytes(3)));
    let full = house.service.snapshot();
    house.service.restore(&empty).unwrap();
    assert_eq!(count(), "0");
    house.service.restore(&full).unwrap();
    assert_eq!(count(), "1");
}

#[test]
fn without_its_server_or_with_a_limit_that_it_lacks_a_service_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let config = ListenConfig::scratch(&folder.path().join("objects"));
    let mut settings = ServiceSettings::new(Echo.kind());
    let refused = |settings: &ServiceSettings| {
        Service::listen_with(&Echo, settings, &config).map(drop).unwrap_err()
    };
    let error = refused(&settings);
    assert!(matches!(error, ServiceError::NoOrigin { .. }), "{error:?}");
    assert!(error.to_string().ends_with("install it, such as with `make echo-server`"), "{error}");
    settings.limits.expiry = Some(Seconds(60.0));
    let told = refused(&settings).to_string();
    assert_eq!(told, "`echo` keeps objects however long they are unused: leave `expiry` out");
}
