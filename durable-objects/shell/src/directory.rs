//! The directory: the deployment's D1 database, where what is to be found across conversations is listed. A deployment may have none. Nothing on
//! the path of a message asks it.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use quipu_core::directory::Telling;
use quipu_core::search::terms::folded;
use quipu_schema::http::channels::{Channel, ChannelsPage};
use quipu_schema::ids::ConversationId;
use quipu_schema::limits;
use quipu_store::directory::{CHANNELS, CREATE_STEPS, PUT_CHANNEL, STEP_DONE, STEPS, STEPS_DONE, statements};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::d1::D1Database;
use worker::{Delay, Env, Error, Result};

/// Binding of the database.
pub const DIRECTORY: &str = "DIRECTORY";

/// The database.
pub struct Directory(D1Database);

/// Where a page of channels ended: the folded name and the id of its last one.
pub type Place = (String, ConversationId);

#[derive(Deserialize)]
struct Listed {
    id: ConversationId,
    name: String,
    folded: String,
    topic: Option<String>,
    avatar: Option<String>,
    members: u64,
}

#[derive(Deserialize)]
struct Done {
    done: usize,
}

impl Directory {
    /// The directory of a deployment; `None` where it has none.
    pub fn of(env: &Env) -> Option<Self> {
        env.d1(DIRECTORY).ok().map(Self)
    }

    /// Takes what a conversation says of itself.
    ///
    /// # Errors
    /// When the database does not answer in time, or refuses.
    pub async fn put(&self, app: &str, id: ConversationId, telling: &Telling) -> Result<()> {
        let text = |text: Option<&str>| text.map_or(JsValue::NULL, JsValue::from_str);
        let number = |number: u64| JsValue::from_f64(number as f64);
        let channel = telling.channel.as_ref();
        let name = channel.map(|channel| folded(&channel.name));
        let params = [
            text(Some(app)),
            text(Some(id.as_str())),
            text(channel.map(|channel| channel.name.as_str())),
            text(name.as_deref()),
            text(channel.and_then(|channel| channel.topic.as_deref())),
            text(channel.and_then(|channel| channel.avatar.as_deref())),
            number(channel.map_or(0, |channel| channel.member_count)),
            number(telling.at),
            number(telling.seq),
        ];
        self.ask::<serde::de::IgnoredAny>(PUT_CHANNEL, &params).await.map(drop)
    }

    /// Public channels of an app whose names begin so, after a place, and the place to go on from.
    ///
    /// # Errors
    /// When the database does not answer in time, or refuses.
    pub async fn channels(
        &self,
        app: &str,
        begins: &str,
        after: Option<Place>,
        limit: usize,
    ) -> Result<(ChannelsPage, Option<Place>)> {
        let first = if begins.trim().is_empty() { String::new() } else { folded(begins) };
        // Beyond everything that begins so.
        let last = format!("{first}\u{10ffff}");
        let (name, id) = after.map_or((String::new(), String::new()), |(name, id)| (name, id.as_str().to_owned()));
        let params = [
            JsValue::from_str(app),
            JsValue::from_str(&first),
            JsValue::from_str(&last),
            JsValue::from_str(&name),
            JsValue::from_str(&id),
            JsValue::from_f64((limit + 1) as f64),
        ];
        let mut rows: Vec<Listed> = self.ask(CHANNELS, &params).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let place = rows.last().filter(|_| more).map(|row| (row.folded.clone(), row.id));
        let channels = rows
            .into_iter()
            .map(|Listed { id, name, topic, avatar, members, .. }| Channel {
                id,
                name,
                topic,
                avatar,
                member_count: members,
            })
            .collect();
        Ok((ChannelsPage { channels, next: None }, place))
    }

    /// Runs a statement, in its time. A database that lacks tables is given them first.
    async fn ask<T: DeserializeOwned>(&self, statement: &str, params: &[JsValue]) -> Result<Vec<T>> {
        let asked = pin!(async {
            match self.run(statement, params).await {
                Err(error) if error.to_string().contains("no such table") => {
                    self.migrate().await?;
                    self.run(statement, params).await
                }
                answer => answer,
            }
        });
        // Dropped with this function, which clears its timer: one left over would keep an object awake.
        let late = pin!(Delay::from(Duration::from_millis(limits::DIRECTORY_TIMEOUT_MS)));
        match select(asked, late).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                Err(Error::RustError(format!("no answer of the directory within {} ms", limits::DIRECTORY_TIMEOUT_MS)))
            }
        }
    }

    async fn run<T: DeserializeOwned>(&self, statement: &str, params: &[JsValue]) -> Result<Vec<T>> {
        self.0.prepare(statement).bind(params)?.all().await?.results()
    }

    /// Runs the steps that have not run. Several may try at once: a step is one transaction, and who comes second finds it done.
    async fn migrate(&self) -> Result<()> {
        self.run::<serde::de::IgnoredAny>(CREATE_STEPS, &[]).await?;
        loop {
            let done = self.done().await?;
            let Some(step) = STEPS.get(done) else { return Ok(()) };
            let mut batch: Vec<_> = statements(step).map(|statement| self.0.prepare(statement)).collect();
            let number = JsValue::from_f64((done + 1) as f64);
            batch.push(self.0.prepare(STEP_DONE).bind(&[number])?);
            if let Err(error) = self.0.batch(batch).await
                && self.done().await? == done
            {
                return Err(error);
            }
        }
    }

    async fn done(&self) -> Result<usize> {
        Ok(self.run::<Done>(STEPS_DONE, &[]).await?.first().map_or(0, |row| row.done))
    }
}
