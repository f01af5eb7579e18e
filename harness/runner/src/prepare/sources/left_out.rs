//! What a checkout lacks and the user's folder has, where a failed build names it. Owns which parts
//! of a log are paths, and why a file was left out.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::items::above;
use crate::prepare::git::Git;
use crate::prepare::manifests::normal;
use crate::prepare::settings::Settings;

/// How many files are named at most.
const MOST: usize = 3;
/// How many of a log's last lines are read.
const LINES: usize = 400;
/// The length in bytes of the longest word that may be a path.
const LONGEST: usize = 1000;

/// What a checkout has, for telling what it has not.
#[derive(Clone, Debug, Default)]
pub struct LeftOutFiles {
    /// The root of the user's repository, or the folder that was copied.
    pub root: PathBuf,
    /// Its place in the checkout.
    pub place: PathBuf,
    /// The workspace's place in the checkout.
    pub workspace: PathBuf,
    /// Every place of the checkout.
    pub kept: BTreeSet<PathBuf>,
}

impl LeftOutFiles {
    /// A sentence for each file that a log names, the user's folder has, and the checkout has not.
    /// `checkout` is the checkout's root, below which the log's absolute paths lie.
    pub fn named_in(&self, log: &str, checkout: &Path, settings: &Settings) -> Vec<String> {
        let lines: Vec<&str> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(LINES)..];
        let mut words: BTreeSet<&str> = BTreeSet::new();
        last.iter().for_each(|line| words.extend(paths(line)));
        let mut folders: BTreeSet<&Path> = self
            .kept
            .iter()
            .filter(|it| it.file_name().is_some_and(|it| it == "Cargo.toml"))
            .filter_map(|it| it.parent())
            .collect();
        folders.insert(&self.workspace);
        let mut named = BTreeSet::new();
        for word in words {
            let path = Path::new(word);
            match path.strip_prefix(checkout) {
                Ok(below) => named.extend(self.left_out(below)),
                Err(_) if path.is_absolute() => {}
                Err(_) => {
                    let places = folders.iter().map(|it| it.join(path));
                    named.extend(places.filter_map(|it| self.left_out(&it)));
                }
            }
        }
        named.iter().take(MOST).map(|it| self.sentence(it, settings)).collect()
    }

    /// The place of a path relative to the checkout, if the user has it and the checkout has not.
    fn left_out(&self, path: &Path) -> Option<PathBuf> {
        let place = normal(path);
        let below = place.strip_prefix(&self.place).ok()?;
        let is_plain = below.components().all(|it| match it {
            Component::Normal(name) => name != ".git" && name != "target",
            _ => false,
        });
        let is_left_out = is_plain && below.components().next().is_some();
        let is_there = || self.root.join(below).symlink_metadata().is_ok();
        (is_left_out && !self.kept.contains(&place) && is_there()).then_some(place)
    }

    fn sentence(&self, place: &Path, settings: &Settings) -> String {
        let below = place.strip_prefix(&self.place).unwrap_or(place);
        let why = match self.rule(below, settings) {
            Some((file, line)) => format!("line {line} of `{file}` names it"),
            None => "git does not track it".to_owned(),
        };
        let whole = above(place).into_iter().find(|it| !self.kept.contains(*it));
        let mut include = from_workspace(whole.unwrap_or(place), &self.workspace);
        if whole.is_some() {
            include.push('/');
        }
        let path = below.display();
        format!("`{path}` was left out of the checkout, because {why}: add `--include {include}`")
    }

    /// The file and the line of the rule by which git ignores a path.
    fn rule(&self, path: &Path, settings: &Settings) -> Option<(String, String)> {
        let git = Git::of(&self.root, settings).ok()?;
        let words = ["check-ignore", "--verbose", "--"].map(Path::new);
        let printed = git.output(words.into_iter().chain([path])).ok()?;
        source_and_line(&printed)
    }
}

/// The file and the line in `.gitignore:3:dist/<tab>dist/app.js`. A file's name may have colons.
fn source_and_line(printed: &str) -> Option<(String, String)> {
    let (rule, _) = printed.split_once('\t')?;
    let colons: Vec<usize> = rule.match_indices(':').map(|(place, _)| place).collect();
    let number = |pair: &[usize]| {
        let line = &rule[pair[0] + 1..pair[1]];
        let is_number = !line.is_empty() && line.bytes().all(|it| it.is_ascii_digit());
        is_number.then(|| (rule[..pair[0]].to_owned(), line.to_owned()))
    };
    colons.windows(2).find_map(number)
}

/// The parts of a line that may be paths: what is in quotes, and words without their punctuation.
fn paths(line: &str) -> Vec<&str> {
    let quoted = ['`', '"', '\''].into_iter().flat_map(|it| line.split(it).skip(1).step_by(2));
    let is_around = |c: char| "`'\"()[]<>,;:".contains(c);
    let words = line.split_whitespace().map(|it| it.trim_matches(is_around));
    let words = words.map(|it| it.trim_end_matches('.'));
    let is_path = |it: &&str| {
        let it = it.trim();
        !it.is_empty() && it.len() <= LONGEST && it.contains(['/', '.'])
    };
    quoted.chain(words).filter(is_path).collect()
}

/// A place as a path relative to the workspace's.
fn from_workspace(place: &Path, workspace: &Path) -> String {
    let common = place.components().zip(workspace.components()).take_while(|(a, b)| a == b).count();
    let up = workspace.components().skip(common).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(place.components().skip(common)).collect();
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::tests::Place;

    #[test]
    fn what_a_log_names_and_only_the_user_has_is_named_with_the_rule() {
        let place = Place::new();
        place.write(&[
            ("repository/.gitignore", "# made\n\ndist/\n*.bin\n"),
            ("repository/ws/Cargo.toml", "[workspace]\nmembers = ['a']\n"),
            ("repository/ws/a/Cargo.toml", "[package]\n"),
            ("repository/ws/a/src/lib.rs", ""),
        ]);
        place.commit("repository");
        place.write(&[
            ("repository/ws/a/dist/deep/app.js", ""),
            ("repository/ws/a/my table.bin", ""),
            ("repository/data.bin", ""),
            ("repository/ws/target/debug/x.bin", ""),
        ]);
        let left_out = place.list("repository/ws", &[]).unwrap().left_out_files();
        let checkout = std::path::Path::new("/s/checkout");
        let said = |log: &str| left_out.named_in(log, checkout, &place.settings).join("\n");
        let wanted = "`ws/a/dist/deep/app.js` was left out of the checkout, because line 3 of \
                      `.gitignore` names it: add `--include a/dist/`";
        for log in [
            "error: couldn't read `a/src/../dist/deep/app.js`: No such file or directory",
            "  cannot open dist/deep/app.js: No such file",
            "failed to read /s/checkout/ws/a/dist/deep/app.js.",
        ] {
            assert_eq!(said(log), wanted, "{log}");
        }
        let table = said("thread 'main' panicked: \"my table.bin\" is missing");
        assert!(table.ends_with("add `--include a/my table.bin`"), "{table}");
        let above = said("couldn't read `a/src/../../../data.bin`");
        assert!(above.ends_with("line 4 of `.gitignore` names it: add `--include ../data.bin`"));
        for log in [
            "error in a/src/lib.rs:1:2",
            "/s/checkout/ws/target/debug/x.bin",
            "couldn't read `gone.js`",
            "/etc/passwd and ../../../../etc/passwd",
        ] {
            assert_eq!(said(log), "", "{log}");
        }
    }
}
