//! JSON Schemas, completions and manual pages as people and editors use them: the schemas that are
//! checked in are the code's, take every file that we ship, and refuse broken ones.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "the program and bash are started as users do")]

mod made;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use jsonschema::Validator;
use lukewarm_plan::FILE_KINDS;
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What a command prints on standard output; it must end well, but for `compare`.
fn printed(words: &[&str]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    let output = program.args(words).current_dir(root()).output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() || words[0] == "compare", "{words:?}: {talk}");
    String::from_utf8(output.stdout).unwrap()
}

fn validator(name: &str) -> Validator {
    let path = root().join(format!("harness/docs/schemas/{name}.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[track_caller]
fn fits(name: &str, what: &str, value: &Value) {
    let validator = validator(name);
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what} does not fit `{name}`:\n{}", errors.join("\n"));
}

fn toml(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

/// The files that a pattern such as `sample-workspaces/*/workspace.toml` has.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![root()];
    for part in pattern.split('/') {
        let (begin, end) = part.split_once('*').unwrap_or((part, ""));
        let fits = |name: &str| match part.contains('*') {
            true => name.starts_with(begin) && name.ends_with(end),
            false => name == part,
        };
        let below = found.into_iter().filter(|it| it.is_dir()).flat_map(|folder| {
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
        });
        found = below.filter(|it| fits(&it.file_name().unwrap().to_string_lossy())).collect();
    }
    found.retain(|it| it.is_file());
    found.sort();
    found
}

/// Every file that people write and that we ship, with its schema's name. A file with a schema of
/// its own is none of its neighbours' kind.
fn shipped() -> Vec<(&'static str, PathBuf)> {
    let of_its_own = |path: &Path| {
        FILE_KINDS.iter().any(|kind| !kind.files.contains('*') && path.ends_with(kind.files))
    };
    let mut found = Vec::new();
    for kind in FILE_KINDS {
        let mut files = matching(kind.files);
        files.retain(|path| path.ends_with(kind.files) || !of_its_own(path));
        found.extend(files.into_iter().map(|path| (kind.name, path)));
    }
    assert!(!found.is_empty(), "no file was found");
    found
}

#[test]
fn the_schemas_that_are_checked_in_are_the_codes() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().display().to_string();
    printed(&["schema", "--out", &folder]);
    let names = |folder: &Path| -> BTreeSet<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let kept = root().join("harness/docs/schemas");
    const { assert!(cfg!(feature = "schema"), "without it the program has the checked-in files") };
    let advice = "`cargo run --features schema -- schema --out harness/docs/schemas` writes them";
    assert_eq!(names(place.path()), names(&kept), "{advice}");
    for name in names(&kept) {
        let read = |folder: &Path| fs::read_to_string(folder.join(&name)).unwrap();
        assert!(read(place.path()) == read(&kept), "{name} is not the code's: {advice}");
        let listed = printed(&["schema"]);
        let stem = name.trim_end_matches(".json");
        assert!(
            listed.lines().any(|line| line.split_whitespace().next() == Some(stem)),
            "{listed}"
        );
        assert_eq!(printed(&["schema", stem]), read(&kept));
    }
}

#[test]
fn the_tables_of_keys_are_the_schemas() {
    let place = tempfile::tempdir().unwrap();
    let mut specified = BTreeSet::new();
    let settings = "harness/docs/reference/settings.md";
    for page in ["scenarios/README.md", "sample-workspaces/README.md", settings] {
        let kept = fs::read_to_string(root().join(page)).unwrap();
        let copy = place.path().join("page.md");
        fs::write(&copy, &kept).unwrap();
        printed(&["schema", "--into", &copy.display().to_string()]);
        let advice = format!("`cargo run -- schema --into {page}` writes its tables");
        assert!(fs::read_to_string(&copy).unwrap() == kept, "{page} is not the code's: {advice}");
        let markers = kept.lines().filter_map(|line| line.strip_prefix("<!-- keys of "));
        specified.extend(markers.map(|rest| rest.trim_end_matches(" -->").to_owned()));
    }
    // Thresholds are specified in the page of the gate, by hand.
    let kinds = FILE_KINDS.iter().map(|kind| kind.name).filter(|name| *name != "thresholds");
    assert_eq!(specified, kinds.map(str::to_owned).collect());
    let bare = place.path().join("bare.md");
    fs::write(&bare, "no marker\n").unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    let output = program.args(["schema", "--into"]).arg(&bare).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("bare.md") && said.contains("<!-- keys of NAME -->"), "{said}");
    assert_eq!(fs::read_to_string(&bare).unwrap(), "no marker\n");
}

