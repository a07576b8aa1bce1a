//! Spaces: a conversation that holds channels, and groups that name it as their space.
//!
//! The channel says of which space it is one, in its own log, and tells the space; the space lists what it was told, and tells its channels who
//! has left it. Both tellings are repeated until they are taken, and taking one twice changes nothing. Before somebody becomes a member of a
//! channel, its space is asked whether they are in it; the number of the space's last event comes with the answer, and whoever is told to have
//! left by a later one goes.

use std::collections::BTreeMap;

use quipu_schema::command::Command;
use quipu_schema::envelope::{Envelope, EventType, Role};
use quipu_schema::http::spaces::SpaceChannel;
use quipu_schema::ids::{ConversationId, ConversationKind, UserId, UserRef};
use quipu_schema::internal::{ChannelNews, Departure, SpaceWord};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::settings::ChannelVisibility;
use serde::{Deserialize, Serialize};

use crate::merkle::leaf;
use crate::outbox::back_off_ms;
use crate::permissions::{Action, allows};
use crate::state::State;

/// What a space answered, or why it did not.
pub type Word = Result<SpaceWord, Rejection>;

/// What is kept of what a space was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Who made the conversation a channel of it, or one no longer.
    pub by: UserId,
    /// A hash of what it has taken; absent where it may have taken anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// When it was last asked to take something, Unix milliseconds.
    #[serde(default)]
    pub at: u64,
    /// How often it has not taken it since.
    #[serde(default)]
    pub failures: u32,
}

/// Spaces that list this conversation, or may do so, and what they were told.
pub type Tellings = BTreeMap<ConversationId, Told>;

/// Which space must be asked before this command is decided, and whether which users are its members; `None` where none need be, or the command
/// will be refused anyway.
pub fn asks(
    state: &State,
    user: UserId,
    command: &Command,
    resolve: &dyn Fn(&UserRef) -> UserId,
) -> Option<(ConversationId, Vec<UserId>)> {
    let about = state.about.as_ref()?;
    let space = about.space.map(|space| space.id);
    // Asked of every command: only what looks at a space goes on.
    let manages = || state.allows(&user, Action::Settings);
    let member = || state.member(&user).is_some();
    match command {
        Command::EnterSpace(enter) if manages() && space.is_none() && about.kind == ConversationKind::Group => {
            Some((enter.space, state.active().map(|(user, _)| *user).collect()))
        }
        Command::LeaveSpace(leave) if !manages() && space == Some(leave.space) => Some((leave.space, vec![user])),
        Command::Join(_) if !member() => Some((space?, vec![user])),
        Command::JoinChannel(_) if !member() && about.settings.visibility == ChannelVisibility::Space => {
            Some((space?, vec![user]))
        }
        Command::AddMember(add) if member() => Some((space?, vec![resolve(&add.user)])),
        _ => None,
    }
}

/// What a space says of these users.
///
/// # Errors
/// `space_not_found` where this is none.
pub fn word(state: &State, users: &[UserId]) -> Result<SpaceWord, Rejection> {
    if state.about.as_ref().is_none_or(|about| about.kind != ConversationKind::Space) {
        return Err(Code::SpaceNotFound.into());
    }
    let role = |user: &UserId| state.member(user).map(|member| (*user, member.role));
    Ok(SpaceWord {
        space: state.conv,
        seq: state.seq,
        room: state.channels.len() < limits::SPACE_CHANNELS,
        members: users.iter().filter_map(role).collect(),
    })
}

/// Whether somebody who left the space at this departure is to go from this channel.
pub fn departs(state: &State, space: ConversationId, departure: &Departure) -> bool {
    crate::decide::spaces::departed(state, space, departure).is_some()
}

/// Whether somebody of this role in a space adds channels to it, and takes any out.
pub fn manages(role: Role) -> bool {
    allows(role, Action::Settings, &quipu_schema::settings::Settings::default())
}

/// What is to be told after these events, where that changes.
pub fn noted<'a>(tellings: &Tellings, events: impl Iterator<Item = &'a Envelope>) -> Option<Tellings> {
    let mut changed: Option<Tellings> = None;
    for envelope in events {
        let (EventType::ConversationSpaceEntered | EventType::ConversationSpaceLeft, Some(space)) =
            (&envelope.kind, envelope.params.space)
        else {
            continue;
        };
        let tellings = changed.get_or_insert_with(|| tellings.clone());
        let told = Told { by: envelope.actor, mark: None, at: 0, failures: 0 };
        tellings.entry(space).or_insert(told).by = envelope.actor;
    }
    changed
}

/// Whether an event of this type may change what there is to tell a space.
pub const fn concerns(kind: &EventType) -> bool {
    matches!(kind, EventType::ConversationSpaceEntered | EventType::ConversationSpaceLeft)
        || crate::directory::concerns(kind)
}

/// What there is to tell a space now.
pub fn news(state: &State, space: ConversationId, by: UserId) -> ChannelNews {
    let about = state.about.as_ref();
    let within = about.and_then(|about| about.space).filter(|within| within.id == space);
    let card = about.filter(|_| within.is_some()).map(|about| {
        let open = about.settings.visibility == ChannelVisibility::Space;
        let text = |text: &Option<String>| text.clone().filter(|text| open && !text.is_empty());
        SpaceChannel {
            id: state.conv,
            open,
            name: text(&about.info.name),
            topic: text(&about.info.topic),
            avatar: text(&about.info.avatar),
            member_count: open.then(|| u64::try_from(state.active_count()).unwrap_or(u64::MAX)),
        }
    });
    let (entered, since) = within.map_or((0, 0), |within| (within.entered, within.seq));
    ChannelNews { channel: state.conv, at: state.at, seq: state.seq, by, card, entered, since }
}

