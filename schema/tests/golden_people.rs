//! Blocks, contacts and who may write first: bodies, the frame of the inbox socket, and the calls between objects.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::inbox::InboxServerFrame;
use quipu_schema::internal::{AccountOp, ConversationOp, Identity};
use quipu_schema::people::{Block, PatchReach, PeopleList, PeoplePage, Person, Reach, ReachAudience, ReachSettings};
use quipu_schema::presence::{PresenceAudience, PresenceSettings};
use quipu_schema::socket::Profile;
use support::{golden, group, json, round_trips, user};

#[test]
fn people_keep_their_bytes() {
    let identity = || Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let person = |blocked, contact| Person { user: user("ben"), blocked, contact };
    let page = PeoplePage { people: vec![person(true, false), person(true, true)], next: Some(user("ben")) };
    let set = |list, on| AccountOp::SetPerson { identity: identity(), user: user("ben"), list, on };
    let profile = Profile { name: Some("Ana".into()), version: 3, ..Profile::unknown(user("ana")) };
    let block = |on, profile| ConversationOp::Block { block: Block { version: 4, on }, profile };
    let golden = golden(
        "people",
        &[
            ("server: person", json(&InboxServerFrame::Person(person(true, false)))),
            ("server: nobody any longer", json(&InboxServerFrame::Person(person(false, false)))),
            ("person", json(&person(true, true))),
            ("page", json(&page)),
            ("page: empty", json(&PeoplePage::default())),
            ("reach", json(&ReachSettings::default())),
            ("reach: shared", json(&ReachSettings { audience: ReachAudience::Shared })),
            ("patch", json(&PatchReach { audience: Some(ReachAudience::Contacts) })),
            ("presence: contacts", json(&PresenceSettings { audience: PresenceAudience::Contacts })),
            ("call: block", json(&set(PeopleList::Blocks, true))),
            ("call: a contact no longer", json(&set(PeopleList::Contacts, false))),
            (
                "call: people",
                json(&AccountOp::People {
                    identity: identity(),
                    list: PeopleList::Blocks,
                    after: Some(user("ben")),
                    limit: 50,
                }),
            ),
            ("call: settings", json(&AccountOp::ReachSettings { identity: identity() })),
            ("call: set", json(&AccountOp::SetReach { identity: identity(), patch: PatchReach { audience: None } })),
            ("call: may reach", json(&AccountOp::MayReach { identity: identity(), users: vec![user("ben")] })),
            ("call: reach", json(&AccountOp::Reach { user: user("ben"), by: user("ana"), convs: vec![group()] })),
            (
                "call: profile for a reader",
                json(&AccountOp::ProfileFor { user: user("ben"), convs: vec![group()], reader: Some(user("ana")) }),
            ),
            ("answer", json(&vec![Reach::Open, Reach::Closed, Reach::Blocking])),
            ("ask: block", json(&block(true, Some(Box::new(profile))))),
            ("ask: block no longer", json(&block(false, None))),
        ],
    );
    let part = |prefix: &str| golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    round_trips::<InboxServerFrame>(&part("server"));
    round_trips::<Person>(&part("person"));
    round_trips::<PeoplePage>(&part("page"));
    round_trips::<ReachSettings>(&part("reach"));
    round_trips::<PatchReach>(&part("patch"));
    round_trips::<PresenceSettings>(&part("presence"));
    round_trips::<AccountOp>(&part("call"));
    round_trips::<Vec<Reach>>(&part("answer"));
    round_trips::<ConversationOp>(&part("ask"));
}

#[test]
fn an_audience_nobody_knows_is_refused() {
    assert!(serde_json::from_str::<PatchReach>(r#"{"audience":"shared"}"#).is_ok());
    for body in [r#"{"audience":"nobody"}"#, r#"{"audience":"everyone","more":1}"#] {
        assert!(serde_json::from_str::<PatchReach>(body).is_err(), "{body}");
    }
}
