//! Programs on this machine: where they are, and running them to their end.
//! Owns the environment that clients get: a clean one.
#![expect(clippy::disallowed_methods, reason = "clients are found and run here, and only here")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use lukewarm_testing::{Installed, Missing};

/// How long a client may take: more is a failure, not patience.
const LONGEST: Duration = Duration::from_secs(90);

/// A program with its arguments and environment.
pub struct Run {
    program: PathBuf,
    words: Vec<String>,
    variables: Vec<(String, String)>,
    folder: Option<PathBuf>,
}

/// What a client left.
pub struct Ended {
    pub success: bool,
    pub out: String,
    pub err: String,
}

/// A server that runs beside a test; it is killed when dropped.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What `install.sh` puts into a folder of its own.
fn installed() -> Installed {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/clients");
    Installed::new("LUKEWARM_CLIENTS", &folder, "harness/cache-services/tests/clients/install.sh")
}

/// Where `install.sh` puts clients.
pub fn clients() -> PathBuf {
    installed().folder
}

/// A program among the clients or on `PATH`.
pub fn find(name: &str) -> Result<PathBuf, Missing> {
    installed().program(name)
}

/// A program that is to run in an environment of `PATH` and `HOME` only.
pub fn run(program: &Path, home: &Path) -> Run {
    let path = std::env::var("PATH").unwrap_or_default();
    let home = home.display().to_string();
    Run {
        program: program.to_owned(),
        words: Vec::new(),
        variables: vec![("PATH".to_owned(), path), ("HOME".to_owned(), home)],
        folder: None,
    }
}

impl Run {
    /// Another program in the same environment.
    pub fn with(self, program: &Path) -> Run {
        Run { program: program.to_owned(), ..self }
    }

    pub fn args<W: ToString>(mut self, words: impl IntoIterator<Item = W>) -> Run {
        self.words.extend(words.into_iter().map(|word| word.to_string()));
        self
    }

    pub fn env<V: ToString>(mut self, name: &str, value: V) -> Run {
        self.variables.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn envs(mut self, variables: &[(String, String)]) -> Run {
        self.variables.extend(variables.iter().cloned());
        self
    }

    pub fn folder(mut self, folder: &Path) -> Run {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Runs it to its end; longer than `LONGEST` is a failure.
    pub fn end(self) -> Ended {
        let shown = format!("{} {}", self.program.display(), self.words.join(" "));
        self.try_end().unwrap_or_else(|| panic!("{shown}: no end after {LONGEST:?}"))
    }

    /// The same; none where it took too long.
    pub fn try_end(self) -> Option<Ended> {
        let shown = self.program.display().to_string();
        let scratch = tempfile::tempdir().unwrap();
        let files = ["out", "err"].map(|name| scratch.path().join(name));
        // Into files: a client's daemon may keep a pipe open long after the client ended.
        let [out, err] = files.each_ref().map(|path| fs::File::create(path).unwrap());
        let mut command = Command::new(&self.program);
        command.args(&self.words).env_clear().envs(self.variables);
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}"));
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > LONGEST {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let [out, err] = files.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into());
        Some(Ended { success: status.success(), out, err })
    }

    /// Starts it as a server.
    pub fn start(self) -> Running {
        let shown = self.program.display().to_string();
        let mut command = Command::new(&self.program);
        command.args(&self.words).env_clear().envs(self.variables);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        Running(command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}")))
    }

    /// The same, where an end without success is a failure of the test.
    pub fn must(self) -> Ended {
        let shown = format!("{} {}", self.program.display(), self.words.join(" "));
        let ended = self.end();
        assert!(ended.success, "{shown}:\n{}\n{}", ended.out, ended.err);
        ended
    }
}

/// What a command prints, without its line's end.
pub fn answer(program: &str, words: &[&str]) -> String {
    let output: Output = Command::new(program).args(words).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A port that nobody listens on at this moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
