//! Commits, waking, rolling back, erasing, rebuilding.

use std::collections::BTreeSet;

use quipu_core::batch::{Answer, Batch};
use quipu_core::decide::{Lookups, plan};
use quipu_core::outbox::{Outbox, Pending, Retry};
use quipu_schema::envelope::{EventType, History};
use quipu_schema::ids::UserId;
use quipu_schema::problem::Code;
use quipu_schema::socket::{Ack, Cell, Profile};

use super::log::{Log, add, create, delete, edit, remove, rename, send, user};
use super::{Outcome, ensure, same, tables, wipe};
use crate::conversation::Birth;
use crate::conversation::commit::{commit, settle};
use crate::conversation::history::{self, cells_after};
use crate::conversation::load::{known, load};
use crate::conversation::rebuild::rebuild;
use crate::migrations::{CONVERSATION, migrate};
use crate::sql::{Param, Sql};

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    // One that was made by an earlier version has the first steps and not the others.
    migrate(sql, CONVERSATION.get(..3).unwrap_or_default())?;
    migrate(sql, CONVERSATION)?;
    migrate(sql, CONVERSATION)?;
    let newest = sql.exec("SELECT MAX(step) FROM migrations", &[])?.first().map_or(Ok(0), |row| row.integer(0))?;
    same("the newest migration recorded", &usize::try_from(newest).unwrap_or(0), &CONVERSATION.len())?;
    ensure(load(sql)?.is_none(), || "a log that was never created was loaded".to_owned())?;
    passed.push("migrations run once");
    wipe(sql)?;

    let mut log = Log::new(sql)?;
    unborn(&mut log)?;
    passed.push("a creation that fails makes no table");
    birth(&mut log)?;
    passed.push("a conversation is created, and is loaded as it was kept");
    life(&mut log)?;
    passed.push("messages, edits, deletions and members are loaded as they were kept");
    keys(&mut log)?;
    passed.push("a key names one command for ever");
    rolls_back(&mut log)?;
    passed.push("a commit that fails leaves nothing");
    erased(&mut log)?;
    passed.push("erasing leaves no content, salt or fingerprint");
    cells(&mut log)?;
    passed.push("cells are told by version");
    settled(&mut log)?;
    passed.push("receipts survive what the outbox settles");
    rebuilt(&mut log)?;
    passed.push("projections rebuilt are the projections kept");
    Ok(())
}

/// The tables come with the birth, in its transaction.
fn unborn<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let input = log.ask("ana", create(&["ben"], History::FromJoin))?;
    let before = log.state.clone();
    let mut batch = log.decide(&[input])?;
    log.state = before;
    // The second row under the first one's number.
    let (first, rest) = batch.rows.split_first_mut().ok_or("a creation makes events")?;
    rest.first_mut().ok_or("a creation makes several events")?.envelope.seq = first.envelope.seq;
    let failed = commit(log.sql, &log.state, &batch, &[], Some(&log.birth));
    ensure(failed.is_err(), || "two events under one number were stored".to_owned())?;
    same("tables of a creation that failed", &tables(log.sql)?, &Vec::<String>::new())
}

fn birth<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let input = log.ask("ana", create(&["ben", "cleo"], History::FromJoin))?;
    let answers = log.batch(std::slice::from_ref(&input))?;
    same("answer to create", &answers, &vec![Answer::Ack(Ack { key: input.command.key, seq: 1, erased: false })])?;
    same("events of a creation", &log.rows.len(), &4)?;
    log.agrees("after creation")?;
    same("secret", &log.birth.secret(), &[3; 32])
}

