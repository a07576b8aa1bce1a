//! What a user has laid down about other people, and which direct conversations are still to be told of a block.
//!
//! Cost: a block one row for the person, one for the account, and two for each direct conversation with them: that it is to be told, and that it was.

use quipu_core::people::has_room;
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::people::{PeopleList, PeoplePage, Person, ReachAudience};
use quipu_schema::problem::Rejection;
use serde::{Deserialize, Serialize};

use crate::sql::{Param, Row, Sql, StoreError};

/// The account's own row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Who may write to the user first.
    #[serde(default)]
    pub audience: ReachAudience,
    /// How many blocks were laid down or taken away.
    #[serde(default)]
    pub version: u64,
    /// Rounds of telling that failed, in a row.
    #[serde(default)]
    pub failures: u32,
    /// The app and user whose account this is: an alarm says neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whose: Option<(String, UserId)>,
}

/// A conversation that is to be told whether the user blocks its other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub conv: ConversationId,
    /// Its other end.
    pub peer: UserId,
    /// The change that made it due.
    pub version: u64,
}

/// Reads the row.
///
/// # Errors
/// [`StoreError`].
pub fn load(sql: &impl Sql) -> Result<Kept, StoreError> {
    let rows = sql.exec("SELECT value FROM meta WHERE name = 'people'", &[])?;
    rows.first().map_or_else(|| Ok(Kept::default()), |row| Ok(serde_json::from_str(row.text(0)?)?))
}

/// Writes the row.
///
/// # Errors
/// [`StoreError`].
pub fn keep(sql: &impl Sql, kept: &Kept) -> Result<(), StoreError> {
    let value = serde_json::to_string(kept)?;
    sql.exec(
        "INSERT INTO meta (name, value) VALUES ('people', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[Param::Text(&value)],
    )
    .map(drop)
}

/// What is laid down about somebody.
///
/// # Errors
/// [`StoreError`].
pub fn person(sql: &impl Sql, user: UserId) -> Result<Person, StoreError> {
    let rows = sql.exec("SELECT user, blocked, contact FROM people WHERE user = ?", &[Param::Text(user.as_str())])?;
    rows.first().map_or(Ok(Person { user, blocked: false, contact: false }), read)
}

/// Puts somebody on a list, or takes them off. Returns how they stand now, and whether anything changed; a block that did is due to be told to
/// the direct conversations with them.
///
/// # Errors
/// `people_limit`, or [`StoreError`].
pub fn set(
    sql: &impl Sql,
    whose: (&str, UserId),
    user: UserId,
    list: PeopleList,
    on: bool,
) -> Result<(Person, bool), Rejection> {
    let before = person(sql, user)?;
    let mut after = before;
    let flag = match list {
        PeopleList::Blocks => &mut after.blocked,
        PeopleList::Contacts => &mut after.contact,
    };
    *flag = on;
    if after == before {
        return Ok((before, false));
    }
    if on {
        has_room(count(sql, list)?)?;
    }
    let mut kept = load(sql)?;
    let own = [Param::Text(user.as_str())];
    sql.transaction(&mut || {
        if after.blocked || after.contact {
            let [id] = own;
            sql.exec(
                "INSERT INTO people (user, blocked, contact) VALUES (?, ?, ?) \
                 ON CONFLICT (user) DO UPDATE SET blocked = excluded.blocked, contact = excluded.contact",
                &[id, Param::Integer(u64::from(after.blocked)), Param::Integer(u64::from(after.contact))],
            )?;
        } else {
            sql.exec("DELETE FROM people WHERE user = ?", &own)?;
        }
        if list == PeopleList::Blocks {
            kept.version += 1;
            kept.failures = 0;
            kept.whose = Some((whose.0.to_owned(), whose.1));
            keep(sql, &kept)?;
            sql.exec(
                "INSERT OR REPLACE INTO block_calls (conv, peer, version) \
                 SELECT conv, ?, ? FROM entries WHERE member = 1 AND json_extract(value, '$.peer.user') = ?",
                &[Param::Text(user.as_str()), Param::Integer(kept.version), Param::Text(user.as_str())],
            )?;
        }
        Ok(())
    })?;
    Ok((after, true))
}

