//! Votes, and how polls stand. A vote is a fact: no event says it. The sums are kept beside the votes, so that however many vote, what is told and
//! asked costs one row.

use std::collections::BTreeMap;

use quipu_core::batch::{Effect, Known};
use quipu_core::decide::{CommandId, Lookups, Prior};
use quipu_core::polls::{Choices, Tally};
use quipu_core::visibility::Visibility;
use quipu_schema::fingerprint::Fingerprint;
use quipu_schema::ids::UserId;
use quipu_schema::poll::{MemberVote, Poll, PollTerms};

use super::load::{in_list, rows_of_pairs, user};
use crate::sql::{Param, Row, Sql, StoreError};

/// Rows in one INSERT: three parameters each, 100 at most.
const ROWS_PER_INSERT: usize = 33;

/// Stores what a batch says of polls: one row per member who voted, one per command, and one per poll.
pub(super) fn count(sql: &impl Sql, effects: &[Effect]) -> Result<(), StoreError> {
    let mut tallies: BTreeMap<u64, Tally> = BTreeMap::new();
    let mut last: BTreeMap<(u64, UserId), Choices> = BTreeMap::new();
    let mut keys: Vec<(&CommandId, u64, &Fingerprint)> = Vec::new();
    for effect in effects {
        match effect {
            Effect::Voted { poll, options, user, before, now, command, fingerprint } => {
                tally(sql, &mut tallies, (*poll, *options))?.vote(*before, *now);
                last.insert((*poll, *user), *now);
                keys.push((command, *poll, fingerprint));
            }
            Effect::PollClosed { poll, options } => tally(sql, &mut tallies, (*poll, *options))?.close(),
            _ => {}
        }
    }
    for keys in keys.chunks(ROWS_PER_INSERT) {
        let params: Vec<Param<'_>> = keys
            .iter()
            .flat_map(|(command, poll, mark)| {
                [Param::Blob(command.as_slice()), Param::Integer(*poll), Param::Blob(mark.as_slice())]
            })
            .collect();
        let statement =
            in_list("INSERT INTO vote_keys (command, poll, fingerprint) VALUES ", "(?,?,?)", keys.len(), "");
        sql.run(&statement, &params)?;
    }
    let (cast, taken): (Vec<_>, Vec<_>) = last.iter().partition(|(_, choices)| **choices != Choices::NONE);
    for votes in cast.chunks(ROWS_PER_INSERT) {
        let params: Vec<Param<'_>> = votes
            .iter()
            .flat_map(|((poll, user), choices)| {
                [Param::Integer(*poll), Param::Text(user.as_str()), Param::Integer(choices.bits())]
            })
            .collect();
        let statement = in_list(
            "INSERT INTO votes (poll, user, choices) VALUES ",
            "(?,?,?)",
            votes.len(),
            " ON CONFLICT (poll, user) DO UPDATE SET choices = excluded.choices",
        );
        sql.run(&statement, &params)?;
    }
    for ((poll, user), _) in taken {
        let params = [Param::Integer(*poll), Param::Text(user.as_str())];
        sql.run("DELETE FROM votes WHERE poll = ? AND user = ?", &params)?;
    }
    tallies.iter().try_for_each(|(poll, tally)| put(sql, *poll, tally))
}

fn tally<'a>(
    sql: &impl Sql,
    tallies: &'a mut BTreeMap<u64, Tally>,
    (poll, options): (u64, u64),
) -> Result<&'a mut Tally, StoreError> {
    use std::collections::btree_map::Entry;
    Ok(match tallies.entry(poll) {
        Entry::Occupied(held) => held.into_mut(),
        Entry::Vacant(free) => {
            let stored = self::tallies(sql, &[poll])?.pop().map(|(_, tally)| tally);
            free.insert(stored.unwrap_or_else(|| Tally::new(options)))
        }
    })
}

