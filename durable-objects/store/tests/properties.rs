//! What holds for every story on disk, however it is cut into commits and whenever memory is dropped or projections are rebuilt.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../core/tests/support/story.rs"]
#[allow(dead_code)]
mod story;
#[path = "../../core/tests/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use quipu_core::batch::{Answer, Batch, Context, Input};
use quipu_core::decide::plan;
use quipu_core::outbox::Outbox;
use quipu_core::polls::Tally;
use quipu_core::search::{Document, Query};
use quipu_core::state::State;
use quipu_core::timeline::Timeline;
use quipu_core::visibility::Visibility;
use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType, History};
use quipu_schema::event::Item;
use quipu_schema::http::{EmojiCount, MessageReactions};
use quipu_schema::ids::{UserId, UserRef};
use quipu_schema::limits;
use quipu_schema::socket::Cell;
use quipu_schema::thread::Thread;
use quipu_store::conversation::Birth;
use quipu_store::conversation::commit::{CellWrite, commit, settle};
use quipu_store::conversation::hidden;
use quipu_store::conversation::history::{backward, forward, later_edits, n_at};
use quipu_store::conversation::invites;
use quipu_store::conversation::load::{known, load};
use quipu_store::conversation::mentions::{unread, unread_by_name};
use quipu_store::conversation::polls;
use quipu_store::conversation::previews;
use quipu_store::conversation::reactions::summaries;
use quipu_store::conversation::rebuild::rebuild;
use quipu_store::conversation::search::{self, Search};
use quipu_store::conversation::{replies, threads};
use quipu_store::host::Host;
use quipu_store::migrations::{CONVERSATION, migrate};
use quipu_store::sql::{Param, Sql};
use story::{PEOPLE, Story, story};
use support::*;

/// What happens between two commits.
#[derive(Debug, Clone, Copy)]
enum Between {
    Nothing,
    /// Memory is dropped and loaded again.
    Reload,
    Rebuild,
    /// Somebody searches, and the index grows.
    Search,
    /// The outbox finishes a round and writes receipts.
    Settle,
    /// Somebody reads up to a place; written with the next commit.
    Read {
        who: usize,
        back: u64,
    },
}

fn between() -> impl Strategy<Value = Vec<Between>> {
    let one = prop_oneof![
        2 => Just(Between::Nothing),
        4 => Just(Between::Reload),
        1 => Just(Between::Rebuild),
        3 => Just(Between::Search),
        3 => Just(Between::Settle),
        3 => (0..PEOPLE.len(), 0..20u64).prop_map(|(who, back)| Between::Read { who, back }),
    ];
    prop::collection::vec(one, 1..24)
}

/// A conversation on disk, beside the one in plain vectors that the core's own tests use.
struct Stored {
    sql: Host,
    birth: Birth,
    state: State,
    world: World,
    unwritten: BTreeSet<UserId>,
    cells_version: u64,
    readers: BTreeSet<UserId>,
    drawn: u128,
}

impl Stored {
    fn new(world: World) -> Self {
        let sql = Host::in_memory().unwrap();
        migrate(&sql, CONVERSATION).unwrap();
        for invite in &world.invites {
            let hash = link(world.state.conv, invite.id).hash();
            let kept = invites::put(&sql, &hash, invite.made.clone(), 0).unwrap();
            assert_eq!(kept.id, invite.id);
            let revoked = invite.made.revoked;
            assert!(revoked.is_none_or(|revoked| invites::revoke(&sql, kept.id, revoked).unwrap()));
        }
        let state = world.state.clone();
        let birth =
            Birth { conv: state.conv, app: "test".into(), epoch: state.epoch, fingerprint_secret: Birth::hex([3; 32]) };
        Self {
            sql,
            birth,
            state,
            world,
            unwritten: BTreeSet::new(),
            cells_version: 0,
            readers: BTreeSet::new(),
            drawn: 0,
        }
    }

    fn cell(&mut self, user: UserId) -> CellWrite {
        self.cells_version += 1;
        CellWrite { cell: Cell::Receipt(self.state.receipts.of(user)), version: self.cells_version }
    }

