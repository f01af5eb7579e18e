//! The HTTP interface: which path does what.
//! Owns the route table and its layers; keeping and rendering belong to other crates.

mod failure;
mod notes;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::get;
use shelf_auth::Seal;
use shelf_metrics::Metrics;
use shelf_store::Shelf;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

const TIMEOUT: Duration = Duration::from_secs(10);

/// What the handlers share.
pub struct Service {
    /// The notes.
    pub shelf: Shelf,
    /// What checks tokens.
    pub seal: Seal,
    /// What is counted.
    pub metrics: Metrics,
}

/// Answers requests until `end` is over; those that are open then may finish.
pub async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    max_note_bytes: usize,
    end: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = router(service, max_note_bytes);
    axum::serve(listener, router).with_graceful_shutdown(end).await
}

/// The routes. A note of more than `max_note_bytes` bytes is refused.
fn router(service: Arc<Service>, max_note_bytes: usize) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/notes", get(notes::list).post(notes::keep))
        .route("/notes/{id}", get(notes::read).delete(notes::discard))
        .route("/notes/{id}/page", get(notes::page))
        .route("/notes/{id}/links", get(notes::links))
        .layer(DefaultBodyLimit::max(max_note_bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIMEOUT))
        .layer(CompressionLayer::new())
        .layer(TraceLayer::new_for_http())
        .with_state(service)
}

async fn health() -> &'static str {
    "in order\n"
}

async fn metrics(State(service): State<Arc<Service>>) -> String {
    let (notes, stored_bytes) = service.shelf.totals();
    service.metrics.exposition(notes, stored_bytes)
}
