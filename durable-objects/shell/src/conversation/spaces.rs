//! Channels and their space. A channel asks its space before somebody is brought in, and tells it what it is; a space tells its channels who has
//! left it. What is told is kept with the commit that causes it, and told again by the alarm until it is taken.

use std::rc::Rc;

use futures_util::StreamExt;
use quipu_core::batch::Input;
use quipu_core::spaces::{self, Telling, Word};
use quipu_schema::command::Command;
use quipu_schema::http::spaces::SpaceChannelsPage;
use quipu_schema::ids::{ConversationId, ConversationKind, UserId, UserRef};
use quipu_schema::internal::{ChannelNews, ConversationCall, ConversationOp, Departure, Identity, SpaceWord};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Problem, Rejection};
use quipu_store::conversation::spaces as kept;
use quipu_store::sql::StoreError;

use super::Shared;
use super::frames::overloaded;
use super::live::Live;
use super::queue::{Beforehand, Reply};
use crate::names;
use crate::platform::now_ms;
use crate::stub::read_answer;

type Answer<T> = Result<T, Rejection>;

impl Shared {
    /// Whether a space must be asked before a command is decided.
    pub(super) fn asks_space(&self, live: &Live, user: UserId, command: &Command) -> bool {
        let resolve = |user: &UserRef| self.deployment.resolve(user);
        spaces::asks(&live.state, user, command, &resolve).is_some()
    }

    /// Queues a command of a socket, once its space has answered.
    pub(super) fn queue_asking(
        self: &Rc<Self>,
        identity: &Identity,
        command: Command,
        (input, bytes, reply): (Input, usize, Reply),
    ) -> Answer<()> {
        if self.asking_space.get() >= limits::SPACE_ASKS_IN_FLIGHT {
            return Err(overloaded());
        }
        let (shared, identity) = (Rc::clone(self), identity.clone());
        self.object.wait_until(async move {
            let word = shared.word_for(&identity, &command).await;
            shared.queue.borrow_mut().push_with(input, bytes, reply, word.map(Beforehand::Word));
            shared.kick();
        });
        Ok(())
    }

    /// What a command's space says of whom it brings in, or of who asks; `None` where none need be asked.
    pub(super) async fn word_within(self: &Rc<Self>, identity: &Identity, command: &Command) -> Answer<Option<Word>> {
        if self.asking_space.get() >= limits::SPACE_ASKS_IN_FLIGHT {
            return Err(overloaded());
        }
        Ok(self.word_for(identity, command).await)
    }

    /// The same without a bound: for commands that have passed one.
    pub(super) async fn word_for(self: &Rc<Self>, identity: &Identity, command: &Command) -> Option<Word> {
        let resolve = |user: &UserRef| self.deployment.resolve(user);
        let asked = self.with(|live| spaces::asks(&live.state, identity.user, command, &resolve));
        let (space, users) = asked.ok()??;
        if space.kind() != ConversationKind::Space {
            return Some(Err(Code::SpaceNotFound.into()));
        }
        self.asking_space.set(self.asking_space.get() + 1);
        let word = self.ask_space(identity, space, users).await;
        self.asking_space.set(self.asking_space.get().saturating_sub(1));
        Some(word)
    }

    async fn ask_space(&self, identity: &Identity, space: ConversationId, users: Vec<UserId>) -> Word {
        let op = ConversationOp::SpaceMembers { users };
        let call = ConversationCall { conv: space, identity: identity.clone(), op };
        let answer = async {
            let stub = names::conversation(&self.env, &identity.app, space)?;
            let response = stub.call_within(&call, limits::SPACE_TIMEOUT_MS).await?;
            if response.status() == 200 {
                return read_answer::<SpaceWord>(&response).await.map(Ok);
            }
            read_answer::<Problem>(&response).await.map(Err)
        };
        match answer.await {
            Ok(Ok(word)) => Ok(word),
            Ok(Err(Problem { code: Code::ConversationNotFound | Code::SpaceNotFound, .. })) => {
                Err(Code::SpaceNotFound.into())
            }
            Ok(Err(Problem { code, detail, retry, retry_after_ms, .. })) => {
                Err(Rejection { code, message: detail, retry, retry_after_ms })
            }
            Err(error) => {
                worker::console_error!("{{\"event\":\"space_failed\",\"error\":{:?}}}", error.to_string());
                let message = "The space could not be asked: try once more.";
                Err(Rejection::retry_after(Code::SpaceUnavailable, message, limits::RETRY_FIRST_MS))
            }
        }
    }

