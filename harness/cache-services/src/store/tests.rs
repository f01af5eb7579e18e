//! The store's tests: what is visible when, what is kept, and in which order things go.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use super::state::time;
use super::*;

const DAY: Seconds = Seconds(86_400.0);

fn limits(quota: Option<u64>, expiry: Option<Seconds>) -> Limits {
    Limits { quota: quota.map(Size), expiry, ..Limits::default() }
}

fn store(quota: Option<u64>) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let limits = limits(quota, None);
    let store = Store::scratch(&folder.path().join("objects"), &limits, Clock::default());
    (folder, store.unwrap())
}

fn kept(folder: &Path) -> Store {
    let (limits, clock) = (limits(None, None), Clock::default());
    Store::open(folder, ServiceKind::WEBDAV, &limits, clock, Unreadable::Refused).unwrap()
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

fn object(store: &Store, length: usize) -> Arc<Object> {
    let mut incoming = store.receive(Some(length as u64)).unwrap();
    content(length).chunks(1000).for_each(|chunk| incoming.write(chunk).unwrap());
    incoming.finish().unwrap()
}

fn put(store: &mut Store, name: &str, length: usize) {
    let body = object(store, length);
    store.insert(name, body).unwrap();
}

fn whole(object: &Arc<Object>) -> Vec<u8> {
    let mut reader = Reader::new(Arc::clone(object), 0, u64::MAX);
    let mut bytes = Vec::new();
    while let Some(piece) = reader.next(70_000).unwrap() {
        bytes.extend(piece.read().unwrap());
    }
    bytes
}

/// Files beside the pack.
fn files(folder: &tempfile::TempDir) -> usize {
    fs::read_dir(folder.path().join("objects")).unwrap().count() - 1
}

/// Files are removed behind the service's back.
fn soon_empty(folder: &tempfile::TempDir) -> bool {
    (0..1000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        files(folder) == 0
    })
}

#[test]
fn bodies_come_back_whole_and_in_parts() {
    let (_folder, store) = store(None);
    for length in [0, 1, 4096, 4097, 262_144, 262_145, 300_000] {
        let object = object(&store, length);
        assert_eq!(object.length(), length as u64);
        assert_eq!(whole(&object), content(length));
        let middle = length / 2;
        let part = object.read(middle as u64, 10).unwrap();
        assert_eq!(part, content(length)[middle..length.min(middle + 10)]);
    }
}

#[test]
fn a_body_is_what_was_announced_or_nothing() {
    let (_folder, store) = store(None);
    let mut short = store.receive(Some(10)).unwrap();
    short.write(&[1; 9]).unwrap();
    assert!(short.finish().is_err());
    let mut long = store.receive(Some(10)).unwrap();
    assert!(long.write(&[1; 11]).is_err());
    let mut open_ended = store.receive(None).unwrap();
    open_ended.write(&content(5)).unwrap();
    assert_eq!(whole(&open_ended.finish().unwrap()), content(5));
}

#[test]
fn files_go_with_their_last_reference() {
    let (folder, mut store) = store(None);
    put(&mut store, "a", 300_000);
    let snapshot = store.snapshot();
    assert!(store.remove("a").unwrap());
    assert_eq!(files(&folder), 1);
    drop(snapshot);
    assert!(soon_empty(&folder));
    let mut broken_off = store.receive(None).unwrap();
    broken_off.write(&[0; 100_000]).unwrap();
    assert_eq!(files(&folder), 1);
    drop(broken_off);
    assert!(soon_empty(&folder));
}

#[test]
fn what_is_being_sent_is_not_written_over() {
    let (_folder, store) = store(None);
    let first = object(&store, 5000);
    let mut reader = Reader::new(Arc::clone(&first), 0, u64::MAX);
    let piece = reader.next(5000).unwrap().unwrap();
    drop((first, reader));
    let mut other = store.receive(Some(5000)).unwrap();
    other.write(&[255; 5000]).unwrap();
    let other = other.finish().unwrap();
    assert_eq!(piece.read().unwrap(), content(5000));
    drop(piece);
    assert_eq!(whole(&other), [255; 5000]);
}

#[test]
fn branches_do_not_see_each_other() {
    let (_folder, mut store) = store(None);
    put(&mut store, "a", 10);
    let base = store.snapshot();
    put(&mut store, "b", 20);
    let branch = store.snapshot();
    store.restore(base).unwrap();
    assert_eq!((store.has("a"), store.has("b")), (true, false));
    store.restore(branch).unwrap();
    assert!(store.has("b"));
    assert_eq!(store.facts().bytes, Size(30));
}