    fn batch(&mut self, inputs: &[Input]) -> Vec<Answer> {
        let lookups: Vec<_> = inputs.iter().map(|input| plan(input.user, &input.command)).collect();
        let mut known = known(&self.sql, &lookups).unwrap();
        polls::remember(&self.sql, &lookups, &mut known).unwrap();
        known.copies = World::copies(inputs);
        known.words.extend(inputs.iter().filter_map(|input| self.world.said(&self.state, input)));
        let mut batch = Batch::default();
        let birth = (self.state.seq == 0).then(|| self.birth.clone());
        let mut drawn = self.drawn;
        let mut random = || {
            drawn += 1;
            drawn.to_be_bytes()
        };
        let resolve = |user: &UserRef| user.resolve(&id_key(), "test", "issuer");
        let mut context =
            Context { now: self.world.now, random: &mut random, fingerprint_secret: &[3; 32], resolve: &resolve };
        for input in inputs {
            push_and_look(&mut batch, &mut self.state, &mut known, input, &mut context);
        }
        self.drawn = drawn;
        for row in &batch.rows {
            let named = [Some(row.envelope.actor), row.envelope.params.user].into_iter().flatten();
            self.unwritten.extend(named.filter(|user| self.state.members.contains_key(user)));
        }
        let readers = std::mem::take(&mut self.readers);
        let mut cells: Vec<_> = readers.into_iter().map(|user| self.cell(user)).collect();
        let places = threads::moved(&self.sql, &self.state, &batch, &BTreeMap::new()).unwrap();
        cells.extend(threads::writes(places, &mut self.cells_version));
        commit(&self.sql, &self.state, &batch, &cells, birth.as_ref()).unwrap();
        batch.answers
    }

    fn between(&mut self, what: Between) {
        match what {
            Between::Nothing => {}
            Between::Reload => self.reload(),
            Between::Rebuild => rebuild(&self.sql).unwrap(),
            Between::Search => drop(self.search("text", UserId::NOBODY, &everything())),
            Between::Settle => {
                let unwritten = std::mem::take(&mut self.unwritten);
                let cells: Vec<_> = unwritten.into_iter().map(|user| self.cell(user)).collect();
                let outbox = Outbox { cursor: self.state.seq, cells: self.cells_version, ..Outbox::default() };
                settle(&self.sql, &outbox, &cells, self.state.seq).unwrap();
            }
            Between::Read { who, back } => {
                let user = user(PEOPLE[who]);
                let seq = self.state.seq.saturating_sub(back);
                if self.state.member(&user).is_some() && seq > 0 {
                    let n = n_at(&self.sql, seq).unwrap().unwrap();
                    for state in [&mut self.state, &mut self.world.state] {
                        state.receipts.advance(user, seq, seq, n);
                    }
                    self.readers.insert(user);
                }
            }
        }
    }

    /// Reads waiting for a commit are written first: memory alone may forget them, and is meant to.
    fn reload(&mut self) {
        let readers = std::mem::take(&mut self.readers);
        let cells: Vec<_> = readers.into_iter().map(|user| self.cell(user)).collect();
        commit(&self.sql, &self.state, &Batch::default(), &cells, None).unwrap();
        let loaded = load(&self.sql).unwrap().unwrap();
        self.state = loaded.state;
        self.unwritten = loaded.unwritten;
        self.cells_version = loaded.cells_version;
    }

    /// Tells a story to both, comparing answers.
    fn told(story: &Story, between: &[Between]) -> Result<Self, TestCaseError> {
        let mut stored = Self::new(story.begin());
        let mut between = between.iter().cycle();
        for (batch, tick) in story.batches().iter().zip(story.ticks.iter().cycle()) {
            stored.world.now = stored.world.now.saturating_add_signed(*tick);
            let expected = stored.world.batch(batch);
            prop_assert_eq!(stored.batch(batch), expected);
            stored.between(*between.next().unwrap());
            prop_assert_eq!(&stored.state, &stored.world.state);
        }
        Ok(stored)
    }

