//! A command line as words: blanks part words, quotes hold them together.
//! Owns that rule, which is the shell's without variables, patterns and substitutions.

use crate::error::CommandError;

/// The words of a line. `'…'` is taken as it is; in `"…"` and outside of quotes `\` takes the next
/// sign as it is.
///
/// # Errors
/// When a quote is not closed.
pub fn split(line: &str) -> Result<Vec<String>, CommandError> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut signs = line.chars();
    while let Some(sign) = signs.next() {
        match (quote, sign) {
            (Some(open), _) if sign == open => quote = None,
            (Some('"') | None, '\\') => match signs.next() {
                Some(next) => word.get_or_insert_default().push(next),
                None => return Err(CommandError::Unfinished(line.to_owned())),
            },
            (None, '\'' | '"') => {
                // An empty pair of quotes is a word too.
                word.get_or_insert_default();
                quote = Some(sign);
            }
            (None, _) if sign.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(sign),
        }
    }
    match quote {
        Some(_) => Err(CommandError::Unfinished(line.to_owned())),
        None => {
            words.extend(word);
            Ok(words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_by_blanks_and_held_by_quotes() {
        for (line, wanted) in [
            ("cargo  test\t--no-run", &["cargo", "test", "--no-run"][..]),
            (r#"--config 'a = "b c"'"#, &["--config", r#"a = "b c""#]),
            (r#"a"b c"d '' \'x \\"#, &["ab cd", "", "'x", "\\"]),
            (r#""a \" \\ b""#, &[r#"a " \ b"#]),
            ("  ", &[]),
        ] {
            assert_eq!(split(line).unwrap(), wanted, "{line}");
        }
        for line in ["'a", "\"a", "a\\"] {
            assert!(split(line).is_err(), "{line}");
        }
    }
}
