//! What members delete for themselves: kept beside the log, left out of all they read, and told of again after a crash.

use quipu_core::hidden::Hiding;
use quipu_core::visibility::Visibility;
use quipu_schema::envelope::History;
use quipu_schema::event::Item;
use quipu_schema::ids::UserId;
use quipu_schema::problem::{Code, Rejection};

use super::log::{Log, create, delete, edit, react, send, user};
use super::{Failure, Outcome, ensure, same};
use crate::conversation::hidden::{add, by, sight, since};
use crate::conversation::history::{export, forward, later_edits, versions};
use crate::conversation::load::load;
use crate::conversation::outbox::line_before;
use crate::conversation::reactions::{Asked, page, summaries};
use crate::conversation::rebuild::rebuild;
use crate::sql::Sql;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben"], History::All))?;
    let [first, second, third] =
        [log.does("ana", send("1"))?, log.does("ben", send("2"))?, log.does("ana", send("3"))?];
    let early = log.does("ana", edit(first, "1, edited"))?;
    log.does("ben", react(first, "👍"))?;
    let mut hiding = Hiding::default();
    same("nothing hidden at waking", &load(sql)?.map(|loaded| loaded.hiding), &Some(hiding.clone()))?;
    for (who, seq) in [("ana", first), ("ben", third), ("ana", second)] {
        hiding = hides(&mut log, &hiding, who, seq)?.ok_or("nothing changed")?;
    }
    ensure(hides(&mut log, &hiding, "ana", first)?.is_none(), || "deleting it again changed something".into())?;
    let refused = |log: &mut Log<'_, S>, who, seq| hides(log, &hiding, who, seq).err().map(|Failure(why)| why);
    for seq in [0, 1, early, log.state.seq + 1] {
        same("what is no message", &refused(&mut log, "ana", seq), &Some(Code::MessageNotFound.as_str().into()))?;
    }
    same("a stranger", &refused(&mut log, "dan", first), &Some(Code::NotAMember.as_str().into()))?;
    log.agrees("with hidden messages")?;
    passed.push("what a member deletes for themselves is kept once, and refused where there is no such message");

    let (ana, ben) = (user("ana")?, user("ben")?);
    let late = log.does("ana", edit(first, "1, edited again"))?;
    let visible = log.state.members.get(&ana).ok_or("nobody is called ana")?.visible.clone();
    let hers = sight(sql, &visible, ana)?;
    same("what she has deleted", &hidden(sql, &hers, log.state.seq)?, &vec![first, second, early, late])?;
    let his = sight(sql, &visible, ben)?;
    same("what he has deleted", &hidden(sql, &his, log.state.seq)?, &vec![third])?;
    same("later edits for her", &later_edits(sql, &hers, (1, third))?, &String::new())?;
    ensure(!later_edits(sql, &his, (1, third))?.is_empty(), || "he sees no edit".into())?;
    same("reactions for her", &summaries(sql, &hers, ana, (1, log.state.seq))?, &String::new())?;
    ensure(!summaries(sql, &his, ben, (1, log.state.seq))?.is_empty(), || "he sees no reaction".into())?;
    let asked = Asked { target: first, after: 0, emoji: None, limit: 9 };
    ensure(page(sql, &hers, asked)?.is_none(), || "she sees who reacted".into())?;
    ensure(versions(sql, &hers, first)?.is_none(), || "she sees versions".into())?;
    let (lines, _) = export(sql, &hers, 0, log.state.seq, 100)?;
    ensure(!lines.contains("edited") && lines.contains("\"leaves\""), || format!("her export is {lines}"))?;
    passed
        .push("messages deleted for oneself, their edits and reactions are in no page, version or export of one's own");

    same("since the start", &since(sql, ana, 0)?, &vec![first, second])?;
    let version = log.cells_version;
    same("since the last but one", &since(sql, ana, version - 1)?, &vec![second])?;
    same("since the last", &since(sql, ana, version)?, &Vec::new())?;
    same("who deleted what", &sorted(by(sql, &[first, third, late])?), &sorted(vec![(ana, first), (ben, third)]))?;
    let line = |who, before| Ok::<_, Failure>(line_before(sql, who, before)?.and_then(|line| line.preview));
    same("his last line", &line(ben, third)?, &Some("2".to_owned()))?;
    same("her last line but one", &line(ana, second)?, &None)?;
    same("his last line but one", &line(ben, second)?, &Some("1, edited again".to_owned()))?;
    passed.push("devices are told what they missed, and the last line is one that is left");

    let loaded = load(sql)?.ok_or("nothing was loaded")?;
    same("remembered", &loaded.hiding, &hiding)?;
    let told: Vec<UserId> = loaded.pending.readers.into_iter().collect();
    same("whom to tell after a crash", &sorted(told), &sorted(vec![ana, ben]))?;
    log.does("ana", delete(first))?;
    rebuild(sql)?;
    log.agrees("hidden messages and a rebuilding")?;
    same("a rebuilding leaves it", &since(sql, ana, 0)?, &vec![first, second])?;
    passed.push("what was deleted for oneself outlives crashes and rebuilding");
    Ok(())
}

fn sorted<T: Ord>(mut all: Vec<T>) -> Vec<T> {
    all.sort();
    all
}

/// Deletes a message for somebody. A refusal fails with its code.
fn hides<S: Sql>(log: &mut Log<'_, S>, hiding: &Hiding, who: &str, seq: u64) -> Outcome<Option<Hiding>> {
    let version = log.cells_version + 1;
    let added = add(log.sql, &log.state, hiding, (user(who)?, seq), (version, 0));
    let added = added.map_err(|Rejection { code, .. }| Failure(code.as_str().to_owned()))?;
    log.cells_version += u64::from(added.is_some());
    Ok(added)
}

/// The seqs that a reader's whole history says they deleted for themselves.
fn hidden<S: Sql>(sql: &S, visible: &Visibility, head: u64) -> Outcome<Vec<u64>> {
    let page = forward(sql, visible, 0, head, usize::MAX, usize::MAX)?;
    same("the end of the whole history", &page.to, &head)?;
    let items: Vec<Item> = serde_json::from_str(&format!("[{}]", page.items))?;
    let ranges = items.iter().filter_map(|item| match item {
        Item::Withheld { withheld, hidden: true } => Some(withheld.from..=withheld.to),
        _ => None,
    });
    Ok(ranges.flatten().collect())
}