    /// Seqs that somebody finds, over all pages.
    fn search(&self, query: &str, who: UserId, visible: &Visibility) -> Vec<u64> {
        let people = PEOPLE.map(|name| (user(name), name));
        let plan = Query::parse(query, 0).unwrap().plan(who, |_| UserId::NOBODY, people.into_iter());
        let (mut found, mut before) = (Vec::new(), self.state.seq + 1);
        while before > 0 {
            let (head, now) = (self.state.seq, self.world.now);
            let page = search::page(
                &self.sql,
                &Search { plan: &plan, visible, before, head, limit: 3, bytes: 4000, now, chunk_events: CHUNK },
            )
            .unwrap();
            if let Some(chunk) = page.missing {
                search::fill(&self.sql, chunk, CHUNK).unwrap();
            }
            found.extend(page.hits.iter().map(|hit| hit.seq));
            before = page.looked_from;
        }
        found
    }

    /// The raw log: envelope, its bytes, content.
    fn log(&self) -> Vec<(Envelope, String, Option<Content>)> {
        let rows = self.sql.exec("SELECT seq, envelope, content FROM events ORDER BY seq", &[]).unwrap();
        rows.iter()
            .enumerate()
            .map(|(index, row)| {
                assert_eq!(row.integer(0).unwrap(), index as u64 + 1, "the order has a hole");
                let text = row.text(1).unwrap().to_owned();
                let content = row.optional_text(2).unwrap().map(|text| serde_json::from_str(text).unwrap());
                (serde_json::from_str(&text).unwrap(), text, content)
            })
            .collect()
    }
}

/// Events in a chunk of the index: stories are short.
const CHUNK: u64 = 4;

fn everything() -> Visibility {
    let mut visible = Visibility::default();
    visible.open(1, History::All);
    visible
}

fn items(text: &str) -> Vec<Item> {
    serde_json::from_str(&format!("[{text}]")).unwrap()
}

/// The seqs an item covers.
fn covers(item: &Item) -> (u64, u64) {
    match item {
        Item::Event(event) => (event.envelope.seq, event.envelope.seq),
        Item::Withheld { withheld, .. } => (withheld.from, withheld.to),
    }
}

