//! Object bytes: small ones in memory within a bound, others in files of the service's folder.
//! Owns how bytes come in and where they lie; a file goes when nothing refers to it any more.
//! It must not know names, quotas or protocols.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::task::spawn_blocking;

/// Pieces up to this size may stay in memory.
const SMALL: usize = 64 * 1024;
/// Memory for small pieces of one service, snapshots included.
const MEMORY: u64 = 16 * 1024 * 1024;
/// Bytes gathered before they are written to a file at once.
const BATCH: usize = 256 * 1024;

/// The folder of one service's objects.
#[derive(Debug)]
pub(crate) struct Depot {
    folder: PathBuf,
    next: AtomicU64,
    in_memory: AtomicU64,
}

/// Bytes that came in one request.
#[derive(Debug)]
pub(crate) struct Piece {
    place: Place,
    len: u64,
    depot: Arc<Depot>,
}

#[derive(Debug)]
enum Place {
    Memory(Bytes),
    File(PathBuf),
}

/// The bytes of an entry: pieces one after the other. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pieces: Arc<[Arc<Piece>]>,
    len: u64,
}

/// A part of a piece.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    piece: Arc<Piece>,
    start: u64,
    len: u64,
}

/// Bytes on their way in. Dropped before its end, it leaves nothing.
#[derive(Debug)]
pub(crate) struct Intake {
    depot: Arc<Depot>,
    held: Vec<Bytes>,
    held_len: usize,
    spill: Option<Spill>,
}

/// What did not fit into memory. The piece comes first, so that dropping removes the file.
#[derive(Debug)]
struct Spill {
    piece: Piece,
    file: File,
}

impl Depot {
    pub(crate) fn open(folder: &Path) -> io::Result<Depot> {
        fs::create_dir_all(folder)?;
        Ok(Depot {
            folder: folder.to_owned(),
            next: AtomicU64::new(0),
            in_memory: AtomicU64::new(0),
        })
    }

    pub(crate) fn intake(self: &Arc<Self>) -> Intake {
        Intake { depot: self.clone(), held: Vec::new(), held_len: 0, spill: None }
    }

    fn create(self: &Arc<Self>) -> io::Result<Spill> {
        loop {
            let name = self.next.fetch_add(1, Ordering::Relaxed).to_string();
            let path = self.folder.join(name);
            match File::create_new(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    let place = Place::File(path);
                    return Ok(Spill { piece: Piece { place, len: 0, depot: self.clone() }, file });
                }
            }
        }
    }

    /// Takes a place in memory; false when there is none left.
    fn claim(&self, len: u64) -> bool {
        let claimed = self.in_memory.fetch_add(len, Ordering::Relaxed) + len <= MEMORY;
        if !claimed {
            self.in_memory.fetch_sub(len, Ordering::Relaxed);
        }
        claimed
    }
}

impl Intake {
    /// Takes in more bytes.
    pub(crate) async fn push(&mut self, bytes: Bytes) -> io::Result<()> {
        self.held_len += bytes.len();
        self.held.push(bytes);
        if self.held_len >= BATCH { self.spill().await } else { Ok(()) }
    }

    /// Ends the piece: all of its bytes are there.
    pub(crate) async fn finish(mut self) -> io::Result<Piece> {
        let len = self.held_len as u64;
        if self.spill.is_none() && self.held_len <= SMALL && self.depot.claim(len) {
            // Copied, because a frame keeps the connection's whole read buffer alive.
            let mut whole = Vec::with_capacity(self.held_len);
            self.held.iter().for_each(|bytes| whole.extend_from_slice(bytes));
            return Ok(Piece { place: Place::Memory(whole.into()), len, depot: self.depot });
        }
        self.spill().await?;
        let spill = self.spill.expect("spilling leaves a file");
        Ok(spill.piece)
    }

    async fn spill(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        let len = std::mem::take(&mut self.held_len) as u64;
        let (depot, spill) = (self.depot.clone(), self.spill.take());
        let written = spawn_blocking(move || {
            let mut spill = spill.map_or_else(|| depot.create(), Ok)?;
            held.iter().try_for_each(|bytes| spill.file.write_all(bytes))?;
            spill.piece.len += len;
            Ok::<_, io::Error>(spill)
        });
        self.spill = Some(written.await.map_err(io::Error::other)??);
        Ok(())
    }
}

