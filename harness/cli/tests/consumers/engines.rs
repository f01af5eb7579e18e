//! The files of `lukewarm ci`: workflows by actionlint, manifests by the schema of Kubernetes, the
//! recipe of the image by hadolint; and what their shells run, run here for real in two shards.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use lukewarm_testing::{Missing, Tried};
use serde_json::Value;

use crate::workflows::{linter, own, used};
use crate::{consumer, installed, lukewarm, said};

/// What is measured where it is measured at all: a sample, two cases, two iterations.
const RUN: [&str; 8] =
    ["none", "actions-cache", "--workspace", "tiny", "--story", "short", "-n", "2"];

/// What `lukewarm ci` prints for an engine.
fn made(engine: &[&str], run: &[&str]) -> String {
    let words = [&["ci"], engine, &["--shards", "2"], run].concat();
    let text = lukewarm(&words);
    assert!(!text.is_empty(), "{words:?} printed nothing");
    text
}

/// A reader of YAML.
fn reader() -> Result<impl Fn(&str) -> Vec<Value>, Missing> {
    let (node, modules) = (installed().program("node")?, consumer("npm")?);
    installed().file("npm/node_modules/yaml")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/consumers/yaml.mjs");
    Ok(move |text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.yaml");
        fs::write(&file, text).unwrap();
        let output = Command::new(&node).arg(script).arg(&modules).arg(&file).output().unwrap();
        assert!(output.status.success(), "{}\n{text}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    })
}

pub fn actionlint_has_nothing_to_say_of_shards() -> Tried {
    let lint = linter()?;
    let strange = ["none", "-w", "it's: \"$(a)\" # b", "--", "cargo", "test", "-p", "a b"];
    for run in [&RUN[..], &strange, &[]] {
        let text = made(&["github", "--runs-on", "ubuntu-22.04"], run);
        assert_eq!(lint(std::slice::from_ref(&text)), "", "{text}");
    }
    let text = made(&["github"], &RUN);
    let wrong = lint(&[text.replace("needs.program.result", "needs.programs.result")]);
    assert!(wrong.contains("\"programs\" is not defined"), "{wrong:?}");
    // The same commits as everywhere else.
    let own = own().concat();
    let count =
        used(&text).filter(|(action, place)| own.contains(&format!("{action}@{place}"))).count();
    assert_eq!((count, used(&text).count()), (8, 8), "{text}");
    Ok(())
}

pub fn manifests_are_what_the_schema_of_kubernetes_wants() -> Tried {
    let (read, folder) = (reader()?, consumer("kubernetes")?);
    let definitions = fs::read_to_string(folder.join("_definitions.json")).unwrap();
    let inner = |text: &str| -> Value {
        serde_json::from_str(&text.replace("/api/_definitions.json#", "#")).unwrap()
    };
    let definitions = inner(&definitions)["$defs"].clone();
    let problems = |text: &str| -> Vec<String> {
        let documents = read(text);
        let of = |document: &Value| {
            let name = match document["kind"].as_str().unwrap() {
                "Job" => "job-batch-v1.json",
                "ConfigMap" => "configmap-v1.json",
                "PersistentVolumeClaim" => "persistentvolumeclaim-v1.json",
                kind => panic!("no schema of a {kind}"),
            };
            let mut schema = inner(&fs::read_to_string(folder.join(name)).unwrap());
            schema["$defs"] = definitions.clone();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let errors = validator.iter_errors(document);
            errors.map(|it| format!("{}: {it}", it.instance_path())).collect::<Vec<_>>()
        };
        assert_eq!(documents.len(), 4, "{text}");
        documents.iter().flat_map(of).collect()
    };
    let text = made(&["kubernetes", "--image", "registry.example/lukewarm@sha256:00"], &RUN);
    assert_eq!(problems(&text), Vec::<String>::new(), "{text}");
    for (right, wrong) in [
        ("completionMode: Indexed", "completionsMode: Indexed"),
        ("completions: 2", "completions: \"2\""),
        ("drop: [ALL]", "drop: ALL"),
        ("restartPolicy: Never", "restart: Never"),
    ] {
        assert!(!problems(&text.replace(right, wrong)).is_empty(), "`{wrong}` is let pass");
    }
    let jobs = read(&text);
    for job in jobs.iter().filter(|it| it["kind"] == "Job") {
        let pod = &job["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"], false);
    }
    let resources = &jobs[2]["spec"]["template"]["spec"]["containers"][0]["resources"];
    assert_eq!(resources["requests"], resources["limits"], "only then it has its CPUs to itself");
    Ok(())
}

pub fn hadolint_has_nothing_to_say_of_the_image() -> Tried {
    let hadolint = consumer("hadolint")?;
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Containerfile");
    let text = fs::read_to_string(&recipe).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let lint = |text: &str| {
        let file = folder.path().join("Containerfile");
        fs::write(&file, text).unwrap();
        said(&Command::new(&hadolint).arg("--no-color").arg(&file).output().unwrap())
    };
    assert_eq!(lint(&text), "");
    let wrong = lint(&text.replace("USER 10001:10001", "USER root"));
    assert!(wrong.contains("DL3002"), "{wrong}");
    // Where `lukewarm ci kubernetes` says nothing of an image, it is this one.
    let manifests = made(&["kubernetes"], &RUN);
    let image = format!("lukewarm:{}", env!("CARGO_PKG_VERSION"));
    assert!(manifests.contains(&format!("image: {image}\n")), "{manifests}");
    assert!(text.contains(&format!("--tag {image} ")), "{text}");
    Ok(())
}

/// A job as GitHub would run it: its steps one after another, a folder for each artifact.
struct Runner<'a> {
    artifacts: &'a Path,
    place: PathBuf,
    /// Expressions, and what GitHub has for them.
    context: Vec<(&'static str, String)>,
}

impl Runner<'_> {
    fn evaluated(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.context {
            text = text.replace(&format!("${{{{ {name} }}}}"), value);
        }
        assert!(!text.contains("${{"), "an expression is not known: {text}");
        text
    }

    /// Runs every step; the output of those in a shell, by their names.
    fn run(&self, job: &Value) -> Vec<(String, Output)> {
        fs::create_dir_all(self.place.join("temp")).unwrap();
        fs::create_dir_all(self.place.join("checkout")).unwrap();
        let steps = job["steps"].as_array().unwrap();
        steps.iter().filter_map(|step| self.step(step)).collect()
    }

    fn step(&self, step: &Value) -> Option<(String, Output)> {
        if let Some(script) = step["run"].as_str() {
            return Some((step["name"].as_str().unwrap().to_owned(), self.shell(step, script)));
        }
        let with = |key: &str| step["with"][key].as_str().map(|it| self.evaluated(it));
        let action = step["uses"].as_str().unwrap().split('@').next().unwrap();
        match action {
            "actions/checkout" => {}
            "actions/upload-artifact" => {
                let to = self.artifacts.join(with("name").unwrap());
                copy(Path::new(&with("path").unwrap()), &to);
            }
            "actions/download-artifact" => {
                let (name, path) =
                    (with("name").or_else(|| with("pattern")).unwrap(), with("path"));
                let path = PathBuf::from(path.unwrap());
                fs::create_dir_all(&path).unwrap();
                for entry in fs::read_dir(self.artifacts).unwrap().flatten() {
                    let found = entry.file_name().into_string().unwrap();
                    let fits = name.strip_suffix('*').map(|begin| found.starts_with(begin));
                    if fits.unwrap_or(found == name) {
                        copy(&entry.path(), &path);
                    }
                }
            }
            other => panic!("{other} is not known here"),
        }
        None
    }

    /// A shell as GitHub starts it where a step does not say which.
    fn shell(&self, step: &Value, script: &str) -> Output {
        let file = self.place.join("script.sh");
        fs::write(&file, self.evaluated(script)).unwrap();
        let mut shell = Command::new("bash");
        shell.arg("-e").arg(&file).current_dir(self.place.join("checkout"));
        shell.env("RUNNER_TEMP", self.place.join("temp"));
        shell.env("GITHUB_STEP_SUMMARY", self.place.join("summary"));
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            shell.env(name, self.evaluated(value.as_str().unwrap()));
        }
        shell.output().unwrap()
    }
}

