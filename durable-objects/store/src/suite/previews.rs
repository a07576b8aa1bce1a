//! Previews of links: asked for until they were looked at, shown with their message, erased with it, and rebuilt from the log.

use quipu_core::batch::Effect;
use quipu_core::previews::{Looked, Previews};
use quipu_core::visibility::Visibility;
use quipu_schema::command::{Command, RemovePreview};
use quipu_schema::content::PreviewContent;
use quipu_schema::envelope::History;

use super::log::{Log, create, delete, edit, remove, send};
use super::{Outcome, ensure, same};
use crate::conversation::load::load;
use crate::conversation::previews::{Asked, asked, keep, later};
use crate::conversation::rebuild::rebuild;
use crate::sql::Sql;

const URL: &str = "https://example.org/a";
const OTHER: &str = "https://example.org/b";

fn found(seq: u64, version: u64, url: &str) -> Looked {
    let title = Some(format!("What is at {url}"));
    let content = PreviewContent { title, url: url.to_owned(), v: 1, ..PreviewContent::default() };
    Looked { seq, version, found: Some(content) }
}

fn take_away(seq: u64) -> Command {
    Command::RemovePreview(RemovePreview { seq })
}

/// Stores what a look came to, with what is still to be looked at; the event that follows, if one does.
fn look<S: Sql>(log: &mut Log<'_, S>, due: &mut Previews, looked: Looked) -> Outcome<Option<u64>> {
    let mut batch = log.decide_with(&[], std::slice::from_ref(&looked))?;
    *due = due.with(std::slice::from_ref(&looked), std::iter::empty());
    batch.previews = Some(due.clone());
    let seq = batch.rows.last().map(|row| row.envelope.seq);
    log.store(batch, &[])?;
    same("what is still to be looked at", &load(log.sql)?.map(|loaded| loaded.previews), &Some(due.clone()))?;
    Ok(seq)
}

/// Sends or edits; what has a link is to be looked at from the same commit on.
fn says<S: Sql>(log: &mut Log<'_, S>, due: &mut Previews, who: &str, command: Command) -> Outcome<u64> {
    let input = log.ask(who, command)?;
    let mut batch = log.decide(&[input])?;
    let linked: Vec<(u64, u64)> = batch
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Linked { target, version } => Some((*target, *version)),
            _ => None,
        })
        .collect();
    if !linked.is_empty() {
        *due = due.with(&[], linked.into_iter());
        batch.previews = Some(due.clone());
    }
    let seq = batch.rows.first().map(|row| row.envelope.seq).ok_or("a message was refused")?;
    log.store(batch, &[])?;
    same("what is to be looked at", &load(log.sql)?.map(|loaded| loaded.previews), &Some(due.clone()))?;
    Ok(seq)
}

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    let mut due = Previews::default();
    log.does("ana", create(&["ben"], History::All))?;
    let plain = says(&mut log, &mut due, "ana", send("nothing to look at"))?;
    let first = says(&mut log, &mut due, "ana", send(&format!("see {URL}.")))?;
    let second = says(&mut log, &mut due, "ben", send(URL))?;
    same("messages to be looked at", &due.due.iter().map(|due| due.seq).collect::<Vec<_>>(), &vec![first, second])?;
    let now = log.now;
    let at = |version: u64, url: &str| Some(Asked { version, url: url.to_owned() });
    same("a message without a link", &asked(sql, plain, now)?, &None)?;
    same("a message with a link", &asked(sql, first, now)?, &at(1, URL))?;
    log.agrees("before anything was looked at")?;

    let shown = look(&mut log, &mut due, found(first, 1, URL))?.ok_or("what was found is no event")?;
    log.agrees("after a preview")?;
    same("a link whose preview is there", &asked(sql, first, now)?, &None)?;
    same("nothing to show", &look(&mut log, &mut due, Looked { seq: second, version: 1, found: None })?, &None)?;
    same("all was looked at", &due, &Previews::default())?;
    passed.push("links are looked at once, and what is due is kept with the messages");

    let everything = || {
        let mut visible = Visibility::default();
        visible.open(1, History::All);
        visible
    };
    same("previews after a page", &later(sql, &everything(), (1, first))?, &log.item(shown)?)?;
    same("previews within a page", &later(sql, &everything(), (1, shown))?, &String::new())?;
    let mut late = Visibility::default();
    late.open(shown + 1, History::FromJoin);
    same("previews for who came later", &later(sql, &late, (1, first))?, &String::new())?;

    says(&mut log, &mut due, "ana", edit(first, &format!("no, {OTHER}")))?;
    same("a link that was edited", &asked(sql, first, now)?, &at(2, OTHER))?;
    same("a look at the version before", &look(&mut log, &mut due, found(first, 1, URL))?, &None)?;
    ensure(!due.due.is_empty(), || "an edited message is looked at no more".to_owned())?;
    let newer = look(&mut log, &mut due, found(first, 2, OTHER))?.ok_or("a second preview is no event")?;
    same("the newest preview", &later(sql, &everything(), (1, first))?, &log.item(newer)?)?;
    rebuild(sql)?;
    log.agrees("previews rebuilt")?;
    same("the newest preview, rebuilt", &later(sql, &everything(), (1, first))?, &log.item(newer)?)?;
    passed.push("the newest preview of a message comes with its page, to those who may see it");

    let removed = log.does("ana", take_away(first))?;
    log.agrees("after a preview was taken away")?;
    ensure(log.row(newer)?.content.is_none(), || "what was taken away is still said".to_owned())?;
    same("a preview taken away", &later(sql, &everything(), (1, first))?, &log.item(removed)?)?;
    says(&mut log, &mut due, "ana", edit(first, URL))?;
    same("a link of a message without previews", &asked(sql, first, now)?, &None)?;
    same("a look that comes too late", &look(&mut log, &mut due, found(first, 3, URL))?, &None)?;

    let third = says(&mut log, &mut due, "ben", send(URL))?;
    let of_third = look(&mut log, &mut due, found(third, 1, URL))?.ok_or("a third preview is no event")?;
    log.does("ben", delete(third))?;
    ensure(log.row(of_third)?.content.is_none(), || "the preview of a deleted message is still said".to_owned())?;
    log.agrees("after a message with a preview was deleted")?;
    same("a link of a deleted message", &asked(sql, third, now)?, &None)?;
    let fourth = says(&mut log, &mut due, "ben", send(URL))?;
    log.does("ana", remove("ben"))?;
    same("a look in nobody's name", &look(&mut log, &mut due, found(fourth, 1, URL))?, &None)?;
    rebuild(sql)?;
    log.agrees("all of it rebuilt")?;
    passed.push("previews that were taken away, or whose message is gone, are erased and come no more");

    let fifth = says(&mut log, &mut due, "ana", send(URL))?;
    keep(sql, &due.again())?;
    let tried = load(sql)?.ok_or("nothing was loaded")?.previews;
    same(
        "tries of a process that died",
        &tried.due.iter().map(|due| (due.seq, due.tries)).collect::<Vec<_>>(),
        &vec![(fifth, 1)],
    )?;
    passed.push("a look that ended its process is counted");
    Ok(())
}
