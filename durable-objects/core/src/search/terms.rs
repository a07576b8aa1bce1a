//! Texts to terms.
//!
//! A word is a run of letters and digits, folded: case, accents and the width of characters do not count. Scripts that put no spaces between words
//! (Chinese, Japanese, Thai, …) and Korean, whose particles cling to the word, are cut into overlapping pairs of letters instead, so that any part
//! of such a run can be found; the last letter stands alone, so that single ones can. An emoji is a word of its own.

use std::ops::Range;

use quipu_schema::limits;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Version of what this module makes of a text: an index of another version is made anew.
pub const TERMS_V: u32 = 1;

/// One term and where it stands, in bytes of the text. The place in the list is its position: a phrase is a run of positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The folded term.
    pub term: String,
    /// What of the text it covers.
    pub range: Range<usize>,
    /// Where its first letter ends; the whole word's end for words.
    pub first_end: usize,
    /// Part of a run without spaces, and how many letters of it this term holds (1 or 2); 0 for a word.
    pub letters: usize,
}

/// A letter with the marks that belong to it.
struct Letter {
    folded: String,
    range: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Spaced,
    Unspaced,
    Sign,
}

/// The terms of a text, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut run: Vec<Letter> = Vec::new();
    let mut kind = Kind::Spaced;
    let mut letter: Option<(Kind, Range<usize>)> = None;
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        if is_attached(character) {
            if let Some((_, range)) = &mut letter {
                range.end = end;
            }
            continue;
        }
        let next = kind_of(character);
        if let Some((of, range)) = letter.take() {
            put(text, &mut tokens, &mut run, &mut kind, of, range);
        }
        match next {
            Some(of) => letter = Some((of, at..end)),
            None => flush(&mut tokens, &mut run, kind),
        }
    }
    if let Some((of, range)) = letter {
        put(text, &mut tokens, &mut run, &mut kind, of, range);
    }
    flush(&mut tokens, &mut run, kind);
    tokens
}

fn put(text: &str, tokens: &mut Vec<Token>, run: &mut Vec<Letter>, kind: &mut Kind, of: Kind, range: Range<usize>) {
    if of != *kind || of == Kind::Sign {
        flush(tokens, run, *kind);
        *kind = of;
    }
    let folded = fold(text.get(range.clone()).unwrap_or_default());
    if !folded.is_empty() {
        run.push(Letter { folded, range });
    }
}

fn flush(tokens: &mut Vec<Token>, run: &mut Vec<Letter>, kind: Kind) {
    let letters = std::mem::take(run);
    let (Some(first), Some(last)) = (letters.first(), letters.last()) else { return };
    if kind != Kind::Unspaced {
        let range = first.range.start..last.range.end;
        let term = letters.iter().flat_map(|letter| letter.folded.chars()).take(limits::SEARCH_WORD_CHARS).collect();
        tokens.push(Token { term, first_end: range.end, range, letters: 0 });
        return;
    }
    for (index, letter) in letters.iter().enumerate() {
        let (mut term, mut range) = (letter.folded.clone(), letter.range.clone());
        let next = letters.get(index + 1);
        if let Some(next) = next {
            term.push_str(&next.folded);
            range.end = next.range.end;
        }
        tokens.push(Token { term, range, first_end: letter.range.end, letters: 1 + usize::from(next.is_some()) });
    }
}

/// What belongs to the letter before it: combining marks, joiners, variation selectors, skin tones.
fn is_attached(character: char) -> bool {
    is_combining_mark(character)
        || matches!(character, '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{1f3fb}'..='\u{1f3ff}')
}

fn kind_of(character: char) -> Option<Kind> {
    match character {
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' => {
            Some(Kind::Sign)
        }
        '\u{1f000}'..='\u{1faff}' => Some(Kind::Sign),
        _ if !character.is_alphanumeric() => None,
        // Thai, Lao, Tibetan, Myanmar, Khmer; Hangul; kana and Han with their extensions and compatibility forms.
        '\u{0e00}'..='\u{0fff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{2fdf}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3031}'..='\u{318f}'
        | '\u{31a0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a9e0}'..='\u{a9ff}'
        | '\u{aa60}'..='\u{aa7f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ffdc}'
        | '\u{1b000}'..='\u{1b16f}'
        | '\u{20000}'..='\u{3ffff}' => Some(Kind::Unspaced),
        _ => Some(Kind::Spaced),
    }
}

