//! Reactions: kept beside the log, erased with what they belong to, paged for those who may see them, rebuilt from the log.

use quipu_core::visibility::Visibility;
use quipu_schema::envelope::History;
use quipu_schema::http::{MessageReactions, Reaction};
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::problem::Code;

use super::log::{Log, add, create, delete, react, remove, send, unreact, user};
use super::{Outcome, ensure, same};
use crate::conversation::load::load;
use crate::conversation::reactions::{Asked, page, summaries};
use crate::conversation::rebuild::rebuild;
use crate::sql::{Row, Sql};

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben", "dan"], History::FromJoin))?;
    let early = log.does("ana", send("early"))?;
    ensure(!load(sql)?.is_some_and(|loaded| loaded.reactions), || "reactions where there are none".into())?;
    log.does("ben", react(early, "👍"))?;
    log.does("ana", add("cleo"))?;
    let message = log.does("ana", send("hi"))?;
    let first = log.does("ana", react(message, "👍"))?;
    let second = log.does("ben", react(message, "👩‍👩‍👧‍👦"))?;
    log.does("ana", remove("cleo"))?;
    let hidden = log.does("dan", react(message, "👍"))?;
    log.does("ana", add("cleo"))?;
    let last = log.does("cleo", react(message, "👍"))?;
    let again = log.ask("cleo", react(message, "👍"))?;
    same("reacting twice", &log.refused(&again)?, &Code::AlreadyReacted)?;
    ensure(load(sql)?.is_some_and(|loaded| loaded.reactions), || "waking does not see the reactions".into())?;
    log.agrees("with reactions")?;
    passed.push("reactions are kept, once per member and emoji");

    let ana = log.state.members.get(&user("ana")?).ok_or("nobody is called ana")?.visible.clone();
    let cleo = log.state.members.get(&user("cleo")?).ok_or("nobody is called cleo")?.visible.clone();
    let family = ("👩‍👩‍👧‍👦", 1, false, vec![user("ben")?]);
    let all = [("👍", 3, true, vec![user("ana")?, user("dan")?, user("cleo")?]), family.clone()];
    summary(&log, &ana, "ana", &[(early, &[("👍", 1, false, vec![user("ben")?])]), (message, &all)])?;
    // To what she may not see there are none for her, and what happened in her absence is not counted.
    let seen = [("👍", 2, true, vec![user("ana")?, user("cleo")?]), family];
    summary(&log, &cleo, "cleo", &[(message, &seen)])?;
    for (visible, seqs) in [(&ana, vec![first, second, hidden, last]), (&cleo, vec![first, second, last])] {
        pages(&log, visible, message, &seqs)?;
    }
    ensure(page(sql, &cleo, ask(early, 0, None, 10))?.is_none(), || "reactions to what is withheld".into())?;
    ensure(page(sql, &ana, ask(2, 0, None, 10))?.is_none(), || "reactions to what is no message".into())?;
    ensure(page(sql, &ana, ask(log.state.seq + 1, 0, None, 10))?.is_none(), || "reactions beyond the head".into())?;
    passed.push("reactions are counted and paged for those who may see them");

    log.does("ana", unreact(message, "👍"))?;
    log.agrees("after a reaction was taken back")?;
    rebuilt(&log)?;
    pages(&log, &ana, message, &[second, hidden, last])?;
    log.does("ana", delete(message))?;
    log.agrees("after a message with reactions was deleted")?;
    rebuilt(&log)?;
    pages(&log, &ana, message, &[])?;
    summary(&log, &ana, "ana", &[(early, &[("👍", 1, false, vec![user("ben")?])])])?;
    passed.push("reactions are erased with what they belong to, and rebuilt from the log");

    for index in 0..limits::REACTION_USERS + 2 {
        log.does("ana", add(&format!("u{index}")))?;
    }
    let many = log.does("ana", send("to be liked by many"))?;
    for index in 0..limits::REACTION_USERS + 2 {
        log.does(&format!("u{index}"), react(many, "🎉"))?;
    }
    let users = (0..limits::REACTION_USERS).map(|index| user(&format!("u{index}"))).collect::<Outcome<Vec<_>>>()?;
    let count = u64::try_from(limits::REACTION_USERS + 2).unwrap_or_default();
    let expected = [("🎉", count, false, users)];
    let found = summaries(sql, &ana, user("ana")?, (many, many))?;
    same("a summary of many", &parsed(&found)?, &vec![expectation(many, &expected)])?;
    passed.push("a summary names the first few members");
    Ok(())
}

