//! Paths to typed routes. A test holds them against the table of endpoints that the OpenAPI document is made from.

use quipu_schema::ids::ConversationId;

/// A route of the public API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `GET /v1/health`
    Health,
    /// `GET /v1/me`
    Me,
    /// `GET /v1/me/profile`
    MyProfile,
    /// `PATCH /v1/me/profile`
    SetMyProfile,
    /// `GET /v1/users/{user}`
    User(String),
    /// `GET /v1/me/presence`
    MyPresence,
    /// `PATCH /v1/me/presence`
    SetMyPresence,
    /// `GET /v1/users/{user}/presence`
    Presence(String),
    /// `GET /v1/me/reach`
    MyReach,
    /// `GET /v1/me/directory`
    MyDirectory,
    /// `PATCH /v1/me/directory`
    SetMyDirectory,
    /// `GET /v1/people`
    People,
    /// `PATCH /v1/me/reach`
    SetMyReach,
    /// `GET /v1/blocks`
    Blocks,
    /// `PUT /v1/blocks/{user}`
    Block(String),
    /// `DELETE /v1/blocks/{user}`
    Unblock(String),
    /// `GET /v1/contacts`
    Contacts,
    /// `PUT /v1/contacts/{user}`
    AddContact(String),
    /// `DELETE /v1/contacts/{user}`
    RemoveContact(String),
    /// `GET /v1/devices`
    Devices,
    /// `PATCH /v1/devices/{device}`
    NameDevice(String),
    /// `DELETE /v1/devices/{device}`
    RevokeDevice(String),
    /// `POST /v1/devices/links`
    LinkDevice,
    /// `POST /v1/devices/sessions`
    SignInByLink,
    /// `POST /v1/devices/sessions/renew`
    RenewDevice,
    /// `GET /v1/inbox`
    Inbox,
    /// `PATCH /v1/inbox/{id}`
    SetInbox(ConversationId),
    /// `GET /v1/inbox/changes`
    InboxChanges,
    /// `GET /v1/inbox/socket`
    InboxSocket,
    /// `GET /v1/search`
    Search,
    /// `GET /v1/saved`
    Saved,
    /// `GET /v1/saved/{id}`
    SavedIn(ConversationId),
    /// `PUT /v1/saved/{id}/{seq}`
    Save(ConversationId, u64),
    /// `DELETE /v1/saved/{id}/{seq}`
    Unsave(ConversationId, u64),
    /// `GET /v1/channels`
    Channels,
    /// `POST /v1/tickets`
    Tickets,
    /// `POST /v1/conversations`
    CreateConversation,
    /// `POST /v1/invites/preview`
    PreviewInvite,
    /// `POST /v1/invites/join`
    JoinByInvite,
    /// What is below `/v1/conversations/{id}`.
    Conversation(ConversationId, On),
    /// `GET /v1/spaces/{id}/channels`
    SpaceChannels(ConversationId),
    /// `PUT /v1/spaces/{id}/channels/{channel}`
    AddSpaceChannel(ConversationId, ConversationId),
    /// `DELETE /v1/spaces/{id}/channels/{channel}`
    RemoveSpaceChannel(ConversationId, ConversationId),
    /// `/v1/dev/…`
    Dev(Dev),
    /// A conversation's path with an id that is none: answered like an unknown conversation.
    NoConversation,
}

