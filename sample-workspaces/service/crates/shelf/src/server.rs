//! The running service: from settings to a listening socket.
//! Owns the start and the end; an interrupt lets open requests finish.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use shelf_api::Service;
use shelf_auth::Seal;
use shelf_config::Settings;
use shelf_metrics::Metrics;
use shelf_store::Shelf;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A service that is listening.
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    /// Ends when the service does.
    pub task: JoinHandle<std::io::Result<()>>,
}

/// Listens until it is interrupted.
pub async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let running = start(settings).await?;
    println!("shelf listens on http://{}", running.address);
    running.task.await.context("the service stopped by itself")?.context("cannot serve")
}

/// Starts to listen; port 0 takes any free one.
pub async fn start(settings: &Settings) -> anyhow::Result<Running> {
    let shelf = match &settings.folder {
        Some(folder) => Shelf::open(folder.clone()).await?,
        None => Shelf::in_memory(),
    };
    let seal = Seal::new(&settings.secret)?;
    let service = Arc::new(Service { shelf, seal, metrics: Metrics::default() });
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let serving = shelf_api::serve(listener, service, settings.max_note_bytes, interrupted());
    Ok(Running { address, task: tokio::spawn(serving) })
}

async fn interrupted() {
    // Where no handler can be set, an interrupt ends the process at once: nothing to wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
