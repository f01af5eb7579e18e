//! Where each cache tool's program is: named by the user, on `PATH`, in the tool folder, or
//! installed there. A program that cannot say its version is not measured.

mod install;
mod installed;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lukewarm_cache_tools::{Program, Said, Tools};
use lukewarm_model::{ErrorChain, ToolIdentity};
use semver::Version;
use sha2::{Digest, Sha256};

use crate::error::RunnerError;
use crate::prepare::environment::UserEnvironment;
use crate::process::{CommandSpec, Processes};

pub use install::install;

/// A program that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledTool {
    /// The executable.
    pub path: PathBuf,
    /// Its identity.
    pub identity: ToolIdentity,
}

/// An executable that the user named for one tool: `NAME=PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTool {
    /// The name of the tool's program.
    pub name: String,
    /// The executable.
    pub path: PathBuf,
}

impl FromStr for NamedTool {
    type Err = String;

    fn from_str(text: &str) -> Result<NamedTool, String> {
        match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !path.is_empty() => {
                Ok(NamedTool { name: name.to_owned(), path: path.into() })
            }
            _ => Err("a name and a path are wanted, as in `sccache=/usr/bin/sccache`".to_owned()),
        }
    }
}

/// Where programs are looked for.
#[derive(Clone, Debug)]
pub struct SearchPaths {
    /// The executables that the user named, each of which nothing else may replace.
    pub named: Vec<NamedTool>,
    /// lukewarm's own folder of tools.
    pub folder: PathBuf,
}

/// What a search came to.
#[derive(Debug)]
pub enum Search {
    /// It is here.
    Found(InstalledTool),
    /// It is nowhere; each line says where it was looked for and what was wrong there.
    Missing(Vec<String>),
}

/// The version that a scenario needs of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRequirement {
    /// Exactly this one, where the scenario names it.
    pub exact: Option<Version>,
    /// The oldest that works for the scenario's service.
    pub minimum: Version,
}

impl VersionRequirement {
    /// What a scenario needs.
    ///
    /// # Errors
    /// When a version is no version, or one is asked for that is too old.
    pub fn of(program: &Program, exact: Option<&str>) -> Result<VersionRequirement, RunnerError> {
        let exact = exact.map(version).transpose()?;
        let minimum = version(if exact.is_some() { program.oldest } else { program.minimum })?;
        if let Some(exact) = exact.as_ref().filter(|exact| **exact < minimum) {
            return Err(RunnerError::Input(format!(
                "{}@{exact} is too old: {minimum} or newer is needed",
                program.name
            )));
        }
        Ok(VersionRequirement { exact, minimum })
    }

    /// The version to install: the exact one, or the pinned one.
    pub fn to_install(&self, program: &Program) -> String {
        self.exact.as_ref().map_or_else(|| program.pinned.to_owned(), Version::to_string)
    }

    /// Why a version does not do; none when it does.
    fn objection(&self, found: &Version) -> Option<String> {
        match &self.exact {
            Some(exact) if exact != found => Some(format!("is {found}, not {exact}")),
            _ if *found < self.minimum => Some(format!("is {found}, older than {}", self.minimum)),
            _ => None,
        }
    }
}

/// Looks for a program: the named one, `PATH`, the tool folder, in this order.
///
/// # Errors
/// When the named one does not do.
pub fn search(
    program: &Program,
    need: &VersionRequirement,
    places: &SearchPaths,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<Search, RunnerError> {
    if let Some(named) = places.named.iter().find(|it| it.name == program.name) {
        return match judge(program, need, &named.path, "named by the user", processes) {
            Ok(found) => Ok(Search::Found(found)),
            Err(why) => Err(RunnerError::Input(format!(
                "--tool {}={}: {why}",
                program.name,
                named.path.display()
            ))),
        };
    }
    let on_path = user.find(program.name).map(|path| (path, "PATH"));
    let installed = folder(&places.folder, program, &need.to_install(program)).join(program.name);
    let mut misses = Vec::new();
    if on_path.is_none() {
        misses.push(format!("no `{}` on PATH", program.name));
    }
    for (path, origin) in on_path.into_iter().chain([(installed.clone(), TOOL_FOLDER)]) {
        if !path.exists() {
            misses.push(format!("no {}", path.display()));
            continue;
        }
        // Before it is started: what is not as it was installed may be anything.
        let as_installed = match origin {
            TOOL_FOLDER => installed::check(&path),
            _ => Ok(()),
        };
        match as_installed.and_then(|()| judge(program, need, &path, origin, processes)) {
            Ok(found) => return Ok(Search::Found(found)),
            Err(why) => misses.push(format!("{} {why}", path.display())),
        }
    }
    Ok(Search::Missing(misses))
}

/// What the origin of an installed program is called.
const TOOL_FOLDER: &str = "tool folder";

/// A program that is nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Where it was looked for and what was wrong there.
    pub reasons: Vec<String>,
    /// The version that a run would install.
    pub pinned: &'static str,
}

