//! Channels of a space, as they tell of themselves, and who has left it. Which channels there are is a fold of the log; what they say is a fact of
//! theirs.
//!
//! Cost in rows: what a channel tells one, and three more where it is added or removed; what is kept of either telling one.

use std::collections::{BTreeMap, HashMap};

use quipu_core::batch::ChannelPlace;
use quipu_core::spaces::{Departures, Tellings};
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::http::spaces::{SpaceChannel, SpaceChannelsPage};
use quipu_schema::ids::ConversationId;
use quipu_schema::internal::{ChannelNews, Departure};
use quipu_schema::limits;

use super::commit::put as put_meta;
use super::load::in_list;
use super::{DEPARTURES, SPACES};
use crate::sql::{Param, Sql, StoreError};

/// Writes what a channel tells. One that is no channel of the space any longer leaves its row, lest something older that comes late bring it back.
pub(super) fn put(sql: &impl Sql, news: &ChannelNews, added: u64) -> Result<(), StoreError> {
    let card = news.card.as_ref().map(serde_json::to_string).transpose()?;
    sql.run(
        "INSERT INTO channels (channel, added, at, seq, entered, open, card) VALUES (?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (channel) DO UPDATE SET added = excluded.added, at = excluded.at, seq = excluded.seq, \
         entered = excluded.entered, open = excluded.open, card = excluded.card",
        &[
            Param::Text(news.channel.as_str()),
            Param::Integer(added),
            Param::Integer(news.at),
            Param::Integer(news.seq),
            Param::Integer(news.entered),
            Param::Integer(u64::from(news.card.as_ref().is_some_and(|card| card.open))),
            Param::from(card.as_deref()),
        ],
    )
}

/// Channels of the space, by the event that added each.
pub(super) fn all(sql: &impl Sql) -> Result<BTreeMap<ConversationId, u64>, StoreError> {
    let rows = sql.exec("SELECT channel, added FROM channels WHERE added > 0", &[])?;
    rows.iter().map(|row| Ok((id(row.text(0)?)?, row.integer(1)?))).collect()
}

/// Which channels there are, folded from the log again. What they have told stays.
pub(super) fn refold(sql: &impl Sql, channels: &BTreeMap<ConversationId, u64>) -> Result<(), StoreError> {
    sql.run("UPDATE channels SET added = 0 WHERE added > 0", &[])?;
    channels.iter().try_for_each(|(channel, added)| {
        sql.run(
            "INSERT INTO channels (channel, added, at, seq, entered, open, card) VALUES (?, ?, 0, 0, 0, 0, NULL) \
             ON CONFLICT (channel) DO UPDATE SET added = excluded.added",
            &[Param::Text(channel.as_str()), Param::Integer(*added)],
        )
    })
}

/// Up to where these channels have told of themselves.
///
/// # Errors
/// [`StoreError`].
pub fn known(sql: &impl Sql, channels: &[ConversationId]) -> Result<HashMap<ConversationId, ChannelPlace>, StoreError> {
    let mut known = HashMap::new();
    for chunk in channels.chunks(100) {
        let params: Vec<_> = chunk.iter().map(|channel| Param::Text(channel.as_str())).collect();
        let before = "SELECT channel, at, seq, entered FROM channels WHERE channel IN (";
        for row in sql.exec(&in_list(before, "?", chunk.len(), ")"), &params)? {
            let place = ChannelPlace { at: row.integer(1)?, seq: row.integer(2)?, entered: row.integer(3)? };
            known.insert(id(row.text(0)?)?, place);
        }
    }
    Ok(known)
}

/// A page of channels after the one that an event added: open ones, or all.
///
/// # Errors
/// [`StoreError`].
pub fn page(sql: &impl Sql, after: u64, limit: usize, all: bool) -> Result<SpaceChannelsPage, StoreError> {
    let rows = sql.exec(
        "SELECT channel, added, card FROM channels WHERE added > ? AND (open = 1 OR ?) ORDER BY added LIMIT ?",
        &[
            Param::Integer(after),
            Param::Integer(u64::from(all)),
            Param::Integer(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)),
        ],
    )?;
    let mut channels = Vec::new();
    let mut next = None;
    for row in rows.iter().take(limit) {
        let id = id(row.text(0)?)?;
        let unknown = SpaceChannel { id, open: false, name: None, topic: None, avatar: None, member_count: None };
        let card = row.optional_text(2)?.map(serde_json::from_str).transpose()?;
        channels.push(card.unwrap_or(unknown));
        next = Some(row.integer(1)?);
    }
    Ok(SpaceChannelsPage { channels, next: next.filter(|_| rows.len() > limit) })
}

/// Who left after an event of the log, and up to which event this was looked through.
///
/// # Errors
/// [`StoreError`].
pub fn departures(sql: &impl Sql, since: u64) -> Result<(u64, Vec<Departure>), StoreError> {
    let rows = sql.exec(
        "SELECT seq, envelope FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        &[Param::Integer(since), Param::Integer(limits::DEPARTURES_EVENTS)],
    )?;
    let (mut up_to, mut departures) = (since, Vec::new());
    for row in rows {
        up_to = row.integer(0)?;
        let envelope: Envelope = serde_json::from_str(row.text(1)?)?;
        let goes = matches!(envelope.kind, EventType::MemberLeft | EventType::MemberRemoved | EventType::MemberBanned);
        if let Some(user) = envelope.params.user.filter(|_| goes) {
            departures.push(Departure { user, seq: up_to, by: envelope.actor });
        }
    }
    Ok((up_to, departures))
}

/// Writes what spaces were told.
///
/// # Errors
/// [`StoreError`]; then nothing was written, and it is to be told still.
pub fn keep_tellings(sql: &impl Sql, tellings: &Tellings) -> Result<(), StoreError> {
    put_meta(sql, SPACES, tellings)
}

/// Writes which channels were told of departures.
///
/// # Errors
/// [`StoreError`]; then nothing was written, and they are to be told still.
pub fn keep_departures(sql: &impl Sql, departures: &Departures) -> Result<(), StoreError> {
    put_meta(sql, DEPARTURES, departures)
}

fn id(text: &str) -> Result<ConversationId, StoreError> {
    ConversationId::parse(text).map_err(|_| StoreError::Shape)
}