/// What is asked of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// `GET`
    Get,
    /// `PATCH`
    Update,
    /// `PATCH /settings`
    SetSettings,
    /// `GET /socket`
    Socket,
    /// `GET /members`
    Members,
    /// `POST /members`
    AddMember,
    /// `PATCH /members/{user}`
    SetRole(String),
    /// `DELETE /members/{user}`
    RemoveMember(String),
    /// `POST /members/{user}/mute`
    Mute(String),
    /// `DELETE /members/{user}/mute`
    Unmute(String),
    /// `GET /bans`
    Bans,
    /// `POST /bans`
    Ban,
    /// `DELETE /bans/{user}`
    Unban(String),
    /// `POST /messages`
    Send,
    /// `POST /forwards`
    Forward,
    /// `PATCH /messages/{seq}`
    Edit(u64),
    /// `DELETE /messages/{seq}`
    Delete(u64),
    /// `GET /messages/{seq}/versions`
    Versions(u64),
    /// `GET /messages/{seq}/receipts`
    MessageReceipts(u64),
    /// `PUT /messages/{seq}/hidden`
    Hide(u64),
    /// `POST /messages/{seq}/pin`
    Pin(u64),
    /// `DELETE /messages/{seq}/pin`
    Unpin(u64),
    /// `DELETE /messages/{seq}/preview`
    RemovePreview(u64),
    /// `GET /messages/{seq}/reactions`
    Reactions(u64),
    /// `POST /messages/{seq}/reactions`
    React(u64),
    /// `DELETE /messages/{seq}/reactions/{emoji}`
    Unreact(u64, String),
    /// `GET /polls`
    Polls,
    /// `GET /polls/{seq}/votes`
    Votes(u64),
    /// `POST /polls/{seq}/votes`
    Vote(u64),
    /// `POST /polls/{seq}/close`
    ClosePoll(u64),
    /// `GET /messages?thread=`
    Thread,
    /// `GET /threads`
    Threads,
    /// `PUT /threads/{seq}`
    Follow(u64),
    /// `PUT /threads/{seq}/read`
    ReadThread(u64),
    /// `POST /messages/{seq}/report`
    Report(u64),
    /// `GET /reports`
    Reports,
    /// `POST /reports/{report}/resolve`
    Resolve(u64),
    /// `GET /words`
    Words,
    /// `PUT /words`
    PutWords,
    /// `GET /events`
    Events,
    /// `GET /events/{seq}/proof`
    Proof(u64),
    /// `PUT /read`
    Read,
    /// `PUT /delivered`
    Delivered,
    /// `POST /typing`
    Typing,
    /// `GET /export`
    Export,
    /// `GET /search`
    Search,
    /// `POST /join`
    Join,
    /// `GET /invites`
    Invites,
    /// `POST /invites`
    CreateInvite,
    /// `DELETE /invites/{invite}`
    RevokeInvite(u64),
}

/// Development only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dev {
    /// `POST /v1/dev/tokens`
    Tokens,
    /// `POST /v1/dev/seed`
    Seed,
    /// `POST /v1/dev/store-suite`
    StoreSuite,
    /// `POST /v1/dev/conversations/{id}/sleep`
    Sleep(ConversationId),
    /// `POST /v1/dev/conversations/{id}/kill`
    Kill(ConversationId),
}

/// What a method and a path mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parsed {
    /// A route.
    Route(Route),
    /// No such path.
    NotFound,
    /// The path exists with these methods.
    MethodNotAllowed(Vec<&'static str>),
}

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Parses a request line.
pub fn parse(method: &str, path: &str) -> Parsed {
    if let Some(route) = route(method, path) {
        return Parsed::Route(route);
    }
    let allowed: Vec<&'static str> = METHODS.into_iter().filter(|method| route(method, path).is_some()).collect();
    if allowed.is_empty() { Parsed::NotFound } else { Parsed::MethodNotAllowed(allowed) }
}

