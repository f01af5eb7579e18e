//! The forms of a soundness table.

use lukewarm_analysis::{
    BuiltAgain, ReusedUnits, Soundness, SoundnessArm, SoundnessCell, SoundnessMark,
    VariationFinding, WrongFile,
};
use lukewarm_model::ContentDigest;

use super::*;
use crate::{ColourChoice, TerminalStyle};

fn cell(scenario: &str, mark: SoundnessMark) -> SoundnessCell {
    SoundnessCell {
        scenario: scenario.into(),
        mark,
        reasons: vec!["its program prints `app: one`".to_owned()],
        files: Vec::new(),
        reused: Some(ReusedUnits { units: 3, fresh: 0, hits: 1, misses: 0, noncacheable: 2 }),
        prints: Some("app: one\n".to_owned()),
        settled: None,
    }
}

fn found(arms: &[&str]) -> Soundness {
    let arm = |name: &&str| SoundnessArm {
        scenario: (*name).into(),
        tool: "sccache".to_owned(),
        version: Some("sccache 0.16.0".to_owned()),
    };
    let mut cells: Vec<_> = arms.iter().map(|name| cell(name, SoundnessMark::UnderKeyed)).collect();
    cells[0].files = vec![WrongFile {
        path: "debug/libvalue.rlib".to_owned(),
        is: Some(ContentDigest(1)),
        wanted: None,
    }];
    if let Some(last) = cells.last_mut().filter(|_| arms.len() > 1) {
        last.mark = SoundnessMark::Right;
        last.settled = Some(BuiltAgain {
            not_fresh: vec!["value value".to_owned()],
            reasons: vec!["value v0.1.0: stale".to_owned()],
            also_uncached: false,
        });
    }
    Soundness {
        run: "a-run".to_owned(),
        arms: arms.iter().map(arm).collect(),
        variations: vec![VariationFinding {
            name: "macro-variable".into(),
            title: "A variable that a *macro* reads".to_owned(),
            essay: "Nobody can\nknow.".to_owned(),
            sources: vec!["https://example.org/1".to_owned()],
            expected: Some("It compiles.".to_owned()),
            seen: vec!["sccache 0.16.0".to_owned()],
            mended: Vec::new(),
            changes_outputs: Some(true),
            prints: Some(["app: one\n".to_owned(), "app: two\n".to_owned()]),
            workspace: "sample-workspaces/soundness/macro".to_owned(),
            by_hand: vec!["SOUNDNESS_ID=one cargo build".to_owned()],
            cells,
        }],
    }
}

fn terminal(arms: &[&str]) -> String {
    let style = TerminalStyle { width: 100, colour: ColourChoice::Off };
    soundness(&found(arms), SoundnessFormat::Human, style).unwrap().to_string()
}

#[test]
fn a_table_has_names_where_there_is_room_and_else_numbers() {
    let narrow = terminal(&["sccache-local", "kache-local"]);
    assert!(narrow.contains("sccache-local  kache-local"), "{narrow}");
    assert!(narrow.contains("macro-variable  UNDER-KEYED    right *"), "{narrow}");
    assert!(narrow.contains("WRONG sccache-local after macro-variable"), "{narrow}");
    let many = ["sccache-local@0.10.0"; 6];
    let wide = terminal(&many);
    assert!(wide.contains("[6] sccache-local@0.10.0 (sccache 0.16.0)"), "{wide}");
    assert!(wide.contains("[1]           [2]"), "{wide}");
    for line in narrow.lines().chain(wide.lines()) {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn the_page_has_the_evidence_and_a_title_stays_text() {
    let style = TerminalStyle { width: 100, colour: ColourChoice::Off };
    let page = soundness(&found(&["sccache-local"]), SoundnessFormat::Markdown, style).unwrap();
    for part in [
        "`debug/libvalue.rlib`: 00000000000000000000000000000001, without a cache missing",
        r"A variable that a \*macro\* reads",
        "prints `app: one`",
        "`SOUNDNESS_ID=one cargo build`",
        "`https://example.org/1`",
        "seen in: sccache 0.16.0",
    ] {
        assert!(page.contains(part), "no `{part}` in\n{}", &*page);
    }
}

#[test]
fn json_and_picture_say_the_same() {
    let files = soundness_files(&found(&["sccache-local", "kache-local"])).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["soundness.json", "soundness.md", "soundness.svg"]);
    let json: serde_json::Value = serde_json::from_slice(&files[0].content).unwrap();
    assert_eq!(json["has_wrong_output"], true);
    assert_eq!(json["variations"][0]["cells"][0]["mark"], "under-keyed");
    let svg = String::from_utf8(files[2].content.clone()).unwrap();
    assert!(svg.contains("1 under-keyed; kache-local"), "{svg}");
}
