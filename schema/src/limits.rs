//! Every bound of the product. A collection, frame, queue or retry without a row here is a defect.
//!
//! Sizes are bytes of UTF-8 unless the name says otherwise; times are milliseconds (`_MS`) or seconds (`_S`).

/// Longest text of one message.
pub const TEXT_BYTES: usize = 8 * 1024;
/// Largest stored content of one event, after canonical serialisation. Larger payloads are references to media.
pub const CONTENT_BYTES: usize = 16 * 1024;
/// Largest ciphertext of an encrypted message, in base64 characters.
pub const CIPHERTEXT_CHARS: usize = 12 * 1024;
/// Users one message may mention by name.
pub const MENTIONS: usize = 50;
/// Longest emoji of a reaction.
pub const EMOJI_BYTES: usize = 64;
/// Different emoji one message may have as reactions.
pub const REACTION_EMOJI: usize = 20;
/// Bytes of a poll's question.
pub const POLL_QUESTION_BYTES: usize = 1024;
/// Options of a poll: at least two, at most this many.
pub const POLL_OPTIONS: usize = 10;
/// Bytes of one option.
pub const POLL_OPTION_BYTES: usize = 256;
/// The longest time a poll may be given to close by itself, seconds: a year.
pub const POLL_S: u64 = 31_536_000;
/// Polls asked for at once.
pub const POLLS_ASKED: usize = 50;
/// Sockets are told how polls stand at most this often.
pub const POLLS_EVERY_MS: u64 = 500;
/// Reactions one member may have on one message.
pub const REACTIONS_PER_MEMBER: usize = 10;
/// Members named per emoji with a page of history; more are paged over HTTP.
pub const REACTION_USERS: usize = 5;
/// Pinned messages of one conversation.
pub const PINS: usize = 50;
/// Roles one message may mention.
pub const MENTION_ROLES: usize = 8;
/// Unread messages that mention somebody, counted up to this many.
pub const MENTIONS_COUNTED: u64 = 1_000;
/// Messages being fetched from other conversations to be forwarded into one; more are refused with `overloaded`.
pub const FORWARDS_IN_FLIGHT: usize = 64;
/// A conversation that does not say by then what is to be forwarded from it has failed; the command may be sent again.
pub const FORWARD_TIMEOUT_MS: u64 = 5_000;
/// Messages of one conversation that one member may delete for themselves.
pub const HIDDEN: usize = 1_000;
/// People one user blocks, and as many contacts.
pub const PEOPLE: usize = 1_000;
/// An account that does not say by then whether its user may be written to is asked again later: the command is refused with `internal`.
pub const REACH_TIMEOUT_MS: u64 = 5_000;
/// Commands of one conversation about which accounts are being asked at once: a frame full of them. More are refused with `overloaded`.
pub const REACHES_IN_FLIGHT: usize = 100;
/// Messages one account saves.
pub const SAVED: usize = 1_000;
/// Largest page of saved messages.
pub const SAVED_PAGE: usize = 50;
/// Page of saved messages when `limit` is absent.
pub const SAVED_PAGE_DEFAULT: usize = 20;
/// Questions of one account whether a message may be saved, under way at once; more are refused with `overloaded`.
pub const SAVES_IN_FLIGHT: usize = 16;
/// A conversation that does not say by then what a saved message says is shown as not available.
pub const SAVED_TIMEOUT_MS: u64 = 5_000;
/// Events looked through for another last line, where a member deleted the last one for themselves.
pub const LINE_EVENTS: u64 = 256;
/// Threads a member follows, or has left, in one conversation; of more the one whose news is oldest is forgotten.
pub const THREADS_FOLLOWED: u64 = 500;
/// Members shown at the message a thread began with: who replied last.
pub const THREAD_PARTICIPANTS: usize = 3;
/// Edits, deletions and reactions that come with a page of a thread.
pub const THREAD_CHANGES: usize = 500;
/// Messages of one conversation whose links are still to be looked at; of more the oldest goes without a preview.
pub const PREVIEWS_DUE: usize = 64;
/// How often the server begins to look at one link, where the process dies meanwhile.
pub const PREVIEW_TRIES: u32 = 3;
/// A page that has not come by then has no preview.
pub const PREVIEW_TIMEOUT_MS: u64 = 5_000;
/// Of a page no more than this is read.
pub const PREVIEW_PAGE_BYTES: usize = 512 * 1024;
/// Redirects followed on the way to a page.
pub const PREVIEW_REDIRECTS: usize = 3;
/// Longest title and name of a site in a preview, in characters …
pub const PREVIEW_TITLE_CHARS: usize = 200;
/// … and longest description.
pub const PREVIEW_DESCRIPTION_CHARS: usize = 400;
/// Longest conversation name.
pub const NAME_BYTES: usize = 256;
/// Longest topic.
pub const TOPIC_BYTES: usize = 1024;
/// Longest avatar or picture address.
pub const URL_BYTES: usize = 2048;
/// Longest text about oneself in a profile.
pub const BIO_BYTES: usize = 1024;
/// Longest text of a status.
pub const STATUS_BYTES: usize = 256;
/// A profile may be changed this often, sustained …
pub const PROFILE_CHANGE_EVERY_MS: u64 = 6_000;
/// … and so many times at once: each change is told to every conversation of its user.
pub const PROFILE_CHANGES_BURST: u64 = 10;
/// Conversations of a reader, the latest active first, that are looked through for one shared with somebody whose profile they ask for.
pub const SHARED_CONVERSATIONS: usize = 1_000;
/// Conversations that one round tells of a changed profile.
pub const PROFILE_ROUND: usize = 100;
/// Longest `sub` of a token, and so of a `sub:` user reference.
pub const SUBJECT_BYTES: usize = 255;

