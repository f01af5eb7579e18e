//! The `lukewarm.toml` of a repository, and the Cargo workspace around a folder.
//! Owns where such files are looked for; what is in a `lukewarm.toml` is `wire`'s.

use std::path::{Path, PathBuf};

use lukewarm_model::Thresholds;
use toml::{Table, Value};

use crate::catalogue::Files;
use crate::problem::{Problem, Problems};
use crate::wire::{Settings, SettingsFile};
use crate::{check, document, schema};

/// The file's name.
const NAME: &str = "lukewarm.toml";

/// What a repository says of its own measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkspaceSettings {
    /// The file.
    pub file: PathBuf,
    /// Its path relative to the workspace's folder, for reports.
    pub shown: String,
    /// What it says.
    pub settings: Settings,
}

impl WorkspaceSettings {
    /// The thresholds of the gate; none where the file says nothing of them.
    pub fn thresholds(&self) -> Option<Thresholds> {
        let rules = self.settings.thresholds.clone()?;
        let mut thresholds = Thresholds::default();
        thresholds.rules.extend(rules);
        Some(thresholds)
    }
}

/// The settings of the one workspace among those that are selected which is a folder of the user's
/// and has some.
///
/// # Errors
/// Names every problem of the file, or the files where there are several.
pub fn settings_of(
    files: &Files,
    workspaces: &[String],
) -> Result<Option<WorkspaceSettings>, Problems> {
    let mut found: Option<WorkspaceSettings> = None;
    for name in workspaces {
        let is_sample = files.workspaces.iter().any(|sample| sample.name == name.as_str());
        let Ok(folder) = Path::new(name).canonicalize() else { continue };
        if is_sample || !folder.is_dir() {
            continue;
        }
        let Some(settings) = settings_in(files, &folder)? else { continue };
        if let Some(first) = found.as_ref().filter(|first| first.file != settings.file) {
            return Err(Problems(vec![Problem {
                place: settings.file.display().to_string(),
                what: format!(
                    "{} is there too, and a run has one: measure these workspaces one by one",
                    first.file.display()
                ),
            }]));
        }
        found.get_or_insert(settings);
    }
    Ok(found)
}

/// The settings of a workspace in a folder: those of the nearest file up to its repository's root;
/// none where there is none.
///
/// # Errors
/// Names every problem of the file.
pub fn settings_in(files: &Files, folder: &Path) -> Result<Option<WorkspaceSettings>, Problems> {
    let Some((file, shown)) = find(folder) else { return Ok(None) };
    let name = file.display().to_string();
    let text = std::fs::read_to_string(&file).map_err(|error| {
        Problems(vec![Problem { place: name.clone(), what: format!("cannot be read: {error}") }])
    })?;
    let mut problems = Vec::new();
    let settings = document::read(&name, &text, &mut problems, |table| {
        let file = check::take::<SettingsFile>(table, schema::of::<SettingsFile>())?;
        Some(file.settings(table, files))
    });
    match settings {
        Some(settings) if problems.is_empty() => {
            Ok(Some(WorkspaceSettings { file, shown, settings }))
        }
        _ => Err(Problems(problems)),
    }
}

/// The nearest file, and its path relative to the folder.
fn find(folder: &Path) -> Option<(PathBuf, String)> {
    let root = folder.ancestors().find(|it| it.join(".git").exists()).unwrap_or(folder);
    let within = folder.ancestors().take_while(|it| it.starts_with(root));
    let mut files = within.enumerate().map(|(up, it)| (it.join(NAME), "../".repeat(up) + NAME));
    files.find(|(file, _)| file.is_file())
}

/// The root of the Cargo workspace that a folder lies in; none where it lies in none.
pub fn cargo_workspace(folder: &Path) -> Option<PathBuf> {
    let read = |folder: &Path| -> Option<Table> {
        let text = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        // Cargo itself says what is wrong with a manifest.
        Some(text.parse().unwrap_or_default())
    };
    let (package, manifest) = folder.ancestors().find_map(|it| Some((it, read(it)?)))?;
    if manifest.contains_key("workspace") {
        return Some(package.to_owned());
    }
    let named = manifest.get("package").and_then(|it| it.get("workspace")).and_then(Value::as_str);
    if let Some(root) = named {
        return package.join(root).canonicalize().ok();
    }
    let is_root = |(root, manifest): &(&Path, Table)| {
        manifest.get("workspace").is_some_and(|it| !is_excluded(it, root, package))
    };
    let above = package.ancestors().skip(1).filter_map(|it| Some((it, read(it)?)));
    let root = above.into_iter().find(is_root).map(|(root, _)| root);
    Some(root.unwrap_or(package).to_owned())
}

/// Whether a workspace's table excludes a package, and does not name it as a member again.
fn is_excluded(workspace: &Value, root: &Path, package: &Path) -> bool {
    let lists = |key: &str| {
        let list = workspace.get(key).and_then(Value::as_array).into_iter().flatten();
        let mut paths = list.filter_map(Value::as_str).map(|path| root.join(path));
        paths.any(|path| package.starts_with(path))
    };
    lists("exclude") && !lists("members")
}

#[cfg(test)]
mod tests {
    use lukewarm_model::{Bytes, Metric, Seconds};

    use super::*;

    fn files() -> Files {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        crate::read(&root, &lukewarm_cache_tools::descriptions()).unwrap()
    }

