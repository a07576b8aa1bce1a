//! The grammar of queries.
//!
//! ```text
//! query  = *( space / word / phrase / filter )
//! word   = letters, with "\" before any character that would mean something, and "*" at its end for all words that begin so
//! phrase = a quotation mark, anything, a quotation mark; "\" before a quotation mark or a "\" inside; "*" after it as after a word
//! filter = name ":" ( word / phrase ), with the name from, in, before, after, has or mentions
//! ```
//!
//! A colon after any other name is text. All words, phrases and kinds of filter must hold; of one kind given several times, `from:`, `in:` and
//! `mentions:` ask for any, `has:` for all, and `before:` and `after:` for the narrowest.

use quipu_schema::ids::UserRef;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};

use super::date;
use super::terms::tokens;
use super::within::Within;

/// What somebody asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// Words and phrases that the text must hold.
    pub phrases: Vec<Phrase>,
    /// Who may have written it; empty: anybody.
    pub from: Vec<Who>,
    /// Whom it may mention; empty: it need not.
    pub mentions: Vec<Who>,
    /// Conversations it may be in; empty: any.
    pub within: Vec<Within>,
    /// Sent before this moment, Unix milliseconds.
    pub before: Option<u64>,
    /// Sent at this moment or later.
    pub after: Option<u64>,
    /// It holds a link.
    pub link: bool,
    /// It mentions somebody.
    pub mention: bool,
}

/// Words that stand one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// Its parts, at least one.
    pub parts: Vec<Part>,
}

/// One term of a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its position in the phrase.
    pub offset: usize,
    /// The folded term.
    pub term: String,
    /// Whether a term that only begins so will do.
    pub prefix: bool,
    /// Whether it is a single letter of a script without spaces: then only that letter is marked.
    pub letter: bool,
}

/// A person as a query names one.
#[derive(Debug, Clone, PartialEq)]
pub enum Who {
    /// Whoever asks.
    Me,
    /// By id.
    User(UserRef),
    /// By beginnings of the words of their name.
    Named(Vec<String>),
}

/// A word, a phrase, or the value of a filter, as it was written.
struct Piece {
    filter: Option<Filter>,
    text: String,
    prefix: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    From,
    In,
    Before,
    After,
    Has,
    Mentions,
}

impl Filter {
    const ALL: [(&'static str, Self); 6] = [
        ("from", Self::From),
        ("in", Self::In),
        ("before", Self::Before),
        ("after", Self::After),
        ("has", Self::Has),
        ("mentions", Self::Mentions),
    ];

    fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, filter)| *filter)
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, filter)| *filter == self).map_or("", |(name, _)| name)
    }
}

fn refused(sentence: impl Into<String>) -> Rejection {
    Rejection::new(Code::InvalidValue, sentence)
}

impl Query {
    /// Reads a query. Dates without a time are days so many minutes east of UTC.
    ///
    /// # Errors
    /// `invalid_value`, with a sentence about what to mend.
    pub fn parse(text: &str, utc_offset_min: i32) -> Result<Self, Rejection> {
        if text.len() > limits::SEARCH_QUERY_BYTES {
            return Err(refused(format!("A query may have at most {} bytes.", limits::SEARCH_QUERY_BYTES)));
        }
        let mut query = Self::default();
        let mut conditions = 0;
        let mut rest = text.chars().peekable();
        while let Some(piece) = piece(&mut rest)? {
            conditions += 1;
            if conditions > limits::SEARCH_CONDITIONS {
                let most = limits::SEARCH_CONDITIONS;
                return Err(refused(format!("A query may have at most {most} words, phrases and filters.")));
            }
            query.take(piece, utc_offset_min)?;
        }
        if query == Self::default() {
            return Err(refused(
                "There is nothing to search for: give a word, a \"phrase\" or a filter such as from:me.",
            ));
        }
        Ok(query)
    }

    fn take(&mut self, Piece { filter, text, prefix }: Piece, utc_offset_min: i32) -> Result<(), Rejection> {
        let Some(filter) = filter else {
            self.phrases.extend(Phrase::of(&text, prefix));
            return Ok(());
        };
        let name = filter.name();
        if text.trim().is_empty() {
            return Err(refused(format!("`{name}:` needs a value right after the colon.")));
        }
        if prefix {
            return Err(refused(format!("`*` does not go with `{name}:`.")));
        }
        let moment = || {
            date::parse(&text, utc_offset_min)
                .ok_or_else(|| refused(format!("`{name}:` takes a date such as 2026-11-24, or 2026-11-24T18:30:00Z.")))
        };
        match filter {
            Filter::From => self.from.push(Who::parse(name, &text)?),
            Filter::Mentions => self.mentions.push(Who::parse(name, &text)?),
            Filter::In => self.within.push(
                Within::parse(&text).ok_or_else(|| refused("`in:` takes the name of a conversation, or its id."))?,
            ),
            Filter::Before => self.before = Some(self.before.unwrap_or(u64::MAX).min(moment()?)),
            Filter::After => self.after = Some(self.after.unwrap_or(0).max(moment()?)),
            Filter::Has => match text.to_ascii_lowercase().as_str() {
                "link" | "links" => self.link = true,
                "mention" | "mentions" => self.mention = true,
                _ => return Err(refused("`has:` takes link or mention.")),
            },
        }
        Ok(())
    }
}