/// Largest frame a client may send over a socket, and largest JSON body of an HTTP request.
pub const FRAME_BYTES: usize = 256 * 1024;
/// Commands in one `commands` frame.
pub const COMMANDS_PER_FRAME: usize = 100;
/// Frames a socket may send that cannot be understood before it is closed.
pub const BAD_FRAMES: u32 = 16;

/// Members of one conversation. Every member is a row read when the object wakes.
pub const MEMBERS: usize = 10_000;
/// Former members that a conversation remembers, each a row likewise; of more, who went first is forgotten: coming back, they come as somebody new.
pub const FORMER_MEMBERS: usize = 1_024;
/// Members a `POST /v1/conversations` may name at once, besides the creator.
pub const MEMBERS_PER_CREATE: usize = 100;
/// Members added in one call.
pub const MEMBERS_PER_CALL: usize = 100;
/// Members listed inside a `welcome` frame; more are paged over HTTP.
pub const MEMBERS_IN_WELCOME: usize = 256;
/// Up to this many members everybody keeps public per-member receipts and is poked for every message. Above, those concerned are, and open inboxes.
pub const SMALL_CONVERSATION: usize = 256;
/// Sockets one user may hold on one conversation, and on the inbox.
pub const SOCKETS_PER_USER: usize = 20;
/// Sockets one conversation accepts.
pub const SOCKETS_PER_CONVERSATION: usize = 12_000;

/// Commands waiting in one object for the next commit; more are refused with `overloaded`.
pub const PENDING_COMMANDS: usize = 4_096;
/// Bytes of commands waiting in one object for the next commit; more are refused with `overloaded`.
pub const PENDING_BYTES: usize = 16 * 1024 * 1024;
/// Commands decided and stored by one commit.
pub const BATCH_COMMANDS: usize = 512;
/// Content bytes stored by one commit.
pub const BATCH_BYTES: usize = 256 * 1024;
/// Read cursors that come over sockets wait this long for more of them, or for a command, and share its commit.
pub const READS_GATHER_MS: u64 = 200;
/// How long a busy object with many sockets gathers after the previous commit is durable, before the next commit.
pub const GATHER_MS: u64 = 1;
/// Turns of the event loop that a busy object yields for, at most, to let in what waits.
pub const GATHER_TURNS: u32 = 64;

