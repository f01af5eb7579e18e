//! Moving an archive's bytes the way the cache client does: downloads in ranges of 4 MiB, 8 at
//! once, in segments of 128 MiB; uploads in one piece up to 128 MiB, else in blocks of 64 MiB,
//! 8 at once (`@actions/cache` 6.3, `downloadUtils` and `saveCacheV2`). With service v2 it takes
//! Azure's SDK, and with it the segments, whatever the options say (`restoreCacheV2`); the other
//! parallel download, of 10 ranges without segments, is service v1's. The cache services' tests of
//! clients hold the real one to that.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use lukewarm_model::Bytes;
use ureq::SendBody;

use super::client::{Client, ClientError, DOWNLOADS, refusal};
use crate::process::Processes;

const RANGE: u64 = 4 << 20;
const SEGMENT: u64 = 128 << 20;
const UPLOADS: usize = 8;
const BLOCK: u64 = 64 << 20;
const SINGLE_UPLOAD: u64 = 128 << 20;

/// Downloads an entry into a file and gives its size.
pub fn download(client: &Client, url: &str, file: &Path) -> Result<Bytes, ClientError> {
    let size = size(client, url)?;
    let out = File::create(file)?;
    out.set_len(size)?;
    for segment in (0..size).step_by(SEGMENT as usize) {
        let ranges: Vec<(u64, u64)> = pieces(segment, size.min(segment + SEGMENT), RANGE);
        in_parallel(DOWNLOADS, &ranges, |_, (start, end)| fetch(client, url, &out, *start, *end))?;
    }
    Ok(Bytes(size))
}

/// Uploads a file to a reserved entry.
pub fn upload(client: &Client, url: &str, file: &Path, size: u64) -> Result<(), ClientError> {
    let source = File::open(file)?;
    if size <= SINGLE_UPLOAD {
        return put(client, url, &source, (0, size));
    }
    let blocks = pieces(0, size, BLOCK);
    in_parallel(UPLOADS, &blocks, |index, range| {
        put(client, &format!("{url}&comp=block&blockid={}", block_id(index)), &source, *range)
    })?;
    let list: String =
        (0..blocks.len()).map(|index| format!("<Latest>{}</Latest>", block_id(index))).collect();
    let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{list}</BlockList>");
    let what = "Put Block List";
    let list_url = format!("{url}&comp=blocklist");
    let response = client.retry(what, || client.agent.put(&list_url).send(body.as_str()))?;
    created(what, &response)
}

/// Block ids have equal lengths before they are encoded, as the protocol wants.
fn block_id(index: usize) -> String {
    URL_SAFE.encode(format!("{index:06}"))
}

fn size(client: &Client, url: &str) -> Result<u64, ClientError> {
    let what = "Get Blob Properties";
    let response = client.retry(what, || client.agent.head(url).call())?;
    if response.status().as_u16() != 200 {
        return Err(refusal(what, &response));
    }
    let length =
        response.headers().get("Content-Length").and_then(|v| v.to_str().ok()?.parse().ok());
    let why = "no Content-Length".to_owned();
    length.ok_or(ClientError::Answer { what: what.to_owned(), why })
}

/// Reads one range into its place in the file.
fn fetch(client: &Client, url: &str, out: &File, start: u64, end: u64) -> Result<(), ClientError> {
    let what = "Get Blob";
    let range = format!("bytes={start}-{}", end - 1);
    let response = client.retry(what, || client.agent.get(url).header("Range", &range).call())?;
    if response.status().as_u16() != 206 {
        return Err(refusal(what, &response));
    }
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 17];
    let mut place = start;
    loop {
        stop_when_cancelled(&client.processes)?;
        let count = body.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        out.write_all_at(&buffer[..count], place)?;
        place += count as u64;
    }
    if place != end {
        let why = format!("{} bytes of {} came", place - start, end - start);
        return Err(ClientError::Answer { what: what.to_owned(), why });
    }
    Ok(())
}

/// Sends one range of a file.
fn put(client: &Client, url: &str, file: &File, range: (u64, u64)) -> Result<(), ClientError> {
    let what = "Put Blob";
    let length = (range.1 - range.0).to_string();
    let response = client.retry(what, || {
        let mut part =
            FilePart { file, place: range.0, end: range.1, processes: &client.processes };
        client
            .agent
            .put(url)
            .header("x-ms-blob-type", "BlockBlob")
            .header("Content-Length", &length)
            .send(SendBody::from_reader(&mut part))
    })?;
    created(what, &response)
}

fn created<T>(what: &str, response: &ureq::http::Response<T>) -> Result<(), ClientError> {
    match response.status().as_u16() {
        201 => Ok(()),
        _ => Err(refusal(what, response)),
    }
}

/// A range of a file, read without moving the file's own place, which others share.
struct FilePart<'a> {
    file: &'a File,
    place: u64,
    end: u64,
    processes: &'a Processes,
}

impl Read for FilePart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        stop_when_cancelled(self.processes)?;
        let wanted = buffer.len().min((self.end - self.place) as usize);
        let count = self.file.read_at(&mut buffer[..wanted], self.place)?;
        self.place += count as u64;
        Ok(count)
    }
}

fn stop_when_cancelled(processes: &Processes) -> io::Result<()> {
    match processes.is_cancelled() {
        true => Err(io::Error::other("the run was cancelled")),
        false => Ok(()),
    }
}

/// Cuts `start..end` into pieces of at most `length`.
fn pieces(start: u64, end: u64, length: u64) -> Vec<(u64, u64)> {
    (start..end).step_by(length as usize).map(|from| (from, end.min(from + length))).collect()
}

/// Does something for every item, so many at once; the first error ends it.
fn in_parallel<T: Sync>(
    workers: usize,
    items: &[T],
    work: impl Fn(usize, &T) -> Result<(), ClientError> + Sync,
) -> Result<(), ClientError> {
    let next = AtomicU64::new(0);
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..workers.min(items.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst) as usize;
                    let Some(item) = items.get(index) else { break };
                    if let Err(error) = work(index, item) {
                        next.store(items.len() as u64, Ordering::SeqCst);
                        let mut slot = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        slot.get_or_insert(error);
                    }
                }
            });
        }
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_everything_once() {
        assert_eq!(pieces(0, 10, 4), [(0, 4), (4, 8), (8, 10)]);
        assert_eq!(pieces(0, 8, 4), [(0, 4), (4, 8)]);
        assert!(pieces(0, 0, 4).is_empty());
    }

    #[test]
    fn block_ids_are_base64_of_equal_length() {
        assert_eq!(block_id(0), "MDAwMDAw");
        assert_eq!(block_id(123_456), "MTIzNDU2");
    }

    #[test]
    fn the_first_error_ends_parallel_work() {
        let done = AtomicU64::new(0);
        let items: Vec<usize> = (0..1000).collect();
        let result = in_parallel(2, &items, |index, _| {
            done.fetch_add(1, Ordering::SeqCst);
            let why = "stop".to_owned();
            let error = ClientError::Answer { what: "work".to_owned(), why };
            if index == 3 { Err(error) } else { Ok(()) }
        });
        assert_eq!(result.unwrap_err().to_string(), "work: stop");
        assert!(done.into_inner() < 1000);
    }
}
