//! Polls: sending one, voting, closing it by hand. Whose time is over is closed without anybody's doing.

use quipu_schema::command::NewContent;
use quipu_schema::envelope::EventType;
use quipu_schema::poll::{NewPoll, PollTerms, Vote};
use quipu_schema::problem::{Code, Rejection};

use super::messages::message;
use super::moderation::may_add;
use super::{Caller, Decision, Draft, Found, Target};
use crate::permissions::Action;
use crate::polls::{Choices, is_closed};

/// The terms of a message that is a poll. Its time runs from the decision: no client's clock counts.
pub(super) fn terms(caller: &Caller<'_>, content: &NewContent) -> Option<PollTerms> {
    let NewContent::Poll(NewPoll { options, anonymous, multiple, closes_in_s, .. }) = content else { return None };
    let closes_at = closes_in_s.map(|seconds| caller.actor.at.saturating_add(seconds.saturating_mul(1_000)));
    let options = u64::try_from(options.len()).unwrap_or(u64::MAX);
    Some(PollTerms { anonymous: *anonymous, closes_at, multiple: *multiple, options })
}

/// Those may who may react.
pub(super) fn vote(found: &Found, caller: &Caller<'_>, vote: &Vote) -> Result<Decision, Rejection> {
    // What is there can be taken away, also by somebody who is muted.
    if vote.choices.is_empty() {
        caller.may(Action::React)?;
    } else {
        may_add(caller, Action::React)?;
    }
    let (_, terms) = open(found, caller, vote.seq)?;
    let now = Choices::of(&vote.choices).filter(|choices| choices.highest() <= terms.options).ok_or_else(|| {
        let sentence = format!("This poll has {} options: name them by number from 1, each once.", terms.options);
        Rejection::new(Code::InvalidValue, sentence)
    })?;
    if now.count() > 1 && !terms.multiple {
        return Err(Rejection::new(Code::InvalidValue, "In this poll you may choose one option only."));
    }
    let before = found.ballot.own;
    if now == before {
        return Err(if now == Choices::NONE { Code::VoteNotFound } else { Code::AlreadyVoted }.into());
    }
    Ok(Decision::Vote { poll: vote.seq, options: terms.options, before, now })
}

/// Its author may, and those who moderate.
pub(super) fn close(found: &Found, caller: &Caller<'_>, seq: u64) -> Result<Vec<Draft>, Rejection> {
    let (target, _) = poll(found, caller, seq)?;
    if target.actor != caller.actor.user {
        caller.may(Action::Moderate)?;
    }
    open(found, caller, seq)?;
    Ok(vec![Draft::about(EventType::PollClosed, seq, target)])
}

/// A poll in which votes count.
fn open<'a>(found: &'a Found, caller: &Caller<'_>, seq: u64) -> Result<(&'a Target, PollTerms), Rejection> {
    let (target, terms) = poll(found, caller, seq)?;
    if is_closed(&terms, found.ballot.closed, caller.actor.at) {
        return Err(Code::PollClosed.into());
    }
    Ok((target, terms))
}

fn poll<'a>(found: &'a Found, caller: &Caller<'_>, seq: u64) -> Result<(&'a Target, PollTerms), Rejection> {
    let target = message(found, caller, seq)?;
    let terms = target.poll.ok_or_else(|| Rejection::new(Code::NotAPoll, format!("Message {seq} is not a poll.")))?;
    Ok((target, terms))
}
