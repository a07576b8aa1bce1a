//! Who may do what: one table, read from top to bottom.

use quipu_schema::envelope::Role;

/// Something a member does that not every role may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Send a message, edit and delete one's own.
    Write,
    /// React to a message, and take one's own reaction back.
    React,
    /// Pin a message, and take any pin away.
    Pin,
    /// Add somebody as member or guest; adding an admin or owner takes [`Action::Appoint`] too.
    AddMember,
    /// Take out a member of a lower role.
    RemoveMember,
    /// Give or take the roles member and guest.
    ChangeRole,
    /// Give or take the roles admin and owner.
    Appoint,
    /// Change name, topic and avatar.
    Update,
    /// Delete somebody else's message.
    DeleteOthers,
}

/// The table. Guest, member, admin, owner.
#[rustfmt::skip]
const TABLE: &[(Action, [bool; 4])] = &[
    //                       guest  member admin  owner
    (Action::Write,        [true,  true,  true,  true]),
    (Action::React,        [true,  true,  true,  true]),
    (Action::Pin,          [false, true,  true,  true]),
    (Action::AddMember,    [false, true,  true,  true]),
    (Action::RemoveMember, [false, false, true,  true]),
    (Action::ChangeRole,   [false, false, true,  true]),
    (Action::Appoint,      [false, false, false, true]),
    (Action::Update,       [false, false, true,  true]),
    (Action::DeleteOthers, [false, false, true,  true]),
];

/// Whether a role may do it.
pub fn allows(role: Role, action: Action) -> bool {
    TABLE.iter().any(|(listed, [guest, member, admin, owner])| {
        *listed == action
            && match role {
                Role::Guest => *guest,
                Role::Member => *member,
                Role::Admin => *admin,
                Role::Owner => *owner,
            }
    })
}

/// The action that giving or taking this role is.
pub const fn to_grant(role: Role) -> Action {
    match role {
        Role::Guest | Role::Member => Action::ChangeRole,
        Role::Admin | Role::Owner => Action::Appoint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_role_may_do_all_that_a_lower_one_may() {
        let roles = [Role::Guest, Role::Member, Role::Admin, Role::Owner];
        for (action, _) in TABLE {
            for pair in roles.windows(2) {
                assert!(allows(pair[1], *action) || !allows(pair[0], *action), "{action:?}");
            }
            assert!(allows(Role::Owner, *action));
        }
    }
}
