//! Devices: where a user is signed in. What a token calls its device is listed by the account, named, and can be signed out.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::limits;

/// The device that a verified token speaks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Its id, see [`is_device_id`].
    pub id: String,
    /// Whether it was signed in by a link, and its tokens are ours: they say nothing of name and picture.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub linked: bool,
}

/// Whether a text can be the id of a device: 1 to 64 letters, digits, hyphens, underscores, full stops and tildes (RFC 3986, 2.3), and not only full stops.
pub fn is_device_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    (1..=limits::DEVICE_ID_BYTES).contains(&text.len()) && text.bytes().all(plain) && text.bytes().any(|b| b != b'.')
}

/// A device, as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Device {
    /// Its id.
    pub id: String,
    /// What it is called: by what it said of itself, until its user calls it something else.
    pub name: String,
    /// When it was first seen, Unix milliseconds.
    pub created_at: u64,
    /// When it was last active, Unix milliseconds; ten minutes late at most while it is not connected.
    pub active_at: u64,
    /// Whether it holds an inbox socket now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub connected: bool,
    /// Whether it is the one that asks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub current: bool,
    /// Until when it stays signed in, Unix milliseconds; only where it was signed in by a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_until: Option<u64>,
}

/// `GET /v1/devices`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct DevicesPage {
    /// The one active last comes first; at most 50.
    pub devices: Vec<Device>,
}

/// `PATCH /v1/devices/{device}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchDevice {
    /// What it is called from now on: 1 to 64 characters.
    pub name: String,
}

/// The answer to `POST /v1/devices/links`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct DeviceLink {
    /// The secret that signs one device in, once. Do not put it where it is logged: in an address, after `#`.
    pub link: String,
    /// When it expires, Unix milliseconds.
    pub expires_at_ms: u64,
}

/// `POST /v1/devices/sessions`: the link stands in the body, because addresses are logged. Needs no token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PostDeviceSession {
    /// The secret of the link.
    pub link: String,
}

/// What a device that was signed in by a link holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct DeviceSession {
    /// Its token. Renew it by `POST /v1/devices/sessions/renew` before it expires.
    pub token: String,
    /// Whom it names.
    pub user: UserId,
    /// The device's id.
    pub device: String,
    /// When the token expires, Unix seconds.
    pub expires_at: u64,
}

/// Of an account to the gateway: whom a link signs in, or whose session goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedSession {
    /// The team's own id of the user.
    pub subject: String,
    /// Until when it may last, Unix milliseconds.
    pub until: u64,
}

/// See [`crate::inbox::InboxServerFrame::Devices`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct DevicesFrame {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_devices_stand_in_an_address_as_they_are() {
        for good in ["a", "phone-1", "A_b.c~9", &"x".repeat(64)] {
            assert!(is_device_id(good), "{good}");
        }
        for bad in ["", ".", "..", "a b", "a/b", "a%20", "é", "a\n", "links?", &"x".repeat(65)] {
            assert!(!is_device_id(bad), "{bad}");
        }
    }
}
