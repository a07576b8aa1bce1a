//! What people do, what goes wrong, and the calm after it in which everything must come together.

use quipu_schema::command::{
    AddMember, Command, DeleteMessage, EditMessage, Leave, NewContent, NewText, PinMessage, React, RemoveMember,
    ReplyTo, SendMessage, SetRole, SetSettings, UnpinMessage, Unreact, Update,
};
use quipu_schema::envelope::Role;
use quipu_schema::ids::{CommandKey, ConversationKind, UserRef};
use quipu_schema::moderation::{BanMember, MuteMember, UnbanMember, UnmuteMember};

use crate::wire::{Call, Event, Up};
use crate::world::{PEOPLE, World};

/// Virtual time the calm may take; everything settles in a fraction of it.
const CALM_MS: u64 = 20 * 60_000;

impl World {
    /// The whole run.
    pub fn live_through_it(&mut self) {
        let creators = if self.conv.kind() == ConversationKind::Direct { 2 } else { 1 };
        for index in 0..creators {
            let (key, create) = (CommandKey::from_random(self.random.bytes()), self.creation());
            self.issue(index, key, create, false);
        }
        for index in 0..self.clients.len() {
            let (soon, later) = (self.random.between(1, 600), self.random.between(300, 2_000));
            self.after(soon, Event::Connect(index));
            self.after(later, Event::Act(index));
            self.after(later, Event::Retry(index));
        }
        self.after(300, Event::Fault);
        while self.steps > 0 && self.violation.is_none() {
            self.run(self.now + 1_000);
            self.now += 1;
        }
        self.last_words();
        self.hostile = false;

        // Nobody is there: the outbox must come to its end by its alarm alone.
        for client in &mut self.clients {
            client.online = false;
        }
        for socket in self.sockets.keys().copied().collect::<Vec<_>>() {
            self.cut(socket);
        }
        self.run(self.now + CALM_MS);
        self.judge_accounts("with everybody away");

        // Everybody comes back, and says again what was not answered.
        for index in 0..self.clients.len() {
            if let Some(client) = self.clients.get_mut(index) {
                client.online = true;
            }
            self.after(10, Event::Connect(index));
            self.after(20, Event::Retry(index));
        }
        self.now += CALM_MS;
        self.run(self.now + CALM_MS / 4);
        self.judge_clients();
        self.judge_accounts("with everybody back");
        // Memory is a cache: what is said now is what is said after waking.
        self.judge_log("before the last crash");
        self.crash();
        self.judge_log("after the last crash");
    }

    /// The hardest moments to die in, one of them at the end of most runs.
    fn last_words(&mut self) {
        let moment = self.random.between(1, 120);
        match self.random.below(4) {
            // In the middle of everything.
            0 => self.run(self.now + moment),
            // When all was told, and somebody has just read.
            1 => {
                self.run(self.now + 15_000);
                (0..self.clients.len()).for_each(|index| self.read_some(index));
                self.run(self.now + moment);
            }
            // When the alarm rings while a round is under way.
            2 => {
                let Some(alarm) = self.disk.alarm().filter(|alarm| *alarm > self.now + 200) else { return };
                self.run(alarm - 100);
                self.now = alarm - 100;
                for index in 0..2 {
                    let (key, command) = (CommandKey::from_random(self.random.bytes()), self.send_text(index, None));
                    self.issue(index, key, command, false);
                }
                self.run(alarm + moment);
            }
            _ => return,
        }
        self.crash();
    }

