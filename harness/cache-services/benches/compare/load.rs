//! The client, the same for every server and as cheap as it can be: kept-alive connections on
//! one thread. Owns as much of HTTP/1.1 as the servers' answers need.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::servers::Server;

/// What a connection does again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Get,
    Put,
}

/// What a window of load came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moved {
    pub requests: f64,
    pub bytes: f64,
    pub seconds: f64,
    /// CPU seconds of the server.
    pub cpu: f64,
    /// The server broke connections.
    pub broken: bool,
}

/// One kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    token: String,
    /// Body bytes moved so far, shared by all of a window.
    pub moved: Rc<Cell<u64>>,
}

impl Connection {
    pub async fn open(server: &Server, moved: Rc<Cell<u64>>) -> Connection {
        let stream = TcpStream::connect(server.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Connection { stream, buffer: vec![0; 256 << 10], token: server.token.clone(), moved }
    }

    /// Gives the kernel little room, so that no connection is far ahead of the link.
    pub fn keep_short(&self) {
        set_socket_send_buffer_size(&self.stream, 64 << 10).unwrap();
    }

    /// Sends a request and reads its answer; the beginning of its body is given back.
    pub async fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
        self.try_send(method, path, kind, body).await.unwrap()
    }

    /// The same where the server may break the connection.
    pub async fn try_send(
        &mut self,
        method: &str,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> io::Result<Vec<u8>> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n{kind}\
             Content-Length: {}\r\n\r\n",
            self.stream.peer_addr().unwrap(),
            self.token,
            body.len()
        );
        if body.len() <= 64 << 10 {
            // One segment, as clients send what is small.
            self.stream.write_all(&[head.as_bytes(), body].concat()).await?;
        } else {
            self.stream.write_all(head.as_bytes()).await?;
            for piece in body.chunks(256 << 10) {
                self.stream.write_all(piece).await?;
                self.count(piece.len());
            }
        }
        self.answer(method, path).await
    }

    async fn answer(&mut self, method: &str, path: &str) -> io::Result<Vec<u8>> {
        let mut filled = 0;
        let end = loop {
            let count = self.stream.read(&mut self.buffer[filled..]).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += count;
            let found = self.buffer[..filled].windows(4).position(|it| it == b"\r\n\r\n");
            if let Some(end) = found {
                break end + 4;
            }
        };
        let head = std::str::from_utf8(&self.buffer[..end]).unwrap();
        if !head.starts_with("HTTP/1.1 2") {
            let line = head.lines().next().unwrap_or_default();
            return Err(io::Error::other(format!("{method} {path}: {line}")));
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
        });
        let length: usize = length.unwrap_or(0);
        let first = self.buffer[end..filled.min(end + 4096)].to_vec();
        let mut got = filled - end;
        self.count(got);
        while got < length {
            let count = self.stream.read(&mut self.buffer).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            got += count;
            self.count(count);
        }
        Ok(first)
    }

    fn count(&self, bytes: usize) {
        self.moved.set(self.moved.get() + bytes as u64);
    }
}

/// Runs a future on this thread.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

/// So many connections that do the same for so long. What is under way when the time is over
/// counts with its bytes.
pub fn window(server: &Server, verb: Verb, body: &Rc<Vec<u8>>, most: usize, seconds: f64) -> Moved {
    block_on(async {
        let moved = Rc::new(Cell::new(0));
        let requests = Rc::new(Cell::new(0u64));
        let broken = Rc::new(Cell::new(false));
        let mut connections = Vec::new();
        for _ in 0..most {
            connections.push(Connection::open(server, Rc::clone(&moved)).await);
        }
        let before = server.used().cpu;
        let began = Instant::now();
        let tasks: Vec<_> = connections
            .into_iter()
            .enumerate()
            .map(|(number, mut connection)| {
                let (body, requests) = (Rc::clone(body), Rc::clone(&requests));
                let broken = Rc::clone(&broken);
                tokio::task::spawn_local(async move {
                    let name = format!("/{}", body.len());
                    for round in 0.. {
                        let told = match verb {
                            Verb::Get => connection.try_send("GET", &name, "", b"").await,
                            Verb::Put => {
                                let name = format!("{name}-{number}-{}", round % 4);
                                connection.try_send("PUT", &name, "", &body).await
                            }
                        };
                        // An upload that the last window cut off may still be locked (rclone).
                        if let Err(error) = told {
                            if !broken.replace(true) {
                                eprintln!("{verb:?} {name}: {error}");
                            }
                            return;
                        }
                        requests.set(requests.get() + 1);
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        let (seconds, cpu) = (began.elapsed().as_secs_f64(), server.used().cpu - before);
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        for task in tasks {
            // It was aborted, or else it says what went wrong.
            if let Err(error) = task.await
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
        let requests = requests.get() as f64;
        let whole = requests * body.len() as f64;
        let bytes = if body.len() <= 64 << 10 { whole } else { moved.get() as f64 };
        if broken.get() {
            eprintln!("{} broke connections", server.name);
        }
        Moved { requests, bytes, seconds, cpu, broken: broken.get() }
    })
}
