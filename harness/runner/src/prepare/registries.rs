//! The user's own settings for registries: where crates come from, and what opens private ones.
//! Fetching uses them all; jobs get the names and addresses alone, and no record has any of it.
//! Owns what of Cargo's configuration and credentials is passed on.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use toml::{Table, Value};

use crate::error::RunnerError;
use crate::prepare::environment::{Environment, UserEnvironment};

/// The sections of a configuration that decide how crates are fetched.
const FETCHING: [&str; 6] = ["registries", "registry", "source", "http", "net", "credential-alias"];
/// What of a registry is its address.
const ADDRESS: [&str; 2] = ["index", "protocol"];
/// What of a source names a place on this machine.
const FOLDERS: [&str; 2] = ["directory", "local-registry"];

/// The user's settings for registries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegistrySettings {
    configuration: Table,
    /// Tokens of registries, by the variable that Cargo reads them from.
    tokens: Vec<(String, String)>,
}

impl RegistrySettings {
    /// Those of the user's `CARGO_HOME`; none where there is no such file, or Cargo could not read
    /// it.
    pub fn of(user: &UserEnvironment) -> RegistrySettings {
        let home = user.get("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(Path::new(user.get("HOME")?).join(".cargo")));
        let Some(home) = home else { return RegistrySettings::default() };
        // Where there are both, Cargo takes the old name.
        let read = |name: &str| {
            let names = [name.to_owned(), format!("{name}.toml")].map(|it| home.join(it));
            let file = names.into_iter().find(|it| it.is_file())?;
            fs::read_to_string(file).ok()?.parse::<Table>().ok()
        };
        let mut configuration = read("config").unwrap_or_default();
        configuration.retain(|name, _| FETCHING.contains(&name));
        if let Some(net) = configuration.get_mut("net").and_then(Value::as_table_mut) {
            net.remove("offline");
        }
        absolute_folders(&mut configuration, &home);
        let tokens = read("credentials").as_ref().map(tokens).unwrap_or_default();
        RegistrySettings { configuration, tokens }
    }

    /// A file with the settings, for `cargo --config`; removed when it is dropped. None where the
    /// user has no such settings.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(&self) -> Result<Option<NamedTempFile>, RunnerError> {
        if self.configuration.is_empty() {
            return Ok(None);
        }
        let folder = std::env::temp_dir();
        let failed = || RunnerError::file("write", &folder);
        let made = tempfile::Builder::new().suffix(".toml").tempfile();
        let mut file = made.map_err(failed())?;
        file.write_all(self.configuration.to_string().as_bytes()).map_err(failed())?;
        Ok(Some(file))
    }

    /// Variables with the tokens of private registries, for fetching alone. The user's own
    /// variables win.
    pub fn variables(&self) -> Environment {
        let all = self.tokens.iter();
        all.map(|(name, token)| (OsString::from(name), OsString::from(token))).collect()
    }

    /// The configuration of jobs' `CARGO_HOME`: the addresses of registries and sources, without
    /// which Cargo would not find there what was fetched; none where the user has none.
    pub fn for_jobs(&self) -> Option<String> {
        let mut kept = Table::new();
        if let Some(sources) = self.configuration.get("source") {
            kept.insert("source".to_owned(), sources.clone());
        }
        let mut registries = Table::new();
        let all = self.configuration.get("registries").and_then(Value::as_table);
        for (name, registry) in all.into_iter().flatten() {
            let mut registry = registry.as_table().cloned().unwrap_or_default();
            registry.retain(|key, _| ADDRESS.contains(&key));
            registries.insert(name.clone(), Value::Table(registry));
        }
        if !registries.is_empty() {
            kept.insert("registries".to_owned(), Value::Table(registries));
        }
        (!kept.is_empty()).then(|| kept.to_string())
    }
}

/// Makes the folders of sources absolute: they are relative to the folder of `CARGO_HOME`.
fn absolute_folders(configuration: &mut Table, home: &Path) {
    let base = home.parent().unwrap_or(home);
    let sources = configuration.get_mut("source").and_then(Value::as_table_mut);
    for (_, source) in sources.into_iter().flatten() {
        for key in FOLDERS {
            if let Some(Value::String(folder)) = source.get_mut(key) {
                *folder = base.join(&*folder).display().to_string();
            }
        }
    }
}

/// The tokens of a credentials file.
fn tokens(credentials: &Table) -> Vec<(String, String)> {
    let registries = credentials.get("registries").and_then(Value::as_table);
    let token = |(name, registry): (&String, &Value)| {
        let variable = name.to_uppercase().replace('-', "_");
        let token = registry.get("token")?.as_str()?;
        Some((format!("CARGO_REGISTRIES_{variable}_TOKEN"), token.to_owned()))
    };
    registries.into_iter().flatten().filter_map(token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetching_has_addresses_and_tokens_and_jobs_have_addresses_alone() {
        let place = tempfile::tempdir().unwrap();
        let home = place.path().join("cargo-home");
        fs::create_dir(&home).unwrap();
        let configuration = "[registries.our-own]\nindex = 'sparse+https://ours/'\n\
             token = 'secret one'\ncredential-provider = 'cargo:token'\n\
             [source.crates-io]\nreplace-with = 'mirror'\n\
             [source.mirror]\ndirectory = 'crates'\n\
             [net]\noffline = true\nretry = 3\n[build]\nrustc-wrapper = 'sccache'\n";
        fs::write(home.join("config.toml"), configuration).unwrap();
        let credentials = "[registry]\ntoken = 'to publish'\n\
                           [registries.our-own]\ntoken = 'secret two'\n";
        fs::write(home.join("credentials.toml"), credentials).unwrap();
        let user = UserEnvironment::new([("CARGO_HOME".into(), home.clone().into())]);
        let settings = RegistrySettings::of(&user);
        let file = settings.file().unwrap().unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(text.contains("secret one") && text.contains("retry = 3"), "{text}");
        assert!(!text.contains("offline") && !text.contains("rustc-wrapper"), "{text}");
        let variables = settings.variables();
        assert_eq!(variables.len(), 1, "a token for publishing is not needed");
        let name = OsString::from("CARGO_REGISTRIES_OUR_OWN_TOKEN");
        assert_eq!(variables[&name], "secret two");
        let jobs = settings.for_jobs().unwrap();
        assert!(!jobs.contains("secret") && !jobs.contains("provider"), "{jobs}");
        let jobs: Table = jobs.parse().unwrap();
        let index = jobs["registries"]["our-own"]["index"].as_str();
        assert_eq!(index, Some("sparse+https://ours/"));
        let folder = place.path().join("crates").display().to_string();
        assert_eq!(jobs["source"]["mirror"]["directory"].as_str(), Some(folder.as_str()));
        let kept = file.path().to_owned();
        drop(file);
        assert!(!kept.exists());
    }

    #[test]
    fn who_has_no_settings_has_no_file() {
        let settings = RegistrySettings::of(&UserEnvironment::default());
        assert_eq!(settings, RegistrySettings::default());
        assert!(settings.file().unwrap().is_none() && settings.for_jobs().is_none());
    }
}
