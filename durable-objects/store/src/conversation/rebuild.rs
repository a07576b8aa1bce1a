//! Projections dropped and folded again from the log: what an operator does after a mistake, and the test that they are nothing but a fold.

use quipu_core::mentions::{reply_of, text_of};
use quipu_core::state::State;
use quipu_schema::content::{Content, ReactionContent};
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::ConversationKind;

use super::commit::{put, put_member};
use super::load::meta;
use super::{ABOUT, BIRTH, Birth, bans, invites, mentions, polls, previews, reactions, search, spaces, threads};
use crate::sql::{Param, Sql, StoreError};

/// Rebuilds members, bans, edits, deletions, previews, reactions, which polls are closed and how they stand by the votes there are, mentions, threads, uses of invite links and what the conversation is, in one transaction, reading the log in chunks. The index
/// of texts is dropped: whoever searches next fills it.
///
/// # Errors
/// [`StoreError`]; the projections are then as before.
pub fn rebuild(sql: &impl Sql) -> Result<(), StoreError> {
    let Some(birth) = meta::<Birth>(sql, BIRTH)? else { return Ok(()) };
    sql.transaction(&mut || {
        for statement in [
            "DELETE FROM members",
            "DELETE FROM edits",
            "DELETE FROM deletions",
            "DELETE FROM reactions",
            "DELETE FROM mentions",
            "DELETE FROM replies",
            "DELETE FROM threads",
            "DELETE FROM bans",
            "DELETE FROM previews",
        ] {
            sql.exec(statement, &[])?;
        }
        search::forget(sql)?;
        invites::forget_uses(sql)?;
        polls::reopen(sql)?;
        let mut state = State::new(birth.conv, birth.epoch);
        loop {
            let rows = sql.exec(
                "SELECT envelope, content FROM events WHERE seq > ? ORDER BY seq LIMIT 500",
                &[Param::Integer(state.seq)],
            )?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let text = row.text(0)?;
                let envelope: Envelope = serde_json::from_str(text)?;
                let content = row.optional_text(1)?.map(serde_json::from_str::<Content>).transpose()?;
                state.apply(&envelope, text, content.as_ref())?;
                fold(sql, &envelope, content.as_ref())?;
            }
        }
        polls::recount(sql)?;
        put(sql, ABOUT, &state.about)?;
        if birth.conv.kind() == ConversationKind::Space {
            spaces::refold(sql, &state.channels)?;
        }
        state.bans.iter().try_for_each(|(user, ban)| bans::put(sql, *user, Some(ban)))?;
        state.members.iter().try_for_each(|(user, member)| put_member(sql, *user, member))
    })
}

fn fold(sql: &impl Sql, envelope: &Envelope, content: Option<&Content>) -> Result<(), StoreError> {
    if let (EventType::MessageEdited, Some(target)) = (&envelope.kind, envelope.reference) {
        mentions::clear(sql, target)?;
    }
    if let Some((target, text)) = text_of(envelope, content) {
        mentions::put(sql, target, text)?;
    }
    if let Some((target, root, mentioned)) = reply_of(envelope, content) {
        mentions::put_reply(sql, target, root, mentioned)?;
    }
    if let (EventType::MessageCreated, Some(root)) = (&envelope.kind, envelope.thread) {
        return threads::reply(sql, root, envelope);
    }
    match (&envelope.kind, envelope.reference) {
        (EventType::MessageEdited, Some(target)) => sql
            .exec(
                "INSERT INTO edits (target, version, seq) VALUES (?, ?, ?)",
                &[
                    Param::Integer(target),
                    Param::Integer(envelope.params.version.unwrap_or(1)),
                    Param::Integer(envelope.seq),
                ],
            )
            .map(drop),
        (EventType::MessageDeleted, Some(target)) => {
            sql.run(
                "INSERT INTO deletions (target, seq) VALUES (?, ?)",
                &[Param::Integer(target), Param::Integer(envelope.seq)],
            )?;
            if let Some(root) = envelope.thread {
                threads::reply_deleted(sql, root)?;
            }
            reactions::clear(sql, target)?;
            polls::clear(sql, target)
        }
        (EventType::PollClosed, Some(target)) => polls::closed(sql, target),
        (EventType::MessagePreviewed, Some(target)) => previews::add(sql, target, envelope.seq),
        (EventType::MessagePreviewRemoved, Some(target)) => previews::remove(sql, target, envelope.seq),
        (EventType::ReactionAdded, Some(target)) => match content {
            Some(Content::Reaction(ReactionContent { emoji, .. })) => {
                reactions::add(sql, target, envelope.actor, emoji, envelope.seq)
            }
            // Erased: taken back since, or its message deleted.
            _ => Ok(()),
        },
        (EventType::MemberJoined, _) => envelope.params.invite.map_or(Ok(()), |invite| invites::used(sql, invite)),
        (EventType::ReactionRemoved, Some(target)) => {
            reactions::remove(sql, target, envelope.actor, envelope.params.reaction.unwrap_or_default())
        }
        _ => Ok(()),
    }
}
