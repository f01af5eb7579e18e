//! Texts as they are stored: compressed, and named by their digest.
//! Owns both forms; where they are kept belongs to `shelf-store`.

use std::io;

use sha2::{Digest, Sha256};
use shelf_core::{Error, NoteId};

/// zstd's own default: a good ratio at a speed that no request notices.
const LEVEL: i32 = 3;

/// A text in its stored form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    id: NoteId,
    bytes: Vec<u8>,
}

impl Packed {
    /// Compresses a text. Fails only where memory does.
    pub fn pack(text: &str) -> io::Result<Packed> {
        let bytes = zstd::encode_all(text.as_bytes(), LEVEL)?;
        Ok(Packed { id: id_of(text), bytes })
    }

    /// Bytes that were stored under a name. They are checked when they are unpacked.
    pub fn stored(id: NoteId, bytes: Vec<u8>) -> Packed {
        Packed { id, bytes }
    }

    /// The text. Fails where the bytes are not those that were packed.
    pub fn unpack(&self) -> Result<String, Error> {
        let damaged = || Error::Damaged(self.id.clone());
        let bytes = zstd::decode_all(self.bytes.as_slice()).map_err(|_| damaged())?;
        let text = String::from_utf8(bytes).map_err(|_| damaged())?;
        if id_of(&text) == self.id { Ok(text) } else { Err(damaged()) }
    }

    /// The name.
    pub fn id(&self) -> &NoteId {
        &self.id
    }

    /// The compressed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn id_of(text: &str) -> NoteId {
    NoteId::from_digest(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_is_noticed() -> Result<(), Error> {
        let packed = Packed::pack("high water at noon").expect("packs in memory");
        assert_eq!(packed.unpack()?, "high water at noon");
        let other = Packed::pack("high water at six").expect("packs in memory");
        let mixed = Packed::stored(packed.id().clone(), other.bytes().to_vec());
        assert!(matches!(mixed.unpack(), Err(Error::Damaged(_))));
        Ok(())
    }
}
