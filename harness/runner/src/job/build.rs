//! What the build step made: its units as Cargo's own messages name them, and the proof that what
//! was edited is what was built. It must not decide what a missing proof means.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use cargo_metadata::{Artifact, CrateType, Message, Target};
use lukewarm_model::{Check, ErrorChain, UnitFact, UnitKind, Verify};
use memchr::memmem;

use crate::error::RunnerError;
use crate::prepare::edits::Proof;
use crate::prepare::environment::Environment;
use crate::prepare::package_id::{is_of_package, package_name};
use crate::process::{CommandSpec, LineListener, Output, Processes};

/// The content of a build's messages.
#[derive(Clone, Debug, Default)]
pub struct Built {
    /// The units, in the order they were done.
    pub units: Vec<UnitFact>,
    /// Artifacts, which are searched for the trace of an edit.
    files: Vec<BuiltFile>,
    /// The files of each unit so far: a later command finds fresh what an earlier one made.
    seen: BTreeSet<Vec<PathBuf>>,
    /// Programs by target name.
    programs: Vec<(String, PathBuf)>,
    /// Package ids, each with the features that it was built with.
    features: Vec<(String, Vec<String>)>,
    /// The hashes in the files of units that Cargo found fresh.
    fresh: BTreeSet<String>,
    /// Packages whose build script was fresh, and the folders that such scripts wrote into.
    fresh_scripts: BTreeSet<String>,
    outputs: Vec<(String, PathBuf)>,
}

/// One file that a command made.
#[derive(Clone, Debug)]
struct BuiltFile {
    /// The command's place among those of the job, from 0.
    command: usize,
    package: String,
    path: PathBuf,
}

/// The output for a build's messages: appended to a file, and passed to the listeners. Without
/// listeners the build writes to the file itself.
///
/// # Errors
/// When the file cannot be made.
pub fn messages(file: &Path, listeners: Vec<LineListener>) -> Result<Output, RunnerError> {
    if listeners.is_empty() {
        return Ok(Output::Append(file.to_owned()));
    }
    let open = fs::File::options().create(true).append(true).open(file);
    let mut kept = open.map_err(RunnerError::file("write", file))?;
    Ok(Output::Lines(LineListener::new(move |read, line| {
        listeners.iter().for_each(|it| it.receive(read, line));
        // A lost message shows up as a unit that was not built.
        let _ = kept.write_all(format!("{line}\n").as_bytes());
    })))
}

/// Reads the messages of a job's commands, a file for each.
///
/// # Errors
/// When a file cannot be read. A line that is not a message is ignored: build scripts and tests may
/// print anything.
pub fn read(messages: &[PathBuf]) -> Result<Built, RunnerError> {
    let mut built = Built::default();
    for (command, file) in messages.iter().enumerate() {
        let text = fs::read(file).map_err(RunnerError::file("read", file))?;
        for message in Message::parse_stream(text.as_slice()).flatten() {
            match message {
                Message::CompilerArtifact(artifact) => built.take(&artifact, command),
                Message::BuildScriptExecuted(script) => {
                    let folder = script.out_dir.as_std_path().to_owned();
                    built.outputs.push((script.package_id.repr, folder));
                }
                _ => {}
            }
        }
    }
    Ok(built)
}

/// The check of a program that no command of the user's makes.
pub fn no_program(verify: &Verify) -> Check {
    Check {
        name: "program works".to_owned(),
        held: None,
        seen: format!("no command makes the program `{}`", verify.bin),
    }
}

impl Built {
    fn take(&mut self, artifact: &Artifact, command: usize) {
        let id = &artifact.package_id.repr;
        let package = package_name(id, &artifact.target.name);
        let files = artifact.filenames.iter().map(|file| file.as_std_path().to_owned());
        let files: Vec<PathBuf> = files.collect();
        // What an earlier command of the job made is no unit of a later one, and reused from
        // nowhere.
        if !self.seen.insert(files.clone()) && artifact.fresh {
            return;
        }
        let file = |path| BuiltFile { command, package: package.clone(), path };
        self.files.extend(files.into_iter().map(file));
        if let Some(program) = &artifact.executable {
            let name = artifact.target.name.clone();
            self.programs.push((name, program.as_std_path().to_owned()));
        }
        self.features.push((id.clone(), artifact.features.clone()));
        if artifact.fresh {
            self.fresh.extend(artifact.filenames.iter().flat_map(|it| hashes(it.as_std_path())));
            if artifact.target.is_custom_build() {
                self.fresh_scripts.insert(id.clone());
            }
        }
        self.units.push(UnitFact {
            package,
            target: artifact.target.name.clone(),
            kind: kind(artifact),
            external: !id.starts_with("path+"),
            fresh: artifact.fresh,
        });
    }

