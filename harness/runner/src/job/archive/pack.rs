//! Packing and unpacking with the machine's own `tar` and compressor, called as the cache
//! action calls them (actions/toolkit, `tar.ts`).

use std::path::{Path, PathBuf};

use lukewarm_cache_tools::{Archive, Compression};

use super::context::ArchiveContext;
use crate::error::RunnerError;
use crate::files::guarded::Root;
use crate::job::build::last_lines;
use crate::process::{CommandSpec, Output};

const MANIFEST: &str = "manifest.txt";

/// The archive's name while it is on the machine.
pub fn file_name(compression: Compression) -> &'static str {
    match compression {
        Compression::Zstd => "cache.tzst",
        Compression::Gzip => "cache.tgz",
    }
}

/// Why an archive was not packed, or not unpacked.
#[derive(Debug)]
pub enum PackError {
    /// `tar` or its compressor ended with an error: the job goes on without the archive.
    Tar(String),
    /// The run cannot go on.
    Run(RunnerError),
}

impl<E: Into<RunnerError>> From<E> for PackError {
    fn from(error: E) -> PackError {
        PackError::Run(error.into())
    }
}

/// Packs what the archive lists, as far as it is there, and gives the file.
///
/// # Errors
/// When `tar` fails, or the run cannot go on.
pub fn pack(archive: &Archive, context: ArchiveContext<'_>) -> Result<PathBuf, PackError> {
    let present: Vec<&str> = archive
        .paths
        .iter()
        .map(String::as_str)
        .filter(|path| archive.root.join(path).exists())
        .collect();
    let temporary = Root::open(context.temporary)?;
    temporary.write(Path::new(MANIFEST), present.join("\n").as_bytes())?;
    let name = file_name(archive.compression);
    let root = archive.root.display().to_string();
    let mut args = vec!["--posix", "-cf", name, "--exclude", name, "-P", "-C", &root];
    args.extend(archive.pruned.iter().flat_map(|pattern| ["--exclude", pattern]));
    args.extend(["--files-from", MANIFEST]);
    args.extend(match archive.compression {
        Compression::Zstd => ["--use-compress-program", "zstdmt"].as_slice(),
        Compression::Gzip => ["-z"].as_slice(),
    });
    tar(&args, context)?;
    Ok(context.temporary.join(name))
}

/// Unpacks an archive over its root.
///
/// # Errors
/// When `tar` fails, or the run cannot go on.
pub fn unpack(
    archive: &Archive,
    file: &Path,
    context: ArchiveContext<'_>,
) -> Result<(), PackError> {
    let (file, root) = (file.display().to_string(), archive.root.display().to_string());
    let mut args = vec!["-xf", &file, "-P", "-C", &root];
    args.extend(match archive.compression {
        Compression::Zstd => ["--use-compress-program", "unzstd"].as_slice(),
        Compression::Gzip => ["-z"].as_slice(),
    });
    tar(&args, context)
}

fn tar(args: &[&str], context: ArchiveContext<'_>) -> Result<(), PackError> {
    let mut spec = CommandSpec::new("tar", context.temporary)
        .args(args.iter().copied())
        .environment(context.environment.clone());
    spec.stdout = Output::Append(context.log.to_owned());
    spec.stderr = Output::Append(context.log.to_owned());
    if spec.run(context.processes)?.code == Some(0) {
        return Ok(());
    }
    let printed = last_lines(context.log, 3).join(": ");
    Err(PackError::Tar(format!("`{}` failed: {printed}", spec.command())))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::job::archive::client::tests::archive;
    use crate::process::Processes;

    /// Packs a small folder whose path holds a space, and unpacks it elsewhere.
    fn round_trip(compression: Compression) {
        let root = tempfile::Builder::new().prefix("with a space").tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        let temporary = root.path().join("temporary");
        for folder in [&from.join("target/debug"), &to, &temporary] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(from.join("target/debug/app"), "program").unwrap();
        fs::create_dir(from.join("target/debug/incremental")).unwrap();
        fs::write(from.join("target/debug/incremental/state"), "state").unwrap();
        let path = ("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into());
        let environment = [path].into_iter().collect();
        let (processes, log) = (Processes::default(), root.path().join("log"));
        let context = ArchiveContext {
            temporary: &temporary,
            environment: &environment,
            processes: &processes,
            log: &log,
        };
        let paths = vec!["target".to_owned(), "not-there".to_owned()];
        let pruned = vec!["target/*/incremental".to_owned()];
        let mut archive = Archive { root: from, compression, paths, pruned, ..archive("") };
        let file = pack(&archive, context).unwrap();
        archive.root = to.clone();
        unpack(&archive, &file, context).unwrap();
        assert_eq!(fs::read_to_string(to.join("target/debug/app")).unwrap(), "program");
        assert!(!to.join("target/debug/incremental").exists(), "what is pruned is left out");
        fs::write(&file, "no archive").unwrap();
        let error = unpack(&archive, &file, context).unwrap_err();
        assert!(matches!(&error, PackError::Tar(why) if why.starts_with("`tar -xf")), "{error:?}");
    }

    #[test]
    fn gzip_archives_come_back() {
        round_trip(Compression::Gzip);
    }

    #[test]
    fn zstd_archives_come_back() {
        let folders = ["/usr/local/bin", "/usr/bin", "/bin"];
        if !folders.iter().any(|folder| Path::new(folder).join("zstdmt").exists()) {
            eprintln!("skipped: this machine has no zstd; `.ci/run` installs it");
            return;
        }
        round_trip(Compression::Zstd);
    }
}
