//! Notes as pages.
//! Owns the page's frame and what is allowed in it: HTML inside a note is shown, not run.

use pulldown_cmark::{Event, Options, Parser, html};
use shelf_core::Card;

/// A whole page for one note.
pub fn page(card: &Card, text: &str) -> String {
    let title = escaped(card.title());
    let body = body_of(text);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\
         </head>\n<body>\n{body}<footer>{} bytes, kept {}</footer>\n</body>\n</html>\n",
        card.bytes(),
        card.kept_at(),
    )
}

fn body_of(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let events = Parser::new_ext(text, options).map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        other => other,
    });
    let mut body = String::new();
    html::push_html(&mut body, events);
    body
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_in_a_note_is_only_shown() {
        assert_eq!(body_of("a *b* <script>"), "<p>a <em>b</em> &lt;script&gt;</p>\n");
    }
}
