//! Plants the demo world through the same commands that everybody uses, under keys derived from their place, so that planting again changes nothing.

use quipu_schema::command::{
    Command, Create, DeleteMessage, EditMessage, KeyedCommand, NewContent, NewText, ReplyTo, SendMessage,
};
use quipu_schema::envelope::{Encryption, History};
use quipu_schema::ids::{CommandKey, ConversationId, UserId, UserRef};
use quipu_schema::internal::{ConversationOp, Identity, Planted};
use quipu_schema::problem::{Code, Rejection};
use quipu_shell::{answer, platform};
use serde::Serialize;
use sha2::{Digest, Sha256};
use worker::Env;

use super::world::{Act, Kind, PEOPLE, Person, Scene, scenes};
use crate::config::Ready;
use crate::conversations::ask;
use crate::{Answer, internal};

/// Commands in one call to an object.
const CHUNK: usize = 200;

/// The answer: who lives in the demo world.
#[derive(Serialize)]
struct Seeded {
    people: Vec<Citizen>,
    conversations: usize,
    messages: usize,
}

#[derive(Serialize)]
struct Citizen {
    subject: &'static str,
    name: &'static str,
    user: UserId,
}

/// Plants every scene.
pub(super) async fn seed(env: &Env, config: &Ready) -> Answer {
    let now = platform::now_ms();
    let scenes = scenes();
    let mut messages = 0;
    let edition = edition(&scenes);
    for scene in &scenes {
        messages += scene.lines.len();
        match (plant(env, config, scene, &edition, now).await, scene.kind) {
            // An older edition of this world talked here before: the two people keep that conversation.
            (Err(rejection), Kind::Direct) => {
                worker::console_log!("{{\"event\":\"scene_kept\",\"why\":{rejection:?}}}")
            }
            (planted, _) => planted?,
        }
    }
    let people = PEOPLE
        .iter()
        .map(|person| Citizen { subject: person.subject, name: person.name, user: identity(config, person, now).user })
        .collect();
    answer::json(200, &Seeded { people, conversations: scenes.len(), messages }).map_err(internal)
}

async fn plant(env: &Env, config: &Ready, scene: &Scene, edition: &str, now: u64) -> Result<(), Rejection> {
    let cast: Vec<Identity> = scene
        .people
        .iter()
        .filter_map(|index| PEOPLE.get(*index))
        .map(|person| identity(config, person, now))
        .collect();
    let [first, others @ ..] = cast.as_slice() else { return Ok(()) };
    let key = |name: &str| key(edition, scene.slug, name);
    let conv = match (scene.kind, others) {
        (Kind::Group, _) => ConversationId::group(&config.id_key, &config.app, first.user, key("create")),
        (Kind::Direct, [other]) => ConversationId::direct(&config.id_key, &config.app, first.user, other.user, ""),
        (Kind::Direct, _) => return Ok(()),
    };
    let create = Create {
        members: others.iter().map(|other| UserRef::Subject(other.subject.clone())).collect(),
        name: scene.name.map(str::to_owned),
        topic: scene.topic.map(str::to_owned),
        avatar: None,
        history: History::All,
        encryption: Encryption::None,
    };
    let oldest = scene.lines.first().map_or(0, |line| u64::from(line.minutes_ago));
    let at = |minutes_ago: u64| now.saturating_sub(minutes_ago * 60_000);
    let create = KeyedCommand { key: key("create"), command: Command::Create(create) };
    let mut planted = vec![Planted { identity: first.clone(), at: at(oldest + 1), command: create }];
    // Every line is one event after those of the creation, so its seq is known beforehand.
    let base = 2 + u64::try_from(others.len()).unwrap_or(0);
    let seq = |index: usize| base + 1 + u64::try_from(index).unwrap_or(0);
    for (index, line) in scene.lines.iter().enumerate() {
        let Some(author) = PEOPLE.get(line.by).map(|person| identity(config, person, now)) else { continue };
        let content = NewContent::Text(NewText { text: line.text.clone(), mentions: Vec::new(), ..NewText::default() });
        let command = match line.act {
            Act::Say => Command::Send(SendMessage { content, reply_to: None, thread: None }),
            Act::Reply { to } => Command::Send(SendMessage {
                content,
                reply_to: Some(ReplyTo { seq: seq(to), version: 1 }),
                thread: None,
            }),
            Act::Edit { line } => Command::Edit(EditMessage { seq: seq(line), content, expect_version: None }),
            Act::Delete { line } => Command::Delete(DeleteMessage { seq: seq(line) }),
        };
        let command = KeyedCommand { key: key(&format!("line {index}")), command };
        planted.push(Planted { identity: author, at: at(u64::from(line.minutes_ago)), command });
    }
    for chunk in planted.chunks(CHUNK) {
        let op = ConversationOp::Seed { planted: chunk.to_vec() };
        let response = ask(env, conv, first.clone(), op).await?;
        if response.status() >= 300 {
            return Err(Rejection::new(Code::Internal, format!("The demo scene {} could not be planted.", scene.slug)));
        }
    }
    // Everybody has read nearly everything, so that badges look like a day's.
    for (index, reader) in cast.into_iter().enumerate() {
        let unread = u64::try_from((scene.slug.len() * 3 + index * 5) % 4).unwrap_or(0);
        let seq = (base + u64::try_from(scene.lines.len()).unwrap_or(0)).saturating_sub(unread).max(1);
        ask(env, conv, reader, ConversationOp::Read { seq }).await?;
    }
    Ok(())
}

fn identity(config: &Ready, person: &Person, now: u64) -> Identity {
    Identity {
        app: config.app.clone(),
        user: UserId::derive(&config.id_key, &config.app, &config.issuer, person.subject),
        subject: person.subject.to_owned(),
        name: Some(person.name.to_owned()),
        picture: None,
        expires_at: now / 1000 + 3600,
        device: None,
    }
}

/// Another text is another world, with keys of its own.
fn edition(scenes: &[Scene]) -> String {
    let mut hash = Sha256::new();
    for line in scenes.iter().flat_map(|scene| &scene.lines) {
        hash.update(line.text.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn key(edition: &str, scene: &str, name: &str) -> CommandKey {
    let digest: [u8; 32] = Sha256::digest(format!("demo {edition} {scene} {name}").as_bytes()).into();
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(digest) {
        *to = from;
    }
    CommandKey::from_random(bytes)
}
