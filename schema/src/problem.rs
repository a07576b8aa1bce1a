//! Errors as part of the product: a stable code, a sentence a person can act on, whether to try again and when.
//!
//! Over HTTP an error is an RFC 9457 problem (`application/problem+json`); over the socket the same code stands in a rejection or an `error` frame.

use serde::{Deserialize, Serialize};

/// The codes, with their HTTP status and whether the same request may succeed later. Codes are never renamed and never reused.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident $text:literal $status:literal $retry:literal),+ $(,)?) => {
        /// A stable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $variant),+
        }
        impl Code {
            /// Every code, for documentation and tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
            /// The HTTP status it is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }
            /// Whether the same request, unchanged, may succeed later.
            pub const fn retry(self) -> bool {
                match self { $(Self::$variant => $retry),+ }
            }
            /// What it means, as documented.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

codes! {
    /// The body or frame is not JSON, or nests deeper than 128 levels.
    MalformedJson "malformed_json" 400 false,
    /// The body is not valid UTF-8.
    InvalidUtf8 "invalid_utf8" 400 false,
    /// The JSON does not have the documented shape: a field is missing, unknown, or of another type.
    InvalidRequest "invalid_request" 400 false,
    /// A frame's `t` is not one of this protocol's.
    UnknownFrame "unknown_frame" 400 false,
    /// Frames are text; a binary one was sent.
    BinaryFrame "binary_frame" 400 false,
    /// The frame, body or list is larger than its limit.
    TooLarge "too_large" 413 false,
    /// A value has the right type and an impossible value, such as an empty text.
    InvalidValue "invalid_value" 422 false,
    /// The body must be `application/json`.
    UnsupportedMediaType "unsupported_media_type" 415 false,
    /// A write needs an `Idempotency-Key` header: a UUID or a ULID.
    IdempotencyKeyMissing "idempotency_key_missing" 400 false,
    /// The idempotency key is neither a UUID nor a ULID.
    IdempotencyKeyInvalid "idempotency_key_invalid" 400 false,
    /// This key was used for another command.
    KeyReused "key_reused" 409 false,
    /// No such path.
    RouteNotFound "route_not_found" 404 false,
    /// The path exists, not with this method.
    MethodNotAllowed "method_not_allowed" 405 false,
    /// Plain http is refused outside localhost; use https.
    HttpsRequired "https_required" 403 false,
    /// This web origin is not in the deployment's allow-list.
    OriginNotAllowed "origin_not_allowed" 403 false,
    /// No token was sent.
    TokenMissing "token_missing" 401 false,
    /// The token is not a compact JSON Web Token, or is too long.
    TokenMalformed "token_malformed" 401 false,
    /// The token's algorithm is not the one of the configured key.
    TokenAlgorithm "token_algorithm" 401 false,
    /// The token's signature is not valid.
    TokenSignature "token_signature" 401 false,
    /// The token has expired: fetch a new one.
    TokenExpired "token_expired" 401 false,
    /// The token is not valid yet.
    TokenNotYetValid "token_not_yet_valid" 401 false,
    /// The token was issued by somebody else.
    TokenIssuer "token_issuer" 401 false,
    /// The token is meant for another audience.
    TokenAudience "token_audience" 401 false,
    /// The token names no subject, or one that is too long.
    TokenSubject "token_subject" 401 false,
    /// A refresh must carry a token of the same user.
    TokenOtherUser "token_other_user" 403 false,
    /// The ticket is unknown, used or expired.
    TicketInvalid "ticket_invalid" 401 false,
    /// There is no conversation with this id.
    ConversationNotFound "conversation_not_found" 404 false,
    /// You are not a member of this conversation.
    NotAMember "not_a_member" 403 false,
    /// Your role in this conversation does not allow this.
    PermissionDenied "permission_denied" 403 false,
    /// There is no message with this number that you can read.
    MessageNotFound "message_not_found" 404 false,
    /// The message has been deleted.
    MessageDeleted "message_deleted" 409 false,
    /// The message has a newer version than the one you edited.
    VersionConflict "version_conflict" 409 false,
    /// The user is a member already.
    AlreadyMember "already_member" 409 false,
    /// There is no such member.
    MemberNotFound "member_not_found" 404 false,
    /// The conversation has as many members as it can.
    MemberLimit "member_limit" 409 false,
    /// A group keeps at least one owner: appoint another first.
    LastOwner "last_owner" 409 false,
    /// This kind of conversation does not have this.
    WrongKind "wrong_kind" 409 false,
    /// The content does not fit the conversation's encryption.
    WrongEncryption "wrong_encryption" 409 false,
    /// The conversation is frozen: only moderators and above write, edit, react and pin.
    Frozen "frozen" 403 false,
    /// Slow mode is on, and your last message is too recent: wait for the time given.
    SlowMode "slow_mode" 429 true,
    /// This user is banned here; the ban must be lifted first.
    Banned "banned" 403 false,
    /// The user is banned already.
    AlreadyBanned "already_banned" 409 false,
    /// The user is not banned.
    NotBanned "not_banned" 409 false,
    /// As many users are banned here as can be.
    BanLimit "ban_limit" 409 false,
    /// You are muted here: you may read, and write again after the time given or when a moderator lifts it.
    Muted "muted" 403 true,
    /// The member is not muted.
    NotMuted "not_muted" 409 false,
    /// You have reported this message already.
    AlreadyReported "already_reported" 409 false,
    /// As many reports are open here, of yours or in all, as can be: moderators must work through them first.
    ReportLimit "report_limit" 409 false,
    /// There is no report with this number of a message that you can read.
    ReportNotFound "report_not_found" 404 false,
    /// The report has been resolved already.
    AlreadyResolved "already_resolved" 409 false,
    /// The text holds a word that is not wanted in this conversation: write it otherwise.
    WordBlocked "word_blocked" 422 false,
    /// The cursor lies beyond the head.
    CursorOutOfRange "cursor_out_of_range" 416 false,
    /// The cursor belongs to another life of the log: drop what you hold and start over.
    EpochChanged "epoch_changed" 409 false,
    /// Say hello first.
    HelloRequired "hello_required" 400 false,
    /// Too many requests: wait for the time given.
    RateLimited "rate_limited" 429 true,
    /// The object has more work than it can queue: wait for the time given.
    Overloaded "overloaded" 503 true,
    /// You hold as many sockets here as one user may.
    TooManySockets "too_many_sockets" 429 true,
    /// You have pinned as many conversations as you can: unpin one first.
    PinLimit "pin_limit" 409 false,
    /// Something failed on our side. Nothing was stored; the same request with the same key is safe to repeat.
    Internal "internal" 500 true,
    /// You have reacted to this message with this emoji already.
    AlreadyReacted "already_reacted" 409 false,
    /// You have no reaction with this emoji on this message.
    ReactionNotFound "reaction_not_found" 404 false,
    /// The message has as many different emoji, or you have as many reactions on it, as it can.
    ReactionLimit "reaction_limit" 409 false,
    /// The message is pinned already.
    AlreadyPinned "already_pinned" 409 false,
    /// The message is not pinned.
    NotPinned "not_pinned" 409 false,
    /// The conversation has as many pinned messages as it can: take one away first.
    MessagePinLimit "message_pin_limit" 409 false,
    /// There is no user with this id whose profile you may see.
    UserNotFound "user_not_found" 404 false,
    /// There is no such invite link.
    InviteNotFound "invite_not_found" 404 false,
    /// The invite link has expired: ask for a new one.
    InviteExpired "invite_expired" 410 false,
    /// The invite link has been used as often as it may: ask for a new one.
    InviteUsedUp "invite_used_up" 410 false,
    /// The invite link was revoked.
    InviteRevoked "invite_revoked" 410 false,
    /// The conversation has as many invite links as it can: revoke one first.
    InviteLimit "invite_limit" 409 false,
    /// You have deleted as many messages of this conversation for yourself as you can.
    HiddenLimit "hidden_limit" 409 false,
    /// There is no message to forward from there that you can read.
    SourceNotFound "source_not_found" 404 false,
    /// A reply in a thread has no thread of its own: reply in the thread that it stands in.
    ThreadNested "thread_nested" 409 false,
    /// You have saved as many messages as you can: take one out first.
    SavedLimit "saved_limit" 409 false,
    /// You block this person: unblock them first to write to them.
    Blocking "blocking" 403 false,
    /// This person cannot be written to, or added, by you.
    RecipientUnavailable "recipient_unavailable" 403 false,
    /// You block, or keep as contacts, as many people as you can.
    PeopleLimit "people_limit" 409 false,
    /// The message has no preview.
    PreviewNotFound "preview_not_found" 404 false,
    /// The conversation is not public: somebody must invite you.
    NotPublic "not_public" 403 false,
    /// The directory of people and public channels cannot be asked now, or this deployment has none; conversations are not touched by that.
    DirectoryUnavailable "directory_unavailable" 503 true,
    /// There is no such space, or you are not in it.
    SpaceNotFound "space_not_found" 404 false,
    /// Only members of the space are members of its channels.
    NotInSpace "not_in_space" 409 false,
    /// The conversation is a channel of a space already.
    InASpace "in_a_space" 409 false,
    /// The space has as many channels as it can.
    ChannelLimit "channel_limit" 409 false,
    /// This device was signed out: sign in again.
    DeviceRevoked "device_revoked" 403 false,
    /// You have no device with this id.
    DeviceNotFound "device_not_found" 404 false,
    /// The link that signs a device in is unknown, used or expired: make a new one.
    DeviceLinkInvalid "device_link_invalid" 410 false,
    /// Devices cannot be signed in by a link here, or this one was not.
    DeviceLinksOff "device_links_off" 409 false,
    /// A refresh must carry a token of the same device.
    TokenOtherDevice "token_other_device" 403 false,
    /// The message is not a poll.
    NotAPoll "not_a_poll" 409 false,
    /// The poll is closed: no vote counts any more.
    PollClosed "poll_closed" 409 false,
    /// This is your vote already.
    AlreadyVoted "already_voted" 409 false,
    /// You have no vote in this poll that could be taken back.
    VoteNotFound "vote_not_found" 404 false,
    /// The poll is anonymous: nobody is told who voted for what.
    PollAnonymous "poll_anonymous" 403 false,
    /// The space could not be asked, or somebody has just left it: try again.
    SpaceUnavailable "space_unavailable" 503 true,
}

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Rejection {
    /// The stable code.
    pub code: Code,
    /// A sentence for a person, in English.
    pub message: String,
    /// Whether the same command, with the same key, may succeed later.
    pub retry: bool,
    /// After how many milliseconds to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Rejection {
    /// A rejection with its own sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry: code.retry(), retry_after_ms: None }
    }

    /// A rejection that says when to try again.
    pub fn retry_after(code: Code, message: impl Into<String>, retry_after_ms: u64) -> Self {
        Self { retry_after_ms: Some(retry_after_ms), ..Self::new(code, message) }
    }
}

