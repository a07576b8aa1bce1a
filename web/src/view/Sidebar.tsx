import { useEffect, useRef } from "preact/hooks";
import type { InboxEntry } from "@quipu/client";
import type { App } from "../state/app.ts";
import { nextTheme, theme } from "../state/theme.ts";
import { exact, listTime } from "../text/dates.ts";
import { safePicture } from "../text/linkify.ts";
import { t } from "../text/strings.ts";
import { Avatar } from "./Avatar.tsx";
import { Icon, Mark } from "./Icon.tsx";

/** The list of conversations, with its search field. */
export function Sidebar({ app }: { app: App }) {
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const entries = app.entries.value;
  const inbox = app.inbox.value;
  const open = app.current.value?.id;
  const query = app.query.value;

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.altKey) {
        event.preventDefault();
        // On a phone the list is behind the conversation.
        if (search.current?.offsetParent === null) app.hide();
        requestAnimationFrame(() => {
          search.current?.focus();
          search.current?.select();
        });
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [app]);

  const buttons = (): HTMLButtonElement[] => [...(list.current?.querySelectorAll<HTMLButtonElement>("button.entry") ?? [])];
  const move = (event: KeyboardEvent): void => {
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to < 0) search.current?.focus();
    else all[Math.min(to, all.length - 1)]?.focus();
  };
  const active = entries.some((entry) => entry.id === open) ? open : entries[0]?.id;

  return (
    <nav class="sidebar" aria-label={t.conversations}>
      <header class="sidebar-head">
        <Mark />
        {open === undefined ? <h1 class="wordmark">{t.appName}</h1> : <p class="wordmark">{t.appName}</p>}
        <span class="who" title={t.signedInAs(app.session.name)} data-testid="signed-in-as">
          <bdi>{app.session.name}</bdi>
        </span>
        <ThemeButton />
        {app.session.signOut && (
          <button type="button" class="icon-button" aria-label={t.signOut} title={t.signOut} onClick={app.session.signOut}>
            <Icon name="signOut" />
          </button>
        )}
        <button
          type="button"
          class="icon-button icon-button-strong"
          aria-label={t.newConversation}
          title={t.newConversation}
          onClick={() => (app.dialog.value = { kind: "new" })}
          data-testid="new-conversation"
        >
          <Icon name="add" />
        </button>
      </header>
      <div class="search">
        <Icon name="search" />
        <input
          ref={search}
          type="search"
          aria-label={t.search}
          placeholder={t.searchHint}
          aria-keyshortcuts="Control+K Meta+K"
          value={query}
          onInput={(event) => (app.query.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") {
              event.preventDefault();
              buttons()[0]?.focus();
            } else if (event.key === "Escape" && query !== "") {
              event.stopPropagation();
              app.query.value = "";
            } else if (event.key === "Enter" && entries[0]) app.show(entries[0].id);
          }}
          data-testid="search"
        />
        <kbd aria-hidden="true">{/mac|iphone|ipad/i.test(navigator.userAgent) ? "⌘K" : "Ctrl K"}</kbd>
      </div>
      <ul
        ref={list}
        class="entries"
        role="list"
        onKeyDown={move}
        onScroll={(event) => {
          const element = event.currentTarget;
          if (inbox.hasMore && element.scrollHeight - element.scrollTop - element.clientHeight < 400) {
            app.session.client.inbox.loadMore().catch(() => undefined);
          }
        }}
        data-testid="conversation-list"
      >
        {entries.map((entry) => (
          <Entry key={entry.id} app={app} entry={entry} open={entry.id === open} tabbable={entry.id === active} />
        ))}
      </ul>
      {entries.length === 0 && (
        <p class="hint" role="status">
          {!inbox.ready && inbox.error === null ? t.loading : query !== "" ? t.noMatches(query) : `${t.noConversations}. ${t.noConversationsHint}`}
        </p>
      )}
    </nav>
  );
}

export function ThemeButton() {
  const label = { auto: t.themeAuto, light: t.themeLight, dark: t.themeDark }[theme.value];
  const icon = ({ auto: "themeAuto", light: "themeLight", dark: "themeDark" } as const)[theme.value];
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={nextTheme} data-testid="theme">
      <Icon name={icon} />
    </button>
  );
}

function Entry({ app, entry, open, tabbable }: { app: App; entry: InboxEntry; open: boolean; tabbable: boolean }) {
  const title = app.titleOf(entry);
  const picture = entry.kind === "group" ? safePicture(entry.avatar) : app.people.get(entry.peer?.user).picture;
  return (
    <li>
      <button
        type="button"
        class={entry.unread > 0 ? "entry entry-unread" : "entry"}
        aria-current={open ? "true" : undefined}
        tabIndex={tabbable ? 0 : -1}
        onClick={() => app.show(entry.id)}
        data-testid="conversation"
        data-id={entry.id}
      >
        <Avatar id={entry.peer?.user ?? entry.id} name={title} picture={picture} />
        <span class="entry-name" dir="auto">
          {title}
        </span>
        <time class="entry-time" dateTime={new Date(entry.at).toISOString()} title={exact(entry.at)}>
          {listTime(entry.at)}
        </time>
        <span class="entry-last">
          <LastLine app={app} entry={entry} />
        </span>
        {entry.unread > 0 && (
          <span class="badge" data-testid="unread">
            <span aria-hidden="true">{entry.unread > 999 ? "999+" : entry.unread}</span>
            <span class="sr">{t.unreadCount(entry.unread)}</span>
          </span>
        )}
      </button>
    </li>
  );
}

function LastLine({ app, entry }: { app: App; entry: InboxEntry }) {
  const { last } = entry;
  if (!last) return <span class="quiet">{t.noTextPreview}</span>;
  const mine = last.actor === app.session.user;
  const author = mine ? t.yourself : app.people.name(last.actor);
  if (last.type === "message.deleted") return <i>{t.deletedMessage}</i>;
  if (last.preview == null) {
    const what: Record<string, string> = {
      "conversation.created": t.lastCreated,
      "conversation.updated": t.lastUpdated,
      "member.joined": t.lastJoined,
      "member.left": t.lastLeft,
      "member.removed": t.lastLeft,
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
      <bdi>{last.preview}</bdi>
    </>
  );
}