/// Bytes sent to one socket and not acknowledged, above which it is sent nothing more until it acknowledges …
pub const UNACKNOWLEDGED_BYTES: usize = 1024 * 1024;
/// … and closed as `slow` when it does not within this time (at the coarse alarm that follows).
pub const SLOW_MS: u64 = 10_000;
/// Bytes in flight to one socket while it catches up with history.
pub const CATCH_UP_WINDOW_BYTES: usize = 512 * 1024;
/// A client acknowledges at least every this many events …
pub const ACK_EVERY_EVENTS: u64 = 64;
/// … or this many bytes.
pub const ACK_EVERY_BYTES: usize = 256 * 1024;
/// Events in one batch read from the log for catching up.
pub const CATCH_UP_EVENTS: usize = 500;
/// Events sent after `welcome` to a client that presents no cursor.
pub const FIRST_EVENTS: u64 = 50;

/// Versions one message may have.
pub const VERSIONS: u64 = 100;
/// Largest page of history.
pub const PAGE_EVENTS: usize = 200;
/// Page of history when `limit` is absent.
pub const PAGE_EVENTS_DEFAULT: usize = 50;
/// Largest run of events in a page of history, which ends early rather than exceed it; `edits` come on top, one per message at most.
pub const PAGE_BYTES: usize = 512 * 1024;
/// Largest page of an inbox or a member list.
pub const LIST_ITEMS: usize = 100;
/// Longest slow mode of a conversation.
pub const SLOW_MODE_S: u32 = 6 * 60 * 60;
/// Invite links of one conversation that let somebody in; those that do no longer are not counted.
pub const INVITES: usize = 50;
/// Most uses that an invite link may be given.
pub const INVITE_USES: u64 = 10_000;
/// Shortest time after which an invite link may expire …
pub const INVITE_SHORTEST_S: u64 = 60;
/// … and the longest.
pub const INVITE_LONGEST_S: u64 = 365 * 24 * 60 * 60;
/// Users banned from one conversation. Every ban is a row read when the object wakes.
pub const BANS: usize = 1_024;
/// Longest time for which a member is muted; without a time it lasts until it is lifted.
pub const MUTE_S: u64 = 365 * 24 * 60 * 60;
/// Reports of messages that are open in one conversation. Every one is a row read when the object wakes.
pub const REPORTS: usize = 1_000;
/// Of these, reports of one member.
pub const REPORTS_PER_MEMBER: usize = 50;
/// Longest note of a report, and of what was done about it.
pub const REPORT_NOTE_BYTES: usize = 1_000;
/// Words and phrases on a conversation's word list.
pub const WORDS: usize = 200;
/// Longest of them.
pub const WORD_BYTES: usize = 100;
/// Page of public channels when `limit` is absent.
pub const CHANNELS_DEFAULT: usize = 50;
/// What a public channel, or a person, tells the directory of itself is gathered for this long.
pub const DIRECTORY_EVERY_MS: u64 = 10_000;
/// Whom a person hides from, and that they are not to be found any longer, is told to the directory at most this often.
pub const DIRECTORY_HIDE_EVERY_MS: u64 = 1_000;
/// A question to the directory that is not answered by then has failed.
pub const DIRECTORY_TIMEOUT_MS: u64 = 5_000;
/// Words of a name by which its bearer is found in the directory, the first ones.
pub const DIRECTORY_WORDS: usize = 8;
/// Of these, the first so many are found by any two of them, too.
pub const DIRECTORY_PAIRED_WORDS: usize = 5;
/// Largest page of people found in the directory.
pub const DIRECTORY_PEOPLE: usize = 50;
/// Page of people found when `limit` is absent.
pub const DIRECTORY_PEOPLE_DEFAULT: usize = 20;
/// Questions of one user to the directory: sustained per second.
pub const RATE_DIRECTORY_PER_S: u32 = 2;
/// Burst of the same bucket, as a multiple of the rate.
pub const RATE_DIRECTORY_BURST: u32 = 15;
/// Public channels one user joins: sustained per second.
pub const RATE_JOINS_PER_S: u32 = 1;
/// Burst of the same bucket, as a multiple of the rate.
pub const RATE_JOINS_BURST: u32 = 20;
/// Channels of one space. Where several are added at the same moment they may become a few more.
pub const SPACE_CHANNELS: usize = 500;
/// Page of a space's channels when `limit` is absent.
pub const SPACE_CHANNELS_DEFAULT: usize = 50;
/// A space, or a channel, that does not answer by then is asked again later.
pub const SPACE_TIMEOUT_MS: u64 = 5_000;
/// What a channel tells its space of itself is gathered for this long.
pub const SPACE_EVERY_MS: u64 = 10_000;
/// Commands of one channel about which its space is being asked at once; more are refused with `overloaded`.
pub const SPACE_ASKS_IN_FLIGHT: usize = 100;
/// Events of a space's log that are looked through at a time for who has left.
pub const DEPARTURES_EVENTS: u64 = 500;
/// Channels of a space that are told at once who has left.
pub const DEPARTURES_IN_FLIGHT: usize = 16;
/// Conversations in one account's inbox.
pub const INBOX_ENTRIES: usize = 10_000;
/// Large conversations whose heads an account asks for when its user opens an inbox, the latest active first.
pub const INBOX_ASKED: usize = 50;
/// Conversations a user may pin in their inbox.
pub const INBOX_PINS: usize = 20;
/// Frames of entries that answer one hello of an inbox socket; a client further behind goes on over HTTP.
pub const INBOX_HELLO_FRAMES: usize = 5;
/// Inbox entries sent in one frame.
pub const INBOX_FRAME_ENTRIES: usize = 100;

