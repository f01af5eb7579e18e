//! Where a text is put into a source file, a build script or a manifest, so that what was there
//! stays valid. Owns these places; it must not know what the text is.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use crate::error::RunnerError;

/// A change of one file. `@TOKEN@` in its text becomes what is new in every iteration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Insertion {
    /// On a line of its own after everything else.
    End(String),
    /// After the attributes and documentation of a crate, before its first item.
    Top(String),
    /// At the beginning of the function `main`.
    Main(String),
    /// In place of the whole file, which may be missing.
    Whole(String),
    /// A feature of that name without content, on by default, in a package's manifest.
    DefaultFeature(String),
}

impl Insertion {
    /// This insertion with its token in place of the placeholder.
    pub fn with(&self, placeholder: &str, token: &str) -> Insertion {
        let filled = |text: &String| text.replace(placeholder, token);
        match self {
            Insertion::End(text) => Insertion::End(filled(text)),
            Insertion::Top(text) => Insertion::Top(filled(text)),
            Insertion::Main(text) => Insertion::Main(filled(text)),
            Insertion::Whole(text) => Insertion::Whole(filled(text)),
            Insertion::DefaultFeature(name) => Insertion::DefaultFeature(filled(name)),
        }
    }

    /// The file's new content.
    ///
    /// # Errors
    /// When there is no such place in it.
    pub fn applied(&self, before: &str, file: &Path) -> Result<String, RunnerError> {
        let missing =
            |what: &str| RunnerError::Input(format!("{} cannot be edited: {what}", file.display()));
        match self {
            // An empty line first: the file may end with a comment, or without a line's end.
            Insertion::End(text) => Ok(format!("{before}\n{text}")),
            Insertion::Top(text) => {
                let place = after_inner_attributes(before);
                Ok(format!("{}\n{text}{}", &before[..place], &before[place..]))
            }
            Insertion::Main(text) => {
                let place =
                    inside_main(before).ok_or_else(|| missing("no function `main` is seen"))?;
                Ok(format!("{}\n{text}{}", &before[..place], &before[place..]))
            }
            Insertion::Whole(text) => Ok(text.clone()),
            Insertion::DefaultFeature(name) => {
                with_default_feature(before, name).map_err(|why| missing(&why))
            }
        }
    }
}

/// A manifest with a new feature that is on by default. Comments are lost.
fn with_default_feature(manifest: &str, name: &str) -> Result<String, String> {
    let mut table: Table = manifest.parse().map_err(|error: toml::de::Error| error.to_string())?;
    if !table.contains_key("package") {
        return Err("it is no package's manifest".to_owned());
    }
    let features = table.entry("features").or_insert_with(|| Value::Table(Table::new()));
    let features = features.as_table_mut().ok_or("`features` is no table")?;
    let default = features.entry("default").or_insert_with(|| Value::Array(Vec::new()));
    let default = default.as_array_mut().ok_or("`features.default` is no list")?;
    default.push(Value::String(name.to_owned()));
    features.insert(name.to_owned(), Value::Array(Vec::new()));
    Ok(table.to_string())
}

/// The end of what must stand before a crate's items: a byte order mark, a shebang line, inner
/// attributes and inner documentation. Other comments stay with the item that they precede.
fn after_inner_attributes(text: &str) -> usize {
    let mut end = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let rest = &text[end..];
    let is_attribute = |rest: &str| rest[2..].trim_start().starts_with('[');
    if rest.starts_with("#!") && !is_attribute(rest) {
        end += rest.find('\n').unwrap_or(rest.len());
    }
    let mut place = end;
    loop {
        let rest = &text[place..];
        let length = match rest {
            _ if rest.starts_with("//!") => line(rest),
            _ if rest.starts_with("/*!") => block_comment(rest),
            _ if rest.starts_with("#!") => attribute(rest),
            _ if rest.starts_with("//") => line(rest),
            _ if rest.starts_with("/*") => block_comment(rest),
            _ => rest.chars().next().filter(|it| it.is_whitespace()).map_or(0, char::len_utf8),
        };
        if length == 0 {
            return end;
        }
        place += length;
        if rest.starts_with("//!") || rest.starts_with("/*!") || rest.starts_with("#!") {
            end = place;
        }
    }
}

/// The length of a line comment, without the line's end.
fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The length of a block comment, whose inner comments count.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut place) = (0_usize, 0);
    while place < text.len() {
        let rest = &text.as_bytes()[place..];
        if rest.starts_with(b"/*") {
            (depth, place) = (depth + 1, place + 2);
        } else if rest.starts_with(b"*/") {
            (depth, place) = (depth.saturating_sub(1), place + 2);
            if depth == 0 {
                return place;
            }
        } else {
            place += 1;
        }
    }
    text.len()
}

/// The length of an inner attribute, up to its closing bracket; strings may hold brackets.
fn attribute(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut place) = (0_usize, 0);
    while place < bytes.len() {
        match bytes[place] {
            b'[' => depth += 1,
            b']' if depth == 1 => return place + 1,
            b']' => depth = depth.saturating_sub(1),
            b'r' => {
                let length = raw_string(&text[place..]);
                place += length.saturating_sub(1);
            }
            b'"' => place += string(&text[place..]) - 1,
            b'/' if text[place..].starts_with("//") => place += line(&text[place..]) - 1,
            b'/' if text[place..].starts_with("/*") => place += block_comment(&text[place..]) - 1,
            _ => {}
        }
        place += 1;
    }
    0
}

