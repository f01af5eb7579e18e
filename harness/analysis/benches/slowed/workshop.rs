//! Builds of `tiny` in a folder of their own, by ourselves and by hyperfine, and its Welch script.
//! Owns every process that is started here but the compiler's wrapper.
#![expect(clippy::disallowed_methods, reason = "builds and hyperfine are started here")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::series::Arm;
use crate::shim;

/// The Cargo that built this program builds here too.
const CARGO: &str = env!("CARGO");

/// Where hyperfine and its script are, installed where they were missing.
pub struct Tools(PathBuf);

impl Tools {
    pub fn installed() -> Tools {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("slowed");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/slowed/install.sh");
        let status = Command::new("bash").arg(script).arg(&folder).status().unwrap();
        assert!(status.success(), "{script} could not install hyperfine");
        Tools(folder)
    }

    /// What hyperfine says it is.
    pub fn version(&self) -> String {
        said(Command::new(self.hyperfine()).arg("--version"))
    }

    /// Whether hyperfine's Welch script sees a difference between two rows of times.
    pub fn differ(&self, first: &[f64], second: &[f64]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let export = folder.path().join("export.json");
        let result = |name: &str, times: &[f64]| json!({ "command": name, "times": times });
        let results = json!({ "results": [result("first", first), result("second", second)] });
        fs::write(&export, results.to_string()).unwrap();
        let mut script = Command::new("python3");
        script.arg(self.0.join("welch_ttest.py")).arg(&export);
        let text = said(script.env("PYTHONPATH", self.0.join("python")));
        let differs = text.contains("There is a difference between the two benchmarks (p < 0.05)");
        assert!(differs || text.contains("are almost the same (p >= 0.05)"), "{text}");
        differs
    }

    fn hyperfine(&self) -> PathBuf {
        self.0.join("bin/hyperfine")
    }
}

/// A copy of `tiny` with the compiler's wrappers, gone when it is dropped.
pub struct Workshop {
    folder: tempfile::TempDir,
    percent: u32,
}

impl Workshop {
    /// A place where the slowed arm is slower by so much.
    pub fn new(percent: u32) -> Workshop {
        let folder = tempfile::tempdir().unwrap();
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sample-workspaces/tiny");
        let copy = folder.path().join("tiny");
        let status = Command::new("cp").args(["-r", sample]).arg(&copy).status().unwrap();
        assert!(status.success(), "{sample} cannot be copied");
        let here = std::env::current_exe().unwrap();
        for percent in [0, percent] {
            symlink(&here, folder.path().join(shim::name(percent))).unwrap();
        }
        Workshop { folder, percent }
    }

    /// Builds an arm from nothing: wall-clock of Cargo in seconds.
    pub fn build(&self, arm: Arm) -> f64 {
        let target = self.target();
        if target.exists() {
            fs::remove_dir_all(target).unwrap();
        }
        let mut build = Command::new(CARGO);
        build.args(["build", "--offline", "--quiet"]);
        self.surround(&mut build, arm);
        let began = Instant::now();
        let status = build.stdin(Stdio::null()).status().unwrap();
        let time = began.elapsed().as_secs_f64();
        assert!(status.success(), "the build failed");
        time
    }

    /// Lets hyperfine build an arm so often: its times in seconds.
    pub fn hyperfine(&self, tools: &Tools, arm: Arm, count: usize) -> Vec<f64> {
        let export = self.folder.path().join("export.json");
        let mut hyperfine = Command::new(tools.hyperfine());
        hyperfine
            .args(["-N", "--style", "none", "--warmup", "1", "--runs", &count.to_string()])
            .args(["--prepare", &format!("rm -rf {}", self.target().display())])
            .arg("--export-json")
            .arg(&export)
            .arg(format!("{CARGO} build --offline --quiet"));
        self.surround(&mut hyperfine, arm);
        said(&mut hyperfine);
        let text = fs::read_to_string(export).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let times = value["results"][0]["times"].as_array().unwrap();
        assert_eq!(times.len(), count, "{text}");
        times.iter().map(|time| time.as_f64().unwrap()).collect()
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    /// All arms build in the same folders; the wrapper's name is all that differs.
    fn surround(&self, command: &mut Command, arm: Arm) {
        let percent = if arm == Arm::Slowed { self.percent } else { 0 };
        command
            .current_dir(self.folder.path().join("tiny"))
            .env("CARGO_TARGET_DIR", self.target())
            .env("CARGO_INCREMENTAL", "0")
            .env("RUSTC_WRAPPER", self.folder.path().join(shim::name(percent)));
    }
}

/// The compiler that builds.
pub fn rustc() -> String {
    said(Command::new("rustc").arg("--version"))
}

/// What a command prints on its way to success.
fn said(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
