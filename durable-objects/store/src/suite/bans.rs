//! Bans and mutes: kept, lifted, rebuilt from the log.

use quipu_schema::envelope::History;
use quipu_schema::moderation::FOREVER_MS;

use super::log::{Log, ban, create, mute, send, unban};
use super::{Outcome, same};
use crate::conversation::rebuild::rebuild;
use crate::sql::Sql;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben", "cleo"], History::All))?;
    log.does("ana", mute("cleo"))?;
    log.agrees("after a mute")?;
    // Dan never was a member: he is in the list of bans and in no other.
    for who in ["ben", "dan", "eve"] {
        log.does("ana", ban(who))?;
        log.agrees("after a ban")?;
    }
    log.does("ana", unban("dan"))?;
    log.does("ana", send("peace"))?;
    log.agrees("after a ban was lifted")?;
    same("bans", &log.state.bans.len(), &2)?;
    let muted = log.state.members.values().filter(|member| member.muted_until == Some(FOREVER_MS)).count();
    same("members and mutes", &(log.state.members.len(), muted), &(3, 1))?;
    rebuild(sql)?;
    log.agrees("bans rebuilt")?;
    passed.push("bans and mutes are kept, lifted, and rebuilt");
    Ok(())
}