#[test]
fn an_unknown_schema_is_told_with_the_nearest() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    let output = program.args(["schema", "scenarios"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("unknown schema `scenarios`; did you mean `scenario`?"), "{said}");
}

#[test]
fn every_file_that_we_ship_fits_its_schema_and_names_it() {
    for (name, path) in shipped() {
        let text = fs::read_to_string(&path).unwrap();
        fits(name, &path.display().to_string(), &toml(&text));
        let named = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
        let named = named.map(|it| path.parent().unwrap().join(it).canonicalize().unwrap());
        let wanted = root().join(format!("harness/docs/schemas/{name}.json"));
        assert_eq!(named, Some(wanted), "the first line of {} is for editors", path.display());
    }
    let gate = fs::read_to_string(root().join("harness/docs/gate.md")).unwrap();
    let example = gate.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    fits("thresholds", "the example of gate.md", &toml(example));
    let page = fs::read_to_string(root().join("harness/docs/reference/settings.md")).unwrap();
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    fits("settings", "the example of settings.md", &toml(example));
}

/// A value at a JSON pointer is put there, or removed.
fn changed(value: &Value, pointer: &str, new: Option<Value>) -> Value {
    let mut value = value.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap();
    match (parent, new) {
        (Value::Object(map), Some(new)) => drop(map.insert(key.to_owned(), new)),
        (Value::Object(map), None) => assert!(map.remove(key).is_some(), "{pointer}"),
        (Value::Array(list), Some(new)) => list[key.parse::<usize>().unwrap()] = new,
        _ => panic!("{pointer}"),
    }
    value
}

