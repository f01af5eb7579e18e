//! The logs of a job: where the output of its processes goes, without the secrets among its
//! variables. Owns that no secret is written, not even for a moment.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use lukewarm_model::masked;

use crate::job::real_effects::RealEffects;
use crate::process::{LineListener, Output};

impl RealEffects<'_> {
    /// The path of one of the job's logs.
    pub fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// The output to the end of a log.
    pub fn log_output(&self, name: &str) -> Output {
        appended(&self.log(name), self.context.prepared.settings.variables.secrets())
    }

    /// A text of a process without the secrets.
    pub fn without_secrets(&self, text: &str) -> String {
        masked(text, &self.context.prepared.settings.variables.secrets())
    }
}

/// The output to the end of a file, without secrets.
fn appended(file: &Path, secrets: Vec<String>) -> Output {
    if secrets.is_empty() {
        return Output::Append(file.to_owned());
    }
    let file = file.to_owned();
    Output::Lines(LineListener::new(move |_, line| {
        let open = fs::File::options().create(true).append(true).open(&file);
        // A lost line of a log is no reason to end a job.
        let _ = open
            .and_then(|mut it| it.write_all(format!("{}\n", masked(line, &secrets)).as_bytes()));
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{CommandSpec, Processes};

    #[test]
    fn a_secret_reaches_no_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut spec = CommandSpec::new("/bin/sh", folder.path());
        spec = spec.args(["-c", "echo one hunter2; echo hunter2 >&2; echo two"]);
        let output = appended(&log, vec!["hunter2".to_owned()]);
        (spec.stdout, spec.stderr) = (output.clone(), output);
        assert_eq!(spec.run(&Processes::default()).unwrap().code, Some(0));
        let text = fs::read_to_string(&log).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["***", "one ***", "two"]);
    }
}
