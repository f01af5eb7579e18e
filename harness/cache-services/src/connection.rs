//! One connection's socket: it counts every byte, makes them wait for the link, and sends what
//! lies in files without a copy. Owns no protocol.

use std::cell::RefCell;
use std::future::Future;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use crate::ledger::Ledger;
use crate::link::{ConnectionPacer, Link, PIECE};
use crate::store::Piece;
use crate::timer::{Timers, Wait};
use crate::trace::{Cut, RequestTrace};

/// What hyper is handed in place of a file's bytes; they never come to user space. It is known
/// by its address, and `Connection` sends the file's bytes for it.
pub static PLACEHOLDER: [u8; 256 * 1024] = [0; 256 * 1024];

/// How long a write may make no progress before the connection is closed, in seconds.
const WRITE_TIMEOUT: f64 = 300.0;

/// A socket behind the link.
pub struct Connection {
    socket: TcpStream,
    trace: Rc<RequestTrace>,
    link: Rc<RefCell<Link>>,
    ledger: Rc<Ledger>,
    timers: Timers,
    up: ConnectionPacer,
    down: ConnectionPacer,
    /// Bytes that were received and are delayed by the link, and how many of them were handed on.
    arriving: Option<Arriving>,
    /// The piece that may be written when its wait is over.
    leaving: Option<Leaving>,
    /// Holds received bytes while the link delays them; empty where it delays none.
    buffer: Box<[u8]>,
    leaves_freely: bool,
    /// The write timeout, running while the socket accepts no bytes.
    stuck: Option<Wait>,
}

struct Arriving {
    wait: Option<Wait>,
    from: usize,
    to: usize,
}

struct Leaving {
    wait: Option<Wait>,
    granted: usize,
}

impl Connection {
    /// Puts an accepted socket behind the link.
    pub fn new(
        socket: TcpStream,
        trace: Rc<RequestTrace>,
        link: Rc<RefCell<Link>>,
        ledger: Rc<Ledger>,
        timers: Timers,
    ) -> Connection {
        let (pacer, comes_freely, leaves_freely) = {
            let link = link.borrow();
            (link.pacer(), link.is_free(&link.up), link.is_free(&link.down))
        };
        Connection {
            socket,
            trace,
            link,
            ledger,
            timers,
            up: pacer,
            down: pacer,
            arriving: None,
            leaving: None,
            buffer: if comes_freely { Box::default() } else { vec![0; PIECE].into() },
            leaves_freely,
            stuck: None,
        }
    }

    /// The error that ends the connection as a fault asks.
    fn cut(&self, cut: Cut) -> io::Error {
        if cut == Cut::Reset {
            // A linger time of zero makes the kernel send RST. Where it is refused, it sends FIN.
            let _ = rustix::net::sockopt::set_socket_linger(&self.socket, Some(Duration::ZERO));
        }
        io::ErrorKind::ConnectionAborted.into()
    }

    /// The number of bytes that the link lets through now.
    fn poll_grant(&mut self, context: &mut Context<'_>, wanted: usize) -> Poll<usize> {
        if self.leaves_freely || wanted == 0 {
            return Poll::Ready(wanted);
        }
        if self.leaving.is_none() {
            let granted = self.link.borrow().down.piece(wanted);
            let now = self.ledger.now();
            if self.trace.begins_down() {
                self.down.pause();
            }
            let grant = self.down.grant(&mut self.link.borrow_mut().down, now, granted);
            self.trace.queued(grant.queued);
            let wait = grant.due.map(|due| self.timers.until(due));
            self.leaving = Some(Leaving { wait, granted });
        }
        let Some(leaving) = &mut self.leaving else { return Poll::Ready(wanted) };
        ready!(pass(&mut leaving.wait, context));
        Poll::Ready(leaving.granted.min(wanted))
    }