/// What a survey found of one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// Its name.
    pub name: &'static str,
    /// Where it is, or why it is nowhere.
    pub result: Result<InstalledTool, Missing>,
}

/// Refuses executables that the user named for what is no program of a tool.
///
/// # Errors
/// When there is such a one; names the programs that there are.
pub fn check_named(tools: &Tools, named: &[NamedTool]) -> Result<(), RunnerError> {
    let known: Vec<&str> = tools.iter().filter_map(|it| Some(it.program()?.name)).collect();
    let twice = |index: usize, it: &NamedTool| named[..index].iter().any(|b| b.name == it.name);
    for (index, NamedTool { name, path }) in named.iter().enumerate() {
        let what = match known.contains(&name.as_str()) {
            false => format!("no cache tool has such a program; known are {}", known.join(", ")),
            true if twice(index, &named[index]) => format!("`{name}` is named twice"),
            true => continue,
        };
        return Err(RunnerError::Input(format!("--tool {name}={}: {what}", path.display())));
    }
    Ok(())
}

/// The folder that one version of a program is installed into.
fn folder(tools: &Path, program: &Program, version: &str) -> PathBuf {
    tools.join(format!("{}-{version}", program.name))
}

/// Asks a program for its version, and says what is wrong with it.
fn judge(
    program: &Program,
    need: &VersionRequirement,
    path: &Path,
    origin: &str,
    processes: &Processes,
) -> Result<InstalledTool, String> {
    let mut order = CommandSpec::new(path, "/").args(["--version"]);
    order.timeout = std::time::Duration::from_secs(10);
    // Without this a program could read the user's own settings before it prints a version.
    order.environment.insert("HOME".into(), "/nonexistent".into());
    let (finished, said) =
        order.read(processes).map_err(|error| format!("does not start: {}", ErrorChain(&error)))?;
    let unclear = || format!("does not say its version (`{}`)", said.trim());
    if finished.code != Some(0) {
        return Err(unclear());
    }
    let found = match program.understand(&said) {
        Said::Version(found) => found,
        Said::Another(name) => return Err(format!("is `{name}`, not `{}`", program.name)),
        Said::Unclear => return Err(unclear()),
    };
    if let Some(objection) = need.objection(&found) {
        return Err(objection);
    }
    let sha256 = sha256(path).map_err(|error| format!("cannot be read: {error}"))?;
    let identity = ToolIdentity {
        name: program.name.to_owned(),
        version: found.to_string(),
        origin: origin.to_owned(),
        sha256,
    };
    Ok(InstalledTool { path: path.to_owned(), identity })
}

/// SHA-256 of a file, in hexadecimal.
pub(crate) fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex::encode(hash.finalize()));
        }
        hash.update(&buffer[..count]);
    }
}

