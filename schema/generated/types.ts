/* Made from schema.json by scripts/generate-types.mjs; do not edit. */

/**
 * an idempotency key (a UUID or a ULID)
 */
export type CommandKey = string;
/**
 * A stable error code.
 */
export type Code =
  | "malformed_json"
  | "invalid_utf8"
  | "invalid_request"
  | "unknown_frame"
  | "binary_frame"
  | "too_large"
  | "invalid_value"
  | "unsupported_media_type"
  | "idempotency_key_missing"
  | "idempotency_key_invalid"
  | "key_reused"
  | "route_not_found"
  | "method_not_allowed"
  | "https_required"
  | "origin_not_allowed"
  | "token_missing"
  | "token_malformed"
  | "token_algorithm"
  | "token_signature"
  | "token_expired"
  | "token_not_yet_valid"
  | "token_issuer"
  | "token_audience"
  | "token_subject"
  | "token_other_user"
  | "ticket_invalid"
  | "conversation_not_found"
  | "not_a_member"
  | "permission_denied"
  | "message_not_found"
  | "message_deleted"
  | "version_conflict"
  | "already_member"
  | "member_not_found"
  | "member_limit"
  | "last_owner"
  | "wrong_kind"
  | "wrong_encryption"
  | "frozen"
  | "slow_mode"
  | "banned"
  | "already_banned"
  | "not_banned"
  | "ban_limit"
  | "muted"
  | "not_muted"
  | "already_reported"
  | "report_limit"
  | "report_not_found"
  | "already_resolved"
  | "word_blocked"
  | "cursor_out_of_range"
  | "epoch_changed"
  | "hello_required"
  | "rate_limited"
  | "overloaded"
  | "too_many_sockets"
  | "pin_limit"
  | "internal"
  | "already_reacted"
  | "reaction_not_found"
  | "reaction_limit"
  | "already_pinned"
  | "not_pinned"
  | "message_pin_limit"
  | "user_not_found"
  | "invite_not_found"
  | "invite_expired"
  | "invite_used_up"
  | "invite_revoked"
  | "invite_limit"
  | "hidden_limit"
  | "source_not_found"
  | "thread_nested"
  | "saved_limit"
  | "blocking"
  | "recipient_unavailable"
  | "people_limit"
  | "preview_not_found"
  | "not_public"
  | "directory_unavailable"
  | "space_not_found"
  | "not_in_space"
  | "in_a_space"
  | "channel_limit"
  | "device_revoked"
  | "device_not_found"
  | "device_link_invalid"
  | "device_links_off"
  | "token_other_device"
  | "not_a_poll"
  | "poll_closed"
  | "already_voted"
  | "vote_not_found"
  | "poll_anonymous"
  | "space_unavailable";
/**
 * What a member may do; the table is `quipu-core`'s `permissions`.
 */
export type Role = "guest" | "member" | "moderator" | "admin" | "owner";
/**
 * A user id, or `sub:` and the subject your tokens carry for that user.
 */
export type UserRef = string;
/**
 * From which role on something is allowed.
 */
export type Audience = "everyone" | "members" | "moderators" | "admins";
/**
 * a user id (28 characters, starting with u)
 */
export type UserId = string;
/**
 * A state cell: the last value of something that is not an event.
 */
export type Cell =
  | (Receipt & {
      kind: "receipt";
    })
  | (Profile & {
      kind: "profile";
    })
  | (ThreadPlace & {
      kind: "thread";
    });
/**
 * a conversation id (28 characters, starting with d, g or s)
 */
export type ConversationId = string;
/**
 * Whether a conversation can be found and joined without an invitation.
 */
export type ChannelVisibility = "private" | "public" | "space";
/**
 * What a client says.
 */
export type ClientFrame =
  | {
      /**
       * The last seq the client holds; 0 for everything from the start.
       */
      after?: number;
      /**
       * The last cell version the client holds.
       */
      cells_after?: number;
      epoch?: Epoch;
      t: "hello";
    }
  | {
      /**
       * 1 to 100 commands.
       */
      commands: KeyedCommand[];
      t: "commands";
    }
  | {
      /**
       * The last contiguous seq received.
       */
      seq: number;
      t: "ack";
    }
  | {
      /**
       * The last seq shown to the person.
       */
      seq: number;
      t: "read";
      /**
       * In this thread, by the seq of the message it began with; absent: of the conversation.
       */
      thread?: number;
    }
  | {
      /**
       * Whether you follow it.
       */
      on: boolean;
      t: "follow";
      /**
       * The message the thread began with.
       */
      thread: number;
    }
  | {
      /**
       * Whether the person is typing. Repeated at most every 3 s; it clears by itself after 6 s.
       */
      on: boolean;
      t: "typing";
    }
  | {
      t: "refresh";
      /**
       * A token of the same user.
       */
      token: string;
    }
  | {
      /**
       * The message's seq.
       */
      seq: number;
      t: "hide";
    };
/**
 * an epoch (13 characters of base 32)
 */
export type Epoch = string;
/**
 * What to do. Variants are serialised in a fixed order of fields: this text is what the fingerprint covers.
 */
export type Command =
  | {
      /**
       * Address of a picture of a group (https).
       */
      avatar?: string;
      encryption?: Encryption;
      history?: History;
      /**
       * The others: exactly one for a direct conversation, up to 100 for a group.
       */
      members: UserRef[];
      /**
       * Name of a group.
       */
      name?: string;
      /**
       * Topic of a group.
       */
      topic?: string;
      type: "conversation.create";
    }
  | {
      /**
       * New address of a picture (https).
       */
      avatar?: string;
      /**
       * New name.
       */
      name?: string;
      /**
       * New topic.
       */
      topic?: string;
      type: "conversation.update";
    }
  | {
      add?: Audience;
      /**
       * Whether nobody below moderator may write, edit, react or pin.
       */
      frozen?: boolean;
      invite?: Audience;
      mention?: Audience;
      pin?: Audience;
      post?: Audience;
      react?: Audience;
      /**
       * Seconds that those below moderator wait between two messages: 0 (off) to 21,600.
       */
      slow_mode_s?: number;
      thread?: Audience;
      type: "conversation.set_settings";
      visibility?: ChannelVisibility;
    }
  | {
      role?: Role;
      type: "member.add";
      user: UserRef;
    }
  | {
      token: InviteToken;
      type: "member.join";
    }
  | {
      type: "channel.join";
    }
  | {
      /**
       * Whether the members of the space find it and may join; else it is by invitation only.
       */
      open?: boolean;
      space: ConversationId;
      type: "channel.enter_space";
    }
  | {
      space: ConversationId;
      type: "channel.leave_space";
    }
  | {
      type: "member.remove";
      user: UserRef;
    }
  | {
      type: "member.leave";
    }
  | {
      role: Role;
      type: "member.set_role";
      user: UserRef;
    }
  | {
      type: "member.ban";
      user: UserRef;
    }
  | {
      type: "member.unban";
      user: UserRef;
    }
  | {
      /**
       * For how many seconds, 1 to 31,536,000; until it is lifted when absent.
       */
      for_s?: number;
      type: "member.mute";
      user: UserRef;
    }
  | {
      type: "member.unmute";
      user: UserRef;
    }
  | {
      content: NewContent;
      reply_to?: ReplyTo;
      /**
       * The top-level message in whose thread this one stands.
       */
      thread?: number;
      type: "message.send";
    }
  | {
      content: NewContent;
      /**
       * The version the author edited; refused with `version_conflict` when there is a newer one.
       */
      expect_version?: number;
      /**
       * The message's seq.
       */
      seq: number;
      type: "message.edit";
    }
  | {
      /**
       * The message's seq.
       */
      seq: number;
      type: "message.delete";
    }
  | {
      from: ConversationId;
      /**
       * Its seq there.
       */
      seq: number;
      type: "message.forward";
    }
  | {
      /**
       * One character as people count them (an extended grapheme cluster) of 1 to 64 bytes. Compared byte for byte.
       */
      emoji: string;
      /**
       * The message's seq.
       */
      seq: number;
      type: "message.react";
    }
  | {
      /**
       * The emoji of the reaction.
       */
      emoji: string;
      /**
       * The message's seq.
       */
      seq: number;
      type: "message.unreact";
    }
  | {
      /**
       * The message's seq.
       */
      seq: number;
      type: "message.pin";
    }
  | {
      /**
       * The message's seq.
       */
      seq: number;
      type: "message.unpin";
    }
  | {
      /**
       * The message.
       */
      seq: number;
      type: "message.remove_preview";
    }
  | {
      /**
       * Numbers of options, from 1, in any order, without repeats; none takes the vote back.
       */
      choices: number[];
      /**
       * The message that is the poll.
       */
      seq: number;
      type: "poll.vote";
    }
  | {
      /**
       * The message that is the poll.
       */
      seq: number;
      type: "poll.close";
    };
