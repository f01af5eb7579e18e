//! Bytes as Zstandard frames, one after the other, as `zstd` itself writes and reads them.
//! Owns how much is in a frame, and that memory is bounded by that and not by a file.

use std::io::{self, BufRead, Read, Write};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// Bytes in a frame. The compressor looks back 128 KiB: longer frames save next to nothing.
const FRAME: usize = 4 << 20;

/// Compresses what is written to it.
pub struct Compressed<W: Write> {
    target: W,
    waiting: Vec<u8>,
}

impl<W: Write> Compressed<W> {
    /// Compresses into a target.
    pub fn new(target: W) -> Compressed<W> {
        Compressed { target, waiting: Vec::new() }
    }

    /// Writes what is waiting, and gives the target back.
    pub fn finish(mut self) -> io::Result<W> {
        self.frame()?;
        Ok(self.target)
    }

    fn frame(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        // Into memory: the compressor panics where its target fails.
        let frame = compress_to_vec(self.waiting.as_slice(), CompressionLevel::Fastest);
        self.waiting.clear();
        self.target.write_all(&frame)
    }
}

impl<W: Write> Write for Compressed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= FRAME {
            self.frame()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }
}

/// Decompresses a source, up to a number of bytes.
pub struct Decompressed<R: BufRead> {
    state: State<R>,
    /// How many bytes may still come.
    left: u64,
}

enum State<R: BufRead> {
    Between(R),
    In(Box<StreamingDecoder<R, FrameDecoder>>),
    Done,
}

/// More came out of a file than may.
#[derive(Debug, thiserror::Error)]
#[error("it unpacks to far more than a record of its size has")]
pub struct TooMuch;

impl<R: BufRead> Decompressed<R> {
    /// Decompresses a source that may give at most so many bytes.
    pub fn new(source: R, most: u64) -> Decompressed<R> {
        Decompressed { state: State::Between(source), left: most }
    }

    fn some(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Ok(0),
                State::Between(mut source) => {
                    if source.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let decoder = StreamingDecoder::new(source).map_err(io::Error::other)?;
                    self.state = State::In(Box::new(decoder));
                }
                State::In(mut decoder) => {
                    let count = decoder.read(into)?;
                    if count > 0 {
                        self.state = State::In(decoder);
                        return Ok(count);
                    }
                    self.state = State::Between(decoder.into_inner());
                }
            }
        }
    }
}

impl<R: BufRead> Read for Decompressed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let count = self.some(into)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| io::Error::other(TooMuch))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut into = Compressed::new(Vec::new());
        bytes.chunks(70_001).for_each(|it| into.write_all(it).unwrap());
        into.finish().unwrap()
    }

    fn decompressed(bytes: &[u8], most: u64) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Decompressed::new(bytes, most).read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn what_is_longer_than_a_frame_comes_back() {
        for length in [0, 1, 100, FRAME - 1, FRAME, 2 * FRAME + 12_345] {
            let bytes: Vec<u8> = (0..length).map(|it| (it * it / 7 % 251) as u8).collect();
            let packed = compressed(&bytes);
            assert!(decompressed(&packed, u64::MAX).unwrap() == bytes, "{length}");
        }
    }

    #[test]
    fn half_of_it_and_too_much_of_it_are_errors() {
        let bytes = vec![b'a'; 3 * FRAME];
        let packed = compressed(&bytes);
        assert!(packed.len() < 10_000, "{}", packed.len());
        for length in (1..packed.len()).step_by(211) {
            let half = decompressed(&packed[..length], u64::MAX);
            // Between two frames nothing is missing that only frames could tell.
            assert!(half.is_err() || half.unwrap().len() < bytes.len());
        }
        let error = decompressed(&packed, FRAME as u64).unwrap_err();
        assert!(error.get_ref().unwrap().is::<TooMuch>(), "{error}");
        assert!(decompressed(b"no frame at all", u64::MAX).is_err());
    }
}
