//! What changes the tree, over real sockets: MKCOL, DELETE, COPY, MOVE, and PUT where folders
//! are missing.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{Client, content, house, wait_until, webdav};
use lukewarm_model::{Bytes, Limits, Network, ServiceKind};

fn transfer(client: &mut Client, method: &str, from: &str, to: &str, more: &[(&str, &str)]) -> u16 {
    let mut headers = vec![("Destination", to)];
    headers.extend(more);
    client.with(method, from, &headers, b"").status
}

/// A folder with an entry, a folder and an entry in that; with a property each.
fn plant(client: &mut Client, root: &str) {
    for path in ["", "/sub"] {
        assert_eq!(client.send("MKCOL", &format!("{root}{path}"), b"").status, 201);
    }
    for path in ["/o", "/sub/o"] {
        client.send("PUT", &format!("{root}{path}"), path.as_bytes());
    }
    for path in ["", "/o", "/sub", "/sub/o"] {
        let body = "<propertyupdate xmlns='DAV:'><set><prop><mark xmlns='urn:t'/></prop></set>\
                    </propertyupdate>";
        client.send("PROPPATCH", &format!("{root}{path}"), body.as_bytes());
    }
}

/// All below the root, and how many of them are marked by a property.
fn tree(client: &mut Client) -> (Vec<String>, usize) {
    let text = client.send("PROPFIND", "/", b"").text();
    let parts = text.split("<D:response><D:href>").skip(2);
    let names = parts.map(|part| part.split('<').next().unwrap().to_owned()).collect();
    (names, text.matches("<mark xmlns=\"urn:t\"/>").count())
}

#[test]
fn a_copy_is_whole_with_its_properties() {
    let house = webdav();
    let mut client = house.client();
    plant(&mut client, "/a");
    let to = format!("{}/b%20c/", house.service.url());
    assert_eq!(transfer(&mut client, "COPY", "/a/", &to, &[]), 201);
    let (names, marks) = tree(&mut client);
    let b = ["/b%20c/", "/b%20c/o", "/b%20c/sub/", "/b%20c/sub/o"];
    assert_eq!(names, [&["/a/", "/a/o", "/a/sub/", "/a/sub/o"], &b[..]].concat());
    assert_eq!(marks, 8);
    assert_eq!(client.send("GET", "/b%20c/sub/o", b"").body, b"/sub/o");
    client.send("PUT", "/a/sub/o", b"new");
    assert_eq!(client.send("GET", "/b%20c/sub/o", b"").body, b"/sub/o");
    assert_eq!(transfer(&mut client, "COPY", "/a", "/flat", &[("Depth", "0")]), 201);
    assert_eq!(client.with("PROPFIND", "/flat", &[], b"").text().matches("<mark").count(), 1);
    assert_eq!(transfer(&mut client, "COPY", "/a", "/one", &[("Depth", "1")]), 400);
}

#[test]
fn a_move_leaves_nothing_behind() {
    let house = webdav();
    let mut client = house.client();
    plant(&mut client, "/a");
    assert_eq!(transfer(&mut client, "MOVE", "/a", "/b", &[]), 201);
    let wanted = ["/b/", "/b/o", "/b/sub/", "/b/sub/o"].map(str::to_owned);
    assert_eq!(tree(&mut client), (wanted.to_vec(), 4));
    assert_eq!(transfer(&mut client, "MOVE", "/b/sub", "/c", &[("Depth", "0")]), 400);
    assert_eq!(transfer(&mut client, "MOVE", "/b/sub/o", "/b/o", &[]), 204);
    assert_eq!(client.send("GET", "/b/o", b"").body, b"/sub/o");
    assert_eq!(client.send("GET", "/b/sub/o", b"").status, 404);
}

