//! `lukewarm serve` as people use it: what it prints where, what it keeps, what it refuses.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "the program is started as its users do")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_lukewarm");

/// A served cache, which ends with the test.
struct Served {
    child: Child,
    variables: Vec<(String, String)>,
}

fn serve(words: &[&str]) -> Served {
    serve_with(words, &[])
}

/// The same with more variables in its environment.
fn serve_with(words: &[&str], variables: &[(&str, &str)]) -> Served {
    let mut child = Command::new(PROGRAM)
        .arg("serve")
        .args(words)
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It closes standard output when all was said: this ends.
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let variables = lines.map(|line| {
        let line = line.unwrap();
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{line}"));
        (name.to_owned(), value.to_owned())
    });
    Served { variables: variables.collect(), child }
}

/// What it says when it does not serve.
fn refused(words: &[&str]) -> String {
    let output: Output = Command::new(PROGRAM).arg("serve").args(words).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(output.stdout.is_empty());
    text
}

impl Served {
    fn get(&self, name: &str) -> &str {
        let found = self.variables.iter().find(|(it, _)| it == name);
        &found.unwrap_or_else(|| panic!("no {name} in {:?}", self.variables)).1
    }

    /// One request of its own connection, with that token: the status and the body.
    fn ask(&self, method: &str, path: &str, token: &str, body: &str) -> (u16, String) {
        let named = |wanted: &str| self.variables.iter().find(|(name, _)| name == wanted);
        let url = named("SCCACHE_WEBDAV_ENDPOINT").or(named("ACTIONS_RESULTS_URL"));
        let url = url.unwrap().1.strip_prefix("http://").unwrap().trim_end_matches('/');
        let mut stream = TcpStream::connect(url).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\n"
        );
        let more = format!("Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        stream.write_all((head + &more).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn webdav(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        self.ask(method, path, self.get("SCCACHE_WEBDAV_TOKEN"), body)
    }

    /// Ends it as Ctrl-C does, and gives what it said.
    fn interrupted(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0), "{said}");
        said
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_environment_is_all_that_is_on_standard_output() {
    let webdav = serve(&["webdav"]);
    let names: Vec<&str> = webdav.variables.iter().map(|(name, _)| name.as_str()).collect();
    let wanted = ["SCCACHE_WEBDAV_ENDPOINT", "SCCACHE_WEBDAV_TOKEN", "LUKEWARM_SERVE_PID"];
    assert_eq!(names, wanted);
    assert_eq!(webdav.get("LUKEWARM_SERVE_PID"), webdav.child.id().to_string());
    assert_eq!(webdav.webdav("PUT", "/a", "x").0, 201);
    assert_eq!(webdav.webdav("GET", "/a", ""), (200, "x".to_owned()));
    assert_eq!(webdav.ask("GET", "/a", "wrong", "").0, 401);
    let actions = serve(&["github-actions"]);
    let url = actions.get("ACTIONS_RESULTS_URL").to_owned();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with('/'), "{url}");
    assert_eq!(actions.get("ACTIONS_CACHE_URL"), url);
    // Go's `strconv.ParseBool`, by which BuildKit's client reads it, takes these and no `on`.
    let go = ["1", "t", "T", "true", "TRUE", "True"];
    assert!(go.contains(&actions.get("ACTIONS_CACHE_SERVICE_V2")));
    assert_eq!(actions.get("ACTIONS_RUNTIME_TOKEN").split('.').count(), 3);
    // No value needs quotes in a shell.
    let plain = |c: char| c.is_ascii_alphanumeric() || "./:_-".contains(c);
    assert!(actions.variables.iter().all(|(_, value)| value.chars().all(plain)));
}

#[test]
fn a_bucket_says_all_that_sccache_needs() {
    let bucket = serve(&["s3", "--token", "a-secret-key"]);
    let names: Vec<&str> = bucket.variables.iter().map(|(name, _)| name.as_str()).collect();
    let wanted = [
        "SCCACHE_BUCKET",
        "SCCACHE_ENDPOINT",
        "SCCACHE_REGION",
        "SCCACHE_S3_USE_SSL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "LUKEWARM_SERVE_PID",
    ];
    // Other tools have variables of their own.
    let of_sccache = names.into_iter().filter(|name| wanted.contains(name));
    assert_eq!(of_sccache.collect::<Vec<_>>(), wanted);
    assert_eq!(bucket.get("AWS_SECRET_ACCESS_KEY"), "a-secret-key");
    assert_eq!(bucket.get("SCCACHE_S3_USE_SSL"), "off");
}

