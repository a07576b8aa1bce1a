//! A log of 13 envelopes: what each row stores of the tree, every root, and an export that must verify for ever.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::path::PathBuf;

use quipu_core::merkle::{Frontier, Rows, at_level, leaf, prove};
use quipu_core::state::State;
use quipu_core::verify;
use quipu_schema::envelope::{Envelope, History, Role};
use quipu_schema::http::Proof;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use support::*;

#[derive(Deserialize)]
struct Golden {
    rows: Vec<GoldenRow>,
    proofs: Vec<Proof>,
}

#[derive(Deserialize)]
struct GoldenRow {
    /// Hex of the hashes that the row stores, level 0 first.
    tree: Vec<String>,
    /// The root of the log that ends here.
    root: String,
    envelope: Box<RawValue>,
}

struct Table(Vec<Vec<u8>>);

impl Rows for Table {
    fn tree(&self, seq: u64) -> Option<Vec<u8>> {
        self.0.get(usize::try_from(seq).ok()?.checked_sub(1)?).cloned()
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schema/golden/v1").join(name)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Thirteen events of every kind.
fn thirteen() -> World {
    let mut world = World::group(&["ben"], History::All);
    world.asks("ana", rename("Night shift")).unwrap();
    world.asks("ana", send("Grüße 👩‍👩‍👧")).unwrap();
    world.asks("ben", reply(5, 1, "hello")).unwrap();
    world.asks("ana", edit(5, "Greetings")).unwrap();
    world.asks("ana", add("cleo", Role::Guest)).unwrap();
    world.asks("ana", set_role("cleo", Role::Member)).unwrap();
    world.asks("cleo", send("soon gone")).unwrap();
    world.asks("cleo", delete(10)).unwrap();
    world.asks("ana", remove("cleo")).unwrap();
    world.asks("ben", leave()).unwrap();
    assert_eq!(world.log.len(), 13);
    world
}

fn b64(hash: [u8; 32]) -> String {
    quipu_core::merkle::Root(hash).to_text()
}

/// Writes the files where they do not exist.
fn write() {
    let world = thirteen();
    let mut frontier = Frontier::default();
    let rows: Vec<String> = world
        .log
        .iter()
        .map(|row| {
            let tree = frontier.push(row.envelope_text.as_bytes());
            let hashes: Vec<String> = tree.chunks(32).map(hex).collect();
            format!(
                "  {{\"tree\":{},\"root\":{},\"envelope\":{}}}",
                json!(hashes),
                json!(frontier.root().to_text()),
                row.envelope_text
            )
        })
        .collect();
    let table = Table(world.log.iter().map(|row| row.tree.clone()).collect());
    let proofs: Vec<String> = [(1, 1), (1, 13), (5, 8), (8, 13), (13, 13)]
        .into_iter()
        .map(|(seq, size)| {
            let proof = Proof {
                seq,
                size,
                root: {
                    let mut upto = Frontier::default();
                    world.log.iter().take(size as usize).for_each(|row| drop(upto.push(row.envelope_text.as_bytes())));
                    upto.root().to_text()
                },
                leaf: leaf(world.row(seq).unwrap().envelope_text.as_bytes()).to_text(),
                path: prove(&table, size, seq).unwrap().into_iter().map(b64).collect(),
            };
            format!("  {}", serde_json::to_string(&proof).unwrap())
        })
        .collect();
    let text = format!("{{\"rows\":[\n{}\n],\n\"proofs\":[\n{}\n]}}\n", rows.join(",\n"), proofs.join(",\n"));
    for (name, text) in [("merkle.json", text), ("export.ndjson", world.export().join("\n") + "\n")] {
        if !path(name).exists() {
            std::fs::write(path(name), text).unwrap();
        }
    }
}

fn read(name: &str) -> String {
    if std::env::var_os("QUIPU_WRITE_GOLDEN").is_some() {
        write();
    }
    std::fs::read_to_string(path(name)).unwrap()
}

#[test]
fn thirteen_envelopes_give_the_rows_and_roots_they_always_gave() {
    let golden: Golden = serde_json::from_str(&read("merkle.json")).unwrap();
    assert_eq!(golden.rows.len(), 13);
    let first: Envelope = serde_json::from_str(golden.rows[0].envelope.get()).unwrap();
    let mut state = State::new(first.conv, first.epoch);
    let mut table = vec![];
    for (index, row) in golden.rows.iter().enumerate() {
        let envelope: Envelope = serde_json::from_str(row.envelope.get()).unwrap();
        assert_eq!(envelope.seq, index as u64 + 1);
        assert_eq!(serde_json::to_string(&envelope).unwrap(), row.envelope.get());
        let tree = state.apply(&envelope, row.envelope.get(), None).unwrap();
        assert_eq!(tree.chunks(32).map(hex).collect::<Vec<_>>(), row.tree);
        assert_eq!(state.tree.root().to_text(), row.root);
        table.push(tree);
        let size = envelope.seq;
        let hashes: Vec<_> = Frontier::places(size)
            .into_iter()
            .map(|(seq, level)| at_level(&table[usize::try_from(seq - 1).unwrap()], level).unwrap())
            .collect();
        assert_eq!(Frontier::restore(size, &hashes).unwrap().root().to_text(), row.root);
    }
    let table = Table(table);
    assert_eq!(golden.proofs.len(), 5);
    for proof in golden.proofs {
        let path: Vec<String> = prove(&table, proof.size, proof.seq).unwrap().into_iter().map(b64).collect();
        assert_eq!(path, proof.path);
        assert_eq!(proof.root, golden.rows[usize::try_from(proof.size - 1).unwrap()].root);
        let envelope = golden.rows[usize::try_from(proof.seq - 1).unwrap()].envelope.get();
        verify::proof(envelope, &proof).unwrap();
    }
}

#[test]
fn an_export_of_today_verifies_for_ever() {
    let text = read("export.ndjson");
    let report = verify::export(text.lines()).unwrap();
    assert_eq!((report.events, report.messages, report.withheld), (13, 3, 0));
    assert_eq!((report.erased, report.missing, report.members), (1, 0, Some(1)));
    let golden: Golden = serde_json::from_str(&read("merkle.json")).unwrap();
    assert_eq!(report.root, golden.rows[12].root);
}