impl From<Code> for Rejection {
    fn from(code: Code) -> Self {
        Self::new(code, code.about())
    }
}

/// An RFC 9457 problem. `type` is a URI reference into the protocol's documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(schemars::JsonSchema))]
pub struct Problem {
    /// `urn:quipu:problem:{code}`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code's meaning, the same for every occurrence.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// The stable code.
    pub code: Code,
    /// Whether the same request may succeed later.
    pub retry: bool,
    /// After how many milliseconds to try again; `Retry-After` says it in seconds, rounded up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let code = rejection.code;
        Self {
            kind: format!("urn:quipu:problem:{}", code.as_str()),
            title: code.about().to_owned(),
            status: code.status(),
            detail: rejection.message,
            code,
            retry: rejection.retry,
            retry_after_ms: rejection.retry_after_ms,
        }
    }
}

/// Close codes of both socket protocols. The range says what a client does next:
/// 4000–4099 reconnect with back-off and resume; 4100–4199 fetch a token first; 4200–4299 stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseCode {
    /// The object restarts.
    Restart,
    /// The client read too slowly; resume by cursor.
    Slow,
    /// No hello in time.
    HelloTimeout,
    /// No keep-alive for so long that the connection must be dead.
    Silent,
    /// The token expired.
    TokenExpired,
    /// No longer a member (or never was).
    NotAMember,
    /// There is no such conversation.
    ConversationNotFound,
    /// Too many frames that cannot be understood.
    Protocol,
    /// Too many sockets of one user.
    TooManySockets,
    /// The device was signed out: sign in again.
    DeviceRevoked,
}

impl CloseCode {
    /// The number on the wire.
    pub const fn number(self) -> u16 {
        match self {
            Self::Restart => 4000,
            Self::Slow => 4001,
            Self::HelloTimeout => 4002,
            Self::Silent => 4003,
            Self::TokenExpired => 4100,
            Self::NotAMember => 4200,
            Self::ConversationNotFound => 4201,
            Self::Protocol => 4202,
            Self::TooManySockets => 4203,
            Self::DeviceRevoked => 4204,
        }
    }

    /// The reason on the wire.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::Slow => "slow",
            Self::HelloTimeout => "hello_timeout",
            Self::Silent => "silent",
            Self::TokenExpired => "token_expired",
            Self::NotAMember => "not_a_member",
            Self::ConversationNotFound => "conversation_not_found",
            Self::Protocol => "protocol",
            Self::TooManySockets => "too_many_sockets",
            Self::DeviceRevoked => "device_revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_match_their_wire_text() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()));
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.as_str()));
            assert!((400..=599).contains(&code.status()), "{code:?}");
            assert!(!code.about().is_empty());
        }
    }
}