/// Longest query of a search.
pub const SEARCH_QUERY_BYTES: usize = 512;
/// Words, phrases and filters of one query.
pub const SEARCH_CONDITIONS: usize = 24;
/// Longest word that a search tells apart, in letters; of a longer one the beginning counts.
pub const SEARCH_WORD_CHARS: usize = 64;
/// Largest page of hits.
pub const SEARCH_HITS: usize = 50;
/// Page of hits when `limit` is absent.
pub const SEARCH_HITS_DEFAULT: usize = 20;
/// Marks of one hit; of more the first.
pub const SEARCH_MARKS: usize = 64;
/// People that a query's words name, on the first page of hits.
pub const SEARCH_PEOPLE: usize = 10;
/// Events that enter the index of a conversation together. What is younger than the last full chunk is read when somebody searches.
pub const SEARCH_CHUNK_EVENTS: u64 = 256;
/// Chunks that one request puts into the index; a page that needs more ends early, and the next goes on from there.
pub const SEARCH_CHUNKS: usize = 8;
/// Messages that one request compares with its query; a page that needs more ends early, and the next goes on from there.
pub const SEARCH_CANDIDATES: usize = 1_024;
/// Candidates taken from the index at a time.
pub const SEARCH_CANDIDATES_AT_ONCE: usize = 64;
/// Searches of one user in one conversation: sustained per second.
pub const RATE_SEARCHES_PER_S: u32 = 4;
/// Burst of the same bucket, as a multiple of the rate.
pub const RATE_SEARCHES_BURST: u32 = 5;
/// Conversations that one page of a search over all of a user's asks.
pub const SEARCH_CONVERSATIONS: usize = 64;
/// Of them at once.
pub const SEARCH_IN_FLIGHT: usize = 6;
/// Chunks that one page of such a search puts into the index of one conversation.
pub const SEARCH_CHUNKS_EACH: usize = 2;
/// Bytes of hits that one conversation answers to such a page.
pub const SEARCH_BYTES_EACH: usize = 128 * 1024;
/// A conversation that has not answered such a page by then has failed, and the page with it.
pub const SEARCH_TIMEOUT_MS: u64 = 10_000;
/// Searches of one user over all of theirs, each of which may ask many conversations: sustained per second.
pub const RATE_SEARCHES_ALL_PER_S: u32 = 1;
/// Burst of the same bucket, as a multiple of the rate.
pub const RATE_SEARCHES_ALL_BURST: u32 = 20;

