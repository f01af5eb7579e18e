//! Looking for a tool's program: the executable that the user named, `PATH`, the tool folder.
//! Owns the order of these, and which versions are used. It must not install a program.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use lukewarm_cache_tools::{Program, Tools, VersionOutput};
use lukewarm_model::{Classify, ErrorKind, ToolIdentity};
use semver::Version;

use super::install_record;
use super::version_query;
use crate::error::RunnerError;
use crate::error::tools::{ParseNamedToolError, SearchMiss, ToolError, UnsuitableProgram};
use crate::files::hash::sha256;
use crate::prepare::environment::UserEnvironment;
use crate::process::Processes;

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
    type Err = ParseNamedToolError;

    fn from_str(text: &str) -> Result<NamedTool, ParseNamedToolError> {
        match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !path.is_empty() => {
                Ok(NamedTool { name: name.to_owned(), path: path.into() })
            }
            _ => Err(ParseNamedToolError),
        }
    }
}

/// Where programs are searched.
#[derive(Clone, Debug)]
pub struct SearchPaths {
    /// The executables that the user named; no other is used in place of one of these.
    pub named: Vec<NamedTool>,
    /// lukewarm's own folder of tools.
    pub folder: PathBuf,
}

impl SearchPaths {
    /// The folder that one version of a program is installed into.
    pub fn install_folder(&self, program: &Program, version: &str) -> PathBuf {
        self.folder.join(format!("{}-{version}", program.name))
    }
}

/// The result of a search.
#[derive(Debug)]
pub enum Search {
    /// The program was found.
    Found(InstalledTool),
    /// It was not found; one entry for each location that was searched.
    Missing(Vec<SearchMiss>),
}

/// The version that a scenario needs of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRequirement {
    /// Exactly this version; none where the scenario names none.
    pub exact: Option<Version>,
    /// The oldest version that is used.
    pub minimum: Version,
}

impl VersionRequirement {
    /// The requirement of a scenario that names the version `exact`, or none.
    ///
    /// # Errors
    /// When a version cannot be parsed, or the named one is too old.
    pub fn of(program: &Program, exact: Option<&str>) -> Result<VersionRequirement, ToolError> {
        let version = |text: &str| {
            Version::parse(text).map_err(|source| ToolError::InvalidVersion {
                program: program.name,
                text: text.to_owned(),
                source,
            })
        };
        let exact = exact.map(version).transpose()?;
        let minimum = version(if exact.is_some() { program.oldest } else { program.minimum })?;
        match exact {
            Some(version) if version < minimum => {
                Err(ToolError::TooOld { program: program.name, version, oldest: minimum })
            }
            exact => Ok(VersionRequirement { exact, minimum }),
        }
    }

    /// The version to install: the exact one, or the pinned one.
    pub fn to_install(&self, program: &Program) -> String {
        self.exact.as_ref().map_or_else(|| program.pinned.to_owned(), Version::to_string)
    }

