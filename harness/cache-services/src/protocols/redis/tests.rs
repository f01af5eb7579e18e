//! What commands and replies are in the ledger, and what a server is told to keep to.

use lukewarm_model::{Bytes, ServiceSettings};

use super::*;
use crate::clock::Clock;

fn relay() -> RedisRelay {
    RedisRelay { password: "secret".to_owned(), evicted_before: AtomicU64::new(0) }
}

fn command(words: &[&str]) -> RelayedCommand {
    let mut bytes = format!("*{}\r\n", words.len());
    for word in words {
        bytes += &format!("${}\r\n{word}\r\n", word.len());
    }
    let command = relay().command(bytes.as_bytes()).unwrap().unwrap();
    assert_eq!(command.length, bytes.len());
    command
}

#[test]
fn commands_are_look_ups_reads_and_writes_of_a_key() {
    let seen = |words: &[&str]| {
        let RelayedCommand { verb, key, operation, body, .. } = command(words);
        (verb, key, operation, body)
    };
    let wanted =
        |verb: &str, key: &str, operation, body| (verb.to_owned(), key.to_owned(), operation, body);
    assert_eq!(seen(&["get", "a/b"]), wanted("GET", "a/b", Operation::Read, 0));
    assert_eq!(seen(&["SET", "a", "12345"]), wanted("SET", "a", Operation::Write, 5));
    assert_eq!(seen(&["SETEX", "a", "60", "123"]), wanted("SETEX", "a", Operation::Write, 3));
    assert_eq!(seen(&["EXISTS", "a"]), wanted("EXISTS", "a", Operation::Lookup, 0));
    assert_eq!(seen(&["DEL", "a"]), wanted("DEL", "a", Operation::Manage, 0));
    // A password is no key.
    assert_eq!(seen(&["AUTH", "secret"]), wanted("AUTH", "", Operation::Other, 0));
}

#[test]
fn what_has_other_than_one_reply_is_not_passed_on() {
    assert_eq!(command(&["AUTH", "x"]).passage, Passage::Login);
    assert_eq!(command(&["CLIENT", "SETINFO", "LIB-NAME", "x"]).passage, Passage::Usual);
    for words in [&["SUBSCRIBE", "a"][..], &["MONITOR"], &["client", "reply", "off"]] {
        assert_eq!(command(words).passage, Passage::Refused, "{words:?}");
    }
}

#[test]
fn replies_have_the_status_that_they_mean() {
    let status = |bytes: &[u8]| relay().reply(bytes).unwrap().unwrap().status;
    assert_eq!(status(b"+OK\r\n"), 200);
    assert_eq!(status(b"$2\r\nab\r\n"), 200);
    assert_eq!(status(b"$-1\r\n"), 404);
    assert_eq!(status(b"-NOAUTH Authentication required.\r\n"), 401);
    assert_eq!(status(b"-WRONGPASS invalid username-password pair\r\n"), 401);
    assert_eq!(status(b"-OOM command not allowed when used memory > 'maxmemory'.\r\n"), 507);
    assert_eq!(status(b"-ERR unknown subcommand 'SETINFO'.\r\n"), 405);
    let refusals = [
        RelayRefusal::Malformed(Malformed("expected '$'")),
        RelayRefusal::Unsupported,
        RelayRefusal::Expired,
        RelayRefusal::Fault(503),
        RelayRefusal::Limited(7),
        RelayRefusal::TooLarge(9),
    ];
    for refusal in refusals {
        let bytes = relay().refusal(refusal);
        assert_eq!(resp::reply(&bytes).unwrap().unwrap().meaning, Meaning::Error, "{refusal:?}");
    }
}

#[test]
fn a_server_listens_on_its_socket_alone_and_keeps_nothing() {
    let setup = OriginSetup { password: "abc", quota: None };
    let lines = configure(&setup);
    let has = |line: &str| lines.lines().any(|it| it == line);
    assert!(has("port 0") && has("unixsocket redis.sock") && has("requirepass abc"), "{lines}");
    assert!(has("save \"\"") && has("appendonly no") && has("rename-command CONFIG \"\""));
    assert!(!lines.contains("maxmemory"));
    let limited = configure(&OriginSetup { quota: Some(Bytes(5_000_000)), ..setup });
    assert!(limited.contains("maxmemory 5000000\nmaxmemory-policy allkeys-lru\n"), "{limited}");
}

#[test]
fn a_password_that_would_be_a_setting_is_refused() {
    let settings = ServiceSettings::new(Redis.kind());
    let clock = Clock::default();
    let start = |token| Redis.start(&Start { settings: &settings, token, clock: &clock });
    assert!(start(Some("abc123")).is_ok() && start(None).is_ok());
    for wrong in ["", "a b", "a\"b", "a#b"] {
        let told = start(Some(wrong)).unwrap_err().to_string();
        assert!(told.contains("letters and digits"), "{told}");
    }
}