/// The length of a text in quotes.
fn string(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut place = 1;
    while place < bytes.len() {
        match bytes[place] {
            b'\\' => place += 2,
            b'"' => return place + 1,
            _ => place += 1,
        }
    }
    text.len()
}

/// The length of a raw string; 0 where this is none.
fn raw_string(text: &str) -> usize {
    let hashes = text[1..].bytes().take_while(|it| *it == b'#').count();
    if !text[1 + hashes..].starts_with('"') {
        return 0;
    }
    let begin = 2 + hashes;
    let close = format!("\"{}", "#".repeat(hashes));
    text[begin..].find(&close).map_or(text.len(), |it| begin + it + close.len())
}

/// The place behind the opening brace of the function `main`, where a line shows it.
fn inside_main(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim_start();
        let is_main = ["fn main(", "pub fn main(", "fn main ("];
        if is_main.iter().any(|it| words.starts_with(it)) {
            let brace = text[start..].find('{')?;
            // A declaration without a body, or the brace of what follows.
            let ends = text[start..].find(';').unwrap_or(usize::MAX);
            return (brace < ends).then_some(start + brace + 1);
        }
        start += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(text: &str) -> String {
        Insertion::Top("X\n".to_owned()).applied(text, Path::new("lib.rs")).unwrap()
    }

    #[test]
    fn the_top_is_behind_all_that_must_be_first() {
        for (before, after) in [
            ("fn f() {}\n", "\nX\nfn f() {}\n"),
            ("", "\nX\n"),
            ("\u{feff}fn f() {}", "\u{feff}\nX\nfn f() {}"),
            ("#!/usr/bin/env run\nfn f() {}", "#!/usr/bin/env run\nX\n\nfn f() {}"),
            ("#![no_std]\nfn f() {}", "#![no_std]\nX\n\nfn f() {}"),
            ("//! Docs.\r\n\r\nuse a;", "//! Docs.\r\nX\n\n\r\nuse a;"),
            ("/*! a /* b */ c */ mod x;", "/*! a /* b */ c */\nX\n mod x;"),
            // A licence stays first, and documentation stays with its item.
            (
                "// licence\n#![a]\n/// Doc.\nfn f() {}",
                "// licence\n#![a]\nX\n\n/// Doc.\nfn f() {}",
            ),
            ("// licence\n/// Doc.\nfn f() {}", "\nX\n// licence\n/// Doc.\nfn f() {}"),
            ("#![doc = \"]\\\"]\"]\nfn f() {}", "#![doc = \"]\\\"]\"]\nX\n\nfn f() {}"),
            ("#![doc = r#\"]\"]\"#]\nfn f() {}", "#![doc = r#\"]\"]\"#]\nX\n\nfn f() {}"),
            ("#![cfg_attr(a, /* ] */ b)]\nfn f() {}", "#![cfg_attr(a, /* ] */ b)]\nX\n\nfn f() {}"),
            ("#![allow(\n    a, // ]\n)]", "#![allow(\n    a, // ]\n)]\nX\n"),
        ] {
            assert_eq!(top(before), after);
        }
    }

    #[test]
    fn the_end_is_a_line_of_its_own() {
        let end = |text| Insertion::End("X\n".to_owned()).applied(text, Path::new("a")).unwrap();
        assert_eq!(end("//! Docs without an end"), "//! Docs without an end\nX\n");
        assert_eq!(end("fn f() {} // comment"), "fn f() {} // comment\nX\n");
        assert_eq!(end(""), "\nX\n");
    }

    #[test]
    fn a_statement_is_the_first_of_main() {
        let main = |text| Insertion::Main("X\n".to_owned()).applied(text, Path::new("build.rs"));
        assert_eq!(
            main("use a;\nfn main() {\n    a();\n}").unwrap(),
            "use a;\nfn main() {\nX\n\n    a();\n}"
        );
        let result = main("fn main() -> Result<(), E>\nwhere\n{ Ok(()) }").unwrap();
        assert_eq!(result, "fn main() -> Result<(), E>\nwhere\n{\nX\n Ok(()) }");
        for text in ["fn other() {}", "include!(\"other.rs\");", "// fn main() {"] {
            let error = main(text).unwrap_err().to_string();
            assert!(error.contains("build.rs cannot be edited"), "{error}");
        }
    }

    #[test]
    fn a_feature_joins_those_that_are_there() {
        let with = |text| {
            let edited = Insertion::DefaultFeature("@N@".to_owned()).with("@N@", "lw1");
            edited.applied(text, Path::new("Cargo.toml"))
        };
        let manifest = "[package]\nname = \"a\"\n[features]\ndefault = [\"std\"]\nstd = []\n";
        let edited: Table = with(manifest).unwrap().parse().unwrap();
        let default = edited["features"]["default"].as_array().unwrap();
        assert_eq!(default.iter().filter_map(Value::as_str).collect::<Vec<_>>(), ["std", "lw1"]);
        assert!(edited["features"]["lw1"].as_array().unwrap().is_empty());
        assert!(with("[package]\nname = \"a\"\n").unwrap().contains("lw1"));
        assert!(with("[workspace]\n").is_err());
        assert!(with("no manifest").is_err());
    }
}