    /// Something bad happens.
    pub fn fault(&mut self) {
        if !self.hostile || self.steps == 0 {
            return;
        }
        match self.random.below(100) {
            0..10 => self.crash(),
            // Eviction: memory goes, sockets stay.
            10..45 if self.is_idle() => self.forget_process(),
            // Memory alone is dropped, in the middle of whatever is under way.
            45..60 if self.object.may_forget() => self.object.forget(),
            60..80 => {
                let sockets: Vec<u64> = self.clients.iter().filter_map(|client| client.socket).collect();
                if let Some(socket) = self.random.pick(&sockets) {
                    self.cut(socket);
                }
            }
            80..90 => {
                let index = usize::try_from(self.random.below(self.clients.len() as u64)).unwrap_or(0);
                let socket = self.clients.get_mut(index).and_then(|client| {
                    let socket = client.socket;
                    client.reload();
                    socket
                });
                if let Some(socket) = socket {
                    self.after(30, Event::Gone { socket });
                }
                self.after(200, Event::Connect(index));
            }
            90..100 => {
                let user = usize::try_from(self.random.below(PEOPLE.len() as u64)).unwrap_or(0);
                self.crash_account(user);
            }
            _ => {}
        }
        let next = self.random.between(20, 1_500);
        self.after(next, Event::Fault);
    }

    /// A person does something.
    pub fn act(&mut self, index: usize) {
        if self.steps == 0 {
            return;
        }
        // Who was never let in has little to do.
        let stranger = self.clients.get(index).is_none_or(|client| client.cursor.is_none());
        if stranger && self.random.percent(90) {
            let later = self.random.between(100, 1_500);
            return self.after(later, Event::Act(index));
        }
        self.steps -= 1;
        // Bursts, so that commands share commits.
        let next = if self.random.percent(40) { self.random.below(3) } else { self.random.between(20, 2_500) };
        self.after(next, Event::Act(index));
        if self.random.percent(12) {
            return self.read_some(index);
        }
        if self.random.percent(5) {
            return self.say_again(index);
        }
        if self.random.percent(6) {
            return self.say_aside(index);
        }
        if let Some(command) = self.intend(index) {
            // Now and then a key that another sender has used: keys belong to their senders.
            let others =
                self.clients.get(index).map(|client| client.keys_of_others(self.user_of(index))).unwrap_or_default();
            let stolen = if self.random.percent(6) { self.random.pick(&others) } else { None };
            let stolen = stolen.filter(|key| !self.oracle.has_asked(self.user_of(index), *key));
            let key = stolen.unwrap_or_else(|| CommandKey::from_random(self.random.bytes()));
            self.issue(index, key, command, false);
        }
    }

    fn read_some(&mut self, index: usize) {
        let back = self.random.below(6);
        let http = self.random.percent(40);
        let Some(client) = self.clients.get_mut(index) else { return };
        let Some(seq) = client.cursor.map(|cursor| cursor.saturating_sub(back)).filter(|seq| *seq > 0) else { return };
        client.read = client.read.max(seq);
        match client.socket.filter(|_| client.greeted) {
            Some(socket) if !http => {
                let delay = self.lane(socket, true);
                self.after(delay, Event::Up { socket, frame: Up::Read(seq) });
            }
            _ => self.http(index, Call::Read(seq)),
        }
    }

    /// Something that is no event: a message is deleted for oneself, or reported, now and then once more under its key.
    fn say_aside(&mut self, index: usize) {
        let messages = self.clients.get(index).map(|client| client.messages(None)).unwrap_or_default();
        let Some(seq) = self.random.pick(&messages) else { return };
        if self.random.percent(60) {
            return self.http(index, Call::Hide(seq));
        }
        let key = CommandKey::from_random(self.random.bytes());
        for _ in 0..=u64::from(self.random.percent(40)) {
            self.http(index, Call::Report { seq, key });
        }
    }

    /// An acknowledged command again as it was, or another body under its key.
    fn say_again(&mut self, index: usize) {
        let done = self.clients.get(index).map(|client| client.done.clone()).unwrap_or_default();
        let Some(old) = self.random.pick(&done) else { return };
        let probe = self.random.percent(40) && !matches!(old.command, Command::Create(_));
        let command = if probe { self.send_text(index, None) } else { old.command };
        self.issue(index, old.key, command, probe);
    }

