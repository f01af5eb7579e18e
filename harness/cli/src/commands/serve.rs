//! `lukewarm serve`: one emulated cache in the foreground, until a signal stops it.
//! Owns what is printed; the service and its requests are the session's.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use lukewarm_cache_services::Repaired;
use lukewarm_model::text::{Safe, Terminal};
use lukewarm_model::{Limits, ServiceSettings};
use lukewarm_plan::ServiceSelection;
use lukewarm_runner::Processes;
use lukewarm_session::{OriginPlace, ServeOptions, ServedCache, ServedStorage, TokenSource};

use super::requests::{self, RequestTable};
use crate::args::{Common, PlaceArgs, ServeArgs};
use crate::exit::Exit;
use crate::failure::{Context, Result};
use crate::{paths, signals, terminal};

/// Serves until SIGINT, SIGTERM or SIGHUP, then prints the sums. A second signal ends it at once.
pub fn run(common: &Common, args: &ServeArgs) -> Result<Exit> {
    let options = options(common, args)?;
    let stop = stop_on_signals()?;
    let mut cache = ServedCache::start(options)?;
    if args.repair {
        terminal::say(repairs(cache.repaired().as_ref()));
    }
    terminal::result(environment(&cache)?);
    terminal::end_of_result().context("standard output cannot be closed")?;
    let mut table = RequestTable::default();
    if !common.quiet {
        terminal::say(introduction(&cache, args.store.as_deref()));
    }
    cache.serve_until(&stop, &mut |ended| {
        if let (false, Some(rows)) = (common.quiet, table.rows(ended)) {
            terminal::say(rows);
        }
    })?;
    let (totals, stored) = cache.close()?;
    terminal::say(requests::summary(&totals, &stored));
    Ok(Exit::Fine)
}

fn options(common: &Common, args: &ServeArgs) -> Result<ServeOptions> {
    let storage = match &args.store {
        Some(folder) if args.repair => ServedStorage::Repaired(folder.clone()),
        Some(folder) => ServedStorage::Kept(folder.clone()),
        None => ServedStorage::Temporary(std::env::temp_dir()),
    };
    Ok(ServeOptions {
        settings: settings(common, args)?,
        address: args.listen,
        public_url: args.public_url.clone(),
        token: token(args),
        scopes: args.scope.clone(),
        storage,
        ledger: args.ledger.clone(),
        origin: OriginPlace { user: paths::user(), base: std::env::temp_dir() },
    })
}

fn settings(common: &Common, args: &ServeArgs) -> Result<ServiceSettings> {
    let wanted = ServiceSelection {
        kind: args.service,
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
    let files =
        args.network.as_ref().map(|_| super::files(common, &PlaceArgs::default())).transpose()?;
    lukewarm_plan::service(files.as_ref(), &wanted).context("the service cannot be started")
}

/// Where the token comes from; none generates one.
fn token(args: &ServeArgs) -> Option<TokenSource> {
    match (&args.token, &args.token_file, paths::user().get("LUKEWARM_TOKEN")) {
        (Some(token), ..) => Some(TokenSource::Argument(token.clone())),
        (None, Some(file), _) => Some(TokenSource::File(file.clone())),
        (None, None, Some(token)) => Some(TokenSource::Variable(token.to_owned())),
        (None, None, None) => None,
    }
}

/// What `--repair` did.
fn repairs(repaired: Option<&Repaired>) -> String {
    match repaired {
        Some(repaired) => format!(
            "{} lines of the store's journal could not be read and were left out; the damaged \
             journal is kept as {}",
            repaired.lines,
            repaired.copy.display()
        ),
        None => "every line of the store's journal can be read: nothing was repaired".to_owned(),
    }
}

/// The variables for clients, one `NAME=value` a line: for `eval` and for `$GITHUB_ENV`; and the id
/// of this process, to end it with.
fn environment(cache: &ServedCache) -> Result<Safe<Terminal>> {
    let variables = cache.environment()?;
    let mut lines: Vec<String> =
        variables.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    lines.push(format!("LUKEWARM_SERVE_PID={}", std::process::id()));
    Ok(Safe::joined(lines.into_iter().map(Safe::from), ""))
}

fn introduction(cache: &ServedCache, store: Option<&Path>) -> String {
    let settings = cache.settings();
    let kept = store.map_or_else(
        || "stored objects are removed at the end".to_owned(),
        |folder| format!("objects kept in {} ({})", folder.display(), cache.stored().bytes),
    );
    let faults: Vec<String> = settings.faults.iter().map(ToString::to_string).collect();
    let faults =
        if faults.is_empty() { String::new() } else { format!("; faults {}", faults.join(", ")) };
    format!(
        "{} at {}: {}; {}{faults}; {kept}; Ctrl-C stops it",
        settings.kind,
        cache.url(),
        settings.network,
        settings.limits
    )
}

fn stop_on_signals() -> Result<Receiver<()>> {
    let (sender, receiver) = channel();
    signals::catch(&Processes::default(), move || {
        // The receiver is gone where the service has stopped already.
        let _ = sender.send(());
    })?;
    Ok(receiver)
}