fn route(method: &str, path: &str) -> Option<Route> {
    let segments: Vec<&str> = path.strip_prefix("/v1/")?.split('/').collect();
    Some(match (method, segments.as_slice()) {
        ("GET", ["health"]) => Route::Health,
        ("GET", ["me"]) => Route::Me,
        ("GET", ["me", "profile"]) => Route::MyProfile,
        ("PATCH", ["me", "profile"]) => Route::SetMyProfile,
        ("GET", ["users", user]) => Route::User(percent_decode(user)?),
        ("GET", ["me", "presence"]) => Route::MyPresence,
        ("PATCH", ["me", "presence"]) => Route::SetMyPresence,
        ("GET", ["users", user, "presence"]) => Route::Presence(percent_decode(user)?),
        ("GET", ["me", "reach"]) => Route::MyReach,
        ("PATCH", ["me", "reach"]) => Route::SetMyReach,
        ("GET", ["me", "directory"]) => Route::MyDirectory,
        ("PATCH", ["me", "directory"]) => Route::SetMyDirectory,
        ("GET", ["people"]) => Route::People,
        ("GET", ["blocks"]) => Route::Blocks,
        ("PUT", ["blocks", user]) => Route::Block(percent_decode(user)?),
        ("DELETE", ["blocks", user]) => Route::Unblock(percent_decode(user)?),
        ("GET", ["contacts"]) => Route::Contacts,
        ("PUT", ["contacts", user]) => Route::AddContact(percent_decode(user)?),
        ("DELETE", ["contacts", user]) => Route::RemoveContact(percent_decode(user)?),
        ("GET", ["devices"]) => Route::Devices,
        ("PATCH", ["devices", device]) => Route::NameDevice(percent_decode(device)?),
        ("DELETE", ["devices", device]) => Route::RevokeDevice(percent_decode(device)?),
        ("POST", ["devices", "links"]) => Route::LinkDevice,
        ("POST", ["devices", "sessions"]) => Route::SignInByLink,
        ("POST", ["devices", "sessions", "renew"]) => Route::RenewDevice,
        ("GET", ["inbox"]) => Route::Inbox,
        ("GET", ["inbox", "changes"]) => Route::InboxChanges,
        ("GET", ["inbox", "socket"]) => Route::InboxSocket,
        ("PATCH", ["inbox", id]) => ConversationId::parse(id).map_or(Route::NoConversation, Route::SetInbox),
        ("GET", ["channels"]) => Route::Channels,
        ("GET", ["search"]) => Route::Search,
        ("GET", ["saved"]) => Route::Saved,
        ("GET", ["saved", id]) => ConversationId::parse(id).map_or(Route::NoConversation, Route::SavedIn),
        ("PUT" | "DELETE", ["saved", id, seq]) => {
            let seq = number(seq)?;
            let route = if method == "PUT" { Route::Save } else { Route::Unsave };
            ConversationId::parse(id).map_or(Route::NoConversation, |id| route(id, seq))
        }
        ("POST", ["tickets"]) => Route::Tickets,
        ("POST", ["conversations"]) => Route::CreateConversation,
        ("POST", ["invites", "preview"]) => Route::PreviewInvite,
        ("POST", ["invites", "join"]) => Route::JoinByInvite,
        ("GET", ["spaces", id, "channels"]) => {
            ConversationId::parse(id).map_or(Route::NoConversation, Route::SpaceChannels)
        }
        ("PUT" | "DELETE", ["spaces", id, "channels", channel]) => {
            let route = if method == "PUT" { Route::AddSpaceChannel } else { Route::RemoveSpaceChannel };
            let ids = ConversationId::parse(id).and_then(|id| Ok((id, ConversationId::parse(channel)?)));
            ids.map_or(Route::NoConversation, |(id, channel)| route(id, channel))
        }
        (_, ["conversations", id, rest @ ..]) => {
            let on = on(method, rest)?;
            ConversationId::parse(id).map_or(Route::NoConversation, |id| Route::Conversation(id, on))
        }
        ("POST", ["dev", "tokens"]) => Route::Dev(Dev::Tokens),
        ("POST", ["dev", "seed"]) => Route::Dev(Dev::Seed),
        ("POST", ["dev", "store-suite"]) => Route::Dev(Dev::StoreSuite),
        ("POST", ["dev", "conversations", id, "sleep"]) => Route::Dev(Dev::Sleep(ConversationId::parse(id).ok()?)),
        ("POST", ["dev", "conversations", id, "kill"]) => Route::Dev(Dev::Kill(ConversationId::parse(id).ok()?)),
        _ => return None,
    })
}

