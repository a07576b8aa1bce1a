//! Forwarding: a copy of a message's text as new content. What it says was read from where it stands, by the right of who forwards it,
//! before the command was decided; a repeated command is answered from its key, whatever has become of the source.

use quipu_schema::command::{NewContent, NewText};
use quipu_schema::envelope::{Encryption, EventType};
use quipu_schema::ids::UserRef;
use quipu_schema::problem::{Code, Rejection};

use super::messages::flags;
use super::moderation::{in_time, may_add};
use super::{Caller, Draft, Found};
use crate::permissions::Action;
use crate::validate;

pub(super) fn forward(found: &Found, caller: &Caller<'_>) -> Result<Vec<Draft>, Rejection> {
    may_add(caller, Action::Write)?;
    in_time(caller)?;
    if caller.about.encryption != Encryption::None {
        let sentence = "This conversation is encrypted: what is forwarded into it would be in the clear.";
        return Err(Rejection::new(Code::WrongEncryption, sentence));
    }
    let text = found.copied.clone().ok_or(Code::Internal)??;
    // Whom it mentioned are members of where it stood.
    let content = NewContent::Text(NewText { text, ..NewText::default() });
    let nobody = |_: &UserRef| quipu_schema::ids::UserId::NOBODY;
    let mut draft = Draft::new(EventType::MessageCreated);
    draft.flagged = flags(caller, &content)?;
    draft.params.forwarded = true;
    draft.content = Some(validate::to_stored(&content, nobody)?);
    Ok(vec![draft])
}
