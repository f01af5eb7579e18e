//! What tests of several crates share: small plans and facts, and a test harness for tests that
//! need programs which a machine may lack. Such a test is *ignored* with the reason where one is
//! missing, and fails where `LUKEWARM_REQUIRE_CLIENTS=1` says that none may be.
//! Owns where such programs are searched, and the message about a missing one; must not start them.

mod facts;

pub use facts::{plan, run_facts, scenario, story, workspace};

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// The variable that makes a missing program a failure, where it is `1`.
const REQUIRE: &str = "LUKEWARM_REQUIRE_CLIENTS";

/// The result of a test: an error where a program that it needs is missing. It fails by a panic.
pub type Tried = Result<(), Missing>;

/// A program or file that is not installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name, as it was looked for.
    pub name: String,
    /// The command that installs it.
    pub install: String,
    /// Whether its tests are ignored even where no program may be missing: it takes too long to
    /// install.
    pub optional: bool,
}

impl Missing {
    /// A program that no machine need have, and how it is installed.
    pub fn optional(name: &str, install: &str) -> Missing {
        Missing { name: name.to_owned(), install: install.to_owned(), optional: true }
    }
}

/// A test, and its name in the list.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// The path of its function.
    pub name: &'static str,
    run: fn() -> Tried,
}

impl Test {
    /// A test of that name. [`test!`] names a test by its function.
    pub const fn new(name: &'static str, run: fn() -> Tried) -> Test {
        Test { name, run }
    }
}

/// The test of a function, named by its path.
#[macro_export]
macro_rules! test {
    ($function:path) => {
        $crate::Test::new(stringify!($function), $function)
    };
}

/// The tests of a list of functions. The compiler warns of a function that is in no list: it is
/// dead code.
#[macro_export]
macro_rules! tests {
    ($($function:path),* $(,)?) => {
        [$($crate::test!($function)),*]
    };
}

/// The folder in which an `install.sh` puts programs and files for tests.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The folder.
    pub folder: PathBuf,
    /// The script that fills it, as one would type it at the root of the repository.
    pub script: &'static str,
}

impl Installed {
    /// The folder that a variable of the environment names, or else this one.
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    pub fn new(variable: &str, folder: &Path, script: &'static str) -> Installed {
        let folder = std::env::var_os(variable).map_or_else(|| folder.to_owned(), PathBuf::from);
        Installed { folder, script }
    }

    /// A file or folder in this one.
    pub fn file(&self, name: &str) -> Result<PathBuf, Missing> {
        let path = self.folder.join(name);
        if path.exists() { Ok(path) } else { Err(self.missing(name)) }
    }

    /// A program in this folder, or in those of `PATH`.
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    pub fn program(&self, name: &str) -> Result<PathBuf, Missing> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.folder.clone()].into_iter().chain(std::env::split_paths(&path));
        let found = folders.map(|folder| folder.join(name)).find(|path| path.is_file());
        found.ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> Missing {
        let install = format!("run {}", self.script);
        Missing { name: name.to_owned(), install, optional: false }
    }
}

/// The result of a test whose program is missing.
#[derive(Clone, Copy)]
enum WhenMissing {
    Ignore,
    Fail,
}

/// Runs the tests as `cargo test` asks for them: the `main` of a test with `harness = false`.
#[expect(clippy::disallowed_methods, reason = "tests have no command line")]
pub fn run(tests: impl IntoIterator<Item = Test>) -> ExitCode {
    let when_missing = match std::env::var_os(REQUIRE).is_some_and(|value| value == "1") {
        true => WhenMissing::Fail,
        false => WhenMissing::Ignore,
    };
    let trial = |test: Test| {
        Trial::ignorable_test(test.name, move || completion((test.run)(), when_missing))
    };
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().map(trial).collect()).exit_code()
}

fn completion(tried: Tried, when_missing: WhenMissing) -> Result<Completion, Failed> {
    let Err(Missing { name, install, optional }) = tried else {
        return Ok(Completion::Completed);
    };
    match when_missing {
        WhenMissing::Fail if !optional => {
            Err(format!("{name} is not installed, though {REQUIRE}=1 ({install})").into())
        }
        _ => Ok(Completion::ignored_with(format!("{name} is not installed ({install})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs_a_unicorn() -> Tried {
        let folder = own_sources();
        let installed = Installed::new("LUKEWARM_NO_SUCH_VARIABLE", &folder, "install.sh");
        installed.file("lib.rs")?;
        installed.program("sh")?;
        installed.program("unicorn").map(drop)
    }

    fn own_sources() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
    }

    #[test]
    fn what_is_there_is_found_in_the_folder_and_on_path_and_what_is_missing_is_named() {
        let missing = needs_a_unicorn().unwrap_err();
        let (name, install) = ("unicorn".to_owned(), "run install.sh".to_owned());
        let wanted = Missing { name, install, optional: false };
        assert_eq!(missing, wanted);
        let installed = Installed::new("LUKEWARM_NO_SUCH_VARIABLE", &own_sources(), "install.sh");
        assert!(installed.file("sh").is_err(), "a program on `PATH` is no file of the folder");
    }

    #[test]
    fn a_missing_program_makes_a_test_ignored_and_never_passed() {
        let reason = match completion(needs_a_unicorn(), WhenMissing::Ignore) {
            Ok(Completion::Ignored { reason }) => reason,
            _ => panic!("it is not ignored"),
        };
        assert_eq!(reason.as_deref(), Some("unicorn is not installed (run install.sh)"));
        let failed = completion(needs_a_unicorn(), WhenMissing::Fail);
        let message = failed.err().and_then(|it| it.message().map(str::to_owned));
        assert!(message.is_some_and(|it| it.contains("unicorn")));
        let rare = completion(Err(Missing::optional("phoenix", "wait")), WhenMissing::Fail);
        assert!(matches!(rare, Ok(Completion::Ignored { .. })));
        let done = completion(Ok(()), WhenMissing::Fail);
        assert!(matches!(done, Ok(Completion::Completed)));
    }

    #[test]
    fn tests_are_named_by_their_functions() {
        let [test] = tests![self::needs_a_unicorn];
        assert_eq!(test.name, "self::needs_a_unicorn");
        assert!((test.run)().is_err());
    }
}
