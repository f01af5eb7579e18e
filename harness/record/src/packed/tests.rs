//! Packed records: what comes back, and what is refused.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::frames::Compressed;
use super::*;
use crate::{RecordError, Writer, examples, read};

/// A results folder of two jobs with logs, two of which are equal.
fn results(place: &Path) -> PathBuf {
    let mut writer = Writer::create(place, &examples::run("one")).unwrap();
    writer.job(&examples::job("cold")).unwrap();
    writer.job(&examples::job("unchanged")).unwrap();
    writer.end(&examples::end()).unwrap();
    for (name, text) in [("0001-cold", "warm\n"), ("0002-unchanged", "warm\n"), ("0003", "cold\n")]
    {
        let folder = writer.log_folder().join("cli/none").join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("build.log"), text).unwrap();
    }
    writer.folder().to_owned()
}

/// An entry's name, kind and content.
type Entry<'a> = (&'a str, tar::EntryType, &'a [u8]);

/// A file of these entries.
fn file(place: &Path, entries: &[Entry<'_>]) -> PathBuf {
    let mut archive = tar::Builder::new(Compressed::new(Vec::new()));
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        // By hand: the library refuses to write what must be refused.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    let path = place.join("made.lukewarm.tar.zst");
    fs::write(&path, archive.into_inner().unwrap().finish().unwrap()).unwrap();
    path
}

/// The entries of a packed record.
fn entries(path: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = fs::read(path).unwrap();
    let mut archive =
        tar::Archive::new(super::frames::Decompressed::new(bytes.as_slice(), u64::MAX));
    let entry = |entry: io::Result<tar::Entry<'_, _>>| {
        let mut entry: tar::Entry<'_, super::frames::Decompressed<&[u8]>> = entry.unwrap();
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), bytes)
    };
    archive.entries().unwrap().map(entry).collect()
}

fn refused(path: &Path) -> String {
    let error = read_packed(path).unwrap_err();
    let text = lukewarm_model::ErrorChain(&error).to_string();
    assert!(text.contains("made.lukewarm.tar.zst"), "{text}");
    text
}