/// A socket that has not said hello is closed after this time (at the coarse alarm that follows).
pub const HELLO_MS: u64 = 15_000;
/// The client repeats `typing` at most this often; receivers clear it after [`TYPING_CLEAR_MS`].
pub const TYPING_EVERY_MS: u64 = 3_000;
/// A typing mark ends by itself after this time.
pub const TYPING_CLEAR_MS: u64 = 6_000;
/// Keep-alive: clients send the text `ping` this often; the platform answers `pong` without waking the object.
pub const PING_EVERY_MS: u64 = 20_000;
/// One account hears from one conversation at most this often.
pub const POKE_EVERY_MS: u64 = 1_000;
/// Above [`SMALL_CONVERSATION`] members, open inboxes of those not concerned hear at most this often; an account asks for the others' news at most as often.
pub const POKE_LARGE_EVERY_MS: u64 = 10_000;
/// Accounts that one round of news calls; the others are called by the alarms that follow, a second apart. An invocation makes a bounded number of calls to
/// other objects (<https://developers.cloudflare.com/workers/platform/limits/#subrequests>).
pub const ROUND_ACCOUNTS: usize = 1_000;
/// Calls to other objects in flight at once.
pub const POKES_IN_FLIGHT: usize = 6;
/// A call to an account that is not answered by then has failed; the account is called again after its back-off.
pub const POKE_TIMEOUT_MS: u64 = 5_000;
/// An account that could not be told is called again after this time, then twice as long at each failure …
pub const RETRY_FIRST_MS: u64 = 1_000;
/// … up to this long.
pub const RETRY_LONGEST_MS: u64 = 300_000;
/// An alarm that is overdue by this much is taken for lost and armed anew.
pub const ALARM_LOST_MS: u64 = 60_000;
/// When the outbox is not confirmed by then, the alarm drives it again.
pub const OUTBOX_ALARM_MS: u64 = 30_000;
/// Longest preview of a message in an inbox entry, in characters (Unicode scalar values).
pub const PREVIEW_CHARS: usize = 120;

/// Messages a user may send to one conversation: sustained per second, unless the deployment sets `RATE_USER_PER_S`.
pub const RATE_USER_PER_S: u32 = 20;
/// Burst of the same bucket, as a multiple of the rate.
pub const RATE_USER_BURST: u32 = 5;
/// Messages one conversation takes: sustained per second, unless the deployment sets `RATE_CONVERSATION_PER_S`.
pub const RATE_CONVERSATION_PER_S: u32 = 500;
/// Burst of the same bucket, as a multiple of the rate.
pub const RATE_CONVERSATION_BURST: u32 = 2;
/// Signals (typing) and cursors a user may send to one conversation over sockets: sustained per second; more are refused.
pub const RATE_SIGNALS_PER_S: u32 = 20;
/// Burst of the same bucket, as a multiple of the rate.
pub const RATE_SIGNALS_BURST: u32 = 3;

/// Single-use socket tickets live this long.
pub const TICKET_MS: u64 = 60_000;
/// Tickets an account holds at once.
pub const TICKETS: usize = 32;
/// A socket attachment: the platform's bound (Durable Objects WebSocket hibernation API).
pub const ATTACHMENT_BYTES: usize = 16 * 1024;

/// Longest token accepted.
pub const TOKEN_BYTES: usize = 4 * 1024;
/// Shortest HS256 secret: the length of the hash, as RFC 7518, 3.2 demands.
pub const SECRET_BYTES: usize = 32;
/// How far two clocks may differ unless the deployment sets `AUTH_LEEWAY_S`.
pub const LEEWAY_S: u32 = 30;
/// Largest leeway a deployment may set.
pub const LEEWAY_MAX_S: u32 = 120;
/// How far ahead a token's `exp` may lie.
pub const LIFETIME_S: u32 = 24 * 60 * 60;
/// Largest lifetime of a token that could be set.
pub const LIFETIME_MAX_S: u32 = 30 * 24 * 60 * 60;
/// Longest display name taken from a token, in characters; a longer one is ignored.
pub const NAME_CHARS: usize = 200;
/// Longest `jti` taken from a token; a longer one is ignored.
pub const TOKEN_ID_BYTES: usize = 255;

