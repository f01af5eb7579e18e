//! Limits the number of connections. A new connection that sends nothing does not keep its slot for
//! long; where all slots are taken, the connection that has been idle for longest is closed. Owns
//! no socket; a connection ends when its task does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{AbortHandle, spawn_local};

use crate::ledger::Ledger;

/// The default limit of connections: half the usual limit of open files, since each may read a file
/// besides.
const MOST_CONNECTIONS: usize = 480;
/// The default timeout for the head of a connection's first request, and for the body of an
/// unauthenticated one.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// The default idle timeout of a connection that was used: longer than the 90 s for which reqwest,
/// and so sccache, keeps connections for reuse.
const IDLE: Duration = Duration::from_secs(300);
/// How long a connection must be idle before it may be closed for a new one.
const GIVES_WAY: Duration = Duration::from_secs(1);
/// The shortest interval between two checks.
const SHORTEST: Duration = Duration::from_millis(1);

/// The limits on a service's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Connections served at once.
    pub most: usize,
    /// The timeout for the head of a new connection's first request, and for the body of a request
    /// that is not authenticated.
    pub first_head: Duration,
    /// The idle timeout of a connection that was used.
    pub idle: Duration,
    /// How long a connection must be idle before it may be closed for a new one.
    pub gives_way: Duration,
}

impl Default for Connections {
    fn default() -> Connections {
        Connections {
            most: MOST_CONNECTIONS,
            first_head: FIRST_HEAD,
            idle: IDLE,
            gives_way: GIVES_WAY,
        }
    }
}

/// The connection slots of one service.
pub struct ConnectionSlots {
    wanted: Connections,
    ledger: Rc<Ledger>,
    occupants: RefCell<BTreeMap<u64, Occupant>>,
    left: Notify,
}

/// What a connection's slot is judged by.
pub trait Occupancy {
    /// Since when the connection is idle, in seconds; none where a request is in progress.
    fn silent_since(&self) -> Option<f64>;

    /// Whether at least one request has begun on the connection.
    fn has_begun(&self) -> bool;

    /// Whether part of a request head has been received.
    fn is_in_head(&self) -> bool;

    /// How long bytes of a request head were queued by the link, in seconds.
    fn queued_so_far(&self) -> f64;
}

struct Occupant {
    trace: Rc<dyn Occupancy>,
    task: AbortHandle,
}

/// An occupied slot; dropping it frees it.
struct Slot {
    slots: Rc<ConnectionSlots>,
    number: u64,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.occupants.borrow_mut().remove(&self.number);
        self.slots.left.notify_one();
    }
}

impl ConnectionSlots {
    /// Slots, all of them free.
    pub fn new(wanted: Connections, ledger: Rc<Ledger>) -> Rc<ConnectionSlots> {
        let (occupants, left) = (RefCell::default(), Notify::new());
        Rc::new(ConnectionSlots { wanted, ledger, occupants, left })
    }

    /// Serves a numbered connection in a slot of its own.
    pub fn enter(
        self: &Rc<ConnectionSlots>,
        number: u64,
        trace: Rc<dyn Occupancy>,
        serve: impl Future<Output = ()> + 'static,
    ) {
        let slot = Slot { slots: Rc::clone(self), number };
        let task = spawn_local(async move {
            serve.await;
            drop(slot);
        });
        self.occupants.borrow_mut().insert(number, Occupant { trace, task: task.abort_handle() });
    }

    /// Waits until a slot is free.
    pub async fn free_slot(&self) {
        while self.occupants.borrow().len() >= self.wanted.most {
            if self.evict() {
                continue;
            }
            // No connection may have been idle for long enough yet.
            let wait = tokio::time::sleep((self.wanted.gives_way / 4).max(SHORTEST));
            tokio::select! {
                () = self.left.notified() => {}
                () = wait => {}
            }
        }
    }

    /// Closes the connection that is needed least, once it was idle for long enough: connections
    /// that never sent anything go first, then the one that has been idle for longest, and those in
    /// the middle of a request head last. A connection that was used stays while others have yet to
    /// send their first request: they do so soon, or become idle for long enough themselves.
    fn evict(&self) -> bool {
        let end = self.ledger.now() - self.wanted.gives_way.as_secs_f64();
        let mut occupants = self.occupants.borrow_mut();
        let silent = occupants.iter().filter_map(|(number, occupant)| {
            let since = occupant.trace.silent_since()?;
            Some(((occupant.trace.is_in_head(), occupant.trace.has_begun()), since, *number))
        });
        let missed_least = silent.min_by(|(kind, since, _), (kind2, since2, _)| {
            kind.cmp(kind2).then(since.total_cmp(since2))
        });
        let chosen = missed_least.filter(|(_, since, _)| *since <= end);
        let chosen = chosen.and_then(|(_, _, number)| occupants.remove(&number));
        chosen.iter().for_each(|occupant| occupant.task.abort());
        chosen.is_some()
    }

    /// Closes connections whose first request does not come in time; never returns.
    pub async fn watch(self: Rc<ConnectionSlots>) {
        let mut ticks = tokio::time::interval((self.wanted.first_head / 10).max(SHORTEST));
        loop {
            ticks.tick().await;
            let now = self.ledger.now();
            for occupant in self.occupants.borrow().values() {
                let trace = &occupant.trace;
                // Time that bytes are queued on the link is not the client's fault.
                let most = self.wanted.first_head.as_secs_f64() + trace.queued_so_far();
                let late = trace.silent_since().is_some_and(|since| now - since > most);
                if late && !trace.has_begun() {
                    occupant.task.abort();
                }
            }
        }
    }
}