/**
 * How content is protected.
 */
export type Encryption = "none" | "mls";
/**
 * What a member who joins later may read.
 */
export type History = "all" | "from_join";
/**
 * the token of an invite link (54 characters, starting with the conversation's id)
 */
export type InviteToken = string;
/**
 * Content as a client sends it: like what is stored, without the version, with users as the client knows them.
 */
export type NewContent =
  | {
      kind: "text";
      /**
       * Addresses every member. Not every role may, see the table of permissions.
       */
      mention_everyone?: boolean;
      /**
       * Addresses the members of these roles. Who may mention everyone may.
       */
      mention_roles?: Role[];
      /**
       * Members the text addresses.
       */
      mentions?: UserRef[];
      /**
       * The text: 1 byte to 8 KiB, not white space alone.
       */
      text: string;
    }
  | {
      /**
       * The payload, base64.
       */
      data: string;
      kind: "ciphertext";
      /**
       * Who can open it, such as `mls`.
       */
      scheme: string;
    }
  | {
      /**
       * Nobody but a member themselves is told what they chose.
       */
      anonymous?: boolean;
      /**
       * Seconds until no vote counts any more, from when the server takes it: 1 to 31,536,000 (a year). Absent: until somebody closes it.
       */
      closes_in_s?: number;
      kind: "poll";
      /**
       * A member may choose several options.
       */
      multiple?: boolean;
      /**
       * 2 to 10 different options, each of 1 to 256 bytes.
       */
      options: string[];
      /**
       * The question: 1 byte to 1 KiB, not white space alone.
       */
      question: string;
    };
/**
 * What an event says.
 */
export type Content =
  | (TextContent & {
      kind: "text";
    })
  | (CiphertextContent & {
      kind: "ciphertext";
    })
  | (MemberContent & {
      kind: "member";
    })
  | (InfoContent & {
      kind: "info";
    })
  | (ReactionContent & {
      kind: "reaction";
    })
  | (PreviewContent & {
      kind: "preview";
    })
  | (PollContent & {
      kind: "poll";
    });
/**
 * What kind of conversation an id names. Fixed at creation, for ever.
 */
export type ConversationKind = "direct" | "group" | "space";
/**
 * What happened.
 */
export type EventType =
  | "conversation.created"
  | "conversation.updated"
  | "member.joined"
  | "member.left"
  | "member.removed"
  | "member.role_changed"
  | "message.created"
  | "message.edited"
  | "message.deleted"
  | "reaction.added"
  | "reaction.removed"
  | "message.pinned"
  | "message.unpinned"
  | "message.previewed"
  | "message.preview_removed"
  | "conversation.settings_changed"
  | "member.banned"
  | "member.unbanned"
  | "member.muted"
  | "member.unmuted"
  | "poll.closed"
  | "conversation.space_entered"
  | "conversation.space_left"
  | "space.channel_added"
  | "space.channel_removed"
  | (string & {});
/**
 * One place in the order: an event, or the numbers of events this reader may not see. Items are contiguous, so that density can be checked.
 */
export type Item =
  | Event
  | {
      /**
       * True where the reader deleted the messages for themselves: there is nothing to show, not even a gap.
       */
      hidden?: boolean;
      withheld: SeqRange;
    };
/**
 * What of a conversation waits for its member: what counts in the totals, and what may call them.
 */
export type NotificationLevel = "default" | "all" | "mentions" | "nothing";
/**
 * What a client says on the inbox socket.
 */
export type InboxClientFrame =
  | {
      /**
       * The last feed version the client holds. Absent: only what changes from now on (load the list over HTTP first and pass its version).
       */
      after?: number;
      t: "hello";
    }
  | {
      t: "refresh";
      /**
       * A token of the same user.
       */
      token: string;
    }
  | {
      flags: PatchInbox;
      id: ConversationId;
      t: "set";
    }
  | {
      t: "watch";
      /**
       * Whom this socket watches from now on, at most 100; an empty list ends it. Say it again every three minutes: a watch lasts five.
       */
      users: Watched[];
    }
  | {
      /**
       * Whether the person has turned away from this device.
       */
      on: boolean;
      t: "away";
    }
  | {
      conversation: ConversationId;
      /**
       * Whether it is to be saved.
       */
      saved: boolean;
      /**
       * The message.
       */
      seq: number;
      t: "save";
    };
/**
 * A part of the list: `GET /v1/inbox?filter=…`. Without one, the list has everything that is neither archived nor hidden.
 */
export type InboxFilter = "unread" | "mentions" | "direct" | "groups" | "archived" | "hidden";
/**
 * What the server says on the inbox socket.
 */
export type InboxServerFrame =
  | (InboxWelcome & {
      t: "welcome";
    })
  | (InboxChanges & {
      t: "changes";
    })
  | (MyProfile & {
      t: "profile";
    })
  | (PresenceFrame & {
      t: "presence";
    })
  | (SavedChange & {
      t: "saved";
    })
  | (Person & {
      t: "person";
    })
  | (DevicesFrame & {
      t: "devices";
    })
  | (Refreshed & {
      t: "refreshed";
    })
  | (Rejection & {
      t: "error";
    });
/**
 * Whether somebody is there.
 */
export type PresenceState = "online" | "away" | "offline" | "hidden";
/**
 * Answer to `POST …/members`.
 */
export type MembersAnswer = Ack | AddedMembers;
/**
 * What a moderator did about a report.
 */
export type Outcome = "dismissed" | "removed";
/**
 * Who sees a user's presence.
 */
export type PresenceAudience = "everyone" | "shared" | "contacts" | "nobody";
/**
 * Who may open a direct conversation with a user, and add them to groups.
 */
export type ReachAudience = "everyone" | "shared" | "contacts";
/**
 * Why a message is reported.
 */
export type Reason = "spam" | "harassment" | "hate" | "violence" | "sexual" | "illegal" | "other" | "words";
/**
 * What becomes of a message that holds a word of the list.
 */
export type WordAction = "refuse" | "report";
/**
 * What the server says.
 */
export type ServerFrame =
  | (Welcome & {
      t: "welcome";
    })
  | (Events & {
      t: "events";
    })
  | (Cells & {
      t: "cells";
    })
  | (Acks & {
      t: "acks";
    })
  | (Typing & {
      t: "typing";
    })
  | (ReportsSignal & {
      t: "reports";
    })
  | (Refreshed & {
      t: "refreshed";
    })
  | (Rejection & {
      t: "error";
    })
  | (Hidden & {
      t: "hidden";
    })
  | (PollsSignal & {
      t: "polls";
    });

/**
 * A command's event is committed. The same key always gets the same answer.
 */
export interface Ack {
  /**
   * True when the event's content has been erased since, so that the body could no longer be compared.
   */
  erased?: boolean;
  key: CommandKey;
  /**
   * Its event; the first, where it caused several.
   */
  seq: number;
}
/**
 * See [`ServerFrame::Acks`].
 */
export interface Acks {
  /**
   * Commands whose events are durable.
   */
  acks?: Ack[];
  /**
   * Commands that left nothing in the log.
   */
  rejections?: Rejected[];
}
/**
 * A command was refused.
 */
export interface Rejected {
  code: Code;
  key: CommandKey;
  /**
   * A sentence for a person, in English.
   */
  message: string;
  /**
   * Whether the same command, with the same key, may succeed later.
   */
  retry: boolean;
  /**
   * After how many milliseconds to try again.
   */
  retry_after_ms?: number;
}
/**
 * See [`Command::AddMember`].
 */
export interface AddMember {
  role?: Role;
  user: UserRef;
}
/**
 * What became of one of them: `seq`, or why they were not added.
 */
export interface AddedMember {
  code?: Code;
  /**
   * The same for a person, in English.
   */
  message?: string;
  /**
   * Whether the same call, with the same key, may add them later.
   */
  retry?: boolean;
  /**
   * The event by which they joined; absent where they were not added.
   */
  seq?: number;
  user: UserRef;
}
/**
 * What became of several members to be added.
 */
