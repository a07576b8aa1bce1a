//! Numbered steps, each run once, in order, in one transaction. A step is never edited once released: add another.

use crate::sql::{Param, Sql, StoreError};

/// The steps of a Conversation object.
pub const CONVERSATION: &[&[&str]] = &[
    LOG, REACTIONS, MENTIONS, INVITES, HIDDEN, THREADS, BANS, REPORTS, PREVIEWS, LISTENERS, EVERYTHING, POLLS, CHANNELS,
];

const LOG: &[&str] = &[
    // The log. `command` is sender ‖ key, on the first event of each command; a partial index keeps follow-up events free of its cost.
    "CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        envelope TEXT NOT NULL,
        content TEXT,
        salt TEXT,
        command BLOB,
        fingerprint BLOB,
        tree BLOB NOT NULL
    ) STRICT",
    "CREATE UNIQUE INDEX events_command ON events (command) WHERE command IS NOT NULL",
    // Projections: what changed after a message was sent. Sparse: an untouched message has no row here.
    "CREATE TABLE edits (target INTEGER NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (target, version)) STRICT, WITHOUT ROWID",
    "CREATE TABLE deletions (target INTEGER PRIMARY KEY, seq INTEGER NOT NULL) STRICT",
    "CREATE TABLE members (user TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE cells (kind TEXT NOT NULL, user TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (kind, user)) STRICT, WITHOUT ROWID",
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
];

/// One row per reaction that stands, and no index beside its key: a message has few enough to be counted.
const REACTIONS: &[&str] = &[
    "CREATE TABLE reactions (target INTEGER NOT NULL, user TEXT NOT NULL, emoji TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (target, user, emoji)) STRICT, WITHOUT ROWID",
];

/// Whom messages address, in their newest version: user ids, `everyone`, names of roles.
const MENTIONS: &[&str] = &[
    "CREATE TABLE mentions (whom TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (whom, seq)) STRICT, WITHOUT ROWID",
];

/// Links that are never forgotten, so that a key makes one once and a revoked one stays revoked; the index holds those that may let somebody in.
/// `closed`: 0 not, 1 revoked, 2 found expired.
const INVITES: &[&str] = &[
    "CREATE TABLE invites (
        id INTEGER PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        uses INTEGER NOT NULL,
        max_uses INTEGER,
        expires_at INTEGER,
        closed INTEGER NOT NULL,
        value TEXT NOT NULL
    ) STRICT",
    "CREATE INDEX invites_working ON invites (id) WHERE closed = 0 AND (max_uses IS NULL OR uses < max_uses)",
];

/// Messages that members deleted for themselves. By member for their pages, by message for whom an edit or a last line must not reach.
const HIDDEN: &[&str] = &[
    "CREATE TABLE hidden (user TEXT NOT NULL, seq INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (user, seq)) STRICT, WITHOUT ROWID",
    "CREATE INDEX hidden_seq ON hidden (seq)",
];

/// Replies by thread and how each thread stands: projections. Places of members in threads: facts and cells, with the cells' versions.
const THREADS: &[&str] = &[
    "CREATE TABLE replies (root INTEGER NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (root, seq)) STRICT, WITHOUT ROWID",
    "CREATE TABLE threads (root INTEGER PRIMARY KEY, n INTEGER NOT NULL, deleted INTEGER NOT NULL, last INTEGER NOT NULL, last_at INTEGER NOT NULL, participants TEXT NOT NULL) STRICT",
    "CREATE TABLE thread_places (root INTEGER NOT NULL, user TEXT NOT NULL, following INTEGER NOT NULL, read INTEGER NOT NULL, read_n INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (root, user)) STRICT, WITHOUT ROWID",
    "CREATE INDEX thread_places_user ON thread_places (user, version)",
];

/// Who is banned.
const BANS: &[&str] = &["CREATE TABLE bans (user TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"];

/// Reports of messages: facts, of which none is ever forgotten.
const REPORTS: &[&str] = &[
    "CREATE TABLE reports (id INTEGER PRIMARY KEY, target INTEGER NOT NULL, reporter TEXT NOT NULL, open INTEGER NOT NULL, value TEXT NOT NULL) STRICT",
    "CREATE UNIQUE INDEX reports_once ON reports (target, reporter)",
    "CREATE INDEX reports_open ON reports (id) WHERE open = 1",
];

