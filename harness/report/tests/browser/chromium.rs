//! Opens a page in headless Chromium through `page.mjs`, and gives back what that saw.
//! Owns the process and its environment; what is seen is judged by the tests.
#![expect(clippy::disallowed_methods, reason = "the browser is found and run here, and only here")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lukewarm_testing::{Installed, Missing};
use serde::de::DeserializeOwned;

/// How long one visit may take: more is a failure, not patience.
const LONGEST: Duration = Duration::from_secs(120);

/// What a visit saw beside what it was for.
#[derive(Debug, serde::Deserialize)]
pub struct Seen {
    /// Whatever the console said, errors, dialogs, what the policy refused.
    pub problems: Vec<String>,
    /// Every address that was asked for.
    pub requests: Vec<String>,
}

/// The state of a page: the first table of results, and what is sorted and filtered.
#[derive(Debug, PartialEq, serde::Deserialize)]
pub struct State {
    pub rows: Vec<Vec<String>>,
    pub sorts: Vec<String>,
    pub hash: String,
    pub query: String,
    pub count: String,
    pub marked: Vec<String>,
    pub focused: String,
}

impl State {
    /// A column of the rows that are shown.
    pub fn column(&self, number: usize) -> Vec<&str> {
        self.rows.iter().map(|row| row[number].trim()).collect()
    }
}

/// Does one thing of `page.mjs` with a page.
pub fn visit<T: DeserializeOwned>(what: &str, page: &Path, words: &[&str]) -> Result<T, Missing> {
    let installed = installed();
    let node = installed.program("node")?;
    let browser = installed.program("chromium")?;
    installed.file("node_modules/playwright-core/package.json")?;
    installed.file("node_modules/axe-core/axe.min.js")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/page.mjs");
    let home = page.parent().expect("a page lies in a folder");
    let mut command = Command::new(node);
    command.arg(script).arg(&installed.folder).arg(browser).arg(what).arg(page).args(words);
    // Nobody's profile: the browser's own folder is new for each start, and home is the page's.
    command.env_clear().env("PATH", path()).env("HOME", home);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("node runs");
    let began = Instant::now();
    let mut out = child.stdout.take().expect("it is piped");
    let told = std::thread::spawn(move || std::io::read_to_string(&mut out));
    let status = loop {
        match child.try_wait().expect("a child can be waited for") {
            Some(status) => break status,
            None if began.elapsed() > LONGEST => {
                let _ = child.kill();
                panic!("{what} {}: no end after {LONGEST:?}", page.display());
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let told = told.join().expect("reading ends").expect("it is text");
    assert!(status.success(), "{what} {}: {status}\n{told}", page.display());
    let result = told.lines().find_map(|line| line.strip_prefix("RESULT "));
    let result = result.unwrap_or_else(|| panic!("{what}: no result in {told}"));
    Ok(serde_json::from_str(result).unwrap_or_else(|error| panic!("{error}: {result}")))
}

/// What a program of the machine prints.
pub fn output(name: &str, words: &[&Path]) -> Result<String, Missing> {
    let output = Command::new(installed().program(name)?).args(words).output().expect("it runs");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn installed() -> Installed {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/browser");
    Installed::new("LUKEWARM_BROWSER", &folder, "harness/report/tests/browser/install.sh")
}

fn path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