export interface AddedMembers {
  /**
   * One for each, in the order asked.
   */
  results: AddedMember[];
}
/**
 * A ban that stands.
 */
export interface Ban {
  /**
   * When, Unix milliseconds.
   */
  at: number;
  by: UserId;
  profile: Profile;
  /**
   * The `member.banned` event.
   */
  seq: number;
  /**
   * The team's own id for them, where known.
   */
  subject?: string;
  user: UserId;
}
/**
 * See [`Cell::Profile`].
 */
export interface Profile {
  /**
   * The name they gave themselves, else that of their token.
   */
  name?: string;
  /**
   * Address of their picture (https): the one they chose, else that of their token.
   */
  picture?: string;
  status?: Status;
  user: UserId;
  /**
   * That of the profile in their account; absent where they never set one: then all else is their token's.
   */
  version?: number;
}
/**
 * What somebody is doing. At least one of `emoji` and `text` is there.
 */
export interface Status {
  /**
   * One character as people count them.
   */
  emoji?: string;
  /**
   * A few words on one line.
   */
  text?: string;
  /**
   * Until when it holds, Unix milliseconds; absent: until it is changed. Do not show it from then on.
   */
  until?: number;
}
/**
 * See [`crate::command::Command::Ban`].
 */
export interface BanMember {
  user: UserRef;
}
/**
 * `GET …/bans`, for moderators.
 */
export interface BansPage {
  /**
   * By user id.
   */
  bans: Ban[];
  next?: UserId;
}
/**
 * See [`Cell::Receipt`]. Both cursors only grow.
 */
export interface Receipt {
  /**
   * Received up to this seq.
   */
  delivered: number;
  /**
   * Read up to this seq.
   */
  read: number;
  /**
   * `n` of the event at `read`: unread = n(head) − `read_n`.
   */
  read_n: number;
  user: UserId;
}
/**
 * A member's own place in a thread: told to nobody else.
 */
export interface ThreadPlace {
  /**
   * Whether you follow it.
   */
  following: boolean;
  /**
   * Read up to this seq …
   */
  read: number;
  /**
   * … which is reply number `read_n`. Both only grow while you follow the thread.
   */
  read_n: number;
  /**
   * The message the thread began with.
   */
  root: number;
  user: UserId;
}
/**
 * See [`ServerFrame::Cells`].
 */
export interface Cells {
  /**
   * Those that changed.
   */
  cells: Cell[];
  /**
   * The newest version among all cells: the cursor to present next time.
   */
  version: number;
}
/**
 * A public channel, as the directory shows it to somebody who need not be a member.
 */
export interface Channel {
  /**
   * Address of its picture.
   */
  avatar?: string;
  id: ConversationId;
  /**
   * Members, up to ten seconds ago.
   */
  member_count: number;
  /**
   * Its name: a public channel is listed once it has one.
   */
  name: string;
  /**
   * Its topic.
   */
  topic?: string;
}
/**
 * `GET /v1/channels`: public channels by name.
 */
export interface ChannelsPage {
  /**
   * By name, without regard to case and accents.
   */
  channels: Channel[];
  /**
   * Pass as `cursor` for the next page; absent on the last.
   */
  next?: string;
}
/**
 * An opaque payload.
 */
export interface CiphertextContent {
  /**
   * The payload, base64.
   */
  data: string;
  /**
   * Who can open it, such as `mls`.
   */
  scheme: string;
  /**
   * Version of this format.
   */
  v: number;
}
/**
 * A command under its key.
 */
export interface KeyedCommand {
  command: Command;
  key: CommandKey;
}
/**
 * A quote: by number and version, never by text, so that it follows an edit and loses what is deleted.
 */
export interface ReplyTo {
  /**
   * The message's seq.
   */
  seq: number;
  /**
   * The version the author saw; 1 when absent.
   */
  version?: number;
}
/**
 * Text and whom it mentions.
 */
export interface TextContent {
  /**
   * Whether the text addresses every member.
   */
  mention_everyone?: boolean;
  /**
   * Roles whose members the text addresses, without repeats.
   */
  mention_roles?: Role[];
  /**
   * Members the text addresses, in the order given, without repeats.
   */
  mentions?: UserId[];
  /**
   * The text, byte for byte as sent.
   */
  text: string;
  /**
   * Version of this format.
   */
  v: number;
}
/**
 * The team's own name for a user.
 */
export interface MemberContent {
  /**
   * The `sub` of the user's tokens, where it was known when they were added.
   */
  subject?: string;
  /**
   * Version of this format.
   */
  v: number;
}
/**
 * How a conversation presents itself.
 */
export interface InfoContent {
  /**
   * Address of a picture (https).
   */
  avatar?: string;
  /**
   * Name.
   */
  name?: string;
  /**
   * Topic.
   */
  topic?: string;
  /**
   * Version of this format.
   */
  v: number;
}
/**
 * With what somebody reacted.
 */
export interface ReactionContent {
  /**
   * One character as people count them (an extended grapheme cluster), byte for byte as sent.
   */
  emoji: string;
  /**
   * Version of this format.
   */
  v: number;
}
/**
 * What the page says of itself that a message links to first. At least one of `title` and `description` is there.
 */
export interface PreviewContent {
  /**
   * A few sentences.
   */
  description?: string;
  /**
   * Address of a picture (https), which the server has not fetched.
   */
  image?: string;
  /**
   * What the page belongs to.
   */
  site?: string;
  /**
   * Its title.
   */
  title?: string;
  /**
   * The link, byte for byte as it stands in the message. Show the preview only while the message has it.
   */
  url: string;
  /**
   * Version of this format.
   */
  v: number;
}
/**
 * The texts of a poll.
 */
export interface PollContent {
  /**
   * What can be chosen, byte for byte as sent. Numbered from 1.
   */
  options: string[];
  /**
   * The question.
   */
  question: string;
  /**
   * Version of this format.
   */
  v: number;
}
/**
 * A conversation as one member sees it.
 */
export interface Conversation {
  /**
   * Time of the last event, Unix milliseconds.
   */
  at: number;
  /**
   * The newest cell version.
   */
  cells_version: number;
  encryption: Encryption;
  epoch: Epoch;
  history: History;
  id: ConversationId;
  info: InfoContent;
  kind: ConversationKind;
  /**
   * Members now.
   */
  member_count: number;
  /**
   * Top-level messages so far.
   */
  n: number;
  /**
   * Pinned messages that you can read, in the order in which they were pinned. Absent where there are none.
   */
  pins?: number[];
  /**
   * For moderators: how many reports are open, of messages that you can read. Absent where there are none.
   */
  reports?: number;
  /**
   * RFC 6962 Merkle tree hash of all envelopes up to `seq`, base64url.
   */
  root: string;
  /**
   * Last seq.
   */
  seq: number;
  settings?: Settings;
  space?: ConversationId;
  you: You;
}
/**
 * The settings of a conversation, as they stand.
 */
export interface Settings {
  add?: Audience;
  /**
   * Nobody below moderator writes, edits, reacts or pins.
   */
  frozen?: boolean;
  invite?: Audience;
  mention?: Audience;
  pin?: Audience;
  post?: Audience;
  react?: Audience;
  /**
   * Those below moderator wait so many seconds between two messages; 0: slow mode is off.
   */
  slow_mode_s?: number;
  thread?: Audience;
  visibility?: ChannelVisibility;
}
/**
 * The caller's own place in a conversation.
 */
export interface You {
  /**
   * Until when you are muted, Unix milliseconds; 2^53 − 1: until it is lifted. Absent, or in the past: you are not.
   */
  muted_until?: number;
  receipt: Receipt;
  role: Role;
  /**
   * When you last sent something in slow mode, Unix milliseconds: the next may follow `slow_mode_s` later.
   */
  spoke_at?: number;
  /**
   * n(head) − n(read).
   */
  unread: number;
  user: UserId;
}
/**
 * `POST /v1/conversations`.
 */
