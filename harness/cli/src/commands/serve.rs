//! `lukewarm serve`: one emulated cache in the foreground, until it is told to stop.
//! Owns the wiring; the table of requests is `requests`'.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::Context;
use lukewarm_cache_services::{Place, Service, Storage};
use lukewarm_model::text::{Safe, Terminal};
use lukewarm_model::{Limits, Request, ServiceKind, ServiceSettings};
use lukewarm_plan::ServiceSelection;
use lukewarm_runner::Processes;

use super::requests::Requests;
use crate::args::{Common, ServeArgs};
use crate::exit::Exit;
use crate::{signals, terminal};

/// How often requests are shown.
const REFRESH: Duration = Duration::from_millis(100);
/// How long requests in flight may take to end after the signal to stop.
const PATIENCE: Duration = Duration::from_secs(2);

/// Serves until SIGINT, SIGTERM or SIGHUP, then says what it saw. A second one ends it at once.
pub fn run(common: &Common, args: &ServeArgs) -> anyhow::Result<Exit> {
    let settings = settings(common, args)?;
    let ledger = args.ledger.as_deref().map(create).transpose()?;
    let stop = stop_on_signals()?;
    let scratch = match args.store {
        Some(_) => None,
        None => Some(private_folder().context("no folder for objects")?),
    };
    let storage = match (&args.store, &scratch) {
        (Some(folder), _) => Storage::Kept(folder.clone()),
        (None, Some(scratch)) => Storage::Scratch(scratch.path().to_owned()),
        (None, None) => anyhow::bail!("no folder for objects"),
    };
    let place = Place { address: args.listen, token: args.token.clone(), storage };
    let service = Service::listen(&settings, &place)?;
    terminal::result(environment(&service));
    terminal::end_of_result().context("standard output cannot be closed")?;
    if !common.quiet {
        terminal::say(introduction(&service, args.store.as_deref()));
    }
    let requests = watch(common, &service, ledger, &stop)?;
    let stored = service.stored();
    service.close().context("what is stored could not be written down whole")?;
    terminal::say(requests.summary(&stored));
    Ok(Exit::Fine)
}

/// A temporary folder that nobody else can look into.
fn private_folder() -> std::io::Result<tempfile::TempDir> {
    let for_us = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    tempfile::Builder::new().prefix("lukewarm-serve-").permissions(for_us).tempdir()
}

fn settings(common: &Common, args: &ServeArgs) -> anyhow::Result<ServiceSettings> {
    let wanted = ServiceSelection {
        kind: args.service.into(),
        network: args.network.clone(),
        limits: Limits {
            uploads_per_minute: args.uploads_per_minute,
            downloads_per_minute: args.downloads_per_minute,
            quota: args.quota,
            expiry: args.expiry,
            largest_object: args.largest_object,
        },
        faults: args.fault.clone(),
        seed: args.seed,
    };
    let files = args.network.as_ref().map(|_| super::files(common)).transpose()?;
    lukewarm_plan::service(files.as_ref(), &wanted).context("the service")
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("--ledger {}", path.display()))?;
    Ok(BufWriter::new(file))
}

/// What a client needs, one `NAME=value` a line: for `eval` and for `$GITHUB_ENV`.
fn environment(service: &Service) -> Safe<Terminal> {
    let (url, token) = (service.url(), service.token());
    let lines = match service.settings().kind {
        // The runner's own URLs end with a slash, and v1's clients rely on it.
        ServiceKind::GithubActions => vec![
            format!("ACTIONS_RESULTS_URL={url}/"),
            format!("ACTIONS_RUNTIME_TOKEN={token}"),
            "ACTIONS_CACHE_SERVICE_V2=on".to_owned(),
            format!("ACTIONS_CACHE_URL={url}/"),
            "SCCACHE_GHA_ENABLED=on".to_owned(),
        ],
        ServiceKind::Webdav => {
            vec![format!("SCCACHE_WEBDAV_ENDPOINT={url}"), format!("SCCACHE_WEBDAV_TOKEN={token}")]
        }
    };
    Safe::joined(lines.into_iter().map(Safe::from), "")
}

fn introduction(service: &Service, store: Option<&Path>) -> String {
    let settings = service.settings();
    let kept = store.map_or_else(
        || "nothing is kept".to_owned(),
        |folder| format!("kept in {} ({})", folder.display(), service.stored().bytes),
    );
    let faults: Vec<String> = settings.faults.iter().map(ToString::to_string).collect();
    let faults =
        if faults.is_empty() { String::new() } else { format!("; faults {}", faults.join(", ")) };
    format!(
        "{} at {}: {}; {}{faults}; {kept}; Ctrl-C stops it",
        settings.kind,
        service.url(),
        settings.network,
        settings.limits
    )
}

/// Shows requests as they end, until a signal comes.
fn watch(
    common: &Common,
    service: &Service,
    mut ledger: Option<BufWriter<File>>,
    stop: &Receiver<()>,
) -> anyhow::Result<Requests> {
    let mut requests = Requests::default();
    loop {
        let stopped = !matches!(stop.recv_timeout(REFRESH), Err(RecvTimeoutError::Timeout));
        if stopped {
            service.settle(PATIENCE);
        }
        let ended = service.take_ledger();
        if !common.quiet
            && let Some(rows) = requests.rows(&ended)
        {
            terminal::say(rows);
        }
        requests.count(&ended);
        if let Some(file) = &mut ledger {
            write(file, &ended).context("the ledger's file")?;
        }
        if stopped {
            return Ok(requests);
        }
    }
}

fn write(file: &mut BufWriter<File>, requests: &[Request]) -> anyhow::Result<()> {
    for request in requests {
        serde_json::to_writer(&mut *file, request)?;
        file.write_all(b"\n")?;
    }
    Ok(file.flush()?)
}

fn stop_on_signals() -> anyhow::Result<Receiver<()>> {
    let (tell, told) = channel();
    signals::catch(&Processes::default(), move || {
        // Nobody listens any more when it is stopping already.
        let _ = tell.send(());
    })?;
    Ok(told)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn what_is_served_is_for_nobody_else_to_read() {
        let folder = super::private_folder().unwrap();
        assert_eq!(folder.path().metadata().unwrap().mode() & 0o7777, 0o700);
    }
}
