//! Reserved entries that are not visible yet, and signed URLs. A state machine with time passed in;
//! it must not know a protocol.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use rand::RngExt;

use crate::secret::same;
use crate::store::Object;

/// The lifetime of an unfinished reservation, in seconds. GitHub publishes no figure: an
/// assumption.
const RESERVATION: f64 = 24.0 * 3600.0;
/// The lifetime of a signed download URL, in seconds: as `se` has it in URLs that runs have logged.
/// GitHub publishes no figure.
const SIGNATURE: f64 = 600.0;
/// The limit of reservations: beyond it the oldest is dropped.
const MOST_RESERVED: usize = 10_000;

/// Unfinished uploads and signed downloads.
#[derive(Debug, Default)]
pub struct Uploads {
    /// Reservations, by the number in the signed URL.
    reserved: BTreeMap<u64, Upload>,
    /// The same, by the entry's identity.
    places: BTreeMap<String, u64>,
    /// Signed downloads, by the entry's number, which is in the URL: a download stays valid when
    /// its entry is removed.
    signed: BTreeMap<u64, Download>,
    /// The same, in the order in which they were signed.
    by_age: VecDeque<(f64, u64)>,
    next: u64,
}

/// A reserved entry.
#[derive(Debug)]
pub struct Upload {
    /// The entry's identity, which is reserved once.
    pub place: String,
    /// The original key, and the scope.
    pub key: String,
    pub scope: String,
    /// Uploaded blocks, by their id (Azure).
    pub blocks: BTreeMap<String, Arc<Object>>,
    /// Uploaded chunks, by their offset (service v1).
    pub chunks: BTreeMap<u64, Arc<Object>>,
    /// The complete body; none until it is uploaded.
    pub content: Option<Arc<Object>>,
    signature: String,
    began: f64,
}

/// A signed download.
#[derive(Clone, Debug)]
pub struct Download {
    /// The key and the scope, for the ledger.
    pub key: String,
    pub scope: String,
    /// The bytes.
    pub object: Arc<Object>,
    /// When the entry was created.
    pub modified: SystemTime,
    signature: String,
    began: f64,
}

/// The number and the signature in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The number, unique in the service.
    pub number: u64,
    /// The signature: 128 random bits.
    pub signature: String,
}

impl Uploads {
    /// Reserves an entry; none where it is reserved already.
    pub fn reserve(&mut self, place: &str, key: &str, scope: &str, now: f64) -> Option<Signed> {
        if self.is_reserved(place, now) {
            return None;
        }
        if self.reserved.len() >= MOST_RESERVED
            && let Some((_, oldest)) = self.reserved.pop_first()
        {
            self.places.remove(&oldest.place);
        }
        let signed = self.sign();
        self.places.insert(place.to_owned(), signed.number);
        self.reserved.insert(
            signed.number,
            Upload {
                place: place.to_owned(),
                key: key.to_owned(),
                scope: scope.to_owned(),
                blocks: BTreeMap::new(),
                chunks: BTreeMap::new(),
                content: None,
                signature: signed.signature.clone(),
                began: now,
            },
        );
        Some(signed)
    }

    /// Whether the entry of that identity is reserved.
    pub fn is_reserved(&mut self, place: &str, now: f64) -> bool {
        self.forget(now);
        self.places.contains_key(place)
    }

    /// The reservation of a number.
    pub fn get(&mut self, number: u64) -> Option<&mut Upload> {
        self.reserved.get_mut(&number)
    }

    /// The number of an identity's reservation.
    pub fn number(&self, place: &str) -> Option<u64> {
        self.places.get(place).copied()
    }

    /// The reservation that a signed URL is for.
    pub fn signed_upload(&mut self, signed: &Signed) -> Option<&mut Upload> {
        let upload = self.reserved.get_mut(&signed.number)?;
        same(&signed.signature, &upload.signature).then_some(upload)
    }

    /// Ends a reservation.
    pub fn finish(&mut self, number: u64) {
        if let Some(upload) = self.reserved.remove(&number) {
            self.places.remove(&upload.place);
        }
    }

    /// Signs the download of an entry. Called again soon it returns the same URL: their number is
    /// bounded by the entries.
    pub fn sign_download(
        &mut self,
        number: u64,
        (key, scope): (&str, &str),
        (object, modified): (Arc<Object>, SystemTime),
        now: f64,
    ) -> Signed {
        self.forget(now);
        if let Some(known) = self.signed.get(&number)
            && now - known.began < SIGNATURE / 2.0
        {
            return Signed { number, signature: known.signature.clone() };
        }
        let signature = signature();
        let download = Download {
            key: key.to_owned(),
            scope: scope.to_owned(),
            object,
            modified,
            signature: signature.clone(),
            began: now,
        };
        self.signed.insert(number, download);
        self.by_age.push_back((now, number));
        Signed { number, signature }
    }

