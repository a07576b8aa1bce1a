//! Reports: numbered, found again, listed, and naming their messages rather than copying them.

use quipu_core::words::WordList;
use quipu_schema::content::Content;
use quipu_schema::envelope::History;
use quipu_schema::ids::{CommandKey, UserId};
use quipu_schema::report::{Outcome, Reason, ReportStatus, StoredReport, StoredResolution};
use quipu_schema::words::{WordAction, Words};

use super::log::{Log, create, delete, edit, send, user};
use super::{Outcome as Checked, ensure, same};
use crate::conversation::commit::put_words;
use crate::conversation::load::load;
use crate::conversation::rebuild::rebuild;
use crate::conversation::reports::{by, get, insert, page, shown, update};
use crate::sql::Sql;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Checked {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben", "cleo"], History::All))?;
    let first = log.does("ben", send("rude"))?;
    let second = log.does("ben", send("rude again"))?;
    let report = |seq: u64, who: &str, version: u64| -> Checked<StoredReport> {
        let (key, note) = (CommandKey::from_random([9; 16]), Some("look".to_owned()));
        let (author, by) = (user("ben")?, user(who)?);
        Ok(StoredReport { seq, version, author, by, at: 7, key, reason: Reason::Spam, note, resolution: None })
    };
    same("the first number", &insert(sql, &report(first, "cleo", 1)?)?, &1)?;
    log.does("ben", edit(first, "ruder"))?;
    same("the second", &insert(sql, &report(first, "ana", 2)?)?, &2)?;
    same("the third", &insert(sql, &report(second, "cleo", 1)?)?, &3)?;
    ensure(insert(sql, &report(first, "cleo", 2)?).is_err(), || "a message was reported twice by one".to_owned())?;
    same("found by message and reporter", &by(sql, first, user("ana")?)?.map(|(id, _)| id), &Some(2))?;
    same("found by nobody else", &by(sql, first, user("ben")?)?, &None)?;

    let visible = log.state.members.get(&user("ana")?).ok_or("ana is a member")?.visible.clone();
    let texts = |status: ReportStatus| -> Checked<Vec<(u64, Option<String>)>> {
        let (mut all, mut cursor) = (Vec::new(), None);
        loop {
            // A page of one each: what follows must neither be lost nor repeated.
            let (reports, next) = page(sql, &visible, status, cursor, 1)?;
            all.extend(reports.into_iter().map(|report| match report.content {
                Some(Content::Text(text)) => (report.id, Some(text.text)),
                _ => (report.id, None),
            }));
            if next.is_none() {
                return Ok(all);
            }
            cursor = next;
        }
    };
    let said = |id: u64, text: &str| (id, Some(text.to_owned()));
    same("open", &texts(ReportStatus::Open)?, &vec![said(1, "rude"), said(2, "ruder"), said(3, "rude again")])?;
    log.does("ana", delete(first))?;
    same(
        "what is deleted is gone here, too",
        &texts(ReportStatus::Open)?,
        &vec![(1, None), (2, None), said(3, "rude again")],
    )?;
    for id in [1, 3] {
        let report = get(sql, id)?.ok_or("a report is there")?;
        let (key, by) = (CommandKey::from_random([8; 16]), user("ana")?);
        let resolution = Some(StoredResolution { action: Outcome::Removed, by, at: 8, key, note: None });
        update(sql, id, &StoredReport { resolution, ..report })?;
    }
    same("still open", &texts(ReportStatus::Open)?, &vec![(2, None)])?;
    same("resolved, the newest first", &texts(ReportStatus::Resolved)?, &vec![said(3, "rude again"), (1, None)])?;
    rebuild(sql)?;
    let loaded = load(sql)?.ok_or("the conversation is there")?;
    same("loaded, and not touched by rebuilding", &loaded.reports.shown_to(&loaded.state, &user("ana")?), &Some(1))?;
    same("one", &shown(sql, 3)?.and_then(|report| report.resolution).map(|done| done.at), &Some(8))?;
    same("none", &shown(sql, 4)?, &None)?;

    // The word list is kept, holds after waking, and reports a message once.
    let words = Words { words: vec!["rude".to_owned()], action: WordAction::Report, ..Words::default() };
    put_words(sql, &words)?;
    log.state.words = WordList::new(&words);
    log.agrees("after a word list was written")?;
    let flagged = log.does("ben", send("Rude!"))?;
    log.does("ben", edit(flagged, "rude, and ruder"))?;
    let nobody = by(sql, flagged, UserId::NOBODY)?;
    same(
        "reported by the list",
        &nobody.map(|(id, report)| (id, report.version, report.reason)),
        &Some((4, 1, Reason::Words)),
    )?;
    log.does("ana", send("We do not say rude."))?;
    let loaded = load(sql)?.ok_or("the conversation is there")?;
    same("open after waking", &loaded.reports.shown_to(&loaded.state, &user("ana")?), &Some(2))?;
    passed.push("reports are numbered, found, listed, and name their messages by version");
    Ok(())
}
