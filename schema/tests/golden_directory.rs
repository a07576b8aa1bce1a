//! The directory of people: bodies, pages, and the calls of accounts.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::directory::{DirectorySettings, FoundPage, FoundPerson, KeptListing, PatchDirectory};
use quipu_schema::internal::{AccountOp, Identity, Metered};
use support::{golden, json, round_trips, user};

#[test]
fn the_directory_of_people_keeps_its_bytes() {
    let identity = || Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let plain = FoundPerson { user: user("ana"), name: "Ana García".into(), picture: None };
    let pictured = FoundPerson {
        user: user("ben"),
        name: "Ben Anders".into(),
        picture: Some("https://example.com/ben.png".into()),
    };
    let golden = golden(
        "directory",
        &[
            ("page: two", json(&FoundPage { people: vec![plain, pictured], next: Some("dWc".into()) })),
            ("page: none", json(&FoundPage { people: vec![], next: None })),
            ("settings", json(&DirectorySettings { available: true, listed: true })),
            ("settings: none", json(&DirectorySettings { available: false, listed: false })),
            ("patch", json(&PatchDirectory { listed: Some(false) })),
            ("kept: nothing", json(&KeptListing::default())),
            (
                "kept: all",
                json(&KeptListing {
                    choice: Some(true),
                    mark: Some("c4kk".into()),
                    hides: 4,
                    at: 1_790_000_000_000,
                    failures: 2,
                }),
            ),
            ("call: settings", json(&AccountOp::DirectorySettings { identity: identity() })),
            (
                "call: set",
                json(&AccountOp::SetDirectory { identity: identity(), patch: PatchDirectory { listed: Some(true) } }),
            ),
            ("call: spend", json(&AccountOp::Spend { identity: identity(), on: Metered::Directory })),
        ],
    );
    let part = |prefix: &str| golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    round_trips::<FoundPage>(&part("page"));
    round_trips::<DirectorySettings>(&part("settings"));
    round_trips::<PatchDirectory>(&part("patch"));
    round_trips::<KeptListing>(&part("kept"));
    round_trips::<AccountOp>(&part("call"));
}

#[test]
fn what_accounts_count_keeps_its_bytes() {
    let golden = golden("metered", &[("directory", json(&Metered::Directory)), ("joins", json(&Metered::Joins))]);
    round_trips::<Metered>(&golden);
}

#[test]
fn a_choice_is_yes_or_no() {
    assert!(serde_json::from_str::<PatchDirectory>(r#"{"listed":true}"#).is_ok());
    for body in [r#"{"listed":"yes"}"#, r#"{"listed":true,"more":1}"#] {
        assert!(serde_json::from_str::<PatchDirectory>(body).is_err(), "{body}");
    }
}
