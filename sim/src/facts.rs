//! What was promised of facts that stand beside the log: what a member deleted for themselves stays away, and a report is there once.

use std::collections::{BTreeMap, BTreeSet};

use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::ids::{CommandKey, UserId};
use quipu_store::sql::{Param, Row, Sql, StoreError};

use crate::disk::Disk;

type Verdict = Result<(), String>;

/// What was acknowledged of them.
#[derive(Default)]
pub struct Facts {
    /// Messages that members deleted for themselves.
    hidden: BTreeMap<UserId, BTreeSet<u64>>,
    /// Reports by their number: who, of which message, under which key.
    reports: BTreeMap<u64, (UserId, u64, CommandKey)>,
}

fn failed(error: StoreError) -> String {
    format!("facts do not read: {error}")
}

/// Whether the conversation has tables at all.
fn born(disk: &Disk) -> Result<bool, String> {
    Ok(!disk.exec("SELECT 1 FROM sqlite_master WHERE name = 'hidden'", &[]).map_err(failed)?.is_empty())
}

/// What a member has deleted for themselves, as the disk says.
pub fn hidden_by(disk: &Disk, user: UserId) -> Result<BTreeSet<u64>, String> {
    if !born(disk)? {
        return Ok(BTreeSet::new());
    }
    let rows = disk.exec("SELECT seq FROM hidden WHERE user = ?", &[Param::Text(user.as_str())]).map_err(failed)?;
    rows.iter().map(|row| row.integer(0).map_err(failed)).collect()
}

/// Whether an event goes with messages that somebody deleted for themselves: it is one, or the edit of one.
pub fn goes_with(hidden: &BTreeSet<u64>, envelope: &Envelope) -> bool {
    let edited = envelope.reference.filter(|_| envelope.kind == EventType::MessageEdited);
    hidden.contains(&edited.unwrap_or(envelope.seq))
}

impl Facts {
    /// A member was told that a message is gone for them.
    pub fn hid(&mut self, user: UserId, seq: u64) {
        self.hidden.entry(user).or_default().insert(seq);
    }

    /// A member was told the number of their report.
    ///
    /// # Errors
    /// When the number is another's, or the report has two.
    pub fn reported(&mut self, id: u64, what: (UserId, u64, CommandKey)) -> Verdict {
        if let Some((other, _)) = self.reports.iter().find(|(other, known)| (**other == id) != (**known == what)) {
            return Err(format!("reports {id} and {other} are one, or two under one number"));
        }
        self.reports.insert(id, what);
        Ok(())
    }

    /// All that was acknowledged is on disk, and no report is there twice.
    ///
    /// # Errors
    /// When it is not.
    pub fn hold(&self, disk: &Disk) -> Verdict {
        for (user, known) in &self.hidden {
            if let Some(seq) = known.difference(&hidden_by(disk, *user)?).next() {
                return Err(format!("{user} deleted message {seq} for themselves, and it is there"));
            }
        }
        let rows = match born(disk)? {
            true => disk.exec("SELECT id, target, reporter FROM reports ORDER BY id", &[]).map_err(failed)?,
            false => Vec::new(),
        };
        let read = |row: &Row| -> Result<(u64, u64, String), StoreError> {
            Ok((row.integer(0)?, row.integer(1)?, row.text(2)?.to_owned()))
        };
        let stored = rows.iter().map(read).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        for (id, (user, seq, _)) in &self.reports {
            if !stored.contains(&(*id, *seq, user.as_str().to_owned())) {
                return Err(format!("report {id} was acknowledged and is not there"));
            }
        }
        let once: BTreeSet<_> = stored.iter().map(|(_, seq, by)| (seq, by)).collect();
        (once.len() == stored.len()).then_some(()).ok_or_else(|| "a message is reported twice by one member".to_owned())
    }
}
