//! What an HTML page says of itself: Open Graph where it is there, else title and description.

use html5gum::Tokenizer;
use html5gum::emitters::default::{DefaultEmitter, StartTag, Token};
use quipu_schema::content::{CONTENT_V, PreviewContent};
use quipu_schema::limits;
use url::Url;

use crate::address::{Policy, allowed};

/// So far into a page its character encoding is looked for (HTML standard, 13.2.3.2).
const PRESCAN_BYTES: usize = 1024;

/// Whether a `Content-Type` is that of a page.
pub fn is_page(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(essence.as_str(), "text/html" | "application/xhtml+xml")
}

/// The label of the character encoding that a page is in, by its header, else by its first lines; UTF-8 where neither says.
pub fn encoding(content_type: &str, page: &[u8]) -> String {
    if page.starts_with(&[0xef, 0xbb, 0xbf]) {
        return "utf-8".to_owned();
    }
    let start = page.get(..PRESCAN_BYTES.min(page.len())).unwrap_or_default();
    let start = String::from_utf8_lossy(start);
    label(content_type)
        .or_else(|| in_meta(&start)?.trim().to_ascii_lowercase().into())
        .unwrap_or_else(|| "utf-8".to_owned())
}

fn label(text: &str) -> Option<String> {
    let at = text.to_ascii_lowercase().find("charset=")?;
    let value = text.get(at + "charset=".len()..)?.trim_start_matches(['"', '\'', ' ']);
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:".contains(c)).unwrap_or(value.len());
    value.get(..end).filter(|label| !label.is_empty()).map(str::to_ascii_lowercase)
}

fn in_meta(start: &str) -> Option<String> {
    tags(start).find_map(|token| match token {
        Token::StartTag(tag) if name(&tag) == "meta" => attribute(&tag, "charset").or_else(|| {
            let is_type = attribute(&tag, "http-equiv")?.eq_ignore_ascii_case("content-type");
            label(&attribute(&tag, "content")?).filter(|_| is_type)
        }),
        _ => None,
    })
}

/// What was found so far. The first of each kind counts.
#[derive(Default)]
struct Found {
    title: Option<String>,
    og_title: Option<String>,
    description: Option<String>,
    og_description: Option<String>,
    image: Option<String>,
    site: Option<String>,
}

/// Reads a page that was found at `at`, of a link as it stands in a message. `None` where it says nothing of itself.
pub fn read(html: &str, at: &Url, link: &str, policy: Policy) -> Option<PreviewContent> {
    let mut found = Found::default();
    let mut title: Option<String> = None;
    for token in tags(html) {
        match token {
            Token::StartTag(tag) => match name(&tag).as_str() {
                "meta" => found.meta(&tag),
                "title" if found.title.is_none() => title = Some(String::new()),
                // What a page says of itself stands before what it says.
                "body" => break,
                _ => {}
            },
            Token::String(text) => {
                if let Some(title) = &mut title {
                    title.push_str(&String::from_utf8_lossy(&text));
                }
            }
            Token::EndTag(tag) if tag.name.eq_ignore_ascii_case(b"title") => {
                found.title = found.title.or(title.take());
            }
            _ => {}
        }
    }
    let chars = limits::PREVIEW_TITLE_CHARS;
    let title = tidy(found.og_title.or(found.title), chars);
    let description = tidy(found.og_description.or(found.description), limits::PREVIEW_DESCRIPTION_CHARS);
    if title.is_none() && description.is_none() {
        return None;
    }
    let image = found.image.and_then(|image| picture(at, &image, policy));
    Some(PreviewContent {
        description,
        image,
        site: tidy(found.site, chars),
        title,
        url: link.to_owned(),
        v: CONTENT_V,
    })
}

impl Found {
    fn meta(&mut self, tag: &StartTag<()>) {
        let key = attribute(tag, "property").or_else(|| attribute(tag, "name"));
        let (Some(key), Some(content)) = (key, attribute(tag, "content")) else { return };
        let slot = match key.trim().to_ascii_lowercase().as_str() {
            "og:title" | "twitter:title" => &mut self.og_title,
            "og:description" | "twitter:description" => &mut self.og_description,
            "description" => &mut self.description,
            "og:image" | "og:image:url" | "og:image:secure_url" | "twitter:image" => &mut self.image,
            "og:site_name" => &mut self.site,
            _ => return,
        };
        if slot.is_none() && !content.trim().is_empty() {
            *slot = Some(content);
        }
    }
}

/// The address of a picture, where a reader's browser may show it: https, and none that leads into anybody's own network.
fn picture(at: &Url, image: &str, policy: Policy) -> Option<String> {
    let url = at.join(image.trim()).ok()?;
    let secure = url.scheme() == "https";
    let url = String::from(allowed(url.as_str(), policy).filter(|_| secure)?);
    let breaks = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\\');
    (!url.contains(breaks) && url.len() <= limits::URL_BYTES).then_some(url)
}