    fn text(&mut self, index: usize) -> NewContent {
        self.next_ticket += 1;
        let length = if self.random.percent(6) { 3_000 } else { self.random.below(60) };
        let padding = "ñ".repeat(usize::try_from(length).unwrap_or(0));
        let mentions = if self.random.percent(10) { vec![self.somebody()] } else { vec![] };
        let mention_everyone = self.next_ticket.is_multiple_of(31);
        NewContent::Text(NewText {
            text: format!("<{index}.{}> {padding}", self.next_ticket),
            mentions,
            mention_everyone,
            ..NewText::default()
        })
    }

    /// One that nobody used before, so that it can be looked for once it is erased.
    fn emoji(&mut self) -> String {
        self.next_ticket += 1;
        let number = u32::try_from(self.next_ticket % 20_000).unwrap_or(0);
        char::from_u32(0x4e00 + number).map(String::from).unwrap_or_default()
    }

    fn send_text(&mut self, index: usize, reply_to: Option<ReplyTo>) -> Command {
        Command::Send(SendMessage { content: self.text(index), reply_to, thread: None })
    }

    fn somebody(&mut self) -> UserRef {
        UserRef::Subject(self.random.pick(&PEOPLE).unwrap_or("ana").to_owned())
    }

    fn intend(&mut self, index: usize) -> Option<Command> {
        let own = Some(self.user_of(index));
        let messages =
            |world: &Self, own| world.clients.get(index).map(|client| client.messages(own)).unwrap_or_default();
        Some(match self.random.below(100) {
            0..35 => self.send_text(index, None),
            35..43 => {
                // Mostly in one of the first threads, so that they grow.
                let mut roots = messages(self, None);
                roots.truncate(if self.random.percent(70) { 3 } else { usize::MAX });
                let thread = Some(self.random.pick(&roots)?);
                Command::Send(SendMessage { content: self.text(index), reply_to: None, thread })
            }
            43..49 => {
                let seq = self.random.pick(&messages(self, None))?;
                Command::React(React { seq, emoji: self.emoji() })
            }
            49..51 => {
                let own = self.user_of(index);
                let reactions = self.clients.get(index).map(|client| client.reactions(own)).unwrap_or_default();
                let (seq, emoji) = self.random.pick(&reactions)?;
                Command::Unreact(Unreact { seq, emoji })
            }
            52..58 => {
                let seq = self.random.pick(&messages(self, None))?;
                self.send_text(index, Some(ReplyTo { seq, version: 1 }))
            }
            58..66 => {
                let seq = self.random.pick(&messages(self, own))?;
                Command::Edit(EditMessage { seq, content: self.text(index), expect_version: None })
            }
            66..75 => {
                let own = if self.random.percent(80) { own } else { None };
                Command::Delete(DeleteMessage { seq: self.random.pick(&messages(self, own))? })
            }
            51 => {
                let seq = self.random.pick(&messages(self, None))?;
                let pins = self.random.percent(60);
                if pins { Command::Pin(PinMessage { seq }) } else { Command::Unpin(UnpinMessage { seq }) }
            }
            75..86 => Command::AddMember(AddMember { user: self.somebody(), role: Role::Member }),
            86..92 => Command::RemoveMember(RemoveMember { user: self.somebody() }),
            92..96 => {
                let role = self.random.pick(&[Role::Guest, Role::Member, Role::Moderator, Role::Admin, Role::Owner])?;
                Command::SetRole(SetRole { user: self.somebody(), role })
            }
            96 => Command::SetSettings(SetSettings {
                frozen: self.random.percent(50).then(|| self.random.percent(20)),
                slow_mode_s: Some(self.random.pick(&[0, 0, 1, 3])?),
                ..SetSettings::default()
            }),
            97 => match self.random.below(4) {
                0 => Command::Ban(BanMember { user: self.somebody() }),
                1 => Command::Unban(UnbanMember { user: self.somebody() }),
                2 => Command::Mute(MuteMember { user: self.somebody(), for_s: Some(1 + self.random.below(3)) }),
                _ => Command::Unmute(UnmuteMember { user: self.somebody() }),
            },
            98 => {
                Command::Update(Update { name: Some(format!("Name {}", self.now % 1_000)), topic: None, avatar: None })
            }
            _ => Command::Leave(Leave {}),
        })
    }
}
