//! Paths in a journal: those below the home folder are recorded relative to `~`, so that a
//! published run does not name its user. Owns this rule and its inverse.

use std::path::{Path, PathBuf};

use lukewarm_model::{Plan, Warning};
use lukewarm_runner::UserEnvironment;

/// The user's home folder, as it may occur in texts.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// As the environment has it, and as the file system does.
    names: Vec<String>,
}

impl Home {
    /// The home folder of this user, where there is one.
    pub fn of(user: &UserEnvironment) -> Home {
        let Some(named) = user.get("HOME").map(PathBuf::from) else { return Home::default() };
        let folders = [Some(named.clone()), named.canonicalize().ok()];
        let mut names: Vec<String> = Vec::new();
        for folder in folders.into_iter().flatten() {
            let name = folder.to_string_lossy().trim_end_matches('/').to_owned();
            // The root folder is not a home folder.
            if folder.is_absolute() && name.len() > 1 && !names.contains(&name) {
                names.push(name);
            }
        }
        // The longer one first: one may begin with the other.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        Home { names }
    }

    /// A text with the home folder replaced by `~`.
    pub fn hidden(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for name in &self.names {
            let places: Vec<usize> = text.match_indices(name.as_str()).map(|it| it.0).collect();
            for place in places.into_iter().rev() {
                let goes_on = |sign: char| sign.is_alphanumeric() || "-_.".contains(sign);
                let (before, rest) = (&text[..place], &text[place + name.len()..]);
                if !rest.starts_with(goes_on) && !before.ends_with(goes_on) {
                    text.replace_range(place..place + name.len(), "~");
                }
            }
        }
        text
    }

    /// The folder of a recorded path on this machine.
    pub fn shown(&self, folder: &Path) -> PathBuf {
        match (folder.strip_prefix("~"), self.names.last()) {
            (Ok(rest), Some(home)) => Path::new(home).join(rest),
            _ => folder.to_owned(),
        }
    }

    /// A plan as it is recorded.
    pub fn hide_in_plan(&self, plan: &mut Plan) {
        for workspace in &mut plan.workspaces {
            workspace.folder = self.hidden(&workspace.folder.to_string_lossy()).into();
        }
    }

    /// A recorded plan with the paths of this machine.
    pub fn show_in_plan(&self, plan: &mut Plan) {
        for workspace in &mut plan.workspaces {
            workspace.folder = self.shown(&workspace.folder);
        }
    }

    /// Warnings as they are recorded.
    pub fn hide_in_warnings(&self, warnings: &[Warning]) -> Vec<Warning> {
        let hidden = |it: &Warning| Warning::new(self.hidden(&it.what), self.hidden(&it.advice));
        warnings.iter().map(hidden).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_folder_is_hidden_where_it_is_one() {
        let home = Home { names: vec!["/home/ann".to_owned()] };
        for (text, wanted) in [
            ("/home/ann/x y", "~/x y"),
            ("--out=/home/ann", "--out=~"),
            ("in `/home/ann/a` and /home/ann/b", "in `~/a` and ~/b"),
            ("/home/anna/x", "/home/anna/x"),
            ("/srv/home/ann/x", "/srv/home/ann/x"),
            ("/home/ann-2", "/home/ann-2"),
        ] {
            assert_eq!(home.hidden(text), wanted);
        }
        for folder in ["/home/ann/x/y", "/home/ann", "/srv/x"] {
            assert_eq!(home.shown(Path::new(&home.hidden(folder))), Path::new(folder));
        }
        assert_eq!(Home::default().hidden("/home/ann"), "/home/ann");
    }
}
