//! What the directory of people says of a user, when it must be told, and by what somebody is found.
//!
//! What was told is kept, and compared with what there is to tell: a crash between the two repeats the telling and never drops it. Each telling
//! has a time that no other has, and the directory keeps the later of two, in whichever order they come.

use quipu_schema::directory::KeptListing;
use quipu_schema::limits;
use quipu_schema::profile::KeptProfile;
use serde::Serialize;

use crate::merkle::leaf;
use crate::outbox::back_off_ms;
use crate::profile::shown;
use crate::search::terms::folded;

/// How somebody stands in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Their name.
    pub name: String,
    /// Address of their picture.
    pub picture: Option<String>,
    /// What they are found by: see [`keys`].
    pub keys: Vec<String>,
    /// Whether they are found by their own choice, not by the deployment's default.
    pub chosen: bool,
}

/// One telling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The entry; `None` where there is to be none.
    pub entry: Option<Entry>,
    /// Which change of the user's blocks it comes with: who is blocked does not find them.
    pub hides: u64,
}

impl Telling {
    /// What there is to tell now. `listed` is the deployment's default, `hides` the last change of the user's blocks.
    pub fn of(kept: &KeptListing, profile: Option<&KeptProfile>, listed: bool, hides: u64) -> Self {
        let found = || {
            // Nothing of it ends with time.
            let profile = shown(profile?, 0);
            let name = profile.name?.trim().to_owned();
            let keys = keys(&name);
            let chosen = kept.choice.is_some();
            (!keys.is_empty()).then_some(Entry { name, picture: profile.picture, keys, chosen })
        };
        let entry = if is_listed(kept, listed) { found() } else { None };
        Self { hides: if entry.is_some() { hides } else { 0 }, entry }
    }

    fn mark(&self) -> Option<String> {
        let text = serde_json::to_string(&(self.entry.as_ref()?, self.hides)).unwrap_or_default();
        Some(leaf(text.as_bytes()).to_text())
    }
}

/// Whether a user is to be found: their own choice, else the deployment's default.
pub fn is_listed(kept: &KeptListing, listed: bool) -> bool {
    kept.choice.unwrap_or(listed)
}

/// When the directory is to be told something, Unix milliseconds; 0 at once, `None` never.
pub fn due_at(kept: &KeptListing, telling: &Telling) -> Option<u64> {
    // What was not answered may have arrived: until something is taken nobody knows what the directory says.
    if telling.mark() == kept.mark && kept.failures == 0 {
        return None;
    }
    Some(match kept {
        KeptListing { at: 0, .. } => 0,
        KeptListing { failures: 0, at, hides, .. } if telling.entry.is_none() || telling.hides != *hides => {
            at.saturating_add(limits::DIRECTORY_HIDE_EVERY_MS)
        }
        KeptListing { failures: 0, at, .. } => at.saturating_add(limits::DIRECTORY_EVERY_MS),
        KeptListing { failures, at, .. } => at.saturating_add(back_off_ms(*failures)),
    })
}

/// What is kept before the directory is told something at `now` (Unix milliseconds), and stays where it does not take it: `at` is the telling's time.
#[must_use]
pub fn begun(kept: KeptListing, now: u64) -> KeptListing {
    let at = now.max(kept.at.saturating_add(1));
    KeptListing { at, failures: kept.failures.saturating_add(1), ..kept }
}

/// What is kept after it took a telling.
#[must_use]
pub fn taken(kept: KeptListing, telling: &Telling) -> KeptListing {
    KeptListing { mark: telling.mark(), hides: telling.hides, failures: 0, ..kept }
}

/// What somebody of a name is found by: its folded words, begun at each of them; what stands before that one comes after the last. So a name is found by
/// the beginning of any word, and by first and last name in either order. Of the first words any two, too: a second name, or a title, is mostly left out.
pub fn keys(name: &str) -> Vec<String> {
    let mut words = words(name);
    words.truncate(limits::DIRECTORY_WORDS);
    let first: Vec<String> = words.iter().take(limits::DIRECTORY_PAIRED_WORDS).cloned().collect();
    let mut keys: Vec<String> = Vec::with_capacity(words.len());
    // What another key begins with finds nobody more.
    let mut add = |key: String| {
        if !keys.iter().any(|other| other.starts_with(&key)) {
            keys.push(key);
        }
    };
    for _ in 0..words.len() {
        add(bounded(words.join(" ")));
        words.rotate_left(1);
    }
    for (at, one) in first.iter().enumerate() {
        let others = first.iter().enumerate().filter(|(other, _)| *other != at);
        others.for_each(|(_, other)| add(bounded(format!("{one} {other}"))));
    }
    keys
}

