//! Taking the preview of a message's link away.

use quipu_schema::envelope::EventType;
use quipu_schema::problem::{Code, Rejection};

use super::messages::message;
use super::{Caller, Draft, Found, Preview};
use crate::permissions::Action;

/// Those may who may delete the message.
pub(super) fn remove(found: &Found, caller: &Caller<'_>, seq: u64) -> Result<Vec<Draft>, Rejection> {
    let target = message(found, caller, seq)?;
    caller.may(if target.actor == caller.actor.user { Action::DeleteOwn } else { Action::DeleteOthers })?;
    if target.preview != Preview::Shown {
        return Err(Rejection::new(Code::PreviewNotFound, format!("Message {seq} has no preview.")));
    }
    Ok(vec![Draft::about(EventType::MessagePreviewRemoved, seq, target)])
}
