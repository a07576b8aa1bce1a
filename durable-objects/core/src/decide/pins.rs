//! Pinning messages.

use quipu_schema::envelope::EventType;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};

use super::messages::message;
use super::moderation::may_add;
use super::{Caller, Draft, Found};
use crate::permissions::Action;

pub(super) fn pin(found: &Found, caller: &Caller<'_>, seq: u64) -> Result<Vec<Draft>, Rejection> {
    may_add(caller, Action::Pin)?;
    let target = message(found, caller, seq)?;
    let pins = &caller.about.pins;
    if pins.contains(&seq) {
        return Err(Code::AlreadyPinned.into());
    }
    if pins.len() >= limits::PINS {
        return Err(Rejection::new(
            Code::MessagePinLimit,
            format!("{} messages are pinned, as many as can be: take one away first.", pins.len()),
        ));
    }
    Ok(vec![Draft::about(EventType::MessagePinned, seq, target)])
}

pub(super) fn unpin(found: &Found, caller: &Caller<'_>, seq: u64) -> Result<Vec<Draft>, Rejection> {
    may_add(caller, Action::Pin)?;
    let target = message(found, caller, seq)?;
    if !caller.about.pins.contains(&seq) {
        return Err(Code::NotPinned.into());
    }
    Ok(vec![Draft::about(EventType::MessageUnpinned, seq, target)])
}