/// What the keys begin with of those who are looked for; empty where nothing is.
pub fn query(text: &str) -> String {
    bounded(words(text).join(" "))
}

/// A few letters become many when they are folded.
fn bounded(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(limits::NAME_BYTES));
    text
}

/// Whether somebody who is found by several of their keys stands in the list at this one: the first.
pub fn is_first(keys: &[String], key: &str, query: &str) -> bool {
    !keys.iter().any(|other| other.starts_with(query) && other.as_str() < key)
}

/// Words without case, accents and signs; the text itself where nothing else is left.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|sign: char| sign.is_whitespace() || parts_words(sign));
    let words: Vec<String> = parts.map(plain).filter(|word| word.chars().any(char::is_alphanumeric)).collect();
    if words.is_empty() { Some(folded(text)).filter(|whole| !whole.is_empty()).into_iter().collect() } else { words }
}

/// A word folded, with those letters, too, that Unicode does not take apart, as people type them who lack the key.
fn plain(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for letter in folded(word).chars() {
        match letter {
            'ł' => plain.push('l'),
            'ø' => plain.push('o'),
            'đ' | 'ð' => plain.push('d'),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            letter => plain.push(letter),
        }
    }
    plain
}

/// Signs that stand between words of a name. An apostrophe stands within one.
const fn parts_words(sign: char) -> bool {
    matches!(
        sign,
        '-' | '\u{2010}'..='\u{2015}' | '_' | '.' | ',' | '/' | '|' | '(' | ')' | '+' | '&' | '@' | '·' | '・'
    )
}

#[cfg(test)]
mod tests {
    use quipu_schema::ids::UserId;
    use quipu_schema::profile::Presented;

    use super::*;

    const NOW: u64 = 1_790_000_000_000;

    fn ana() -> KeptProfile {
        KeptProfile {
            user: UserId::NOBODY,
            app: "demo".into(),
            version: 0,
            own: Presented::default(),
            token: Presented { name: Some("Ana García".into()), picture: None },
            bio: None,
            status: None,
            paid_until: 0,
            failures: 0,
        }
    }

    fn renamed(name: &str) -> KeptProfile {
        KeptProfile { own: Presented { name: Some(name.into()), picture: None }, ..ana() }
    }

    #[test]
    fn a_name_is_found_by_the_beginning_of_any_word_and_in_either_order() {
        let finds = |name: &str, text: &str| keys(name).iter().any(|key| key.starts_with(&query(text)));
        for text in ["a", "ANA", "ana garcía", "Garcia", "gar", "garcia a", " ana   gar "] {
            assert!(finds("Ana García", text), "{text}");
        }
        for text in ["na", "garcia b", "ana ana", "anagarcia"] {
            assert!(!finds("Ana García", text), "{text}");
        }
        for text in ["ana garcia", "garcia ana", "maria ana", "garcia mar", "ana maria g", "maria garcia ana"] {
            assert!(finds("Ana María García", text), "{text}");
        }
        assert!(!finds("Ana María García", "ana ana") && !finds("Ana María García", "garcia maria ana"));
        for text in ["juan perez", "perez j", "carlos cr", "pérez cruz"] {
            assert!(finds("Juan Carlos Cruz Pérez", text), "{text}");
        }
        assert_eq!(
            keys("Ana María García").len(),
            6,
            "three words, and three pairs that do not stand beside each other"
        );
        assert_eq!(keys("ana ana ana"), ["ana ana ana"], "nothing twice");
        assert_eq!(keys("a b c d e f g h i j").len(), limits::DIRECTORY_WORDS + 5 * 4 - 4);
        for text in ["jean", "luc", "jean-l", "jean l", "picard j"] {
            assert!(finds("Jean-Luc Picard", text), "{text}");
        }
        assert!(finds("Siobhán O’Brien", "obrien") && finds("Siobhán O’Brien", "O'B"));
        assert!(finds("anna.schmidt", "schm") && finds("李小龙", "李") && finds("Straße", "STRASSE"));
        assert!(finds("Søren Łoś", "soren l") && finds("Soren", "Sør") && finds("Ægir", "aegir"));
        assert!(finds("🌵", "🌵") && keys("🌵 Ana") == ["ana"]);
        assert!(keys("").is_empty() && keys("  ").is_empty() && query(" ").is_empty());
        assert_eq!(keys(&"a b ".repeat(20)), ["a b a b a b a b", "b a b a b a b a", "a a", "b b"]);
        let long = "\u{fdfa}".repeat(100);
        assert!(keys(&long).iter().all(|key| key.len() <= limits::NAME_BYTES && key.starts_with(&query(&long))));
    }

