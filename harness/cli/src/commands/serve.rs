//! `lukewarm serve`: one emulated cache in the foreground, until it is told to stop.
//! Owns the wiring; the table of requests is `requests`'.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use lukewarm_cache_services::{Place, SHORTEST_SECRET, Service, Storage};
use lukewarm_model::{Limits, Request, ServiceKind, ServiceSettings};
use lukewarm_plan::ServiceSelection;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::requests::Requests;
use crate::args::{Common, Protocol, ServeArgs};
use crate::exit::Exit;
use crate::terminal;

/// How often requests are shown.
const REFRESH: Duration = Duration::from_millis(100);
/// How long requests in flight may take to end after the signal to stop.
const PATIENCE: Duration = Duration::from_secs(2);

/// Serves until SIGINT, SIGTERM or SIGHUP, then says what it saw.
pub fn run(common: &Common, args: &ServeArgs) -> anyhow::Result<Exit> {
    let settings = settings(common, args)?;
    let ledger = args.ledger.as_deref().map(create).transpose()?;
    let stop = stop_on_signals()?;
    let scratch = match args.store {
        Some(_) => None,
        None => Some(tempfile::tempdir().context("no folder for objects")?),
    };
    let storage = match (&args.store, &scratch) {
        (Some(folder), _) => Storage::Kept(folder.clone()),
        (None, Some(scratch)) => Storage::Scratch(scratch.path().to_owned()),
        (None, None) => anyhow::bail!("no folder for objects"),
    };
    let place = Place { address: args.listen, token: args.token.clone(), storage };
    refuse_unsigned(args)?;
    let service = Service::listen(&settings, &place)?;
    terminal::result(&environment(&service, &token(&service, args)));
    terminal::end_of_result().context("standard output cannot be closed")?;
    if !common.quiet {
        terminal::say(&introduction(&service, args.store.as_deref()));
    }
    let requests = watch(common, &service, ledger, &stop)?;
    let stored = service.stored();
    service.close().context("what is stored could not be written down whole")?;
    terminal::say(&requests.summary(&stored));
    Ok(Exit::Fine)
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
        with_v1: args.with_v1,
    };
    let files = args.network.as_ref().map(|_| super::files(common)).transpose()?;
    lukewarm_plan::service(files.as_ref(), &wanted).context("the service")
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("--ledger {}", path.display()))?;
    Ok(BufWriter::new(file))
}

/// A token with scopes is signed, and needs a service that has them and a secret to sign with.
fn refuse_unsigned(args: &ServeArgs) -> anyhow::Result<()> {
    if args.scope.is_empty() {
        return Ok(());
    }
    if args.service != Protocol::GithubActions {
        bail!("--scope: only `github-actions` has scopes: leave it out");
    }
    if args.token.as_ref().is_some_and(|token| token.len() < SHORTEST_SECRET) {
        bail!(
            "--scope: a token with scopes is signed with `--token`, which is too short for that: \
             give one of {SHORTEST_SECRET} letters or more, or leave it out"
        );
    }
    Ok(())
}

/// The token that clients are told: of the scopes that were asked for, or the service's own.
fn token(service: &Service, args: &ServeArgs) -> String {
    if args.scope.is_empty() {
        return service.token().to_owned();
    }
    let scopes: Vec<_> = args.scope.iter().map(|(name, may)| (name.as_str(), *may)).collect();
    service.token_for(&scopes)
}

/// What a client needs, one `NAME=value` a line: for `eval` and for `$GITHUB_ENV`.
fn environment(service: &Service, token: &str) -> String {
    let url = service.url();
    let lines = match service.settings().kind {
        // The runner's own URLs end with a slash, and v1's clients rely on it.
        ServiceKind::GithubActions => vec![
            format!("ACTIONS_RESULTS_URL={url}/"),
            format!("ACTIONS_RUNTIME_TOKEN={token}"),
            "ACTIONS_CACHE_SERVICE_V2=true".to_owned(),
            format!("ACTIONS_CACHE_URL={url}/"),
            "SCCACHE_GHA_ENABLED=on".to_owned(),
        ],
        ServiceKind::Webdav => {
            vec![format!("SCCACHE_WEBDAV_ENDPOINT={url}"), format!("SCCACHE_WEBDAV_TOKEN={token}")]
        }
    };
    lines.join("\n") + "\n"
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
            terminal::say(&rows);
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
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signals cannot be caught")?;
    let (tell, told) = channel();
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for _ in signals.forever() {
                // Nobody listens any more when it is stopping already.
                let _ = tell.send(());
            }
        })
        .context("no thread for signals")?;
    Ok(told)
}