#[test]
fn what_is_there_is_replaced_whole_or_left_as_it_is() {
    let house = webdav();
    let mut client = house.client();
    plant(&mut client, "/a");
    plant(&mut client, "/b");
    client.send("PUT", "/b/more", b"x");
    client.send("PUT", "/o", b"x");
    for method in ["COPY", "MOVE"] {
        assert_eq!(transfer(&mut client, method, "/o", "/b", &[("Overwrite", "F")]), 412);
    }
    assert_eq!(client.send("GET", "/b/more", b"").status, 200);
    assert_eq!(transfer(&mut client, "COPY", "/a", "/b", &[("Overwrite", "T")]), 204);
    assert_eq!(client.send("GET", "/b/more", b"").status, 404, "nothing of the old is left");
    assert_eq!(transfer(&mut client, "COPY", "/o", "/b", &[]), 204);
    assert_eq!(client.send("GET", "/b", b"").body, b"x");
    assert_eq!(transfer(&mut client, "MOVE", "/a", "/o", &[]), 204);
    assert_eq!(tree(&mut client).0, ["/b", "/o/", "/o/o", "/o/sub/", "/o/sub/o"]);
    assert_eq!(transfer(&mut client, "COPY", "/b", "/c", &[("Overwrite", "x")]), 400);
}

#[test]
fn nothing_goes_onto_or_into_itself_or_nowhere() {
    let house = webdav();
    let mut client = house.client();
    plant(&mut client, "/a");
    let before = tree(&mut client);
    for method in ["COPY", "MOVE"] {
        let mut status = |from: &str, to: &str| transfer(&mut client, method, from, to, &[]);
        assert_eq!(status("/a", "/a/"), 403, "{method} onto itself");
        assert_eq!(status("/a", "/a/sub/x"), 403, "{method} into itself");
        assert_eq!(status("/a/sub", "/a"), 403, "{method} onto what it is in");
        assert_eq!(status("/", "/b"), 403, "{method} of the root");
        assert_eq!(status("/none", "/b"), 404);
        assert_eq!(status("/a", "/none/b"), 409);
        assert_eq!(status("/a", "http://elsewhere/b"), 502);
        assert_eq!(status("/a", "b"), 400);
        assert_eq!(status("/a", "/%2e%2e/b"), 400);
        assert_eq!(client.send(method, "/a", b"").status, 400, "no destination");
    }
    assert_eq!(tree(&mut client), before);
}

#[test]
fn a_move_within_the_quota_pushes_nothing_out() {
    let limits = Limits { quota: Some(Bytes(250_000)), ..Limits::default() };
    let house = house(ServiceKind::WEBDAV, Network::unlimited(), limits);
    let mut client = house.client();
    for name in ["/a", "/b"] {
        client.send("PUT", name, &content(100_000));
    }
    assert_eq!(transfer(&mut client, "MOVE", "/b", "/c", &[]), 201);
    assert_eq!(house.service.stored().evicted, 0);
    assert_eq!(client.send("HEAD", "/a", b"").status, 200);
}

#[test]
fn a_folder_is_made_once_below_a_folder_and_without_a_body() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    assert_eq!(client.send("MKCOL", "/a", b"<x/>").status, 415);
    assert_eq!(client.send("MKCOL", "/a/b", b"").status, 409);
    assert_eq!(client.send("MKCOL", "/o/b", b"").status, 409);
    assert_eq!(client.send("MKCOL", "/o", b"").status, 405);
    assert_eq!(client.send("MKCOL", "/", b"").status, 405);
    assert_eq!(client.send("MKCOL", "/a", b"").status, 201);
    assert_eq!(client.send("DELETE", "/", b"").status, 403);
    assert_eq!(client.send("DELETE", "/none", b"").status, 404);
    let folder = client.send("GET", "/a/", b"");
    assert_eq!((folder.status, folder.header("allow").is_some()), (405, true));
    assert_eq!(client.send("PUT", "/a", b"x").status, 405);
}

#[test]
fn parallel_mkcol_of_one_path() {
    let house = webdav();
    let mut status: Vec<u16> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..16)
            .map(|_| scope.spawn(|| house.client().send("MKCOL", "/shared", b"").status))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    status.sort_unstable();
    assert_eq!(status, [&[201][..], &[405; 15]].concat());
}

