//! The origin (scheme and authority) of the URLs that a service signs: the `Host` header if that is
//! this machine, else the public URL or the local address of the connection. A `Host` header is not
//! trusted otherwise. Owns no URL's path.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::Authority;
use lukewarm_model::{Classify, ErrorKind};

/// The URL by which other machines reach a service: scheme and authority, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    authority: String,
}

/// The error of a text that is no such URL.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no `http://HOST[:PORT]` or `https://HOST[:PORT]`, without a path or a user")]
pub struct NoPublicUrl(String);

impl Classify for NoPublicUrl {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }
}

impl FromStr for PublicUrl {
    type Err = NoPublicUrl;

    fn from_str(text: &str) -> Result<PublicUrl, NoPublicUrl> {
        let wrong = || NoPublicUrl(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"));
        let authority = uri.authority().filter(|it| is_plain(it.as_str()));
        let (Some(scheme), Some(authority)) = (scheme, authority) else { return Err(wrong()) };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || text.contains('#') {
            return Err(wrong());
        }
        let authority = authority.as_str().to_ascii_lowercase();
        Ok(PublicUrl { text: format!("{scheme}://{authority}"), authority })
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether an authority is a host with an optional port, and needs no escaping anywhere.
fn is_plain(authority: &str) -> bool {
    let letters = |it: u8| it.is_ascii_alphanumeric() || b".-_:[]".contains(&it);
    let Ok(parsed) = authority.parse::<Authority>() else { return false };
    let port = authority.strip_prefix(parsed.host()).is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix(':').is_some_and(|it| it.parse::<u16>().is_ok())
    });
    port && !parsed.host().is_empty() && authority.bytes().all(letters)
}

/// The origin for a client that sent this `Host` and connected to that local address.
pub fn origin(host: &str, reached: SocketAddr, public: Option<&PublicUrl>) -> String {
    let reached = SocketAddr::new(reached.ip().to_canonical(), reached.port());
    match public {
        Some(public) if host.eq_ignore_ascii_case(&public.authority) => public.text.clone(),
        _ if is_own(host, reached.ip()) => format!("http://{host}"),
        Some(public) => public.text.clone(),
        None => format!("http://{reached}"),
    }
}

/// Whether a host names this machine and nothing else, whatever the port: the client may come
/// through a tunnel.
fn is_own(host: &str, reached: IpAddr) -> bool {
    if !is_plain(host) {
        return false;
    }
    let name = host.parse::<Authority>().map(|it| it.host().to_ascii_lowercase());
    let name = name.unwrap_or_default();
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address.map(|address| address.to_canonical()) {
        Ok(address) => address.is_loopback() || address == reached,
        Err(_) => name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_believed_where_it_is_this_machine() {
        let reached: SocketAddr = "192.168.1.5:80".parse().unwrap();
        for own in ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:9", "192.168.1.5:8080"] {
            assert_eq!(origin(own, reached, None), format!("http://{own}"));
        }
        let strange = [
            "",
            "evil.example",
            "localhost.evil.example",
            "192.168.1.6",
            "u@localhost",
            "localhost:x",
            "localhost:99999",
            "localhost/x?",
            "local host",
            "[::1",
            "::1",
        ];
        for host in strange {
            assert_eq!(origin(host, reached, None), "http://192.168.1.5:80", "{host}");
        }
        let mapped = "[::ffff:192.168.1.5]:80".parse().unwrap();
        assert_eq!(origin("x", mapped, None), "http://192.168.1.5:80");
    }

    #[test]
    fn a_service_may_be_known_by_another_url() {
        let reached: SocketAddr = "127.0.0.1:80".parse().unwrap();
        let public: PublicUrl = "https://Cache.example:8443/".parse().unwrap();
        let from = |host: &str| origin(host, reached, Some(&public));
        assert_eq!(from("cache.example:8443"), "https://cache.example:8443");
        assert_eq!(from("evil.example"), "https://cache.example:8443");
        assert_eq!(from("localhost:80"), "http://localhost:80");
        let wrong = ["", "cache.example", "ftp://a", "http://a/b", "http://u@a", "http://a?b"];
        for text in wrong.iter().chain(&["http://a#b", "http://a:x", "http://$(b)", "http://"]) {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
