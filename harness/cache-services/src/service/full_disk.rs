//! What clients are told when the disk of a kept store is full, and that they can go on when it
//! has room again. Owns a client of a request a connection; a real full disk it needs not.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::*;

const CALLS: &str = "/twirp/github.actions.results.api.v1.CacheService/";

/// A service on a store whose disk can be filled.
struct Filling {
    service: Service,
    _folder: tempfile::TempDir,
}

impl Filling {
    fn start(kind: ServiceKind) -> Filling {
        let folder = tempfile::tempdir().unwrap();
        let settings = ServiceSettings { with_v1: true, ..ServiceSettings::new(kind) };
        let storage = Storage::Kept(folder.path().join("store"));
        let service = Service::listen(&settings, &ListenConfig::stored(storage)).unwrap();
        Filling { service, _folder: folder }
    }

    /// Lets so many bytes fit on its disk; none is as many as do.
    fn set_disk_left(&self, left: Option<u64>) {
        self.service.state.store().set_disk_left(left);
    }

    /// Sends a request, and gives its answer's status and what follows the head.
    fn send(&self, method: &str, path: &str, more: &str, body: &str) -> (u16, String) {
        let address = self.service.url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let (token, length) = (self.service.token(), body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Connection: close\r\nContent-Length: {length}\r\n{more}\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Calls Twirp with a key, a version and perhaps a size, and gives the answer.
    fn call(&self, method: &str, key: &str, size: &str) -> (u16, Value) {
        let body = format!(r#"{{"key":"{key}","version":"v","size_bytes":"{size}"}}"#);
        let json = "Content-Type: application/json\r\n";
        let (status, answer) = self.send("POST", &format!("{CALLS}{method}"), json, &body);
        (status, serde_json::from_str(&answer).unwrap())
    }
}

/// The path of a URL that a service signed.
fn path(url: &Value) -> String {
    let url = url.as_str().unwrap().strip_prefix("http://").unwrap();
    format!("/{}", url.split_once('/').unwrap().1)
}

#[test]
fn a_copy_or_move_that_a_full_disk_does_not_take_is_507_and_changes_nothing() {
    let webdav = Filling::start(ServiceKind::WEBDAV);
    let status = |method: &str, path: &str| webdav.send(method, path, "", "").0;
    assert_eq!(webdav.send("MKCOL", "/f", "", "").0, 201);
    assert_eq!(webdav.send("PUT", "/f/o", "", "content").0, 201);
    assert_eq!(webdav.send("PUT", "/there", "", "before").0, 201);
    let transfer = |method: &str, from: &str, to: &str| {
        let address = webdav.service.url();
        webdav.send(method, from, &format!("Destination: {address}{to}\r\n"), "").0
    };
    webdav.set_disk_left(Some(0));
    for method in ["COPY", "MOVE"] {
        assert_eq!(transfer(method, "/f", "/g"), 507, "{method}");
        assert_eq!(transfer(method, "/f/o", "/there"), 507, "{method}");
        assert_eq!(webdav.send("GET", "/f/o", "", "").1, "content", "{method}");
        assert_eq!(webdav.send("GET", "/there", "", "").1, "before", "{method}");
        assert_eq!(status("GET", "/g/o"), 404, "{method}");
    }
    webdav.set_disk_left(None);
    assert_eq!(transfer("COPY", "/f", "/g"), 201);
    assert_eq!(transfer("MOVE", "/f/o", "/there"), 204);
    assert_eq!((status("GET", "/f/o"), status("GET", "/g/o")), (404, 200));
    assert_eq!(webdav.send("GET", "/there", "", "").1, "content");
}

#[test]
fn a_lock_outlives_a_move_that_fails() {
    let webdav = Filling::start(ServiceKind::WEBDAV);
    assert_eq!(webdav.send("PUT", "/o", "", "content").0, 201);
    let info = "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope><D:locktype>\
                <D:write/></D:locktype></D:lockinfo>";
    let (status, answer) = webdav.send("LOCK", "/o", "", info);
    assert_eq!(status, 200);
    let token = answer.split("urn:uuid:").nth(1).unwrap().split('<').next().unwrap();
    let shown = format!("Destination: {}/p\r\nIf: (<urn:uuid:{token}>)\r\n", webdav.service.url());
    webdav.set_disk_left(Some(0));
    assert_eq!(webdav.send("MOVE", "/o", &shown, "").0, 507);
    webdav.set_disk_left(None);
    assert_eq!(webdav.send("PUT", "/o", "", "other").0, 423);
    assert_eq!(webdav.send("MOVE", "/o", &shown, "").0, 201);
    assert_eq!(webdav.send("PUT", "/o", "", "other").0, 201);
}

#[test]
fn an_entry_that_a_full_disk_does_not_take_is_an_error_that_clients_know() {
    let github = Filling::start(ServiceKind::GITHUB_ACTIONS);
    let (status, made) = github.call("CreateCacheEntry", "key", "0");
    assert_eq!(status, 200);
    assert_eq!(github.send("PUT", &path(&made["signed_upload_url"]), "", "content").0, 201);
    github.set_disk_left(Some(0));
    let (status, told) = github.call("FinalizeCacheEntryUpload", "key", "7");
    assert_eq!((status, told["code"].as_str()), (429, Some("resource_exhausted")));
    // `@actions/cache` (`UsageError.isUsageErrorMessage`) looks for these words.
    assert!(told["msg"].as_str().unwrap().contains("insufficient usage"), "{told}");
    assert_eq!(github.call("GetCacheEntryDownloadURL", "key", "0").1["ok"], false);
    github.set_disk_left(None);
    let (status, told) = github.call("FinalizeCacheEntryUpload", "key", "7");
    assert_eq!((status, &told["ok"]), (200, &Value::Bool(true)));
    assert_eq!(github.call("GetCacheEntryDownloadURL", "key", "0").1["ok"], true);
}

#[test]
fn so_is_one_of_service_v1() {
    let github = Filling::start(ServiceKind::GITHUB_ACTIONS);
    let (v1, json) = ("/_apis/artifactcache/caches", "Content-Type: application/json\r\n");
    let (status, made) = github.send("POST", v1, json, r#"{"key":"key","version":"v"}"#);
    assert_eq!(status, 201);
    let made: Value = serde_json::from_str(&made).unwrap();
    let upload = format!("{v1}/{}", made["cacheId"]);
    let range = "Content-Range: bytes 0-6/*\r\n";
    assert_eq!(github.send("PATCH", &upload, range, "content").0, 204);
    github.set_disk_left(Some(0));
    let (status, told) = github.send("POST", &upload, json, r#"{"size":7}"#);
    assert_eq!(status, 507);
    assert!(told.contains("the disk of the cache service is full"), "{told}");
    github.set_disk_left(None);
    assert_eq!(github.send("POST", &upload, json, r#"{"size":7}"#).0, 204);
}
