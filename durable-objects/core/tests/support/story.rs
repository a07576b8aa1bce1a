//! Random stories: who does what to which message, told as small numbers so that they shrink well.

use proptest::prelude::*;
use quipu_core::batch::Input;
use quipu_schema::command::Command;
use quipu_schema::command::{EditMessage, KeyedCommand, NewContent, NewText, SendMessage, SetSettings};
use quipu_schema::envelope::{EventType, History, Role};
use quipu_schema::http::invites::CreateInvite;
use quipu_schema::ids::{ConversationId, InviteToken};
use quipu_schema::poll::NewPoll;
use quipu_schema::settings::{Audience, ChannelVisibility};

use crate::support::*;

pub const PEOPLE: [&str; 5] = ["ana", "ben", "cleo", "dan", "eve"];
/// Invite links that a story's group has from the beginning: without bounds, for two guests, for a minute, revoked.
pub const LINKS: usize = 4;
pub const EMOJI: [&str; 3] = ["👍", "❤️", "👩‍👩‍👧‍👦"];

/// One thing somebody tries. Most are possible, some are not; both matter.
#[derive(Debug, Clone)]
pub enum Step {
    Send {
        who: usize,
        reply: Option<u64>,
    },
    Forward {
        who: usize,
        source: u64,
    },
    Reply {
        who: usize,
        root: u64,
    },
    Edit {
        who: usize,
        target: u64,
        expect: Option<u64>,
    },
    Delete {
        who: usize,
        target: u64,
    },
    React {
        who: usize,
        target: u64,
        emoji: usize,
    },
    Unreact {
        who: usize,
        target: u64,
        emoji: usize,
    },
    Pin {
        who: usize,
        target: u64,
    },
    Unpin {
        who: usize,
        target: u64,
    },
    RemovePreview {
        who: usize,
        target: u64,
    },
    Poll {
        who: usize,
        shape: u64,
        thread: Option<u64>,
    },
    Vote {
        who: usize,
        target: u64,
        choices: Vec<u64>,
    },
    ClosePoll {
        who: usize,
        target: u64,
    },
    Add {
        who: usize,
        whom: usize,
        role: Role,
    },
    Remove {
        who: usize,
        whom: usize,
    },
    Leave {
        who: usize,
    },
    Join {
        who: usize,
        link: usize,
    },
    JoinChannel {
        who: usize,
    },
    EnterSpace {
        who: usize,
        space: u128,
        open: bool,
    },
    LeaveSpace {
        who: usize,
        space: u128,
    },
    SetRole {
        who: usize,
        whom: usize,
        role: Role,
    },
    Rename {
        who: usize,
    },
    Settings {
        who: usize,
        set: SetSettings,
    },
    Ban {
        who: usize,
        whom: usize,
    },
    Unban {
        who: usize,
        whom: usize,
    },
    Mute {
        who: usize,
        whom: usize,
        for_s: Option<u64>,
    },
    Unmute {
        who: usize,
        whom: usize,
    },
    Open {
        who: usize,
    },
    /// An earlier input again, as it was.
    Again {
        back: usize,
    },
    /// An earlier key with a new message.
    Reuse {
        back: usize,
    },
}

/// A story: what kind of conversation, what is tried, and after how many inputs each commit is cut.
#[derive(Debug, Clone)]
pub struct Story {
    pub direct: bool,
    pub history: History,
    pub steps: Vec<Step>,
    pub cuts: Vec<usize>,
    /// Milliseconds the clock moves before each commit; it may go back.
    pub ticks: Vec<i64>,
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Guest), Just(Role::Member), Just(Role::Moderator), Just(Role::Admin), Just(Role::Owner)]
}

