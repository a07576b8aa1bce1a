//! Pages in both directions for those who may see all and those who may not, later edits, versions, exports, proofs.

use quipu_core::merkle::{self, leaf, root_of};
use quipu_core::visibility::Visibility;
use quipu_schema::envelope::{EventType, History};
use quipu_schema::event::write_withheld;
use quipu_schema::limits;

use super::log::{Log, add, create, delete, edit, remove, send, user};
use super::{Outcome, ensure, same};
use crate::conversation::history::{
    self, Page, TreeRows, backward, export, forward, last_line, later_edits, newest_content, small_page, texts,
    versions,
};
use crate::sql::{Sql, StoreError};

const UNBOUNDED: usize = usize::MAX;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    let story = tell(&mut log)?;
    let all = visibility(History::All, &[(1, None)]);
    let stays = log.state.members.get(&user("cleo")?).ok_or("nobody is called cleo")?.visible.clone();
    for visible in [&all, &stays, &Visibility::default()] {
        pages(&log, visible)?;
    }
    passed.push("pages of every size, in both directions, are the whole, dense and without what is withheld");
    edits(&log, &story, &all, &stays)?;
    passed.push("pages bring the newest edit of what they show");
    for visible in [&all, &stays] {
        exports(&log, visible)?;
    }
    passed.push("exports and proofs lead to the root");
    last(&mut log)?;
    passed.push("the last line follows edits and deletions");
    large_exports(&mut log)?;
    passed.push("parts of an export are bounded by bytes");
    Ok(())
}

/// Seqs the checks come back to.
struct Story {
    edited: u64,
    edits: Vec<u64>,
    deleted: u64,
}

/// Cleo is there, goes, and comes back: what she may see has two pieces.
fn tell<S: Sql>(log: &mut Log<'_, S>) -> Outcome<Story> {
    log.does("ana", create(&["ben"], History::FromJoin))?;
    for index in 0..3 {
        log.does("ben", send(&format!("before {index}")))?;
    }
    log.does("ana", add("cleo"))?;
    let edited = log.does("ana", send("to be edited"))?;
    let mut edits = vec![log.does("ana", edit(edited, "edited while she is there"))?];
    log.does("ana", remove("cleo"))?;
    for index in 0..4 {
        log.does("ben", send(&format!("hidden {index}")))?;
    }
    log.does("ana", add("cleo"))?;
    edits.push(log.does("ana", edit(edited, "edited after she came back"))?);
    let deleted = log.does("ben", send("to be deleted"))?;
    log.does("ben", delete(deleted))?;
    for index in 0..5 {
        log.does("cleo", send(&format!("after {index} {}", "x".repeat(300))))?;
    }
    Ok(Story { edited, edits, deleted })
}

fn visibility(history: History, stays: &[(u64, Option<u64>)]) -> Visibility {
    let mut visible = Visibility::default();
    for (from, to) in stays {
        visible.open(*from, history);
        if let Some(to) = to {
            visible.close(*to);
        }
    }
    visible
}

/// Every item of the log as this reader gets it, ascending: runs of what is withheld are one item.
fn items<S: Sql>(log: &Log<'_, S>, visible: &Visibility) -> Outcome<Vec<String>> {
    let mut items = Vec::new();
    let mut hidden: Option<u64> = None;
    for seq in 1..=log.state.seq + 1 {
        let shown = seq <= log.state.seq && visible.shows(seq);
        if let Some(from) = hidden.filter(|_| shown || seq > log.state.seq) {
            let mut item = String::new();
            write_withheld(&mut item, from, seq - 1);
            items.push(item);
            hidden = None;
        }
        if shown {
            items.push(log.item(seq)?);
        } else {
            hidden = hidden.or(Some(seq));
        }
    }
    Ok(items)
}