/// Copies what a folder has into another one.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let output = Command::new("cp").arg("-r").arg(from.join(".")).arg(to).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

pub fn a_workflow_measures_in_shards_and_merges_as_its_shells_do() -> Tried {
    let read = reader()?;
    let workflow = read(&made(&["github"], &RUN)).remove(0);
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let artifacts = place.path().join("artifacts");
    let program = artifacts.join("lukewarm-program");
    fs::create_dir_all(&program).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_lukewarm"), program.join("lukewarm")).unwrap();
    let runner = |name: &str, index: usize| {
        let place = place.path().join(name);
        let temp = place.join("temp").display().to_string();
        let context = vec![
            ("runner.temp", temp),
            ("strategy.job-index", index.to_string()),
            ("strategy.job-total", "2".to_owned()),
            ("matrix.shard", (index + 1).to_string()),
        ];
        Runner { artifacts: &artifacts, place, context }
    };
    for index in 0..2 {
        let shard = runner(&format!("machine-{index}"), index);
        for (name, output) in shard.run(&workflow["jobs"]["shard"]) {
            assert!(output.status.success(), "{name}: {}", said(&output));
        }
    }
    let merged = runner("merge", 0);
    for (name, output) in merged.run(&workflow["jobs"]["merge"]) {
        assert!(output.status.success(), "{name}: {}", said(&output));
    }
    let summary = fs::read_to_string(merged.place.join("summary")).unwrap();
    assert!(summary.contains("actions-cache"), "{summary}");
    assert!(fs::read_dir(artifacts.join("lukewarm")).unwrap().count() > 0);

    // A shard whose machine was lost: the merge job fails, and has reported before.
    fs::remove_dir_all(artifacts.join("lukewarm-shard-2")).unwrap();
    let merged = runner("merge-without-2", 0);
    let steps = merged.run(&workflow["jobs"]["merge"]);
    let code = |wanted: &str| {
        let (_, output) = steps.iter().find(|(name, _)| name == wanted).unwrap();
        (output.status.success(), said(output))
    };
    assert!(!code("Merge").0 && code("Merge").1.contains("shard 2"), "{}", code("Merge").1);
    assert!(code("Report").0, "{}", code("Report").1);
    assert!(fs::read_to_string(merged.place.join("summary")).unwrap().contains("actions-cache"));
    Ok(())
}