/// More than one INSERT in a commit, lone messages, edits and deletions across commits and within one.
fn life<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let first = log.does("ana", send("first"))?;
    log.agrees("after a lone message")?;
    let many = (0..33).map(|index| log.ask("ben", send(&format!("many {index}")))).collect::<Outcome<Vec<_>>>()?;
    log.batch(&many)?;
    log.agrees("after a batch of 33")?;
    log.does("ana", edit(first, "first, edited"))?;
    log.does("ana", edit(first, "first, edited twice"))?;
    let next = log.state.seq + 1;
    let together = [
        log.ask("cleo", send("to be edited and deleted at once"))?,
        log.ask("cleo", edit(next, "edited at once"))?,
        log.ask("cleo", delete(next))?,
        log.ask("ana", rename("Renamed"))?,
        log.ask("ana", remove("cleo"))?,
        log.ask("ana", add("dan"))?,
    ];
    log.batch(&together)?;
    log.agrees("after everything at once")?;
    log.does("ana", add("cleo"))?;
    log.does("dan", send("from somebody new"))?;
    log.agrees("after somebody came back")
}

fn keys<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let input = log.ask("ana", send("once"))?;
    let ack = log.again(&input)?;
    let length = log.rows.len();
    same("ack of the same command again", &log.again(&input)?, &ack)?;
    let mut other = input.clone();
    other.command.command = send("another body");
    same("another body under the key", &log.refused(&other)?, &Code::KeyReused)?;
    same("rows after repeats", &log.rows.len(), &length)?;
    // More keys and targets than one statement has parameters.
    let mut lookups = Vec::new();
    for index in 0..130 {
        lookups.push(plan(input.user, &log.ask("ana", send(&format!("unused {index}")))?.command));
    }
    let lookup = plan(input.user, &input.command);
    let command = lookup.command;
    lookups.push(lookup);
    lookups.extend((1..=log.state.seq + 100).map(|seq| Lookups { target: Some(seq), ..lookup }));
    let found = known(log.sql, &lookups)?;
    same("priors found", &found.priors.keys().copied().collect::<Vec<_>>(), &vec![command])?;
    same("prior's seq", &found.priors.get(&command).map(|prior| prior.seq), &Some(ack.seq))?;
    same("targets found", &found.targets.len(), &log.rows.len())?;
    for row in &log.rows {
        let seq = row.envelope.seq;
        let about = |kind: EventType| {
            log.rows.iter().filter(move |row| row.envelope.kind == kind && row.envelope.reference == Some(seq))
        };
        let version = about(EventType::MessageEdited).filter_map(|row| row.envelope.params.version).max().unwrap_or(1);
        let target =
            found.targets.get(&seq).map(|target| (target.kind.clone(), target.actor, target.version, target.deleted));
        let deleted = about(EventType::MessageDeleted).next().is_some();
        same(
            &format!("what is known of event {seq}"),
            &target,
            &Some((row.envelope.kind.clone(), row.envelope.actor, version, deleted)),
        )?;
    }
    Ok(())
}

/// Failures late in a transaction: after the birth, after the first INSERT, after the events.
fn rolls_back<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let before = log.state.clone();
    let inputs = (0..20).map(|index| log.ask("ana", send(&format!("lost {index}")))).collect::<Outcome<Vec<_>>>()?;
    let mut batch = log.decide(&inputs)?;
    let receipt = Cell::Receipt(log.state.receipts.of(user("ana")?));
    let cells = [log.cell(receipt)];
    log.cells_version -= 1;
    if let Some(last) = batch.rows.last_mut() {
        last.envelope.seq = 1;
    }
    let other = Birth { app: "other".into(), ..log.birth.clone() };
    let result = commit(log.sql, &log.state, &batch, &cells, Some(&other));
    ensure(result.is_err(), || "two events took one number".to_owned())?;
    log.state = before.clone();
    log.agrees("after a clash of numbers")?;

    let taken = log.rows.iter().find_map(|row| row.command).ok_or("no event has a command")?;
    let mut batch = log.decide(&inputs)?;
    if let Some(row) = batch.rows.last_mut() {
        row.command = Some(taken);
    }
    let result = commit(log.sql, &log.state, &batch, &[], None);
    ensure(result.is_err(), || "two commands took one key".to_owned())?;
    log.state = before;
    log.agrees("after a clash of keys")?;

    // What failed can be said again, under the same keys.
    log.batch(&inputs)?;
    log.agrees("after a second try")
}

