//! Markdown as GitHub and others render it: foreign text stays text.
//! Owns the signs that are escaped.

use crate::line::one_line;
use crate::safe::sealed::Sealed;
use crate::safe::{Safe, WayOut};

/// Markdown within a line: a cell, a heading, an entry of a list.
#[derive(Clone, Copy, Debug)]
pub enum Markdown {}

/// No space, and no name of a person goes on behind it.
const NOTHING: char = '\u{200b}';

impl Sealed for Markdown {}

impl WayOut for Markdown {
    fn escape(foreign: &str, into: &mut String) {
        let line = one_line(foreign);
        let mut before = ' ';
        for (at, sign) in line.char_indices() {
            let rest = &line[at + sign.len_utf8()..];
            match sign {
                '&' => into.push_str("&amp;"),
                '<' => into.push_str("&lt;"),
                '>' => into.push_str("&gt;"),
                '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' => {
                    into.push('\\');
                    into.push(sign);
                }
                // Bare addresses become links.
                ':' if rest.starts_with("//") => into.push_str("\\:"),
                '.' if ends_with_www(&line[..at]) => into.push_str("\\."),
                // At a fragment's beginning: an entry of a list, or a heading's underline.
                '-' | '+' | '=' if at == 0 => {
                    into.push('\\');
                    into.push(sign);
                }
                sign => into.push(sign),
            }
            // On GitHub `@name` calls a person.
            let calls = sign == '@' && !before.is_alphanumeric();
            if calls && rest.starts_with(|next: char| next.is_ascii_alphanumeric()) {
                into.push(NOTHING);
            }
            before = sign;
        }
    }
}

fn ends_with_www(text: &str) -> bool {
    let Some(at) = text.len().checked_sub(3) else { return false };
    text.get(at..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

impl Safe<Markdown> {
    /// Foreign text as code, with as many back-ticks around it as it needs. In a table it may
    /// have bars.
    pub fn code(foreign: &str) -> Safe<Markdown> {
        let line = one_line(foreign);
        let most = line.split(|sign| sign != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(most + 1);
        // A back-tick at an end would belong to the fence, and code of nothing is none.
        let blank = match line.is_empty() || line.starts_with('`') || line.ends_with('`') {
            true => " ",
            false => "",
        };
        Safe::made(format!("{fence}{blank}{}{blank}{fence}", line.replace('|', "\\|")))
    }
}
