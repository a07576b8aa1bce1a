//! One command against a state: what must be looked up first, and what follows from it.
//!
//! Nothing here reads content that may have been erased: a decision over an erased log is the decision over the whole one.

mod bans;
mod blocks;
mod channels;
mod forward;
mod invites;
mod members;
mod messages;
mod moderation;
mod pins;
mod polls;
mod previews;
mod reactions;
pub(crate) mod spaces;

use quipu_schema::command::{Command, KeyedCommand};
use quipu_schema::content::Content;
use quipu_schema::envelope::{EventType, Params};
use quipu_schema::fingerprint::Fingerprint;
use quipu_schema::ids::{CommandKey, UserId, UserRef};
use quipu_schema::poll::PollTerms;
use quipu_schema::problem::{Code, Rejection};

use crate::invites::{Invite, InviteHash};
use crate::permissions::{self, Action};
use crate::polls::{Ballot, Choices};
use crate::spaces::Word;
use crate::state::{About, Member, State};
use crate::validate;

/// The identity of a command for ever: its sender and its key.
pub type CommandId = [u8; 32];

/// Sender ‖ key. Of the sender's 28 characters the last 16 bytes (80 bits of the pseudonym) are taken: within one conversation that is plenty.
pub fn command_id(user: UserId, key: CommandKey) -> CommandId {
    let mut id = [0; 32];
    let tail = user.as_str().as_bytes().iter().skip(12);
    for (to, from) in id.iter_mut().zip(tail.copied().chain(key.bytes())) {
        *to = from;
    }
    id
}

/// What must be read from the log before deciding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookups {
    /// Whether this key was used before.
    pub command: CommandId,
    /// The message the command is about.
    pub target: Option<u64>,
    /// The message that began the thread the command replies in: it, and how many replies there are.
    pub thread: Option<u64>,
    /// Whose reactions to that message must be known.
    pub reactor: Option<UserId>,
    /// The invite link by which somebody joins.
    pub invite: Option<InviteHash>,
    /// Whose vote in that poll must be known, and whether it is closed.
    pub voter: Option<UserId>,
}

impl Lookups {
    /// What must be known of a message that no command is about.
    pub fn of(seq: u64) -> Self {
        let command = CommandId::default();
        Self { command, target: Some(seq), thread: None, reactor: None, invite: None, voter: None }
    }
}

/// What a command needs from the log.
pub fn plan(user: UserId, command: &KeyedCommand) -> Lookups {
    let target = match &command.command {
        Command::Edit(edit) => Some(edit.seq),
        Command::Delete(delete) => Some(delete.seq),
        Command::Pin(pin) => Some(pin.seq),
        Command::Unpin(unpin) => Some(unpin.seq),
        Command::RemovePreview(remove) => Some(remove.seq),
        Command::React(react) => Some(react.seq),
        Command::Unreact(unreact) => Some(unreact.seq),
        Command::Vote(vote) => Some(vote.seq),
        Command::ClosePoll(close) => Some(close.seq),
        Command::Send(send) => send.reply_to.map(|reply| reply.seq),
        _ => None,
    };
    let thread = match &command.command {
        Command::Send(send) => send.thread,
        _ => None,
    };
    let reactor = matches!(&command.command, Command::React(_) | Command::Unreact(_)).then_some(user);
    let invite = match &command.command {
        Command::Join(join) => Some(join.token.hash()),
        _ => None,
    };
    let voter = matches!(&command.command, Command::Vote(_) | Command::ClosePoll(_)).then_some(user);
    Lookups { command: command_id(user, command.key), target, thread, reactor, invite, voter }
}

/// The event that a key caused before, or the poll that it voted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prior {
    /// Its seq.
    pub seq: u64,
    /// The fingerprint of its command; `None` once erased.
    pub fingerprint: Option<Fingerprint>,
}

/// What the log knows of an event that a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its type.
    pub kind: EventType,
    /// Its author.
    pub actor: UserId,
    /// Its newest version: 1 as first sent.
    pub version: u64,
    /// Whether it has been deleted.
    pub deleted: bool,
    /// Whether it was forwarded from elsewhere.
    pub forwarded: bool,
    /// The message that began the thread it stands in.
    pub thread: Option<u64>,
    /// How the preview of its link stands.
    pub preview: Preview,
    /// Its terms, where it is a poll.
    pub poll: Option<PollTerms>,
}

