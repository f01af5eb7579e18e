//! Every published journal, and the example of the tests, is read, turned into the model's nouns,
//! and back into the lines that it was read from. Where an older version wrote a form that is only
//! read today, the line that is written says the same.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use lukewarm_model::{JobFacts, RunEnd, RunFacts};
use lukewarm_record::{JOURNAL, Writer};
use lukewarm_wire::v1;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The forms that only older versions wrote, by the last keys of their paths.
const EARLIER: [&str; 3] =
    ["plan/workspaces/expected", "plan/workspaces/reuse/hit", "plan/scenarios/archive"];

/// The journals below a folder.
fn journals(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            journals(&path, found);
        } else if path.file_name().is_some_and(|name| name == "journal.jsonl") {
            found.push(path);
        }
    }
}

/// A line's data, read, made into a noun, and written again.
fn written_again<Noun, Wire>(data: &str) -> String
where
    Wire: DeserializeOwned + Serialize + From<Noun>,
    Noun: From<Wire> + Clone + PartialEq + std::fmt::Debug,
{
    let noun = Noun::from(serde_json::from_str::<Wire>(data).unwrap());
    let text = serde_json::to_string(&Wire::from(noun.clone())).unwrap();
    let again = Noun::from(serde_json::from_str::<Wire>(&text).unwrap());
    assert_eq!(again, noun, "what is written says what was read");
    text
}

/// Where two values differ: keys, without the numbers of lists.
fn differences(one: &Value, other: &Value, path: &str, found: &mut Vec<String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}/{key}") };
    match (one, other) {
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).for_each(|(one, other)| differences(one, other, path, found));
        }
        (Value::Object(one), Value::Object(other)) if path != EARLIER[0] => {
            for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
                let [one, other] = [one, other].map(|it| it.get(key).unwrap_or(&Value::Null));
                differences(one, other, &below(key), found);
            }
        }
        _ if one == other => {}
        _ => found.push(path.to_owned()),
    }
}

/// The text between `"data":` and the checksum, where there is one.
fn data(line: &str) -> &str {
    let (_, data) = line.split_once("\"data\":").unwrap();
    let end = data.rfind(",\"sum\":").unwrap_or(data.len() - "}".len());
    &data[..end]
}

#[test]
fn published_records_are_written_as_they_were() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    journals(&root.join("../../results/published"), &mut found);
    journals(&root.join("../analysis/testdata"), &mut found);
    assert!(found.len() > 2, "{found:?}");
    let (mut alike, mut earlier) = (0, 0);
    for path in found {
        for (index, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let place = format!("{}:{}", path.display(), index + 1);
            let data = data(line);
            let fact = serde_json::from_str::<Value>(line).unwrap()["fact"].clone();
            let text = match fact.as_str() {
                Some("run") => written_again::<RunFacts, v1::RunFacts>(data),
                Some("job") => written_again::<JobFacts, v1::JobFacts>(data),
                Some("end") => written_again::<RunEnd, v1::RunEnd>(data),
                _ => panic!("{place}: {fact}"),
            };
            if text == data {
                alike += 1;
                continue;
            }
            let [was, is] = [data, &text].map(|it| serde_json::from_str::<Value>(it).unwrap());
            let mut differ = Vec::new();
            differences(&was, &is, "", &mut differ);
            // Lists of outputs are differences from earlier lines: the journal's writer makes them.
            differ.retain(|path| !path.ends_with("outputs/manifest"));
            differ.retain(|path| !EARLIER.contains(&path.as_str()));
            assert_eq!(differ, Vec::<String>::new(), "{place}");
            earlier += 1;
        }
    }
    assert!(alike > 100 && earlier > 0, "{alike} alike, {earlier} of earlier versions");
}

#[test]
fn published_journals_with_outputs_are_written_as_they_were_line_by_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    journals(&root.join("../../results/published"), &mut found);
    let with_outputs = |path: &PathBuf| fs::read_to_string(path).unwrap().contains("\"manifest\":");
    found.retain(with_outputs);
    assert!(!found.is_empty());
    for path in found {
        let record = lukewarm_record::read(path.parent().unwrap()).unwrap();
        let place = tempfile::tempdir().unwrap();
        let mut writer = Writer::create(place.path(), &record.run).unwrap();
        let was = fs::read_to_string(&path).unwrap();
        let (mut jobs, mut ends) = (record.jobs.iter(), ends(&was).into_iter());
        let mut has_ended = false;
        for line in was.lines().skip(1) {
            // A run that was resumed has jobs behind an end.
            if has_ended && !is_end(line) {
                let folder = writer.folder().to_owned();
                drop(writer);
                writer = Writer::resume(&folder).unwrap();
            }
            has_ended = is_end(line);
            match has_ended {
                true => writer.end(&ends.next().unwrap()).unwrap(),
                false => writer.job(jobs.next().unwrap()).unwrap(),
            }
        }
        assert!(jobs.next().is_none());
        let again = fs::read_to_string(writer.folder().join(JOURNAL)).unwrap();
        for (number, (is, was)) in (1..).zip(again.lines().zip(was.lines())) {
            assert_eq!(is, was, "{}:{number}", path.display());
        }
        assert_eq!(again.lines().count(), was.lines().count(), "{}", path.display());
    }
}

#[test]
fn every_published_run_ended_by_its_plan() {
    let mut found = Vec::new();
    journals(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/published"), &mut found);
    for path in found {
        let record = lukewarm_record::read(path.parent().unwrap()).unwrap();
        let stopped = record.end.as_ref().map(|end| &end.stopped);
        assert!(record.is_complete(), "{}: {stopped:?}", path.display());
    }
}

fn is_end(line: &str) -> bool {
    line.starts_with("{\"v\":1,\"fact\":\"end\"")
}

/// Every end of a journal: publishing adds one with its reason to that of the run.
fn ends(journal: &str) -> Vec<RunEnd> {
    let lines: Vec<&str> = journal.split_inclusive('\n').collect();
    let places = (0..lines.len()).filter(|place| is_end(lines[*place]));
    let up_to = |place: usize| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(JOURNAL), lines[..=place].concat()).unwrap();
        lukewarm_record::read(folder.path()).unwrap().end.unwrap()
    };
    places.map(up_to).collect()
}
