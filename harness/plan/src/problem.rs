//! Problems: what is wrong with a file or a selection, and what would be right.

use std::fmt;

use lukewarm_model::{Classify, ErrorKind};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a file with its line, or the selection.
    pub place: String,
    /// What is wrong and what would be right.
    pub what: String,
}

/// Everything that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl Classify for Problems {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// Says that a name is not known, with the nearest known one, or all of them where none is near.
pub fn unknown<'a>(kind: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let distances = known.iter().map(|other| (strsim::damerau_levenshtein(name, other), other));
    match distances.min_by_key(|(distance, _)| *distance) {
        // Closer than that, a typing error is likelier than another word.
        Some((distance, near)) if distance <= 2.max(name.len() / 3) => {
            format!("unknown {kind} `{name}`; did you mean `{near}`?")
        }
        Some(_) => format!("unknown {kind} `{name}`; known are {}", known.join(", ")),
        None => format!("unknown {kind} `{name}`; there is none to choose from"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_or_all_are() {
        let known = ["sccache-local", "sccache-webdav", "none"];
        let near = unknown("scenario", "scache-webdav", known);
        assert_eq!(near, "unknown scenario `scache-webdav`; did you mean `sccache-webdav`?");
        let far = unknown("scenario", "bazel", known);
        let wanted = "unknown scenario `bazel`; known are sccache-local, sccache-webdav, none";
        assert_eq!(far, wanted);
        let none = unknown("setting", "fast", []);
        assert_eq!(none, "unknown setting `fast`; there is none to choose from");
    }
}
