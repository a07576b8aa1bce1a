//! Blocks in a direct conversation: facts of its two ends, told by their accounts. While one of them holds neither end adds anything; what is there
//! can be taken away.

use quipu_schema::command::Command;
use quipu_schema::problem::{Code, Rejection};

use super::Caller;

/// Whether a command may be decided at all.
pub(super) fn let_pass(caller: &Caller<'_>, command: &Command) -> Result<(), Rejection> {
    if !caller.state.is_blocked() {
        return Ok(());
    }
    let takes_away = matches!(
        command,
        Command::Create(_)
            | Command::Delete(_)
            | Command::Unreact(_)
            | Command::Unpin(_)
            | Command::RemovePreview(_)
            | Command::ClosePoll(_)
            | Command::Leave(_)
    );
    if takes_away || matches!(command, Command::Vote(vote) if vote.choices.is_empty()) {
        return Ok(());
    }
    // Whoever is blocked is told no more than one whom the other has not chosen.
    let own = caller.state.blocks.get(&caller.actor.user).is_some_and(|block| block.on);
    Err(if own { Code::Blocking } else { Code::RecipientUnavailable }.into())
}
