//! Devices: bodies, the frame of the inbox socket, and the calls.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::device::{
    Device, DeviceLink, DeviceSession, DevicesFrame, DevicesPage, LinkedSession, PatchDevice, PostDeviceSession,
    SignedIn,
};
use quipu_schema::inbox::InboxServerFrame;
use quipu_schema::internal::{AccountOp, ConversationCall, ConversationOp, Identity};
use support::{golden, group, json, round_trips, user};

fn identity(linked: bool) -> Identity {
    Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: Some(SignedIn { id: "phone-1".into(), linked }),
    }
}

#[test]
fn devices_keep_their_bytes() {
    let phone = Device {
        id: "phone-1".into(),
        name: "Firefox · Android".into(),
        created_at: 1_790_000_000_000,
        active_at: 1_790_000_600_000,
        connected: true,
        current: true,
        signed_in_until: Some(1_792_592_000_000),
    };
    let other = Device {
        id: "desk".into(),
        name: "Chrome · Linux".into(),
        connected: false,
        current: false,
        signed_in_until: None,
        ..phone.clone()
    };
    let (me, linked) = (identity(false), identity(true));
    let device = "phone-1".to_owned();
    let hash = "hash".to_owned();
    let agent = Some("curl/8.5.0".to_owned());
    let admit = AccountOp::Admit { identity: me.clone(), agent: agent.clone(), conv: Some(group()) };
    let sign_in = AccountOp::SignIn { secret_hash: hash.clone(), device: device.clone(), agent, lasts_ms: 1_000 };
    let name = AccountOp::NameDevice { identity: me.clone(), device: device.clone(), name: "Desk".into() };
    let sign_out = ConversationCall {
        conv: group(),
        identity: me.clone(),
        op: ConversationOp::SignOut { device: device.clone() },
    };
    let session = DeviceSession { token: "t".into(), user: user("ana"), device: device.clone(), expires_at: 1 };
    let golden = golden(
        "devices",
        &[
            ("page", json(&DevicesPage { devices: vec![phone, other] })),
            ("patch", json(&PatchDevice { name: "Desk".into() })),
            ("link", json(&DeviceLink { link: "l".into(), expires_at_ms: 1 })),
            ("sign in", json(&PostDeviceSession { link: "l".into() })),
            ("session", json(&session)),
            ("server: devices", json(&InboxServerFrame::Devices(DevicesFrame {}))),
            ("call: admit", json(&admit)),
            ("call: admit, plainly", json(&AccountOp::Admit { identity: linked.clone(), agent: None, conv: None })),
            ("call: devices", json(&AccountOp::Devices { identity: me.clone() })),
            ("call: name", json(&name)),
            ("call: revoke", json(&AccountOp::RevokeDevice { identity: me.clone(), device })),
            ("call: link", json(&AccountOp::LinkDevice { identity: me, secret_hash: hash })),
            ("call: sign in", json(&sign_in)),
            ("call: renew", json(&AccountOp::RenewDevice { identity: linked })),
            ("conversation: sign out", json(&sign_out)),
            ("answer: session", json(&LinkedSession { subject: "ana".into(), until: 1 })),
        ],
    );
    let part = |prefix: &str| golden.clone().into_iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    round_trips::<DevicesPage>(&part("page"));
    round_trips::<PatchDevice>(&part("patch"));
    round_trips::<PostDeviceSession>(&part("sign in"));
    round_trips::<DeviceSession>(&part("session"));
    round_trips::<InboxServerFrame>(&part("server"));
    round_trips::<AccountOp>(&part("call"));
    round_trips::<ConversationCall>(&part("conversation"));
    round_trips::<LinkedSession>(&part("answer"));
}