/// How the preview of a message's link stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preview {
    /// There never was one.
    #[default]
    None,
    /// There is one, of this version of the message or of an earlier one.
    Shown,
    /// It was taken away: there will be none.
    Removed,
}

/// What a conversation says of a message that is to be forwarded from it: its text, or why there is none for this reader.
pub type Copied = Result<String, Rejection>;

/// The answers to [`Lookups`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The event of the same key.
    pub prior: Option<Prior>,
    /// The message the command is about.
    pub target: Option<Target>,
    /// The message that began the thread the command replies in, and replies so far.
    pub thread: Option<(Target, u64)>,
    /// Reactions to the message the command is about.
    pub reactions: Reactions,
    /// How the poll stands that the command is about, to the one who asks.
    pub ballot: Ballot,
    /// The invite link.
    pub invite: Option<Invite>,
    /// What the command forwards.
    pub copied: Option<Copied>,
    /// Why those whom the command brings in may not be: what their accounts say.
    pub unreachable: Option<Rejection>,
    /// What the space says of those whom the command brings into one of its channels, or of who asks.
    pub word: Option<Word>,
}

/// What the projection knows of the reactions to one message, as far as the command of one member needs it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reactions {
    /// The member's own reaction with the emoji of the command.
    pub own: Option<u64>,
    /// How many reactions the member has.
    pub own_count: usize,
    /// Whether anybody reacted with that emoji.
    pub has_emoji: bool,
    /// How many different emoji there are.
    pub emoji_count: usize,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// Their id.
    pub user: UserId,
    /// Their own team's id for them.
    pub subject: &'a str,
    /// When: Unix milliseconds, never before the last event.
    pub at: u64,
}

/// Turns the team's own user ids into ours.
pub type Resolve<'a> = &'a dyn Fn(&UserRef) -> UserId;

/// What follows from a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// These events, in order.
    Events(Vec<Draft>),
    /// Nothing new: the event is there already.
    Replay {
        /// Its seq.
        seq: u64,
        /// Whether its content is gone, so that the body could not be compared.
        erased: bool,
    },
    /// No event: a member's vote in a poll.
    Vote {
        /// The poll.
        poll: u64,
        /// How many options it has.
        options: u64,
        /// What the member chose before.
        before: Choices,
        /// What they choose.
        now: Choices,
    },
}

/// An event before it has its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its type.
    pub kind: EventType,
    /// Its parameters.
    pub params: Params,
    /// The event it is about.
    pub reference: Option<u64>,
    /// The message that began its thread.
    pub thread: Option<u64>,
    /// Which reply of that thread it is.
    pub thread_n: Option<u64>,
    /// Its content and the canonical text of it.
    pub content: Option<(Content, String)>,
    /// It holds a word that is to be reported.
    pub flagged: bool,
}

impl Draft {
    pub(crate) fn new(kind: EventType) -> Self {
        Self {
            kind,
            params: Params::default(),
            reference: None,
            thread: None,
            thread_n: None,
            content: None,
            flagged: false,
        }
    }

    /// An event about a message, in the thread that it stands in.
    pub(crate) fn about(kind: EventType, seq: u64, target: &Target) -> Self {
        Self { reference: Some(seq), thread: target.thread, ..Self::new(kind) }
    }

    pub(crate) fn with_content(mut self, content: Content) -> Self {
        let text = content.to_canonical();
        self.content = Some((content, text));
        self
    }
}