export interface CreateConversation {
  /**
   * Address of a picture of a group (https).
   */
  avatar?: string;
  /**
   * Keeps several direct conversations of the same two apart, such as one per order.
   */
  context?: string;
  encryption?: Encryption;
  history?: History;
  kind: ConversationKind;
  /**
   * The others: exactly one for a direct conversation, up to 100 for a group.
   */
  members: UserRef[];
  /**
   * Name of a group.
   */
  name?: string;
  /**
   * Topic of a group.
   */
  topic?: string;
}
/**
 * `POST …/invites`.
 */
export interface CreateInvite {
  /**
   * Seconds after which it lets nobody in any more: 60 to 31,536,000; never when absent.
   */
  expires_in_s?: number;
  /**
   * How often it lets somebody in: 1 to 10,000; without end when absent.
   */
  max_uses?: number;
  role?: Role;
}
/**
 * The answer: a demo token and whom it names.
 */
export interface DevToken {
  /**
   * When it expires, Unix seconds.
   */
  expires_at: number;
  /**
   * The token.
   */
  token: string;
  user: UserId;
}
/**
 * `POST /v1/dev/tokens`, on a development server only.
 */
export interface DevTokenRequest {
  /**
   * The device it speaks for.
   */
  device?: string;
  /**
   * A display name.
   */
  name?: string;
  /**
   * The subject.
   */
  subject: string;
  /**
   * Seconds until it expires; 3600 when absent, at most 86,400.
   */
  ttl_s?: number;
}
/**
 * A device, as its user sees it.
 */
export interface Device {
  /**
   * When it was last active, Unix milliseconds; ten minutes late at most while it is not connected.
   */
  active_at: number;
  /**
   * Whether it holds an inbox socket now.
   */
  connected?: boolean;
  /**
   * When it was first seen, Unix milliseconds.
   */
  created_at: number;
  /**
   * Whether it is the one that asks.
   */
  current?: boolean;
  /**
   * Its id.
   */
  id: string;
  /**
   * What it is called: by what it said of itself, until its user calls it something else.
   */
  name: string;
  /**
   * Until when it stays signed in, Unix milliseconds; only where it was signed in by a link.
   */
  signed_in_until?: number;
}
/**
 * The answer to `POST /v1/devices/links`.
 */
export interface DeviceLink {
  /**
   * When it expires, Unix milliseconds.
   */
  expires_at_ms: number;
  /**
   * The secret that signs one device in, once. Do not put it where it is logged: in an address, after `#`.
   */
  link: string;
}
/**
 * What a device that was signed in by a link holds.
 */
export interface DeviceSession {
  /**
   * The device's id.
   */
  device: string;
  /**
   * When the token expires, Unix seconds.
   */
  expires_at: number;
  /**
   * Its token. Renew it by `POST /v1/devices/sessions/renew` before it expires.
   */
  token: string;
  user: UserId;
}
/**
 * See [`crate::inbox::InboxServerFrame::Devices`].
 */
export interface DevicesFrame {}
/**
 * `GET /v1/devices`.
 */
export interface DevicesPage {
  /**
   * The one active last comes first; at most 50.
   */
  devices: Device[];
}
/**
 * `GET /v1/me/directory`: whether the caller is found.
 */
export interface DirectorySettings {
  /**
   * Whether this deployment has a directory. Where it has none nobody is found, and nothing can be chosen.
   */
  available: boolean;
  /**
   * Whether the caller is to be found: their own choice, else the deployment's default.
   */
  listed: boolean;
}
/**
 * How many members reacted with one emoji.
 */
export interface EmojiCount {
  /**
   * How many.
   */
  count: number;
  /**
   * The emoji.
   */
  emoji: string;
  /**
   * Whether you are among them.
   */
  me: boolean;
  /**
   * The first five of them.
   */
  users: UserId[];
}
/**
 * One event's place, author and meaning.
 */
export interface Envelope {
  actor: UserId;
  /**
   * Server time, Unix milliseconds; never before the previous event's. Order is `seq`, not this.
   */
  at: number;
  /**
   * SHA-256(salt ‖ content), base64url without padding. Absent when the event has no content.
   */
  commitment?: string;
  conv: ConversationId;
  epoch: Epoch;
  /**
   * Unix milliseconds after which the content is no longer shown.
   */
  expires_at?: number;
  key: CommandKey;
  /**
   * Top-level messages up to and including this event. Unread is n(head) − n(read).
   */
  n: number;
  params?: Params;
  /**
   * The event this one is about: the message edited, deleted, pinned, replied or reacted to.
   */
  ref?: number;
  /**
   * Position in the conversation: 1, 2, 3, … with no hole.
   */
  seq: number;
  /**
   * The message that starts the thread this event belongs to.
   */
  thread?: number;
  /**
   * Replies in that thread up to and including this one; of replies only.
   */
  thread_n?: number;
  type: EventType;
  /**
   * Version of this format.
   */
  v: number;
}
/**
 * Parameters of an event, by type:
 *
 * | type | params |
 * |---|---|
 * | `conversation.created` | `kind`, `history`, `encryption` |
 * | `conversation.settings_changed` | `settings` |
 * | `member.joined` | `user`, `role`; by an invite link `invite`; in a channel of a space `space_seq` |
 * | `member.left`, `member.removed` | `user`; who was removed because they left the space: `space`, `space_seq` |
 * | `member.role_changed` | `user`, `role`; of a channel's new owner, whose last one left the space: `space` |
 * | `member.banned` | `user`, `role` where a member was taken out |
 * | `member.unbanned`, `member.unmuted` | `user` |
 * | `member.muted` | `user`, `until` |
 * | `message.created` with `ref` | `quoted_version` |
 * | `message.created` by forwarding | `forwarded` |
 * | `message.created` of a poll | `poll` |
 * | `message.edited` | `version` |
 * | `message.previewed` | `version` |
 * | `reaction.removed` | `reaction` |
 * | `conversation.space_entered` | `space`, `space_seq`; where it changes them `settings` |
 * | `conversation.space_left` | `space`; where it changes them `settings` |
 * | `space.channel_added`, `space.channel_removed` | `channel` |
 */
export interface Params {
  channel?: ConversationId;
  encryption?: Encryption;
  /**
   * The message is a copy of one that stood elsewhere: its words need not be its author's, who cannot edit it.
   */
  forwarded?: boolean;
  history?: History;
  /**
   * The number of the invite link by which a member joined.
   */
  invite?: number;
  kind?: ConversationKind;
  poll?: PollTerms;
  /**
   * The version of the quoted message that the author saw (1 = as first sent).
   */
  quoted_version?: number;
  /**
   * The `reaction.added` that is taken back.
   */
  reaction?: number;
  role?: Role;
  settings?: SettingsChange;
  space?: ConversationId;
  /**
   * The last event of the space's log when it said who its members are; of who was removed, the event by which they left it.
   */
  space_seq?: number;
  /**
   * Until when, Unix milliseconds; 2^53 − 1: until it is lifted.
   */
  until?: number;
  user?: UserId;
  /**
   * The version an edit makes (2 = first edit), or that a preview is of.
   */
  version?: number;
}
/**
 * What holds of a poll from the moment it is sent. Stands in its envelope, so that votes are decided without its texts; fields in sorted order.
 */
export interface PollTerms {
  /**
   * Nobody but a member themselves is told what they chose.
   */
  anonymous?: boolean;
  /**
   * From when on no vote counts, Unix milliseconds of the server; absent: until somebody closes it.
   */
  closes_at?: number;
  /**
   * A member may choose several options.
   */
  multiple?: boolean;
  /**
   * How many options there are. They are numbered from 1.
   */
  options: number;
}
/**
 * What an event changes of them: an absent field stays. Fields stand in sorted order, because the envelope is canonical.
 */
export interface SettingsChange {
  add?: Audience;
  /**
   * See [`Settings::frozen`].
   */
  frozen?: boolean;
  invite?: Audience;
  mention?: Audience;
  pin?: Audience;
  post?: Audience;
  react?: Audience;
  /**
   * See [`Settings::slow_mode_s`].
   */
  slow_mode_s?: number;
  thread?: Audience;
  visibility?: ChannelVisibility;
}
/**
 * An event: its envelope as stored, and its content unless it has none or lost it.
 */
export interface Event {
  /**
   * The erasable half. `null` where the envelope has a commitment: it was erased or has expired.
   */
  content: Content | null;
  envelope: Envelope;
  /**
   * The salt of the commitment, base64url; `null` without content.
   */
  salt: string | null;
}
/**
 * See [`ServerFrame::Events`].
 */