#[test]
fn a_packed_record_is_the_one_that_was_packed_and_equal_logs_are_there_once() {
    let place = tempfile::tempdir().unwrap();
    let folder = results(place.path());
    let target = place.path().join("sent/a.lukewarm.tar.zst");
    let bytes = pack(&folder, &target).unwrap();
    assert_eq!(fs::metadata(&target).unwrap().len(), bytes);
    let names: Vec<String> = entries(&target).into_iter().map(|it| it.0).collect();
    assert_eq!((names.len(), &names[..2]), (4, &[CONTENTS.to_owned(), "journal.jsonl".into()][..]));
    let found = read_packed(&target).unwrap();
    assert_eq!(found.record, read(&folder).unwrap());
    let other = place.path().join("other");
    found.logs.unpack(&other, "logs/one").unwrap();
    for (name, text) in [("0001-cold", "warm\n"), ("0002-unchanged", "warm\n"), ("0003", "cold\n")]
    {
        let log = other.join("logs/one/cli/none").join(name).join("build.log");
        assert_eq!(fs::read_to_string(log).unwrap(), text);
    }
    // The same again is the same file, and nothing else is left there.
    let first = fs::read(&target).unwrap();
    pack(&folder, &target).unwrap();
    assert_eq!(fs::read(&target).unwrap(), first);
    assert_eq!(fs::read_dir(target.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn half_a_file_is_refused_wherever_it_was_cut() {
    let place = tempfile::tempdir().unwrap();
    let whole = place.path().join("whole");
    pack(&results(place.path()), &whole).unwrap();
    let bytes = fs::read(&whole).unwrap();
    let path = place.path().join("made.lukewarm.tar.zst");
    for length in (0..bytes.len() - 1).step_by(97) {
        fs::write(&path, &bytes[..length]).unwrap();
        let text = refused(&path);
        let is_said = text.contains("cut off or damaged") || text.contains("has no journal");
        assert!(is_said, "{length}: {text}");
    }
    // A file of several frames may end behind one of them.
    let mut parts = entries(&whole);
    parts.pop();
    let parts: Vec<Entry<'_>> =
        parts.iter().map(|it| (it.0.as_str(), tar::EntryType::Regular, &it.1[..])).collect();
    let text = refused(&file(place.path(), &parts));
    assert!(text.contains("1 of its logs are not there"), "{text}");
    fs::write(&path, "not packed at all").unwrap();
    assert!(refused(&path).contains("cut off or damaged"));
}

#[test]
fn what_no_packed_record_has_is_refused() {
    use tar::EntryType::{Directory, Link, Regular, Symlink};
    let place = tempfile::tempdir().unwrap();
    let whole = place.path().join("whole");
    pack(&results(place.path()), &whole).unwrap();
    let parts = entries(&whole);
    let (contents, journal) = (&parts[0].1[..], &parts[1].1[..]);
    let log = (parts[2].0.as_str(), Regular, &parts[2].1[..]);
    let text = String::from_utf8(contents.to_vec()).unwrap();
    let evil = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        text.replace(from, to).into_bytes()
    };
    let head = (CONTENTS, Regular, contents);
    let body = ("journal.jsonl", Regular, journal);
    let outside = evil("cli/none/0003/build.log", "../../evil");
    let absolute = evil("cli/none/0003/build.log", "/etc/evil");
    let newer = evil("\"format\":1", "\"format\":2");
    let another = evil("\"run\":\"one\"", "\"run\":\"two\"");
    let longer = [journal, b"x"].concat();
    let cases: Vec<(&str, Vec<Entry<'_>>)> = vec![
        ("no journal", vec![head]),
        ("its entry 1 is `journal.jsonl`", vec![body, head]),
        ("`../evil` is not one that it names", vec![head, body, ("../evil", Regular, b"x")]),
        ("is not one that it names", vec![head, body, ("logs/../evil", Regular, b"x")]),
        ("is not one that it names", vec![head, body, log, log]),
        ("is no regular file", vec![head, body, ("logs/a", Symlink, b"")]),
        ("is no regular file", vec![head, body, ("logs/a", Link, b"")]),
        ("is no regular file", vec![(CONTENTS, Directory, b"")]),
        ("is no regular file", vec![("x", tar::EntryType::GNULongName, b"evil"), head]),
        ("a log's name is \"../../evil\"", vec![(CONTENTS, Regular, &outside), body]),
        ("a log's name is \"/etc/evil\"", vec![(CONTENTS, Regular, &absolute), body]),
        ("of version 2", vec![(CONTENTS, Regular, &newer), body]),
        ("`journal.jsonl` is not what was packed", vec![head, ("journal.jsonl", Regular, &longer)]),
        ("is not what was packed", vec![head, body, (log.0, Regular, b"changed")]),
        ("`lukewarm.json`: ", vec![(CONTENTS, Regular, b"{}"), body]),
    ];
    for (wanted, entries) in cases {
        let text = refused(&file(place.path(), &entries));
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let mut all = vec![(CONTENTS, Regular, &another[..]), body];
    all.extend(parts[2..].iter().map(|it| (it.0.as_str(), Regular, &it.1[..])));
    let text = refused(&file(place.path(), &all));
    assert!(text.contains("`lukewarm.json` is not what was packed"), "{text}");
}

#[test]
fn a_file_that_unpacks_without_end_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("made.lukewarm.tar.zst");
    let mut into = Compressed::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_path("x").unwrap();
    header.set_size(1 << 40);
    header.set_cksum();
    into.write_all(header.as_bytes()).unwrap();
    for _ in 0..20 {
        into.write_all(&vec![0; 4 << 20]).unwrap();
    }
    let bytes = into.finish().unwrap();
    assert!(bytes.len() < 1 << 20, "{}", bytes.len());
    fs::write(&path, bytes).unwrap();
    let text = refused(&path);
    assert!(text.contains("its first entry has 1099511627776 bytes"), "{text}");
    // Likewise where its first entry is as it should be.
    let whole = place.path().join("whole");
    pack(&results(place.path()), &whole).unwrap();
    let mut parts = entries(&whole);
    parts[1].1 = vec![b' '; 100 << 20];
    let parts: Vec<Entry<'_>> =
        parts.iter().map(|it| (it.0.as_str(), tar::EntryType::Regular, &it.1[..])).collect();
    let text = refused(&file(place.path(), &parts));
    assert!(text.contains("unpacks to far more than"), "{text}");
}

#[test]
fn a_disk_that_is_full_leaves_the_folder_as_it_was() {
    /// A disk with room for so many bytes.
    struct Disk(usize);
    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.0);
            self.0 -= count;
            match count {
                0 => Err(io::Error::from(io::ErrorKind::StorageFull)),
                count => Ok(count),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let place = tempfile::tempdir().unwrap();
    let folder = results(place.path());
    let target = Path::new("/shared/a.lukewarm.tar.zst");
    let error = pack_into(&folder, Disk(100), target).unwrap_err();
    assert_eq!(error.to_string(), "cannot write /shared/a.lukewarm.tar.zst");
    let RecordError::Write { source, .. } = &error else { panic!("{error:?}") };
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
    pack_into(&folder, Disk(1 << 20), target).unwrap();
    // A folder in the file's place cannot be replaced by one.
    let taken = place.path().join("taken");
    fs::create_dir_all(taken.join("inside")).unwrap();
    assert!(pack(&folder, &taken).is_err());
    let left: Vec<_> = fs::read_dir(place.path()).unwrap().map(|it| it.unwrap().path()).collect();
    assert!(left.iter().all(|it| !it.to_string_lossy().ends_with(".new")), "{left:?}");
}