/// Longest id of a device, in bytes.
pub const DEVICE_ID_BYTES: usize = 64;
/// Longest name of a device, in characters.
pub const DEVICE_NAME_CHARS: usize = 64;
/// Devices that an account lists; of more the one that was active longest ago is forgotten.
pub const DEVICES: usize = 50;
/// Devices signed out that an account remembers for ever; of more the one signed out longest ago is forgotten.
pub const DEVICES_REVOKED: usize = 1_000;
/// A device's last activity is written at most this often.
pub const DEVICE_ACTIVE_EVERY_MS: u64 = 600_000;
/// How much of a `User-Agent` is looked at, in bytes.
pub const USER_AGENT_BYTES: usize = 512;
/// A link that signs a device in lives this long.
pub const DEVICE_LINK_MS: u64 = 120_000;
/// Such links that an account holds at once; of more the oldest goes.
pub const DEVICE_LINKS: usize = 4;
/// Such links of one user: sustained per second.
pub const RATE_DEVICE_LINKS_PER_S: u32 = 1;
/// Burst of the same bucket, as a multiple of the rate.
pub const RATE_DEVICE_LINKS_BURST: u32 = 5;
/// A token of a device that was signed in by a link lives this long, seconds, unless the session ends sooner.
pub const DEVICE_TOKEN_S: u64 = 14 * 24 * 60 * 60;
/// How long a device that was signed in by a link stays so, days, unless the deployment sets `DEVICE_SESSION_DAYS`.
pub const DEVICE_SESSION_DAYS: u64 = 30;
/// The longest that a deployment may set.
pub const DEVICE_SESSION_DAYS_MAX: u64 = 365;

/// People one inbox socket watches.
pub const WATCHED: usize = 100;
/// Accounts that are told when one account's presence changes; to more it is told only when they ask.
pub const WATCHERS: usize = 1_000;
/// A watch lasts this long; clients say it again …
pub const WATCH_MS: u64 = 300_000;
/// … at least this often.
pub const WATCH_EVERY_MS: u64 = 180_000;
/// What is said again sooner than this after it was taken is not asked of the account again.
pub const WATCH_FRESH_MS: u64 = 60_000;
/// Accounts a user may ask for presence: sustained per second.
pub const RATE_WATCHES_PER_S: u32 = 10;
/// Burst of the same bucket, as a multiple of the rate.
pub const RATE_WATCHES_BURST: u32 = 40;
/// A watched socket without a keep-alive for this long is gone: two are missed, and somewhat late.
pub const SILENT_MS: u64 = 42_000;
/// The same for one whose person is away: browsers let a page that is hidden say something once a minute.
pub const SILENT_AWAY_MS: u64 = 130_000;
/// Whose last socket went counts as there for this long, so that a page that is loaded anew does not blink.
pub const LINGER_MS: u64 = 6_000;
/// A person is away when their page was hidden for this long; the client says so.
pub const AWAY_AFTER_MS: u64 = 300_000;
/// Watchers hear of one account's presence at most this often.
pub const PRESENCE_EVERY_MS: u64 = 2_000;

/// Above this many sockets the acks of a batch go out before its events, and the events follow in a turn of their own.
pub const FAN_OUT_LATER: usize = 64;
/// Batches smaller than this are not worth the wait of [`GATHER_MS`].
pub const GATHER_FROM: usize = 4;
/// In a conversation with more members than this, deliveries are told together …
pub const TELL_AT_ONCE: usize = 8;
/// … after gathering this long.
pub const TELL_EVERY_MS: u64 = 200;
/// Lines of an export produced at a time: memory stays bounded whatever the length of the log …
pub const EXPORT_LINES: usize = 32;
/// … and their bytes, at least one line.
pub const EXPORT_BYTES: usize = 128 * 1024;
/// A reader of an export who asks for nothing more this long loses the place when another asks for one.
pub const EXPORT_IDLE_MS: u64 = 30_000;
/// Exports of one conversation at once.
pub const EXPORTS: usize = 4;
/// Prepared statements' texts kept by an object.
pub const STATEMENTS: usize = 512;