    /// The files that Cargo named as made or fresh.
    pub fn named_files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_path())
    }

    /// The folders that build scripts wrote into.
    pub fn script_folders(&self) -> impl Iterator<Item = &Path> {
        self.outputs.iter().map(|(_, folder)| folder.as_path())
    }

    /// The hashes that Cargo put into the names of what was fresh.
    pub fn fresh_hashes(&self) -> BTreeSet<String> {
        let is_fresh = |(id, _): &&(String, PathBuf)| self.fresh_scripts.contains(id);
        let outputs = self.outputs.iter().filter(is_fresh).flat_map(|(_, folder)| hashes(folder));
        self.fresh.iter().cloned().chain(outputs).collect()
    }

    /// Checks that an edit was built; none for an edit that leaves no trace.
    pub fn check_edit(&self, package: &str, proof: &Proof) -> Option<Check> {
        let (held, what) = match proof {
            Proof::Nothing => return None,
            Proof::Text(text) => return Some(self.check_trace(package, text, Trace::Anywhere)),
            Proof::Name(text) => return Some(self.check_trace(package, text, Trace::InNames)),
            Proof::Feature(feature) => {
                let mut of_package =
                    self.features.iter().filter(|(id, _)| is_of_package(id, package));
                let held = of_package.any(|(_, features)| features.contains(feature));
                (held, format!("`{package}` with feature `{feature}`"))
            }
            Proof::Version(version) => {
                let id = format!("#{package}@{version}");
                let held = self.features.iter().any(|(it, _)| it.ends_with(&id));
                (held, format!("`{package}` {version}"))
            }
        };
        let seen = match held {
            true => format!("{what} was built"),
            false => format!("{what} is not among what was built"),
        };
        Some(Check { name: "edit built".to_owned(), held: Some(held), seen })
    }

    fn check_trace(&self, package: &str, text: &str, trace: Trace) -> Check {
        let answer =
            |held: Option<bool>, seen: String| Check { name: "edit built".to_owned(), held, seen };
        let of_package = || self.files.iter().filter(|file| file.package == package);
        let commands: BTreeSet<usize> = of_package().map(|file| file.command).collect();
        if commands.is_empty() {
            return answer(None, format!("nothing of `{package}` is among what was built"));
        }
        // Each command makes artifacts of its own.
        let of_each = commands.into_iter().map(|command| {
            let files = of_package().filter(|file| file.command == command);
            has_trace(&files.map(|file| file.path.as_path()).collect::<Vec<_>>(), text, trace)
        });
        let of_each: Vec<Option<bool>> = of_each.collect();
        if of_each.contains(&Some(false)) {
            let count = of_package().count();
            return answer(
                Some(false),
                format!(
                    "the edit of `{package}` is in none of its {count} artifacts: something stale \
                     was reused"
                ),
            );
        }
        match of_each.contains(&Some(true)) {
            true => answer(Some(true), format!("the edit of `{package}` is in its artifact")),
            false => answer(
                None,
                format!(
                    "nothing that was made of `{package}` would show its edit: there is no code"
                ),
            ),
        }
    }

    /// Whether a program of that name was made.
    pub fn has_program(&self, name: &str) -> bool {
        self.programs.iter().any(|(it, _)| it == name)
    }

    /// Runs the finished program and checks its output, which is returned too where it ran.
    pub fn check_program(
        &self,
        verify: &Verify,
        checkout: &Path,
        environment: &Environment,
        processes: &Processes,
    ) -> Result<(Check, Option<String>), RunnerError> {
        let check = |held: bool, seen: String| Check {
            name: "program works".to_owned(),
            held: Some(held),
            seen,
        };
        let answer = |held: bool, seen: String| Ok((check(held, seen), None));
        let Some((_, program)) = self.programs.iter().find(|(name, _)| *name == verify.bin) else {
            return answer(false, format!("the build made no program `{}`", verify.bin));
        };
        let mut spec =
            CommandSpec::new(program, checkout).args(&verify.args).environment(environment.clone());
        spec.timeout = std::time::Duration::from_secs(60);
        match spec.read(processes) {
            Err(error) if processes.is_cancelled() => Err(error.into()),
            Err(error) => answer(false, ErrorChain(&error).to_string()),
            Ok((finished, text)) => {
                let right = finished.code == Some(0) && text.contains(&verify.stdout_contains);
                let seen = match right {
                    true => format!("`{}` ran and printed what it should", verify.bin),
                    false => format!(
                        "`{}` ended with {} and did not print `{}`",
                        verify.bin,
                        finished.code.map_or("a signal".to_owned(), |code| format!("code {code}")),
                        verify.stdout_contains
                    ),
                };
                Ok((check(right, seen), Some(text)))
            }
        }
    }
}

