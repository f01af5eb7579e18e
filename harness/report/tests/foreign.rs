//! A record by somebody who means ill: every text in it that can be anything acts on a terminal,
//! in a CI system's log, in Markdown, XML or a page, and is only text in each report.

use lukewarm_analysis::{Evaluation, Findings, Hosts, analyse, gate, pairs_of_runs};
use lukewarm_model::{Case, RawRecord, Thresholds};
use lukewarm_report::{
    ColourChoice, GateFormat, ReportFile, RunFormat, TerminalStyle, bitmaps, files, format,
    headline, terminal,
};
use lukewarm_wire::v1;
use pulldown_cmark::{Event, Options, Parser, Tag};
use quick_xml::events::Event as XmlEvent;
use serde_json::{Value, json};

/// What each text ends with.
const EVIL: &str = "\n::warning title=owned::owned\r\n##[error]owned\u{1b}]0;owned\u{7}\
                    \u{1b}[2J\u{9b}31m\u{202e}\u{2028}\0|`![x](https://evil.example/p.png)\n\
                    # owned\n@owner <img src=x> ]]> & \u{ffff}";

/// The example run with that at the end of every text.
fn evil() -> RawRecord {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../analysis/testdata/example");
    let record = lukewarm_record::read(folder.as_ref()).expect("the example is readable");
    let mut value = recorded(record.clone());
    let mut paths = Vec::new();
    leaves(&value, &mut Vec::new(), &mut paths);
    paths.sort();
    paths.dedup();
    let mut spoiled = 0;
    for path in &paths {
        let before = value.clone();
        spoil(&mut value, path);
        // What is one of a few words, a time or a case stays one.
        match read(value.clone()) {
            Ok(_) => spoiled += 1,
            Err(_) => value = before,
        }
    }
    // Names of cases are spoiled below; times and the like have types that take no other text.
    assert!(spoiled > 40, "{spoiled} of {} kinds of text", paths.len());
    let mut evil = read(value).expect("it was tried");
    // A case goes on naming its workspace and its scenario.
    let named = |Case { workspace, scenario }: &Case| {
        Case::new(format!("{workspace}{EVIL}"), format!("{scenario}{EVIL}"))
    };
    for (case, was) in evil.run.plan.cases.iter_mut().zip(&record.run.plan.cases) {
        *case = named(was);
    }
    for (job, was) in evil.jobs.iter_mut().zip(&record.jobs) {
        job.case = named(&was.case);
    }
    evil
}

/// A record as its journal has it, in one value.
fn recorded(record: RawRecord) -> Value {
    let RawRecord { run, jobs, end } = record;
    json!({
        "run": v1::RunFacts::from(run),
        "jobs": jobs.into_iter().map(v1::JobFacts::from).collect::<Vec<_>>(),
        "end": end.map(v1::RunEnd::from),
    })
}

fn read(mut value: Value) -> Result<RawRecord, serde_json::Error> {
    let jobs = serde_json::from_value::<Vec<v1::JobFacts>>(value["jobs"].take())?;
    Ok(RawRecord {
        run: serde_json::from_value::<v1::RunFacts>(value["run"].take())?.into(),
        jobs: jobs.into_iter().map(Into::into).collect(),
        end: serde_json::from_value::<Option<v1::RunEnd>>(value["end"].take())?.map(Into::into),
    })
}

/// Where texts are: keys, without the numbers of lists.
fn leaves(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Value::String(_) => found.push(path.clone()),
        Value::Array(list) => list.iter().for_each(|it| leaves(it, path, found)),
        Value::Object(map) => {
            for (key, it) in map {
                path.push(key.clone());
                leaves(it, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn spoil(value: &mut Value, path: &[String]) {
    match (value, path) {
        (Value::String(text), []) => text.push_str(EVIL),
        (Value::Array(list), path) => list.iter_mut().for_each(|it| spoil(it, path)),
        (Value::Object(map), [first, rest @ ..]) => {
            map.get_mut(first).into_iter().for_each(|it| spoil(it, rest));
        }
        _ => {}
    }
}

fn findings() -> Findings {
    let record = evil();
    let findings = analyse(Evaluation::of(&record));
    assert!(findings.rows.iter().any(|row| row.scenario.contains("owned")), "names are spoiled");
    assert!(
        findings.issues.iter().any(|it| it.case.to_string().contains("owned")),
        "doubts are spoiled"
    );
    findings
}

fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || ('\u{2028}'..='\u{202e}').contains(&sign)
        || ('\u{2066}'..='\u{2069}').contains(&sign)
        || ['\u{200e}', '\u{200f}', '\u{61c}', '\u{fffe}', '\u{ffff}'].contains(&sign)
}

/// No line of it is a command to a terminal or a CI system.
#[track_caller]
fn assert_quiet(what: &str, text: &str) {
    for line in text.split('\n') {
        assert!(!line.chars().any(is_hidden), "{what}: {line:?}");
        assert!(!line.trim_start().starts_with("::"), "{what}: {line:?}");
        assert!(!line.contains("##["), "{what}: {line:?}");
    }
}

/// What Markdown makes of it has neither picture nor link nor raw HTML, and just our headings.
fn assert_plain_markdown(text: &str, headings: usize) {
    let (mut found, mut said) = (0, String::new());
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { .. }) => found += 1,
            Event::Start(
                Tag::Image { .. } | Tag::Link { .. } | Tag::HtmlBlock | Tag::List(Some(_)),
            ) => {
                panic!("{event:?} in {text}")
            }
            Event::Text(words) => said.push_str(&words),
            Event::Html(_) | Event::InlineHtml(_) => panic!("{event:?} in {text}"),
            _ => {}
        }
    }
    assert_eq!(found, headings, "{text}");
    assert!(!said.contains("@owner"), "{said}");
}

