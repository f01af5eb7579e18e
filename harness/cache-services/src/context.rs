//! The state that a service's requests share, and the context of one request.
//! Owns the store's lock and the rate limits. It must not know a protocol.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lukewarm_model::ServiceSettings;

use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::limits::Rate;
use crate::origin::{PublicUrl, origin};
use crate::store::Store;
use crate::trace::RequestTrace;

/// The state shared by a service's owner and its connections, for every protocol.
#[derive(Debug)]
pub struct ServiceState {
    /// The clock for expiry.
    pub clock: Clock,
    public_url: Option<PublicUrl>,
    /// The socket of the real server that holds the objects; none where the store does.
    origin: Option<PathBuf>,
    largest_object: u64,
    store: Mutex<Store>,
    rates: Mutex<Rates>,
}

/// The rate limits.
#[derive(Debug)]
struct Rates {
    up: Rate,
    down: Rate,
}

/// The context in which one request is answered.
pub struct RequestContext {
    /// The service's shared state.
    pub service: Arc<ServiceState>,
    /// The service's ledger; rate limits use its clock.
    pub ledger: Rc<Ledger>,
    /// The request's entry in the ledger, while it is written.
    pub trace: Rc<RequestTrace>,
    /// The `Host` header, not validated.
    pub host: String,
    /// The local address of the connection.
    pub reached: SocketAddr,
}

impl RequestContext {
    /// Scheme and authority of this service's URLs, as this client can reach it.
    pub fn origin(&self) -> String {
        origin(&self.host, self.reached, self.service.public_url.as_ref())
    }

    /// Counts an upload against its rate limit.
    ///
    /// # Errors
    /// When the limit is reached: the seconds until it resets.
    pub fn admit_upload(&self) -> Result<(), u64> {
        self.service.admit_upload(self.ledger.now())
    }

    /// Counts a download against its rate limit.
    ///
    /// # Errors
    /// When the limit is reached: the seconds until it resets.
    pub fn admit_download(&self) -> Result<(), u64> {
        self.service.admit_download(self.ledger.now())
    }
}

impl ServiceState {
    /// The state of a new service.
    pub fn new(
        settings: &ServiceSettings,
        (store, clock): (Store, Clock),
        public_url: Option<PublicUrl>,
        origin: Option<PathBuf>,
    ) -> ServiceState {
        let limits = &settings.limits;
        ServiceState {
            clock,
            public_url,
            origin,
            largest_object: limits.largest_object.map_or(u64::MAX, |size| size.0),
            store: Mutex::new(store),
            rates: Mutex::new(Rates {
                up: Rate::new(limits.uploads_per_minute),
                down: Rate::new(limits.downloads_per_minute),
            }),
        }
    }

    /// The locked store, after expired entries were removed.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        let mut store = locked(&self.store);
        store.sweep();
        store
    }

    /// The socket of the real server that holds the objects; none where the store does.
    pub fn origin(&self) -> Option<&Path> {
        self.origin.as_deref()
    }

    /// The size limit of an object, in bytes.
    pub fn largest_object(&self) -> u64 {
        self.largest_object
    }

    /// Counts an upload at a time of the ledger's clock, in seconds.
    ///
    /// # Errors
    /// When the limit is reached: the seconds until it resets.
    pub fn admit_upload(&self, now: f64) -> Result<(), u64> {
        locked(&self.rates).up.admit(now)
    }

    /// Counts a download at a time of the ledger's clock, in seconds.
    ///
    /// # Errors
    /// When the limit is reached: the seconds until it resets.
    pub fn admit_download(&self, now: f64) -> Result<(), u64> {
        locked(&self.rates).down.admit(now)
    }

    /// Resets the rate limits.
    pub fn forget_rates(&self) {
        let mut rates = locked(&self.rates);
        rates.up.reset();
        rates.down.reset();
    }
}

/// Locks a mutex, poisoned or not: no holder panics in the middle of a change.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
