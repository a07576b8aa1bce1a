//! Offline verification of an exported log, line by line, and of inclusion proofs. Needs nothing but the file: no server, no database.
//!
//! An export is NDJSON. Line 1 is the header `{"quipu_export":1,"conversation":…,"size":N,"root":"…"}`; then one item per line, in
//! order: `{"envelope":…,"content":…,"salt":…}`, or `{"withheld":{"from":…,"to":…},"leaves":[…]}` where the reader may not see the
//! events and gets their leaf hashes, so that the root can be computed all the same.
//!
//! What is proved: the numbers are dense, the envelopes are the ones under the root, each content is the one its envelope commits to,
//! what was deleted is gone, and the events could follow from each other. What is not: that the root is the server's. Compare it with
//! one obtained elsewhere, such as another member's.

mod canonical;
mod log;
mod reactions;

use base64ct::{Base64UrlUnpadded, Encoding};
use quipu_schema::envelope::Envelope;
use quipu_schema::event::SeqRange;
use quipu_schema::http::{Conversation, Proof};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tlog_tiles::tlog::{Hash, check_record};

use crate::merkle;
use log::Log;

/// The version of the export that this reads.
pub const EXPORT_V: u64 = 1;

/// What a valid export holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The conversation.
    pub conversation: String,
    /// The life of the log.
    pub epoch: String,
    /// Events, withheld ones included.
    pub events: u64,
    /// Messages that are not withheld, deleted ones included.
    pub messages: u64,
    /// Events that are there and that this reader may not see.
    pub withheld: u64,
    /// Contents gone because their message was deleted or has expired.
    pub erased: u64,
    /// Contents gone although nothing in this export says why, such as a deletion made while the export ran.
    pub missing: u64,
    /// Members at the end; unknown where events are withheld.
    pub members: Option<u64>,
    /// The tree hash of all envelopes, base64url.
    pub root: String,
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct Fault {
    /// The line of the export, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub message: String,
}

#[derive(Deserialize)]
struct Header {
    conversation: Box<Conversation>,
    size: u64,
    root: String,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default)]
    envelope: Option<&'a RawValue>,
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(default)]
    salt: Option<String>,
    #[serde(default)]
    withheld: Option<SeqRange>,
    #[serde(default)]
    leaves: Option<Vec<String>>,
}

/// Takes an export line by line. Keeps a few bytes per message and command, never a text.
#[derive(Default)]
pub struct Verifier {
    line: u64,
    begun: Option<(Header, Log)>,
}

impl Verifier {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next line, without its line break.
    ///
    /// # Errors
    /// The first [`Fault`]; what follows it means nothing.
    pub fn line(&mut self, text: &str) -> Result<(), Fault> {
        self.line += 1;
        let line = self.line;
        let fault = |message| Fault { line, message };
        match &mut self.begun {
            None => {
                let header = header(text).map_err(fault)?;
                let log = Log::new(header.conversation.id, header.conversation.epoch);
                self.begun = Some((header, log));
                Ok(())
            }
            Some((_, log)) => item(log, line, text).map_err(fault),
        }
    }

    /// Ends the export: what the header promised must have come.
    ///
    /// # Errors
    /// A [`Fault`] of line 1, the header, which does not fit the rest.
    pub fn finish(self) -> Result<Report, Fault> {
        let fault = |message: &str| Fault { line: 1, message: message.to_owned() };
        let (header, log) = self.begun.ok_or_else(|| fault("the export is empty; its header must come first"))?;
        if header.size != log.seq() {
            return Err(fault(&format!(
                "the export is incomplete: its header promises {} events and {} came",
                header.size,
                log.seq()
            )));
        }
        let root = log.root();
        if header.root != root {
            return Err(fault(&format!("the header's root is {}, and the envelopes give {root}", header.root)));
        }
        log.compare(&header.conversation).map_err(|message| fault(&message))?;
        Ok(log.report(root))
    }
}

/// Verifies a whole export.
///
/// # Errors
/// The first [`Fault`].
pub fn export<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Report, Fault> {
    let mut verifier = Verifier::new();
    lines.into_iter().try_for_each(|line| verifier.line(line))?;
    verifier.finish()
}

fn header(text: &str) -> Result<Header, String> {
    #[derive(Deserialize)]
    struct Version {
        quipu_export: u64,
    }
    let not_ours = |error| format!("this is not the header of an export: {error}");
    let Version { quipu_export } = serde_json::from_str(text).map_err(not_ours)?;
    if quipu_export != EXPORT_V {
        return Err(format!("the export has version {quipu_export}; this program reads version {EXPORT_V}"));
    }
    serde_json::from_str(text).map_err(not_ours)
}

fn item(log: &mut Log, line: u64, text: &str) -> Result<(), String> {
    let item: Line<'_> =
        serde_json::from_str(text).map_err(|error| format!("this is not an item of an export: {error}"))?;
    match item {
        Line { envelope: Some(envelope), content, salt, withheld: None, leaves: None } => {
            log.event(line, envelope.get(), content.map(RawValue::get), salt.as_deref())
        }
        Line { envelope: None, content: None, salt: None, withheld: Some(range), leaves: Some(leaves) } => {
            let leaves: Option<Vec<[u8; 32]>> = leaves.iter().map(|leaf| hash(leaf)).collect();
            log.withheld(range, &leaves.ok_or("a leaf hash is not 32 bytes in base64url")?)
        }
        _ => Err("an item has either envelope, content and salt, or withheld and leaves".into()),
    }
}

fn hash(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let decoded = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
    (decoded.len() == 32).then_some(bytes)
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Not an envelope.
    #[error("the envelope cannot be read: {0}")]
    Envelope(String),
    /// A hash that is none.
    #[error("`{0}` is not 32 bytes in base64url")]
    Hash(&'static str),
    /// Another event's proof.
    #[error("the proof is of event {proof}, and the envelope is of event {envelope}")]
    Seq {
        /// The event of the proof.
        proof: u64,
        /// The event of the envelope.
        envelope: u64,
    },
    /// Other bytes.
    #[error("the leaf is not the hash of these envelope bytes")]
    Leaf,
    /// The path leads elsewhere.
    #[error("the path does not lead from the leaf to the root of a tree of {0} leaves")]
    Path(u64),
}

/// Verifies that an envelope, by its exact bytes, is under the proof's root. Whether that root is the right one is for the caller to know.
///
/// # Errors
/// [`Unproven`].
pub fn proof(envelope: &str, proof: &Proof) -> Result<(), Unproven> {
    let parsed: Envelope = serde_json::from_str(envelope).map_err(|error| Unproven::Envelope(error.to_string()))?;
    if parsed.seq != proof.seq {
        return Err(Unproven::Seq { proof: proof.seq, envelope: parsed.seq });
    }
    let leaf = merkle::leaf(envelope.as_bytes());
    if hash(&proof.leaf).ok_or(Unproven::Hash("leaf"))? != leaf.0 {
        return Err(Unproven::Leaf);
    }
    let root = hash(&proof.root).ok_or(Unproven::Hash("root"))?;
    let path: Option<Vec<Hash>> = proof.path.iter().map(|text| hash(text).map(Hash)).collect();
    let path = path.ok_or(Unproven::Hash("path"))?;
    let index = proof.seq.checked_sub(1).filter(|index| *index < proof.size).ok_or(Unproven::Path(proof.size))?;
    check_record(&path, proof.size, Hash(root), index, Hash(leaf.0)).map_err(|_| Unproven::Path(proof.size))
}
