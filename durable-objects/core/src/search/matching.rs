//! A query whose people are known: what the index is asked, and what of a message is a hit.

use std::collections::BTreeSet;
use std::fmt::Write;

use quipu_schema::http::Mark;
use quipu_schema::ids::{UserId, UserRef};
use quipu_schema::limits;

use super::query::{Part, Phrase, Query, Who, is_named};
use super::terms::{Token, tokens};

/// What a message is to a search.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// Who wrote it.
    pub actor: UserId,
    /// Whom it mentions.
    pub mentions: &'a [UserId],
    /// Its text.
    pub text: &'a str,
}

/// Stands before terms that no text can hold: a private-use character is no letter.
const OTHER: char = '\u{e000}';
/// The term of every message.
const ANY: &str = "x";
/// The term of messages with a link.
const LINK: &str = "l";
/// The term of messages that mention somebody.
const MENTION: &str = "n";
/// Above so many people the index is not asked about them.
const PEOPLE_ASKED: usize = 50;

impl Document<'_> {
    /// What the index keeps, terms with spaces between them: sorted and without repeats, so that the same message always gives the same text.
    pub fn terms(&self) -> String {
        let mut terms: BTreeSet<String> = tokens(self.text).into_iter().map(|token| token.term).collect();
        terms.insert(other(ANY, ""));
        terms.insert(other("a", self.actor.as_str()));
        terms.extend(self.mentions.iter().map(|user| other("m", user.as_str())));
        if has_link(self.text) {
            terms.insert(other(LINK, ""));
        }
        if !self.mentions.is_empty() {
            terms.insert(other(MENTION, ""));
        }
        terms.into_iter().collect::<Vec<_>>().join(" ")
    }
}

fn other(kind: &str, value: &str) -> String {
    format!("{OTHER}{kind}{value}")
}

/// Whether a text holds an address of the web with something after its scheme.
pub fn has_link(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["http://", "https://"].iter().any(|scheme| {
        let follows = |(at, _): (usize, &str)| lower.get(at + scheme.len()..).and_then(|rest| rest.chars().next());
        lower.match_indices(scheme).any(|found| follows(found).is_some_and(char::is_alphanumeric))
    })
}

/// A query, ready to be compared with messages.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    phrases: Vec<Phrase>,
    from: Option<BTreeSet<UserId>>,
    mentions: Option<BTreeSet<UserId>>,
    /// Sent before this moment, Unix milliseconds.
    pub before: Option<u64>,
    /// Sent at this moment or later.
    pub after: Option<u64>,
    link: bool,
    mention: bool,
}

impl Query {
    /// Settles who is meant: `me` asks, `resolve` knows ids, and `people` lists whom the asker may know of, with their names.
    pub fn plan<'a>(
        &self,
        me: UserId,
        resolve: impl Fn(&UserRef) -> UserId,
        people: impl Iterator<Item = (UserId, &'a str)> + Clone,
    ) -> Plan {
        let users = |named: &[Who]| -> Option<BTreeSet<UserId>> {
            let one = |who: &Who| match who {
                Who::Me => vec![me],
                Who::User(user) => vec![resolve(user)],
                Who::Named(words) => {
                    people.clone().filter(|(_, name)| is_named(words, name)).map(|(user, _)| user).collect()
                }
            };
            (!named.is_empty()).then(|| named.iter().flat_map(one).collect())
        };
        Plan {
            phrases: self.phrases.clone(),
            from: users(&self.from),
            mentions: users(&self.mentions),
            before: self.before,
            after: self.after,
            link: self.link,
            mention: self.mention,
        }
    }

    /// The words that name people: those of a query that is nothing but words.
    pub fn name_words(&self) -> Vec<String> {
        let Self { phrases, from, mentions, within, before, after, link, mention } = self;
        let filtered = !from.is_empty() || !mentions.is_empty() || !within.is_empty() || *link || *mention;
        if filtered || before.is_some() || after.is_some() {
            return Vec::new();
        }
        phrases.iter().flat_map(|phrase| phrase.parts.iter().map(|part| part.term.clone())).collect()
    }
}

impl Plan {
    /// Whether no message can be a hit, because nobody is named so.
    pub fn is_vain(&self) -> bool {
        [&self.from, &self.mentions].into_iter().any(|users| users.as_ref().is_some_and(BTreeSet::is_empty))
    }