/// Where the text of an edit can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trace {
    /// In code alone, unless it is part of a name by chance.
    Anywhere,
    /// In the name of an item too, in capitals: metadata has the names of all items.
    InNames,
}

/// Whether one of a command's files has the text of an edit; none where that cannot be said:
/// metadata has no bodies of functions, that of programs is empty, and documentation shows neither.
fn has_trace(files: &[&Path], text: &str, trace: Trace) -> Option<bool> {
    let capitals = text.to_uppercase();
    let finders = [memmem::Finder::new(text), memmem::Finder::new(&capitals)];
    let holds = |content: &[u8]| finders.iter().any(|it| it.find(content).is_some());
    let contents: Vec<(bool, Vec<u8>)> =
        files.iter().map(|file| (is_metadata(file), fs::read(file).unwrap_or_default())).collect();
    if contents.iter().any(|(_, content)| holds(content)) {
        return Some(true);
    }
    let without_code = files.iter().all(|file| is_metadata(file) || is_documentation(file));
    let is_silent = |(metadata, content): &(bool, Vec<u8>)| !metadata || content.is_empty();
    match without_code && (trace == Trace::Anywhere || contents.iter().any(is_silent)) {
        true => None,
        false => Some(false),
    }
}

fn is_metadata(file: &Path) -> bool {
    file.extension().is_some_and(|it| it == "rmeta")
}

fn is_documentation(file: &Path) -> bool {
    file.extension().is_some_and(|it| it == "html" || it == "json")
}

/// The hashes in a path's names.
fn hashes(path: &Path) -> Vec<String> {
    let names = path.components().filter_map(|part| part.as_os_str().to_str());
    names.filter_map(hash).map(str::to_owned).collect()
}

