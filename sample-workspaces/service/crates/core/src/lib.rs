//! What every crate of shelf speaks of: notes, their names and what can go wrong.
//! Owns the nouns; nothing here waits, stores or listens.

mod card;
mod error;
mod id;

pub use card::Card;
pub use error::Error;
pub use id::NoteId;
