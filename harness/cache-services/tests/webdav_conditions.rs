//! Conditions over real sockets: HTTP's own, and WebDAV's `If`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Client, webdav};

/// An object's entity tag and date.
fn validators(client: &mut Client, path: &str) -> (String, String) {
    let head = client.send("HEAD", path, b"");
    let header = |name: &str| head.header(name).unwrap().to_owned();
    (header("etag"), header("last-modified"))
}

const LONG_AGO: &str = "Thu, 01 Jan 1970 00:00:01 GMT";

#[test]
fn an_object_has_a_tag_of_its_content_and_a_date_in_all_answers() {
    let house = webdav();
    let mut client = house.client();
    let put = client.send("PUT", "/o", b"one");
    let (etag, date) = validators(&mut client, "/o");
    let get = client.send("GET", "/o", b"");
    for reply in [&put, &get] {
        assert_eq!(reply.header("etag"), Some(&*etag));
        assert_eq!(reply.header("last-modified"), Some(&*date));
    }
    assert_eq!(get.header("accept-ranges"), Some("bytes"));
    let told = client.with("PROPFIND", "/o", &[("Depth", "0")], b"").text();
    assert!(told.contains(&format!("<D:getlastmodified>{date}</D:getlastmodified>")), "{told}");
    assert!(told.contains(&etag.replace('"', "&quot;")), "{told}");
    client.send("PUT", "/o", b"two");
    assert_ne!(validators(&mut client, "/o").0, etag);
    client.send("PUT", "/same", b"one");
    assert_eq!(validators(&mut client, "/same").0, etag);
}

#[test]
fn a_read_of_what_the_client_has_is_304() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"body");
    let (etag, date) = validators(&mut client, "/o");
    let mut status = |name: &str, value: &str| {
        let replies =
            ["GET", "HEAD"].map(|method| client.with(method, "/o", &[(name, value)], b""));
        assert_eq!(replies[0].status, replies[1].status, "{name}: {value}");
        if replies[0].status == 304 {
            assert!(replies.iter().all(|it| it.body.is_empty()));
            assert!(replies.iter().all(|it| it.header("etag") == Some(&*etag)));
        }
        replies[0].status
    };
    assert_eq!(status("If-None-Match", &etag), 304);
    assert_eq!(status("If-None-Match", &format!("\"x\", W/{etag}")), 304);
    assert_eq!(status("If-None-Match", "*"), 304);
    assert_eq!(status("If-None-Match", "\"x\""), 200);
    assert_eq!(status("If-Modified-Since", &date), 304);
    assert_eq!(status("If-Modified-Since", LONG_AGO), 200);
    assert_eq!(status("If-Match", "\"x\""), 412);
    assert_eq!(status("If-Unmodified-Since", LONG_AGO), 412);
    assert_eq!(client.with("GET", "/none", &[("If-Match", "*")], b"").status, 404);
    let ledger = house.ledger();
    assert!(ledger.iter().filter(|it| it.status == 304).all(|it| it.body_down.0 == 0));
}

#[test]
fn a_write_happens_only_on_its_condition() {
    let house = webdav();
    let mut client = house.client();
    let mut put = |name: &str, value: &str| {
        client.with("PUT", "/o", &[(name, value)], value.as_bytes()).status
    };
    assert_eq!(put("If-Match", "*"), 412);
    assert_eq!(put("If-None-Match", "*"), 201);
    assert_eq!(put("If-None-Match", "*"), 412);
    assert_eq!(put("If-Match", "\"x\""), 412);
    assert_eq!(put("If-Unmodified-Since", LONG_AGO), 412);
    let (etag, date) = validators(&mut house.client(), "/o");
    assert_eq!(put("If-Unmodified-Since", &date), 204);
    assert_eq!(put("If-Match", &etag), 412, "it has changed since");
    let etag = validators(&mut house.client(), "/o").0;
    assert_eq!(put("If-Match", &etag), 204);
    let wrong = [("If-Match", "\"x\""), ("Destination", "/p"), ("Depth", "infinity")];
    for method in ["DELETE", "COPY", "MOVE", "PROPFIND"] {
        assert_eq!(client.with(method, "/o", &wrong, b"").status, 412, "{method}");
    }
    assert_eq!(client.send("GET", "/o", b"").body, etag.as_bytes());
}

#[test]
fn of_two_writers_on_one_condition_one_gets_through() {
    let house = webdav();
    let (mut one, mut two) = (house.client(), house.client());
    let condition = [("If-None-Match", "*")];
    one.begin("PUT", "/o", &condition, 4);
    two.begin("PUT", "/o", &condition, 4);
    one.write(b"1").unwrap();
    two.write(b"22").unwrap();
    one.write(b"111").unwrap();
    assert_eq!(one.reply("PUT").unwrap().status, 201);
    two.write(b"22").unwrap();
    assert_eq!(two.reply("PUT").unwrap().status, 412);
    assert_eq!(one.send("GET", "/o", b"").body, b"1111");
}

#[test]
fn a_range_goes_with_the_content_that_it_is_of() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"0123456789");
    let (etag, date) = validators(&mut client, "/o");
    let mut status = |value: &str| {
        client.with("GET", "/o", &[("Range", "bytes=2-3"), ("If-Range", value)], b"").status
    };
    assert_eq!((status(&etag), status(&date)), (206, 206));
    assert_eq!((status("\"x\""), status(LONG_AGO)), (200, 200));
    let part = [("Content-Range", "bytes 0-0/10")];
    assert_eq!(client.with("PUT", "/o", &part, b"x").status, 400, "a part is not the whole");
}

#[test]
fn an_if_header_asks_for_tags_and_tokens_here_and_elsewhere() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    client.send("PUT", "/other", b"y");
    let ours = validators(&mut client, "/o").0;
    let other = validators(&mut client, "/other").0;
    let url = house.service.url();
    let mut status =
        |method: &str, value: &str| client.with(method, "/o", &[("If", value)], b"x").status;
    assert_eq!(status("PUT", &format!("([{ours}])")), 204);
    assert_eq!(status("PUT", &format!("([{other}])")), 412);
    assert_eq!(status("GET", &format!("([{other}])")), 412);
    assert_eq!(status("GET", &format!("([{other}]) (Not [{other}])")), 200);
    assert_eq!(status("PUT", &format!("<{url}/other> ([{other}])")), 204);
    assert_eq!(status("PUT", &format!("</other> ([{ours}])")), 412);
    assert_eq!(status("PUT", &format!("<http://elsewhere/other> ([{other}])")), 412);
    assert_eq!(status("PUT", "(<urn:no-such-lock>)"), 412);
    assert_eq!(status("PUT", "(Not <urn:no-such-lock>)"), 204);
    assert_eq!(status("PUT", "nonsense"), 400);
}