fn erased<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let input = log.ask("ben", send("a secret"))?;
    let target = log.again(&input)?.seq;
    let edits = [log.does("ben", edit(target, "a secret, edited"))?, log.does("ben", edit(target, "a secret, again"))?];
    let beside = log.does("ben", send("no secret"))?;
    let kept = log.row(beside)?.clone();
    log.does("ana", delete(target))?;
    log.agrees("after erasing")?;
    let about = "SELECT COUNT(*) FROM events WHERE content LIKE '%a secret%' OR \
                 (seq IN (SELECT seq FROM edits WHERE target = ?) AND (salt IS NOT NULL OR fingerprint IS NOT NULL))";
    let left = log.sql.exec(about, &[Param::Integer(target)])?;
    same("rows that still tell", &left.first().map(|row| row.integer(0)).transpose()?, &Some(0))?;
    for seq in [target].into_iter().chain(edits) {
        let row = log.row(seq)?;
        ensure(row.content.is_none() && row.salt.is_none() && row.fingerprint.is_none(), || {
            format!("event {seq} was not erased where it was kept")
        })?;
        let item = log.item(seq)?;
        ensure(item.contains("\"commitment\"") && item.ends_with("\"content\":null,\"salt\":null}"), || {
            format!("event {seq} is served as {item}")
        })?;
    }
    same("the message beside", log.row(beside)?, &kept)?;
    same("the erased key", &log.again(&input)?, &Ack { key: input.command.key, seq: target, erased: true })
}

fn cells<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let (ana, ben) = (user("ana")?, user("ben")?);
    let read = log.state.seq - 2;
    let n = history::n_at(log.sql, read)?.ok_or("an event has no n")?;
    same("n of an event", &n, &log.row(read)?.envelope.n)?;
    ensure(history::n_at(log.sql, log.state.seq + 1)?.is_none(), || "an event beyond the head has an n".to_owned())?;
    log.state.receipts.advance(ana, read, read, n);
    let receipt = Cell::Receipt(log.state.receipts.of(ana));
    let first = log.cell(receipt.clone());
    let profile = Cell::Profile(Profile { name: Some("Ben".into()), ..Profile::unknown(ben) });
    let second = log.cell(profile.clone());
    let input = log.ask("ana", send("with cells"))?;
    let batch = log.decide(&[input])?;
    log.store(batch, &[first, second])?;
    log.agrees("after cells")?;
    let at = log.cells_version;
    same("cells after none", &cells_after(log.sql, 0)?, &vec![receipt, profile.clone()])?;
    same("cells after the first", &cells_after(log.sql, at - 1)?, &vec![profile.clone()])?;
    same("cells after the last", &cells_after(log.sql, at)?, &Vec::new())?;
    let loaded = load(log.sql)?.ok_or("nothing was loaded")?;
    same("profiles", &loaded.profiles.into_values().map(Cell::Profile).collect::<Vec<_>>(), &vec![profile])?;

    // A cell that changes again is one row with a newer version.
    let renamed = log.cell(Cell::Profile(Profile { name: Some("Benno".into()), ..Profile::unknown(ben) }));
    let input = log.ask("ana", send("with a cell again"))?;
    let batch = log.decide(&[input])?;
    log.store(batch, std::slice::from_ref(&renamed))?;
    same("cells after a change", &cells_after(log.sql, at)?, &vec![renamed.cell])?;
    log.agrees("after a cell changed")
}

