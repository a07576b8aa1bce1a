//! The product: subprotocol `quipu.v1`.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;

use super::{Flow, Incoming, Welcome, Wire};
use crate::ledger::Event;
use crate::message::Messages;
use crate::request::{Call, Connection, call_all};
use crate::socket::Upgrade;
use crate::token::Issuer;

/// Members that `POST /v1/conversations` takes at once.
const MEMBERS_PER_CREATE: usize = 100;

/// Its protocol.
pub struct Quipu {
    messages: Messages,
    issuer: Issuer,
    per_frame: usize,
    buffer: RefCell<String>,
    tokens: RefCell<Vec<Option<String>>>,
}

#[derive(Deserialize)]
struct Tag<'a> {
    t: &'a str,
}

#[derive(Deserialize)]
struct WelcomeFrame {
    conversation: Head,
    after: u64,
    limits: Limits,
}

#[derive(Deserialize)]
struct Head {
    seq: u64,
}

#[derive(Deserialize)]
struct Limits {
    ack_every_events: u64,
    ack_every_bytes: usize,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    events: Vec<Item<'a>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    envelope: Option<Envelope<'a>>,
    #[serde(borrow)]
    content: Option<Content<'a>>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    seq: u64,
    key: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    text: Option<&'a str>,
}

#[derive(Deserialize)]
struct AcksFrame<'a> {
    #[serde(borrow, default)]
    acks: Vec<Ack<'a>>,
    #[serde(default)]
    rejections: Vec<Rejection>,
}

#[derive(Deserialize)]
struct Ack<'a> {
    key: &'a str,
    seq: u64,
}

#[derive(Deserialize)]
struct Rejection {
    code: String,
    message: String,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

impl Quipu {
    /// For the messages of one run, with at most `per_frame` commands in one frame.
    pub const fn new(messages: Messages, issuer: Issuer, per_frame: usize) -> Self {
        Self { messages, issuer, per_frame, buffer: RefCell::new(String::new()), tokens: RefCell::new(Vec::new()) }
    }

    fn subject(&self, member: usize) -> String {
        format!("bench-{:08x}-{member}", self.messages.run())
    }

    fn token(&self, member: usize) -> String {
        let mut tokens = self.tokens.borrow_mut();
        if tokens.len() <= member {
            tokens.resize(member + 1, None);
        }
        let Some(slot) = tokens.get_mut(member) else { return String::new() };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // A secret of any length makes an HMAC, so minting cannot fail.
        slot.get_or_insert_with(|| self.issuer.mint(&self.subject(member), now).unwrap_or_default()).clone()
    }

    fn post(&self, member: usize, path: String, key: u64, body: &serde_json::Value) -> Call {
        let mut text = String::new();
        // Keys of messages count up from 0, those of the set-up down from the top.
        self.messages.write_key(0xffff_ffff_ffff - key, &mut text);
        let headers = vec![("authorization", format!("Bearer {}", self.token(member))), ("idempotency-key", text)];
        Call { method: Method::POST, path, headers, body: body.to_string() }
    }

    fn event(&self, item: &Item<'_>) -> Result<Event, String> {
        let envelope = item.envelope.as_ref().ok_or("an item was withheld from a member who may see everything")?;
        let seq = envelope.seq;
        let index = self.messages.index_of(envelope.key).filter(|_| envelope.kind == "message.created");
        if let Some(index) = index {
            let text = item.content.as_ref().and_then(|content| content.text).unwrap_or_default();
            if !self.messages.is_text_of(index, text, &mut self.buffer.borrow_mut()) {
                return Err(format!("the text at seq {seq} is not what was sent"));
            }
        }
        Ok(Event { seq, index })
    }
}

fn from<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(frame).map_err(|error| error.to_string())
}