impl Phrase {
    /// The terms of a text; `None` where it has none, such as of a lone dash.
    pub fn of(text: &str, prefix: bool) -> Option<Self> {
        let tokens = tokens(text);
        let mut parts: Vec<Part> = Vec::with_capacity(tokens.len());
        for (offset, token) in tokens.iter().enumerate() {
            let before = offset.checked_sub(1).and_then(|before| tokens.get(before));
            // The last letter of a run is in the pair before it already.
            if token.letters == 1
                && before.is_some_and(|before| before.letters == 2 && before.range.end == token.range.end)
            {
                continue;
            }
            let last = offset + 1 == tokens.len();
            let letter = token.letters == 1;
            let prefix = letter || (prefix && last && token.letters == 0);
            parts.push(Part { offset, term: token.term.clone(), prefix, letter });
        }
        (!parts.is_empty()).then_some(Self { parts })
    }
}

impl Who {
    fn parse(name: &str, text: &str) -> Result<Self, Rejection> {
        if text.eq_ignore_ascii_case("me") {
            return Ok(Self::Me);
        }
        if let Ok(user) = UserRef::parse(text) {
            return Ok(Self::User(user));
        }
        let words: Vec<String> = tokens(text).into_iter().map(|token| token.term).collect();
        if words.is_empty() {
            return Err(refused(format!("`{name}:` takes me, a name, a user id, or sub: and your own user id.")));
        }
        Ok(Self::Named(words))
    }
}