#[test]
fn broken_files_are_refused() {
    let file = |path: &str| toml(&fs::read_to_string(root().join(path)).unwrap());
    let scenario = file("scenarios/sccache-throttled.toml");
    let (network, story) =
        (file("scenarios/networks/slow.toml"), file("scenarios/stories/default.toml"));
    let (presets, tiny) =
        (file("scenarios/presets.toml"), file("sample-workspaces/tiny/workspace.toml"));
    let thresholds = toml("[tolerance]\nwall = '5 %'\n[[override]]\njob = 'cold'\nwall = 'off'\n");
    let settings = toml("command = 'cargo test'\n[env]\nA = 'b'\n[runner]\ncpus = 4\n");
    let cases = [
        ("settings", &settings, "/comand", Some(json!("cargo test"))),
        ("settings", &settings, "/command", Some(json!(" "))),
        ("settings", &settings, "/commands", Some(json!([]))),
        ("settings", &settings, "/env/A", Some(json!(1))),
        ("settings", &settings, "/runner/cpus", Some(json!(0))),
        ("settings", &settings, "/runner", Some(json!({ "memory": "16" }))),
        ("settings", &settings, "/verify", Some(json!({ "bin": "x" }))),
        ("settings", &settings, "/budget", Some(json!("10"))),
        ("scenario", &scenario, "/tools", Some(json!("sccache"))),
        ("scenario", &scenario, "/tool", None),
        ("scenario", &scenario, "/tool", Some(json!("bazel"))),
        ("scenario", &scenario, "/service", Some(json!("webdev"))),
        ("scenario", &scenario, "/service", None),
        ("scenario", &scenario, "/network", None),
        ("scenario", &scenario, "/title", Some(json!(" "))),
        ("scenario", &scenario, "/limits", Some(json!({ "quota": "10" }))),
        ("scenario", &scenario, "/limits", Some(json!({ "quota": "10 ms" }))),
        ("scenario", &scenario, "/limits", Some(json!({ "uploads-per-minute": 0 }))),
        ("scenario", &scenario, "/faults", Some(json!(["503/read=2%", "flip@3"]))),
        ("scenario", &scenario, "/faults", Some(json!(["200"]))),
        ("scenario", &scenario, "/settings", Some(json!({ "key": "roling" }))),
        ("scenario", &scenario, "/settings", Some(json!({ "hole": true }))),
        ("scenario", &scenario, "/incremental", Some(json!("no"))),
        ("network", &network, "/source", None),
        ("network", &network, "/down", Some(json!("60 MB"))),
        ("network", &network, "/round-trip", Some(json!(50))),
        ("network", &network, "/connect-round-trips", Some(json!(-1))),
        ("story", &story, "/job", None),
        ("story", &story, "/job", Some(json!([]))),
        ("story", &story, "/mtime", Some(json!("new"))),
        ("story", &story, "/job/0", Some(json!({ "name": "B c" }))),
        ("story", &story, "/job/1", Some(json!({ "name": "b", "change": "bdy" }))),
        ("story", &story, "/job/1", Some(json!({ "name": "b", "place": "leaf" }))),
        ("presets", &presets, "/full", None),
        ("presets", &presets, "/quick/iterations", Some(json!(2))),
        ("presets", &presets, "/quick/looks", None),
        ("presets", &presets, "/quick/scenarios", Some(json!([]))),
        ("presets", &presets, "/default/budget", Some(json!("10 minutes"))),
        ("workspace", &tiny, "/typical-build", Some(json!("7"))),
        ("workspace", &tiny, "/expected/unit", Some(json!(3))),
        ("workspace", &tiny, "/verify", Some(json!({ "bin": "x" }))),
        ("workspace", &tiny, "/mutation/0/kind", Some(json!("flags"))),
        ("workspace", &tiny, "/mutation/0/patch", None),
        ("workspace", &tiny, "/reuse", Some(json!({ "leaf-body": { "kpt": 2 } }))),
        ("thresholds", &thresholds, "/tolerance/wall", Some(json!("5"))),
        ("thresholds", &thresholds, "/tolerance/request", Some(json!("5 %"))),
        ("thresholds", &thresholds, "/override/0", Some(json!({ "wall": "5 %" }))),
    ];
    for (name, whole, pointer, new) in cases {
        let validator = validator(name);
        assert!(validator.is_valid(whole), "{name} was broken before");
        let broken = changed(whole, pointer, new.clone());
        assert!(!validator.is_valid(&broken), "{name} with {pointer} = {new:?} was taken");
    }
}

#[test]
fn faults_and_quantities_are_taken_as_they_are_read() {
    let validator = validator("scenario");
    let of = |key: &str, value: Value| {
        let mut scenario = json!({
            "title": "t", "essay": "e", "tool": "sccache@0.10.0", "service": "webdav",
            "network": "slow",
        });
        scenario[key] = value;
        scenario
    };
    for fault in [
        "429",
        "503/read=2%",
        "reset@64 KiB/write=#3",
        "truncate@1kB=every 10",
        "stall@30s/lookup=0.5%",
        "flip=7%",
        "slow-start@1.5 s",
        "token-expiry@10m",
        "500=#1,2,9",
    ] {
        assert!(fault.parse::<lukewarm_model::Fault>().is_ok(), "{fault}");
        assert!(validator.is_valid(&of("faults", json!([fault]))), "{fault}");
    }
    for (size, right) in [("10 GB", true), (" 4MiB ", true), (".5 kB", true), ("1_000 B", true)]
        .into_iter()
        .chain([("10", false), ("-1 B", false), ("1e3 B", false), ("GB", false), ("", false)])
    {
        assert_eq!(size.parse::<lukewarm_model::Bytes>().is_ok(), right, "{size}");
        assert_eq!(validator.is_valid(&of("limits", json!({ "quota": size }))), right, "{size}");
    }
}

