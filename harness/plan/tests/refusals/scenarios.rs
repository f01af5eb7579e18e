//! Scenarios: their tools, variables, settings and values.

use std::fs;

use lukewarm_model::ToolDescription;
use lukewarm_plan::read;

use crate::{HEAD, TOOLS, lay, project, refused};

#[test]
fn a_scenario_must_fit_its_tool() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["1: `tool` is missing"]),
        ("tool = 'scache'\n", &["3: unknown tool `scache`; did you mean `sccache`?"]),
        (
            "tool = 'bazel-remote'\n",
            &["3: unknown tool `bazel-remote`; known are none, sccache, actions-cache"],
        ),
        (
            "tool = 'sccache@new'\n",
            &["3: `tool = \"sccache@new\"`: `new` is not a version such as `0.10.0` (unexpected \
               character 'n' while parsing major version number)"],
        ),
        (
            "tool = 'none@1.0.0'\n",
            &["3: `tool = \"none@1.0.0\"`: tool `none` has no versions to choose from"],
        ),
        (
            "tool = 'actions-cache'\n",
            &["3: tool `actions-cache` needs a `service`: github-actions"],
        ),
        (
            "tool = 'actions-cache'\nservice = 'webdav'\nnetwork = 'near'\n",
            &["4: tool `actions-cache` cannot use `webdav`, only github-actions"],
        ),
        (
            "tool = 'none'\nservice = 'webdav'\nnetwork = 'near'\n",
            &["4: tool `none` uses no service: leave `service = \"webdav\"` out"],
        ),
        (
            "tool = 'sccache'\nincremental = true\n",
            &["4: tool `sccache` needs `incremental = false`"],
        ),
        ("tool = 'sccache'\nservice = 'webdav'\n", &["4: `service` without a `network`"]),
        ("tool = 'sccache'\nnetwork = 'near'\n", &["4: `network` without a `service`"]),
        (
            "tool = 'none'\n[archive]\n",
            &["4: `archive` needs a compiler wrapper, which tool `none` is not"],
        ),
        (
            "tool = 'sccache'\narchive = { key = 'rolling', hole = true }\n",
            &[
                "4: `archive` needs `service = \"github-actions\"`",
                "4: unknown setting `hole`; did you mean `whole`?",
            ],
        ),
        ("tool = 'sccache'\n[limits]\n", &["4: `limits` without a `service`"]),
        ("tool = 'sccache'\nfaults = ['flip']\n", &["4: `faults` without a `service`"]),
        (
            "tool = 'sccache'\nservice = 'webdav'\nnetwork = 'near'\nfaults = ['503', 'flip=3']\n",
            &[
                "6: `faults`: `flip=3` is not a fault such as `503/read=2%`: `3` is not a share such as \
               `2%`, `every 10`, or numbers such as `#1,4`",
            ],
        ),
    ];
    refused("scenarios/a.toml", cases);
}

#[test]
fn the_variables_of_a_tool_are_judged_by_what_it_knows() {
    let cases: &[(&str, &[&str])] = &[
        (
            "[tool]\nnam = 'sccache'\n",
            &["3: `name` is missing", "4: unknown key `nam`; did you mean `name`?"],
        ),
        (
            "[tool]\nname = 'scache'\n[tool.env]\nANYTHING = '1'\n",
            &[
                "4: unknown tool `scache`; did you mean `sccache`?",
                "6: unknown variable `ANYTHING`; known are SCCACHE_CACHE_SIZE",
            ],
        ),
        (
            "[tool]\nname = 'sccache@1'\n[tool.env]\nSCCACHE_CACHE_SIZ = '1G'\n\
             SCCACHE_DIR = '/elsewhere'\nSCCACHE_CACHE_SIZE = 1\n",
            &[
                "4: `name = \"sccache@1\"`: `1` is not a version such as `0.10.0` (unexpected end of \
                 input while parsing major version number)",
                "6: unknown variable `SCCACHE_CACHE_SIZ`; did you mean `SCCACHE_CACHE_SIZE`?",
                "7: `SCCACHE_DIR`: lukewarm sets it itself, for every job",
                "8: `SCCACHE_CACHE_SIZE = 1` must be a text in quotes",
            ],
        ),
        (
            "[tool]\nname = 'none'\nenv = { PATH = '/bin' }\n",
            &["5: unknown variable `PATH`; there is none to choose from"],
        ),
    ];
    refused("scenarios/a.toml", cases);
}

