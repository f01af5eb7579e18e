//! The environments of processes: of jobs, of preparation and of installing tools.
//! Owns the list of variables that each of these gets. Nothing of the user's own but `PATH` and the
//! variables that were asked for must reach a job, and no tool may be run with the user's home.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use lukewarm_cache_tools::Folders;
use lukewarm_model::Scenario;

/// The environment that lukewarm was started in, read once by the command line.
#[derive(Clone, Debug, Default)]
pub struct UserEnvironment(BTreeMap<OsString, OsString>);

/// The complete environment of one process.
pub type Environment = BTreeMap<OsString, OsString>;

/// Variables for access to the network, which preparation needs and jobs do not.
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

/// Variables of git and of agents that hold keys, for git dependencies.
const GIT: [&str; 12] = [
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "SSH_AGENT_PID",
    "SSH_ASKPASS",
    "SSH_AUTH_SOCK",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
    "USER",
    "LOGNAME",
];

/// Prefixes of Cargo's settings for access to registries.
const CARGO_NETWORK: [&str; 4] =
    ["CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRIES_", "CARGO_REGISTRY_"];

/// Tokens that only `cargo publish` needs.
const PUBLISHING: [&str; 2] = ["CARGO_REGISTRY_TOKEN", "CARGO_REGISTRIES_CRATES_IO_TOKEN"];

/// Variables for programs, home folders and temporary folders, for installing a tool.
const INSTALLING: [&str; 10] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "VIRTUAL_ENV",
];

/// Variables for compilers and libraries, for building a tool.
const COMPILING: [&str; 12] = [
    "CC",
    "CXX",
    "AR",
    "CFLAGS",
    "CXXFLAGS",
    "LDFLAGS",
    "LIBRARY_PATH",
    "LD_LIBRARY_PATH",
    "CPATH",
    "PKG_CONFIG_PATH",
    "OPENSSL_DIR",
    "RUSTFLAGS",
];

/// The folders of the XDG base directory specification below a home folder, at their defaults.
const XDG_FOLDERS: [(&str, &str); 4] = [
    ("XDG_CACHE_HOME", ".cache"),
    ("XDG_CONFIG_HOME", ".config"),
    ("XDG_DATA_HOME", ".local/share"),
    ("XDG_STATE_HOME", ".local/state"),
];

/// Sets the home folder of a process, and with it every folder that programs write logs, caches and
/// settings to. Every call of a tool gets its home here: some write into it even when they are only
/// asked for their version.
fn set_home(environment: &mut Environment, home: &Path) {
    environment.insert("HOME".into(), home.into());
    for (name, folder) in XDG_FOLDERS {
        environment.insert(name.into(), home.join(folder).into());
    }
}