#[test]
fn the_least_recently_used_goes_first() {
    let (_folder, mut store) = store(Some(250));
    put(&mut store, "a", 100);
    put(&mut store, "b", 100);
    assert!(store.find("a").is_some());
    put(&mut store, "c", 100);
    assert_eq!((store.has("a"), store.has("b"), store.has("c")), (true, false, true));
    assert_eq!(store.facts().evicted, 1);
    put(&mut store, "larger than all", 251);
    assert_eq!((store.facts().objects, store.facts().bytes), (0, Size(0)));
}

#[test]
fn what_nobody_uses_for_seven_days_goes() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::default();
    let week = Seconds(7.0 * DAY.0);
    let limits = limits(None, Some(week));
    let mut store = Store::scratch(folder.path(), &limits, clock.clone()).unwrap();
    put(&mut store, "used", 1);
    put(&mut store, "unused", 1);
    clock.pass(Seconds(6.0 * DAY.0));
    store.sweep();
    assert!(store.find("used").is_some());
    clock.pass(DAY);
    store.sweep();
    assert_eq!((store.has("used"), store.has("unused")), (true, false));
    clock.pass(week);
    store.sweep();
    assert_eq!((store.facts().objects, store.facts().evicted), (0, 2));
}

#[test]
fn the_newest_of_a_prefix_is_found() {
    let (_folder, mut store) = store(None);
    ["key-2", "key-1", "other"].into_iter().for_each(|name| put(&mut store, name, 1));
    assert_eq!(store.newest("key-").as_deref(), Some("key-1"));
    assert_eq!(store.newest("none"), None);
}

#[test]
fn joined_parts_are_one_body() {
    let (_folder, store) = store(None);
    let joined = Arc::new(Object::join(&[object(&store, 300_000), object(&store, 7)]));
    assert_eq!(joined.length(), 300_007);
    assert_eq!(joined.read(300_000, 10).unwrap(), vec![0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(joined.read(299_999, 10).unwrap().len(), 1, "a read ends with its block");
    assert!(joined.read(300_007, 10).unwrap().is_empty());
    assert_eq!(whole(&joined), [content(300_000), content(7)].concat());
    assert_ne!(joined.etag(), object(&store, 300_007).etag());
    assert_eq!(object(&store, 7).etag(), object(&store, 7).etag());
}

#[test]
fn folders_hold_what_is_below_them() {
    let (_folder, mut store) = store(None);
    ["a", "a/b", "ab"].into_iter().for_each(|path| store.make_folder(path).unwrap());
    ["a/x", "a/b/y", "ab/z"].into_iter().for_each(|name| put(&mut store, name, 1));
    store.set_properties("a/b/y", [(("n".into(), "p".into()), "v".into())].into()).unwrap();
    let names: Vec<String> = store.below("a").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a/b", "a/b/y", "a/x"]);
    assert_eq!(store.below("").len(), 6);
    assert!(store.remove("a").unwrap() && !store.remove("a").unwrap());
    let names: Vec<String> = store.below("").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ab", "ab/z"]);
    assert!(store.properties("a/b/y").is_none() && store.is_folder(""));
}

#[test]
fn a_kept_store_is_there_again_after_a_stop_and_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    for close in [true, false] {
        let mut store = kept(folder.path());
        store.make_folder("f").unwrap();
        ["f/small", "other", "gone"].into_iter().for_each(|name| put(&mut store, name, 10));
        put(&mut store, "f/large", 400_000);
        put(&mut store, "other", 20);
        store.remove("gone").unwrap();
        store.set_properties("other", [(("n".into(), "p".into()), "v".into())].into()).unwrap();
        store.find("f/small");
        if close {
            store.close().unwrap();
        }
        drop(store);
        // What an upload leaves behind that a kill ended.
        fs::write(folder.path().join("999.body"), "left over").unwrap();
        let mut store = kept(folder.path());
        assert_eq!(store.facts().objects, 3);
        assert_eq!(whole(&store.find("f/large").unwrap().object), content(400_000));
        assert_eq!(whole(&store.find("other").unwrap().object), content(20));
        assert!(store.is_folder("f") && !store.has("gone"));
        assert_eq!(store.properties("other").unwrap().len(), 1);
        assert!(!folder.path().join("999.body").exists());
        if close {
            let mut limited = store.snapshot();
            assert_eq!(limited.change().touch("other", 0.0).unwrap().object.length(), 20);
        }
    }
}

#[test]
fn bytes_that_are_not_what_they_were_are_no_entry() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = kept(folder.path());
    put(&mut store, "large", 400_000);
    put(&mut store, "small", 10);
    drop(store);
    let large = folder.path().join("1.body");
    fs::write(&large, content(399_999)).unwrap();
    let store = kept(folder.path());
    assert_eq!((store.has("large"), store.has("small")), (false, true));
    assert!(!large.exists());
}

