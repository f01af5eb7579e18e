//! WebDAV's locks over real sockets: what is locked stays as it is for all but its holder.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::{Client, Reply, webdav};
use lukewarm_model::Seconds;

fn info(scope: &str) -> String {
    format!(
        "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/>\
         </D:locktype><D:owner><D:href>me &amp; you</D:href></D:owner></D:lockinfo>"
    )
}

/// Locks, and gives the token, as `If` wants it.
fn lock(client: &mut Client, path: &str, scope: &str, depth: &str) -> String {
    let reply = client.with("LOCK", path, &[("Depth", depth)], info(scope).as_bytes());
    assert!(matches!(reply.status, 200 | 201), "{}", reply.text());
    reply.header("lock-token").unwrap().to_owned()
}

fn holding(client: &mut Client, method: &str, path: &str, token: &str) -> u16 {
    client.with(method, path, &[("If", &format!("({token})"))], b"").status
}

fn move_to(client: &mut Client, method: &str, from: &str, to: &str) -> Reply {
    client.with(method, from, &[("Destination", to)], b"")
}

#[test]
fn what_is_locked_changes_for_its_holder_alone() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"old");
    client.send("PUT", "/free", b"x");
    let token = lock(&mut client, "/o", "exclusive", "0");
    let refused = client.send("PUT", "/o", b"new");
    assert_eq!(refused.status, 423);
    let submitted = "<D:lock-token-submitted><D:href>/o</D:href></D:lock-token-submitted>";
    assert!(refused.text().contains(submitted), "{}", refused.text());
    assert_eq!(client.send("DELETE", "/o", b"").status, 423);
    assert_eq!(client.send("PROPPATCH", "/o", &patch()).status, 423);
    assert_eq!(move_to(&mut client, "MOVE", "/o", "/p").status, 423);
    assert_eq!(move_to(&mut client, "COPY", "/free", "/o").status, 423);
    let again = client.send("LOCK", "/o", info("shared").as_bytes());
    assert_eq!(again.status, 423);
    assert!(again.text().contains("<D:no-conflicting-lock><D:href>/o<"), "{}", again.text());
    assert_eq!(client.send("GET", "/o", b"").body, b"old");
    assert_eq!(holding(&mut client, "PUT", "/o", &token), 204);
    assert_eq!(client.with("UNLOCK", "/o", &[("Lock-Token", "<urn:x>")], b"").status, 409);
    assert_eq!(client.send("UNLOCK", "/o", b"").status, 400);
    assert_eq!(client.with("UNLOCK", "/o", &[("Lock-Token", &token)], b"").status, 204);
    assert_eq!(client.send("PUT", "/o", b"new").status, 204);
}

fn patch() -> Vec<u8> {
    b"<propertyupdate xmlns='DAV:'><set><prop><a xmlns='u'>1</a></prop></set></propertyupdate>"
        .into()
}

#[test]
fn a_put_that_began_before_a_lock_does_not_get_through_it() {
    let house = webdav();
    let (mut slow, mut other) = (house.client(), house.client());
    other.send("PUT", "/o", b"old");
    slow.begin("PUT", "/o", &[], 3);
    slow.write(b"n").unwrap();
    while house.service.settle(Duration::ZERO) {
        std::thread::sleep(Duration::from_millis(1));
    }
    lock(&mut other, "/o", "exclusive", "0");
    slow.write(b"ew").unwrap();
    assert_eq!(slow.reply("PUT").unwrap().status, 423);
    assert_eq!(other.send("GET", "/o", b"").body, b"old");
}

