//! The handlers for notes.
//! Owns what each request needs and answers. Whoever holds a token may write; all may read.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use serde::Deserialize;
use shelf_core::{Card, Error, NoteId};
use shelf_links::{Link, links_in};

use crate::Service;
use crate::failure::Failure;

const DEFAULT_LIMIT: usize = 50;

type Shared = State<Arc<Service>>;
type Answer<T> = Result<T, Failure>;

/// How many cards a list has.
#[derive(Deserialize)]
pub struct Page {
    limit: Option<usize>,
}

/// `GET /notes`: the newest cards first.
pub async fn list(State(service): Shared, Query(page): Query<Page>) -> Json<Vec<Card>> {
    Json(service.shelf.newest(page.limit.unwrap_or(DEFAULT_LIMIT)))
}

/// `POST /notes`: keeps the body as a note.
pub async fn keep(
    State(service): Shared,
    headers: HeaderMap,
    text: String,
) -> Answer<(StatusCode, Json<Card>)> {
    let fail = |error| Failure::of(&service, error);
    let holder = holder_of(&service, &headers).map_err(fail)?;
    let card = service.shelf.keep(&text).await.map_err(fail)?;
    tracing::info!(holder, id = %card.id(), "kept");
    service.metrics.count_kept();
    Ok((StatusCode::CREATED, Json(card)))
}

/// `GET /notes/{id}`: the text as it was kept.
pub async fn read(State(service): Shared, Path(id): Path<String>) -> Answer<String> {
    Ok(open(&service, &id)?.1)
}

/// `GET /notes/{id}/page`: the note as HTML.
pub async fn page(State(service): Shared, Path(id): Path<String>) -> Answer<Html<String>> {
    let (card, text) = open(&service, &id)?;
    Ok(Html(shelf_render::page(&card, &text)))
}

/// `GET /notes/{id}/links`: the addresses that the note points to.
pub async fn links(State(service): Shared, Path(id): Path<String>) -> Answer<Json<Vec<String>>> {
    let (_, text) = open(&service, &id)?;
    Ok(Json(links_in(&text).iter().map(Link::address).collect()))
}

/// `DELETE /notes/{id}`.
pub async fn discard(
    State(service): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Answer<StatusCode> {
    let fail = |error| Failure::of(&service, error);
    holder_of(&service, &headers).map_err(fail)?;
    let id: NoteId = id.parse().map_err(fail)?;
    service.shelf.discard(&id).await.map_err(fail)?;
    service.metrics.count_discarded();
    Ok(StatusCode::NO_CONTENT)
}

fn open(service: &Service, id: &str) -> Answer<(Card, String)> {
    let found = id.parse().and_then(|id| service.shelf.read(&id));
    let found = found.map_err(|error| Failure::of(service, error))?;
    service.metrics.count_read();
    Ok(found)
}

fn holder_of<'a>(service: &Service, headers: &'a HeaderMap) -> Result<&'a str, Error> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Error::NoToken)?;
    service.seal.holder(token)
}
