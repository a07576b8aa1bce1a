//! Reads golden files byte for byte, and sample values that several of them share.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use quipu_schema::content::InfoContent;
use quipu_schema::envelope::{ENVELOPE_V, Encryption, Envelope, EventType, History, Params, Role};
use quipu_schema::http::{Conversation, You};
use quipu_schema::ids::{CommandKey, ConversationId, ConversationKind, Epoch, IdKey, UserId};
use quipu_schema::settings::Settings;
use quipu_schema::socket::Receipt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// The exact text of every case of a golden file, by name.
pub type Golden = BTreeMap<String, Box<RawValue>>;

/// Reads a golden file. `cases` are what today's code makes: they must be the file's, all of them and nothing else.
pub fn golden(name: &str, cases: &[(&str, String)]) -> Golden {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/v1").join(format!("{name}.json"));
    if !path.exists() && std::env::var_os("QUIPU_WRITE_GOLDEN").is_some() {
        let lines: Vec<String> =
            cases.iter().map(|(name, text)| format!("  {}: {text}", serde_json::to_string(name).unwrap())).collect();
        std::fs::write(&path, format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
    }
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let golden: Golden = serde_json::from_str(&text).unwrap();
    assert!(!golden.is_empty(), "{name} has no cases");
    let made: BTreeMap<&str, &str> = cases.iter().map(|(name, text)| (*name, text.as_str())).collect();
    assert_eq!(made.len(), cases.len(), "{name} names a case twice");
    for (case, text) in &made {
        let Some(kept) = golden.get(*case) else { panic!("{name} lacks {case}: add it in a new file") };
        assert_eq!(kept.get(), *text, "{name}: {case}");
    }
    assert_eq!(golden.len(), made.len(), "{name} has cases that are no longer made");
    golden
}

/// Every case reads as `T` and is written again byte for byte.
pub fn round_trips<T: Serialize + DeserializeOwned>(golden: &Golden) {
    for (name, text) in golden {
        let value: T = serde_json::from_str(text.get()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_string(&value).unwrap(), text.get(), "{name}");
    }
}

/// Reads a text as `T` and writes it again.
pub fn again<T: Serialize + DeserializeOwned>(text: &str) -> String {
    json(&serde_json::from_str::<T>(text).unwrap())
}

/// The JSON of a value.
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// The deployment's secret in every golden file.
pub fn id_key() -> IdKey {
    IdKey::new(b"golden files derive their ids from this secret").unwrap()
}

/// A user of the app `demo`.
pub fn user(subject: &str) -> UserId {
    UserId::derive(&id_key(), "demo", "https://issuer.example", subject)
}

/// A fixed key.
pub fn key() -> CommandKey {
    CommandKey::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap()
}

/// The group of the samples.
pub fn group() -> ConversationId {
    ConversationId::group(&id_key(), "demo", user("ana"), key())
}

/// The epoch of the samples.
pub fn epoch() -> Epoch {
    Epoch::from_bits(0x0123_4567_89ab_cdef)
}

/// An envelope with nothing optional.
pub fn envelope(kind: EventType, params: Params) -> Envelope {
    Envelope {
        actor: user("ana"),
        at: 1_790_000_000_000,
        commitment: None,
        conv: group(),
        epoch: epoch(),
        expires_at: None,
        key: key(),
        n: 3,
        params,
        reference: None,
        seq: 7,
        thread: None,
        thread_n: None,
        kind,
        v: ENVELOPE_V,
    }
}

/// Ana's cursors.
pub fn receipt() -> Receipt {
    Receipt { user: user("ana"), delivered: 7, read: 6, read_n: 2 }
}

/// The group as its owner sees it.
pub fn conversation() -> Conversation {
    Conversation {
        id: group(),
        kind: ConversationKind::Group,
        encryption: Encryption::None,
        history: History::All,
        epoch: epoch(),
        seq: 7,
        n: 3,
        at: 1_790_000_000_000,
        root: "bjQLnP-zepicpUTmu3gKLHiQHT-zNzh2hRGjBhevoB0".into(),
        info: InfoContent { name: Some("Night shift".into()), v: 1, ..InfoContent::default() },
        settings: Settings::default(),
        space: None,
        member_count: 2,
        you: You {
            user: user("ana"),
            role: Role::Owner,
            receipt: receipt(),
            unread: 1,
            spoke_at: None,
            muted_until: None,
        },
        cells_version: 9,
        pins: vec![],
        reports: 0,
    }
}