#[test]
fn a_locked_folder_keeps_its_names_and_a_deep_lock_all_below() {
    let house = webdav();
    let mut client = house.client();
    for path in ["/flat", "/flat/sub", "/deep", "/deep/sub"] {
        client.send("MKCOL", path, b"");
    }
    for path in ["/flat/o", "/deep/sub/o"] {
        client.send("PUT", path, b"x");
    }
    let flat = lock(&mut client, "/flat", "exclusive", "0");
    let deep = lock(&mut client, "/deep", "exclusive", "infinity");
    let mut status = |method: &str, path: &str| client.send(method, path, b"").status;
    assert_eq!(status("PUT", "/flat/o"), 204, "no name changes");
    assert_eq!(status("PUT", "/flat/new"), 423);
    assert_eq!(status("MKCOL", "/flat/new"), 423);
    let unmapped = client.send("LOCK", "/flat/new", info("exclusive").as_bytes());
    assert_eq!(unmapped.status, 423, "it would make an object");
    let mut status = |method: &str, path: &str| client.send(method, path, b"").status;
    assert_eq!(status("DELETE", "/flat/o"), 423);
    assert_eq!(status("PUT", "/flat/sub/new"), 201, "the lock is not deep");
    assert_eq!(status("PUT", "/deep/sub/o"), 423);
    assert_eq!(status("PUT", "/deep/sub/new"), 423);
    assert_eq!(status("DELETE", "/deep/sub"), 423);
    assert_eq!(move_to(&mut client, "MOVE", "/flat/sub", "/sub").status, 423);
    assert_eq!(move_to(&mut client, "COPY", "/flat/o", "/deep/o").status, 423);
    let untagged = holding(&mut client, "PUT", "/flat/new", &flat);
    assert_eq!(untagged, 412, "it is about the new object, which the lock does not cover");
    let tagged = |path: &str, token: &str| format!("<{}{path}> ({token})", house.service.url());
    let held = [("If", &*tagged("/flat", &flat))];
    assert_eq!(client.with("PUT", "/flat/new", &held, b"").status, 201);
    assert_eq!(holding(&mut client, "PUT", "/deep/sub/new", &deep), 201);
    let held = [("If", &*tagged("/deep/sub", &deep)), ("Destination", "/flat/moved")];
    assert_eq!(client.with("MOVE", "/deep/sub/o", &held, b"").status, 423);
    let both = tagged("/deep", &deep) + &tagged("/flat", &flat);
    let held = [("If", &*both), ("Destination", "/flat/moved")];
    assert_eq!(client.with("MOVE", "/deep/sub/o", &held, b"").status, 201);
}

#[test]
fn a_locked_member_keeps_its_folder() {
    let house = webdav();
    let mut client = house.client();
    ["/a", "/a/b"].iter().for_each(|path| drop(client.send("MKCOL", path, b"")));
    client.send("PUT", "/a/b/o", b"x");
    let token = lock(&mut client, "/a/b/o", "exclusive", "0");
    let refused = client.send("DELETE", "/a", b"");
    assert_eq!(refused.status, 207);
    let text = refused.text();
    assert!(text.contains("<D:href>/a/b/o</D:href><D:status>HTTP/1.1 423 Locked<"), "{text}");
    assert_eq!(client.send("GET", "/a/b/o", b"").status, 200);
    let deep = client.send("LOCK", "/a", info("exclusive").as_bytes());
    assert_eq!((deep.status, deep.text().contains("<D:href>/a/b/o</D:href>")), (207, true));
    let held = [("If", &*format!("</a/b/o> ({token})"))];
    assert_eq!(client.with("DELETE", "/a", &held, b"").status, 204);
    client.send("MKCOL", "/a", b"");
    assert_eq!(client.send("DELETE", "/a", b"").status, 204, "the lock went with its object");
}

#[test]
fn shared_locks_are_held_by_several() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    let one = lock(&mut client, "/o", "shared", "0");
    let two = lock(&mut client, "/o", "shared", "0");
    assert_ne!(one, two);
    assert_eq!(client.send("LOCK", "/o", info("exclusive").as_bytes()).status, 423);
    assert_eq!(client.send("PUT", "/o", b"y").status, 423);
    for token in [&one, &two] {
        assert_eq!(holding(&mut client, "PUT", "/o", token), 204);
    }
    let found = client.with("PROPFIND", "/o", &[("Depth", "0")], b"").text();
    assert_eq!(found.matches("<D:activelock>").count(), 2, "{found}");
    client.with("UNLOCK", "/o", &[("Lock-Token", &one)], b"");
    assert_eq!(client.send("PUT", "/o", b"y").status, 423);
    client.with("UNLOCK", "/o", &[("Lock-Token", &two)], b"");
    assert_eq!(client.send("PUT", "/o", b"y").status, 204);
}

#[test]
fn a_lock_is_told_of_whoever_looks() {
    let house = webdav();
    let mut client = house.client();
    client.send("MKCOL", "/a%20b", b"");
    let more = [("Timeout", "Second-100, Second-7")];
    let made = client.with("LOCK", "/a%20b/", &more, info("exclusive").as_bytes());
    let token = made.header("lock-token").unwrap().trim_matches(['<', '>']).to_owned();
    client.send("MKCOL", "/other", b"");
    let found = client.with("PROPFIND", "/a%20b", &[("Depth", "0")], b"").text();
    for text in [made.text(), found] {
        for wanted in [
            "<D:lockscope><D:exclusive/></D:lockscope><D:depth>infinity</D:depth>",
            "<D:owner xmlns:D=\"DAV:\"><D:href>me &amp; you</D:href></D:owner>",
            "<D:timeout>Second-100</D:timeout>",
            &format!("<D:locktoken><D:href>{token}</D:href></D:locktoken>"),
            "<D:lockroot><D:href>/a%20b</D:href></D:lockroot>",
        ] {
            assert!(text.contains(wanted), "{wanted} in {text}");
        }
    }
    let other = client.with("PROPFIND", "/other", &[("Depth", "0")], b"").text();
    assert!(other.contains("<D:lockdiscovery/>"), "{other}");
}

