//! The home folders of tools: a tool that writes into its home with every call of its program
//! leaves nothing, neither in the user's home nor anywhere else.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lukewarm_cache_tools::{
    Action, CacheTool, Invocation, JobContext, Program, Ready, Recipe, Server, Tools,
};
use lukewarm_model::{RestoreScope, SettingValue, ToolDescription, ToolRole, UnitKind};
use lukewarm_runner::{Event, NamedTool, Processes, Settings, UserEnvironment};

use crate::support::{plan, record_with, scenario, user};

/// A wrapper whose recipe makes every kind of call that there is.
struct Hoarder;

static HOARDER: Hoarder = Hoarder;

static DESCRIPTION: ToolDescription = ToolDescription {
    role: ToolRole::Wrapper,
    versioned: true,
    caches: &[UnitKind::Lib],
    ..ToolDescription::new("hoarder", "a wrapper that writes into its home")
};

static PROGRAM: Program = Program {
    name: "hoarder",
    companions: &[],
    version_line: "hoarder {version}",
    minimum: "1.0.0",
    oldest: "1.0.0",
    pinned: "1.0.0",
    sources: &[],
};

impl CacheTool for Hoarder {
    fn description(&self) -> &'static ToolDescription {
        &DESCRIPTION
    }

    fn program(&self) -> Option<&'static Program> {
        Some(&PROGRAM)
    }

    fn restore_scope(
        &self,
        _settings: &std::collections::BTreeMap<String, SettingValue>,
    ) -> RestoreScope {
        RestoreScope::Units
    }

    fn recipe(&self, job: &JobContext<'_>) -> Recipe {
        let program = job.program.unwrap();
        let call = |word: &str| Invocation::of(program, &[word], &Default::default());
        let wrapper = ("RUSTC_WRAPPER".to_owned(), program.display().to_string());
        let server = Server { start: call("serve"), ready: Ready::Succeeds(call("ask")) };
        Recipe {
            environment: [wrapper].into(),
            restore: vec![Action::StartServer(server), Action::Run(call("warm"))],
            statistics: Some(call("statistics")),
            save: vec![Action::Run(call("save")), Action::StopServer(call("stop"))],
            ..Recipe::default()
        }
    }
}

/// The script of the program. Each call writes into every folder that it is pointed to, and adds
/// these to a list.
fn script(seen: &Path) -> String {
    format!(
        r#"#!/bin/sh
set -e
for folder in "$HOME" "$HOME/.cache" "$XDG_CACHE_HOME" "$XDG_CONFIG_HOME" "$XDG_DATA_HOME" \
    "$XDG_STATE_HOME" "$TMPDIR"
do
    mkdir -p "$folder"
    echo left >>"$folder/hoard"
    echo "${{1##*/}} $folder" >>'{}'
done
case "$1" in
    --version) echo 'hoarder 1.0.0' ;;
    serve) while [ ! -e "$TMPDIR/stop" ]; do sleep 0.05; done ;;
    stop) touch "$TMPDIR/stop" ;;
    ask | warm | save | statistics) ;;
    *) exec "$@" ;;
esac
"#,
        seen.display()
    )
}

/// The tests' own environment, with an empty home. The toolchain must not be found by the home.
fn user_with_home(home: &Path) -> UserEnvironment {
    let user = user();
    let real = PathBuf::from(user.get("HOME").unwrap());
    let of_toolchain = [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")];
    let of_toolchain = of_toolchain.map(|(name, folder)| {
        let value = user.get(name).map(Into::into).unwrap_or_else(|| real.join(folder).into());
        (name.into(), value)
    });
    let path = user.get("PATH").unwrap().to_owned();
    let own = [("PATH".into(), path), ("HOME".into(), home.into())];
    UserEnvironment::new(own.into_iter().chain(of_toolchain))
}

#[test]
fn no_call_of_a_tools_program_leaves_anything_in_a_home() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let path = |name: &str| place.path().join(name);
    fs::create_dir(path("home")).unwrap();
    fs::write(path("hoarder"), script(&path("seen"))).unwrap();
    fs::set_permissions(path("hoarder"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut plan = plan(vec![scenario("hoarder", "hoarder", None)]);
    plan.story.jobs.truncate(1);
    let settings = Settings {
        cache: path("cache"),
        scratch: path("runs"),
        tools: Tools::shipped().with(&HOARDER),
        named_tools: vec![NamedTool { name: "hoarder".to_owned(), path: path("hoarder") }],
        job_timeout: None,
        variables: Default::default(),
        user: user_with_home(&path("home")),
        processes: Processes::default(),
    };
    let record = record_with(plan, settings, &path("logs"), &mut |_: &Event| Ok(())).unwrap();
    assert!(record.jobs.iter().all(|job| job.failure.is_none()), "{:?}", record.jobs);
    let seen = fs::read_to_string(path("seen")).unwrap();
    let seen: BTreeSet<(&str, &Path)> = seen
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(call, folder)| (call, Path::new(folder)))
        .collect();
    let calls: BTreeSet<&str> = seen.iter().map(|(call, _)| *call).collect();
    let wanted = ["--version", "ask", "rustc", "save", "serve", "statistics", "stop", "warm"];
    assert_eq!(calls, wanted.into());
    for (call, folder) in seen {
        assert!(folder.is_absolute() && !folder.starts_with(path("home")), "{call}: {folder:?}");
        assert!(!folder.exists(), "{call} left {folder:?}");
    }
    assert_eq!(fs::read_dir(path("home")).unwrap().count(), 0, "the user's home was written to");
}
