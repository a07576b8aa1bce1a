//! Invite links: made, listed and revoked in one turn each, because they change no log. Joining by one is a command like others.

use std::rc::Rc;

use quipu_core::invites::{self, Invite, Revoked};
use quipu_schema::http::invites::{CreateInvite, Invite as Resource, InvitePreview, InvitesPage};
use quipu_schema::ids::{CommandKey, InviteToken, UserId};
use quipu_schema::problem::{Code, Rejection};
use quipu_store::conversation::invites as kept;

use super::Shared;
use super::live::Live;
use crate::platform::now_ms;

type Answer<T> = Result<T, Rejection>;

impl Shared {
    /// Makes a link, or finds the one that its maker's key made before.
    pub(super) fn create_invite(
        self: &Rc<Self>,
        user: UserId,
        key: CommandKey,
        asked: CreateInvite,
    ) -> Answer<Resource> {
        let now = now_ms();
        self.with(|live| {
            let token = self.deployment.invite(live.state.conv, user, key)?;
            let prior = kept::find(&self.sql, &token.hash())?;
            let working = kept::working(&self.sql, now)?.len();
            let made = invites::make(&live.state, (user, key), asked, prior.as_ref(), working, now)?;
            let invite = match (made, prior) {
                (Some(made), _) => kept::put(&self.sql, &token.hash(), made, now)?,
                (None, Some(prior)) => prior,
                (None, None) => return Err(Code::Internal.into()),
            };
            Ok(resource(invite, token))
        })?
    }

    /// Links that let somebody in now.
    pub(super) fn invites(self: &Rc<Self>, user: UserId) -> Answer<InvitesPage> {
        self.with(|live| {
            invites::may_manage(&live.state, user)?;
            let conv = live.state.conv;
            let shown = |invite: Invite| {
                let token = self.deployment.invite(conv, invite.made.by, invite.made.key)?;
                Ok(resource(invite, token))
            };
            let invites = kept::working(&self.sql, now_ms())?.into_iter().map(shown).collect::<Answer<_>>()?;
            Ok(InvitesPage { invites })
        })?
    }

    /// Revokes a link; again changes nothing.
    pub(super) fn revoke_invite(self: &Rc<Self>, user: UserId, id: u64) -> Answer<()> {
        self.with(|live| {
            invites::may_manage(&live.state, user)?;
            let revoked = Revoked { by: user, at: now_ms().max(live.state.at) };
            if kept::revoke(&self.sql, id, revoked)? { Ok(()) } else { Err(Code::InviteNotFound.into()) }
        })?
    }

    /// Where a link leads.
    pub(super) fn preview_invite(self: &Rc<Self>, user: UserId, token: InviteToken) -> Answer<InvitePreview> {
        hidden(self.with(|live| self.preview(live, user, token)).and_then(|answer| answer))
    }

    fn preview(&self, live: &Live, user: UserId, token: InviteToken) -> Answer<InvitePreview> {
        let about = live.state.about.as_ref().ok_or(Code::ConversationNotFound)?;
        let invite = kept::find(&self.sql, &token.hash())?.ok_or(Code::InviteNotFound)?;
        let member = live.state.member(&user).is_some();
        if !member {
            invite.lets_in(now_ms().max(live.state.at))?;
        }
        Ok(InvitePreview {
            conversation: live.state.conv,
            info: about.info.clone(),
            member_count: u64::try_from(live.state.active_count()).unwrap_or(u64::MAX),
            role: invite.made.asked.role,
            expires_at: invite.made.expires_at(),
            member,
        })
    }
}

/// A link that leads nowhere is no link: whoever tries ids learns nothing of what there is.
pub(super) fn hidden<T>(answer: Answer<T>) -> Answer<T> {
    answer.map_err(|rejection| match rejection.code {
        Code::ConversationNotFound => Code::InviteNotFound.into(),
        _ => rejection,
    })
}

fn resource(invite: Invite, token: InviteToken) -> Resource {
    let Invite { id, made, uses, revoked } = invite;
    Resource {
        id,
        token,
        role: made.asked.role,
        created_by: made.by,
        created_at: made.at,
        expires_at: made.expires_at(),
        max_uses: made.asked.max_uses,
        uses,
        revoked,
        revoked_by: made.revoked.map(|revoked| revoked.by),
        revoked_at: made.revoked.map(|revoked| revoked.at),
    }
}