    #[test]
    fn somebody_stands_once_in_a_list_at_the_first_key_that_is_found() {
        let anna = keys("Anna Annette");
        let first = |key: &str, text| is_first(&anna, key, text);
        assert!(first("anna annette", "ann") && !first("annette anna", "ann"));
        assert!(first("annette anna", "annette"));
        assert!(first("anna anna", "anna"));
    }

    #[test]
    fn who_chose_nothing_is_found_by_the_default_and_who_chose_by_that() {
        let of = |choice, listed| {
            let kept = KeptListing { choice, ..KeptListing::default() };
            Telling::of(&kept, Some(&ana()), listed, 3).entry.map(|entry| entry.chosen)
        };
        assert_eq!((of(None, false), of(None, true)), (None, Some(false)));
        assert_eq!((of(Some(true), false), of(Some(false), true)), (Some(true), None));
        let listed = KeptListing { choice: Some(true), ..KeptListing::default() };
        assert_eq!(Telling::of(&listed, None, true, 3), Telling { entry: None, hides: 0 });
        assert_eq!(Telling::of(&listed, Some(&renamed(" ")), true, 3).entry, None, "nobody is found without a name");
    }

    #[test]
    fn what_was_taken_is_not_told_again_and_what_was_not_is_until_it_is() {
        let kept = KeptListing { choice: Some(true), ..KeptListing::default() };
        let telling = Telling::of(&kept, Some(&ana()), false, 0);
        assert_eq!(due_at(&kept, &telling), Some(0), "the first is told at once");
        let asked = begun(kept, NOW);
        assert_eq!(due_at(&asked, &telling), Some(NOW + back_off_ms(1)));
        assert_eq!(due_at(&begun(asked.clone(), NOW + 9), &telling), Some(NOW + 9 + back_off_ms(2)));
        let nothing = Telling { entry: None, hides: 0 };
        assert_eq!(due_at(&asked, &nothing), Some(NOW + back_off_ms(1)), "it may have arrived");
        let taken = taken(asked, &telling);
        assert_eq!((due_at(&taken, &telling), taken.failures), (None, 0));
        let again = begun(taken.clone(), NOW - 5);
        assert_eq!(again.at, NOW + 1, "a clock that was set back makes no telling older");
        let renamed = Telling::of(&taken, Some(&renamed("Anna")), false, 0);
        assert_eq!(due_at(&taken, &renamed), Some(NOW + limits::DIRECTORY_EVERY_MS));
        let blocks = Telling::of(&taken, Some(&ana()), false, 1);
        assert_eq!(due_at(&taken, &blocks), Some(NOW + limits::DIRECTORY_HIDE_EVERY_MS));
        let gone = KeptListing { choice: Some(false), ..taken };
        let none = Telling::of(&gone, Some(&ana()), true, 1);
        assert_eq!(due_at(&gone, &none), Some(NOW + limits::DIRECTORY_HIDE_EVERY_MS));
        assert_eq!(due_at(&super::taken(gone.clone(), &none), &none), None);
        // Who is not in it hides from nobody.
        let unlisted = KeptListing { mark: None, hides: 0, ..gone };
        assert_eq!(due_at(&unlisted, &Telling::of(&unlisted, Some(&ana()), true, 9)), None);
    }
}
