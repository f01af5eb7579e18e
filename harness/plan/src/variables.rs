//! Variables of jobs: from options and files to names and values.
//! Owns which may be given, which of them are secret, and the form of a file of variables, which
//! it reads. No message of its may have a value.

use std::path::{Path, PathBuf};

use lukewarm_model::{JobVariable, JobVariables, MASK, ToolDescription, Visibility};

use crate::problem::{Problem, Problems};

/// Where variables are given, the later ones before the earlier ones.
#[derive(Clone, Debug, Default)]
pub struct VariableSources<'a> {
    /// Those of a `lukewarm.toml`, with its path.
    pub settings: Option<(&'a Path, &'a [(String, String)])>,
    /// Files with a line `NAME=VALUE` for each.
    pub files: &'a [PathBuf],
    /// Words `NAME`, whose value is the caller's, and `NAME=VALUE`.
    pub options: &'a [String],
}

/// What a name or a part of it must not be, with the reason.
const OURS: [(&[&str], &str); 4] = [
    (
        &["PATH", "HOME", "TMPDIR", "LANG", "CI", "XDG_"],
        "every job has one of its own, the same for all scenarios",
    ),
    (
        &[
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET_DIR",
            "CARGO_BUILD_BUILD_DIR",
            "CARGO_NET_OFFLINE",
            "CARGO_TERM_COLOR",
            "CARGO_INCREMENTAL",
            "CARGO_BUILD_INCREMENTAL",
            "CARGO_BUILD_RUSTC",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
        ],
        "the scenario decides it",
    ),
    (
        &["RUSTUP_TOOLCHAIN", "RUSTUP_HOME"],
        "the workspace chooses the toolchain, or a command does, such as `cargo +nightly test`",
    ),
    (&["LUKEWARM_"], "it is lukewarm's own"),
];

/// Parts of names that secrets have.
const SECRET_NAMES: [&str; 10] = [
    "TOKEN",
    "KEY",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "AUTH",
    "PRIVATE",
    "COOKIE",
];

/// Beginnings of values that are secrets: of tokens of forges, clouds and chats, of keys.
const SECRET_VALUES: [&str; 12] = [
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "sk-",
    "AKIA",
    "ASIA",
    "xox",
    "eyJ",
    "-----BEGIN",
];

/// The variables of some sources. `user` gives the caller's value of a name.
///
/// # Errors
/// Names every variable that may not be given or has no value, without a value.
pub fn variables(
    sources: &VariableSources<'_>,
    user: impl Fn(&str) -> Option<String>,
    tools: &[ToolDescription],
) -> Result<JobVariables, Problems> {
    let mut all = Given { tools, variables: JobVariables::default(), problems: Vec::new() };
    if let Some((path, written)) = sources.settings {
        for (name, value) in written {
            let place = format!("{}: [env]", path.display());
            all.add(&place, name, value.clone(), visibility(name, value));
        }
    }
    for file in sources.files {
        all.file(file);
    }
    for word in sources.options {
        match (word.split_once('='), user(word)) {
            (Some((name, value)), _) => {
                all.add("--env", name, value.to_owned(), visibility(name, value));
            }
            (None, Some(value)) => all.add("--env", word, value, Visibility::Secret),
            (None, None) => {
                let what = format!("`{word}` is not set here: set it, or write `{word}=VALUE`");
                all.problem("--env", what);
            }
        }
    }
    match all.problems.is_empty() {
        true => Ok(all.variables),
        false => Err(Problems(all.problems)),
    }
}

/// A word of the command line as it may be recorded: `--env NAME=VALUE` without a secret value.
pub fn recorded_word(before: Option<&str>, word: &str) -> String {
    let (option, given) = match word.strip_prefix("--env=") {
        Some(given) => ("--env=", given),
        None if before == Some("--env") => ("", word),
        None => return word.to_owned(),
    };
    match given.split_once('=') {
        Some((name, value)) if visibility(name, value) == Visibility::Secret => {
            format!("{option}{name}={MASK}")
        }
        _ => word.to_owned(),
    }
}