fn reading(visible: &Visibility, sql: &Host, head: u64, limit: usize, bytes: usize) -> (String, String) {
    let (mut ahead, mut after) = (Vec::new(), 0);
    while after < head {
        let page = forward(sql, visible, after, head, limit, bytes).unwrap();
        assert!(page.to > after, "a page stands still");
        after = page.to;
        ahead.push(page.items);
    }
    let (mut back, mut before) = (Vec::new(), head + 1);
    while before > 1 {
        let page = backward(sql, visible, before, limit, bytes).unwrap();
        assert!(page.from < before && page.from > 0, "a page stands still");
        before = page.from;
        back.insert(0, page.items);
    }
    (ahead.join(","), back.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_loaded_is_what_was_kept_and_the_fold_of_the_log(story in story(), between in between(), cut in 0..100usize) {
        let mut stored = Stored::told(&story, &between)?;
        stored.reload();
        prop_assert_eq!(&stored.state, &stored.world.state);

        // Every link was used as often as the log says, and lets in whom it would have let in.
        for invite in &stored.world.invites {
            let kept = invites::find(&stored.sql, &link(stored.state.conv, invite.id).hash()).unwrap().unwrap();
            prop_assert_eq!(&kept, invite);
            let joined = stored.log().into_iter().filter(|(envelope, ..)| envelope.params.invite == Some(invite.id)).count();
            prop_assert_eq!(kept.uses, joined as u64);
            prop_assert!(kept.made.asked.max_uses.is_none_or(|most| kept.uses <= most));
        }

        // Polls stand as they were voted in, for each who looks.
        let seqs: Vec<u64> = (1..=stored.state.seq).take(90).collect();
        for (user, member) in &stored.state.members {
            for poll in polls::read(&stored.sql, &member.visible, *user, &seqs).unwrap() {
                let seq = poll.results.seq;
                prop_assert!(member.visible.shows(seq));
                prop_assert_eq!(Some(poll.terms), stored.world.envelope(seq).params.poll);
                let own = stored.world.votes.get(&(seq, *user)).copied().unwrap_or_default();
                let tally = stored.world.tallies.get(&seq).cloned().unwrap_or_else(|| Tally::new(poll.terms.options));
                prop_assert_eq!(poll.results, tally.results(seq, Some(own)));
            }
        }
        let votes = stored.sql.exec("SELECT poll, user, choices FROM votes", &[]).unwrap();
        prop_assert_eq!(votes.len(), stored.world.votes.len());

        // The fold of the raw log has all but the cursors that members moved themselves.
        let log = stored.log();
        let replay = |state: State, rows: &[(Envelope, String, Option<Content>)]| {
            rows.iter().fold(state, |mut state, (envelope, text, content)| {
                state.apply(envelope, text, content.as_ref()).unwrap();
                state
            })
        };
        let fold = replay(State::new(stored.state.conv, stored.state.epoch), &log);
        let mut told = fold.clone();
        told.receipts = stored.state.receipts.clone();
        prop_assert_eq!(&told, &stored.state);

        // Snapshot + tail: memory of an earlier moment, the rest from disk.
        let (head, tail) = log.split_at(cut.min(log.len()));
        let snapshot = replay(State::new(stored.state.conv, stored.state.epoch), head);
        prop_assert_eq!(&replay(snapshot, tail), &fold);

        // Rebuilding changes no projection.
        // … but the index of texts, which those who search fill again.
        let rows = |table: &str| stored.sql.exec(&format!("SELECT * FROM {table}"), &[]).unwrap();
        let own = || stored.sql.exec("SELECT * FROM meta WHERE name != 'search'", &[]).unwrap();
        let projections = || [rows("members"), rows("bans"), rows("edits"), rows("deletions"), rows("previews"), rows("reactions"), rows("mentions"), rows("invites"), rows("replies"), rows("threads"), rows("thread_places"), rows("polls"), rows("votes"), rows("vote_keys"), own()];
        let kept = projections();
        rebuild(&stored.sql).unwrap();
        prop_assert_eq!(projections(), kept);
    }

    #[test]
    fn unread_mentions_are_the_messages_after_the_cursor_that_address_one_as_they_stand(story in story(), between in between()) {
        let stored = Stored::told(&story, &between)?;
        let mut timeline = Timeline::default();
        for (envelope, _, content) in stored.log() {
            timeline.apply(&envelope, content.as_ref());
        }
        let remembered = load(&stored.sql).unwrap().map(|loaded| loaded.mentioned).unwrap_or_default();
        for (who, member) in &stored.state.members {
            let mine = |seq: &u64| match timeline.messages.get(seq).and_then(|message| message.content.as_ref()) {
                Some(Content::Text(text)) => {
                    text.mention_everyone || text.mentions.contains(who) || text.mention_roles.contains(&member.role)
                }
                _ => false,
            };
            let top_level = |seq: &u64| timeline.messages[seq].thread.is_none();
            let all: BTreeSet<u64> = timeline.messages.keys().copied().filter(top_level).filter(mine).collect();
            let by_name = |seq: &u64| matches!(&timeline.messages[seq].content, Some(Content::Text(text)) if text.mentions.contains(who));
            let named: BTreeSet<u64> = all.iter().copied().filter(by_name).collect();
            for read in 0..=stored.state.seq {
                let expected = all.range(read + 1..).count() as u64;
                prop_assert_eq!(unread(&stored.sql, *who, member.role, read).unwrap(), expected, "of {} after {}", who, read);
                let expected = named.range(read + 1..).count() as u64;
                prop_assert_eq!(unread_by_name(&stored.sql, *who, read).unwrap(), expected, "by name, of {} after {}", who, read);
            }
            prop_assert_eq!(remembered.last(*who, member.role), all.last().copied().unwrap_or(0));
            prop_assert_eq!(remembered.by_name(*who), named.last().copied().unwrap_or(0));
        }
    }

    #[test]
    fn every_byte_on_disk_is_what_was_decided(story in story(), between in between()) {
        let stored = Stored::told(&story, &between)?;
        let rows = stored.sql.exec("SELECT envelope, content, salt, command, fingerprint, tree FROM events ORDER BY seq", &[]).unwrap();
        prop_assert_eq!(rows.len(), stored.world.log.len());
        for (found, row) in rows.iter().zip(&stored.world.log) {
            prop_assert_eq!(found.text(0).unwrap(), &row.envelope_text);
            prop_assert_eq!(found.optional_text(1).unwrap(), row.content_text.as_deref());
            prop_assert_eq!(found.optional_text(2).unwrap().map(str::to_owned), row.salt.map(|salt| salt.to_text()));
            prop_assert_eq!(found.optional_array(3).unwrap(), row.command);
            prop_assert_eq!(found.optional_array(4).unwrap(), row.fingerprint);
            prop_assert_eq!(found.blob(5).unwrap(), row.tree.as_slice());
        }
    }

    #[test]
    fn the_fold_of_the_erased_log_is_the_fold_with_its_erasures(story in story(), between in between()) {
        let stored = Stored::told(&story, &between)?;
        let (mut erased, mut whole) = (Timeline::default(), Timeline::default());
        for (envelope, _, content) in stored.log() {
            erased.apply(&envelope, content.as_ref());
            whole.apply(&envelope, stored.world.whole.get(&envelope.seq));
        }
        prop_assert_eq!(&erased, &whole);
        // And what a reader sees of the deleted is nothing.
        for (seq, message) in erased.messages.iter().filter(|(_, message)| message.deleted) {
            prop_assert_eq!(&message.content, &None);
            let left = stored.sql.exec(
                "SELECT COUNT(*) FROM events WHERE (content IS NOT NULL OR salt IS NOT NULL OR fingerprint IS NOT NULL) \
                 AND (seq = ?1 OR seq IN (SELECT seq FROM edits WHERE target = ?1))",
                &[Param::Integer(*seq)],
            ).unwrap();
            prop_assert_eq!(left[0].integer(0).unwrap(), 0);
        }
    }

    #[test]
    fn pages_of_every_size_are_the_whole_and_leak_nothing(story in story(), between in between(), bytes in 1..4000usize) {
        let stored = Stored::told(&story, &between)?;
        let head = stored.state.seq;
        for (who, member) in &stored.state.members {
            let whole = forward(&stored.sql, &member.visible, 0, head, usize::MAX, usize::MAX).unwrap().items;
            for limit in 1..=usize::try_from(head).unwrap().min(6) {
                prop_assert_eq!(reading(&member.visible, &stored.sql, head, limit, usize::MAX), (whole.clone(), whole.clone()));
            }
            prop_assert_eq!(reading(&member.visible, &stored.sql, head, usize::MAX, bytes), (whole.clone(), whole.clone()));
            let mut next = 1;
            for item in items(&whole) {
                let (from, to) = covers(&item);
                prop_assert_eq!(from, next, "the order has a hole for {}", who);
                next = to + 1;
                for seq in from..=to {
                    prop_assert_eq!(matches!(item, Item::Event(_)), member.visible.shows(seq));
                }
            }
            prop_assert_eq!(next, head + 1);
            if story.history == History::FromJoin {
                // No text of a withheld event may occur anywhere in what this member reads, unless they may read the same words elsewhere.
                let shown: BTreeSet<_> =
                    stored.world.log.iter().filter(|row| member.visible.shows(row.envelope.seq)).map(|row| &row.content_text).collect();
                for row in stored.world.log.iter().filter(|row| !member.visible.shows(row.envelope.seq)) {
                    prop_assert!(!whole.contains(&row.envelope_text));
                    if let Some(content) = row.content_text.as_ref().filter(|_| !shown.contains(&row.content_text)) {
                        prop_assert!(!whole.contains(content.as_str()), "{} reads {}", who, content);
                    }
                }
            }
        }
    }

    #[test]
    fn what_a_reader_deleted_for_themselves_is_in_nothing_they_read(
        story in story(), between in between(), picks in prop::collection::vec((0..PEOPLE.len(), 0..40usize), 1..12), bytes in 1..4000usize
    ) {
        let mut stored = Stored::told(&story, &between)?;
        let head = stored.state.seq;
        let log = stored.log();
        let mut hiding = load(&stored.sql).unwrap().map(|loaded| loaded.hiding).unwrap_or_default();
        let mut gone: BTreeMap<UserId, BTreeSet<u64>> = BTreeMap::new();
        for (who, place) in picks {
            let who = user(PEOPLE[who]);
            let messages: Vec<u64> = log.iter().filter(|(envelope, ..)| envelope.kind == EventType::MessageCreated).map(|(envelope, ..)| envelope.seq).collect();
            let Some(seq) = messages.get(place % messages.len().max(1)).copied() else { continue };
            let may = stored.state.member(&who).is_some_and(|member| member.visible.shows(seq));
            stored.cells_version += 1;
            let added = hidden::add(&stored.sql, &stored.state, &hiding, (who, seq), (stored.cells_version, 0));
            prop_assert_eq!(added.is_ok(), may);
            if let Ok(added) = added {
                prop_assert_eq!(added.is_some(), gone.entry(who).or_default().insert(seq));
                hiding = added.unwrap_or(hiding);
            }
        }
        for (who, member) in stored.state.members.iter().filter(|(_, member)| member.active) {
            let none = BTreeSet::new();
            let gone = gone.get(who).unwrap_or(&none);
            let hides = |seq: u64| {
                let (envelope, ..) = &log[usize::try_from(seq).unwrap() - 1];
                gone.contains(&seq)
                    || matches!(envelope.kind, EventType::MessageEdited | EventType::MessagePreviewed | EventType::MessagePreviewRemoved)
                        && envelope.reference.is_some_and(|target| gone.contains(&target))
            };
            let visible = hidden::sight(&stored.sql, &member.visible, *who).unwrap();
            let whole = forward(&stored.sql, &visible, 0, head, usize::MAX, usize::MAX).unwrap().items;
            let mut next = 1;
            for item in items(&whole) {
                let (from, to) = covers(&item);
                prop_assert_eq!(from, next, "the order has a hole for {}", who);
                next = to + 1;
                for seq in from..=to {
                    let may = member.visible.shows(seq);
                    prop_assert_eq!(matches!(item, Item::Event(_)), may && !hides(seq));
                    prop_assert_eq!(matches!(item, Item::Withheld { hidden: true, .. }), may && hides(seq));
                }
            }
            prop_assert_eq!(next, head + 1);
            for (limit, bytes) in [(1, usize::MAX), (2, usize::MAX), (5, usize::MAX), (usize::MAX, bytes)] {
                prop_assert_eq!(reading(&visible, &stored.sql, head, limit, bytes), (whole.clone(), whole.clone()));
            }
            for seq in gone {
                prop_assert_eq!(later_edits(&stored.sql, &visible, (*seq, *seq)).unwrap(), "");
                prop_assert_eq!(summaries(&stored.sql, &visible, *who, (*seq, *seq)).unwrap(), "");
            }
            let found = stored.search("text*", *who, &visible);
            let expected: Vec<u64> = stored.search("text*", *who, &member.visible).into_iter().filter(|seq| !gone.contains(seq)).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_search_finds_what_messages_say_now_and_its_reader_may_see(story in story(), between in between(), number in 0..60usize) {
        let stored = Stored::told(&story, &between)?;
        let log = stored.log();
        for query in ["text".to_owned(), "edit".into(), "re".into(), format!("{number}"), "from:me text*".into(), "from:ben".into(), "from:me".into()] {
            for (who, member) in &stored.state.members {
                let people = PEOPLE.map(|name| (user(name), name));
                let plan = Query::parse(&query, 0).unwrap().plan(*who, |_| UserId::NOBODY, people.into_iter());
                // Without an index: the last content of every message, compared one by one.
                let expected: Vec<u64> = log
                    .iter()
                    .rev()
                    .filter(|(envelope, ..)| envelope.kind == EventType::MessageCreated && member.visible.shows(envelope.seq))
                    .filter(|(envelope, _, content)| {
                        let edit = log.iter().rev().find(|(edit, ..)| {
                            edit.kind == EventType::MessageEdited && edit.reference == Some(envelope.seq)
                        });
                        let (seq, content) = edit.map_or((envelope.seq, content), |(edit, _, content)| (edit.seq, content));
                        let (text, mentions) = match content {
                            Some(Content::Text(text)) => (text.text.clone(), text.mentions.clone()),
                            Some(Content::Poll(poll)) => (poll.text(), vec![]),
                            _ => return false,
                        };
                        let document = Document { actor: envelope.actor, mentions: &mentions, text: &text };
                        member.visible.shows(seq) && plan.matches(&document, envelope.at).is_some()
                    })
                    .map(|(envelope, ..)| envelope.seq)
                    .collect();
                prop_assert_eq!(stored.search(&query, *who, &member.visible), expected, "{} asks {}", who, query);
            }
        }
    }

    #[test]
    fn a_page_and_its_later_edits_are_the_messages_as_they_are_now(story in story(), between in between(), limit in 1..12usize) {
        let stored = Stored::told(&story, &between)?;
        let head = stored.state.seq;
        for member in stored.state.members.values() {
            // The fold of everything the member may see …
            let mut whole = Timeline::default();
            for item in items(&forward(&stored.sql, &member.visible, 0, head, usize::MAX, usize::MAX).unwrap().items) {
                if let Item::Event(event) = item {
                    whole.apply(&event.envelope, event.content.as_ref());
                }
            }
            // … and what one page with its later edits says of the same messages. Deletions need no edit: the content is gone.
            let mut before = head + 1;
            while before > 1 {
                let page = backward(&stored.sql, &member.visible, before, limit, usize::MAX).unwrap();
                before = page.from;
                let mut timeline = Timeline::default();
                let edits = later_edits(&stored.sql, &member.visible, (page.from, page.to)).unwrap();
                let later = previews::later(&stored.sql, &member.visible, (page.from, page.to)).unwrap();
                for item in items(&page.items).into_iter().chain(items(&edits)).chain(items(&later)) {
                    if let Item::Event(event) = item {
                        timeline.apply(&event.envelope, event.content.as_ref());
                    }
                }
                for (seq, message) in &timeline.messages {
                    let now = &whole.messages[seq];
                    prop_assert_eq!(&message.content, &now.content, "message {}", seq);
                    if !now.deleted {
                        prop_assert_eq!(message.version, now.version);
                        prop_assert_eq!(&message.preview, &now.preview, "message {}", seq);
                    }
                }
            }
        }
    }

    #[test]
    fn a_thread_is_the_fold_of_what_its_reader_sees_and_so_are_its_pages(story in story(), between in between(), limit in 1..5usize) {
        let stored = Stored::told(&story, &between)?;
        let log = stored.log();
        let deleted: BTreeSet<u64> = log.iter().filter(|(envelope, ..)| envelope.kind == EventType::MessageDeleted).filter_map(|(envelope, ..)| envelope.reference).collect();
        let roots: BTreeSet<u64> = log.iter().filter_map(|(envelope, ..)| envelope.thread).collect();
        let mut timeline = Timeline::default();
        for (envelope, _, content) in &log {
            timeline.apply(envelope, content.as_ref());
        }
        for (who, member) in &stored.state.members {
            let mut expected = Vec::new();
            for root in roots.iter().filter(|root| member.visible.shows(**root)) {
                let seen: Vec<&Envelope> = log
                    .iter()
                    .map(|(envelope, ..)| envelope)
                    .filter(|envelope| envelope.thread == Some(*root) && envelope.thread_n.is_some() && member.visible.shows(envelope.seq))
                    .collect();
                let thread = threads::one(&stored.sql, &member.visible, (*who, *root)).unwrap();
                let mut participants: Vec<UserId> = Vec::new();
                for envelope in seen.iter().rev() {
                    if !participants.contains(&envelope.actor) {
                        participants.push(envelope.actor);
                    }
                }
                participants.truncate(limits::THREAD_PARTICIPANTS);
                let last = seen.last();
                prop_assert_eq!(
                    (thread.n, thread.count, thread.last, thread.last_at, &thread.participants),
                    (
                        last.and_then(|last| last.thread_n).unwrap_or(0),
                        seen.iter().filter(|reply| !deleted.contains(&reply.seq)).count() as u64,
                        last.map_or(0, |last| last.seq),
                        last.map_or(0, |last| last.at),
                        &participants,
                    )
                );
                if thread.n > 0 {
                    expected.push(thread);
                }
                // Its pages, both ways.
                let seqs: Vec<u64> = seen.iter().map(|envelope| envelope.seq).collect();
                let of = |items: &str| self::items(items).iter().map(|item| covers(item).0).collect::<Vec<u64>>();
                let (mut ahead, mut after) = (Vec::new(), 0);
                loop {
                    let page = replies::page(&stored.sql, &member.visible, *root, replies::From::After(after), (limit, 2_000)).unwrap();
                    ahead.extend(of(&page.events));
                    after = ahead.last().copied().unwrap_or(0);
                    if !page.more {
                        break;
                    }
                }
                let (mut back, mut before) = (Vec::new(), 1 << 53);
                loop {
                    let page = replies::page(&stored.sql, &member.visible, *root, replies::From::Before(before), (limit, 2_000)).unwrap();
                    back.splice(0..0, of(&page.events));
                    before = back.first().copied().unwrap_or(0);
                    for (item, seq) in self::items(&page.events).iter().chain(&self::items(&page.changes)).zip(of(&page.events).into_iter().chain(of(&page.changes))) {
                        prop_assert!(matches!(item, Item::Event(_)) && member.visible.shows(seq));
                    }
                    if !page.more {
                        break;
                    }
                }
                prop_assert_eq!((&ahead, &back), (&seqs, &seqs));
            }
            let found = threads::summaries(&stored.sql, &member.visible, *who, (1, stored.state.seq.max(1))).unwrap();
            let found: Vec<Thread> = serde_json::from_str(&format!("[{found}]")).unwrap();
            prop_assert_eq!(found, expected);
            // Who is gone follows nothing; the others have unread what came after their place.
            let places = threads::places_after(&stored.sql, *who, 0).unwrap();
            prop_assert!(member.active || places.is_empty());
            let unread = places.iter().filter(|place| {
                let replies = log.iter().filter(|(envelope, ..)| envelope.thread == Some(place.root)).filter_map(|(envelope, ..)| envelope.thread_n);
                place.following && replies.max().unwrap_or(0) > place.read_n
            });
            let counted = threads::unread(&stored.sql, &BTreeSet::from([*who])).unwrap();
            prop_assert_eq!(counted.get(who).copied().unwrap_or(0), unread.count() as u64);
            // Replies behind one's place whose newest version names one.
            let read: BTreeMap<u64, u64> = places.iter().filter(|place| place.following).map(|place| (place.root, place.read)).collect();
            let replies: Vec<u64> = timeline.messages.iter().filter(|(seq, message)| {
                let behind = message.thread.and_then(|root| read.get(&root)).is_some_and(|read| *seq > read);
                behind && matches!(&message.content, Some(Content::Text(text)) if text.mentions.contains(who))
            }).map(|(seq, _)| *seq).collect();
            let expected = replies.last().map(|last| (replies.len() as u64, *last));
            prop_assert_eq!(threads::mentions(&stored.sql, &BTreeSet::from([*who])).unwrap().get(who).copied(), expected);
        }
    }

    #[test]
    fn reactions_of_a_page_are_the_fold_of_what_its_reader_sees(story in story(), between in between(), from in 1..30u64, len in 0..30u64) {
        let stored = Stored::told(&story, &between)?;
        let head = stored.state.seq;
        for (who, member) in &stored.state.members {
            let mut seen = Timeline::default();
            for item in items(&forward(&stored.sql, &member.visible, 0, head, usize::MAX, usize::MAX).unwrap().items) {
                if let Item::Event(event) = item {
                    seen.apply(&event.envelope, event.content.as_ref());
                }
            }
            let mut expected: Vec<MessageReactions> = Vec::new();
            for (seq, message) in seen.messages.range(from..=from + len) {
                let mut reactions: Vec<EmojiCount> = Vec::new();
                for (user, emoji) in message.reactions.values() {
                    // Taken back while the reader was away: its emoji is gone for everybody.
                    let Some(emoji) = emoji else { continue };
                    if !reactions.iter().any(|one| one.emoji == *emoji) {
                        reactions.push(EmojiCount { emoji: emoji.clone(), count: 0, me: false, users: vec![] });
                    }
                    let one = reactions.iter_mut().find(|one| one.emoji == *emoji).unwrap();
                    one.count += 1;
                    one.me |= user == who;
                    one.users.push(*user);
                }
                reactions.iter_mut().for_each(|one| one.users.truncate(limits::REACTION_USERS));
                if !reactions.is_empty() {
                    expected.push(MessageReactions { seq: *seq, reactions });
                }
            }
            let found = summaries(&stored.sql, &member.visible, *who, (from, from + len)).unwrap();
            let found: Vec<MessageReactions> = serde_json::from_str(&format!("[{found}]")).unwrap();
            prop_assert_eq!(found, expected);
        }
    }
}
