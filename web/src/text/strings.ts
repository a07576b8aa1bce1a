/**
 * Every sentence the client shows, in one place. Another language is another object of this shape; names and
 * numbers are arguments, so that each language can order and inflect as it must.
 */
const plural = new Intl.PluralRules("en");
const number = new Intl.NumberFormat("en");

function counted(n: number, one: string, other: string): string {
  return `${number.format(n)} ${plural.select(n) === "one" ? one : other}`;
}

const list = new Intl.ListFormat("en", { style: "long", type: "conjunction" });

const en = {
  appName: "Quipu",
  language: "en",

  // Frame
  skipToMessages: "Skip to messages",
  skipToComposer: "Skip to the message field",
  loading: "Loading…",
  close: "Close",
  cancel: "Cancel",
  save: "Save",
  back: "Back to conversations",
  retry: "Try again",
  themeAuto: "Theme: as the system",
  themeLight: "Theme: light",
  themeDark: "Theme: dark",
  signOut: "Sign out",
  signedInAs: (name: string) => `Signed in as ${name}`,
  clientOf: (name: string) => `Messages of ${name}`,

  // Starting
  serverUnreachable: "The server cannot be reached.",
  serverUnreachableHint: "Check that it runs, then try again.",
  signIn: "Sign in",
  signInIntro: "Paste a token that your team’s server signed for you.",
  token: "Token",
  tokenRefused: "The server does not accept this token.",
  sessionEnded: "Your session has ended. Sign in again to go on.",

  // Conversation list
  conversations: "Conversations",
  search: "Search conversations",
  searchHint: "Search",
  clearSearch: "Clear the search",
  noConversations: "No conversations yet",
  noConversationsHint: "Start one and it appears here.",
  noMatches: (query: string) => `Nothing matches “${query}”.`,
  newConversation: "New conversation",
  unreadCount: (n: number) => counted(n, "unread message", "unread messages"),
  yourself: "You",
  noTextPreview: "Message",
  lastCreated: "Conversation started",
  lastUpdated: "Details changed",
  lastJoined: "Somebody joined",
  lastLeft: "Somebody left",
  lastRole: "A role changed",
  untitledGroup: "Group without a name",
  unknownPerson: "Somebody",
  chooseConversation: "Choose a conversation",
  chooseConversationHint: "Or start a new one.",

  // Connection
  connecting: "Connecting…",
  reconnecting: "Connection lost. Reconnecting…",
  offline: "You are offline. Messages you send wait here and go out when you are back.",
  backOnline: "Back online",
  stopped: (reason: string) => `Disconnected: ${reason}`,
  tryNow: "Try now",
  online: "Connected",

  // Messages
  messages: "Messages",
  messagesIn: (name: string) => `Messages in ${name}`,
  loadingOlder: "Loading earlier messages…",
  loadOlder: "Load earlier messages",
  loadOlderFailed: "Earlier messages could not be loaded.",
  beginning: "This is the beginning of the conversation.",
  emptyConversation: "Nothing here yet. Say hello.",
  newMessages: (n: number) => counted(n, "new message", "new messages"),
  toLatest: "To the latest messages",
  unreadLine: "New",
  today: "Today",
  yesterday: "Yesterday",
  deletedMessage: "Message deleted",
  encryptedMessage: "Encrypted message: this client has no key for it.",
  edited: "edited",
  editedShowVersions: "Edited. Show earlier versions",
  withheld: (n: number) =>
    n === 1 ? "1 earlier message is not visible to you" : `${number.format(n)} earlier messages are not visible to you`,
  unknownEvent: "Something happened that this version of the client cannot show.",
  sending: "Sending…",
  waiting: "Waiting for the connection",
  sent: "Sent",
  delivered: "Delivered",
  read: "Read",
  readBy: (n: number) => `Read by ${number.format(n)}`,
  deliveredTo: (n: number) => `Delivered to ${number.format(n)}`,
  showReaders: "Show who has read this",
  failed: "Not sent.",
  failedBecause: (reason: string) => `Not sent: ${reason}`,
  discard: "Discard",
  savingEdit: "Saving…",
  replyTo: (name: string) => `Reply to ${name}`,
  jumpToQuoted: "Go to the quoted message",
  quotedElsewhere: "Earlier message",
  quotedDeleted: "Deleted message",
  quotedNewer: "edited since",
  messageFrom: (name: string, time: string) => `${name}, ${time}`,

  // Message menu
  messageMenu: "Message actions",
  reply: "Reply",
  edit: "Edit",
  remove: "Delete",
  copyText: "Copy text",
  versions: "Earlier versions",
  readers: "Read by",
  copied: "Copied",
  confirmDelete: "Delete this message?",
  confirmDeleteHint: "Its text is erased for everybody, with all its versions. Its place stays.",
  versionsTitle: "Versions of this message",
  versionLabel: (n: number) => (n === 1 ? "As first sent" : `Edit ${number.format(n - 1)}`),
  versionsFailed: "The versions could not be loaded.",
  readersTitle: "Who has this message",
  readersRead: "Read",
  readersDelivered: "Delivered, not read",
  readersNone: "Not delivered yet",
  nobody: "Nobody yet",

  // Composer
  composerLabel: (name: string) => `Message to ${name}`,
  composerHint: "Message",
  send: "Send",
  saveEdit: "Save the edit",
  editing: "Editing your message",
  cancelEdit: "Stop editing",
  replyingTo: (name: string) => `Replying to ${name}`,
  cancelReply: "Stop replying",
  bytesLeft: (n: number) =>
    n >= 0 ? `${counted(n, "byte", "bytes")} left` : `${counted(-n, "byte", "bytes")} too long`,
  cannotWrite: "You cannot write in this conversation.",
  noLongerMember: "You are no longer a member of this conversation.",

  // Typing
  typing: (names: string[]) =>
    names.length > 3
      ? "Several people are typing…"
      : `${list.format(names)} ${names.length === 1 ? "is" : "are"} typing…`,
  typingShort: "typing…",

  // System events; {actor} and {user} are replaced by isolated names
  created: "{actor} started the conversation",
  joined: "{actor} added {user}",
  joinedSelf: "{user} joined",
  left: "{user} left",
  removed: "{actor} removed {user}",
  roleChanged: (role: string) => `{actor} made {user} ${role}`,
  renamed: "{actor} named the conversation {text}",
  topicChanged: "{actor} set the topic: {text}",
  nameRemoved: "{actor} took the name away",
  topicRemoved: "{actor} took the topic away",
  avatarChanged: "{actor} changed the picture",
  infoChanged: "{actor} changed the conversation’s details",

  // New conversation
  newDirect: "One person",
  newGroup: "Group",
  kindLegend: "Kind of conversation",
  personId: "Person",
  personIdHint: "The id your team knows them by",
  peopleIds: "People",
  peopleIdsHint: "Ids, separated by commas or spaces",
  suggestions: "Suggestions",
  groupName: "Name",
  groupNameHint: "Optional; you can change it later",
  historyLegend: "People who join later see",
  historyAll: "everything",
  historyFromJoin: "only what comes after they join",
  start: "Start",
  needPerson: "Name at least one person.",

  // Details
  details: "Conversation details",
  detailsOf: (name: string) => `Details of ${name}`,
  members: (n: number) => counted(n, "member", "members"),
  membersTitle: "Members",
  addMember: "Add a member",
  add: "Add",
  removeShort: "Remove",
  removeMember: (name: string) => `Remove ${name}`,
  confirmRemove: (name: string) => `Remove ${name} from the conversation?`,
  roleOf: (name: string) => `Role of ${name}`,
  roles: { owner: "owner", admin: "admin", member: "member", guest: "guest" } as Record<string, string>,
  roleGiven: { owner: "an owner", admin: "an admin", member: "a member", guest: "a guest" } as Record<string, string>,
  leave: "Leave the conversation",
  confirmLeave: "Leave this conversation?",
  confirmLeaveHint: "You will no longer see it, nor what is written in it.",
  name: "Name",
  topic: "Topic",
  avatar: "Picture address",
  avatarHint: "https://…",
  avatarInvalid: "A picture address starts with https://",
  historyIs: { all: "New members see the whole history.", from_join: "New members see only what comes after they join." } as Record<string, string>,
  direct: "One to one",
  youMark: "you",
  saved: "Saved",

  // The demonstration page
  demoTitle: "Two people, one conversation",
  demoIntro:
    "Each side is a whole client of its own. Break things with the buttons; the page keeps checking that both sides still hold the same messages.",
  demoPersonLeft: "Left",
  demoPersonRight: "Right",
  demoAlone: (name: string) => `Open ${name} alone`,
  demoPane: (name: string) => `${name}’s client`,
  demoPanes: "The two clients",
  demoFaults: "Break something",
  demoChecks: "What the page checked",
  demoCut: (name: string) => `Cut ${name}’s network`,
  demoMend: (name: string) => `Mend ${name}’s network`,
  demoCutHint: (name: string) =>
    `Closes ${name}’s sockets and blocks every request of that side, until you press again. What is typed meanwhile waits and is sent once.`,
  demoTwice: "Resend last message twice",
  demoTwiceHint:
    "Sends the last message two more times under the key it already has. The server answers with the message it stored then, and nothing is repeated.",
  demoTwiceNone: "Write a message on either side first.",
  demoTwiceDone: (seq: number) => `Sent twice more; the server answered with the same message, number ${number.format(seq)}, both times.`,
  demoSleep: "Put the object to sleep",
  demoSleepHint: "The server forgets all it holds in memory for this conversation, while the sockets stay open. The next message wakes it.",
  demoSleepDone: "The object sleeps. Write something to wake it.",
  demoKill: "Kill the object’s memory",
  demoKillHint: "The conversation’s object is reset and every socket of it closed, as in a crash. Both sides come back and resume where they were.",
  demoKillDone: "The object was reset. Both sides reconnect.",
  demoFailed: (reason: string) => `That did not work: ${reason}`,
  demoNoShared: "Open a conversation that both people are in.",
  demoConversation: (name: string) => `The conversation both have open: ${name}`,
  demoLost: "lost",
  demoLostHint: "Numbers missing from what a side received. Every event has the next number, so a hole would show.",
  demoRepeated: "repeated",
  demoRepeatedHint: "Events or messages that a side received or shows more than once.",
  demoOrder: "order",
  demoOrderHint: "Whether both sides hold the same messages with the same texts in the same order.",
  demoOrderEqual: "equal",
  demoOrderBehind: "catching up",
  demoOrderDifferent: "different",
  demoProof: "proof",
  demoProofHint:
    "The page computes the root of the Merkle tree over every event itself and compares it with the root the server states.",
  demoProofValid: "valid",
  demoProofInvalid: "does not match",
  demoProofChecking: "checking…",
  demoProofWaiting: "waiting",
  demoProofSize: (n: number) => counted(n, "event", "events"),
  demoAllGood: (n: number) => `${counted(n, "event", "events")} checked: lost 0, repeated 0, order equal, proof valid.`,

  // Errors by stable code, where the server's own sentence can be said better here
  errors: {
    rate_limited: "That was too fast. Wait a moment.",
    permission_denied: "Your role does not allow that.",
    not_a_member: "You are not a member of this conversation.",
    last_owner: "Make somebody else owner first.",
    already_member: "They are a member already.",
    message_deleted: "The message was deleted meanwhile.",
    version_conflict: "The message was changed meanwhile.",
    too_large: "That is too long.",
  } as Record<string, string>,
  failedPlain: "Something went wrong.",
};

/** The strings of the language in use. */
export const t = en;
