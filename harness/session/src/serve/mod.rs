//! One emulated cache, served to any client until the caller stops it.
//! Owns the order of starting, watching and closing it, the variables for its clients and the file
//! of its requests. It must not print, read the environment or catch signals.

mod error;
mod token;
mod totals;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use lukewarm_cache_services::{
    ListenConfig, OriginSetup, PROTOCOLS, Permission, PublicUrl, Repaired, SHORTEST_SECRET,
    Service, Storage, TemporaryStore, find_protocol, fresh_secret, write_ledger,
};
use lukewarm_model::{Endpoint, Request, ServiceFacts, ServiceKind, ServiceSettings};
use lukewarm_runner::{OriginServer, UserEnvironment};

pub use error::ServeError;
pub use token::TokenSource;
pub use totals::{RequestTotals, StatusTotals};

/// Time between two looks at the requests that ended.
const REFRESH: Duration = Duration::from_millis(100);
/// Time that requests in flight have to end after the signal to stop.
const DRAIN: Duration = Duration::from_secs(2);

/// A cache that is to be served.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Protocol, network, limits and faults.
    pub settings: ServiceSettings,
    /// Address to listen on; port 0 takes a free one.
    pub address: SocketAddr,
    /// URL by which clients elsewhere reach it; none where that is its address.
    pub public_url: Option<PublicUrl>,
    /// Where the token comes from; none generates one.
    pub token: Option<TokenSource>,
    /// Refs of a token with scopes, in the order in which they are read; empty gives out the token
    /// itself.
    pub scopes: Vec<(String, Permission)>,
    /// Where stored objects are kept.
    pub storage: ServedStorage,
    /// File that every request is written to, one JSON object a line; none writes no file.
    pub ledger: Option<PathBuf>,
    /// Where a real server behind the protocol is looked for and has its folder.
    pub origin: OriginPlace,
}

/// Where a real server behind a protocol is looked for and has its folder.
#[derive(Clone, Debug)]
pub struct OriginPlace {
    /// The environment of the caller: its `PATH` has the program.
    pub user: UserEnvironment,
    /// The folder below which a new one is made, which is removed at the end.
    pub base: PathBuf,
}

/// A running server behind a protocol.
#[derive(Debug)]
struct OwnOrigin {
    server: OriginServer,
    /// Dropped after the server, which has its socket there.
    _folder: TemporaryStore,
}

/// Where a served cache keeps what clients store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServedStorage {
    /// In a new folder below this one, which is removed at the end.
    Temporary(PathBuf),
    /// In this folder, for the next time.
    Kept(PathBuf),
    /// The same; unreadable lines of its journal are left out, and a copy of the journal is kept.
    Repaired(PathBuf),
}

/// A running cache. Dropping it stops it.
#[derive(Debug)]
pub struct ServedCache {
    service: Service,
    endpoint: Endpoint,
    ledger: Option<LedgerFile>,
    totals: RequestTotals,
    /// The real server behind the service; dropped after it.
    origin: Option<OwnOrigin>,
    /// Dropped after the service, which writes into it.
    temporary: Option<TemporaryStore>,
}

/// The open file of requests.
#[derive(Debug)]
struct LedgerFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl ServedCache {
    /// Starts a service.
    ///
    /// # Errors
    /// When the token or the scopes do not fit, or the service, its folder or the file of requests
    /// cannot be had.
    pub fn start(options: ServeOptions) -> Result<ServedCache, ServeError> {
        let mut token = options.token.as_ref().map(TokenSource::read).transpose()?;
        if !options.scopes.is_empty() {
            check_scopes(&options.settings.kind, token.as_deref())?;
        }
        let ledger = options.ledger.map(LedgerFile::create).transpose()?;
        let (storage, temporary) = match options.storage {
            ServedStorage::Kept(folder) => (Storage::Kept(folder), None),
            ServedStorage::Repaired(folder) => (Storage::Repaired(folder), None),
            ServedStorage::Temporary(base) => {
                let store = TemporaryStore::create(&base)
                    .map_err(|source| ServeError::TemporaryFolder { base, source })?;
                (Storage::Scratch(store.objects()), Some(store))
            }
        };
        let origin = OwnOrigin::start(&options.settings, &options.origin, &mut token)?;
        let config = ListenConfig {
            address: options.address,
            token,
            origin: origin.as_ref().map(|it| it.server.socket().to_owned()),
            public_url: options.public_url.clone(),
            ..ListenConfig::stored(storage)
        };
        let service = Service::listen(&options.settings, &config)?;
        let scopes: Vec<_> =
            options.scopes.iter().map(|(name, may)| (name.as_str(), *may)).collect();
        let endpoint = service.endpoint_for(&scopes);
        let endpoint = match options.public_url {
            Some(url) => Endpoint { url: url.to_string(), ..endpoint },
            None => endpoint,
        };
        let totals = RequestTotals::default();
        Ok(ServedCache { service, endpoint, ledger, totals, origin, temporary })
    }

