//! The word list: what it finds, whom it holds for, and who writes it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use quipu_core::batch::Effect;
use quipu_core::words::{WordList, put};
use quipu_schema::command::{Command, NewContent, NewText, SendMessage};
use quipu_schema::content::Content;
use quipu_schema::envelope::{Encryption, History, Role};
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_schema::words::{PutWords, WordAction, Words};
use support::*;

fn listed(words: &[&str], action: WordAction) -> WordList {
    WordList::new(&Words { words: words.iter().map(|word| (*word).to_owned()).collect(), action, ..Words::default() })
}

/// Ana owns it, Mo moderates, Ben is a member; these words are on the list.
fn with(words: &[&str], action: WordAction) -> World {
    let mut world = World::group(&["ben"], History::All);
    world.asks("ana", add("mo", Role::Moderator)).unwrap();
    world.state.words = listed(words, action);
    world
}

#[test]
fn words_are_found_whole_without_case_accents_and_punctuation() {
    let list = listed(&["crème", "bad word", "straße", "東京", "字", "🍕", "कुत्ता"], WordAction::Refuse);
    for found in
        ["CREME brulee", "Crème.", "a (bad) WORD!", "bad\nword", "STRASSE 5", "in東京都", "漢字です", "🍕!", "एक कुत्ता"]
    {
        assert_eq!(list.finds(found), Some(WordAction::Refuse), "{found}");
    }
    for clean in [
        "cremes",
        "icreme",
        "bad words",
        "badword",
        "word bad",
        "bad, very bad word play? no: bad",
        "東 京",
        "",
        "🍔",
        "कुत्ते",
    ] {
        let expected = clean.contains("bad word ").then_some(WordAction::Refuse);
        assert_eq!(list.finds(clean), expected, "{clean}");
    }
    assert_eq!(WordList::default().finds("anything"), None);
}

#[test]
fn what_is_refused_leaves_nothing_and_moderators_are_not_held_up() {
    let mut world = with(&["rude"], WordAction::Refuse);
    let seq = world.asks("ben", send("polite")).unwrap();
    world.refuses("ben", send("how RUDE of you"), Code::WordBlocked);
    world.refuses("ben", edit(seq, "rude"), Code::WordBlocked);
    world.refuses("ben", reply(seq, 1, "rude"), Code::WordBlocked);
    world.asks("ben", edit(seq, "prudent")).unwrap();
    world.asks("mo", send("We do not say rude here.")).unwrap();
    assert!(world.effects.iter().all(|effect| !matches!(effect, Effect::Flagged { .. })));
}

#[test]
fn what_is_to_be_reported_is_sent_and_flagged() {
    let mut world = with(&["rude"], WordAction::Report);
    let seq = world.asks("ben", send("rude")).unwrap();
    let clean = world.asks("ben", send("polite")).unwrap();
    let edited = world.asks("ben", edit(clean, "rude after all")).unwrap();
    world.asks("mo", send("rude")).unwrap();
    let flagged: Vec<_> = world.effects.iter().filter(|effect| matches!(effect, Effect::Flagged { .. })).collect();
    assert_eq!(
        flagged,
        [
            &Effect::Flagged { target: seq, version: 1, by: seq },
            &Effect::Flagged { target: clean, version: 2, by: edited }
        ]
    );
    assert!(matches!(&world.row(seq).unwrap().content, Some(Content::Text(text)) if text.text == "rude"));
}

#[test]
fn the_list_holds_for_replies_in_threads_and_for_what_is_forwarded() {
    let mut world = with(&["rude", "elsewhere"], WordAction::Refuse);
    let root = world.asks("ana", send("root")).unwrap();
    world.refuses("ben", in_thread(root, "rude"), Code::WordBlocked);
    world.refuses("ben", forward(4), Code::WordBlocked);
    let said = world.asks("ben", in_thread(root, "polite")).unwrap();
    world.refuses("ben", edit(said, "rude"), Code::WordBlocked);
    world.asks("mo", forward(4)).unwrap();
    let mut world = with(&["rude", "elsewhere"], WordAction::Report);
    let root = world.asks("ana", send("root")).unwrap();
    let reply = world.asks("ben", in_thread(root, "rude")).unwrap();
    let copy = world.asks("ben", forward(4)).unwrap();
    for target in [reply, copy] {
        assert!(world.effects.contains(&Effect::Flagged { target, version: 1, by: target }));
    }
}

#[test]
fn admins_write_the_list_within_its_bounds() {
    let mut world = with(&[], WordAction::Refuse);
    world.asks("ana", add("ada", Role::Admin)).unwrap();
    let tried = |world: &World, who: &str, words: Vec<String>| {
        put(&world.state, user(who), 7, PutWords { words, action: WordAction::Report })
            .map_err(|rejection| rejection.code)
    };
    let words = vec!["one".to_owned(), "two words".to_owned()];
    let stored = tried(&world, "ada", words.clone()).unwrap();
    assert_eq!(stored, Words { words, action: WordAction::Report, by: Some(user("ada")), at: Some(7) });
    assert_eq!(tried(&world, "mo", vec![]), Err(Code::PermissionDenied));
    assert_eq!(tried(&world, "ben", vec![]), Err(Code::PermissionDenied));
    assert_eq!(tried(&world, "dan", vec![]), Err(Code::NotAMember));
    assert_eq!(tried(&world, "ana", vec![]).unwrap().words.len(), 0, "no words end it");
    assert!(tried(&world, "ana", vec!["w".to_owned(); limits::WORDS]).is_ok());
    assert_eq!(tried(&world, "ana", vec!["w".to_owned(); limits::WORDS + 1]), Err(Code::TooLarge));
    assert!(tried(&world, "ana", vec!["w".repeat(limits::WORD_BYTES)]).is_ok());
    assert_eq!(tried(&world, "ana", vec!["w".repeat(limits::WORD_BYTES + 1)]), Err(Code::TooLarge));
    for nothing in ["", " ", "!?", "\u{301}"] {
        assert_eq!(tried(&world, "ana", vec![nothing.to_owned()]), Err(Code::InvalidValue), "{nothing:?}");
    }
}

#[test]
fn an_encrypted_conversation_has_no_list() {
    let mut world = with(&[], WordAction::Refuse);
    world.state.about.as_mut().unwrap().encryption = Encryption::Mls;
    let tried = put(&world.state, user("ana"), 7, PutWords::default());
    assert_eq!(tried.map_err(|rejection| rejection.code), Err(Code::WrongEncryption));
}

#[test]
fn a_name_that_is_mentioned_is_text_like_any_other() {
    let mut world = with(&["ben"], WordAction::Refuse);
    let text = NewText { text: "@Ben".into(), mentions: vec![by("ben")], ..NewText::default() };
    world.refuses(
        "ben",
        Command::Send(SendMessage { content: NewContent::Text(text), reply_to: None, thread: None }),
        Code::WordBlocked,
    );
}
