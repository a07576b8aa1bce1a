//! Polls: votes kept beside the log, counted for those who may see the poll, gone with it, found by their words.

use quipu_core::outbox::Outbox;
use quipu_core::search::Query;
use quipu_core::visibility::Visibility;
use quipu_schema::envelope::History;
use quipu_schema::ids::UserId;
use quipu_schema::poll::{MemberVote, NewPoll, PollResults};
use quipu_schema::problem::Code;

use super::log::{Log, add, close, create, delete, send, send_poll, user, vote};
use super::{Outcome, ensure, same};
use crate::conversation::load::load;
use crate::conversation::outbox::last_line;
use crate::conversation::polls::{read, tallies, votes};
use crate::conversation::rebuild::rebuild;
use crate::conversation::search::{self, Search};
use crate::sql::{Row, Sql};

fn lunch() -> NewPoll {
    let options = ["Pizza", "Sushi", "Falafel"].map(str::to_owned).to_vec();
    NewPoll { question: "Lunch on Friday?".into(), options, multiple: true, ..NewPoll::default() }
}

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben", "dan"], History::FromJoin))?;
    let poll = log.does("ana", send_poll(lunch()))?;
    let line = last_line(sql, &Outbox::default(), log.state.seq)?.ok_or("there is no last line")?;
    let said = (line.seq, line.preview.as_deref(), line.content.as_deref());
    same("the last line", &said, &(poll, Some("Lunch on Friday?"), Some("poll")))?;
    log.does("ana", add("cleo"))?;
    ensure(!load(sql)?.is_some_and(|loaded| loaded.polled), || "votes where there are none".into())?;
    results(&log, "ben", poll, &(0, vec![0, 0, 0], 0, false, vec![]))?;
    let first = log.ask("ben", vote(poll, &[3, 1]))?;
    same("the answer to a vote", &log.again(&first)?.seq, &poll)?;
    log.does("dan", vote(poll, &[1]))?;
    log.does("ana", vote(poll, &[2]))?;
    let again = log.ask("dan", vote(poll, &[1]))?;
    same("voting twice", &log.refused(&again)?, &Code::AlreadyVoted)?;
    log.does("dan", vote(poll, &[2, 3]))?;
    // A retry of long ago undoes nothing, and the same key votes for nothing else.
    log.does("ben", vote(poll, &[3]))?;
    same("a late retry", &log.again(&first)?.seq, &poll)?;
    results(&log, "ben", poll, &(5, vec![0, 2, 2], 3, false, vec![3]))?;
    let mut other = first.clone();
    other.command.command = send("under an old key");
    same("another body", &log.refused(&other)?, &Code::KeyReused)?;
    ensure(load(sql)?.is_some_and(|loaded| loaded.polled), || "waking does not see the votes".into())?;
    log.agrees("with votes")?;
    passed.push("votes are kept once per member, and answered once per key");

    // To whom the poll is withheld there is none.
    ensure(read(sql, &sight(&log, "cleo")?, user("cleo")?, &[poll])?.is_empty(), || "a poll that is withheld".into())?;
    let here = sight(&log, "ana")?;
    ensure(read(sql, &here, user("ana")?, &[1, poll + 100])?.is_empty(), || "polls that are none".into())?;
    for limit in 1..=4 {
        let (mut found, mut after): (Vec<MemberVote>, Option<UserId>) = (Vec::new(), None);
        loop {
            let page = votes(sql, (poll, None), after, limit)?;
            after = page.last().map(|vote| vote.user);
            found.extend(page);
            if after.is_none() {
                break;
            }
        }
        let expected = [("ana", vec![2]), ("ben", vec![3]), ("dan", vec![2, 3])];
        let mut expected: Vec<MemberVote> = expected
            .into_iter()
            .map(|(who, choices)| Ok(MemberVote { user: user(who)?, choices }))
            .collect::<Outcome<_>>()?;
        expected.sort_by_key(|vote| vote.user);
        same("who voted", &found, &expected)?;
    }
    let of_two = votes(sql, (poll, Some(2)), None, 10)?;
    same("who voted for the second", &of_two.len(), &2)?;
    ensure(votes(sql, (poll, Some(99)), None, 10)?.is_empty(), || "votes for an option beyond the bound".into())?;
    passed.push("polls are counted and paged for those who may see them");

    log.does("ana", close(poll))?;
    let late = log.ask("ben", vote(poll, &[1]))?;
    same("a late vote", &log.refused(&late)?, &Code::PollClosed)?;
    results(&log, "ana", poll, &(6, vec![0, 2, 2], 3, true, vec![2]))?;
    rebuilt(&log)?;
    sql.exec("DELETE FROM polls", &[])?;
    rebuild(sql)?;
    let (_, tally) = tallies(sql, &[poll])?.pop().ok_or("the poll is not rebuilt")?;
    same("counted anew", &(tally.counts, tally.voters, tally.closed), &(vec![0, 2, 2], 3, true))?;
    passed.push("whether a poll is closed is rebuilt from the log, and its sums from the votes");

    let line = last_line(sql, &Outbox::default(), log.state.seq)?.ok_or("there is no last line")?;
    ensure(line.seq < log.state.seq, || "the end of a poll is the last line".into())?;
    same("found by its question", &found(&log, "friday")?, &vec![poll])?;
    same("found by an option", &found(&log, "falafel")?, &vec![poll])?;
    same("found by a beginning", &found(&log, "sush*")?, &vec![poll])?;
    passed.push("polls are found by their words, and stand in the inbox by their question");

    log.does("ana", delete(poll))?;
    log.agrees("after a poll was deleted")?;
    ensure(read(sql, &here, user("ana")?, &[poll])?.is_empty(), || "a poll that was deleted".into())?;
    ensure(found(&log, "falafel")?.is_empty(), || "a poll that was deleted is found".into())?;
    let left = "SELECT (SELECT COUNT(*) FROM votes) + (SELECT COUNT(*) FROM polls) + (SELECT COUNT(*) FROM vote_keys WHERE fingerprint IS NOT NULL)";
    same("votes left", &sql.exec(left, &[])?.first().ok_or("no row")?.integer(0)?, &0)?;
    let ack = log.again(&first)?;
    same("the same key after erasure", &(ack.seq, ack.erased), &(poll, true))?;
    rebuilt(&log)?;
    passed.push("a poll that is deleted takes its votes along, and its keys answer still");
    Ok(())
}