/// Whether a value that was written down may be recorded.
fn visibility(name: &str, value: &str) -> Visibility {
    let name = name.to_uppercase();
    let is_secret = SECRET_NAMES.iter().any(|part| name.contains(part))
        || SECRET_VALUES.iter().any(|begin| value.starts_with(begin))
        || has_login(value)
        || is_random(value);
    if is_secret { Visibility::Secret } else { Visibility::Recorded }
}

/// Whether a text is a URL with a password: `https://user:password@host`.
fn has_login(value: &str) -> bool {
    let rest = value.split_once("://").map(|(_, rest)| rest);
    let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
    host.and_then(|host| host.split_once('@')).is_some_and(|(login, _)| login.contains(':'))
}

/// Whether a text looks as if it was drawn by chance: long, one word, of all kinds of signs. A
/// commit's hash is none: it has no capitals.
fn is_random(value: &str) -> bool {
    const LONG: usize = 20;
    let has = |kind: fn(&char) -> bool| value.chars().any(|it| kind(&it));
    value.len() >= LONG
        && value.chars().all(|it| it.is_ascii_alphanumeric() || "+/=_-".contains(it))
        && !value.contains("--")
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
}

struct Given<'a> {
    tools: &'a [ToolDescription],
    variables: JobVariables,
    problems: Vec<Problem>,
}

impl Given<'_> {
    fn problem(&mut self, place: &str, what: impl Into<String>) {
        self.problems.push(Problem { place: place.to_owned(), what: what.into() });
    }

    fn add(&mut self, place: &str, name: &str, value: String, visibility: Visibility) {
        let first = |it: char| it.is_ascii_alphabetic() || it == '_';
        let other = |it: char| it.is_ascii_alphanumeric() || it == '_';
        if !name.starts_with(first) || !name.chars().all(other) {
            let what = format!("`{name}` is no name of a variable: letters, digits and `_`");
            return self.problem(place, what);
        }
        if let Some(reason) = self.reserved(name) {
            return self.problem(place, format!("`{name}` cannot be given: {reason}"));
        }
        if value.contains('\0') {
            return self.problem(place, format!("`{name}`: a value has no zero byte"));
        }
        self.variables.0.insert(name.to_owned(), JobVariable { value, visibility });
    }

    /// Why a variable is not the user's; none where it may be given.
    fn reserved(&self, name: &str) -> Option<String> {
        let is = |own: &str| name == own || own.ends_with('_') && name.starts_with(own);
        if let Some((_, reason)) = OURS.iter().find(|(names, _)| names.iter().any(|it| is(it))) {
            return Some((*reason).to_owned());
        }
        let of_tool = |tool: &&ToolDescription| {
            let mut own = tool
                .variables
                .iter()
                .map(|it| it.name)
                .chain(tool.reserved_variables.iter().copied());
            let prefix = format!("{}_", tool.name.to_uppercase().replace('-', "_"));
            own.any(|it| it == name) || tool.is_wrapper() && name.starts_with(&prefix)
        };
        let tool = self.tools.iter().find(of_tool)?;
        Some(format!(
            "it is a setting of {}, which a scenario's file has in `[tool-env]`",
            tool.name
        ))
    }

    /// The variables of a file, a line `NAME=VALUE` for each: blank lines and lines that begin with
    /// `#` are left out, `export` before a name too, and quotes around a whole value.
    fn file(&mut self, path: &Path) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let place = format!("--env-file {}", path.display());
                return self.problem(&place, format!("cannot be read: {error}"));
            }
        };
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), number + 1);
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = line.strip_prefix("export ").unwrap_or(line);
            match line.split_once('=') {
                Some((name, value)) => {
                    let value = unquoted(value.trim()).to_owned();
                    self.add(&place, name.trim(), value, Visibility::Secret);
                }
                // The line is not shown: it may be part of a secret.
                None => self.problem(&place, "a line `NAME=VALUE` is wanted"),
            }
        }
    }
}

