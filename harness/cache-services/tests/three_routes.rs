//! A protocol that nobody registered: three routes, which this file alone knows. It is served,
//! shaped, limited, hit by faults and entered in the ledger by the same machinery as the others.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use lukewarm_cache_services::protocol::{
    Answer, Answering, Classified, RequestContext, Responder, Serving, Start, UnfitToken, after,
    discard, part_of, receive, status,
};
use lukewarm_cache_services::{ListenConfig, Permission, Protocol, Service, ServiceError, Storage};
use lukewarm_model::{
    Access, Bytes, FaultKind, Limits, Network, Operation, Seconds, ServiceDescription, ServiceKind,
    ServiceSettings,
};

use common::{Client, House, content};

static SHELF: ServiceDescription = ServiceDescription::ordinary("shelf");
const KIND: ServiceKind = ServiceKind::new(&SHELF);
const PASSWORD: &str = "open-sesame";

/// `FETCH /name`, `KEEP /name` with a body, and `COUNT /`.
#[derive(Debug)]
struct Shelf;

#[derive(Debug)]
struct Shelves {
    password: String,
}

impl Protocol for Shelf {
    fn kind(&self) -> ServiceKind {
        KIND
    }

    fn summary(&self) -> &'static str {
        "three routes"
    }

    fn start(&self, start: &Start<'_>) -> Result<Serving, UnfitToken> {
        match start.token {
            Some("") | None => Ok(Serving::here(Shelves { password: PASSWORD.to_owned() })),
            Some("swordfish") => Err(UnfitToken("everybody knows that one")),
            Some(other) => Ok(Serving::here(Shelves { password: other.to_owned() })),
        }
    }
}

impl Responder for Shelves {
    fn classify<'r>(&self, request: &'r Request<Incoming>) -> Classified<'r> {
        let verb = request.method().as_str();
        let operation = match verb {
            "FETCH" => Operation::Read,
            "KEEP" => Operation::Write,
            "COUNT" => Operation::Lookup,
            _ => Operation::Other,
        };
        Classified { verb, key: request.uri().path().trim_matches('/'), operation }
    }

    fn recognise(&self, request: &Request<Incoming>, context: &RequestContext) {
        let shown = request.headers().get("password");
        if shown.is_some_and(|shown| shown.as_bytes() == self.password.as_bytes()) {
            context.trace.trust();
        }
    }

    fn answer<'a>(
        &'a self,
        request: Request<Incoming>,
        context: &'a RequestContext,
    ) -> Answering<'a> {
        Box::pin(async move {
            self.recognise(&request, context);
            if !context.trace.is_trusted() {
                context.trace.refused();
                discard(request.into_body(), &context.trace).await;
                return status(StatusCode::FORBIDDEN);
            }
            self.route(request, context).await
        })
    }

    fn access(&self, _refs: &[(&str, Permission)]) -> Access {
        Access::Token(self.password.clone())
    }
}

impl Shelves {
    async fn route(&self, request: Request<Incoming>, context: &RequestContext) -> Answer {
        let name = request.uri().path().trim_matches('/').to_owned();
        match request.method().as_str() {
            "FETCH" => {
                if let Err(seconds) = context.admit_download() {
                    return after(status(StatusCode::TOO_MANY_REQUESTS), seconds);
                }
                match context.service.store().find(&name) {
                    Some(entry) => part_of(entry.object, &hyper::Method::GET, None),
                    None => status(StatusCode::NOT_FOUND),
                }
            }
            "KEEP" => match receive(request.into_body(), context).await {
                Ok(object) => {
                    context.service.store().insert(&name, object).unwrap();
                    status(StatusCode::CREATED)
                }
                Err(broken) => broken.answer(),
            },
            "COUNT" => {
                let count = context.service.store().facts().objects;
                let mut answer = status(StatusCode::OK);
                answer.headers_mut().insert("count", count.into());
                answer
            }
            _ => status(StatusCode::METHOD_NOT_ALLOWED),
        }
    }
}

fn shelf(change: impl FnOnce(&mut ServiceSettings)) -> House {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = ServiceSettings::new(KIND);
    change(&mut settings);
    let config = ListenConfig::scratch(&folder.path().join("objects"));
    House { service: Service::listen_with(&Shelf, &settings, &config).unwrap(), folder }
}

fn send(client: &mut Client, method: &str, name: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let reply = client.with(method, &format!("/{name}"), &[("password", PASSWORD)], body);
    (reply.status, reply.body)
}

