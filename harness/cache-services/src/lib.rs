//! The emulated remote caches, their limits, the shaped link and the request ledger.
