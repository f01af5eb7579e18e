//! Settings, from a TOML file or by default.
//! Owns their names and limits; an unknown name is an error.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use shelf_core::Error;

const SHORTEST_SECRET: usize = 16;

/// How the service runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    #[serde(default = "default_listen")]
    pub listen: SocketAddr,
    /// Where notes are kept; in memory only, where this is missing.
    pub folder: Option<PathBuf>,
    /// What tokens are signed with.
    pub secret: String,
    /// The largest note, in bytes.
    #[serde(default = "default_max_note_bytes")]
    pub max_note_bytes: usize,
}

impl Settings {
    /// The settings in a file.
    pub fn read(path: &Path) -> Result<Settings, Error> {
        let text = fs::read_to_string(path).map_err(|error| Error::file(path, error))?;
        Settings::parse(&text)
    }

    /// The settings in a text.
    pub fn parse(text: &str) -> Result<Settings, Error> {
        let settings: Settings =
            toml::from_str(text).map_err(|error| Error::Setting(error.to_string()))?;
        if settings.secret.len() < SHORTEST_SECRET {
            let message = format!("secret is shorter than {SHORTEST_SECRET} bytes");
            return Err(Error::Setting(message));
        }
        Ok(settings)
    }
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7700))
}

fn default_max_note_bytes() -> usize {
    256 * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_and_an_unknown_name_are_refused() {
        assert!(Settings::parse("secret = 'short'").is_err());
        assert!(Settings::parse("secret = 'long enough for this'\ncolour = 'red'").is_err());
        assert!(Settings::parse("secret = 'long enough for this'").is_ok());
    }
}