fn mark(news: &ChannelNews) -> String {
    let text = serde_json::to_string(&(&news.card, news.entered)).unwrap_or_default();
    leaf(text.as_bytes()).to_text()
}

/// The space that is to be told first, and when, Unix milliseconds; 0 at once.
pub fn due(tellings: &Tellings, state: &State) -> Option<(u64, ConversationId)> {
    let due = tellings.iter().filter_map(|(space, told)| {
        let news = news(state, *space, told.by);
        if told.mark == Some(mark(&news)) {
            return None;
        }
        let at = match (told.failures, &told.mark, &news.card) {
            (0, None, _) | (0, _, None) => 0,
            (0, Some(_), Some(_)) => told.at.saturating_add(limits::SPACE_EVERY_MS),
            (failures, ..) => told.at.saturating_add(back_off_ms(failures)),
        };
        Some((at, *space))
    });
    due.min()
}

/// What is kept before a space is told something at `now` (Unix milliseconds): from then on it may have taken it. `None` where that is kept already.
pub fn begun(tellings: &Tellings, space: ConversationId, now: u64) -> Option<Tellings> {
    tellings.get(&space).filter(|told| told.mark.is_some())?;
    let mut tellings = tellings.clone();
    if let Some(told) = tellings.get_mut(&space) {
        (told.mark, told.at) = (None, now);
    }
    Some(tellings)
}

/// What is kept after a space took its news at `now` (Unix milliseconds), or did not. One that knows it has lost the channel needs no more.
#[must_use]
pub fn settled(
    tellings: &Tellings,
    state: &State,
    (space, news): (ConversationId, &ChannelNews),
    taken: bool,
    now: u64,
) -> Tellings {
    let mut tellings = tellings.clone();
    let Some(told) = tellings.get_mut(&space) else { return tellings };
    if taken && news.card.is_none() && self::news(state, space, told.by).card.is_none() {
        tellings.remove(&space);
        return tellings;
    }
    let failures = if taken { 0 } else { told.failures.saturating_add(1) };
    *told = Told { by: told.by, mark: taken.then(|| mark(news)), at: now, failures };
    tellings
}

/// Which of a space's channels have been told who has left it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departures {
    /// All have taken what happened up to this event, except those behind.
    pub cursor: u64,
    /// Channels that came later, or could not be told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub behind: BTreeMap<ConversationId, Behind>,
}

/// How far a channel is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// It has taken what happened up to this event …
    pub since: u64,
    /// … since it came by this one of its own.
    #[serde(default)]
    pub entered: u64,
    /// Calls that failed in a row.
    #[serde(default)]
    pub failures: u32,
    /// Not before, Unix milliseconds.
    #[serde(default)]
    pub at: u64,
}

/// Channels to be told at once what happened after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// After this event.
    pub since: u64,
    /// Which channels.
    pub channels: Vec<ConversationId>,
    /// The one behind that this is about; `None`: all that are not.
    pub behind: Option<Behind>,
}

impl Departures {
    /// When there is something to look through, Unix milliseconds; 0 at once.
    pub fn due_at(&self, state: &State) -> Option<u64> {
        if state.conv.kind() != ConversationKind::Space {
            return None;
        }
        let behind = self.behind.values().map(|behind| behind.at).min();
        if self.cursor < state.seq { Some(0) } else { behind }
    }

    /// Who is to be told next.
    pub fn next(&self, state: &State, now: u64) -> Option<Telling> {
        if self.cursor < state.seq {
            let channels = state.channels.keys().filter(|channel| !self.behind.contains_key(channel));
            return Some(Telling { since: self.cursor, channels: channels.copied().collect(), behind: None });
        }
        let (channel, behind) = self.behind.iter().find(|(_, behind)| behind.at <= now)?;
        Some(Telling { since: behind.since, channels: vec![*channel], behind: Some(*behind) })
    }

    /// A channel has come that knows who was in the space as of an event.
    pub fn came(&mut self, channel: ConversationId, (entered, since): (u64, u64)) {
        self.behind.insert(channel, Behind { since, entered, ..Behind::default() });
    }

    /// Takes how a telling of what happened up to an event went.
    pub fn settle(&mut self, telling: &Telling, up_to: u64, failed: &[ConversationId], state: &State, now: u64) {
        if telling.behind.is_none() {
            self.cursor = self.cursor.max(up_to);
        }
        for channel in &telling.channels {
            // One that has come anew meanwhile begins anew.
            if self.behind.get(channel).copied() != telling.behind {
                continue;
            }
            let before = telling.behind.unwrap_or(Behind { since: telling.since, ..Behind::default() });
            if failed.contains(channel) {
                let failures = before.failures.saturating_add(1);
                let at = now.saturating_add(back_off_ms(failures));
                self.behind.insert(*channel, Behind { failures, at, ..before });
            } else if telling.behind.is_some() {
                self.behind.insert(*channel, Behind { since: up_to, failures: 0, at: 0, ..before });
            }
        }
        let cursor = self.cursor;
        self.behind.retain(|channel, behind| state.channels.contains_key(channel) && behind.since < cursor);
    }
}
