//! Reports of messages: who may report what, and who resolves it. Facts beside the log, decided one at a time.

use std::collections::BTreeMap;

use quipu_schema::envelope::{EventType, Role};
use quipu_schema::ids::{CommandKey, ConversationKind, UserId};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::report::{Outcome, PostReport, Reason, ResolveReport, StoredReport, StoredResolution};

use crate::decide::Target;
use crate::permissions::Action;
use crate::state::{Member, State};

/// What is kept in memory of a report that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// The message.
    pub seq: u64,
    /// Who reports it.
    pub by: UserId,
}

/// The reports that are open, by number. At most [`limits::REPORTS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenReports(BTreeMap<u64, Open>);

impl OpenReports {
    /// Notes a report as it is stored: those that are resolved are forgotten. Whether that changed anything.
    pub fn note(&mut self, id: u64, report: &StoredReport) -> bool {
        if report.resolution.is_none() {
            self.0.insert(id, Open { seq: report.seq, by: report.by }).is_none()
        } else {
            self.0.remove(&id).is_some()
        }
    }

    /// How many of them a moderator is told of: those of messages they can read. `None` for who is no moderator.
    pub fn shown_to(&self, state: &State, user: &UserId) -> Option<u64> {
        let member = state.member(user).filter(|_| state.allows(user, Action::Moderate))?;
        let shown = self.0.values().filter(|open| member.visible.shows(open.seq)).count();
        Some(u64::try_from(shown).unwrap_or(u64::MAX))
    }

    /// Open reports of one message.
    pub fn of(&self, seq: u64) -> Vec<u64> {
        self.0.iter().filter(|(_, open)| open.seq == seq).map(|(id, _)| *id).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What becomes of a report that somebody sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filed {
    /// It is to be stored.
    New(Box<StoredReport>),
    /// It is there already, sent under the same key.
    Again(u64),
}

/// Decides a report. `known` is the member's earlier report of this message, `target` what the log knows of it.
///
/// # Errors
/// A [`Rejection`] that leaves nothing.
pub fn file(
    state: &State,
    open: &OpenReports,
    (user, key, now): (UserId, CommandKey, u64),
    (seq, target): (u64, Option<&Target>),
    known: Option<(u64, StoredReport)>,
    post: PostReport,
) -> Result<Filed, Rejection> {
    let member = state.member(&user).ok_or(Code::NotAMember)?;
    if state.conv.kind() == ConversationKind::Direct {
        return Err(Rejection::new(Code::WrongKind, "A direct conversation has no moderators to report to."));
    }
    if let Some((id, known)) = known {
        return match known.key == key {
            true if (known.reason, &known.note) == (post.reason, &post.note) => Ok(Filed::Again(id)),
            true => Err(Code::KeyReused.into()),
            false => Err(Code::AlreadyReported.into()),
        };
    }
    if post.reason == Reason::Words {
        return Err(Rejection::new(Code::InvalidValue, "This reason is given by the word list only."));
    }
    note(post.note.as_deref())?;
    let target =
        target.filter(|target| target.kind == EventType::MessageCreated && member.visible.shows(seq)).ok_or_else(
            || Rejection::new(Code::MessageNotFound, format!("There is no message {seq} that you can read.")),
        )?;
    if target.deleted {
        return Err(Rejection::new(Code::MessageDeleted, format!("Message {seq} has been deleted.")));
    }
    if target.actor == user {
        return Err(Rejection::new(Code::InvalidValue, "Your own message can be deleted, not reported."));
    }
    let own = open.0.values().filter(|open| open.by == user).count();
    if own >= limits::REPORTS_PER_MEMBER || open.0.len() >= limits::REPORTS {
        return Err(Code::ReportLimit.into());
    }
    let PostReport { reason, note } = post;
    let version = target.version;
    let author = target.actor;
    Ok(Filed::New(Box::new(StoredReport {
        seq,
        version,
        author,
        by: user,
        at: now,
        key,
        reason,
        note,
        resolution: None,
    })))
}

/// Whether somebody may see the reports at all.
///
/// # Errors
/// `not_a_member`, `permission_denied`.
pub fn moderator<'a>(state: &'a State, user: &UserId) -> Result<&'a Member, Rejection> {
    let member = state.member(user).ok_or(Code::NotAMember)?;
    if state.allows(user, Action::Moderate) { Ok(member) } else { Err(Code::PermissionDenied.into()) }
}

/// Decides what a moderator does about a report: the report as it is to be stored, or `None` where the same was done before under the same key.
///
/// # Errors
/// A [`Rejection`] that leaves nothing.
pub fn resolve(
    state: &State,
    (user, key, now): (UserId, CommandKey, u64),
    report: Option<&StoredReport>,
    act: &ResolveReport,
) -> Result<Option<StoredReport>, Rejection> {
    let member = moderator(state, &user)?;
    let report = report.filter(|report| member.visible.shows(report.seq)).ok_or(Code::ReportNotFound)?;
    if let Some(done) = &report.resolution {
        let same = (done.by, done.action, &done.note) == (user, act.action, &act.note);
        return match done.key == key {
            true if same => Ok(None),
            true => Err(Code::KeyReused.into()),
            false => Err(Code::AlreadyResolved.into()),
        };
    }
    note(act.note.as_deref())?;
    if report.author == user && member.role != Role::Owner {
        return Err(Rejection::new(Code::PermissionDenied, "A report of your own message is for another moderator."));
    }
    let ResolveReport { action, note } = act.clone();
    let resolution = Some(StoredResolution { action, by: user, at: now, key, note });
    Ok(Some(StoredReport { resolution, ..report.clone() }))
}

/// Which reports an act is about: all open ones of a message that is removed, else the one.
pub fn resolved_together(open: &OpenReports, id: u64, seq: u64, action: Outcome) -> Vec<u64> {
    match action {
        Outcome::Removed => open.of(seq).into_iter().filter(|other| *other != id).chain([id]).collect(),
        Outcome::Dismissed => vec![id],
    }
}

fn note(text: Option<&str>) -> Result<(), Rejection> {
    let text = text.unwrap_or_default();
    if text.len() > limits::REPORT_NOTE_BYTES {
        return Err(Rejection::new(
            Code::TooLarge,
            format!("note may have at most {} bytes.", limits::REPORT_NOTE_BYTES),
        ));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Rejection::new(Code::InvalidValue, "note must not contain control characters."));
    }
    Ok(())
}
