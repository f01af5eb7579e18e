//! A connection to the server itself, past the link: its content for snapshots, and its count of
//! evictions. Owns these few commands. It must not be used while a job is measured.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_128;

use super::resp::{self, Meaning};
use crate::store::{Object, Reader, Store};

/// The time within which the server must answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many keys are asked for at once.
const KEYS: &str = "1000";
/// How much of an object is read at once, in bytes.
const PIECE: usize = 256 * 1024;

/// A connection that is logged in.
#[derive(Debug)]
pub(super) struct OriginClient {
    stream: UnixStream,
    buffer: Vec<u8>,
}

/// The bytes of one reply that is no error.
struct Answered {
    bytes: Vec<u8>,
    meaning: Meaning,
}

impl OriginClient {
    /// Connects and logs in.
    ///
    /// # Errors
    /// When the server is gone or refuses.
    pub(super) fn connect(socket: &Path, password: &str) -> io::Result<OriginClient> {
        let stream = UnixStream::connect(socket).map_err(|error| {
            io::Error::new(error.kind(), format!("redis-server is gone ({error})"))
        })?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut client = OriginClient { stream, buffer: Vec::new() };
        client.call(&[b"AUTH", password.as_bytes()])?;
        Ok(client)
    }

    /// Brings a store to what the server holds. What is there already is not written again.
    pub(super) fn gather(&mut self, store: &mut Store) -> io::Result<()> {
        let keys = self.keys()?;
        for key in &keys {
            let dumped = self.call(&[b"DUMP", key.as_bytes()])?;
            // Evicted meanwhile.
            let Some(content) = bulk(&dumped) else { continue };
            let hash = xxh3_128(content);
            let is_same = |object: &Object| object.hash() == hash;
            if store.entry(key).is_some_and(|entry| is_same(&entry.object)) {
                continue;
            }
            let mut incoming = store.receive(Some(content.len() as u64))?;
            incoming.write(content)?;
            let object = incoming.finish()?;
            store.insert(key, object)?;
        }
        for (name, _) in store.below("") {
            if !keys.contains(&name) {
                store.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Brings the server to what a store holds.
    pub(super) fn distribute(&mut self, store: &Store) -> io::Result<()> {
        self.call(&[b"FLUSHALL"])?;
        for (name, entry) in store.below("") {
            let Some(entry) = entry else { continue };
            let content = content(&entry.object)?;
            self.call(&[b"RESTORE", name.as_bytes(), b"0", &content])?;
        }
        Ok(())
    }

    /// The objects that were evicted since the server started.
    pub(super) fn evicted(&mut self) -> io::Result<u64> {
        let info = self.call(&[b"INFO", b"stats"])?;
        let text = bulk(&info).map(String::from_utf8_lossy).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("evicted_keys:"));
        line.and_then(|count| count.trim().parse().ok())
            .ok_or_else(|| io::Error::other("redis-server does not say how much it evicted"))
    }

    /// Every key.
    fn keys(&mut self) -> io::Result<BTreeSet<String>> {
        let mut keys = BTreeSet::new();
        let mut cursor = b"0".to_vec();
        loop {
            let page = self.call(&[b"SCAN", &cursor, b"COUNT", KEYS.as_bytes()])?;
            // The next cursor, and the keys of this page.
            let mut values = bulks(&page.bytes)?;
            cursor = values.next().unwrap_or_default().to_vec();
            for key in values {
                let text = std::str::from_utf8(key).map_err(|_| {
                    let key = String::from_utf8_lossy(key);
                    io::Error::other(format!("redis-server holds the key {key:?}, no UTF-8"))
                })?;
                keys.insert(text.to_owned());
            }
            if cursor == b"0" || cursor.is_empty() {
                return Ok(keys);
            }
        }
    }

    /// Sends a command and waits for its reply.
    fn call(&mut self, words: &[&[u8]]) -> io::Result<Answered> {
        let mut command = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            command.extend(format!("${}\r\n", word.len()).into_bytes());
            command.extend_from_slice(word);
            command.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&command)?;
        loop {
            if let Some(reply) = resp::reply(&self.buffer).map_err(io::Error::other)? {
                let bytes: Vec<u8> = self.buffer.drain(..reply.length).collect();
                let said = String::from_utf8_lossy(&bytes[1..]).trim_end().to_owned();
                return match reply.meaning {
                    Meaning::Error => Err(io::Error::other(format!("redis-server: {said}"))),
                    meaning => Ok(Answered { bytes, meaning }),
                };
            }
            let mut piece = [0; 64 * 1024];
            match self.stream.read(&mut piece)? {
                0 => return Err(io::Error::other("redis-server closed the connection")),
                count => self.buffer.extend_from_slice(&piece[..count]),
            }
        }
    }
}

/// The value of a reply that is one; none where there is nothing.
fn bulk(reply: &Answered) -> Option<&[u8]> {
    (reply.meaning == Meaning::Value).then(|| bulks(&reply.bytes).ok()?.next()).flatten()
}

/// The values in a reply, in order: those of its lists too.
fn bulks(reply: &[u8]) -> io::Result<impl Iterator<Item = &[u8]>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(end) = reply[at..].windows(2).position(|pair| pair == b"\r\n") {
        let (head, start) = (&reply[at..at + end], at + end + 2);
        at = start;
        if let Some(length) = head.strip_prefix(b"$") {
            let length = std::str::from_utf8(length).ok().and_then(|text| text.parse().ok());
            let length: usize =
                length.ok_or_else(|| io::Error::other("redis-server: invalid length"))?;
            found.push(start..start + length);
            at = start + length + 2;
        }
    }
    Ok(found.into_iter().map(move |range| &reply[range]))
}

/// All bytes of an object.
fn content(object: &Arc<Object>) -> io::Result<Vec<u8>> {
    let mut content = Vec::with_capacity(object.length() as usize);
    let mut reader = Reader::new(Arc::clone(object), 0, object.length());
    while let Some(piece) = reader.next(PIECE)? {
        content.extend_from_slice(&piece.read()?);
    }
    Ok(content)
}