    fn write(root: &Path, file: &str, text: &str) {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn everything_that_a_file_says_is_read() {
        let root = tempfile::tempdir().unwrap();
        let text = "commands = ['cargo check', \"cargo test --no-run --features 'a b'\"]\n\
                    scenarios = ['none', 'sccache-webdav@0.10.0']\nstory = 'default'\n\
                    budget = '3m'\ninclude = ['dist/']\n\
                    [env]\nCI_COMMIT = 'abc'\n\
                    [verify]\nbin = 'app'\nargs = ['-v']\nstdout-contains = 'app 1'\n\
                    [thresholds.tolerance]\nwall = '5 %'\n\
                    [runner]\ncpus = 4\nmemory = '16 GB'\n";
        write(root.path(), NAME, text);
        let read = settings_in(&files(), root.path()).unwrap().unwrap();
        assert_eq!((read.shown.as_str(), &read.file), (NAME, &root.path().join(NAME)));
        let thresholds = read.thresholds().unwrap();
        assert_eq!(thresholds.tolerance("cli/none", "cold", Metric::Wall), Some(0.05));
        let settings = read.settings;
        assert_eq!(settings.commands[1].last().unwrap(), "a b");
        assert_eq!(settings.scenarios.len(), 2);
        assert_eq!((settings.budget, settings.cpus), (Some(Seconds(180.0)), Some(4)));
        assert_eq!(settings.memory, Some(Bytes(16_000_000_000)));
        assert_eq!(settings.env, [("CI_COMMIT".to_owned(), "abc".to_owned())]);
        assert_eq!(settings.verify.unwrap().bin, "app");
        assert_eq!(settings.include, ["dist/"]);
    }

    #[test]
    fn every_problem_is_named_with_its_place_and_no_value_of_a_variable() {
        let root = tempfile::tempdir().unwrap();
        let text = "command = 'cargo check'\ncommands = ['cargo test']\nscenario = ['none']\n\
                    scenarios = ['scache-webdav']\nstory = 'defualt'\nbudget = '3'\n\
                    include = ['../x']\n[env]\nA = 12345\n[runner]\ncpus = 0\n";
        write(root.path(), NAME, text);
        let said = settings_in(&files(), root.path()).unwrap_err().to_string();
        for (line, part) in [
            (2, "exclude each other"),
            (3, "unknown key `scenario`; did you mean `scenarios`?"),
            (4, "did you mean `sccache-webdav`?"),
            (5, "did you mean `default`?"),
            (6, "`budget`"),
            (7, "no path below the repository's root"),
            (9, "`A` must be a text in quotes"),
            (11, "`cpus = 0` must be a whole number from 1 on"),
        ] {
            let place = format!("{NAME}:{line}:1: ");
            let found = said.lines().any(|it| it.contains(&place) && it.contains(part));
            assert!(found, "{line} {part}: {said}");
        }
        assert!(!said.contains("12345"), "{said}");
    }

    #[test]
    fn a_file_is_looked_for_up_to_the_repositorys_root() {
        let root = tempfile::tempdir().unwrap();
        let workspace = root.path().join("repository/rust");
        std::fs::create_dir_all(root.path().join("repository/.git")).unwrap();
        std::fs::create_dir_all(&workspace).unwrap();
        write(root.path(), NAME, "story = 'default'\n");
        assert_eq!(settings_in(&files(), &workspace).unwrap(), None);
        write(root.path(), &format!("repository/{NAME}"), "");
        let found = settings_in(&files(), &workspace).unwrap().unwrap();
        assert_eq!(found.shown, "../lukewarm.toml");
        write(root.path(), &format!("repository/rust/{NAME}"), "");
        assert_eq!(settings_in(&files(), &workspace).unwrap().unwrap().shown, NAME);
        let both = [workspace, root.path().to_owned()].map(|it| it.display().to_string());
        let said = settings_of(&files(), &both).unwrap_err().to_string();
        assert!(said.contains("measure these workspaces one by one"), "{said}");
        let sample = settings_of(&files(), &["tiny".to_owned()]).unwrap();
        assert_eq!(sample, None);
    }

    #[test]
    fn the_workspace_around_a_folder_is_cargos() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        write(&root, "a/Cargo.toml", "[workspace]\nmembers = ['m']\nexclude = ['own', 'x']\n");
        write(&root, "a/m/Cargo.toml", "[package]\nname = 'm'\n");
        write(&root, "a/own/Cargo.toml", "[package]\nname = 'own'\n");
        write(&root, "a/x/Cargo.toml", "[package]\nname = 'x'\nworkspace = '../../b'\n");
        write(&root, "b/Cargo.toml", "[workspace]\n");
        write(&root, "c/Cargo.toml", "[package]\nname = 'c'\n");
        std::fs::create_dir_all(root.join("a/m/src")).unwrap();
        let of = |folder: &str| {
            let found = cargo_workspace(&root.join(folder));
            found.map(|it| it.strip_prefix(&root).unwrap().display().to_string())
        };
        assert_eq!(of("a/m/src").as_deref(), Some("a"));
        assert_eq!(of("a").as_deref(), Some("a"));
        assert_eq!(of("a/own").as_deref(), Some("a/own"));
        assert_eq!(of("a/x").as_deref(), Some("b"));
        assert_eq!(of("c").as_deref(), Some("c"));
        assert_eq!(of(""), None);
    }
}
