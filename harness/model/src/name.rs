//! What names may be made of, above all those that become paths.
//! Owns the forms, for those who write names and for those who read them back from a record. It
//! must not look whether something of that name is there.

use std::path::{Component, Path};

/// What a name may be made of, as [`is_name`] has it, in words.
pub const NAME_RULE: &str = "a name has only the letters a to z, digits and `-`";

/// Whether a text may name a scenario, workspace, story, job or network.
///
/// ```
/// assert!(lukewarm_model::is_name("sccache-webdav"));
/// assert!(!lukewarm_model::is_name("../victim"));
/// ```
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// Whether a text may name a scenario of a plan: `NAME[@VERSION][+SETTING=VALUE…]`. A value may
/// have a `/`, as in `100Mbit/s`; no part between two of them leads anywhere else.
///
/// ```
/// assert!(lukewarm_model::is_scenario_name("sccache-webdav@0.10.0+bandwidth=100Mbit/s"));
/// assert!(!lukewarm_model::is_scenario_name("none+quota=../../../home"));
/// ```
pub fn is_scenario_name(text: &str) -> bool {
    let mut parts = text.split('+');
    let named = parts.next().unwrap_or_default();
    let is_named = match named.split_once('@') {
        Some((name, version)) => is_name(name) && is_version(version),
        None => is_name(named),
    };
    let is_value = |text: &str| {
        let fits = |c: char| c.is_alphanumeric() || " .,%_-".contains(c);
        text.split('/').all(|it| is_component(it) && it.chars().all(fits))
    };
    let is_setting = |part: &str| {
        part.split_once('=').is_some_and(|(setting, value)| is_name(setting) && is_value(value))
    };
    is_named && parts.all(is_setting)
}

/// Whether a text may be the version of a tool: letters, digits, `.` and `-`, first a letter or a
/// digit.
pub fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
}

/// Whether a text may name a cargo profile: letters, digits, `-` and `_`.
pub fn is_profile(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

/// Whether a text has the form of a run's id, `<date>T<time>-<name>-<short id>`, the name of its
/// results folder.
///
/// ```
/// assert!(lukewarm_model::is_run_id("2026-11-23T035407-my-run-0000beef"));
/// assert!(!lukewarm_model::is_run_id("Cargo"));
/// ```
pub fn is_run_id(text: &str) -> bool {
    short_id(text).is_some()
}

/// The short id at the end of a run's id; none where the text is no run's id.
///
/// ```
/// assert_eq!(lukewarm_model::short_id("2026-11-23T035407-my-run-0000beef"), Some("0000beef"));
/// assert_eq!(lukewarm_model::short_id("my-run-0000beef"), None);
/// ```
pub fn short_id(run_id: &str) -> Option<&str> {
    const TIME: &[u8] = b"0000-00-00T000000-";
    let fits = |(is, wanted): (u8, &u8)| match wanted {
        b'0' => is.is_ascii_digit(),
        other => is == *other,
    };
    let (time, rest) = run_id.split_at_checked(TIME.len())?;
    let (name, short) = rest.rsplit_once('-')?;
    let is_run_id = time.bytes().zip(TIME).all(fits)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && is_short_id(short);
    is_run_id.then_some(short)
}

/// Whether a text has the form of a short id, eight hexadecimal digits, the name of a run's scratch
/// folder: paths of sockets are short, and those of what is built are the same however a plan is
/// called.
pub fn is_short_id(text: &str) -> bool {
    let is_hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 8 && text.bytes().all(is_hexadecimal)
}

/// Whether a text is one plain component of a path: no `/`, no `..`, no control character.
pub fn is_component(text: &str) -> bool {
    !matches!(text, "" | "." | "..") && !text.chars().any(|c| c == '/' || c.is_control())
}

/// Whether a text is a file mode creation mask: three octal digits.
pub fn is_mask(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'))
}

/// Whether a path is relative and goes down only, by plain components.
pub fn goes_down(path: &Path) -> bool {
    let mut parts = path.components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Whether a path is absolute and has no `..` in it.
pub fn is_absolute(path: &Path) -> bool {
    path.is_absolute() && !path.components().any(|part| part == Component::ParentDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_have_no_form() {
        for text in ["../victim", "/tmp/victim", "a/../../b", "..", ".", "", "a\nb", "a\0b", "~"] {
            assert!(!is_name(text) && !is_scenario_name(text) && !is_run_id(text), "{text:?}");
            assert!(!is_version(text) && !is_profile(text), "{text:?}");
        }
        for text in ["a/b", "/", "", "..", "a\tb"] {
            assert!(!is_component(text), "{text:?}");
        }
        for path in ["", "/a", "../a", "a/../../b", ".."] {
            assert!(!goes_down(Path::new(path)), "{path:?}");
        }
        for text in ["", "77", "0077", "078", "0;a"] {
            assert!(!is_mask(text), "{text:?}");
        }
        assert!(is_mask("077"));
        assert!(goes_down(Path::new("src/lib.rs")) && !is_absolute(Path::new("/a/../b")));
    }

    #[test]
    fn scenarios_have_versions_and_settings() {
        let fit = [
            "none",
            "none-again",
            "sccache-webdav@0.8.2+network=colocated+write-latency=200ms",
            "actions-cache-rolling+quota=500MB",
            "sccache-webdav+quota=1.5 GB-again",
            "sccache-webdav+hit-share=40%",
            "sccache-webdav+bandwidth=100Mbit/s",
        ];
        for text in fit {
            assert!(is_scenario_name(text), "{text}");
        }
        let unfit = ["A", "none@", "none@..", "none+quota", "none+quota=", "none+quota=a/../b"];
        for text in unfit.iter().chain(&["none+quota=/etc", "none+=1", "none@1/2", "none+a=b\\c"]) {
            assert!(!is_scenario_name(text), "{text}");
        }
    }

    #[test]
    fn a_runs_id_has_a_time_a_name_and_eight_digits() {
        for text in ["2026-11-23T035407-cli-0d56c2fc", "2026-11-23T035407--0d56c2fc"] {
            assert!(is_run_id(text), "{text}");
        }
        let unfit = [
            "Cargo",
            "flake",
            "2026-11-23T035407-cli",
            "2026-11-23T035407-cli-0D56C2FC",
            "2026-11-23T035407-a/b-0d56c2fc",
            "2026-11-23-035407-cli-0d56c2fc",
            "x2026-11-23T035407-cli-0d56c2fc",
        ];
        for text in unfit {
            assert!(!is_run_id(text), "{text}");
        }
    }
}