    /// What the index is asked, as FTS5 writes it. It proposes every hit, and some messages that are none: it knows no order of words.
    pub fn index_query(&self) -> String {
        let mut terms: BTreeSet<(&str, bool)> = BTreeSet::new();
        for part in self.phrases.iter().flat_map(|phrase| &phrase.parts) {
            terms.insert((&part.term, part.prefix));
        }
        let mut query = String::new();
        let mut and = |condition: &str| {
            let _ = write!(query, "{}{condition}", if query.is_empty() { "" } else { " AND " });
        };
        for (term, prefix) in &terms {
            and(&format!("\"{term}\"{}", if *prefix { "*" } else { "" }));
        }
        for (kind, users) in [("a", &self.from), ("m", &self.mentions)] {
            let Some(users) = users.as_ref().filter(|users| (1..=PEOPLE_ASKED).contains(&users.len())) else {
                continue;
            };
            let any: Vec<String> = users.iter().map(|user| format!("\"{}\"", other(kind, user.as_str()))).collect();
            and(&format!("({})", any.join(" OR ")));
        }
        for (asked, term) in [(self.link, LINK), (self.mention, MENTION)] {
            if asked {
                and(&format!("\"{}\"", other(term, "")));
            }
        }
        if query.is_empty() { format!("\"{}\"", other(ANY, "")) } else { query }
    }

    /// What of a message sent at `at` is to be marked; `None` where it is no hit.
    pub fn matches(&self, document: &Document<'_>, at: u64) -> Option<Vec<Mark>> {
        let who = |users: &Option<BTreeSet<UserId>>, mut found: std::slice::Iter<'_, UserId>| {
            users.as_ref().is_none_or(|users| found.any(|user| users.contains(user)))
        };
        let sent = self.before.is_none_or(|before| at < before) && self.after.is_none_or(|after| at >= after);
        if !sent
            || !who(&self.from, [document.actor].iter())
            || !who(&self.mentions, document.mentions.iter())
            || (self.mention && document.mentions.is_empty())
            || (self.link && !has_link(document.text))
        {
            return None;
        }
        let tokens = if self.phrases.is_empty() { Vec::new() } else { tokens(document.text) };
        let mut found = Vec::new();
        for phrase in &self.phrases {
            let before = found.len();
            found.extend((0..tokens.len()).filter_map(|at| span(phrase, &tokens, at)));
            if found.len() == before {
                return None;
            }
        }
        Some(marks(document.text, found))
    }
}

/// What a phrase covers that begins at this token, in bytes.
fn span(phrase: &Phrase, tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let mut end = None;
    for part in &phrase.parts {
        let token = tokens.get(at + part.offset).filter(|token| holds(part, token))?;
        end = Some(if part.letter { token.first_end } else { token.range.end });
    }
    Some((tokens.get(at)?.range.start, end?))
}

fn holds(part: &Part, token: &Token) -> bool {
    if part.prefix { token.term.starts_with(&part.term) } else { token.term == part.term }
}