/// A name as it is compared and sorted: its words without case, accents and signs; the name itself where nothing else is left.
pub fn folded(name: &str) -> String {
    let word = |word: &str| fold(word).chars().filter(|character| character.is_alphanumeric()).collect::<String>();
    let words: Vec<String> = name.split_whitespace().map(word).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { name.trim().to_owned() } else { words.join(" ") }
}

/// A letter as it is compared. Nothing in it separates terms in the index: of ASCII only letters and digits are left.
fn fold(letter: &str) -> String {
    if letter.is_ascii() {
        return letter.to_ascii_lowercase();
    }
    letter
        .nfkd()
        .filter(|character| !is_dropped(*character))
        .nfc()
        // Up and down again is how ß and ss, final sigma, dotted and dotless i come together.
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .filter(|character| !is_dropped(*character) && (!character.is_ascii() || character.is_ascii_alphanumeric()))
        .collect()
}

/// Accents and vowel points that are left out in haste, and marks without a sound. Vowel signs of Indic and Thai script and the voicing marks of
/// kana make other words and stay.
fn is_dropped(mark: char) -> bool {
    matches!(mark,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}'
        | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{e0100}'..='\u{e01ef}'
        | '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{1f3fb}'..='\u{1f3ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.term).collect()
    }

    #[test]
    fn words_are_folded() {
        assert_eq!(terms("Grüße, ÉLAN  naïve—co-op 10:30"), ["grusse", "elan", "naive", "co", "op", "10", "30"]);
        assert_eq!(terms("STRASSE straße ΣΊΣΥΦΟΣ σίσυφος"), ["strasse", "strasse", "σισυφοσ", "σισυφοσ"]);
        assert_eq!(terms("İstanbul ISTANBUL ıstanbul"), ["istanbul"; 3]);
        assert_eq!(terms("ＡＢＣ ﬁne ½"), ["abc", "fine", "1⁄2"]);
        assert_eq!(terms("e\u{301}tude \u{301}x"), ["etude", "x"]);
        assert_eq!(terms("مُحَمَّد أحمد محـمد"), ["محمد", "احمد", "محمد"]);
    }

    #[test]
    fn vowel_signs_make_other_words() {
        assert_eq!(terms("हिन्दी").len(), 1);
        assert_ne!(terms("दिन"), terms("दान"));
        assert_ne!(terms("が"), terms("か"));
        assert_eq!(terms("か\u{3099}"), terms("が"));
    }

    #[test]
    fn scripts_without_spaces_come_in_pairs_and_the_last_letter_alone() {
        assert_eq!(terms("漢字化"), ["漢字", "字化", "化"]);
        assert_eq!(terms("iPhone手机!"), ["iphone", "手机", "机"]);
        assert_eq!(terms("안녕하세요"), ["안녕", "녕하", "하세", "세요", "요"]);
        assert_eq!(terms("ﾊﾝ"), terms("ハン"));
        // A consonant with its vowel and tone is one letter.
        assert_eq!(tokens("น้ำใส")[0].first_end, "น้".len());
    }

    #[test]
    fn an_emoji_is_a_word_whatever_its_tone() {
        assert_eq!(terms("👍🏽 ok❤️"), ["👍", "ok", "❤"]);
        assert_eq!(terms("👩\u{200d}👩\u{200d}👧"), ["👩", "👩", "👧"]);
    }

    #[test]
    fn ranges_cover_what_was_written() {
        let text = "—Élan, 漢字";
        let pieces: Vec<&str> = tokens(text).iter().map(|token| &text[token.range.clone()]).collect();
        assert_eq!(pieces, ["Élan", "漢字", "字"]);
    }

    #[test]
    fn a_long_word_counts_by_its_beginning() {
        let long = "a".repeat(1000);
        assert_eq!(terms(&long)[0].len(), limits::SEARCH_WORD_CHARS);
        assert_eq!(terms(&long), terms(&(long.clone() + "b")));
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_terms_that_the_index_takes_whole(text in "\\PC{0,40}") {
            for token in tokens(&text) {
                proptest::prop_assert!(text.get(token.range.clone()).is_some());
                proptest::prop_assert!(text.get(token.range.start..token.first_end).is_some());
                proptest::prop_assert!(!token.term.is_empty());
                proptest::prop_assert!(token.term.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric()));
            }
        }

        #[test]
        fn folding_twice_changes_nothing(text in "[a-zäöüßÄÉα-ωÀ-ÿ漢字かが ]{0,20}") {
            for token in tokens(&text).into_iter().filter(|token| token.letters == 0) {
                let again = terms(&token.term);
                proptest::prop_assert_eq!(again, vec![token.term]);
            }
        }
    }
}