#[test]
fn a_lock_on_what_is_not_there_makes_it_empty() {
    let house = webdav();
    let mut client = house.client();
    assert_eq!(client.send("LOCK", "/none/o", info("exclusive").as_bytes()).status, 409);
    let made = client.send("LOCK", "/o", info("exclusive").as_bytes());
    assert_eq!(made.status, 201);
    let got = client.send("GET", "/o", b"");
    assert_eq!((got.status, got.body.len()), (200, 0));
    assert_eq!(client.send("MKCOL", "/o", b"").status, 405);
    let token = made.header("lock-token").unwrap().to_owned();
    assert_eq!(client.with("UNLOCK", "/o", &[("Lock-Token", &token)], b"").status, 204);
    assert_eq!(client.send("HEAD", "/o", b"").status, 200, "it stays");
}

#[test]
fn a_lock_ends_with_its_time_and_lasts_when_it_is_refreshed() {
    let house = webdav();
    let mut client = house.client();
    client.send("MKCOL", "/a", b"");
    client.send("PUT", "/a/o", b"x");
    let more = [("Timeout", "Second-100")];
    let made = client.with("LOCK", "/a", &more, info("exclusive").as_bytes());
    let token = made.header("lock-token").unwrap().to_owned();
    let refresh = |client: &mut Client, path: &str, token: &str, timeout: &str| {
        let more = [("If", &*format!("({token})")), ("Timeout", timeout)];
        client.with("LOCK", path, &more, b"")
    };
    house.service.pass_time(Seconds(90.0));
    let longer = refresh(&mut client, "/a/o", &token, "Second-50");
    assert_eq!((longer.status, longer.header("lock-token")), (200, None));
    assert!(longer.text().contains("<D:timeout>Second-50<"), "{}", longer.text());
    assert_eq!(refresh(&mut client, "/a", "<urn:other>", "Second-9").status, 412);
    assert_eq!(client.send("LOCK", "/a", b"").status, 400);
    house.service.pass_time(Seconds(30.0));
    assert_eq!(client.send("PUT", "/a/o", b"y").status, 423, "120 s after the lock was made");
    house.service.pass_time(Seconds(20.0));
    assert_eq!(client.send("PUT", "/a/o", b"y").status, 204);
    assert_eq!(refresh(&mut client, "/a", &token, "Second-9").status, 412);
}

#[test]
fn locks_do_not_come_with_copies_nor_back_with_a_snapshot() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    let token = lock(&mut client, "/o", "exclusive", "0");
    assert_eq!(move_to(&mut client, "COPY", "/o", "/copy").status, 201);
    assert_eq!(client.send("PUT", "/copy", b"y").status, 204);
    let held = [("If", &*format!("({token})")), ("Destination", "/moved")];
    assert_eq!(client.with("MOVE", "/o", &held, b"").status, 201);
    assert_eq!(client.send("PUT", "/moved", b"y").status, 204);
    assert_eq!(client.send("PUT", "/o", b"y").status, 201);
    lock(&mut client, "/o", "exclusive", "0");
    let snapshot = house.service.snapshot();
    house.service.restore(&snapshot).unwrap();
    assert_eq!(client.send("PUT", "/o", b"z").status, 204);
}

#[test]
fn what_is_no_lock_is_refused() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    let mut status =
        |more: &[(&str, &str)], body: &str| client.with("LOCK", "/o", more, body.as_bytes()).status;
    assert_eq!(status(&[("Depth", "1")], &info("exclusive")), 400);
    assert_eq!(status(&[("Depth", "x")], &info("exclusive")), 400);
    assert_eq!(status(&[], "<lockinfo/>"), 400);
    assert_eq!(status(&[("If", "(")], &info("exclusive")), 400);
    assert_eq!(status(&[], &format!("{}{}", info("exclusive"), " ".repeat(70_000))), 413);
    assert_eq!(house.client().send("PUT", "/o", b"y").status, 204, "nothing was locked");
}