fn version(text: &str) -> Result<Version, RunnerError> {
    Version::parse(text)
        .map_err(|error| RunnerError::Input(format!("`{text}` is no version: {error}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program() -> &'static Program {
        Tools::shipped().find("sccache").and_then(|tool| tool.program()).unwrap()
    }

    /// A program that says this version, in a folder of its own.
    fn fake(folder: &Path, says: &str) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join("sccache");
        fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The same in the tool folder, as an installation leaves it.
    fn install(tools: &Path, version: &str) -> PathBuf {
        let path = fake(&tools.join(format!("sccache-{version}")), &format!("sccache {version}"));
        let source = "a test".to_owned();
        let provenance = installed::Provenance { source, resolved: Vec::new() };
        installed::write(&path, &[], &provenance).unwrap();
        path
    }

    fn look(path: &Path, named: Option<PathBuf>, tools: &Path, exact: Option<&str>) -> Search {
        let user = UserEnvironment::new([("PATH".into(), path.into())]);
        let need = VersionRequirement::of(program(), exact).unwrap();
        let named = named.map(|path| NamedTool { name: "sccache".to_owned(), path });
        let places = SearchPaths { named: named.into_iter().collect(), folder: tools.to_owned() };
        search(program(), &need, &places, &user, &Processes::default()).unwrap()
    }

    fn origin(search: Search) -> (String, String) {
        match search {
            Search::Found(found) => (found.identity.origin, found.identity.version),
            Search::Missing(why) => panic!("missing: {why:?}"),
        }
    }

    #[test]
    fn the_named_one_comes_first_then_path_then_the_tool_folder() {
        let root = tempfile::tempdir().unwrap();
        let (path, tools) = (root.path().join("bin"), root.path().join("tools"));
        let named = fake(&root.path().join("named"), "sccache 0.15.0");
        install(&tools, "0.16.0");
        let wanted = |origin: &str, version: &str| (origin.to_owned(), version.to_owned());
        assert_eq!(origin(look(&path, None, &tools, None)), wanted("tool folder", "0.16.0"));
        fake(&path, "sccache 0.14.0");
        assert_eq!(origin(look(&path, None, &tools, None)), wanted("PATH", "0.14.0"));
        let found = look(&path, Some(named), &tools, None);
        assert_eq!(origin(found), wanted("named by the user", "0.15.0"));
    }

    #[test]
    fn an_old_or_silent_one_is_passed_over_with_the_reason() {
        let root = tempfile::tempdir().unwrap();
        let (path, tools) = (root.path().join("bin"), root.path().join("tools"));
        fake(&path, "sccache 0.8.2");
        let Search::Missing(why) = look(&path, None, &tools, None) else { panic!("found") };
        assert!(why[0].ends_with("is 0.8.2, older than 0.9.0"), "{why:?}");
        for silent in ["sccache", "sccache new"] {
            fake(&path, silent);
            let Search::Missing(why) = look(&path, None, &tools, None) else { panic!("found") };
            let wanted = format!("does not say its version (`{silent}`)");
            assert!(why[0].ends_with(&wanted), "{why:?}");
        }
    }

    #[test]
    fn an_exact_version_is_that_version() {
        let root = tempfile::tempdir().unwrap();
        let (path, tools) = (root.path().join("bin"), root.path().join("tools"));
        fake(&path, "sccache 0.16.0");
        install(&tools, "0.10.0");
        let (origin, version) = origin(look(&path, None, &tools, Some("0.10.0")));
        assert_eq!((origin.as_str(), version.as_str()), ("tool folder", "0.10.0"));
    }

    #[test]
    fn another_program_is_not_taken_for_the_tool_whatever_its_version() {
        let root = tempfile::tempdir().unwrap();
        let other = fake(&root.path().join("other"), "kache 2.0.0");
        let user = UserEnvironment::new([("PATH".into(), root.path().into())]);
        let need = VersionRequirement::of(program(), None).unwrap();
        let search = |name: &str| {
            let named = vec![NamedTool { name: name.to_owned(), path: other.clone() }];
            let places = SearchPaths { named, folder: root.path().join("tools") };
            search(program(), &need, &places, &user, &Processes::default())
        };
        let error = search("sccache").unwrap_err().to_string();
        assert!(
            error.starts_with("--tool sccache=") && error.ends_with("is `kache`, not `sccache`")
        );
        let Search::Missing(why) = search("kache").unwrap() else { panic!("taken for sccache") };
        assert_eq!(why[0], "no `sccache` on PATH", "what was named for another tool is not this");
    }

    #[test]
    fn an_executable_is_named_for_a_tool_that_has_one_and_once() {
        let named = |text: &str| text.parse::<NamedTool>();
        let one = named("sccache=/opt/a=b/sccache").unwrap();
        assert_eq!((one.name.as_str(), one.path.to_str()), ("sccache", Some("/opt/a=b/sccache")));
        for text in ["sccache", "=/opt/sccache", "sccache="] {
            assert!(named(text).unwrap_err().contains("a name and a path"), "{text}");
        }
        let tools = Tools::shipped();
        let refused = |named: &[NamedTool]| check_named(&tools, named).unwrap_err().to_string();
        assert!(check_named(&tools, std::slice::from_ref(&one)).is_ok());
        let said = refused(&[one.clone(), one.clone()]);
        assert_eq!(said, "--tool sccache=/opt/a=b/sccache: `sccache` is named twice");
        let none = named("none=/opt/none").unwrap();
        let said = refused(&[none]);
        assert!(said.starts_with("--tool none=/opt/none: no cache tool has such"), "{said}");
        assert!(said.contains("known are ") && said.contains("sccache"), "{said}");
    }

    #[test]
    fn an_installed_program_that_changed_is_not_started() {
        let root = tempfile::tempdir().unwrap();
        let (path, tools) = (root.path().join("bin"), root.path().join("tools"));
        let place = install(&tools, "0.16.0");
        assert_eq!(origin(look(&path, None, &tools, None)).0, "tool folder");
        let mark = root.path().join("started");
        let text = format!("#!/bin/sh\ntouch {}\necho 'sccache 0.16.0'\n", mark.display());
        fs::write(&place, text).unwrap();
        let Search::Missing(why) = look(&path, None, &tools, None) else { panic!("found") };
        assert!(why[1].contains("is not as it was installed"), "{why:?}");
        assert!(!mark.exists(), "it was started");
        fs::remove_file(place.with_extension(installed::RECORD)).unwrap();
        let Search::Missing(why) = look(&path, None, &tools, None) else { panic!("found") };
        assert!(why[1].contains("no record of its installation"), "{why:?}");
    }

    #[test]
    fn a_version_that_cannot_work_is_refused() {
        assert!(
            VersionRequirement::of(program(), Some("0.8.2")).is_ok(),
            "who asks for it gets it"
        );
        let error = VersionRequirement::of(program(), Some("0.8.1")).unwrap_err();
        let wanted = "sccache@0.8.1 is too old: 0.8.2 or newer is needed";
        assert_eq!(error.to_string(), wanted);
        assert!(VersionRequirement::of(program(), Some("newest")).is_err());
    }
}
