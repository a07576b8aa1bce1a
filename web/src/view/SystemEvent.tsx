import type { Event } from "@quipu/client";
import type { ComponentChild } from "preact";
import type { ConversationModel } from "../state/model.ts";
import { exact } from "../text/dates.ts";
import { t } from "../text/strings.ts";

/** What happened to the conversation itself, as a line between the messages. */
export function SystemEvent({ model, event }: { model: ConversationModel; event: Event }) {
  const { envelope } = event;
  return (
    <div class="row system" role="note" data-testid="system-event" data-row data-anchor data-seq={envelope.seq} title={exact(envelope.at)}>
      <span>{sentence(model, event)}</span>
    </div>
  );
}

function sentence(model: ConversationModel, event: Event): ComponentChild[] {
  const { type, actor, params } = event.envelope;
  const user = params?.user;
  const names = { actor: model.nameOf(actor), user: model.nameOf(user), text: "" };
  switch (type) {
    case "conversation.created":
      return fill(t.created, names);
    case "member.joined":
      return fill(user === actor ? t.joinedSelf : t.joined, names);
    case "member.left":
      return fill(t.left, { ...names, user: model.nameOf(user ?? actor) });
    case "member.removed":
      return fill(t.removed, names);
    case "member.role_changed":
      return fill(t.roleChanged(t.roleGiven[params?.role ?? "member"] ?? String(params?.role)), names);
    case "conversation.updated":
      return updated(event, names);
    case "message.pinned":
      return fill(t.pinnedBy, names);
    default:
      return [t.unknownEvent];
  }
}

/** Which of a conversation's details changed: the event holds those, an empty text for one taken away. */
function updated(event: Event, names: Record<"actor" | "user" | "text", string>): ComponentChild[] {
  const { name, topic, avatar } = (event.content ?? {}) as { name?: string | null; topic?: string | null; avatar?: string | null };
  const changed = [name, topic, avatar].filter((value) => value != null).length;
  if (changed === 1) {
    if (name != null) return fill(name === "" ? t.nameRemoved : t.renamed, { ...names, text: name });
    if (topic != null) return fill(topic === "" ? t.topicRemoved : t.topicChanged, { ...names, text: topic });
    return fill(t.avatarChanged, names);
  }
  return fill(t.infoChanged, names);
}

/** Puts isolated names into a sentence. */
function fill(pattern: string, values: Record<"actor" | "user" | "text", string>): ComponentChild[] {
  return pattern.split(/(\{\w+\})/u).map((part, index) => {
    const name = /^\{(actor|user|text)\}$/u.exec(part)?.[1] as keyof typeof values | undefined;
    if (!name) return part;
    // "You left", but "Ana added you".
    const text = name === "user" && index > 1 && values.user === t.yourself ? t.yourselfObject : values[name];
    return <bdi key={index}>{text}</bdi>;
  });
}
