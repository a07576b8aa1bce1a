//! A space and its channels: what each keeps of the other.

use quipu_core::batch::{Batch, Known};
use quipu_core::decide::command_id;
use quipu_core::spaces::{self, Departures, noted};
use quipu_schema::command::{Command, EnterSpace, LeaveSpace};
use quipu_schema::envelope::{History, Role};
use quipu_schema::http::spaces::SpaceChannel;
use quipu_schema::ids::{CommandKey, ConversationId, IdKey};
use quipu_schema::internal::{ChannelNews, SpaceWord};

use super::log::{Log, add, create, group, remove, user};
use super::{Outcome, same, wipe};
use crate::conversation::load::load;
use crate::conversation::rebuild::rebuild;
use crate::conversation::spaces as kept;
use crate::sql::Sql;

fn space() -> Outcome<ConversationId> {
    let key = IdKey::new(&[7; 32]).ok_or("a key of 32 bytes is long enough")?;
    Ok(ConversationId::space(&key, "suite", user("ana")?, CommandKey::from_random([1; 16])))
}

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    channel(sql)?;
    passed.push("a channel keeps of which space it is one, and what that was told");
    wipe(sql)?;
    listed(sql)?;
    passed.push("a space lists channels as they tell, and knows who left");
    Ok(())
}

/// Enters or leaves the space.
fn moves<S: Sql>(log: &mut Log<'_, S>, command: Command) -> Outcome {
    let input = log.ask("ana", command)?;
    let members = log.state.active().map(|(user, _)| (*user, Role::Owner)).collect();
    let word = SpaceWord { space: space()?, seq: 9, room: true, members };
    let words = [(command_id(input.user, input.command.key), Ok(word))].into();
    let mut batch = log.decide_hearing(&[input], Known { words, ..Known::default() }, &[])?;
    let tellings = load(log.sql)?.map(|loaded| loaded.tellings).unwrap_or_default();
    batch.tellings = noted(&tellings, batch.rows.iter().map(|row| &row.envelope));
    log.store(batch, &[]).map(drop)
}

fn channel<S: Sql>(sql: &S) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben"], History::All))?;
    moves(&mut log, Command::EnterSpace(EnterSpace { space: space()?, open: true }))?;
    log.agrees("in a space")?;
    let loaded = load(sql)?.ok_or("nothing was loaded")?;
    same("spaces to tell", &loaded.tellings.keys().copied().collect::<Vec<_>>(), &vec![space()?])?;
    rebuild(sql)?;
    log.agrees("in a space, rebuilt")?;
    let news = spaces::news(&log.state, space()?, user("ana")?);
    let taken = spaces::settled(&loaded.tellings, &log.state, (space()?, &news), true, 5);
    kept::keep_tellings(sql, &taken)?;
    let loaded = load(sql)?.ok_or("nothing was loaded")?;
    same("what is due", &spaces::due(&loaded.tellings, &log.state), &None)?;
    moves(&mut log, Command::LeaveSpace(LeaveSpace { space: space()? }))?;
    log.agrees("out of it")?;
    let loaded = load(sql)?.ok_or("nothing was loaded")?;
    same("what is due", &spaces::due(&loaded.tellings, &log.state), &Some((0, space()?)))
}

fn news(number: u8, seq: u64, card: Option<bool>) -> Outcome<ChannelNews> {
    let id = group(number)?;
    let name = |open: bool| open.then(|| format!("channel {number}"));
    let card = card.map(|open| SpaceChannel {
        id,
        open,
        name: name(open),
        topic: None,
        avatar: None,
        member_count: open.then_some(seq),
    });
    let entered = if card.is_some() { 3 } else { 0 };
    Ok(ChannelNews { channel: id, at: 7, seq, by: user("ana")?, card, entered, since: 4 })
}

fn hears<S: Sql>(log: &mut Log<'_, S>, news: &ChannelNews) -> Outcome<Batch> {
    let channels = kept::known(log.sql, &[news.channel])?;
    let known = Known { channels, ..Known::default() };
    let mut batch = log.decide_hearing(&[], known, std::slice::from_ref(news))?;
    let mut departures = load(log.sql)?.map(|loaded| loaded.departures).unwrap_or_default();
    batch.came.iter().for_each(|(channel, place)| departures.came(*channel, *place));
    batch.departures = (!batch.came.is_empty()).then_some(departures);
    let copy = Batch { effects: batch.effects.clone(), came: batch.came.clone(), ..Batch::default() };
    log.store(batch, &[])?;
    Ok(copy)
}

fn listed<S: Sql>(sql: &S) -> Outcome {
    let mut log = Log::of(sql, space()?)?;
    log.does("ana", create(&["ben"], History::All))?;
    for (number, open) in [(5, true), (6, false), (7, true)] {
        hears(&mut log, &news(number, 4, Some(open))?)?;
        log.agrees("a channel more")?;
    }
    same("told twice", &hears(&mut log, &news(5, 4, Some(true))?)?.effects.len(), &0)?;
    hears(&mut log, &news(5, 5, Some(true))?)?;
    let names = |after, limit, all| -> Outcome<(Vec<ConversationId>, bool)> {
        let page = kept::page(sql, after, limit, all)?;
        Ok((page.channels.iter().map(|channel| channel.id).collect(), page.next.is_some()))
    };
    let (five, six, seven) = (group(5)?, group(6)?, group(7)?);
    same("open channels", &names(0, 5, false)?, &(vec![five, seven], false))?;
    same("all channels", &names(0, 2, true)?, &(vec![five, six], true))?;
    let next = kept::page(sql, 0, 2, true)?.next.unwrap_or(0);
    same("the next page", &names(next, 2, true)?, &(vec![seven], false))?;
    let first = kept::page(sql, 0, 1, false)?.channels.into_iter().next().and_then(|channel| channel.member_count);
    same("what was told last", &first, &Some(5))?;
    hears(&mut log, &news(5, 6, None)?)?;
    same("told late", &hears(&mut log, &news(5, 5, Some(true))?)?.effects.len(), &0)?;
    rebuild(sql)?;
    log.agrees("channels rebuilt")?;
    same("open channels", &names(0, 5, false)?, &(vec![seven], false))?;
    let behind = load(sql)?.ok_or("nothing was loaded")?.departures;
    same("channels that came", &behind.behind.len(), &3)?;
    let since = log.state.seq;
    log.does("ana", add("cleo"))?;
    log.does("ana", remove("ben"))?;
    let (up_to, departures) = kept::departures(sql, since)?;
    let gone: Vec<_> = departures.iter().map(|departure| (departure.user, departure.seq)).collect();
    same("who left", &(up_to, gone), &(log.state.seq, vec![(user("ben")?, log.state.seq)]))?;
    kept::keep_departures(sql, &Departures { cursor: up_to, ..Departures::default() })?;
    log.agrees("who left is told")
}
