//! The emulated remote caches, their limits, the shaped link and the request ledger.
//! Owns the protocols; it must not know a cache tool or a scenario. Loopback only, own token.
//!
//! `protocols` is the registry: a folder each, with its route table. `README.md` lists the routes,
//! with what is knowingly absent.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "the emulated cache services run on Linux only: they use sendfile, timerfd and MSG_MORE"
);

mod clock;
mod conditions;
mod connection;
mod context;
mod faults;
#[doc(hidden)]
pub mod fuzzing;
mod ledger;
mod ledger_line;
mod limits;
mod link;
mod message;
mod origin;
pub mod protocol;
mod protocols;
mod range;
mod relay;
mod secret;
mod server;
mod service;
mod slots;
mod store;
mod target;
mod timer;
mod trace;

pub use ledger_line::write_ledger;
pub use origin::{NoPublicUrl, PublicUrl};
pub use protocol::{Origin, OriginSetup, Permission, Protocol, fresh_secret};
pub use protocols::{PROTOCOLS, find as find_protocol, github_actions::SHORTEST_SECRET};
pub use service::{ListenConfig, Service, ServiceError, Storage};
pub use slots::Connections;
pub use store::temporary::{TemporaryStore, sweep};
pub use store::{Repaired, Snapshot};
