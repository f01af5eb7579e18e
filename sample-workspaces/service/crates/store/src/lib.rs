//! The shelf itself: notes in memory, and in a folder where there is one.
//! Owns what is kept and its order; a note is written before it is shown.

mod folder;

use std::path::PathBuf;

use indexmap::IndexMap;
use jiff::Timestamp;
use parking_lot::RwLock;
use shelf_codec::Packed;
use shelf_core::{Card, Error, NoteId};

use folder::Folder;

/// All notes.
pub struct Shelf {
    notes: RwLock<IndexMap<NoteId, Kept>>,
    folder: Option<Folder>,
}

struct Kept {
    card: Card,
    packed: Packed,
}

impl Shelf {
    /// An empty shelf that lives as long as the process.
    pub fn in_memory() -> Shelf {
        Shelf { notes: RwLock::default(), folder: None }
    }

    /// The shelf that a folder holds. Damaged notes are reported and left out.
    pub async fn open(path: PathBuf) -> Result<Shelf, Error> {
        let folder = Folder::open(path).await?;
        let mut notes = IndexMap::new();
        for (packed, kept_at) in folder.read_all().await? {
            match packed.unpack() {
                Ok(text) => {
                    let card = Card::new(packed.id().clone(), &text, kept_at);
                    notes.insert(packed.id().clone(), Kept { card, packed });
                }
                Err(error) => tracing::warn!("{error}; left out"),
            }
        }
        Ok(Shelf { notes: RwLock::new(notes), folder: Some(folder) })
    }

    /// Keeps a text and gives its card; a text that is there already keeps its first card.
    pub async fn keep(&self, text: &str) -> Result<Card, Error> {
        let packed = Packed::pack(text).map_err(|error| Error::file("memory".as_ref(), error))?;
        if let Some(kept) = self.notes.read().get(packed.id()) {
            return Ok(kept.card.clone());
        }
        if let Some(folder) = &self.folder {
            folder.write(&packed).await?;
        }
        let card = Card::new(packed.id().clone(), text, Timestamp::now());
        let kept = Kept { card: card.clone(), packed };
        self.notes.write().insert(card.id().clone(), kept);
        Ok(card)
    }

    /// A note's card and text.
    pub fn read(&self, id: &NoteId) -> Result<(Card, String), Error> {
        let notes = self.notes.read();
        let kept = notes.get(id).ok_or_else(|| Error::NotFound(id.clone()))?;
        Ok((kept.card.clone(), kept.packed.unpack()?))
    }

    /// Takes a note off the shelf.
    pub async fn discard(&self, id: &NoteId) -> Result<(), Error> {
        let found = self.notes.write().shift_remove(id);
        found.ok_or_else(|| Error::NotFound(id.clone()))?;
        match &self.folder {
            Some(folder) => folder.remove(id).await,
            None => Ok(()),
        }
    }

    /// The newest cards first, at most so many.
    pub fn newest(&self, limit: usize) -> Vec<Card> {
        self.notes.read().values().rev().take(limit).map(|kept| kept.card.clone()).collect()
    }

    /// The number of notes, and their compressed size in bytes.
    pub fn totals(&self) -> (usize, usize) {
        let notes = self.notes.read();
        (notes.len(), notes.values().map(|kept| kept.packed.bytes().len()).sum())
    }
}
