//! The plain Durable Object of `bench/peer`.

use std::cell::RefCell;

use bytes::Bytes;
use serde::Deserialize;

use super::{Incoming, Wire};
use crate::ledger::Event;
use crate::message::Messages;
use crate::request::{Call, Connection};
use crate::socket::Upgrade;

/// Its protocol: one JSON object per message in each direction.
pub struct Plain {
    messages: Messages,
    buffer: RefCell<String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame<'a> {
    Ack {
        id: &'a str,
        seq: u64,
    },
    #[serde(borrow)]
    Message(Row<'a>),
}

#[derive(Deserialize)]
struct Row<'a> {
    seq: u64,
    id: &'a str,
    text: &'a str,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    messages: Vec<Row<'a>>,
}

impl Plain {
    /// For the messages of one run.
    pub const fn new(messages: Messages) -> Self {
        Self { messages, buffer: RefCell::new(String::new()) }
    }

    fn event(&self, row: &Row<'_>) -> Result<Event, String> {
        let index = self.messages.index_of(row.id);
        match index {
            Some(index) if !self.messages.is_text_of(index, row.text, &mut self.buffer.borrow_mut()) => {
                Err(format!("the text at seq {} is not what was sent", row.seq))
            }
            _ => Ok(Event { seq: row.seq, index }),
        }
    }
}

impl Wire for Plain {
    async fn create(&self, _: &mut Connection, name: &str, _: usize) -> Result<String, String> {
        Ok(name.to_owned())
    }

    fn upgrade(&self, conversation: &str, member: usize) -> Upgrade {
        Upgrade { path: format!("/rooms/{conversation}/socket?user=member-{member}"), protocols: None }
    }

    fn hello(&self) -> Option<String> {
        None
    }

    fn commands_per_frame(&self) -> usize {
        1
    }

    fn send(&self, messages: &[u64]) -> String {
        let mut frame = String::with_capacity(512);
        for index in messages {
            frame.push_str("{\"id\":\"");
            self.messages.write_key(*index, &mut frame);
            frame.push_str("\",\"text\":\"");
            self.messages.write_text(*index, &mut frame);
            frame.push_str("\"}");
        }
        frame
    }

    fn acknowledge(&self, _: u64) -> String {
        String::new()
    }

    fn parse(&self, frame: &[u8]) -> Result<Incoming, String> {
        Ok(match serde_json::from_slice(frame).map_err(|error| error.to_string())? {
            Frame::Ack { id, seq } => {
                Incoming::Acks(vec![(self.messages.index_of(id).ok_or("an ack of a foreign key")?, seq)], Vec::new())
            }
            Frame::Message(row) => Incoming::Events(vec![self.event(&row)?]),
        })
    }

    fn is_events(&self, frame: &[u8]) -> bool {
        frame.starts_with(b"{\"type\":\"message\"")
    }

    fn page(&self, conversation: &str, _: usize, before: Option<u64>, limit: u64) -> Call {
        let before = before.map(|seq| format!("&before={seq}")).unwrap_or_default();
        Call::get(format!("/rooms/{conversation}/messages?limit={limit}{before}"))
    }

    fn parse_page(&self, body: &Bytes) -> Result<Vec<Event>, String> {
        let page: Page<'_> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        page.messages.iter().map(|row| self.event(row)).collect()
    }
}
