//! Every way out over random text that is full of what acts.

use proptest::prelude::*;

use super::line::hidden;
use super::*;

/// What people who mean ill put into a name.
const PIECES: [&str; 34] = [
    "a",
    " ",
    "\n",
    "\r",
    "\t",
    "\u{1b}]0;title\u{7}",
    "\u{1b}[2J",
    "\u{9b}31m",
    "::",
    ":",
    "#",
    "##",
    "##[",
    "vso[",
    "[",
    "]",
    "warning title=x::",
    "%0A",
    "\u{202e}",
    "\u{2066}",
    "\u{2028}",
    "|",
    "`",
    "``",
    "<img src=x>",
    "&",
    "\"",
    "'",
    "=cmd()",
    "-",
    "@",
    "https://x.example",
    "\0",
    "\u{ffff}",
];

fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A line that does nothing in a log, on GitHub, on Azure, at a terminal.
fn assert_quiet(line: &str) {
    assert!(!line.chars().any(hidden), "{line:?}");
    assert!(!line.trim_start().starts_with("::"), "{line:?}");
    assert!(!line.contains("##[") && !line.contains("##vso["), "{line:?}");
}

proptest! {
    #[test]
    fn a_line_is_one_line_that_does_nothing(foreign in nasty()) {
        let line = Safe::<Line>::of(&foreign);
        assert_quiet(&line);
        prop_assert_eq!(&*one_line(&line), line.as_str(), "it is escaped once, not twice");
    }

    #[test]
    fn a_terminal_gets_our_colours_and_as_many_lines_as_we_say(a in nasty(), b in nasty()) {
        let mut text = Safe::<Terminal>::empty();
        text.spans(&[(Paint::Red, &a), (Paint::Plain, &b)]);
        text.line(&a);
        text.append(&Safe::from(&b));
        prop_assert!(text.ends_with('\n'));
        writeln!(text, "{a}{b}").unwrap();
        prop_assert_eq!(text.matches('\n').count(), 4);
        let bare = text.replace("\u{1b}[31m", "").replace("\u{1b}[0m", "");
        bare.lines().for_each(assert_quiet);
        Safe::<Terminal>::lines(&a).lines().for_each(assert_quiet);
    }

    #[test]
    fn a_cell_of_csv_is_no_formula(foreign in nasty()) {
        let cell = Safe::<Csv>::of(&foreign);
        assert_quiet(&cell);
        prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell:?}");
        prop_assert_eq!(Safe::<Csv>::file(&cell), cell);
        Safe::<Csv>::file(&foreign).split('\n').for_each(assert_quiet);
    }

    #[test]
    fn xml_has_no_markup_and_no_character_that_it_forbids(foreign in nasty()) {
        let text = Safe::<Xml>::of(&foreign);
        assert_quiet(&text);
        prop_assert!(!text.contains(['<', '>', '"', '\'']));
        Safe::<Xml>::file(&foreign).split('\n').for_each(assert_quiet);
    }

    #[test]
    fn a_page_has_text_and_line_ends(foreign in nasty()) {
        let text = Safe::<Html>::of(&foreign);
        prop_assert!(!text.contains(['<', '>', '"', '\'']));
        prop_assert!(!text.chars().any(|sign| hidden(sign) && sign != '\n'), "{text:?}");
    }

    #[test]
    fn json_says_the_same_and_does_nothing(foreign in nasty(), key in nasty()) {
        let value = serde_json::json!({ key: [foreign] });
        let written = Safe::<Json>::file(&serde_json::to_string_pretty(&value).unwrap());
        written.lines().for_each(assert_quiet);
        let read: serde_json::Value = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(read, value);
    }

    #[test]
    fn a_workflow_command_is_one_line_of_ours(title in nasty(), message in nasty()) {
        let mut text = Safe::<Workflow>::empty();
        text.command(Level::Warning, &title, &message);
        prop_assert_eq!(text.matches('\n').count(), 1);
        let line = text.trim_end_matches('\n');
        prop_assert!(line.starts_with("::warning title="));
        prop_assert!(!line.chars().any(hidden), "{line:?}");
        // The runner splits at the first `::` behind the command's word.
        let (property, _) = line["::warning ".len()..].split_once("::").unwrap();
        prop_assert!(!property.contains([',', ':']), "{property:?}");
    }

    #[test]
    fn markdown_is_a_line_without_markup(foreign in nasty()) {
        let text = Safe::<Markdown>::of(&foreign);
        assert_quiet(&text);
        prop_assert!(!text.contains(['<', '>']));
        let bare = text.replace("\\\\", "");
        for sign in ['`', '*', '_', '[', ']', '|', '#', '~'] {
            let escaped = bare.matches(&format!("\\{sign}")).count();
            prop_assert_eq!(bare.matches(sign).count(), escaped, "{} in {:?}", sign, text);
        }
        prop_assert!(!text.replace("\\:", "").contains("://"), "{text:?}");
    }

    #[test]
    fn code_ends_where_its_fence_does(foreign in nasty()) {
        let text = Safe::<Markdown>::code(&foreign);
        assert_quiet(&text);
        let fence = text.len() - text.trim_start_matches('`').len();
        let inside = &text[fence..text.len() - fence];
        let most = inside.split(|sign| sign != '`').map(str::len).max().unwrap_or(0);
        prop_assert!(most < fence, "{text:?}");
        prop_assert!(!inside.starts_with('`') && !inside.ends_with('`'), "{text:?}");
    }
}

#[test]
fn ordinary_text_stays_as_it_is() {
    let text = "sccache-webdav@0.10.0: 12 % of C:\\x, a::b – größer 日本";
    assert_eq!(Safe::<Line>::of(text).as_str(), text);
    assert_eq!(Safe::<Csv>::of(text).as_str(), text);
    assert_eq!(Safe::<Json>::file("{\"a\": \"é\"}").as_str(), "{\"a\": \"é\"}");
    assert_eq!(Safe::<Terminal>::from(text).as_str(), format!("{text}\n"));
    assert_eq!(Safe::<Markdown>::of("sccache@0.10.0").as_str(), "sccache@0.10.0");
    assert_eq!(Safe::<Markdown>::code("a_b").as_str(), "`a_b`");
}

#[test]
fn what_acts_is_seen() {
    let line = |text| Safe::<Line>::of(text).into_string();
    assert_eq!(line("\u{1b}[2Jgone\r"), "\u{fffd}[2Jgone ");
    assert_eq!(line("a\n::warning::b"), "a ::warning::b");
    assert_eq!(line(" ::warning::b"), " : :warning::b");
    assert_eq!(line("see ##[error]x, ###vso[y]"), "see # #[error]x, ## #vso[y]");
    assert_eq!(Safe::<Csv>::of(" =1+1").as_str(), "' =1+1");
    let markdown = |text| Safe::<Markdown>::of(text).into_string();
    assert_eq!(markdown("@org/team, #12"), "@\u{200b}org/team, \\#12");
    assert_eq!(markdown("https://x.example www.x.example"), "https\\://x.example www\\.x.example");
    assert_eq!(markdown("- a"), "\\- a");
}

#[test]
fn a_sentence_takes_foreign_and_safe_parts() {
    let name = "a|b".to_owned();
    let word = Safe::own("**bold**");
    let text = Safe::<Markdown>::fill("| {} | {} | {} |", &[&name, &"<i>", &word]);
    assert_eq!(text.as_str(), "| a\\|b | &lt;i&gt; | **bold** |");
    assert_eq!(Safe::<Markdown>::joined([Safe::of("*"), Safe::own("*")], ", ").as_str(), "\\*, *");
}
