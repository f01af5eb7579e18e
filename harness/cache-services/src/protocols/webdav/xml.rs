//! XML bodies: parses one into a tree with resolved namespaces, and writes parts of it that keep
//! their meaning elsewhere. Owns well-formedness: what quick-xml leaves to its user (names,
//! characters, one root) is checked here. It must not know a WebDAV element.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{NamespaceResolver, PrefixDeclaration, QName, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

/// The limit of nesting: dropping a tree takes stack.
const DEEPEST: usize = 100;
/// The limit of a namespace, in bytes: responses repeat it with each name.
const LONGEST_NAMESPACE: usize = 1024;

/// A namespace and a name in it. Names that were read together share their namespaces.
pub type Name = (Arc<str>, String);

/// An element.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its resolved name.
    pub name: Name,
    /// Its children, in order.
    pub children: Vec<Node>,
    /// Its qualified name as written.
    written: String,
    /// The namespaces it declares by prefix; the empty prefix is the default.
    declared: Vec<(String, String)>,
    /// Its attributes: qualified names as written, and values.
    attributes: Vec<(String, String)>,
}

/// A child of an element.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, unescaped.
    Text(String),
}

impl Element {
    /// The child elements, in order.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Whether it has that name in the namespace `DAV:`.
    pub fn is(&self, name: &str) -> bool {
        &*self.name.0 == "DAV:" && self.name.1 == name
    }

    /// The first child element of that name in the namespace `DAV:`.
    pub fn find(&self, name: &str) -> Option<&Element> {
        self.elements().find(|element| element.is(name))
    }

    /// Serializes it so that it keeps its meaning anywhere: with the prefixes and the language of
    /// the elements around it, outermost first (RFC 4918, 4.3).
    pub fn fragment(&self, around: &[&Element]) -> String {
        let mut bindings: Vec<(&str, &str)> = Vec::new();
        for (prefix, namespace) in around.iter().chain([&self]).flat_map(|it| &it.declared) {
            bindings.retain(|(bound, _)| bound != prefix);
            bindings.push((prefix, namespace));
        }
        let mut content = String::new();
        self.write_content(&mut content);
        let own = |prefix: &str| self.declared.iter().any(|(declared, _)| declared == prefix);
        // Prefixes in values count too, as in XML Schema's types.
        let uses = |prefix: &str| {
            let mark = format!("{prefix}:");
            self.written.starts_with(&mark)
                || content.contains(&mark)
                || self
                    .attributes
                    .iter()
                    .any(|(name, value)| name.starts_with(&mark) || value.contains(&mark))
        };
        bindings.retain(|(prefix, namespace)| match prefix.is_empty() {
            true => !namespace.is_empty(),
            false => own(prefix) || uses(prefix),
        });
        let lang = around.iter().rev().find_map(|element| element.lang());
        let mut text = format!("<{}", self.written);
        for (prefix, namespace) in bindings {
            write_binding(&mut text, prefix, namespace);
        }
        if let (None, Some(lang)) = (self.lang(), lang) {
            write_attribute(&mut text, "xml:lang", lang);
        }
        self.write_attributes_and_content(&mut text, &content);
        text
    }

    fn lang(&self) -> Option<&str> {
        let found = self.attributes.iter().find(|(name, _)| name == "xml:lang");
        found.map(|(_, value)| value.as_str())
    }

    fn write(&self, text: &mut String) {
        text.push('<');
        text.push_str(&self.written);
        for (prefix, namespace) in &self.declared {
            write_binding(text, prefix, namespace);
        }
        let mut content = String::new();
        self.write_content(&mut content);
        self.write_attributes_and_content(text, &content);
    }

    fn write_attributes_and_content(&self, text: &mut String, content: &str) {
        for (name, value) in &self.attributes {
            write_attribute(text, name, value);
        }
        // Writing to a string cannot fail.
        let _ = match content.is_empty() {
            true => write!(text, "/>"),
            false => write!(text, ">{content}</{}>", self.written),
        };
    }

    fn write_content(&self, text: &mut String) {
        for node in &self.children {
            match node {
                Node::Element(element) => element.write(text),
                Node::Text(characters) => text.push_str(&escape(characters)),
            }
        }
    }
}

fn write_binding(text: &mut String, prefix: &str, namespace: &str) {
    match prefix {
        "" => write_attribute(text, "xmlns", namespace),
        _ => write_attribute(text, &format!("xmlns:{prefix}"), namespace),
    }
}

