//! What every backend of [`Sql`] must pass: the same checks on rusqlite and inside workerd.
//!
//! Pure code over the trait: nothing here panics; a check that fails says in a sentence what is wrong.
//!
//! | module | what it checks |
//! |---|---|
//! | `log` | the conversation the checks drive, and what must be on disk |
//! | `conversation` | commits, waking, rolling back, erasing |
//! | `large` | former members forgotten, and whose inboxes are open |
//! | `history` | pages, versions, exports, proofs |
//! | `reactions` | reactions: kept, erased, paged, rebuilt |
//! | `invites` | invite links: kept, used, revoked, rebuilt |
//! | `reports` | reports: numbered, found, listed |
//! | `bans` | bans and mutes: kept, lifted, rebuilt |
//! | `pins` | pins: kept, gone with their message, rebuilt |
//! | `polls` | polls: voted in, closed, erased, rebuilt, found |
//! | `previews` | links that are to be looked at, and what was found |
//! | `forward` | what is copied of a message |
//! | `hidden` | what members delete for themselves |
//! | `threads` | threads: counted, followed, read, paged, rebuilt |
//! | `people` | whom a user blocks, and who has been told |
//! | `saved` | what a user saves, and what is shown of it |
//! | `spaces` | a space and its channels: told, listed, rebuilt |
//! | `search` | the index of texts, and pages of hits |
//! | `account` | the inbox and its tickets |
//! | `profile` | the user's profile, and who has been told |
//! | `devices` | where a user is signed in |
//! | `presence` | who watches, and for how long |

mod account;
mod bans;
mod conversation;
mod devices;
mod forward;
mod hidden;
mod history;
mod invites;
mod large;
mod log;
mod people;
mod pins;
mod polls;
mod presence;
mod previews;
mod profile;
mod reactions;
mod reports;
mod saved;
mod search;
mod spaces;
mod threads;

use crate::sql::{Param, Sql, StoreError, Value};

/// Runs all checks in an empty database and leaves it empty. Returns the names of the checks passed, in order.
///
/// # Errors
/// A sentence about the first check that failed; the database is then as that check left it.
pub fn run(sql: &impl Sql) -> Result<Vec<&'static str>, String> {
    let mut passed = Vec::new();
    match all(sql, &mut passed) {
        Ok(()) => Ok(passed),
        Err(Failure(why)) => {
            let last = passed.last().map_or(String::new(), |last| format!(" (after \"{last}\")"));
            Err(format!("{why}{last}"))
        }
    }
}

fn all(sql: &impl Sql, passed: &mut Vec<&'static str>) -> Outcome {
    ensure(tables(sql)?.is_empty(), || "the suite needs an empty database".to_owned())?;
    values_survive(sql)?;
    passed.push("values survive, and a transaction keeps all or nothing");
    conversation::check(sql, passed)?;
    wipe(sql)?;
    history::check(sql, passed)?;
    wipe(sql)?;
    reactions::check(sql, passed)?;
    wipe(sql)?;
    pins::check(sql, passed)?;
    wipe(sql)?;
    previews::check(sql, passed)?;
    wipe(sql)?;
    invites::check(sql, passed)?;
    wipe(sql)?;
    large::check(sql, passed)?;
    wipe(sql)?;
    polls::check(sql, passed)?;
    wipe(sql)?;
    spaces::check(sql, passed)?;
    wipe(sql)?;
    forward::check(sql, passed)?;
    wipe(sql)?;
    hidden::check(sql, passed)?;
    wipe(sql)?;
    threads::check(sql, passed)?;
    wipe(sql)?;
    bans::check(sql, passed)?;
    wipe(sql)?;
    reports::check(sql, passed)?;
    wipe(sql)?;
    saved::check_conversation(sql, passed)?;
    wipe(sql)?;
    people::check_conversation(sql, passed)?;
    wipe(sql)?;
    search::check(sql, passed)?;
    wipe(sql)?;
    account::check(sql, passed)?;
    wipe(sql)?;
    profile::check(sql, passed)?;
    wipe(sql)?;
    presence::check(sql, passed)?;
    wipe(sql)?;
    saved::check_account(sql, passed)?;
    wipe(sql)?;
    people::check_account(sql, passed)?;
    wipe(sql)?;
    devices::check(sql, passed)?;
    wipe(sql)
}

