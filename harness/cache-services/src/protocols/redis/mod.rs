//! Redis: a real `redis-server` behind the link. Its commands are classified for the ledger, and
//! its content moves to and from the store for snapshots.
//! Owns what each command means; the wire format is `resp`'s, talking to the server `origin`'s.

mod origin;
pub mod resp;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lukewarm_model::{Access, Operation, ServiceDescription, ServiceKind};

use self::origin::OriginClient;
use self::resp::Meaning;
use crate::protocol::{
    Malformed, Origin, OriginSetup, Passage, Protocol, Relay, RelayRefusal, RelayedCommand,
    RelayedReply, Serving, Start, Store, UnfitToken, fresh_secret,
};

static DESCRIPTION: ServiceDescription = ServiceDescription::ordinary("redis");

static ORIGIN: Origin = Origin {
    program: "redis-server",
    version_line: "Redis server v={version}",
    minimum: "6.0.0",
    install: "apt-get install redis-server",
    settings: "redis.conf",
    configure,
    socket: "redis.sock",
};

/// Commands that reach beyond the data: no client may call them.
const DISABLED: [&str; 12] = [
    "ACL",
    "BGREWRITEAOF",
    "BGSAVE",
    "CONFIG",
    "DEBUG",
    "MIGRATE",
    "MODULE",
    "REPLICAOF",
    "SAVE",
    "SHUTDOWN",
    "SLAVEOF",
    "SYNC",
];

/// The protocol.
#[derive(Debug)]
pub struct Redis;

/// The state of one running service.
#[derive(Debug)]
struct RedisRelay {
    password: String,
    /// The server's count of evictions when its content was last set.
    evicted_before: AtomicU64,
}

impl Protocol for Redis {
    fn kind(&self) -> ServiceKind {
        ServiceKind::new(&DESCRIPTION)
    }

    fn summary(&self) -> &'static str {
        "Redis, by a real redis-server"
    }

    /// The token is the server's password.
    fn start(&self, start: &Start<'_>) -> Result<Serving, UnfitToken> {
        let password = start.token.map_or_else(fresh_secret, str::to_owned);
        if !is_plain(&password) {
            return Err(UnfitToken(
                "the token is the server's password and stands in its settings: choose letters \
                 and digits only",
            ));
        }
        let relay = RedisRelay { password, evicted_before: AtomicU64::new(0) };
        Ok(Serving::Relay(Arc::new(relay)))
    }

    fn origin(&self) -> Option<&'static Origin> {
        Some(&ORIGIN)
    }
}

fn is_plain(password: &str) -> bool {
    !password.is_empty() && password.bytes().all(|it| it.is_ascii_alphanumeric())
}

/// The settings of a server that keeps nothing on disk and listens on its socket alone.
fn configure(setup: &OriginSetup<'_>) -> String {
    let mut lines = vec![
        "port 0".to_owned(),
        format!("unixsocket {}", ORIGIN.socket),
        "unixsocketperm 700".to_owned(),
        format!("requirepass {}", setup.password),
        "daemonize no".to_owned(),
        "save \"\"".to_owned(),
        "appendonly no".to_owned(),
        // Dumped values are compressed by the client already.
        "rdbcompression no".to_owned(),
    ];
    if let Some(quota) = setup.quota {
        lines.push(format!("maxmemory {}", quota.0));
        lines.push("maxmemory-policy allkeys-lru".to_owned());
    }
    lines.extend(DISABLED.map(|command| format!("rename-command {command} \"\"")));
    lines.join("\n") + "\n"
}

