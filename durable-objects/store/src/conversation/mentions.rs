//! The projection of mentions: one row for each message and whom it addresses in its newest version.
//!
//! Everybody, and everybody of a role, are one row, however many members there are. Whom a reply mentions stands here with the thread, `user root`:
//! it is read where the thread is.

use quipu_core::mentions::{EVERYONE, Mentioned, addressed};
use quipu_schema::content::TextContent;
use quipu_schema::envelope::Role;
use quipu_schema::ids::UserId;
use quipu_schema::limits;

use crate::sql::{Param, Sql, StoreError};

/// Notes whom a message addresses.
pub(super) fn put(sql: &impl Sql, seq: u64, text: &TextContent) -> Result<(), StoreError> {
    addressed(text).try_for_each(|whom| {
        sql.run("INSERT INTO mentions (whom, seq) VALUES (?, ?)", &[Param::Text(whom), Param::Integer(seq)])
    })
}

/// Notes whom a reply mentions, in the thread it stands in.
pub(super) fn put_reply(sql: &impl Sql, seq: u64, root: u64, mentions: &[UserId]) -> Result<(), StoreError> {
    mentions.iter().try_for_each(|user| {
        let whom = format!("{} {root}", user.as_str());
        sql.run("INSERT INTO mentions (whom, seq) VALUES (?, ?)", &[Param::Text(&whom), Param::Integer(seq)])
    })
}

/// Forgets whom a message addresses in the newest version that is projected. Asked of the content, before that is erased: an index by
/// message would cost another row per mention.
pub(super) fn clear(sql: &impl Sql, target: u64) -> Result<(), StoreError> {
    sql.run(
        "WITH newest (content) AS (SELECT content FROM events WHERE seq = COALESCE((SELECT seq FROM edits WHERE target = ?1 \
         ORDER BY version DESC LIMIT 1), ?1)), \
         stands (thread) AS (SELECT json_extract(envelope, '$.thread') FROM events WHERE seq = ?1) \
         DELETE FROM mentions WHERE seq = ?1 AND whom IN (\
         SELECT COALESCE(value || ' ' || thread, value) FROM newest, stands, json_each(newest.content, '$.mentions') \
         UNION ALL SELECT value FROM newest, json_each(newest.content, '$.mention_roles') UNION ALL SELECT ?2)",
        &[Param::Integer(target), Param::Text(EVERYONE)],
    )
}

/// The last message that addressed each member, everybody, and each role.
pub(super) fn last(sql: &impl Sql) -> Result<Mentioned, StoreError> {
    let mut mentioned = Mentioned::default();
    let words: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).chain([EVERYONE]).collect();
    let rows = sql.exec(
        "SELECT whom, (SELECT MAX(seq) FROM mentions WHERE mentions.whom = known.whom) \
         FROM (SELECT user AS whom FROM members UNION ALL SELECT value FROM json_each(?)) AS known",
        &[Param::Text(&serde_json::to_string(&words)?)],
    )?;
    for row in rows {
        if let Some(seq) = row.optional_integer(1)? {
            mentioned.put(row.text(0)?, seq);
        }
    }
    Ok(mentioned)
}

/// How many messages after a seq mention somebody by name, like [`unread`].
///
/// # Errors
/// [`StoreError`].
pub fn unread_by_name(sql: &impl Sql, user: UserId, after: u64) -> Result<u64, StoreError> {
    let rows = sql.exec(
        "SELECT COUNT(*) FROM (SELECT seq FROM mentions WHERE whom = ?1 AND seq > ?2 \
         AND NOT EXISTS (SELECT 1 FROM hidden WHERE hidden.user = ?1 AND hidden.seq = mentions.seq) LIMIT ?3)",
        &[Param::Text(user.as_str()), Param::Integer(after), Param::Integer(limits::MENTIONS_COUNTED)],
    )?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}

/// How many messages after a seq mention somebody of this role, in their newest version, and were not deleted by them for themselves; at most [`limits::MENTIONS_COUNTED`].
///
/// # Errors
/// [`StoreError`].
pub fn unread(sql: &impl Sql, user: UserId, role: Role, after: u64) -> Result<u64, StoreError> {
    let rows = sql.exec(
        "SELECT COUNT(*) FROM (SELECT DISTINCT seq FROM mentions WHERE whom IN (?1, ?2, ?3) AND seq > ?4 \
         AND NOT EXISTS (SELECT 1 FROM hidden WHERE hidden.user = ?1 AND hidden.seq = mentions.seq) LIMIT ?5)",
        &[
            Param::Text(user.as_str()),
            Param::Text(role.as_str()),
            Param::Text(EVERYONE),
            Param::Integer(after),
            Param::Integer(limits::MENTIONS_COUNTED),
        ],
    )?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}