/// Most leave the conversation open, so that stories go on.
fn set_settings() -> impl Strategy<Value = SetSettings> {
    let audience =
        || prop_oneof![3 => Just(Audience::Everyone), 2 => Just(Audience::Members), 1 => Just(Audience::Admins)];
    (
        prop::option::weighted(0.3, audience()),
        prop::option::weighted(0.4, prop::bool::weighted(0.3)),
        prop::option::weighted(0.3, audience()),
        prop::array::uniform4(prop::option::weighted(0.15, audience())),
        prop::option::weighted(0.5, prop_oneof![Just(0), Just(1), Just(2)]),
        prop::option::weighted(
            0.4,
            prop_oneof![3 => Just(ChannelVisibility::Public), 2 => Just(ChannelVisibility::Private), 1 => Just(ChannelVisibility::Space)],
        ),
    )
        .prop_map(|(add, frozen, post, [mention, pin, react, thread], slow_mode_s, visibility)| SetSettings {
            add,
            frozen,
            mention,
            pin,
            post,
            react,
            slow_mode_s,
            thread,
            visibility,
            ..SetSettings::default()
        })
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..PEOPLE.len();
    prop_oneof![
        6 => (who.clone(), prop::option::weighted(0.3, 1..40u64)).prop_map(|(who, reply)| Step::Send { who, reply }),
        2 => (who.clone(), 0..8u64).prop_map(|(who, source)| Step::Forward { who, source }),
        5 => (who.clone(), 1..40u64).prop_map(|(who, root)| Step::Reply { who, root }),
        4 => (who.clone(), 1..40u64, prop::option::weighted(0.3, 1..4u64)).prop_map(|(who, target, expect)| Step::Edit { who, target, expect }),
        3 => (who.clone(), 1..40u64).prop_map(|(who, target)| Step::Delete { who, target }),
        4 => (who.clone(), 1..40u64, 0..EMOJI.len()).prop_map(|(who, target, emoji)| Step::React { who, target, emoji }),
        3 => (who.clone(), 1..40u64, 0..EMOJI.len()).prop_map(|(who, target, emoji)| Step::Unreact { who, target, emoji }),
        3 => (who.clone(), 1..40u64).prop_map(|(who, target)| Step::Pin { who, target }),
        3 => (who.clone(), 1..40u64).prop_map(|(who, target)| Step::Unpin { who, target }),
        2 => (who.clone(), 1..40u64).prop_map(|(who, target)| Step::RemovePreview { who, target }),
        3 => (who.clone(), 0..12u64, prop::option::weighted(0.2, 1..40u64)).prop_map(|(who, shape, thread)| Step::Poll { who, shape, thread }),
        8 => (who.clone(), 0..40u64, prop::collection::vec(1..4u64, 0..3)).prop_map(|(who, target, choices)| Step::Vote { who, target, choices }),
        1 => (who.clone(), 0..40u64).prop_map(|(who, target)| Step::ClosePoll { who, target }),
        3 => (who.clone(), who.clone(), role()).prop_map(|(who, whom, role)| Step::Add { who, whom, role }),
        2 => (who.clone(), who.clone()).prop_map(|(who, whom)| Step::Remove { who, whom }),
        1 => who.clone().prop_map(|who| Step::Leave { who }),
        4 => (who.clone(), 0..LINKS + 1).prop_map(|(who, link)| Step::Join { who, link }),
        2 => who.clone().prop_map(|who| Step::JoinChannel { who }),
        2 => (who.clone(), 1..2u128, prop::bool::weighted(0.7)).prop_map(|(who, space, open)| Step::EnterSpace { who, space, open }),
        4 => (who.clone(), 1..2u128).prop_map(|(who, space)| Step::LeaveSpace { who, space }),
        3 => (who.clone(), who.clone(), role()).prop_map(|(who, whom, role)| Step::SetRole { who, whom, role }),
        2 => who.clone().prop_map(|who| Step::Rename { who }),
        2 => (who.clone(), set_settings()).prop_map(|(who, set)| Step::Settings { who, set }),
        1 => (who.clone(), who.clone()).prop_map(|(who, whom)| Step::Ban { who, whom }),
        4 => (who.clone(), who.clone()).prop_map(|(who, whom)| Step::Unban { who, whom }),
        2 => (who.clone(), who.clone(), prop::option::weighted(0.3, 1..3u64)).prop_map(|(who, whom, for_s)| Step::Mute { who, whom, for_s }),
        4 => (who.clone(), who.clone()).prop_map(|(who, whom)| Step::Unmute { who, whom }),
        1 => who.prop_map(|who| Step::Open { who }),
        2 => (0..60usize).prop_map(|back| Step::Again { back }),
        1 => (0..60usize).prop_map(|back| Step::Reuse { back }),
    ]
}