export interface Events {
  /**
   * In order, with no hole.
   */
  events: Item[];
}
/**
 * A range of sequence numbers, both ends included.
 */
export interface SeqRange {
  /**
   * First.
   */
  from: number;
  /**
   * Last.
   */
  to: number;
}
/**
 * `GET …/events`: a page of history, ascending whichever way it is paged.
 */
export interface EventsPage {
  /**
   * The newest edit of each message on the page that was edited after the page's end: fold them in as usual.
   */
  edits: Event[];
  epoch: Epoch;
  /**
   * Contiguous items.
   */
  events: Item[];
  /**
   * Last seq of the log.
   */
  head: number;
  /**
   * The reactions, as of `head`, to each message on the page that has any. Absent where none has.
   */
  reactions?: MessageReactions[];
  /**
   * The threads, as of `head`, of each message on the page that has replies or is followed. Absent where none has.
   */
  threads?: Thread[];
}
/**
 * The reactions to one message, as far as the reader may see them.
 */
export interface MessageReactions {
  /**
   * By emoji, the oldest first.
   */
  reactions: EmojiCount[];
  /**
   * The message.
   */
  seq: number;
}
/**
 * A thread, as far as the reader may see it. Its replies are counted by `thread_n`, so unread is `n` − `read_n` − `hidden_unread`.
 */
export interface Thread {
  /**
   * Replies that stand.
   */
  count: number;
  /**
   * Whether you follow it.
   */
  following?: boolean;
  /**
   * Replies after `read_n`, up to `n`, that you deleted for yourself: they are not unread. Absent for none.
   */
  hidden_unread?: number;
  /**
   * The last reply; 0 where there is none.
   */
  last: number;
  /**
   * When it came, Unix milliseconds; 0 where there is none.
   */
  last_at: number;
  /**
   * `thread_n` of the last reply: replies so far, those deleted since too. 0 where nobody has replied yet.
   */
  n: number;
  /**
   * Who replied last, the latest first, at most three. A deletion takes nobody out: the place of the reply is still there.
   */
  participants: UserId[];
  /**
   * `thread_n` up to which you have read it; kept while you follow it.
   */
  read_n?: number;
  /**
   * The message it began with.
   */
  root: number;
}
/**
 * A thread you follow and the message it began with.
 */
export interface FollowedThread {
  edit?: Event;
  root: Event;
  thread: Thread;
}
/**
 * See [`Command::Forward`]; also the body of `POST …/forwards`. What the message says now is copied: neither its author nor where it stood.
 */
export interface Forward {
  from: ConversationId;
  /**
   * Its seq there.
   */
  seq: number;
}
/**
 * `GET /v1/people`: people by name.
 */
export interface FoundPage {
  /**
   * Pass as `cursor` for the next page; absent on the last.
   */
  next?: string;
  /**
   * By the word that was found and what follows it, without regard to case and accents. Each comes once, whatever page it is on; a page may hold
   * fewer than were asked for.
   */
  people: FoundPerson[];
}
/**
 * Somebody who was found: what the directory says of them to people who may share no conversation with them.
 */
export interface FoundPerson {
  /**
   * Their name.
   */
  name: string;
  /**
   * Address of their picture (https). Absent: show initials.
   */
  picture?: string;
  user: UserId;
}
/**
 * `GET /v1/health`.
 */
export interface Health {
  /**
   * True only on a development server.
   */
  development: boolean;
  /**
   * What an operator has to mend: names of variables and secrets, never their values.
   */
  problems?: string[];
  /**
   * `ok` when requests can be served; `misconfigured` names what is missing in `problems`.
   */
  status: string;
  /**
   * The product's version.
   */
  version: string;
}
/**
 * See [`ServerFrame::Hidden`]. Drop what you hold of these messages and of their edits.
 */
export interface Hidden {
  /**
   * Seqs of messages.
   */
  messages: number[];
  /**
   * Counted with the versions of cells: part of the cursor to present next time.
   */
  version: number;
}
/**
 * See [`InboxServerFrame::Changes`]; also the body of `GET /v1/inbox/changes`.
 */
export interface InboxChanges {
  /**
   * The entries, whole.
   */
  entries: InboxEntry[];
  /**
   * True when there are more changes after `version`.
   */
  more: boolean;
  totals?: InboxTotals;
  /**
   * The feed version after these changes: the next `after`.
   */
  version: number;
}
/**
 * One conversation as its member sees it from outside.
 */
export interface InboxEntry {
  /**
   * Put away.
   */
  archived?: boolean;
  /**
   * Time of the last event, Unix milliseconds: the order of the list.
   */
  at: number;
  /**
   * A group's picture.
   */
  avatar?: string;
  epoch: Epoch;
  /**
   * Top-level messages so far.
   */
  head_n: number;
  /**
   * Last seq.
   */
  head_seq: number;
  /**
   * Out of the list until the next message.
   */
  hidden?: boolean;
  /**
   * Messages after `read_seq` that the user deleted for themselves: they are not unread. Absent for none.
   */
  hidden_unread?: number;
  id: ConversationId;
  kind: ConversationKind;
  /**
   * Whether the conversation has more than 256 members. Then `unread` is as of when you last opened an inbox or were addressed, and is kept
   * up every 10 seconds while you have one open; absent otherwise.
   */
  large?: boolean;
  last?: LastLine;
  /**
   * Shown as unread until the next read.
   */
  marked_unread?: boolean;
  /**
   * False after leaving or removal: drop the entry.
   */
  member: boolean;
  /**
   * How many messages that the user has not read mention them: those after `read_seq`, and replies in threads that they follow. Counted up to
   * 1,000, absent for none.
   */
  mentions?: number;
  /**
   * Muted until this time, Unix milliseconds; absent, or in the past: not muted.
   */
  muted_until?: number;
  /**
   * A group's name.
   */
  name?: string;
  notify?: NotificationLevel;
  peer?: Peer;
  /**
   * Kept at the top of the list.
   */
  pinned?: boolean;
  /**
   * `n` at `read_seq`.
   */
  read_n: number;
  /**
   * Read up to this seq.
   */
  read_seq: number;
  role: Role;
  space?: ConversationId;
  /**
   * Messages that mention everyone, or everybody of a role, do not count as mentions of them.
   */
  suppress_everyone?: boolean;
  /**
   * Of `mentions`, those in threads: reading the conversation does not read them. Absent for none.
   */
  thread_mentions?: number;
  /**
   * How many threads that the user follows have replies they have not read; absent for none.
   */
  threads?: number;
  /**
   * `head_n` − `read_n` − `hidden_unread`.
   */
  unread: number;
  /**
   * The feed version of this entry's last change.
   */
  version: number;
}
/**
 * The last line of a conversation: never more than a preview.
 */
export interface LastLine {
  actor: UserId;
  /**
   * Their name, where known.
   */
  actor_name?: string;
  /**
   * What kind of content the message has, where it is no text: `poll`.
   */
  content?: string;
  /**
   * The first 120 characters of a text message, or of a poll's question; absent for other events, encrypted or deleted messages.
   */
  preview?: string;
  /**
   * Which event.
   */
  seq: number;
  type: EventType;
}
/**
 * The other end of a direct conversation.
 */
export interface Peer {
  /**
   * Their name, where known.
   */
  name?: string;
  /**
   * Their picture, where known.
   */
  picture?: string;
  status?: Status;
  /**
   * The team's own id for them, where known.
   */
  subject?: string;
  user: UserId;
  /**
   * That of their profile; absent where they never set one.
   */
  version?: number;
}
/**
 * What waits in the whole inbox. The first three leave out what is archived, hidden or muted, and what the level of its conversation leaves out.
 */
export interface InboxTotals {
  /**
   * Conversations that are archived; absent for none.
   */
  archived?: number;
  /**
   * Conversations with unread messages, unread replies in threads that the user follows, or marked unread.
   */
  conversations: number;
  /**
   * Conversations that are hidden; absent for none.
   */
  hidden?: number;
  /**
   * Unread mentions of the user.
   */
  mentions: number;
  /**
   * Unread messages; of a conversation whose level is `mentions` those that mention the user.
   */
  unread: number;
  /**
   * No later than this a mute ends, Unix milliseconds: ask again then. Absent where nothing is muted.
   */
  until?: number;
}
/**
 * `PATCH /v1/inbox/{id}`: an absent field stays as it is, the last write wins.
 */