#[test]
fn scopes_can_be_asked_for_and_service_v1_too() {
    const CALL: &str = "/twirp/github.actions.results.api.v1.CacheService/CreateCacheEntry";
    const V1: &str = "/_apis/artifactcache/cache?keys=a&version=v";
    let words = ["github-actions", "--quiet", "--scope", "refs/heads/feature=read", "--with-v1"];
    let served = serve(&words);
    let token = served.get("ACTIONS_RUNTIME_TOKEN");
    let asked = r#"{"key":"k","version":"v"}"#;
    let (status, told) = served.ask("POST", CALL, token, asked);
    assert!(status == 200 && told.contains("cache write denied"), "{status} {told}");
    assert_eq!(served.ask("GET", V1, token, "").0, 204);
    let plain = serve(&["github-actions", "--quiet", "--token", "a-word-of-length"]);
    assert_eq!(plain.get("ACTIONS_RUNTIME_TOKEN"), "a-word-of-length");
    assert_eq!(plain.ask("POST", CALL, "a-word-of-length", asked).0, 200);
    assert_eq!(plain.ask("GET", V1, "a-word-of-length", "").0, 422);
    let said = plain.interrupted();
    assert!(said.contains("0 entries of 0 B stored"), "{said}");
}

#[test]
fn eval_returns_while_it_serves() {
    let place = tempfile::tempdir().unwrap();
    let script = format!(
        "set -a; eval \"$('{PROGRAM}' serve webdav --quiet 2>'{}/log' & echo SERVER=$!)\"; set +a\n\
         echo $SERVER $SCCACHE_WEBDAV_ENDPOINT",
        place.path().display()
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (server, url) = said.trim().split_once(' ').unwrap();
    let reached = TcpStream::connect(url.strip_prefix("http://").unwrap());
    assert!(Command::new("kill").args(["-TERM", server]).status().unwrap().success());
    reached.unwrap();
}

#[test]
fn no_token_is_executed_or_changed_by_a_shell() {
    let strange = [
        "a;touch${IFS}PWNED;echo",
        "$(id)",
        "`id`",
        "a&b",
        "a|b",
        "~root",
        "a\\b",
        "a'b",
        "a\"b",
        "a b",
        "a#b",
        "a:~b",
        "<a>",
        "a*",
        "pässwort",
    ];
    for token in strange {
        let told = refused(&["webdav", &format!("--token={token}")]);
        assert!(told.contains("--token") && !told.contains(token), "{token}: {told}");
    }
    let token = "AZaz09._~+/=-";
    let script = format!(
        "set -a; eval \"$('{PROGRAM}' serve webdav --quiet --token='{token}' 2>/dev/null &)\"; set +a\n\
         echo \"$SCCACHE_WEBDAV_TOKEN $LUKEWARM_SERVE_PID\"; kill -TERM $LUKEWARM_SERVE_PID"
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let (same, pid) = told.trim().split_once(' ').unwrap();
    assert_eq!(same, token);
    assert!(output.status.success(), "it is ended by the number that it told");
    // In the background of a script it ignores the interrupt from the keyboard, and ends by this.
    let folder = format!("/proc/{pid}");
    let gone = (0..400).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        !Path::new(&folder).exists()
    });
    assert!(gone, "process {pid} is left");
}

#[test]
fn a_token_need_not_stand_on_the_command_line() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("the token");
    fs::write(&file, "from-a-file\n").unwrap();
    let file = file.to_str().unwrap();
    let variables = [("LUKEWARM_TOKEN", "from-the-environment")];
    let cases: [(&[&str], &str); 2] =
        [(&["webdav", "--token-file", file], "from-a-file"), (&["webdav"], "from-the-environment")];
    for (words, token) in cases {
        let served = serve_with(words, &variables);
        assert_eq!(served.get("SCCACHE_WEBDAV_TOKEN"), token);
        assert_eq!(served.webdav("PUT", "/a", "x").0, 201);
        let line = fs::read(format!("/proc/{}/cmdline", served.child.id())).unwrap();
        assert!(!String::from_utf8_lossy(&line).contains(token));
    }
    fs::write(file, "two words").unwrap();
    assert!(refused(&["webdav", "--token-file", file]).contains("the token: a token is made of"));
    fs::write(file, "\n").unwrap();
    assert!(refused(&["webdav", "--token-file", file]).contains("no token in it"));
    assert!(refused(&["webdav", "--token-file", "/none"]).contains("--token-file /none"));
}

#[test]
fn what_a_killed_one_left_the_next_sweeps_away() {
    let place = tempfile::tempdir().unwrap();
    let temporary = [("TMPDIR", place.path().to_str().unwrap())];
    fs::create_dir(place.path().join("lukewarm-serve-of-somebody")).unwrap();
    let left = || fs::read_dir(place.path()).unwrap().count() - 1;
    let killed = serve_with(&["webdav"], &temporary);
    killed.webdav("PUT", "/a", "x");
    let living = serve_with(&["webdav"], &temporary);
    assert_eq!(left(), 2, "the living is left alone");
    drop(killed);
    assert_eq!(left(), 2);
    let next = serve_with(&["webdav"], &temporary);
    assert_eq!(left(), 2, "what was killed is gone");
    assert_eq!(living.webdav("PUT", "/a", "x").0, 201);
    living.interrupted();
    next.interrupted();
    assert_eq!(left(), 0);
}

