//! A profile is kept, and told to each conversation once per version.

use quipu_schema::ids::Epoch;
use quipu_schema::internal::{Identity, News};
use quipu_schema::profile::KeptProfile;

use super::account::news;
use super::log::{group, user};
use super::{Outcome, ensure, same};
use crate::account::take;
use crate::migrations::{ACCOUNT, migrate};
use crate::profile::{conversations, due, forget, is_in_any, is_new, keep, load, told};
use crate::sql::Sql;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    migrate(sql, ACCOUNT)?;
    keeps(sql)?;
    passed.push("a profile is kept");
    tells(sql)?;
    passed.push("each conversation is told of each version once, and anew where it knows nothing");
    shares(sql)?;
    passed.push("who shares a conversation is found");
    Ok(())
}

fn keeps(sql: &impl Sql) -> Outcome {
    same("no profile", &load(sql)?, &None)?;
    let identity = Identity {
        app: "suite".into(),
        user: user("ana")?,
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 9,
        device: None,
    };
    let mut profile: KeptProfile = quipu_core::profile::unset(&identity);
    for version in [1, 2] {
        profile.version = version;
        profile.bio = Some(format!("{version} 👩‍👩‍👧‍👦\n\u{202e}"));
        keep(sql, &profile)?;
        same("profile", &load(sql)?, &Some(profile.clone()))?;
    }
    Ok(())
}

fn tells(sql: &impl Sql) -> Outcome {
    // More than one statement names.
    for conv in 0..100u8 {
        let change = take(sql, &news(conv, 10 + u64::from(conv), 0)?)?.ok_or("news changed nothing")?;
        ensure(is_new(&change), || format!("conversation {conv} is not new"))?;
    }
    take(sql, &News { member: false, ..news(3, 500, 0)? })?;
    let all = due(sql, 1, 1_000)?;
    same("due at first", &all.len(), &99)?;
    same("the latest of them", &all.first().copied(), &Some(group(99)?))?;
    same("due, bounded", &due(sql, 1, 7)?.len(), &7)?;
    told(sql, &all, 1)?;
    same("due once told", &due(sql, 1, 1_000)?, &Vec::new())?;
    same("due of the next version", &due(sql, 2, 1_000)?.len(), &99)?;

    let more = take(sql, &news(5, 600, 0)?)?.ok_or("newer news changed nothing")?;
    ensure(!is_new(&more), || "a message made the user new".to_owned())?;
    same("due after a message", &due(sql, 1, 1_000)?, &Vec::new())?;
    let back = take(sql, &news(3, 601, 0)?)?.ok_or("coming back changed nothing")?;
    let reborn =
        take(sql, &News { epoch: Epoch::from_bits(2), ..news(4, 3, 0)? })?.ok_or("an epoch changed nothing")?;
    for change in [&back, &reborn] {
        ensure(is_new(change), || format!("{change:?} is not new"))?;
        forget(sql, change.entry.id)?;
    }
    same("due after coming back and another epoch", &due(sql, 1, 1_000)?, &vec![group(3)?, group(4)?])
}

fn shares(sql: &impl Sql) -> Outcome {
    let latest = conversations(sql, 3)?;
    same("conversations, latest first", &latest, &vec![group(3)?, group(5)?, group(99)?])?;
    let strange: Vec<_> = (100..250u8).map(group).collect::<Outcome<_>>()?;
    same("nothing shared", &is_in_any(sql, &strange)?, &false)?;
    same("nothing named", &is_in_any(sql, &[])?, &false)?;
    let mut more = strange;
    more.push(group(7)?);
    same("the last of many shared", &is_in_any(sql, &more)?, &true)?;
    take(sql, &News { member: false, ..news(7, 700, 0)? })?;
    same("one left", &is_in_any(sql, &more)?, &false)
}
