//! Invite links: numbered, found by their hash, used as often as the log says, gone from the list when they no longer work.

use quipu_core::invites::{Made, Revoked};
use quipu_schema::envelope::{History, Role};
use quipu_schema::http::invites::CreateInvite;
use quipu_schema::ids::CommandKey;
use quipu_schema::problem::Code;

use super::log::{Log, create, join, link, user};
use super::{Outcome, same};
use crate::conversation::invites::{find, put, revoke, working};
use crate::conversation::rebuild::rebuild;
use crate::sql::Sql;

const MINUTE: u64 = 60;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    let mut log = Log::new(sql)?;
    log.does("ana", create(&["ben"], History::All))?;
    let at = log.now;
    let open = CreateInvite { role: Role::Member, expires_in_s: None, max_uses: None };
    let asked = [
        open,
        CreateInvite { max_uses: Some(2), ..open },
        CreateInvite { expires_in_s: Some(MINUTE), ..open },
        CreateInvite { expires_in_s: Some(MINUTE), max_uses: Some(1), ..open },
    ];
    for (number, asked) in (1..).zip(asked) {
        let made = Made { by: user("ana")?, key: CommandKey::from_random([number; 16]), at, asked, revoked: None };
        let kept = put(sql, &link(number)?.hash(), made, at)?;
        same("the number of a link", &kept.id, &u64::from(number))?;
        same("a link found by its hash", &find(sql, &link(number)?.hash())?, &Some(kept))?;
    }
    let ids = |now: u64| -> Outcome<Vec<u64>> { Ok(working(sql, now)?.iter().map(|invite| invite.id).collect()) };
    same("links that work", &ids(at)?, &vec![4, 3, 2, 1])?;
    same("links that work after a minute", &ids(at + MINUTE * 1000)?, &vec![2, 1])?;
    same("a link nobody made", &find(sql, &link(9)?.hash())?, &None)?;

    log.does("cleo", join(link(2)?))?;
    let retried = log.ask("dan", join(link(2)?))?;
    let joined = log.again(&retried)?;
    log.agrees("after two joined by a link")?;
    same("the same key again", &log.again(&retried)?, &joined)?;
    let late = log.ask("eve", join(link(2)?))?;
    same("a third use of two", &log.refused(&late)?, &Code::InviteUsedUp)?;
    same("links that work when one is used up", &ids(at)?, &vec![4, 3, 1])?;

    let (first, later) = (Revoked { by: user("ana")?, at: 7 }, Revoked { by: user("ben")?, at: 8 });
    same("a link revoked", &revoke(sql, 1, first)?, &true)?;
    same("the same again", &revoke(sql, 1, later)?, &true)?;
    same("a link that is none", &revoke(sql, 9, first)?, &false)?;
    same("who revoked it", &find(sql, &link(1)?.hash())?.and_then(|kept| kept.made.revoked), &Some(first))?;
    let late = log.ask("eve", join(link(1)?))?;
    same("joining by a revoked link", &log.refused(&late)?, &Code::InviteRevoked)?;
    same("links that work when one is revoked", &ids(at)?, &vec![4, 3])?;

    log.now = at + MINUTE * 1000;
    let made =
        Made { by: user("ana")?, key: CommandKey::from_random([5; 16]), at: log.now, asked: open, revoked: None };
    same("the number of the next link", &put(sql, &link(5)?.hash(), made, log.now)?.id, &5)?;
    let late = log.ask("eve", join(link(3)?))?;
    same("joining by an expired link", &log.refused(&late)?, &Code::InviteExpired)?;
    log.does("eve", join(link(5)?))?;

    let links = || sql.exec("SELECT * FROM invites ORDER BY id", &[]);
    let kept = links()?;
    rebuild(sql)?;
    same("links after a rebuild", &links()?, &kept)?;
    log.agrees("links rebuilt")?;
    passed.push("invite links are kept, used, revoked and expire, and their uses are rebuilt");
    Ok(())
}
