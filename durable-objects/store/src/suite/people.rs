//! What a user lays down about others: lists are bounded and paged, and each block is told to each direct conversation once.

use quipu_schema::directory::KeptListing;
use quipu_schema::envelope::History;
use quipu_schema::ids::{ConversationKind, UserId};
use quipu_schema::inbox::Peer;
use quipu_schema::limits;
use quipu_schema::people::{Block, PeopleList, Person, ReachAudience};
use quipu_schema::problem::Rejection;

use super::account::news;
use super::log::{Log, create, group, send, user};
use super::{Failure, Outcome, same};
use crate::account::take;
use crate::conversation::{blocks, load};
use crate::listing;
use crate::migrations::{ACCOUNT, migrate};
use crate::people::{Kept, blocked, due, keep, load as kept, met, page, peer, person, set, told};
use crate::sql::Sql;

pub(super) fn check_account<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    migrate(sql, ACCOUNT)?;
    lists(sql)?;
    passed.push("people are on two lists, bounded and paged");
    tells(sql)?;
    passed.push("a block is due to be told to each direct conversation once, and anew with each change");
    listing(sql)?;
    passed.push("what the user is in the directory is kept");
    Ok(())
}

fn sets(sql: &impl Sql, other: UserId, list: PeopleList, on: bool) -> Outcome<(Person, bool)> {
    let done = set(sql, ("suite", user("ana")?), other, list, on);
    done.map_err(|Rejection { code, .. }| Failure(code.as_str().to_owned()))
}

fn lists(sql: &impl Sql) -> Outcome {
    let ben = user("ben")?;
    let is = |blocked, contact| Person { user: ben, blocked, contact };
    same("nothing", &person(sql, ben)?, &is(false, false))?;
    same("off what they are not on", &sets(sql, ben, PeopleList::Blocks, false)?, &(is(false, false), false))?;
    same("a contact", &sets(sql, ben, PeopleList::Contacts, true)?, &(is(false, true), true))?;
    same("again", &sets(sql, ben, PeopleList::Contacts, true)?, &(is(false, true), false))?;
    same("and blocked", &sets(sql, ben, PeopleList::Blocks, true)?, &(is(true, true), true))?;
    same("kept", &person(sql, ben)?, &is(true, true))?;
    same("on both", &page(sql, PeopleList::Blocks, None, 9)?, &page(sql, PeopleList::Contacts, None, 9)?)?;
    same("no contact", &sets(sql, ben, PeopleList::Contacts, false)?, &(is(true, false), true))?;
    same("nor blocked", &sets(sql, ben, PeopleList::Blocks, false)?, &(is(false, false), true))?;
    same("no trace", &person(sql, ben)?, &is(false, false))?;
    let mut all = Vec::new();
    for number in 0..limits::PEOPLE {
        let other = user(&format!("other {number}"))?;
        sets(sql, other, PeopleList::Contacts, true)?;
        all.push(other);
    }
    let refused = sets(sql, ben, PeopleList::Contacts, true).err().map(|Failure(why)| why);
    same("one too many", &refused, &Some("people_limit".to_owned()))?;
    same("the other list has room", &sets(sql, ben, PeopleList::Blocks, true)?.1, &true)?;
    all.sort_unstable();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = page(sql, PeopleList::Contacts, after, 300)?;
        seen.extend(page.people.iter().map(|person| person.user));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    same("all of them, by id", &seen, &all)?;
    sql.exec("DELETE FROM people", &[])?;
    let audience = Kept { audience: ReachAudience::Contacts, ..kept(sql)? };
    keep(sql, &audience)?;
    same("the choice stays", &kept(sql)?, &audience)
}

