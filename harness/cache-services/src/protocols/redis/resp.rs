//! The wire format of Redis (RESP 2 and 3): where a command and a reply end, and what stands in
//! them. Owns the framing only; nothing is copied. What is incomplete is no error.

use std::ops::Range;

use crate::protocol::Malformed;

/// The limit of words in a command and of values in a reply, as Redis has it.
const MOST_WORDS: i64 = 1024 * 1024;
/// The limit of one value, in bytes, as Redis has it (`proto-max-bulk-len`).
const LARGEST_BULK: i64 = 512 << 20;
/// The limit of a line, in bytes, as Redis has it for inline commands.
const LONGEST_LINE: usize = 64 * 1024;

/// The places of a command's words in its bytes.
pub type Words = Vec<Range<usize>>;

/// A complete reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framed {
    /// Its length in bytes.
    pub length: usize,
    /// The bytes of the values in it.
    pub bulk: u64,
    /// What it says.
    pub meaning: Meaning,
}

/// What a reply says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A value, or that all is well.
    Value,
    /// That there is nothing: a null, or the number 0.
    Nothing,
    /// An error.
    Error,
}

/// The first command: its length, and where its words are. Empty lines and empty commands before it
/// count as part of it, since the server does not answer them. None where it is not complete.
///
/// # Errors
/// When these bytes begin no command.
pub fn command(bytes: &[u8]) -> Result<Option<(usize, Words)>, Malformed> {
    let mut at = 0;
    loop {
        let Some((end, words)) = command_at(bytes, at)? else { return Ok(None) };
        if !words.is_empty() {
            return Ok(Some((end, words)));
        }
        at = end;
    }
}

/// The command that begins at `at`, which may have no words: where it ends, and its words.
fn command_at(bytes: &[u8], at: usize) -> Result<Option<(usize, Words)>, Malformed> {
    let Some((head, mut at)) = line(bytes, at)? else { return Ok(None) };
    if bytes[head.clone()].first() != Some(&b'*') {
        return Ok(Some((at, inline(&bytes[head.clone()], head.start))));
    }
    let count = number(&bytes[head.start + 1..head.end])?;
    if count > MOST_WORDS {
        return Err(Malformed("invalid multibulk length"));
    }
    let mut words = Vec::new();
    for _ in 0..count.max(0) {
        let Some((head, start)) = line(bytes, at)? else { return Ok(None) };
        let Some((b'$', length)) = bytes[head].split_first() else {
            return Err(Malformed("expected '$'"));
        };
        let length = number(length)?;
        if !(0..=LARGEST_BULK).contains(&length) {
            return Err(Malformed("invalid bulk length"));
        }
        let end = start + length as usize;
        if bytes.len() < end + 2 {
            return Ok(None);
        }
        words.push(start..end);
        at = end + 2;
    }
    Ok(Some((at, words)))
}