pub fn story() -> impl Strategy<Value = Story> {
    let history = prop_oneof![Just(History::All), Just(History::FromJoin)];
    (
        prop::bool::weighted(0.2),
        history,
        prop::collection::vec(step(), 0..80),
        prop::collection::vec(1..9usize, 1..8),
        prop::collection::vec(-50..500i64, 1..8),
    )
        .prop_map(|(direct, history, steps, cuts, ticks)| Story { direct, history, steps, cuts, ticks })
}

fn support_space(number: u128) -> ConversationId {
    crate::support::space(number)
}

fn link_to(world: &World, index: usize) -> InviteToken {
    link(world.state.conv, index as u64 + 1)
}

/// Mostly one of the polls there are.
fn a_poll(world: &World, target: u64) -> Option<u64> {
    let polls: Vec<u64> =
        world.log.iter().filter(|row| row.envelope.params.poll.is_some()).map(|row| row.envelope.seq).collect();
    if target.is_multiple_of(7) || polls.is_empty() {
        return None;
    }
    polls.get(usize::try_from(target).ok()? % polls.len()).copied()
}

/// A text that addresses nobody, somebody, everybody or a role, as its number has it.
fn addressing(words: &str, number: usize) -> NewContent {
    let person = |number: usize| by(PEOPLE[number % PEOPLE.len()]);
    let link = if number % 3 == 1 { " https://a.example/" } else { "" };
    let plain = NewText { text: format!("{words}{link}"), ..NewText::default() };
    NewContent::Text(match number % 7 {
        0 => NewText { mentions: vec![person(number / 7)], ..plain },
        1 => NewText { mentions: vec![person(number), person(number + 2)], mention_everyone: true, ..plain },
        2 => NewText { mention_roles: vec![Role::Owner, Role::Guest], ..plain },
        3 => NewText { mention_everyone: true, ..plain },
        _ => plain,
    })
}

impl Story {
    /// The conversation before anything is told.
    pub fn begin(&self) -> World {
        if self.direct {
            return World::new(direct_id());
        }
        let mut world = World::new(ConversationId::group(&id_key(), "test", user("ana"), key(0)));
        let roles = [Role::Owner, Role::Member, Role::Admin, Role::Guest];
        world.word.members = PEOPLE.into_iter().map(user).zip(roles).collect();
        let open = CreateInvite { role: Role::Member, expires_in_s: None, max_uses: None };
        world.invites = vec![
            invite(1, open),
            invite(2, CreateInvite { role: Role::Guest, max_uses: Some(2), ..open }),
            invite(3, CreateInvite { expires_in_s: Some(60), ..open }),
            revoked(invite(4, open)),
        ];
        world
    }

    /// The inputs: creation, then the steps. A world beside tells which messages there are, so that most steps meet one.
    pub fn inputs(&self) -> Vec<Input> {
        let others: &[&str] = if self.direct { &["ben"] } else { &["ben", "cleo"] };
        let mut beside = self.begin();
        let mut inputs = vec![ask("ana", 0, create_with(others, self.history))];
        beside.batch(&inputs);
        for (index, step) in self.steps.iter().enumerate() {
            let input = Self::input(step, index, &inputs, &beside, create_with(others, self.history));
            beside.batch(std::slice::from_ref(&input));
            inputs.push(input);
        }
        inputs
    }