export interface PatchInbox {
  /**
   * Put away, until you say otherwise.
   */
  archived?: boolean;
  /**
   * Out of the list until the next message.
   */
  hidden?: boolean;
  /**
   * Shown as unread, whatever the read cursor says, until the next read.
   */
  marked_unread?: boolean;
  /**
   * Muted until this time, Unix milliseconds, below 2^53; 0 ends it.
   */
  muted_until?: number;
  notify?: NotificationLevel;
  /**
   * Kept at the top of the list. At most 20.
   */
  pinned?: boolean;
  /**
   * With `marked_unread: true`: the seq you have read up to, where you know more than the entry. Reads up to it do not clear the mark. Never moves the cursor.
   */
  read_seq?: number;
  /**
   * Messages that mention everyone, or everybody of a role, do not count as mentions of you.
   */
  suppress_everyone?: boolean;
}
/**
 * Somebody to watch.
 */
export interface Watched {
  conv?: ConversationId;
  user: UserId;
}
/**
 * `GET /v1/inbox`: the user's conversations or a part of them, pinned ones first, then latest activity first.
 */
export interface InboxPage {
  /**
   * The entries. The first page begins with all pinned ones, on top of its `limit`.
   */
  entries: InboxEntry[];
  /**
   * Pass as `cursor` for the next page; absent on the last.
   */
  next?: string;
  totals?: InboxTotals;
  /**
   * Unread messages in all conversations together, also in those archived, hidden or muted.
   */
  unread: number;
  /**
   * The feed's version when this page was read: pass it as `after` to the inbox socket.
   */
  version: number;
}
/**
 * See [`InboxServerFrame::Welcome`].
 */
export interface InboxWelcome {
  /**
   * When this socket's token expires, Unix seconds.
   */
  expires_at: number;
  /**
   * Server time, Unix milliseconds.
   */
  now: number;
  /**
   * The version of what is saved; absent where nothing ever was.
   */
  saved?: number;
  totals?: InboxTotals;
  user: UserId;
  /**
   * The feed's version now.
   */
  version: number;
}
/**
 * `GET /v1/me/profile`: your own, and what of it you set yourself.
 */
export interface MyProfile {
  /**
   * A few lines about themselves.
   */
  bio?: string;
  /**
   * The name they gave themselves, else that of their token, where known.
   */
  name?: string;
  own: Presented;
  /**
   * Address of their picture (https): the one they chose, else that of their token. Absent: show initials.
   */
  picture?: string;
  status?: Status;
  user: UserId;
  /**
   * Grows with every change; absent where nothing was ever set.
   */
  version?: number;
}
/**
 * A name and a picture.
 */
export interface Presented {
  /**
   * The name.
   */
  name?: string;
  /**
   * Address of a picture (https), or `none` for initials.
   */
  picture?: string;
}
/**
 * See [`crate::inbox::InboxServerFrame::Presence`].
 */
export interface PresenceFrame {
  /**
   * What is known now of some of those this socket watches.
   */
  users: Presence[];
}
/**
 * Somebody's presence, as one person may see it.
 */
export interface Presence {
  /**
   * When this was so, Unix milliseconds: of two about the same user keep the later.
   */
  at: number;
  /**
   * When their last device went, Unix milliseconds; only while offline, where known.
   */
  last_seen?: number;
  state: PresenceState;
  user: UserId;
}
/**
 * What became of a message among those saved: the answer to `PUT` and `DELETE /v1/saved/{id}/{seq}`, and a frame to all devices where it changed.
 */
export interface SavedChange {
  conversation: ConversationId;
  /**
   * How many messages are saved now.
   */
  count: number;
  /**
   * Whether it is saved now.
   */
  saved: boolean;
  /**
   * The message.
   */
  seq: number;
  /**
   * The version of what is saved: each change has the next one. Who misses one loads what is saved anew.
   */
  version: number;
}
/**
 * What a user has laid down about another: the answer to `PUT` and `DELETE /v1/blocks/{user}` and `/v1/contacts/{user}`, and a frame to all
 * devices where it changed.
 */
export interface Person {
  /**
   * Whether they are blocked.
   */
  blocked?: boolean;
  /**
   * Whether they are a contact.
   */
  contact?: boolean;
  user: UserId;
}
/**
 * See [`ServerFrame::Refreshed`].
 */
export interface Refreshed {
  /**
   * When the new token expires, Unix seconds.
   */
  expires_at: number;
}
/**
 * Why a command was refused.
 */
export interface Rejection {
  code: Code;
  /**
   * A sentence for a person, in English.
   */
  message: string;
  /**
   * Whether the same command, with the same key, may succeed later.
   */
  retry: boolean;
  /**
   * After how many milliseconds to try again.
   */
  retry_after_ms?: number;
}
/**
 * An invite link, as those see it who may make some.
 */
export interface Invite {
  /**
   * When, Unix milliseconds.
   */
  created_at: number;
  created_by: UserId;
  /**
   * When it expires, Unix milliseconds.
   */
  expires_at?: number;
  /**
   * Its number in the conversation: 1, 2, 3, …
   */
  id: number;
  /**
   * How often it lets somebody in.
   */
  max_uses?: number;
  /**
   * Whether it was revoked: seen only by whoever makes it again under its key.
   */
  revoked?: boolean;
  /**
   * When, Unix milliseconds.
   */
  revoked_at?: number;
  revoked_by?: UserId;
  role: Role;
  token: InviteToken;
  /**
   * How often somebody joined by it.
   */
  uses: number;
}
/**
 * Where an invite link leads: all that somebody learns who holds it and is no member.
 */
export interface InvitePreview {
  conversation: ConversationId;
  /**
   * When the link expires, Unix milliseconds.
   */
  expires_at?: number;
  info: InfoContent;
  /**
   * Whether the caller is a member already: then the link need not work any more.
   */
  member?: boolean;
  /**
   * Members now.
   */
  member_count: number;
  role: Role;
}
/**
 * `GET …/invites`.
 */
export interface InvitesPage {
  /**
   * Those that let somebody in, the newest first; at most 50.
   */
  invites: Invite[];
}
/**
 * The answer to `POST /v1/invites/join`.
 */
export interface Joined {
  conversation: ConversationId;
  /**
   * The `member.joined` event.
   */
  seq: number;
}
/**
 * Bounds a client must keep, so that it need not compile them in.
 */
export interface Limits {
  /**
   * … or this many bytes.
   */
  ack_every_bytes: number;
  /**
   * Acknowledge at least every this many events …
   */
  ack_every_events: number;
  /**
   * Commands in one frame.
   */
  commands_per_frame: number;
  /**
   * Bytes of one frame.
   */
  frame_bytes: number;
  /**
   * Send `ping` this often.
   */
  ping_every_ms: number;
  /**
   * Bytes of one message's text.
   */
  text_bytes: number;
  /**
   * Clear a typing mark after this.
   */
  typing_clear_ms: number;
  /**
   * Repeat `typing` at most this often.
   */
  typing_every_ms: number;
}
/**
 * A part of a text, in UTF-16 code units: what strings count in JavaScript, Java, Kotlin, Swift's `NSString` and C#.
 */
export interface Mark {
  /**
   * First unit.
   */
  from: number;
  /**
   * The unit after the last.
   */
  to: number;
}
/**
 * `GET /v1/me`.
 */
export interface Me {
  /**
   * When your token expires, Unix seconds.
   */
  expires_at: number;
  /**
   * Your token's name.
   */
  name?: string;
  /**
   * Your token's picture.
   */
  picture?: string;
  /**
   * Your id in your team's own system.
   */
  subject: string;
  user: UserId;
}
/**
 * A member.
 */
export interface Member {
  /**
   * The seq at which they joined (last).
   */
  joined: number;
  /**
   * Until when they are muted, Unix milliseconds; 2^53 − 1: until it is lifted. Absent, or in the past: they are not.
   */
  muted_until?: number;
  profile: Profile;
  receipt: Receipt;
  role: Role;
  /**
   * The team's own id for them, where known.
   */
  subject?: string;
  user: UserId;
}
/**
 * What one member chose.
 */
export interface MemberVote {
  /**
   * Numbers of options, ascending.
   */
  choices: number[];
  user: UserId;
}
/**
 * `GET …/members`.
 */
