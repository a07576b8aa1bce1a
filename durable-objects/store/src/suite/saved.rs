//! What a user saves: kept once, in order, bounded; and shown as its conversation lets them see it now.

use quipu_schema::envelope::History;
use quipu_schema::ids::Epoch;
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::saved::{SavedChange, SavedPlace};
use serde_json::Value;

use super::log::{Log, add, create, delete, edit, group, remove, send, user};
use super::{Failure, Outcome, ensure, same};
use crate::conversation::saved::{messages, savable};
use crate::migrations::{ACCOUNT, migrate};
use crate::saved::{count, page, save, unsave, version, within};
use crate::sql::Sql;

pub(super) fn check_account<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    migrate(sql, ACCOUNT)?;
    kept(sql)?;
    bounded(sql)?;
    passed.push("what is saved is kept once, in order, and bounded");
    Ok(())
}

fn place(seq: u64, epoch: u64) -> SavedPlace {
    SavedPlace { seq, epoch: Epoch::from_bits(epoch) }
}

fn saves(sql: &impl Sql, conv: u8, at: SavedPlace) -> Outcome<(SavedChange, bool)> {
    save(sql, group(conv)?, at, 1_000 + at.seq).map_err(|Rejection { code, .. }| Failure(code.as_str().to_owned()))
}

fn kept(sql: &impl Sql) -> Outcome {
    let (one, two) = (group(1)?, group(2)?);
    let change = |version, conversation, seq, saved, count| SavedChange { version, conversation, seq, saved, count };
    same("nothing was ever saved", &(version(sql)?, count(sql)?), &(0, 0))?;
    same("nothing to take out", &unsave(sql, one, 5)?, &(change(0, one, 5, false, 0), false))?;
    same("saved", &saves(sql, 1, place(5, 1))?, &(change(1, one, 5, true, 1), true))?;
    same("saved again", &saves(sql, 1, place(5, 1))?, &(change(1, one, 5, true, 1), false))?;
    same("another", &saves(sql, 2, place(5, 1))?, &(change(2, two, 5, true, 2), true))?;
    same("a third", &saves(sql, 1, place(3, 1))?, &(change(3, one, 3, true, 3), true))?;
    same("of one conversation", &within(sql, one)?.seqs, &vec![3, 5])?;
    same("of none", &within(sql, group(3)?)?.seqs, &vec![])?;
    let seqs = |before, limit| -> Outcome<(Vec<(u64, u64)>, bool)> {
        let page = page(sql, before, limit)?;
        Ok((page.saved.iter().map(|kept| (kept.version, kept.place.seq)).collect(), page.more))
    };
    same("what was saved last is first", &seqs(None, 2)?, &(vec![(3, 3), (2, 5)], true))?;
    same("and so on", &seqs(Some(2), 2)?, &(vec![(1, 5)], false))?;
    same("nothing before the first", &seqs(Some(1), 2)?, &(vec![], false))?;
    // The last one: the version must not be had twice.
    same("taken out", &unsave(sql, one, 3)?, &(change(4, one, 3, false, 2), true))?;
    same("taken out again", &unsave(sql, one, 3)?, &(change(4, one, 3, false, 2), false))?;
    same("the version stays", &version(sql)?, &4)?;
    same("saved anew", &saves(sql, 1, place(3, 1))?, &(change(5, one, 3, true, 3), true))?;
    same("of a log that was restored", &saves(sql, 1, place(3, 2))?, &(change(6, one, 3, true, 3), true))?;
    same("in its place", &page(sql, None, 1)?.saved.first().map(|kept| kept.place), &Some(place(3, 2)))?;
    for (conv, seq) in [(one, 3), (one, 5), (two, 5)] {
        unsave(sql, conv, seq)?;
    }
    same("nothing is left", &(version(sql)?, count(sql)?), &(9, 0))
}

fn bounded(sql: &impl Sql) -> Outcome {
    for number in 0..limits::SAVED {
        saves(sql, 1, place(u64::try_from(number).unwrap_or(0) + 1, 1))?;
    }
    let (last, count) = (version(sql)?, count(sql)?);
    let refused = saves(sql, 2, place(1, 1)).err().map(|Failure(why)| why);
    same("one too many", &refused, &Some(Code::SavedLimit.as_str().into()))?;
    same("it left nothing", &(version(sql)?, self::count(sql)?), &(last, count))?;
    ensure(!saves(sql, 1, place(7, 1))?.1, || "saved twice at the bound".into())?;
    ensure(saves(sql, 1, place(7, 2))?.1, || "one in the place of another is no more than there were".into())?;
    unsave(sql, group(1)?, 7)?;
    ensure(saves(sql, 2, place(1, 1))?.1, || "there was no room again".into())
}

