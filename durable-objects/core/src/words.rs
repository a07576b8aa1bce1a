//! The word list: what it finds in a text, and who writes it. Words are told apart and folded as searches do it.

use std::collections::HashMap;

use quipu_schema::envelope::Encryption;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::words::{PutWords, WordAction, Words};

use crate::permissions::Action;
use crate::search::terms::{Token, tokens};
use crate::state::State;

/// A list made ready to be looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordList {
    action: WordAction,
    /// The tokens of each phrase, by its first term.
    phrases: HashMap<String, Vec<Vec<Token>>>,
    /// Those that begin with a single letter of a script without spaces: it may begin a pair.
    letters: Vec<Vec<Token>>,
}

impl WordList {
    /// Makes a list ready.
    pub fn new(words: &Words) -> Self {
        let mut list = Self { action: words.action, ..Self::default() };
        for word in &words.words {
            let phrase = tokens(word);
            match phrase.first() {
                Some(first) if first.letters == 1 => list.letters.push(phrase),
                Some(first) => list.phrases.entry(first.term.clone()).or_default().push(phrase),
                None => {}
            }
        }
        list
    }

    /// What becomes of this text, if it holds a word of the list.
    pub fn finds(&self, text: &str) -> Option<WordAction> {
        if self.phrases.is_empty() && self.letters.is_empty() {
            return None;
        }
        let words = tokens(text);
        let found = (0..words.len()).any(|start| {
            let rest = words.get(start..).unwrap_or_default();
            let first = rest.first().and_then(|token| self.phrases.get(&token.term));
            first.into_iter().flatten().chain(&self.letters).any(|phrase| begins(rest, phrase))
        });
        found.then_some(self.action)
    }
}

/// Whether a run of tokens begins with a phrase.
fn begins(rest: &[Token], phrase: &[Token]) -> bool {
    rest.len() >= phrase.len()
        && rest.iter().zip(phrase).all(|(token, wanted)| {
            if wanted.letters == 1 {
                token.letters > 0 && token.term.starts_with(&wanted.term)
            } else {
                token.term == wanted.term
            }
        })
}

/// Decides a new list.
///
/// # Errors
/// A [`Rejection`] that leaves the list as it is.
pub fn put(state: &State, user: UserId, now: u64, put: PutWords) -> Result<Words, Rejection> {
    let about = state.about.as_ref().ok_or(Code::ConversationNotFound)?;
    if state.member(&user).is_none() {
        return Err(Code::NotAMember.into());
    }
    if !state.allows(&user, Action::Settings) {
        return Err(Code::PermissionDenied.into());
    }
    if about.encryption != Encryption::None {
        let message = "This conversation is encrypted: the server cannot read what is written.";
        return Err(Rejection::new(Code::WrongEncryption, message));
    }
    let PutWords { words, action } = put;
    if words.len() > limits::WORDS {
        return Err(Rejection::new(
            Code::TooLarge,
            format!("A list holds at most {} words and phrases.", limits::WORDS),
        ));
    }
    for word in &words {
        if word.len() > limits::WORD_BYTES {
            let message = format!("A word or phrase of the list may have at most {} bytes.", limits::WORD_BYTES);
            return Err(Rejection::new(Code::TooLarge, message));
        }
        if tokens(word).is_empty() {
            return Err(Rejection::new(
                Code::InvalidValue,
                "Each entry of the list must hold a letter, a digit or an emoji.",
            ));
        }
    }
    Ok(Words { words, action, by: Some(user), at: Some(now) })
}
