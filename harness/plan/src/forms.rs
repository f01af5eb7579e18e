//! Texts with a form: quantities, names, faults, shares, moments. Owns how each is called in
//! schemas (`format`), what editors know of it (`pattern`), and what is said where it is not met.

use std::borrow::Cow;
use std::str::FromStr;

use lukewarm_model::{
    Bandwidth, Bytes, Fault, LatencyQuantile, Quantity, Seconds, Timestamp, is_name,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::error::{FormError, ValueError};

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

    /// The value of the text behind a key.
    ///
    /// # Errors
    /// When the text has not this form.
    fn parse(key: &str, text: &str) -> Result<Self, FormError>;
}

/// A name of ours; the text itself is the value.
pub struct Name;
/// A SHA-256 in hexadecimal; the text itself is the value.
pub struct Sha256;
/// A share of 1 that makes no difference; none where the word `off` stands in its place.
pub struct Tolerance(pub Option<f64>);

/// Checks the text behind a key.
type Checker = fn(&str, &str) -> Result<(), FormError>;

/// Every form, by its name.
const FORMS: [(&str, Checker); 9] = [
    (Bytes::NAME, check_as::<Bytes>),
    (Seconds::NAME, check_as::<Seconds>),
    (Bandwidth::NAME, check_as::<Bandwidth>),
    (Fault::NAME, check_as::<Fault>),
    (LatencyQuantile::NAME, check_as::<LatencyQuantile>),
    (Name::NAME, check_as::<Name>),
    (Timestamp::NAME, check_as::<Timestamp>),
    (Sha256::NAME, check_as::<Sha256>),
    (Tolerance::NAME, check_as::<Tolerance>),
];

/// Checks the text behind a key against a form; a form that is not one of ours takes every text.
///
/// # Errors
/// When the text has not the form.
pub fn check(form: &str, key: &str, text: &str) -> Result<(), FormError> {
    FORMS.iter().find(|(name, _)| *name == form).map_or(Ok(()), |(_, check)| check(key, text))
}

/// The schema of a form's texts.
pub fn schema<T: Form>() -> Schema {
    json_schema!({ "type": "string", "format": T::NAME, "pattern": T::pattern() })
}

fn check_as<T: Form>(key: &str, text: &str) -> Result<(), FormError> {
    T::parse(key, text).map(drop)
}

fn from_text<T: FromStr<Err: Into<ValueError>>>(key: &str, text: &str) -> Result<T, FormError> {
    let wrong = |source: T::Err| FormError::Value { key: key.to_owned(), source: source.into() };
    text.parse().map_err(wrong)
}

macro_rules! forms_from_text {
    ($($form:ty, $name:literal, $pattern:expr;)*) => {$(
        impl Form for $form {
            const NAME: &'static str = $name;

            fn pattern() -> String {
                $pattern
            }

            fn parse(key: &str, text: &str) -> Result<Self, FormError> {
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

    fn parse(key: &str, text: &str) -> Result<Name, FormError> {
        match is_name(text) {
            true => Ok(Name),
            false => Err(FormError::Name { key: key.to_owned(), text: text.to_owned() }),
        }
    }
}

impl Form for Timestamp {
    const NAME: &'static str = "utc-second";

    fn pattern() -> String {
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$".to_owned()
    }

    fn parse(key: &str, text: &str) -> Result<Timestamp, FormError> {
        let second = (text.len() == 20).then(|| text.parse().ok()).flatten();
        second.ok_or_else(|| FormError::Moment { key: key.to_owned(), text: text.to_owned() })
    }
}

impl Form for Sha256 {
    const NAME: &'static str = "sha-256";

    fn pattern() -> String {
        "^[0-9a-fA-F]{64}$".to_owned()
    }

    fn parse(key: &str, text: &str) -> Result<Sha256, FormError> {
        match text.len() == 64 && text.chars().all(|it| it.is_ascii_hexdigit()) {
            true => Ok(Sha256),
            false => Err(FormError::Sha256 { key: key.to_owned() }),
        }
    }
}

impl Form for Tolerance {
    const NAME: &'static str = "tolerance";

    fn pattern() -> String {
        format!(r"^({OFF}|[0-9]+(\.[0-9]+)?\s*%)$")
    }

    fn parse(key: &str, text: &str) -> Result<Tolerance, FormError> {
        let percent = text.strip_suffix('%').and_then(|it| it.trim_end().parse::<f64>().ok());
        match percent {
            _ if text == OFF => Ok(Tolerance(None)),
            Some(it) if it >= 0.0 && it.is_finite() => Ok(Tolerance(Some(it / 100.0))),
            _ => Err(FormError::Tolerance { key: key.to_owned(), text: text.to_owned() }),
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
