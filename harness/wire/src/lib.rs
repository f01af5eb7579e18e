//! The wire formats of the record, version by version: the lines of `journal.jsonl`, `samples.csv`.
//! Owns every name, default and absence of a recorded field, and what a field meant in records of
//! earlier versions (`v1::earlier`). The nouns of `lukewarm_model` know nothing of it. It must not
//! judge a value or touch a file: `lukewarm_record` does, which checks names and keeps lines. It is
//! optimised, since reading is most of what a report takes; what keeps files is not.

pub mod line;
pub mod samples;

/// Version 1, the only one so far.
///
/// Which types stand here:
/// - Everything with fields has a type of its own, of the same name as the model's, and conversions
///   both ways. They move, and take both sides apart whole: a field that only one side has does not
///   compile.
/// - Plain values are the model's own, with one form wherever they are written: a number with its
///   unit in the type (`Seconds`, `Bytes`), an enum of keywords (`Step`, `UnitKind`), a text with a
///   grammar (`Fault`, `Case`, `Timestamp`), a histogram (`Latencies`), the value of a setting
///   (`SettingValue`).
///
/// A new optional field changes no version. A change that makes an old reader misread a line makes
/// a new one: its types go to `v2`, `FORMAT_VERSION` rises, and `v1` stays as it is to read what
/// there is; `line` chooses by the `v` of the line.
pub mod v1;

/// The newest version of the format, which is the one that is written; a reader refuses a newer
/// one.
pub const FORMAT_VERSION: u32 = 1;

/// The newest version of the form of the file that a record travels in, likewise.
pub const PACKED_VERSION: u32 = 1;

/// One field on its way to the other side, by how it goes.
macro_rules! converted {
    ($value:expr) => {
        $value
    };
    ($value:expr, into) => {
        $value.into()
    };
    ($value:expr, option) => {
        $value.map(Into::into)
    };
    ($value:expr, list) => {
        $value.into_iter().map(Into::into).collect()
    };
    ($value:expr, lists) => {
        $value.map(|list| list.into_iter().map(Into::into).collect())
    };
    ($value:expr, map) => {
        $value.into_iter().map(|(key, value)| (key, value.into())).collect()
    };
    ($value:expr, map_of_lists) => {
        $value
            .into_iter()
            .map(|(key, list)| (key, list.into_iter().map(Into::into).collect()))
            .collect()
    };
}

/// The conversions of types that have the same name and the same fields in the model. A field is
/// moved as it is where nothing is said of it; `into` converts it, `option`, `list` and `map`
/// convert what it holds.
macro_rules! mirrors {
    ($($name:ident { $($field:ident $(: $how:ident)?),* $(,)? })*) => { $(
        impl From<lukewarm_model::$name> for $name {
            fn from(it: lukewarm_model::$name) -> $name {
                let lukewarm_model::$name { $($field),* } = it;
                $name { $($field: $crate::converted!($field $(, $how)?)),* }
            }
        }

        impl From<$name> for lukewarm_model::$name {
            fn from(it: $name) -> lukewarm_model::$name {
                let $name { $($field),* } = it;
                lukewarm_model::$name { $($field: $crate::converted!($field $(, $how)?)),* }
            }
        }
    )* };
}

pub(crate) use {converted, mirrors};
