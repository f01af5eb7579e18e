//! ccache with remote storage over plain HTTP.

use std::fs;

use lukewarm_model::Operation;
use lukewarm_testing::Tried;

use crate::common::webdav;
use crate::machine::{find, run};

pub fn ccache_stores_and_finds_objects_over_plain_http() -> Tried {
    let (ccache, cc) = (find("ccache")?, find("cc")?);
    let (house, place) = (webdav(), tempfile::tempdir().unwrap());
    fs::write(place.path().join("a.c"), "int a(void) { return 42; }\n").unwrap();
    let url =
        house.service.url().replace("http://", &format!("http://u:{}@", house.service.token()));
    let compile = |local: &str| {
        run(&ccache, place.path())
            .env("CCACHE_DIR", place.path().join(local).display())
            .env("CCACHE_REMOTE_STORAGE", format!("{url}/ccache"))
            .args([cc.to_str().unwrap(), "-c", "a.c", "-o", "a.o"])
            .folder(place.path())
            .must();
        fs::read(place.path().join("a.o")).unwrap()
    };
    let first = compile("one");
    let stored = house.service.stored().objects;
    assert!(stored > 0);
    house.ledger();
    assert_eq!(compile("two"), first);
    let ledger = house.ledger();
    let found = |it: &&lukewarm_model::Request| (it.operation, it.status) == (Operation::Read, 200);
    assert_eq!(ledger.iter().filter(found).count() as u64, stored);
    assert!(ledger.iter().all(|request| request.operation != Operation::Write));
    Ok(())
}