fn pages<S: Sql>(log: &Log<'_, S>, visible: &Visibility) -> Outcome {
    let head = log.state.seq;
    let whole = items(log, visible)?;
    let bounds =
        (1..=whole.len() + 1).map(|limit| (limit, UNBOUNDED)).chain([(UNBOUNDED, 1), (UNBOUNDED, 900), (3, 700)]);
    for (limit, bytes) in bounds {
        let (mut found, mut after) = (Vec::new(), 0);
        while after < head {
            let page = forward(log.sql, visible, after, head, limit, bytes)?;
            same("a page forward begins", &page.from, &(after + 1))?;
            ensure(page.to > after && page.to <= head, || format!("a page forward ends at {} after {after}", page.to))?;
            within(&page, limit, bytes)?;
            found.push(page.items);
            after = page.to;
        }
        same(&format!("pages forward of {limit}, {bytes} bytes"), &found.join(","), &whole.join(","))?;
        let (mut found, mut before) = (Vec::new(), head + 1);
        while before > 1 {
            let page = backward(log.sql, visible, before, limit, bytes)?;
            same("a page backward ends", &page.to, &(before - 1))?;
            ensure(page.from < before && page.from > 0, || format!("a page backward begins at {}", page.from))?;
            within(&page, limit, bytes)?;
            found.insert(0, page.items);
            before = page.from;
        }
        same(&format!("pages backward of {limit}, {bytes} bytes"), &found.join(","), &whole.join(","))?;
    }
    for (from, to) in [(1, head), (2, head - 1), (head, head)] {
        let page = forward(log.sql, visible, from - 1, to, UNBOUNDED, UNBOUNDED)?;
        let whole = visible.runs(from, to).iter().all(|run| run.visible);
        let small = |bytes| Ok::<_, StoreError>(small_page(log.sql, visible, (from, to), bytes)?.map(Into::into));
        same("a small page", &small(UNBOUNDED)?, &whole.then_some(page.items))?;
        same("a page that may be too large", &small(100)?, &None)?;
    }
    let empty = forward(log.sql, visible, head, head, 10, UNBOUNDED)?;
    same("a page after the head", &(empty.items.as_str(), empty.to), &("", head))?;
    same("a page before the first", &backward(log.sql, visible, 1, 10, UNBOUNDED)?, &Page::default())
}

/// No more items than asked, and no more bytes unless one item alone has more; what is withheld is too short to count.
fn within(page: &Page, limit: usize, bytes: usize) -> Outcome {
    let items: Vec<serde_json::Value> = serde_json::from_str(&format!("[{}]", page.items))?;
    ensure(!items.is_empty() && items.len() <= limit, || format!("a page of {limit} has {} items", items.len()))?;
    let withheld = items.iter().filter(|item| item.get("withheld").is_some()).count();
    ensure(items.len() <= 1 + withheld || page.items.len() <= bytes.saturating_add(withheld * 64), || {
        format!("a page of {bytes} bytes has {}", page.items.len())
    })
}

fn edits<S: Sql>(log: &Log<'_, S>, story: &Story, all: &Visibility, stays: &Visibility) -> Outcome {
    let [first, second] = story.edits.as_slice() else { return Err("the story has two edits".into()) };
    let around = |to: u64| (story.edited, to);
    same("an edit after the page", &later_edits(log.sql, all, around(story.edited))?, &log.item(*second)?)?;
    same("an edit on the page, another after it", &later_edits(log.sql, all, around(*first))?, &log.item(*second)?)?;
    same("edits on the page", &later_edits(log.sql, all, around(log.state.seq))?, &String::new())?;
    let before = (1, story.edited - 1);
    same("edits of what is not on the page", &later_edits(log.sql, all, before)?, &String::new())?;
    let left = visibility(History::FromJoin, &[(1, Some(*first))]);
    same("the newest edit that may be seen", &later_edits(log.sql, &left, around(story.edited))?, &log.item(*first)?)?;

    let three = [story.edited, *first, *second].iter().map(|seq| log.item(*seq)).collect::<Outcome<Vec<_>>>()?;
    same("versions", &versions(log.sql, all, story.edited)?, &Some(three.join(",")))?;
    same("versions for her", &versions(log.sql, stays, story.edited)?, &Some(three.join(",")))?;
    same("versions of a deleted message", &versions(log.sql, all, story.deleted)?, &Some(log.item(story.deleted)?))?;
    same("versions of an edit", &versions(log.sql, all, *first)?, &None)?;
    same("versions of what is withheld", &versions(log.sql, stays, 4)?, &None)?;
    same("versions beyond the head", &versions(log.sql, all, log.state.seq + 1)?, &None)?;
    same("newest content", &newest_content(log.sql, story.edited)?, &log.row(*second)?.content_text)?;
    same("newest content of what was never edited", &newest_content(log.sql, story.deleted)?, &None)
}

/// Large contents: a part is bounded by bytes, whatever its number of lines.
fn large_exports<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let before = log.state.seq;
    for _ in 0..40 {
        log.does("ana", send(&"x".repeat(limits::TEXT_BYTES)))?;
    }
    let (head, all) = (log.state.seq, visibility(History::All, &[(1, None)]));
    let (mut after, mut parts) = (before, 0);
    while after < head {
        let (lines, to) = export(log.sql, &all, after, head, 1_000)?;
        ensure(to > after && lines.len() <= limits::EXPORT_BYTES, || {
            format!("a part of an export has {} bytes and ends at {to}", lines.len())
        })?;
        let expected: Outcome<Vec<String>> = (after + 1..=to).map(|seq| log.item(seq)).collect();
        same(
            "lines of a large export",
            &lines.lines().collect::<Vec<_>>(),
            &expected?.iter().map(String::as_str).collect(),
        )?;
        (after, parts) = (to, parts + 1);
    }
    ensure(parts > 2, || format!("40 large events came in {parts} parts"))
}

