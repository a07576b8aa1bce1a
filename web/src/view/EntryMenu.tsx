import { useSignal } from "@preact/signals";
import { type InboxEntry, levelOf } from "@quipu/client";
import type { App, EntryMenuSpec } from "../state/app.ts";
import { t } from "../text/strings.ts";
import { Menu, type MenuItem } from "./Menu.tsx";

const HOUR = 3_600_000;
/** The last day a `Date` can say: until one says otherwise. */
const FOR_EVER = 8_640_000_000_000_000;
const LEVELS = ["all", "mentions", "nothing"] as const;
const MUTES = { hour: HOUR, workday: 8 * HOUR, week: 7 * 24 * HOUR, always: FOR_EVER } as const;

/** Whether a mute ends when somebody says so, and not by itself. */
export function isForEver(until: number): boolean {
  return until >= FOR_EVER;
}

/** What can be done with a conversation in the list: reached by its button, the context menu or its key, or a long press. */
export function EntryMenu({ app, entry, spec }: { app: App; entry: InboxEntry; spec: EntryMenuSpec }) {
  const part = useSignal<"all" | "mute" | "notify">("all");
  const { id } = entry;
  const unread = entry.unread > 0 || entry.marked_unread === true;

  const items: MenuItem[] = [
    unread
      ? { id: "mark-read", icon: "checks", label: t.markRead, act: () => app.markRead(entry) }
      : { id: "mark-unread", icon: "unread", label: t.markUnread, act: () => app.lay(id, { marked_unread: true }) },
    { id: "pin", icon: "pin", label: entry.pinned ? t.unpin : t.pin, act: () => app.lay(id, { pinned: !entry.pinned }) },
    app.isMuted(entry)
      ? { id: "unmute", icon: "bell", label: t.unmute, act: () => app.lay(id, { muted_until: 0 }) }
      : { id: "mute", icon: "muted", label: t.mute, more: true, act: () => (part.value = "mute") },
    { id: "notify", icon: "bell", label: t.notify.choose, more: true, act: () => (part.value = "notify") },
    {
      id: "archive",
      icon: "archive",
      label: entry.archived ? t.unarchive : t.archive,
      act: () => app.lay(id, { archived: !entry.archived }, entry.archived ? undefined : t.didArchive),
    },
    entry.hidden
      ? { id: "hide", icon: "eye", label: t.unhide, act: () => app.lay(id, { hidden: false }) }
      : { id: "hide", icon: "hide", label: t.hide, act: () => app.lay(id, { hidden: true }, t.didHide) },
  ];
  const mutes = (Object.keys(MUTES) as (keyof typeof MUTES)[]).map((length): MenuItem => {
    const until = (): number => (length === "always" ? FOR_EVER : Date.now() + MUTES[length]);
    return { id: `mute-${length}`, icon: length === "always" ? "muted" : "clock", label: t.muteFor[length], act: () => app.lay(id, { muted_until: until() }) };
  });

  const level = levelOf(entry);
  const levels = LEVELS.map((each): MenuItem => ({ id: `notify-${each}`, icon: "check", label: t.notify.levels[each], choice: "radio", checked: each === level, act: () => app.lay(id, { notify: each }) }));
  // In a direct conversation there is nobody else to be meant.
  if (entry.kind === "group") {
    const suppressed = entry.suppress_everyone === true;
    levels.push({ id: "suppress-everyone", icon: "check", label: t.notify.suppressEveryone, choice: "checkbox", checked: suppressed, act: () => app.lay(id, { suppress_everyone: !suppressed }) });
  }

  const close = (refocus: boolean): void => {
    app.entryMenu.value = null;
    if (refocus) spec.anchor.focus({ preventScroll: true });
  };
  return <Menu label={t.entryMenu(app.titleOf(entry))} place={spec} atEnd={false} items={{ all: items, mute: mutes, notify: levels }[part.value]} close={close} />;
}
