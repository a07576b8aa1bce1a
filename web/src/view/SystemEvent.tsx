import type { Audience, Event, SettingsChange } from "@quipu/client";
import type { ComponentChild } from "preact";
import type { ConversationModel } from "../state/model.ts";
import { FOREVER_MS } from "../state/writing.ts";
import { exact, timeOf } from "../text/dates.ts";
import { t } from "../text/strings.ts";
import { pauseName } from "./SettingsSection.tsx";

/** So many of those who were added together are named. */
const NAMED = 3;

/** What happened to the conversation itself, as a line between the messages; `more` are those who were added with the first. */
export function SystemEvent({ model, id, event, more }: { model: ConversationModel; id: string; event: Event; more: readonly Event[] }) {
  const { envelope } = event;
  return (
    <div class="row system" role="note" data-testid="system-event" data-id={id} data-row data-anchor data-seq={envelope.seq} title={exact(envelope.at)}>
      <span>{sentence(model, event, more)}</span>
    </div>
  );
}

function sentence(model: ConversationModel, event: Event, more: readonly Event[]): ComponentChild[] {
  const { envelope } = event;
  const { type, actor, params } = envelope;
  const user = params?.user;
  const tell: Tell = (said, more = {}) => {
    const pattern = actor === model.me ? said.byYou : user === model.me ? (said.toYou ?? said.byOther) : said.byOther;
    return fill(pattern, { actor: model.people.name(actor), user: model.people.name(user), ...more });
  };
  switch (type) {
    case "conversation.created":
      return tell(t.created);
    case "conversation.settings_changed":
      return settingsChanged(params?.settings ?? {}, tell);
    case "member.joined":
      if (more.length > 0) return tell(t.added, { user: several(model, [event, ...more]) });
      if (user !== actor) return tell(t.added);
      return tell(params?.invite === undefined ? t.joined : t.invites.joined);
    case "member.left":
      return tell(t.left);
    case "member.removed":
      return params?.space === undefined ? tell(t.removed) : tell(t.spaces.gone);
    case "conversation.space_entered":
      return tell(t.spaces.entered);
    case "conversation.space_left":
      return tell(t.spaces.outside);
    case "member.role_changed": {
      const role = params?.role ?? "member";
      if (params?.space !== undefined) return tell(t.spaces.inherited);
      return tell(user === actor ? t.roleTaken : t.roleGiven, { role: t.rolesGiven[role] ?? role });
    }
    case "conversation.updated":
      return updated(event, tell);
    case "member.banned":
      return tell(t.moderation.banned);
    case "member.unbanned":
      return tell(t.moderation.unbanned);
    case "member.muted":
      return params?.until === FOREVER_MS ? tell(t.moderation.muted) : tell(t.moderation.mutedFor, { value: timeOf(params?.until ?? 0, envelope.at) });
    case "member.unmuted":
      return tell(t.moderation.unmuted);
    case "poll.closed":
      return tell(t.polls.closedBy);
    case "message.pinned":
      return tell(t.pinnedBy);
    default:
      return [t.unknownEvent];
  }
}

/** The first few by name, the others by number. */
function several(model: ConversationModel, joined: readonly Event[]): string {
  const users = joined.map(({ envelope }) => envelope.params?.user ?? "");
  const named = users.length <= NAMED + 1 ? users : users.slice(0, NAMED);
  return t.people(named.map((user) => model.people.name(user)), users.length - named.length);
}

/** What is said of something that happened, to those who did not do it, to who did, and to whom it was done. */
interface Said {
  readonly byOther: string;
  readonly byYou: string;
  readonly toYou?: string;
}

type Tell = (said: Said, more?: Values) => ComponentChild[];

type Values = Partial<Record<"actor" | "user" | "text" | "role" | "value", string>>;

/** Which of a conversation's details changed: the event holds those, an empty text for one taken away. */
function updated(event: Event, tell: Tell): ComponentChild[] {
  const { name, topic, avatar } = (event.content ?? {}) as { name?: string | null; topic?: string | null; avatar?: string | null };
  const changed = [name, topic, avatar].filter((value) => value != null).length;
  if (changed === 1) {
    if (name != null) return tell(name === "" ? t.nameRemoved : t.renamed, { text: name });
    if (topic != null) return tell(topic === "" ? t.topicRemoved : t.topicChanged, { text: topic });
    return tell(t.avatarChanged);
  }
  return tell(t.infoChanged);
}

/** What became of which setting; of several at once only that. */
function settingsChanged(change: SettingsChange, tell: Tell): ComponentChild[] {
  const { add, frozen, invite, mention, pin, post, react, slow_mode_s, thread, visibility } = change;
  if (Object.keys(change).length === 1) {
    if (frozen !== undefined) return tell(frozen ? t.froze : t.thawed);
    if (slow_mode_s !== undefined) return slow_mode_s > 0 ? tell(t.slowed, { value: pauseName(slow_mode_s) }) : tell(t.slowedNot);
    if (post !== undefined) return tell(t.postChanged, { value: t.audiences[post] });
    if (visibility !== undefined) return tell(visibility === "public" ? t.channels.opened : visibility === "space" ? t.spaces.opened : t.channels.shut);
    if (invite !== undefined) return tell(t.invites.changed, { value: t.audiences[invite] });
    for (const [setting, audience] of Object.entries({ mention, pin, react, thread }) as [keyof typeof t.who, Audience | undefined][]) {
      if (audience !== undefined) return tell(t.who[setting].changed, { value: t.audiences[audience] });
    }
    if (add !== undefined) return tell(t.addChanged, { value: t.audiences[add] });
  }
  return tell(t.settingsChanged);
}

/** Puts isolated names into a sentence. */
function fill(pattern: string, values: Values): ComponentChild[] {
  return pattern.split(/(\{\w+\})/u).map((part, index) => {
    const name = /^\{(actor|user|text|role|value)\}$/u.exec(part)?.[1] as keyof Values | undefined;
    if (!name) return part;
    return name === "role" || name === "value" ? values[name] : <bdi key={index}>{values[name]}</bdi>;
  });
}
