//! rclone with a WebDAV remote and with a bucket: copy, check, list, delete.

use std::fs;
use std::path::Path;

use lukewarm_model::{Access, Limits, Network, ServiceKind};
use lukewarm_testing::Tried;

use crate::common::{House, content, house, webdav};
use crate::machine::{find, run};

/// Copies files to a folder of a remote and back, with these variables.
fn copies_checks_and_removes(house: &House, remote: &str, variables: &[(String, String)]) -> Tried {
    let rclone = find("rclone")?;
    let place = tempfile::tempdir().unwrap();
    let [from, back] = ["from", "back"].map(|name| place.path().join(name));
    fs::create_dir_all(from.join("deep/er")).unwrap();
    let files = [("small", 10), ("a b+c%é", 5000), ("deep/large", 3_000_000), ("deep/er/x", 0)];
    for (name, length) in files {
        fs::write(from.join(name), content(length)).unwrap();
    }
    let rclone = |words: &[&Path]| {
        let words = words.iter().map(|word| match word.to_str() {
            Some("remote") => format!("{remote}backup"),
            _ => word.display().to_string(),
        });
        run(&rclone, place.path())
            .env("RCLONE_CONFIG", "/dev/null")
            .envs(variables)
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
    let ledger = house.ledger();
    let broken: Vec<_> = ledger.iter().filter(|it| it.status == 0 || it.status >= 500).collect();
    assert!(broken.is_empty(), "{broken:?}");
    Ok(())
}

pub fn rclone_copies_checks_and_removes() -> Tried {
    let house = webdav();
    let remote = format!(":webdav,url='{}':", house.service.url());
    let token = ("RCLONE_WEBDAV_BEARER_TOKEN".to_owned(), house.service.token().to_owned());
    copies_checks_and_removes(&house, &remote, &[token])
}

pub fn rclone_copies_checks_and_removes_in_a_bucket() -> Tried {
    let house = house(ServiceKind::named("s3"), Network::unlimited(), Limits::default());
    let endpoint = house.service.endpoint();
    let Access::Keys { bucket, region, access_key, secret_key } = &endpoint.access else {
        panic!("{endpoint:?}");
    };
    let remote = format!(":s3,provider=Other,force_path_style=true:{bucket}/");
    let variables = [
        ("RCLONE_S3_ENDPOINT", &endpoint.url),
        ("RCLONE_S3_REGION", region),
        ("RCLONE_S3_ACCESS_KEY_ID", access_key),
        ("RCLONE_S3_SECRET_ACCESS_KEY", secret_key),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.clone()));
    copies_checks_and_removes(&house, &remote, &variables)
}