fn write_attribute(text: &mut String, name: &str, value: &str) {
    let _ = write!(text, " {name}=\"{}\"", escape(value));
}

/// An empty element of that name, for a response in which `D` is `DAV:` and there is no default
/// namespace.
pub fn empty(name: &Name) -> String {
    match &*name.0 {
        "DAV:" => format!("<D:{}/>", name.1),
        "" => format!("<{}/>", name.1),
        namespace => format!("<x:{} xmlns:x=\"{}\"/>", name.1, escape(namespace)),
    }
}

/// Escapes text for element content and quoted values.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '>', '&', '"', '\'', '\t', '\n', '\r']) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            // A parser would normalize them.
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            other => escaped.push(other),
        }
    }
    escaped.into()
}

/// Parses a body; none where it is malformed, has a document type (no custom entities), or is
/// nested too deeply.
pub fn parse(body: &[u8]) -> Option<Element> {
    let text = decode(body)?;
    let mut reader = NsReader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    let (mut open, mut root): (Vec<Element>, _) = (Vec::new(), None);
    let mut namespaces = BTreeSet::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) if open.len() < DEEPEST && root.is_none() => {
                open.push(element(&tag, reader.resolver(), &mut namespaces)?);
            }
            Event::End(_) => {
                let closed = open.pop()?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(Node::Element(closed)),
                    None => root = Some(closed),
                }
            }
            Event::Text(text) => add_text(&mut open, &text.xml10_content())?,
            Event::CData(text) if !open.is_empty() => add_text(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) if !open.is_empty() => {
                let character = match reference.resolve_char_ref().ok()? {
                    Some(character) => character,
                    None => quick_xml::escape::resolve_xml_entity(&reference)?.chars().next()?,
                };
                add_text(&mut open, character.encode_utf8(&mut [0; 4]))?;
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof if open.is_empty() => return root,
            _ => return None,
        }
    }
}