fn on(method: &str, rest: &[&str]) -> Option<On> {
    Some(match (method, rest) {
        ("GET", []) => On::Get,
        ("PATCH", []) => On::Update,
        ("PATCH", ["settings"]) => On::SetSettings,
        ("GET", ["socket"]) => On::Socket,
        ("GET", ["members"]) => On::Members,
        ("POST", ["members"]) => On::AddMember,
        ("PATCH", ["members", user]) => On::SetRole(percent_decode(user)?),
        ("DELETE", ["members", user]) => On::RemoveMember(percent_decode(user)?),
        ("POST", ["members", user, "mute"]) => On::Mute(percent_decode(user)?),
        ("DELETE", ["members", user, "mute"]) => On::Unmute(percent_decode(user)?),
        ("GET", ["bans"]) => On::Bans,
        ("POST", ["bans"]) => On::Ban,
        ("DELETE", ["bans", user]) => On::Unban(percent_decode(user)?),
        ("POST", ["messages"]) => On::Send,
        ("POST", ["forwards"]) => On::Forward,
        ("GET", ["messages"]) => On::Thread,
        ("GET", ["threads"]) => On::Threads,
        ("PUT", ["threads", seq]) => On::Follow(number(seq)?),
        ("PUT", ["threads", seq, "read"]) => On::ReadThread(number(seq)?),
        ("PATCH", ["messages", seq]) => On::Edit(number(seq)?),
        ("DELETE", ["messages", seq]) => On::Delete(number(seq)?),
        ("GET", ["messages", seq, "versions"]) => On::Versions(number(seq)?),
        ("GET", ["messages", seq, "receipts"]) => On::MessageReceipts(number(seq)?),
        ("PUT", ["messages", seq, "hidden"]) => On::Hide(number(seq)?),
        ("POST", ["messages", seq, "pin"]) => On::Pin(number(seq)?),
        ("DELETE", ["messages", seq, "pin"]) => On::Unpin(number(seq)?),
        ("DELETE", ["messages", seq, "preview"]) => On::RemovePreview(number(seq)?),
        ("GET", ["messages", seq, "reactions"]) => On::Reactions(number(seq)?),
        ("POST", ["messages", seq, "reactions"]) => On::React(number(seq)?),
        ("DELETE", ["messages", seq, "reactions", emoji]) => On::Unreact(number(seq)?, percent_decode(emoji)?),
        ("GET", ["polls"]) => On::Polls,
        ("GET", ["polls", seq, "votes"]) => On::Votes(number(seq)?),
        ("POST", ["polls", seq, "votes"]) => On::Vote(number(seq)?),
        ("POST", ["polls", seq, "close"]) => On::ClosePoll(number(seq)?),
        ("POST", ["messages", seq, "report"]) => On::Report(number(seq)?),
        ("GET", ["reports"]) => On::Reports,
        ("POST", ["reports", id, "resolve"]) => On::Resolve(number(id)?),
        ("GET", ["words"]) => On::Words,
        ("PUT", ["words"]) => On::PutWords,
        ("GET", ["events"]) => On::Events,
        ("GET", ["events", seq, "proof"]) => On::Proof(number(seq)?),
        ("PUT", ["read"]) => On::Read,
        ("PUT", ["delivered"]) => On::Delivered,
        ("POST", ["typing"]) => On::Typing,
        ("GET", ["export"]) => On::Export,
        ("GET", ["search"]) => On::Search,
        ("POST", ["join"]) => On::Join,
        ("GET", ["invites"]) => On::Invites,
        ("POST", ["invites"]) => On::CreateInvite,
        ("DELETE", ["invites", invite]) => On::RevokeInvite(number(invite)?),
        _ => return None,
    })
}

/// A seq: 1 to 2^53 − 1, in decimal digits only.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|value| digits && (1..1u64 << 53).contains(value))
}