fn tells(sql: &impl Sql) -> Outcome {
    let (ben, cleo) = (user("ben")?, user("cleo")?);
    let direct = |conv, other: UserId| -> Outcome {
        let mut news = news(conv, 1, 0)?;
        news.kind = ConversationKind::Direct;
        news.peer = Some(Peer { user: other, subject: None, name: None, picture: None, status: None, version: 0 });
        take(sql, &news)?;
        Ok(())
    };
    sql.exec("DELETE FROM block_calls", &[])?;
    direct(1, ben)?;
    direct(2, cleo)?;
    direct(3, ben)?;
    take(sql, &news(4, 1, 0)?)?;
    same("the other end", &peer(sql, group(1)?)?, &Some(ben))?;
    same("of a group", &peer(sql, group(4)?)?, &None)?;
    sets(sql, ben, PeopleList::Blocks, true)?;
    let mut both = [group(1)?, group(3)?];
    both.sort_unstable();
    let convs = |found: &[crate::people::Due]| found.iter().map(|due| due.conv).collect::<Vec<_>>();
    let first = due(sql, 9)?;
    same("both of theirs", &convs(&first), &both.to_vec())?;
    sets(sql, ben, PeopleList::Blocks, true)?;
    same("no more by saying it again", &due(sql, 9)?, &first)?;
    for each in &first {
        told(sql, each)?;
    }
    same("told", &due(sql, 9)?, &vec![])?;
    sets(sql, ben, PeopleList::Blocks, false)?;
    let second = due(sql, 9)?;
    sets(sql, ben, PeopleList::Blocks, true)?;
    for each in &second {
        told(sql, each)?;
    }
    same("what changed while it was told is due still", &convs(&due(sql, 9)?), &both.to_vec())?;
    for each in &due(sql, 9)? {
        told(sql, each)?;
    }
    direct(5, ben)?;
    same("a new one", &met(sql, group(5)?, ben)?, &true)?;
    same("is due", &convs(&due(sql, 9)?), &vec![group(5)?])?;
    same("of somebody else", &met(sql, group(2)?, cleo)?, &false)
}

fn listing(sql: &impl Sql) -> Outcome {
    same("nothing", &listing::load(sql)?, &KeptListing::default())?;
    let chosen = KeptListing { choice: Some(true), at: 7, ..KeptListing::default() };
    listing::keep(sql, &chosen)?;
    same("kept", &listing::load(sql)?, &chosen)?;
    sql.exec("DELETE FROM people", &[])?;
    let (mut both, cleo) = ([user("ben")?, user("cleo")?], user("cleo")?);
    for other in both {
        sets(sql, other, PeopleList::Blocks, true)?;
    }
    sets(sql, user("dora")?, PeopleList::Contacts, true)?;
    both.sort_unstable();
    same("who is blocked", &blocked(sql)?, &both.to_vec())?;
    sets(sql, cleo, PeopleList::Blocks, false)?;
    same("and who still is", &blocked(sql)?, &vec![user("ben")?])
}

pub(super) fn check_conversation<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben"], History::All))?;
    let (ana, ben) = (user("ana")?, user("ben")?);
    let block = |version, on| Block { version, on };
    same("taken", &blocks::take(sql, &mut log.state, ana, block(2, true))?, &true)?;
    same("repeated", &blocks::take(sql, &mut log.state, ana, block(2, true))?, &false)?;
    same("older", &blocks::take(sql, &mut log.state, ana, block(1, false))?, &false)?;
    same("the other's", &blocks::take(sql, &mut log.state, ben, block(1, false))?, &true)?;
    let loaded = load::load(sql)?.ok_or("no conversation")?;
    same("kept over a sleep", &loaded.state.blocks, &log.state.blocks)?;
    same("it holds", &loaded.state.is_blocked(), &true)?;
    same("taken back", &blocks::take(sql, &mut log.state, ana, block(3, false))?, &true)?;
    same("no longer", &load::load(sql)?.ok_or("no conversation")?.state.is_blocked(), &false)?;
    log.does("ben", send("again"))?;
    passed.push("a conversation keeps the newest word on a block");
    Ok(())
}
