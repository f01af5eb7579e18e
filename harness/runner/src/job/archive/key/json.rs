//! Manifests and lock files as the text that goes into a key: parsed TOML, written as JavaScript's
//! `JSON.stringify` writes it, in the order of the file. Owns what of them does not count. It must
//! not read a file.

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// A value of a TOML file, with tables in the file's order.
enum Ordered {
    Table(Vec<(String, Ordered)>),
    List(Vec<Ordered>),
    Text(String),
    /// A number, truth value or date, as JSON has it.
    Plain(String),
}

/// A member's manifest, without the version of its package and without place and version of its
/// path dependencies.
///
/// # Errors
/// When it is no TOML.
pub fn manifest(text: &str) -> Result<String, Error> {
    let mut root = parse(text)?;
    if let Some(package) = root.iter_mut().find(|(key, _)| key == "package")
        && let (_, Ordered::Table(package)) = package
        && package.iter().any(|(key, _)| key == "version")
    {
        set(package, "version", "0.0.0");
    }
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        let Some((_, Ordered::Table(all))) = root.iter_mut().find(|(key, _)| key == section) else {
            continue;
        };
        for (_, dependency) in all {
            if let Ordered::Table(keys) = dependency
                && keys.iter().any(|(key, _)| key == "path")
            {
                set(keys, "version", "0.0.0");
                set(keys, "path", "");
            }
        }
    }
    Ok(json(&Ordered::Table(root)))
}

/// The packages of a lock file that have a source or a checksum: all but those of the workspace
/// and of other folders. None for a lock file that is neither of version 3 nor of version 4.
///
/// # Errors
/// When it is no TOML.
pub fn locked_packages(text: &str) -> Result<Option<String>, Error> {
    let root = parse(text)?;
    let find = |wanted: &str| root.iter().find(|(key, _)| key == wanted).map(|(_, value)| value);
    let version = find("version").map(json);
    let Some(Ordered::List(packages)) = find("package") else { return Ok(None) };
    if !matches!(version.as_deref(), Some("3" | "4")) {
        return Ok(None);
    }
    let is_external = |package: &&Ordered| match package {
        Ordered::Table(keys) => keys.iter().any(|(key, _)| key == "source" || key == "checksum"),
        _ => false,
    };
    let external: Vec<String> = packages.iter().filter(is_external).map(json).collect();
    Ok(Some(format!("[{}]", external.join(","))))
}

fn parse(text: &str) -> Result<Vec<(String, Ordered)>, Error> {
    Ok(table(DeTable::parse(text)?.get_ref()))
}

/// The entries of a table, each where its key is first written; keys that are numbers come first,
/// as in objects of JavaScript.
fn table(from: &DeTable<'_>) -> Vec<(String, Ordered)> {
    let mut entries: Vec<_> = from.iter().collect();
    entries.sort_by_key(|(key, _)| {
        let name = key.get_ref();
        let number = name.parse::<u32>().ok().filter(|it| it.to_string() == **name);
        (number.is_none(), number, key.span().start)
    });
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let key: &std::borrow::Cow<'_, str> = key.get_ref();
        (key.to_string(), ordered(value.get_ref()))
    };
    entries.into_iter().map(entry).collect()
}

fn ordered(value: &DeValue<'_>) -> Ordered {
    match value {
        DeValue::String(text) => Ordered::Text(text.to_string()),
        DeValue::Integer(number) => {
            let decimal = i64::from_str_radix(number.as_str(), number.radix());
            Ordered::Plain(decimal.map_or(number.to_string(), |it| it.to_string()))
        }
        DeValue::Float(number) => Ordered::Plain(match number.as_str().parse::<f64>() {
            Ok(number) if number.is_finite() => number.to_string(),
            _ => "null".to_owned(),
        }),
        DeValue::Boolean(truth) => Ordered::Plain(truth.to_string()),
        DeValue::Datetime(date) => Ordered::Text(date.to_string()),
        DeValue::Array(list) => {
            Ordered::List(list.iter().map(|it| ordered(it.get_ref())).collect())
        }
        DeValue::Table(inner) => Ordered::Table(table(inner)),
    }
}

/// Sets a key's text, where it stands or at the end.
fn set(table: &mut Vec<(String, Ordered)>, key: &str, text: &str) {
    let value = Ordered::Text(text.to_owned());
    match table.iter_mut().find(|(name, _)| name == key) {
        Some((_, old)) => *old = value,
        None => table.push((key.to_owned(), value)),
    }
}

fn json(value: &Ordered) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match value {
        Ordered::Text(text) => quoted(text),
        Ordered::Plain(text) => text.clone(),
        Ordered::List(list) => {
            format!("[{}]", list.iter().map(json).collect::<Vec<_>>().join(","))
        }
        Ordered::Table(entries) => {
            let entry =
                |(key, value): &(String, Ordered)| format!("{}:{}", quoted(key), json(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What smol-toml 1.7.1 and `JSON.stringify` made of it, in the action's own order of steps.
    #[test]
    fn a_manifest_is_written_as_the_action_writes_it() {
        let text = r#"
[package]
name = "app"
version.workspace = true
edition = "2024"

[dependencies]
zebra = "1"
core = { path = "../core", features = ["a\"b", "ü"] }
pinned = { version = "0.2", path = "../pinned", optional = true }
plain = { version = "1", default-features = false }
table.workspace = true

[target.'cfg(unix)'.dependencies]
near = { path = "../near" }

[build-dependencies.tool]
path = "../tool"

[profile.dev]
opt-level = 0x1
lto = false
split = 1_000
share = 0.50

[package.metadata.x]
10 = "ten"
9 = "nine"
"#;
        let wanted = concat!(
            r#"{"package":{"name":"app","version":"0.0.0","edition":"2024","#,
            r#""metadata":{"x":{"9":"nine","10":"ten"}}},"dependencies":{"zebra":"1","#,
            r#""core":{"path":"","features":["a\"b","ü"],"version":"0.0.0"},"#,
            r#""pinned":{"version":"0.0.0","path":"","optional":true},"plain":{"#,
            r#""version":"1","default-features":false},"table":{"workspace":true}},"#,
            r#""target":{"cfg(unix)":{"dependencies":{"near":{"path":"../near"}}}},"#,
            r#""build-dependencies":{"tool":{"path":"","version":"0.0.0"}},"#,
            r#""profile":{"dev":{"opt-level":1,"lto":false,"split":1000,"share":0.5}}"#,
            r#"}"#,
        );
        assert_eq!(manifest(text).unwrap(), wanted);
        assert!(manifest("[package\n").is_err());
    }

    #[test]
    fn of_a_lock_file_only_what_comes_from_elsewhere_counts() {
        let lock = |version: &str| {
            format!(
                "version = {version}\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n\
                 [[package]]\nname = \"itoa\"\nversion = \"1.0.1\"\nsource = \"registry+x\"\n\
                 checksum = \"ab\"\ndependencies = [\n \"b\",\n]\n"
            )
        };
        let wanted = r#"[{"name":"itoa","version":"1.0.1","source":"registry+x","checksum":"ab","dependencies":["b"]}]"#;
        assert_eq!(locked_packages(&lock("4")).unwrap().as_deref(), Some(wanted));
        assert_eq!(locked_packages(&lock("2")).unwrap(), None);
        assert_eq!(locked_packages("version = 4\n").unwrap(), None);
    }
}