/// Whether every one of these words begins a word of a name.
pub fn is_named(words: &[String], name: &str) -> bool {
    let own = tokens(name);
    words.iter().all(|word| own.iter().any(|token| token.term.starts_with(word.as_str())))
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Quotation marks: the typewriter's, and those that phones put in its place.
fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

fn piece(rest: &mut Rest<'_>) -> Result<Option<Piece>, Rejection> {
    while rest.next_if(|character| character.is_whitespace()).is_some() {}
    let Some(first) = rest.peek() else { return Ok(None) };
    if is_quote(*first) {
        return quoted(rest, None).map(Some);
    }
    let (mut filter, mut text, mut plain) = (None, String::new(), true);
    let mut prefix = false;
    while let Some(character) = rest.next_if(|character| !character.is_whitespace()) {
        if prefix {
            return Err(refused("`*` stands at the end of a word; write \\* for the character itself."));
        }
        match character {
            '\\' => {
                text.push(escaped(rest)?);
                plain = false;
            }
            '*' => prefix = true,
            ':' if filter.is_none() && plain && Filter::of(&text).is_some() => {
                filter = Filter::of(&text);
                text.clear();
                if rest.peek().copied().is_some_and(is_quote) {
                    return quoted(rest, filter).map(Some);
                }
            }
            other => text.push(other),
        }
        if rest.peek().copied().is_some_and(is_quote) && filter.is_none() {
            break;
        }
    }
    if prefix && tokens(&text).is_empty() {
        return Err(refused("`*` stands at the end of a word: give at least one letter before it."));
    }
    Ok(Some(Piece { filter, text, prefix }))
}

fn quoted(rest: &mut Rest<'_>, filter: Option<Filter>) -> Result<Piece, Rejection> {
    rest.next();
    let mut text = String::new();
    loop {
        match rest.next() {
            Some('\\') => text.push(escaped(rest)?),
            Some(character) if is_quote(character) => break,
            Some(character) => text.push(character),
            None => return Err(refused("A quotation mark is not closed; write \\\" for the character itself.")),
        }
    }
    let prefix = rest.next_if_eq(&'*').is_some();
    Ok(Piece { filter, text, prefix })
}

fn escaped(rest: &mut Rest<'_>) -> Result<char, Rejection> {
    rest.next().ok_or_else(|| refused("`\\` at the end escapes nothing; write \\\\ for the character itself."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Query {
        Query::parse(text, 0).unwrap_or_else(|rejection| panic!("{text}: {}", rejection.message))
    }

    /// Phrases as they would be written, parts joined by `+`.
    fn phrases(text: &str) -> Vec<String> {
        let part = |part: &Part| format!("{}{}", part.term, if part.prefix { "*" } else { "" });
        parse(text).phrases.iter().map(|phrase| phrase.parts.iter().map(part).collect::<Vec<_>>().join("+")).collect()
    }

    #[test]
    fn words_phrases_and_prefixes() {
        assert_eq!(phrases("Tea  \"two cups\" bisc*"), ["tea", "two+cups", "bisc*"]);
        assert_eq!(phrases("\"two cu\"*"), ["two+cu*"]);
        assert_eq!(phrases("“two cups” don't"), ["two+cups", "don+t"]);
        assert_eq!(phrases("ana@example.org 10:30"), ["ana+example+org", "10+30"]);
        assert_eq!(phrases("漢字化 字"), ["漢字+字化", "字*"]);
        assert_eq!(phrases("手机 — iPhone"), ["手机", "iphone"]);
        assert_eq!(phrases("\"手机 iPhone\""), ["手机+iphone"]);
    }

    #[test]
    fn positions_of_a_phrase_count_every_letter_of_a_run() {
        let query = parse("\"手机 iPhone\"");
        assert_eq!(query.phrases[0].parts.iter().map(|part| part.offset).collect::<Vec<_>>(), [0, 2]);
    }

    #[test]
    fn escapes_make_text_of_what_would_mean_something() {
        assert_eq!(phrases("from\\:me"), ["from+me"]);
        assert_eq!(phrases("\\\"quoted\\\" 2\\*3 a\\\\b"), ["quoted", "2+3", "a+b"]);
        assert_eq!(phrases("\"say \\\"hi\\\" now\""), ["say+hi+now"]);
        assert_eq!(phrases("\"from:me\""), ["from+me"]);
        assert_eq!(phrases("https://example.org"), ["https+example+org"]);
    }

    #[test]
    fn filters() {
        let query =
            parse("from:me FROM:\"Ana López\" from:sub:ben mentions:@ana in:\"Book club\" has:link has:mention tea");
        assert_eq!(query.from[0], Who::Me);
        assert_eq!(query.from[1], Who::Named(vec!["ana".into(), "lopez".into()]));
        assert_eq!(query.from[2], Who::User(UserRef::Subject("ben".into())));
        assert_eq!(query.mentions, [Who::Named(vec!["ana".into()])]);
        assert_eq!(query.within, [Within::Named(vec!["book".into(), "club".into()])]);
        assert!(query.link && query.mention && query.phrases.len() == 1);
        let dates = parse("after:2026-11-01 after:2026-11-02 before:2026-11-24 before:2026-11-23T12:00:00Z");
        assert_eq!((dates.after, dates.before), (date::parse("2026-11-02", 0), date::parse("2026-11-23T12:00:00Z", 0)));
        assert_eq!(Query::parse("after:2026-11-02", 60).unwrap().after, dates.after.map(|at| at - 3_600_000));
    }

    #[test]
    fn bad_queries_are_refused_with_a_sentence() {
        let long = "a".repeat(limits::SEARCH_QUERY_BYTES + 1);
        let many = "a ".repeat(limits::SEARCH_CONDITIONS + 1);
        for (text, word) in [
            ("", "nothing"),
            ("   ", "nothing"),
            ("— !", "nothing"),
            ("\"tea", "not closed"),
            ("from:\"ana", "not closed"),
            ("from:", "needs a value"),
            ("from: ana", "needs a value"),
            ("from:\" \"", "needs a value"),
            ("from:!!", "takes me"),
            ("in:!!", "takes the name"),
            ("from:an*", "does not go"),
            ("before:yesterday", "takes a date"),
            ("after:2026-02-30", "takes a date"),
            ("has:cheese", "takes link"),
            ("*", "at least one letter"),
            ("a*b", "at the end"),
            ("tea\\", "escapes nothing"),
            (long.as_str(), "at most"),
            (many.as_str(), "at most"),
        ] {
            let rejection = Query::parse(text, 0).expect_err(text);
            assert_eq!(rejection.code, Code::InvalidValue);
            assert!(rejection.message.contains(word), "{text}: {}", rejection.message);
        }
    }

    #[test]
    fn names_are_found_by_beginnings_of_their_words() {
        let named = |text: &str, name: &str| matches!(Who::parse("from", text), Ok(Who::Named(words)) if is_named(&words, name));
        assert!(named("lop ana", "Ana López") && named("ana", "ana") && named("陈", "陈美玲"));
        assert!(!named("na", "Ana López") && !named("ana ben", "Ana López"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_understood_or_refused(text in "[ab:\"*\\\\ 漢fromhas\\-0-9“”]{0,40}", offset in -900i32..900) {
            match Query::parse(&text, offset) {
                Ok(query) => proptest::prop_assert!(query != Query::default()),
                Err(rejection) => proptest::prop_assert_eq!(rejection.code, Code::InvalidValue),
            }
        }

        #[test]
        fn any_text_escaped_is_a_phrase(text in "\\PC{1,60}") {
            let escaped: String = text.chars().flat_map(|c| ['\\', c]).collect();
            if let Ok(query) = Query::parse(&format!("\"{}\"", escaped.as_str()), 0) {
                proptest::prop_assert_eq!(query.phrases, Phrase::of(&text, false).into_iter().collect::<Vec<_>>());
            } else {
                proptest::prop_assert!(Phrase::of(&text, false).is_none() || escaped.len() + 2 > limits::SEARCH_QUERY_BYTES);
            }
        }
    }
}