/// The folders of a toolchain, and where a pod has them.
fn toolchain() -> [(PathBuf, &'static str); 2] {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    let of = |variable: &str, usual: &str| {
        std::env::var_os(variable).map_or_else(|| home.join(usual), PathBuf::from)
    };
    [(of("RUSTUP_HOME", ".rustup"), "/opt/rustup"), (of("CARGO_HOME", ".cargo"), "/opt/cargo")]
}

/// A pod's container, as near as it comes without a cluster: another user, a root that cannot be
/// written, the manifests' volumes at their paths, and its script as the first process.
struct Container<'a> {
    place: &'a Path,
    bwrap: PathBuf,
}

impl Container<'_> {
    fn new(place: &Path) -> Result<Container<'_>, Missing> {
        let bwrap = installed().program("bwrap")?;
        let container = Container { place, bwrap };
        let tried = container.command("scratch", &["true"]).output().unwrap();
        match tried.status.success() {
            true => Ok(container),
            // As inside of most containers.
            false => Err(Missing::optional("a user namespace", "where the kernel allows one")),
        }
    }

    fn command(&self, scratch: &str, words: &[&str]) -> Command {
        let mut bwrap = Command::new(&self.bwrap);
        bwrap.args(["--unshare-user", "--unshare-pid", "--as-pid-1", "--die-with-parent"]);
        bwrap.args(["--uid", "10001", "--gid", "10001", "--clearenv"]);
        bwrap.args(["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]);
        for name in ["bin", "lib", "lib64", "sbin"] {
            bwrap.arg("--symlink").arg(format!("usr/{name}")).arg(format!("/{name}"));
        }
        let program = Path::new(env!("CARGO_BIN_EXE_lukewarm")).parent().unwrap().to_owned();
        let read = [("/usr".into(), "/usr"), ("/etc".into(), "/etc"), (program, "/opt/lukewarm")];
        let read = read.into_iter().chain(toolchain());
        for (from, to) in read.chain([(self.place.join("scripts"), "/scripts")]) {
            bwrap.arg("--ro-bind").arg(from).arg(to);
        }
        for (name, to) in [("shared", "/shared"), (scratch, "/scratch")] {
            fs::create_dir_all(self.place.join(name)).unwrap();
            bwrap.arg("--bind").arg(self.place.join(name)).arg(to);
        }
        for (name, value) in [
            ("PATH", "/opt/lukewarm:/opt/cargo/bin:/usr/bin"),
            ("RUSTUP_HOME", "/opt/rustup"),
            ("CARGO_HOME", "/opt/cargo"),
            ("HOME", "/scratch/home"),
            ("LUKEWARM_SHARDS", "2"),
        ] {
            bwrap.args(["--setenv", name, value]);
        }
        bwrap.args(["--remount-ro", "/", "--chdir", "/"]);
        let index = scratch.trim_start_matches("pod-");
        bwrap.args(["--setenv", "JOB_COMPLETION_INDEX", index]).args(words);
        bwrap
    }

    /// Runs a script of the manifests to its end.
    fn run(&self, scratch: &str, script: &str) -> Output {
        self.command(scratch, &["bash", &format!("/scripts/{script}")]).output().unwrap()
    }

    /// Runs a shard's script, and evicts it when it has measured something.
    fn evict(&self, scratch: &str) -> Option<i32> {
        let mut pod = self.command(scratch, &["bash", "/scripts/shard.sh"]);
        let mut pod = pod.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let results = self.place.join("shared/lukewarm/results/shard-1");
        let has_measured = || {
            let runs = fs::read_dir(&results).into_iter().flatten().flatten();
            let journals =
                runs.flat_map(|run| fs::read_to_string(run.path().join("journal.jsonl")));
            journals.into_iter().any(|text| text.contains("\"fact\":\"job\""))
        };
        while !has_measured() {
            assert_eq!(pod.try_wait().unwrap(), None, "it has ended, and measured nothing");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        let children = format!("/proc/{0}/task/{0}/children", pod.id());
        let first = fs::read_to_string(children).unwrap();
        let killed = Command::new("kill").arg("-TERM").arg(first.trim()).status().unwrap();
        assert!(killed.success());
        pod.wait().unwrap().code()
    }
}

pub fn pods_measure_in_shards_are_evicted_and_merge() -> Tried {
    let read = reader()?;
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    let scripts = place.path().join("scripts");
    fs::create_dir(&scripts).unwrap();
    let manifests = read(&made(&["kubernetes"], &RUN));
    for (name, text) in manifests[1]["data"].as_object().unwrap() {
        fs::write(scripts.join(name), text.as_str().unwrap()).unwrap();
    }
    let container = Container::new(place.path())?;
    let shared = place.path().join("shared/lukewarm");
    // It writes what it has, and does not count as ended: another pod takes its place.
    assert_eq!(container.evict("pod-0"), Some(143));
    assert!(shared.join("shard-1.lukewarm.tar.zst").is_file());
    assert_eq!(fs::read_dir(shared.join("ended")).unwrap().count(), 0);
    for pod in ["pod-0", "pod-1"] {
        let output = container.run(pod, "shard.sh");
        assert!(output.status.success(), "{}", said(&output));
    }
    let output = container.run("merge", "merge.sh");
    assert!(output.status.success(), "{}", said(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("actions-cache"), "{}", said(&output));
    Ok(())
}
