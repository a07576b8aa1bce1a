import type { Message } from "@quipu/client";
import type { App, MenuSpec } from "../state/app.ts";
import type { ConversationModel } from "../state/model.ts";
import { allows } from "../state/permissions.ts";
import { obstacle } from "../state/writing.ts";
import { QUICK, REACTIONS } from "../text/emoji.ts";
import { t } from "../text/strings.ts";
import { Icon } from "./Icon.tsx";
import { Menu, type MenuItem } from "./Menu.tsx";
import { mayEnd } from "./Poll.tsx";
import { toggleSaved } from "./Saved.tsx";

/** What can be done with a message: reached by its button, the context menu, or Enter on the message. */
export function MessageMenu({ app, model, spec }: { app: App; model: ConversationModel; spec: MenuSpec }) {
  const { message } = spec;
  const role = model.state.value.you?.role ?? "guest";
  const group = model.state.value.kind === "group";

  const items: MenuItem[] = [];
  // In slow mode a reply can be begun while one waits.
  const stops = (inThread: boolean): boolean => model.muted.value !== null || obstacle(model.state.value, Number.POSITIVE_INFINITY, inThread) !== null;
  const stopped = stops(message.thread !== null);
  const gone = message.deleted !== null || message.content === null;
  const writer = message.thread === null ? model.writer : model.threads.writer(message.thread);
  if (!stopped && !gone) items.push({ id: "reply", icon: "reply", label: t.reply, act: () => writer.startReply(message) });
  const root = message.seq;
  if (!stops(true) && !gone && message.thread === null && root !== null) items.push({ id: "thread", icon: "thread", label: t.threads.reply, act: () => model.threads.open(root) });
  if (message.text !== null) {
    items.push({
      id: "copy",
      icon: "copy",
      label: t.copyText,
      act: () => {
        navigator.clipboard?.writeText(message.text ?? "").then(
          () => app.say(t.copied),
          () => app.say(t.failedPlain),
        );
      },
    });
  }
  if (message.mine && message.text !== null && !message.forwarded && !stopped) items.push({ id: "edit", icon: "edit", label: t.edit, act: () => writer.startEdit(message) });
  if (message.text !== null && message.seq !== null) {
    items.push({ id: "forward", icon: "forward", label: t.forwarding.act, act: () => (app.dialog.value = { kind: "forward", message }) });
  }
  if (root !== null && (!gone || app.saved.has(model.id, root))) {
    const saved = app.saved.has(model.id, root);
    items.push({ id: saved ? "unsave" : "save", icon: "bookmark", label: saved ? t.savedMessages.unsave : t.savedMessages.save, act: () => toggleSaved(app, model.id, root, !saved) });
  }
  if (root !== null && mayEnd(model, message)) items.push({ id: "end-poll", icon: "check", label: t.polls.end, act: () => model.polls.end(root) });
  if (message.version > 1 && !gone) items.push({ id: "versions", icon: "history", label: t.versions, act: () => (app.dialog.value = { kind: "versions", message }) });
  if (message.mine && group && !gone && message.thread === null) items.push({ id: "readers", icon: "eye", label: t.readers, act: () => (app.dialog.value = { kind: "readers", message }) });
  const { seq } = message;
  if (seq !== null && model.mayPin.value && !gone) {
    const pinned = model.pins.value.includes(seq);
    items.push({ id: pinned ? "unpin" : "pin", icon: "pin", label: pinned ? t.unpinMessage : t.pinMessage, act: () => model.togglePin(seq) });
  }
  if (!message.mine && !gone && group && seq !== null) items.push({ id: "report", icon: "flag", label: t.reports.menu, act: () => (app.dialog.value = { kind: "report", message }) });
  // Everybody may for themselves; the dialog says for whom.
  const forAll = !gone && (message.mine || allows(role, "deleteOthers"));
  items.push({ id: "delete", icon: "trash", label: forAll ? t.remove : t.deleting.forMe, danger: true, act: () => (app.dialog.value = { kind: "delete", message, forAll }) });

  const close = (refocus: boolean): void => {
    app.menu.value = null;
    if (refocus) (spec.anchor.closest<HTMLElement>("[data-testid=message]") ?? spec.anchor).focus({ preventScroll: true });
  };

  const line = model.mayReact.value && !gone ? <EmojiLine app={app} model={model} message={message} close={() => close(true)} /> : undefined;
  return <Menu label={t.messageMenu} place={spec} atEnd={message.mine} line={line} items={items} close={close} />;
}

/** The usual emoji to react with, and the way to others. */
function EmojiLine({ app, model, message, close }: { app: App; model: ConversationModel; message: Message; close: () => void }) {
  return (
    <div class="menu-line" role="group" aria-label={t.react}>
      {REACTIONS.slice(0, QUICK).map((emoji) => (
        <button
          key={emoji}
          type="button"
          role="menuitemcheckbox"
          class="emoji-button"
          tabIndex={-1}
          aria-checked={message.reactions.some((reaction) => reaction.emoji === emoji && reaction.mine)}
          aria-label={t.reactWith(emoji)}
          onClick={() => {
            close();
            model.toggleReaction(message, emoji);
          }}
          data-testid="menu-emoji"
          data-emoji={emoji}
        >
          {emoji}
        </button>
      ))}
      <button
        type="button"
        role="menuitem"
        class="emoji-button"
        tabIndex={-1}
        aria-label={t.moreEmoji}
        title={t.moreEmoji}
        onClick={() => {
          close();
          app.dialog.value = { kind: "react", message };
        }}
        data-testid="menu-react"
      >
        <Icon name="smile" />
      </button>
    </div>
  );
}
