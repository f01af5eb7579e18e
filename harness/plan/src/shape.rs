//! What a table of a file may hold, as its reading asks for it: keys, their kinds, and which of
//! them go together. Owns the nouns and their words; `reader` fills them, `schema` writes them.

use std::cell::RefCell;
use std::rc::Rc;

/// A shape that is still being filled: a table is read after its key was asked for.
pub type Shared = Rc<RefCell<Shape>>;

/// What a table may hold.
#[derive(Debug, Default)]
pub struct Shape {
    /// The keys that were asked for, in this order.
    pub keys: Vec<(&'static str, Kind)>,
    /// Those that must be there.
    pub required: Vec<&'static str>,
    /// Which go together.
    pub rules: Vec<Rule>,
}

/// What value a key takes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text that this regular expression fits; an empty one fits any.
    Text(String),
    /// The same, or a table.
    TextOrTable(String, Shared),
    /// `true` or `false`.
    Flag,
    /// A number, whole or not.
    Number,
    /// A whole number from this one on.
    Count(u32),
    /// A list of whole numbers from 1 on.
    Counts,
    /// A list of texts, each as [`Kind::Text`].
    Texts(String),
    /// One of these words.
    Word(Vec<String>),
    /// A table.
    Table(Shared),
    /// A list of tables.
    Tables(Shared),
}

/// Which keys go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The first only with the second.
    Needs(&'static str, &'static str),
    /// One of the two, and not both.
    One(&'static str, &'static str),
    /// One of the two, or both.
    Any(&'static str, &'static str),
}

/// A text with something in it.
pub const NOT_EMPTY: &str = r"\S";

impl Shape {
    /// Notes a key. One that is there already keeps its place, and a word gets further choices:
    /// the same file may be read in several ways.
    pub fn key(&mut self, name: &'static str, kind: Kind) {
        match (self.keys.iter_mut().find(|(known, _)| *known == name), kind) {
            (None, kind) => self.keys.push((name, kind)),
            (Some((_, Kind::Word(words))), Kind::Word(more)) => {
                let more = more.into_iter().filter(|word| !words.contains(word));
                let more: Vec<String> = more.collect();
                words.extend(more);
            }
            _ => {}
        }
    }

    /// The shape of a table below a key, or of each in a list of them; a new one where there is
    /// none yet.
    pub fn below(&self, name: &str) -> Shared {
        match self.keys.iter().find(|(known, _)| *known == name) {
            Some((_, Kind::Table(shape) | Kind::Tables(shape))) => Rc::clone(shape),
            Some((_, Kind::TextOrTable(_, shape))) => Rc::clone(shape),
            _ => Shared::default(),
        }
    }

    /// Notes that a key must be there.
    pub fn require(&mut self, name: &'static str) {
        if !self.required.contains(&name) {
            self.required.push(name);
        }
    }

    /// Notes a rule.
    pub fn rule(&mut self, rule: Rule) {
        if !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }
}

impl Kind {
    /// What must stand behind a key, in words.
    pub fn wanted(&self, key: &str) -> String {
        match self {
            Kind::Text(_) | Kind::Word(_) => "a text in quotes".to_owned(),
            Kind::TextOrTable(..) => format!("a text in quotes, or a table under [{key}]"),
            Kind::Flag => "`true` or `false`".to_owned(),
            Kind::Number => "a number".to_owned(),
            Kind::Count(least) => format!("a whole number from {least} on"),
            Kind::Counts => "a list of whole numbers from 1 on".to_owned(),
            Kind::Texts(_) => "a list of texts in quotes".to_owned(),
            Kind::Table(_) => format!("a table under [{key}]"),
            Kind::Tables(_) => format!("tables, each under [[{key}]]"),
        }
    }
}
