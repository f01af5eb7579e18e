//! The content of a store at one moment: a value, cheap to copy. Owns names and the LRU order; it
//! must not touch a disk, except to verify a journal.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::files::Files;
use super::line::{BlobLocation, Line, PartLine, Properties, Replay, end_in_pack};
use super::object::Object;

/// An entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its bytes.
    pub object: Arc<Object>,
    /// A number that grows with each entry created.
    pub made: u64,
    /// When it was created.
    pub modified: SystemTime,
    /// When it was created, and last used, in seconds since 1970.
    modified_seconds: f64,
    used_seconds: f64,
    /// Its position in the LRU order.
    used: u64,
}

impl Entry {
    /// When it was last used.
    pub fn last_used(&self) -> SystemTime {
        time(self.used_seconds)
    }
}

/// An immutable copy of a store's content. Copies share everything until one is changed.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    state: Arc<StoreState>,
}

/// The content, mutable.
#[derive(Clone, Debug, Default)]
pub struct StoreState {
    entries: BTreeMap<Arc<str>, Entry>,
    /// Names in LRU order.
    order: BTreeMap<u64, Arc<str>>,
    folders: BTreeSet<Arc<str>>,
    properties: BTreeMap<Arc<str>, Properties>,
    /// The size of all properties, in bytes.
    properties_size: u64,
    bytes: u64,
    /// A counter of uses.
    uses: u64,
}

impl Snapshot {
    /// The state, mutable: copied now if another snapshot shares it.
    pub fn change(&mut self) -> &mut StoreState {
        Arc::make_mut(&mut self.state)
    }

    /// The number of entries.
    pub fn count(&self) -> usize {
        self.state.entries.len()
    }

    /// The size of all entries, in bytes.
    pub fn bytes(&self) -> u64 {
        self.state.bytes
    }

    /// The size of all properties, in bytes.
    pub fn properties_size(&self) -> u64 {
        self.state.properties_size
    }

    /// The entry of a name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.state.entries.get(name)
    }

    /// The least recently used entry, and when it was last used, in seconds since 1970.
    pub fn oldest(&self) -> Option<(&str, f64)> {
        let (_, name) = self.state.order.first_key_value()?;
        Some((name, self.state.entries.get(name)?.used_seconds))
    }

    /// The name of the newest entry whose name begins like this.
    pub fn newest(&self, prefix: &str) -> Option<String> {
        from(&self.state.entries, prefix)
            .max_by_key(|(_, entry)| entry.made)
            .map(|(name, _)| name.to_string())
    }

    /// Whether a folder of that path exists; the root always does.
    pub fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.state.folders.contains(path)
    }

    /// Everything below a folder, ordered by name; a folder has no entry.
    pub fn below(&self, folder: &str) -> Vec<(String, Option<Entry>)> {
        let prefix = below(folder);
        let entries = from(&self.state.entries, &prefix);
        let entries = entries.map(|(name, entry)| (name.to_string(), Some(entry.clone())));
        let folders = folders_from(&self.state.folders, &prefix);
        let folders = folders.map(|name| (name.to_string(), None));
        let mut all: Vec<_> = entries.chain(folders).collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    }

    /// The properties of a resource.
    pub fn properties(&self, name: &str) -> Option<&Properties> {
        self.state.properties.get(name)
    }

    /// The journal lines that recreate this state, in the order in which the entries were created.
    pub fn lines(&self) -> Vec<Line> {
        let state = &self.state;
        let folder = |name: &Arc<str>| Line::Folder { name: name.to_string() };
        let put = |name: &Arc<str>| {
            let entry = &state.entries[name];
            Line::Put {
                name: name.to_string(),
                parts: entry.object.lines(),
                modified: entry.modified_seconds,
                used: entry.used_seconds,
            }
        };
        // The newest of a prefix must stay the newest.
        let mut names: Vec<&Arc<str>> = state.entries.keys().collect();
        names.sort_by_key(|name| state.entries[*name].made);
        let properties = state.properties.iter().map(|(name, all)| Line::properties(name, all));
        let folders = state.folders.iter().map(folder);
        folders.chain(names.into_iter().map(put)).chain(properties).collect()
    }
}