/// A conversation the user has come into: told where its other end is blocked. Returns whether it is due.
///
/// # Errors
/// [`StoreError`].
pub fn met(sql: &impl Sql, conv: ConversationId, peer: UserId) -> Result<bool, StoreError> {
    if !person(sql, peer)?.blocked {
        return Ok(false);
    }
    sql.exec(
        "INSERT OR REPLACE INTO block_calls (conv, peer, version) VALUES (?, ?, ?)",
        &[Param::Text(conv.as_str()), Param::Text(peer.as_str()), Param::Integer(load(sql)?.version)],
    )?;
    Ok(true)
}

/// The other end of a direct conversation.
///
/// # Errors
/// [`StoreError`].
pub fn peer(sql: &impl Sql, conv: ConversationId) -> Result<Option<UserId>, StoreError> {
    let text = "SELECT json_extract(value, '$.peer.user') FROM entries WHERE conv = ?";
    let rows = sql.exec(text, &[Param::Text(conv.as_str())])?;
    rows.first().map_or(Ok(None), |row| row.optional_text(0))?.map(id).transpose()
}

/// Conversations that are still to be told.
///
/// # Errors
/// [`StoreError`].
pub fn due(sql: &impl Sql, limit: usize) -> Result<Vec<Due>, StoreError> {
    let limit = Param::Integer(u64::try_from(limit).unwrap_or(u64::MAX));
    let rows = sql.exec("SELECT conv, peer, version FROM block_calls ORDER BY conv LIMIT ?", &[limit])?;
    rows.iter()
        .map(|row| {
            let conv = ConversationId::parse(row.text(0)?).map_err(|_| StoreError::Shape)?;
            Ok(Due { conv, peer: id(row.text(1)?)?, version: row.integer(2)? })
        })
        .collect()
}

/// One of them was told; unless it has become due anew meanwhile.
///
/// # Errors
/// [`StoreError`].
pub fn told(sql: &impl Sql, due: &Due) -> Result<(), StoreError> {
    let told = [Param::Text(due.conv.as_str()), Param::Integer(due.version)];
    sql.exec("DELETE FROM block_calls WHERE conv = ? AND version = ?", &told).map(drop)
}

/// Those on a list, by user id.
///
/// # Errors
/// [`StoreError`].
pub fn page(sql: &impl Sql, list: PeopleList, after: Option<UserId>, limit: usize) -> Result<PeoplePage, StoreError> {
    let text = match list {
        PeopleList::Blocks => {
            "SELECT user, blocked, contact FROM people WHERE blocked = 1 AND user > ? ORDER BY user LIMIT ?"
        }
        PeopleList::Contacts => {
            "SELECT user, blocked, contact FROM people WHERE contact = 1 AND user > ? ORDER BY user LIMIT ?"
        }
    };
    let most = Param::Integer(u64::try_from(limit + 1).unwrap_or(u64::MAX));
    let rows = sql.exec(text, &[Param::Text(after.as_ref().map_or("", UserId::as_str)), most])?;
    let mut people = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let more = people.len() > limit;
    people.truncate(limit);
    Ok(PeoplePage { next: people.last().filter(|_| more).map(|last| last.user), people })
}

/// All who are blocked, by user id.
///
/// # Errors
/// [`StoreError`].
pub fn blocked(sql: &impl Sql) -> Result<Vec<UserId>, StoreError> {
    let rows = sql.exec("SELECT user FROM people WHERE blocked = 1 ORDER BY user", &[])?;
    rows.iter().map(|row| id(row.text(0)?)).collect()
}

fn count(sql: &impl Sql, list: PeopleList) -> Result<usize, StoreError> {
    let text = match list {
        PeopleList::Blocks => "SELECT COUNT(*) FROM people WHERE blocked = 1",
        PeopleList::Contacts => "SELECT COUNT(*) FROM people WHERE contact = 1",
    };
    let count = sql.exec(text, &[])?.first().map_or(Ok(0), |row| row.integer(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn read(row: &Row) -> Result<Person, StoreError> {
    Ok(Person { user: id(row.text(0)?)?, blocked: row.integer(1)? == 1, contact: row.integer(2)? == 1 })
}

fn id(text: &str) -> Result<UserId, StoreError> {
    UserId::parse(text).map_err(|_| StoreError::Shape)
}
