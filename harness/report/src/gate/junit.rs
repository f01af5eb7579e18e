//! The gate's answer as JUnit's XML, for CI systems that show test results: a suite for each
//! case, a test case for each metric of each job. What did not decide is skipped.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use lukewarm_analysis::{Change, ChangeVerdict, Gate, InvalidJob};
use lukewarm_model::text::{Line, Safe, Xml};

use super::sentences::{line, sentence};

pub(super) fn junit(gate: &Gate) -> io::Result<Safe<Xml>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let suites = gate.changes.chunk_by(|a, b| a.case == b.case);
    let root = writer.create_element("testsuites").with_attribute(("name", "lukewarm"));
    root.write_inner_content(|writer| {
        if !gate.invalid.is_empty() {
            invalid(gate, writer)?;
        }
        suites.into_iter().try_for_each(|changes| suite(changes, writer))
    })?;
    let mut text = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    text.push('\n');
    Ok(Safe::<Xml>::file(&text))
}

/// Text for the writer, which escapes markup but not what XML has no way to write.
fn plain(text: &str) -> Safe<Line> {
    Safe::of(text)
}

/// The jobs that cannot be believed, as errors of a suite of their own.
fn invalid(gate: &Gate, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let count = gate.invalid.len().to_string();
    let suite = writer
        .create_element("testsuite")
        .with_attributes([("name", "jobs"), ("tests", &count), ("failures", "0")])
        .with_attributes([("errors", count.as_str()), ("skipped", "0")]);
    suite.write_inner_content(|writer| {
        gate.invalid.iter().try_for_each(|why| {
            let InvalidJob { run, case, job, why } = why;
            let (run, why) = (plain(run), plain(&format!("{case} {job}: {why}")));
            let case = writer
                .create_element("testcase")
                .with_attributes([("classname", "jobs"), ("name", &run)]);
            case.write_inner_content(|writer| {
                let error = writer
                    .create_element("error")
                    .with_attributes([("type", "invalid"), ("message", &why)]);
                error.write_text_content(BytesText::new(&sentence(gate))).map(drop)
            })?;
            Ok(())
        })
    })?;
    Ok(())
}

fn suite(changes: &[Change], writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let count = |wanted: fn(ChangeVerdict) -> bool| {
        changes.iter().filter(|change| wanted(change.verdict)).count().to_string()
    };
    let name = plain(changes.first().map_or("", |change| change.case.as_str()));
    let suite = writer
        .create_element("testsuite")
        .with_attributes([("name", &*name), ("tests", &changes.len().to_string())])
        .with_attributes([("failures", count(is_failure).as_str()), ("errors", "0")])
        .with_attributes([("skipped", count(is_skipped).as_str())]);
    suite.write_inner_content(|writer| {
        changes.iter().try_for_each(|change| test_case(change, writer))
    })?;
    Ok(())
}

fn test_case(change: &Change, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let (suite, name) = (plain(&change.case), plain(&format!("{} {}", change.job, change.metric)));
    let case = writer
        .create_element("testcase")
        .with_attributes([("classname", &*suite), ("name", &*name)]);
    let said = plain(&line(change));
    if is_failure(change.verdict) {
        case.write_inner_content(|writer| {
            let failure = writer
                .create_element("failure")
                .with_attributes([("type", "regression"), ("message", said.as_str())]);
            failure.write_text_content(BytesText::new(&said)).map(drop)
        })?;
    } else if is_skipped(change.verdict) {
        case.write_inner_content(|writer| {
            let skipped = writer.create_element("skipped");
            skipped.with_attribute(("message", said.as_str())).write_empty().map(drop)
        })?;
    } else {
        case.write_empty()?;
    }
    Ok(())
}

fn is_failure(verdict: ChangeVerdict) -> bool {
    verdict == ChangeVerdict::Worse
}

fn is_skipped(verdict: ChangeVerdict) -> bool {
    !is_failure(verdict) && ![ChangeVerdict::Same, ChangeVerdict::Better].contains(&verdict)
}
