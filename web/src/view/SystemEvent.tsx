import type { Event } from "@quipu/client";
import type { ComponentChild } from "preact";
import type { ConversationModel } from "../state/model.ts";
import { exact } from "../text/dates.ts";
import { t } from "../text/strings.ts";

/** What happened to the conversation itself, as a line between the messages. */
export function SystemEvent({ model, id, event }: { model: ConversationModel; id: string; event: Event }) {
  const { envelope } = event;
  return (
    <div class="row system" role="note" data-testid="system-event" data-id={id} data-row data-anchor data-seq={envelope.seq} title={exact(envelope.at)}>
      <span>{sentence(model, event)}</span>
    </div>
  );
}

function sentence(model: ConversationModel, event: Event): ComponentChild[] {
  const { type, actor, params } = event.envelope;
  const user = params?.user;
  const tell = (said: Said, more: Values = {}): ComponentChild[] => {
    const pattern = actor === model.me ? said.byYou : user === model.me ? (said.toYou ?? said.byOther) : said.byOther;
    return fill(pattern, { actor: model.people.name(actor), user: model.people.name(user), ...more });
  };
  switch (type) {
    case "conversation.created":
      return tell(t.created);
    case "member.joined":
      return tell(user === actor ? t.joined : t.added);
    case "member.left":
      return tell(t.left);
    case "member.removed":
      return tell(t.removed);
    case "member.role_changed": {
      const role = params?.role ?? "member";
      return tell(user === actor ? t.roleTaken : t.roleGiven, { role: t.rolesGiven[role] ?? role });
    }
    case "conversation.updated":
      return updated(event, tell);
    case "message.pinned":
      return tell(t.pinnedBy);
    default:
      return [t.unknownEvent];
  }
}

/** What is said of something that happened, to those who did not do it, to who did, and to whom it was done. */
interface Said {
  readonly byOther: string;
  readonly byYou: string;
  readonly toYou?: string;
}

type Values = Partial<Record<"actor" | "user" | "text" | "role", string>>;

/** Which of a conversation's details changed: the event holds those, an empty text for one taken away. */
function updated(event: Event, tell: (said: Said, more?: Values) => ComponentChild[]): ComponentChild[] {
  const { name, topic, avatar } = (event.content ?? {}) as { name?: string | null; topic?: string | null; avatar?: string | null };
  const changed = [name, topic, avatar].filter((value) => value != null).length;
  if (changed === 1) {
    if (name != null) return tell(name === "" ? t.nameRemoved : t.renamed, { text: name });
    if (topic != null) return tell(topic === "" ? t.topicRemoved : t.topicChanged, { text: topic });
    return tell(t.avatarChanged);
  }
  return tell(t.infoChanged);
}

/** Puts isolated names into a sentence. */
function fill(pattern: string, values: Values): ComponentChild[] {
  return pattern.split(/(\{\w+\})/u).map((part, index) => {
    const name = /^\{(actor|user|text|role)\}$/u.exec(part)?.[1] as keyof Values | undefined;
    if (!name) return part;
    return name === "role" ? values.role : <bdi key={index}>{values[name]}</bdi>;
  });
}
