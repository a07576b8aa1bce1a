//! What a conversation lets its members do beyond the table of roles. Integers, truth values and words of a fixed list only: nothing that must
//! ever be erased.

use serde::{Deserialize, Serialize};

use crate::envelope::Role;

/// From which role on something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Guests, too.
    Everyone,
    /// Members and above.
    Members,
    /// Moderators and above.
    Moderators,
    /// Admins and owners.
    Admins,
}

impl Audience {
    /// Whether it is admins and owners.
    // Serde asks with a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) const fn is_admins(&self) -> bool {
        matches!(self, Self::Admins)
    }

    /// Whether it is members and above.
    // Serde asks with a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) const fn is_members(&self) -> bool {
        matches!(self, Self::Members)
    }

    /// Whether it is everybody.
    // Serde asks with a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) const fn is_everyone(&self) -> bool {
        matches!(self, Self::Everyone)
    }

    /// The lowest role that belongs to it.
    pub const fn least(self) -> Role {
        match self {
            Self::Everyone => Role::Guest,
            Self::Members => Role::Member,
            Self::Moderators => Role::Moderator,
            Self::Admins => Role::Admin,
        }
    }
}

/// Whether a conversation can be found and joined without an invitation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChannelVisibility {
    /// By invitation only.
    #[default]
    Private,
    /// A public channel: everybody of the app finds it in the directory and may join.
    Public,
    /// An open channel of a space: the members of the space find it and may join.
    Space,
}

impl ChannelVisibility {
    /// Whether it is by invitation only.
    // Serde asks with a reference.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) const fn is_private(&self) -> bool {
        matches!(self, Self::Private)
    }
}

/// The settings of a conversation, as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Settings {
    /// Who adds members.
    pub add: Audience,
    /// Nobody below moderator writes, edits, reacts or pins.
    pub frozen: bool,
    /// Who makes, sees and revokes invite links; absent where it is admins.
    #[serde(skip_serializing_if = "Audience::is_admins")]
    pub invite: Audience,
    /// Who mentions everyone, or a role; never less than moderators above 256 members. Absent where it is members.
    #[serde(skip_serializing_if = "Audience::is_members")]
    pub mention: Audience,
    /// Who pins messages and takes pins away; absent where it is members.
    #[serde(skip_serializing_if = "Audience::is_members")]
    pub pin: Audience,
    /// Who sends messages; `admins` makes a broadcast channel.
    pub post: Audience,
    /// Who reacts; absent where it is everybody.
    #[serde(skip_serializing_if = "Audience::is_everyone")]
    pub react: Audience,
    /// Those below moderator wait so many seconds between two messages; 0: slow mode is off.
    pub slow_mode_s: u32,
    /// Who replies in threads; absent where it is who sends messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Audience>,
    /// Whether it can be found and joined without an invitation; absent where it cannot.
    #[serde(skip_serializing_if = "ChannelVisibility::is_private")]
    pub visibility: ChannelVisibility,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            add: Audience::Members,
            frozen: false,
            invite: Audience::Admins,
            mention: Audience::Members,
            pin: Audience::Members,
            post: Audience::Everyone,
            react: Audience::Everyone,
            slow_mode_s: 0,
            thread: None,
            visibility: ChannelVisibility::Private,
        }
    }
}

impl Settings {
    /// Whether they are those of a new conversation.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Lays a change over them.
    #[must_use]
    pub fn with(self, change: &SettingsChange) -> Self {
        Self {
            add: change.add.unwrap_or(self.add),
            frozen: change.frozen.unwrap_or(self.frozen),
            invite: change.invite.unwrap_or(self.invite),
            mention: change.mention.unwrap_or(self.mention),
            pin: change.pin.unwrap_or(self.pin),
            post: change.post.unwrap_or(self.post),
            react: change.react.unwrap_or(self.react),
            slow_mode_s: change.slow_mode_s.unwrap_or(self.slow_mode_s),
            thread: change.thread.or(self.thread),
            visibility: change.visibility.unwrap_or(self.visibility),
        }
    }
}

/// What an event changes of them: an absent field stays. Fields stand in sorted order, because the envelope is canonical.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct SettingsChange {
    /// See [`Settings::add`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add: Option<Audience>,
    /// See [`Settings::frozen`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
    /// See [`Settings::invite`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<Audience>,
    /// See [`Settings::mention`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mention: Option<Audience>,
    /// See [`Settings::pin`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Audience>,
    /// See [`Settings::post`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<Audience>,
    /// See [`Settings::react`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub react: Option<Audience>,
    /// See [`Settings::slow_mode_s`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_mode_s: Option<u32>,
    /// See [`Settings::thread`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Audience>,
    /// See [`Settings::visibility`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<ChannelVisibility>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let slow = Settings::default().with(&SettingsChange { slow_mode_s: Some(30), ..SettingsChange::default() });
        assert_eq!(slow, Settings { slow_mode_s: 30, ..Settings::default() });
        let frozen = slow.with(&SettingsChange { frozen: Some(true), ..SettingsChange::default() });
        assert_eq!(frozen, Settings { frozen: true, slow_mode_s: 30, ..Settings::default() });
        assert!(!frozen.is_default());
        let back = SettingsChange { frozen: Some(false), slow_mode_s: Some(0), ..SettingsChange::default() };
        assert!(frozen.with(&back).is_default());
    }

    #[test]
    fn a_later_setting_does_not_trouble_this_reader() {
        let read: Settings = serde_json::from_str(r#"{"frozen":true,"later":1}"#).unwrap();
        assert_eq!(read, Settings { frozen: true, ..Settings::default() });
    }
}