/// The backend itself: every kind of value comes back as it went in, nested transactions roll back alone.
fn values_survive(sql: &impl Sql) -> Outcome {
    sql.exec("CREATE TABLE probe (id INTEGER PRIMARY KEY, i INTEGER, t TEXT, b BLOB) STRICT", &[])?;
    let text = "é 👩‍👩‍👧‍👦 \u{202e} '";
    let large = (1 << 53) - 1;
    let bytes = [0u8, 1, 254, 255];
    let insert = "INSERT INTO probe (id, i, t, b) VALUES (?, ?, ?, ?)";
    sql.exec(insert, &[Param::Integer(1), Param::Integer(large), Param::Text(text), Param::Blob(&bytes)])?;
    sql.exec(insert, &[Param::Integer(2), Param::Null, Param::Null, Param::Null])?;
    let rows = sql.exec("SELECT i, t, b FROM probe ORDER BY id", &[])?;
    let found: Vec<&[Value]> = rows.iter().map(|row| row.0.as_slice()).collect();
    let first = [Value::Integer(large), Value::Text(text.to_owned()), Value::Blob(bytes.to_vec())];
    let second = [Value::Null, Value::Null, Value::Null];
    ensure(found == [first.as_slice(), second.as_slice()], || format!("values came back as {rows:?}"))?;

    let result = sql.transaction(&mut || {
        sql.exec("UPDATE probe SET t = 'outer' WHERE id = 2", &[])?;
        let inner = sql.transaction(&mut || {
            sql.exec("UPDATE probe SET t = 'inner' WHERE id = 2", &[])?;
            sql.exec(insert, &[Param::Integer(1), Param::Null, Param::Null, Param::Null]).map(drop)
        });
        if inner.is_ok() { Err(StoreError::Shape) } else { Ok(()) }
    });
    ensure(result.is_ok(), || "an inner transaction that fails must fail alone".to_owned())?;
    let kept = sql.exec("SELECT t FROM probe WHERE id = 2", &[])?;
    ensure(kept.first().map(|row| row.text(0)).transpose()? == Some("outer"), || {
        format!("after an inner transaction failed the row is {kept:?}")
    })?;
    let failed = sql.transaction(&mut || {
        sql.exec("DELETE FROM probe", &[])?;
        Err(StoreError::Shape)
    });
    let left = sql.exec("SELECT COUNT(*) FROM probe", &[])?;
    ensure(failed.is_err() && left.first().map(|row| row.integer(0)).transpose()? == Some(2), || {
        "a transaction that failed left its writes behind".to_owned()
    })?;
    wipe(sql)
}

/// Tables of ours; those of SQLite and of the platform are not counted.
fn tables(sql: &impl Sql) -> Outcome<Vec<String>> {
    let rows = sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", &[])?;
    let names = rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Outcome<Vec<_>>>()?;
    Ok(names.into_iter().filter(|name| !name.starts_with("sqlite_") && !name.starts_with("_cf_")).collect())
}

fn wipe(sql: &impl Sql) -> Outcome {
    for table in tables(sql)? {
        sql.exec(&format!("DROP TABLE IF EXISTS {table}"), &[])?;
    }
    Ok(())
}

/// Why a check failed.
struct Failure(String);

type Outcome<T = ()> = Result<T, Failure>;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(format!("the store failed: {error}"))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("a text does not parse: {error}"))
    }
}

impl From<&str> for Failure {
    fn from(why: &str) -> Self {
        Self(why.to_owned())
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Self {
        Self(why)
    }
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(Failure(why())) }
}

/// Compares, and shows both sides where they differ.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Outcome {
    ensure(found == expected, || format!("{what}: found {found:?}, expected {expected:?}"))
}
