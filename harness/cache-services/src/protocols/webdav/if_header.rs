//! The `If` header (RFC 4918, 10.4). Pure: the state of resources is passed in.

use std::collections::BTreeMap;
use std::fmt;

use crate::conditions::etag;

/// The limit of conditions in one header; more are refused.
const MOST_CONDITIONS: usize = 256;

/// An `If` header: true if one of its lists is.
#[derive(Clone, Debug, PartialEq)]
pub struct If {
    lists: Vec<ConditionList>,
}

/// A list of conditions: true if all of them are.
#[derive(Clone, Debug, PartialEq)]
struct ConditionList {
    /// The tagged resource; none is the request's own.
    tag: Option<String>,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq)]
struct Condition {
    negated: bool,
    state: StateToken,
}

#[derive(Clone, Debug, PartialEq)]
enum StateToken {
    /// The resource is locked with this token.
    Token(String),
    /// The resource's content has this entity tag, quotes included.
    Etag(String),
}

/// The state of a resource that conditions are evaluated against.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The tokens of the locks that cover it.
    pub tokens: Vec<String>,
    /// Its entity tag, where it has one.
    pub etag: Option<String>,
}

impl If {
    /// Parses the header; none where it is malformed or has too many conditions.
    pub fn parse(text: &str) -> Option<If> {
        let mut count = 0;
        let (mut rest, mut tag, mut lists) = (text.trim_start(), None, Vec::new());
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('<') {
                // Tagged and untagged lists do not mix: lists behind a tag are about it.
                if tag.is_none() && !lists.is_empty() {
                    return None;
                }
                let (reference, after) = after.split_once('>')?;
                tag = Some(reference.to_owned());
                rest = after.trim_start();
            }
            let (conditions, after) = list(rest)?;
            count += conditions.len();
            if count > MOST_CONDITIONS {
                return None;
            }
            lists.push(ConditionList { tag: tag.clone(), conditions });
            rest = after.trim_start();
        }
        (!lists.is_empty()).then_some(If { lists })
    }

    /// The lock tokens that it submits.
    pub fn tokens(&self) -> Vec<&str> {
        let conditions = self.lists.iter().flat_map(|list| &list.conditions);
        conditions
            .filter_map(|condition| match &condition.state {
                StateToken::Token(token) if !condition.negated => Some(token.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Evaluates it; `facts` returns the state of a tagged resource, or of the request's own, and
    /// is called once for each.
    pub fn holds(&self, facts: impl Fn(Option<&str>) -> Facts) -> bool {
        let mut known: BTreeMap<Option<&str>, Facts> = BTreeMap::new();
        self.lists.iter().any(|list| {
            let tag = list.tag.as_deref();
            let facts = known.entry(tag).or_insert_with(|| facts(tag));
            list.conditions.iter().all(|condition| {
                let is_so = match &condition.state {
                    StateToken::Token(token) => facts.tokens.contains(token),
                    StateToken::Etag(etag) => facts.etag.as_ref() == Some(etag),
                };
                is_so != condition.negated
            })
        })
    }
}

/// The conditions of a parenthesized list, and the rest of the text.
fn list(text: &str) -> Option<(Vec<Condition>, &str)> {
    let (mut rest, mut conditions) = (text.strip_prefix('(')?.trim_start(), Vec::new());
    loop {
        if let Some(after) = rest.strip_prefix(')') {
            return (!conditions.is_empty()).then_some((conditions, after));
        }
        let not = rest.get(..3).filter(|word| word.eq_ignore_ascii_case("not"));
        rest = rest[not.map_or(0, str::len)..].trim_start();
        let (state, after) = match rest.strip_prefix('<') {
            Some(token) => {
                let (token, after) = token.split_once('>')?;
                (StateToken::Token(token.to_owned()), after)
            }
            None => {
                let (etag, after) = etag(rest.strip_prefix('[')?.trim_start())?;
                (StateToken::Etag(etag.to_owned()), after.trim_start().strip_prefix(']')?)
            }
        };
        conditions.push(Condition { negated: not.is_some(), state });
        rest = after.trim_start();
    }
}

impl fmt::Display for If {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = &None;
        for (index, list) in self.lists.iter().enumerate() {
            let gap = if index > 0 { " " } else { "" };
            match &list.tag {
                Some(tag) if last != &list.tag => write!(f, "{gap}<{tag}> (")?,
                _ => write!(f, "{gap}(")?,
            }
            last = &list.tag;
            for (index, condition) in list.conditions.iter().enumerate() {
                let gap = if index > 0 { " " } else { "" };
                let not = if condition.negated { "Not " } else { "" };
                match &condition.state {
                    StateToken::Token(token) => write!(f, "{gap}{not}<{token}>")?,
                    StateToken::Etag(etag) => write!(f, "{gap}{not}[{etag}]")?,
                }
            }
            write!(f, ")")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two resources: the request's own, locked with `urn:t`, and `/other`, which has nothing.
    fn holds(header: &str) -> Option<bool> {
        let facts = |tag: Option<&str>| match tag {
            None | Some("/own") => {
                Facts { tokens: vec!["urn:t".to_owned()], etag: Some("\"e\"".to_owned()) }
            }
            Some(_) => Facts::default(),
        };
        If::parse(header).map(|it| it.holds(facts))
    }

    #[test]
    fn an_if_header_holds_when_one_of_its_lists_does() {
        let cases = [
            ("(<urn:t>)", true),
            ("(<urn:t> [\"e\"])", true),
            ("(<urn:t> [\"f\"])", false),
            ("(<urn:u>) ([\"e\"])", true),
            ("(Not <urn:t>)", false),
            ("(not<urn:u>[\"e\"])", true),
            ("(<DAV:no-lock>)", false),
            ("(<urn:u>) (Not <DAV:no-lock>)", true),
            ("(<urn:t> [W/\"e\"])", false),
            ("</own> (<urn:t>)", true),
            ("</other> (<urn:t>)", false),
            ("</other> (Not <urn:t>) (Not [\"e\"])", true),
            ("</other>(<urn:t>)</own>(<urn:u>) (<urn:t>)", true),
            ("([\"]a)\"] Not [\"e\"])", false),
        ];
        for (header, wanted) in cases {
            assert_eq!(holds(header), Some(wanted), "{header}");
        }
        let wrong = [
            "",
            "<a>",
            "()",
            "(",
            "(<a)",
            "(<a>",
            "([e])",
            "([\"e])",
            "(a)",
            "(Not)",
            "<a> <b> (<c>)",
            "(<a>) <b> (<c>)",
            "(<a>) x",
            "(Not Not <a>)",
            "(é)",
        ];
        for header in wrong {
            assert_eq!(holds(header), None, "{header}");
        }
    }

    #[test]
    fn a_resource_is_looked_at_once_however_many_lists_are_about_it() {
        let lists = |count: usize| "(<urn:u>)".repeat(count);
        let asked = std::cell::Cell::new(0);
        let facts = |_: Option<&str>| {
            asked.set(asked.get() + 1);
            Facts::default()
        };
        assert!(!If::parse(&lists(MOST_CONDITIONS)).unwrap().holds(facts));
        assert_eq!(asked.get(), 1);
        assert_eq!(If::parse(&lists(MOST_CONDITIONS + 1)), None);
        let in_one = format!("({})", "<urn:u>".repeat(MOST_CONDITIONS + 1));
        assert_eq!(If::parse(&in_one), None);
    }

    #[test]
    fn tokens_are_shown_in_whichever_list_but_not_behind_not() {
        let header = If::parse("</a> (<urn:t> [\"e\"]) (Not <urn:u>) </b> (<urn:v>)").unwrap();
        assert_eq!(header.tokens(), ["urn:t", "urn:v"]);
    }

    fn any_if() -> impl Strategy<Value = If> {
        let state = prop_oneof![
            "[a-z:]{1,8}".prop_map(StateToken::Token),
            "(W/)?\"[a-z)>\\]]{0,5}\"".prop_map(StateToken::Etag),
        ];
        let condition =
            (any::<bool>(), state).prop_map(|(negated, state)| Condition { negated, state });
        let list = prop::collection::vec(condition, 1..4);
        let tagged = prop::collection::vec((prop::option::of("/[a-z]{0,2}"), list), 1..4);
        tagged.prop_map(|mut lists| {
            // What has no tag of its own has the one before; lists without any come alone.
            let mut tag = lists[0].0.take();
            let tag_all = tag.is_some();
            let lists = lists.into_iter().map(|(own, conditions)| {
                tag = own.filter(|_| tag_all).or(tag.take());
                ConditionList { tag: tag.clone(), conditions }
            });
            If { lists: lists.collect() }
        })
    }

    /// Pieces of an `If` header in any order.
    const TANGLED: &str = "[ (]{0,2}(Not|N|<|>|\\[|\\]|\"|W/|\\)|\\(|é| |a){0,30}|\\PC{0,30}";

    proptest! {
        #[test]
        fn an_if_header_comes_back_from_how_it_is_written(header in any_if()) {
            prop_assert_eq!(If::parse(&header.to_string()), Some(header));
        }

        #[test]
        fn any_text_is_read_or_refused(text in TANGLED) {
            if let Some(header) = If::parse(&text) {
                prop_assert_eq!(If::parse(&header.to_string()), Some(header));
            }
        }
    }
}
