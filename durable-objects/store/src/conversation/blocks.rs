//! Who blocks the other end of a direct conversation: facts of its ends, as their accounts told them. One row, written with a block only.

use quipu_core::state::State;
use quipu_schema::ids::UserId;
use quipu_schema::people::Block;

use super::BLOCKS;
use crate::conversation::commit::put;
use crate::sql::{Sql, StoreError};

/// Takes a fact of a member where it is newer than what is known. Returns whether it was.
///
/// # Errors
/// [`StoreError`]; then nothing was stored, and the state is as it was.
pub fn take(sql: &impl Sql, state: &mut State, user: UserId, block: Block) -> Result<bool, StoreError> {
    if state.blocks.get(&user).is_some_and(|known| known.version >= block.version) {
        return Ok(false);
    }
    let mut blocks = state.blocks.clone();
    blocks.insert(user, block);
    put(sql, BLOCKS, &blocks)?;
    state.blocks = blocks;
    Ok(true)
}
