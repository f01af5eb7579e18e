//! The messages of the cache service in both their forms: protobuf with the field numbers of the
//! crate `ghac`, and JSON as `@actions/cache` writes it, where 64-bit numbers are texts.

use prost::Message;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The request of `GetCacheEntryDownloadURL`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Find {
    #[prost(string, tag = "2")]
    pub key: String,
    #[prost(string, repeated, tag = "3")]
    #[serde(alias = "restoreKeys")]
    pub restore_keys: Vec<String>,
    #[prost(string, tag = "4")]
    pub version: String,
}

/// The response of `GetCacheEntryDownloadURL`.
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct DownloadUrl {
    #[prost(bool, tag = "1")]
    pub ok: bool,
    #[prost(string, tag = "2")]
    pub signed_download_url: String,
    #[prost(string, tag = "3")]
    pub matched_key: String,
}

/// The request of `CreateCacheEntry`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Create {
    #[prost(string, tag = "2")]
    pub key: String,
    #[prost(string, tag = "3")]
    pub version: String,
}

/// The response of `CreateCacheEntry`.
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct Created {
    #[prost(bool, tag = "1")]
    pub ok: bool,
    #[prost(string, tag = "2")]
    pub signed_upload_url: String,
    /// The reason for people; empty where it is ok.
    #[prost(string, tag = "3")]
    pub message: String,
}

/// The request of `FinalizeCacheEntryUpload`.
#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(default)]
pub struct Finalize {
    #[prost(string, tag = "2")]
    pub key: String,
    #[prost(int64, tag = "3")]
    #[serde(alias = "sizeBytes", deserialize_with = "number_or_text")]
    pub size_bytes: i64,
    #[prost(string, tag = "4")]
    pub version: String,
}

/// The response of `FinalizeCacheEntryUpload`.
#[derive(Clone, PartialEq, Message, Serialize)]
pub struct Finalized {
    #[prost(bool, tag = "1")]
    pub ok: bool,
    #[prost(int64, tag = "2")]
    #[serde(serialize_with = "text")]
    pub entry_id: i64,
    /// The reason for people; empty where it is ok.
    #[prost(string, tag = "3")]
    pub message: String,
}

fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }
    match Either::deserialize(deserializer)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

fn text<S: Serializer>(number: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_taken_in_both_spellings() {
        let snake = r#"{"key":"k","restore_keys":["a"],"version":"v","metadata":{}}"#;
        let camel = r#"{"key":"k","restoreKeys":["a"],"version":"v"}"#;
        let read = |text: &str| serde_json::from_str::<Find>(text).unwrap();
        assert_eq!(read(snake), read(camel));
        for size in ["7", "\"7\""] {
            let text = format!(r#"{{"key":"k","version":"v","sizeBytes":{size}}}"#);
            assert_eq!(serde_json::from_str::<Finalize>(&text).unwrap().size_bytes, 7);
        }
    }

    #[test]
    fn large_numbers_are_texts_in_json() {
        let done = Finalized { ok: true, entry_id: 9, message: String::new() };
        let text = serde_json::to_string(&done).unwrap();
        assert_eq!(text, r#"{"ok":true,"entry_id":"9","message":""}"#);
    }

    #[test]
    fn protobuf_has_the_clients_field_numbers() {
        let find = Find { key: "k".into(), restore_keys: vec!["r".into()], version: "v".into() };
        assert_eq!(find.encode_to_vec(), b"\x12\x01k\x1a\x01r\x22\x01v");
        let finalize = Finalize { key: "k".into(), size_bytes: 5, version: "v".into() };
        assert_eq!(finalize.encode_to_vec(), b"\x12\x01k\x18\x05\x22\x01v");
        let denied = Created { message: "m".into(), ..Created::default() };
        assert_eq!(denied.encode_to_vec(), b"\x1a\x01m");
        let unfinished = Finalized { message: "m".into(), ..Finalized::default() };
        assert_eq!(unfinished.encode_to_vec(), b"\x1a\x01m");
    }
}