/// A text as sent, and as edited.
type Said = (String, Option<String>);

pub(super) fn check_conversation<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben"], History::FromJoin))?;
    let early = log.does("ana", send("early"))?;
    log.does("ana", add("cleo"))?;
    let seq = log.does("ana", send("first words"))?;
    let edited = log.does("ana", edit(seq, "second words"))?;
    log.does("ana", remove("cleo"))?;
    log.does("ana", edit(seq, "words in her absence"))?;
    log.does("ana", add("cleo"))?;
    let gone = log.does("ben", send("gone"))?;
    let plain = log.does("ben", send("plain"))?;
    let sight = |who: &str| -> Outcome<_> {
        Ok(log.state.members.get(&user(who)?).ok_or("a member is missing")?.visible.clone())
    };
    let may = |who: &str, seq| -> Outcome<Result<Epoch, Code>> {
        Ok(savable(sql, &sight(who)?, seq, log.now).map_err(|rejection| rejection.code))
    };
    let epoch = log.state.epoch;
    same("before it is deleted", &may("ben", gone)?, &Ok(epoch))?;
    for (who, seq, expected) in [
        ("ana", seq, Ok(epoch)),
        ("cleo", seq, Ok(epoch)),
        ("ana", early, Ok(epoch)),
        ("cleo", early, Err(Code::MessageNotFound)),
        ("ana", edited, Err(Code::MessageNotFound)),
        ("ana", 1, Err(Code::MessageNotFound)),
        ("ana", 0, Err(Code::MessageNotFound)),
        ("ana", log.state.seq + 1, Err(Code::MessageNotFound)),
    ] {
        same(&format!("{who} saves {seq}"), &may(who, seq)?, &expected)?;
    }
    log.does("ben", delete(gone))?;
    let ana = log.state.members.get(&user("ana")?).ok_or("nobody is called ana")?.visible.clone();
    let cleo = log.state.members.get(&user("cleo")?).ok_or("nobody is called cleo")?.visible.clone();
    let refused = savable(sql, &ana, gone, log.now).map_err(|rejection| rejection.code);
    same("what was deleted", &refused, &Err(Code::MessageDeleted))?;
    passed.push("a message can be saved by those who read it, while it stands");

    let at = |seq| SavedPlace { seq, epoch };
    let other = SavedPlace { seq: plain, epoch: Epoch::from_bits(99) };
    let places = [at(plain), at(seq), at(early), at(gone), at(edited), at(1), at(99), other, at(plain)];
    let shown = |visible| -> Outcome<Vec<Option<Said>>> {
        let text = |value: &Value, part: &str| {
            value.pointer(&format!("/{part}/content/text")).and_then(Value::as_str).map(str::to_owned)
        };
        messages(sql, visible, &places, log.now)?
            .iter()
            .map(|message| {
                let Some(message) = message else { return Ok(None) };
                let message: Value = serde_json::from_str(message)?;
                Ok(text(&message, "message").map(|first| (first, text(&message, "edit"))))
            })
            .collect()
    };
    let said = |first: &str, edit: Option<&str>| Some((first.to_owned(), edit.map(str::to_owned)));
    let plainly = said("plain", None);
    let expected = |newest, early| {
        let edited = said("first words", Some(newest));
        vec![plainly.clone(), edited, early, None, None, None, None, None, plainly.clone()]
    };
    same("for one who was there", &shown(&ana)?, &expected("words in her absence", said("early", None)))?;
    same("for one who was not always", &shown(&cleo)?, &expected("second words", None))?;
    let without = shown(&ana.without(vec![early, plain]))?;
    let mut left = expected("words in her absence", None);
    for place in [0, 8] {
        if let Some(shown) = left.get_mut(place) {
            *shown = None;
        }
    }
    same("without what one deleted for oneself", &without, &left)?;
    same("of nothing", &messages(sql, &ana, &[], log.now)?, &vec![])?;
    passed.push("what was saved is shown as its reader may see it now");
    Ok(())
}
