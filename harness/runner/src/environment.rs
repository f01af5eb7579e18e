//! Environments: what a job's processes may see, and what preparation may use.
//! Jobs start from an allow-list, so that nothing of the user's own reaches them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use lukewarm_cache_tools::Folders;
use lukewarm_model::Scenario;

/// The environment that the harness itself was started in, read once by the front door.
#[derive(Clone, Debug, Default)]
pub struct UserEnvironment(BTreeMap<OsString, OsString>);

/// A whole environment of one process.
pub type Environment = BTreeMap<OsString, OsString>;

/// Variables that say how the network is reached; preparation needs them, jobs do not.
const NETWORK: [&str; 10] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Settings of Cargo's own that say how registries are reached.
const CARGO_NETWORK: [&str; 4] =
    ["CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_"];

impl UserEnvironment {
    /// Takes what the front door read.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> UserEnvironment {
        UserEnvironment(variables.into_iter().collect())
    }

    /// One variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// All of it, for installing tools the way the user would.
    pub fn all(&self) -> Environment {
        self.0.clone()
    }

    /// The first executable of that name on `PATH`.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let path = self.get("PATH")?;
        std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| is_program(file))
    }

    /// What asking rustup for a toolchain takes: the way to programs, home and rustup's own.
    pub fn for_toolchain(&self) -> Environment {
        let wanted = ["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HOME"];
        self.only(|name| wanted.contains(&name))
    }

    /// What fetching from registries takes, with Cargo's home where it is told.
    pub fn for_fetch(&self, toolchain_bin: &Path, cargo_home: &Path) -> Environment {
        let mut environment = self.only(|name| {
            NETWORK.contains(&name) || CARGO_NETWORK.iter().any(|prefix| name.starts_with(prefix))
        });
        environment.insert("PATH".into(), self.path_after(toolchain_bin));
        environment.insert("CARGO_HOME".into(), cargo_home.into());
        if let Some(home) = self.get("HOME") {
            environment.insert("HOME".into(), home.to_owned());
        }
        environment
    }

    /// What every process of a job sees, alike for all scenarios but for the scenario's choice
    /// of incremental compilation. Nothing but `PATH` comes from the user.
    pub fn for_job(
        &self,
        toolchain_bin: &Path,
        home: &Path,
        folders: &Folders,
        scenario: &Scenario,
    ) -> Environment {
        let mut environment: Environment = [
            ("PATH", self.path_after(toolchain_bin)),
            ("HOME", home.into()),
            ("TMPDIR", folders.temporary.clone().into()),
            ("LANG", "C.UTF-8".into()),
            ("CI", "true".into()),
            ("CARGO_HOME", folders.cargo_home.clone().into()),
            ("CARGO_NET_OFFLINE", "true".into()),
            ("CARGO_TERM_COLOR", "never".into()),
        ]
        .into_iter()
        .map(|(name, value): (&str, OsString)| (name.into(), value))
        .collect();
        if !scenario.incremental {
            environment.insert("CARGO_INCREMENTAL".into(), "0".into());
        }
        environment
    }

    fn only(&self, wanted: impl Fn(&str) -> bool) -> Environment {
        let known = |name: &OsString| name.to_str().is_some_and(&wanted);
        self.0.iter().filter(|(name, _)| known(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// `PATH` with the toolchain's own programs first, so that no proxy is started in between.
    fn path_after(&self, toolchain_bin: &Path) -> OsString {
        let mut path = toolchain_bin.as_os_str().to_owned();
        path.push(":");
        path.push(self.get("PATH").unwrap_or(OsStr::new("/usr/local/bin:/usr/bin:/bin")));
        path
    }
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::scenario;

    fn user() -> UserEnvironment {
        let pairs = [
            ("PATH", "/usr/bin:/bin"),
            ("HOME", "/home/me"),
            ("RUSTC_WRAPPER", "/usr/bin/sccache"),
            ("SCCACHE_DIR", "/home/me/cache"),
            ("RUSTFLAGS", "-C target-cpu=native"),
            ("HTTPS_PROXY", "http://proxy:3128"),
            ("CARGO_REGISTRY_TOKEN", "secret"),
        ];
        UserEnvironment::new(pairs.map(|(name, value)| (name.into(), value.into())))
    }

    fn folders() -> Folders {
        Folders {
            checkout: "/s/checkout".into(),
            cargo_home: "/s/cargo-home".into(),
            kept: "/s/kept".into(),
            temporary: "/s/temporary".into(),
        }
    }

    #[test]
    fn nothing_of_the_users_own_reaches_a_job() {
        let scenario = scenario("none", "none");
        let seen = user().for_job(Path::new("/t/bin"), Path::new("/s/home"), &folders(), &scenario);
        let names: Vec<&str> = seen.keys().filter_map(|name| name.to_str()).collect();
        let wanted = [
            "CARGO_HOME",
            "CARGO_INCREMENTAL",
            "CARGO_NET_OFFLINE",
            "CARGO_TERM_COLOR",
            "CI",
            "HOME",
            "LANG",
            "PATH",
            "TMPDIR",
        ];
        assert_eq!(names, wanted);
        assert_eq!(seen[OsStr::new("PATH")], "/t/bin:/usr/bin:/bin");
        assert_eq!(seen[OsStr::new("HOME")], "/s/home");
    }

    #[test]
    fn incremental_compilation_is_the_scenarios_choice() {
        let mut scenario = scenario("none", "none");
        scenario.incremental = true;
        let seen = user().for_job(Path::new("/t/bin"), Path::new("/s/home"), &folders(), &scenario);
        assert!(!seen.contains_key(OsStr::new("CARGO_INCREMENTAL")));
    }

    #[test]
    fn fetching_sees_the_network_and_no_flags() {
        let seen = user().for_fetch(Path::new("/t/bin"), Path::new("/s/seed"));
        assert!(seen.contains_key(OsStr::new("HTTPS_PROXY")));
        assert!(!seen.contains_key(OsStr::new("RUSTFLAGS")));
        assert!(!seen.contains_key(OsStr::new("RUSTC_WRAPPER")));
    }

    #[test]
    fn programs_are_found_on_path() {
        assert!(user().find("sh").is_some());
        assert!(user().find("no-such-program").is_none());
    }
}
