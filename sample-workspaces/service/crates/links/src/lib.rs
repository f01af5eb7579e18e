//! The addresses that a note points to.
//! Owns which of them count: web addresses, each once, in the order of the text.

use pulldown_cmark::{Event, Parser, Tag};
use shelf_core::NoteId;
use url::Url;

/// The scheme of links from one note to another.
const SHELF_SCHEME: &str = "shelf";

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// To a page on the web.
    Web(Url),
    /// To another note.
    Note(NoteId),
}

/// All links of a note, each once. Relative and broken ones are left out.
pub fn links_in(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    for event in Parser::new(text) {
        if let Event::Start(Tag::Link { dest_url, .. }) = event
            && let Some(link) = read_link(&dest_url)
            && !links.contains(&link)
        {
            links.push(link);
        }
    }
    links
}

impl Link {
    /// The address as text.
    pub fn address(&self) -> String {
        match self {
            Link::Web(url) => url.to_string(),
            Link::Note(id) => format!("{SHELF_SCHEME}:{id}"),
        }
    }
}

fn read_link(address: &str) -> Option<Link> {
    let url = Url::parse(address).ok()?;
    match url.scheme() {
        "http" | "https" => Some(Link::Web(url)),
        SHELF_SCHEME => url.path().parse().ok().map(Link::Note),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_addresses_count_and_each_once() {
        let text = "[a](https://Example.org) [b](https://example.org/) [c](notes.md) \
                    [d](shelf:0123456789abcdef) [e](shelf:nowhere)";
        let addresses: Vec<String> = links_in(text).iter().map(Link::address).collect();
        assert_eq!(addresses, ["https://example.org/", "shelf:0123456789abcdef"]);
    }
}