#[test]
fn a_store_whose_journal_was_damaged_is_repaired_when_that_is_asked() {
    let place = tempfile::tempdir().unwrap();
    let store = place.path().join("store");
    let words = ["webdav", "--store", store.to_str().unwrap(), "--token", "mine"];
    let first = serve(&words);
    ["/a", "/b"].iter().for_each(|path| assert_eq!(first.ask("PUT", path, "mine", "1").0, 201));
    first.interrupted();
    let journal = store.join("journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(2, "\0\0\0\0");
    let damaged = lines.join("\n") + "\n";
    fs::write(&journal, &damaged).unwrap();
    let told = refused(&words);
    assert!(told.contains("journal.jsonl:3:") && told.contains("`--repair`"), "{told}");
    let repaired = serve(&[&words[..], &["--repair"]].concat());
    for path in ["/a", "/b"] {
        assert_eq!(repaired.ask("GET", path, "mine", ""), (200, "1".to_owned()));
    }
    let said = repaired.interrupted();
    assert!(said.contains("1 lines") && said.contains("journal.jsonl.damaged-1"), "{said}");
    assert_eq!(fs::read_to_string(store.join("journal.jsonl.damaged-1")).unwrap(), damaged);
    serve(&words).interrupted();
}

#[test]
fn requests_are_shown_and_summed_and_written_down() {
    let place = tempfile::tempdir().unwrap();
    let ledger = place.path().join("ledger.jsonl");
    let words = ["webdav", "--fault", "503/read=#1", "--ledger", ledger.to_str().unwrap()];
    let served = serve(&words);
    served.webdav("PUT", "/a", "hello");
    assert_eq!(served.webdav("GET", "/a", "").0, 503);
    assert_eq!(served.webdav("GET", "/a", "").0, 200);
    let said = served.interrupted();
    for wanted in [
        "faults 503/read=#1",
        "status verb",
        "3 requests, 5 B up and 5 B down",
        "1 entries of 5 B stored",
        "1 faults made on purpose",
    ] {
        assert!(said.contains(wanted), "no `{wanted}` in {said}");
    }
    let lines = fs::read_to_string(ledger).unwrap();
    let requests: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(requests.len(), 3);
    let struck = requests.iter().find(|request| request["status"] == 503).unwrap();
    assert_eq!(struck["fault"], "503");
}

#[test]
fn what_is_kept_is_there_after_a_stop_and_after_a_kill() {
    let place = tempfile::tempdir().unwrap();
    let store = place.path().join("a store").display().to_string();
    let words = ["webdav", "--store", &store, "--token", "mine", "--quiet"];
    let first = serve(&words);
    assert_eq!(first.ask("PUT", "/stopped", "mine", "1").0, 201);
    first.interrupted();
    let second = serve(&words);
    assert_eq!(second.ask("PUT", "/killed", "mine", "2").0, 201);
    let busy = refused(&words);
    assert!(busy.contains("a store") && busy.contains("another process"), "{busy}");
    drop(second);
    let third = serve(&words);
    assert_eq!(third.ask("GET", "/stopped", "mine", ""), (200, "1".to_owned()));
    assert_eq!(third.ask("GET", "/killed", "mine", ""), (200, "2".to_owned()));
    drop(third);
    let other = refused(&["github-actions", "--store", &store]);
    assert!(other.contains("a service `webdav`, not `github-actions`"), "{other}");
    fs::write(place.path().join("thesis.txt"), "mine").unwrap();
    let foreign = refused(&["webdav", "--store", place.path().to_str().unwrap()]);
    assert!(foreign.contains("give an empty folder"), "{foreign}");
    assert!(Path::new(&place.path().join("thesis.txt")).exists());
}

#[test]
fn what_cannot_be_served_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let jwt = "eyJhbGciOiJub25lIn0.eyJhYyI6IltdIn0.";
    let cases: [(&[&str], &str); 14] = [
        (&["webdav", "--listen", &address], &format!("cannot listen on {address}")),
        (&["webdav", "--listen", "0.0.0.0:0"], "choose a token"),
        (&["webdav", "--token", "two words"], "visible ASCII"),
        (&["webdav", "--network", "slwo"], "`slow`?"),
        (&["webdav", "--fault", "boom", "--quota", "0 B"], "`boom` is none of"),
        (&["webdav", "--fault", "boom", "--quota", "0 B"], "--quota"),
        (&["webdav", "--quota", "many"], "not a size such as"),
        (&["github-actions", "--token", jwt], "looks like one with claims (a JWT)"),
        (&["github-actions", "--scope", "main"], "not a ref such as `refs/heads/main`"),
        (&["github-actions", "--scope", "refs/heads/a=all"], "unknown permission `all`"),
        (&["github-actions", "--scope", "refs/heads/a", "--token", "short"], "16 letters or more"),
        (&["webdav", "--scope", "refs/heads/main"], "only `github-actions` has scopes"),
        (&["webdav", "--with-v1"], "`webdav` has no service v1"),
        (&["github-actions", "--token", ""], "choose a token"),
    ];
    for (words, wanted) in cases {
        let said = refused(words);
        assert!(said.contains(wanted), "no `{wanted}` in {said}");
    }
}