    /// The environment variables that clients need, as names and values that a shell's `eval` and
    /// `$GITHUB_ENV` leave unchanged.
    ///
    /// # Errors
    /// When a shell would change a value.
    pub fn environment(&self) -> Result<Vec<(&'static str, String)>, ServeError> {
        let variables = lukewarm_cache_tools::client_environment(&self.endpoint);
        match variables.iter().find(|(_, value)| !token::is_shell_safe(value)) {
            Some((name, _)) => Err(ServeError::Variable((*name).to_owned())),
            None => Ok(variables),
        }
    }

    /// What was left out of the store's journal; none where all of it could be read.
    pub fn repaired(&self) -> Option<Repaired> {
        self.service.repaired()
    }

    /// Protocol, network, limits and faults.
    pub fn settings(&self) -> &ServiceSettings {
        self.service.settings()
    }

    /// The URL of the address that it listens on.
    pub fn url(&self) -> &str {
        self.service.url()
    }

    /// What clients have stored.
    pub fn stored(&self) -> ServiceFacts {
        self.service.stored()
    }

    /// Serves until `stop` gets a message or loses its sender. The observer gets the requests that
    /// ended, in batches.
    ///
    /// # Errors
    /// When the file of requests cannot be written.
    pub fn serve_until(
        &mut self,
        stop: &Receiver<()>,
        observer: &mut dyn FnMut(&[Request]),
    ) -> Result<(), ServeError> {
        loop {
            let stopped = !matches!(stop.recv_timeout(REFRESH), Err(RecvTimeoutError::Timeout));
            if stopped {
                self.service.settle(DRAIN);
            }
            let ended = self.service.take_ledger();
            observer(&ended);
            self.totals.add(&ended);
            if let Some(ledger) = &mut self.ledger {
                ledger.write(&ended)?;
            }
            if stopped {
                return Ok(());
            }
            if let Some(ended) = self.origin.as_ref().and_then(|it| it.server.ended()) {
                return Err(ServeError::Origin(ended));
            }
        }
    }

    /// Stops the service and writes down what is stored; gives the sums of its requests, and what
    /// clients stored.
    ///
    /// # Errors
    /// When what is stored cannot be written down.
    pub fn close(self) -> Result<(RequestTotals, ServiceFacts), ServeError> {
        let stored = self.service.close().map_err(ServeError::Close)?;
        drop(self.origin);
        drop(self.temporary);
        Ok((self.totals, stored))
    }
}

impl OwnOrigin {
    /// Starts the server behind a protocol with that token, or with a new one, as its password;
    /// none for a protocol without.
    fn start(
        settings: &ServiceSettings,
        place: &OriginPlace,
        token: &mut Option<String>,
    ) -> Result<Option<OwnOrigin>, ServeError> {
        let protocol = find_protocol(settings.kind);
        let Some(origin) = protocol.and_then(|it| it.origin()) else { return Ok(None) };
        let base = place.base.clone();
        let folder = TemporaryStore::create(&base)
            .map_err(|source| ServeError::TemporaryFolder { base, source })?;
        let password = token.get_or_insert_with(fresh_secret);
        let setup = OriginSetup { password, quota: settings.limits.quota };
        let server = OriginServer::start(origin, &setup, &folder.objects(), &place.user)?;
        Ok(Some(OwnOrigin { server, _folder: folder }))
    }
}

impl LedgerFile {
    fn create(path: PathBuf) -> Result<LedgerFile, ServeError> {
        match File::create(&path) {
            Ok(file) => Ok(LedgerFile { path, file: BufWriter::new(file) }),
            Err(source) => Err(ServeError::Ledger { path, source }),
        }
    }

    fn write(&mut self, requests: &[Request]) -> Result<(), ServeError> {
        let mut write = || -> std::io::Result<()> {
            write_ledger(&mut self.file, requests)?;
            self.file.flush()
        };
        write().map_err(|source| ServeError::Ledger { path: self.path.clone(), source })
    }
}

/// A token with scopes needs a service that has scopes, and a secret to sign it with.
fn check_scopes(kind: &ServiceKind, token: Option<&str>) -> Result<(), ServeError> {
    if !kind.scopes_by_ref() {
        let kinds = PROTOCOLS.iter().map(|it| it.kind()).filter(|it| it.scopes_by_ref());
        let services = kinds.map(|kind| format!("`{kind}`")).collect();
        return Err(ServeError::NoScopes { services });
    }
    match token.is_some_and(|token| token.len() < SHORTEST_SECRET) {
        true => Err(ServeError::ShortSecret),
        false => Ok(()),
    }
}