fn put(sql: &impl Sql, poll: u64, tally: &Tally) -> Result<(), StoreError> {
    sql.run(
        "INSERT INTO polls (poll, version, counts, voters, closed) VALUES (?, ?, ?, ?, ?) ON CONFLICT (poll) DO UPDATE SET \
         version = excluded.version, counts = excluded.counts, voters = excluded.voters, closed = excluded.closed",
        &[
            Param::Integer(poll),
            Param::Integer(tally.version),
            Param::Text(&serde_json::to_string(&tally.counts)?),
            Param::Integer(tally.voters),
            Param::Integer(u64::from(tally.closed)),
        ],
    )
}

/// A tally from columns `version, counts, voters, closed`, the first of which is this one.
fn stored(row: &Row, column: usize) -> Result<Tally, StoreError> {
    Ok(Tally {
        version: row.integer(column)?,
        counts: serde_json::from_str(row.text(column + 1)?)?,
        voters: row.integer(column + 2)?,
        closed: row.integer(column + 3)? == 1,
    })
}

/// How polls stand that were voted in or closed, by seq; at most 100 are asked for.
///
/// # Errors
/// [`StoreError`].
pub fn tallies(sql: &impl Sql, polls: &[u64]) -> Result<Vec<(u64, Tally)>, StoreError> {
    let mut found = Vec::new();
    for chunk in polls.chunks(100) {
        let params: Vec<Param<'_>> = chunk.iter().map(|poll| Param::Integer(*poll)).collect();
        let before = "SELECT poll, version, counts, voters, closed FROM polls WHERE poll IN (";
        for row in sql.exec(&in_list(before, "?", chunk.len(), ") ORDER BY poll"), &params)? {
            found.push((row.integer(0)?, stored(&row, 1)?));
        }
    }
    Ok(found)
}

/// What is known of polls that commands are about, and of the keys of these commands. Chunked to the platform's 100 parameters per statement.
pub(super) fn known(sql: &impl Sql, lookups: &[Lookups], known: &mut Known) -> Result<(), StoreError> {
    remember(sql, lookups, known)?;
    let polls: Vec<u64> = lookups.iter().filter_map(|lookups| lookups.target).collect();
    for (poll, tally) in tallies(sql, &polls)? {
        known.polls.entry(poll).or_default().closed = tally.closed;
    }
    let voters: Vec<(u64, UserId)> = lookups.iter().filter_map(|lookups| lookups.target.zip(lookups.voter)).collect();
    for row in rows_of_pairs(sql, "SELECT poll, user, choices FROM votes WHERE (poll, user) IN (VALUES ", &voters)? {
        let polled = known.polls.entry(row.integer(0)?).or_default();
        polled.own.insert(user(row.text(1)?)?, Choices::from_bits(row.integer(2)?));
    }
    Ok(())
}

/// Which of these commands voted: their keys name nothing else.
///
/// # Errors
/// [`StoreError`].
pub fn remember(sql: &impl Sql, lookups: &[Lookups], known: &mut Known) -> Result<(), StoreError> {
    for chunk in lookups.chunks(100) {
        let params: Vec<Param<'_>> = chunk.iter().map(|lookups| Param::Blob(&lookups.command)).collect();
        let before = "SELECT command, poll, fingerprint FROM vote_keys WHERE command IN (";
        for row in sql.exec(&in_list(before, "?", chunk.len(), ")"), &params)? {
            let Some(command) = row.optional_array(0)? else { continue };
            known.priors.insert(command, Prior { seq: row.integer(1)?, fingerprint: row.optional_array(2)? });
        }
    }
    Ok(())
}

/// A poll was deleted: its votes, and what they were compared by, go. Walks the keys of all votes of the conversation: an index would cost a row per vote.
pub(super) fn clear(sql: &impl Sql, poll: u64) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM votes WHERE poll = ?",
        "DELETE FROM polls WHERE poll = ?",
        "UPDATE vote_keys SET fingerprint = NULL WHERE poll = ?",
    ] {
        sql.run(statement, &[Param::Integer(poll)])?;
    }
    Ok(())
}