impl StoreState {
    /// Creates or replaces an entry; returns its number.
    pub fn put(&mut self, name: &str, object: Arc<Object>, modified: f64, used: f64) -> u64 {
        self.remove_entry(name);
        self.uses += 1;
        self.bytes = self.bytes.saturating_add(object.length());
        let name: Arc<str> = name.into();
        let entry = Entry {
            object,
            made: self.uses,
            modified: time(modified),
            modified_seconds: modified,
            used_seconds: used,
            used: self.uses,
        };
        self.order.insert(self.uses, Arc::clone(&name));
        self.entries.insert(name, entry);
        self.uses
    }

    /// Counts a use of an entry.
    pub fn touch(&mut self, name: &str, now: f64) -> Option<Entry> {
        let entry = self.entries.get_mut(name)?;
        self.uses += 1;
        if let Some(name) = self.order.remove(&entry.used) {
            self.order.insert(self.uses, name);
        }
        (entry.used, entry.used_seconds) = (self.uses, now);
        Some(entry.clone())
    }

    /// Creates a folder.
    pub fn make_folder(&mut self, path: &str) {
        self.folders.insert(path.into());
    }

    /// Removes an entry, or a folder with all below it.
    pub fn remove(&mut self, name: &str) {
        self.remove_properties(name);
        self.remove_entry(name);
        if !self.folders.remove(name) {
            return;
        }
        let prefix = below(name);
        for entry in names(&self.entries, &prefix) {
            self.remove_entry(&entry);
        }
        let folders: Vec<Arc<str>> = folders_from(&self.folders, &prefix).cloned().collect();
        for folder in folders {
            self.folders.remove(&folder);
        }
        for resource in names(&self.properties, &prefix) {
            self.remove_properties(&resource);
        }
    }

    fn remove_properties(&mut self, name: &str) {
        if let Some(properties) = self.properties.remove(name) {
            self.properties_size -= properties_size(&properties);
        }
    }

    fn remove_entry(&mut self, name: &str) {
        if let Some(entry) = self.entries.remove(name) {
            self.order.remove(&entry.used);
            self.bytes = self.bytes.saturating_sub(entry.object.length());
        }
    }

    /// Replaces the properties of a resource.
    pub fn set_properties(&mut self, name: &str, properties: Properties) {
        self.remove_properties(name);
        if !properties.is_empty() {
            self.properties_size += properties_size(&properties);
            self.properties.insert(name.into(), properties);
        }
    }
}

/// The system time of seconds since 1970.
pub fn time(seconds: f64) -> SystemTime {
    // An invalid time counts as the earliest.
    let since = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH)
}

/// The size of properties, in bytes.
pub fn properties_size(properties: &Properties) -> u64 {
    let each = |((space, name), text): (&(Arc<str>, String), &String)| {
        space.len() as u64 + name.len() as u64 + text.len() as u64
    };
    properties.iter().map(each).sum()
}

/// The prefix of every path below a folder.
fn below(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// The items whose names have a prefix.
fn from<'m, V>(
    map: &'m BTreeMap<Arc<str>, V>,
    prefix: &'m str,
) -> impl Iterator<Item = (&'m Arc<str>, &'m V)> {
    let start = (Bound::Included(prefix), Bound::Unbounded);
    map.range::<str, _>(start).take_while(move |(name, _)| name.starts_with(prefix))
}

/// The folders whose paths have a prefix.
fn folders_from<'s>(
    folders: &'s BTreeSet<Arc<str>>,
    prefix: &'s str,
) -> impl Iterator<Item = &'s Arc<str>> {
    let start = (Bound::Included(prefix), Bound::Unbounded);
    folders.range::<str, _>(start).take_while(move |name| name.starts_with(prefix))
}

fn names<V>(map: &BTreeMap<Arc<str>, V>, prefix: &str) -> Vec<Arc<str>> {
    from(map, prefix).map(|(name, _)| Arc::clone(name)).collect()
}

