//! The program as a person or a script runs it: what it says, and its exit status.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../durable-objects/core/tests/support/mod.rs"]
mod support;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use quipu_core::merkle::{Root, Rows, leaf, prove};
use quipu_schema::commitment::{Salt, commit};
use quipu_schema::envelope::{History, Role};
use quipu_schema::http::Proof;
use support::*;

/// A directory of one test, removed afterwards.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("quipu-cli-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn quipu(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_quipu"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// An erased message on line 8, its deletion on line 9.
fn world() -> World {
    let mut world = World::group(&["ben"], History::All);
    world.asks("ana", send("first")).unwrap();
    world.asks("ben", reply(4, 1, "second")).unwrap();
    world.asks("ana", add("cleo", Role::Guest)).unwrap();
    world.asks("ana", send("secret")).unwrap();
    world.asks("ana", delete(7)).unwrap();
    world
}

fn joined(lines: &[String]) -> String {
    lines.join("\n") + "\n"
}

#[test]
fn a_good_export_is_valid_from_a_file_and_from_standard_input() {
    let directory = Directory::new("good");
    let world = world();
    let root = world.state.tree.root().to_text();
    let text = joined(&world.export());
    let file = directory.file("export.ndjson", &text);
    for (arguments, input) in [(["verify", file.as_str()], ""), (["verify", "-"], text.as_str())] {
        let output = quipu(&arguments, input);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        for part in ["valid", "events    8", "messages  3", "erased    1", "members   3", root.as_str()] {
            assert!(stdout(&output).contains(part), "{part}: {}", stdout(&output));
        }
    }
    let output = quipu(&["verify", "--json", &file], "");
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let expected = serde_json::json!({
        "valid": true, "conversation": world.state.conv.as_str(), "epoch": world.state.epoch.as_str(),
        "events": 8, "messages": 3, "withheld": 0, "erased": 1, "missing": 0, "members": 3, "root": root,
    });
    assert_eq!(report, expected);
}

#[test]
fn tampered_exports_are_invalid_and_the_line_is_named() {
    let good = world().export();
    let change = |line: usize, from: &str, to: &str| {
        let mut lines = good.clone();
        assert!(lines[line - 1].contains(from));
        lines[line - 1] = lines[line - 1].replace(from, to);
        lines
    };
    let root = world().state.tree.root().to_text();
    let forged = leaf(b"forged").to_text();
    let swapped = {
        let mut lines = good.clone();
        lines.swap(4, 5);
        lines
    };
    let dropped = [&good[..5], &good[6..]].concat();
    let kept = {
        let mut world = world();
        let (salt, text) = (Salt([1; 16]), world.whole[&7].to_canonical());
        let row = &mut world.log[6];
        (row.salt, row.content_text) = (Some(salt), Some(text.clone()));
        row.envelope.commitment = Some(commit(salt, &text));
        row.envelope_text = serde_json::to_string(&row.envelope).unwrap();
        world.export()
    };
    let cases = [
        (change(5, "first", "First"), 5, "commits to"),
        (change(5, "\"at\":1", "\"at\":2"), 6, "time"),
        (swapped, 5, "must follow"),
        (dropped, 6, "must follow"),
        (good[..8].to_vec(), 1, "incomplete"),
        (change(1, &root, &forged), 1, "root"),
        (kept, 9, "still there"),
        (vec![], 1, "empty"),
    ];
    for (lines, line, part) in cases {
        let text = joined(&lines);
        let output = quipu(&["verify", "-"], if lines.is_empty() { "" } else { &text });
        assert_eq!(output.status.code(), Some(1), "{part}: {output:?}");
        let said = stdout(&output);
        assert!(said.starts_with(&format!("INVALID, line {line}: ")) && said.contains(part), "{part}: {said}");
        let output = quipu(&["verify", "--json", "-"], if lines.is_empty() { "" } else { &text });
        let said: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!((output.status.code(), &said["valid"], &said["line"]), (Some(1), &false.into(), &line.into()));
    }
}

