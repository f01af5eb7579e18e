//! JSON Schemas of what is written as JSON, from the types themselves.
//! Owns their dialect; which files there are belongs to those who write them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

/// The derive macro of types that are written as JSON. Their schemas are a fifth of the code that
/// a build would make of them, and only the feature `schema` makes it.
pub mod described {
    #[cfg(not(feature = "schema"))]
    pub use lukewarm_no_schema::JsonSchema;
    #[cfg(feature = "schema")]
    pub use schemars::JsonSchema;
}

/// The schema of what a type becomes as JSON: draft 7, as those of the files that people write.
pub fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft07().for_serialize().into_generator().into_root_schema_for::<T>()
}

/// The schema of types that are written as a text: that of a text.
macro_rules! written_as_text {
    ($($text:ty),+) => {$(
        impl schemars::JsonSchema for $text {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                String::schema_name()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                String::json_schema(generator)
            }
        }
    )+};
}

pub(crate) use written_as_text;