/// Decides one command.
///
/// # Errors
/// A [`Rejection`] that leaves nothing in the log.
pub fn decide(
    state: &State,
    found: &Found,
    actor: Actor<'_>,
    command: &Command,
    fingerprint: &Fingerprint,
    resolve: Resolve<'_>,
) -> Result<Decision, Rejection> {
    let about = match (&state.about, command) {
        (None, Command::Create(create)) => {
            validate::command(command)?;
            let drafts = members::create(state, actor, create, resolve)?;
            return found.unreachable.clone().map_or(Ok(Decision::Events(drafts)), Err);
        }
        (None, _) => return Err(Code::ConversationNotFound.into()),
        (Some(about), _) => about,
    };
    // Before membership: who left by this very command, or was removed since, still gets the same answer to the same key.
    if let Some(prior) = found.prior {
        // An edit whose message was deleted earlier in this very batch: the log still holds its fingerprint, and no longer will.
        let gone = matches!(command, Command::Edit(_)) && found.target.as_ref().is_some_and(|target| target.deleted);
        return replay(prior, fingerprint, gone);
    }
    if let Command::Join(_) = command {
        return invites::join(state, found, actor, about).map(Decision::Events);
    }
    if let Command::JoinChannel(_) = command {
        return channels::join(state, found, actor, about).map(Decision::Events);
    }
    if let Command::LeaveSpace(leave) = command {
        return spaces::leave(state, found, actor, about, *leave).map(Decision::Events);
    }
    let member = state.member(&actor.user).ok_or(Code::NotAMember)?;
    validate::command(command)?;
    let caller = Caller { actor, member, about, state };
    blocks::let_pass(&caller, command)?;
    channels::holds_messages(about, command)?;
    let drafts = match command {
        Command::Create(_) => return members::create_again(about),
        Command::Join(_) | Command::JoinChannel(_) | Command::LeaveSpace(_) => return Err(Code::AlreadyMember.into()),
        Command::EnterSpace(enter) => spaces::enter(found, &caller, *enter),
        Command::Vote(vote) => return polls::vote(found, &caller, vote),
        Command::Update(update) => members::update(&caller, update),
        Command::SetSettings(set) => moderation::set_settings(&caller, set.change()),
        Command::AddMember(add) => members::add(found, &caller, add, resolve),
        Command::RemoveMember(remove) => members::remove(state, &caller, resolve(&remove.user)),
        Command::Leave(_) => members::leave(state, &caller),
        Command::SetRole(set) => members::set_role(state, &caller, resolve(&set.user), set.role),
        Command::Ban(ban) => bans::ban(&caller, resolve(&ban.user)),
        Command::Unban(unban) => bans::unban(&caller, resolve(&unban.user)),
        Command::Mute(mute) => bans::mute(&caller, resolve(&mute.user), mute.for_s),
        Command::Unmute(unmute) => bans::unmute(&caller, resolve(&unmute.user)),
        Command::Send(send) => messages::send(found, &caller, send, resolve),
        Command::Edit(edit) => messages::edit(found, &caller, edit, resolve),
        Command::Delete(delete) => messages::delete(found, &caller, delete),
        Command::Forward(_) => forward::forward(found, &caller),
        Command::Pin(pin) => pins::pin(found, &caller, pin.seq),
        Command::Unpin(unpin) => pins::unpin(found, &caller, unpin.seq),
        Command::RemovePreview(remove) => previews::remove(found, &caller, remove.seq),
        Command::React(react) => reactions::add(found, &caller, react),
        Command::Unreact(unreact) => reactions::remove(found, &caller, unreact),
        Command::ClosePoll(close) => polls::close(found, &caller, close.seq),
    }?;
    Ok(Decision::Events(drafts))
}

fn replay(prior: Prior, fingerprint: &Fingerprint, gone: bool) -> Result<Decision, Rejection> {
    match prior.fingerprint {
        None => Ok(Decision::Replay { seq: prior.seq, erased: true }),
        Some(known) if known == *fingerprint => Ok(Decision::Replay { seq: prior.seq, erased: gone }),
        Some(_) => Err(Rejection::new(
            Code::KeyReused,
            format!(
                "This key already names event {}, made by another command. Choose a new key for a new command.",
                prior.seq
            ),
        )),
    }
}

/// The member who asks, and where.
struct Caller<'a> {
    actor: Actor<'a>,
    member: &'a Member,
    about: &'a About,
    state: &'a State,
}

impl Caller<'_> {
    fn allowed(&self, action: Action) -> bool {
        permissions::allows(self.member.role, action, &self.about.settings)
    }

    fn may(&self, action: Action) -> Result<(), Rejection> {
        if self.allowed(action) { Ok(()) } else { Err(Code::PermissionDenied.into()) }
    }
}