#[test]
fn a_scenario_may_set_variables_of_its_tool() {
    let text = "[tool]\nname = 'sccache@0.10.0'\nenv = { SCCACHE_CACHE_SIZE = '1G' }\n";
    let files = project("scenarios/a.toml", Some(&format!("{HEAD}{text}"))).unwrap();
    let scenario = files.scenarios.iter().find(|it| it.name == "a").unwrap();
    assert_eq!(scenario.tool.to_string(), "sccache@0.10.0");
    assert_eq!(scenario.tool_env, [("SCCACHE_CACHE_SIZE".to_owned(), "1G".to_owned())].into());
}

#[test]
fn several_tools_that_keep_archives_are_told_apart() {
    let mut tools = TOOLS.to_vec();
    tools.push(ToolDescription { name: "another-archive", ..TOOLS[2].clone() });
    let root = tempfile::tempdir().unwrap();
    lay(root.path());
    let read_with = |archive: &str| {
        let text = format!(
            "{HEAD}tool = 'sccache'\nservice = 'github-actions'\nnetwork = 'near'\n{archive}"
        );
        fs::write(root.path().join("scenarios/a.toml"), text).unwrap();
        let files = read(root.path(), &tools).map_err(|error| error.to_string())?;
        let scenario = files.scenarios.into_iter().find(|it| it.name == "a").unwrap();
        Ok(scenario.archive.unwrap().tool)
    };
    let named = read_with("archive = { tool = 'another-archive', whole = true }\n");
    assert_eq!(named, Ok("another-archive".to_owned()));
    let wanted = "scenarios/a.toml:6:2: `tool` is missing: which of actions-cache, another-archive \
                  keeps the archive?";
    assert_eq!(read_with("[archive]\n"), Err(wanted.to_owned()));
    let wanted = "scenarios/a.toml:7:1: unknown tool `sccache`; known are actions-cache, \
                  another-archive";
    assert_eq!(read_with("[archive]\ntool = 'sccache'\n"), Err(wanted.to_owned()));
}

#[test]
fn the_values_of_a_scenario_are_judged() {
    let cases: &[(&str, &[&str])] = &[
        (
            "tool = 'sccache'\nservice = 'webdev'\nnetwork = 'neat'\n",
            &[
                "4: unknown service `webdev`; did you mean `webdav`?",
                "5: unknown network `neat`; did you mean `near`?",
            ],
        ),
        (
            "tool = 'sccache'\nservice = 'webdav'\nnetwork = 'near'\n[limits]\nquota = '10'\n\
             uploads-per-minute = -1\ndownloads-per-minute = 0.5\nupload-per-minute = 3\n",
            &[
                "7: `quota`: `10` is not a size such as `10 GB` or `4 MiB`",
                "8: `uploads-per-minute = -1` must be a whole number from 1 on",
                "9: `downloads-per-minute = 0.5` must be a whole number from 1 on",
                "10: unknown limit `upload-per-minute`; did you mean `uploads-per-minute`?",
            ],
        ),
        (
            "tool = 'actions-cache'\nservice = 'github-actions'\nnetwork = 'near'\n\
             limits = { quota = '0 B' }\n[settings]\nkey = 'roling'\nprefix = 1\nwhole = 'yes'\n\
             hole = true\n",
            &[
                "6: `quota` is 0: leave it out where there is no limit",
                "8: unknown key `roling`; did you mean `rolling`?",
                "9: `prefix = 1` must be a text in quotes",
                "10: `whole = 'yes'` must be `true` or `false`",
                "11: unknown setting `hole`; did you mean `whole`?",
            ],
        ),
        (
            "tool = 'sccache'\nservice = 'webdav'\nnetwork = 'near'\nstore = 'old'\nwith-v1 = true\n",
            &[
                "6: unknown store `old`; known are used, virgin",
                "7: `with-v1` needs `service = \"github-actions\"`",
            ],
        ),
        (
            "tool = 'sccache'\nservice = 'github-actions'\nnetwork = 'near'\nstore = 'used'\n\
             with-v1 = 'yes'\n",
            &[
                "6: `store` needs `service = \"webdav\"`",
                "7: `with-v1 = 'yes'` must be `true` or `false`",
            ],
        ),
        (
            "tool = 'sccache'\n[settings]\nfast = true\n",
            &["5: unknown setting `fast`; there is none to choose from"],
        ),
        (
            "tool = ['sccache',\n'none']\nincremental = 'no'\nlimits = 3\nsetings = 4\n",
            &[
                "3: `tool = ['sccache', …` must be a text in quotes, or a table under [tool]",
                "5: `incremental = 'no'` must be `true` or `false`",
                "6: `limits = 3` must be a table under [limits]",
                "6: `limits` without a `service`",
                "7: unknown key `setings`; did you mean `settings`?",
            ],
        ),
    ];
    refused("scenarios/a.toml", cases);
}
