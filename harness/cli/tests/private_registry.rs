//! A workspace whose dependency lies in a private registry: it is fetched once, with the user's own
//! address and token, and neither jobs nor records have the token.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "the program is started as its users do")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const TOKEN: &str = "hunter2-of-the-registry";
const CRATE: &str = "inhouse";

/// A folder with a package in it that anybody can build.
fn package(folder: &Path, manifest: &str, source: (&str, &str)) {
    fs::create_dir_all(folder.join("src")).unwrap();
    let head = "[package]\nversion = \"1.0.0\"\nedition = \"2021\"\n";
    fs::write(folder.join("Cargo.toml"), format!("{head}{manifest}")).unwrap();
    fs::write(folder.join("src").join(source.0), source.1).unwrap();
}

/// What `cargo package` makes of a library.
fn packaged(folder: &Path) -> Vec<u8> {
    let source = ("lib.rs", "pub fn answer() -> u32 {\n    42\n}\n");
    package(folder, &format!("name = \"{CRATE}\"\n"), source);
    let words = ["package", "--no-verify", "--offline", "--allow-dirty", "--quiet"];
    let made = Command::new("cargo").args(words).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    fs::read(folder.join(format!("target/package/{CRATE}-1.0.0.crate"))).unwrap()
}

/// A sparse registry that answers nobody without the token.
async fn registry(bytes: Vec<u8>) -> MockServer {
    let server = MockServer::start().await;
    let checksum: String = Sha256::digest(&bytes).iter().map(|it| format!("{it:02x}")).collect();
    let entry = format!(
        "{{\"name\":\"{CRATE}\",\"vers\":\"1.0.0\",\"deps\":[],\"cksum\":\"{checksum}\",\
         \"features\":{{}},\"yanked\":false}}\n"
    );
    let config =
        format!("{{\"dl\":\"{}/dl/{{crate}}/{{version}}\",\"auth-required\":true}}", server.uri());
    for (at, body) in [
        ("/index/config.json".to_owned(), config.into_bytes()),
        (format!("/index/in/ho/{CRATE}"), entry.into_bytes()),
        (format!("/dl/{CRATE}/1.0.0"), bytes),
    ] {
        let answer = ResponseTemplate::new(200).set_body_bytes(body);
        let asked = Mock::given(method("GET")).and(path(at)).and(header("authorization", TOKEN));
        asked.respond_with(answer).mount(&server).await;
    }
    let refused = ResponseTemplate::new(401).insert_header("www-authenticate", "Cargo");
    Mock::given(method("GET")).respond_with(refused).with_priority(9).mount(&server).await;
    server
}

/// The program in a folder, with a home of its own.
fn lukewarm(folder: &Path, home: &Path, words: &[String]) -> Output {
    let rustup = std::env::var_os("RUSTUP_HOME").map(PathBuf::from);
    let rustup =
        rustup.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".rustup"));
    let mut program = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    program.args(words).current_dir(folder).env_clear();
    program.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home);
    program.env("RUSTUP_HOME", rustup).output().unwrap()
}

/// The files below a folder that hold the token.
fn with_the_token(folder: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(|it| it.unwrap().into_path());
    let holds = |file: &PathBuf| {
        let bytes = fs::read(file).unwrap_or_default();
        bytes.windows(TOKEN.len()).any(|it| it == TOKEN.as_bytes())
    };
    files.filter(|it| it.is_file()).filter(holds).collect()
}

/// Lays the user's home and a workspace that needs the private crate.
fn lay(place: &TempDir, index: &str) -> (PathBuf, PathBuf) {
    let [home, app] = ["home", "app"].map(|it| place.path().join(it));
    fs::create_dir_all(home.join(".cargo")).unwrap();
    let configuration = format!(
        "[registries.private]\nindex = \"sparse+{index}/index/\"\n\
         [registry]\nglobal-credential-providers = [\"cargo:token\"]\n"
    );
    fs::write(home.join(".cargo/config.toml"), configuration).unwrap();
    let token = format!("[registries.private]\ntoken = \"{TOKEN}\"\n");
    fs::write(home.join(".cargo/credentials.toml"), token).unwrap();
    let manifest = format!(
        "name = \"app\"\n[dependencies]\n{CRATE} = {{ version = \"1\", registry = \"private\" }}\n"
    );
    let main = "fn main() {\n    println!(\"{}\", inhouse::answer());\n}\n";
    package(&app, &manifest, ("main.rs", main));
    (home, app)
}

#[tokio::test]
async fn a_private_registry_is_asked_once_and_its_token_is_nowhere_afterwards() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let server = registry(packaged(&place.path().join(CRATE))).await;
    let (home, app) = lay(&place, &server.uri());
    let [out, scratch] = ["out", "scratch"].map(|it| place.path().join(it));
    let words = ["run", "none", "persistent-target", "--story", "short", "-n", "1"];
    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
    for (option, folder) in [("--out", &out), ("--scratch", &scratch)] {
        words.extend([option.to_owned(), folder.display().to_string()]);
    }
    let (folder, at) = (app.clone(), home.clone());
    let ran = tokio::task::spawn_blocking(move || lukewarm(&folder, &at, &words)).await.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    let asked = server.received_requests().await.unwrap();
    let loads = asked.iter().filter(|it| it.url.path().starts_with("/dl/"));
    assert_eq!(loads.count(), 1, "the crate is fetched once, and not by any job");
    assert_eq!(with_the_token(&out), [] as [PathBuf; 0]);
    assert_eq!(with_the_token(&scratch), [] as [PathBuf; 0]);
    assert!(!said.contains(TOKEN) && !String::from_utf8_lossy(&ran.stdout).contains(TOKEN));
    assert_eq!(with_the_token(&home).len(), 1, "the user's own file is as it was");
}

#[tokio::test]
async fn a_registry_that_refuses_is_named_before_anything_is_measured() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let server = registry(packaged(&place.path().join(CRATE))).await;
    let (home, app) = lay(&place, &server.uri());
    let token = "[registries.private]\ntoken = \"of-somebody-who-left\"\n";
    fs::write(home.join(".cargo/credentials.toml"), token).unwrap();
    let out = place.path().join("out");
    let scratch = place.path().join("scratch").display().to_string();
    let words =
        ["run", "none", "-n", "1", "--out", &out.display().to_string(), "--scratch", &scratch]
            .map(str::to_owned);
    let ran = tokio::task::spawn_blocking(move || lukewarm(&app, &home, &words)).await.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(4), "{said}");
    assert!(said.contains("private") && !said.contains("of-somebody-who-left"), "{said}");
    let journals = walkdir::WalkDir::new(&out).into_iter().flatten();
    assert_eq!(journals.filter(|it| it.file_name() == "journal.jsonl").count(), 0);
}
