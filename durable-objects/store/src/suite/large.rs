//! Conversations of many: of former members a bounded number is kept, and whose inboxes are open is.

use quipu_core::everything::{Everything, Wish};
use quipu_core::listeners::Listeners;
use quipu_core::outbox::{Outbox, is_large};
use quipu_schema::envelope::History;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::socket::{Cell, Profile};

use super::log::{Log, add, create, remove, user};
use super::{Outcome, ensure, same};
use crate::conversation::commit::{put_cell, settle};
use crate::conversation::everything::take;
use crate::conversation::listeners::change;
use crate::conversation::load::load;
use crate::conversation::rebuild::rebuild;
use crate::sql::{Param, Sql};

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["first"], History::All))?;
    let first = user("first")?;
    let receipt = log.cell(Cell::Receipt(log.state.receipts.of(first)));
    let profile = log.cell(Cell::Profile(Profile { name: Some("First".into()), ..Profile::unknown(first) }));
    put_cell(sql, &receipt)?;
    put_cell(sql, &profile)?;
    let of_first = |table: &str| -> Outcome<usize> {
        Ok(sql.exec(&format!("SELECT 1 FROM {table} WHERE user = ?"), &[Param::Text(first.as_str())])?.len())
    };
    same("rows of a member", &(of_first("members")?, of_first("cells")?), &(1, 2))?;

    let names: Vec<String> = (0..limits::FORMER_MEMBERS).map(|number| format!("user{number}")).collect();
    let each =
        |log: &mut Log<'_, S>, command: fn(&str) -> quipu_schema::command::Command, names: &[String]| -> Outcome {
            for chunk in names.chunks(256) {
                let inputs = chunk.iter().map(|name| log.ask("ana", command(name))).collect::<Outcome<Vec<_>>>()?;
                log.batch(&inputs)?;
            }
            Ok(())
        };
    each(&mut log, add, &names)?;
    log.agrees("with many members")?;
    whose_inboxes_are_open(&mut log, &names)?;
    passed.push("whose inboxes are open is kept, of members");
    who_wants_everything(&mut log)?;
    passed.push("who wants to hear of everything is kept, of members");

    let outbox = Outbox { cursor: log.state.seq, cells: log.cells_version, ..Outbox::default() };
    settle(sql, &outbox, &[], log.state.seq)?;
    log.does("ana", remove("first"))?;
    each(&mut log, remove, names.get(1..).unwrap_or_default())?;
    same("rows of who went first", &(of_first("members")?, of_first("cells")?), &(1, 2))?;
    log.does("ana", remove("user0"))?;
    same("rows of who is forgotten", &(of_first("members")?, of_first("cells")?), &(0, 0))?;
    log.agrees("after one was forgotten")?;
    rebuild(sql)?;
    log.agrees("members rebuilt")?;
    let inputs = [log.ask("ana", add("more"))?, log.ask("ana", remove("more"))?, log.ask("ana", add("user1"))?];
    log.batch(&inputs)?;
    log.agrees("after one was forgotten and came back in one commit")?;
    passed.push("of former members a bounded number is kept");
    Ok(())
}

fn who_wants_everything<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let sql = log.sql;
    let loaded = || -> Outcome<Everything> { Ok(load(sql)?.ok_or("nothing was loaded")?.outbox.everything) };
    same("nobody wants everything", &loaded()?, &Everything::default())?;
    let (one, other) = (user("user1")?, user("user2")?);
    let mut known = Everything::default();
    take(sql, &mut known, one, Wish { version: 7, on: true })?;
    take(sql, &mut known, other, Wish { version: 3, on: true })?;
    take(sql, &mut known, other, Wish { version: 4, on: false })?;
    // Late, or told again.
    take(sql, &mut known, one, Wish { version: 6, on: false })?;
    take(sql, &mut known, other, Wish { version: 4, on: true })?;
    let expected = [(one, Wish { version: 7, on: true }), (other, Wish { version: 4, on: false })];
    same("what was taken", &known, &Everything::new(expected))?;
    same("what was kept", &loaded()?, &known)?;
    log.does("ana", remove("user1"))?;
    same("of who went", &loaded()?, &Everything::new(expected.into_iter().skip(1)))?;
    log.does("ana", add("user1"))?;
    same("of who came back", &loaded()?.has(&one), &false)
}

fn whose_inboxes_are_open<S: Sql>(log: &mut Log<'_, S>, names: &[String]) -> Outcome {
    let sql = log.sql;
    ensure(is_large(log.state.active_count()), || "the group is not large".to_owned())?;
    let listening = |when: &str, expected: &[UserId]| -> Outcome {
        let loaded = load(sql)?.ok_or("nothing was loaded")?.outbox.listeners;
        same(when, &loaded, &Listeners::new(expected.iter().copied()))
    };
    let users = names.iter().map(|name| user(name)).collect::<Outcome<Vec<_>>>()?;
    listening("nobody", &[])?;
    change(sql, &users, &[])?;
    change(sql, users.get(..10).unwrap_or_default(), &[])?;
    listening("all, some of them told twice", &users)?;
    change(sql, &[], users.get(4..).unwrap_or_default())?;
    listening("the first four", users.get(..4).unwrap_or_default())?;
    log.does("ana", remove("user0"))?;
    listening("without who went", users.get(1..4).unwrap_or_default())?;
    log.does("ana", add("user0"))?;
    listening("without who came back", users.get(1..4).unwrap_or_default())
}