export interface MembersPage {
  /**
   * By user id.
   */
  members: Member[];
  next?: UserId;
}
/**
 * `GET …/messages/{seq}/receipts`: how many of the others have come how far.
 */
export interface MessageReceipts {
  /**
   * Of those, who have received it; includes who have read it.
   */
  delivered: number;
  /**
   * Members beside its author who were there when it was written, and still are.
   */
  members: number;
  /**
   * Of those, who have read it.
   */
  read: number;
  /**
   * The message.
   */
  seq: number;
}
/**
 * `PATCH /v1/devices/{device}`.
 */
export interface PatchDevice {
  /**
   * What it is called from now on: 1 to 64 characters.
   */
  name: string;
}
/**
 * `PATCH /v1/me/directory`: an absent field stays as it is.
 */
export interface PatchDirectory {
  /**
   * Whether the caller is to be found from now on.
   */
  listed?: boolean;
}
/**
 * `PATCH …/members/{user}`.
 */
export interface PatchMember {
  role: Role;
}
/**
 * `PATCH …/messages/{seq}`.
 */
export interface PatchMessage {
  content: NewContent;
  /**
   * The version you edited.
   */
  expect_version?: number;
}
/**
 * `PATCH /v1/me/presence`: an absent field stays as it is.
 */
export interface PatchPresence {
  audience?: PresenceAudience;
}
/**
 * `PATCH /v1/me/profile`: an absent field stays as it is, the last write wins.
 */
export interface PatchProfile {
  /**
   * About yourself, at most 1024 bytes; an empty text clears it.
   */
  bio?: string;
  /**
   * Your name, of at most 256 bytes; an empty text: your token's again.
   */
  name?: string;
  /**
   * Address of your picture (https); `none`: initials; an empty text: your token's again.
   */
  picture?: string;
  status?: PatchStatus;
}
/**
 * A new status, whole.
 */
export interface PatchStatus {
  /**
   * One character as people count them.
   */
  emoji?: string;
  /**
   * At most 256 bytes, on one line.
   */
  text?: string;
  /**
   * Until when it holds, Unix milliseconds, below 2^53.
   */
  until?: number;
}
/**
 * `PATCH /v1/me/reach`: an absent field stays as it is.
 */
export interface PatchReach {
  audience?: ReachAudience;
}
/**
 * `GET /v1/blocks` and `GET /v1/contacts`: those who are, by user id.
 */
export interface PeoplePage {
  next?: UserId;
  /**
   * People.
   */
  people: Person[];
}
/**
 * A poll as a member sees it.
 */
export interface Poll {
  results: PollResults;
  terms: PollTerms;
}
/**
 * How a poll stands. Of two of the same poll the one with the higher version is the newer.
 */
export interface PollResults {
  /**
   * Whether it was closed by hand. One whose time is over is closed, too: see `closes_at`.
   */
  closed?: boolean;
  /**
   * How many members chose each option.
   */
  counts: number[];
  /**
   * What you chose; absent where the same is told to everybody.
   */
  own?: number[];
  /**
   * The message that is the poll.
   */
  seq: number;
  /**
   * Grows with every vote, with every change of one, and when the poll is closed by hand.
   */
  version: number;
  /**
   * How many members have a vote.
   */
  voters: number;
}
/**
 * `GET …/polls`: the polls asked for, as far as they are polls that you can read.
 */
export interface PollsPage {
  /**
   * By seq.
   */
  polls: Poll[];
}
/**
 * `polls`: polls that moved. A signal: who may have missed one asks. Votes in quick succession are told together, half a second apart at least; to the
 * sockets of those who voted it comes at once, with their own choice.
 */
export interface PollsSignal {
  /**
   * Those that moved.
   */
  polls: PollResults[];
}
/**
 * `POST /v1/devices/sessions`: the link stands in the body, because addresses are logged. Needs no token.
 */
export interface PostDeviceSession {
  /**
   * The secret of the link.
   */
  link: string;
}
/**
 * `POST /v1/invites/preview` and `POST /v1/invites/join`: the token stands in the body, because addresses are logged.
 */
export interface PostInvite {
  /**
   * The token of the link.
   */
  token: string;
}
/**
 * Body of `POST …/members`: `user` for one member, `users` for several.
 */
export interface PostMembers {
  role?: Role;
  user?: UserRef;
  /**
   * Whom, 1 to 100; answered with [`AddedMembers`].
   */
  users?: UserRef[];
}
/**
 * `POST …/messages`.
 */
export interface PostMessage {
  content: NewContent;
  reply_to?: ReplyTo;
  /**
   * The top-level message in whose thread this one stands.
   */
  thread?: number;
}
/**
 * `POST …/members/{user}/mute`.
 */
export interface PostMute {
  /**
   * For how many seconds, 1 to 31,536,000; until it is lifted when absent.
   */
  for_s?: number;
}
/**
 * `POST …/messages/{seq}/reactions`.
 */
export interface PostReaction {
  /**
   * One character as people count them, of 1 to 64 bytes.
   */
  emoji: string;
}
/**
 * `POST …/messages/{seq}/report`.
 */
export interface PostReport {
  /**
   * What moderators should know, up to 1,000 bytes.
   */
  note?: string;
  reason: Reason;
}
/**
 * `POST …/typing`.
 */
export interface PostTyping {
  /**
   * On or off.
   */
  on: boolean;
}
/**
 * `POST …/polls/{seq}/votes`.
 */
export interface PostVote {
  /**
   * Numbers of options, from 1; none takes the vote back.
   */
  choices: number[];
}
/**
 * `GET /v1/me/presence`: what the caller lets others see.
 */
export interface PresenceSettings {
  audience: PresenceAudience;
}
/**
 * An RFC 9457 problem. `type` is a URI reference into the protocol's documentation.
 */
export interface Problem {
  code: Code;
  /**
   * What happened this time.
   */
  detail: string;
  /**
   * Whether the same request may succeed later.
   */
  retry: boolean;
  /**
   * After how many milliseconds to try again; `Retry-After` says it in seconds, rounded up.
   */
  retry_after_ms?: number;
  /**
   * HTTP status.
   */
  status: number;
  /**
   * The code's meaning, the same for every occurrence.
   */
  title: string;
  /**
   * `urn:quipu:problem:{code}`.
   */
  type: string;
}
/**
 * `GET …/events/{seq}/proof`: an RFC 6962 audit path.
 */
export interface Proof {
  /**
   * Hash of the leaf: SHA-256(0x00 ‖ envelope), base64url.
   */
  leaf: string;
  /**
   * Sibling hashes from leaf to root, base64url.
   */
  path: string[];
  /**
   * The tree's root, base64url.
   */
  root: string;
  /**
   * The event.
   */
  seq: number;
  /**
   * Leaves of the tree the path leads to.
   */
  size: number;
}
/**
 * `PUT …/read`, `PUT …/delivered` and `PUT …/threads/{seq}/read`.
 */
export interface PutCursor {
  /**
   * Up to this seq.
   */
  seq: number;
}
/**
 * `PUT /v1/spaces/{id}/channels/{channel}`.
 */
export interface PutSpaceChannel {
  /**
   * Whether the members of the space find it and may join; else it is by invitation only.
   */
  open?: boolean;
}
/**
 * `PUT …/threads/{seq}`.
 */
export interface PutThread {
  /**
   * Whether you follow it.
   */
  following: boolean;
}
/**
 * `PUT …/words`.
 */
export interface PutWords {
  action?: WordAction;
  /**
   * Up to 200 words and phrases of up to 100 bytes; none ends it. Compared without case and accents, as whole words.
   */
  words: string[];
}
/**
 * `GET /v1/me/reach`: who may write to the caller first.
 */
export interface ReachSettings {
  audience: ReachAudience;
}
/**
 * One member's reaction.
 */
export interface Reaction {
  /**
   * The emoji.
   */
  emoji: string;
  /**
   * The `reaction.added` event.
   */
  seq: number;
  user: UserId;
}
/**
 * `GET …/messages/{seq}/reactions`: who reacted, the oldest first.
 */
export interface ReactionsPage {
  /**
   * Pass as `after` for the next page; absent on the last.
   */
  next?: number;
  /**
   * The reactions.
   */
  reactions: Reaction[];
}
/**
 * A report as moderators see it.
 */
