//! What is received and belongs to no entry yet: how much of it there may be.
//! A count; it must not touch a file.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is under way may take so many bytes where a quota is smaller: one body must fit.
pub const LEAST_UNDER_WAY: u64 = 1 << 20;
/// Bodies that may be under way: each takes memory too, however short it is.
pub const MOST_UNDER_WAY: u64 = 200_000;

/// What is received, or waits to be made part of an entry: it takes room as entries do.
#[derive(Debug)]
pub struct UnderWay {
    /// Bytes of them.
    pub bytes: AtomicU64,
    /// How many they are.
    pub bodies: AtomicU64,
    /// So many bytes, which is the quota.
    pub most: u64,
}

impl UnderWay {
    /// Nothing yet, and at most as much as the quota.
    pub fn up_to(quota: Option<u64>) -> UnderWay {
        let most = quota.map_or(u64::MAX, |quota| quota.max(LEAST_UNDER_WAY));
        UnderWay { bytes: AtomicU64::new(0), bodies: AtomicU64::new(0), most }
    }

    /// Counts more bytes.
    ///
    /// # Errors
    /// When they are more than the quota; they are counted all the same.
    pub fn add(&self, bytes: u64) -> io::Result<()> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        match before.saturating_add(bytes) > self.most {
            true => Err(full("what is under way is more than the quota")),
            false => Ok(()),
        }
    }
}

/// Why a body is not taken.
pub fn full(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::StorageFull, why)
}