impl UserEnvironment {
    /// The environment with these variables.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> UserEnvironment {
        UserEnvironment(variables.into_iter().collect())
    }

    /// The value of a variable; none where it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The value of a variable as text, empty or not; none where it is unset or no text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.get(OsStr::new(name))?.to_str().map(str::to_owned)
    }

    /// The environment without a variable.
    pub fn without(&self, name: &str) -> UserEnvironment {
        let mut other = self.clone();
        other.0.remove(OsStr::new(name));
        other
    }

    /// Whether the user chose a toolchain with `RUSTUP_TOOLCHAIN` or `+NAME`. Rustup's proxies set
    /// that variable too, for what they start, and say since version 1.28 where it comes from.
    pub fn chooses_toolchain(&self) -> bool {
        let source = self.get("RUSTUP_TOOLCHAIN_SOURCE").and_then(OsStr::to_str);
        let is_proxys = match source {
            Some(source) => !["env", "cli"].contains(&source),
            None => self.get("RUST_RECURSION_COUNT").is_some(),
        };
        self.get("RUSTUP_TOOLCHAIN").is_some() && !is_proxys
    }

    /// The first executable of that name on `PATH`.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        let path = self.get("PATH")?;
        std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| is_program(file))
    }

    /// The environment for asking rustup for a toolchain: programs, home and rustup's variables.
    /// One that is missing is not installed.
    pub fn for_toolchain(&self) -> Environment {
        let wanted = ["PATH", "HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "CARGO_HOME"];
        let mut environment = self.only(|name| wanted.contains(&name));
        environment.insert("RUSTUP_AUTO_INSTALL".into(), "0".into());
        environment
    }

    /// The environment for asking a program for its version, with `home` as its home and its
    /// temporary folder.
    pub fn for_version_query(&self, home: &Path) -> Environment {
        let mut environment = self.only(|name| name == "PATH");
        environment.insert("TMPDIR".into(), home.into());
        set_home(&mut environment, home);
        environment
    }

    /// The environment for fetching from registries into `cargo_home`. A compiler, wrapper or
    /// target folder in the workspace's configuration is not used.
    pub fn for_fetch(&self, toolchain_bin: &Path, cargo_home: &Path) -> Environment {
        let mut environment = self.only(|name| {
            let of_cargo = CARGO_NETWORK.iter().any(|prefix| name.starts_with(prefix));
            let is_way = NETWORK.contains(&name) || GIT.contains(&name);
            is_way || of_cargo && !PUBLISHING.contains(&name)
        });
        environment.extend(self.for_metadata(toolchain_bin, cargo_home));
        // Also where the workspace's configuration says otherwise: what is there is not fetched.
        environment.insert("CARGO_NET_OFFLINE".into(), "false".into());
        environment.insert("GIT_TERMINAL_PROMPT".into(), "0".into());
        if let Some(home) = self.get("HOME") {
            environment.insert("HOME".into(), home.to_owned());
        }
        environment
    }

    /// The environment for asking Cargo about a workspace offline: without tokens, without a home.
    pub fn for_metadata(&self, toolchain_bin: &Path, cargo_home: &Path) -> Environment {
        let unused = cargo_home.join("unused-target");
        let rustc = toolchain_bin.join("rustc");
        let mut environment: Environment = [
            ("PATH", self.path_after(toolchain_bin)),
            ("CARGO_HOME", cargo_home.into()),
            ("CARGO_NET_OFFLINE", "true".into()),
            ("CARGO_TARGET_DIR", unused.clone().into()),
            ("CARGO_BUILD_BUILD_DIR", unused.into()),
            ("RUSTC_WRAPPER", OsString::new()),
            ("RUSTC_WORKSPACE_WRAPPER", OsString::new()),
        ]
        .map(|(name, value)| (name.into(), value))
        .into();
        if rustc.is_file() {
            environment.insert("RUSTC".into(), rustc.into());
        }
        environment
    }

    /// The environment for downloading a tool with pip, without the secrets of other programs. An
    /// index that needs a login is configured in pip's own settings.
    pub fn for_pip(&self) -> Environment {
        self.only(|name| {
            INSTALLING.contains(&name) || NETWORK.contains(&name) || name.starts_with("PIP_")
        })
    }

    /// The environment for downloading and unpacking a release.
    pub fn for_download(&self) -> Environment {
        self.only(|name| INSTALLING.contains(&name) || NETWORK.contains(&name))
    }

    /// The environment for building a tool from source: registries, compilers and libraries. It has
    /// no token, since the build scripts of the tool's dependencies see it.
    pub fn for_source_build(&self) -> Environment {
        self.only(|name| {
            let registry = CARGO_NETWORK.iter().any(|prefix| name.starts_with(prefix));
            let secret = ["TOKEN", "CREDENTIAL", "PASSWORD", "SECRET"];
            INSTALLING.contains(&name)
                || NETWORK.contains(&name)
                || COMPILING.contains(&name)
                || registry && !secret.iter().any(|it| name.contains(it))
        })
    }

    /// The environment of every process of a job: the same for all scenarios, except for
    /// incremental compilation. Only `PATH` comes from the user.
    pub fn for_job(
        &self,
        toolchain_bin: &Path,
        home: &Path,
        folders: &Folders,
        scenario: &Scenario,
    ) -> Environment {
        let mut environment: Environment = [
            ("PATH", self.path_after(toolchain_bin)),
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
        set_home(&mut environment, home);
        if !scenario.incremental {
            environment.insert("CARGO_INCREMENTAL".into(), "0".into());
        }
        environment
    }

    fn only(&self, wanted: impl Fn(&str) -> bool) -> Environment {
        let known = |name: &OsString| name.to_str().is_some_and(&wanted);
        self.0.iter().filter(|(name, _)| known(name)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// `PATH` with the toolchain's own programs first, so that rustup's proxies are not used.
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
    use lukewarm_testing::scenario;

    use super::*;

    fn user() -> UserEnvironment {
        let pairs = [
            ("PATH", "/usr/bin:/bin"),
            ("HOME", "/home/me"),
            ("RUSTC_WRAPPER", "/usr/bin/sccache"),
            ("SCCACHE_DIR", "/home/me/cache"),
            ("RUSTFLAGS", "-C target-cpu=native"),
            ("HTTPS_PROXY", "http://proxy:3128"),
            ("CARGO_REGISTRY_TOKEN", "secret"),
            ("CARGO_REGISTRIES_OURS_TOKEN", "secret"),
            ("CARGO_REGISTRIES_OURS_INDEX", "sparse+https://ours/"),
            ("CARGO_HTTP_TIMEOUT", "30"),
            ("GITHUB_TOKEN", "secret"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("PIP_INDEX_URL", "https://mirror/"),
            ("CC", "clang"),
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
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_STATE_HOME",
        ];
        assert_eq!(names, wanted);
        assert_eq!(seen[OsStr::new("PATH")], "/t/bin:/usr/bin:/bin");
        assert_eq!(seen[OsStr::new("HOME")], "/s/home");
    }

    /// Where the user's home is, and nothing of it, must not matter to a tool.
    #[test]
    fn every_folder_of_a_tools_user_is_in_the_home_that_it_is_given() {
        let scenario = scenario("none", "none");
        let home = Path::new("/s/home");
        let job = user().for_job(Path::new("/t/bin"), home, &folders(), &scenario);
        for seen in [job, user().for_version_query(home)] {
            for name in ["HOME"].into_iter().chain(XDG_FOLDERS.map(|(name, _)| name)) {
                assert!(Path::new(&seen[OsStr::new(name)]).starts_with(home), "{name}");
            }
            let of_user =
                seen.iter().find(|(_, value)| value.to_string_lossy().contains("/home/me"));
            assert_eq!(of_user, None);
        }
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
        assert_eq!(seen[OsStr::new("RUSTC_WRAPPER")], "", "neither the user's nor the workspace's");
    }

    #[test]
    fn preparing_starts_no_configured_wrapper_and_fetching_alone_sees_tokens_of_registries() {
        let (bin, home) = (Path::new("/t/bin"), Path::new("/s/seed"));
        let fetch = user().for_fetch(bin, home);
        let metadata = user().for_metadata(bin, home);
        let has = |seen: &Environment, name: &str| seen.contains_key(OsStr::new(name));
        for seen in [&fetch, &metadata] {
            assert_eq!(seen[OsStr::new("RUSTC_WRAPPER")], "");
            assert_eq!(seen[OsStr::new("RUSTC_WORKSPACE_WRAPPER")], "");
            assert_eq!(seen[OsStr::new("CARGO_TARGET_DIR")], "/s/seed/unused-target");
            assert!(!has(seen, "CARGO_REGISTRY_TOKEN"), "only publishing needs it");
        }
        assert!(has(&fetch, "CARGO_REGISTRIES_OURS_TOKEN"), "a private registry asks for it");
        assert!(!has(&metadata, "CARGO_REGISTRIES_OURS_TOKEN"));
        let offline = OsStr::new("CARGO_NET_OFFLINE");
        assert_eq!((&*fetch[offline], &*metadata[offline]), ("false".as_ref(), "true".as_ref()));
    }

    #[test]
    fn installing_sees_the_way_to_registries_and_no_secret() {
        for (seen, own) in [
            (user().for_pip(), "PIP_INDEX_URL"),
            (user().for_source_build(), "CARGO_REGISTRIES_OURS_INDEX"),
        ] {
            assert!(seen.contains_key(OsStr::new(own)), "{own}");
            assert!(seen.contains_key(OsStr::new("HTTPS_PROXY")));
            let secrets: Vec<_> = seen.values().filter(|value| *value == "secret").collect();
            assert!(secrets.is_empty(), "{seen:?}");
        }
        assert!(user().for_source_build().contains_key(OsStr::new("CC")));
        assert!(!user().for_pip().contains_key(OsStr::new("CC")));
    }

    #[test]
    fn a_toolchain_that_a_proxy_passes_on_is_nobodys_choice() {
        let chosen = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            UserEnvironment::new(pairs).chooses_toolchain()
        };
        let (name, source) = (("RUSTUP_TOOLCHAIN", "nightly"), "RUSTUP_TOOLCHAIN_SOURCE");
        assert!(chosen(&[name]) && chosen(&[name, (source, "cli")]));
        assert!(!chosen(&[]) && !chosen(&[name, (source, "default")]));
        assert!(!chosen(&[name, ("RUST_RECURSION_COUNT", "1")]));
        assert!(chosen(&[name, ("RUST_RECURSION_COUNT", "1"), (source, "env")]));
    }

    #[test]
    fn programs_are_found_on_path() {
        assert!(user().find("sh").is_some());
        assert!(user().find("no-such-program").is_none());
    }
}
