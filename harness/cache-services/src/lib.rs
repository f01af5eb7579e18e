//! The emulated remote caches, their limits, the shaped link and the request ledger.
//! Owns the protocols; it must not know a cache tool or a scenario. Loopback only, own token.
//!
//! `server::route` is the route table; `README.md` lists it with what is knowingly absent.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "the emulated cache services run on Linux only: they use sendfile, timerfd and MSG_MORE"
);

mod clock;
mod connection;
mod door;
mod exchange;
mod faults;
#[doc(hidden)]
pub mod fuzzing;
mod github_actions;
mod ledger;
mod limits;
mod link;
mod message;
mod origin;
mod range;
mod secret;
mod server;
mod service;
mod store;
mod target;
mod timer;
mod webdav;

pub use door::Connections;
pub use github_actions::{Permission, SHORTEST_SECRET};
pub use origin::{NoPublicUrl, PublicUrl};
pub use service::{Place, Service, ServiceError, Storage};
pub use store::temporary::{TemporaryStore, sweep};
pub use store::{Repaired, Snapshot};