fn exports<S: Sql>(log: &Log<'_, S>, visible: &Visibility) -> Outcome {
    let head = log.state.seq;
    for limit in [1, 4, 1_000] {
        let (mut after, mut next, mut leaves) = (0, 1, Vec::new());
        while after < head {
            let (lines, to) = export(log.sql, visible, after, head, limit)?;
            ensure(to > after, || format!("an export stands still at {after}"))?;
            for line in lines.lines() {
                if let Some(range) = line.strip_prefix("{\"withheld\":{\"from\":") {
                    let texts: Vec<&str> =
                        range.split_once('[').map_or("", |(_, rest)| rest).trim_end_matches("]}").split(',').collect();
                    for text in texts {
                        ensure(!visible.shows(next), || {
                            format!("event {next} is withheld from somebody who may see it")
                        })?;
                        let hash = leaf(log.row(next)?.envelope_text.as_bytes());
                        same("leaf of a withheld event", &text.trim_matches('"'), &hash.to_text().as_str())?;
                        leaves.push(hash.0);
                        next += 1;
                    }
                } else {
                    ensure(visible.shows(next), || format!("event {next} is exported to somebody who may not see it"))?;
                    same("line of an export", &line, &log.item(next)?.as_str())?;
                    leaves.push(leaf(log.row(next)?.envelope_text.as_bytes()).0);
                    next += 1;
                }
            }
            same("where an export stands", &(next - 1), &to)?;
            after = to;
        }
        same("root of an export", &root_of(leaves), &log.state.tree.root())?;
    }
    for seq in [1, 2, head / 2, head] {
        let path = merkle::prove(&TreeRows(log.sql), head, seq).ok_or_else(|| format!("event {seq} has no proof"))?;
        let rows = log.rows.iter().map(|row| row.tree.clone()).collect::<Vec<_>>();
        same("proof", &Some(path), &merkle::prove(&Kept(rows), head, seq))?;
    }
    ensure(merkle::prove(&TreeRows(log.sql), head, head + 1).is_none(), || {
        "an event beyond the head was proved".to_owned()
    })
}

struct Kept(Vec<Vec<u8>>);

impl merkle::Rows for Kept {
    fn tree(&self, seq: u64) -> Option<Vec<u8>> {
        self.0.get(usize::try_from(seq).ok()?.checked_sub(1)?).cloned()
    }
}

fn last<S: Sql>(log: &mut Log<'_, S>) -> Outcome {
    let seq = log.does("ana", send("the last line"))?;
    log.does("ana", edit(seq, "the last line, edited"))?;
    let (envelope, content) = last_line(log.sql, (0, 0), log.state.seq)?.ok_or("there is no last line")?;
    same("last line", &(&envelope, &content), &(&log.row(seq)?.envelope_text, &log.row(seq)?.content_text))?;
    same("texts of an event", &texts(log.sql, seq)?, &Some((envelope, content)))?;
    log.does("ana", delete(seq))?;
    let (_, content) = last_line(log.sql, (0, 0), log.state.seq)?.ok_or("there is no last line")?;
    same("last line of a deleted message", &content, &None)?;
    same("newest content of a deleted message", &newest_content(log.sql, seq)?, &None)?;
    log.does("ana", remove("cleo"))?;
    let (envelope, _) = last_line(log.sql, (0, 0), log.state.seq)?.ok_or("there is no last line")?;
    let going = log
        .rows
        .last()
        .filter(|row| row.envelope.kind == EventType::MemberRemoved)
        .map(|row| row.envelope_text.clone());
    same("last line when somebody went", &Some(envelope), &going)?;
    let line = log.does("ana", send("followed by much that is no line"))?;
    let told = log.state.seq;
    for index in 0..70 {
        log.does("ana", edit(line, &format!("edit {index}")))?;
    }
    let kept = Some((log.row(line)?.envelope_text.clone(), log.row(line)?.content_text.clone()));
    same("last line far back", &last_line(log.sql, (line, told), log.state.seq)?, &kept)?;
    same("last line before the first", &last_line(log.sql, (0, log.state.seq), log.state.seq)?, &None)?;
    ensure(history::texts(log.sql, log.state.seq + 1)?.is_none(), || "an event beyond the head has texts".to_owned())
}
