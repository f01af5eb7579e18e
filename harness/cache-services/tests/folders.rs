//! A kept store's folder: nothing of others is written, replaced or removed there, and what a store
//! cannot read it names.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::error::Error;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use common::{Client, content};
use lukewarm_cache_services::{ListenConfig, Service, Storage};
use lukewarm_model::{ServiceKind, ServiceSettings};

const TOKEN: &str = "mine";

fn listen(storage: Storage) -> Result<Service, String> {
    let place = ListenConfig {
        token: Some(TOKEN.to_owned()),
        storage,
        ..ListenConfig::scratch(Path::new("unused"))
    };
    let settings = ServiceSettings::new(ServiceKind::WEBDAV);
    Service::listen(&settings, &place).map_err(|error| {
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        format!("{error}: {source}")
    })
}

fn kept(folder: &Path) -> Result<Service, String> {
    listen(Storage::Kept(folder.to_owned()))
}

fn client(service: &Service) -> Client {
    Client::to(service.url().strip_prefix("http://").unwrap(), TOKEN)
}

/// What a folder holds, by name: contents of files, targets of links.
fn everything(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut all: Vec<_> = entries
        .map(|entry| {
            let content = match fs::read_link(entry.path()) {
                Ok(target) => target.into_os_string().into_encoded_bytes(),
                Err(_) => fs::read(entry.path()).unwrap_or_default(),
            };
            (entry.file_name().into_string().unwrap(), content)
        })
        .collect();
    all.sort();
    all
}

/// A store with two entries, one of them in a file of its own, as a stop leaves it.
fn stored(folder: &Path) {
    let service = kept(folder).unwrap();
    let mut client = client(&service);
    assert_eq!(client.send("PUT", "/small", b"small").status, 201);
    assert_eq!(client.send("PUT", "/large", &content(400_000)).status, 201);
    service.close().unwrap();
}

#[test]
fn a_folder_with_anything_of_others_in_it_is_left_as_it_is() {
    for name in ["lock", "pack", "journal.new", "2024", "thesis.txt", "journal.jsonl", "1.body"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), "precious\n").unwrap();
        let before = everything(folder.path());
        let told = kept(folder.path()).unwrap_err();
        assert!(told.contains(name), "{told}");
        assert_eq!(everything(folder.path()), before);
    }
}

#[test]
fn files_of_others_stay_in_a_store_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    stored(folder.path());
    fs::write(folder.path().join("2024"), "precious").unwrap();
    let service = kept(folder.path()).unwrap();
    assert_eq!(client(&service).send("GET", "/large", b"").body, content(400_000));
    service.close().unwrap();
    assert_eq!(fs::read(folder.path().join("2024")).unwrap(), b"precious");
}

#[test]
fn links_are_not_followed_out_of_a_store() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("precious");
    for name in ["pack", "journal.new", "lock", "reserve", "lukewarm-store"] {
        let folder = tempfile::tempdir().unwrap();
        stored(folder.path());
        fs::write(&target, "precious").unwrap();
        let _ = fs::remove_file(folder.path().join(name));
        symlink(&target, folder.path().join(name)).unwrap();
        if let Ok(service) = kept(folder.path()) {
            client(&service).send("PUT", "/more", b"more");
            let _ = service.close();
        }
        assert!(fs::read(&target).unwrap() == b"precious", "{name}");
    }
}

#[test]
fn a_store_is_its_owners_alone() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("made/by us");
    stored(&folder);
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for file in fs::read_dir(&folder).unwrap().flatten() {
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
    let open = place.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, PermissionsExt::from_mode(0o777)).unwrap();
    let told = kept(&open).unwrap_err();
    assert!(told.contains("everybody"), "{told}");
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
}

#[test]
fn what_no_journal_can_say_is_named_with_its_line() {
    let put = |modified: &str, place: &str, length: &str| {
        format!(
            "{{\"put\":{{\"name\":\"x\",\"parts\":[{{{place},\"length\":{length},\
             \"hash\":\"00000000000000000000000000000000\"}}],\"modified\":{modified},\
             \"used\":1.0}}}}\n"
        )
    };
    for line in [
        put("1e300", "\"pack\":0", "1"),
        put("-1.0", "\"pack\":0", "1"),
        put("1.0", "\"pack\":18446744073709551615", "1"),
        put("1.0", "\"pack\":4096", "18446744073709551615"),
        put("1.0", "\"file\":18446744073709551615", "1"),
        "\0\0\0\0\0\0\n".to_owned(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        stored(folder.path());
        let journal = folder.path().join("journal.jsonl");
        let text = fs::read_to_string(&journal).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        fs::write(&journal, format!("{first}\n{line}{rest}")).unwrap();
        let told = kept(folder.path()).unwrap_err();
        assert!(told.contains("journal.jsonl:2:") && told.contains("--repair"), "{told}");
    }
}

#[test]
fn a_place_in_the_pack_is_one_entrys() {
    let folder = tempfile::tempdir().unwrap();
    let service = kept(folder.path()).unwrap();
    let mut it = client(&service);
    it.send("PUT", "/a", &content(10_000));
    drop((it, service));
    // What a disk left that was full when `/gone` went: its place was used again.
    let journal = folder.path().join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let line = text.lines().last().unwrap();
    let gone = line.replace("\"a\"", "\"gone\"").replace("\"length\":10000", "\"length\":5000");
    assert_ne!(gone, line);
    let rest = text.strip_suffix(&format!("{line}\n")).unwrap();
    fs::write(&journal, format!("{rest}{gone}\n{line}\n")).unwrap();
    let service = kept(folder.path()).unwrap();
    let mut it = client(&service);
    assert_eq!(it.send("GET", "/gone", b"").status, 404);
    assert_eq!(it.send("GET", "/a", b"").body, content(10_000));
    it.send("PUT", "/b", &[7; 10_000]);
    assert_eq!(it.send("GET", "/a", b"").body, content(10_000), "nothing was put over it");
}

#[test]
fn a_store_of_an_earlier_version_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    stored(folder.path());
    // As ffb347b left it: no marker, no reserve, and a number for a name.
    let at = |name: &str| folder.path().join(name);
    ["lukewarm-store", "reserve"].iter().for_each(|name| fs::remove_file(at(name)).unwrap());
    fs::rename(at("1.body"), at("1")).unwrap();
    let text = fs::read_to_string(at("journal.jsonl")).unwrap();
    fs::write(at("journal.jsonl"), text.replacen("\"version\":2", "\"version\":1", 1)).unwrap();
    fs::write(at("2024"), "precious").unwrap();
    let service = kept(folder.path()).unwrap();
    let mut client = client(&service);
    assert_eq!(client.send("GET", "/small", b"").body, b"small");
    assert!(client.send("GET", "/large", b"").body == content(400_000));
    assert!(at("1.body").exists() && !at("1").exists() && at("lukewarm-store").exists());
    assert_eq!(fs::read(at("2024")).unwrap(), b"precious");
}
