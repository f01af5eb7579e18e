//! Places for connections: how many there are, and who gives one up. A new connection that says
//! nothing does not keep its place for long, and where there is none left the one that has been
//! silent for longest goes. Owns no socket; a connection ends when its task does.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{AbortHandle, spawn_local};

use crate::exchange::Exchange;
use crate::ledger::Ledger;

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

/// The places of one service.
pub struct Door {
    wanted: Connections,
    ledger: Rc<Ledger>,
    guests: RefCell<BTreeMap<u64, Guest>>,
    left: Notify,
}

struct Guest {
    exchange: Rc<Exchange>,
    task: AbortHandle,
}

/// A place that is given back when this is dropped.
struct Place {
    door: Rc<Door>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.door.guests.borrow_mut().remove(&self.number);
        self.door.left.notify_one();
    }
}

impl Door {
    /// A door behind which nobody is yet.
    pub fn new(wanted: Connections, ledger: Rc<Ledger>) -> Rc<Door> {
        let (guests, left) = (RefCell::default(), Notify::new());
        Rc::new(Door { wanted, ledger, guests, left })
    }

    /// Serves a connection, of that number, in a place of its own.
    pub fn enter(
        self: &Rc<Door>,
        number: u64,
        exchange: Rc<Exchange>,
        serve: impl Future<Output = ()> + 'static,
    ) {
        let place = Place { door: Rc::clone(self), number };
        let task = spawn_local(async move {
            serve.await;
            drop(place);
        });
        self.guests.borrow_mut().insert(number, Guest { exchange, task: task.abort_handle() });
    }

    /// Waits until there is a place.
    pub async fn place(&self) {
        while self.guests.borrow().len() >= self.wanted.most {
            if self.dismiss() {
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
    fn dismiss(&self) -> bool {
        let end = self.ledger.now() - self.wanted.gives_way.as_secs_f64();
        let mut guests = self.guests.borrow_mut();
        let silent = guests.iter().filter_map(|(number, guest)| {
            let since = guest.exchange.silent_since()?;
            Some(((guest.exchange.is_in_head(), guest.exchange.has_begun()), since, *number))
        });
        let missed_least = silent.min_by(|(kind, since, _), (kind2, since2, _)| {
            kind.cmp(kind2).then(since.total_cmp(since2))
        });
        let chosen = missed_least.filter(|(_, since, _)| *since <= end);
        let chosen = chosen.and_then(|(_, _, number)| guests.remove(&number));
        chosen.iter().for_each(|guest| guest.task.abort());
        chosen.is_some()
    }

    /// Ends connections whose first request does not come, for ever.
    pub async fn watch(self: Rc<Door>) {
        let mut ticks = tokio::time::interval((self.wanted.first_head / 10).max(SHORTEST));
        loop {
            ticks.tick().await;
            let now = self.ledger.now();
            for guest in self.guests.borrow().values() {
                let exchange = &guest.exchange;
                // What waits for its turn on the link is no fault of the client's.
                let most = self.wanted.first_head.as_secs_f64() + exchange.queued_so_far();
                let late = exchange.silent_since().is_some_and(|since| now - since > most);
                if late && !exchange.has_begun() {
                    guest.task.abort();
                }
            }
        }
    }
}