#[test]
fn what_lukewarm_writes_fits_its_schema() {
    let place = tempfile::tempdir().unwrap();
    let published = made::reported(place.path());
    let read = |name: &str| fs::read_to_string(published.join(name)).unwrap();
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    for (number, line) in read("journal.jsonl").lines().enumerate() {
        fits("journal", &format!("line {}", number + 1), &parsed(line));
    }
    fits("run", "run.json", &parsed(&read("run.json")));
    fits("summary", "summary.json", &parsed(&read("summary.json")));
    fits("list", "list --json", &parsed(&printed(&["list", "--json"])));
    fits("doctor", "doctor --json", &parsed(&printed(&["doctor", "--json"])));
    let claims = fs::read_to_string(root().join("results/published/claims/claims.json")).unwrap();
    fits("claims", "claims.json", &parsed(&claims));
    let sides = ["results/published/cli:none", "results/published/cli:sccache-webdav"];
    let answer = parsed(&printed(&["compare", sides[0], sides[1], "--format", "json"]));
    fits("compare", "compare --format json", &answer);
    let broken = changed(&answer, "/answer", Some(json!("perhaps")));
    assert!(!validator("compare").is_valid(&broken));
    let head = parsed(read("journal.jsonl").lines().next().unwrap());
    for (pointer, new) in [
        ("/fact", Some(json!("rin"))),
        ("/v", None),
        ("/data/host/cores", Some(json!("two"))),
        ("/data/plan/seed", None),
        ("/sum", Some(json!("123"))),
    ] {
        let broken = changed(&head, pointer, new);
        assert!(!validator("journal").is_valid(&broken), "{pointer} was taken");
    }
}

#[test]
fn every_key_that_people_write_is_explained() {
    fn walk(value: &Value, path: &str, found: &mut usize) {
        let below = value["properties"].as_object().into_iter().flatten();
        // What is `false` is a key that nobody may write.
        for (key, schema) in below.filter(|(_, schema)| **schema != json!(false)) {
            let path = format!("{path}/{key}");
            *found += 1;
            let is_table = schema["type"] == "object";
            let said = schema["description"].as_str().unwrap_or_default();
            assert!(is_table || !said.is_empty(), "{path} has no words");
            let required = value["required"].as_array().is_some_and(|it| it.contains(&json!(key)));
            let is_metric = schema["format"] == "tolerance";
            assert!(required || is_metric || said.contains("Left out: "), "{path}: left out?");
            walk(schema, &path, found);
            walk(&schema["items"], &path, found);
        }
    }
    let mut found = 0;
    for name in FILE_KINDS.iter().map(|kind| kind.name) {
        walk(&serde_json::from_str(&printed(&["schema", name])).unwrap(), name, &mut found);
    }
    assert!(found > 0, "no key was found");
}

#[test]
fn completions_are_scripts_and_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for word in ["compare", "schema", "--iterations", "--across-hosts"] {
            let bare = word.trim_start_matches("--");
            assert!(script.contains(bare), "{shell}: no {word}");
        }
    }
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    let script = printed(&["completions", "bash"]);
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success(), "bash does not read its completions");
}

/// The commands, as the program's help lists them.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // The further lines of a command's help are indented more.
    let lines = list.lines().filter_map(|line| line.strip_prefix("  "));
    let names = lines.filter_map(|line| line.split(' ').next().filter(|it| !it.is_empty()));
    let names: Vec<String> = names.filter(|it| *it != "help").map(str::to_owned).collect();
    assert!(names.iter().any(|it| it == "run"), "{names:?}");
    names
}

#[test]
fn the_manual_names_every_command_and_each_has_a_page() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH lukewarm 1") && page.contains(".SH SUBCOMMANDS"), "{page}");
    let place = tempfile::tempdir().unwrap();
    printed(&["man", "--out", &place.path().display().to_string()]);
    for command in commands() {
        assert!(page.contains(&format!("lukewarm\\-{command}(1)")), "{command} is not named");
        let own = fs::read_to_string(place.path().join(format!("lukewarm-{command}.1"))).unwrap();
        assert!(own.contains(".SH SYNOPSIS"), "{own}");
    }
    assert!(place.path().join("lukewarm.1").is_file());
}
