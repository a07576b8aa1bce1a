//! The directory: a relational database beside the objects, where what is to be found across conversations is listed. Only text here; whoever
//! holds the database runs it.

/// Steps that make its tables, in order. Each runs once, in one transaction with the note that it did.
pub const STEPS: &[&str] = &[include_str!("../../../schema/directory/0001-channels.sql")];

/// Where it stands which steps have run.
pub const CREATE_STEPS: &str = "CREATE TABLE IF NOT EXISTS directory_steps (step INTEGER PRIMARY KEY) STRICT";
/// How many have.
pub const STEPS_DONE: &str = "SELECT COUNT(*) AS done FROM directory_steps";
/// Notes that one has: its number.
pub const STEP_DONE: &str = "INSERT INTO directory_steps (step) VALUES (?1)";

/// Takes what a conversation says of itself: app, id, name, folded name, topic, avatar, members, time and seq of its last event. Nothing of an
/// earlier event replaces what was told of a later one. Name and folded name are NULL where it is not to be found.
pub const PUT_CHANNEL: &str = "INSERT INTO channels (app, id, name, folded, topic, avatar, members, at, seq)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (app, id) DO UPDATE SET name = excluded.name, folded = excluded.folded, topic = excluded.topic,
        avatar = excluded.avatar, members = excluded.members, at = excluded.at, seq = excluded.seq
    WHERE (excluded.at, excluded.seq) > (at, seq)";

/// Channels of an app by name: app, first and last folded name (without the last), folded name and id to go on after, how many.
pub const CHANNELS: &str = "SELECT id, name, folded, topic, avatar, members FROM channels
    WHERE app = ?1 AND folded IS NOT NULL AND folded >= ?2 AND folded < ?3 AND (folded, id) > (?4, ?5)
    ORDER BY folded, id LIMIT ?6";

/// The statements of a step.
pub fn statements(step: &str) -> impl Iterator<Item = &str> {
    step.split(';').map(str::trim).filter(|statement| !statement.is_empty())
}
