//! The token of a served cache: where it comes from, and which characters it may have.
//! Owns the rule that every value printed for a shell is left unchanged by one.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use super::error::ServeError;

/// Longest token that is read from a file, in bytes; what follows is ignored.
const LONGEST_TOKEN: u64 = 4096;

/// Where the token of a served cache comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// The option `--token`.
    Argument(String),
    /// The file of the option `--token-file`; white space at its end is no part of the token.
    File(PathBuf),
    /// The environment variable `LUKEWARM_TOKEN`.
    Variable(OsString),
}

impl TokenSource {
    /// Reads the token and checks its characters.
    ///
    /// # Errors
    /// When the file cannot be read or is empty, or a shell would change the token.
    pub fn read(&self) -> Result<String, ServeError> {
        let (origin, token) = match self {
            TokenSource::Argument(token) => ("--token".to_owned(), token.clone()),
            TokenSource::File(path) => (format!("--token-file {}", path.display()), file(path)?),
            TokenSource::Variable(token) => {
                ("LUKEWARM_TOKEN".to_owned(), token.to_string_lossy().into_owned())
            }
        };
        match is_shell_safe(&token) && !token.contains([':', '[', ']']) {
            true => Ok(token),
            false => Err(ServeError::TokenCharacters { origin }),
        }
    }
}

fn file(path: &PathBuf) -> Result<String, ServeError> {
    let mut token = String::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST_TOKEN).read_to_string(&mut token))
        .map_err(|source| ServeError::TokenFile { path: path.clone(), source })?;
    match token.trim_end() {
        "" => Err(ServeError::EmptyTokenFile(path.clone())),
        token => Ok(token.to_owned()),
    }
}

/// Whether a shell and `$GITHUB_ENV` leave a value behind `NAME=` unchanged. A shell replaces `~`
/// at the beginning and behind a colon by a home folder.
pub(super) fn is_shell_safe(value: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || "._~+/=-:[]".contains(it);
    value.chars().all(plain) && !value.starts_with('~') && !value.contains(":~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_leaves_safe_values_unchanged() {
        for plain in ["", "AZaz09", "http://[::1]:80/", "h.c_-.s=", "a~b", "+/="] {
            assert!(is_shell_safe(plain), "{plain}");
        }
        for strange in
            ["~", "~root", "a:~b", "a b", "a\nb", "$x", "a;b", "`a`", "é", "a*", "(a)", "'"]
        {
            assert!(!is_shell_safe(strange), "{strange}");
        }
    }

    #[test]
    fn a_token_is_read_from_each_source() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("token");
        std::fs::write(&path, "from-a-file\n").unwrap();
        for (source, wanted) in [
            (TokenSource::Argument("a".to_owned()), "a"),
            (TokenSource::File(path.clone()), "from-a-file"),
            (TokenSource::Variable("b".into()), "b"),
        ] {
            assert_eq!(source.read().unwrap(), wanted);
        }
        std::fs::write(&path, " \n").unwrap();
        let empty = TokenSource::File(path).read();
        assert!(matches!(empty, Err(ServeError::EmptyTokenFile(_))), "{empty:?}");
        let url = TokenSource::Argument("http://x".to_owned()).read();
        assert!(matches!(url, Err(ServeError::TokenCharacters { .. })), "{url:?}");
    }
}
