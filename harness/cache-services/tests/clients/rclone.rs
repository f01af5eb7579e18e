//! rclone with a WebDAV remote: copy, check, list, delete.

use std::fs;
use std::path::Path;

use lukewarm_testing::Tried;

use crate::common::{content, webdav};
use crate::machine::{find, run};

pub fn rclone_copies_checks_and_removes() -> Tried {
    let rclone = find("rclone")?;
    let (house, place) = (webdav(), tempfile::tempdir().unwrap());
    let [from, back] = ["from", "back"].map(|name| place.path().join(name));
    fs::create_dir_all(from.join("deep/er")).unwrap();
    let files = [("small", 10), ("a b+c%é", 5000), ("deep/large", 3_000_000), ("deep/er/x", 0)];
    for (name, length) in files {
        fs::write(from.join(name), content(length)).unwrap();
    }
    let rclone = |words: &[&Path]| {
        let remote = format!(":webdav,url='{}':", house.service.url());
        let words = words.iter().map(|word| match word.to_str() {
            Some("remote") => format!("{remote}backup"),
            _ => word.display().to_string(),
        });
        run(&rclone, place.path())
            .env("RCLONE_CONFIG", "/dev/null")
            .env("RCLONE_WEBDAV_BEARER_TOKEN", house.service.token())
            .args(words)
            .must()
    };
    let [copy, check, purge, list] = ["copy", "check", "purge", "lsf"].map(Path::new);
    let remote = Path::new("remote");
    rclone(&[copy, &from, remote]);
    rclone(&[check, Path::new("--download"), &from, remote]);
    let listed = rclone(&[list, Path::new("-R"), remote]).out;
    for (name, _) in files {
        assert!(listed.lines().any(|line| line == name), "{name} is not in {listed}");
    }
    rclone(&[copy, remote, &back]);
    for (name, length) in files {
        assert_eq!(fs::read(back.join(name)).unwrap(), content(length), "{name}");
    }
    rclone(&[purge, remote]);
    assert_eq!(house.service.stored().objects, 0);
    assert!(house.ledger().iter().all(|request| request.status != 0 && request.status < 500));
    Ok(())
}
