//! The digest of one output: of a file its content, of an archive that of its members, of a
//! symbolic link where it leads. Owns which bytes count. It must not know who made a file.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use lukewarm_model::{Bytes, ContentDigest};
use xxhash_rust::xxh3::Xxh3;

/// Bytes that are read at once.
const PART: usize = 1 << 18;
const MAGIC: &[u8] = b"!<arch>\n";
/// Bytes of the head of an archive's member.
const HEAD: usize = 60;

/// The digest and the size of a file or a symbolic link; none for anything else.
///
/// An archive (`.rlib`, `.a`) counts by the content of its members in their order, without their
/// names, times and owners and without its index: an incremental build of rustc gives the objects
/// in it another name each time, and `ar` writes down when they were made. A linker reads the
/// content.
///
/// # Errors
/// When it cannot be read.
pub fn digest(path: &Path) -> io::Result<Option<(ContentDigest, Bytes)>> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        let aim = fs::read_link(path)?;
        let mut state = Xxh3::new();
        state.update(aim.as_os_str().as_bytes());
        return Ok(Some((ContentDigest(state.digest128()), Bytes(metadata.len()))));
    }
    if !metadata.is_file() {
        return Ok(None);
    }
    let bytes = Bytes(metadata.len());
    let archive = members(File::open(path)?)?;
    let digest = match archive {
        Some(digest) => digest,
        None => whole(File::open(path)?)?,
    };
    Ok(Some((ContentDigest(digest), bytes)))
}

/// The digest of all bytes.
fn whole(mut file: impl Read) -> io::Result<u128> {
    let mut state = Xxh3::new();
    let mut part = vec![0; PART];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(state.digest128()),
            read => state.update(&part[..read]),
        }
    }
}

/// The digest of an archive's members; none for what is no archive, or is one of a form that is
/// not known.
fn members(file: impl Read) -> io::Result<Option<u128>> {
    let mut file = io::BufReader::with_capacity(PART, file);
    let mut magic = [0; MAGIC.len()];
    if !fill(&mut file, &mut magic)? || magic != MAGIC {
        return Ok(None);
    }
    let mut state = Xxh3::new();
    let mut head = [0; HEAD];
    let mut part = vec![0; PART];
    while fill(&mut file, &mut head)? {
        let Some((name, size)) = name_and_size(&head) else { return Ok(None) };
        let is_index = matches!(name, "/" | "//" | "/SYM64/") || name.starts_with("__.SYMDEF");
        // BSD writes a long name before the content, and counts it with it.
        let before = name.strip_prefix("#1/").and_then(|it| it.parse().ok()).unwrap_or(0_u64);
        let Some(content) = size.checked_sub(before) else { return Ok(None) };
        let skipped = if is_index { size } else { before };
        if !skip(&mut file, skipped)? {
            return Ok(None);
        }
        if !is_index {
            state.update(&content.to_le_bytes());
            if !take(&mut file, content, &mut part, &mut state)? {
                return Ok(None);
            }
        }
        // Members begin at even places; the last one need not be filled up.
        skip(&mut file, size % 2)?;
    }
    Ok(Some(state.digest128()))
}

/// The name and the size in the head of an archive's member.
fn name_and_size(head: &[u8; HEAD]) -> Option<(&str, u64)> {
    let text =
        |from: usize, to: usize| std::str::from_utf8(&head[from..to]).ok().map(str::trim_end);
    if &head[58..] != b"`\n" {
        return None;
    }
    Some((text(0, 16)?, text(48, 58)?.parse().ok()?))
}

/// Fills a buffer; false where the file ends before.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads over some bytes; false where the file ends before.
fn skip(file: &mut impl Read, count: u64) -> io::Result<bool> {
    Ok(io::copy(&mut file.take(count), &mut io::sink())? == count)
}

/// Takes some bytes into a digest; false where the file ends before.
fn take(
    file: &mut impl Read,
    mut count: u64,
    part: &mut [u8],
    state: &mut Xxh3,
) -> io::Result<bool> {
    while count > 0 {
        let length = part.len().min(usize::try_from(count).unwrap_or(usize::MAX));
        if !fill(file, &mut part[..length])? {
            return Ok(false);
        }
        state.update(&part[..length]);
        count -= length as u64;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive of members, each with its name, its time and its content.
    fn archive(members: &[(&str, u32, &str)]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for (name, time, content) in members {
            let size = content.len();
            let head = format!("{name:<16}{time:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 644);
            assert_eq!(head.len(), HEAD);
            bytes.extend(head.as_bytes());
            bytes.extend(content.as_bytes());
            bytes.extend(vec![b'\n'; size % 2]);
        }
        bytes
    }

    fn digest_of(content: &[u8]) -> ContentDigest {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        let (digest, bytes) = digest(file.path()).unwrap().unwrap();
        assert_eq!(bytes, Bytes(content.len() as u64));
        digest
    }

    #[test]
    fn an_archive_counts_by_what_its_members_hold() {
        let one = archive(&[
            ("/", 1, "index"),
            ("//", 1, "a.1x.o/\n"),
            ("/0", 1, "code"),
            ("b/", 1, "odd"),
        ]);
        let renamed = archive(&[
            ("/", 2, "xedni"),
            ("//", 2, "a.2y.o/\n"),
            ("/0", 2, "code"),
            ("c/", 3, "odd"),
        ]);
        assert_eq!(digest_of(&one), digest_of(&renamed));
        for other in [
            archive(&[("/0", 1, "code"), ("b/", 1, "odf")]),
            archive(&[("/0", 1, "odd"), ("b/", 1, "code")]),
            archive(&[("/0", 1, "code")]),
            archive(&[("/0", 1, "cod"), ("b/", 1, "eodd")]),
        ] {
            assert_ne!(digest_of(&one), digest_of(&other));
        }
    }

    #[test]
    fn a_torn_archive_counts_by_its_bytes() {
        let whole = archive(&[("a/", 1, "code"), ("b/", 1, "more")]);
        let torn = &whole[..whole.len() - 2];
        let other = archive(&[("c/", 1, "code"), ("b/", 1, "more")]);
        assert_ne!(digest_of(torn), digest_of(&other[..other.len() - 2]));
        assert_eq!(digest_of(&whole), digest_of(&other));
        let mut wrong = whole.clone();
        wrong[MAGIC.len() + 58] = b'x';
        assert_ne!(digest_of(&wrong), digest_of(&whole));
    }

    #[test]
    fn a_file_counts_by_its_content_and_a_link_by_its_aim() {
        assert_eq!(digest_of(b""), digest_of(b""));
        assert_ne!(digest_of(b"one"), digest_of(b"two"));
        let long = vec![7; 3 * PART + 1];
        assert_ne!(digest_of(&long), digest_of(&long[1..]));
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink("/no/such/file", &one).unwrap();
        std::os::unix::fs::symlink("/no/other/file", &other).unwrap();
        assert_ne!(digest(&one).unwrap(), digest(&other).unwrap());
        assert_eq!(digest(folder.path()).unwrap(), None);
    }
}
