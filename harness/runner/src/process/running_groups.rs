//! The process groups of every run in this process that are at work.
//! Owns that no child starts while strays are searched. It must not signal a process.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is in none of these groups is a stray. Held while a child is started, so that none is
/// taken for a stray before it is known.
static LIVING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// The groups, by their leaders, held still.
pub fn held() -> MutexGuard<'static, BTreeSet<i32>> {
    lock(&LIVING)
}

/// A lock whose holder cannot have left half a change behind.
pub fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