impl Wire for Quipu {
    async fn create(&self, http: &mut Connection, name: &str, members: usize) -> Result<String, String> {
        let others: Vec<String> = (1..members).map(|member| format!("sub:{}", self.subject(member))).collect();
        let (first, rest) = others.split_at(others.len().min(MEMBERS_PER_CREATE));
        let body = if members == 2 {
            serde_json::json!({ "kind": "direct", "context": name, "members": first })
        } else {
            serde_json::json!({ "kind": "group", "name": name, "members": first })
        };
        // Several conversations may be made in one run; a name ends with its number.
        let number = name.rsplit('-').next().and_then(|digits| digits.parse::<u64>().ok()).unwrap_or_default();
        let (answer, _) = http.call(&self.post(0, "/v1/conversations".into(), 1_000_000 + number, &body)).await?;
        let Created { id } = serde_json::from_slice(&answer).map_err(|error| error.to_string())?;
        let path = format!("/v1/conversations/{id}/members");
        let calls = rest
            .iter()
            .enumerate()
            .map(|(index, user)| self.post(0, path.clone(), index as u64, &serde_json::json!({ "user": user })));
        call_all(http.address(), calls.collect()).await?;
        Ok(id)
    }

    fn upgrade(&self, conversation: &str, member: usize) -> Upgrade {
        Upgrade {
            path: format!("/v1/conversations/{conversation}/socket"),
            protocols: Some(format!("quipu.v1, bearer.{}", self.token(member))),
        }
    }

    fn hello(&self) -> Option<String> {
        Some("{\"t\":\"hello\"}".into())
    }

    fn commands_per_frame(&self) -> usize {
        self.per_frame
    }

    fn send(&self, messages: &[u64]) -> String {
        let mut frame = String::with_capacity(64 + messages.len() * 384);
        frame.push_str("{\"t\":\"commands\",\"commands\":[");
        for (at, index) in messages.iter().enumerate() {
            frame.push_str(if at == 0 { "{\"key\":\"" } else { ",{\"key\":\"" });
            self.messages.write_key(*index, &mut frame);
            frame.push_str("\",\"command\":{\"type\":\"message.send\",\"content\":{\"kind\":\"text\",\"text\":\"");
            self.messages.write_text(*index, &mut frame);
            frame.push_str("\"}}}");
        }
        frame.push_str("]}");
        frame
    }

    fn acknowledge(&self, seq: u64) -> String {
        format!("{{\"t\":\"ack\",\"seq\":{seq}}}")
    }

    fn parse(&self, frame: &[u8]) -> Result<Incoming, String> {
        if frame.starts_with(b"{\"t\":\"cells\"") {
            return Ok(Incoming::Other);
        }
        let Tag { t } = from(frame)?;
        Ok(match t {
            "welcome" => {
                let WelcomeFrame { conversation, after, limits } = from(frame)?;
                let flow = Some(Flow { events: limits.ack_every_events, bytes: limits.ack_every_bytes });
                Incoming::Welcome(Welcome { after, head: conversation.seq, flow })
            }
            "events" => {
                let page: Page<'_> = from(frame)?;
                Incoming::Events(page.events.iter().map(|item| self.event(item)).collect::<Result<_, _>>()?)
            }
            "acks" => {
                let AcksFrame { acks, rejections } = from(frame)?;
                let acks = acks.iter().map(|ack| {
                    self.messages.index_of(ack.key).map(|index| (index, ack.seq)).ok_or("an ack of a foreign key")
                });
                let rejections =
                    rejections.into_iter().map(|refused| format!("refused: {} ({})", refused.code, refused.message));
                Incoming::Acks(acks.collect::<Result<_, _>>()?, rejections.collect())
            }
            "error" => {
                let refused: Rejection = from(frame)?;
                return Err(format!("error frame {}: {}", refused.code, refused.message));
            }
            _ => Incoming::Other,
        })
    }

    fn is_events(&self, frame: &[u8]) -> bool {
        frame.starts_with(b"{\"t\":\"events\"")
    }

