//! One round through every route, over a real socket.
//! Owns the order of the steps; it needs no file and no free port of a given number.

use anyhow::ensure;
use shelf_auth::Seal;
use shelf_client::{Failure, ShelfClient};
use shelf_config::Settings;

use crate::server;

const SETTINGS: &str = "listen = '127.0.0.1:0'\nsecret = 'for the self-test only'";
const NOTE: &str = "# Tides\n\nLow water at *six*, see [the table](https://example.org/tides).\n";

/// Uses a shelf in memory once, and says what was done.
pub async fn run() -> anyhow::Result<String> {
    let settings = Settings::parse(SETTINGS)?;
    let running = server::start(&settings).await?;
    let base = format!("http://{}", running.address);
    let token = Seal::new(&settings.secret)?.issue("self-test");
    let title = walk_through(&ShelfClient::new(&base, token)).await?;
    turn_away(&ShelfClient::new(&base, "nobody.AAAA")).await?;
    running.task.abort();
    Ok(format!("kept, read and discarded one note: {title}\nself-test passed\n"))
}

async fn walk_through(client: &ShelfClient) -> anyhow::Result<String> {
    let card = client.keep(NOTE).await?;
    ensure!(client.keep(NOTE).await? == card, "one text has two cards");
    ensure!(client.read(card.id()).await? == NOTE, "a note came back changed");
    ensure!(client.page(card.id()).await?.contains("<em>six</em>"), "the page lacks the text");
    ensure!(client.links(card.id()).await? == ["https://example.org/tides"], "links are wrong");
    ensure!(client.list().await? == [card.clone()], "the list is wrong");
    client.discard(card.id()).await?;
    ensure!(client.read(card.id()).await.is_err(), "a discarded note is still there");
    Ok(card.title().to_owned())
}

async fn turn_away(stranger: &ShelfClient) -> anyhow::Result<()> {
    let answer = stranger.keep(NOTE).await;
    let refused = matches!(answer, Err(Failure::Refused { status, .. }) if status == 401);
    ensure!(refused, "a stranger could write");
    Ok(())
}
