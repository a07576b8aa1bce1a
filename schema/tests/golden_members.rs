//! Adding several members in one call: what is asked, answered and passed between objects, and the keys that follow.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use quipu_schema::envelope::Role;
use quipu_schema::ids::UserRef;
use quipu_schema::internal::{AccountOp, ConversationOp, Identity};
use quipu_schema::members::{AddMembers, AddedMember, AddedMembers, MembersAnswer, PostMembers};
use quipu_schema::problem::{Code, Rejection};
use quipu_schema::socket::Ack;
use support::{again, golden, json, key, user};

#[test]
fn several_members_keep_their_form() {
    let by_subject = UserRef::Subject("ben".into());
    let users = vec![by_subject.clone(), UserRef::Id(user("cleo"))];
    let several = PostMembers { user: None, users: Some(users.clone()), role: Role::Guest };
    let one = PostMembers { user: Some(by_subject.clone()), users: None, role: Role::Member };
    let ack = Ack { key: key(), seq: 7, erased: false };
    let results = vec![
        AddedMember::new(by_subject, Ok(ack)),
        AddedMember::new(UserRef::Id(user("cleo")), Err(Rejection::from(Code::Banned))),
    ];
    let identity = Identity {
        app: "demo".into(),
        user: user("ana"),
        subject: "ana".into(),
        name: None,
        picture: None,
        expires_at: 1_790_003_600,
        device: None,
    };
    let cases = [
        ("post: several", json(&several)),
        ("post: one", json(&one)),
        ("answer: several", json(&MembersAnswer::Several(AddedMembers { results }))),
        ("answer: one", json(&MembersAnswer::One(ack))),
        (
            "call: conversation",
            json(&ConversationOp::AddMembers { key: key(), add: AddMembers { users, role: Role::Member } }),
        ),
        ("call: account", json(&AccountOp::MayReachEach { identity, users: vec![user("ben")] })),
        ("key of ben", json(&key().for_member(user("ben")))),
        ("key of cleo", json(&key().for_member(user("cleo")))),
    ];
    for (name, text) in &golden("members", &cases) {
        let text = text.get();
        let written = match name.as_str() {
            "call: conversation" => again::<ConversationOp>(text),
            "call: account" => again::<AccountOp>(text),
            name if name.starts_with("post") => again::<PostMembers>(text),
            name if name.starts_with("answer") => again::<MembersAnswer>(text),
            _ => continue,
        };
        assert_eq!(written, text, "{name}");
    }
}