/// Ascending, not touching, in UTF-16 units of the text.
fn marks(text: &str, mut found: Vec<(usize, usize)>) -> Vec<Mark> {
    found.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (from, to) in found {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged.truncate(limits::SEARCH_MARKS);
    let (mut bytes, mut units) = (0, 0);
    let mut unit = |at: usize| {
        units += text.get(bytes..at).map_or(0, |part| part.encode_utf16().count());
        bytes = at;
        u64::try_from(units).unwrap_or(u64::MAX)
    };
    merged.into_iter().map(|(from, to)| Mark { from: unit(from), to: unit(to) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(last: char) -> UserId {
        UserId::parse(&format!("ug0000000000000000000000000{last}")).unwrap()
    }

    fn plan(query: &str) -> Plan {
        let people = [(user('1'), "Ana López"), (user('2'), "Ben"), (user('3'), "Anatol")];
        Query::parse(query, 0).unwrap().plan(user('1'), |_| user('9'), people.into_iter())
    }

    /// The text with its marks in brackets; `None` where it is no hit.
    fn marked(query: &str, text: &str) -> Option<String> {
        let document = Document { actor: user('2'), mentions: &[user('3')], text };
        let marks = plan(query).matches(&document, 1_000)?;
        let units: Vec<u16> = text.encode_utf16().collect();
        let (mut out, mut at) = (String::new(), 0);
        for Mark { from, to } in marks {
            let (from, to) = (from as usize, to as usize);
            out += &String::from_utf16(&units[at..from]).unwrap();
            out += &format!("[{}]", String::from_utf16(&units[from..to]).unwrap());
            at = to;
        }
        Some(out + &String::from_utf16(&units[at..]).unwrap())
    }

    #[test]
    fn hits_are_marked_in_utf_16_units() {
        assert_eq!(marked("tea cup*", "👩‍👩‍👧 Tea, two CUPS of tea").as_deref(), Some("👩‍👩‍👧 [Tea], two [CUPS] of [tea]"));
        assert_eq!(marked("\"two cups\"", "two, cups; cups two").as_deref(), Some("[two, cups]; cups two"));
        assert_eq!(marked("strasse", "Die Straße").as_deref(), Some("Die [Straße]"));
        assert_eq!(marked("👍", "gut 👍🏽!").as_deref(), Some("gut [👍🏽]!"));
        assert_eq!(marked("tea coffee", "tea"), None);
        assert_eq!(marked("te", "tea"), None);
        assert_eq!(marked("\"cups two\"", "two cups"), None);
    }

    #[test]
    fn any_part_of_a_run_without_spaces_is_found() {
        assert_eq!(marked("漢字", "常用漢字表です").as_deref(), Some("常用[漢字]表です"));
        assert_eq!(marked("字", "漢字、字").as_deref(), Some("漢[字]、[字]"));
        assert_eq!(marked("用漢字表", "常用漢字表").as_deref(), Some("常[用漢字表]"));
        assert_eq!(marked("漢表", "漢字表"), None);
        assert_eq!(marked("ภาษา", "เรียนภาษาไทย").as_deref(), Some("เรียน[ภาษา]ไทย"));
        assert_eq!(marked("안녕", "안녕하세요").as_deref(), Some("[안녕]하세요"));
        assert_eq!(marked("\"手机 iPhone\"", "我的手机 iPhone 好").as_deref(), Some("我的[手机 iPhone] 好"));
        assert_eq!(marked("哈哈", "哈哈哈").as_deref(), Some("[哈哈哈]"));
    }

    #[test]
    fn filters_hold_or_do_not() {
        let text = "see HTTPS://example.org";
        for (query, hit) in [
            ("from:ben", true),
            ("from:me", false),
            ("from:me from:ben", true),
            ("from:sub:x", false),
            ("mentions:ana", true),
            ("mentions:lopez", false),
            ("mentions:ben", false),
            ("has:link", true),
            ("has:mention see", true),
            ("from:zoe", false),
            ("before:1970-01-02", true),
            ("before:1970-01-01", false),
            ("after:1970-01-01T00:00:01Z", true),
            ("after:1970-01-01T00:00:01.001Z", false),
        ] {
            assert_eq!(marked(query, text).is_some(), hit, "{query}");
        }
        assert!(plan("from:zoe").is_vain() && !plan("from:ana").is_vain());
        assert!(!has_link("https:// nothing") && !has_link("http") && has_link("(http://a"));
    }

    #[test]
    fn words_alone_may_name_people() {
        let words = |query: &str| Query::parse(query, 0).unwrap().name_words();
        assert_eq!(words("ana lop*"), ["ana", "lop"]);
        assert!(words("ana from:me").is_empty());
    }

    /// What FTS5 would do with a query: terms of a document, joined by AND and OR.
    fn proposes(query: &str, terms: &str) -> bool {
        let terms: Vec<&str> = terms.split(' ').collect();
        let one = |term: &str| match term.strip_suffix('*') {
            Some(prefix) => terms.iter().any(|known| known.starts_with(prefix.trim_matches('"'))),
            None => terms.contains(&term.trim_matches('"')),
        };
        query.split(" AND ").all(|any| any.trim_matches(['(', ')']).split(" OR ").any(one))
    }

    proptest::proptest! {
        #[test]
        fn the_index_proposes_every_hit(
            text in "[abé漢字かg 👍:/.h]{0,12}", query in "(has:mention |from:ana |)[abé漢字か👍]{1,3}\\*?( \"[ab漢字 ]{1,4}\")?", by in 0usize..3
        ) {
            let Ok(query) = Query::parse(&query, 0) else { return Ok(()) };
            let users = [user('1'), user('2'), user('3')];
            let people = [(users[0], "Ana"), (users[1], "Ben")];
            let plan = query.plan(users[1], |_| users[2], people.into_iter());
            let document = Document { actor: users[by], mentions: &users[..by], text: &text };
            if plan.matches(&document, 0).is_some() {
                proptest::prop_assert!(proposes(&plan.index_query(), &document.terms()), "{} {}", plan.index_query(), document.terms());
            }
        }

        #[test]
        fn a_word_of_a_text_finds_it(before in "[a-z漢字ÄÖ ]{0,8}", word in "[a-zÄÖ漢字か]{1,6}", after in "[a-z漢字 ]{0,8}") {
            let text = format!("{before} {word} {after}");
            let document = Document { actor: user('1'), mentions: &[], text: &text };
            let marks = plan(&word).matches(&document, 0);
            proptest::prop_assert!(marks.is_some_and(|marks| !marks.is_empty()));
        }
    }
}
