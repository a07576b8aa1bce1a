//! HTTP, as the gateway passes it on: the same commands and reads as over the socket.

use std::rc::Rc;

use futures_channel::oneshot;
use quipu_core::batch::Input;
use quipu_core::everything::Wish;
use quipu_core::merkle::{self, Root};
use quipu_core::profile::takes;
use quipu_schema::command::{Command, KeyedCommand};
use quipu_schema::http::invites::Joined;
use quipu_schema::http::{MembersPage, Proof};
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::internal::{ConversationCall, ConversationOp, Identity, Planted};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::socket::{Ack, Profile};
use quipu_store::conversation::{history, reactions};
use wasm_bindgen::JsCast;
use worker::Result;

use super::Shared;
use super::frames::{overloaded, rate_limited};
use super::invites::hidden;
use super::live::Live;
use super::queue::{Beforehand, Reply};
use super::search::{Asked, AskedOfMany};
use crate::answer::{Response, searched_too_often};
use crate::platform::{Object, now_ms};
use crate::{answer, platform};

type Answer<T> = std::result::Result<T, Rejection>;

impl Shared {
    /// A call that waits for nothing is answered in the same turn: a promise less. `None` for the others.
    pub(super) fn call_at_once(self: &Rc<Self>, call: &ConversationCall) -> Option<Result<Response>> {
        match self.at_once(&call.identity, &call.op) {
            Ok(answer) => answer,
            Err(rejection) => Some(answer::problem(rejection)),
        }
    }