/// Decodes `%XX` of one path segment (RFC 3986, 2.1); a team's own user ids may hold any character.
fn percent_decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let pair = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quipu_schema::http::endpoints::ENDPOINTS;

    const ID: &str = "gg00000000000000000000000002";

    fn filled(path: &str) -> String {
        let path = path.replace("{id}", ID).replace("{user}", "me").replace("{seq}", "7").replace("{report}", "7");
        path.replace("{emoji}", "%F0%9F%91%8D").replace("{invite}", "3").replace("{device}", "phone-1")
    }

    #[test]
    fn every_endpoint_of_the_table_has_a_route() {
        for endpoint in ENDPOINTS {
            let path = filled(endpoint.path);
            assert!(matches!(parse(endpoint.method, &path), Parsed::Route(_)), "{} {path}", endpoint.method);
        }
    }

    #[test]
    fn every_route_is_in_the_table_or_a_socket_or_for_development() {
        let paths = [
            "",
            "/settings",
            "/members",
            "/members/me",
            "/members/me/mute",
            "/bans",
            "/words",
            "/reports",
            "/reports/7/resolve",
            "/messages/7/report",
            "/bans/me",
            "/messages",
            "/forwards",
            "/messages/7",
            "/messages/7/versions",
            "/messages/7/receipts",
            "/messages/7/hidden",
            "/messages/7/pin",
            "/messages/7/preview",
            "/messages/7/reactions",
            "/messages/7/reactions/%F0%9F%91%8D",
            "/polls",
            "/polls/7/votes",
            "/polls/7/close",
            "/threads",
            "/threads/7",
            "/threads/7/read",
            "/events",
            "/events/7/proof",
            "/read",
            "/delivered",
            "/typing",
            "/export",
            "/search",
            "/invites",
            "/invites/3",
            "/join",
        ];
        for path in paths.map(|rest| format!("/v1/conversations/{ID}{rest}")).iter().chain(&[
            "/v1/inbox".to_owned(),
            format!("/v1/inbox/{ID}"),
            "/v1/search".into(),
            "/v1/saved".into(),
            format!("/v1/saved/{ID}"),
            format!("/v1/saved/{ID}/7"),
            "/v1/channels".into(),
            "/v1/tickets".into(),
            "/v1/me".into(),
            "/v1/devices".into(),
            "/v1/devices/phone-1".into(),
            "/v1/devices/sessions/renew".into(),
            "/v1/me/profile".into(),
            "/v1/users/me".into(),
            "/v1/invites/preview".into(),
            "/v1/invites/join".into(),
            "/v1/me/presence".into(),
            "/v1/me/directory".into(),
            "/v1/people".into(),
            "/v1/users/me/presence".into(),
        ]) {
            for method in METHODS {
                let routed = matches!(parse(method, path), Parsed::Route(_));
                let listed =
                    ENDPOINTS.iter().any(|endpoint| endpoint.method == method && filled(endpoint.path) == *path);
                assert_eq!(routed, listed, "{method} {path}");
            }
        }
    }

    #[test]
    fn odd_paths_are_not_found_and_odd_methods_are_told() {
        for path in [
            "/v1/",
            "/v1/conversations/x/y/z",
            "/v1/health/",
            &format!("/v1/conversations/{ID}/messages/07x/versions"),
            &format!("/v1/conversations/{ID}/messages/-1"),
        ] {
            assert_eq!(parse("GET", path), Parsed::NotFound, "{path}");
        }
        assert_eq!(parse("DELETE", "/v1/health"), Parsed::MethodNotAllowed(vec!["GET"]));
        assert_eq!(parse("GET", "/v1/conversations/nonsense"), Parsed::Route(Route::NoConversation));
    }

    #[test]
    fn an_emoji_in_a_path_is_decoded() {
        let path = |emoji: &str| format!("/v1/conversations/{ID}/messages/7/reactions/{emoji}");
        let unreact = |emoji: &str| match parse("DELETE", &path(emoji)) {
            Parsed::Route(Route::Conversation(_, On::Unreact(7, emoji))) => Some(emoji),
            _ => None,
        };
        assert_eq!(unreact("%F0%9F%91%8D").as_deref(), Some("👍"));
        assert_eq!(unreact("%EF%B8%8F%"), None);
        assert_eq!(unreact("%ff"), None);
        assert_eq!(parse("GET", &path("%F0%9F%91%8D")), Parsed::MethodNotAllowed(vec!["DELETE"]));
    }

    #[test]
    fn user_segments_are_decoded_and_bad_escapes_refused() {
        let decoded = parse("DELETE", &format!("/v1/conversations/{ID}/members/sub%3Aa%2Fb%20%C3%A9"));
        assert!(
            matches!(decoded, Parsed::Route(Route::Conversation(_, On::RemoveMember(user))) if user == "sub:a/b é")
        );
        assert_eq!(parse("DELETE", &format!("/v1/conversations/{ID}/members/%zz")), Parsed::NotFound);
        assert_eq!(parse("DELETE", &format!("/v1/conversations/{ID}/members/%ff")), Parsed::NotFound);
    }
}
