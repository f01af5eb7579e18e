//! A client for one shelf.
//! Owns the requests; an answer that is not a success is an error that carries its words.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::AUTHORIZATION;
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use shelf_core::{Card, NoteId};

/// A failure of a request.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The address cannot be used.
    #[error("cannot ask for {path}")]
    Request {
        /// The path of the request.
        path: String,
        /// Why.
        source: hyper::http::Error,
    },
    /// No answer came.
    #[error("the shelf did not answer")]
    Connection(#[from] hyper_util::client::legacy::Error),
    /// The answer broke off.
    #[error("the answer broke off")]
    Transfer(#[from] hyper::Error),
    /// The shelf answered that it will not.
    #[error("{status}: {words}")]
    Refused {
        /// The status of the answer.
        status: StatusCode,
        /// What the shelf said.
        words: String,
    },
    /// The answer was not understood.
    #[error("the answer is not that of a shelf")]
    Answer(#[from] serde_json::Error),
}

/// Speaks to one shelf with one token.
pub struct ShelfClient {
    http: Client<HttpConnector, Full<Bytes>>,
    base: String,
    token: String,
}

impl ShelfClient {
    /// A client for the shelf at `base`, such as `http://127.0.0.1:7700`.
    pub fn new(base: impl Into<String>, token: impl Into<String>) -> ShelfClient {
        let http = Client::builder(TokioExecutor::new()).build_http();
        ShelfClient { http, base: base.into(), token: token.into() }
    }

    /// Keeps a text.
    pub async fn keep(&self, text: &str) -> Result<Card, Failure> {
        parse(&self.send(Method::POST, "/notes", text).await?)
    }

    /// The newest cards first.
    pub async fn list(&self) -> Result<Vec<Card>, Failure> {
        parse(&self.send(Method::GET, "/notes", "").await?)
    }

    /// A note's text.
    pub async fn read(&self, id: &NoteId) -> Result<String, Failure> {
        self.send(Method::GET, &format!("/notes/{id}"), "").await
    }

    /// A note as a page.
    pub async fn page(&self, id: &NoteId) -> Result<String, Failure> {
        self.send(Method::GET, &format!("/notes/{id}/page"), "").await
    }

    /// The addresses that a note points to.
    pub async fn links(&self, id: &NoteId) -> Result<Vec<String>, Failure> {
        parse(&self.send(Method::GET, &format!("/notes/{id}/links"), "").await?)
    }

    /// Takes a note off the shelf.
    pub async fn discard(&self, id: &NoteId) -> Result<(), Failure> {
        self.send(Method::DELETE, &format!("/notes/{id}"), "").await.map(drop)
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> Result<String, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Full::from(body.to_owned()))
            .map_err(|source| Failure::Request { path: path.to_owned(), source })?;
        let response = self.http.request(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        let answer = String::from_utf8_lossy(&bytes).into_owned();
        if status.is_success() {
            Ok(answer)
        } else {
            Err(Failure::Refused { status, words: answer.trim_end().to_owned() })
        }
    }
}

fn parse<T: DeserializeOwned>(answer: &str) -> Result<T, Failure> {
    Ok(serde_json::from_str(answer)?)
}
