//! Reactions that stand: a projection of `reaction.added`, `reaction.removed` and `message.deleted`.

use std::collections::HashMap;

use quipu_core::batch::Reacted;
use quipu_core::visibility::Visibility;
use quipu_schema::http::{Reaction, ReactionsPage};
use quipu_schema::ids::UserId;
use quipu_schema::limits;

use super::load::{in_list, rows_of_pairs, user};
use crate::sql::{Param, Row, Sql, StoreError};

/// A member reacted.
pub(super) fn add(sql: &impl Sql, target: u64, user: UserId, emoji: &str, by: u64) -> Result<(), StoreError> {
    sql.run(
        "INSERT INTO reactions (target, user, emoji, seq) VALUES (?, ?, ?, ?)",
        &[Param::Integer(target), Param::Text(user.as_str()), Param::Text(emoji), Param::Integer(by)],
    )
}

/// A member took a reaction back.
pub(super) fn remove(sql: &impl Sql, target: u64, user: UserId, reaction: u64) -> Result<(), StoreError> {
    sql.run(
        "DELETE FROM reactions WHERE target = ? AND user = ? AND seq = ?",
        &[Param::Integer(target), Param::Text(user.as_str()), Param::Integer(reaction)],
    )
}

/// A message was deleted.
pub(super) fn clear(sql: &impl Sql, target: u64) -> Result<(), StoreError> {
    sql.run("DELETE FROM reactions WHERE target = ?", &[Param::Integer(target)])
}

/// What is known of reactions to messages, and of those of the members who ask. Chunked to the platform's 100 parameters per statement.
pub(super) fn known(sql: &impl Sql, asked: &[(u64, UserId)]) -> Result<HashMap<u64, Reacted>, StoreError> {
    let mut known: HashMap<u64, Reacted> = asked.iter().map(|(target, _)| (*target, Reacted::default())).collect();
    let targets: Vec<Param<'_>> = known.keys().map(|target| Param::Integer(*target)).collect();
    for chunk in targets.chunks(100) {
        let statement = in_list(
            "SELECT target, emoji, COUNT(*) FROM reactions WHERE target IN (",
            "?",
            chunk.len(),
            ") GROUP BY target, emoji",
        );
        for row in sql.exec(&statement, chunk)? {
            let reacted = known.entry(row.integer(0)?).or_default();
            reacted.counts.insert(row.text(1)?.to_owned(), row.integer(2)?);
        }
    }
    let own = "SELECT target, user, emoji, seq FROM reactions WHERE (target, user) IN (VALUES ";
    for row in rows_of_pairs(sql, own, asked)? {
        let reacted = known.entry(row.integer(0)?).or_default();
        reacted.own.insert((user(row.text(1)?)?, row.text(2)?.to_owned()), row.integer(3)?);
    }
    Ok(known)
}

/// A condition on `seq` with two parameters, see [`stays`].
macro_rules! seen {
    () => {
        "(? OR EXISTS (SELECT 1 FROM json_each(?) AS stay \
         WHERE seq >= stay.value ->> 'from' AND seq <= COALESCE(stay.value ->> 'to', seq)))"
    };
}
pub(super) use seen;

/// Whether a reader sees everything, and their stays as JSON otherwise.
pub(super) fn stays(visible: &Visibility) -> Result<(Param<'static>, String), StoreError> {
    let everything = visible.shows_all_from(1);
    let stays = if everything { "[]".to_owned() } else { serde_json::to_string(visible)? };
    Ok((Param::Integer(u64::from(everything)), stays))
}

/// One `MessageReactions` per message, made by SQLite. However many react, what comes back is bounded.
const SUMMARY: &str = concat!(
    "SELECT '{\"seq\":' || target || ',\"reactions\":[' || group_concat(json_object('emoji', emoji, 'count', count, \
     'me', json(me), 'users', json(users)), ',' ORDER BY first) || ']}' \
     FROM (SELECT target, emoji, COUNT(*) AS count, MIN(seq) AS first, iif(MAX(user = ?), 'true', 'false') AS me, \
     json_group_array(user ORDER BY seq) FILTER (WHERE place <= ?) AS users \
     FROM (SELECT target, emoji, user, seq, ROW_NUMBER() OVER (PARTITION BY target, emoji ORDER BY seq) AS place \
     FROM reactions WHERE target BETWEEN ? AND ? AND ",
    seen!(),
    ") GROUP BY target, emoji) GROUP BY target ORDER BY target"
);

/// The reactions to messages from one seq to another, as `MessageReactions`, comma-separated: only to messages and by events that the reader
/// may see.
///
/// # Errors
/// [`StoreError`].
pub fn summaries(
    sql: &impl Sql,
    visible: &Visibility,
    reader: UserId,
    (from, to): (u64, u64),
) -> Result<String, StoreError> {
    let (everything, stays) = stays(visible)?;
    let mut parts: Vec<String> = Vec::new();
    for run in visible.runs(from, to).into_iter().filter(|run| run.visible) {
        let params = [
            Param::Text(reader.as_str()),
            Param::Integer(u64::try_from(limits::REACTION_USERS).unwrap_or(u64::MAX)),
            Param::Integer(run.from),
            Param::Integer(run.to),
            everything,
            Param::Text(&stays),
        ];
        let summaries = sql.join(SUMMARY, &params)?;
        if summaries.rows > 0 {
            parts.push(summaries.text.into());
        }
    }
    Ok(parts.join(","))
}

/// Which page of the reactions to a message.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The message.
    pub target: u64,
    /// Reactions after this seq.
    pub after: u64,
    /// Only with this emoji.
    pub emoji: Option<&'a str>,
    /// At most this many; at least one.
    pub limit: usize,
}

/// Who reacted to a message, the oldest first; `None` when there is no such message that the reader may see.
///
/// # Errors
/// [`StoreError`].
pub fn page(sql: &impl Sql, visible: &Visibility, asked: Asked<'_>) -> Result<Option<ReactionsPage>, StoreError> {
    let target = Param::Integer(asked.target);
    let is_message = "SELECT 1 FROM events WHERE seq = ? AND json_extract(envelope, '$.type') = 'message.created'";
    if !visible.shows(asked.target) || sql.exec(is_message, &[target])?.is_empty() {
        return Ok(None);
    }
    let (everything, stays) = stays(visible)?;
    let emoji = Param::from(asked.emoji);
    let limit = asked.limit.max(1);
    let one_more = Param::Integer(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1).min(1 << 32));
    let mut rows = sql.exec(
        concat!(
            "SELECT seq, user, emoji FROM reactions WHERE target = ? AND seq > ? AND (? IS NULL OR emoji = ?) AND ",
            seen!(),
            " ORDER BY seq LIMIT ?"
        ),
        &[target, Param::Integer(asked.after), emoji, emoji, everything, Param::Text(&stays), one_more],
    )?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let reaction = |row: &Row| {
        Ok::<_, StoreError>(Reaction {
            seq: row.integer(0)?,
            user: user(row.text(1)?)?,
            emoji: row.text(2)?.to_owned(),
        })
    };
    let reactions = rows.iter().map(reaction).collect::<Result<Vec<_>, _>>()?;
    let next = if more { reactions.last().map(|reaction| reaction.seq) } else { None };
    Ok(Some(ReactionsPage { reactions, next }))
}