/// Polls as a reader sees them, by seq: those of the seqs asked for that are polls, visible, and not deleted. At most 90 are asked for.
///
/// # Errors
/// [`StoreError`].
pub fn read(sql: &impl Sql, visible: &Visibility, reader: UserId, seqs: &[u64]) -> Result<Vec<Poll>, StoreError> {
    let seen: Vec<u64> = seqs.iter().copied().filter(|seq| visible.shows(*seq)).take(90).collect();
    let mut params = vec![Param::Text(reader.as_str())];
    params.extend(seen.iter().map(|seq| Param::Integer(*seq)));
    let statement = in_list(
        "SELECT e.seq, json_extract(e.envelope, '$.params.poll'), v.choices, p.version, p.counts, p.voters, p.closed FROM events e \
         LEFT JOIN votes v ON v.poll = e.seq AND v.user = ?1 LEFT JOIN polls p ON p.poll = e.seq \
         WHERE json_extract(e.envelope, '$.params.poll') IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM deletions d WHERE d.target = e.seq) AND e.seq IN (",
        "?",
        seen.len(),
        ") ORDER BY e.seq",
    );
    let rows = sql.exec(&statement, &params)?;
    rows.iter()
        .map(|row| {
            let terms: PollTerms = serde_json::from_str(row.text(1)?)?;
            let own = row.optional_integer(2)?.map(Choices::from_bits).unwrap_or_default();
            let tally = match row.optional_integer(3)? {
                Some(_) => stored(row, 3)?,
                None => Tally::new(terms.options),
            };
            Ok(Poll { terms, results: tally.results(row.integer(0)?, Some(own)) })
        })
        .collect()
}

/// Votes in a poll by user, after one: those for an option, or all.
///
/// # Errors
/// [`StoreError`].
pub fn votes(
    sql: &impl Sql,
    (poll, option): (u64, Option<u64>),
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<MemberVote>, StoreError> {
    // An option beyond the bound has no votes.
    let mask = option.map_or(u64::from(u16::MAX), |option| Choices::of(&[option]).unwrap_or_default().bits());
    let rows = sql.exec(
        "SELECT user, choices FROM votes WHERE poll = ? AND user > ? AND (choices & ?) <> 0 ORDER BY user LIMIT ?",
        &[
            Param::Integer(poll),
            Param::Text(after.as_ref().map_or("", UserId::as_str)),
            Param::Integer(mask),
            Param::Integer(u64::try_from(limit).unwrap_or(u64::MAX).min(1 << 32)),
        ],
    )?;
    rows.iter()
        .map(|row| {
            let choices = Choices::from_bits(row.integer(1)?).numbers();
            Ok(MemberVote { user: user(row.text(0)?)?, choices })
        })
        .collect()
}

/// Before the log is folded anew: no poll is closed yet.
pub(super) fn reopen(sql: &impl Sql) -> Result<(), StoreError> {
    sql.run("UPDATE polls SET closed = 0", &[])
}

/// A poll was closed by hand.
pub(super) fn closed(sql: &impl Sql, poll: u64) -> Result<(), StoreError> {
    sql.run(
        "INSERT INTO polls (poll, version, counts, voters, closed) VALUES (?, 1, '[]', 0, 1) ON CONFLICT (poll) DO UPDATE SET closed = 1",
        &[Param::Integer(poll)],
    )
}

/// Counts all votes anew.
pub(super) fn recount(sql: &impl Sql) -> Result<(), StoreError> {
    for row in sql.exec("SELECT poll FROM polls UNION SELECT poll FROM votes ORDER BY poll", &[])? {
        let poll = row.integer(0)?;
        let terms = "SELECT json_extract(envelope, '$.params.poll.options') FROM events WHERE seq = ?";
        let options = sql.exec(terms, &[Param::Integer(poll)])?.first().ok_or(StoreError::Shape)?.integer(0)?;
        let before = tallies(sql, &[poll])?.pop().map(|(_, tally)| tally);
        let mut now = Tally::new(options);
        let counts = "SELECT choices, COUNT(*) FROM votes WHERE poll = ? GROUP BY choices";
        for row in sql.exec(counts, &[Param::Integer(poll)])? {
            let (choices, members) = (Choices::from_bits(row.integer(0)?), row.integer(1)?);
            (0..members).for_each(|_| now.vote(Choices::NONE, choices));
        }
        if let Some(before) = before {
            now.closed = before.closed;
            now.version = now.version.max(before.version);
        }
        put(sql, poll, &now)?;
    }
    Ok(())
}
