//! One line of text at a terminal or in a log: no sign that acts, no line that is a command.
//! Owns which characters are shown as themselves.

use std::borrow::Cow;

/// Whether a character acts instead of being seen: the control characters of ASCII and of Unicode
/// (which begin a terminal's commands), what turns the direction of writing, what ends a line, and
/// what XML has no way to write.
pub(super) fn hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(
            sign,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
                | '\u{fffe}'
                | '\u{ffff}'
        )
}

/// Whether a text has such a character, those of ASCII aside that stay. Nearly all texts are plain
/// ASCII, which is seen from its bytes.
pub(super) fn has_hidden(text: &str, stays: impl Fn(char) -> bool) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') || stays(char::from(byte));
    !text.bytes().all(is_plain) && text.chars().any(|sign| hidden(sign) && !stays(sign))
}

/// A blank for what moves a cursor on, the sign of a lost character for what else is hidden.
fn shown(sign: char) -> char {
    match sign {
        '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        sign if hidden(sign) => '\u{fffd}',
        sign => sign,
    }
}

/// A text of several lines in which every other sign is seen.
pub fn visible(foreign: &str) -> Cow<'_, str> {
    let stays = |sign: char| sign == '\n';
    match has_hidden(foreign, stays) {
        false => Cow::Borrowed(foreign),
        true => {
            let sign = |sign| if stays(sign) { sign } else { shown(sign) };
            Cow::Owned(foreign.chars().map(sign).collect())
        }
    }
}

/// A text as one line that is nothing but text.
pub fn one_line(foreign: &str) -> Cow<'_, str> {
    let line = match has_hidden(foreign, |_| false) {
        false => Cow::Borrowed(foreign),
        true => Cow::Owned(foreign.chars().map(shown).collect::<String>()),
    };
    let line = match without_commands(&line) {
        Cow::Borrowed(_) => line,
        Cow::Owned(broken) => Cow::Owned(broken),
    };
    // What begins a line, blanks aside, is a command to GitHub's runner.
    match line.trim_start().strip_prefix("::") {
        None => line,
        Some(rest) => {
            let blanks = &line[..line.len() - rest.len() - 2];
            Cow::Owned(format!("{blanks}: :{rest}"))
        }
    }
}

/// The line with a blank in `##[command]` and `##vso[command]`, which are commands anywhere in a
/// line of a log on GitHub and Azure.
pub(super) fn without_commands(line: &str) -> Cow<'_, str> {
    let is_command = |rest: &str| {
        rest.strip_prefix("##").is_some_and(|rest| {
            rest.trim_start_matches(|sign: char| sign.is_ascii_alphabetic()).starts_with('[')
        })
    };
    let places: Vec<usize> =
        line.match_indices('#').map(|it| it.0).filter(|at| is_command(&line[*at..])).collect();
    if places.is_empty() {
        return Cow::Borrowed(line);
    }
    let mut broken = line.to_owned();
    for place in places.iter().rev() {
        broken.insert(place + 1, ' ');
    }
    Cow::Owned(broken)
}
