//! Texts with a form: quantities, names, faults, shares, moments. Owns how each is called in
//! schemas (`format`), what editors know of it (`pattern`), and what is said where it is not met.

use std::borrow::Cow;
use std::str::FromStr;

use lukewarm_model::{
    Bandwidth, Bytes, Fault, LatencyQuantile, NAME_RULE, Quantity, Seconds, Timestamp, is_name,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// The pattern of a text with something in it.
pub const NOT_EMPTY: &str = r"\S";

/// What a name may be made of; `lukewarm_model::is_name` has the same rule.
pub const NAME_PATTERN: &str = "^[a-z0-9-]+$";

/// The word in place of a share for a metric that is not gated.
const OFF: &str = "off";

/// A text with something in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub struct Filled(pub String);

/// A value that is written as a text of some form.
#[derive(Clone, Debug)]
pub struct Written<T>(pub T);

/// The form of a text.
pub trait Form: Sized {
    /// What schemas call it.
    const NAME: &'static str;

    /// What its texts look like, as a regular expression for editors.
    fn pattern() -> String;

    /// The value, or what is wrong with the text behind a key.
    fn parse(key: &str, text: &str) -> Result<Self, String>;
}

/// A name of ours; the text itself is the value.
pub struct Name;
/// A SHA-256 in hexadecimal; the text itself is the value.
pub struct Sha256;
/// A share of 1 that makes no difference; none where the word `off` stands in its place.
pub struct Tolerance(pub Option<f64>);

/// What is wrong with the text behind a key, where it has not a form.
type Refusal = fn(&str, &str) -> Option<String>;

/// Every form, by its name.
const FORMS: [(&str, Refusal); 9] = [
    (Bytes::NAME, refusal::<Bytes>),
    (Seconds::NAME, refusal::<Seconds>),
    (Bandwidth::NAME, refusal::<Bandwidth>),
    (Fault::NAME, refusal::<Fault>),
    (LatencyQuantile::NAME, refusal::<LatencyQuantile>),
    (Name::NAME, refusal::<Name>),
    (Timestamp::NAME, refusal::<Timestamp>),
    (Sha256::NAME, refusal::<Sha256>),
    (Tolerance::NAME, refusal::<Tolerance>),
];

/// What is wrong with a text that should have a form; nothing where the form is not one of ours.
pub fn problem(form: &str, key: &str, text: &str) -> Option<String> {
    FORMS.iter().find(|(name, _)| *name == form).and_then(|(_, refusal)| refusal(key, text))
}

/// The schema of a form's texts.
pub fn schema<T: Form>() -> Schema {
    json_schema!({ "type": "string", "format": T::NAME, "pattern": T::pattern() })
}

fn refusal<T: Form>(key: &str, text: &str) -> Option<String> {
    T::parse(key, text).err()
}

fn from_text<T: FromStr<Err: std::fmt::Display>>(key: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("`{key}`: {error}"))
}

macro_rules! forms_from_text {
    ($($form:ty, $name:literal, $pattern:expr;)*) => {$(
        impl Form for $form {
            const NAME: &'static str = $name;

            fn pattern() -> String {
                $pattern
            }

            fn parse(key: &str, text: &str) -> Result<Self, String> {
                from_text(key, text)
            }
        }
    )*};
}

forms_from_text! {
    Bytes, "size", <Bytes as Quantity>::pattern();
    Seconds, "timespan", <Seconds as Quantity>::pattern();
    Bandwidth, "bandwidth", <Bandwidth as Quantity>::pattern();
    Fault, "fault", Fault::pattern();
    LatencyQuantile, "latency-quantile", LatencyQuantile::pattern();
}

impl Form for Name {
    const NAME: &'static str = "name";

    fn pattern() -> String {
        NAME_PATTERN.to_owned()
    }

    fn parse(key: &str, text: &str) -> Result<Name, String> {
        match is_name(text) {
            true => Ok(Name),
            false => Err(format!("`{key} = \"{text}\"`: {NAME_RULE}")),
        }
    }
}

impl Form for Timestamp {
    const NAME: &'static str = "utc-second";

    fn pattern() -> String {
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$".to_owned()
    }

    fn parse(key: &str, text: &str) -> Result<Timestamp, String> {
        let second = || (text.len() == 20).then(|| text.parse().ok()).flatten();
        second().ok_or_else(|| {
            format!("`{key} = \"{text}\"` is no second of UTC such as `2026-11-27T05:00:00Z`")
        })
    }
}

impl Form for Sha256 {
    const NAME: &'static str = "sha-256";

    fn pattern() -> String {
        "^[0-9a-fA-F]{64}$".to_owned()
    }

    fn parse(key: &str, text: &str) -> Result<Sha256, String> {
        match text.len() == 64 && text.chars().all(|it| it.is_ascii_hexdigit()) {
            true => Ok(Sha256),
            false => Err(format!(
                "`{key}` is no SHA-256 of 64 hexadecimal digits: `lukewarm claims --register ID` \
                 writes it"
            )),
        }
    }
}

impl Form for Tolerance {
    const NAME: &'static str = "tolerance";

    fn pattern() -> String {
        format!(r"^({OFF}|[0-9]+(\.[0-9]+)?\s*%)$")
    }

    fn parse(key: &str, text: &str) -> Result<Tolerance, String> {
        let percent = text.strip_suffix('%').and_then(|it| it.trim_end().parse::<f64>().ok());
        match percent {
            _ if text == OFF => Ok(Tolerance(None)),
            Some(it) if it >= 0.0 && it.is_finite() => Ok(Tolerance(Some(it / 100.0))),
            _ => Err(format!("`{key} = \"{text}\"` is no share such as `2 %`, nor `{OFF}`")),
        }
    }
}

impl<'de, T: Form> Deserialize<'de> for Written<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        T::parse(T::NAME, &text).map(Written).map_err(de::Error::custom)
    }
}

impl<T: Form> JsonSchema for Written<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema::<T>()
    }
}

impl JsonSchema for Filled {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "filled".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": NOT_EMPTY })
    }
}
