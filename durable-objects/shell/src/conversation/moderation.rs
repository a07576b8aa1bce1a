//! What members tell moderators, and what only moderators see.

use std::rc::Rc;

use quipu_core::decide::{Lookups, command_id};
use quipu_core::permissions::Action;
use quipu_core::reports::{self as rules, Filed};
use quipu_core::words::WordList;
use quipu_schema::command::{Command, DeleteMessage, KeyedCommand};
use quipu_schema::ids::{CommandKey, ConversationId, UserId};
use quipu_schema::internal::Identity;
use quipu_schema::limits;
use quipu_schema::moderation::{Ban, BansPage};
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::report::{
    Outcome, PostReport, Report, ReportStatus, Reported, ReportsPage, ReportsSignal, ResolveReport, StoredReport,
};
use quipu_schema::socket::ServerFrame;
use quipu_schema::words::{PutWords, Words};
use quipu_store::conversation::commit::put_words;
use quipu_store::conversation::load::{known, words};
use quipu_store::conversation::reports;
use quipu_store::sql::{Sql, StoreError};

use super::Shared;
use super::frames::send;
use super::live::Live;
use crate::platform::now_ms;

type Answer<T> = Result<T, Rejection>;

/// A page of the bans, by user id.
pub(super) fn bans(live: &Live, user: UserId, after: Option<UserId>, limit: usize) -> Answer<BansPage> {
    live.must_be_member(user)?;
    if !live.state.allows(&user, Action::Moderate) {
        return Err(Code::PermissionDenied.into());
    }
    let limit = limit.clamp(1, limits::LIST_ITEMS);
    let state = &live.state;
    let rest = state.bans.iter().filter(|(user, _)| after.is_none_or(|after| **user > after));
    let mut bans: Vec<Ban> = rest
        .take(limit + 1)
        .map(|(user, ban)| Ban {
            user: *user,
            seq: ban.seq,
            by: ban.by,
            at: ban.at,
            subject: state.members.get(user).and_then(|member| member.subject.clone()),
            profile: live.profile(*user),
        })
        .collect();
    let more = bans.len() > limit;
    bans.truncate(limit);
    let next = if more { bans.last().map(|ban| ban.user) } else { None };
    Ok(BansPage { bans, next })
}

/// Tells the moderators that are connected how many reports are open.
pub(super) fn tell_reports(live: &mut Live) {
    let Live { connections, reports, state, .. } = live;
    let now = now_ms();
    for (_, connection) in connections.iter_mut() {
        let valid = connection.attachment.identity.expires_at * 1000 > now;
        if connection.said_hello()
            && valid
            && let Some(open) = reports.shown_to(state, &connection.user())
        {
            send(connection, &ServerFrame::Reports(ReportsSignal { open }));
        }
    }
}

impl Shared {
    /// Stores a member's report of a message.
    pub(super) fn report(
        self: &Rc<Self>,
        user: UserId,
        seq: u64,
        key: CommandKey,
        post: PostReport,
    ) -> Answer<Reported> {
        self.with(|live| {
            live.must_be_member(user)?;
            let command = command_id(user, key);
            let lookups =
                Lookups { command, target: Some(seq), thread: None, reactor: None, invite: None, voter: None };
            let found = known(&self.sql, &[lookups])?;
            let earlier = reports::by(&self.sql, seq, user)?;
            let who = (user, key, now_ms().max(live.state.at));
            let about = (seq, found.targets.get(&seq));
            match rules::file(&live.state, &live.reports, who, about, earlier, post)? {
                Filed::Again(id) => Ok(Reported { id }),
                Filed::New(report) => {
                    let id = reports::insert(&self.sql, &report)?;
                    live.reports.note(id, &report);
                    tell_reports(live);
                    Ok(Reported { id })
                }
            }
        })?
    }

    /// Takes note of a message that the word list reported.
    pub(super) fn flagged(&self, live: &mut Live, seq: u64) {
        // Reported before, or not at all where the queue is full: then nothing is new.
        if let Ok(Some((id, report))) = reports::by(&self.sql, seq, UserId::NOBODY)
            && live.reports.note(id, &report)
        {
            tell_reports(live);
        }
    }

    /// The word list, for moderators.
    pub(super) fn words(&self, live: &Live, user: UserId) -> Answer<Words> {
        live.must_be_member(user)?;
        rules::moderator(&live.state, &user)?;
        Ok(words(&self.sql)?)
    }

    /// Writes the word list.
    pub(super) fn put_words(&self, live: &mut Live, user: UserId, put: PutWords) -> Answer<Words> {
        let words = quipu_core::words::put(&live.state, user, now_ms().max(live.state.at), put)?;
        put_words(&self.sql, &words)?;
        live.state.words = WordList::new(&words);
        Ok(words)
    }

    /// A page of reports.
    pub(super) fn reports(
        &self,
        live: &Live,
        user: UserId,
        status: ReportStatus,
        cursor: Option<u64>,
        limit: usize,
    ) -> Answer<ReportsPage> {
        live.must_be_member(user)?;
        let member = rules::moderator(&live.state, &user)?;
        let limit = limit.clamp(1, limits::LIST_ITEMS);
        let (reports, next) = reports::page(&self.sql, &member.visible, status, cursor, limit)?;
        Ok(ReportsPage { reports, next })
    }

    /// Does what a moderator decides about a report. A message is deleted first, under the same key: should the process die in between, the same
    /// request again finds it deleted and goes on.
    pub(super) async fn resolve(
        self: &Rc<Self>,
        conv: ConversationId,
        identity: Identity,
        (id, key): (u64, CommandKey),
        act: ResolveReport,
    ) -> Answer<Report> {
        let user = identity.user;
        let decided = |live: &Live| -> Answer<(StoredReport, Option<StoredReport>)> {
            live.must_be_member(user)?;
            let stored = reports::get(&self.sql, id)?;
            let who = (user, key, now_ms().max(live.state.at));
            let resolved = rules::resolve(&live.state, who, stored.as_ref(), &act)?;
            Ok((stored.ok_or(Code::ReportNotFound)?, resolved))
        };
        let (report, resolved) = self.with(|live| decided(live))??;
        if resolved.is_some() && act.action == Outcome::Removed {
            let command = KeyedCommand { key, command: Command::Delete(DeleteMessage { seq: report.seq }) };
            match self.command(conv, identity, command).await {
                Err(rejection) if rejection.code != Code::MessageDeleted => return Err(rejection),
                _ => {}
            }
        }
        self.with(|live| {
            // Much may have happened meanwhile.
            let (_, resolved) = decided(live)?;
            if let Some(resolved) = resolved {
                let resolution = resolved.resolution.clone();
                let mut all = Vec::new();
                for id in rules::resolved_together(&live.reports, id, resolved.seq, act.action) {
                    let report = reports::get(&self.sql, id)?.ok_or(StoreError::Shape)?;
                    all.push((id, StoredReport { resolution: resolution.clone(), ..report }));
                }
                self.sql.transaction(&mut || {
                    all.iter().try_for_each(|(id, report)| reports::update(&self.sql, *id, report))
                })?;
                for (id, report) in &all {
                    live.reports.note(*id, report);
                }
                tell_reports(live);
            }
            Ok::<_, Rejection>(reports::shown(&self.sql, id)?.ok_or(Code::ReportNotFound)?)
        })?
    }
}