impl Relay for RedisRelay {
    fn scheme(&self) -> &'static str {
        "redis"
    }

    fn access(&self) -> Access {
        Access::Token(self.password.clone())
    }

    fn command(&self, bytes: &[u8]) -> Result<Option<RelayedCommand>, Malformed> {
        let Some((length, words)) = resp::command(bytes)? else { return Ok(None) };
        let word =
            |number: usize| words.get(number).map_or(&b""[..], |range| &bytes[range.clone()]);
        let verb = String::from_utf8_lossy(word(0)).to_ascii_uppercase();
        let second = word(1).to_ascii_uppercase();
        let operation = operation(&verb);
        let key = match operation {
            Operation::Other => String::new(),
            _ => String::from_utf8_lossy(word(1)).into_owned(),
        };
        let body = match operation {
            Operation::Write => object(&verb, &words).map_or(0, |range| range.len() as u64),
            _ => 0,
        };
        let passage = passage(&verb, &second);
        Ok(Some(RelayedCommand { length, verb, key, operation, body, passage }))
    }

    fn reply(&self, bytes: &[u8]) -> Result<Option<RelayedReply>, Malformed> {
        let Some(reply) = resp::reply(bytes)? else { return Ok(None) };
        let status = match reply.meaning {
            Meaning::Value => 200,
            Meaning::Nothing => 404,
            Meaning::Error => error_status(&bytes[1..]),
        };
        Ok(Some(RelayedReply { length: reply.length, body: reply.bulk, status }))
    }

    fn refusal(&self, refusal: RelayRefusal) -> Vec<u8> {
        let text = match refusal {
            RelayRefusal::Malformed(why) => format!("ERR Protocol error: {why}"),
            RelayRefusal::Unsupported => "ERR this command is not relayed".to_owned(),
            RelayRefusal::Expired => "NOAUTH Authentication required.".to_owned(),
            RelayRefusal::Fault(code) => format!("ERR injected fault {code}"),
            RelayRefusal::Limited(seconds) => {
                format!("ERR rate limit reached, try again in {seconds} s")
            }
            RelayRefusal::TooLarge(most) => format!("ERR value larger than {most} bytes"),
        };
        format!("-{text}\r\n").into_bytes()
    }

    fn gather(&self, socket: &Path, store: &mut Store) -> io::Result<()> {
        let mut origin = OriginClient::connect(socket, &self.password)?;
        origin.gather(store)?;
        let before = self.evicted_before.load(Ordering::Relaxed);
        store.set_evicted(origin.evicted()?.saturating_sub(before));
        Ok(())
    }

    fn distribute(&self, socket: &Path, store: &Store) -> io::Result<()> {
        let mut origin = OriginClient::connect(socket, &self.password)?;
        origin.distribute(store)?;
        self.evicted_before.store(origin.evicted()?, Ordering::Relaxed);
        Ok(())
    }
}

/// What a command does to the store. Of commands on several keys the first is the request's.
fn operation(verb: &str) -> Operation {
    match verb {
        "GET" | "GETRANGE" | "MGET" | "GETEX" | "HGET" | "HGETALL" => Operation::Read,
        "EXISTS" | "STRLEN" | "TYPE" | "TTL" | "PTTL" | "KEYS" | "SCAN" | "DBSIZE" => {
            Operation::Lookup
        }
        "SET" | "SETEX" | "PSETEX" | "SETNX" | "GETSET" | "APPEND" | "SETRANGE" | "MSET"
        | "HSET" => Operation::Write,
        "DEL" | "UNLINK" | "EXPIRE" | "PEXPIRE" | "PERSIST" | "RENAME" | "FLUSHDB" | "FLUSHALL" => {
            Operation::Manage
        }
        _ => Operation::Other,
    }
}

/// The place of the object in a command that writes one.
fn object<'w>(
    verb: &str,
    words: &'w [std::ops::Range<usize>],
) -> Option<&'w std::ops::Range<usize>> {
    match verb {
        "SET" | "SETNX" | "GETSET" | "APPEND" | "MSET" => words.get(2),
        "SETEX" | "PSETEX" | "SETRANGE" | "HSET" => words.get(3),
        _ => None,
    }
}

/// Whether a command is passed on. Those are not after which replies come without a command, or
/// none come.
fn passage(verb: &str, second: &[u8]) -> Passage {
    match (verb, second) {
        ("AUTH" | "HELLO", _) => Passage::Login,
        ("SUBSCRIBE" | "PSUBSCRIBE" | "SSUBSCRIBE" | "MONITOR" | "PSYNC" | "SYNC", _)
        | ("CLIENT", b"REPLY" | b"TRACKING") => Passage::Refused,
        _ => Passage::Usual,
    }
}

/// The status of HTTP that an error stands for. One about a command that this version of the
/// server does not have is an ordinary answer.
fn error_status(error: &[u8]) -> u16 {
    let word: &[u8] =
        error.split(|byte| *byte == b' ' || *byte == b'\r').next().unwrap_or_default();
    match word {
        b"NOAUTH" | b"WRONGPASS" | b"NOPERM" => 401,
        b"OOM" => 507,
        b"LOADING" | b"BUSY" | b"MISCONF" => 503,
        _ => 405,
    }
}

#[cfg(test)]
mod tests;