#[test]
fn the_order_of_use_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let open = |quota| {
        let limits = limits(Some(quota), None);
        let (kind, clock) = (ServiceKind::WEBDAV, Clock::default());
        Store::open(folder.path(), kind, &limits, clock, Unreadable::Refused).unwrap()
    };
    let mut store = open(1000);
    ["a", "b", "c"].into_iter().for_each(|name| put(&mut store, name, 100));
    store.find("a");
    store.close().unwrap();
    drop(store);
    let mut store = open(300);
    put(&mut store, "d", 100);
    assert_eq!((store.has("a"), store.has("b"), store.has("d")), (true, false, true));
}

#[test]
fn a_store_is_well_again_when_its_disk_has_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = kept(folder.path());
    ["a", "b"].into_iter().for_each(|name| put(&mut store, name, 100));
    store.set_disk_left(Some(7));
    assert!(store.make_folder("f").is_err());
    let body = object(&store, 100);
    assert!(store.insert("c", body).is_err());
    assert!(store.remove("a").unwrap(), "what makes room is done");
    store.set_disk_left(None);
    store.make_folder("f").unwrap();
    put(&mut store, "f/d", 100);
    drop(store);
    let store = kept(folder.path());
    assert_eq!(["a", "b", "c", "f/d"].map(|name| store.has(name)), [false, true, false, true]);
}

#[test]
fn what_went_unwritten_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let limits = limits(Some(250), None);
    let clock = Clock::default();
    let open = |clock: &Clock| {
        let (kind, clock) = (ServiceKind::WEBDAV, clock.clone());
        Store::open(folder.path(), kind, &limits, clock, Unreadable::Refused).unwrap()
    };
    let mut store = open(&clock);
    ["a", "b"].into_iter().for_each(|name| put(&mut store, name, 100));
    // An eviction that was carried out and could not be written down.
    store.kept.as_mut().unwrap().journal.release_reserve();
    store.set_disk_left(Some(0));
    store.evict("a");
    store.set_disk_left(None);
    put(&mut store, "c", 50);
    drop(store);
    let store = open(&clock);
    assert_eq!(["a", "b", "c"].map(|name| store.has(name)), [false, true, true]);
    assert_eq!(whole(&store.entry("c").unwrap().object), content(50));
}

#[test]
fn of_a_transaction_that_fails_nothing_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let (limits, clock) = (limits(Some(250), None), Clock::default());
        Store::open(folder.path(), ServiceKind::WEBDAV, &limits, clock, Unreadable::Refused)
    };
    let mut store = open().unwrap();
    ["a", "b"].into_iter().for_each(|name| put(&mut store, name, 100));
    // It removes one, and the other goes for the quota.
    let changes = |store: &mut Store| {
        let body = store.entry("b").unwrap().object.clone();
        store.remove("a")?;
        store.make_folder("f")?;
        store.insert("f/copy", Arc::clone(&body))?;
        store.insert("copy", body).map(drop)
    };
    let names = |store: &Store| {
        let entries = ["a", "b", "f/copy", "copy"].map(|name| store.has(name));
        (entries, store.is_folder("f"), store.facts().bytes, store.facts().evicted)
    };
    store.set_disk_left(Some(20));
    assert!(is_full(&store.transaction(changes).unwrap_err()));
    assert_eq!(names(&store), ([true, true, false, false], false, Size(200), 0));
    store.set_disk_left(None);
    let refused = |store: &mut Store| {
        changes(store)?;
        Err(io::ErrorKind::PermissionDenied.into())
    };
    let error = store.transaction(refused).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(names(&store), ([true, true, false, false], false, Size(200), 0));
    store.transaction(changes).unwrap();
    assert_eq!(names(&store), ([false, false, true, true], true, Size(200), 1));
    drop(store);
    assert_eq!(names(&open().unwrap()), ([false, false, true, true], true, Size(200), 0));
}

#[test]
fn a_time_that_is_none_is_the_earliest() {
    for seconds in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        assert_eq!(time(seconds), UNIX_EPOCH);
    }
    assert_eq!(time(1.5), UNIX_EPOCH + Duration::from_millis(1500));
}

#[test]
fn properties_of_all_resources_together_are_bounded() {
    let (_folder, mut store) = store(None);
    let sized = |length: usize| Properties::from([(("n".into(), "p".into()), "v".repeat(length))]);
    let quarter = LARGEST_PROPERTIES as usize / 4;
    for number in 0..3 {
        store.set_properties(&number.to_string(), sized(quarter)).unwrap();
    }
    store.make_folder("f").unwrap();
    store.set_properties("f/o", sized(quarter - 100)).unwrap();
    let refused = store.set_properties("x", sized(quarter)).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
    store.remove("f").unwrap();
    store.set_properties("x", sized(10)).unwrap();
    store.set_properties("x", Properties::new()).unwrap();
    assert_eq!(store.now.properties_size(), 3 * (quarter as u64 + 2));
}
