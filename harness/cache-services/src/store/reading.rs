//! Reads a journal: every line is validated, and an error names the line. Owns the treatment of
//! lines that cannot be read; the format is `line`'s.

use std::io::{self, BufRead};
use std::path::PathBuf;

use super::line::{JOURNAL, Line, Repaired, Replay, Unreadable, VERSION};

/// A journal's reader.
pub struct Reading<'a> {
    kind: &'a str,
    unreadable: Unreadable,
    replay: Replay,
}

impl<'a> Reading<'a> {
    /// A reader for the journals of one kind of service.
    pub fn new(kind: &'a str, unreadable: Unreadable) -> Reading<'a> {
        Reading { kind, unreadable, replay: Replay::default() }
    }

    /// Reads a journal; an incomplete last line is dropped.
    ///
    /// # Errors
    /// When a line cannot be read and is not to be dropped.
    pub fn read(mut self, mut file: impl BufRead) -> io::Result<Replay> {
        let mut bytes = Vec::new();
        for number in 1.. {
            bytes.clear();
            if file.read_until(b'\n', &mut bytes)? == 0 || bytes.last() != Some(&b'\n') {
                break;
            }
            self.line(number, &bytes)?;
            self.replay.end += bytes.len() as u64;
        }
        Ok(self.replay)
    }

    fn line(&mut self, number: usize, bytes: &[u8]) -> io::Result<()> {
        let line = match serde_json::from_slice::<Line>(bytes) {
            Ok(line) => line.fault().map_or(Ok(line), Err),
            Err(error) => Err(error.to_string()),
        };
        let line = match line {
            Ok(line) => line,
            Err(_) if self.unreadable == Unreadable::LeftOut => {
                let none = Repaired { lines: 0, copy: PathBuf::new() };
                self.replay.repaired.get_or_insert(none).lines += 1;
                return Ok(());
            }
            Err(what) => {
                let repair = "`--repair` drops such lines, and keeps a copy of the journal \
                              as it is";
                return Err(wrong(number, &format!("{what}; {repair}")));
            }
        };
        // Where unreadable lines are dropped, the first may be among them.
        let is_first = number == 1 && self.unreadable == Unreadable::Refused;
        let replay = &mut self.replay;
        match line {
            Line::Format { version, kind } if number == 1 => {
                if !(1..=VERSION).contains(&version) {
                    return Err(wrong(
                        number,
                        &format!("its format is {version}, and 1 to {VERSION} can be read"),
                    ));
                }
                if kind != self.kind {
                    let what = format!("it belongs to a service `{kind}`, not `{}`", self.kind);
                    return Err(wrong(number, &what));
                }
            }
            _ if is_first => return Err(wrong(number, "the format's line is missing")),
            Line::Closed => replay.closed = replay.lines.len(),
            Line::Opened => replay.closed = 0,
            Line::Together(lines) => replay.lines.extend(lines),
            line => replay.lines.push(line),
        }
        Ok(())
    }
}

fn wrong(number: usize, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{JOURNAL}:{number}: {what}"))
}