/// Decodes UTF-8, or UTF-16 with a byte order mark: XML parsers must accept both.
fn decode(body: &[u8]) -> Option<Cow<'_, str>> {
    let order: fn([u8; 2]) -> u16 = match body {
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        _ => {
            let text = std::str::from_utf8(body).ok()?;
            return Some(text.strip_prefix('\u{FEFF}').unwrap_or(text).into());
        }
    };
    let (pairs, odd) = body[2..].as_chunks();
    let units = pairs.iter().map(|pair| order(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.ok().filter(|_| odd.is_empty()).map(Cow::Owned)
}

fn add_text(open: &mut [Element], text: &str) -> Option<()> {
    if !text.chars().all(is_allowed) {
        return None;
    }
    let Some(parent) = open.last_mut() else {
        // Around the root there may be white space.
        return text.trim_matches([' ', '\t', '\n', '\r']).is_empty().then_some(());
    };
    match parent.children.last_mut() {
        Some(Node::Text(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => parent.children.push(Node::Text(text.to_owned())),
    }
    Some(())
}

/// An element from its start tag.
fn element(
    tag: &BytesStart<'_>,
    resolver: &NamespaceResolver,
    namespaces: &mut BTreeSet<Arc<str>>,
) -> Option<Element> {
    let (namespace, local) = resolver.resolve_element(tag.name());
    let namespace = match namespace {
        ResolveResult::Bound(namespace) => shared(&value(namespace.0)?, namespaces)?,
        ResolveResult::Unbound => shared("", namespaces)?,
        ResolveResult::Unknown(_) => return None,
    };
    let name = (namespace, local.into_inner().to_owned());
    let written = tag.name().0.to_owned();
    let (mut declared, mut attributes) = (Vec::new(), Vec::new());
    for attribute in tag.attributes() {
        let attribute = attribute.ok()?;
        let text = value(&attribute.value)?;
        match attribute.key.as_namespace_binding() {
            Some(_) if text.len() > LONGEST_NAMESPACE => return None,
            Some(PrefixDeclaration::Default) => declared.push((String::new(), text)),
            Some(PrefixDeclaration::Named(prefix)) if is_plain(prefix) && !text.is_empty() => {
                declared.push((prefix.to_owned(), text));
            }
            Some(PrefixDeclaration::Named(_)) => return None,
            None => {
                let (namespace, _) = resolver.resolve_attribute(attribute.key);
                let known = !matches!(namespace, ResolveResult::Unknown(_));
                if !known || !is_name(attribute.key) {
                    return None;
                }
                attributes.push((attribute.key.0.to_owned(), text));
            }
        }
    }
    let children = Vec::new();
    is_name(tag.name()).then_some(Element { name, children, written, declared, attributes })
}

/// A shared namespace string; none where it is too long.
fn shared(namespace: &str, known: &mut BTreeSet<Arc<str>>) -> Option<Arc<str>> {
    if let Some(namespace) = known.get(namespace) {
        return Some(Arc::clone(namespace));
    }
    let namespace: Arc<str> = (namespace.len() <= LONGEST_NAMESPACE).then_some(namespace)?.into();
    known.insert(Arc::clone(&namespace));
    Some(namespace)
}

/// The normalized value of an attribute.
fn value(written: &str) -> Option<String> {
    let attribute = Attribute { key: QName("value"), value: Cow::Borrowed(written) };
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
    (value.chars().all(is_allowed) && !written.contains('<')).then(|| value.into_owned())
}

/// Whether a qualified name is well-formed.
fn is_name(name: QName<'_>) -> bool {
    let prefix = name.prefix();
    prefix.is_none_or(|prefix| is_plain(prefix.into_inner()))
        && is_plain(name.local_name().into_inner())
}

/// Whether a name without a prefix is well-formed (Namespaces in XML, `NCName`).
fn is_plain(name: &str) -> bool {
    let starts = |first: char| {
        first == '_' || first.is_ascii_alphabetic() || (first >= '\u{C0}' && is_letter(first))
    };
    let goes_on =
        |next: char| starts(next) || matches!(next, '-' | '.' | '\u{B7}') || next.is_ascii_digit();
    name.starts_with(starts) && name.chars().all(goes_on)
}

/// Whether a character beyond ASCII may begin a name (XML 1.0, fifth edition, production 4).
fn is_letter(character: char) -> bool {
    matches!(character,
        '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
        | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// Whether a character is allowed in XML (XML 1.0, production 2).
fn is_allowed(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A property inside `outer` as it would be kept, and read back from an answer.
    fn kept(outer: &str, inner: &str) -> (String, Element) {
        let document = parse(outer.replace("HERE", inner).as_bytes()).unwrap();
        let inside = document.elements().next().unwrap();
        let text = inside.fragment(&[&document]);
        let answer = format!("<D:prop xmlns:D=\"DAV:\">{text}</D:prop>");
        let again = parse(answer.as_bytes()).unwrap();
        let again = again.elements().next().unwrap().clone();
        (text, again)
    }

    #[test]
    fn a_part_keeps_what_it_means_elsewhere() {
        let outer = "<o xmlns='urn:default' xmlns:a='urn:a' xmlns:b='urn:b' xml:lang='en'>HERE</o>";
        let (text, again) = kept(outer, "<a:x t='b:type'><y/>&amp;&#65536; <![CDATA[<]]></a:x>");
        assert_eq!(
            text,
            "<a:x xmlns=\"urn:default\" xmlns:a=\"urn:a\" xmlns:b=\"urn:b\" xml:lang=\"en\" \
             t=\"b:type\"><y/>&amp;\u{10000} &lt;</a:x>"
        );
        assert_eq!(again.name, ("urn:a".into(), "x".to_owned()));
        let y = again.elements().next().unwrap();
        assert_eq!(y.name, ("urn:default".into(), "y".to_owned()));
        let (text, again) = kept("<D:o xmlns:D='DAV:'>HERE</D:o>", "<x xmlns='' xml:lang='de'/>");
        assert_eq!((text.as_str(), &*again.name.0), ("<x xml:lang=\"de\"/>", ""));
        let (text, _) = kept("<o xmlns='u'>HERE</o>", "<p:x xmlns:p='v'><z xmlns=''/></p:x>");
        assert_eq!(text, "<p:x xmlns=\"u\" xmlns:p=\"v\"><z xmlns=\"\"/></p:x>");
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let wrong = [
            "",
            " ",
            "text",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>x",
            "<a b:c='1'/>",
            "<b:a/>",
            "<b:a xmlns:b=''/>",
            "<a b='1' b='2'/>",
            "<a>&none;</a>",
            "<a>&#1;</a>",
            "<a>\u{1}</a>",
            "<1a/>",
            "<a:b:c xmlns:a='u'/>",
            "<a 1='x'/>",
            "<a b='<'/>",
            "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
            "<xml:a xmlns:xml='other'/>",
            "<a xmlns:xmlns='u'/>",
            "<a b='&none;'/>",
            "<:a/>",
            "<a:/>",
        ];
        for text in wrong {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(&[0xFF]), None);
        let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert!(parse(deep(DEEPEST).as_bytes()).is_some());
        assert_eq!(parse(deep(DEEPEST + 1).as_bytes()), None);
    }

    #[test]
    fn a_namespace_is_kept_once_and_is_not_long() {
        let of = |length: usize| format!("<a xmlns='{}'><b/><c/></a>", "u".repeat(length));
        let read = parse(of(LONGEST_NAMESPACE).as_bytes()).unwrap();
        assert!(read.elements().all(|it| Arc::ptr_eq(&it.name.0, &read.name.0)));
        assert_eq!(parse(of(LONGEST_NAMESPACE + 1).as_bytes()), None);
        let unused = format!("<a xmlns:b='{}'/>", "u".repeat(LONGEST_NAMESPACE + 1));
        assert_eq!(parse(unused.as_bytes()), None);
    }

    #[test]
    fn bodies_may_be_in_utf_16() {
        let text = "\u{FEFF}<?xml version=\"1.0\"?>\n<ä>ö\u{10000}</ä>\n";
        let wanted = parse(text.as_bytes()).unwrap();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(parse(&big), Some(wanted.clone()));
        assert_eq!(parse(&little), Some(wanted));
        assert_eq!(parse(&big[..big.len() - 1]), None);
    }

    /// The content of an element that binds the prefix `b`.
    fn content() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "<(b:)?[ac]( xmlns(:d)?='[uv]')?( (b:|xml:)?x='[^<&'\\p{C}]{0,3}')?/>",
            "[^<&\\p{C}]{0,5}",
            "&(amp|lt|#x[2-9a-c][0-9a-f]|#65536|#13);",
            "<!\\[CDATA\\[[^\\]\\p{C}]{0,5}\\]\\]>",
        ];
        leaf.prop_recursive(4, 20, 4, |inner| {
            let tag = "(b:)?[ac]( xmlns(:[bd])?='[uv]')?( xml:lang='[de]')?";
            (tag, prop::collection::vec(inner, 0..4)).prop_map(|(tag, inner)| {
                let name = tag.split(' ').next().unwrap_or_default();
                format!("<{tag}>{}</{name}>", inner.concat())
            })
        })
    }

    proptest! {
        #[test]
        fn whatever_is_read_comes_back_from_what_is_written(text in content()) {
            let outer = format!("<o xmlns='w' xmlns:b='u' xml:lang='f'>{text}</o>");
            let element = parse(outer.as_bytes()).unwrap();
            for inside in element.elements() {
                let written = inside.fragment(&[&element]);
                let again = parse(written.as_bytes());
                prop_assert!(again.is_some(), "{}", written);
                let again = again.unwrap();
                prop_assert_eq!(&again.name, &inside.name);
                prop_assert_eq!(&again.children, &inside.children);
                prop_assert_eq!(again.lang(), inside.lang().or(Some("f")));
                prop_assert_eq!(again.fragment(&[]), written);
            }
        }

        #[test]
        fn a_text_of_which_a_part_is_another_is_read_or_refused(
            text in content(), at in any::<prop::sample::Index>(), other in "[<>/&;'\"=:! ]|\\PC"
        ) {
            let mut text: Vec<char> = format!("<o xmlns:b='u'>{text}</o>").chars().collect();
            let at = at.index(text.len());
            text.splice(at..=at, other.chars());
            if let Some(element) = parse(text.into_iter().collect::<String>().as_bytes()) {
                let written = element.fragment(&[]);
                let again = parse(written.as_bytes());
                prop_assert_eq!(again.map(|again| again.fragment(&[])), Some(written));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&body);
        }

        #[test]
        fn any_characters_can_be_kept(text in "\\PC{0,30}[\t\r\n]{0,3}") {
            prop_assume!(!text.is_empty());
            let written = format!("<a b=\"{0}\">{0}</a>", escape(&text));
            let element = parse(written.as_bytes()).unwrap();
            prop_assert_eq!(&element.attributes[0].1, &text);
            prop_assert_eq!(&element.children, &[Node::Text(text.clone())]);
        }
    }
}