fn settled<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let loaded = load(log.sql)?.ok_or("nothing was loaded")?;
    let everybody: BTreeSet<_> =
        log.rows.iter().flat_map(|row| row.envelope.params.user.into_iter().chain([row.envelope.actor])).collect();
    same("whom an outbox never pumped concerns", &loaded.pending.concerned, &everybody)?;
    let head = log.state.seq;
    let writes: Vec<_> = std::mem::take(&mut log.unwritten)
        .into_iter()
        .map(|user| {
            let receipt = Cell::Receipt(log.state.receipts.of(user));
            log.cell(receipt)
        })
        .collect();
    let lagging = BTreeSet::from([user("dan")?]);
    let retries = lagging.iter().map(|user| (*user, Retry { failures: 2, at: 9_000 })).collect();
    let outbox = Outbox { cursor: head, cells: log.cells_version, lagging, retries, ..Outbox::default() };
    ensure(writes.len() >= 4, || format!("only {} cursors moved", writes.len()))?;
    settle(log.sql, &outbox, &writes, head)?;
    log.agrees("after the outbox settled")?;
    let loaded = load(log.sql)?.ok_or("nothing was loaded")?;
    same("outbox", &(&loaded.outbox, &loaded.pending), &(&outbox, &Pending::default()))?;
    log.does("ben", send("after the round"))?;
    log.agrees("after a message that the outbox has not told")?;
    let (ana, ben) = (user("ana")?, user("ben")?);
    let loaded = load(log.sql)?.ok_or("nothing was loaded")?;
    let pending = Pending { concerned: BTreeSet::from([ben]), ..Pending::default() };
    same("whom one message concerns", &(&loaded.pending, &loaded.unwritten), &(&pending, &BTreeSet::from([ben])))?;
    // A cursor that was written and whose account was not told before the process died is told again.
    log.state.receipts.advance(ana, head, head, log.row(head)?.envelope.n);
    let receipt = Cell::Receipt(log.state.receipts.of(ana));
    let cell = log.cell(receipt);
    commit(log.sql, &log.state, &Batch::default(), &[cell], None)?;
    let loaded = load(log.sql)?.ok_or("nothing was loaded")?;
    same("whose cursor moved", &loaded.pending.readers, &BTreeSet::from([ana]))?;
    log.agrees("after a cursor that the outbox has not told")?;
    // So is a name.
    let renamed = log.cell(Cell::Profile(Profile { name: Some("Benedict".into()), ..Profile::unknown(ben) }));
    commit(log.sql, &log.state, &Batch::default(), &[renamed], None)?;
    let loaded = load(log.sql)?.ok_or("nothing was loaded")?;
    same("who is shown otherwise", &loaded.pending.renamed, &BTreeSet::from([ben]))?;
    // A round in which no cursor moved must not forget those of before.
    settle(log.sql, &Outbox { cursor: log.state.seq, ..Outbox::default() }, &[], log.state.seq)?;
    log.agrees("after a round without receipts")?;
    // In a large conversation receipts are written before everybody was told: what was not told must not be forgotten for that.
    let told = log.state.seq;
    log.does("ben", send("to a large conversation"))?;
    log.does("ana", send("to a large conversation too"))?;
    let outbox = Outbox { cursor: told, cells: log.cells_version, ..Outbox::default() };
    let receipt = Cell::Receipt(log.state.receipts.of(ana));
    let cell = log.cell(receipt);
    settle(log.sql, &Outbox { cells: log.cells_version, ..outbox }, &[cell], log.state.seq)?;
    let loaded = load(log.sql)?.ok_or("nothing was loaded")?;
    same("whom a half-told round concerns", &loaded.pending.concerned, &BTreeSet::from([ana, ben]))?;
    log.agrees("after a half-told round")
}

fn rebuilt<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let tables = [
        "SELECT * FROM members ORDER BY user",
        "SELECT * FROM edits ORDER BY target, version",
        "SELECT * FROM deletions ORDER BY target",
        "SELECT * FROM meta ORDER BY name",
    ];
    let read = || tables.iter().map(|table| log.sql.exec(table, &[])).collect::<Result<Vec<_>, _>>();
    let kept = read()?;
    ensure(kept.iter().all(|rows| !rows.is_empty()), || format!("a projection is empty: {kept:?}"))?;
    rebuild(log.sql)?;
    same("projections rebuilt", &read()?, &kept)?;
    for damage in [
        "DELETE FROM members",
        "DELETE FROM edits",
        "UPDATE deletions SET seq = seq + 1",
        "DELETE FROM meta WHERE name = 'about'",
    ] {
        log.sql.exec(damage, &[])?;
    }
    log.sql.exec("INSERT INTO members (user, value) VALUES (?, '{}')", &[Param::Text(UserId::NOBODY.as_str())])?;
    rebuild(log.sql)?;
    same("projections rebuilt from damage", &read()?, &kept)?;
    log.agrees("after rebuilding")
}