/// Previews of messages' links, and that they were taken away: a projection, sparse like edits.
const PREVIEWS: &[&str] = &[
    "CREATE TABLE previews (target INTEGER NOT NULL, seq INTEGER NOT NULL, removed INTEGER NOT NULL, PRIMARY KEY (target, seq)) STRICT, WITHOUT ROWID",
];

/// Members of a large conversation whose inboxes are open.
const LISTENERS: &[&str] = &["CREATE TABLE listeners (user TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"];

/// Members who want to hear of everything in a large conversation, or no longer.
const EVERYTHING: &[&str] = &[
    "CREATE TABLE everything (user TEXT PRIMARY KEY, version INTEGER NOT NULL, wanted INTEGER NOT NULL) STRICT, WITHOUT ROWID",
];

/// How each poll stands that was voted in or closed, the votes that count, and which commands cast them: facts, but for `closed`, a projection. Keys
/// are kept for ever, as those of events are; the fingerprint goes with the poll.
const POLLS: &[&str] = &[
    "CREATE TABLE polls (poll INTEGER PRIMARY KEY, version INTEGER NOT NULL, counts TEXT NOT NULL, voters INTEGER NOT NULL, closed INTEGER NOT NULL) STRICT",
    "CREATE TABLE votes (poll INTEGER NOT NULL, user TEXT NOT NULL, choices INTEGER NOT NULL, PRIMARY KEY (poll, user)) STRICT, WITHOUT ROWID",
    "CREATE TABLE vote_keys (command BLOB PRIMARY KEY, poll INTEGER NOT NULL, fingerprint BLOB) STRICT, WITHOUT ROWID",
];

/// Of a space: what channels have told of themselves. `added`: the event that added the channel, 0 where it is none any longer.
const CHANNELS: &[&str] = &[
    "CREATE TABLE channels (channel TEXT PRIMARY KEY, added INTEGER NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL, entered INTEGER NOT NULL, open INTEGER NOT NULL, card TEXT) STRICT, WITHOUT ROWID",
];

