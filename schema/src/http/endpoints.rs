//! Every endpoint of the public HTTP API, as a table: the OpenAPI document is made from it, and a test of the gateway holds its routes against it.

/// One endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// HTTP method.
    pub method: &'static str,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// Name in generated clients.
    pub operation: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Type of the JSON body, by schema name.
    pub body: Option<&'static str>,
    /// Status of success.
    pub status: u16,
    /// Type of the answer, by schema name; a name with a slash is a media type.
    pub answer: Option<&'static str>,
    /// Query parameters: name, schema as (type, pattern or format), meaning.
    pub query: &'static [(&'static str, &'static str, &'static str)],
    /// Whether an `Idempotency-Key` is required.
    pub keyed: bool,
    /// Whether a token is required.
    pub authenticated: bool,
}

const PLAIN: Endpoint = Endpoint {
    method: "GET",
    path: "",
    operation: "",
    summary: "",
    body: None,
    status: 200,
    answer: None,
    query: &[],
    keyed: false,
    authenticated: true,
};

const SEARCH: &[(&str, &str, &str)] = &[
    ("q", "string", "The query: words, \"phrases\", beginnings* and filters; at most 512 bytes."),
    ("cursor", "string", "`next` of the page before."),
    ("limit", "integer", "1 to 50; 20 when absent."),
    ("utc_offset", "integer", "Minutes east of UTC, -840 to 840, for dates without a time; 0 when absent."),
];