impl Object {
    pub(crate) fn new(pieces: Vec<Arc<Piece>>) -> Object {
        let len = pieces.iter().map(|piece| piece.len).sum();
        Object { pieces: pieces.into(), len }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn pieces(&self) -> &[Arc<Piece>] {
        &self.pieces
    }

    /// The parts that hold `len` bytes from `start`.
    pub(crate) fn segments(&self, start: u64, len: u64) -> Vec<Segment> {
        let mut segments = Vec::new();
        let (mut from, end) = (0, start + len);
        for piece in self.pieces.iter() {
            let (first, last) = (start.max(from), end.min(from + piece.len));
            if first < last {
                let (start, len) = (first - from, last - first);
                segments.push(Segment { piece: piece.clone(), start, len });
            }
            from += piece.len;
        }
        segments
    }
}

impl From<Piece> for Object {
    fn from(piece: Piece) -> Object {
        Object::new(vec![Arc::new(piece)])
    }
}

impl Segment {
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// The bytes, where they are in memory.
    pub(crate) fn in_memory(&self) -> Option<Bytes> {
        match &self.piece.place {
            Place::Memory(bytes) => {
                Some(bytes.slice(self.start as usize..(self.start + self.len) as usize))
            }
            Place::File(_) => None,
        }
    }

    /// Where the bytes begin in their file, and the file; none when they are in memory.
    pub(crate) fn in_file(&self) -> Option<(&Path, u64)> {
        match &self.piece.place {
            Place::File(path) => Some((path, self.start)),
            Place::Memory(_) => None,
        }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        match &self.place {
            Place::Memory(bytes) => {
                self.depot.in_memory.fetch_sub(bytes.len() as u64, Ordering::Relaxed);
            }
            // A file that cannot be removed now goes with the folder.
            Place::File(path) => drop(fs::remove_file(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    async fn piece(depot: &Arc<Depot>, len: usize) -> Piece {
        let mut intake = depot.intake();
        for part in vec![7u8; len].chunks(100_000) {
            intake.push(Bytes::copy_from_slice(part)).await.unwrap();
        }
        intake.finish().await.unwrap()
    }

    #[tokio::test]
    async fn small_pieces_stay_in_memory_large_ones_go_to_files_that_go_with_them() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Arc::new(Depot::open(folder.path()).unwrap());
        let small = piece(&depot, SMALL).await;
        assert_eq!(files(folder.path()), 0);
        let large = Object::from(piece(&depot, 1_000_000).await);
        assert_eq!((files(folder.path()), large.len()), (1, 1_000_000));
        let copy = large.clone();
        drop(large);
        assert_eq!(files(folder.path()), 1);
        drop((copy, small));
        assert_eq!(files(folder.path()), 0);
        assert_eq!(depot.in_memory.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn an_intake_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Arc::new(Depot::open(folder.path()).unwrap());
        let mut intake = depot.intake();
        intake.push(Bytes::from(vec![1; 500_000])).await.unwrap();
        assert_eq!(files(folder.path()), 1);
        drop(intake);
        assert_eq!(files(folder.path()), 0);
    }

    #[tokio::test]
    async fn memory_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Arc::new(Depot::open(folder.path()).unwrap());
        let mut pieces = Vec::new();
        for _ in 0..MEMORY / SMALL as u64 + 2 {
            pieces.push(piece(&depot, SMALL).await);
        }
        assert_eq!(files(folder.path()), 2);
    }

    #[tokio::test]
    async fn segments_cut_across_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let depot = Arc::new(Depot::open(folder.path()).unwrap());
        let mut pieces = Vec::new();
        for len in [10, 0, 5, 20] {
            pieces.push(Arc::new(piece(&depot, len).await));
        }
        let object = Object::new(pieces);
        let cut = |start, len| {
            let segments = object.segments(start, len);
            segments.iter().map(|it| (it.start, it.len)).collect::<Vec<_>>()
        };
        assert_eq!(cut(0, 35), [(0, 10), (0, 5), (0, 20)]);
        assert_eq!(cut(9, 7), [(9, 1), (0, 5), (0, 1)]);
        assert_eq!(cut(15, 0), []);
    }
}