/// The words of a command that is typed as a line, which begins at `begin`.
fn inline(line: &[u8], begin: usize) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in line.iter().chain(b" ").enumerate() {
        match (byte.is_ascii_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.push(begin + from..begin + at);
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// The first reply; none where it is not complete.
///
/// # Errors
/// When these bytes begin no reply.
pub fn reply(bytes: &[u8]) -> Result<Option<Framed>, Malformed> {
    let (mut at, mut left, mut bulk) = (0, 1_i64, 0);
    let mut meaning = None;
    while left > 0 {
        left -= 1;
        let Some((head, next)) = line(bytes, at)? else { return Ok(None) };
        let Some((kind, text)) = bytes[head].split_first() else {
            return Err(Malformed("empty line"));
        };
        at = next;
        let said = match kind {
            b'-' => Meaning::Error,
            b'_' => Meaning::Nothing,
            b':' if text == b"0" => Meaning::Nothing,
            b'+' | b':' | b',' | b'#' | b'(' => Meaning::Value,
            b'$' | b'=' | b'!' => match number(text)? {
                length if length < 0 => Meaning::Nothing,
                length if length > LARGEST_BULK => return Err(Malformed("invalid bulk length")),
                length => {
                    at += length as usize + 2;
                    if bytes.len() < at {
                        return Ok(None);
                    }
                    bulk += length as u64;
                    if *kind == b'!' { Meaning::Error } else { Meaning::Value }
                }
            },
            b'*' | b'~' | b'>' | b'%' | b'|' => match number(text)? {
                count if count < 0 => Meaning::Nothing,
                count if count > MOST_WORDS => return Err(Malformed("invalid multibulk length")),
                count => {
                    left += if matches!(kind, b'%' | b'|') { 2 * count } else { count };
                    // Attributes stand before the reply that they belong to.
                    left += i64::from(*kind == b'|');
                    Meaning::Value
                }
            },
            _ => return Err(Malformed("unknown kind of reply")),
        };
        meaning.get_or_insert(said);
    }
    Ok(meaning.map(|meaning| Framed { length: at, bulk, meaning }))
}

/// The line that begins at `at`, without its end, and where the next one begins.
fn line(bytes: &[u8], at: usize) -> Result<Option<(Range<usize>, usize)>, Malformed> {
    let rest = bytes.get(at..).unwrap_or_default();
    let looked = &rest[..rest.len().min(LONGEST_LINE)];
    match looked.iter().position(|byte| *byte == b'\n') {
        Some(end) => {
            let length = rest[..end].strip_suffix(b"\r").map_or(end, <[u8]>::len);
            Ok(Some((at..at + length, at + end + 1)))
        }
        None if rest.len() >= LONGEST_LINE => Err(Malformed("too big line")),
        None => Ok(None),
    }
}

fn number(text: &[u8]) -> Result<i64, Malformed> {
    let text = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    text.ok_or(Malformed("invalid length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each prefix of these bytes is: incomplete up to the end of the first message.
    fn whole<T: std::fmt::Debug>(
        bytes: &[u8],
        read: impl Fn(&[u8]) -> Result<Option<T>, Malformed>,
    ) -> T {
        let first = (0..=bytes.len()).find(|end| !matches!(read(&bytes[..*end]), Ok(None)));
        let first = first.expect("it ends somewhere");
        read(&bytes[..first]).expect("it is right").expect("it is whole")
    }

    fn words(bytes: &[u8]) -> (usize, Vec<&[u8]>) {
        let (length, words) = whole(bytes, command);
        (length, words.into_iter().map(|range| &bytes[range]).collect())
    }

    #[test]
    fn a_command_ends_where_its_last_word_does() {
        let set = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\n\r\n\0x\r\n*1\r\n$4\r\nPING\r\n";
        assert_eq!(words(set), (30, vec![&b"SET"[..], b"k", b"\r\n\0x"]));
        assert_eq!(words(b"PING  now\r\n"), (11, vec![&b"PING"[..], b"now"]));
        // The server answers neither an empty line nor a command without words.
        assert_eq!(words(b"\r\n*0\r\n*1\r\n$1\r\nX\r\n"), (17, vec![&b"X"[..]]));
    }

    #[test]
    fn what_is_no_command_is_told() {
        for wrong in [
            &b"*x\r\n"[..],
            b"*1\r\n+PING\r\n",
            b"*1\r\n\r\n",
            b"*1\r\n$-1\r\n",
            b"*1\r\n$536870913\r\n",
            b"*1048577\r\n",
            &[b'a'; LONGEST_LINE],
        ] {
            assert!(command(wrong).is_err(), "{:?}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn a_reply_ends_with_the_last_value_in_it() {
        let framed = |bytes: &[u8]| whole(bytes, reply);
        let value = |length, bulk| Framed { length, bulk, meaning: Meaning::Value };
        assert_eq!(framed(b"+OK\r\n+"), value(5, 0));
        assert_eq!(framed(b"$5\r\nab\r\nc\r\n:1\r\n"), value(11, 5));
        assert_eq!(framed(b"*2\r\n$1\r\na\r\n*1\r\n:7\r\n"), value(19, 1));
        assert_eq!(framed(b"%1\r\n+a\r\n$2\r\nbc\r\n"), value(16, 2));
        assert_eq!(framed(b"|1\r\n+a\r\n:1\r\n+OK\r\n"), value(17, 0));
        let meaning = |bytes: &[u8]| framed(bytes).meaning;
        for nothing in [&b"$-1\r\n"[..], b"_\r\n", b":0\r\n", b"*-1\r\n"] {
            assert_eq!(meaning(nothing), Meaning::Nothing);
        }
        assert_eq!(meaning(b"-ERR no\r\n"), Meaning::Error);
        assert_eq!(meaning(b"!5\r\nERR x\r\n"), Meaning::Error);
        for wrong in [&b"\r\n"[..], b"?\r\n", b"$x\r\n", b"*2000000\r\n"] {
            assert!(reply(wrong).is_err());
        }
    }
}
