//! Who may do what: one table, read from top to bottom. A conversation's settings move the first row of those that are theirs to move.

use quipu_schema::envelope::Role;
use quipu_schema::settings::Settings;

/// Something a member does that not every role may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Send a message beside threads, and edit one's own; moved by [`Settings::post`].
    Write,
    /// Reply in a thread, and edit one's own reply; moved by [`Settings::thread`], and by [`Settings::post`] until that is set.
    Reply,
    /// Delete one's own message.
    DeleteOwn,
    /// React to a message; moved by [`Settings::react`].
    React,
    /// Pin a message, and take any pin away; moved by [`Settings::pin`].
    Pin,
    /// Add somebody as member or guest, moved by [`Settings::add`]; in a higher role it takes the right to give that, too.
    AddMember,
    /// Make, see and revoke invite links; moved by [`Settings::invite`].
    Invite,
    /// Take out a member of a lower role.
    RemoveMember,
    /// Give or take the roles member and guest.
    ChangeRole,
    /// Give or take the role moderator.
    AppointModerator,
    /// Give or take the roles admin and owner.
    Appoint,
    /// Change name, topic and avatar.
    Update,
    /// Delete somebody else's message.
    DeleteOthers,
    /// Freeze the conversation and slow it down, and not be held up by either; ban, and mute members of a lower role.
    Moderate,
    /// Change the other settings.
    Settings,
    /// Mention everyone, or everyone of a role; moved by [`Settings::mention`].
    MentionMany,
    /// The same in a conversation of more than 256 members, where it is never moved below moderators.
    MentionCrowd,
}

/// The table. Guest, member, moderator, admin, owner.
#[rustfmt::skip]
const TABLE: &[(Action, [bool; 5])] = &[
    //                           guest  member moder. admin  owner
    (Action::Write,            [true,  true,  true,  true,  true]),
    (Action::Reply,            [true,  true,  true,  true,  true]),
    (Action::DeleteOwn,        [true,  true,  true,  true,  true]),
    (Action::React,            [true,  true,  true,  true,  true]),
    (Action::Pin,              [false, true,  true,  true,  true]),
    (Action::AddMember,        [false, true,  true,  true,  true]),
    (Action::Invite,           [false, false, false, true,  true]),
    (Action::RemoveMember,     [false, false, true,  true,  true]),
    (Action::ChangeRole,       [false, false, false, true,  true]),
    (Action::AppointModerator, [false, false, false, true,  true]),
    (Action::Appoint,          [false, false, false, false, true]),
    (Action::Update,           [false, false, false, true,  true]),
    (Action::DeleteOthers,     [false, false, true,  true,  true]),
    (Action::Moderate,         [false, false, true,  true,  true]),
    (Action::Settings,         [false, false, false, true,  true]),
    (Action::MentionMany,      [false, true,  true,  true,  true]),
    (Action::MentionCrowd,     [false, false, true,  true,  true]),
];

/// Whether a role may do it where these settings hold.
pub fn allows(role: Role, action: Action, settings: &Settings) -> bool {
    match action {
        Action::Write => role >= settings.post.least(),
        Action::Reply => role >= settings.thread.unwrap_or(settings.post).least(),
        Action::React => role >= settings.react.least(),
        Action::Pin => role >= settings.pin.least(),
        Action::MentionMany => role >= settings.mention.least(),
        Action::MentionCrowd => role >= settings.mention.least() && listed(role, action),
        Action::AddMember => role >= settings.add.least(),
        Action::Invite => role >= settings.invite.least(),
        _ => listed(role, action),
    }
}

fn listed(role: Role, action: Action) -> bool {
    TABLE.iter().any(|(listed, [guest, member, moderator, admin, owner])| {
        *listed == action
            && match role {
                Role::Guest => *guest,
                Role::Member => *member,
                Role::Moderator => *moderator,
                Role::Admin => *admin,
                Role::Owner => *owner,
            }
    })
}

/// The action that giving or taking this role is.
pub const fn to_grant(role: Role) -> Action {
    match role {
        Role::Guest | Role::Member => Action::ChangeRole,
        Role::Moderator => Action::AppointModerator,
        Role::Admin | Role::Owner => Action::Appoint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quipu_schema::settings::Audience;

    #[test]
    fn a_higher_role_may_do_all_that_a_lower_one_may() {
        for (action, _) in TABLE {
            for pair in Role::ALL.windows(2) {
                assert!(listed(pair[1], *action) || !listed(pair[0], *action), "{action:?}");
            }
            assert!(listed(Role::Owner, *action));
        }
    }

    #[test]
    fn the_table_is_what_holds_in_a_new_conversation() {
        for (action, _) in TABLE {
            for role in Role::ALL {
                assert_eq!(allows(role, *action, &Settings::default()), listed(role, *action), "{action:?} {role:?}");
            }
        }
    }

    #[test]
    fn settings_move_the_first_row_of_what_is_theirs_to_move() {
        let least = |audience, action| {
            let settings = Settings {
                post: audience,
                add: audience,
                invite: audience,
                mention: audience,
                pin: audience,
                react: audience,
                thread: Some(audience),
                ..Settings::default()
            };
            Role::ALL.into_iter().find(|role| allows(*role, action, &settings))
        };
        for action in [
            Action::Write,
            Action::Reply,
            Action::React,
            Action::Pin,
            Action::AddMember,
            Action::Invite,
            Action::MentionMany,
        ] {
            assert_eq!(least(Audience::Everyone, action), Some(Role::Guest));
            assert_eq!(least(Audience::Members, action), Some(Role::Member));
            assert_eq!(least(Audience::Moderators, action), Some(Role::Moderator));
            assert_eq!(least(Audience::Admins, action), Some(Role::Admin));
        }
        assert_eq!(least(Audience::Admins, Action::DeleteOwn), Some(Role::Guest));
        for audience in [Audience::Everyone, Audience::Members, Audience::Moderators] {
            assert_eq!(least(audience, Action::MentionCrowd), Some(Role::Moderator));
        }
        assert_eq!(least(Audience::Admins, Action::MentionCrowd), Some(Role::Admin));
    }

    #[test]
    fn who_replies_is_who_posts_until_it_is_said() {
        let reply = |settings: Settings| Role::ALL.into_iter().find(|role| allows(*role, Action::Reply, &settings));
        let broadcast = Settings { post: Audience::Admins, ..Settings::default() };
        assert_eq!(reply(broadcast), Some(Role::Admin));
        assert_eq!(reply(Settings { thread: Some(Audience::Members), ..broadcast }), Some(Role::Member));
    }

    /// Whatever the settings, nothing is left that nobody may do.
    #[test]
    fn no_setting_limits_admins_and_owners() {
        let settings = Settings {
            post: Audience::Admins,
            add: Audience::Admins,
            invite: Audience::Admins,
            mention: Audience::Admins,
            pin: Audience::Admins,
            react: Audience::Admins,
            thread: Some(Audience::Admins),
            ..Settings::default()
        };
        for (action, _) in TABLE {
            for role in [Role::Admin, Role::Owner] {
                assert_eq!(allows(role, *action, &settings), listed(role, *action), "{action:?} {role:?}");
            }
        }
    }
}