/// The hash that Cargo puts behind a name: `libitoa-0123456789abcdef.rlib`.
pub fn hash(name: &str) -> Option<&str> {
    let (_, tail) = name.rsplit_once('-')?;
    let hash = tail.split('.').next()?;
    (hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(hash)
}

fn kind(artifact: &Artifact) -> UnitKind {
    let target: &Target = &artifact.target;
    let is_only = |kinds: &[CrateType]| target.crate_types.iter().all(|it| kinds.contains(it));
    let files = &artifact.filenames;
    if files.iter().any(|it| is_documentation(it.as_std_path())) {
        UnitKind::Doc
    } else if target.is_custom_build() {
        UnitKind::BuildScript
    } else if artifact.profile.test {
        // A harness is linked from the sources of whatever it tests.
        UnitKind::Bin
    } else if target.is_proc_macro() {
        UnitKind::ProcMacro
    } else if target.is_bin() || is_only(&[CrateType::Bin]) {
        UnitKind::Bin
    } else if is_only(&[CrateType::Lib, CrateType::RLib]) {
        UnitKind::Lib
    } else if is_only(&[CrateType::Lib, CrateType::RLib, CrateType::StaticLib]) {
        UnitKind::Staticlib
    } else {
        UnitKind::Other
    }
}

/// The last nonempty lines of a log, for a failure's row.
pub fn last_lines(log: &Path, count: usize) -> Vec<String> {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].iter().map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn read(file: &Path) -> Result<Built, RunnerError> {
        super::read(&[file.to_owned()])
    }

    fn message(id: &str, name: &str, kind: &str, fresh: bool, file: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{id}","manifest_path":"/w/Cargo.toml","target":{{"kind":["{kind}"],"crate_types":["{kind}"],"name":"{name}","src_path":"/w/src/lib.rs","edition":"2024","doc":true,"doctest":true,"test":true}},"profile":{{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":false}},"features":[],"filenames":["{file}"],"executable":null,"fresh":{fresh}}}"#
        )
    }

    fn built(lines: &[String]) -> Built {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), lines.join("\n")).unwrap();
        read(file.path()).unwrap()
    }

    #[test]
    fn units_are_what_cargo_names() {
        let registry = "registry+https://example.org/index#cfg-if@1.0.4";
        let built = built(&[
            message(registry, "cfg_if", "lib", true, "/t/libcfg_if.rlib"),
            "a build script may print this".to_owned(),
            message("path+file:///w/crates/core#0.1.0", "core", "lib", false, "/t/a"),
            message("path+file:///w/crates/m#macros@0.1.0", "macros", "proc-macro", false, "/t/b"),
            message("path+file:///w#app@0.1.0", "build-script-build", "custom-build", false, "/c"),
            message("path+file:///w#app@0.1.0", "app", "bin", false, "/t/d"),
        ]);
        let told: Vec<_> =
            built.units.iter().map(|u| (u.package.as_str(), u.kind, u.external, u.fresh)).collect();
        let wanted = [
            ("cfg-if", UnitKind::Lib, true, true),
            ("core", UnitKind::Lib, false, false),
            ("macros", UnitKind::ProcMacro, false, false),
            ("app", UnitKind::BuildScript, false, false),
            ("app", UnitKind::Bin, false, false),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn a_trace_is_found_only_in_its_own_package() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("libcore.rlib");
        fs::write(&file, b"\0\0lw5f\0").unwrap();
        let path = file.display().to_string();
        let built = built(&[message("path+file:///w/core#0.1.0", "core", "lib", false, &path)]);
        assert_eq!(built.check_trace("core", "lw5f", Trace::Anywhere).held, Some(true));
        assert_eq!(built.check_trace("core", "lw60", Trace::Anywhere).held, Some(false));
        assert_eq!(built.check_trace("other", "lw5f", Trace::Anywhere).held, None);
    }

    #[test]
    fn each_unit_is_of_the_kind_of_what_it_makes() {
        let of = |kinds: &str, harness: bool, file: &str| {
            let line = message("path+file:///w#p@0.1.0", "p", "lib", false, file)
                .replace(r#""crate_types":["lib"]"#, &format!(r#""crate_types":[{kinds}]"#))
                .replace(r#""test":false}"#, &format!(r#""test":{harness}}}"#));
            built(&[line]).units[0].kind
        };
        assert_eq!(of(r#""lib""#, false, "/t/libp.rmeta"), UnitKind::Lib);
        assert_eq!(of(r#""lib""#, true, "/t/p-1"), UnitKind::Bin);
        assert_eq!(of(r#""lib""#, true, "/t/libp-1.rmeta"), UnitKind::Bin);
        assert_eq!(of(r#""lib""#, false, "/t/doc/p/index.html"), UnitKind::Doc);
        assert_eq!(of(r#""staticlib","rlib""#, false, "/t/libp.a"), UnitKind::Staticlib);
        assert_eq!(of(r#""cdylib","rlib""#, false, "/t/libp.so"), UnitKind::Other);
        assert_eq!(of(r#""dylib""#, false, "/t/libp.so"), UnitKind::Other);
    }

    #[test]
    fn what_a_command_finds_fresh_that_an_earlier_one_made_is_no_unit_again() {
        let id = "path+file:///w#p@0.1.0";
        let [one, two] = [tempfile::NamedTempFile::new(), tempfile::NamedTempFile::new()];
        let (one, two) = (one.unwrap(), two.unwrap());
        let restored = message(id, "r", "lib", true, "/t/libr-0123456789abcdef.rlib");
        let made = |fresh| message(id, "p", "lib", fresh, "/t/libp-00000000000000aa.rlib");
        fs::write(one.path(), [restored.clone(), made(false)].join("\n")).unwrap();
        let test = message(id, "p", "test", false, "/t/p-00000000000000bb");
        fs::write(two.path(), [restored, made(true), test].join("\n")).unwrap();
        let built = super::read(&[one.path().to_owned(), two.path().to_owned()]).unwrap();
        let told: Vec<_> = built.units.iter().map(|it| (it.target.as_str(), it.fresh)).collect();
        assert_eq!(told, [("r", true), ("p", false), ("p", false)]);
        assert_eq!(built.fresh_hashes(), BTreeSet::from(["0123456789abcdef".to_owned()]));
    }

    #[test]
    fn metadata_proves_names_and_of_programs_nothing() {
        let root = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &[u8]| {
            let path = root.path().join(name);
            fs::write(&path, content).unwrap();
            message("path+file:///w#p@0.1.0", "p", "lib", false, &path.display().to_string())
        };
        let library = file("libp-1.rmeta", b"\0__EDIT_LW5F\0");
        let program = file("libp-2.rmeta", b"");
        let page = file("index.html", b"<html>");
        let held = |lines: &[&String], text: &str, trace| {
            let lines: Vec<String> = lines.iter().map(|it| (*it).clone()).collect();
            built(&lines).check_trace("p", text, trace).held
        };
        let (names, code) = (Trace::InNames, Trace::Anywhere);
        assert_eq!(held(&[&library, &program], "lw5f", names), Some(true));
        assert_eq!(held(&[&library], "lw60", names), Some(false), "it is stale");
        assert_eq!(held(&[&library, &program], "lw60", names), None, "it may be the program's");
        assert_eq!(held(&[&program], "lw5f", names), None);
        assert_eq!(held(&[&library], "lw60", code), None, "metadata has no bodies");
        assert_eq!(held(&[&page], "lw5f", names), None);
        let code_file = file("libp-3.rlib", b"other");
        assert_eq!(held(&[&library, &code_file], "lw60", code), Some(false));
    }

    #[test]
    fn versions_and_features_are_those_that_cargo_names() {
        let registry = "registry+https://example.org/index#itoa@1.0.18";
        let member = message("path+file:///w/core#0.1.0", "core", "lib", false, "/t/a")
            .replace(r#""features":[]"#, r#""features":["lw5f"]"#);
        let built = built(&[message(registry, "itoa", "lib", true, "/t/b"), member]);
        let held = |package: &str, proof| built.check_edit(package, &proof).unwrap().held;
        assert_eq!(held("itoa", Proof::Version("1.0.18".to_owned())), Some(true));
        assert_eq!(held("itoa", Proof::Version("1.0.1".to_owned())), Some(false));
        assert_eq!(held("core", Proof::Feature("lw5f".to_owned())), Some(true));
        assert_eq!(held("itoa", Proof::Feature("lw5f".to_owned())), Some(false));
        assert_eq!(built.check_edit("core", &Proof::Nothing), None);
    }

    #[test]
    fn a_program_that_was_not_built_does_not_work() {
        let verify =
            Verify { bin: "app".to_owned(), args: Vec::new(), stdout_contains: "hello".to_owned() };
        let (check, printed) = Built::default()
            .check_program(&verify, Path::new("/"), &Environment::new(), &Processes::default())
            .unwrap();
        assert_eq!(check.held, Some(false));
        assert_eq!(check.seen, "the build made no program `app`");
        assert_eq!(printed, None);
    }

    #[test]
    fn who_listens_to_a_build_hears_each_message_and_the_file_has_them_too() {
        let folder = tempfile::tempdir().unwrap();
        let cargo = folder.path().join("cargo");
        fs::write(&cargo, "#!/bin/sh\necho one\nsleep 0.2\nprintf 'two\\nthree'\n").unwrap();
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&cargo, executable).unwrap();
        let file = folder.path().join("messages");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = heard.clone();
        let listener = LineListener::new(move |read, line| {
            hears.lock().unwrap().push((read, line.to_owned()));
        });
        let path = [("PATH".into(), "/usr/bin:/bin".into())].into();
        let mut spec = CommandSpec::new(&cargo, folder.path()).environment(path);
        spec.stdout = messages(&file, vec![listener]).unwrap();
        assert_eq!(spec.run(&Processes::default()).unwrap().code, Some(0));
        let heard = heard.lock().unwrap();
        let lines: Vec<&str> = heard.iter().map(|(_, line)| line.as_str()).collect();
        assert_eq!(lines, ["one", "two", "three"]);
        assert!(heard[1].0 - heard[0].0 >= std::time::Duration::from_millis(150));
        assert_eq!(fs::read_to_string(&file).unwrap(), "one\ntwo\nthree\n");
    }

    #[test]
    fn a_failures_last_lines_carry_something() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "one\n\ntwo\n\nthree\n\n").unwrap();
        assert_eq!(last_lines(file.path(), 2), ["two", "three"]);
        assert!(last_lines(Path::new("/no/such/log"), 2).is_empty());
    }
}
