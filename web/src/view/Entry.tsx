import { useRef } from "preact/hooks";
import { type InboxEntry, levelOf } from "@quipu/client";
import type { App } from "../state/app.ts";
import { useInView, usePresence } from "../state/presence.ts";
import { exact, listTime } from "../text/dates.ts";
import { safePicture } from "../text/linkify.ts";
import { number } from "../text/locale.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { isForEver } from "./EntryMenu.tsx";
import { Icon } from "./Icon.tsx";
import { longPress } from "./long-press.ts";
import { Present, presenceText } from "./Presence.tsx";
import { StatusMark } from "./Status.tsx";

/** One conversation in the list. */
export function Entry({ app, entry, open, tabbable }: { app: App; entry: InboxEntry; open: boolean; tabbable: boolean }) {
  const button = useRef<HTMLButtonElement>(null);
  const row = useRef<HTMLLIElement>(null);
  const presence = usePresence(app, entry.peer?.user, entry.id, useInView(row));
  const title = app.titleOf(entry);
  const picture = entry.kind !== "direct" ? safePicture(entry.avatar) : app.people.get(entry.peer?.user).picture;
  const muted = app.isMuted(entry);
  const level = levelOf(entry);
  const unread = entry.unread > 0 || entry.marked_unread === true;
  const openMenu = (point?: { x: number; y: number }): void => {
    if (!button.current) return;
    app.entryMenu.value = point ? { id: entry.id, anchor: button.current, point } : { id: entry.id, anchor: button.current };
  };
  return (
    <li ref={row} class="entry-row">
      <button
        ref={button}
        type="button"
        class={["entry", unread && "entry-unread", (muted || level !== "all") && "entry-quiet"].filter(Boolean).join(" ")}
        aria-current={open ? "true" : undefined}
        tabIndex={tabbable ? 0 : -1}
        onClick={() => app.show(entry.id)}
        onContextMenu={(event) => {
          event.preventDefault();
          openMenu({ x: event.clientX, y: event.clientY });
        }}
        onKeyDown={(event) => {
          if (event.key !== "ContextMenu" && !(event.key === "F10" && event.shiftKey)) return;
          event.preventDefault();
          openMenu();
        }}
        {...longPress((event) => openMenu({ x: event.clientX, y: event.clientY }))}
        data-testid="conversation"
        data-id={entry.id}
        data-pinned={entry.pinned || undefined}
        data-muted={muted || undefined}
        data-level={level}
        data-marked-unread={entry.marked_unread || undefined}
      >
        <Present presence={presence}>
          <Avatar id={entry.peer?.user ?? entry.id} name={title} picture={picture} />
        </Present>
        <span class="entry-name" dir="auto">
          {title}
          <StatusMark app={app} user={entry.peer?.user} />
        </span>
        {(presence?.state === "online" || presence?.state === "away") && <span class="sr">{presenceText(presence)}</span>}
        <time class="entry-time" dateTime={new Date(entry.at).toISOString()} title={exact(entry.at)}>
          {listTime(entry.at)}
        </time>
        <span class="entry-last">
          <LastLine app={app} entry={entry} />
        </span>
        <Marks entry={entry} muted={muted} />
      </button>
      <button type="button" class="entry-more icon-button" tabIndex={-1} aria-label={t.entryMenu(title)} aria-haspopup="menu" onClick={() => openMenu()} data-testid="entry-menu">
        <Icon name="more" />
      </button>
    </li>
  );
}

/** Muted, mentioned, unread: in that order, each with its word. */
function Marks({ entry, muted }: { entry: InboxEntry; muted: boolean }) {
  const until = entry.muted_until ?? 0;
  const silent = levelOf(entry) === "nothing";
  const mutedWord = !muted ? t.notify.none : isForEver(until) ? t.muted : t.mutedUntil(exact(until));
  return (
    <span class="entry-marks">
      {(muted || silent) && (
        <span class="entry-mark" title={mutedWord} data-testid="entry-muted">
          <Icon name="muted" />
          <span class="sr">{mutedWord}</span>
        </span>
      )}
      {(entry.mentions ?? 0) > 0 && (
        <span class="badge badge-mention" title={t.mentionCount(entry.mentions ?? 0)} data-testid="mentions">
          <span aria-hidden="true">@</span>
          <span class="sr">{t.mentionCount(entry.mentions ?? 0)}</span>
        </span>
      )}
      {(entry.threads ?? 0) > 0 && (
        <span class="entry-mark entry-threads" title={t.threads.withNews(entry.threads ?? 0)} data-testid="entry-threads">
          <Icon name="thread" />
          <span class="sr">{t.threads.withNews(entry.threads ?? 0)}</span>
        </span>
      )}
      {entry.unread > 0 ? (
        <span class="badge" data-testid="unread">
          <span aria-hidden="true">{entry.unread > 999 ? `${number(999)}+` : number(entry.unread)}</span>
          <span class="sr">{t.unreadCount(entry.unread)}</span>
        </span>
      ) : (
        entry.marked_unread && (
          <span class="badge badge-dot" title={t.markedUnread} data-testid="marked-unread">
            <span class="sr">{t.markedUnread}</span>
          </span>
        )
      )}
    </span>
  );
}

function LastLine({ app, entry }: { app: App; entry: InboxEntry }) {
  const { last } = entry;
  if (!last) return <span class="quiet">{t.noTextPreview}</span>;
  const mine = last.actor === app.session.user;
  const author = mine ? t.yourself : (last.actor_name ?? app.people.name(last.actor));
  if (last.type === "message.deleted") return <i>{t.deletedMessage}</i>;
  if (last.preview == null) {
    const what: Record<string, string> = {
      "conversation.created": t.lastCreated,
      "conversation.updated": t.lastUpdated,
      "conversation.settings_changed": t.lastSettings,
      "conversation.space_entered": t.lastSpaceEntered,
      "conversation.space_left": t.lastSpaceLeft,
      "space.channel_added": t.lastChannelAdded,
      "space.channel_removed": t.lastChannelRemoved,
      "member.joined": t.lastJoined,
      "member.left": t.lastLeft,
      "member.removed": t.lastLeft,
      "member.banned": t.lastLeft,
      "member.role_changed": t.lastRole,
    };
    return <i>{what[last.type] ?? t.noTextPreview}</i>;
  }
  return (
    <>
      {(mine || (entry.kind === "group" && author !== t.unknownPerson)) && (
        <span class="entry-author">
          <bdi>{author}</bdi>:{" "}
        </span>
      )}
      {last.content === "poll" && (
        <span class="entry-kind" title={t.polls.act}>
          <Icon name="poll" />
          <span class="sr">{t.polls.act}: </span>
        </span>
      )}
      <span class="clip" dir="auto">
        {last.preview}
      </span>
    </>
  );
}