#[test]
fn an_export_that_broke_off_is_called_incomplete_wherever_it_did() {
    let whole = joined(&world().export());
    for at in (1..whole.len() - 1).step_by(97) {
        let output = quipu(&["verify", "-"], &whole[..at]);
        assert_eq!(output.status.code(), Some(1), "{at}");
        assert!(stdout(&output).contains("incomplete"), "{at}: {}", stdout(&output));
    }
}

#[test]
fn a_forged_log_has_another_root_than_the_one_expected() {
    let directory = Directory::new("root");
    let world = world();
    let file = directory.file("export.ndjson", joined(&world.export()));
    let root = world.state.tree.root().to_text();
    assert_eq!(quipu(&["verify", &file, "--root", &root], "").status.code(), Some(0));
    let output = quipu(&["verify", &file, "--root", &leaf(b"x").to_text()], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("was expected"));
    // One root in 64 begins with a hyphen.
    let output = quipu(&["verify", &file, "--root", "-zMFpqLg06S0rLvmiOqu_zkrlhQ8XURQzGLZdPSVEkk"], "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stdout(&output).contains("was expected"));
}

#[test]
fn bytes_that_are_no_text_are_invalid() {
    let directory = Directory::new("bytes");
    let mut bytes = joined(&world().export()).into_bytes();
    let at = bytes.windows(5).position(|window| window == b"first").unwrap();
    bytes[at] = 0xff;
    let output = quipu(&["verify", &directory.file("export.ndjson", bytes)], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("line 5: this is not UTF-8"), "{output:?}");
}

struct Table<'a>(&'a World);

impl Rows for Table<'_> {
    fn tree(&self, seq: u64) -> Option<Vec<u8>> {
        self.0.row(seq).map(|row| row.tree.clone())
    }
}

#[test]
fn a_proof_is_verified_against_an_envelope_or_the_event_around_it() {
    let directory = Directory::new("proof");
    let world = world();
    let envelope = world.row(4).unwrap().envelope_text.clone();
    let proof = Proof {
        seq: 4,
        size: 8,
        root: world.state.tree.root().to_text(),
        leaf: leaf(envelope.as_bytes()).to_text(),
        path: prove(&Table(&world), 8, 4).unwrap().into_iter().map(|hash| Root(hash).to_text()).collect(),
    };
    let file = directory.file("proof.json", serde_json::to_string_pretty(&proof).unwrap());
    for (name, text) in [("envelope.json", format!("{envelope}\n")), ("event.json", world.export()[4].clone())] {
        let output = quipu(&["verify-proof", &directory.file(name, text), &file, "--root", &proof.root], "");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(stdout(&output).contains("event 4"));
    }
    let other = directory.file("other.json", envelope.replacen("\"at\":1", "\"at\":2", 1));
    assert_eq!(quipu(&["verify-proof", &other, &file], "").status.code(), Some(1));
    let good = directory.file("good.json", &envelope);
    assert_eq!(quipu(&["verify-proof", &good, &file, "--root", &proof.leaf], "").status.code(), Some(1));
    let output = quipu(&["verify-proof", "--json", &good, &file], "");
    assert_eq!(stdout(&output), format!("{{\"root\":\"{}\",\"seq\":4,\"size\":8,\"valid\":true}}\n", proof.root));
    assert_eq!(quipu(&["verify-proof", &good, &good], "").status.code(), Some(2));
}

#[test]
fn wrong_usage_and_unreadable_files_are_neither_valid_nor_invalid() {
    for arguments in [
        &["verify"][..],
        &[],
        &["verify", "/does/not/exist"],
        &["verify", "-", "--colour"],
        &["verify-proof", "-"],
        &["verify", "/"],
    ] {
        let output = quipu(arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty());
    }
    for arguments in [["--help"], ["--version"]] {
        assert_eq!(quipu(&arguments, "").status.code(), Some(0));
    }
}
