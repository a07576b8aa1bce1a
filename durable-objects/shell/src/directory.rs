//! The directory: the deployment's D1 database, where what is to be found across conversations is listed. A deployment may have none. Nothing on
//! the path of a message asks it.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use quipu_core::directory::Telling;
use quipu_core::listing::{self, is_first};
use quipu_core::search::terms::folded;
use quipu_schema::directory::{FoundPage, FoundPerson};
use quipu_schema::http::channels::{Channel, ChannelsPage};
use quipu_schema::ids::{ConversationId, UserId};
use quipu_schema::limits;
use quipu_schema::problem::{Code, Rejection};
use quipu_store::directory::{
    CHANNELS, CLEAR_PERSON, CREATE_STEPS, KEY_PERSON, PEOPLE, PUT_CHANNEL, PUT_PERSON, STEP_DONE, STEPS, STEPS_DONE,
    statements,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use worker::d1::D1Database;
use worker::{Delay, Env, Error, Result};

/// Binding of the database.
pub const DIRECTORY: &str = "DIRECTORY";

/// The database.
pub struct Directory(D1Database);

/// Where a page ended: what its last one was found by, and the id of that. Of channels the folded name.
pub type Place<Id> = (String, Id);

/// Whom a user looks for.
#[derive(Debug, Clone)]
pub struct Sought {
    /// The app of both.
    pub app: String,
    /// Who looks.
    pub by: UserId,
    /// What they are found by begins so: see [`quipu_core::listing::query`].
    pub begins: String,
    /// Where the page before ended.
    pub after: Option<Place<UserId>>,
    /// At most this many.
    pub limit: usize,
    /// Whether people are found who chose nothing.
    pub listed: bool,
}

/// Why nothing can be asked of a directory that is not there.
pub fn missing() -> Rejection {
    Rejection { retry: false, ..Rejection::new(Code::DirectoryUnavailable, "This deployment has no directory.") }
}

#[derive(Deserialize)]
struct Found {
    name_key: String,
    id: UserId,
    name: String,
    picture: Option<String>,
    keys: String,
}

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
        after: Option<Place<ConversationId>>,
        limit: usize,
    ) -> Result<(ChannelsPage, Option<Place<ConversationId>>)> {
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

    /// Takes what an account says of its user: who must not find them, and the time of the telling, Unix milliseconds.
    ///
    /// # Errors
    /// When the database does not answer in time, or refuses.
    pub async fn put_person(
        &self,
        app: &str,
        user: UserId,
        telling: &listing::Telling,
        hidden_from: &[UserId],
        at: u64,
    ) -> Result<()> {
        let entry = telling.entry.as_ref();
        let text = |text: Option<&str>| text.map_or(JsValue::NULL, JsValue::from_str);
        let whom = [text(Some(app)), text(Some(user.as_str())), JsValue::from_f64(at as f64)];
        let keys = serde_json::to_string(&entry.map_or(&[][..], |entry| &entry.keys))?;
        let hidden: String = hidden_from.iter().map(|user| format!(" {}", user.as_str())).collect();
        let what = [
            text(entry.map(|entry| entry.name.as_str())),
            text(entry.and_then(|entry| entry.picture.as_deref())),
            text(Some(&keys)),
            text(Some(&hidden)),
            JsValue::from_f64(if entry.is_some_and(|entry| entry.chosen) { 1.0 } else { 0.0 }),
        ];
        let put = [whom.as_slice(), what.as_slice()].concat();
        let clear = [whom.as_slice(), &[text(Some(&keys))]].concat();
        let steps = [(CLEAR_PERSON, clear.as_slice()), (PUT_PERSON, put.as_slice()), (KEY_PERSON, whom.as_slice())];
        self.in_time(|| self.batch(&steps)).await
    }

    /// People of an app whose names have a word that begins so, after a place, and the place to go on from.
    ///
    /// # Errors
    /// When the database does not answer in time, or refuses.
    pub async fn people(&self, sought: &Sought) -> Result<(FoundPage, Option<Place<UserId>>)> {
        let Sought { app, by, begins, after, limit, listed } = sought;
        let text = JsValue::from_str;
        // Beyond everything that begins so.
        let last = format!("{begins}\u{10ffff}");
        let (key, id) = after.as_ref().map_or(("", ""), |(key, id)| (key.as_str(), id.as_str()));
        let params = [
            text(app),
            text(begins.as_str().max(key)),
            text(&last),
            text(key),
            text(id),
            text(by.as_str()),
            JsValue::from_f64(if *listed { 1.0 } else { 0.0 }),
            JsValue::from_f64((limit + 1) as f64),
        ];
        let mut rows: Vec<Found> = self.ask(PEOPLE, &params).await?;
        let more = rows.len() > *limit;
        rows.truncate(*limit);
        let place = rows.last().filter(|_| more).map(|row| (row.name_key.clone(), row.id));
        let first = |row: &Found| {
            let keys: Vec<String> = serde_json::from_str(&row.keys).unwrap_or_default();
            is_first(&keys, &row.name_key, begins)
        };
        let people = rows.into_iter().filter(first);
        let people = people.map(|Found { id, name, picture, .. }| FoundPerson { user: id, name, picture }).collect();
        Ok((FoundPage { people, next: None }, place))
    }

    /// Runs a statement, in its time.
    async fn ask<T: DeserializeOwned>(&self, statement: &str, params: &[JsValue]) -> Result<Vec<T>> {
        self.in_time(|| self.run(statement, params)).await
    }

    /// Does something, in its time. A database that lacks tables is given them first.
    async fn in_time<T, Work: Future<Output = Result<T>>>(&self, work: impl Fn() -> Work) -> Result<T> {
        let asked = pin!(async {
            match work().await {
                Err(error) if error.to_string().contains("no such table") => {
                    self.migrate().await?;
                    work().await
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

    /// Runs statements in one transaction.
    async fn batch(&self, statements: &[(&str, &[JsValue])]) -> Result<()> {
        let bound = statements.iter().map(|(statement, params)| self.0.prepare(*statement).bind(params));
        self.0.batch(bound.collect::<Result<Vec<_>>>()?).await.map(drop)
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
