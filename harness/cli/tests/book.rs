//! The documents, held to the program: every link and anchor leads somewhere, within the book to a
//! page of it, and every command and option that is written down exists.

#![expect(clippy::unwrap_used, reason = "a test may panic")]
#![expect(clippy::disallowed_methods, reason = "the program is started as its users do")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use clap::error::ErrorKind;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Options of other programs that documents name: cargo's, hyperfine's, our benchmarks'.
const FOREIGN: [&str; 12] = [
    "--endpoint-url",
    "--series",
    "--cfg",
    "--export-json",
    "--workspace",
    "--write",
    "--message-format",
    "--bench",
    "--speed",
    "--round-trips",
    "--link",
    "--kernel",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A document: what it says of links, headings and commands.
struct Document {
    path: PathBuf,
    links: Vec<String>,
    anchors: BTreeSet<String>,
    /// Language and text.
    blocks: Vec<(String, String)>,
    spans: Vec<String>,
}

/// A document with what it includes, as the book shows it.
fn read(path: &Path) -> Document {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut whole = String::new();
    for line in text.lines() {
        let included = line.strip_prefix("{{#include ").and_then(|it| it.strip_suffix("}}"));
        match included {
            Some(file) => whole += &fs::read_to_string(path.parent().unwrap().join(file)).unwrap(),
            None => whole += line,
        }
        whole.push('\n');
    }
    parse(path, &whole)
}

fn parse(path: &Path, text: &str) -> Document {
    let mut document = Document {
        path: path.to_owned(),
        links: Vec::new(),
        anchors: BTreeSet::new(),
        blocks: Vec::new(),
        spans: Vec::new(),
    };
    let (mut heading, mut block) = (None::<String>, None::<(String, String)>);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                document.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                document.anchors.insert(anchor(&heading.take().unwrap()));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                block = Some((language.into_string(), String::new()));
            }
            Event::End(TagEnd::CodeBlock) => document.blocks.extend(block.take()),
            Event::Code(code) => {
                heading.iter_mut().for_each(|it| it.push_str(&code));
                document.spans.push(code.into_string());
            }
            Event::Text(text) => {
                heading.iter_mut().for_each(|it| it.push_str(&text));
                block.iter_mut().for_each(|(_, it)| it.push_str(&text));
            }
            _ => {}
        }
    }
    document
}

/// What a heading is linked to by.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

fn book() -> PathBuf {
    root().join("harness/docs")
}

/// Every page of the book, by what its summary names.
fn pages() -> Vec<PathBuf> {
    let summary = read(&book().join("SUMMARY.md"));
    summary.links.iter().map(|link| book().join(link)).collect()
}

/// Every document whose commands and links are held to the program.
fn documents() -> Vec<Document> {
    let others = [
        "README.md",
        "harness/README.md",
        "harness/cache-services/README.md",
        "results/README.md",
        "scenarios/README.md",
        "sample-workspaces/README.md",
    ];
    let others = others.map(|path| root().join(path));
    pages().iter().chain(&others).map(|path| read(path)).collect()
}

