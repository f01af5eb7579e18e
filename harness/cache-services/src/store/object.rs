//! Stored bodies, and bodies that are being received. They live in files, and are hashed as they
//! arrive. Owns no name: those are the store's.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::buffer::{BUFFER, filled};
use super::files::{BlobPart, Files};
use super::line::{BlobLocation, PartLine};

/// A stored body, immutable: one part, or the blocks that it was uploaded in.
#[derive(Debug)]
pub struct Object {
    /// Each with its end offset in the body.
    parts: Vec<(u64, Arc<BlobPart>)>,
    /// The hash of each part.
    hashes: Vec<u128>,
    length: u64,
}

/// A body being received.
pub struct Incoming {
    part: BlobPart,
    file: Arc<File>,
    expected: Option<u64>,
    length: u64,
    hasher: Box<Xxh3>,
}

/// Reads a range of an object.
pub struct Reader {
    object: Arc<Object>,
    at: u64,
    end: u64,
    /// The file of the last piece: its part's number, and where that begins in it.
    open: Option<(usize, Arc<File>, u64)>,
}

/// A range of bytes in a file.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The file.
    pub file: Arc<File>,
    /// Its offset.
    pub offset: u64,
    /// Its length in bytes.
    pub length: usize,
    /// Keeps the range allocated until it was handed to the kernel.
    part: Arc<BlobPart>,
}

impl Object {
    /// An object of parts in order, each with its hash.
    pub fn new(parts: Vec<(Arc<BlobPart>, u128)>) -> Object {
        let mut length = 0;
        let (mut ends, mut hashes) = (Vec::new(), Vec::new());
        for (part, hash) in parts {
            length = part.length().saturating_add(length);
            ends.push((length, part));
            hashes.push(hash);
        }
        Object { parts: ends, hashes, length }
    }

    /// Concatenates bodies, without copying bytes.
    pub fn join(objects: &[Arc<Object>]) -> Object {
        let parts = |object: &Arc<Object>| -> Vec<(Arc<BlobPart>, u128)> {
            let parts = object.parts.iter().map(|(_, part)| Arc::clone(part));
            parts.zip(object.hashes.iter().copied()).collect()
        };
        Object::new(objects.iter().flat_map(parts).collect())
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The hash of its content: XXH3 of its bytes, or of its blocks' hashes.
    pub fn hash(&self) -> u128 {
        match self.hashes[..] {
            [hash] => hash,
            _ => {
                let hashes = self.hashes.iter().flat_map(|hash| hash.to_be_bytes());
                xxh3_128(&hashes.collect::<Vec<u8>>())
            }
        }
    }

    /// Its entity tag, in quotes.
    pub fn etag(&self) -> String {
        format!("\"{:032x}\"", self.hash())
    }

    /// Ends its being in progress: it belongs to an entry now.
    pub fn settle(&self) {
        self.parts.iter().for_each(|(_, part)| part.settle());
    }

    /// Its parts, as written to the journal.
    pub fn lines(&self) -> Vec<PartLine> {
        let parts = self.parts.iter().zip(&self.hashes);
        parts
            .map(|((_, part), hash)| PartLine {
                place: part.place(),
                length: part.length(),
                hash: *hash,
            })
            .collect()
    }

    /// Its bytes from `start` on: at most `most`, and at least one where there are any.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read(self: &Arc<Object>, start: u64, most: usize) -> io::Result<Bytes> {
        let mut reader = Reader::new(Arc::clone(self), start, self.length);
        reader.next(most)?.map_or(Ok(Bytes::new()), |piece| piece.read())
    }
}

impl Reader {
    /// A range of an object, as `start..end`.
    pub fn new(object: Arc<Object>, start: u64, end: u64) -> Reader {
        let end = end.min(object.length);
        Reader { object, at: start.min(end), end, open: None }
    }

    /// The number of bytes left.
    pub fn left(&self) -> u64 {
        self.end - self.at
    }

    /// The next piece, of at most so many bytes; none at the end.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn next(&mut self, most: usize) -> io::Result<Option<Piece>> {
        if self.at == self.end {
            return Ok(None);
        }
        let index = self.object.parts.partition_point(|(end, _)| *end <= self.at);
        let (part_end, part) = &self.object.parts[index];
        if self.open.as_ref().is_none_or(|(open, ..)| *open != index) {
            let (file, start) = part.open()?;
            self.open = Some((index, file, start));
        }
        let Some((_, file, start)) = &self.open else { return Ok(None) };
        let within = self.at - (part_end - part.length());
        let most = if is_packed(part) { most.min(BUFFER) } else { most };
        let length = (self.end.min(*part_end) - self.at).min(most as u64);
        self.at += length;
        let (file, offset) = (Arc::clone(file), start + within);
        Ok(Some(Piece { file, offset, length: length as usize, part: Arc::clone(part) }))
    }
}

fn is_packed(part: &BlobPart) -> bool {
    matches!(part.place(), BlobLocation::Pack(_))
}

impl Piece {
    /// Its bytes.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read(&self) -> io::Result<Bytes> {
        filled(self.length, |bytes| self.file.read_exact_at(bytes, self.offset))
    }

    /// Whether `sendfile` may send it: the kernel goes on to use the file's pages after that has
    /// returned, until the client has read them. A file of its own is never overwritten, a place in
    /// the pack is as soon as it is free.
    pub fn may_be_sent_by_reference(&self) -> bool {
        !is_packed(&self.part)
    }
}

impl Incoming {
    /// A body of a length that may be known.
    ///
    /// # Errors
    /// When no place can be allocated, or too much is in progress.
    pub fn new(files: &Arc<Files>, expected: Option<u64>) -> io::Result<Incoming> {
        let (part, file) = files.place(expected)?;
        Ok(Incoming { part, file, expected, length: 0, hasher: Box::new(Xxh3::new()) })
    }

    /// The bytes received so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Appends to the body.
    ///
    /// # Errors
    /// When it cannot be written, or exceeds the announced length or the allowance.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let end = self.length + bytes.len() as u64;
        if self.expected.is_some_and(|expected| end > expected) {
            return Err(ErrorKind::InvalidInput.into());
        }
        if self.expected.is_none() {
            self.part.grow(bytes.len() as u64)?;
        }
        self.file.write_all_at(bytes, self.part.start() + self.length)?;
        self.hasher.update(bytes);
        self.length = end;
        Ok(())
    }

    /// Finishes the body.
    ///
    /// # Errors
    /// When it is shorter than announced.
    pub fn finish(mut self) -> io::Result<Arc<Object>> {
        if self.expected.is_some_and(|expected| self.length < expected) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.part.set_length(self.length);
        let hash = self.hasher.digest128();
        Ok(Arc::new(Object::new(vec![(Arc::new(self.part), hash)])))
    }
}
