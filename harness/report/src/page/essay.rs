//! Markdown that people wrote beside a definition, as HTML that is safe to publish.
//! Raw HTML is shown as text, pictures become their words, and links lead to the web only.

use lukewarm_model::text::visible;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html::push_html};

/// The essay as HTML.
pub(crate) fn html(markdown: &str) -> String {
    // Whether each open link leads to the web; the others lose their tags, not their words.
    let mut links = Vec::new();
    let markdown = visible(markdown);
    let parser = Parser::new_ext(&markdown, Options::ENABLE_TABLES);
    let events = parser.filter(|event| match event {
        Event::Start(Tag::Link { dest_url, .. }) => {
            links.push(is_web(dest_url));
            is_web(dest_url)
        }
        Event::End(TagEnd::Link) => links.pop().unwrap_or(false),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => false,
        _ => true,
    });
    let mut html = String::new();
    push_html(&mut html, events.map(tame));
    html
}

/// Raw HTML becomes text, and headings stand below those of the page.
fn tame(event: Event<'_>) -> Event<'_> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Heading { .. }) => Event::Start(Tag::Heading {
            level: HeadingLevel::H4,
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(_)) => Event::End(TagEnd::Heading(HeadingLevel::H4)),
        other => other,
    }
}

fn is_web(address: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn essays_keep_their_words_and_lose_what_could_act() {
        let essay = "# Why\nA *word*, [out](https://a.example/b), [bad](javascript:x), \
                     ![pixel](https://a.example/p.png) and <b onclick=x>raw</b>.\n";
        insta::assert_snapshot!(html(essay), @r#"
        <h4>Why</h4>
        <p>A <em>word</em>, <a href="https://a.example/b">out</a>, bad, pixel and &lt;b onclick=x&gt;raw&lt;/b&gt;.</p>
        "#);
    }
}