    fn at_once(self: &Rc<Self>, identity: &Identity, op: &ConversationOp) -> Answer<Option<Result<Response>>> {
        let user = identity.user;
        Ok(Some(match op {
            ConversationOp::Get => {
                let resource = self.with(|live| live.resource(&self.sql, user))??;
                answer::json(200, &resource)
            }
            ConversationOp::Members { after, limit } => {
                let page = self.with(|live| members(live, user, *after, *limit))??;
                answer::json(200, &page)
            }
            ConversationOp::Bans { after, limit } => {
                let page = self.with(|live| super::moderation::bans(live, user, *after, *limit))??;
                answer::json(200, &page)
            }
            ConversationOp::Report { seq, key, report } => {
                self.admit(user)?;
                answer::json(201, &self.report(user, *seq, *key, report.clone())?)
            }
            ConversationOp::Reports { status, cursor, limit } => {
                let page = self.with(|live| self.reports(live, user, *status, *cursor, *limit))??;
                answer::json(200, &page)
            }
            ConversationOp::Words => answer::json(200, &self.with(|live| self.words(live, user))??),
            ConversationOp::PutWords { put } => {
                self.admit(user)?;
                answer::json(200, &self.with(|live| self.put_words(live, user, put.clone()))??)
            }
            ConversationOp::Events { after, before, epoch, limit } => {
                self.with(|live| self.events(live, user, (*after, *before), *epoch, *limit))??
            }
            ConversationOp::Versions { seq } => {
                self.admit(user)?;
                let items = self.with(|live| {
                    let visible = live.sight(&self.sql, user)?;
                    history::versions(&self.sql, &visible, *seq)?.ok_or(Rejection::from(Code::MessageNotFound))
                })??;
                answer::text(200, "application/json", &format!("{{\"versions\":[{items}]}}"))
            }
            ConversationOp::MessageReceipts { seq } => {
                self.admit(user)?;
                answer::json(200, &self.with(|live| self.message_receipts(live, user, *seq))??)
            }
            ConversationOp::Reactions { seq, after, emoji, limit } => {
                self.admit(user)?;
                let page = self.with(|live| {
                    let visible = live.sight(&self.sql, user)?;
                    let limit = (*limit).clamp(1, limits::LIST_ITEMS);
                    let asked = reactions::Asked { target: *seq, after: *after, emoji: emoji.as_deref(), limit };
                    reactions::page(&self.sql, &visible, asked)?.ok_or(Rejection::from(Code::MessageNotFound))
                })??;
                answer::json(200, &page)
            }
            ConversationOp::Thread { root, after, before, limit } => {
                self.admit(user)?;
                self.with(|live| self.thread(live, user, *root, (*after, *before), *limit))??
            }
            ConversationOp::Threads { before, unread, limit } => {
                self.admit(user)?;
                self.with(|live| self.followed_threads(live, user, (*before, *unread, *limit)))??
            }
            ConversationOp::Polls { seqs } => {
                self.admit(user)?;
                answer::json(200, &self.with(|live| self.polls(live, user, seqs))??)
            }
            ConversationOp::Votes { seq, option, after, limit } => {
                self.admit(user)?;
                let page = self.with(|live| self.votes(live, user, (*seq, *option), (*after, *limit)))??;
                answer::json(200, &page)
            }
            ConversationOp::Proof { seq } => {
                self.admit(user)?;
                let proof = self.with(|live| self.proof(live, user, *seq))??;
                answer::json(200, &proof)
            }
            ConversationOp::Delivered { seq } => {
                self.admit(user)?;
                answer::json(200, &self.delivered(user, *seq)?)
            }
            ConversationOp::Copy { seq } => {
                self.admit(user)?;
                answer::json(200, &super::forward::content(self.text_to_copy(user, *seq)?))
            }
            ConversationOp::Savable { seq } => {
                self.admit(user)?;
                answer::json(200, &self.savable(user, *seq)?)
            }
            ConversationOp::Saved { places } => {
                self.admit(user)?;
                self.saved(user, places)?
            }
            ConversationOp::Everything { version, on } => {
                self.everything(user, Wish { version: *version, on: *on })?;
                answer::empty()
            }
            ConversationOp::News { open } => answer::json(200, &self.news_for(user, *open)?),
            ConversationOp::Hide { seq } => {
                self.admit(user)?;
                self.hide(user, *seq)?;
                answer::empty()
            }
            ConversationOp::Typing { on } => {
                self.admit(user)?;
                self.typing(user, *on, None)?;
                answer::empty()
            }
            ConversationOp::CreateInvite { key, invite } => {
                self.admit(user)?;
                answer::json(201, &self.create_invite(user, *key, *invite)?)
            }
            ConversationOp::Invites => {
                self.admit(user)?;
                answer::json(200, &self.invites(user)?)
            }
            ConversationOp::RevokeInvite { id } => {
                self.admit(user)?;
                self.revoke_invite(user, *id)?;
                answer::empty()
            }
            ConversationOp::PreviewInvite { token } => {
                hidden(self.admit(user))?;
                answer::json(200, &self.preview_invite(user, *token)?)
            }
            // Of an account: it takes from nobody's bucket.
            ConversationOp::SignOut { device } => {
                self.sign_out(user, device)?;
                answer::empty()
            }
            // Of a channel: it takes from nobody's bucket.
            ConversationOp::SpaceMembers { users } => answer::json(200, &self.space_members(users)?),
            ConversationOp::SpaceChannels { after, limit } => {
                let page = self.with(|live| self.space_channels(live, user, *after, *limit))??;
                answer::json(200, &page)
            }
            ConversationOp::Export => {
                self.admit(user)?;
                self.export(identity)?
            }
            _ => return Ok(None),
        }))
    }

    pub(super) async fn call(self: &Rc<Self>, call: ConversationCall) -> Result<Response> {
        if let Some(answer) = self.call_at_once(&call) {
            return answer;
        }
        match self.perform(call).await {
            Ok(response) => response,
            Err(rejection) => answer::problem(rejection),
        }
    }

