//! What a message says now, for a copy of it in another conversation.

use quipu_core::decide::Copied;
use quipu_core::visibility::Visibility;
use quipu_schema::content::Content;
use quipu_schema::envelope::{Envelope, EventType};
use quipu_schema::problem::{Code, Rejection};

use crate::sql::{Param, Sql, StoreError};

/// The text of a message, in the newest version that the reader sees.
///
/// # Errors
/// `source_not_found` where the reader sees no such message, `message_deleted`, `wrong_encryption`, `invalid_value` where it has no text; and
/// [`StoreError`].
pub fn text(sql: &impl Sql, visible: &Visibility, seq: u64, now: u64) -> Copied {
    if seq == 0 || !visible.shows(seq) {
        return Err(Code::SourceNotFound.into());
    }
    let rows = sql.exec(
        "SELECT seq, envelope, content FROM events WHERE seq = ?1 OR seq IN (SELECT seq FROM edits WHERE target = ?1) ORDER BY seq DESC",
        &[Param::Integer(seq)],
    )?;
    let message = rows.last().ok_or(Code::SourceNotFound)?;
    let envelope: Envelope = serde_json::from_str(message.text(1)?).map_err(StoreError::from)?;
    if envelope.kind != EventType::MessageCreated {
        return Err(Code::SourceNotFound.into());
    }
    for row in &rows {
        if visible.shows(row.integer(0)?) {
            let content = row.optional_text(2)?.filter(|_| envelope.expires_at.is_none_or(|at| at > now));
            let content =
                content.ok_or_else(|| Rejection::new(Code::MessageDeleted, "The message has been deleted."))?;
            return match serde_json::from_str(content).map_err(StoreError::from)? {
                Content::Text(text) => Ok(text.text),
                Content::Ciphertext(_) => Err(encrypted()),
                _ => Err(Rejection::new(Code::InvalidValue, "Only messages with a text can be forwarded.")),
            };
        }
    }
    Err(Code::SourceNotFound.into())
}

/// Why nothing is forwarded from an encrypted conversation.
pub fn encrypted() -> Rejection {
    let sentence = "The conversation it stands in is encrypted: the server cannot read what is to be copied.";
    Rejection::new(Code::WrongEncryption, sentence)
}
