//! Rules of installing and printing: installed packages are pinned, and text is printed only
//! through the module that makes it safe.

use std::path::Path;

use crate::Finding;

/// The one home of printing.
const PRINTER: &str = "harness/cli/src/terminal.rs";

/// Holds commands in a script or document to pinned versions: cargo by the lock file, pip by
/// hashes, npm by its lock file and without scripts of packages. A command with a reason behind
/// `# unlocked: ` is exempt.
pub fn installs(file: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut whole = String::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with('#') && whole.is_empty() {
            continue;
        }
        whole.push_str(line);
        if whole.ends_with('\\') {
            whole.truncate(whole.len() - 1);
            continue;
        }
        let command = std::mem::take(&mut whole);
        let pip = ["pip3 install", "pip3 download", "pip install", "pip download"];
        let rules = [
            (command.contains("cargo install "), "--locked"),
            (pip.iter().any(|it| command.contains(it)), "--require-hashes"),
            (command.contains("npm ci "), "--ignore-scripts"),
            (command.contains("npm install "), "npm ci"),
        ];
        for (applies, wanted) in rules {
            let exempt =
                command.split_once("# unlocked: ").is_some_and(|it| !it.1.trim().is_empty());
            if applies && !exempt && !command.contains(wanted) {
                let message = format!("installs without `{wanted}`: {command}");
                findings.push(Finding::new(file, index + 1, message));
            }
        }
    }
    findings
}

/// Holds a source file of the program to printing through its one home. Tests may print.
pub fn printing(file: &Path, text: &str) -> Vec<Finding> {
    let is_program = file.components().any(|part| part.as_os_str() == "src");
    if file == Path::new(PRINTER) || !is_program {
        return Vec::new();
    }
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let ways =
        [["io::std", "out("], ["io::std", "err("], ["error.", "print("]].map(|it| it.concat());
    let mut findings = Vec::new();
    for (index, line) in code.lines().enumerate() {
        if ways.iter().any(|way| line.contains(way.as_str())) {
            let message = format!("prints past {PRINTER}, where text is made safe");
            findings.push(Finding::new(file, index + 1, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(text: &str) -> usize {
        installs(Path::new("a.sh"), text).len()
    }

    #[test]
    fn what_is_not_pinned_is_found() {
        assert_eq!(installed("cargo install dufs\n"), 1);
        assert_eq!(installed("cargo install --locked dufs\n"), 0);
        assert_eq!(installed("cargo install dufs # unlocked: its lock file is broken\n"), 0);
        assert_eq!(installed("cargo install dufs # unlocked: \n"), 1, "a reason is needed");
        assert_eq!(installed("pip3 install \\\n    --require-hashes -r a.txt\n"), 0);
        assert_eq!(installed("pip3 install \\\n    scipy==1.17.1\npip3 download a\n"), 2);
        assert_eq!(installed("npm install a\nnpm ci --prefix b\n# npm install c\n"), 2);
        assert_eq!(installed("npm ci --ignore-scripts\n"), 0);
    }

    #[test]
    fn printing_elsewhere_is_found() {
        let text = ["use std::io;\nfn a() { let _ = io::std", "out(); }\n"].concat();
        assert_eq!(printing(Path::new("harness/cli/src/progress.rs"), &text).len(), 1);
        assert!(printing(Path::new(PRINTER), &text).is_empty());
        assert!(printing(Path::new("harness/cli/tests/cli.rs"), &text).is_empty());
    }
}
