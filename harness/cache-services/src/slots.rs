//! Slots for connections: how many there are, and who gives one up. A new connection that says
//! nothing does not keep its slot for long, and where there is none left the one that has been
//! silent for longest goes. Owns no socket; a connection ends when its task does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{AbortHandle, spawn_local};

use crate::ledger::Ledger;
use crate::trace::RequestTrace;

/// Connections served at once. Half of what a process may usually have open, since each may read a
/// file besides.
const MOST_CONNECTIONS: usize = 480;
/// How long a client may take to send its first request's head, and an unknown one a body.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// How long a connection that was used may wait for its next request: it must outlive the 90 s for
/// which reqwest, and so sccache, keeps them to use again.
const IDLE: Duration = Duration::from_secs(300);
/// A connection that was silent for so long may be ended where there is no place left.
const GIVES_WAY: Duration = Duration::from_secs(1);
/// It is not looked more often than so.
const SHORTEST: Duration = Duration::from_millis(1);

/// How many connections a service has, and how long it waits for those that say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Served at once.
    pub most: usize,
    /// How long a new one may take until its first request's head is there; and a client that
    /// shows no token, until its body is.
    pub first_head: Duration,
    /// How long one that was used may wait for its next request.
    pub idle: Duration,
    /// One that was silent for so long gives its place to another when none is left.
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

/// The slots of one service's connections.
pub struct ConnectionSlots {
    wanted: Connections,
    ledger: Rc<Ledger>,
    occupants: RefCell<BTreeMap<u64, Occupant>>,
    left: Notify,
}

struct Occupant {
    trace: Rc<RequestTrace>,
    task: AbortHandle,
}

/// A slot that is given back when this is dropped.
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
    /// Slots that are all free.
    pub fn new(wanted: Connections, ledger: Rc<Ledger>) -> Rc<ConnectionSlots> {
        let (occupants, left) = (RefCell::default(), Notify::new());
        Rc::new(ConnectionSlots { wanted, ledger, occupants, left })
    }

    /// Serves a connection, of that number, in a slot of its own.
    pub fn enter(
        self: &Rc<ConnectionSlots>,
        number: u64,
        trace: Rc<RequestTrace>,
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
            // Nobody may be silent for long enough yet.
            let wait = tokio::time::sleep((self.wanted.gives_way / 4).max(SHORTEST));
            tokio::select! {
                () = self.left.notified() => {}
                () = wait => {}
            }
        }
    }

    /// Ends the connection that is missed least, once it was silent for long enough: of those that
    /// are silent, those that never said anything first, and then the one that was silent for
    /// longest; those in the middle of a head last. One that was used does not go while others
    /// have yet to say something: they do so soon, or are silent for long enough themselves.
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

    /// Ends connections whose first request does not come, for ever.
    pub async fn watch(self: Rc<ConnectionSlots>) {
        let mut ticks = tokio::time::interval((self.wanted.first_head / 10).max(SHORTEST));
        loop {
            ticks.tick().await;
            let now = self.ledger.now();
            for occupant in self.occupants.borrow().values() {
                let trace = &occupant.trace;
                // What waits for its turn on the link is no fault of the client's.
                let most = self.wanted.first_head.as_secs_f64() + trace.queued_so_far();
                let late = trace.silent_since().is_some_and(|since| now - since > most);
                if late && !trace.has_begun() {
                    occupant.task.abort();
                }
            }
        }
    }
}