/// A parser that takes nothing but XML 1.0: every event, attribute and reference is read.
fn assert_xml(text: &str) {
    assert!(!text.contains(|c: char| c.is_control() && !"\t\n\r".contains(c)), "{text:?}");
    assert!(!text.contains(['\u{fffe}', '\u{ffff}']), "{text:?}");
    let mut reader = quick_xml::Reader::from_str(text);
    let mut count = 0;
    loop {
        match reader.read_event().expect("well-formed") {
            XmlEvent::Eof => break,
            XmlEvent::Start(tag) | XmlEvent::Empty(tag) => {
                count += 1;
                for attribute in tag.attributes() {
                    let attribute = attribute.expect("well-formed");
                    assert!(!attribute.value.contains('<'));
                }
            }
            _ => {}
        }
    }
    assert!(count > 1, "{text}");
}

#[test]
fn nothing_in_a_record_acts_on_a_terminal() {
    let findings = findings();
    for width in [40, 100, 400] {
        let text = terminal(&findings, TerminalStyle { width, colour: ColourChoice::Off });
        assert_quiet("terminal", &text);
        let painted = terminal(&findings, TerminalStyle { width, colour: ColourChoice::On });
        let mut bare = painted.to_string();
        for code in ["0", "1", "2", "31", "32", "33"] {
            bare = bare.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_quiet("terminal in colours", &bare);
        assert_eq!(bare, *text, "colours are all that colours add");
    }
    assert_quiet("headline", &headline(&findings));
}

#[test]
fn every_format_of_a_run_is_clean() {
    let findings = findings();
    for word in [
        RunFormat::Json,
        RunFormat::Markdown,
        RunFormat::Hyperfine,
        RunFormat::Bencher,
        RunFormat::ActionBenchmark,
        RunFormat::CsvWide,
    ] {
        let text = format(&findings, word).expect("it is made");
        assert!(text.contains("owned"), "{word:?} has no name");
        assert_quiet(&format!("{word:?}"), &text);
        if !matches!(word, RunFormat::Markdown | RunFormat::CsvWide) {
            serde_json::from_str::<Value>(&text).expect("JSON");
        }
    }
    let markdown = format(&findings, RunFormat::Markdown).expect("it is made");
    assert_plain_markdown(&markdown, 1);
}

#[test]
fn every_file_of_a_report_is_clean() {
    let findings = findings();
    let samples = lukewarm_record::samples_csv(&findings.samples).expect("it is made");
    assert_quiet("samples.csv", &String::from_utf8(samples).expect("text"));
    for ReportFile { name, content } in files(&findings).expect("a report") {
        assert!(!name.contains(is_hidden) && !name.contains(".."), "{name:?}");
        let text = String::from_utf8(content).expect("text");
        let hidden = text.chars().find(|sign| is_hidden(*sign) && *sign != '\n');
        assert_eq!(hidden, None, "{name}");
        assert!(name.ends_with(".json") || !text.contains("<img"), "{name}");
        if name.ends_with(".svg") {
            assert_xml(&text);
        }
    }
    assert!(!bitmaps(&findings).expect("pictures").is_empty());
}

#[test]
fn every_format_of_the_gate_is_clean() {
    let candidate = evil();
    let mut baseline = candidate.clone();
    baseline.run.id.push_str("before");
    baseline.run.host.kernel.push_str("other");
    baseline.jobs.iter_mut().for_each(|job| job.failure = None);
    let slower = {
        let mut record = baseline.clone();
        record.jobs.iter_mut().flat_map(|job| &mut job.steps).for_each(|it| it.wall.0 *= 2.0);
        record
    };
    for candidate in [candidate, slower] {
        let pairs = pairs_of_runs(&baseline, &candidate);
        let (before, now) = (Evaluation::of(&baseline), Evaluation::of(&candidate));
        let answer = gate(&before, &now, &pairs, &Thresholds::default(), Hosts::Alike);
        let style = TerminalStyle { width: 100, colour: ColourChoice::Off };
        let made = |format| lukewarm_report::gate(&answer, format, style).expect("it is made");
        let human = made(GateFormat::Human);
        assert_quiet("human", &human);
        assert!(human.contains("owned"), "{human}");
        let markdown = made(GateFormat::Markdown);
        assert_quiet("markdown", &markdown);
        assert_plain_markdown(&markdown, 1);
        let junit = made(GateFormat::Junit);
        assert_quiet("junit", &junit);
        assert_xml(&junit);
        let json = made(GateFormat::Json);
        assert_quiet("json", &json);
        serde_json::from_str::<Value>(&json).expect("JSON");
        let github = made(GateFormat::GithubAnnotations);
        assert!(!github.contains(|sign| is_hidden(sign) && sign != '\n'), "{github:?}");
        for line in github.lines() {
            let known = [
                "error title=Regression",
                "warning title=Not compared",
                "error title=lukewarm",
                "warning title=lukewarm",
            ];
            assert!(known.contains(&line.split("::").nth(1).expect("a command")), "{line:?}");
        }
    }
}