/// One line of words: no control characters, none that change the direction of writing, and no more than so many.
fn tidy(text: Option<String>, chars: usize) -> Option<String> {
    let is_mark =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let text = text?;
    let plain: String = text.chars().filter(|c| !is_mark(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = words.chars().take(chars).collect();
    if short.len() < words.len() {
        short = short.chars().take(chars - 1).collect::<String>().trim_end().to_owned() + "…";
    }
    (!short.is_empty()).then_some(short)
}

fn tags(html: &str) -> impl Iterator<Item = Token> {
    let mut emitter = DefaultEmitter::default();
    // Text of titles, scripts and styles is no markup.
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).filter_map(Result::ok)
}

fn name(tag: &StartTag<()>) -> String {
    String::from_utf8_lossy(&tag.name).to_ascii_lowercase()
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()))?.1;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(html: &str) -> Option<PreviewContent> {
        let at = Url::parse("https://rust-lang.org/blog/").unwrap();
        read(html, &at, "https://rust-lang.org/blog/#x", Policy::default())
    }

    #[test]
    fn open_graph_goes_before_title_and_description() {
        let page = of(r#"<!doctype html><html><head><title>Plain</title><meta name=description content="plain words">
            <meta property="og:title" content="Fish &amp; chips"><meta property='og:description' content='A&#x20AC;5 dish'>
            <META PROPERTY="OG:IMAGE" CONTENT="../fish.png"><meta property="og:site_name" content="Harbour"></head><body>"#);
        let page = page.unwrap();
        assert_eq!(page.title.as_deref(), Some("Fish & chips"));
        assert_eq!(page.description.as_deref(), Some("A€5 dish"));
        assert_eq!(page.image.as_deref(), Some("https://rust-lang.org/fish.png"));
        assert_eq!(page.site.as_deref(), Some("Harbour"));
        assert_eq!(page.url, "https://rust-lang.org/blog/#x");
    }

    #[test]
    fn a_title_alone_is_enough_and_markup_in_it_is_none() {
        let page = of("<title>\n Fish &lt;b&gt; <b>chips</b>\u{202e} \n</title><body><title>Other</title>").unwrap();
        assert_eq!(page.title.as_deref(), Some("Fish <b> <b>chips</b>"));
        assert_eq!((page.description, page.image, page.site), (None, None, None));
    }

    #[test]
    fn what_says_nothing_has_no_preview() {
        for html in [
            "",
            "no page",
            "<title></title>",
            "<title> \u{1} \u{202e} </title>",
            "<title>never ends",
            "<script>'<title>not this</title>'</script>",
            "<!-- <title>nor this</title> -->",
            "<body><title>an icon's</title>",
            r#"<meta property="og:image" content="https://a.ch/i.png">"#,
            "<meta property=og:title>",
        ] {
            assert_eq!(of(html), None, "{html}");
        }
    }

    #[test]
    fn pictures_are_public_and_safe() {
        let image = |address: &str| {
            of(&format!(r#"<title>t</title><meta property="og:image" content="{address}">"#)).unwrap().image
        };
        assert_eq!(image("https://cdn.rust-lang.org/a b.png").as_deref(), Some("https://cdn.rust-lang.org/a%20b.png"));
        for address in [
            "http://rust-lang.org/i.png",
            "https://127.0.0.1/i.png",
            "https://router/i.png",
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "https://rust-lang.org/it's.png",
            "https://ana@rust-lang.org/i.png",
        ] {
            assert_eq!(image(address), None, "{address}");
        }
    }

    #[test]
    fn long_words_are_cut() {
        let long = "é".repeat(5000);
        let page = of(&format!("<title>{long}</title><meta name=description content='{long}'>")).unwrap();
        assert_eq!(page.title.unwrap().chars().count(), limits::PREVIEW_TITLE_CHARS);
        assert_eq!(page.description.unwrap().chars().count(), limits::PREVIEW_DESCRIPTION_CHARS);
    }

    #[test]
    fn encodings_are_found_where_they_are_said() {
        for (header, page, label) in [
            ("text/html; charset=ISO-8859-1", "", "iso-8859-1"),
            ("text/html;charset=\"utf-8\"", "<meta charset=koi8-r>", "utf-8"),
            ("text/html", "<meta charset='Shift_JIS'>", "shift_jis"),
            ("text/html", "<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>", "windows-1251"),
            ("text/html", "\u{feff}<meta charset=koi8-r>", "utf-8"),
            ("text/html", "<title>t</title>", "utf-8"),
            ("text/html; charset=", "", "utf-8"),
        ] {
            assert_eq!(encoding(header, page.as_bytes()), label, "{header} {page}");
        }
        assert!(is_page("text/html") && is_page(" Text/HTML ; charset=x") && is_page("application/xhtml+xml"));
        assert!(!is_page("text/plain") && !is_page("application/json") && !is_page("") && !is_page("text/htmlx"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(html in "(<(title|meta|body|/title|script)( [a-z:]{1,8}=['\"]?[^>]{0,8})?>|.){0,40}") {
            let _ = of(&html);
            let _ = encoding("", html.as_bytes());
        }
    }
}
