//! Finds files with equal content.
//! Owns the digest and the search: only files of one size are read at all.

mod fnv;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use strata_core::{Entry, Error, Size};

pub use fnv::Fnv;

/// Files whose content is the same, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicates {
    /// The files, at least two.
    pub entries: Vec<Entry>,
}

impl Duplicates {
    /// What would be free if only one of them were kept.
    pub fn wasted(&self) -> Size {
        self.entries.iter().skip(1).map(Entry::size).sum()
    }
}

/// All sets of files with equal digests, the most wasteful first. Empty files are left out.
pub fn duplicates(folder: &Path, entries: &[Entry]) -> Result<Vec<Duplicates>, Error> {
    let mut by_size: BTreeMap<Size, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.size() > Size::default()) {
        by_size.entry(entry.size()).or_default().push(entry);
    }
    let mut found = Vec::new();
    for candidates in by_size.into_values().filter(|candidates| candidates.len() > 1) {
        found.extend(equal_ones(folder, &candidates)?);
    }
    found.sort_by_key(|set: &Duplicates| std::cmp::Reverse(set.wasted()));
    Ok(found)
}

/// The digest of a file's content. Reads it in pieces, so that large files cost no memory.
pub fn digest_of(path: &Path) -> Result<u128, Error> {
    let mut file = File::open(path).map_err(|error| Error::read(path, error))?;
    let mut digest = Fnv::default();
    let mut piece = [0; 16 * 1024];
    loop {
        match file.read(&mut piece).map_err(|error| Error::read(path, error))? {
            0 => return Ok(digest.finish()),
            length => digest.update(&piece[..length]),
        }
    }
}

fn equal_ones(folder: &Path, candidates: &[&Entry]) -> Result<Vec<Duplicates>, Error> {
    let mut by_digest: BTreeMap<u128, Vec<Entry>> = BTreeMap::new();
    for entry in candidates {
        let digest = digest_of(&folder.join(entry.path()))?;
        by_digest.entry(digest).or_default().push((*entry).clone());
    }
    let sets = by_digest.into_values().filter(|entries| entries.len() > 1);
    Ok(sets.map(|entries| Duplicates { entries }).collect())
}
