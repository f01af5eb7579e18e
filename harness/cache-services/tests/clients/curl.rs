//! curl: what plain HTTP clients send, and what the kernel counted of it.

use std::fs;

use lukewarm_testing::Tried;

use crate::common::{content, webdav};
use crate::machine::{Ended, answer, find, run};

/// Runs curl with the service's token; the last word is the path.
fn with_curl(
    test: impl Fn(&dyn Fn(&[&str]) -> Ended, &crate::common::House, &std::path::Path),
) -> Tried {
    let curl = find("curl")?;
    let (house, place) = (webdav(), tempfile::tempdir().unwrap());
    fs::write(place.path().join("body"), content(2_000_000)).unwrap();
    let curl = |words: &[&str]| {
        let (path, words) = words.split_last().unwrap();
        run(&curl, place.path())
            .args(["--silent", "--show-error", "--path-as-is"])
            .args(["--user", &format!("anybody:{}", house.service.token())])
            .args(words)
            .args([format!("{}{path}", house.service.url())])
            .folder(place.path())
            .must()
    };
    test(&curl, &house, place.path());
    Ok(())
}

const CODE: [&str; 4] = ["--output", "/dev/null", "--write-out", "%{http_code}"];

fn code(curl: &dyn Fn(&[&str]) -> Ended, words: &[&str]) -> String {
    curl(&[&CODE[..], words].concat()).out
}

pub fn curl_puts_with_expect_continue_and_in_chunks() -> Tried {
    with_curl(|curl, house, place| {
        let expect = ["--upload-file", "body", "--header", "Expect: 100-continue", "/expected"];
        assert_eq!(code(curl, &expect), "201");
        let chunked =
            ["--upload-file", "body", "--header", "Transfer-Encoding: chunked", "/chunked"];
        assert_eq!(code(curl, &chunked), "201");
        for path in ["/expected", "/chunked"] {
            curl(&["--output", "back", path]);
            assert_eq!(fs::read(place.join("back")).unwrap(), content(2_000_000));
        }
        let up: u64 = house.ledger().iter().map(|request| request.body_up.0).sum();
        assert_eq!(up, 4_000_000);
    })
}

pub fn curl_reads_parts_and_heads() -> Tried {
    with_curl(|curl, _, place| {
        curl(&["--upload-file", "body", "/a"]);
        curl(&["--range", "1000-1999", "--output", "part", "/a"]);
        assert_eq!(fs::read(place.join("part")).unwrap(), content(2_000_000)[1000..2000]);
        curl(&["--range", "-7", "--output", "part", "/a"]);
        assert_eq!(fs::read(place.join("part")).unwrap(), content(2_000_000)[1_999_993..]);
        assert_eq!(code(curl, &["--range", "2000000-", "/a"]), "416");
        let head = curl(&["--head", "/a"]).out.to_ascii_lowercase();
        assert!(head.contains("content-length: 2000000"), "{head}");
    })
}

pub fn curl_asks_conditionally() -> Tried {
    with_curl(|curl, _, _| {
        curl(&["--upload-file", "body", "/a"]);
        let head = curl(&["--head", "/a"]).out;
        let field = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
            line.unwrap_or_else(|| panic!("no {name} in {head}")).split_once(": ").unwrap().1.trim()
        };
        let (etag, modified) = (field("etag"), field("last-modified"));
        let header = |name: &str, value: &str| format!("{name}: {value}");
        let ask = |line: String, words: &[&str]| {
            code(curl, &[&["--header", line.as_str()], words].concat())
        };
        assert_eq!(ask(header("If-None-Match", etag), &["/a"]), "304");
        assert_eq!(ask(header("If-None-Match", "\"other\""), &["/a"]), "200");
        assert_eq!(ask(header("If-Modified-Since", modified), &["/a"]), "304");
        assert_eq!(ask(header("If-Match", etag), &["/a"]), "200");
        assert_eq!(ask(header("If-Match", "\"other\""), &["/a"]), "412");
        let put = ["--upload-file", "body", "/a"];
        assert_eq!(ask(header("If-None-Match", "*"), &put), "412");
        assert_eq!(ask(header("If-Match", etag), &put), "204");
    })
}

pub fn curl_gets_no_path_that_leads_out() -> Tried {
    with_curl(|curl, house, _| {
        let long = format!("/{}", "x".repeat(5000));
        for path in ["/../etc/passwd", "/a/%2e%2e/%2e%2e/etc/passwd", "/a%00b", "/..%2fx", &long] {
            let code = code(curl, &["--upload-file", "body", path]);
            assert!(["400", "414"].contains(&code.as_str()), "{path}: {code}");
        }
        assert_eq!(house.service.stored().objects, 0);
    })
}

/// What the service says it counted is what the kernel says of the same sockets.
pub fn the_kernel_counts_the_same_bytes() -> Tried {
    find("ss")?;
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/a", &content(1_000_000));
    client.send("GET", "/a", b"");
    client.with("GET", "/a", &[("Range", "bytes=5-10")], b"");
    client.send("GET", "/none", b"");
    let ledger = house.ledger();
    let up: u64 = ledger.iter().map(|request| request.wire_up.0).sum();
    let down: u64 = ledger.iter().map(|request| request.wire_down.0).sum();
    let port = house.address().split(':').next_back().unwrap();
    let told = answer("ss", &["-tinH", "dport", "=", &format!(":{port}")]);
    let field = |name: &str| -> Option<u64> {
        told.split(name).nth(1)?.split_whitespace().next()?.parse().ok()
    };
    // A busy machine sends some bytes twice, even to itself; the kernel tells how many.
    let sent = field("bytes_sent:").unwrap() - field("bytes_retrans:").unwrap_or(0);
    assert_eq!((sent, field("bytes_received:")), (up, Some(down)), "{told}");
    Ok(())
}
