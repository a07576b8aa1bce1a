//! The directory: a relational database beside the objects, where what is to be found across conversations is listed. Only text here; whoever
//! holds the database runs it.

/// Steps that make its tables, in order. Each runs once, in one transaction with the note that it did.
pub const STEPS: &[&str] = &[
    include_str!("../../../schema/directory/0001-channels.sql"),
    include_str!("../../../schema/directory/0002-people.sql"),
];

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

/// The three statements that take what an account says of its user, in one transaction; of two tellings the later stands. This one takes away what they
/// were found by before, and no longer are: app, id, time of the telling, keys (a JSON array).
pub const CLEAR_PERSON: &str = "DELETE FROM people_keys WHERE app = ?1 AND id = ?2 AND name_key IN
    (SELECT word.value FROM people, json_each(people.keys) AS word WHERE people.app = ?1 AND people.id = ?2 AND people.at < ?3)
    AND name_key NOT IN (SELECT value FROM json_each(?4))";

/// App, id, time of the telling, name, picture, keys (a JSON array), ids of those who must not find them (each after a space), and whether it is by their
/// own choice (1 or 0). Name and picture are NULL where they are not to be found.
pub const PUT_PERSON: &str = "INSERT INTO people (app, id, at, name, picture, keys, hidden_from, chosen)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (app, id) DO UPDATE SET at = excluded.at, name = excluded.name, picture = excluded.picture,
        keys = excluded.keys, hidden_from = excluded.hidden_from, chosen = excluded.chosen
    WHERE excluded.at > at";

/// Puts in what they are found by now: app, id, time of the telling.
pub const KEY_PERSON: &str = "INSERT OR IGNORE INTO people_keys (app, name_key, id)
    SELECT people.app, word.value, people.id FROM people, json_each(people.keys) AS word
    WHERE people.app = ?1 AND people.id = ?2 AND people.at = ?3";

/// People of an app by what they are found by: app, first and last key (without the last), key and id to go on after, who asks, whether those who chose
/// nothing are found (1 or 0), how many. Nobody finds themselves.
pub const PEOPLE: &str =
    "SELECT found.name_key AS name_key, people.id AS id, people.name AS name, people.picture AS picture,
        people.keys AS keys
    FROM people_keys AS found CROSS JOIN people ON people.app = found.app AND people.id = found.id
    WHERE found.app = ?1 AND found.name_key >= ?2 AND found.name_key < ?3 AND (found.name_key, found.id) > (?4, ?5)
        AND people.id <> ?6 AND people.name IS NOT NULL AND (people.chosen = 1 OR ?7 = 1)
        AND instr(people.hidden_from, ?6) = 0
    ORDER BY found.name_key, found.id LIMIT ?8";

/// The statements of a step.
pub fn statements(step: &str) -> impl Iterator<Item = &str> {
    step.split(';').map(str::trim).filter(|statement| !statement.is_empty())
}
