//! The arguments of `lukewarm serve`.
//! Owns the syntax only.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use lukewarm_cache_services::{Permission, PublicUrl};
use lukewarm_model::{Bytes, Seconds, ServiceKind};

use super::protocol::protocols;
use super::scope::scope;

#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Protocol of the cache server
    #[arg(value_parser = protocols())]
    pub service: ServiceKind,
    /// Name of the network to emulate between client and server [default: plain loopback]
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,
    /// Limit of new entries per minute; more are refused with 429
    #[arg(long, value_name = "N")]
    pub uploads_per_minute: Option<u32>,
    /// Limit of reads per minute; more are refused with 429
    #[arg(long, value_name = "N")]
    pub downloads_per_minute: Option<u32>,
    /// Limit of stored bytes, such as `1 GB`; beyond it, the least recently used entries are
    /// evicted. Uploads in progress may take as much again [default: 10 GB for github-actions, as
    /// on GitHub; no limit for the others]
    #[arg(long, value_name = "SIZE")]
    pub quota: Option<Bytes>,
    /// Evict entries that were not used for this time, such as `168h`
    #[arg(long, value_name = "TIME")]
    pub expiry: Option<Seconds>,
    /// Limit of an object's size; larger objects are refused with 413
    #[arg(long, value_name = "SIZE")]
    pub largest_object: Option<Bytes>,
    /// Fault to inject, such as `503/read=2%` or `reset@64KiB=#3`; may be repeated
    #[arg(long, value_name = "KIND[@AMOUNT][/OPERATION][=WHEN]")]
    pub fault: Vec<String>,
    /// Seed of jitter and of random faults
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Keep stored entries in this folder, for the next time; it must be new, empty, or a store of
    /// lukewarm's [default: a temporary folder, removed at the end]
    #[arg(long, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Drop unreadable lines of the store's journal; a copy of the damaged journal is kept
    #[arg(long, requires = "store")]
    pub repair: bool,
    /// Token that clients must send; on the command line every user of this machine can read it
    /// [default: `--token-file`, else the variable LUKEWARM_TOKEN, else a generated token]
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    pub token: Option<String>,
    /// File with the token
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Issue a signed token that is valid for these refs, looked up in this order; may be repeated
    #[arg(long, value_name = "REF[=read|write|read-write]", value_parser = scope)]
    pub scope: Vec<(String, Permission)>,
    /// Also answer version 1 of the cache API, as GitHub Enterprise Server does
    #[arg(long)]
    pub with_v1: bool,
    /// Address to listen on; outside loopback a token must be given
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// URL by which clients reach the server, such as `https://cache.example`
    #[arg(long, value_name = "URL")]
    pub public_url: Option<PublicUrl>,
    /// Also write every request to this file, one JSON object per line
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
}