fn unquoted(value: &str) -> &str {
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sources: &VariableSources<'_>) -> Result<JobVariables, String> {
        let user = |name: &str| (name == "PASSED").then(|| "from outside".to_owned());
        variables(sources, user, &lukewarm_cache_tools::descriptions())
            .map_err(|problems| problems.to_string())
    }

    fn options(words: &[&str]) -> Result<JobVariables, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        read(&VariableSources { options: &words, ..VariableSources::default() })
    }

    #[test]
    fn the_command_line_comes_before_files_and_those_before_the_settings() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("env");
        let text = "# a comment\n\nexport A=file\nB = \"two words\"\nC='x=y'\n";
        std::fs::write(&file, text).unwrap();
        let settings = [("A", "settings"), ("D", "settings")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let files = [file];
        let words = ["A=option=1".to_owned(), "PASSED".to_owned()];
        let read = read(&VariableSources {
            settings: Some((Path::new("lukewarm.toml"), &settings)),
            files: &files,
            options: &words,
        });
        let read = read.unwrap();
        let all: Vec<_> =
            read.iter().map(|(name, it)| (name, it.value.as_str(), it.visibility)).collect();
        let (recorded, secret) = (Visibility::Recorded, Visibility::Secret);
        let wanted = [
            ("A", "option=1", recorded),
            ("B", "two words", secret),
            ("C", "x=y", secret),
            ("D", "settings", recorded),
            ("PASSED", "from outside", secret),
        ];
        assert_eq!(all, wanted);
    }

    #[test]
    fn what_the_harness_sets_is_refused_with_the_reason() {
        for (word, part) in [
            ("CARGO_HOME=/x", "the scenario decides it"),
            ("RUSTC_WRAPPER=x", "the scenario decides it"),
            ("PATH=/x", "one of its own"),
            ("XDG_CACHE_HOME=/x", "one of its own"),
            ("RUSTUP_TOOLCHAIN=x", "`cargo +nightly test`"),
            ("LUKEWARM_RUN=1", "lukewarm's own"),
            ("SCCACHE_DIR=/x", "a setting of sccache"),
            ("SCCACHE_ANYTHING=/x", "a setting of sccache"),
            ("KACHE_CACHE_EXECUTABLES=1", "a setting of kache"),
            ("ACTIONS_RUNTIME_TOKEN=x", "a setting of "),
            ("ABSENT", "`ABSENT` is not set here"),
            ("1A=x", "no name of a variable"),
            ("=x", "no name of a variable"),
        ] {
            let said = options(&[word]).unwrap_err();
            assert!(said.contains(part), "{word}: {said}");
        }
        let all = options(&["CARGO_HOME=hunter2", "PATH=hunter2", "B C=hunter2"]).unwrap_err();
        assert_eq!(all.lines().count(), 3, "{all}");
        assert!(!all.contains("hunter2"), "{all}");
        assert!(options(&["RUSTFLAGS=-g", "CARGO_PROFILE_DEV_DEBUG=0", "AWS_REGION=x"]).is_ok());
    }

    #[test]
    fn secrets_are_known_by_their_names_and_by_their_values() {
        let word = |word: &str| recorded_word(Some("--env"), word);
        for secret in [
            "API_TOKEN=x",
            "my_key=x",
            "DB=postgres://me:pw@host/db",
            "A=ghp_0123456789",
            "A=eyJhbGciOi.x.y",
            "A=q7Rk2mZpX9vB4nLw8TsD",
        ] {
            let name = secret.split_once('=').unwrap().0;
            assert_eq!(word(secret), format!("{name}={MASK}"));
        }
        for plain in [
            "CI_COMMIT=0123456789abcdef0123456789abcdef01234567",
            "A=a text of some length with Words and 12 more",
            "URL=https://example.org/a@b:c",
            "A=",
            "PASSED",
        ] {
            assert_eq!(word(plain), plain);
        }
        assert_eq!(recorded_word(None, "--env=A_TOKEN=x"), format!("--env=A_TOKEN={MASK}"));
        assert_eq!(recorded_word(Some("--out"), "A_TOKEN=x"), "A_TOKEN=x");
    }
}
