//! One connection's socket: it counts every byte, and makes them wait for the link.
//! Owns no protocol.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::exchange::Exchange;
use crate::ledger::Ledger;
use crate::link::{Link, PIECE};

/// A socket behind the link.
pub struct Connection {
    socket: TcpStream,
    exchange: Rc<Exchange>,
    link: Rc<RefCell<Link>>,
    ledger: Rc<Ledger>,
    /// Bytes that came and have not passed the link yet, and how many of them were handed on.
    arriving: Option<Arriving>,
    /// The turn of bytes that may be written when their time has come.
    leaving: Option<Leaving>,
    buffer: Box<[u8]>,
}

struct Arriving {
    wait: Option<Pin<Box<Sleep>>>,
    from: usize,
    to: usize,
}

struct Leaving {
    wait: Option<Pin<Box<Sleep>>>,
    granted: usize,
}

impl Connection {
    /// A socket behind a link.
    pub fn new(
        socket: TcpStream,
        exchange: Rc<Exchange>,
        link: Rc<RefCell<Link>>,
        ledger: Rc<Ledger>,
    ) -> Connection {
        let paced = !link.borrow().up.is_unlimited();
        let buffer = if paced { vec![0; PIECE].into() } else { Box::default() };
        Connection { socket, exchange, link, ledger, arriving: None, leaving: None, buffer }
    }
}

/// A timer for a wait, where there is one.
fn timer(seconds: f64) -> Option<Pin<Box<Sleep>>> {
    (seconds > 0.0).then(|| Box::pin(sleep(Duration::from_secs_f64(seconds))))
}

/// Waits until a timer has gone off, and forgets it.
fn pass(wait: &mut Option<Pin<Box<Sleep>>>, context: &mut Context<'_>) -> Poll<()> {
    if let Some(sleeping) = wait {
        ready!(sleeping.as_mut().poll(context));
        *wait = None;
    }
    Poll::Ready(())
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.buffer.is_empty() {
            let before = out.filled().len();
            ready!(Pin::new(&mut this.socket).poll_read(context, out))?;
            this.exchange.socket_read(&out.filled()[before..]);
            return Poll::Ready(Ok(()));
        }
        loop {
            if let Some(arriving) = &mut this.arriving {
                ready!(pass(&mut arriving.wait, context));
                let count = out.remaining().min(arriving.to - arriving.from);
                out.put_slice(&this.buffer[arriving.from..arriving.from + count]);
                arriving.from += count;
                if arriving.from == arriving.to {
                    this.arriving = None;
                }
                return Poll::Ready(Ok(()));
            }
            let mut read = ReadBuf::new(&mut this.buffer);
            ready!(Pin::new(&mut this.socket).poll_read(context, &mut read))?;
            let count = read.filled().len();
            if count == 0 {
                return Poll::Ready(Ok(()));
            }
            this.exchange.socket_read(read.filled());
            let wait = this.link.borrow_mut().up.grant(this.ledger.now(), count);
            this.arriving = Some(Arriving { wait: timer(wait), from: 0, to: count });
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let unlimited = this.link.borrow().down.is_unlimited();
        if !unlimited && this.leaving.is_none() && !bytes.is_empty() {
            let granted = bytes.len().min(PIECE);
            let wait = this.link.borrow_mut().down.grant(this.ledger.now(), granted);
            this.leaving = Some(Leaving { wait: timer(wait), granted });
        }
        let mut most = bytes.len();
        if let Some(leaving) = &mut this.leaving {
            ready!(pass(&mut leaving.wait, context));
            most = most.min(leaving.granted);
        }
        let count = ready!(Pin::new(&mut this.socket).poll_write(context, &bytes[..most]))?;
        this.exchange.socket_wrote(&bytes[..count]);
        if let Some(leaving) = &mut this.leaving {
            leaving.granted -= count;
            if leaving.granted == 0 {
                this.leaving = None;
            }
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.socket).poll_flush(context))?;
        this.exchange.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.exchange.flushed();
        Pin::new(&mut this.socket).poll_shutdown(context)
    }
}
