//! Properties over real sockets: PROPFIND in its forms and depths, PROPPATCH.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Client, webdav};

fn find(client: &mut Client, path: &str, depth: &str, inside: &str) -> String {
    let body = format!("<propfind xmlns='DAV:'>{inside}</propfind>");
    let reply = client.with("PROPFIND", path, &[("Depth", depth)], body.as_bytes());
    assert_eq!(reply.status, 207, "{body}");
    reply.text()
}

fn patch(client: &mut Client, path: &str, inside: &str) -> String {
    let body =
        format!("<D:propertyupdate xmlns:D='DAV:' xmlns:t='urn:t'>{inside}</D:propertyupdate>");
    let reply = client.send("PROPPATCH", path, body.as_bytes());
    assert_eq!(reply.status, 207, "{body}");
    reply.text()
}

#[test]
fn as_deep_as_was_asked() {
    let house = webdav();
    let mut client = house.client();
    ["/a", "/a/b", "/ab"].iter().for_each(|path| drop(client.send("MKCOL", path, b"")));
    ["/a/o", "/a/b/o", "/o"].iter().for_each(|path| drop(client.send("PUT", path, b"x")));
    let hrefs = |text: String| -> Vec<String> {
        let parts = text.split("<D:response><D:href>").skip(1);
        parts.map(|part| part.split('<').next().unwrap().to_owned()).collect()
    };
    let all = "<allprop/>";
    assert_eq!(hrefs(find(&mut client, "/a", "0", all)), ["/a/"]);
    assert_eq!(hrefs(find(&mut client, "/a/", "1", all)), ["/a/", "/a/b/", "/a/o"]);
    let deep = ["/a/", "/a/b/", "/a/b/o", "/a/o"];
    assert_eq!(hrefs(find(&mut client, "/a", "infinity", all)), deep);
    assert_eq!(
        hrefs(client.send("PROPFIND", "/a", b"").text()),
        deep,
        "infinity if nothing is said"
    );
    assert_eq!(hrefs(find(&mut client, "/", "1", all)), ["/", "/a/", "/ab/", "/o"]);
    assert_eq!(hrefs(find(&mut client, "/a/o", "1", all)), ["/a/o"]);
    assert_eq!(client.with("PROPFIND", "/a", &[("Depth", "2")], b"").status, 400);
    assert_eq!(client.send("PROPFIND", "/none", b"").status, 404);
    assert_eq!(client.send("PROPFIND", "/a", b"<propfind/>").status, 400);
}

#[test]
fn what_was_asked_and_no_more() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"123");
    let some = find(&mut client, "/o", "0", "<prop><getcontentlength/><x/><y xmlns='u'/></prop>");
    assert!(
        some.contains(
            "<D:prop><D:getcontentlength>3</D:getcontentlength></D:prop>\
             <D:status>HTTP/1.1 200 OK</D:status>"
        ),
        "{some}"
    );
    assert!(
        some.contains(
            "<D:prop><D:x/><x:y xmlns:x=\"u\"/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status>"
        ),
        "{some}"
    );
    let names = find(&mut client, "/o", "0", "<propname/>");
    assert!(names.contains("<D:getcontentlength/>") && !names.contains(">3<"), "{names}");
}

#[test]
fn what_clients_say_is_kept_with_its_meaning_and_the_state() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    let empty = house.service.snapshot();
    let told = patch(
        &mut client,
        "/o",
        "<D:set><D:prop xml:lang='en'><t:a><t:b q='&lt;'/>&amp;&#65536;</t:a></D:prop></D:set>\
         <D:set><D:prop><D:displayname>é</D:displayname></D:prop></D:set>",
    );
    assert!(told.contains("<D:displayname/><x:a xmlns:x=\"urn:t\"/>") && told.contains("200 OK"));
    let wanted = "<prop><a xmlns='urn:t'/></prop>";
    let found = find(&mut client, "/o", "0", wanted);
    let property = "<t:a xmlns:t=\"urn:t\" xml:lang=\"en\"><t:b q=\"&lt;\"/>&amp;\u{10000}</t:a>";
    assert!(found.contains(property), "{found}");
    let all = find(&mut client, "/o", "0", "<allprop/>");
    assert!(all.contains(property) && all.contains(">é</D:displayname>"), "{all}");
    client.send("PUT", "/o", b"y");
    assert!(find(&mut client, "/o", "0", wanted).contains(property), "a new content keeps them");
    let full = house.service.snapshot();
    house.service.restore(&empty).unwrap();
    assert!(find(&mut client, "/o", "0", wanted).contains("404"));
    house.service.restore(&full).unwrap();
    assert!(find(&mut client, "/o", "0", wanted).contains(property));
    patch(&mut client, "/o", "<D:remove><D:prop><t:a/><t:never/></D:prop></D:remove>");
    assert!(find(&mut client, "/o", "0", wanted).contains("404"));
    client.send("DELETE", "/o", b"");
    client.send("PUT", "/o", b"x");
    assert!(!find(&mut client, "/o", "0", "<allprop/>").contains("displayname"));
}

#[test]
fn a_patch_is_done_whole_or_not_at_all() {
    let house = webdav();
    let mut client = house.client();
    client.send("MKCOL", "/a", b"");
    let told = patch(
        &mut client,
        "/a",
        "<D:set><D:prop><t:x>1</t:x></D:prop></D:set>\
         <D:remove><D:prop><D:getetag/></D:prop></D:remove>",
    );
    let protected = "<D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status>";
    assert!(told.contains(protected) && told.contains("424 Failed Dependency"), "{told}");
    assert!(!find(&mut client, "/a", "0", "<allprop/>").contains("urn:t"));
    let large = format!("<D:set><D:prop><t:x>{}</t:x></D:prop></D:set>", "x".repeat(60_000));
    for number in 0..4 {
        let name = format!("t:x{number}");
        let told = patch(&mut client, "/a", &large.replace("t:x>", &format!("{name}>")));
        assert!(told.contains("200 OK"), "{told}");
    }
    assert!(patch(&mut client, "/a", &large).contains("507 Insufficient Storage"));
    assert_eq!(client.send("PROPPATCH", "/none", b"").status, 400);
    let body = b"<propertyupdate xmlns='DAV:'><set><prop><x/></prop></set></propertyupdate>";
    assert_eq!(client.send("PROPPATCH", "/none", body).status, 404);
}

#[test]
fn ten_thousand_objects_in_one_folder() {
    let house = webdav();
    let mut client = house.client();
    client.send("MKCOL", "/many", b"");
    for number in 0..10_000 {
        let put = client.send("PUT", &format!("/many/object-{number:05}"), b"x");
        assert_eq!(put.status, 201);
    }
    let text = find(&mut client, "/many", "1", "<allprop/>");
    assert_eq!(text.matches("<D:response>").count(), 10_001);
    assert!(text.ends_with("</D:multistatus>\n") && text.contains("/many/object-09999<"));
    let ledger = house.ledger();
    let listing = ledger.iter().find(|it| it.verb == "PROPFIND").unwrap();
    assert_eq!((listing.status, listing.body_down.0), (207, text.len() as u64));
    assert_eq!(client.send("DELETE", "/many", b"").status, 204);
    assert_eq!(house.service.stored().objects, 0);
}
