//! Reactions in an export: each is to a message, its member alone takes it back, and then its emoji is gone.

use std::collections::{BTreeMap, HashMap};

use quipu_schema::ids::UserId;

/// Reactions that stand, by message and event.
#[derive(Default)]
pub(super) struct Reactions(HashMap<u64, BTreeMap<u64, Reaction>>);

struct Reaction {
    member: UserId,
    /// The line of its content; `None` where that is gone.
    line: Option<u64>,
}

impl Reactions {
    pub(super) fn added(&mut self, seq: u64, target: u64, member: UserId, line: Option<u64>) {
        self.0.entry(target).or_default().insert(seq, Reaction { member, line });
    }

    /// Whether it stood: returns how many contents are known to be erased by this. `whole`: nothing is withheld.
    pub(super) fn removed(
        &mut self,
        seq: u64,
        target: u64,
        member: UserId,
        reaction: Option<u64>,
        whole: bool,
    ) -> Result<u64, String> {
        let reaction = reaction.ok_or_else(|| format!("event {seq} does not say which reaction it takes back"))?;
        let Some(found) = self.0.get_mut(&target).and_then(|reactions| reactions.remove(&reaction)) else {
            let problem = format!("event {seq} takes back reaction {reaction} to message {target}, and there is none");
            return if whole { Err(problem) } else { Ok(0) };
        };
        if found.member != member {
            return Err(format!("event {seq} takes back reaction {reaction} of another member"));
        }
        gone(seq, reaction, &found)
    }

    /// All reactions to a message go with it.
    pub(super) fn deleted(&mut self, seq: u64, target: u64) -> Result<u64, String> {
        let reactions = self.0.remove(&target).unwrap_or_default();
        reactions.iter().try_fold(0, |erased, (reaction, found)| Ok(erased + gone(seq, *reaction, found)?))
    }

    /// Reactions that stand and whose emoji is gone without a reason.
    pub(super) fn missing(&self) -> u64 {
        let missing = self.0.values().flat_map(BTreeMap::values).filter(|reaction| reaction.line.is_none()).count();
        u64::try_from(missing).unwrap_or(u64::MAX)
    }
}

fn gone(seq: u64, reaction: u64, found: &Reaction) -> Result<u64, String> {
    match found.line {
        None => Ok(1),
        Some(line) => {
            Err(format!("event {seq} takes away reaction {reaction}, whose content is still there (line {line})"))
        }
    }
}
