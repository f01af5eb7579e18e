//! Stored bodies and bodies on their way in. Everything lies in files, and is hashed as it comes.
//! Owns no name: what an object is called is the store's.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use bytes::Bytes;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::files::{BlobPart, Files};
use super::line::PartLine;

/// A stored body, which never changes: one part, or the blocks that it was uploaded in.
#[derive(Debug)]
pub struct Object {
    /// Each with the place at which it ends.
    parts: Vec<(u64, Arc<BlobPart>)>,
    /// Each part's hash.
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

/// Goes through a range of an object.
pub struct Reader {
    object: Arc<Object>,
    at: u64,
    end: u64,
    /// The file that the last piece came from, with its part's number.
    open: Option<(usize, Arc<File>, u64)>,
}

/// Some bytes in a file.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The file.
    pub file: Arc<File>,
    /// Where they begin.
    pub offset: u64,
    /// How many they are.
    pub length: usize,
    /// Keeps their place: what is being sent must not be written over.
    _part: Arc<BlobPart>,
}

impl Object {
    /// The parts in order, with their hashes.
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

    /// Bodies joined to one; nothing is copied.
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

    /// What stands for its content: XXH3 of its bytes, or of its blocks' hashes.
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

    /// It belongs to an entry from now on, and is under way no longer.
    pub fn settle(&self) {
        self.parts.iter().for_each(|(_, part)| part.settle());
    }

    /// What the journal says of its parts.
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

    /// Its bytes from `start` on: at most `most` of them, at least one where there are any.
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

    /// Bytes that are left.
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
        let length = (self.end.min(*part_end) - self.at).min(most as u64);
        self.at += length;
        let (file, offset) = (Arc::clone(file), start + within);
        Ok(Some(Piece { file, offset, length: length as usize, _part: Arc::clone(part) }))
    }
}

impl Piece {
    /// Its bytes.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn read(&self) -> io::Result<Bytes> {
        let mut buffer = vec![0; self.length];
        self.file.read_exact_at(&mut buffer, self.offset)?;
        Ok(buffer.into())
    }
}

impl Incoming {
    /// A body of a length that may be known.
    ///
    /// # Errors
    /// When there is no place for it, or too much is under way.
    pub fn new(files: &Arc<Files>, expected: Option<u64>) -> io::Result<Incoming> {
        let (part, file) = files.place(expected)?;
        Ok(Incoming { part, file, expected, length: 0, hasher: Box::new(Xxh3::new()) })
    }

    /// Bytes so far.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Takes more of the body.
    ///
    /// # Errors
    /// When it cannot be written, or is more than was announced or may be under way.
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

    /// The finished body.
    ///
    /// # Errors
    /// When it is less than was announced.
    pub fn finish(mut self) -> io::Result<Arc<Object>> {
        if self.expected.is_some_and(|expected| self.length < expected) {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.part.set_length(self.length);
        let hash = self.hasher.digest128();
        Ok(Arc::new(Object::new(vec![(Arc::new(self.part), hash)])))
    }
}
