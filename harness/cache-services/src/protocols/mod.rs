//! The registry of protocols, one folder each. Owns the list: a new protocol is a folder here and
//! its line, in both places.

pub mod github_actions;
pub mod redis;
pub mod s3;
pub mod webdav;

use lukewarm_model::ServiceKind;

use crate::protocol::Protocol;

/// All protocols, in the order of lists.
pub static PROTOCOLS: &[&dyn Protocol] =
    &[&github_actions::GithubActions, &s3::S3, &webdav::Webdav, &redis::Redis];

/// The protocol of a kind; none where it is not registered.
pub fn find(kind: ServiceKind) -> Option<&'static dyn Protocol> {
    PROTOCOLS.iter().copied().find(|protocol| protocol.kind() == kind)
}
