//! Who watches a presence: kept for a time, bounded, and dismissed with what entitled them.

use quipu_core::presence::Left;
use quipu_schema::ids::UserId;
use quipu_schema::limits;
use quipu_schema::presence::{PresenceAudience, PresenceState};

use super::log::{group, user};
use super::{Outcome, ensure, same};
use crate::account::take;
use crate::migrations::{ACCOUNT, migrate};
use crate::presence::{
    Dismissed, Kept, dismiss, forget_lapsed, is_in, is_watched, keep, load, unwatch, watch, watchers,
};
use crate::sql::Sql;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    migrate(sql, ACCOUNT)?;
    row(sql)?;
    watched(sql)?;
    bounded(sql)?;
    shared(sql)?;
    passed.push("watchers are kept for a time, bounded, and go with what entitled them");
    Ok(())
}

fn row(sql: &impl Sql) -> Outcome {
    same("nothing kept", &load(sql)?, &Kept::default())?;
    let kept = Kept {
        audience: PresenceAudience::Nobody,
        left: Some(Left { at: 1_790_000_000_000, away: true }),
        told: Some(PresenceState::Away),
        whose: Some(("demo".to_owned(), user("ana")?)),
    };
    keep(sql, &kept)?;
    same("kept", &load(sql)?, &kept)?;
    keep(sql, &Kept::default())?;
    same("kept anew", &load(sql)?, &Kept::default())
}

fn sorted(mut users: Vec<UserId>) -> Vec<UserId> {
    users.sort_unstable();
    users
}

fn watched(sql: &impl Sql) -> Outcome {
    let (ben, cleo) = (user("ben")?, user("cleo")?);
    same("watched", &is_watched(sql, 0)?, &false)?;
    ensure(watch(sql, ben, Some(group(1)?), 100, 0)? && watch(sql, cleo, None, 50, 0)?, || "refused".to_owned())?;
    same("both watch", &watchers(sql, 49)?, &sorted(vec![ben, cleo]))?;
    same("one has ended", &watchers(sql, 50)?, &vec![ben])?;
    ensure(watch(sql, cleo, Some(group(2)?), 200, 50)?, || "refused".to_owned())?;
    same("renewed", &watchers(sql, 150)?, &vec![cleo])?;
    same("lapsed", &forget_lapsed(sql, 100)?, &1)?;
    same("lapsed once", &forget_lapsed(sql, 100)?, &0)?;
    unwatch(sql, cleo)?;
    same("nobody is left", &is_watched(sql, 0)?, &false)
}

fn bounded(sql: &impl Sql) -> Outcome {
    let first = user("0")?;
    for number in 0..limits::WATCHERS {
        ensure(watch(sql, user(&number.to_string())?, None, 100, 0)?, || format!("watcher {number} was refused"))?;
    }
    let late = user("late")?;
    ensure(!watch(sql, late, None, 100, 0)?, || "one too many was taken".to_owned())?;
    ensure(watch(sql, first, None, 200, 0)?, || "one who watches was refused".to_owned())?;
    ensure(watch(sql, late, None, 300, 100)?, || "those whose time is up made no room".to_owned())?;
    same("after the bound", &watchers(sql, 100)?, &sorted(vec![first, late]))?;
    same("all go, one has ended", &dismiss(sql, Dismissed::All, 250)?, &vec![late])?;
    same("nobody is left", &is_watched(sql, 0)?, &false)
}

fn shared(sql: &impl Sql) -> Outcome {
    let (here, there) = (group(1)?, group(2)?);
    same("in no conversation", &is_in(sql, here)?, &false)?;
    let mut news = super::account::news(1, 1, 0)?;
    take(sql, &news)?;
    same("in one", &(is_in(sql, here)?, is_in(sql, there)?), &(true, false))?;
    news.member = false;
    news.seq = 2;
    take(sql, &news)?;
    same("and out again", &is_in(sql, here)?, &false)?;
    let (ben, cleo) = (user("ben")?, user("cleo")?);
    watch(sql, ben, Some(here), 100, 0)?;
    watch(sql, cleo, Some(there), 100, 0)?;
    same("who came by it goes", &dismiss(sql, Dismissed::Of(here), 0)?, &vec![ben])?;
    same("others stay", &watchers(sql, 0)?, &vec![cleo])?;
    watch(sql, ben, None, 100, 0)?;
    same("strangers go", &dismiss(sql, Dismissed::Strangers, 0)?, &vec![ben])?;
    unwatch(sql, cleo)?;
    same("nobody is left", &is_watched(sql, 0)?, &false)
}