/// The table.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/v1/health",
        operation: "getHealth",
        summary: "Whether the server is ready.",
        answer: Some("Health"),
        authenticated: false,
        ..PLAIN
    },
    Endpoint { path: "/v1/me", operation: "getMe", summary: "Whom your token names.", answer: Some("Me"), ..PLAIN },
    Endpoint {
        path: "/v1/me/profile",
        operation: "getMyProfile",
        summary: "How you present yourself.",
        answer: Some("MyProfile"),
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/me/profile",
        operation: "setMyProfile",
        summary: "Change your name, picture, bio or status (an absent field stays).",
        body: Some("PatchProfile"),
        answer: Some("MyProfile"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/users/{user}",
        operation: "getUser",
        summary: "How somebody presents themselves whom you share a conversation with.",
        answer: Some("UserProfile"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/me/presence",
        operation: "getMyPresence",
        summary: "Who sees whether you are there.",
        answer: Some("PresenceSettings"),
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/me/presence",
        operation: "setMyPresence",
        summary: "Change who sees whether you are there.",
        body: Some("PatchPresence"),
        answer: Some("PresenceSettings"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/users/{user}/presence",
        operation: "getPresence",
        summary: "Whether somebody is there, where they let you see it.",
        answer: Some("Presence"),
        query: &[(
            "conversation",
            "string",
            "A conversation that you both are in: needed where they show themselves to those who share one.",
        )],
        ..PLAIN
    },
    Endpoint {
        path: "/v1/devices",
        operation: "listDevices",
        summary: "Where you are signed in.",
        answer: Some("DevicesPage"),
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/devices/{device}",
        operation: "nameDevice",
        summary: "Call a device something else.",
        body: Some("PatchDevice"),
        answer: Some("Device"),
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/devices/{device}",
        operation: "revokeDevice",
        summary: "Sign a device out: its sockets close, its tokens are refused.",
        status: 204,
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/devices/links",
        operation: "linkDevice",
        summary: "A single-use link that signs another device in.",
        status: 201,
        answer: Some("DeviceLink"),
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/devices/sessions",
        operation: "signInByLink",
        summary: "Sign this device in by a link.",
        body: Some("PostDeviceSession"),
        status: 201,
        answer: Some("DeviceSession"),
        authenticated: false,
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/devices/sessions/renew",
        operation: "renewDeviceSession",
        summary: "A new token for a device that was signed in by a link.",
        status: 201,
        answer: Some("DeviceSession"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/inbox",
        operation: "listInbox",
        summary: "Your conversations or a part of them: pinned ones, then latest activity first.",
        answer: Some("InboxPage"),
        query: &[
            (
                "filter",
                "string",
                "unread, mentions, direct, groups, archived or hidden; absent: all that is neither archived nor hidden.",
            ),
            ("cursor", "string", "`next` of the page before."),
            ("limit", "integer", "1 to 100; 50 when absent. Pinned ones come on top, with the first page."),
        ],
        ..PLAIN
    },
    Endpoint {
        path: "/v1/inbox/changes",
        operation: "listInboxChanges",
        summary: "What changed in your inbox since a version, oldest change first.",
        answer: Some("InboxChanges"),
        query: &[
            ("after", "integer", "The version you hold; 0 when absent."),
            ("limit", "integer", "1 to 100; 50 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/inbox/{id}",
        operation: "setInboxEntry",
        summary: "Pin, mute, archive or hide a conversation in your inbox, or mark it unread.",
        body: Some("PatchInbox"),
        answer: Some("InboxEntry"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/me/reach",
        operation: "getMyReach",
        summary: "Who may write to you first, and add you to groups.",
        answer: Some("ReachSettings"),
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/me/reach",
        operation: "setMyReach",
        summary: "Change who may write to you first, and add you to groups.",
        body: Some("PatchReach"),
        answer: Some("ReachSettings"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/me/directory",
        operation: "getMyDirectory",
        summary: "Whether people find you by your name.",
        answer: Some("DirectorySettings"),
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/me/directory",
        operation: "setMyDirectory",
        summary: "Be found by your name, or not.",
        body: Some("PatchDirectory"),
        answer: Some("DirectorySettings"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/people",
        operation: "findPeople",
        summary: "People of the app by the beginning of any word of their name.",
        answer: Some("FoundPage"),
        query: &[
            ("q", "string", "What a word of the name begins with, and what follows it; at most 256 bytes. Required."),
            ("cursor", "string", "`next` of the page before."),
            ("limit", "integer", "1 to 50; 20 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        path: "/v1/blocks",
        operation: "listBlocks",
        summary: "People you block, by user id.",
        answer: Some("PeoplePage"),
        query: &[("after", "string", "`next` of the page before."), ("limit", "integer", "1 to 100; 50 when absent.")],
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/blocks/{user}",
        operation: "blockUser",
        summary: "Block somebody: neither of you can write to the other.",
        answer: Some("Person"),
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/blocks/{user}",
        operation: "unblockUser",
        summary: "Block somebody no longer.",
        answer: Some("Person"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/contacts",
        operation: "listContacts",
        summary: "People you keep as contacts, by user id.",
        answer: Some("PeoplePage"),
        query: &[("after", "string", "`next` of the page before."), ("limit", "integer", "1 to 100; 50 when absent.")],
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/contacts/{user}",
        operation: "addContact",
        summary: "Keep somebody as a contact.",
        answer: Some("Person"),
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/contacts/{user}",
        operation: "removeContact",
        summary: "Keep somebody as a contact no longer.",
        answer: Some("Person"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/saved",
        operation: "listSaved",
        summary: "Messages you have saved, as they are now; what was saved last comes first.",
        answer: Some("SavedPage"),
        query: &[("cursor", "string", "`next` of the page before."), ("limit", "integer", "1 to 50; 20 when absent.")],
        ..PLAIN
    },
    Endpoint {
        path: "/v1/saved/{id}",
        operation: "listSavedSeqs",
        summary: "Which messages of a conversation you have saved.",
        answer: Some("SavedSeqs"),
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/saved/{id}/{seq}",
        operation: "saveMessage",
        summary: "Save a message for yourself, on all your devices.",
        answer: Some("SavedChange"),
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/saved/{id}/{seq}",
        operation: "unsaveMessage",
        summary: "Save a message no longer.",
        answer: Some("SavedChange"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/search",
        operation: "searchAll",
        summary: "Messages of your conversations that a query finds.",
        answer: Some("SearchAllPage"),
        query: SEARCH,
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/tickets",
        operation: "createTicket",
        summary: "A single-use ticket for a socket.",
        status: 201,
        answer: Some("Ticket"),
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations",
        operation: "createConversation",
        summary: "Create a group, or open the direct conversation with somebody.",
        body: Some("CreateConversation"),
        status: 201,
        answer: Some("Conversation"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}",
        operation: "getConversation",
        summary: "A conversation, its head and its Merkle root.",
        answer: Some("Conversation"),
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/conversations/{id}",
        operation: "updateConversation",
        summary: "Change name, topic or avatar (an absent field stays, an empty text clears).",
        body: Some("Update"),
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/conversations/{id}/settings",
        operation: "setSettings",
        summary: "Change settings: slow mode, freeze, who posts, who adds members (an absent field stays).",
        body: Some("SetSettings"),
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/members",
        operation: "listMembers",
        summary: "Members, by user id.",
        answer: Some("MembersPage"),
        query: &[("after", "string", "`next` of the page before."), ("limit", "integer", "1 to 100; 50 when absent.")],
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/members",
        operation: "addMember",
        summary: "Add a member, or up to 100 at once.",
        body: Some("PostMembers"),
        status: 201,
        answer: Some("MembersAnswer"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/conversations/{id}/members/{user}",
        operation: "setMemberRole",
        summary: "Change a member's role.",
        body: Some("PatchMember"),
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/conversations/{id}/members/{user}",
        operation: "removeMember",
        summary: "Take a member out, or leave (`me`).",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/members/{user}/mute",
        operation: "muteMember",
        summary: "Let a member read and not write, for a time or until it is lifted.",
        body: Some("PostMute"),
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/conversations/{id}/members/{user}/mute",
        operation: "unmuteMember",
        summary: "Let a muted member write again.",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/bans",
        operation: "listBans",
        summary: "Who is banned, by user id; for moderators.",
        answer: Some("BansPage"),
        query: &[("after", "string", "`next` of the page before."), ("limit", "integer", "1 to 100; 50 when absent.")],
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/bans",
        operation: "banMember",
        summary: "Ban somebody: a member is taken out, and nobody adds them or lets them join.",
        body: Some("BanMember"),
        status: 201,
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/conversations/{id}/bans/{user}",
        operation: "unbanMember",
        summary: "Lift a ban.",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/messages",
        operation: "sendMessage",
        summary: "Send a message.",
        body: Some("PostMessage"),
        status: 201,
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/forwards",
        operation: "forwardMessage",
        summary: "Send a copy of a message that you can read in a conversation.",
        body: Some("Forward"),
        status: 201,
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "PATCH",
        path: "/v1/conversations/{id}/messages/{seq}",
        operation: "editMessage",
        summary: "Replace a message's content; earlier versions are kept.",
        body: Some("PatchMessage"),
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/conversations/{id}/messages/{seq}",
        operation: "deleteMessage",
        summary: "Erase a message's content, all versions; its place stays.",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/conversations/{id}/messages/{seq}/hidden",
        operation: "hideMessage",
        summary: "Delete a message for yourself, on all your devices; others keep it.",
        status: 204,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/messages/{seq}/versions",
        operation: "listVersions",
        summary: "A message as first sent, then its edits.",
        answer: Some("Versions"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/messages/{seq}/receipts",
        operation: "countReceipts",
        summary: "How many others have received and read a message.",
        answer: Some("MessageReceipts"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/messages/{seq}/reactions",
        operation: "listReactions",
        summary: "Who reacted to a message, the oldest reaction first.",
        answer: Some("ReactionsPage"),
        query: &[
            ("after", "integer", "`next` of the page before."),
            ("emoji", "string", "Only reactions with this emoji."),
            ("limit", "integer", "1 to 100; 50 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/messages/{seq}/reactions",
        operation: "addReaction",
        summary: "React to a message.",
        body: Some("PostReaction"),
        status: 201,
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/conversations/{id}/messages/{seq}/reactions/{emoji}",
        operation: "removeReaction",
        summary: "Take a reaction of yours back.",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/polls",
        operation: "listPolls",
        summary: "How polls stand. What is no poll that you can read is left out.",
        answer: Some("PollsPage"),
        query: &[("seqs", "string", "Seqs of the polls with commas in between, 1 to 50. Required.")],
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/polls/{seq}/votes",
        operation: "listVotes",
        summary: "Who voted for what, by user id. Not of anonymous polls.",
        answer: Some("VotesPage"),
        query: &[
            ("option", "integer", "Only votes for this option, by its number from 1."),
            ("after", "string", "`next` of the page before."),
            ("limit", "integer", "1 to 100; 50 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/polls/{seq}/votes",
        operation: "vote",
        summary: "Vote, change your vote, or take it back.",
        body: Some("PostVote"),
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/polls/{seq}/close",
        operation: "closePoll",
        summary: "Close a poll: no vote counts any more.",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/messages/{seq}/pin",
        operation: "pinMessage",
        summary: "Pin a message for everybody.",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/conversations/{id}/messages/{seq}/pin",
        operation: "unpinMessage",
        summary: "Take a message's pin away.",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/conversations/{id}/messages/{seq}/preview",
        operation: "removePreview",
        summary: "Take the preview of a message's link away, for good.",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/messages",
        operation: "listReplies",
        summary: "A page of the replies in a thread, in either direction, ascending.",
        answer: Some("ThreadPage"),
        query: &[
            ("thread", "integer", "The message the thread began with. Required."),
            ("after", "integer", "Replies after this seq."),
            ("before", "integer", "Replies before this seq; with neither, the last ones."),
            ("limit", "integer", "1 to 100; 50 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/threads",
        operation: "listThreads",
        summary: "The threads you follow, the one with the latest reply first.",
        answer: Some("ThreadsPage"),
        query: &[
            ("before", "integer", "`next` of the page before."),
            ("unread", "boolean", "`true`: only those with replies you have not read."),
            ("limit", "integer", "1 to 100; 50 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/conversations/{id}/threads/{seq}",
        operation: "followThread",
        summary: "Follow a thread, or no longer.",
        body: Some("PutThread"),
        answer: Some("ThreadPlace"),
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/conversations/{id}/threads/{seq}/read",
        operation: "markThreadRead",
        summary: "Advance your read cursor in a thread you follow; it only grows.",
        body: Some("PutCursor"),
        answer: Some("ThreadPlace"),
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/messages/{seq}/report",
        operation: "reportMessage",
        summary: "Report a message to the moderators.",
        body: Some("PostReport"),
        status: 201,
        answer: Some("Reported"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/reports",
        operation: "listReports",
        summary: "Reports of messages, for moderators: open ones the oldest first, resolved ones the newest first.",
        answer: Some("ReportsPage"),
        query: &[
            ("status", "string", "`open` (when absent) or `resolved`."),
            ("cursor", "integer", "`next` of the page before."),
            ("limit", "integer", "1 to 100; 50 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/reports/{report}/resolve",
        operation: "resolveReport",
        summary: "Dismiss a report, or delete its message.",
        body: Some("ResolveReport"),
        answer: Some("Report"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/words",
        operation: "getWords",
        summary: "The word list, for moderators.",
        answer: Some("Words"),
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/conversations/{id}/words",
        operation: "putWords",
        summary: "Lay down which words are refused, or reported; for admins.",
        body: Some("PutWords"),
        answer: Some("Words"),
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/events",
        operation: "listEvents",
        summary: "A page of history in either direction, ascending.",
        answer: Some("EventsPage"),
        query: &[
            ("after", "integer", "Events after this seq."),
            ("before", "integer", "Events before this seq; with neither, the last ones."),
            ("epoch", "string", "The epoch your cursor belongs to; `epoch_changed` is answered when it is another."),
            ("limit", "integer", "1 to 100; 50 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/events/{seq}/proof",
        operation: "getProof",
        summary: "An RFC 6962 audit path from an event to the root.",
        answer: Some("Proof"),
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/conversations/{id}/read",
        operation: "markRead",
        summary: "Advance your read cursor; it only grows.",
        body: Some("PutCursor"),
        answer: Some("Receipt"),
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/conversations/{id}/delivered",
        operation: "markDelivered",
        summary: "Advance your delivered cursor; it only grows.",
        body: Some("PutCursor"),
        answer: Some("Receipt"),
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/typing",
        operation: "sendTyping",
        summary: "Show or clear your typing mark.",
        body: Some("PostTyping"),
        status: 204,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/search",
        operation: "searchConversation",
        summary: "Messages that a query finds, newest first.",
        answer: Some("SearchPage"),
        query: SEARCH,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/invites",
        operation: "listInvites",
        summary: "Invite links that let somebody in, the newest first.",
        answer: Some("InvitesPage"),
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/invites",
        operation: "createInvite",
        summary: "Make an invite link.",
        body: Some("CreateInvite"),
        status: 201,
        answer: Some("Invite"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/conversations/{id}/invites/{invite}",
        operation: "revokeInvite",
        summary: "Revoke an invite link: it lets nobody in any more.",
        status: 204,
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/invites/preview",
        operation: "previewInvite",
        summary: "Where an invite link leads, for whoever holds it.",
        body: Some("PostInvite"),
        answer: Some("InvitePreview"),
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/invites/join",
        operation: "joinByInvite",
        summary: "Become a member by an invite link.",
        body: Some("PostInvite"),
        status: 201,
        answer: Some("Joined"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/channels",
        operation: "listChannels",
        summary: "Public channels, by name.",
        answer: Some("ChannelsPage"),
        query: &[
            ("q", "string", "What their names begin with, without regard to case and accents; at most 256 bytes."),
            ("cursor", "string", "`next` of the page before."),
            ("limit", "integer", "1 to 100; 50 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        method: "POST",
        path: "/v1/conversations/{id}/join",
        operation: "joinChannel",
        summary: "Become a member of a public channel, or of an open channel of one's space.",
        status: 201,
        answer: Some("Joined"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/spaces/{id}/channels",
        operation: "listSpaceChannels",
        summary: "Channels of a space, in the order in which they were added.",
        answer: Some("SpaceChannelsPage"),
        query: &[
            ("cursor", "integer", "`next` of the page before."),
            ("limit", "integer", "1 to 100; 50 when absent."),
        ],
        ..PLAIN
    },
    Endpoint {
        method: "PUT",
        path: "/v1/spaces/{id}/channels/{channel}",
        operation: "addSpaceChannel",
        summary: "Make a group a channel of a space. Takes an admin of both.",
        body: Some("PutSpaceChannel"),
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        method: "DELETE",
        path: "/v1/spaces/{id}/channels/{channel}",
        operation: "removeSpaceChannel",
        summary: "Take a channel out of a space. Takes an admin of either.",
        answer: Some("Ack"),
        keyed: true,
        ..PLAIN
    },
    Endpoint {
        path: "/v1/conversations/{id}/export",
        operation: "exportConversation",
        summary: "The whole log as NDJSON: a header line, then one item per event, in order.",
        answer: Some("application/x-ndjson"),
        ..PLAIN
    },
];