    fn input(step: &Step, index: usize, earlier: &[Input], world: &World, again: Command) -> Input {
        let number = index as u128 + 1;
        let old = |back: usize| earlier[earlier.len() - 1 - back % earlier.len()].clone();
        let member = |who: usize| {
            let members: Vec<&str> = PEOPLE.into_iter().filter(|name| world.role(name).is_some()).collect();
            // One in five is whoever was drawn, member or not.
            if who == 4 || members.is_empty() { PEOPLE[who] } else { members[who % members.len()] }
        };
        let highest = |who: usize| {
            PEOPLE.into_iter().filter(|_| who < 3).max_by_key(|name| world.role(name)).unwrap_or(PEOPLE[who])
        };
        let message = |number: u64| {
            let messages: Vec<_> =
                world.log.iter().filter(|row| row.envelope.kind == EventType::MessageCreated).collect();
            match messages.len() {
                0 => number,
                _ if number.is_multiple_of(6) => number,
                count => messages[usize::try_from(number).unwrap() % count].envelope.seq,
            }
        };
        let author = |seq: u64, who: usize| {
            let author = world.row(seq).map(|row| row.envelope.actor);
            PEOPLE.into_iter().filter(|_| who < 4).find(|name| Some(user(name)) == author).unwrap_or(PEOPLE[who])
        };
        match step {
            Step::Again { back } => old(*back),
            Step::Reuse { back } => {
                let old = old(*back);
                Input { command: KeyedCommand { key: old.command.key, command: send("under an old key") }, ..old }
            }
            Step::Send { who, reply: Some(target) } => {
                ask(member(*who), number, reply(message(*target), 1, &format!("re {index}")))
            }
            Step::Send { who, reply: None } => {
                let content = addressing(&format!("text {index}"), index);
                ask(member(*who), number, Command::Send(SendMessage { content, reply_to: None, thread: None }))
            }
            Step::Reply { who, root } => {
                // Mostly in a thread that is there, or in that of one of the first messages: so that threads grow.
                let seq = message(root % 13);
                let outer = world.row(seq).and_then(|row| row.envelope.thread).filter(|_| root % 7 != 0);
                let content = addressing(&format!("reply {index}"), index);
                let thread = Some(outer.unwrap_or(seq));
                ask(member(*who), number, Command::Send(SendMessage { content, reply_to: None, thread }))
            }
            Step::Forward { who, source } => ask(member(*who), number, forward(*source)),
            Step::Edit { who, target, expect } => {
                let seq = message(*target);
                let edit =
                    EditMessage { seq, content: addressing(&format!("edit {index}"), index), expect_version: *expect };
                ask(author(seq, *who), number, Command::Edit(edit))
            }
            Step::Delete { who, target } => {
                let seq = message(*target);
                ask(author(seq, *who), number, delete(seq))
            }
            Step::React { who, target, emoji } => ask(member(*who), number, react(message(*target), EMOJI[*emoji])),
            Step::Unreact { who, target, emoji } => {
                // Mostly a reaction that stands.
                let count = world.reactions.len();
                let found = world.reactions.iter().cycle().nth(usize::try_from(*target).unwrap() % count.max(1));
                let owner = found.and_then(|found| PEOPLE.into_iter().find(|name| user(name) == found.user));
                match (found, owner) {
                    (Some(found), Some(owner)) if *who < 4 => ask(owner, number, unreact(found.target, &found.emoji)),
                    _ => ask(member(*who), number, unreact(message(*target), EMOJI[*emoji])),
                }
            }
            Step::Pin { who, target } => ask(member(*who), number, pin(message(*target))),
            Step::Unpin { who, target } => {
                // Mostly a message that is pinned.
                let pins = world.state.about.as_ref().map(|about| about.pins.clone()).unwrap_or_default();
                let pinned = pins.iter().cycle().nth(usize::try_from(*target).unwrap() % pins.len().max(1)).copied();
                ask(highest(*who), number, unpin(pinned.unwrap_or_else(|| message(*target))))
            }
            Step::RemovePreview { who, target } => {
                // Mostly a message that has one.
                let rows = world.log.iter().filter(|row| row.envelope.kind == EventType::MessagePreviewed);
                let previewed: Vec<u64> = rows.filter_map(|row| row.envelope.reference).collect();
                let place = usize::try_from(*target).unwrap() % previewed.len().max(1);
                let seq = previewed.get(place).copied().unwrap_or_else(|| message(*target));
                ask(author(seq, *who), number, remove_preview(seq))
            }
            Step::Poll { who, shape, thread } => {
                let terms = NewPoll {
                    anonymous: shape % 2 == 1,
                    multiple: shape % 3 == 1,
                    closes_in_s: (shape % 4 == 3).then_some(1),
                    ..poll(usize::try_from(2 + shape % 3).unwrap())
                };
                let content = NewContent::Poll(NewPoll { question: format!("poll {index}"), ..terms });
                let thread = thread.map(message);
                ask(member(*who), number, Command::Send(SendMessage { content, reply_to: None, thread }))
            }
            Step::Vote { who, target, choices } => {
                // A member who has the floor takes their vote back now and then; most choose one.
                let mut choices = choices.clone();
                choices.dedup();
                ask(
                    member(*who),
                    number,
                    vote(self::a_poll(world, *target).unwrap_or_else(|| message(*target)), &choices),
                )
            }
            Step::ClosePoll { who, target } => {
                let seq = self::a_poll(world, *target).unwrap_or_else(|| message(*target));
                ask(author(seq, *who), number, close(seq))
            }
            Step::Add { who, whom, role } => ask(highest(*who), number, add(PEOPLE[*whom], *role)),
            Step::Remove { who, whom } => ask(highest(*who), number, remove(PEOPLE[*whom])),
            Step::Leave { who } => ask(PEOPLE[*who], number, leave()),
            Step::Join { who, link } => {
                // Mostly somebody who is not here.
                let away: Vec<&str> = PEOPLE.into_iter().filter(|name| world.role(name).is_none()).collect();
                let who = if *who == 4 || away.is_empty() { PEOPLE[*who] } else { away[*who % away.len()] };
                ask(who, number, join(self::link_to(world, *link)))
            }
            Step::JoinChannel { who } => ask(PEOPLE[*who], number, join_channel()),
            Step::EnterSpace { who, space, open } => ask(highest(*who), number, enter(support_space(*space), *open)),
            Step::LeaveSpace { who, space } => ask(highest(*who), number, leave_space(support_space(*space))),
            Step::SetRole { who, whom, role } => ask(highest(*who), number, set_role(PEOPLE[*whom], *role)),
            Step::Ban { who, whom } => ask(highest(*who), number, ban(PEOPLE[*whom])),
            Step::Unban { who, whom } => {
                // Mostly somebody who is banned.
                let banned = PEOPLE.into_iter().find(|name| world.state.bans.contains_key(&user(name)));
                ask(highest(*who), number, unban(banned.filter(|_| *whom < 4).unwrap_or(PEOPLE[*whom])))
            }
            Step::Mute { who, whom, for_s } => ask(highest(*who), number, mute(PEOPLE[*whom], *for_s)),
            Step::Unmute { who, whom } => {
                let muted =
                    |name: &&str| world.state.member(&user(name)).is_some_and(|member| member.muted_until.is_some());
                let muted = PEOPLE.into_iter().find(muted).filter(|_| *whom < 4);
                ask(highest(*who), number, unmute(muted.unwrap_or(PEOPLE[*whom])))
            }
            Step::Settings { who, set } => ask(highest(*who), number, settings(*set)),
            Step::Rename { who } => ask(highest(*who), number, rename(&format!("name {index}"))),
            Step::Open { who } => ask(PEOPLE[*who], number, again),
        }
    }

    /// The inputs, cut into commits.
    pub fn batches(&self) -> Vec<Vec<Input>> {
        let mut rest = self.inputs();
        let mut batches = vec![];
        for cut in self.cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let tail = rest.split_off((*cut).min(rest.len()));
            batches.push(std::mem::replace(&mut rest, tail));
        }
        batches
    }

    /// Tells the whole story.
    pub fn told(&self) -> World {
        let mut world = self.begin();
        for (batch, tick) in self.batches().iter().zip(self.ticks.iter().cycle()) {
            world.now = world.now.saturating_add_signed(*tick);
            world.batch(batch);
        }
        world
    }
}