#[test]
fn it_is_served_and_entered_in_the_ledger() {
    let house = shelf(|_| {});
    let mut client = house.client();
    assert_eq!(send(&mut client, "FETCH", "book", b"").0, 404);
    assert_eq!(send(&mut client, "KEEP", "book", &content(100_000)).0, 201);
    assert_eq!(send(&mut client, "FETCH", "book", b""), (200, content(100_000)));
    let counted = client.with("COUNT", "/", &[("password", PASSWORD)], b"");
    assert_eq!(counted.header("count"), Some("1"));
    assert_eq!(client.send("KEEP", "/book", b"other").status, 403);
    let ledger = house.ledger();
    let seen: Vec<_> = ledger
        .iter()
        .map(|it| (it.verb.as_str(), it.key.as_str(), it.operation, it.status))
        .collect();
    let wanted = [
        ("FETCH", "book", Operation::Read, 404),
        ("KEEP", "book", Operation::Write, 201),
        ("FETCH", "book", Operation::Read, 200),
        ("COUNT", "", Operation::Lookup, 200),
        ("KEEP", "book", Operation::Other, 403),
    ];
    assert_eq!(seen, wanted);
    assert_eq!((ledger[1].body_up, ledger[2].body_down), (Bytes(100_000), Bytes(100_000)));
    assert_eq!(house.service.endpoint().access, Access::Token(PASSWORD.to_owned()));
    assert_eq!(house.service.endpoint().kind, KIND);
}

#[test]
fn it_is_behind_the_link_and_its_limits() {
    let house = shelf(|settings| {
        let network = Network { round_trip: Seconds(0.05), ..Network::unlimited() };
        let limits = Limits {
            downloads_per_minute: Some(1),
            largest_object: Some(Bytes(1000)),
            ..Limits::default()
        };
        (settings.network, settings.limits) = (network, limits);
    });
    let mut client = house.client();
    let begin = Instant::now();
    assert_eq!(send(&mut client, "KEEP", "book", b"text").0, 201);
    assert!(begin.elapsed() >= Duration::from_millis(50), "{:?}", begin.elapsed());
    assert_eq!(send(&mut client, "FETCH", "book", b""), (200, b"text".to_vec()));
    assert_eq!(send(&mut client, "FETCH", "book", b"").0, 429);
    assert_eq!(send(&mut client, "KEEP", "tome", &content(1001)).0, 413);
}

#[test]
fn its_requests_go_wrong_where_they_are_to() {
    let house = shelf(|settings| {
        settings.faults = vec!["503/read=#1".parse().unwrap(), "flip/read=#2".parse().unwrap()];
    });
    let mut client = house.client();
    assert_eq!(send(&mut client, "KEEP", "book", b"text").0, 201);
    assert_eq!(send(&mut client, "FETCH", "book", b"").0, 503);
    let (code, flipped) = send(&mut client, "FETCH", "book", b"");
    assert!(code == 200 && flipped != b"text" && flipped.len() == 4, "{flipped:?}");
    assert_eq!(send(&mut client, "FETCH", "book", b""), (200, b"text".to_vec()));
    let faults: Vec<_> = house.ledger().iter().map(|it| it.fault).collect();
    assert_eq!(faults, [None, Some(FaultKind::Status(503)), Some(FaultKind::Flip), None]);
}

#[test]
fn its_state_can_be_kept_and_its_token_refused() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ServiceSettings::new(KIND);
    let config = ListenConfig::stored(Storage::Kept(folder.path().join("store")));
    let start = || {
        let service = Service::listen_with(&Shelf, &settings, &config).unwrap();
        let client = Client::to(service.url().strip_prefix("http://").unwrap(), "");
        (service, client)
    };
    let (service, mut client) = start();
    assert_eq!(send(&mut client, "KEEP", "book", b"text").0, 201);
    service.close().unwrap();
    let (_service, mut client) = start();
    assert_eq!(send(&mut client, "FETCH", "book", b""), (200, b"text".to_vec()));
    let config = ListenConfig { token: Some("swordfish".to_owned()), ..config };
    let refused = Service::listen_with(&Shelf, &settings, &config).unwrap_err();
    assert!(matches!(refused, ServiceError::UnfitToken(_)), "{refused}");
    assert_eq!(refused.to_string(), "everybody knows that one");
}

#[test]
fn unregistered_it_has_no_name_here() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Service::start(&ServiceSettings::new(KIND), folder.path()).unwrap_err();
    assert!(refused.to_string().starts_with("unknown protocol `shelf`"), "{refused}");
}
