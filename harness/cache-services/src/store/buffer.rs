//! Read buffers, reused: fresh memory of this size is mapped and cleared by the kernel each time,
//! which takes longer than reading the file into it.
//! Owns the free buffers of each thread; it must not know what is read into them.

use std::cell::RefCell;
use std::io;

use bytes::Bytes;

/// Bytes of one buffer: few enough to stay in a core's second-level cache between the read and the
/// write, enough that the system calls do not count.
pub const BUFFER: usize = 128 * 1024;
/// Reads of up to so many bytes get memory of their own, as do those beyond a buffer's length: the
/// allocator has it at hand.
const SMALL: usize = 16 * 1024;
/// Free buffers that a thread keeps: those of so many connections that send at once.
const MOST_FREE: usize = 64;

thread_local! {
    static FREE: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer with the bytes in it; free again when it is dropped.
struct Filled {
    buffer: Box<[u8]>,
    length: usize,
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        // A thread that ends has none to keep.
        let _ = FREE.try_with(|free| {
            let mut free = free.borrow_mut();
            if free.len() < MOST_FREE {
                free.push(buffer);
            }
        });
    }
}

/// So many bytes that `read` writes.
///
/// # Errors
/// What `read` returns.
pub fn filled(length: usize, read: impl FnOnce(&mut [u8]) -> io::Result<()>) -> io::Result<Bytes> {
    if length <= SMALL || length > BUFFER {
        let mut bytes = vec![0; length];
        read(&mut bytes)?;
        return Ok(bytes.into());
    }
    let free = FREE.with_borrow_mut(Vec::pop);
    let mut filled = Filled { buffer: free.unwrap_or_else(|| vec![0; BUFFER].into()), length };
    read(&mut filled.buffer[..length])?;
    Ok(Bytes::from_owner(filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(byte: u8, length: usize) -> Bytes {
        let fill = |bytes: &mut [u8]| {
            bytes.fill(byte);
            Ok(())
        };
        filled(length, fill).unwrap()
    }

    #[test]
    fn a_buffer_is_used_again_when_nobody_holds_its_bytes() {
        let first = all(1, BUFFER);
        let part = first.slice(10..20);
        let place = first.as_ptr();
        drop(first);
        let second = all(2, 50_000);
        assert_eq!((&part[..], &second[..]), (&[1; 10][..], &[2; 50_000][..]));
        drop(part);
        let third = all(3, SMALL + 1);
        assert_eq!((third.as_ptr(), third.len()), (place, SMALL + 1));
        assert_eq!(&second[..], [2; 50_000]);
        assert!(third.iter().all(|byte| *byte == 3));
    }

    #[test]
    fn a_read_that_fails_gives_its_buffer_back() {
        let held = all(1, BUFFER);
        let place = held.as_ptr();
        drop(held);
        let fail = |_: &mut [u8]| Err(io::ErrorKind::UnexpectedEof.into());
        assert_eq!(filled(BUFFER, fail).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(all(2, BUFFER).as_ptr(), place);
    }
}