    fn page(&self, conversation: &str, member: usize, before: Option<u64>, limit: u64) -> Call {
        let before = before.map(|seq| format!("&before={seq}")).unwrap_or_default();
        let headers = vec![("authorization", format!("Bearer {}", self.token(member)))];
        Call { headers, ..Call::get(format!("/v1/conversations/{conversation}/events?limit={limit}{before}")) }
    }

    fn parse_page(&self, body: &Bytes) -> Result<Vec<Event>, String> {
        let page: Page<'_> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        page.events.iter().map(|item| self.event(item)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> Quipu {
        let issuer = Issuer { issuer: "bench".into(), audience: "quipu".into(), secret: "s".repeat(32) };
        Quipu::new(Messages::new(1, 16), issuer, 100)
    }

    fn event(seq: u64, key: u64, text: &str) -> String {
        format!(
            r#"{{"envelope":{{"actor":"ug00000000000000000000000001","at":1,"commitment":"x","conv":"gg00000000000000000000000002","epoch":"0000000000000","key":"00000001-0000-4000-8000-{key:012x}","n":1,"seq":{seq},"type":"message.created","v":1}},"content":{{"kind":"text","text":"{text}","v":1}},"salt":"AAAAAAAAAAAAAAAAAAAAAA"}}"#
        )
    }

    #[test]
    fn events_are_recognised_and_their_texts_checked() {
        let wire = wire();
        let mut text = String::new();
        Messages::new(1, 16).write_text(5, &mut text);
        let joined = r#"{"envelope":{"actor":"ug00000000000000000000000001","at":1,"conv":"gg00000000000000000000000002","epoch":"0000000000000","key":"00000009-0000-4000-8000-000000000000","n":0,"params":{"role":"member","user":"ug00000000000000000000000001"},"seq":6,"type":"member.joined","v":1},"content":null,"salt":null}"#;
        let frame = format!(r#"{{"t":"events","events":[{joined},{}]}}"#, event(7, 5, &text));
        assert!(wire.is_events(frame.as_bytes()));
        let Ok(Incoming::Events(events)) = wire.parse(frame.as_bytes()) else { unreachable!() };
        assert_eq!(events, [Event { seq: 6, index: None }, Event { seq: 7, index: Some(5) }]);
        let other = format!(r#"{{"t":"events","events":[{}]}}"#, event(7, 5, "another text"));
        assert!(wire.parse(other.as_bytes()).is_err());
        assert!(wire.parse(br#"{"t":"events","events":[{"withheld":{"from":1,"to":3}}]}"#).is_err());
    }

    #[test]
    fn acks_refusals_and_welcome_are_understood() {
        let wire = wire();
        let frame = br#"{"t":"acks","acks":[{"key":"00000001-0000-4000-8000-000000000003","seq":9}],"rejections":[{"key":"00000001-0000-4000-8000-000000000004","code":"overloaded","message":"Later.","retry":true,"retry_after_ms":5}]}"#;
        let Ok(Incoming::Acks(acks, refusals)) = wire.parse(frame) else { unreachable!() };
        assert_eq!((acks, refusals.len()), (vec![(3, 9)], 1));
        let frame = br#"{"t":"welcome","conversation":{"id":"x","seq":12},"after":2,"limits":{"text_bytes":1,"ack_every_events":64,"ack_every_bytes":1000},"now":1,"expires_at":2}"#;
        let Ok(Incoming::Welcome(Welcome { after: 2, head: 12, flow: Some(flow) })) = wire.parse(frame) else {
            unreachable!()
        };
        assert_eq!((flow.events, flow.bytes), (64, 1000));
    }

    #[test]
    fn a_frame_of_commands_is_json() {
        let frame: serde_json::Value = serde_json::from_str(&wire().send(&[1, 2])).unwrap();
        let commands = frame.get("commands").and_then(serde_json::Value::as_array).unwrap();
        assert_eq!(commands.len(), 2);
        assert!(
            commands
                .iter()
                .all(|command| command.pointer("/command/content/text").is_some_and(serde_json::Value::is_string))
        );
    }
}