/// Replays a journal at a time in seconds since 1970. The bytes of entries written after the last
/// close may not have reached the disk: they are verified.
///
/// # Errors
/// When the folder cannot be read.
pub fn replay(replay: Replay, files: &Arc<Files>, now: f64) -> io::Result<Snapshot> {
    let mut objects = objects(&replay, files)?;
    let mut state = StoreState::default();
    let mut uses: Vec<(f64, Arc<str>)> = Vec::new();
    for (number, line) in replay.lines.into_iter().enumerate() {
        match line {
            Line::Put { name, modified, used, .. } => {
                state.remove_entry(&name);
                if let Some(object) = objects.remove(&number) {
                    // A clock that was wrong then must not keep it forever.
                    let used = used.min(now);
                    state.put(&name, Arc::new(object), modified, used);
                    uses.push((used, name.into()));
                }
            }
            Line::Folder { name } => state.make_folder(&name),
            Line::Remove { name } => state.remove(&name),
            Line::Properties { name, properties } => {
                let all = properties
                    .into_iter()
                    .map(|(space, name, value)| ((Arc::from(space), name), value));
                state.set_properties(&name, all.collect());
            }
            Line::Format { .. } | Line::Together(_) | Line::Closed | Line::Opened => {}
        }
    }
    uses.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    for (used, name) in uses {
        state.touch(&name, used);
    }
    Ok(Snapshot { state: Arc::new(state) })
}

/// The intact bodies, by the number of their journal line. No two of them share bytes unless they
/// are copies: if a full disk kept a removal from being written, another body may be stored in its
/// place.
fn objects(replay: &Replay, files: &Arc<Files>) -> io::Result<BTreeMap<usize, Object>> {
    let mut sound: Vec<(usize, &[PartLine])> = Vec::new();
    let mut taken = Taken::default();
    for number in last_puts(&replay.lines).into_values() {
        let Line::Put { parts, .. } = &replay.lines[number] else { continue };
        let mut is_sound = true;
        for part in parts {
            if let BlobLocation::File(file) = part.place {
                files.rename_old(file)?;
            }
            is_sound &= match number >= replay.closed {
                true => files.hash(part.place, part.length).is_ok_and(|found| found == part.hash),
                false => files.has(part.place, part.length),
            };
        }
        if is_sound && parts.iter().all(|part| taken.take(part)) {
            sound.push((number, parts));
        }
    }
    let wanted = sound.iter().flat_map(|(_, parts)| *parts);
    let wanted: Vec<_> = wanted.map(|part| (part.place, part.length)).collect();
    let mut adopted = files.adopt(&wanted)?.into_iter();
    let object = |(number, lines): (usize, &[PartLine])| {
        let hashes = lines.iter().map(|line| line.hash);
        (number, Object::new(adopted.by_ref().take(lines.len()).zip(hashes).collect()))
    };
    Ok(sound.into_iter().map(object).collect())
}

/// The locations of intact parts.
#[derive(Default)]
struct Taken {
    /// In the pack: length and end by offset.
    packed: BTreeMap<u64, (u64, u64)>,
    /// Lengths by file number.
    files: BTreeMap<u64, u64>,
}

impl Taken {
    /// Claims a part's location; false where it overlaps another part that it is not a copy of.
    fn take(&mut self, part: &PartLine) -> bool {
        let start = match part.place {
            BlobLocation::File(number) => {
                return *self.files.entry(number).or_insert(part.length) == part.length;
            }
            BlobLocation::Pack(start) => start,
        };
        let Some(end) = end_in_pack(start, part.length) else { return false };
        if self.packed.get(&start) == Some(&(part.length, end)) {
            return true;
        }
        let before = self.packed.range(..end).next_back();
        let is_free = before.is_none_or(|(_, (_, other_end))| *other_end <= start);
        if is_free {
            self.packed.insert(start, (part.length, end));
        }
        is_free
    }
}

/// The number of the line that created each remaining entry, by name.
fn last_puts(lines: &[Line]) -> BTreeMap<&str, usize> {
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    for (number, line) in lines.iter().enumerate() {
        match line {
            Line::Put { name, .. } => drop(last.insert(name, number)),
            Line::Folder { name } => drop(folders.insert(name)),
            Line::Remove { name } => {
                last.remove(name.as_str());
                if folders.remove(name.as_str()) {
                    let prefix = below(name);
                    last.retain(|name, _| !name.starts_with(&prefix));
                    folders.retain(|name| !name.starts_with(&prefix));
                }
            }
            _ => {}
        }
    }
    last
}