#[test]
fn every_link_and_anchor_leads_somewhere() {
    let pages = pages();
    let manifest = fs::read_to_string(book().join("book.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let redirects = manifest["output"]["html"]["redirect"].as_table().unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for document in documents() {
        for link in document.links.iter().filter(|link| !link.contains("://")) {
            count += 1;
            let (file, wanted) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => document.path.clone(),
                file => plain(&document.path.parent().unwrap().join(file)),
            };
            // Within the book: a page of it, or a page that leads to one.
            let place = target.strip_prefix(book()).map(|it| format!("/{}", it.display()));
            let redirected = place
                .ok()
                .map(|it| it.replace(".md", ".html"))
                .and_then(|it| Some(redirects.get(&it)?.as_str()?.to_owned() + " of " + &it));
            let shown =
                format!("{}: {link}", document.path.strip_prefix(root()).unwrap().display());
            let is_page = target.extension().is_some_and(|it| it == "md");
            if redirected.is_some() {
                continue;
            } else if !target.exists() {
                wrong.push(format!("{shown} is not there"));
            } else if pages.contains(&document.path) && is_page && !pages.contains(&target) {
                wrong.push(format!("{shown} leaves the book"));
            } else if !wanted.is_empty() && !read(&target).anchors.contains(wanted) {
                wrong.push(format!("{shown} has no such heading"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 0, "no link was found");
}

#[test]
fn redirects_lead_to_pages() {
    let manifest = fs::read_to_string(book().join("book.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    for (from, to) in manifest["output"]["html"]["redirect"].as_table().unwrap() {
        let from = Path::new(from.trim_start_matches('/'));
        let target = plain(&from.parent().unwrap().join(to.as_str().unwrap()));
        let page = book().join(target).with_extension("md");
        assert!(pages().contains(&page), "{} leads to {}", from.display(), page.display());
    }
}

/// A shell line's words, and where one command ends and another begins: none.
fn words(line: &str) -> Vec<Option<String>> {
    let line = line.replace("\"$(", " ; ").replace("$(", " ; ").replace(")\"", " ; ");
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ';' | '|' | '&') => words.extend([word.take(), None]),
            (None, c) if c.is_whitespace() => words.extend(word.take().map(Some)),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word.map(Some));
    words
}

/// Every call of lukewarm in a script, without redirections.
fn calls(script: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    let script = script.replace("\\\n", " ");
    for line in script.lines().map(words) {
        for command in line.split(Option::is_none) {
            let command: Vec<&str> = command.iter().flatten().map(String::as_str).collect();
            // In a workflow, a step's first line has these before it.
            let skipped = command.iter().take_while(|it| matches!(**it, "-" | "run:")).count();
            let rest = match &command[skipped..] {
                ["lukewarm", rest @ ..] => rest,
                ["cargo", "run", rest @ ..] => match rest.iter().position(|it| *it == "--") {
                    Some(place) => &rest[place + 1..],
                    None => continue,
                },
                _ => continue,
            };
            let mut call = vec!["lukewarm".to_owned()];
            let mut rest = rest.iter();
            while let Some(word) = rest.next() {
                match word.trim_start_matches(|c: char| c.is_ascii_digit()) {
                    ">" | ">>" | "<" => drop(rest.next()),
                    redirected if redirected.starts_with(['>', '<']) => {}
                    _ => call.push((*word).to_owned()),
                }
            }
            calls.push(call);
        }
    }
    calls
}

/// What is wrong with a call; the values of a placeholder are nothing wrong.
fn wrong(call: &[String], placeholders: &[ErrorKind]) -> Option<String> {
    let words: Vec<&str> = call.iter().map(String::as_str).collect();
    let error = lukewarm_cli::understand(&words).err()?;
    let fine = placeholders.contains(&error.kind());
    (!fine).then(|| format!("`{}`: {error}", call.join(" ")))
}

#[test]
fn every_command_in_a_document_is_understood() {
    let (mut count, mut found) = (0, Vec::new());
    for document in documents() {
        let scripts = document.blocks.iter().filter(|(language, _)| language != "text");
        for call in scripts.flat_map(|(_, text)| calls(text)) {
            count += 1;
            let place = document.path.display();
            found.extend(wrong(&call, &[]).map(|wrong| format!("{place}: {wrong}")));
        }
        let placeholders = [
            ErrorKind::InvalidValue,
            ErrorKind::ValueValidation,
            ErrorKind::MissingRequiredArgument,
        ];
        for span in document.spans.iter().filter(|it| it.starts_with("lukewarm ")) {
            count += 1;
            for call in calls(span) {
                let place = document.path.display();
                let wrong = wrong(&call, &placeholders);
                found.extend(wrong.map(|wrong| format!("{place}: {wrong}")));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(count > 0, "no command was found");
}

#[test]
fn scripts_are_taken_apart() {
    let script = "set -a; eval \"$(cargo run --release -- serve webdav --store ~/cache 2>log &)\"\n\
                  lukewarm run -w ../x/ none \\\n  --budget 2h > out # why\n\
                  - run: lukewarm compare 'a b' c >> \"$FILE\" && lukewarm\npkill -INT lukewarm\n";
    let wanted: [&[&str]; 4] = [
        &["lukewarm", "serve", "webdav", "--store", "~/cache"],
        &["lukewarm", "run", "-w", "../x/", "none", "--budget", "2h"],
        &["lukewarm", "compare", "a b", "c"],
        &["lukewarm"],
    ];
    assert_eq!(calls(script), wanted);
    let call = |words: &str| calls(&format!("lukewarm {words}")).remove(0);
    assert!(wrong(&call("run --bugdet 2h"), &[]).unwrap().contains("--budget"));
    assert!(wrong(&call("compress"), &[]).is_some());
    assert!(wrong(&call("run --budget TIME"), &[]).is_some());
    assert!(wrong(&call("run --budget TIME"), &[ErrorKind::ValueValidation]).is_none());
}

#[test]
fn the_reference_of_commands_is_the_programs() {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_lukewarm"));
    let output = program.args(["man", "--format", "markdown"]).output().unwrap();
    let page = fs::read_to_string(book().join("reference/commands.md")).unwrap();
    assert!(
        String::from_utf8(output.stdout).unwrap() == page,
        "`cargo run -- man --format markdown > harness/docs/reference/commands.md` makes it anew"
    );
}

#[test]
fn every_option_in_a_document_exists() {
    let page = read(&book().join("reference/commands.md"));
    let options: BTreeSet<&str> = page.spans.iter().flat_map(|it| long_options(it)).collect();
    assert!(options.contains("--across-hosts"), "{options:?}");
    let mut unknown = Vec::new();
    for document in documents() {
        let spans = document.spans.iter().filter(|it| it.starts_with("--"));
        for option in spans.flat_map(|it| long_options(it)) {
            let known = options.contains(option) || FOREIGN.contains(&option) || option == "--help";
            if !known {
                unknown.push(format!("{}: {option}", document.path.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

/// The long options in a text.
fn long_options(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split([' ', '=', ',', '[', ']', '`']);
    words.filter(|it| it.len() > 2 && it.starts_with("--"))
}