/// The steps of an Account object.
pub const ACCOUNT: &[&[&str]] = &[
    &[
        "CREATE TABLE entries (
        conv TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        at INTEGER NOT NULL,
        member INTEGER NOT NULL,
        unread INTEGER NOT NULL,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID",
        "CREATE INDEX entries_version ON entries (version)",
        "CREATE INDEX entries_at ON entries (at, conv) WHERE member = 1",
        "CREATE TABLE tickets (secret_hash TEXT PRIMARY KEY, identity TEXT NOT NULL, expires_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    ],
    // What the user lays down about a conversation. No index: it would cost a row with every message of what is pinned, and is asked for seldom.
    &[
        "ALTER TABLE entries ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE entries ADD COLUMN marked_after INTEGER NOT NULL DEFAULT 0",
    ],
    // What parts of the list and totals go by. Few entries have any of it: they alone are written anew.
    &[
        "ALTER TABLE entries ADD COLUMN mentions INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE entries ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE entries ADD COLUMN archived INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE entries ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE entries ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0",
        "UPDATE entries SET mentions = COALESCE(json_extract(value, '$.mentions'), 0), \
         muted_until = COALESCE(json_extract(value, '$.muted_until'), 0), \
         archived = COALESCE(json_extract(value, '$.archived'), 0), \
         hidden = COALESCE(json_extract(value, '$.hidden'), 0), \
         marked_unread = COALESCE(json_extract(value, '$.marked_unread'), 0) \
         WHERE COALESCE(json_extract(value, '$.mentions'), json_extract(value, '$.muted_until'), json_extract(value, '$.archived'), \
         json_extract(value, '$.hidden'), json_extract(value, '$.marked_unread')) IS NOT NULL",
    ],
    // Which version of the user's profile the conversation has taken. No index, for the same reason.
    &["ALTER TABLE entries ADD COLUMN profile_told INTEGER NOT NULL DEFAULT 0"],
    // Accounts that watch the user's presence, by right of which conversation, and until when.
    &["CREATE TABLE watchers (user TEXT PRIMARY KEY, conv TEXT, until INTEGER NOT NULL) STRICT, WITHOUT ROWID"],
    SAVED,
    PEOPLE,
    DEVICES,
    LARGE,
    LEVELS,
    THREADED,
];

/// What the user has laid down about others, and direct conversations that are still to be told of a block.
const PEOPLE: &[&str] = &[
    "CREATE TABLE people (user TEXT PRIMARY KEY, blocked INTEGER NOT NULL, contact INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE block_calls (conv TEXT PRIMARY KEY, peer TEXT NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID",
];

/// Messages the user has saved, in the order in which they were. There are few enough to be walked.
const SAVED: &[&str] = &[
    "CREATE TABLE saved (version INTEGER PRIMARY KEY, conv TEXT NOT NULL, seq INTEGER NOT NULL, epoch TEXT NOT NULL, at INTEGER NOT NULL) STRICT",
];

/// Devices; where each has opened a socket, so that they can be closed; links that sign one in.
const DEVICES: &[&str] = &[
    "CREATE TABLE devices (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL, active_at INTEGER NOT NULL, until INTEGER, revoked_at INTEGER) STRICT, WITHOUT ROWID",
    "CREATE TABLE device_conversations (device TEXT NOT NULL, conv TEXT NOT NULL, PRIMARY KEY (device, conv)) STRICT, WITHOUT ROWID",
    "CREATE TABLE device_links (secret_hash TEXT PRIMARY KEY, subject TEXT NOT NULL, device TEXT, expires_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",
];

/// Whether the conversation is a large one, whose news the account asks for. The index has those alone, and no activity moves them in it.
const LARGE: &[&str] = &[
    "ALTER TABLE entries ADD COLUMN large INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX entries_large ON entries (large) WHERE large = 1",
];

/// The level that holds (1 `all`, 2 `mentions`, 3 `nothing`), and what counts by it. Large conversations call by mentions alone where nothing was
/// chosen. The index has those that are to be told who wants to hear of everything.
const LEVELS: &[&str] = &[
    "ALTER TABLE entries ADD COLUMN level INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE entries ADD COLUMN thread_mentions INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE entries ADD COLUMN everyone INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE entries ADD COLUMN notify_due INTEGER NOT NULL DEFAULT 0",
    "UPDATE entries SET level = 2, thread_mentions = COALESCE(json_extract(value, '$.thread_mentions'), 0) WHERE large = 1",
    "CREATE INDEX entries_notify_due ON entries (conv) WHERE notify_due = 1",
];

/// How many threads that the user follows have unread replies. Few entries have any.
const THREADED: &[&str] = &[
    "ALTER TABLE entries ADD COLUMN threads INTEGER NOT NULL DEFAULT 0",
    "UPDATE entries SET threads = json_extract(value, '$.threads') WHERE json_extract(value, '$.threads') IS NOT NULL",
];

/// Brings a database to the newest step. Reads one row when there is nothing to do.
///
/// # Errors
/// [`StoreError::Sqlite`]; then the database is as it was.
pub fn migrate(sql: &impl Sql, steps: &[&[&str]]) -> Result<(), StoreError> {
    sql.exec("CREATE TABLE IF NOT EXISTS migrations (step INTEGER PRIMARY KEY) STRICT", &[])?;
    let done = match sql.exec("SELECT COALESCE(MAX(step), 0) FROM migrations", &[])?.first() {
        Some(row) => usize::try_from(row.integer(0)?).unwrap_or(usize::MAX),
        None => 0,
    };
    let Some(missing) = steps.get(done..).filter(|missing| !missing.is_empty()) else { return Ok(()) };
    sql.transaction(&mut || {
        for statement in missing.iter().copied().flatten() {
            sql.exec(statement, &[])?;
        }
        // The last stands for those before it: a row for each would be paid for by every conversation and account.
        let newest = u64::try_from(steps.len()).unwrap_or(u64::MAX);
        sql.exec("INSERT INTO migrations (step) VALUES (?)", &[Param::Integer(newest)]).map(drop)
    })
}