type Emoji = (&'static str, u64, bool, Vec<UserId>);

fn expectation(seq: u64, emoji: &[Emoji]) -> MessageReactions {
    let reactions = emoji.iter().map(|(emoji, count, me, users)| quipu_schema::http::EmojiCount {
        emoji: (*emoji).to_owned(),
        count: *count,
        me: *me,
        users: users.clone(),
    });
    MessageReactions { seq, reactions: reactions.collect() }
}

fn parsed(text: &str) -> Outcome<Vec<MessageReactions>> {
    Ok(serde_json::from_str(&format!("[{text}]"))?)
}

/// What is said of all messages, and of each alone.
fn summary<S: Sql>(log: &Log<'_, S>, visible: &Visibility, who: &str, expected: &[(u64, &[Emoji])]) -> Outcome {
    let expected: Vec<_> = expected.iter().map(|(seq, emoji)| expectation(*seq, emoji)).collect();
    let whole = summaries(log.sql, visible, user(who)?, (1, log.state.seq))?;
    same(&format!("summaries for {who}"), &parsed(&whole)?, &expected)?;
    for seq in 1..=log.state.seq {
        let one = parsed(&summaries(log.sql, visible, user(who)?, (seq, seq))?)?;
        let alone: Vec<_> = expected.iter().filter(|expected| expected.seq == seq).cloned().collect();
        same(&format!("summary of {seq} for {who}"), &one, &alone)?;
    }
    Ok(())
}

fn ask(target: u64, after: u64, emoji: Option<&str>, limit: usize) -> Asked<'_> {
    Asked { target, after, emoji, limit }
}

/// Pages of every size are the whole.
fn pages<S: Sql>(log: &Log<'_, S>, visible: &Visibility, target: u64, seqs: &[u64]) -> Outcome {
    for limit in 1..=seqs.len() + 1 {
        let (mut found, mut after): (Vec<Reaction>, Option<u64>) = (Vec::new(), Some(0));
        while let Some(cursor) = after {
            let page = page(log.sql, visible, ask(target, cursor, None, limit))?.ok_or("there is no such message")?;
            ensure(page.reactions.len() <= limit, || format!("a page of {limit} has {}", page.reactions.len()))?;
            found.extend(page.reactions);
            after = page.next;
        }
        same("who reacted", &found.iter().map(|reaction| reaction.seq).collect::<Vec<_>>(), &seqs.to_vec())?;
        for reaction in &found {
            same("whose reaction", &reaction.user, &log.row(reaction.seq)?.envelope.actor)?;
        }
        let thumbs: Vec<_> = found.into_iter().filter(|reaction| reaction.emoji == "👍").collect();
        let only = page(log.sql, visible, ask(target, 0, Some("👍"), 100))?.ok_or("there is no such message")?;
        same("with one emoji", &only.reactions, &thumbs)?;
    }
    Ok(())
}

fn rebuilt<S: Sql>(log: &Log<'_, S>) -> Outcome {
    let rows = || log.sql.exec("SELECT target, user, emoji, seq FROM reactions ORDER BY seq", &[]);
    let kept: Vec<Row> = rows()?;
    rebuild(log.sql)?;
    same("reactions rebuilt", &rows()?, &kept)
}
