//! The emulated remote caches, their limits, the shaped link and the request ledger.
//! Owns the protocols; it must not know a cache tool or a scenario. Loopback only, own token.
//!
//! `server::route` is the route table; `README.md` lists it with what is knowingly absent.

mod connection;
mod exchange;
mod github_actions;
mod ledger;
mod limits;
mod link;
mod message;
mod range;
mod secret;
mod server;
mod service;
mod store;
mod webdav;

pub use service::{Service, ServiceError};
pub use store::Snapshot;
