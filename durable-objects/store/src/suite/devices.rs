//! Devices: listed, bounded, signed out for good, and signed in by a link once.

use quipu_schema::device::SignedIn;
use quipu_schema::internal::Identity;
use quipu_schema::limits;
use quipu_schema::problem::Code;

use super::log::{group, user};
use super::{Outcome, ensure, same};
use crate::devices::{
    Admitted, SigningOut, admit, closed, due, keep_signing_out, left, list, name, opened, put_link, revoke, sign_in,
    signing_out, until,
};
use crate::migrations::{ACCOUNT, migrate};
use crate::sql::Sql;

pub(super) fn check<S: Sql>(sql: &S, passed: &mut Vec<&'static str>) -> Outcome {
    migrate(sql, ACCOUNT)?;
    listed(sql)?;
    signed_out(sql)?;
    linked(sql)?;
    bounded(sql)?;
    passed.push("devices are listed, bounded, signed out for good, and signed in by a link once");
    Ok(())
}

const EVERY: u64 = limits::DEVICE_ACTIVE_EVERY_MS;

fn listed(sql: &impl Sql) -> Outcome {
    same("nothing", &list(sql)?.len(), &0)?;
    same("new", &admit(sql, "phone", false, "curl", 1_000)?, &Admitted::New)?;
    same("known", &admit(sql, "phone", false, "other", 1_001)?, &Admitted::Known)?;
    same(
        "not written yet",
        &list(sql)?.first().map(|device| (device.active_at, device.name.clone())),
        &Some((1_000, "curl".to_owned())),
    )?;
    admit(sql, "phone", false, "other", 1_000 + EVERY)?;
    same(
        "written",
        &list(sql)?.first().map(|device| (device.created_at, device.active_at)),
        &Some((1_000, 1_000 + EVERY)),
    )?;
    same("a linked one that is unknown", &admit(sql, "ghost", true, "x", 1)?, &Admitted::Revoked)?;
    same("named", &name(sql, "phone", "Mine").map(|device| device.name).ok(), &Some("Mine".to_owned()))?;
    same("unknown", &name(sql, "tablet", "Mine").map_err(|refused| refused.code).err(), &Some(Code::DeviceNotFound))
}

fn signed_out(sql: &impl Sql) -> Outcome {
    for _ in 0..2 {
        opened(sql, "phone", group(1)?)?;
    }
    opened(sql, "phone", group(2)?)?;
    opened(sql, "phone", group(3)?)?;
    left(sql, group(3)?)?;
    admit(sql, "desk", false, "desk", 5_000)?;
    opened(sql, "desk", group(1)?)?;
    same("nothing is due", &due(sql, 10)?.len(), &0)?;
    same("signed out", &revoke(sql, "phone", 9_000).ok(), &Some(true))?;
    same("once", &revoke(sql, "phone", 9_001).ok(), &Some(false))?;
    same("unknown", &revoke(sql, "x", 1).map_err(|refused| refused.code).err(), &Some(Code::DeviceNotFound))?;
    same("refused", &admit(sql, "phone", false, "curl", 10_000)?, &Admitted::Revoked)?;
    same(
        "not listed",
        &list(sql)?.iter().map(|device| device.id.clone()).collect::<Vec<_>>(),
        &vec!["desk".to_owned()],
    )?;
    same("not named", &name(sql, "phone", "Mine").is_ok(), &false)?;
    same("due", &due(sql, 10)?.len(), &2)?;
    closed(sql, "phone", group(1)?)?;
    same("left to do", &due(sql, 10)?, &vec![("phone".to_owned(), group(2)?)])?;
    closed(sql, "phone", group(2)?)?;
    let whose = SigningOut { app: "demo".into(), user: user("ana")?, failures: 1 };
    keep_signing_out(sql, Some(&whose))?;
    same("kept", &signing_out(sql)?, &Some(whose))?;
    keep_signing_out(sql, None)?;
    same("done", &signing_out(sql)?, &None)
}

fn linked(sql: &impl Sql) -> Outcome {
    let mut identity = Identity {
        app: "demo".into(),
        user: user("ana")?,
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 9,
        device: None,
    };
    let ends = put_link(sql, "one", &identity, 1_000)?;
    same("lives", &ends, &(1_000 + limits::DEVICE_LINK_MS))?;
    same("unknown", &sign_in(sql, "two", ("a", "A"), 50, 1_000)?, &None)?;
    let session = sign_in(sql, "one", ("tablet", "Tablet"), 50, 2_000)?;
    same("signed in", &session.map(|session| (session.subject, session.until)), &Some(("ana".to_owned(), 2_050)))?;
    same("once", &sign_in(sql, "one", ("b", "B"), 50, 2_001)?, &None)?;
    same("until", &(until(sql, "tablet")?, until(sql, "desk")?), &(Some(2_050), None))?;
    same("goes on", &admit(sql, "tablet", true, "x", 2_002)?, &Admitted::Known)?;
    put_link(sql, "late", &identity, 1_000)?;
    same("expired", &sign_in(sql, "late", ("c", "C"), 50, ends)?, &None)?;
    identity.device = Some(SignedIn { id: "tablet".into(), linked: true });
    put_link(sql, "of the tablet", &identity, 3_000)?;
    ensure(revoke(sql, "tablet", 3_001).is_ok(), || "the tablet stays".to_owned())?;
    same("its links go with it", &sign_in(sql, "of the tablet", ("d", "D"), 50, 3_002)?, &None)?;
    same("and its session", &until(sql, "tablet")?, &None)?;
    identity.device = None;
    for number in 0..=limits::DEVICE_LINKS {
        put_link(sql, &format!("link {number}"), &identity, 4_000 + u64::try_from(number).unwrap_or(0))?;
    }
    same("the oldest made room", &sign_in(sql, "link 0", ("e", "E"), 50, 4_010)?, &None)
}

fn bounded(sql: &impl Sql) -> Outcome {
    for number in 0..limits::DEVICES {
        admit(sql, &format!("n{number}"), false, "n", 1_000_000 + u64::try_from(number).unwrap_or(0))?;
    }
    let listed = list(sql)?;
    same("bounded", &listed.len(), &limits::DEVICES)?;
    ensure(listed.iter().all(|device| device.id != "desk"), || "the oldest stayed".to_owned())?;
    same("its places went", &due(sql, 10)?.len(), &0)?;
    same("who was signed out stays so", &admit(sql, "phone", false, "curl", 2_000_000)?, &Admitted::Revoked)
}
