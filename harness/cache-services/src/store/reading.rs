//! Reading a journal: every line is judged before it is believed, and named where it cannot be.
//! Owns what becomes of lines that cannot be read; the format is `line`'s.

use std::io::{self, BufRead};
use std::path::PathBuf;

use super::line::{JOURNAL, Line, Repaired, Replay, Unreadable, VERSION};

/// Reads a journal.
pub struct Reading<'a> {
    kind: &'a str,
    unreadable: Unreadable,
    replay: Replay,
}

impl<'a> Reading<'a> {
    /// A reader of the journals of a kind of service.
    pub fn new(kind: &'a str, unreadable: Unreadable) -> Reading<'a> {
        Reading { kind, unreadable, replay: Replay::default() }
    }

    /// What a journal says; a last line that was cut short is left out.
    ///
    /// # Errors
    /// When a line cannot be read, and is not to be left out.
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
                let repair = "`--repair` leaves out such lines, and keeps the journal as it is \
                              beside";
                return Err(wrong(number, &format!("{what}; {repair}")));
            }
        };
        // Where lines are left out, the first may be among them.
        let is_first = number == 1 && self.unreadable == Unreadable::Refused;
        let replay = &mut self.replay;
        match line {
            Line::Format { version, kind } if number == 1 => {
                if !(1..=VERSION).contains(&version) {
                    return Err(wrong(number, &format!("format {version}, not 1 to {VERSION}")));
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
