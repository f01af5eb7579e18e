//! The report of the example run, and of spoilt copies of it, as a reader of the files sees it.

use lukewarm_analysis::{Findings, analyse, measure};
use lukewarm_report::{Colour, TerminalStyle, headline, terminal};

fn example() -> Findings {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../analysis/testdata/example");
    let record = lukewarm_record::read(folder.as_ref()).unwrap();
    analyse(&record, &measure(&record))
}

fn plain(width: u16) -> TerminalStyle {
    TerminalStyle { width, colour: Colour::Off }
}

#[test]
fn the_terminal_shows_doubts_a_table_and_the_headline() {
    insta::assert_snapshot!(terminal(&example(), plain(100)), @"");
}

#[test]
fn the_headline_is_one_line() {
    insta::assert_snapshot!(headline(&example()), @"");
}

#[test]
fn the_markdown() {
    let files = lukewarm_report::files(&example()).unwrap();
    let file = files.iter().find(|file| file.name == "summary.md").unwrap();
    insta::assert_snapshot!(String::from_utf8(file.content.clone()).unwrap(), @"");
}