fn sight<S: Sql>(log: &Log<'_, S>, who: &str) -> Outcome<Visibility> {
    Ok(log.state.members.get(&user(who)?).ok_or("there is no such member")?.visible.clone())
}

type Stands = (u64, Vec<u64>, u64, bool, Vec<u64>);

fn results<S: Sql>(log: &Log<'_, S>, who: &str, poll: u64, expected: &Stands) -> Outcome {
    let found = read(log.sql, &sight(log, who)?, user(who)?, &[poll])?.pop().ok_or("there is no such poll")?;
    let PollResults { version, counts, voters, closed, own, .. } = found.results;
    same(&format!("the poll as {who} sees it"), &(version, counts, voters, closed, own.unwrap_or_default()), expected)
}

fn found<S: Sql>(log: &Log<'_, S>, query: &str) -> Outcome<Vec<u64>> {
    let plan = Query::parse(query, 0).map_err(|rejection| rejection.message)?.plan(
        user("ana")?,
        |_| UserId::NOBODY,
        std::iter::empty::<(UserId, &str)>(),
    );
    let visible = sight(log, "ana")?;
    let (head, now) = (log.state.seq, log.now);
    let (limit, bytes, chunk_events) = (10, 10_000, 2);
    loop {
        let search = Search { plan: &plan, visible: &visible, before: head + 1, head, limit, bytes, now, chunk_events };
        let page = search::page(log.sql, &search)?;
        match page.missing {
            Some(chunk) => search::fill(log.sql, chunk, chunk_events)?,
            None => return Ok(page.hits.iter().map(|hit| hit.seq).collect()),
        }
    }
}

fn rebuilt<S: Sql>(log: &Log<'_, S>) -> Outcome {
    let rows = || -> Outcome<Vec<Vec<Row>>> {
        let tables = ["polls", "votes", "vote_keys"];
        tables.iter().map(|table| Ok(log.sql.exec(&format!("SELECT * FROM {table}"), &[])?)).collect()
    };
    let kept = rows()?;
    rebuild(log.sql)?;
    same("polls rebuilt", &rows()?, &kept)
}
