//! Searches over many conversations: the page, and the calls for it.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::content::{Content, TextContent};
use quipu_schema::envelope::{EventType, Params};
use quipu_schema::event::Event;
use quipu_schema::http::{Mark, SearchAllPage, SearchHit};
use quipu_schema::ids::ConversationId;
use quipu_schema::inbox::Peer;
use quipu_schema::internal::{
    AccountOp, Below, ConversationCall, ConversationOp, FindHit, FindPage, Identity, Looked, SearchGroup,
};
use serde_json::value::RawValue;
use support::{envelope, golden, group, json, round_trips, user};

fn hit() -> SearchHit {
    let content = Content::Text(TextContent { text: "hi".into(), ..TextContent::default() });
    let message = Event {
        envelope: envelope(EventType::MessageCreated, Params::default()),
        content: Some(content),
        salt: Some("BwcHBwcHBwcHBwcHBwcHBw".into()),
    };
    SearchHit { message, edit: None, marks: vec![Mark { from: 0, to: 2 }] }
}

fn peer() -> Peer {
    Peer {
        user: user("ben"),
        subject: Some("ben".into()),
        name: Some("Ben".into()),
        picture: None,
        status: None,
        version: 0,
    }
}

fn identity() -> Identity {
    let user = user("ana");
    Identity {
        app: "demo".into(),
        user,
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    }
}

#[test]
fn searches_over_all_keep_their_form() {
    let page = SearchAllPage { hits: vec![hit()], people: vec![peer()], next: Some("7_".into()) };
    let empty = SearchAllPage { hits: vec![], people: vec![], next: None };
    let golden = golden("search-all", &[("page", json(&page)), ("page, empty", json(&empty))]);
    round_trips::<SearchAllPage>(&golden);
}

#[test]
fn calls_of_searches_over_all_keep_their_form() {
    let find = |below| ConversationCall {
        conv: group(),
        identity: identity(),
        op: ConversationOp::Find { q: "tea in:club".into(), below, limit: 20, people: true, utc_offset: -60 },
    };
    let other = ConversationId::parse("gg00000000000000000000000002").unwrap();
    let ask = |group| AccountOp::Search { identity: identity(), q: "tea in:club".into(), group };
    let found = FindHit { seq: 7, at: 1_790_000_000_000, hit: RawValue::from_string(json(&hit())).unwrap() };
    let whole =
        FindPage { hits: vec![found], people: vec![peer()], looked: Some(Looked { seq: 5, at: 1_789_000_000_000 }) };
    let find_golden = golden(
        "search-all-calls",
        &[
            ("find", json(&find(None))),
            ("find, below", json(&find(Some(Below { before: 9, seq: Some(7) })))),
            ("find, before", json(&find(Some(Below { before: 9, seq: None })))),
            ("account, latest", json(&ask(SearchGroup::Latest))),
            ("account, others", json(&ask(SearchGroup::Others { first: vec![group()], after: Some(other) }))),
            ("account, known", json(&ask(SearchGroup::Known))),
            ("answer", json(&whole)),
            ("answer, nothing", json(&FindPage::default())),
        ],
    );
    let take = |kind: &str| {
        find_golden
            .iter()
            .filter(|(name, _)| name.starts_with(kind))
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect()
    };
    round_trips::<ConversationCall>(&take("find"));
    round_trips::<AccountOp>(&take("account"));
    round_trips::<FindPage>(&take("answer"));
    assert!(serde_json::from_str::<FindPage>("{\"hits\":[]}").is_ok());
}