    async fn perform(
        self: &Rc<Self>,
        ConversationCall { conv, identity, op }: ConversationCall,
    ) -> Answer<Result<Response>> {
        let user = identity.user;
        Ok(match op {
            ConversationOp::Command { command } if matches!(command.command, Command::Join(_)) => {
                return hidden(self.command(conv, identity, command).await);
            }
            ConversationOp::Command { command } => return self.command(conv, identity, command).await,
            ConversationOp::AddMembers { key, add } => {
                answer::json(201, &self.add_members(&identity, key, &add).await?)
            }
            ConversationOp::Read { seq } => {
                self.admit(user)?;
                let receipt = self.read(user, seq)?;
                self.stored().await?;
                answer::json(200, &receipt)
            }
            ConversationOp::Follow { root, on } => {
                self.admit(user)?;
                self.follow(user, root, on)?;
                self.stored().await?;
                answer::json(200, &self.place((user, root))?)
            }
            ConversationOp::ReadThread { root, seq } => {
                self.admit(user)?;
                self.read_thread(user, root, seq)?;
                self.stored().await?;
                answer::json(200, &self.place((user, root))?)
            }
            ConversationOp::Search { q, cursor, limit, utc_offset } => {
                let now = now_ms();
                self.with(|live| live.limiter.admit_search(user, now))?.map_err(searched_too_often)?;
                return self.search(user, Asked { q, cursor, limit, utc_offset }).await;
            }
            // The account has admitted it.
            ConversationOp::Find { q, below, limit, people, utc_offset } => {
                return self.find(user, AskedOfMany { q, below, limit, people, utc_offset }).await;
            }
            ConversationOp::Present { profile } => {
                let told = Profile { user, ..*profile };
                let known = self.with(|live| live.must_be_member(user).map(|()| live.profile(user)))??;
                if takes(&known, &told) {
                    self.queue.borrow_mut().profile(told);
                    self.stored().await?;
                }
                answer::empty()
            }
            ConversationOp::Resolve { id, key, act } => {
                self.admit(user)?;
                answer::json(200, &self.resolve(conv, identity, (id, key), act).await?)
            }
            ConversationOp::Block { block, profile } => {
                self.block(user, block, profile.map(|profile| *profile))?;
                self.stored().await?;
                answer::empty()
            }
            ConversationOp::SpaceTold { told } => {
                self.space_told(*told).await?;
                answer::empty()
            }
            ConversationOp::SpaceLeft { space, up_to, departures } => {
                self.space_left((space, up_to), departures).await?;
                answer::empty()
            }
            ConversationOp::Seed { planted } => {
                self.seed(conv, planted)?;
                answer::empty()
            }
            ConversationOp::Sleep => {
                self.with(|live| live.must_be_member(user))??;
                // Not between a commit and its broadcast.
                self.stored().await?;
                self.forget();
                answer::empty()
            }
            ConversationOp::Kill => {
                self.with(|live| live.must_be_member(user))??;
                let object: &Object = self.object.as_raw().unchecked_ref();
                // After this answer has left.
                platform::abort_soon(object, "reset by a developer");
                answer::empty()
            }
            _ => return Err(Code::RouteNotFound.into()),
        })
    }

    pub(super) async fn command(
        self: &Rc<Self>,
        conv: ConversationId,
        identity: Identity,
        command: KeyedCommand,
    ) -> Answer<Result<Response>> {
        let now = now_ms();
        let creates = matches!(command.command, Command::Create(_));
        let joins = matches!(command.command, Command::Join(_) | Command::JoinChannel(_));
        let makes = matches!(
            command.command,
            Command::Send(_) | Command::Forward(_) | Command::AddMember(_) | Command::React(_) | Command::Ban(_)
        );
        let status = if makes { 201 } else { 200 };
        let existed = match self.with(|live| live.limiter.admit(identity.user, now)) {
            Ok(admitted) => {
                admitted.map_err(rate_limited)?;
                true
            }
            Err(rejection) if creates && rejection.code == Code::ConversationNotFound => {
                *self.live.borrow_mut() = Some(Live::unborn(conv, &identity.app, self.deployment.rates(), now));
                false
            }
            Err(rejection) => return Err(rejection),
        };
        let copy = self.copy_for(&identity, &command.command).await?;
        let word = self.word_within(&identity, &command.command).await?;
        let asked = match copy {
            Some(copy) => Some(Beforehand::Copy(copy)),
            None => self.refused_by(&identity, &command.command).await?,
        };
        let asked = asked.into_iter().chain(word.map(Beforehand::Word));
        let (sender, receiver) = oneshot::channel();
        {
            let mut queue = self.queue.borrow_mut();
            let bytes = serde_json::to_string(&command).map_or(0, |text| text.len());
            if !queue.has_room(bytes) {
                return Err(overloaded());
            }
            let input = Input { user: identity.user, subject: identity.subject.clone(), command };
            queue.push_with(input, bytes, Reply::Call(sender), asked);
        }
        self.kick();
        let answered: Answer<Ack> = receiver.await.unwrap_or_else(|_| Err(Code::Internal.into()));
        if answered.is_err() && !existed {
            // What was refused must leave nothing, not even in memory.
            let unborn = self.with(|live| live.unborn).unwrap_or(false);
            if unborn {
                self.forget();
            }
        }
        let ack = answered?;
        self.present(&identity);
        if creates {
            let resource = self.with(|live| live.resource(&self.sql, identity.user))??;
            return Ok(answer::json(if existed { 200 } else { 201 }, &resource));
        }
        if joins {
            return Ok(answer::json(201, &Joined { conversation: conv, seq: ack.seq }));
        }
        Ok(answer::json(status, &ack))
    }