    /// The download that a signed URL is for.
    pub fn signed_download(&self, signed: &Signed, now: f64) -> Option<&Download> {
        let download = self.signed.get(&signed.number)?;
        let good = same(&signed.signature, &download.signature);
        (good && now - download.began < SIGNATURE).then_some(download)
    }

    /// Drops what has expired.
    fn forget(&mut self, now: f64) {
        while let Some((began, number)) = self.by_age.front().copied() {
            if now - began < SIGNATURE {
                break;
            }
            self.by_age.pop_front();
            // It may have been signed again since.
            if self.signed.get(&number).is_some_and(|download| download.began == began) {
                self.signed.remove(&number);
            }
        }
        // Numbers grow with time: the first is the oldest.
        while let Some(first) = self.reserved.first_entry() {
            if now - first.get().began < RESERVATION {
                break;
            }
            self.places.remove(&first.remove().place);
        }
    }

    fn sign(&mut self) -> Signed {
        self.next += 1;
        Signed { number: self.next, signature: signature() }
    }
}

fn signature() -> String {
    hex::encode(rand::rng().random::<[u8; 16]>())
}

impl Upload {
    /// The chunks joined to one body.
    pub fn joined_chunks(&self) -> Result<Arc<Object>, String> {
        let mut end = 0;
        for (start, chunk) in &self.chunks {
            if *start != end {
                return Err(format!("a chunk begins at byte {start}: expected {end}"));
            }
            end += chunk.length();
        }
        let chunks: Vec<Arc<Object>> = self.chunks.values().cloned().collect();
        Ok(Arc::new(Object::join(&chunks)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Arc<Object> {
        Arc::new(Object::join(&[]))
    }

    #[test]
    fn a_place_is_reserved_once_until_it_is_finished_or_forgotten() {
        let mut uploads = Uploads::default();
        let first = uploads.reserve("n", "k", "s", 0.0).unwrap();
        assert_eq!(uploads.reserve("n", "k", "s", 1.0), None);
        assert!(uploads.signed_upload(&first).is_some());
        let forged = Signed { number: first.number, signature: "x".repeat(32) };
        assert!(uploads.signed_upload(&forged).is_none());
        uploads.finish(first.number);
        assert!(!uploads.is_reserved("n", 1.0) && uploads.signed_upload(&first).is_none());
        uploads.reserve("n", "k", "s", 2.0).unwrap();
        assert_eq!(uploads.reserve("n", "k", "s", RESERVATION), None);
        assert!(uploads.reserve("n", "k", "s", RESERVATION + 2.0).is_some());
    }

    #[test]
    fn of_too_many_reservations_the_oldest_goes() {
        let mut uploads = Uploads::default();
        let mut reserve = |number: usize| uploads.reserve(&number.to_string(), "k", "s", 0.0);
        let signed: Vec<Signed> = (0..=MOST_RESERVED).filter_map(&mut reserve).collect();
        assert_eq!((uploads.reserved.len(), uploads.places.len()), (MOST_RESERVED, MOST_RESERVED));
        assert!(uploads.signed_upload(&signed[0]).is_none() && !uploads.is_reserved("0", 0.0));
        assert!(uploads.signed_upload(&signed[1]).is_some());
    }

    #[test]
    fn a_signed_url_is_good_for_its_time() {
        let mut uploads = Uploads::default();
        let sign = |uploads: &mut Uploads, number, now| {
            uploads.sign_download(number, ("k", "s"), (body(), SystemTime::UNIX_EPOCH), now)
        };
        let signed = sign(&mut uploads, 1, 10.0);
        assert_eq!(sign(&mut uploads, 1, 20.0), signed);
        assert!(uploads.signed_download(&signed, SIGNATURE).is_some());
        assert!(uploads.signed_download(&signed, SIGNATURE + 10.0).is_none());
        let renewed = sign(&mut uploads, 1, SIGNATURE);
        assert_ne!(renewed, signed);
        sign(&mut uploads, 2, SIGNATURE + 10.0);
        assert!(uploads.signed_download(&renewed, SIGNATURE + 10.0).is_some());
        sign(&mut uploads, 2, 2.0 * SIGNATURE + 10.0);
        assert_eq!((uploads.signed.len(), uploads.by_age.len()), (1, 1));
    }
}