#[test]
fn put_without_a_parent_is_409() {
    let house = webdav();
    let mut client = house.client();
    client.send("PUT", "/o", b"x");
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for path in ["/a/noparent.txt", "/a/b/object", "/o/x", &format!("/o/{hash}")] {
        assert_eq!(client.send("PUT", path, &content(300_000)).status, 409, "{path}");
    }
    wait_until(|| (house.service.stored().objects, house.files()) == (1, 0));
}

#[test]
fn plain_http_caches_need_no_folders() {
    let house = webdav();
    let mut client = house.client();
    let paths = [
        "/ac/16389bd53b954c2f0c5978de4ff014fd9727a94abbc01137b65b3725eff4eb43",
        "/bazel/cas/98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4",
        "/cache/127a5e9700ccc027289749c228bc0b7f",
        "/0b/9dub0eb54clr631jodofii9atf26ep4",
        "/ccache/0b9dub0eb54clr631jodofii9atf26ep4",
    ];
    for path in paths {
        assert_eq!(client.send("GET", path, b"").status, 404);
        assert_eq!(client.send("PUT", path, path.as_bytes()).status, 201);
        assert_eq!(client.send("GET", path, b"").body, path.as_bytes());
    }
    let (names, _) = tree(&mut client);
    assert!(names.contains(&"/bazel/cas/".to_owned()), "{names:?}");
    let lock = "<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:exclusive/></D:lockscope>\
                <D:locktype><D:write/></D:locktype></D:lockinfo>";
    client.with("LOCK", "/bazel", &[("Depth", "0")], lock.as_bytes());
    let below = |folder: &str| format!("/bazel/{folder}/{}", &paths[0][4..]);
    assert_eq!(client.send("PUT", &below("ac"), b"x").status, 423, "a name in a locked folder");
    assert_eq!(client.send("PUT", &below("cas"), b"x").status, 201);
}

#[test]
fn an_object_beyond_the_limit_is_413() {
    let limits = Limits { largest_object: Some(Bytes(100_000)), ..Limits::default() };
    let house = house(ServiceKind::WEBDAV, Network::unlimited(), limits);
    let mut client = house.client();
    assert_eq!(client.send("PUT", "/o", &content(100_000)).status, 201);
    assert_eq!(client.send("PUT", "/o", &content(100_001)).status, 413);
    client.begin("PUT", "/o", &[("Expect", "100-continue")], 100_001);
    assert_eq!(client.reply("PUT").unwrap().status, 413, "before anything is sent");
    let mut client = house.client();
    client.begin_chunked("PUT", "/o");
    for _ in 0..3 {
        client.write(b"c350\r\n").unwrap();
        client.write(&content(50_000)).unwrap();
        client.write(b"\r\n").unwrap();
    }
    client.write(b"0\r\n\r\n").unwrap();
    assert_eq!(client.reply("PUT").unwrap().status, 413, "while it comes");
    assert_eq!(client.send("GET", "/o", b"").body.len(), 100_000);
    let stored = house.service.stored();
    assert_eq!((stored.objects, stored.bytes), (1, Bytes(100_000)));
}

#[test]
fn a_very_long_name_is_a_name() {
    let house = webdav();
    let mut client = house.client();
    let path = format!("/{}", "n".repeat(4_000));
    assert_eq!(client.send("PUT", &path, b"x").status, 201);
    assert_eq!(client.send("GET", &path, b"").body, b"x");
    assert!(client.send("PROPFIND", "/", b"").text().contains(&path));
}

#[test]
fn a_fragment_is_not_taken_for_the_whole() {
    let house = webdav();
    let mut client = house.client();
    client.send("MKCOL", "/a", b"");
    assert_eq!(client.send("DELETE", "/a/#b", b"").status, 400);
    assert_eq!(client.send("PUT", "/a/o", b"# in a body\n").status, 201);
    assert_eq!(client.send("GET", "/a/o", b"").status, 200);
    assert_eq!(client.send("DELETE", "/a", b"").status, 204);
}