    /// Over HTTP cursors, signals and additions of several members take from the same bucket as commands; a socket has one of its own for them.
    pub(super) fn admit(self: &Rc<Self>, user: UserId) -> Answer<()> {
        let now = now_ms();
        self.with(|live| live.limiter.admit(user, now))?.map_err(rate_limited)
    }

    /// Resolves when what is queued has been stored. The waiter joins the queue before the commit starts: a commit may fail at once.
    pub(super) async fn stored(self: &Rc<Self>) -> Answer<()> {
        let waiting = self.queue.borrow_mut().wait();
        self.kick();
        waiting.await.unwrap_or_else(|_| Err(Code::Internal.into()))
    }

    fn proof(&self, live: &mut Live, user: UserId, seq: u64) -> Answer<Proof> {
        let visible = live.sight(&self.sql, user)?;
        let size = live.state.seq;
        let unknown = || Rejection::new(Code::MessageNotFound, format!("There is no event {seq} that you can read."));
        if !visible.shows(seq) {
            return Err(unknown());
        }
        let (envelope, _) = history::texts(&self.sql, seq)?.ok_or_else(unknown)?;
        let path = merkle::prove(&history::TreeRows(&self.sql), size, seq).ok_or_else(unknown)?;
        Ok(Proof {
            seq,
            size,
            root: live.state.tree.root().to_text(),
            leaf: merkle::leaf(envelope.as_bytes()).to_text(),
            path: path.into_iter().map(|hash| Root(hash).to_text()).collect(),
        })
    }

    /// Plants the demo world: like commands, but at given times and without a rate. Commands planted before are answered and change nothing.
    fn seed(self: &Rc<Self>, conv: ConversationId, planted: Vec<Planted>) -> Answer<()> {
        for Planted { identity, at, command } in planted {
            if matches!(self.with(|_| ()), Err(rejection) if rejection.code == Code::ConversationNotFound) {
                *self.live.borrow_mut() = Some(Live::unborn(conv, &identity.app, self.deployment.rates(), at));
            }
            let input = Input { user: identity.user, subject: identity.subject.clone(), command };
            self.commit_alone(input, at)?;
            self.present(&identity);
        }
        self.pump();
        self.list();
        Ok(())
    }
}

fn members(live: &mut Live, user: UserId, after: Option<UserId>, limit: usize) -> Answer<MembersPage> {
    live.must_be_member(user)?;
    let limit = limit.clamp(1, limits::LIST_ITEMS);
    let mut users: Vec<UserId> = live
        .state
        .active()
        .map(|(user, _)| *user)
        .filter(|user| after.is_none_or(|after| *user > after))
        .take(limit + 1)
        .collect();
    let more = users.len() > limit;
    users.truncate(limit);
    let next = if more { users.last().copied() } else { None };
    let members = users.into_iter().filter_map(|user| live.member(user)).collect();
    Ok(MembersPage { members, next })
}
