//! The way out of the pages: what stands in `{{ … }}` of a template is text there.
//! `askama.toml` names it, so that no template can go round it but by `|safe`.

use std::fmt::{self, Write};

use askama::filters::Escaper;
use lukewarm_model::text::{Html, Safe};

/// A page's escaper: markup becomes text, and what acts without being seen is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageEscaper;

impl Escaper for PageEscaper {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        dest.write_str(&Safe::<Html>::of(string))
    }
}
