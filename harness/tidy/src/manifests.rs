//! Rules of manifests: which crate may know which, and how many lints there are, each with its
//! reason.

use std::path::Path;

use toml::Table;

use crate::Finding;

/// The arrows of the design: a crate, and the crates of ours that it may know.
const ARROWS: &[(&str, &[&str])] = &[
    ("no-schema", &[]),
    ("text", &[]),
    ("model", &["no-schema", "text"]),
    ("plan", &["model"]),
    ("cache-services", &["model"]),
    ("cache-tools", &["model"]),
    ("runner", &["model", "cache-services", "cache-tools"]),
    ("wire", &["model"]),
    ("record", &["model", "wire"]),
    ("analysis", &["model", "cache-tools"]),
    ("report", &["model", "analysis"]),
    (
        "session",
        &[
            "model",
            "plan",
            "definitions",
            "cache-services",
            "cache-tools",
            "runner",
            "wire",
            "record",
            "analysis",
            "report",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "plan",
            "cache-services",
            "cache-tools",
            "runner",
            "record",
            "analysis",
            "report",
            "session",
            "definitions",
        ],
    ),
    ("definitions", &[]),
    ("testing", &["model"]),
    ("tidy", &[]),
];

const EXTRA_LINTS: usize = 15;

/// Holds one crate's manifest to the arrows; dependencies of tests are free.
pub fn arrows(name: &str, file: &Path, text: &str) -> Vec<Finding> {
    let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
        return vec![Finding::new(file, 1, format!("crate `{name}` is not on the map"))];
    };
    let table: Table = match text.parse() {
        Ok(table) => table,
        Err(error) => return vec![Finding::new(file, 1, format!("does not parse: {error}"))],
    };
    let mut findings = Vec::new();
    let dependencies = table.get("dependencies").and_then(|it| it.as_table());
    for dependency in dependencies.into_iter().flat_map(Table::keys) {
        let Some(ours) = dependency.strip_prefix("lukewarm-") else { continue };
        if !allowed.contains(&ours) {
            findings.push(Finding::new(file, 1, format!("`{name}` must not know `{ours}`")));
        }
    }
    let inherits = table.get("lints").and_then(|it| it.get("workspace")?.as_bool());
    if inherits != Some(true) {
        findings.push(Finding::new(file, 1, "does not take the workspace's lints"));
    }
    findings
}

/// Holds the root manifest's lints to their number and reasons: a comment above each.
pub fn lints(file: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut inside, mut count, mut before) = (false, 0, "");
    for (index, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.starts_with("[workspace.lints.");
        } else if inside && line.contains('=') {
            count += 1;
            if !before.starts_with("# ") {
                findings.push(Finding::new(file, index + 1, "a lint without its reason above it"));
            }
        }
        before = line;
    }
    if count > EXTRA_LINTS {
        findings.push(Finding::new(file, 1, format!("{count} lints: at most {EXTRA_LINTS}")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINTS: &str = "[lints]\nworkspace = true\n";

    #[test]
    fn an_arrow_upwards_is_found() {
        let text = format!("[dependencies]\nlukewarm-report.workspace = true\n{LINTS}");
        let found = arrows("analysis", Path::new("Cargo.toml"), &text);
        assert_eq!(found[0].message, "`analysis` must not know `report`");
        let text = format!("[dependencies]\nlukewarm-model.workspace = true\n{LINTS}");
        assert!(arrows("analysis", Path::new("Cargo.toml"), &text).is_empty());
    }

    #[test]
    fn a_stranger_and_a_crate_without_lints_are_found() {
        assert_eq!(arrows("new", Path::new("Cargo.toml"), LINTS).len(), 1);
        assert_eq!(arrows("model", Path::new("Cargo.toml"), "").len(), 1);
    }

    #[test]
    fn each_lint_has_its_reason() {
        let text =
            "[workspace.lints.rust]\n# Because.\na = \"warn\"\nb = \"warn\"\n[other]\nc = 1\n";
        let found = lints(Path::new("Cargo.toml"), text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 4);
        let many = format!("[workspace.lints.rust]\n{}", "# Because.\na = 1\n".repeat(16));
        assert_eq!(lints(Path::new("Cargo.toml"), &many).len(), 1);
    }
}