    fn check(&self, found: &Version) -> Result<(), UnsuitableProgram> {
        let found = found.clone();
        match &self.exact {
            Some(wanted) if *wanted != found => {
                Err(UnsuitableProgram::OtherVersion { found, wanted: wanted.clone() })
            }
            _ if found < self.minimum => {
                Err(UnsuitableProgram::TooOld { found, minimum: self.minimum.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Searches a program: the executable that the user named, or else `PATH`, then the tool folder.
///
/// # Errors
/// When the executable that the user named cannot be used, or the run was cancelled.
pub fn search(
    program: &Program,
    need: &VersionRequirement,
    places: &SearchPaths,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<Search, RunnerError> {
    let identify =
        |path: &Path, origin: &str| identify(program, need, path, origin, user, processes);
    if let Some(named) = places.named.iter().find(|it| it.name == program.name) {
        let found = std::path::absolute(&named.path)
            .map_err(UnsuitableProgram::Unreadable)
            .and_then(|path| identify(&path, "named by the user"));
        return found.map(Search::Found).map_err(|source| {
            let (name, path, source) = (program.name, named.path.clone(), Box::new(source));
            ToolError::Named { name, path, source }.into()
        });
    }
    let on_path = user.find(program.name).map(|path| (path, "PATH"));
    let folder = places.install_folder(program, &need.to_install(program));
    let mut misses = Vec::new();
    if on_path.is_none() {
        misses.push(SearchMiss::NotOnPath(program.name));
    }
    for (path, origin) in on_path.into_iter().chain([(folder.join(program.name), TOOL_FOLDER)]) {
        if !path.exists() {
            misses.push(SearchMiss::NoFile(path));
            continue;
        }
        // Before it is started: a program that changed since its installation may do anything.
        let as_installed = match origin {
            TOOL_FOLDER => install_record::check(&path),
            _ => Ok(()),
        };
        match as_installed.and_then(|()| identify(&path, origin)) {
            Ok(found) => return Ok(Search::Found(found)),
            Err(source) if source.kind() == ErrorKind::Interrupted => {
                return Err(RunnerError::Cancelled);
            }
            Err(source) => misses.push(SearchMiss::Unsuitable { path, source }),
        }
    }
    Ok(Search::Missing(misses))
}

/// The origin of an installed program, in its identity.
const TOOL_FOLDER: &str = "tool folder";

/// A program that was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Why it was not found in each location that was searched.
    pub reasons: Vec<String>,
    /// The version that a run would install.
    pub pinned: &'static str,
}

/// What a survey found of one program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// Its name.
    pub name: &'static str,
    /// Where it is, or why it was not found.
    pub result: Result<InstalledTool, Missing>,
}

/// Checks the executables that the user named: each for a program that some tool has, and once.
///
/// # Errors
/// When a program is unknown, with the known ones, or named twice.
pub fn check_named(tools: &Tools, named: &[NamedTool]) -> Result<(), ToolError> {
    let known: Vec<&'static str> = tools.iter().filter_map(|it| Some(it.program()?.name)).collect();
    for (index, NamedTool { name, path }) in named.iter().enumerate() {
        let (name, path) = (name.clone(), path.clone());
        if !known.contains(&name.as_str()) {
            return Err(ToolError::UnknownProgram { name, path, known });
        }
        if named[..index].iter().any(|earlier| earlier.name == name) {
            return Err(ToolError::NamedTwice { name, path });
        }
    }
    Ok(())
}

/// Asks an executable for its version, and checks that it is the program in a version that is
/// needed.
fn identify(
    program: &Program,
    need: &VersionRequirement,
    path: &Path,
    origin: &str,
    user: &UserEnvironment,
    processes: &Processes,
) -> Result<InstalledTool, UnsuitableProgram> {
    let (exit, output) = version_query::print_version(path, user, processes)?;
    let unreadable = || UnsuitableProgram::NoVersion(output.trim().to_owned());
    if exit.code != Some(0) {
        return Err(unreadable());
    }
    let found = match program.parse_version(&output) {
        VersionOutput::Version(found) => found,
        VersionOutput::OtherProgram(found) => {
            return Err(UnsuitableProgram::OtherProgram { found, wanted: program.name });
        }
        VersionOutput::Unreadable => return Err(unreadable()),
    };
    need.check(&found)?;
    let identity = ToolIdentity {
        name: program.name.to_owned(),
        version: found.to_string(),
        origin: origin.to_owned(),
        sha256: sha256(path).map_err(UnsuitableProgram::Unreadable)?,
    };
    Ok(InstalledTool { path: path.to_owned(), identity })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program() -> &'static Program {
        Tools::shipped().find("sccache").and_then(|tool| tool.program()).unwrap()
    }

    /// A program that prints this version, in a folder of its own.
    fn fake(folder: &Path, printed: &str) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join("sccache");
        fs::write(&path, format!("#!/bin/sh\necho '{printed}'\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The same in the tool folder, as an installation leaves it.
    fn install(tools: &Path, version: &str) -> PathBuf {
        let path = fake(&tools.join(format!("sccache-{version}")), &format!("sccache {version}"));
        let source = "a test".to_owned();
        let provenance = install_record::Provenance { source, resolved: Vec::new() };
        install_record::write(&path, &[], &provenance).unwrap();
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
        assert!(why[0].to_string().ends_with("is 0.8.2, older than 0.9.0"), "{why:?}");
        for silent in ["sccache", "sccache new"] {
            fake(&path, silent);
            let Search::Missing(why) = look(&path, None, &tools, None) else { panic!("found") };
            let wanted = format!("does not print its version (`{silent}`)");
            assert!(why[0].to_string().ends_with(&wanted), "{why:?}");
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
        assert_eq!(
            why[0].to_string(),
            "no `sccache` on PATH",
            "what was named for another tool is not this"
        );
    }

    /// kache writes a log and a cache even then.
    #[test]
    fn a_program_that_writes_into_its_home_leaves_nothing_when_it_is_asked_for_its_version() {
        let root = tempfile::tempdir().unwrap();
        let (bin, home, homes) =
            (root.path().join("bin"), root.path().join("home"), root.path().join("homes"));
        fs::create_dir(&home).unwrap();
        let executable = fake(&bin, "sccache 0.16.0");
        let script = format!(
            "#!/bin/sh\nset -e\nmkdir -p \"$HOME/.cache\" \"$XDG_CACHE_HOME\" \"$XDG_STATE_HOME\"\n\
             for folder in \"$HOME/.cache\" \"$XDG_CACHE_HOME\" \"$XDG_STATE_HOME\" \
             \"$TMPDIR\" .; do\n\
             echo left >\"$folder/log\"\n(cd \"$folder\" && pwd) >>'{}'\ndone\n\
             echo 'sccache 0.16.0'\n",
            homes.display()
        );
        fs::write(&executable, script).unwrap();
        let user = UserEnvironment::new([
            ("PATH".into(), format!("{}:/usr/bin:/bin", bin.display()).into()),
            ("HOME".into(), home.clone().into()),
            ("XDG_CACHE_HOME".into(), home.join("cache").into()),
        ]);
        let need = VersionRequirement::of(program(), None).unwrap();
        let places = SearchPaths { named: Vec::new(), folder: root.path().join("tools") };
        let found = search(program(), &need, &places, &user, &Processes::default());
        assert_eq!(origin(found.unwrap()).0, "PATH");
        let homes = fs::read_to_string(homes).unwrap();
        assert_eq!(homes.lines().count(), 5);
        for folder in homes.lines().map(Path::new) {
            assert!(!folder.starts_with(root.path()) && !folder.exists(), "{folder:?} is left");
        }
        assert_eq!(fs::read_dir(&home).unwrap().count(), 0, "the user's home was written to");
    }

    #[test]
    fn a_cancelled_search_is_not_the_fault_of_a_program() {
        let root = tempfile::tempdir().unwrap();
        let path = fake(&root.path().join("bin"), "sccache 0.16.0");
        let user = UserEnvironment::new([("PATH".into(), root.path().join("bin").into())]);
        let need = VersionRequirement::of(program(), None).unwrap();
        let processes = Processes::default();
        processes.cancel();
        for named in [vec![], vec![NamedTool { name: "sccache".to_owned(), path }]] {
            let places = SearchPaths { named, folder: root.path().join("tools") };
            let error = search(program(), &need, &places, &user, &processes).unwrap_err();
            assert!(error.is_cancelled(), "{error}");
        }
    }

    #[test]
    fn an_executable_is_named_for_a_tool_that_has_one_and_once() {
        let named = |text: &str| text.parse::<NamedTool>();
        let one = named("sccache=/opt/a=b/sccache").unwrap();
        assert_eq!((one.name.as_str(), one.path.to_str()), ("sccache", Some("/opt/a=b/sccache")));
        for text in ["sccache", "=/opt/sccache", "sccache="] {
            assert!(named(text).unwrap_err().to_string().contains("a name and a path"), "{text}");
        }
        let tools = Tools::shipped();
        let refused = |named: &[NamedTool]| check_named(&tools, named).unwrap_err().to_string();
        assert!(check_named(&tools, std::slice::from_ref(&one)).is_ok());
        let said = refused(&[one.clone(), one.clone()]);
        assert_eq!(said, "--tool sccache=/opt/a=b/sccache: `sccache` is named twice");
        let none = named("none=/opt/none").unwrap();
        let said = refused(&[none]);
        assert!(said.starts_with("--tool none=/opt/none: no cache tool has a program"), "{said}");
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
        assert!(why[1].to_string().contains("is not as it was installed"), "{why:?}");
        assert!(!mark.exists(), "it was started");
        fs::remove_file(place.with_extension(install_record::RECORD)).unwrap();
        let Search::Missing(why) = look(&path, None, &tools, None) else { panic!("found") };
        assert!(why[1].to_string().contains("no record of its installation"), "{why:?}");
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