export interface Report {
  /**
   * When, Unix milliseconds.
   */
  at: number;
  author: UserId;
  by: UserId;
  content?: Content;
  /**
   * Its number in the conversation: 1, 2, 3, …
   */
  id: number;
  /**
   * What moderators should know.
   */
  note?: string;
  reason: Reason;
  resolution?: Resolution;
  /**
   * The message …
   */
  seq: number;
  /**
   * … its version when it was reported …
   */
  version: number;
}
/**
 * How a report was resolved.
 */
export interface Resolution {
  action: Outcome;
  /**
   * When, Unix milliseconds.
   */
  at: number;
  by: UserId;
  /**
   * Why.
   */
  note?: string;
}
/**
 * The answer: the report is stored.
 */
export interface Reported {
  /**
   * Its number in the conversation.
   */
  id: number;
}
/**
 * `GET …/reports`, for moderators.
 */
export interface ReportsPage {
  /**
   * Pass as `cursor` for the next page; absent on the last.
   */
  next?: number;
  /**
   * Open ones the oldest first, resolved ones the newest first. Of messages that you can read.
   */
  reports: Report[];
}
/**
 * How many reports are open: a signal to moderators, whenever that changes.
 */
export interface ReportsSignal {
  /**
   * Of messages that you can read.
   */
  open: number;
}
/**
 * `POST …/reports/{id}/resolve`.
 */
export interface ResolveReport {
  action: Outcome;
  /**
   * Why, for other moderators, up to 1,000 bytes.
   */
  note?: string;
}
/**
 * A saved message.
 */
export interface SavedMessage {
  conversation: ConversationId;
  edit?: Event;
  message?: Event;
  /**
   * When it was saved, Unix milliseconds.
   */
  saved_at: number;
  /**
   * The message.
   */
  seq: number;
  /**
   * True where its conversation did not answer: ask again later.
   */
  unavailable?: boolean;
}
/**
 * `GET /v1/saved`: saved messages, what was saved last first.
 */
export interface SavedPage {
  /**
   * How many messages are saved in all.
   */
  count: number;
  /**
   * Pass as `cursor` to go on; absent at the end.
   */
  next?: string;
  /**
   * Fewer than `limit` may come although there are more: what tells is `next`.
   */
  saved: SavedMessage[];
  /**
   * The version of what is saved.
   */
  version: number;
}
/**
 * `GET /v1/saved/{id}`: which messages of one conversation are saved.
 */
export interface SavedSeqs {
  /**
   * Their seqs, ascending.
   */
  seqs: number[];
  /**
   * The version of what is saved.
   */
  version: number;
}
/**
 * `GET /v1/search`: hits in your conversations.
 */
export interface SearchAllPage {
  /**
   * Fewer than `limit` may come although there are more: what tells is `next`.
   */
  hits: SearchHit[];
  /**
   * Pass as `cursor` to search on; absent at the end.
   */
  next?: string;
  /**
   * Others whose names the words of the query begin, on the first page of a query that has no filter.
   */
  people?: Peer[];
}
/**
 * A message that was found.
 */
export interface SearchHit {
  edit?: Event;
  /**
   * Where the words stand in the text, ascending; empty for filters alone.
   */
  marks: Mark[];
  message: Event;
}
/**
 * `GET …/search`: hits, newest first.
 */
export interface SearchPage {
  /**
   * Fewer than `limit` may come although there are more: what tells is `next`.
   */
  hits: SearchHit[];
  /**
   * Pass as `cursor` to search on; absent at the end.
   */
  next?: string;
  /**
   * Members whose names the words of the query begin, on the first page of a query that has no filter.
   */
  people?: Member[];
}
/**
 * See [`ServerFrame::Welcome`].
 */
export interface Welcome {
  /**
   * The first event that follows has seq `after + 1`.
   */
  after: number;
  conversation: Conversation;
  /**
   * True when the cursor presented belongs to another epoch: drop what you hold.
   */
  epoch_changed?: boolean;
  /**
   * When this socket's token expires, Unix seconds.
   */
  expires_at: number;
  limits: Limits;
  /**
   * Its members, up to 256; absent when there are more (page them over HTTP).
   */
  members?: Member[];
  /**
   * Server time, Unix milliseconds.
   */
  now: number;
}
/**
 * See [`ServerFrame::Typing`].
 */
export interface Typing {
  /**
   * Began or goes on, or ended. Clear it after 6 s without a repeat.
   */
  on: boolean;
  user: UserId;
}
/**
 * See [`Command::SetSettings`].
 */
export interface SetSettings {
  add?: Audience;
  /**
   * Whether nobody below moderator may write, edit, react or pin.
   */
  frozen?: boolean;
  invite?: Audience;
  mention?: Audience;
  pin?: Audience;
  post?: Audience;
  react?: Audience;
  /**
   * Seconds that those below moderator wait between two messages: 0 (off) to 21,600.
   */
  slow_mode_s?: number;
  thread?: Audience;
  visibility?: ChannelVisibility;
}
/**
 * A channel of a space, as the members of the space see it whether they are in it or not.
 */
export interface SpaceChannel {
  /**
   * Address of its picture.
   */
  avatar?: string;
  id: ConversationId;
  /**
   * Members, up to ten seconds ago.
   */
  member_count?: number;
  /**
   * Its name.
   */
  name?: string;
  /**
   * Whether the members of the space may join. Others are listed to those who manage the space, without what follows.
   */
  open: boolean;
  /**
   * Its topic.
   */
  topic?: string;
}
/**
 * `GET /v1/spaces/{id}/channels`.
 */
export interface SpaceChannelsPage {
  /**
   * In the order in which they were added.
   */
  channels: SpaceChannel[];
  /**
   * Pass as `cursor` for the next page; absent on the last.
   */
  next?: number;
}
/**
 * `GET …/messages?thread=`: replies of a thread, ascending whichever way they are paged.
 */
export interface ThreadPage {
  /**
   * What changed them and the root, as of `head`: newest edits, deletions, and reactions that stand (at most 500, the oldest first). Fold them in as usual.
   */
  changes: Event[];
  epoch: Epoch;
  /**
   * The replies.
   */
  events: Event[];
  /**
   * Last seq of the log.
   */
  head: number;
  /**
   * Whether there is more in the direction asked for: before the first of these replies, or after the last.
   */
  more: boolean;
  root: Event;
  thread: Thread;
}
/**
 * `GET …/threads`: the threads you follow in a conversation, the one with the latest reply first.
 */
export interface ThreadsPage {
  epoch: Epoch;
  /**
   * Last seq of the log.
   */
  head: number;
  /**
   * Pass as `before` for the next page; absent on the last.
   */
  next?: number;
  /**
   * The threads.
   */
  threads: FollowedThread[];
}
/**
 * `POST /v1/tickets`: a secret that opens one socket, once, within a minute (`?ticket=…`).
 */
export interface Ticket {
  /**
   * When it expires, Unix milliseconds.
   */
  expires_at_ms: number;
  /**
   * The ticket.
   */
  ticket: string;
}
/**
 * See [`Command::Update`].
 */
export interface Update {
  /**
   * New address of a picture (https).
   */
  avatar?: string;
  /**
   * New name.
   */
  name?: string;
  /**
   * New topic.
   */
  topic?: string;
}
/**
 * `GET /v1/users/{user}`: how somebody presents themselves.
 */
export interface UserProfile {
  /**
   * A few lines about themselves.
   */
  bio?: string;
  /**
   * The name they gave themselves, else that of their token, where known.
   */
  name?: string;
  /**
   * Address of their picture (https): the one they chose, else that of their token. Absent: show initials.
   */
  picture?: string;
  status?: Status;
  user: UserId;
  /**
   * Grows with every change; absent where nothing was ever set.
   */
  version?: number;
}
/**
 * `GET …/messages/{seq}/versions`: the message as first sent, then its edits.
 */
export interface Versions {
  /**
   * Version 1 first.
   */
  versions: Event[];
}
/**
 * `GET …/polls/{seq}/votes`: who voted for what, by user id. Of anonymous polls nobody is told.
 */
export interface VotesPage {
  next?: UserId;
  /**
   * Votes of members, and of those who went and of whom you are told.
   */
  votes: MemberVote[];
}
/**
 * `GET …/words`, for moderators; also what is stored.
 */
export interface Words {
  action?: WordAction;
  /**
   * When, Unix milliseconds.
   */
  at?: number;
  by?: UserId;
  /**
   * The words and phrases, as they were written.
   */
  words: string[];
}
