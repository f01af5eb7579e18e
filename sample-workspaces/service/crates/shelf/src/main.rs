//! `shelf`: keeps Markdown notes behind HTTP.
//! Owns the commands; each one is carried out elsewhere.

mod self_test;
mod server;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use shelf_auth::Seal;
use shelf_config::Settings;
use tracing_subscriber::EnvFilter;

/// Keeps Markdown notes: compressed, named by their content, shown as pages.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Listens until it is interrupted.
    Serve {
        /// The settings.
        #[arg(long, default_value = "shelf.toml")]
        config: PathBuf,
    },
    /// Prints a token that may write.
    Token {
        /// Whose it is.
        holder: String,
        /// The settings.
        #[arg(long, default_value = "shelf.toml")]
        config: PathBuf,
    },
    /// Runs a shelf in memory, uses it once through HTTP, and says whether all went well.
    SelfTest,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env();
    let filter = filter.unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Args::parse().command {
        Command::Serve { config } => server::serve(&Settings::read(&config)?).await,
        Command::Token { holder, config } => print_token(&holder, &config),
        Command::SelfTest => {
            print!("{}", self_test::run().await?);
            Ok(())
        }
    }
}

fn print_token(holder: &str, config: &Path) -> anyhow::Result<()> {
    let seal = Seal::new(&Settings::read(config)?.secret)?;
    println!("{}", seal.issue(holder));
    Ok(())
}
