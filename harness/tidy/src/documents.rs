//! Rules of documents: length, links that lead somewhere, constants that the code has, and no
//! path of somebody's machine.

use std::path::Path;

use crate::Finding;

const README_LINES: usize = 150;

/// Holds a Markdown document to its length (for the README) and its relative links to files
/// that exist.
pub fn document(root: &Path, file: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let count = text.lines().count();
    if file == Path::new("README.md") && count > README_LINES {
        findings.push(Finding::new(file, 1, format!("{count} lines: at most {README_LINES}")));
    }
    let folder = root.join(file.parent().unwrap_or(Path::new("")));
    for (index, line) in text.lines().enumerate() {
        for target in links(line) {
            let target = target.split('#').next().unwrap_or_default();
            let elsewhere = target.is_empty() || target.contains("://");
            if !elsewhere && !folder.join(target).exists() {
                let message = format!("link to `{target}`, which is not there");
                findings.push(Finding::new(file, index + 1, message));
            }
        }
    }
    findings
}

/// The targets of `[text](target)` and `src="target"`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let markdown = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let html = line.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next());
    markdown.chain(html)
}

/// Constants that a document quotes as `` `NAME = value` ``, with their lines.
pub fn quoted_constants(text: &str) -> Vec<(usize, String, String)> {
    let mut quoted = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for code in line.split('`').skip(1).step_by(2) {
            let Some((name, value)) = code.split_once(" = ") else { continue };
            let is_name = name.len() > 2
                && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
                && value.starts_with(|c: char| c.is_ascii_digit());
            if is_name {
                quoted.push((index + 1, name.to_owned(), value.to_owned()));
            }
        }
    }
    quoted
}

/// Paths of somebody's machine in a file.
pub fn machine_paths(file: &Path, text: &str) -> Vec<Finding> {
    // Put together here, so that this file does not hold what it looks for.
    let suspicious = [["/wo", "rk/"], ["/ro", "ot/"], ["/home", "/runner"]].map(|it| it.concat());
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(path) = suspicious.iter().find(|path| line.contains(path.as_str())) {
            findings.push(Finding::new(file, index + 1, format!("a machine's path: `{path}`")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_link_is_found() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = "See [this](src/lib.rs#top), [that](src/gone.rs), [x](https://example.org).\n";
        let found = document(root, Path::new("README.md"), text);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("src/gone.rs"), "{}", found[0]);
        assert_eq!(document(root, Path::new("README.md"), &"x\n".repeat(151)).len(), 1);
    }

    #[test]
    fn a_quoted_constant_is_seen() {
        let text = "The margin (`MARGIN = 0.02`) and `let x = 3`.\n";
        let wanted = (1, "MARGIN".to_owned(), "0.02".to_owned());
        assert_eq!(quoted_constants(text), [wanted]);
    }

    #[test]
    fn a_machines_path_is_found() {
        let text = format!("built in {}main\n", ["/wo", "rk/"].concat());
        assert_eq!(machine_paths(Path::new("a.md"), &text).len(), 1);
        assert!(machine_paths(Path::new("a.md"), "in /tmp/x\n").is_empty());
    }
}