    /// An answer that was given before somebody left of whom this channel has heard meanwhile is none.
    pub(super) fn not_stale(&self, word: Word) -> Word {
        let word = word?;
        let heard = self.departures_heard.borrow().get(&word.space).copied().unwrap_or(0);
        if word.seq >= heard {
            return Ok(word);
        }
        Err(Rejection::retry_after(Code::SpaceUnavailable, "Somebody has just left the space: try once more.", 100))
    }

    /// Of a space: who of these are members.
    pub(super) fn space_members(self: &Rc<Self>, users: &[UserId]) -> Answer<SpaceWord> {
        self.with(|live| spaces::word(&live.state, users))?
    }

    /// Of a space: its channels, for a member.
    pub(super) fn space_channels(
        &self,
        live: &Live,
        user: UserId,
        after: u64,
        limit: usize,
    ) -> Answer<SpaceChannelsPage> {
        live.must_be_member(user)?;
        if live.state.conv.kind() != ConversationKind::Space {
            return Err(Code::SpaceNotFound.into());
        }
        let role = live.state.member(&user).map(|member| member.role);
        let limit = limit.clamp(1, limits::LIST_ITEMS);
        Ok(kept::page(&self.sql, after, limit, role.is_some_and(spaces::manages))?)
    }

    /// Of a space: takes what a channel tells of itself.
    pub(super) async fn space_told(self: &Rc<Self>, news: ChannelNews) -> Answer<()> {
        self.with(|_| ())?;
        self.queue.borrow_mut().heard(news);
        self.stored().await
    }

    /// Of a channel: takes it that these have left the space.
    pub(super) async fn space_left(
        self: &Rc<Self>,
        (space, up_to): (ConversationId, u64),
        departures: Vec<Departure>,
    ) -> Answer<()> {
        self.note_heard(space, up_to);
        let gone: Vec<Departure> = self.with(|live| {
            departures.into_iter().filter(|departure| spaces::departs(&live.state, space, departure)).collect()
        })?;
        if gone.is_empty() {
            return Ok(());
        }
        self.queue.borrow_mut().departed(space, gone.into_iter());
        self.stored().await
    }

    fn note_heard(&self, space: ConversationId, up_to: u64) {
        let mut heard = self.departures_heard.borrow_mut();
        let known = heard.entry(space).or_default();
        *known = up_to.max(*known);
    }

