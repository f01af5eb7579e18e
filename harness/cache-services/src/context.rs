//! What the requests of one service share, and what one of them may use.
//! Owns the store's lock and the limits by rate. It must not know a protocol.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lukewarm_model::ServiceSettings;

use crate::clock::Clock;
use crate::ledger::Ledger;
use crate::limits::Rate;
use crate::origin::{PublicUrl, origin};
use crate::store::Store;
use crate::trace::RequestTrace;

/// What a service's owner and its connections share, whatever the protocol.
#[derive(Debug)]
pub struct ServiceState {
    /// The clock that entries age by.
    pub clock: Clock,
    public_url: Option<PublicUrl>,
    largest_object: u64,
    store: Mutex<Store>,
    rates: Mutex<Rates>,
}

/// What the service admits by rate.
#[derive(Debug)]
struct Rates {
    up: Rate,
    down: Rate,
}

/// What the answering of one request may use.
pub struct RequestContext {
    /// What all requests share.
    pub service: Arc<ServiceState>,
    /// The service's ledger, whose clock limits go by.
    pub ledger: Rc<Ledger>,
    /// What the ledger is told of this request.
    pub trace: Rc<RequestTrace>,
    /// The host that the client named, whichever it is.
    pub host: String,
    /// The address that it reached.
    pub reached: SocketAddr,
}

impl RequestContext {
    /// What the URLs of this service begin with, for this client.
    pub fn origin(&self) -> String {
        origin(&self.host, self.reached, self.service.public_url.as_ref())
    }

    /// Admits an upload now, or says how many seconds to wait.
    ///
    /// # Errors
    /// When a limit is reached: the seconds until the next one is admitted.
    pub fn admit_upload(&self) -> Result<(), u64> {
        self.service.admit_upload(self.ledger.now())
    }

    /// Admits a download now, or says how many seconds to wait.
    ///
    /// # Errors
    /// When a limit is reached: the seconds until the next one is admitted.
    pub fn admit_download(&self) -> Result<(), u64> {
        self.service.admit_download(self.ledger.now())
    }
}

impl ServiceState {
    /// The state of a service that starts.
    pub fn new(
        settings: &ServiceSettings,
        (store, clock): (Store, Clock),
        public_url: Option<PublicUrl>,
    ) -> ServiceState {
        let limits = &settings.limits;
        ServiceState {
            clock,
            public_url,
            largest_object: limits.largest_object.map_or(u64::MAX, |size| size.0),
            store: Mutex::new(store),
            rates: Mutex::new(Rates {
                up: Rate::new(limits.uploads_per_minute),
                down: Rate::new(limits.downloads_per_minute),
            }),
        }
    }

    /// What is stored, without what has expired.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        let mut store = locked(&self.store);
        store.sweep();
        store
    }

    /// The largest object that is taken, in bytes.
    pub fn largest_object(&self) -> u64 {
        self.largest_object
    }

    /// Admits an upload at that time, in seconds by the ledger's clock.
    ///
    /// # Errors
    /// When a limit is reached: the seconds until the next one is admitted.
    pub fn admit_upload(&self, now: f64) -> Result<(), u64> {
        locked(&self.rates).up.admit(now)
    }

    /// Admits a download at that time, in seconds by the ledger's clock.
    ///
    /// # Errors
    /// When a limit is reached: the seconds until the next one is admitted.
    pub fn admit_download(&self, now: f64) -> Result<(), u64> {
        locked(&self.rates).down.admit(now)
    }

    /// Forgets what limits admitted.
    pub fn forget_rates(&self) {
        let mut rates = locked(&self.rates);
        rates.up.reset();
        rates.down.reset();
    }
}

/// A lock whose holder cannot have left half a change behind.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
