//! A child's output line by line, each with the time at which it was read.
//! Owns the reading thread and its end: at the end of the stream, or when the child has ended while
//! another process still holds the stream open. It must not interpret a line.

use std::fmt;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

type Callback = dyn FnMut(Instant, &str) + Send;

/// A callback for each line of a stream, without its line ending, with the time at which it was
/// read. Invalid UTF-8 is replaced.
#[derive(Clone)]
pub struct LineListener(Arc<Mutex<Callback>>);

impl LineListener {
    /// A listener that is called on the reading thread.
    pub fn new(listen: impl FnMut(Instant, &str) + Send + 'static) -> LineListener {
        LineListener(Arc::new(Mutex::new(listen)))
    }

    /// Passes a line to it.
    pub fn receive(&self, read: Instant, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)(read, line);
    }
}

impl fmt::Debug for LineListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineListener")
    }
}

/// The thread that reads a child's stream.
#[derive(Debug)]
pub struct LineReader {
    thread: Option<JoinHandle<()>>,
    /// Closed to end the thread once nothing more can be read without waiting.
    open: Option<PipeWriter>,
}

impl LineReader {
    /// Starts to read; the child writes to the returned end.
    pub fn start(listener: LineListener) -> io::Result<(PipeWriter, LineReader)> {
        let (stream, written) = io::pipe()?;
        let (stop, open) = io::pipe()?;
        let thread = std::thread::Builder::new()
            .name("lines".to_owned())
            .spawn(move || read(stream, &stop, &listener))?;
        Ok((written, LineReader { thread: Some(thread), open: Some(open) }))
    }
}

impl Drop for LineReader {
    /// Reads what is there already, and ends.
    fn drop(&mut self) {
        self.open = None;
        if let Some(thread) = self.thread.take() {
            // It panics only where the listener does.
            let _ = thread.join();
        }
    }
}

fn read(mut stream: PipeReader, stop: &PipeReader, listener: &LineListener) {
    let mut kept = Vec::new();
    let mut part = vec![0; 1 << 16];
    let mut stopped = false;
    loop {
        match is_there(&stream, stop, &mut stopped) {
            Ok(true) => {}
            // Stopped, and nothing more is there.
            Ok(false) => break,
            Err(_) => break,
        }
        let length = match stream.read(&mut part) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        let now = Instant::now();
        kept.extend_from_slice(&part[..length]);
        let mut begin = 0;
        while let Some(end) = kept[begin..].iter().position(|byte| *byte == b'\n') {
            listener.receive(now, &String::from_utf8_lossy(&kept[begin..begin + end]));
            begin += end + 1;
        }
        kept.drain(..begin);
    }
    if !kept.is_empty() {
        listener.receive(Instant::now(), &String::from_utf8_lossy(&kept));
    }
}

/// Waits until the stream has something to read or has ended; false when it was stopped and
/// nothing is there.
fn is_there(stream: &PipeReader, stop: &PipeReader, stopped: &mut bool) -> io::Result<bool> {
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    loop {
        let stream = PollFd::new(stream, PollFlags::IN);
        let polled = match *stopped {
            true => poll(&mut [stream], Some(&at_once)).map(|ready| Some(ready > 0)),
            false => {
                let mut both = [stream, PollFd::new(stop, PollFlags::IN)];
                poll(&mut both, None).map(|_| {
                    *stopped = !both[1].revents().is_empty();
                    (!both[0].revents().is_empty()).then_some(true)
                })
            }
        };
        match polled {
            Ok(Some(ready)) => return Ok(ready),
            Ok(None) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