    /// Tells in the background what spaces are to know of this conversation, unless it is being done, or arms the alarm for the time to do it.
    pub(super) fn tell_spaces(self: &Rc<Self>) {
        if self.telling_spaces.get() {
            return;
        }
        let Ok(Some((at, _))) = self.with(|live| live.telling_at()) else { return };
        if at > now_ms() {
            self.ring_by(at);
            return;
        }
        self.telling_spaces.set(true);
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            let told = shared.tell_space().await;
            shared.telling_spaces.set(false);
            match told {
                // What is left, and what has changed meanwhile.
                Ok(()) => shared.tell_spaces(),
                Err(rejection) if rejection.code == Code::ConversationNotFound => {}
                Err(_) => shared.ring_by(now_ms() + limits::OUTBOX_ALARM_MS),
            }
        });
    }

    async fn tell_space(self: &Rc<Self>) -> Answer<()> {
        let now = now_ms();
        let made = self.with(|live| {
            let Some((_, space)) = live.telling_at() else { return Ok(None) };
            let Some(by) = live.tellings.get(&space).map(|told| told.by) else { return Ok(None) };
            if let Some(tellings) = spaces::begun(&live.tellings, space, now) {
                kept::keep_tellings(&self.sql, &tellings)?;
                live.tellings = tellings;
            }
            Ok::<_, StoreError>(Some((live.birth.app.clone(), space, spaces::news(&live.state, space, by))))
        })??;
        let Some((app, space, news)) = made else { return Ok(()) };
        let op = ConversationOp::SpaceTold { told: Box::new(news.clone()) };
        let taken = self.call_elsewhere(&app, news.by, space, op).await;
        self.with(|live| {
            let tellings = spaces::settled(&live.tellings, &live.state, (space, &news), taken, now_ms());
            kept::keep_tellings(&self.sql, &tellings)?;
            live.tellings = tellings;
            Ok::<_, Rejection>(())
        })?
    }

    /// Whether another conversation has durably taken something. One that does not exist takes everything.
    async fn call_elsewhere(&self, app: &str, user: UserId, conv: ConversationId, op: ConversationOp) -> bool {
        let identity = Identity {
            app: app.to_owned(),
            user,
            subject: String::new(),
            name: None,
            picture: None,
            expires_at: 0,
            device: None,
        };
        let answer = async {
            let stub = names::conversation(&self.env, app, conv)?;
            let call = ConversationCall { conv, identity, op };
            let response = stub.call_within(&call, limits::SPACE_TIMEOUT_MS).await?;
            if response.status() < 300 {
                return Ok(true);
            }
            let problem = read_answer::<Problem>(&response).await?;
            Ok::<_, worker::Error>(problem.code == Code::ConversationNotFound)
        };
        match answer.await {
            Ok(taken) => taken,
            Err(error) => {
                worker::console_error!("{{\"event\":\"space_failed\",\"error\":{:?}}}", error.to_string());
                false
            }
        }
    }

    /// Of a space: tells its channels in the background who has left, unless it is being done, or arms the alarm for the time to do it.
    pub(super) fn tell_departures(self: &Rc<Self>) {
        if self.telling_departures.get() {
            return;
        }
        let Ok(Some(at)) = self.with(|live| live.departures.due_at(&live.state)) else { return };
        if at > now_ms() {
            self.ring_by(at);
            return;
        }
        self.telling_departures.set(true);
        let shared = Rc::clone(self);
        self.object.wait_until(async move {
            let ended = loop {
                match shared.one_telling().await {
                    Ok(true) => {}
                    Ok(false) => break Ok(()),
                    Err(rejection) => break Err(rejection),
                }
            };
            shared.telling_departures.set(false);
            match ended {
                Ok(()) => shared.tell_departures(),
                Err(rejection) if rejection.code == Code::ConversationNotFound => {}
                Err(_) => shared.ring_by(now_ms() + limits::OUTBOX_ALARM_MS),
            }
        });
    }

    /// Tells what happened in one part of the log. False where there is nothing to tell now.
    async fn one_telling(self: &Rc<Self>) -> Answer<bool> {
        let now = now_ms();
        let made = self.with(|live| {
            let Some(telling) = live.departures.next(&live.state, now) else { return Ok(None) };
            let (up_to, departures) = kept::departures(&self.sql, telling.since)?;
            Ok::<_, StoreError>(Some((live.birth.app.clone(), live.state.conv, telling, up_to, departures)))
        })??;
        let Some((app, space, telling, up_to, departures)) = made else { return Ok(false) };
        let failed = if departures.is_empty() {
            Vec::new()
        } else {
            self.tell_channels((&app, space), &telling, up_to, &departures).await
        };
        self.with(|live| {
            let mut settled = live.departures.clone();
            settled.settle(&telling, up_to, &failed, &live.state, now_ms());
            // Where nobody left the cursor need not be on disk: what follows it is looked through again, a page at most.
            let far = settled.cursor.saturating_sub(live.departures_kept) >= limits::DEPARTURES_EVENTS;
            if far || !departures.is_empty() || settled.behind != live.departures.behind {
                kept::keep_departures(&self.sql, &settled)?;
                live.departures_kept = settled.cursor;
            }
            live.departures = settled;
            Ok::<_, Rejection>(true)
        })?
    }

    /// Which channels could not be told.
    async fn tell_channels(
        &self,
        (app, space): (&str, ConversationId),
        telling: &Telling,
        up_to: u64,
        departures: &[Departure],
    ) -> Vec<ConversationId> {
        let by = departures.first().map_or(UserId::NOBODY, |departure| departure.by);
        let calls = telling.channels.iter().map(|channel| async move {
            let op = ConversationOp::SpaceLeft { space, up_to, departures: departures.to_vec() };
            (*channel, self.call_elsewhere(app, by, *channel, op).await)
        });
        futures_util::stream::iter(calls)
            .buffer_unordered(limits::DEPARTURES_IN_FLIGHT)
            .filter_map(|(channel, taken)| async move { (!taken).then_some(channel) })
            .collect()
            .await
    }
}
