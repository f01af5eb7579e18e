//! The emulated remote caches, their limits, the shaped link and the request ledger.
//! Owns the protocols; it must not know a cache tool or a scenario. Loopback only, own token.
//!
//! `server::route` is the route table; `README.md` lists it with what is knowingly absent.

mod clock;
mod connection;
mod exchange;
mod faults;
#[doc(hidden)]
pub mod fuzzing;
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
mod timer;
mod webdav;

pub use github_actions::{Permission, SHORTEST_SECRET};
pub use service::{Place, Service, ServiceError, Storage};
pub use store::Snapshot;