    /// Writes what stands first: bytes, or a part of a file.
    fn write(&self, slices: &[IoSlice<'_>], most: usize) -> io::Result<usize> {
        if slices.first().is_some_and(is_placeholder) {
            let length = slices[0].len().min(most);
            return self.trace.send_piece(|piece| send_file(&self.socket, piece, length));
        }
        let real = slices.iter().position(is_placeholder).unwrap_or(slices.len());
        let mut left = most;
        let mut cut: Vec<IoSlice<'_>> = Vec::with_capacity(real);
        for slice in &slices[..real] {
            let count = slice.len().min(left);
            left -= count;
            cut.push(IoSlice::new(&slice[..count]));
        }
        // A file's bytes follow at once, and may share a segment with these.
        let more = if real < slices.len() { SendFlags::MORE } else { SendFlags::empty() };
        let flags = SendFlags::NOSIGNAL | more;
        let mut nothing = SendAncillaryBuffer::default();
        Ok(sendmsg(self.socket.as_fd(), &cut, &mut nothing, flags)?)
    }
}

fn is_placeholder(slice: &IoSlice<'_>) -> bool {
    PLACEHOLDER.as_ptr_range().contains(&slice.as_ptr()) && !slice.is_empty()
}

fn send_file(socket: &TcpStream, piece: &mut Piece, most: usize) -> io::Result<usize> {
    let most = most.min(piece.length);
    let mut offset = piece.offset;
    let count = rustix::fs::sendfile(socket, &*piece.file, Some(&mut offset), most)?;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    piece.offset += count as u64;
    piece.length -= count;
    Ok(count)
}

/// Polls a timer, and drops it once it has fired.
fn pass(wait: &mut Option<Wait>, context: &mut Context<'_>) -> Poll<()> {
    if let Some(waiting) = wait {
        ready!(Pin::new(waiting).poll(context));
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
        if let Some(cut) = this.trace.cut_now() {
            return Poll::Ready(Err(this.cut(cut)));
        }
        if this.buffer.is_empty() {
            let before = out.filled().len();
            ready!(Pin::new(&mut this.socket).poll_read(context, out))?;
            this.trace.socket_read(&out.filled()[before..]);
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
            let most = this.link.borrow().up.piece(this.buffer.len());
            let mut read = ReadBuf::new(&mut this.buffer[..most]);
            ready!(Pin::new(&mut this.socket).poll_read(context, &mut read))?;
            let count = read.filled().len();
            if count == 0 {
                return Poll::Ready(Ok(()));
            }
            if this.trace.begins_up() {
                this.up.pause();
            }
            this.trace.socket_read(read.filled());
            let grant = this.up.grant(&mut this.link.borrow_mut().up, this.ledger.now(), count);
            this.trace.queued(grant.queued);
            let wait = grant.due.map(|due| this.timers.until(due));
            this.arriving = Some(Arriving { wait, from: 0, to: count });
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(cut) = this.trace.cut_now() {
            return Poll::Ready(Err(this.cut(cut)));
        }
        let wanted = slices.iter().map(|slice| slice.len()).sum();
        let most = ready!(this.poll_grant(context, wanted));
        if most == 0 {
            return Poll::Ready(Ok(0));
        }
        let count = loop {
            if this.socket.poll_write_ready(context)?.is_pending() {
                let timeout = || this.timers.wait(WRITE_TIMEOUT);
                let stuck = this.stuck.get_or_insert_with(timeout);
                ready!(Pin::new(stuck).poll(context));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            let written = this.socket.try_io(Interest::WRITABLE, || this.write(slices, most));
            match written {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => break written?,
            }
        };
        this.stuck = None;
        this.trace.socket_wrote(slices, count);
        if let Some(leaving) = &mut this.leaving {
            leaving.granted -= count;
            if leaving.granted == 0 {
                this.leaving = None;
            }
        }
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.socket).poll_flush(context))?;
        if let Some(cut) = this.trace.cut_when_flushed() {
            return Poll::Ready(Err(this.cut(cut)));
        }
        this.trace.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.trace.flushed();
        Pin::new(&mut this.socket).poll_shutdown(context)
    }
}
