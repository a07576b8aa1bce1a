//! Facts of single members, kept beside the log: what they deleted for themselves, and reports to moderators.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use quipu_core::batch::{Effect, Row};
use quipu_core::decide::{Lookups, command_id};
use quipu_core::reports::{Filed, file};
use quipu_core::visibility::Visibility;
use quipu_schema::event::{write_hidden, write_item};
use quipu_schema::ids::{CommandKey, UserId};
use quipu_schema::limits;
use quipu_schema::problem::Code;
use quipu_schema::report::{PostReport, Reason};
use quipu_store::conversation::load::known;
use quipu_store::conversation::{hidden, reports};
use quipu_store::sql::StoreError;

use super::{Answer, Live};
use crate::Bug;
use crate::world::World;

impl World {
    /// Deletes a message for one member.
    pub(super) fn hide(&mut self, user: UserId, seq: u64) -> Answer {
        self.with(|world, live| {
            let version = live.cells_version + 1;
            let hiding = &live.hiding;
            let added = hidden::add(&world.disk, &live.state, hiding, (user, seq), (version, live.outbox.cells))?;
            if let Some(hiding) = added {
                live.cells_version = version;
                live.hiding = hiding;
                // The last line may have to go, and what was unread is not.
                live.pending.readers.insert(user);
                world.ring_by(world.now + limits::OUTBOX_ALARM_MS);
            }
            Answer::Ok(())
        })??;
        self.pump();
        Ok(())
    }

    /// Stores a member's report of a message; its number.
    pub(super) fn report(&mut self, user: UserId, seq: u64, key: CommandKey) -> Answer<u64> {
        self.with(|world, live| {
            if live.state.member(&user).is_none() {
                return Err(Code::NotAMember.into());
            }
            let command = command_id(user, key);
            let lookups =
                Lookups { command, target: Some(seq), thread: None, reactor: None, invite: None, voter: None };
            let found = known(&world.disk, &[lookups])?;
            let earlier = reports::by(&world.disk, seq, user)?;
            let who = (user, key, world.now.max(live.state.at));
            let post = PostReport { reason: Reason::Spam, note: None };
            match file(&live.state, &live.reports, who, (seq, found.targets.get(&seq)), earlier, post)? {
                Filed::Again(id) => Ok(id),
                Filed::New(report) => {
                    let id = reports::insert(&world.disk, &report)?;
                    live.reports.note(id, &report);
                    Ok(id)
                }
            }
        })?
    }

    /// What a member sees now, of what they may see.
    pub(super) fn sight(&self, live: &Live, user: UserId, visible: Visibility) -> Result<Visibility, StoreError> {
        if live.hiding.version == 0 || self.has(Bug::HidingForgotten) {
            return Ok(visible);
        }
        hidden::sight(&self.disk, &visible, user)
    }

    /// Events for those who deleted for themselves a message that one of them edits.
    pub(super) fn for_others(
        &self,
        live: &Live,
        rows: &[Row],
        effects: &[Effect],
    ) -> Result<BTreeMap<UserId, Rc<str>>, StoreError> {
        let edits: Vec<(u64, u64)> = effects
            .iter()
            .filter(|_| live.hiding.version > 0 && !self.has(Bug::HidingForgotten))
            .filter_map(|effect| match effect {
                Effect::Edited { target, by, .. } => Some((*target, *by)),
                _ => None,
            })
            .collect();
        let targets: Vec<u64> = edits.iter().map(|(target, _)| *target).collect();
        let mut theirs: BTreeMap<UserId, BTreeSet<u64>> = BTreeMap::new();
        for (user, hidden) in hidden::by(&self.disk, &targets)? {
            let of_it = edits.iter().filter(|(target, _)| *target == hidden).map(|(_, by)| *by);
            theirs.entry(user).or_default().extend(of_it);
        }
        Ok(theirs.into_iter().map(|(user, hidden)| (user, Rc::from(items(rows, &hidden)))).collect())
    }
}

/// Events as their bytes, in which some are hidden.
pub(super) fn items(rows: &[Row], hidden: &BTreeSet<u64>) -> String {
    let mut items = String::new();
    for row in rows {
        if !items.is_empty() {
            items.push(',');
        }
        let seq = row.envelope.seq;
        if hidden.contains(&seq) {
            write_hidden(&mut items, seq, seq);
            continue;
        }
        let salt = row.salt.map(|salt| salt.to_text());
        write_item(&mut items, &row.envelope_text, row.content_text.as_deref(), salt.as_deref());
    }
    items
}
