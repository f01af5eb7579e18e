//! Accounting of bodies that belong to no entry yet: how many there may be, and how large. Counters
//! only; it must not touch a file.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// The least allowance for bodies in progress, in bytes, where the quota is smaller: one body must
/// fit.
pub const LEAST_UNDER_WAY: u64 = 1 << 20;
/// The limit of bodies in progress: each takes memory too, however short it is.
pub const MOST_UNDER_WAY: u64 = 200_000;

/// Bodies that are being received, or wait to become part of an entry: they take disk space as
/// entries do.
#[derive(Debug)]
pub struct UnderWay {
    /// Their bytes.
    pub bytes: AtomicU64,
    /// Their number.
    pub bodies: AtomicU64,
    /// The limit of their bytes: the quota.
    pub most: u64,
}

impl UnderWay {
    /// No bodies, with the quota as their limit.
    pub fn up_to(quota: Option<u64>) -> UnderWay {
        let most = quota.map_or(u64::MAX, |quota| quota.max(LEAST_UNDER_WAY));
        UnderWay { bytes: AtomicU64::new(0), bodies: AtomicU64::new(0), most }
    }

    /// Counts more bytes.
    ///
    /// # Errors
    /// When the limit is exceeded; they are counted all the same.
    pub fn add(&self, bytes: u64) -> io::Result<()> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        match before.saturating_add(bytes) > self.most {
            true => Err(full("uploads in progress exceed the quota")),
            false => Ok(()),
        }
    }
}

/// The error of a body that is not accepted.
pub fn full(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::StorageFull, why)
}
