//! `lukewarm serve`: one emulated cache in the foreground, until it is told to stop.
//! Owns the wiring; the table of requests is `requests`'.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use lukewarm_cache_services::{Place, SHORTEST_SECRET, Service, Storage, TemporaryStore};
use lukewarm_model::text::{Safe, Terminal};
use lukewarm_model::{Limits, Request, ServiceKind, ServiceSettings};
use lukewarm_plan::ServiceSelection;
use lukewarm_runner::Processes;

use super::requests::Requests;
use crate::args::{Common, PlaceArgs, ServeArgs};
use crate::exit::Exit;
use crate::{paths, signals, terminal};

/// How often requests are shown.
const REFRESH: Duration = Duration::from_millis(100);
/// How long requests in flight may take to end after the signal to stop.
const PATIENCE: Duration = Duration::from_secs(2);
/// A longer token is none, in bytes.
const LONGEST_TOKEN: u64 = 4096;

/// Serves until SIGINT, SIGTERM or SIGHUP, then says what it saw. A second one ends it at once.
pub fn run(common: &Common, args: &ServeArgs) -> anyhow::Result<Exit> {
    let settings = settings(common, args)?;
    let ledger = args.ledger.as_deref().map(create).transpose()?;
    let stop = stop_on_signals()?;
    let token = token(args)?;
    let scratch = match args.store {
        Some(_) => None,
        None => {
            let folder = TemporaryStore::create(&std::env::temp_dir());
            Some(folder.context("no folder for objects")?)
        }
    };
    let storage = match (&args.store, &scratch) {
        (Some(folder), _) if args.repair => Storage::Repaired(folder.clone()),
        (Some(folder), _) => Storage::Kept(folder.clone()),
        (None, Some(scratch)) => Storage::Scratch(scratch.objects()),
        (None, None) => bail!("no folder for objects"),
    };
    let place = Place {
        address: args.listen,
        token,
        public_url: args.public_url.clone(),
        ..Place::stored(storage)
    };
    refuse_unsigned(args, place.token.as_deref())?;
    let service = Service::listen(&settings, &place)?;
    if args.repair {
        terminal::say(repairs(&service));
    }
    terminal::result(environment(&service, args)?);
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

fn settings(common: &Common, args: &ServeArgs) -> anyhow::Result<ServiceSettings> {
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
    lukewarm_plan::service(files.as_ref(), &wanted).context("the service")
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    let file = File::create(path).with_context(|| format!("--ledger {}", path.display()))?;
    Ok(BufWriter::new(file))
}

/// The token that was chosen, from where others can read it or not; none makes a fresh one.
fn token(args: &ServeArgs) -> anyhow::Result<Option<String>> {
    let user = paths::user();
    let (place, token) = match (&args.token, &args.token_file, user.get("LUKEWARM_TOKEN")) {
        (Some(token), ..) => ("--token".to_owned(), token.clone()),
        (None, Some(file), _) => {
            let place = format!("--token-file {}", file.display());
            let mut token = String::new();
            let mut file = File::open(file).with_context(|| place.clone())?.take(LONGEST_TOKEN);
            file.read_to_string(&mut token).with_context(|| place.clone())?;
            ensure!(!token.trim_end().is_empty(), "{place}: there is no token in it");
            (place, token.trim_end().to_owned())
        }
        (None, None, Some(token)) => {
            ("LUKEWARM_TOKEN".to_owned(), token.to_str().unwrap_or("\u{FFFD}").to_owned())
        }
        (None, None, None) => return Ok(None),
    };
    ensure!(
        is_plain(&token) && !token.contains([':', '[', ']']),
        "{place}: a token is made of the visible ASCII letters A-Z, a-z, 0-9 and . _ ~ + / = -, \
         not beginning with ~, which a shell's `eval` and `$GITHUB_ENV` take as they are"
    );
    Ok(Some(token))
}

/// A token with scopes is signed, and needs a service that has them and a secret to sign with.
fn refuse_unsigned(args: &ServeArgs, token: Option<&str>) -> anyhow::Result<()> {
    if args.scope.is_empty() {
        return Ok(());
    }
    if args.service != ServiceKind::GithubActions {
        bail!("--scope: only `github-actions` has scopes: leave it out");
    }
    if token.is_some_and(|token| token.len() < SHORTEST_SECRET) {
        bail!(
            "--scope: a token with scopes is signed with the chosen one, which is too short: \
             give one of {SHORTEST_SECRET} letters or more, or leave it out"
        );
    }
    Ok(())
}

/// The token that clients are told: of the scopes that were asked for, or the service's own.
fn told_token(service: &Service, args: &ServeArgs) -> String {
    if args.scope.is_empty() {
        return service.token().to_owned();
    }
    let scopes: Vec<_> = args.scope.iter().map(|(name, may)| (name.as_str(), *may)).collect();
    service.token_for(&scopes)
}

/// Whether a value means itself behind `NAME=` in a shell and in `$GITHUB_ENV`. A shell makes a
/// home folder of `~` at the beginning and behind a colon.
fn is_plain(value: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || "._~+/=-:[]".contains(it);
    value.chars().all(plain) && !value.starts_with('~') && !value.contains(":~")
}

/// What `--repair` did.
fn repairs(service: &Service) -> String {
    match service.repaired() {
        Some(repaired) => format!(
            "{} lines of the store's journal could not be read and were left out; as it was, it is \
             kept as {}",
            repaired.lines,
            repaired.copy.display()
        ),
        None => "the store's journal can be read whole: nothing was repaired".to_owned(),
    }
}

/// What a client needs, one `NAME=value` a line: for `eval` and for `$GITHUB_ENV`; and the number
/// of this process, to end it by.
fn environment(service: &Service, args: &ServeArgs) -> anyhow::Result<Safe<Terminal>> {
    let public = args.public_url.as_ref().map(ToString::to_string);
    let (url, token) = (public.unwrap_or(service.url().to_owned()), told_token(service, args));
    let mut lines = match service.settings().kind {
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
    lines.push(format!("LUKEWARM_SERVE_PID={}", std::process::id()));
    let strange = lines.iter().find(|line| !line.split_once('=').is_some_and(|it| is_plain(it.1)));
    if let Some((name, _)) = strange.and_then(|line| line.split_once('=')) {
        bail!("the value of {name} has letters that a shell changes");
    }
    Ok(Safe::joined(lines.into_iter().map(Safe::from), ""))
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
    use super::*;

    #[test]
    fn values_mean_themselves_in_a_shell() {
        for plain in ["", "AZaz09", "http://[::1]:80/", "h.c_-.s=", "a~b", "+/="] {
            assert!(is_plain(plain), "{plain}");
        }
        for strange in
            ["~", "~root", "a:~b", "a b", "a\nb", "$x", "a;b", "`a`", "é", "a*", "(a)", "'"]
        {
            assert!(!is_plain(strange), "{strange}");
        }
    }
}
